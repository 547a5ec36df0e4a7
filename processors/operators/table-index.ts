/**
 * The rows of a finite relation by their join keys, as they stand: all of them side by side in one column each, those of one key
 * linked in their order. A row with a NULL key is never found.
 */
import type { Dictionary } from '../../core/dictionary.ts'
import { NULL_ID } from '../../core/dictionary.ts'
import type { ColumnVector, RowBatch } from '../../core/rows.ts'
import { type Schema } from '../../core/schema.ts'
import { storageOf } from '../../core/sql-type.ts'
import { withoutPadding } from '../expressions/comparison.ts'
import { RowFailures } from '../expressions/failures.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import type { RowErrors } from './row-errors.ts'
import { type CompiledJoinKey, type RowKey, rowKeys, takeColumn } from './row-store.ts'

/** In place of a row where there is none. */
export const NO_ROW = -1

export class TableIndex {
  /** of the whole table */
  readonly columns: readonly ColumnVector[]
  /** by row: the next one with the same key */
  readonly next: Int32Array
  readonly #firstOf = new Map<RowKey, number>()
  /** first row by id, for the dictionaries that rows were looked up with */
  readonly #byId = new WeakMap<Dictionary, Int32Array>()

  constructor(batches: readonly RowBatch[], schema: Schema, keys: readonly CompiledJoinKey[], errors: RowErrors) {
    const size = batches.reduce((sum, { length }) => sum + length, 0)
    const batchOf = batches.flatMap(batch => Array.from<RowBatch>({ length: batch.length }).fill(batch))
    const rowOf = Int32Array.from(batches.flatMap(({ length }) => Array.from({ length }, (_, row) => row)))
    this.columns = schema.columns.map(({ type }, index) => takeColumn(batchOf, rowOf, size, index, storageOf(type)))
    this.next = new Int32Array(size).fill(NO_ROW)
    const lastOf = new Map<RowKey, number>()
    let start = 0
    for (const batch of batches) {
      const failures = new RowFailures()
      const all = everyRow(batch.length)
      const found = rowKeys(batch, all, keys, failures)
      for (const [row, { name, message }] of failures.among(all)) errors.report(batch, row, name, message)
      for (let row = 0; row < batch.length; row++) {
        const key = found[row] ?? null
        if (key === null || failures.get(row) !== undefined) continue
        const last = lastOf.get(key)
        if (last === undefined) this.#firstOf.set(key, start + row)
        else this.next[last] = start + row
        lastOf.set(key, start + row)
      }
      start += batch.length
    }
  }

  /** The first row of a key, or NO_ROW. */
  find(key: RowKey): number {
    return key === null ? NO_ROW : (this.#firstOf.get(key) ?? NO_ROW)
  }

  /** The first row for each selected row of a column of dictionary ids, by place in the selection; each entry is looked up once. */
  findIds(
    { ids, dictionary }: Extract<ColumnVector, { layout: 'dictionary' }>,
    { rows, length }: Selection,
    padded: boolean,
  ): Int32Array {
    let known = this.#byId.get(dictionary)
    if (known === undefined || known.length < dictionary.size) {
      const grown = new Int32Array(Math.max(64, dictionary.size * 2)).fill(UNKNOWN)
      if (known !== undefined) grown.set(known)
      grown[NULL_ID] = NO_ROW
      this.#byId.set(dictionary, (known = grown))
    }
    const found = new Int32Array(length)
    for (let i = 0; ; ) {
      i = findKnown(ids, rows, i, length, known, found)
      if (i === length) return found
      const id = ids[rows[i]!]!
      const text = dictionary.textOf(id)
      known[id] = this.find(padded ? withoutPadding(text) : text)
    }
  }
}

const UNKNOWN = -2

function findKnown(
  ids: Int32Array,
  rows: Int32Array,
  from: number,
  to: number,
  known: Int32Array,
  found: Int32Array,
): number {
  for (let i = from; i < to; i++) {
    const first = known[ids[rows[i]!]!]!
    if (first === UNKNOWN) return i
    found[i] = first
  }
  return to
}
