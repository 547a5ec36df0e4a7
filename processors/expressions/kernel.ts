/**
 * The running form of an expression: a kernel reads the columns of a batch and fills one column, for selected rows only.
 * Kernels never see a row. `compileExpression` makes them; a code generator may stand behind the same type.
 */
import type { ColumnVector, RowBatch, Value } from '../../core/rows.ts'
import type { SqlType } from '../../core/sql-type.ts'
import type { RowFailures } from './failures.ts'
import type { Selection } from './selection.ts'

/** One batch under evaluation: what kernels read, and where they mark the rows that they cannot compute. */
export interface Evaluation {
  readonly batch: RowBatch
  readonly failures: RowFailures
}

/**
 * The value of an expression for the selected rows, at their own indexes; other rows of the column mean nothing.
 * A row that fails is marked in `failures` and is NULL in the column, so that what comes after needs no check of its own.
 * The column may be one of the batch's own and is never written to afterwards.
 */
export type Kernel = (evaluation: Evaluation, selection: Selection) => ColumnVector

/**
 * Several expressions over the same rows: one column each, in their order. The first error of a row is that of the first
 * expression that has one.
 */
export type SetKernel = (evaluation: Evaluation, selection: Selection) => readonly ColumnVector[]

/** The rows of a selection for which a condition is TRUE; rows that fail are marked and not among them. */
export type FilterKernel = (evaluation: Evaluation, selection: Selection) => Selection

/** What expressions may know beside their row. */
export interface ExpressionHost {
  /** CURRENT_TIMESTAMP and its relatives: epoch milliseconds, the same for every row for ever */
  readonly startedAt: number
  /** CURRENT_ROW_TIMESTAMP: the rowtime where runs must repeat, or a clock of epoch milliseconds */
  readonly rowTimestamp: 'rowtime' | (() => number)
  /** the rows of the program's subqueries, by number; absent where a program has none */
  readonly subqueries?: readonly SubqueryRows[]
}

/** What a subquery answers at present; a reference table may get other rows between two batches. */
export interface SubqueryRows {
  /** rises with every new answer */
  readonly version: number
  /** types of the columns */
  readonly types: readonly SqlType[]
  readonly rows: readonly (readonly Value[])[]
}
