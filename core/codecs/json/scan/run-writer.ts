/** The way from a scanner's columns into the batch writer: runs of records that were kept at once, the others one by one. */
import type { BatchWriter } from '../../batch-writer.ts'
import { isScanTarget } from '../../scanned.ts'
import { KEPT, type Scanner } from './scanner.ts'

/** What the slow way does for the fast one. */
export interface SlowPath {
  /** Writes the rows of a record, or its errors. */
  decodeRecord(record: number): void
}

/** How many records went which way since the decoder was made. */
export interface ScanCounts {
  /** written by the scanner */
  kept: number
  /** read the slow way */
  slow: number
}

export class RunWriter {
  readonly counts: ScanCounts = { kept: 0, slow: 0 }
  readonly #scanner: Scanner
  readonly #writer: BatchWriter
  readonly #needed: readonly boolean[]

  /** @param needed by column: its cells are written */
  constructor(scanner: Scanner, writer: BatchWriter, needed: readonly boolean[]) {
    this.#scanner = scanner
    this.#writer = writer
    this.#needed = needed
  }

  /** Leaves a record to the slow way. */
  leave(record: number, slow: SlowPath): void {
    this.counts.slow++
    slow.decodeRecord(record)
  }

  /** Tells the scanner which texts come as spans. */
  say(): void {
    this.#writer.writers.forEach((writer, column) => {
      if (isScanTarget(writer)) this.#scanner.setSpans(column, writer.wantsSpans)
    })
  }

  /** Brings the rows of the records in order: runs of kept ones by columns, the others one by one. */
  write(first: number, count: number, slow: SlowPath): void {
    const { status } = this.#scanner
    for (let at = 0; at < count; ) {
      if (status[at] !== KEPT) {
        this.leave(first + at++, slow)
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
  }
}
