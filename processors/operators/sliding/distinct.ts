/**
 * SUM, AVG, VAR and STDDEV of distinct values: how often each value is in the frame, and exact sums of the values and of
 * their squares, from which a value is subtracted when its last row leaves.
 */
import type { Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import { isInteger, scaleOf } from '../../expressions/arithmetic.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import { ENTRY_BYTES } from '../accumulators/distinct.ts'
import { doubleValue, exactAverage, exactValue } from '../accumulators/results.ts'
import type { VarianceName } from '../accumulators/variance.ts'
import { DOUBLE_SCALE, ratioToDouble, scaledDouble } from './exact-doubles.ts'
import type { FrameFunction } from './frame-function.ts'
import type { SlotColumn } from './slot-column.ts'

/** Bytes of a bigint sum of doubles, at most, as an estimate. */
const SUM_BYTES = 512

interface Distinct {
  readonly times: Map<Value, number>
  sum: bigint
  /** of the squares; 0 where they are not needed */
  squares: bigint
}

export class FrameDistinct implements FrameFunction {
  readonly #name: 'SUM' | 'AVG' | VarianceName
  readonly #column: SlotColumn
  readonly #type: SqlType
  readonly #isExact: boolean
  readonly #partitions: (Distinct | undefined)[] = []
  #entries = 0
  #open = 0

  constructor(name: 'SUM' | 'AVG' | VarianceName, column: SlotColumn, type: SqlType) {
    this.#name = name
    this.#column = column
    this.#type = type
    const { kind } = column.type
    this.#isExact = isInteger(column.type) || kind === 'DECIMAL'
  }

  get ownedBytes(): number {
    return this.#entries * ENTRY_BYTES + this.#open * SUM_BYTES
  }

  reserve(): void {
    // Partitions open with their first value.
  }

  enter(partition: number, slot: number): void {
    const value = this.#column.value(slot)
    if (value === null) return
    let distinct = this.#partitions[partition]
    if (distinct === undefined) {
      distinct = { times: new Map(), sum: 0n, squares: 0n }
      this.#partitions[partition] = distinct
      this.#open++
    }
    const times = distinct.times.get(value) ?? 0
    distinct.times.set(value, times + 1)
    if (times > 0) return
    this.#entries++
    const whole = this.#wholeOf(value)
    distinct.sum += whole
    if (this.#squared) distinct.squares += whole * whole
  }

  leave(partition: number, slot: number): void {
    const value = this.#column.value(slot)
    const distinct = this.#partitions[partition]
    if (value === null || distinct === undefined) return
    const times = distinct.times.get(value) ?? 0
    if (times > 1) {
      distinct.times.set(value, times - 1)
      return
    }
    distinct.times.delete(value)
    this.#entries--
    if (distinct.times.size === 0) {
      this.#partitions[partition] = undefined
      this.#open--
      return
    }
    const whole = this.#wholeOf(value)
    distinct.sum -= whole
    if (this.#squared) distinct.squares -= whole * whole
  }

  result(partition: number): Value | RowFailure {
    const distinct = this.#partitions[partition]
    if (distinct === undefined) return null
    const { sum, squares, times } = distinct
    const count = BigInt(times.size)
    const argument = this.#column.type
    if (this.#name === 'SUM') {
      if (this.#isExact) return exactValue(sum, scaleOf(argument), this.#type)
      return doubleValue(ratioToDouble(sum, 1n, DOUBLE_SCALE), this.#type)
    }
    if (this.#name === 'AVG') {
      if (this.#isExact) return exactAverage(sum, times.size, argument, this.#type)
      return doubleValue(ratioToDouble(sum, count, DOUBLE_SCALE), this.#type)
    }
    const isSample = this.#name === 'VAR_SAMP' || this.#name === 'STDDEV_SAMP'
    if (isSample && count === 1n) return null
    const divisor = count * (isSample ? count - 1n : count)
    const variance = ratioToDouble(count * squares - sum * sum, divisor, 2 * DOUBLE_SCALE)
    const isDeviation = this.#name === 'STDDEV_POP' || this.#name === 'STDDEV_SAMP'
    return doubleValue(isDeviation ? Math.sqrt(variance) : variance, this.#type)
  }

  get #squared(): boolean {
    return this.#name !== 'SUM' && this.#name !== 'AVG'
  }

  #wholeOf(value: Value): bigint {
    return this.#isExact ? BigInt(value as number | bigint) : scaledDouble(value as number)
  }
}
