/**
 * Rows of results, column by column: whoever holds aggregates or keys in arrays writes ranges of them at once. One row at a
 * time goes, too, for operators that hold values.
 */
import { assert } from '../../core/assert.ts'
import { type Dictionary, NULL_ID } from '../../core/dictionary.ts'
import { type ColumnVector, ROWS_PER_BATCH_MAX, type RowBatch, type Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { type Storage, storageOf } from '../../core/sql-type.ts'
import { everyRow } from '../expressions/selection.ts'
import { spansOf } from '../expressions/vectors.ts'
import { TextCodes } from './text-codes.ts'

/** Rows below which a batch gets arrays of its own size. */
const COPIED_ROWS_MAX = 512
/** Entries of a dictionary after which the next batch starts another. */
const ENTRIES_MAX = 32_768

const ALL = everyRow(ROWS_PER_BATCH_MAX).rows

/** A column that is being filled: whoever writes a row writes its cell and whether that is NULL. */
export type ResultColumn = NumberResults | BigintResults | TextResults | BinaryResults

class NumberResults {
  readonly kind = 'number'
  values = new Float64Array(ROWS_PER_BATCH_MAX)
  nulls = new Uint8Array(ROWS_PER_BATCH_MAX)

  set(row: number, value: Value): void {
    assert(value === null || typeof value === 'number', 'a number column takes numbers')
    this.values[row] = value ?? 0
    this.nulls[row] = value === null ? 1 : 0
  }

  take(length: number): ColumnVector {
    const { values, nulls } = this
    if (length <= COPIED_ROWS_MAX)
      return { layout: 'number', values: values.slice(0, length), nulls: nulls.slice(0, length) }
    this.values = new Float64Array(ROWS_PER_BATCH_MAX)
    this.nulls = new Uint8Array(ROWS_PER_BATCH_MAX)
    return { layout: 'number', values, nulls }
  }
}

class BigintResults {
  readonly kind = 'bigint'
  values = new BigInt64Array(ROWS_PER_BATCH_MAX)
  nulls = new Uint8Array(ROWS_PER_BATCH_MAX)
  /** the same memory, low half first */
  halves = new Int32Array(this.values.buffer)

  set(row: number, value: Value): void {
    assert(value === null || typeof value === 'bigint', 'a bigint column takes bigints')
    this.values[row] = value ?? 0n
    this.nulls[row] = value === null ? 1 : 0
  }

  take(length: number): ColumnVector {
    const { values, nulls } = this
    if (length <= COPIED_ROWS_MAX)
      return { layout: 'bigint', values: values.slice(0, length), nulls: nulls.slice(0, length) }
    this.values = new BigInt64Array(ROWS_PER_BATCH_MAX)
    this.halves = new Int32Array(this.values.buffer)
    this.nulls = new Uint8Array(ROWS_PER_BATCH_MAX)
    return { layout: 'bigint', values, nulls }
  }
}

class TextResults {
  readonly kind = 'text'
  readonly #codes = new TextCodes()
  /** the dictionary that all ids so far are of, where it is somebody else's: mostly all rows of a batch come from one state */
  #borrowed: Dictionary | null = null
  #ids = new Int32Array(ROWS_PER_BATCH_MAX)

  set(row: number, value: Value): void {
    assert(value === null || typeof value === 'string', 'a text column takes strings')
    this.#own(row)
    this.#ids[row] = value === null ? NULL_ID : this.#codes.codeOf(value)
  }

  /** Writes the texts of `ids[rows[from, to)]` from row `at` on. The dictionary only grows, like any. */
  write(ids: Int32Array, dictionary: Dictionary, rows: Int32Array, from: number, to: number, at: number): void {
    if (at === 0 && dictionary.size <= ENTRIES_MAX) this.#borrowed = dictionary
    if (this.#borrowed === dictionary) copyAt(ids, rows, from, to, this.#ids, at)
    else {
      this.#own(at)
      this.#codes.translate(ids, dictionary, rows, from, to, this.#ids, at)
    }
  }

  take(length: number): ColumnVector {
    const ids = this.#ids
    const dictionary = this.#borrowed ?? this.#codes.dictionary
    this.#borrowed = null
    if (this.#codes.dictionary.size > ENTRIES_MAX) this.#codes.clear()
    if (length <= COPIED_ROWS_MAX) return { layout: 'dictionary', ids: ids.slice(0, length), dictionary }
    this.#ids = new Int32Array(ROWS_PER_BATCH_MAX)
    return { layout: 'dictionary', ids, dictionary }
  }

  /** Translates the rows before `row`, so that texts from elsewhere can follow. */
  #own(row: number): void {
    const borrowed = this.#borrowed
    if (borrowed === null) return
    this.#borrowed = null
    this.#codes.translate(this.#ids, borrowed, ALL, 0, row, this.#ids, 0)
  }
}

function copyAt(ids: Int32Array, rows: Int32Array, from: number, to: number, into: Int32Array, at: number): void {
  for (let i = from; i < to; i++) into[at + i - from] = ids[rows[i]!]!
}

class BinaryResults {
  readonly kind = 'binary'
  #parts: (Uint8Array | null)[] = []

  set(row: number, value: Value): void {
    assert(value === null || value instanceof Uint8Array, 'a binary column takes bytes')
    this.#parts[row] = value
  }

  take(length: number): ColumnVector {
    const parts = this.#parts
    this.#parts = []
    return spansOf(parts.slice(0, length))
  }
}

function columnOf(storage: Storage): ResultColumn {
  switch (storage) {
    case 'number':
      return new NumberResults()
    case 'bigint':
      return new BigintResults()
    case 'text':
      return new TextResults()
    case 'binary':
      return new BinaryResults()
  }
}

export class ResultBuilder {
  readonly schema: Schema
  /** one for each column of the schema */
  readonly columns: readonly ResultColumn[]
  #rowtimes = new Float64Array(ROWS_PER_BATCH_MAX)
  #length = 0

  constructor(schema: Schema) {
    this.schema = schema
    this.columns = schema.columns.map(({ type }) => columnOf(storageOf(type)))
  }

  get length(): number {
    return this.#length
  }

  get full(): boolean {
    return this.#length === ROWS_PER_BATCH_MAX
  }

  /** Rows that still fit. */
  get room(): number {
    return ROWS_PER_BATCH_MAX - this.#length
  }

  /** Adds one row by its values. */
  add(rowtime: number, values: readonly Value[]): void {
    assert(!this.full, 'a full batch is taken before the next row')
    assert(values.length === this.columns.length, 'a row has a value for each column')
    for (let i = 0; i < values.length; i++) this.columns[i]!.set(this.#length, values[i] ?? null)
    this.#rowtimes[this.#length++] = rowtime
  }

  /** Keeps the `count` rows behind `length`, whose cells were all set. */
  keep(rowtime: number, count: number): void {
    assert(count <= this.room, 'a full batch is taken before the next row')
    for (let i = 0; i < count; i++) this.#rowtimes[this.#length++] = rowtime
  }

  /** The rows so far as a batch, possibly of length 0; the builder starts anew. */
  take(): RowBatch {
    const length = this.#length
    const rowtimes = this.#rowtimes
    const copied = length <= COPIED_ROWS_MAX
    if (!copied) this.#rowtimes = new Float64Array(ROWS_PER_BATCH_MAX)
    this.#length = 0
    return {
      schema: this.schema,
      length,
      rowtimes: copied ? rowtimes.slice(0, length) : rowtimes,
      columns: this.columns.map(column => column.take(length)),
      origin: null,
    }
  }
}
