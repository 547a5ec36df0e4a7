/**
 * Functions that may not subtract, because what they add is rounded. Each keeps two stacks a partition: the rows that came
 * since the last fold as one running result, and for each folded row the result over itself and the folded rows behind it.
 *
 *     oldest [ result from here to the fold ] ... [ ... ] | running result newest
 *
 * A result is the first of the folded ones and the running one together. Nothing depends on when rows leave between two
 * rows of a partition, nor, given how many rows are folded, on a restart.
 */

import { assert } from '../../../core/assert.ts'
import type { Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import { remaining } from '../../analytics/half-life.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import { doubleValue } from '../accumulators/results.ts'
import { grown } from '../accumulators/slots.ts'
import { Moments, type VarianceName, varianceResult } from '../accumulators/variance.ts'
import type { FrameFunction } from './frame-function.ts'
import type { FrameRows } from './frame-rows.ts'
import { NumberSlots, type SlotColumn } from './slot-column.ts'

function numbersOf(column: SlotColumn): NumberSlots {
  assert(column instanceof NumberSlots, 'a DOUBLE argument lies in number slots')
  return column
}

/** Sums and counts of values by slot or partition. */
class Sums {
  sums = new Float64Array(16)
  counts = new Float64Array(16)

  reserve(size: number): void {
    if (size <= this.sums.length) return
    this.sums = grown(this.sums, size)
    this.counts = grown(this.counts, size)
  }
}

/** SUM and AVG of REAL and DOUBLE. */
export class FrameSum implements FrameFunction {
  readonly ownedBytes = 0
  readonly #average: boolean
  readonly #rows: FrameRows
  readonly #column: NumberSlots
  readonly #type: SqlType
  readonly #folded = new Sums()
  readonly #running = new Sums()

  constructor(name: 'SUM' | 'AVG', rows: FrameRows, column: SlotColumn, type: SqlType) {
    this.#average = name === 'AVG'
    this.#rows = rows
    this.#column = numbersOf(column)
    this.#type = type
  }

  reserve(partitions: number, slots: number): void {
    this.#running.reserve(partitions)
    this.#folded.reserve(slots)
  }

  enter(partition: number, slot: number): void {
    if (this.#column.nulls[slot] === 1) return
    this.#running.sums[partition]! += this.#column.values[slot]!
    this.#running.counts[partition]!++
  }

  leave(): void {
    // A folded row takes its result along.
  }

  fold(partition: number): void {
    let sum = 0
    let count = 0
    const { sums, counts } = this.#folded
    for (let slot = this.#rows.tail[partition]!; slot >= 0; slot = this.#rows.previous[slot]!) {
      if (this.#column.nulls[slot] === 0) {
        sum += this.#column.values[slot]!
        count++
      }
      sums[slot] = sum
      counts[slot] = count
    }
    this.#running.sums[partition] = 0
    this.#running.counts[partition] = 0
  }

  result(partition: number): Value | RowFailure {
    let sum = this.#running.sums[partition]!
    let count = this.#running.counts[partition]!
    if (this.#rows.folded[partition]! > 0) {
      const head = this.#rows.head[partition]!
      sum += this.#folded.sums[head]!
      count += this.#folded.counts[head]!
    }
    if (count === 0) return null
    return doubleValue(this.#average ? sum / count : sum, this.#type)
  }
}

/** VAR and STDDEV. */
export class FrameVariance implements FrameFunction {
  readonly ownedBytes = 0
  readonly #name: VarianceName
  readonly #rows: FrameRows
  readonly #column: NumberSlots
  readonly #folded = new Moments()
  readonly #running = new Moments()
  readonly #both = new Moments()

  constructor(name: VarianceName, rows: FrameRows, column: SlotColumn) {
    this.#name = name
    this.#rows = rows
    this.#column = numbersOf(column)
  }

  reserve(partitions: number, slots: number): void {
    this.#running.reserve(partitions)
    this.#folded.reserve(slots)
  }

  enter(partition: number, slot: number): void {
    if (this.#column.nulls[slot] === 0) this.#running.add(partition, this.#column.values[slot]!)
  }

  leave(): void {
    // A folded row takes its result along.
  }

  fold(partition: number): void {
    const sum = this.#both
    sum.reset(0)
    for (let slot = this.#rows.tail[partition]!; slot >= 0; slot = this.#rows.previous[slot]!) {
      if (this.#column.nulls[slot] === 0) sum.add(0, this.#column.values[slot]!)
      this.#folded.copy(slot, sum, 0)
    }
    this.#running.reset(partition)
  }

  result(partition: number): Value | RowFailure {
    const both = this.#both
    both.copy(0, this.#running, partition)
    if (this.#rows.folded[partition]! > 0) both.merge(0, this.#folded, this.#rows.head[partition]!)
    return varianceResult(this.#name, both.counts[0]!, both.squares[0]!)
  }
}

/**
 * EXP_AVG: the mean of values with weights 2^(-age / half-life). Only the proportions of weights count, so ages are taken
 * from the last row with a value, whose weight is 1: weights that vanish do so beside it.
 */
export class FrameExpAvg implements FrameFunction {
  readonly ownedBytes = 0
  readonly #rows: FrameRows
  readonly #column: NumberSlots
  readonly #halfLifeMs: number
  /** weighted sums, and sums of weights in place of counts */
  readonly #folded = new Sums()
  readonly #running = new Sums()
  /** rowtime of the last row with a value, by partition: among those that came since the fold, and among the folded */
  #runningAt = new Float64Array(16)
  #foldedAt = new Float64Array(16)

  constructor(rows: FrameRows, column: SlotColumn, halfLifeMs: number) {
    this.#rows = rows
    this.#column = numbersOf(column)
    this.#halfLifeMs = halfLifeMs
  }

  reserve(partitions: number, slots: number): void {
    this.#running.reserve(partitions)
    this.#folded.reserve(slots)
    if (partitions <= this.#runningAt.length) return
    this.#runningAt = grown(this.#runningAt, partitions)
    this.#foldedAt = grown(this.#foldedAt, partitions)
  }

  enter(partition: number, slot: number): void {
    if (this.#column.nulls[slot] === 1) return
    const rowtime = this.#rows.rowtimes[slot]!
    const { sums, counts: weights } = this.#running
    const decay = weights[partition] === 0 ? 0 : this.#weight(rowtime - this.#runningAt[partition]!)
    sums[partition] = sums[partition]! * decay + this.#column.values[slot]!
    weights[partition] = weights[partition]! * decay + 1
    this.#runningAt[partition] = rowtime
  }

  leave(): void {
    // A folded row takes its result along.
  }

  fold(partition: number): void {
    let sum = 0
    let weight = 0
    let last = 0
    const { sums, counts: weights } = this.#folded
    for (let slot = this.#rows.tail[partition]!; slot >= 0; slot = this.#rows.previous[slot]!) {
      if (this.#column.nulls[slot] === 0) {
        const rowtime = this.#rows.rowtimes[slot]!
        if (weight === 0) last = rowtime
        const own = this.#weight(last - rowtime)
        sum += own * this.#column.values[slot]!
        weight += own
      }
      sums[slot] = sum
      weights[slot] = weight
    }
    this.#foldedAt[partition] = last
    this.#running.sums[partition] = 0
    this.#running.counts[partition] = 0
  }

  result(partition: number): Value | RowFailure {
    let sum = this.#running.sums[partition]!
    let weight = this.#running.counts[partition]!
    if (this.#rows.folded[partition]! > 0) {
      const head = this.#rows.head[partition]!
      const decay = weight === 0 ? 1 : this.#weight(this.#runningAt[partition]! - this.#foldedAt[partition]!)
      sum += decay * this.#folded.sums[head]!
      weight += decay * this.#folded.counts[head]!
    }
    return weight === 0 ? null : doubleValue(sum / weight, { kind: 'DOUBLE' })
  }

  #weight(ageMs: number): number {
    return remaining(ageMs / this.#halfLifeMs)
  }
}
