/** The groups of one window: key values to dense slots in first-seen order, and the accumulators over those slots. */
import { type ColumnVector, ROWS_PER_BATCH_MAX, type Value } from '../../core/rows.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import type { RowFailure } from '../expressions/failures.ts'
import type { Accumulator } from './accumulators.ts'
import { KeyCodes } from './key-codes.ts'
import { PairTable } from './pair-table.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

const SLOT_BYTES = 24

// Scratch of one call, shared by all tables: a window operator holds many of them, and none outlives its call.
const SLOTS = new Int32Array(ROWS_PER_BATCH_MAX)
const CODES: Int32Array[] = []

function scratchCodes(keys: number): readonly Int32Array[] {
  while (CODES.length < keys) CODES.push(new Int32Array(ROWS_PER_BATCH_MAX))
  return CODES.slice(0, keys)
}

export class GroupTable {
  readonly #keys: readonly KeyCodes[]
  readonly #pairs: readonly PairTable[]
  readonly #accumulators: readonly Accumulator[]
  /** codes of the keys of each slot, side by side */
  #slotCodes: Int32Array
  /** slot + 1 by code, where there is one key */
  #slotOfCode = new Int32Array(16)
  #size = 0
  readonly #codes: readonly Int32Array[]
  readonly #slots = SLOTS

  constructor(keyTypes: readonly SqlType[], accumulators: readonly Accumulator[]) {
    this.#keys = keyTypes.map(type => new KeyCodes(storageOf(type)))
    this.#pairs = keyTypes.slice(1).map(() => new PairTable())
    this.#codes = scratchCodes(keyTypes.length)
    this.#slotCodes = new Int32Array(keyTypes.length * 16)
    this.#accumulators = accumulators
  }

  /** Number of groups. */
  get size(): number {
    return this.#size
  }

  /** Estimated bytes of keys and accumulators. */
  get bytes(): number {
    let bytes = this.#size * SLOT_BYTES * (1 + this.#keys.length + this.#accumulators.length)
    for (const keys of this.#keys) bytes += keys.bytes
    for (const accumulator of this.#accumulators) bytes += accumulator.ownedBytes
    return bytes
  }

  /** Adds `rows[from, to)`; `keys` and `args` are the evaluated columns, null for COUNT(*). */
  add(
    keys: readonly ColumnVector[],
    args: readonly (ColumnVector | null)[],
    rows: Int32Array,
    from: number,
    to: number,
  ): void {
    keys.forEach((column, index) => this.#keys[index]!.read(column, rows, from, to, this.#codes[index]!))
    this.#resolve(to - from)
    this.#accumulators.forEach((accumulator, index) => {
      accumulator.reserve(this.#size)
      accumulator.add(this.#slots, args[index] ?? null, rows, from, to)
    })
  }

  /** Adds the groups of another table of the same keys and aggregates, as if their rows came now. */
  merge(other: GroupTable): void {
    for (let from = 0; from < other.#size; from += ROWS_PER_BATCH_MAX) {
      const length = Math.min(ROWS_PER_BATCH_MAX, other.#size - from)
      const width = this.#keys.length
      this.#keys.forEach((keys, index) => {
        const theirs = other.#keys[index]!
        const codes = this.#codes[index]!
        for (let i = 0; i < length; i++)
          codes[i] = keys.codeOf(theirs.valueOf(other.#slotCodes[(from + i) * width + index]!))
      })
      this.#resolve(length)
      this.#accumulators.forEach((accumulator, index) => {
        accumulator.reserve(this.#size)
        for (let i = 0; i < length; i++) accumulator.merge(this.#slots[i]!, other.#accumulators[index]!, from + i)
      })
    }
  }

  keysOf(slot: number): Value[] {
    return this.#keys.map((keys, index) => keys.valueOf(this.#slotCodes[slot * this.#keys.length + index]!))
  }

  resultsOf(slot: number): (Value | RowFailure)[] {
    return this.#accumulators.map(accumulator => accumulator.result(slot))
  }

  clear(): void {
    for (const keys of this.#keys) keys.clear()
    for (const pairs of this.#pairs) pairs.clear()
    for (const accumulator of this.#accumulators) accumulator.clear()
    this.#slotOfCode.fill(0)
    this.#size = 0
  }

  *write(writer: StateWriter): Generator<void> {
    writer.count(this.#size)
    for (let slot = 0; slot < this.#size; slot++) {
      for (const key of this.keysOf(slot)) writer.value(key)
      for (const accumulator of this.#accumulators) accumulator.write(writer, slot)
      if (writer.sliceFull) yield
    }
  }

  /** Reads what `write` wrote into an empty table: same groups, same slots. */
  read(reader: StateReader): void {
    const size = reader.count()
    for (let slot = 0; slot < size; slot++) {
      this.#keys.forEach((keys, index) => {
        this.#codes[index]![0] = keys.codeOf(reader.value())
      })
      this.#resolve(1)
      for (const accumulator of this.#accumulators) {
        accumulator.reserve(this.#size)
        accumulator.read(reader, slot)
      }
    }
  }

  /** Slots of the first `length` rows of codes. */
  #resolve(length: number): void {
    const slots = this.#slots
    if (this.#keys.length === 0) {
      slots.fill(0, 0, length)
      if (this.#size === 0) this.#open(0)
      return
    }
    if (this.#keys.length === 1) {
      const codes = this.#codes[0]!
      for (let i = 0; i < length; i++) {
        const code = codes[i]!
        let slot = code < this.#slotOfCode.length ? this.#slotOfCode[code]! : 0
        if (slot === 0) {
          this.#open(i)
          slot = this.#size
          if (code >= this.#slotOfCode.length) this.#slotOfCode = grownInts(this.#slotOfCode, code + 1)
          this.#slotOfCode[code] = slot
        }
        slots[i] = slot - 1
      }
      return
    }
    for (let i = 0; i < length; i++) {
      let number = this.#codes[0]![i]!
      for (let k = 1; k < this.#keys.length; k++) number = this.#pairs[k - 1]!.numberOf(number, this.#codes[k]![i]!)
      if (number === this.#size) this.#open(i)
      slots[i] = number
    }
  }

  /** Opens the next slot with the codes of row `i`. */
  #open(i: number): void {
    const width = this.#keys.length
    const start = this.#size * width
    if (start + width > this.#slotCodes.length) this.#slotCodes = grownInts(this.#slotCodes, start + width)
    for (let k = 0; k < width; k++) this.#slotCodes[start + k] = this.#codes[k]![i]!
    this.#size++
  }
}

function grownInts(from: Int32Array, atLeast: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(Math.max(from.length * 2, atLeast))
  to.set(from)
  return to
}
