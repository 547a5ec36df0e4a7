/**
 * User records on their way to a call: predicted to a shard, packed, paced, collected. Moves them from stage to stage and knows
 * when the next move is due; sends nothing and settles nothing.
 */
import { Aggregator } from './aggregator.ts'
import type { Bundle } from './bundle.ts'
import { Collector } from './collector.ts'
import type { ProducerConfiguration } from './configuration.ts'
import type { Lanes } from './lanes.ts'
import { Limiter } from './limiter.ts'
import type { PendingRecord } from './pending.ts'
import type { RecordLimit } from './record-limit.ts'
import type { ShardMap } from './shard-map.ts'

/** KPL gives a bundle that comes out of the aggregator a fifth of the buffered time, at most 50 ms, to meet others of its call. */
const COLLECTION_SHARE = 0.2
const COLLECTION_MS_MAX = 50

export interface StagesOptions {
  readonly settings: ProducerConfiguration
  /** null: nothing is predicted, and each user record travels alone */
  readonly map: ShardMap | null
  readonly lanes: Lanes | null
  readonly callBytesMax: number
  readonly recordLimit: Pick<RecordLimit, 'bytesMax'>
}

export class Stages {
  readonly #map: ShardMap | null
  readonly #lanes: Lanes | null
  readonly #aggregator: Aggregator
  readonly #limiter: Limiter
  readonly #collector: Collector<Bundle>
  readonly #collectionMs: number
  #now = 0
  /** everything put up to here is due, from a flush; what comes in later has its own deadline */
  #hurryThrough = -1
  /** that left the aggregator so far */
  #bundles = 0

  constructor({ settings, map, lanes, callBytesMax, recordLimit }: StagesOptions) {
    this.#map = map
    this.#lanes = lanes
    this.#collectionMs =
      map === null ? 0 : Math.min(COLLECTION_MS_MAX, settings.RecordMaxBufferedTime * COLLECTION_SHARE)
    this.#aggregator = new Aggregator({
      countMax: settings.AggregationMaxCount,
      // the partition key of an aggregate is one letter
      get sizeBytesMax() {
        return Math.min(settings.AggregationMaxSize, recordLimit.bytesMax - 1)
      },
      lanes,
      emit: bundle => {
        this.#bundles++
        this.#limiter.add(bundle, this.#now)
      },
    })
    this.#limiter = new Limiter({
      rate: settings.RateLimit / 100,
      adaptive: settings.AdaptiveRateLimit,
      emit: bundle => this.#collect(bundle),
    })
    this.#collector = new Collector<Bundle>({
      countMax: settings.CollectionMaxCount,
      sizeBytesMax: Math.min(settings.CollectionMaxSize, callBytesMax),
    })
  }

  /**
   * Takes a record in, to be sent by its deadline if the limits allow.
   * @returns true when a bundle left the aggregator by that; false: nothing but the record's own deadline is new
   */
  offer(record: PendingRecord, deadline: number, now: number): boolean {
    const before = this.#bundles
    this.#now = now
    record.dueAt = Math.floor(record.order <= this.#hurryThrough ? now : Math.min(deadline, record.expiresAt))
    this.#pack(record)
    return this.#bundles !== before
  }

  /** Moves what can move now. */
  advance(now: number): void {
    this.#now = now
    this.#aggregator.advance(now)
    if (this.#limiter.dueAt() <= now) this.#limiter.advance(now)
  }

  /** Records have settled or come back, which may let go later ones of their keys. */
  unblock(now: number): void {
    this.#now = now
    this.#aggregator.unblock(now)
  }

  /** Makes all records up to an order due now, and those that come again later due as they come. */
  hurry(throughOrder: number, now: number): void {
    this.#now = now
    this.#hurryThrough = throughOrder
    this.#collector.hasten(now)
    this.#limiter.hasten(now)
    this.#aggregator.hasten(Math.floor(now))
  }

  /** The map is new: what waits is predicted again, and what waited for a shard that is closed is packed again. */
  remap(now: number): void {
    this.#now = now
    // all of them first: containers are those of the map before
    const waiting = this.#aggregator.takeAll()
    for (const bundle of this.#limiter.takeClosed(shardId => this.#map?.isOpen(shardId) === true)) this.unpack(bundle)
    for (const record of waiting) this.#pack(record)
  }

  /** True for a bundle that was made for a shard that is not open any more. Records that travel alone go anywhere. */
  isStale(bundle: Bundle): boolean {
    return (
      bundle.shard !== null &&
      bundle.records.length > 1 &&
      this.#map?.state === 'ready' &&
      !this.#map.isOpen(bundle.shard.shardId)
    )
  }

  /** Takes a bundle apart; its records keep their deadlines. */
  unpack(bundle: Bundle): void {
    for (const record of bundle.records) {
      if (record.settled) continue
      this.#lanes?.giveBack(record)
      this.#pack(record)
    }
  }

  /** A record that was predicted to that shard was throttled. */
  throttled(bundle: Bundle, now: number): void {
    if (bundle.shard !== null) this.#limiter.throttled(bundle.shard.shardId, now)
  }

  /** Bundles that wait for tokens of the limiter. */
  get limited(): number {
    return this.#limiter.waiting
  }

  /** When `advance` has something to do, monotonic milliseconds. */
  movesAt(): number {
    return Math.min(this.#aggregator.dueAt(), this.#limiter.dueAt())
  }

  /** When the next call should leave: at once (-Infinity) when it is full, never (Infinity) when nothing waits. */
  callAt(): number {
    return this.#collector.dueAt()
  }

  takeCall(): Bundle[] {
    return this.#collector.take()
  }

  #pack(record: PendingRecord): void {
    this.#aggregator.add(record, this.#map === null ? null : this.#map.predict(record.route))
  }

  #collect(bundle: Bundle): void {
    const hurried = bundle.order <= this.#hurryThrough
    bundle.dueAt = hurried
      ? this.#now
      : Math.min(bundle.expiresAt, Math.max(bundle.dueAt, this.#now + this.#collectionMs))
    this.#collector.add(bundle)
  }
}
