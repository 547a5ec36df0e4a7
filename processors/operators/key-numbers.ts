/**
 * Dense numbers for combinations of key values, in the order in which they first came, owned by operator state. NULL keys are
 * equal. A combination is found by its codes: packed into one small number where they are few, else pair by pair.
 */
import { type ColumnVector, ROWS_PER_BATCH_MAX, type Value } from '../../core/rows.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import { everyRow } from '../expressions/selection.ts'
import { grownInts } from './accumulators/slots.ts'
import { KeyCodes } from './key-codes.ts'
import { PairTable } from './pair-table.ts'
import type { ResultColumn } from './result-builder.ts'

const NUMBER_BYTES = 24
/** Bits of all codes of several keys together, up to which they are packed. */
const PACKED_BITS_MAX = 16
/** Bits that a key has room for at the beginning. */
const KEY_BITS_MIN = 3

const ALL = everyRow(ROWS_PER_BATCH_MAX).rows
// Scratch of one call, shared by all: windows have many of these, and none outlives its call.
const PACKED = new Int32Array(ROWS_PER_BATCH_MAX)
const CODES: Int32Array[] = []

function scratchCodes(keys: number): readonly Int32Array[] {
  while (CODES.length < keys) CODES.push(new Int32Array(ROWS_PER_BATCH_MAX))
  return CODES.slice(0, keys)
}

export class KeyNumbers {
  readonly #keys: readonly KeyCodes[]
  readonly #codes: readonly Int32Array[]
  /** codes by number, an array for each key */
  readonly #codesOf: Int32Array[]
  /** number + 1 by packed codes; one key is packed whatever its codes are */
  #numberOf: Int32Array
  /** bits of each key in a packed number */
  #bits: number[]
  /** null while codes are packed */
  #pairs: PairTable[] | null = null
  #size = 0

  constructor(types: readonly SqlType[]) {
    this.#keys = types.map(type => new KeyCodes(storageOf(type)))
    this.#codes = scratchCodes(types.length)
    this.#codesOf = types.map(() => new Int32Array(16))
    this.#bits = types.map(() => KEY_BITS_MIN)
    if (types.length * KEY_BITS_MIN > PACKED_BITS_MAX) this.#pairs = types.slice(1).map(() => new PairTable())
    this.#numberOf = new Int32Array(this.#pairs === null ? 1 << (types.length * KEY_BITS_MIN) : 0)
  }

  /** How many combinations are known: the number that the next new one gets. */
  get size(): number {
    return this.#size
  }

  /** Number of keys. */
  get width(): number {
    return this.#keys.length
  }

