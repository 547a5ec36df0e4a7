/**
 * The partitions of one sliding window: key values to small numbers that are used again when a partition has gone, so that
 * state can lie in arrays by partition. Keys that come and go leave nothing behind.
 */
import { type ColumnVector, ROWS_PER_BATCH_MAX, type Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import type { Selection } from '../../expressions/selection.ts'
import { grownInts } from '../accumulators/slots.ts'
import { KeyNumbers } from '../key-numbers.ts'

/** Keys without a partition that may wait until the tables are made anew. */
const DEAD_KEYS_MIN = 1_024
const NONE = -1

export class Partitions {
  readonly #keys: KeyNumbers
  /** of each row of the batch: the number of its key values */
  readonly #numbers = new Int32Array(ROWS_PER_BATCH_MAX)
  /** partition by number of key values */
  #partitionOf = new Int32Array(64).fill(NONE)
  /** number of the key values by partition; NONE: not in use */
  #numberOf = new Int32Array(16).fill(NONE)
  readonly #free: number[] = []
  /** partitions that were ever in use at a time */
  #capacity = 0

  constructor(keyTypes: readonly SqlType[]) {
    this.#keys = new KeyNumbers(keyTypes)
  }

  /** Key values of each partition. */
  get width(): number {
    return this.#keys.width
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
    return this.#keys.bytes + this.#capacity * 8
  }

  /** Takes the keys of a batch; `at` then tells the partition of each selected row. */
  read(columns: readonly ColumnVector[], { rows, length }: Selection): void {
    if (this.#keys.size - this.size > Math.max(DEAD_KEYS_MIN, this.size)) this.#forgetDead()
    this.#keys.read(columns, rows, 0, length, this.#numbers)
  }

  /** The partition of row `i` of the selection, opened if there is none. */
  at(i: number): number {
    return this.#partition(this.#numbers[i]!)
  }

  /** The partition of key values, as in a snapshot. */
  enter(values: readonly Value[]): number {
    return this.#partition(this.#keys.numberOf(values))
  }

  keysOf(partition: number): Value[] {
    return this.#keys.valuesOf(this.#numberOf[partition]!)
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

  #partition(number: number): number {
    if (number >= this.#partitionOf.length) this.#partitionOf = grownInts(this.#partitionOf, number + 1, NONE)
    const found = this.#partitionOf[number]!
    if (found !== NONE) return found
    const partition = this.#free.pop() ?? this.#capacity++
    if (partition >= this.#numberOf.length) this.#numberOf = grownInts(this.#numberOf, partition + 1, NONE)
    this.#partitionOf[number] = partition
    this.#numberOf[partition] = number
    return partition
  }

  /** Numbers the keys in use anew. Each row pays a constant share of this, because as many keys have gone as remain. */
  #forgetDead(): void {
    const open: (readonly [number, Value[]])[] = []
    for (let partition = 0; partition < this.#capacity; partition++)
      if (this.isOpen(partition)) open.push([partition, this.keysOf(partition)])
    this.#keys.clear()
    this.#partitionOf = new Int32Array(64).fill(NONE)
    for (const [partition, values] of open) {
      const number = this.#keys.numberOf(values)
      if (number >= this.#partitionOf.length) this.#partitionOf = grownInts(this.#partitionOf, number + 1, NONE)
      this.#partitionOf[number] = partition
      this.#numberOf[partition] = number
    }
  }
}
