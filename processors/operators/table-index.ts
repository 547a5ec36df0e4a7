/** The rows of a finite relation by their join keys, as they stand. A row with a NULL key is never found. */
import type { Dictionary } from '../../core/dictionary.ts'
import { NULL_ID } from '../../core/dictionary.ts'
import type { ColumnVector, RowBatch } from '../../core/rows.ts'
import { withoutPadding } from '../expressions/comparison.ts'
import { RowFailures } from '../expressions/failures.ts'
import { everyRow } from '../expressions/selection.ts'
import type { RowErrors } from './row-errors.ts'
import { type CompiledJoinKey, type RowKey, rowKeys } from './row-store.ts'

/** Rows of one key: batch and row, side by side, in the order of the table. */
export interface TableRows {
  readonly batches: RowBatch[]
  readonly rows: number[]
}

const NONE: TableRows = { batches: [], rows: [] }

export class TableIndex {
  readonly #byKey = new Map<RowKey, TableRows>()
  /** by id, for the dictionaries that rows were looked up with; undefined: not asked yet */
  readonly #byId = new WeakMap<Dictionary, (TableRows | undefined)[]>()

  constructor(batches: readonly RowBatch[], keys: readonly CompiledJoinKey[], errors: RowErrors) {
    for (const batch of batches) {
      const failures = new RowFailures()
      const all = everyRow(batch.length)
      const found = rowKeys(batch, all, keys, failures)
      for (const [row, { name, message }] of failures.among(all)) errors.report(batch, row, name, message)
      for (let row = 0; row < batch.length; row++) {
        const key = found[row] ?? null
        if (key === null || failures.get(row) !== undefined) continue
        let entry = this.#byKey.get(key)
        if (entry === undefined) this.#byKey.set(key, (entry = { batches: [], rows: [] }))
        entry.batches.push(batch)
        entry.rows.push(row)
      }
    }
  }

  find(key: RowKey): TableRows {
    return key === null ? NONE : (this.#byKey.get(key) ?? NONE)
  }

  /** The rows for each id of a column of dictionary ids, asked once for each entry. */
  finder(column: Extract<ColumnVector, { layout: 'dictionary' }>, padded: boolean): (row: number) => TableRows {
    const { ids, dictionary } = column
    let known = this.#byId.get(dictionary)
    if (known === undefined) this.#byId.set(dictionary, (known = []))
    const entries = known
    while (entries.length < dictionary.size) entries.push(undefined)
    return row => {
      const id = ids[row]!
      if (id === NULL_ID) return NONE
      let found = entries[id]
      if (found === undefined) {
        const text = dictionary.textOf(id)
        entries[id] = found = this.find(padded ? withoutPadding(text) : text)
      }
      return found
    }
  }
}
