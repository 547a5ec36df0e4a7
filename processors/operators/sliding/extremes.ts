/**
 * MIN and MAX: a chain of the rows that no later row of the partition outdoes. Its first is the result; a row that comes
 * takes those off its end that it outdoes. Of equal values the first counts.
 */
import type { Value } from '../../../core/rows.ts'
import { comparator } from '../../expressions/comparison.ts'
import { grownInts } from '../accumulators/slots.ts'
import type { FrameFunction } from './frame-function.ts'
import { NumberSlots, type SlotColumn } from './slot-column.ts'

const NONE = -1

export class FrameExtreme implements FrameFunction {
  readonly ownedBytes = 0
  /** 1 for MAX, -1 for MIN */
  readonly #sign: number
  readonly #column: SlotColumn
  readonly #compare: (a: Value, b: Value) => number
  #head = new Int32Array(16).fill(NONE)
  #tail = new Int32Array(16).fill(NONE)
  #next = new Int32Array(64).fill(NONE)
  #previous = new Int32Array(64).fill(NONE)

  constructor(name: 'MIN' | 'MAX', column: SlotColumn) {
    this.#sign = name === 'MAX' ? 1 : -1
    this.#column = column
    this.#compare = comparator(column.type, column.type)
  }

  reserve(partitions: number, slots: number): void {
    if (partitions > this.#head.length) {
      this.#head = grownInts(this.#head, partitions, NONE)
      this.#tail = grownInts(this.#tail, partitions, NONE)
    }
    if (slots > this.#next.length) {
      this.#next = grownInts(this.#next, slots, NONE)
      this.#previous = grownInts(this.#previous, slots, NONE)
    }
  }

  enter(partition: number, slot: number): void {
    if (this.#column.isNull(slot)) return
    let last = this.#tail[partition]!
    while (last !== NONE && this.#outdoes(slot, last)) last = this.#previous[last]!
    this.#previous[slot] = last
    this.#next[slot] = NONE
    if (last === NONE) this.#head[partition] = slot
    else this.#next[last] = slot
    this.#tail[partition] = slot
  }

  leave(partition: number, slot: number): void {
    if (this.#head[partition] !== slot) return
    const following = this.#next[slot]!
    this.#head[partition] = following
    if (following === NONE) this.#tail[partition] = NONE
    else this.#previous[following] = NONE
  }

  result(partition: number): Value {
    const head = this.#head[partition]!
    return head === NONE ? null : this.#column.value(head)
  }

  #outdoes(slot: number, other: number): boolean {
    const column = this.#column
    if (column instanceof NumberSlots) return (column.values[slot]! - column.values[other]!) * this.#sign > 0
    return this.#compare(column.value(slot), column.value(other)) * this.#sign > 0
  }
}
