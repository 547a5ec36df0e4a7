/** Columns that kernels fill: fresh ones, writers for values of any storage, and readers at single rows. */
import { assert } from '../../core/assert.ts'
import { Dictionary } from '../../core/dictionary.ts'
import {
  type BigintColumn,
  type ColumnVector,
  type NumberColumn,
  textAt,
  type Value,
  valueAt,
} from '../../core/rows.ts'
import type { Storage } from '../../core/sql-type.ts'

/** A number column of zeros without NULLs; only a kernel that made it writes to it. */
export function numberVector(length: number): NumberColumn {
  return { layout: 'number', values: new Float64Array(length), nulls: new Uint8Array(length) }
}

export function bigintVector(length: number): BigintColumn {
  return { layout: 'bigint', values: new BigInt64Array(length), nulls: new Uint8Array(length) }
}

export function asNumbers(column: ColumnVector): NumberColumn {
  assert(column.layout === 'number', 'a number expression fills a number column')
  return column
}

export function asBigints(column: ColumnVector): BigintColumn {
  assert(column.layout === 'bigint', 'a bigint expression fills a bigint column')
  return column
}

/** Takes the values of rows in any order, each row at most once; rows not written are NULL where the layout can say so. */
export interface VectorWriter {
  set(row: number, value: Value): void
  /** the column; nothing is written after it was asked for */
  finish(): ColumnVector
}

export function vectorWriter(storage: Storage, length: number): VectorWriter {
  switch (storage) {
    case 'number': {
      const column = numberVector(length)
      return {
        set(row, value) {
          if (value === null) column.nulls[row] = 1
          else column.values[row] = value as number
        },
        finish: () => column,
      }
    }
    case 'bigint': {
      const column = bigintVector(length)
      return {
        set(row, value) {
          if (value === null) column.nulls[row] = 1
          else column.values[row] = value as bigint
        },
        finish: () => column,
      }
    }
    case 'text': {
      const ids = new Int32Array(length)
      const dictionary = new Dictionary()
      return {
        set(row, value) {
          if (value !== null) ids[row] = dictionary.idOf(value as string)
        },
        finish: () => ({ layout: 'dictionary', ids, dictionary }),
      }
    }
    case 'binary': {
      const parts = Array.from<unknown, Uint8Array | null>({ length }, () => null)
      return {
        set(row, value) {
          parts[row] = value as Uint8Array | null
        },
        finish: () => spansOf(parts),
      }
    }
  }
}

/** Byte strings packed into a span column. */
export function spansOf(parts: readonly (Uint8Array | null)[]): ColumnVector {
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

/** The same value for `length` rows. */
export function constantVector(storage: Storage, value: Value, length: number): ColumnVector {
  const writer = vectorWriter(storage, length)
  for (let row = 0; row < length; row++) writer.set(row, value)
  return writer.finish()
}

/** Reads single rows of a column; texts come as strings in either layout. */
export function valueReader(column: ColumnVector, storage: Storage): (row: number) => Value {
  return storage === 'text' ? row => textAt(column, row) : row => valueAt(column, row)
}
