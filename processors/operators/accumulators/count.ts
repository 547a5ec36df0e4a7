/** COUNT(*) and COUNT(x). */
import { assert } from '../../../core/assert.ts'
import { type ColumnVector, isNullAt, type Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import type { Accumulator } from '../accumulators.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { exactValue } from './results.ts'
import { grown } from './slots.ts'

export class CountAccumulator implements Accumulator {
  readonly ownedBytes = 0
  readonly #type: SqlType
  #counts = new Float64Array(16)
  #slots = 0

  constructor(type: SqlType) {
    this.#type = type
  }

  reserve(slots: number): void {
    if (slots > this.#counts.length) this.#counts = grown(this.#counts, slots)
    this.#slots = Math.max(this.#slots, slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    const counts = this.#counts
    if (column === null) for (let i = from; i < to; i++) counts[slots[i - from]!]!++
    else for (let i = from; i < to; i++) if (!isNullAt(column, rows[i]!)) counts[slots[i - from]!]!++
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof CountAccumulator, 'aggregates of one kind are merged')
    this.#counts[slot]! += other.#counts[otherSlot]!
  }

  result(slot: number): Value | RowFailure {
    return exactValue(BigInt(this.#counts[slot]!), 0, this.#type)
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
