/**
 * The scanner in JavaScript, for hosts without WebAssembly. Literals are compared four bytes at a time. No code is generated, so
 * that hosts which forbid it scan as well.
 */
import type { RecordBatch } from '../../../record.ts'
import { SCANNED_RECORDS_MAX, type ScannedRecords } from '../../scanned.ts'
import type { Layout } from './layout.ts'
import { loadRecords } from './loader.ts'
import { KEPT, LAYOUTS_MAX, MISMATCH, type ScanColumns, type Scanner } from './scanner.ts'
import { WordColumn, WordReader } from './word-reader.ts'
import { WordTable } from './word-table.ts'

/** The scanner for these columns. */
export function createWordScanner(columns: ScanColumns): Scanner {
  return new WordScanner(columns)
}

/** A literal as words; of the last one only the bytes in `mask` count. */
interface WordLiteral {
  readonly words: Int32Array
  readonly mask: number
  readonly size: number
}

function wordsOf(literal: Uint8Array): WordLiteral {
  const padded = new Uint8Array(Math.ceil(literal.length / 4) * 4)
  padded.set(literal)
  const view = new DataView(padded.buffer)
  const words = Int32Array.from({ length: padded.length / 4 }, (_unused, i) => view.getInt32(i * 4, true))
  const rest = literal.length & 3
  return { words, mask: rest === 0 ? -1 : (1 << (rest * 8)) - 1, size: literal.length }
}

/** One layout, ready to try records. */
class WordLayout {
  readonly #reader: WordReader
  readonly #literals: readonly WordLiteral[]
  readonly #columns: readonly (WordColumn | null)[]
  readonly #missing: readonly WordColumn[]
  readonly #tail: WordLiteral

  constructor(layout: Layout, reader: WordReader, columns: readonly (WordColumn | null)[]) {
    this.#reader = reader
    this.#literals = layout.fields.map(field => wordsOf(field.literal))
    this.#columns = layout.fields.map(field => columns[field.column] ?? null)
    this.#missing = layout.missing.map(column => columns[column] ?? null).filter(column => column !== null)
    this.#tail = wordsOf(layout.tail)
  }

  /** The status of the record `[start, end)`; KEPT when its cells are written. */
  attempt(row: number, start: number, end: number): number {
    const reader = this.#reader
    const literals = this.#literals
    const columns = this.#columns
    let at = start
    for (let i = 0; i < literals.length; i++) {
      const literal = literals[i] as WordLiteral
      if (!stands(reader.words, at, literal)) return MISMATCH
      at = reader.value(columns[i] as WordColumn | null, row, start, at + literal.size, end)
      if (at < 0) return -at
    }
    if (at + this.#tail.size !== end || !stands(reader.words, at, this.#tail)) return MISMATCH
    for (const column of this.#missing) column.setNull(row)
    return KEPT
  }
}

/** Whether the literal stands at a position; up to 3 bytes more are read. */
function stands(bytes: DataView, at: number, literal: WordLiteral): boolean {
  const { words } = literal
  const last = words.length - 1
  for (let i = 0; i < last; i++) if (bytes.getInt32(at + i * 4, true) !== words[i]) return false
  return last < 0 || ((bytes.getInt32(at + last * 4, true) ^ (words[last] ?? 0)) & literal.mask) === 0
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
    for (let row = from; row < to; row++) {
      const result = this.#attempt(row, layouts)
      if (result === KEPT) this.hits[this.#likely] = (this.hits[this.#likely] ?? 0) + 1
      else if (result === MISMATCH && stop) return row
      this.status[row] = result
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
