/** Writes rows value by value into columns: for decoders off the fast path, for results of windows, and for tests. */
import { assert } from './assert.ts'
import { Dictionary } from './dictionary.ts'
import type { RecordBatch } from './record.ts'
import { type ColumnVector, ROWS_PER_BATCH_MAX, type RowBatch, type Value } from './rows.ts'
import type { Schema } from './schema.ts'
import { type Storage, storageOf } from './sql-type.ts'

/** A growing column. `write` takes each row once, in order; `take` hands the column over and starts anew. */
interface ColumnWriter {
  write(value: Value): void
  take(): ColumnVector
}

class NumberWriter implements ColumnWriter {
  #values = new Float64Array(16)
  #nulls = new Uint8Array(16)
  #length = 0
  write(value: Value): void {
    if (this.#length === this.#values.length) {
      this.#values = grown(this.#values, new Float64Array(this.#length * 2))
      this.#nulls = grown(this.#nulls, new Uint8Array(this.#length * 2))
    }
    assert(value === null || typeof value === 'number', 'a number column takes numbers')
    this.#values[this.#length] = value ?? 0
    this.#nulls[this.#length++] = value === null ? 1 : 0
  }
  take(): ColumnVector {
    const column: ColumnVector = { layout: 'number', values: this.#values, nulls: this.#nulls }
    this.#values = new Float64Array(Math.max(16, this.#length))
    this.#nulls = new Uint8Array(Math.max(16, this.#length))
    this.#length = 0
    return column
  }
}

class BigintWriter implements ColumnWriter {
  #values = new BigInt64Array(16)
  #nulls = new Uint8Array(16)
  #length = 0
  write(value: Value): void {
    if (this.#length === this.#values.length) {
      this.#values = grown(this.#values, new BigInt64Array(this.#length * 2))
      this.#nulls = grown(this.#nulls, new Uint8Array(this.#length * 2))
    }
    assert(value === null || typeof value === 'bigint', 'a bigint column takes bigints')
    this.#values[this.#length] = value ?? 0n
    this.#nulls[this.#length++] = value === null ? 1 : 0
  }
  take(): ColumnVector {
    const column: ColumnVector = { layout: 'bigint', values: this.#values, nulls: this.#nulls }
    this.#values = new BigInt64Array(Math.max(16, this.#length))
    this.#nulls = new Uint8Array(Math.max(16, this.#length))
    this.#length = 0
    return column
  }
}

class TextWriter implements ColumnWriter {
  #dictionary = new Dictionary()
  #ids = new Int32Array(16)
  #length = 0
  write(value: Value): void {
    if (this.#length === this.#ids.length) this.#ids = grown(this.#ids, new Int32Array(this.#length * 2))
    assert(value === null || typeof value === 'string', 'a text column takes strings')
    this.#ids[this.#length++] = value === null ? 0 : this.#dictionary.idOf(value)
  }
  take(): ColumnVector {
    const column: ColumnVector = { layout: 'dictionary', ids: this.#ids, dictionary: this.#dictionary }
    this.#ids = new Int32Array(Math.max(16, this.#length))
    this.#length = 0
    if (this.#dictionary.full) this.#dictionary = new Dictionary()
    return column
  }
}

class BinaryWriter implements ColumnWriter {
  #parts: (Uint8Array | null)[] = []
  write(value: Value): void {
    assert(value === null || value instanceof Uint8Array, 'a binary column takes bytes')
    this.#parts.push(value)
  }
  take(): ColumnVector {
    const parts = this.#parts
    this.#parts = []
    const bytes = new Uint8Array(parts.reduce((size, part) => size + (part?.length ?? 0), 0))
    const offsets = new Int32Array(parts.length)
    const sizes = new Int32Array(parts.length)
    const nulls = new Uint8Array(parts.length)
    let end = 0
    parts.forEach((part, row) => {
      offsets[row] = end
      if (part === null) nulls[row] = 1
      else {
        bytes.set(part, end)
        sizes[row] = part.length
        end += part.length
      }
    })
    return { layout: 'span', bytes, offsets, sizes, nulls }
  }
}

function grown<T extends Float64Array | BigInt64Array | Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from as never)
  return to
}

function writerOf(storage: Storage): ColumnWriter {
  switch (storage) {
    case 'number':
      return new NumberWriter()
    case 'bigint':
      return new BigintWriter()
    case 'text':
      return new TextWriter()
    case 'binary':
      return new BinaryWriter()
  }
}

/** Collects rows; the owner calls `take` when `full` or when its batch ends. */
export class RowBuilder {
  readonly schema: Schema
  readonly #writers: readonly ColumnWriter[]
  #rowtimes = new Float64Array(16)
  #records: number[] | null = null
  #length = 0

  constructor(schema: Schema) {
    this.schema = schema
    this.#writers = schema.columns.map(column => writerOf(storageOf(column.type)))
  }

  get length(): number {
    return this.#length
  }

  get full(): boolean {
    return this.#length >= ROWS_PER_BATCH_MAX
  }

  /**
   * Adds one row.
   * @param rowtime epoch milliseconds, not below that of the row before
   * @param values one for each column, as `Value` describes
   * @param record index of the record that the row came from; either every row of a batch has one or none
   */
  add(rowtime: number, values: readonly Value[], record?: number): void {
    assert(values.length === this.#writers.length, 'a row has a value for each column')
    assert(!this.full, 'a full batch is taken before the next row')
    if (this.#length === this.#rowtimes.length)
      this.#rowtimes = grown(this.#rowtimes, new Float64Array(this.#length * 2))
    this.#rowtimes[this.#length++] = rowtime
    for (let i = 0; i < values.length; i++) this.#writers[i]?.write(values[i] ?? null)
    if (record !== undefined) (this.#records ??= []).push(record)
  }

  /** The rows so far as a batch, possibly of length 0; the builder starts anew. */
  take(origin: RecordBatch | null = null): RowBatch {
    const records = this.#records
    assert((origin === null) === (records === null) || this.#length === 0, 'rows with records name their record batch')
    const batch: RowBatch = {
      schema: this.schema,
      length: this.#length,
      rowtimes: this.#rowtimes,
      columns: this.#writers.map(writer => writer.take()),
      origin: origin === null ? null : { batch: origin, records: Int32Array.from(records ?? []) },
    }
    this.#rowtimes = new Float64Array(Math.max(16, this.#length))
    this.#records = null
    this.#length = 0
    return batch
  }
}
