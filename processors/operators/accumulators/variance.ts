/**
 * VAR and STDDEV over DOUBLE: count, mean and the sum of squared distances from it, which stays accurate where the sum of
 * squares less the square of the sum would not (Welford; Chan, Golub and LeVeque for two parts).
 */
import { assert } from '../../../core/assert.ts'
import type { ColumnVector, Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import type { Accumulator } from '../accumulators.ts'
import type { ResultColumn } from '../result-builder.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { doubleValue, eachResult } from './results.ts'
import { grown } from './slots.ts'

export type VarianceName = 'VAR_POP' | 'VAR_SAMP' | 'STDDEV_POP' | 'STDDEV_SAMP'

const DOUBLE: SqlType = { kind: 'DOUBLE' }

/** The result from the count and the sum of squared distances: NULL of nothing, and of one value where a sample needs two. */
export function varianceResult(name: VarianceName, count: number, squares: number): Value | RowFailure {
  const divisor = name === 'VAR_POP' || name === 'STDDEV_POP' ? count : count - 1
  if (divisor < 1) return null
  const variance = squares / divisor
  return doubleValue(name === 'VAR_POP' || name === 'VAR_SAMP' ? variance : Math.sqrt(variance), DOUBLE)
}

/** Moments by slot. */
export class Moments {
  counts = new Float64Array(16)
  means = new Float64Array(16)
  squares = new Float64Array(16)

  reserve(slots: number): void {
    if (slots <= this.counts.length) return
    this.counts = grown(this.counts, slots)
    this.means = grown(this.means, slots)
    this.squares = grown(this.squares, slots)
  }

  add(slot: number, value: number): void {
    const count = ++this.counts[slot]!
    const distance = value - this.means[slot]!
    const mean = this.means[slot]! + distance / count
    this.means[slot] = mean
    this.squares[slot]! += distance * (value - mean)
  }

  /** Adds the values behind a slot of `other`. */
  merge(slot: number, other: Moments, otherSlot: number): void {
    const more = other.counts[otherSlot]!
    if (more === 0) return
    const own = this.counts[slot]!
    const count = own + more
    const distance = other.means[otherSlot]! - this.means[slot]!
    this.means[slot]! += (distance * more) / count
    this.squares[slot]! += other.squares[otherSlot]! + distance * distance * ((own * more) / count)
    this.counts[slot] = count
  }

  copy(slot: number, other: Moments, otherSlot: number): void {
    this.counts[slot] = other.counts[otherSlot]!
    this.means[slot] = other.means[otherSlot]!
    this.squares[slot] = other.squares[otherSlot]!
  }

  reset(slot: number): void {
    this.counts[slot] = 0
    this.means[slot] = 0
    this.squares[slot] = 0
  }
}

export class VarianceAccumulator implements Accumulator {
  readonly ownedBytes = 0
  readonly #name: VarianceName
  readonly #moments = new Moments()
  #slots = 0

  constructor(name: VarianceName) {
    this.#name = name
  }

  reserve(slots: number): void {
    this.#moments.reserve(slots)
    this.#slots = Math.max(this.#slots, slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    assert(column?.layout === 'number', 'a DOUBLE argument fills a number column')
    for (let i = from; i < to; i++) {
      const row = rows[i]!
      if (column.nulls[row] === 0) this.#moments.add(slots[i - from]!, column.values[row]!)
    }
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof VarianceAccumulator, 'aggregates of one kind are merged')
    this.#moments.merge(slot, other.#moments, otherSlot)
  }

  result(slot: number): Value | RowFailure {
    return varianceResult(this.#name, this.#moments.counts[slot]!, this.#moments.squares[slot]!)
  }

  results(from: number, to: number, into: ResultColumn, at: number): boolean {
    return eachResult(this, from, to, into, at)
  }

  clear(): void {
    for (let slot = 0; slot < this.#slots; slot++) this.#moments.reset(slot)
    this.#slots = 0
  }

  write(writer: StateWriter, slot: number): void {
    writer.number(this.#moments.counts[slot]!)
    writer.number(this.#moments.means[slot]!)
    writer.number(this.#moments.squares[slot]!)
  }

  read(reader: StateReader, slot: number): void {
    this.#moments.counts[slot] = reader.number()
    this.#moments.means[slot] = reader.number()
    this.#moments.squares[slot] = reader.number()
  }
}
