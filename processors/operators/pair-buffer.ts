/** Pairs of kept rows on their way to become a batch of joined rows. */
import { ROWS_PER_BATCH_MAX, type RowBatch } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { storageOf } from '../../core/sql-type.ts'
import type { Selection } from '../expressions/selection.ts'
import type { KeptRows } from './join-side.ts'
import { takeColumn } from './row-store.ts'

interface Half {
  readonly batches: readonly (KeptRows | null)[]
  readonly rows: Int32Array
}

export interface Pairs {
  readonly batch: RowBatch
  readonly lefts: Half
  readonly rights: Half
  /** pairs with a row on each side */
  readonly both: Selection
}

export class PairBuffer {
  readonly #left: Schema
  readonly #right: Schema
  readonly #schema: Schema
  #lefts: (KeptRows | null)[] = []
  #rights: (KeptRows | null)[] = []
  #leftRows = new Int32Array(ROWS_PER_BATCH_MAX)
  #rightRows = new Int32Array(ROWS_PER_BATCH_MAX)
  #rowtimes = new Float64Array(ROWS_PER_BATCH_MAX)
  #length = 0
  /** rowtime of the last pair there was */
  lastRowtime = -Infinity

  constructor(left: Schema, right: Schema, schema: Schema) {
    this.#left = left
    this.#right = right
    this.#schema = schema
  }

  get length(): number {
    return this.#length
  }

  get full(): boolean {
    return this.#length === ROWS_PER_BATCH_MAX
  }

  /** Adds a pair; null for a side without partner. Rowtimes never fall. */
  add(left: KeptRows | null, leftRow: number, right: KeptRows | null, rightRow: number, rowtime: number): void {
    const at = this.#length++
    this.#lefts.push(left)
    this.#rights.push(right)
    this.#leftRows[at] = leftRow
    this.#rightRows[at] = rightRow
    this.#rowtimes[at] = rowtime
    this.lastRowtime = rowtime
  }

  /** The pairs as rows; the buffer starts anew. */
  take(): Pairs {
    const length = this.#length
    const lefts = { batches: this.#lefts, rows: this.#leftRows }
    const rights = { batches: this.#rights, rows: this.#rightRows }
    const both = new Int32Array(length)
    let pairs = 0
    for (let i = 0; i < length; i++) if (this.#lefts[i] !== null && this.#rights[i] !== null) both[pairs++] = i
    const columnsOf = (schema: Schema, half: Half) => {
      const batches = half.batches.map(kept => kept?.batch ?? null)
      return schema.columns.map(({ type }, index) => takeColumn(batches, half.rows, length, index, storageOf(type)))
    }
    const batch: RowBatch = {
      schema: this.#schema,
      length,
      rowtimes: this.#rowtimes.slice(0, length),
      columns: [...columnsOf(this.#left, lefts), ...columnsOf(this.#right, rights)],
      origin: null,
    }
    this.#lefts = []
    this.#rights = []
    this.#leftRows = new Int32Array(ROWS_PER_BATCH_MAX)
    this.#rightRows = new Int32Array(ROWS_PER_BATCH_MAX)
    this.#length = 0
    return { batch, lefts, rights, both: { rows: both, length: pairs } }
  }
}
