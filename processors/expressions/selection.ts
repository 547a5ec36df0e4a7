/** Which rows of a batch an evaluation is about, in rising order. Arrays may be longer than `length`. */
import { assert } from '../../core/assert.ts'
import { ROWS_PER_BATCH_MAX } from '../../core/rows.ts'

export interface Selection {
  readonly rows: Int32Array
  readonly length: number
}

const IDENTITY = Int32Array.from({ length: ROWS_PER_BATCH_MAX }, (_, row) => row)

/** Every row of a batch of `length` rows. */
export function everyRow(length: number): Selection {
  assert(length <= ROWS_PER_BATCH_MAX, 'a row batch holds at most ROWS_PER_BATCH_MAX rows')
  return { rows: IDENTITY, length }
}

/** The part `[from, to)` of a selection, without copying. */
export function sliceSelection(selection: Selection, from: number, to: number): Selection {
  return { rows: selection.rows.subarray(from, to), length: to - from }
}

/** True when a selection is every row of a batch, so that columns can be passed on as they are. */
export function selectsAll(selection: Selection, batchLength: number): boolean {
  return selection.length === batchLength
}
