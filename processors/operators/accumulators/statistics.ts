/**
 * COUNT(*), SUM, AVG, MIN and MAX of one DOUBLE column in one pass: what each reads of a row (its number, its slot, whether it is NULL,
 * the value) costs more than what each does with it. The accumulators keep their state; here it is only written.
 */
import type { ColumnVector } from '../../../core/rows.ts'
import type { Accumulator } from '../accumulators.ts'
import { CountAccumulator } from './count.ts'
import { NumberExtremeAccumulator } from './extremes.ts'
import { DoubleSumAccumulator } from './sums.ts'

/** Takes the writes of aggregates that a query does not have. Nobody reads it. */
let nowhere = new Float64Array(1_024)

export class StatisticsPass {
  /** numbers of the accumulators, -1 for none; at least two of the last four are there */
  readonly #count: number
  readonly #sum: number
  readonly #otherSum: number
  readonly #least: number
  readonly #greatest: number
  readonly #accumulators: readonly Accumulator[]

  private constructor(accumulators: readonly Accumulator[]) {
    this.#accumulators = accumulators
    const numbersOf = (belongs: (each: Accumulator) => boolean): number[] =>
      accumulators.flatMap((each, k) => (belongs(each) ? [k] : []))
    const sums = numbersOf(each => each instanceof DoubleSumAccumulator)
    this.#count = numbersOf(each => each instanceof CountAccumulator)[0] ?? -1
    this.#sum = sums[0] ?? -1
    this.#otherSum = sums[1] ?? -1
    this.#least = numbersOf(each => each instanceof NumberExtremeAccumulator && each.name === 'MIN')[0] ?? -1
    this.#greatest = numbersOf(each => each instanceof NumberExtremeAccumulator && each.name === 'MAX')[0] ?? -1
  }

  /** Null where there is nothing to do together. */
  static of(accumulators: readonly Accumulator[]): StatisticsPass | null {
    const pass = new StatisticsPass(accumulators)
    const { length } = [pass.#sum, pass.#otherSum, pass.#least, pass.#greatest].filter(number => number >= 0)
    return length < 2 ? null : pass
  }

  /**
   * Adds rows to those accumulators that `takes`, which have room for `size` slots, as each would by itself.
   * @param args by accumulator: its argument, null for COUNT(*)
   * @returns false where the arguments are not one column; nothing is added then
   */
  add(
    args: readonly (ColumnVector | null)[],
    slots: Int32Array,
    rows: Int32Array,
    from: number,
    to: number,
    size: number,
  ): boolean {
    const column = args[Math.max(this.#sum, this.#least)] ?? null
    if (column?.layout !== 'number') return false
    const { values, nulls } = column
    for (const number of [this.#sum, this.#otherSum, this.#least, this.#greatest]) {
      const other = args[number] ?? null
      if (number >= 0 && (other?.layout !== 'number' || other.values !== values || other.nulls !== nulls)) return false
    }
    if (this.#count >= 0 && (args[this.#count] ?? null) !== null) return false
    if (size > nowhere.length) nowhere = new Float64Array(size * 2)
    const sum = this.#sumAt(this.#sum)
    const otherSum = this.#sumAt(this.#otherSum)
    const least = this.#extremeAt(this.#least)
    const greatest = this.#extremeAt(this.#greatest)
    const count = this.#accumulators[this.#count]
    const all = count instanceof CountAccumulator ? count.counts : nowhere
    addStatistics(
      all,
      sum?.counts ?? nowhere,
      sum?.sums ?? nowhere,
      otherSum?.counts ?? nowhere,
      otherSum?.sums ?? nowhere,
      least?.values ?? nowhere,
      least?.seen ?? nowhere,
      greatest?.values ?? nowhere,
      greatest?.seen ?? nowhere,
      slots,
      values,
      nulls,
      rows,
      from,
      to,
    )
    return true
  }

  /** Whether `add` has added to an accumulator. */
  takes(number: number): boolean {
    return (
      number === this.#count ||
      number === this.#sum ||
      number === this.#otherSum ||
      number === this.#least ||
      number === this.#greatest
    )
  }

  #sumAt(number: number): DoubleSumAccumulator | null {
    const accumulator = this.#accumulators[number]
    return accumulator instanceof DoubleSumAccumulator ? accumulator : null
  }

  #extremeAt(number: number): NumberExtremeAccumulator | null {
    const accumulator = this.#accumulators[number]
    return accumulator instanceof NumberExtremeAccumulator ? accumulator : null
  }
}

function addStatistics(
  all: Float64Array,
  counts: Float64Array,
  sums: Float64Array,
  otherCounts: Float64Array,
  otherSums: Float64Array,
  least: Float64Array,
  leastSeen: Float64Array,
  greatest: Float64Array,
  greatestSeen: Float64Array,
  slots: Int32Array,
  values: Float64Array,
  nulls: Uint8Array,
  rows: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const row = rows[i]!
    const slot = slots[i - from]!
    all[slot]!++
    if (nulls[row] === 1) continue
    const value = values[row]!
    counts[slot]!++
    sums[slot]! += value
    otherCounts[slot]!++
    otherSums[slot]! += value
    if (leastSeen[slot] !== 1 || value < least[slot]!) {
      least[slot] = value
      leastSeen[slot] = 1
    }
    if (greatestSeen[slot] !== 1 || value > greatest[slot]!) {
      greatest[slot] = value
      greatestSeen[slot] = 1
    }
  }
}
