/** Dense numbers for combinations of key values, owned by operator state. NULL keys are equal. */
import { type ColumnVector, ROWS_PER_BATCH_MAX, type Value } from '../../core/rows.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import { KeyCodes } from './key-codes.ts'
import { PairTable } from './pair-table.ts'

const NUMBER_BYTES = 24

export class KeyNumbers {
  readonly #keys: readonly KeyCodes[]
  readonly #pairs: readonly PairTable[]
  readonly #codes: readonly Int32Array[]
  /** number + 1 by code, where there is one key */
  #numberOfCode = new Int32Array(16)
  /** codes of the keys of each number, side by side */
  #codesOf: Int32Array
  #size = 0

  constructor(types: readonly SqlType[]) {
    this.#keys = types.map(type => new KeyCodes(storageOf(type)))
    this.#pairs = types.slice(1).map(() => new PairTable())
    this.#codes = types.map(() => new Int32Array(ROWS_PER_BATCH_MAX))
    this.#codesOf = new Int32Array(types.length * 16)
  }

  /** How many combinations are known: the number that the next new one gets. */
  get size(): number {
    return this.#size
  }

  /** Estimated bytes of the values held. */
  get bytes(): number {
    return this.#keys.reduce((bytes, keys) => bytes + keys.bytes, this.#size * NUMBER_BYTES * (1 + this.#keys.length))
  }

  /** Numbers of `rows[from, to)` into `into`, from its beginning; new combinations are entered in row order. */
  read(columns: readonly ColumnVector[], rows: Int32Array, from: number, to: number, into: Int32Array): void {
    columns.forEach((column, index) => this.#keys[index]!.read(column, rows, from, to, this.#codes[index]!))
    for (let i = 0; i < to - from; i++) into[i] = this.#number(i)
  }

  /** The number of one combination, entered if new. */
  numberOf(values: readonly Value[]): number {
    this.#keys.forEach((keys, index) => {
      this.#codes[index]![0] = keys.codeOf(values[index] ?? null)
    })
    return this.#number(0)
  }

  valuesOf(number: number): Value[] {
    return this.#keys.map((keys, index) => keys.valueOf(this.#codesOf[number * this.#keys.length + index]!))
  }

  clear(): void {
    for (const keys of this.#keys) keys.clear()
    for (const pairs of this.#pairs) pairs.clear()
    this.#numberOfCode.fill(0)
    this.#size = 0
  }

  /** The number of the codes in place `i`. */
  #number(i: number): number {
    const width = this.#keys.length
    let number = 0
    if (width === 1) {
      const code = this.#codes[0]![i]!
      if (code >= this.#numberOfCode.length) this.#numberOfCode = grown(this.#numberOfCode, code + 1)
      number = this.#numberOfCode[code]! - 1
      if (number < 0) {
        number = this.#size
        this.#numberOfCode[code] = number + 1
      }
    } else if (width > 1) {
      number = this.#codes[0]![i]!
      for (let k = 1; k < width; k++) number = this.#pairs[k - 1]!.numberOf(number, this.#codes[k]![i]!)
    }
    if (number === this.#size) {
      const start = this.#size++ * width
      if (start + width > this.#codesOf.length) this.#codesOf = grown(this.#codesOf, start + width)
      for (let k = 0; k < width; k++) this.#codesOf[start + k] = this.#codes[k]![i]!
    }
    return number
  }
}

function grown(from: Int32Array, atLeast: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(Math.max(from.length * 2, atLeast))
  to.set(from)
  return to
}
