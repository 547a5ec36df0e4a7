/**
 * The partitions of one sliding window: key values to small numbers that are used again when a partition has gone, so that
 * state can lie in arrays by partition. Keys that come and go leave nothing behind.
 */
import { type ColumnVector, ROWS_PER_BATCH_MAX, type Value } from '../../../core/rows.ts'
import { type SqlType, storageOf } from '../../../core/sql-type.ts'
import type { Selection } from '../../expressions/selection.ts'
import { grownInts } from '../accumulators/slots.ts'
import { KeyCodes } from '../key-codes.ts'
import { PairTable } from '../pair-table.ts'

/** Keys without a partition that may wait until the tables are made anew. */
const DEAD_KEYS_MIN = 1_024
const NONE = -1

export class Partitions {
  readonly #keys: readonly KeyCodes[]
  readonly #pairs: readonly PairTable[]
  readonly #codes: readonly Int32Array[]
  /** of each row of the batch: the number of its key values */
  readonly #numbers = new Int32Array(ROWS_PER_BATCH_MAX)
  /** partition by number of key values */
  #partitionOf = new Int32Array(64).fill(NONE)
  /** number and codes of the key values by partition; number NONE: not in use */
  #numberOf = new Int32Array(16).fill(NONE)
  #partitionCodes: Int32Array
  readonly #free: number[] = []
  /** partitions that were ever in use at a time */
  #capacity = 0

  constructor(keyTypes: readonly SqlType[]) {
    this.#keys = keyTypes.map(type => new KeyCodes(storageOf(type)))
    this.#pairs = keyTypes.slice(1).map(() => new PairTable())
    this.#codes = keyTypes.map(() => new Int32Array(ROWS_PER_BATCH_MAX))
    this.#partitionCodes = new Int32Array(keyTypes.length * 16)
  }

  /** Key values of each partition. */
  get width(): number {
    return this.#keys.length
  }

  /** Partitions in use. */
  get size(): number {
    return this.#capacity - this.#free.length
  }

  /** All partitions are below this. */
  get capacity(): number {
    return this.#capacity
  }

  /** Estimated bytes of the keys. */
  get bytes(): number {
    return this.#keys.reduce((sum, keys) => sum + keys.bytes, this.#capacity * 8 * (this.#keys.length + 1))
  }

  /** Takes the keys of a batch; `at` then tells the partition of each selected row. */
  read(columns: readonly ColumnVector[], { rows, length }: Selection): void {
    if (this.#numbersHeld - this.size > Math.max(DEAD_KEYS_MIN, this.size)) this.#forgetDead()
    columns.forEach((column, index) => this.#keys[index]!.read(column, rows, 0, length, this.#codes[index]!))
    this.#number(length)
  }

  /** The partition of row `i` of the selection, opened if there is none. */
  at(i: number): number {
    const number = this.#numbers[i]!
    if (number >= this.#partitionOf.length) this.#partitionOf = grownInts(this.#partitionOf, number + 1, NONE)
    const found = this.#partitionOf[number]!
    return found === NONE ? this.#open(number, i) : found
  }

  /** The partition of key values, as in a snapshot. */
  enter(values: readonly Value[]): number {
    values.forEach((value, index) => {
      this.#codes[index]![0] = this.#keys[index]!.codeOf(value)
    })
    this.#number(1)
    return this.at(0)
  }

  keysOf(partition: number): Value[] {
    const width = this.#keys.length
    return this.#keys.map((keys, index) => keys.valueOf(this.#partitionCodes[partition * width + index]!))
  }

  isOpen(partition: number): boolean {
    return this.#numberOf[partition] !== NONE
  }

  /** Lets a partition go; its number is given to another one. */
  release(partition: number): void {
    this.#partitionOf[this.#numberOf[partition]!] = NONE
    this.#numberOf[partition] = NONE
    this.#free.push(partition)
  }

  get #numbersHeld(): number {
    const last = this.#pairs[this.#pairs.length - 1]
    return last?.size ?? this.#keys[0]?.size ?? 1
  }

  #number(length: number): void {
    const numbers = this.#numbers
    const [first] = this.#codes
    if (first === undefined) return
    for (let i = 0; i < length; i++) {
      let number = first[i]!
      for (let k = 1; k < this.#codes.length; k++) number = this.#pairs[k - 1]!.numberOf(number, this.#codes[k]![i]!)
      numbers[i] = number
    }
  }

  #open(number: number, i: number): number {
    const partition = this.#free.pop() ?? this.#capacity++
    const width = this.#keys.length
    if (partition >= this.#numberOf.length) {
      this.#numberOf = grownInts(this.#numberOf, partition + 1, NONE)
      this.#partitionCodes = grownInts(this.#partitionCodes, this.#numberOf.length * width)
    }
    this.#partitionOf[number] = partition
    this.#numberOf[partition] = number
    for (let k = 0; k < width; k++) this.#partitionCodes[partition * width + k] = this.#codes[k]![i]!
    return partition
  }

  /** Numbers the keys in use anew. Each row pays a constant share of this, because as many keys have gone as remain. */
  #forgetDead(): void {
    const open: (readonly [number, Value[]])[] = []
    for (let partition = 0; partition < this.#capacity; partition++)
      if (this.isOpen(partition)) open.push([partition, this.keysOf(partition)])
    for (const keys of this.#keys) keys.clear()
    for (const pairs of this.#pairs) pairs.clear()
    this.#partitionOf = new Int32Array(64).fill(NONE)
    for (const [partition, values] of open) {
      values.forEach((value, index) => {
        this.#codes[index]![0] = this.#keys[index]!.codeOf(value)
      })
      this.#number(1)
      const number = this.#numbers[0]!
      if (number >= this.#partitionOf.length) this.#partitionOf = grownInts(this.#partitionOf, number + 1, NONE)
      this.#partitionOf[number] = partition
      this.#numberOf[partition] = number
      const width = this.#keys.length
      for (let k = 0; k < width; k++) this.#partitionCodes[partition * width + k] = this.#codes[k]![0]!
    }
  }
}
