/** SUM and AVG. */
import { assert } from '../../../core/assert.ts'
import type { ColumnVector, Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import { scaleOf } from '../../expressions/arithmetic.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import type { Accumulator } from '../accumulators.ts'
import type { ResultColumn } from '../result-builder.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { ExactTotals } from './exact-totals.ts'
import { doubleValue, eachResult, exactAverage, exactValue } from './results.ts'
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

  results(from: number, to: number, into: ResultColumn, at: number): boolean {
    return eachResult(this, from, to, into, at)
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

  /** By slot; other arrays after `reserve`. */
  get counts(): Float64Array {
    return this.#counts
  }

  get sums(): Float64Array {
    return this.#sums
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
    addDoubles(this.#counts, this.#sums, slots, column.values, column.nulls, rows, from, to)
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

  results(from: number, to: number, into: ResultColumn, at: number): boolean {
    if (into.kind !== 'number' || this.#type.kind !== 'DOUBLE') return eachResult(this, from, to, into, at)
    return writeSums(this.#counts, this.#sums, this.#average, from, to, into.values, into.nulls, at)
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

function addDoubles(
  counts: Float64Array,
  sums: Float64Array,
  slots: Int32Array,
  values: Float64Array,
  nulls: Uint8Array,
  rows: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const row = rows[i]!
    if (nulls[row] === 1) continue
    const slot = slots[i - from]!
    counts[slot]!++
    sums[slot]! += values[row]!
  }
}

/** False where a result is no finite number. */
function writeSums(
  counts: Float64Array,
  sums: Float64Array,
  average: boolean,
  from: number,
  to: number,
  values: Float64Array,
  nulls: Uint8Array,
  at: number,
): boolean {
  for (let slot = from; slot < to; slot++) {
    const row = at + slot - from
    const count = counts[slot]!
    const value = count === 0 ? 0 : average ? sums[slot]! / count : sums[slot]!
    // Infinity less itself is not 0, and neither is a NaN.
    if (value - value !== 0) return false
    values[row] = value
    nulls[row] = count === 0 ? 1 : 0
  }
  return true
}
