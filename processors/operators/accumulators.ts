/**
 * Aggregates over the slots of a group table. All can be merged, so that a plan may be cut into partial stages; NULLs
 * are skipped except by COUNT(*), FIRST_VALUE and LAST_VALUE. DOUBLE sums add in row order.
 */
import { assert } from '../../core/assert.ts'
import type { ColumnVector, Value } from '../../core/rows.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import { isInteger } from '../expressions/arithmetic.ts'
import type { RowFailure } from '../expressions/failures.ts'
import type { AggregateName } from '../sql/plan-node.ts'
import { CountAccumulator } from './accumulators/count.ts'
import { DistinctAccumulator } from './accumulators/distinct.ts'
import { NumberExtremeAccumulator, ValueExtremeAccumulator } from './accumulators/extremes.ts'
import { DoubleSumAccumulator, ExactSumAccumulator } from './accumulators/sums.ts'
import { VarianceAccumulator } from './accumulators/variance.ts'
import { EdgeValueAccumulator } from './edge-accumulators.ts'
import type { ResultColumn } from './result-builder.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface Accumulator {
  /** bytes held beyond a fixed amount for each slot */
  readonly ownedBytes: number
  /** Makes room: slots below `slots` that are new start empty. */
  reserve(slots: number): void
  /** Row `rows[i]` of `column` goes to slot `slots[i - from]`, for i in `[from, to)`. */
  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void
  /** Adds another accumulator's slot, of the same aggregate, as if its rows came now. */
  merge(slot: number, other: Accumulator, otherSlot: number): void
  /** A failure where the result does not fit its type. */
  result(slot: number): Value | RowFailure
  /**
   * Results of the slots `[from, to)`, at most a batch, into a column from its row `at` on. False where one of them is a
   * failure; the rows then mean nothing, and `result` says which.
   */
  results(from: number, to: number, into: ResultColumn, at: number): boolean
  /** Forgets every slot. */
  clear(): void
  write(writer: StateWriter, slot: number): void
  read(reader: StateReader, slot: number): void
}

/**
 * @param argument type of the argument, null for COUNT(*)
 * @param distinct each value of a slot counts once
 */
export function accumulatorOf(
  name: AggregateName,
  argument: SqlType | null,
  type: SqlType,
  distinct = false,
): Accumulator {
  if (distinct) {
    assert(argument !== null, 'DISTINCT has an argument')
    return new DistinctAccumulator(accumulatorOf(name, argument, type), argument)
  }
  if (name === 'COUNT') return new CountAccumulator(type)
  assert(argument !== null, 'only COUNT goes without an argument')
  switch (name) {
    case 'SUM':
    case 'AVG':
      return storageOf(argument) === 'bigint' || isInteger(argument)
        ? new ExactSumAccumulator(name, argument, type)
        : new DoubleSumAccumulator(name, type)
    case 'FIRST_VALUE':
    case 'FIRST_VALUE IGNORE NULLS':
      return new EdgeValueAccumulator({ edge: 'first', ignoreNulls: name !== 'FIRST_VALUE', type: argument })
    case 'LAST_VALUE':
    case 'LAST_VALUE IGNORE NULLS':
      return new EdgeValueAccumulator({ edge: 'last', ignoreNulls: name !== 'LAST_VALUE', type: argument })
    case 'MIN':
    case 'MAX':
      return storageOf(argument) === 'number'
        ? new NumberExtremeAccumulator(name)
        : new ValueExtremeAccumulator(name, argument)
    case 'ANY':
      return new NumberExtremeAccumulator('MAX')
    case 'EVERY':
      return new NumberExtremeAccumulator('MIN')
    default:
      return new VarianceAccumulator(name)
  }
}
