/** Selected rows of columns, side by side. */
import { NULL_ID } from '../../core/dictionary.ts'
import { derivedColumn } from '../../core/late-columns.ts'
import type { ColumnVector, RowBatch, RowOrigin } from '../../core/rows.ts'
import { type Selection, selectsAll } from '../expressions/selection.ts'

/** The selected rows of a column as a column of their own; the column itself when every row is selected. */
export function gatherColumn(column: ColumnVector, selection: Selection, batchLength: number): ColumnVector {
  return selectsAll(selection, batchLength) ? column : derivedColumn(column, made => gathered(made, selection))
}

function gathered(column: ColumnVector, { rows, length }: Selection): ColumnVector {
  switch (column.layout) {
    case 'number': {
      const values = new Float64Array(length)
      const nulls = new Uint8Array(length)
      for (let i = 0; i < length; i++) {
        values[i] = column.values[rows[i]!]!
        nulls[i] = column.nulls[rows[i]!]!
      }
      return { layout: 'number', values, nulls }
    }
    case 'bigint': {
      const values = new BigInt64Array(length)
      const nulls = new Uint8Array(length)
      for (let i = 0; i < length; i++) {
        values[i] = column.values[rows[i]!]!
        nulls[i] = column.nulls[rows[i]!]!
      }
      return { layout: 'bigint', values, nulls }
    }
    case 'dictionary': {
      const ids = new Int32Array(length)
      for (let i = 0; i < length; i++) ids[i] = column.ids[rows[i]!]!
      return { layout: 'dictionary', ids, dictionary: column.dictionary }
    }
    case 'span': {
      const offsets = new Int32Array(length)
      const sizes = new Int32Array(length)
      const nulls = new Uint8Array(length)
      for (let i = 0; i < length; i++) {
        offsets[i] = column.offsets[rows[i]!]!
        sizes[i] = column.sizes[rows[i]!]!
        nulls[i] = column.nulls[rows[i]!]!
      }
      return { layout: 'span', bytes: column.bytes, offsets, sizes, nulls }
    }
  }
}

/** As `gatherColumn`, of rows in any order; NULL, with the value 0, in place of a row that is below 0. */
export function gatherOrNull(column: ColumnVector, selection: Selection): ColumnVector {
  const { length } = selection
  const rows = selection.rows.map(row => Math.max(0, row))
  const made = columnLength(column) === 0 ? null : gatherColumn(column, { rows, length }, -1)
  const nulls = new Uint8Array(length)
  if (made !== null && made.layout !== 'dictionary') nulls.set(made.nulls.subarray(0, length))
  for (let i = 0; i < length; i++) if (selection.rows[i]! < 0) nulls[i] = 1
  switch (column.layout) {
    case 'dictionary': {
      const ids = new Int32Array(length)
      if (made?.layout === 'dictionary')
        for (let i = 0; i < length; i++) ids[i] = nulls[i] === 1 ? NULL_ID : made.ids[i]!
      return { layout: 'dictionary', ids, dictionary: column.dictionary }
    }
    case 'number':
      if (made?.layout !== 'number') return { layout: 'number', values: new Float64Array(length), nulls }
      for (let i = 0; i < length; i++) if (selection.rows[i]! < 0) made.values[i] = 0
      return { layout: 'number', values: made.values, nulls }
    case 'bigint':
      if (made?.layout !== 'bigint') return { layout: 'bigint', values: new BigInt64Array(length), nulls }
      for (let i = 0; i < length; i++) if (selection.rows[i]! < 0) made.values[i] = 0n
      return { layout: 'bigint', values: made.values, nulls }
    case 'span': {
      const zeros = new Int32Array(length)
      return made?.layout === 'span' ? { ...made, nulls } : { ...column, offsets: zeros, sizes: zeros, nulls }
    }
  }
}

function columnLength(column: ColumnVector): number {
  return column.layout === 'dictionary' ? column.ids.length : column.nulls.length
}

export function gatherNumbers(values: Float64Array, selection: Selection, batchLength: number): Float64Array {
  if (selectsAll(selection, batchLength)) return values
  const gathered = new Float64Array(selection.length)
  for (let i = 0; i < selection.length; i++) gathered[i] = values[selection.rows[i]!]!
  return gathered
}

export function gatherOrigin(origin: RowOrigin | null, selection: Selection, batchLength: number): RowOrigin | null {
  if (origin === null || selectsAll(selection, batchLength)) return origin
  const records = new Int32Array(selection.length)
  for (let i = 0; i < selection.length; i++) records[i] = origin.records[selection.rows[i]!]!
  return { batch: origin.batch, records }
}

/** The selected rows as a batch of their own. */
export function gatherRows(rows: RowBatch, selection: Selection): RowBatch {
  if (selectsAll(selection, rows.length)) return rows
  return {
    schema: rows.schema,
    length: selection.length,
    rowtimes: gatherNumbers(rows.rowtimes, selection, rows.length),
    columns: rows.columns.map(column => gatherColumn(column, selection, rows.length)),
    origin: gatherOrigin(rows.origin, selection, rows.length),
  }
}
