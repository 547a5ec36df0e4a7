/**
 * The rows that the frames of one window hold, in slots that are used again. Each row is linked twice: to its neighbours
 * in its partition, and to those in the order of arrival, so that rows expire in time order whatever their partition.
 */
import { grown, grownInts } from '../accumulators/slots.ts'
import type { SlotColumn } from './slot-column.ts'

/** Bytes of a row beside its values. */
const ROW_BYTES = 28
const NONE = -1

export class FrameRows {
  readonly columns: readonly SlotColumn[]
  rowtimes = new Float64Array(64)
  partitionOf = new Int32Array(64)
  /** in the partition, NONE at its ends */
  next = new Int32Array(64)
  previous = new Int32Array(64)
  /** in the order of arrival */
  #later = new Int32Array(64)
  #earlier = new Int32Array(64)
  #oldest = NONE
  #newest = NONE
  /** first slot of the chain of free ones, linked by `next` */
  #free = NONE
  #slots = 0
  #size = 0
  /** by partition: ends of its rows (where there are any), their number, and how many of the first are folded */
  head = new Int32Array(16)
  tail = new Int32Array(16)
  counts = new Int32Array(16)
  folded = new Int32Array(16)

  constructor(columns: readonly SlotColumn[]) {
    this.columns = columns
  }

  get size(): number {
    return this.#size
  }

  /** The slot of the row that arrived first, or -1. */
  get oldest(): number {
    return this.#oldest
  }

  /** All slots are below this. */
  get slots(): number {
    return this.#slots
  }

  get bytes(): number {
    return this.columns.reduce((sum, column) => sum + column.ownedBytes + 9 * this.#slots, ROW_BYTES * this.#slots)
  }

  reserve(partitions: number): void {
    if (partitions <= this.head.length) return
    this.head = grownInts(this.head, partitions)
    this.tail = grownInts(this.tail, partitions)
    this.counts = grownInts(this.counts, partitions)
    this.folded = grownInts(this.folded, partitions)
  }

  /** A slot at the end of a partition; its values are the caller's to set. */
  append(partition: number, rowtime: number): number {
    const slot = this.#take()
    this.rowtimes[slot] = rowtime
    this.partitionOf[slot] = partition
    this.next[slot] = NONE
    if (this.counts[partition]!++ === 0) {
      this.head[partition] = slot
      this.previous[slot] = NONE
    } else {
      const last = this.tail[partition]!
      this.next[last] = slot
      this.previous[slot] = last
    }
    this.tail[partition] = slot
    this.#later[slot] = NONE
    this.#earlier[slot] = this.#newest
    if (this.#newest === NONE) this.#oldest = slot
    else this.#later[this.#newest] = slot
    this.#newest = slot
    this.#size++
    return slot
  }

  /** Takes the first row of a partition out. */
  removeHead(partition: number): void {
    const slot = this.head[partition]!
    const following = this.next[slot]!
    this.head[partition] = following
    if (following !== NONE) this.previous[following] = NONE
    this.counts[partition]!--
    if (this.folded[partition]! > 0) this.folded[partition]!--
    const [earlier, later] = [this.#earlier[slot]!, this.#later[slot]!]
    if (earlier === NONE) this.#oldest = later
    else this.#later[earlier] = later
    if (later === NONE) this.#newest = earlier
    else this.#earlier[later] = earlier
    for (const column of this.columns) column.release(slot)
    this.next[slot] = this.#free
    this.#free = slot
    this.#size--
  }

  /** Slots in the order of arrival. */
  *inOrder(): Generator<number> {
    for (let slot = this.#oldest; slot !== NONE; slot = this.#later[slot]!) yield slot
  }

  #take(): number {
    if (this.#free !== NONE) {
      const slot = this.#free
      this.#free = this.next[slot]!
      return slot
    }
    const slot = this.#slots++
    if (slot >= this.rowtimes.length) {
      this.rowtimes = grown(this.rowtimes, slot + 1)
      const slots = this.rowtimes.length
      this.partitionOf = grownInts(this.partitionOf, slots)
      this.next = grownInts(this.next, slots)
      this.previous = grownInts(this.previous, slots)
      this.#later = grownInts(this.#later, slots)
      this.#earlier = grownInts(this.#earlier, slots)
    }
    for (const column of this.columns) column.reserve(slot + 1)
    return slot
  }
}
