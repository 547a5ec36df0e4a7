/** FIRST_VALUE, LAST_VALUE, NTH_VALUE and LAG: rows by their place, found by a mark that moves as rows come and leave. */
import type { Value } from '../../../core/rows.ts'
import { grownInts } from '../accumulators/slots.ts'
import type { FrameFunction } from './frame-function.ts'
import type { FrameRows } from './frame-rows.ts'
import type { SlotColumn } from './slot-column.ts'

const NONE = -1

/** The rows that count, chained by partition, with a mark at a fixed distance from one end. */
class MarkedRows {
  readonly #column: SlotColumn
  readonly #fromLast: boolean
  readonly #steps: number
  readonly #ignoreNulls: boolean
  #next = new Int32Array(64)
  #previous = new Int32Array(64)
  #head = new Int32Array(16).fill(NONE)
  #tail = new Int32Array(16).fill(NONE)
  #counts = new Int32Array(16)
  #marks = new Int32Array(16).fill(NONE)

  /** @param steps from the end: 0 is the row at the end itself */
  constructor(column: SlotColumn, options: { fromLast: boolean; steps: number; ignoreNulls: boolean }) {
    this.#column = column
    this.#fromLast = options.fromLast
    this.#steps = options.steps
    this.#ignoreNulls = options.ignoreNulls
  }

  reserve(partitions: number, slots: number): void {
    if (partitions > this.#head.length) {
      this.#head = grownInts(this.#head, partitions, NONE)
      this.#tail = grownInts(this.#tail, partitions, NONE)
      this.#marks = grownInts(this.#marks, partitions, NONE)
      this.#counts = grownInts(this.#counts, partitions)
    }
    if (slots > this.#next.length) {
      this.#next = grownInts(this.#next, slots)
      this.#previous = grownInts(this.#previous, slots)
    }
  }

  counts(slot: number): boolean {
    return !this.#ignoreNulls || !this.#column.isNull(slot)
  }

  enter(partition: number, slot: number): void {
    if (!this.counts(slot)) return
    const last = this.#tail[partition]!
    this.#previous[slot] = last
    this.#next[slot] = NONE
    if (last === NONE) this.#head[partition] = slot
    else this.#next[last] = slot
    this.#tail[partition] = slot
    const count = ++this.#counts[partition]!
    if (count === this.#steps + 1) this.#marks[partition] = this.#fromLast ? this.#head[partition]! : slot
    else if (this.#fromLast && count > this.#steps + 1) this.#marks[partition] = this.#next[this.#marks[partition]!]!
  }

  leave(partition: number, slot: number): void {
    if (this.#head[partition] !== slot) return
    const following = this.#next[slot]!
    this.#head[partition] = following
    if (following === NONE) this.#tail[partition] = NONE
    else this.#previous[following] = NONE
    this.#counts[partition]!--
    const mark = this.#marks[partition]!
    if (!this.#fromLast && mark !== NONE) this.#marks[partition] = this.#next[mark]!
    else if (mark === slot) this.#marks[partition] = NONE
  }

  /** The marked row, or -1 where there are too few. */
  mark(partition: number): number {
    return this.#marks[partition]!
  }

  before(slot: number): number {
    return this.#previous[slot]!
  }
}

export class FrameNth implements FrameFunction {
  readonly ownedBytes = 0
  readonly #column: SlotColumn
  readonly #rows: MarkedRows

  constructor(column: SlotColumn, options: { fromLast: boolean; steps: number; ignoreNulls: boolean }) {
    this.#column = column
    this.#rows = new MarkedRows(column, options)
  }

  reserve(partitions: number, slots: number): void {
    this.#rows.reserve(partitions, slots)
  }

  enter(partition: number, slot: number): void {
    this.#rows.enter(partition, slot)
  }

  leave(partition: number, slot: number): void {
    this.#rows.leave(partition, slot)
  }

  result(partition: number): Value {
    const slot = this.#rows.mark(partition)
    return slot === NONE ? null : this.#column.value(slot)
  }
}

/** LAG counts from the current row, which is one of the chain unless it is a NULL that is ignored. */
export class FrameLag implements FrameFunction {
  readonly ownedBytes = 0
  readonly #frame: FrameRows
  readonly #column: SlotColumn
  readonly #rows: MarkedRows

  constructor(rows: FrameRows, column: SlotColumn, back: number, ignoreNulls: boolean) {
    this.#frame = rows
    this.#column = column
    this.#rows = new MarkedRows(column, { fromLast: true, steps: back - 1, ignoreNulls })
  }

  reserve(partitions: number, slots: number): void {
    this.#rows.reserve(partitions, slots)
  }

  enter(partition: number, slot: number): void {
    this.#rows.enter(partition, slot)
  }

  leave(partition: number, slot: number): void {
    this.#rows.leave(partition, slot)
  }

  result(partition: number): Value | undefined {
    const mark = this.#rows.mark(partition)
    if (mark === NONE) return undefined
    const slot = this.#rows.counts(this.#frame.tail[partition]!) ? this.#rows.before(mark) : mark
    return slot === NONE ? undefined : this.#column.value(slot)
  }
}
