/**
 * The fast way of a CSV decoder: records of one row each, without quotes, go straight into columns. Everything else, and every
 * value that is not proven to mean the same to the column writers, goes the slow way.
 */
import type { RecordBatch } from '../../record.ts'
import type { Schema } from '../../schema.ts'
import type { BatchWriter } from '../batch-writer.ts'
import { RunWriter, type ScanCounts, type SlowPath } from '../json/scan/run-writer.ts'
import { scanColumnOf } from '../json/scan/scan-column.ts'
import { createWasmScanner, type WasmScanner } from '../json/scan/wasm-scanner.ts'
import { SCANNED_RECORDS_MAX } from '../scanned.ts'
import type { CsvDelimiters } from './fields.ts'

export class CsvScan {
  readonly #scanner: WasmScanner
  readonly #writer: BatchWriter
  readonly #runs: RunWriter
  readonly #rowDelimiter: number
  readonly #columnDelimiter: number

  private constructor(
    scanner: WasmScanner,
    writer: BatchWriter,
    needed: readonly boolean[],
    delimiters: CsvDelimiters,
  ) {
    this.#scanner = scanner
    this.#writer = writer
    this.#runs = new RunWriter(scanner, writer, needed)
    this.#rowDelimiter = delimiters.row.charCodeAt(0)
    this.#columnDelimiter = delimiters.column.charCodeAt(0)
  }

  /** Null where there is no WebAssembly with SIMD, or a delimiter or the type of a needed column is not scanned. */
  static create(
    schema: Schema,
    delimiters: CsvDelimiters,
    needed: readonly boolean[],
    writer: BatchWriter,
  ): CsvScan | null {
    if (!isScanned(delimiters.row) || !isScanned(delimiters.column)) return null
    const columns = schema.columns.map(({ type }, i) => (needed[i] === true ? scanColumnOf(type) : null))
    if (columns.some((column, i) => column === null && needed[i] === true)) return null
    const scanner = createWasmScanner(columns)
    return scanner === null ? null : new CsvScan(scanner, writer, needed, delimiters)
  }

  get counts(): Readonly<ScanCounts> {
    return this.#runs.counts
  }

  /** Decodes a whole record batch, in the order of its records; the writer has begun with it. */
  decode(batch: RecordBatch, slow: SlowPath): void {
    const { length } = batch
    for (let record = 0; record < length; ) {
      // A record that is not to be decoded may look like text all the same.
      if (batch.refusal !== undefined) {
        this.#runs.leave(record++, slow)
        continue
      }
      const room = this.#writer.room(length - record)
      this.#runs.say()
      const count = this.#scanner.load(batch, record, Math.min(room, length - record, SCANNED_RECORDS_MAX))
      if (count === 0) {
        this.#runs.leave(record++, slow)
        continue
      }
      this.#scanner.scanDelimited(count, this.#rowDelimiter, this.#columnDelimiter)
      this.#runs.write(record, count, slow)
      record += count
    }
  }
}

/** One character of ASCII that means nothing else here. */
function isScanned(delimiter: string): boolean {
  const code = delimiter.charCodeAt(0)
  return delimiter.length === 1 && code < 128 && code !== 0 && code !== 13 && code !== 34
}
