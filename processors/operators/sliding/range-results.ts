/** The totals of frames as columns of result rows. */
import type { ColumnVector, NumberColumn } from '../../../core/rows.ts'
import { bigintVector } from '../../expressions/vectors.ts'
import { writeCounts } from '../accumulators/count.ts'

/**
 * Counts of one column by row.
 * @param counts `width` for each selected row
 * @param rows those selected, among `batchLength`
 */
export function countColumn(
  counts: Float64Array,
  column: number,
  width: number,
  rows: Int32Array,
  length: number,
  batchLength: number,
): ColumnVector {
  const vector = bigintVector(batchLength)
  if (width === 1 && length === batchLength) {
    writeCounts(counts, 0, length, new Int32Array(vector.values.buffer), vector.nulls, 0)
    return vector
  }
  const halves = new Int32Array(vector.values.buffer)
  // A frame never holds 2^31 rows.
  for (let i = 0; i < length; i++) halves[rows[i]! * 2] = counts[i * width + column]!
  return vector
}

/** Sums or means of one column by row, NULL where nothing counted. True: one is no finite number. */
export function sumColumn(
  sums: Float64Array,
  counts: Float64Array,
  column: number,
  width: number,
  average: boolean,
  rows: Int32Array,
  length: number,
  into: NumberColumn,
): boolean {
  const { values, nulls } = into
  let unfit = false
  for (let i = 0; i < length; i++) {
    const row = rows[i]!
    const count = counts[i * width + column]!
    if (count === 0) {
      nulls[row] = 1
      continue
    }
    const sum = sums[i * width + column]!
    const value = average ? sum / count : sum
    values[row] = value
    // Infinity less itself is not 0, and neither is a NaN.
    if (value - value !== 0) unfit = true
  }
  return unfit
}
