/** SUM and AVG. */
import { assert } from '../../../core/assert.ts'
import type { ColumnVector, Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import { scaleOf } from '../../expressions/arithmetic.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import type { Accumulator } from '../accumulators.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { ExactTotals } from './exact-totals.ts'
import { doubleValue, exactAverage, exactValue } from './results.ts'
import { grown } from './slots.ts'

/** SUM and AVG of integers and DECIMAL: exact at any size; only the result must fit its type. */
export class ExactSumAccumulator implements Accumulator {
  readonly #average: boolean
  readonly #argument: SqlType
  readonly #type: SqlType
  readonly #totals = new ExactTotals()
  #counts = new Float64Array(16)
  #slots = 0

  constructor(name: 'SUM' | 'AVG', argument: SqlType, type: SqlType) {
    this.#average = name === 'AVG'
    this.#argument = argument
    this.#type = type
  }

  get ownedBytes(): number {
    return this.#totals.ownedBytes
  }

  reserve(slots: number): void {
    if (slots > this.#counts.length) this.#counts = grown(this.#counts, slots)
    this.#totals.reserve(slots)
    this.#slots = Math.max(this.#slots, slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    const totals = this.#totals
    if (column?.layout === 'number') {
      for (let i = from; i < to; i++) {
        const row = rows[i]!
        if (column.nulls[row] === 1) continue
        const slot = slots[i - from]!
        this.#counts[slot]!++
        totals.addNumber(slot, column.values[row]!)
      }
    } else if (column?.layout === 'bigint') {
      for (let i = from; i < to; i++) {
        const row = rows[i]!
        if (column.nulls[row] === 1) continue
        const slot = slots[i - from]!
        this.#counts[slot]!++
        totals.addBigint(slot, column.values[row]!)
      }
    }
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof ExactSumAccumulator, 'aggregates of one kind are merged')
    this.#counts[slot]! += other.#counts[otherSlot]!
    this.#totals.addBigint(slot, other.#totals.total(otherSlot))
  }

  result(slot: number): Value | RowFailure {
    const count = this.#counts[slot]!
    if (count === 0) return null
    const total = this.#totals.total(slot)
    return this.#average
      ? exactAverage(total, count, this.#argument, this.#type)
      : exactValue(total, scaleOf(this.#argument), this.#type)
  }

  clear(): void {
    this.#counts.fill(0, 0, this.#slots)
    this.#totals.clear(this.#slots)
    this.#slots = 0
  }

  write(writer: StateWriter, slot: number): void {
    writer.number(this.#counts[slot]!)
    writer.value(this.#totals.total(slot))
  }

  read(reader: StateReader, slot: number): void {
    this.#counts[slot] = reader.number()
    const total = reader.value()
    assert(typeof total === 'bigint', 'a sum in a snapshot is a bigint')
    this.#totals.reset(slot)
    this.#totals.addBigint(slot, total)
  }
}

/** SUM and AVG of REAL and DOUBLE, in row order. */
export class DoubleSumAccumulator implements Accumulator {
  readonly ownedBytes = 0
  readonly #average: boolean
  readonly #type: SqlType
  #counts = new Float64Array(16)
  #sums = new Float64Array(16)
  #slots = 0

  constructor(name: 'SUM' | 'AVG', type: SqlType) {
    this.#average = name === 'AVG'
    this.#type = type
  }

  reserve(slots: number): void {
    if (slots > this.#counts.length) {
      this.#counts = grown(this.#counts, slots)
      this.#sums = grown(this.#sums, slots)
    }
    this.#slots = Math.max(this.#slots, slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    assert(column?.layout === 'number', 'a DOUBLE argument fills a number column')
    for (let i = from; i < to; i++) {
      const row = rows[i]!
      if (column.nulls[row] === 1) continue
      const slot = slots[i - from]!
      this.#counts[slot]!++
      this.#sums[slot]! += column.values[row]!
    }
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof DoubleSumAccumulator, 'aggregates of one kind are merged')
    this.#counts[slot]! += other.#counts[otherSlot]!
    this.#sums[slot]! += other.#sums[otherSlot]!
  }

  result(slot: number): Value | RowFailure {
    const count = this.#counts[slot]!
    if (count === 0) return null
    const value = this.#average ? this.#sums[slot]! / count : this.#sums[slot]!
    return doubleValue(value, this.#type)
  }

  clear(): void {
    this.#counts.fill(0, 0, this.#slots)
    this.#sums.fill(0, 0, this.#slots)
    this.#slots = 0
  }

  write(writer: StateWriter, slot: number): void {
    writer.number(this.#counts[slot]!)
    writer.number(this.#sums[slot]!)
  }

  read(reader: StateReader, slot: number): void {
    this.#counts[slot] = reader.number()
    this.#sums[slot] = reader.number()
  }
}
