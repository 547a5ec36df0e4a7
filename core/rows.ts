/**
 * Decoded rows in columns. Everything between decoder and sink works on these; values of single rows are read only at the
 * edges (error rows, samples, tests), through `valueAt`.
 */
import { assert, unreachable } from './assert.ts'
import { type Dictionary, NULL_ID } from './dictionary.ts'
import type { RecordBatch } from './record.ts'
import type { Schema } from './schema.ts'
import { type SqlType, storageOf } from './sql-type.ts'

/** Rows in a row batch at most. */
export const ROWS_PER_BATCH_MAX = 1_024

/** TINYINT to INTEGER, REAL, DOUBLE, BOOLEAN (0, 1), DATE, TIME, TIMESTAMP, INTERVAL; NULL where `nulls` is 1 (the value is then 0). */
export interface NumberColumn {
  readonly layout: 'number'
  readonly values: Float64Array
  readonly nulls: Uint8Array
}

/** BIGINT; DECIMAL as value * 10^scale; NULL where `nulls` is 1 (the value is then 0n). */
export interface BigintColumn {
  readonly layout: 'bigint'
  readonly values: BigInt64Array
  readonly nulls: Uint8Array
}

/** CHAR and VARCHAR as ids; id 0 is NULL. CHAR values are stored without padding. */
export interface DictionaryColumn {
  readonly layout: 'dictionary'
  readonly ids: Int32Array
  readonly dictionary: Dictionary
}

/** CHAR and VARCHAR as UTF-8, BINARY as it is: row i is `bytes[offsets[i], offsets[i] + sizes[i])`; NULL where `nulls` is 1. */
export interface SpanColumn {
  readonly layout: 'span'
  readonly bytes: Uint8Array
  readonly offsets: Int32Array
  readonly sizes: Int32Array
  readonly nulls: Uint8Array
}

/** A text column may be a dictionary column in one batch and a span column in the next. */
export type ColumnVector = NumberColumn | BigintColumn | DictionaryColumn | SpanColumn

/** Which record each row came from; rows made of many records (aggregates) have none. */
export interface RowOrigin {
  readonly batch: RecordBatch
  /** index into `batch` for each row */
  readonly records: Int32Array
}

/** At most `ROWS_PER_BATCH_MAX` rows in rowtime order. Arrays may be longer than `length`; what lies beyond means nothing. Immutable once pushed. */
export interface RowBatch {
  readonly schema: Schema
  readonly length: number
  /** epoch milliseconds, never falling */
  readonly rowtimes: Float64Array
  /** one for each column of the schema, in its order */
  readonly columns: readonly ColumnVector[]
  readonly origin: RowOrigin | null
}

/** A value at the edge: numbers as `storageOf` describes them, bigint for BIGINT and DECIMAL (unscaled). */
export type Value = number | bigint | string | Uint8Array | null

// A text may begin with U+FEFF; the decoder must not take it for a byte order mark.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The value of one row of a column. For edges only; operators read the arrays. */
export function valueAt(column: ColumnVector, row: number): Value {
  switch (column.layout) {
    case 'number':
      return column.nulls[row] === 1 ? null : (column.values[row] ?? null)
    case 'bigint':
      return column.nulls[row] === 1 ? null : (column.values[row] ?? null)
    case 'dictionary': {
      const id = column.ids[row] ?? NULL_ID
      return id === NULL_ID ? null : column.dictionary.textOf(id)
    }
    case 'span':
      return column.nulls[row] === 1 ? null : spanBytes(column, row)
    default:
      return unreachable(column, 'valueAt')
  }
}

/** Like `valueAt`, with the text of CHAR and VARCHAR whatever the layout. */
export function typedValueAt(column: ColumnVector, type: SqlType, row: number): Value {
  const value = valueAt(column, row)
  return value instanceof Uint8Array && storageOf(type) === 'text' ? utf8.decode(value) : value
}

/** The text of one row of a CHAR or VARCHAR column in either layout, or null. */
export function textAt(column: ColumnVector, row: number): string | null {
  if (column.layout === 'dictionary') {
    const id = column.ids[row] ?? NULL_ID
    return id === NULL_ID ? null : column.dictionary.textOf(id)
  }
  assert(column.layout === 'span', 'a text column is a dictionary or a span column')
  return column.nulls[row] === 1 ? null : utf8.decode(spanBytes(column, row))
}

/** The bytes of one row of a span column; meaningless for NULL. */
export function spanBytes(column: SpanColumn, row: number): Uint8Array {
  const offset = column.offsets[row] ?? 0
  return column.bytes.subarray(offset, offset + (column.sizes[row] ?? 0))
}

export function isNullAt(column: ColumnVector, row: number): boolean {
  return column.layout === 'dictionary' ? column.ids[row] === NULL_ID : column.nulls[row] === 1
}
