/**
 * Rows that an operator keeps beyond their batch, the keys that they are found by, and rows taken from several batches put
 * side by side again. Kept rows own their bytes: a row must not hold the records it came from.
 */
import { Dictionary, NULL_ID } from '../../core/dictionary.ts'
import { ownedRows } from '../../core/lent-arrays.ts'
import { type ColumnVector, isNullAt, type RowBatch, spanBytes, textAt, type Value } from '../../core/rows.ts'
import { type SqlType, type Storage, storageOf } from '../../core/sql-type.ts'
import { withoutPadding } from '../expressions/comparison.ts'
import type { RowFailures } from '../expressions/failures.ts'
import type { Kernel } from '../expressions/kernel.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import { spansOf, valueReader } from '../expressions/vectors.ts'
import { gatherNumbers, gatherRows } from './gather.ts'

/** One equality of a join on one of its sides, in the type that both sides compare in. */
export interface CompiledJoinKey {
  readonly kernel: Kernel
  readonly type: SqlType
  /** one of the two sides is CHAR, whose padding does not count */
  readonly padded: boolean
}

/** What rows are found by. null: a key is NULL, and nothing is found. */
export type RowKey = string | number | bigint | null

/** The selected rows, owning their bytes. */
export function retainRows(rows: RowBatch, selection: Selection): RowBatch {
  const gathered = ownedRows(gatherRows(rows, selection))
  const columns = gathered.columns.map(column => {
    if (column.layout !== 'span') return column
    const parts: (Uint8Array | null)[] = []
    for (let row = 0; row < gathered.length; row++) parts.push(isNullAt(column, row) ? null : spanBytes(column, row))
    return spansOf(parts)
  })
  return { ...gathered, columns, origin: null }
}

/** Bytes of one value or key, by estimate. */
const VALUE_BYTES = 16
const KEY_BYTES = 48

/** What a kept batch costs, by estimate. */
export function retainedBytes(rows: RowBatch, keys: number): number {
  let bytes = rows.length * (VALUE_BYTES * (rows.columns.length + 1) + KEY_BYTES * Math.max(1, keys))
  for (const column of rows.columns) if (column.layout === 'span') bytes += column.bytes.length
  return bytes
}

/** The key of every selected row, by row; a row whose key fails is marked in `failures`. */
export function rowKeys(
  rows: RowBatch,
  selection: Selection,
  keys: readonly CompiledJoinKey[],
  failures: RowFailures,
): readonly RowKey[] {
  const found: RowKey[] = Array.from({ length: rows.length }, () => '')
  if (keys.length === 0) return found
  const columns = keys.map(key => key.kernel({ batch: rows, failures }, selection))
  const readers = columns.map((column, index) => keyReader(column, keys[index]!))
  const [only] = readers
  for (let i = 0; i < selection.length; i++) {
    const row = selection.rows[i]!
    found[row] = readers.length === 1 ? only!(row) : composite(readers, row)
  }
  return found
}

function composite(readers: readonly ((row: number) => RowKey)[], row: number): RowKey {
  let key = ''
  for (const read of readers) {
    const part = read(row)
    if (part === null) return null
    const text = String(part)
    key += `${text.length}:${text}`
  }
  return key
}

function keyReader(column: ColumnVector, { type, padded }: CompiledJoinKey): (row: number) => RowKey {
  const read = valueReader(column, storageOf(type))
  return row => {
    const value = read(row)
    if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
    if (typeof value === 'string') return padded ? withoutPadding(value) : value
    // 0 and -0 are equal, and print differently in a composite key.
    return value === 0 ? 0 : value
  }
}

/** Row `rows[i]` of `batches[i]` for each i below `length`, as one column; NULL where there is no batch. */
export function takeColumn(
  batches: readonly (RowBatch | null)[],
  rows: Int32Array,
  length: number,
  index: number,
  storage: Storage,
): ColumnVector {
  switch (storage) {
    case 'number': {
      const values = new Float64Array(length)
      const nulls = new Uint8Array(length)
      for (let i = 0; i < length; i++) {
        const column = batches[i]?.columns[index]
        if (column?.layout === 'number') {
          values[i] = column.values[rows[i]!]!
          nulls[i] = column.nulls[rows[i]!]!
        } else nulls[i] = 1
      }
      return { layout: 'number', values, nulls }
    }
    case 'bigint': {
      const values = new BigInt64Array(length)
      const nulls = new Uint8Array(length)
      for (let i = 0; i < length; i++) {
        const column = batches[i]?.columns[index]
        if (column?.layout === 'bigint') {
          values[i] = column.values[rows[i]!]!
          nulls[i] = column.nulls[rows[i]!]!
        } else nulls[i] = 1
      }
      return { layout: 'bigint', values, nulls }
    }
    case 'text':
      return takeTexts(batches, rows, length, index)
    case 'binary': {
      const parts: (Uint8Array | null)[] = []
      for (let i = 0; i < length; i++) {
        const column = batches[i]?.columns[index]
        parts.push(column?.layout === 'span' && column.nulls[rows[i]!] === 0 ? spanBytes(column, rows[i]!) : null)
      }
      return spansOf(parts)
    }
  }
}

function takeTexts(
  batches: readonly (RowBatch | null)[],
  rows: Int32Array,
  length: number,
  index: number,
): ColumnVector {
  const ids = new Int32Array(length)
  const shared = oneDictionary(batches, length, index)
  const dictionary = shared ?? new Dictionary()
  const translations = new Map<Dictionary, Int32Array>()
  for (let i = 0; i < length; i++) {
    const column = batches[i]?.columns[index]
    if (column === undefined) continue
    const row = rows[i]!
    if (column.layout !== 'dictionary') {
      const text = textAt(column, row)
      if (text !== null) ids[i] = dictionary.idOf(text)
    } else if (shared !== null) ids[i] = column.ids[row]!
    else {
      let known = translations.get(column.dictionary)
      if (known === undefined) translations.set(column.dictionary, (known = new Int32Array(column.dictionary.size)))
      const id = column.ids[row]!
      if (id === NULL_ID) continue
      if (known[id] === 0) known[id] = dictionary.idOf(column.dictionary.textOf(id))
      ids[i] = known[id]!
    }
  }
  return { layout: 'dictionary', ids, dictionary }
}

/** The dictionary that all the columns share, or null. */
function oneDictionary(batches: readonly (RowBatch | null)[], length: number, index: number): Dictionary | null {
  let shared: Dictionary | null = null
  for (let i = 0; i < length; i++) {
    const column = batches[i]?.columns[index]
    if (column === undefined) continue
    if (column.layout !== 'dictionary' || (shared !== null && column.dictionary !== shared)) return null
    shared = column.dictionary
  }
  return shared
}

/** Values of one kept row. */
export function rowValues(rows: RowBatch, row: number): Value[] {
  return rows.columns.map((column, index) => valueReader(column, storageOf(rows.schema.columns[index]!.type))(row))
}

/** Rowtimes of a selection. */
export function rowtimesOf(rows: RowBatch, selection: Selection): Float64Array {
  return gatherNumbers(rows.rowtimes, selection, rows.length)
}

/** Every row of a batch, for kernels over kept rows. */
export function allOf(rows: RowBatch): Selection {
  return everyRow(rows.length)
}
