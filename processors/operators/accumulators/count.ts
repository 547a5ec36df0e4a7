/** COUNT(*) and COUNT(x). */
import { assert } from '../../../core/assert.ts'
import { NULL_ID } from '../../../core/dictionary.ts'
import { type ColumnVector, type Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import type { Accumulator } from '../accumulators.ts'
import type { ResultColumn } from '../result-builder.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { eachResult, exactValue } from './results.ts'
import { grown } from './slots.ts'

export class CountAccumulator implements Accumulator {
  readonly ownedBytes = 0
  readonly #type: SqlType
  #counts = new Float64Array(16)
  #slots = 0

  constructor(type: SqlType) {
    this.#type = type
  }

  /** By slot; another array after `reserve`. */
  get counts(): Float64Array {
    return this.#counts
  }

  reserve(slots: number): void {
    if (slots > this.#counts.length) this.#counts = grown(this.#counts, slots)
    this.#slots = Math.max(this.#slots, slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    if (column === null) countAll(this.#counts, slots, to - from)
    else if (column.layout === 'dictionary') countIds(this.#counts, slots, column.ids, rows, from, to)
    else countNotNull(this.#counts, slots, column.nulls, rows, from, to)
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof CountAccumulator, 'aggregates of one kind are merged')
    this.#counts[slot]! += other.#counts[otherSlot]!
  }

  result(slot: number): Value | RowFailure {
    return exactValue(BigInt(this.#counts[slot]!), 0, this.#type)
  }

  results(from: number, to: number, into: ResultColumn, at: number): boolean {
    if (into.kind !== 'bigint' || this.#type.kind !== 'BIGINT') return eachResult(this, from, to, into, at)
    writeCounts(this.#counts, from, to, into.halves, into.nulls, at)
    return true
  }

  clear(): void {
    this.#counts.fill(0, 0, this.#slots)
    this.#slots = 0
  }

  write(writer: StateWriter, slot: number): void {
    writer.number(this.#counts[slot]!)
  }

  read(reader: StateReader, slot: number): void {
    this.#counts[slot] = reader.number()
  }
}

function countAll(counts: Float64Array, slots: Int32Array, length: number): void {
  for (let i = 0; i < length; i++) counts[slots[i]!]!++
}

function countNotNull(
  counts: Float64Array,
  slots: Int32Array,
  nulls: Uint8Array,
  rows: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) if (nulls[rows[i]!] === 0) counts[slots[i - from]!]!++
}

function countIds(
  counts: Float64Array,
  slots: Int32Array,
  ids: Int32Array,
  rows: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) if (ids[rows[i]!] !== NULL_ID) counts[slots[i - from]!]!++
}

/** Whole numbers from 0 to 2^53 as BIGINT cells, by their halves: a bigint for each would be garbage. */
export function writeCounts(
  counts: Float64Array,
  from: number,
  to: number,
  halves: Int32Array,
  nulls: Uint8Array,
  at: number,
): void {
  for (let slot = from; slot < to; slot++) {
    const row = at + slot - from
    const count = counts[slot]!
    halves[row * 2] = count | 0
    halves[row * 2 + 1] = Math.floor(count / 4_294_967_296)
    nulls[row] = 0
  }
}
