/**
 * Paces what goes to each predicted shard by two token buckets, records and bytes, so that a producer does not spend its time on
 * refusals. What has no prediction passes. Bundles wait by deadline; the first that lacks tokens holds those behind it, of its
 * shard only.
 *
 * KPL's buckets refill at RateLimit percent of the shard's limit whatever the service answers. Here a throttled shard empties its
 * buckets and lowers its own rate, which then recovers: several producers on one shard come to share it.
 */
import { MEBIBYTE } from '../core/index.ts'
import type { Bundle } from './bundle.ts'
import { DeadlineHeap } from './deadline-heap.ts'

/** Kinesis service quotas: a shard takes 1,000 records and 1 MB a second. KPL counts with 1 MiB. */
const RECORDS_PER_SECOND = 1_000
const BYTES_PER_SECOND = MEBIBYTE
/** Tokens that an idle shard saves up; the bytes are those of one largest record. */
const RECORDS_CAPACITY = 1_000
const BYTES_CAPACITY = 10 * MEBIBYTE
/** How often KPL looks whether something may go. */
export const DRAIN_INTERVAL_MS = 25
/** A throttled shard goes on at 7 tenths of its rate, not lowered twice within 200 ms, and not below 5 percent... */
const SLOWDOWN = 0.7
const SLOWDOWN_INTERVAL_MS = 200
const SHARE_MIN = 0.05
/** ...and gains 10 percent of the full rate each second without throttling. */
const RECOVERY_PER_SECOND = 0.1

class ShardPace {
  readonly waiting = new DeadlineHeap<Bundle>()
  records = RECORDS_CAPACITY
  bytes = BYTES_CAPACITY
  refilledAt: number
  /** of the configured rate, SHARE_MIN to 1 */
  share = 1
  slowedAt = Number.NEGATIVE_INFINITY

  constructor(now: number) {
    this.refilledAt = now
  }
}

export interface LimiterOptions {
  /** 1 is the shard's own limit */
  readonly rate: number
  readonly adaptive: boolean
  /** gets each bundle that may go */
  readonly emit: (bundle: Bundle) => void
}

export class Limiter {
  readonly #options: LimiterOptions
  readonly #shards = new Map<string, ShardPace>()
  #waiting = 0
  #dueAt = Number.POSITIVE_INFINITY

  constructor(options: LimiterOptions) {
    this.#options = options
  }

  /** Bundles that wait for tokens. */
  get waiting(): number {
    return this.#waiting
  }

  /** When to look again, monotonic milliseconds; Infinity when nothing waits. */
  dueAt(): number {
    return this.#dueAt
  }

  add(bundle: Bundle, now: number): void {
    if (bundle.shard === null) {
      this.#options.emit(bundle)
      return
    }
    const pace = this.#pace(bundle.shard.shardId, now)
    pace.waiting.add(bundle)
    this.#waiting++
    this.#drain(pace, now)
    this.#findDue(now)
  }

  /** Lets go what has tokens by now. */
  advance(now: number): void {
    if (this.#waiting === 0) return
    for (const pace of this.#shards.values()) this.#drain(pace, now)
    this.#findDue(now)
  }

  /** The service throttled a record of that shard. */
  throttled(shardId: string, now: number): void {
    const pace = this.#shards.get(shardId)
    if (pace === undefined || !this.#options.adaptive) return
    this.#refill(pace, now)
    if (now - pace.slowedAt < SLOWDOWN_INTERVAL_MS) return
    pace.share = Math.max(SHARE_MIN, pace.share * SLOWDOWN)
    pace.slowedAt = now
    pace.records = 0
    pace.bytes = 0
  }

  /** Share of its configured rate at which a shard goes now, for tests and displays. */
  shareOf(shardId: string): number {
    return this.#shards.get(shardId)?.share ?? 1
  }

  /** Makes everything that waits due at `time` at the latest; it still needs tokens. */
  hasten(time: number): void {
    for (const pace of this.#shards.values()) pace.waiting.hasten(time)
  }

  /** Forgets shards that are not open any more and gives back what waited for them. */
  takeClosed(isOpen: (shardId: string) => boolean): Bundle[] {
    const bundles: Bundle[] = []
    for (const [shardId, pace] of this.#shards) {
      if (isOpen(shardId)) continue
      bundles.push(...pace.waiting.clear())
      this.#shards.delete(shardId)
    }
    this.#waiting -= bundles.length
    return bundles
  }

  #pace(shardId: string, now: number): ShardPace {
    const known = this.#shards.get(shardId)
    if (known !== undefined) return known
    const pace = new ShardPace(now)
    this.#shards.set(shardId, pace)
    return pace
  }

  #drain(pace: ShardPace, now: number): void {
    this.#refill(pace, now)
    for (let next = pace.waiting.peek(); next !== undefined; next = pace.waiting.peek()) {
      if (!next.dead && !this.#affords(pace, next)) break
      pace.waiting.take()
      this.#waiting--
      if (next.dead) continue
      pace.records -= 1
      pace.bytes -= next.dataBytes
      this.#options.emit(next)
    }
  }

  #affords(pace: ShardPace, { dataBytes }: Bundle): boolean {
    // an aggregate with its frame may be a little larger than any capacity; a full bucket lets it pass
    return pace.records >= 1 && (pace.bytes >= dataBytes || pace.bytes >= BYTES_CAPACITY)
  }

  #refill(pace: ShardPace, now: number): void {
    const seconds = (now - pace.refilledAt) / 1_000
    if (seconds <= 0) return
    pace.refilledAt = now
    const rate = this.#options.rate * pace.share
    pace.records = Math.min(RECORDS_CAPACITY, pace.records + seconds * RECORDS_PER_SECOND * rate)
    pace.bytes = Math.min(BYTES_CAPACITY, pace.bytes + seconds * BYTES_PER_SECOND * rate)
    pace.share = Math.min(1, pace.share + seconds * RECOVERY_PER_SECOND)
  }

  #findDue(now: number): void {
    this.#dueAt = Number.POSITIVE_INFINITY
    if (this.#waiting > 0) this.#dueAt = now + DRAIN_INTERVAL_MS
  }
}