  /** Estimated bytes of the values held. */
  get bytes(): number {
    let bytes = this.#size * NUMBER_BYTES * (1 + this.#keys.length)
    for (const keys of this.#keys) bytes += keys.bytes
    return bytes
  }

  /** Numbers of `rows[from, to)` into `into`, from its beginning; new combinations are entered in row order. */
  read(columns: readonly ColumnVector[], rows: Int32Array, from: number, to: number, into: Int32Array): void {
    for (let k = 0; k < this.#keys.length; k++) this.#keys[k]!.read(columns[k]!, rows, from, to, this.#codes[k]!)
    this.#resolve(to - from, into)
  }

  /** Numbers here for the numbers `[from, to)` of another table of the same keys, at most a batch of them. */
  readFrom(other: KeyNumbers, from: number, to: number, into: Int32Array): void {
    for (let k = 0; k < this.#keys.length; k++) {
      const codes = other.#codesOf[k]!.subarray(from, to)
      this.#keys[k]!.readFrom(other.#keys[k]!, codes, 0, to - from, this.#codes[k]!, ALL)
    }
    this.#resolve(to - from, into)
  }

  /** The number of one combination, entered if new. */
  numberOf(values: readonly Value[]): number {
    for (let k = 0; k < this.#keys.length; k++) this.#codes[k]![0] = this.#keys[k]!.codeOf(values[k] ?? null)
    this.#resolve(1, ONE)
    return ONE[0]!
  }

  valuesOf(number: number): Value[] {
    return this.#keys.map((keys, k) => keys.valueOf(this.#codesOf[k]![number]!))
  }

  /** Values of one key for the numbers `[from, to)`, at most a batch of them, into a column from its row `at` on. */
  results(key: number, from: number, to: number, into: ResultColumn, at: number): void {
    const codesOf = this.#codesOf[key]!
    for (let number = from; number < to; number++) PACKED[number - from] = codesOf[number]!
    this.#keys[key]!.results(PACKED, 0, to - from, into, at, ALL)
  }

  clear(): void {
    for (const keys of this.#keys) keys.clear()
    if (this.#pairs !== null) for (const pairs of this.#pairs) pairs.clear()
    else if (this.#size * 8 > this.#numberOf.length) this.#numberOf.fill(0)
    else for (let number = 0; number < this.#size; number++) this.#numberOf[this.#packed(number)] = 0
    this.#size = 0
  }

  /** Numbers of the first `length` rows of codes. */
  #resolve(length: number, into: Int32Array): void {
    const width = this.#keys.length
    if (width === 0) {
      into.fill(0, 0, length)
      if (this.#size === 0 && length > 0) this.#size = 1
      return
    }
    if (this.#pairs === null) this.#makeRoom(length)
    if (this.#pairs !== null) {
      this.#resolvePairs(length, into)
      return
    }
    let packed = this.#codes[0]!
    if (width > 1) {
      packed = PACKED
      pack(this.#codes, this.#bits, length, packed)
    }
    for (let i = 0; ; ) {
      i = findKnown(packed, i, length, this.#numberOf, into)
      if (i === length) return
      this.#enter(i)
      this.#numberOf[packed[i]!] = this.#size
    }
  }

  #resolvePairs(length: number, into: Int32Array): void {
    const pairs = this.#pairs!
    for (let i = 0; i < length; i++) {
      let number = this.#codes[0]![i]!
      for (let k = 1; k < this.#codes.length; k++) number = pairs[k - 1]!.numberOf(number, this.#codes[k]![i]!)
      if (number === this.#size) this.#enter(i)
      into[i] = number
    }
  }

  /** Enters the codes of row `i` under the next number. */
  #enter(i: number): void {
    const number = this.#size++
    for (let k = 0; k < this.#keys.length; k++) {
      if (number >= this.#codesOf[k]!.length) this.#codesOf[k] = grownInts(this.#codesOf[k]!, number + 1)
      const code = this.#codes[k]![i]!
      this.#codesOf[k]![number] = code
      this.#keys[k]!.hold(code)
    }
  }

  /** Makes the packed table large enough for every code, or goes over to pairs. */
  #makeRoom(length: number): void {
    const keys = this.#keys
    if (keys.length === 1) {
      const { size } = keys[0]!
      if (size > this.#numberOf.length) this.#numberOf = grownInts(this.#numberOf, size)
      return
    }
    if (length === 0 || keys.every(({ size }, k) => size <= 1 << this.#bits[k]!)) return
    this.#bits = keys.map(({ size }, k) => Math.max(this.#bits[k]!, 32 - Math.clz32(size)))
    const bits = this.#bits.reduce((sum, each) => sum + each, 0)
    if (bits > PACKED_BITS_MAX) {
      this.#numberOf = new Int32Array(0)
      const pairs = keys.slice(1).map(() => new PairTable())
      for (let number = 0; number < this.#size; number++) {
        let code = this.#codesOf[0]![number]!
        for (let k = 1; k < keys.length; k++) code = pairs[k - 1]!.numberOf(code, this.#codesOf[k]![number]!)
      }
      this.#pairs = pairs
      return
    }
    this.#numberOf = new Int32Array(1 << bits)
    for (let number = 0; number < this.#size; number++) this.#numberOf[this.#packed(number)] = number + 1
  }

  #packed(number: number): number {
    let packed = this.#codesOf[0]![number]!
    for (let k = 1; k < this.#codesOf.length; k++) packed = (packed << this.#bits[k]!) | this.#codesOf[k]![number]!
    return packed
  }
}

const ONE = new Int32Array(1)

function pack(codes: readonly Int32Array[], bits: readonly number[], length: number, into: Int32Array): void {
  const first = codes[0]!
  for (let i = 0; i < length; i++) into[i] = first[i]!
  for (let k = 1; k < codes.length; k++) {
    const own = codes[k]!
    const shift = bits[k]!
    for (let i = 0; i < length; i++) into[i] = (into[i]! << shift) | own[i]!
  }
}

/** Numbers until a combination is new; returns its place, or `to`. */
function findKnown(packed: Int32Array, from: number, to: number, numberOf: Int32Array, into: Int32Array): number {
  for (let i = from; i < to; i++) {
    const number = numberOf[packed[i]!]!
    if (number === 0) return i
    into[i] = number - 1
  }
  return to
}
