/**
 * An aggregate over the distinct values of its argument. Values of all slots lie in one set of (slot, code) pairs; those of a slot
 * are linked, in the order in which they first came, when somebody asks for them.
 */
import { assert } from '../../../core/assert.ts'
import { type ColumnVector, ROWS_PER_BATCH_MAX, type Value } from '../../../core/rows.ts'
import { type SqlType, type Storage, storageOf } from '../../../core/sql-type.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import { everyRow } from '../../expressions/selection.ts'
import { vectorWriter } from '../../expressions/vectors.ts'
import type { Accumulator } from '../accumulators.ts'
import { KeyCodes } from '../key-codes.ts'
import { PairSet } from '../pair-set.ts'
import type { ResultColumn } from '../result-builder.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { grownInts } from './slots.ts'

/** Bytes of a value of a slot: its entries in the table and in the lists. */
export const ENTRY_BYTES = 48
const NONE = -1

// Scratch of one call, shared by all.
const CODES = new Int32Array(ROWS_PER_BATCH_MAX)
const FRESH = new Int32Array(ROWS_PER_BATCH_MAX)

export class DistinctAccumulator implements Accumulator {
  readonly #inner: Accumulator
  readonly #storage: Storage
  /** values by code; 0 is NULL, which is in no set */
  readonly #values: KeyCodes
  readonly #entries = new PairSet()
  /** entries that are linked so far; by entry the next one of its slot, by slot the first and the last one */
  #linked = 0
  #next = new Int32Array(0)
  #first = new Int32Array(0)
  #last = new Int32Array(0)
  #slotCount = 0
  readonly #slots = new Int32Array(ROWS_PER_BATCH_MAX)
  readonly #rows = new Int32Array(ROWS_PER_BATCH_MAX)

  /** @param inner takes each value once for each slot */
  constructor(inner: Accumulator, argument: SqlType) {
    this.#inner = inner
    this.#storage = storageOf(argument)
    this.#values = new KeyCodes(this.#storage)
  }

  get ownedBytes(): number {
    return this.#entries.size * ENTRY_BYTES + this.#values.bytes + this.#inner.ownedBytes
  }

  reserve(slots: number): void {
    this.#slotCount = Math.max(this.#slotCount, slots)
    this.#inner.reserve(slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    assert(column !== null, 'DISTINCT has an argument')
    this.#values.read(column, rows, from, to, CODES)
    const count = withoutNulls(slots, CODES, rows, from, to - from, this.#slots, this.#rows)
    const length = this.#entries.add(this.#slots, CODES, count, this.#slotCount, this.#values.size, FRESH)
    this.#values.holdAt(CODES, FRESH, length)
    keepPlaces(this.#slots, this.#rows, FRESH, length)
    if (length > 0) this.#inner.add(this.#slots, column, this.#rows, 0, length)
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof DistinctAccumulator, 'aggregates of one kind are merged')
    this.#addValues(slot, [...other.#valuesOf(otherSlot)])
  }

  result(slot: number): Value | RowFailure {
    return this.#inner.result(slot)
  }

  results(from: number, to: number, into: ResultColumn, at: number): boolean {
    return this.#inner.results(from, to, into, at)
  }

  clear(): void {
    this.#values.clear()
    this.#entries.clear()
    this.#linked = 0
    this.#slotCount = 0
    this.#inner.clear()
  }

  write(writer: StateWriter, slot: number): void {
    const values = [...this.#valuesOf(slot)]
    writer.count(values.length)
    // Bytes lie in a snapshot as text, a character a byte.
    for (const value of values)
      writer.value(value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value)
  }

  read(reader: StateReader, slot: number): void {
    const values: Value[] = []
    for (let left = reader.count(); left > 0; left--) {
      const value = reader.value()
      values.push(this.#storage === 'binary' && typeof value === 'string' ? Buffer.from(value, 'latin1') : value)
      if (values.length === ROWS_PER_BATCH_MAX) this.#addValues(slot, values.splice(0))
    }
    this.#addValues(slot, values)
  }

  *#valuesOf(slot: number): Generator<Value> {
    this.#link()
    for (let entry = this.#first[slot]!; entry !== NONE; entry = this.#next[entry]!)
      yield this.#values.valueOf(this.#entries.rights[entry]!)
  }

  /** Puts the entries that came since the last time at the ends of their slots. */
  #link(): void {
    const { lefts, size } = this.#entries
    if (this.#linked === 0) this.#first.fill(NONE)
    if (this.#slotCount > this.#first.length) {
      this.#first = grownInts(this.#first, this.#slotCount, NONE)
      this.#last = grownInts(this.#last, this.#slotCount, NONE)
    }
    if (size > this.#next.length) this.#next = grownInts(this.#next, size)
    for (; this.#linked < size; this.#linked++) {
      const entry = this.#linked
      const slot = lefts[entry]!
      this.#next[entry] = NONE
      if (this.#first[slot] === NONE) this.#first[slot] = entry
      else this.#next[this.#last[slot]!] = entry
      this.#last[slot] = entry
    }
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

/** Moves the codes that are not NULL together, and their slots and rows into arrays of their own; returns their number. */
function withoutNulls(
  slots: Int32Array,
  codes: Int32Array,
  rows: Int32Array,
  from: number,
  length: number,
  keptSlots: Int32Array,
  keptRows: Int32Array,
): number {
  let count = 0
  for (let i = 0; i < length; i++) {
    const code = codes[i]!
    if (code === 0) continue
    codes[count] = code
    keptSlots[count] = slots[i]!
    keptRows[count++] = rows[from + i]!
  }
  return count
}

/** Moves the slots and rows at the given places to the front. */
function keepPlaces(slots: Int32Array, rows: Int32Array, places: Int32Array, length: number): void {
  for (let i = 0; i < length; i++) {
    const place = places[i]!
    slots[i] = slots[place]!
    rows[i] = rows[place]!
  }
}
