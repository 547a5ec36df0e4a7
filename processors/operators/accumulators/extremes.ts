/** MIN and MAX; ANY and EVERY, which are MAX and MIN of FALSE and TRUE. */
import { assert } from '../../../core/assert.ts'
import { type ColumnVector, typedValueAt, type Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import { comparator } from '../../expressions/comparison.ts'
import type { Accumulator } from '../accumulators.ts'
import type { ResultColumn } from '../result-builder.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { eachResult } from './results.ts'
import { grown } from './slots.ts'

export class NumberExtremeAccumulator implements Accumulator {
  readonly ownedBytes = 0
  /** 1 for MAX, -1 for MIN */
  readonly #sign: number
  #values = new Float64Array(16)
  #seen = new Float64Array(16)
  #slots = 0

  readonly name: 'MIN' | 'MAX'

  constructor(name: 'MIN' | 'MAX') {
    this.name = name
    this.#sign = name === 'MAX' ? 1 : -1
  }

  /** By slot; other arrays after `reserve`. */
  get values(): Float64Array {
    return this.#values
  }

  /** By slot: 1 where there is a value */
  get seen(): Float64Array {
    return this.#seen
  }

  reserve(slots: number): void {
    if (slots > this.#values.length) {
      this.#values = grown(this.#values, slots)
      this.#seen = grown(this.#seen, slots)
    }
    this.#slots = Math.max(this.#slots, slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    assert(column?.layout === 'number', 'a number argument fills a number column')
    const { values, nulls } = column
    if (this.#sign === 1) takeGreatest(this.#values, this.#seen, slots, values, nulls, rows, from, to)
    else takeLeast(this.#values, this.#seen, slots, values, nulls, rows, from, to)
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof NumberExtremeAccumulator, 'aggregates of one kind are merged')
    if (other.#seen[otherSlot] === 1) this.#take(slot, other.#values[otherSlot]!)
  }

  result(slot: number): Value {
    return this.#seen[slot] === 1 ? this.#values[slot]! : null
  }

  results(from: number, to: number, into: ResultColumn, at: number): boolean {
    if (into.kind !== 'number') return eachResult(this, from, to, into, at)
    for (let slot = from; slot < to; slot++) {
      const seen = this.#seen[slot] === 1
      into.values[at + slot - from] = seen ? this.#values[slot]! : 0
      into.nulls[at + slot - from] = seen ? 0 : 1
    }
    return true
  }

  clear(): void {
    this.#seen.fill(0, 0, this.#slots)
    this.#slots = 0
  }

  write(writer: StateWriter, slot: number): void {
    writer.value(this.result(slot))
  }

  read(reader: StateReader, slot: number): void {
    const value = reader.value()
    this.#seen[slot] = value === null ? 0 : 1
    this.#values[slot] = Number(value ?? 0)
  }

  #take(slot: number, value: number): void {
    if (this.#seen[slot] === 1 && (value - this.#values[slot]!) * this.#sign <= 0) return
    this.#values[slot] = value
    this.#seen[slot] = 1
  }
}

/** MIN and MAX of BIGINT, DECIMAL, texts and bytes. */
export class ValueExtremeAccumulator implements Accumulator {
  readonly #sign: number
  readonly #type: SqlType
  readonly #compare: (a: Value, b: Value) => number
  readonly #values: Value[] = []
  #bytes = 0

  constructor(name: 'MIN' | 'MAX', type: SqlType) {
    this.#sign = name === 'MAX' ? 1 : -1
    this.#type = type
    this.#compare = comparator(type, type)
  }

  get ownedBytes(): number {
    return this.#bytes
  }

  reserve(slots: number): void {
    while (this.#values.length < slots) this.#values.push(null)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    assert(column !== null, 'MIN and MAX have an argument')
    for (let i = from; i < to; i++) {
      const value = typedValueAt(column, this.#type, rows[i]!)
      if (value !== null) this.#take(slots[i - from]!, value)
    }
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof ValueExtremeAccumulator, 'aggregates of one kind are merged')
    const value = other.#values[otherSlot] ?? null
    if (value !== null) this.#take(slot, value)
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
    writer.value(this.result(slot))
  }

  read(reader: StateReader, slot: number): void {
    const value = reader.value()
    if (value !== null) this.#take(slot, value)
  }

  #take(slot: number, value: Value): void {
    const held = this.#values[slot] ?? null
    if (held !== null && this.#compare(value, held) * this.#sign <= 0) return
    this.#values[slot] = value instanceof Uint8Array ? value.slice() : value
    this.#bytes += sizeOf(value) - sizeOf(held)
  }
}

/** Bytes of a value beyond a fixed amount. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length * 2
  return value instanceof Uint8Array ? value.length : 0
}

function takeGreatest(
  held: Float64Array,
  seen: Float64Array,
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
    const value = values[row]!
    if (seen[slot] === 1 && value <= held[slot]!) continue
    held[slot] = value
    seen[slot] = 1
  }
}

function takeLeast(
  held: Float64Array,
  seen: Float64Array,
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
    const value = values[row]!
    if (seen[slot] === 1 && value >= held[slot]!) continue
    held[slot] = value
    seen[slot] = 1
  }
}
