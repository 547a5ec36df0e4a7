/**
 * Joins what waits into calls. A call leaves when there is enough for a full one, or when the deadline of the earliest item has
 * come; it takes the items with the earliest deadlines. Says what to send and when, and sends nothing itself.
 */
import { DeadlineHeap, type Timed } from './deadline-heap.ts'

/** What the collector must know of an item: a user record, or later several of them in one entry. */
export interface Collectable extends Timed {
  /** bytes that it adds to a call: data and partition key */
  readonly sizeBytes: number
}

export interface CollectorLimits {
  readonly countMax: number
  readonly sizeBytesMax: number
}

export class Collector<T extends Collectable> {
  readonly #limits: CollectorLimits
  readonly #waiting = new DeadlineHeap<T>()
  readonly #dropped = new Set<T>()
  #sizeBytes = 0

  constructor(limits: CollectorLimits) {
    this.#limits = limits
  }

  /** Items that wait. */
  get count(): number {
    return this.#waiting.size - this.#dropped.size
  }

  /** Adds an item; its `dueAt` is its deadline. */
  add(item: T): void {
    this.#sizeBytes += item.sizeBytes
    this.#waiting.add(item)
  }

  /** Takes a waiting item out, wherever it stands. */
  drop(item: T): void {
    this.#sizeBytes -= item.sizeBytes
    this.#dropped.add(item)
  }

  /** When the next call is due, monotonic milliseconds: at once (-Infinity) with a full call, never (Infinity) when empty. */
  dueAt(): number {
    this.#skipDropped()
    if (this.count >= this.#limits.countMax || this.#sizeBytes >= this.#limits.sizeBytesMax)
      return Number.NEGATIVE_INFINITY
    return this.#waiting.peek()?.dueAt ?? Number.POSITIVE_INFINITY
  }

  /** The items of the next call, earliest deadline first. Empty only when nothing waits; an item above the size limit comes alone. */
  take(): T[] {
    const taken: T[] = []
    let sizeBytes = 0
    while (taken.length < this.#limits.countMax) {
      this.#skipDropped()
      const next = this.#waiting.peek()
      if (next === undefined) break
      if (taken.length > 0 && sizeBytes + next.sizeBytes > this.#limits.sizeBytesMax) break
      this.#waiting.take()
      sizeBytes += next.sizeBytes
      taken.push(next)
    }
    this.#sizeBytes -= sizeBytes
    return taken
  }

  /** Makes everything that waits due at `time` at the latest. */
  hasten(time: number): void {
    this.#waiting.hasten(time)
  }

  #skipDropped(): void {
    if (this.#dropped.size === 0) return
    for (let next = this.#waiting.peek(); next !== undefined && this.#dropped.delete(next); next = this.#waiting.peek())
      this.#waiting.take()
  }
}
