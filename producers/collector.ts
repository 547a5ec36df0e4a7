/**
 * Joins what waits into calls. A call leaves when there is enough for a full one, when much waits for one shard, or when the
 * deadline of the earliest item has come; it takes the items with the earliest deadlines. Says what to send and when, and sends
 * nothing itself.
 */
import { KIBIBYTE } from '../core/index.ts'
import { DeadlineHeap, type Timed } from './deadline-heap.ts'

/** What the collector must know of an item. */
export interface Collectable extends Timed {
  /** bytes that it adds to a call: data and partition key */
  readonly sizeBytes: number
  readonly shard: { readonly shardId: string } | null
  /** given up meanwhile: it is passed over */
  readonly dead: boolean
}

export interface CollectorLimits {
  readonly countMax: number
  readonly sizeBytesMax: number
}

/** As much as KPL lets wait for one predicted shard, so that no shard gets a whole call. */
export const SHARD_BYTES_MAX = 256 * KIBIBYTE

export class Collector<T extends Collectable> {
  readonly #limits: CollectorLimits
  readonly #waiting = new DeadlineHeap<T>()
  readonly #shardBytes = new Map<string, number>()
  /** shards for which SHARD_BYTES_MAX or more wait */
  #heavyShards = 0
  #sizeBytes = 0

  constructor(limits: CollectorLimits) {
    this.#limits = limits
  }

  /** Items that wait. */
  get count(): number {
    return this.#waiting.size
  }

  /** Adds an item; its `dueAt` is its deadline. */
  add(item: T): void {
    this.#count(item, item.sizeBytes)
    this.#waiting.add(item)
  }

  /** When the next call is due, monotonic milliseconds: at once (-Infinity) with a full call, never (Infinity) when empty. */
  dueAt(): number {
    this.#skipDead()
    if (
      this.#waiting.size >= this.#limits.countMax ||
      this.#sizeBytes >= this.#limits.sizeBytesMax ||
      this.#heavyShards > 0
    )
      return Number.NEGATIVE_INFINITY
    return this.#waiting.peek()?.dueAt ?? Number.POSITIVE_INFINITY
  }

  /** The items of the next call, earliest deadline first. Empty only when nothing waits; an item above the size limit comes alone. */
  take(): T[] {
    const taken: T[] = []
    let sizeBytes = 0
    while (taken.length < this.#limits.countMax) {
      this.#skipDead()
      const next = this.#waiting.peek()
      if (next === undefined) break
      if (taken.length > 0 && sizeBytes + next.sizeBytes > this.#limits.sizeBytesMax) break
      this.#waiting.take()
      this.#count(next, -next.sizeBytes)
      sizeBytes += next.sizeBytes
      taken.push(next)
    }
    return taken
  }

  /** Makes everything that waits due at `time` at the latest. */
  hasten(time: number): void {
    this.#waiting.hasten(time)
  }

  /** An item that was given up has an early deadline, so it is met here soon. */
  #skipDead(): void {
    for (let next = this.#waiting.peek(); next?.dead === true; next = this.#waiting.peek()) {
      this.#waiting.take()
      this.#count(next, -next.sizeBytes)
    }
  }

  #count({ shard }: T, bytes: number): void {
    this.#sizeBytes += bytes
    if (shard === null) return
    const before = this.#shardBytes.get(shard.shardId) ?? 0
    const after = before + bytes
    if (after === 0) this.#shardBytes.delete(shard.shardId)
    else this.#shardBytes.set(shard.shardId, after)
    if (before < SHARD_BYTES_MAX && after >= SHARD_BYTES_MAX) this.#heavyShards++
    if (before >= SHARD_BYTES_MAX && after < SHARD_BYTES_MAX) this.#heavyShards--
  }
}
