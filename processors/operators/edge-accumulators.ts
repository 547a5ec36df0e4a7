/** FIRST_VALUE and LAST_VALUE of the rows of a slot, in order of arrival. */
import { assert } from '../../core/assert.ts'
import { type ColumnVector, typedValueAt, type Value } from '../../core/rows.ts'
import type { SqlType } from '../../core/sql-type.ts'
import { eachResult } from './accumulators/results.ts'
import type { Accumulator } from './accumulators.ts'
import type { ResultColumn } from './result-builder.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export class EdgeValueAccumulator implements Accumulator {
  readonly #last: boolean
  readonly #ignoreNulls: boolean
  readonly #type: SqlType
  /** undefined: no row yet */
  readonly #values: (Value | undefined)[] = []
  #bytes = 0

  constructor(options: { edge: 'first' | 'last'; ignoreNulls: boolean; type: SqlType }) {
    this.#last = options.edge === 'last'
    this.#ignoreNulls = options.ignoreNulls
    this.#type = options.type
  }

  get ownedBytes(): number {
    return this.#bytes
  }

  reserve(slots: number): void {
    while (this.#values.length < slots) this.#values.push(undefined)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    assert(column !== null, 'FIRST_VALUE and LAST_VALUE have an argument')
    for (let i = from; i < to; i++) {
      const slot = slots[i - from]!
      if (!this.#last && this.#values[slot] !== undefined) continue
      this.#take(slot, typedValueAt(column, this.#type, rows[i]!))
    }
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof EdgeValueAccumulator, 'aggregates of one kind are merged')
    const value = other.#values[otherSlot]
    if (value !== undefined && (this.#last || this.#values[slot] === undefined)) this.#take(slot, value)
  }

  result(slot: number): Value {
    return this.#values[slot] ?? null
  }

  results(from: number, to: number, into: ResultColumn, at: number): boolean {
    return eachResult(this, from, to, into, at)
  }

  clear(): void {
    this.#values.length = 0
    this.#bytes = 0
  }

  write(writer: StateWriter, slot: number): void {
    const value = this.#values[slot]
    writer.count(value === undefined ? 0 : 1)
    if (value !== undefined) writer.value(value)
  }

  read(reader: StateReader, slot: number): void {
    if (reader.count() === 1) this.#take(slot, reader.value())
  }

  #take(slot: number, value: Value): void {
    if (value === null && this.#ignoreNulls) return
    this.#bytes += sizeOf(value) - sizeOf(this.#values[slot])
    this.#values[slot] = value instanceof Uint8Array ? value.slice() : value
  }
}

function sizeOf(value: Value | undefined): number {
  if (typeof value === 'string') return value.length * 2
  return value instanceof Uint8Array ? value.length : 0
}
