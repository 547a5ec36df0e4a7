/** The fast way of a JSON decoder: a scanner, the layouts it knows, and the way from its columns into the batch writer. */
import type { RecordBatch } from '../../../record.ts'
import type { Schema } from '../../../schema.ts'
import { storageOf } from '../../../sql-type.ts'
import type { BatchWriter } from '../../batch-writer.ts'
import { isScanTarget, SCANNED_RECORDS_MAX } from '../../scanned.ts'
import type { RowPlan } from '../path.ts'
import { LayoutSet } from './layout-set.ts'
import { type ScanColumn, scanColumnOf } from './scan-column.ts'
import { KEPT, MISMATCH, type ScanColumns, type Scanner } from './scanner.ts'
import { createWasmScanner } from './wasm-scanner.ts'
import { createWordScanner } from './word-scanner.ts'

/**
 * How records are scanned: by WebAssembly, by JavaScript, or not at all (JSON.parse reads everything). `auto` is WebAssembly
 * where the host has it with SIMD, else JavaScript. All give the same rows.
 */
export type ScannerKind = 'auto' | 'wasm' | 'javascript' | 'none'

/** What the slow way does for the fast one. */
export interface SlowPath {
  /** The text of a record, or null when it is not valid UTF-8. */
  textOf(record: number): string | null
  /** Writes the rows of a record, or its errors. */
  decodeRecord(record: number): void
}

export interface ScanPathOptions {
  readonly schema: Schema
  readonly plan: RowPlan
  /** by column: its cells are written */
  readonly needed: readonly boolean[]
  /** by column: a value that has no place in it sends the record the slow way */
  readonly judged: readonly boolean[]
  readonly scanner: ScannerKind
}

/** How many records went which way since the decoder was made. */
export interface ScanCounts {
  /** written by the scanner */
  kept: number
  /** read by JSON.parse */
  slow: number
}

export class ScanPath {
  readonly counts: ScanCounts = { kept: 0, slow: 0 }
  readonly #scanner: Scanner
  readonly #layouts: LayoutSet
  readonly #writer: BatchWriter
  readonly #needed: readonly boolean[]

  private constructor(scanner: Scanner, layouts: LayoutSet, writer: BatchWriter, needed: readonly boolean[]) {
    this.#scanner = scanner
    this.#layouts = layouts
    this.#writer = writer
    this.#needed = needed
  }

  /** Null where nothing is to be scanned, or a plan or type is not. */
  static create(options: ScanPathOptions, writer: BatchWriter): ScanPath | null {
    const { schema, plan, needed, judged } = options
    const columns: (ScanColumn | null)[] = []
    for (const [i, { type }] of schema.columns.entries()) {
      // A text column takes every value that can be proven, so there is nothing to judge.
      const read = needed[i] === true || (judged[i] === true && storageOf(type) !== 'text')
      const column = read ? scanColumnOf(type) : null
      if (read && column === null) return null
      columns.push(column)
    }
    const scanner = scannerOf(options.scanner, columns)
    const layouts = scanner === null ? null : LayoutSet.create(scanner, plan)
    return scanner === null || layouts === null ? null : new ScanPath(scanner, layouts, writer, needed)
  }

  get kind(): 'wasm' | 'javascript' {
    return this.#scanner.kind
  }

  /** Decodes a whole record batch, in the order of its records; the writer has begun with it. */
  decode(batch: RecordBatch, slow: SlowPath): void {
    const { length } = batch
    let record = 0
    this.counts.slow += length
    while (record < length) {
      const resting = this.#layouts.rest(length - record)
      for (let i = 0; i < resting; i++) slow.decodeRecord(record++)
      if (record === length) return
      const room = this.#writer.room(length - record)
      this.#say()
      const count = this.#scanner.load(batch, record, Math.min(room, length - record, SCANNED_RECORDS_MAX))
      if (count === 0) slow.decodeRecord(record++)
      else {
        this.#scan(record, count, slow)
        this.#write(record, count, slow)
        record += count
      }
    }
  }

  #say(): void {
    this.#writer.writers.forEach((writer, column) => {
      if (isScanTarget(writer)) this.#scanner.setSpans(column, writer.wantsSpans)
    })
  }

  /** Scans the loaded records, learning on the way. */
  #scan(first: number, count: number, slow: SlowPath): void {
    const scanner = this.#scanner
    const layouts = this.#layouts
    let misses = 0
    for (let at = 0; at < count; ) {
      at = scanner.scan(at, count, layouts.count, layouts.curious)
      if (at === count || layouts.learn(slow.textOf(first + at))) continue
      scanner.status[at++] = MISMATCH
    }
    for (let i = 0; i < count; i++) if (scanner.status[i] === MISMATCH) misses++
    layouts.scanned(count, misses)
  }

  /** Brings the rows of the records in order: runs of kept ones by columns, the others one by one. */
  #write(first: number, count: number, slow: SlowPath): void {
    const { status } = this.#scanner
    for (let at = 0; at < count; ) {
      if (status[at] !== KEPT) {
        slow.decodeRecord(first + at++)
        continue
      }
      let end = at + 1
      while (end < count && status[end] === KEPT) end++
      while (at < end) {
        // Slow records may have brought more than one row, so the run may not fit into the batch.
        const run = Math.min(end - at, this.#writer.room(end - at))
        this.#run(first, at, run)
        at += run
      }
    }
  }

  #run(first: number, from: number, count: number): void {
    const { columns } = this.#scanner
    const { row, writers } = this.#writer
    for (let i = 0; i < writers.length; i++) {
      const writer = writers[i]
      const cells = columns[i]
      if (writer === undefined) continue
      if (!isScanTarget(writer)) for (let k = 0; k < count; k++) writer.write(row + k, null)
      else if (this.#needed[i] !== true || cells === null || cells === undefined) writer.clear(row, count)
      else writer.copy(row, cells, from, count)
    }
    this.#writer.keepRun(first + from, count)
    this.counts.kept += count
    this.counts.slow -= count
  }
}

function scannerOf(kind: ScannerKind, columns: ScanColumns): Scanner | null {
  switch (kind) {
    case 'auto':
      return createWasmScanner(columns) ?? createWordScanner(columns)
    case 'wasm':
      return createWasmScanner(columns)
    case 'javascript':
      return createWordScanner(columns)
    case 'none':
      return null
  }
}
