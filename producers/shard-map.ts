/**
 * Which open shard takes a hash key, as far as the producer knows.
 *
 *   invalid ──► updating ──► ready ──► invalid   on evidence that a record went elsewhere
 *      ▲            │
 *      └────────────┘  the list could not be read: again after 1 s, growing by half to 30 s
 *
 * There is no periodic refresh and no timer: whoever needs the map asks `refresh`, and arms its own alarm by `retryAt`.
 */
import type { HashRange } from '../streams/index.ts'
import type { HashedKey, PlacedShard } from './hashed-key.ts'
import type { ListedShard } from './put-target.ts'

const RETRY_FIRST_MS = 1_000
const RETRY_GROWTH = 1.5
const RETRY_MS_MAX = 30_000
/** How long ranges of shards that are not open any more are kept, to judge late replies. */
const CLOSED_KEPT_MS = 60_000

export type ShardMapState = 'invalid' | 'updating' | 'ready'

type ListShards = (withClosed: boolean, signal: AbortSignal) => Promise<readonly ListedShard[]>

let maps = 0

interface KnownRange extends HashRange {
  /** when an update first missed it; null while it is open */
  readonly closedAt: number | null
}

export class ShardMap {
  readonly #list: ListShards
  readonly #onReady: () => void
  readonly #ranges = new Map<string, KnownRange>()
  /** open shards by ending hash key, and the upper 32 bits of those */
  #shards: readonly PlacedShard[] = []
  #tops: Float64Array = new Float64Array()
  #open: ReadonlySet<string> = new Set()
  #state: ShardMapState = 'invalid'
  /** of the shards above; no two maps of a process have the same, since keys remember it */
  #number = 0
  #updatedAt = Number.NEGATIVE_INFINITY
  #failures = 0
  #retryAt = Number.NEGATIVE_INFINITY
  #call = new AbortController()
  #refreshes = 0
  /** the next refresh reads closed shards too */
  #withClosed = false

  /** @param onReady called after each successful refresh */
  constructor(list: ListShards, onReady: () => void) {
    this.#list = list
    this.#onReady = onReady
  }

  get state(): ShardMapState {
    return this.#state
  }

  /** successful refreshes so far */
  get refreshes(): number {
    return this.#refreshes
  }

  /** When `refresh` will do something, monotonic milliseconds; Infinity while there is no need. */
  get retryAt(): number {
    return this.#state === 'invalid' ? this.#retryAt : Number.POSITIVE_INFINITY
  }

  /** Starts to read the list of shards where the map is invalid and the pause after a failure is over. */
  refresh(clock: { monotonicMs(): number }): void {
    if (this.#state !== 'invalid' || clock.monotonicMs() < this.#retryAt) return
    this.#state = 'updating'
    this.#call = new AbortController()
    void this.#read(clock, this.#call.signal)
  }

  /** Ends a refresh that is under way; it leaves no trace. */
  abort(): void {
    this.#call.abort()
  }

  /**
   * A record went elsewhere than predicted. Counts only when it was sent after the last update and the map still predicts the
   * same, so that many records of one call cause one refresh.
   */
  invalidate(sentAt: number, predictedShardId: string): void {
    if (this.#state !== 'ready' || sentAt <= this.#updatedAt || !this.#open.has(predictedShardId)) return
    this.#withClosed = false
    this.#state = 'invalid'
    this.#retryAt = Number.NEGATIVE_INFINITY
  }

  /**
   * The service named a shard that the map does not know. Closed shards are read too where a refresh was in vain: it may have
   * been closed again already. Where even that was in vain, the list lags, and is read again after the pause of a failure.
   */
  demand(sentAt: number, now: number): void {
    if (this.#state !== 'ready') return
    this.#state = 'invalid'
    this.#retryAt = Number.NEGATIVE_INFINITY
    if (sentAt > this.#updatedAt) return
    if (this.#withClosed) this.#failed(now)
    this.#withClosed = true
  }

  /** The shard that takes what the key routes; null when the map is not ready or no open shard has its hash key. */
  predict(route: HashedKey): PlacedShard | null {
    if (this.#state !== 'ready') return null
    if (route.mapNumber !== this.#number) {
      route.shard = this.#find(route)
      route.mapNumber = this.#number
    }
    return route.shard
  }

  /** Hash keys of a shard that is open or was until lately; null when it is not known. */
  rangeOf(shardId: string): HashRange | null {
    return this.#ranges.get(shardId) ?? null
  }

  isOpen(shardId: string): boolean {
    return this.#open.has(shardId)
  }

  #find(route: HashedKey): PlacedShard | null {
    const { top } = route
    let low = 0
    let high = this.#tops.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#tops[middle] ?? 0) < top) low = middle + 1
      else high = middle
    }
    const shard = this.#shards[low]
    if (shard === undefined) return null
    // the upper bits decide unless they are those of a border
    if (this.#tops[low] !== top && Number(shard.startingHashKey >> 96n) < top) return shard
    return this.#exact(route.hashKey, low)
  }

  #exact(hashKey: bigint, from: number): PlacedShard | null {
    for (let i = from; i < this.#shards.length; i++) {
      const shard = this.#shards[i]
      if (shard !== undefined && hashKey <= shard.endingHashKey) return hashKey < shard.startingHashKey ? null : shard
    }
    return null
  }

  async #read(clock: { monotonicMs(): number }, signal: AbortSignal): Promise<void> {
    let shards: readonly ListedShard[]
    try {
      shards = await this.#list(this.#withClosed, signal)
    } catch {
      // the records flow singly meanwhile; what is wrong with the stream, their own calls will say
      shards = []
    }
    if (signal.aborted) return
    const now = clock.monotonicMs()
    if (shards.length === 0) {
      this.#state = 'invalid'
      this.#failed(now)
      return
    }
    this.#failures = 0
    this.#retryAt = Number.NEGATIVE_INFINITY
    this.#take(shards, now)
    this.#onReady()
  }

  #take(listed: readonly ListedShard[], now: number): void {
    const shards = listed.filter(({ closed }) => closed !== true)
    this.#shards = shards
      .toSorted((a, b) => (a.endingHashKey < b.endingHashKey ? -1 : a.endingHashKey > b.endingHashKey ? 1 : 0))
      .map((shard, index) => ({ ...shard, index }))
    this.#number = ++maps
    this.#tops = Float64Array.from(this.#shards, shard => Number(shard.endingHashKey >> 96n))
    this.#open = new Set(shards.map(({ shardId }) => shardId))
    for (const [shardId, range] of this.#ranges)
      if (range.closedAt === null) this.#ranges.set(shardId, { ...range, closedAt: now })
      else if (range.closedAt < now - CLOSED_KEPT_MS) this.#ranges.delete(shardId)
    for (const { shardId, startingHashKey, endingHashKey, closed } of listed)
      this.#ranges.set(shardId, { startingHashKey, endingHashKey, closedAt: closed === true ? now : null })
    this.#updatedAt = now
    this.#refreshes++
    this.#state = 'ready'
  }

  #failed(now: number): void {
    this.#retryAt = now + Math.min(RETRY_MS_MAX, RETRY_FIRST_MS * RETRY_GROWTH ** this.#failures)
    this.#failures++
  }
}
