/** Collects the rows of one record batch in row batches of at most ROWS_PER_BATCH_MAX, cell by cell into typed arrays. */
import { type ErrorOutput, type ErrorRow } from '../error-output.ts'
import { ColumnArrays } from '../lent-arrays.ts'
import { positionAt, type RecordBatch, recordBytes } from '../record.ts'
import { type ColumnVector, ROWS_PER_BATCH_MAX, type RowBatch } from '../rows.ts'
import type { Column, Schema } from '../schema.ts'
import { sqlTypeText } from '../sql-type.ts'
import { type ColumnWriter, ExactContainer, ExactNumber } from './cell.ts'
import { columnWriterOf } from './column-writer.ts'
import { NullWriter } from './null-writer.ts'

/** Bytes of a value that an error message shows at most. */
export const EXCERPT_BYTES_MAX = 256

export class BatchWriter {
  readonly schema: Schema
  readonly writers: readonly ColumnWriter[]
  /** index of the row that is being written */
  row = 0
  readonly #arrays: ColumnArrays
  #capacity = 0
  #rowtimes = new Float64Array(0)
  #records = new Int32Array(0)
  #batches: RowBatch[] = []
  #batch: RecordBatch | null = null
  #errors: ErrorOutput | null = null

  /**
   * @param read by column: false makes it NULL in every row, whatever is written. Default: all are read
   * @param lends true: `begin` takes the arrays of all rows back (core/lent-arrays.ts)
   * @param passed by column: its texts are only passed on (DecoderOptions.passedColumns). Default: none
   */
  constructor(schema: Schema, read?: readonly boolean[], lends: boolean = false, passed: readonly boolean[] = []) {
    this.schema = schema
    this.#arrays = new ColumnArrays(lends)
    this.writers = schema.columns.map(({ type }, i) =>
      read === undefined || read[i] === true ? columnWriterOf(type, this.#arrays, passed[i]) : new NullWriter(type),
    )
  }

  /** Starts with a record batch; `finish` ends it. */
  begin(batch: RecordBatch, errors: ErrorOutput): void {
    this.#batch = batch
    this.#errors = errors
    this.#batches = []
    this.#arrays.begin()
    this.#reserve(this.#arrays.lends ? ROWS_PER_BATCH_MAX : Math.min(ROWS_PER_BATCH_MAX, Math.max(16, batch.length)))
  }

  /** Keeps the row whose cells were all written; without this call the next row takes its place. */
  keep(record: number): void {
    this.#rowtimes[this.row] = this.#batch?.rowtimes[record] ?? 0
    this.#records[this.row] = record
    this.row++
    if (this.row < this.#capacity) return
    if (this.#capacity === ROWS_PER_BATCH_MAX) this.#take(ROWS_PER_BATCH_MAX)
    else this.#reserve(Math.min(ROWS_PER_BATCH_MAX, this.#capacity * 2))
  }

  /** Makes room for some of `wanted` more rows and says for how many: at least 1, and all of them lie in one batch. */
  room(wanted: number): number {
    this.#reserve(Math.min(ROWS_PER_BATCH_MAX, this.row + Math.max(1, wanted)))
    return this.#capacity - this.row
  }

  /** Keeps `count` rows whose cells were all written, one for each record from `record` on; at most as many as there is room for. */
  keepRun(record: number, count: number): void {
    const { row } = this
    const given = this.#batch?.rowtimes
    if (given !== undefined) this.#rowtimes.set(given.subarray(record, record + count), row)
    const records = this.#records
    for (let i = 0; i < count; i++) records[row + i] = record + i
    this.row = row + count
    if (this.row < this.#capacity) return
    if (this.#capacity === ROWS_PER_BATCH_MAX) this.#take(ROWS_PER_BATCH_MAX)
    else this.#reserve(Math.min(ROWS_PER_BATCH_MAX, this.#capacity * 2))
  }

  /** All rows since `begin`. The last batch may be short; there is no empty one. */
  finish(): readonly RowBatch[] {
    if (this.row > 0) this.#take(0)
    const batches = this.#batches
    this.#batches = []
    this.#batch = null
    this.#errors = null
    return batches
  }

  /** Sends a record, or a part of it, to the error output. */
  refuse(record: number, name: ErrorRow['name'], message: string): void {
    const batch = this.#batch
    if (batch === null) return
    this.#errors?.add({
      name,
      message,
      rowtime: batch.rowtimes[record] ?? 0,
      data: recordBytes(batch, record),
      position: positionAt(batch, record),
      pump: null,
    })
  }

  /** Sends a record to the error output because a value has no place in its column. */
  refuseValue(record: number, column: Column | undefined, value: unknown): void {
    if (column === undefined) return
    this.refuse(
      record,
      'COERCION_ERROR',
      `column "${column.name}" does not take ${excerpt(value)}; expected ${sqlTypeText(column.type)}`,
    )
  }

  #reserve(capacity: number): void {
    if (capacity <= this.#capacity) return
    this.#capacity = capacity
    const rowtimes = this.#arrays.numbers.take(capacity)
    const records = this.#arrays.ints.take(capacity)
    rowtimes.set(this.#rowtimes)
    records.set(this.#records)
    this.#rowtimes = rowtimes
    this.#records = records
    for (const writer of this.writers) writer.reserve(capacity)
  }

  #take(capacity: number): void {
    const batch = this.#batch
    const columns: ColumnVector[] = this.writers.map(writer => writer.take(capacity))
    this.#batches.push({
      schema: this.schema,
      length: this.row,
      rowtimes: this.#rowtimes,
      columns,
      origin: batch === null ? null : { batch, records: this.#records },
    })
    this.row = 0
    this.#capacity = capacity
    const { numbers, ints } = this.#arrays
    numbers.leave(this.#rowtimes)
    ints.leave(this.#records)
    this.#rowtimes = numbers.take(capacity)
    this.#records = ints.take(capacity)
  }
}

/** A value as an error message shows it: its kind and at most EXCERPT_BYTES_MAX bytes of it. */
export function excerpt(value: unknown): string {
  if (typeof value === 'string') return `the text ${JSON.stringify(cutToBytes(value))}`
  if (value instanceof ExactNumber) return `the number ${cutToBytes(value.text)}`
  if (value instanceof ExactContainer) {
    const text = value.sourceText()
    return `the ${text.startsWith('[') ? 'array' : 'object'} ${cutToBytes(text)}`
  }
  return `the ${typeof value} ${cutToBytes(String(value))}`
}

function cutToBytes(text: string): string {
  const bytes = Buffer.from(text.slice(0, EXCERPT_BYTES_MAX))
  if (bytes.length <= EXCERPT_BYTES_MAX) return text.length <= EXCERPT_BYTES_MAX ? text : `${bytes.toString()}...`
  let end = EXCERPT_BYTES_MAX
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return `${bytes.toString('utf8', 0, end)}...`
}
