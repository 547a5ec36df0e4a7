/** One window of a slide, whatever its frame: takes the rows of a batch and says what its functions are after each. */
import type { ColumnVector, RowBatch, Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import type { Selection } from '../../expressions/selection.ts'
import type { FramePlan } from '../../sql/sliding-plan.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import type { FrameFunctionOptions } from './frame-function.ts'

export interface SlidingWindowOptions {
  readonly partition: readonly SqlType[]
  readonly frame: FramePlan
  /** types of all arguments of the node */
  readonly arguments: readonly SqlType[]
  /** those over this window */
  readonly functions: readonly WindowFunction[]
}

export interface WindowFunction extends FrameFunctionOptions {
  /** index among the functions of the node */
  readonly index: number
  /** index among the arguments of the node; null for COUNT(*) */
  readonly argument: number | null
}

/** Takes the result of a function for a row; undefined: LAG found no row. */
export type TakeResult = (index: number, row: number, value: Value | RowFailure | undefined) => void

/** Takes the results of a function for all rows that entered, by row; rows with a failure are NULL in it. */
export type TakeColumn = (index: number, column: ColumnVector) => void

export interface SlidingWindow {
  /** Partitions that the window holds. */
  readonly keys: number
  /** Estimated bytes that it holds. */
  readonly bytes: number
  /** Rows in order; each is in its own frame. Of each function every row is taken, or a column and the rows that failed. */
  push(
    rows: RowBatch,
    selection: Selection,
    partition: readonly ColumnVector[],
    args: readonly ColumnVector[],
    take: TakeResult,
    takeColumn: TakeColumn,
  ): void
  /** No later row has a smaller rowtime. */
  advance(bound: number): void
  write(writer: StateWriter): Generator<void>
  /** Reads what `write` wrote, into a window that has seen no row. */
  read(reader: StateReader): void
}
