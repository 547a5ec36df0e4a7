/** An aggregate over the distinct values of its argument, in the order in which they first came. */
import { assert } from '../../../core/assert.ts'
import { type ColumnVector, ROWS_PER_BATCH_MAX, type Value } from '../../../core/rows.ts'
import { type SqlType, type Storage, storageOf } from '../../../core/sql-type.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import { everyRow } from '../../expressions/selection.ts'
import { valueReader, vectorWriter } from '../../expressions/vectors.ts'
import type { Accumulator } from '../accumulators.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { sizeOf } from './extremes.ts'

/** Rough bytes of an entry of a set beside its value. */
export const ENTRY_BYTES = 48

export class DistinctAccumulator implements Accumulator {
  readonly #inner: Accumulator
  readonly #storage: Storage
  readonly #sets: (Set<Value> | undefined)[] = []
  #bytes = 0
  readonly #slots = new Int32Array(ROWS_PER_BATCH_MAX)
  readonly #rows = new Int32Array(ROWS_PER_BATCH_MAX)

  /** @param inner takes each value once for each slot */
  constructor(inner: Accumulator, argument: SqlType) {
    this.#inner = inner
    this.#storage = storageOf(argument)
  }

  get ownedBytes(): number {
    return this.#bytes + this.#inner.ownedBytes
  }

  reserve(slots: number): void {
    this.#inner.reserve(slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    assert(column !== null, 'DISTINCT has an argument')
    const read = valueReader(column, this.#storage)
    let length = 0
    for (let i = from; i < to; i++) {
      const row = rows[i]!
      if (!this.#enter(slots[i - from]!, read(row))) continue
      this.#slots[length] = slots[i - from]!
      this.#rows[length++] = row
    }
    if (length > 0) this.#inner.add(this.#slots, column, this.#rows, 0, length)
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof DistinctAccumulator, 'aggregates of one kind are merged')
    this.#addValues(
      slot,
      [...(other.#sets[otherSlot] ?? [])].map(value => other.#valueOf(value)),
    )
  }

  result(slot: number): Value | RowFailure {
    return this.#inner.result(slot)
  }

  clear(): void {
    this.#sets.length = 0
    this.#bytes = 0
    this.#inner.clear()
  }

  write(writer: StateWriter, slot: number): void {
    const set = this.#sets[slot]
    writer.count(set?.size ?? 0)
    for (const value of set ?? []) writer.value(value)
  }

  read(reader: StateReader, slot: number): void {
    const values: Value[] = []
    for (let left = reader.count(); left > 0; left--) {
      values.push(this.#valueOf(reader.value()))
      if (values.length === ROWS_PER_BATCH_MAX) this.#addValues(slot, values.splice(0))
    }
    this.#addValues(slot, values)
  }

  /** True when the value is new in the set of the slot. */
  #enter(slot: number, value: Value): boolean {
    if (value === null) return false
    const set = (this.#sets[slot] ??= new Set())
    const size = set.size
    const key = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
    set.add(key)
    if (set.size === size) return false
    this.#bytes += ENTRY_BYTES + sizeOf(key)
    return true
  }

  /** The value behind an entry: bytes have no identity in a set and lie in it as text, a character a byte. */
  #valueOf(key: Value): Value {
    return this.#storage === 'binary' && typeof key === 'string' ? Buffer.from(key, 'latin1') : key
  }

  #addValues(slot: number, values: readonly Value[]): void {
    for (let from = 0; from < values.length; from += ROWS_PER_BATCH_MAX) {
      const part = values.slice(from, from + ROWS_PER_BATCH_MAX)
      const writer = vectorWriter(this.#storage, part.length)
      part.forEach((value, row) => writer.set(row, value))
      this.add(new Int32Array(part.length).fill(slot), writer.finish(), everyRow(part.length).rows, 0, part.length)
    }
  }
}
