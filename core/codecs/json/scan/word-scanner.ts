/**
 * The scanner in JavaScript, for hosts without WebAssembly. Literals are compared four bytes at a time. No code is generated, so
 * that hosts which forbid it scan as well.
 */
import type { RecordBatch } from '../../../record.ts'
import { SCANNED_RECORDS_MAX, type ScannedRecords } from '../../scanned.ts'
import type { Layout } from './layout.ts'
import { loadRecords } from './loader.ts'
import { KEPT, LAYOUTS_MAX, MISMATCH, type ScanColumns, type Scanner } from './scanner.ts'
import { BLOCK_RECORDS, WordBlocks } from './word-blocks.ts'
import { WordLayout } from './word-layout.ts'
import { WordColumn, WordReader } from './word-reader.ts'
import { WordTable } from './word-table.ts'

/** The scanner for these columns. */
export function createWordScanner(columns: ScanColumns): Scanner {
  return new WordScanner(columns)
}

class WordScanner implements Scanner {
  readonly kind = 'javascript'
  readonly columns: readonly (WordColumn | null)[]
  readonly status = new Uint8Array(SCANNED_RECORDS_MAX)
  readonly hits = new Uint32Array(LAYOUTS_MAX)
  readonly #table = new WordTable()
  readonly #reader = new WordReader(this.#table)
  readonly #records: ScannedRecords = { bytes: new Uint8Array(0), offsets: new Int32Array(0), first: 0 }
  readonly #starts = new Uint32Array(SCANNED_RECORDS_MAX)
  readonly #ends = new Uint32Array(SCANNED_RECORDS_MAX)
  readonly #layouts: WordLayout[] = []
  readonly #blocks = new WordBlocks(this.#reader, this.#table, this.#starts, this.#ends)
  /** the layout that matched last: records of one producer come in runs */
  #likely = 0

  constructor(columns: ScanColumns) {
    this.columns = columns.map(spec =>
      spec === null ? null : new WordColumn(spec, SCANNED_RECORDS_MAX, this.#table, this.#records),
    )
  }

  setLayout(index: number, layout: Layout): void {
    this.#layouts[index] = new WordLayout(layout, this.#reader, this.columns)
  }

  setSpans(column: number, spans: boolean): void {
    const target = this.columns[column]
    if (target !== null && target !== undefined) target.spans = spans
  }

  load(batch: RecordBatch, first: number, most: number): number {
    this.#table.forgetWhenFull()
    this.#records.bytes = batch.bytes
    this.#records.offsets = batch.offsets
    this.#records.first = first
    return loadRecords(batch, first, most, this.#reader.bytes, 0, this.#starts, this.#ends)
  }

  scan(from: number, to: number, layouts: number, stop: boolean): number {
    const { status, hits } = this
    for (let row = from; row < to; ) {
      const first = row
      const end = Math.min(to, first + BLOCK_RECORDS)
      this.#likely = this.#blocks.scan(first, end, this.#layouts, layouts, this.#likely, status)
      for (; row < end; row++) {
        const kept = status[row] === KEPT
        // What is not as likely as it was gets one layout after the other, from its first byte on.
        const result = kept ? KEPT : this.#attempt(row, layouts)
        if (result === KEPT) hits[kept ? this.#blocks.layouts[row - first]! : this.#likely]!++
        else if (result === MISMATCH && stop) return row
        status[row] = result
      }
    }
    return to
  }

  #attempt(row: number, layouts: number): number {
    const start = this.#starts[row] ?? 0
    const end = this.#ends[row] ?? 0
    const first = this.#likely
    const result = this.#layouts[first]?.attempt(row, start, end) ?? MISMATCH
    if (result !== MISMATCH) return result
    for (let i = 0; i < layouts; i++) {
      if (i === first) continue
      const other = this.#layouts[i]?.attempt(row, start, end) ?? MISMATCH
      if (other === MISMATCH) continue
      this.#likely = i
      return other
    }
    return MISMATCH
  }
}
