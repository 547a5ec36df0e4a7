/** COUNT, and exact SUM and AVG: what leaves is subtracted. */
import type { Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import { scaleOf } from '../../expressions/arithmetic.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import { ExactTotals } from '../accumulators/exact-totals.ts'
import { exactAverage, exactValue } from '../accumulators/results.ts'
import { grownInts } from '../accumulators/slots.ts'
import type { FrameFunction } from './frame-function.ts'
import type { FrameRows } from './frame-rows.ts'
import { NumberSlots, type SlotColumn } from './slot-column.ts'

export class FrameCount implements FrameFunction {
  readonly ownedBytes = 0
  readonly #rows: FrameRows
  readonly #column: SlotColumn | null
  #nulls = new Int32Array(16)

  /** @param column null for COUNT(*) */
  constructor(rows: FrameRows, column: SlotColumn | null) {
    this.#rows = rows
    this.#column = column
  }

  reserve(partitions: number): void {
    if (partitions > this.#nulls.length) this.#nulls = grownInts(this.#nulls, partitions)
  }

  enter(partition: number, slot: number): void {
    if (this.#column?.isNull(slot) === true) this.#nulls[partition]!++
  }

  leave(partition: number, slot: number): void {
    if (this.#column?.isNull(slot) === true) this.#nulls[partition]!--
  }

  result(partition: number): Value {
    return BigInt(this.#rows.counts[partition]! - this.#nulls[partition]!)
  }
}

/** SUM and AVG of integers and DECIMAL. */
export class FrameExactSum implements FrameFunction {
  readonly #average: boolean
  readonly #column: SlotColumn
  readonly #type: SqlType
  readonly #totals = new ExactTotals()
  /** values that are not NULL */
  #counts = new Int32Array(16)

  constructor(name: 'SUM' | 'AVG', column: SlotColumn, type: SqlType) {
    this.#average = name === 'AVG'
    this.#column = column
    this.#type = type
  }

  get ownedBytes(): number {
    return this.#totals.ownedBytes
  }

  reserve(partitions: number): void {
    if (partitions > this.#counts.length) this.#counts = grownInts(this.#counts, partitions)
    this.#totals.reserve(partitions)
  }

  enter(partition: number, slot: number): void {
    const column = this.#column
    if (column.isNull(slot)) return
    this.#counts[partition]!++
    if (column instanceof NumberSlots) this.#totals.addNumber(partition, column.values[slot]!)
    else this.#totals.addBigint(partition, column.value(slot) as bigint)
  }

  leave(partition: number, slot: number): void {
    const column = this.#column
    if (column.isNull(slot)) return
    if (--this.#counts[partition]! === 0) this.#totals.reset(partition)
    else if (column instanceof NumberSlots) this.#totals.addNumber(partition, -column.values[slot]!)
    else this.#totals.addBigint(partition, -(column.value(slot) as bigint))
  }

  result(partition: number): Value | RowFailure {
    const count = this.#counts[partition]!
    if (count === 0) return null
    const total = this.#totals.total(partition)
    if (this.#average) return exactAverage(total, count, this.#column.type, this.#type)
    return exactValue(total, scaleOf(this.#column.type), this.#type)
  }
}
