/** A function over frames: it sees rows come at the end of a partition and leave at its beginning. */
import { assert } from '../../../core/assert.ts'
import type { Value } from '../../../core/rows.ts'
import { type SqlType, storageOf } from '../../../core/sql-type.ts'
import { isInteger } from '../../expressions/arithmetic.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import type { SlidingFunctionPlan } from '../../sql/sliding-plan.ts'
import { FrameDistinct } from './distinct.ts'
import { FrameExtreme } from './extremes.ts'
import { FrameExpAvg, FrameSum, FrameVariance } from './folded.ts'
import type { FrameRows } from './frame-rows.ts'
import { FrameLag, FrameNth } from './positions.ts'
import type { SlotColumn } from './slot-column.ts'
import { FrameCount, FrameExactSum } from './totals.ts'

export interface FrameFunction {
  /** bytes beyond a fixed amount for each partition and row */
  readonly ownedBytes: number
  reserve(partitions: number, slots: number): void
  /** The row at `slot` is now the last of its partition. */
  enter(partition: number, slot: number): void
  /** The row at `slot`, the first of its partition, is about to go. */
  leave(partition: number, slot: number): void
  /**
   * Rows that came are folded into running results from the last to the first, after which they may leave one by one: this
   * is how sums that may not subtract slide (two stacks). Only where `leave` alone is not enough.
   */
  fold?(partition: number): void
  /** The value for the row that came last; undefined where LAG finds no row; a failure where it does not fit its type. */
  result(partition: number): Value | RowFailure | undefined
}

/** What a function is, without the expressions of its plan. */
export type FrameFunctionOptions = Pick<
  SlidingFunctionPlan,
  'name' | 'distinct' | 'ignoreNulls' | 'parameter' | 'fromLast' | 'type'
>

/** @param column values of the argument, null for COUNT(*) */
export function frameFunction(
  options: FrameFunctionOptions,
  rows: FrameRows,
  column: SlotColumn | null,
): FrameFunction {
  const { name, type, ignoreNulls, parameter } = options
  if (name === 'COUNT') return new FrameCount(rows, column)
  assert(column !== null, 'only COUNT goes without an argument')
  switch (name) {
    case 'SUM':
    case 'AVG':
      if (options.distinct) return new FrameDistinct(name, column, type)
      return isExact(column.type) ? new FrameExactSum(name, column, type) : new FrameSum(name, rows, column, type)
    case 'MIN':
    case 'MAX':
      return new FrameExtreme(name, column)
    case 'FIRST_VALUE':
      return new FrameNth(column, { fromLast: false, steps: 0, ignoreNulls })
    case 'LAST_VALUE':
      return new FrameNth(column, { fromLast: true, steps: 0, ignoreNulls })
    case 'NTH_VALUE':
      return new FrameNth(column, { fromLast: options.fromLast, steps: parameter - 1, ignoreNulls })
    case 'LAG':
      return new FrameLag(rows, column, parameter, ignoreNulls)
    case 'EXP_AVG':
      return new FrameExpAvg(rows, column, parameter)
    default:
      return options.distinct ? new FrameDistinct(name, column, type) : new FrameVariance(name, rows, column)
  }
}

/** True where sums are exact, so that what left can be subtracted. */
export function isExact(type: SqlType): boolean {
  return storageOf(type) === 'bigint' || isInteger(type)
}
