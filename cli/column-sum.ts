/** Adds up a column of a batch. */
import { columnIndex, type RowBatch, valueAt } from '../core/index.ts'

/** The sum of a numeric column over the rows of a batch, NULLs skipped; 0 when there is no such column. Exact up to 2^53. */
export function sumOf(rows: RowBatch, name: string): number {
  const column = rows.columns[columnIndex(rows.schema, name)]
  let sum = 0
  if (column !== undefined) for (let row = 0; row < rows.length; row++) sum += Number(valueAt(column, row) ?? 0)
  return sum
}
