/** The fast way of a JSON decoder: a scanner, the layouts it knows, and the way from its columns into the batch writer. */
import type { RecordBatch } from '../../../record.ts'
import type { Schema } from '../../../schema.ts'
import { storageOf } from '../../../sql-type.ts'
import type { BatchWriter } from '../../batch-writer.ts'
import { SCANNED_RECORDS_MAX } from '../../scanned.ts'
import type { RowPlan } from '../path.ts'
import type { NameOf } from './layout.ts'
import { LayoutSet } from './layout-set.ts'
import { RunWriter, type ScanCounts, type SlowPath } from './run-writer.ts'
import { type ScanColumn, scanColumnOf } from './scan-column.ts'
import { MISMATCH, type ScanColumns, type Scanner } from './scanner.ts'
import { createWasmScanner } from './wasm-scanner.ts'
import { createWordScanner } from './word-scanner.ts'

export type { ScanCounts, SlowPath } from './run-writer.ts'

/**
 * How records are scanned: by WebAssembly, by JavaScript, or not at all (JSON.parse reads everything). `auto` is WebAssembly
 * where the host has it with SIMD, else JavaScript. All give the same rows.
 */
export type ScannerKind = 'auto' | 'wasm' | 'javascript' | 'none'

/** The slow way, which can also show a record to learn from. */
export interface LayoutSource extends SlowPath {
  /** The text of a record, or null when it is not valid UTF-8. */
  textOf(record: number): string | null
}

export interface ScanPathOptions {
  readonly schema: Schema
  readonly plan: RowPlan
  /** by column: its cells are written */
  readonly needed: readonly boolean[]
  /** by column: a value that has no place in it sends the record the slow way */
  readonly judged: readonly boolean[]
  readonly scanner: ScannerKind
  /** by column, if not needed: true scans its texts as spans, which `check` alone sees. Default: none */
  readonly shown?: readonly boolean[]
  /** what a member is called, which columns are looked for by. Default: as it is written */
  readonly nameOf?: NameOf
  /** Looks at the cells of `count` records from `first` on before they are written; a record is left to the slow way by its status. */
  readonly check?: (scanner: Scanner, batch: RecordBatch, first: number, count: number) => void
}

export class ScanPath {
  readonly #runs: RunWriter
  readonly #scanner: Scanner
  readonly #layouts: LayoutSet
  readonly #writer: BatchWriter
  readonly #shown: readonly number[]
  readonly #check: ScanPathOptions['check']

  private constructor(scanner: Scanner, layouts: LayoutSet, writer: BatchWriter, options: ScanPathOptions) {
    this.#scanner = scanner
    this.#layouts = layouts
    this.#writer = writer
    this.#runs = new RunWriter(scanner, writer, options.needed)
    this.#shown = [...(options.shown ?? []).keys()].filter(column => options.shown?.[column] === true)
    this.#check = options.check
  }

  /** Null where nothing is to be scanned, or a plan or type is not. */
  static create(options: ScanPathOptions, writer: BatchWriter): ScanPath | null {
    const { schema, plan, needed, judged, shown, nameOf } = options
    const columns: (ScanColumn | null)[] = []
    for (const [i, { type }] of schema.columns.entries()) {
      // A text column takes every value that can be proven, so there is nothing to judge.
      const read = needed[i] === true || shown?.[i] === true || (judged[i] === true && storageOf(type) !== 'text')
      const column = read ? scanColumnOf(type) : null
      if (read && column === null) return null
      columns.push(column)
    }
    const scanner = scannerOf(options.scanner, columns)
    const layouts = scanner === null ? null : LayoutSet.create(scanner, plan, nameOf)
    return scanner === null || layouts === null ? null : new ScanPath(scanner, layouts, writer, options)
  }

  get counts(): Readonly<ScanCounts> {
    return this.#runs.counts
  }

  get kind(): 'wasm' | 'javascript' {
    return this.#scanner.kind
  }

  /** Decodes a whole record batch, in the order of its records; the writer has begun with it. */
  decode(batch: RecordBatch, slow: LayoutSource): void {
    const { length } = batch
    let record = 0
    while (record < length) {
      const resting = this.#layouts.rest(length - record)
      for (let i = 0; i < resting; i++) this.#runs.leave(record++, slow)
      if (record === length) return
      const room = this.#writer.room(length - record)
      this.#runs.say()
      for (const column of this.#shown) this.#scanner.setSpans(column, true)
      const count = this.#scanner.load(batch, record, Math.min(room, length - record, SCANNED_RECORDS_MAX))
      if (count === 0) this.#runs.leave(record++, slow)
      else {
        this.#scan(record, count, slow)
        this.#check?.(this.#scanner, batch, record, count)
        this.#runs.write(record, count, slow)
        record += count
      }
    }
  }

  /** Scans the loaded records, learning on the way. */
  #scan(first: number, count: number, slow: LayoutSource): void {
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
