/** Values of one argument by row slot: the rows that frames hold. */
import { assert } from '../../../core/assert.ts'
import { type ColumnVector, isNullAt, typedValueAt, type Value } from '../../../core/rows.ts'
import { type SqlType, storageOf } from '../../../core/sql-type.ts'
import { sizeOf } from '../accumulators/extremes.ts'
import { grown } from '../accumulators/slots.ts'

export interface SlotColumn {
  readonly type: SqlType
  /** bytes of texts and binaries held */
  readonly ownedBytes: number
  reserve(slots: number): void
  /** Takes the value of row `row`. */
  take(slot: number, column: ColumnVector, row: number): void
  set(slot: number, value: Value): void
  isNull(slot: number): boolean
  value(slot: number): Value
  /** Forgets a value that owns memory. */
  release(slot: number): void
}

export function slotColumn(type: SqlType): SlotColumn {
  return storageOf(type) === 'number' ? new NumberSlots(type) : new ValueSlots(type)
}

/** Numbers, read without a call where it counts. */
export class NumberSlots implements SlotColumn {
  readonly type: SqlType
  readonly ownedBytes = 0
  values = new Float64Array(64)
  nulls = new Uint8Array(64)

  constructor(type: SqlType) {
    this.type = type
  }

  reserve(slots: number): void {
    if (slots <= this.values.length) return
    this.values = grown(this.values, slots)
    const nulls = new Uint8Array(this.values.length)
    nulls.set(this.nulls)
    this.nulls = nulls
  }

  take(slot: number, column: ColumnVector, row: number): void {
    assert(column.layout === 'number', 'a number argument fills a number column')
    this.values[slot] = column.values[row]!
    this.nulls[slot] = column.nulls[row]!
  }

  set(slot: number, value: Value): void {
    this.values[slot] = Number(value ?? 0)
    this.nulls[slot] = value === null ? 1 : 0
  }

  isNull(slot: number): boolean {
    return this.nulls[slot] === 1
  }

  value(slot: number): Value {
    return this.nulls[slot] === 1 ? null : this.values[slot]!
  }

  release(): void {
    // Numbers own nothing.
  }
}

class ValueSlots implements SlotColumn {
  readonly type: SqlType
  readonly #values: Value[] = []
  #bytes = 0

  constructor(type: SqlType) {
    this.type = type
  }

  get ownedBytes(): number {
    return this.#bytes
  }

  reserve(slots: number): void {
    while (this.#values.length < slots) this.#values.push(null)
  }

  take(slot: number, column: ColumnVector, row: number): void {
    this.set(slot, isNullAt(column, row) ? null : typedValueAt(column, this.type, row))
  }

  set(slot: number, value: Value): void {
    // A view would keep the whole batch.
    this.#values[slot] = value instanceof Uint8Array ? value.slice() : value
    this.#bytes += sizeOf(value)
  }

  isNull(slot: number): boolean {
    return this.#values[slot] === null
  }

  value(slot: number): Value {
    return this.#values[slot] ?? null
  }

  release(slot: number): void {
    this.#bytes -= sizeOf(this.#values[slot] ?? null)
    this.#values[slot] = null
  }
}
