/** A user record between put and settlement, and the list of all of them. */
import type { MillraceError } from '../core/index.ts'
import type { AggregateTag, KeyedItem } from '../streams/aggregation/item.ts'
import type { Bundle } from './bundle.ts'
import type { HashedKey } from './hashed-key.ts'
import type { Lane } from './lanes.ts'
import type { Attempt, Outcome } from './outcome.ts'
import type { PutBatch } from './put-batch.ts'
import type { UserRecordInput } from './user-record.ts'

/** Of a promise. */
export type Resolve = (outcome: Outcome | PromiseLike<Outcome>) => void

/**
 * Where a user record is:
 *
 *   in_line ──► packing ──► bundled ──► settled (stored, or given up)
 *                  ▲           │
 *                  └─ resting ◄┘
 *
 * packing: waits for company in the aggregator; bundled: part of a record, whose own stage says whether that waits, is on its way
 * or lies on a shard that the map does not know yet; resting: waits for its repeat after a failed attempt. From everywhere but
 * a bundle on its way it can also expire, and from everywhere be given up at the deadline of close.
 */
export type Stage = 'in_line' | 'packing' | 'bundled' | 'resting' | 'settled'

/** What only a record for Kafka has. */
export type TopicPlace = Pick<UserRecordInput, 'partition' | 'headers'>

/** What few records have. */
interface Rare {
  explicitKey: HashedKey | null
  tags: readonly AggregateTag[] | undefined
  topicPlace: TopicPlace | null
  failures: Failures | null
  lane: Lane | null
}

const NOTHING_RARE: Readonly<Rare> = {
  explicitKey: null,
  tags: undefined,
  topicPlace: null,
  failures: null,
  lane: null,
}

/**
 * There are tens of thousands of them at a time, and the collector of garbage copies each twice: so it has few fields, what few
 * records have is apart, and its times are whole numbers, which need no box.
 */
export class PendingRecord implements KeyedItem {
  key: HashedKey
  readonly data: Uint8Array
  /** data, partition key and headers */
  readonly sizeBytes: number
  /** rising with each put */
  readonly order: number
  /** monotonic milliseconds, as all instants here */
  readonly arrivedAt: number
  readonly expiresAt: number
  /** its deadline in the aggregator; while it rests, when it comes back */
  dueAt = 0
  stage: Stage = 'in_line'
  /** the record that it is part of, while it is bundled */
  bundle: Bundle | null = null
  readonly #owner: Resolve | PutBatch
  #rare: Rare | null = null

  /**
   * @param owner resolves its promise, also with a rejected one: a function for that, for each record, would be kept for nothing; or the
   *   batch in which it was put
   */
  constructor(
    key: HashedKey,
    data: Uint8Array,
    sizeBytes: number,
    order: number,
    arrivedAt: number,
    expiresAt: number,
    owner: Resolve | PutBatch,
  ) {
    this.key = key
    this.data = data
    this.sizeBytes = sizeBytes
    this.order = order
    this.arrivedAt = arrivedAt
    this.expiresAt = expiresAt
    this.#owner = owner
  }

  resolve(outcome: Outcome): void {
    if (typeof this.#owner === 'function') this.#owner(outcome)
    else this.#owner.settle(this.order, outcome)
  }

  /** Its promise is rejected two microtasks later. */
  reject(error: MillraceError): void {
    if (typeof this.#owner === 'function') this.#owner(Promise.reject(error))
    else this.#owner.settle(this.order, error)
  }

  /** only one that the caller gave */
  get explicitKey(): HashedKey | null {
    return this.#rare === null ? null : this.#rare.explicitKey
  }
  set explicitKey(key: HashedKey | null) {
    if (key !== this.explicitKey) this.#needRare().explicitKey = key
  }

  get tags(): readonly AggregateTag[] | undefined {
    return this.#rare === null ? undefined : this.#rare.tags
  }
  set tags(tags: readonly AggregateTag[] | undefined) {
    if (tags !== this.tags) this.#needRare().tags = tags
  }

  get topicPlace(): TopicPlace | null {
    return this.#rare === null ? null : this.#rare.topicPlace
  }
  set topicPlace(place: TopicPlace | null) {
    if (place !== this.topicPlace) this.#needRare().topicPlace = place
  }

  /** null: none has failed */
  get failures(): Failures | null {
    return this.#rare === null ? null : this.#rare.failures
  }
  set failures(failures: Failures | null) {
    if (failures !== this.failures) this.#needRare().failures = failures
  }

  /** where keys keep their order */
  get lane(): Lane | null {
    return this.#rare === null ? null : this.#rare.lane
  }
  set lane(lane: Lane | null) {
    if (lane !== this.lane) this.#needRare().lane = lane
  }

  /** The key that routes it. */
  get route(): HashedKey {
    return this.explicitKey ?? this.key
  }

  /** Bytes of the data, without a look at it: much else was touched since the put. */
  get dataBytes(): number {
    return this.topicPlace === null ? this.sizeBytes - this.key.sizeBytes : this.data.length
  }

  get settled(): boolean {
    return this.stage === 'settled'
  }

  /** Attempts that failed, kept or not. */
  get tries(): number {
    return this.failures === null ? 0 : this.failures.count
  }

  /** Attempts that failed with that code, one after the other, up to the last; of those that are kept. */
  triesWith(code: string): number {
    const attempts = this.failures === null ? [] : this.failures.attempts
    return attempts.length - 1 - attempts.findLastIndex(attempt => attempt.errorCode !== code)
  }

  /** What was put, for the error of a record that was given up. */
  get input(): UserRecordInput {
    const { key, data, explicitKey, topicPlace } = this
    return {
      partitionKey: key.text,
      data,
      ...(explicitKey === null ? {} : { explicitHashKey: explicitKey.text }),
      ...topicPlace,
    }
  }

  #needRare(): Rare {
    this.#rare ??= { ...NOTHING_RARE }
    return this.#rare
  }
}

/** The failed attempts of a record. Few records have any. */
export interface Failures {
  /** at most `ATTEMPTS_KEPT_MAX` */
  readonly attempts: Attempt[]
  count: number
  lastEndedAt: number
}
