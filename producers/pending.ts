/** A user record between put and settlement, and the list of all of them. */
import type { MillraceError } from '../core/index.ts'
import type { AggregateTag, KeyedItem } from '../streams/aggregation/item.ts'
import type { Bundle } from './bundle.ts'
import type { HashedKey } from './hashed-key.ts'
import type { Lane } from './lanes.ts'
import type { Attempt, Outcome } from './outcome.ts'
import type { UserRecordInput } from './user-record.ts'

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

/** There are tens of thousands of them at a time, so it has few fields, and its times are whole numbers, which need no box. */
export class PendingRecord implements KeyedItem {
  key: HashedKey
  /** only one that the caller gave */
  explicitKey: HashedKey | null
  readonly data: Uint8Array
  readonly tags: readonly AggregateTag[] | undefined
  readonly topicPlace: TopicPlace | null
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
  /** null: none has failed */
  failures: Failures | null = null
  /** where keys keep their order */
  lane: Lane | null = null
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: MillraceError) => void
  previous: PendingRecord | null = null
  next: PendingRecord | null = null

  constructor(
    key: HashedKey,
    explicitKey: HashedKey | null,
    data: Uint8Array,
    tags: readonly AggregateTag[] | undefined,
    topicPlace: TopicPlace | null,
    sizeBytes: number,
    order: number,
    arrivedAt: number,
    expiresAt: number,
    resolve: (outcome: Outcome) => void,
    reject: (error: MillraceError) => void,
  ) {
    this.key = key
    this.explicitKey = explicitKey
    this.data = data
    this.tags = tags
    this.topicPlace = topicPlace
    this.sizeBytes = sizeBytes
    this.order = order
    this.arrivedAt = arrivedAt
    this.expiresAt = expiresAt
    this.resolve = resolve
    this.reject = reject
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
}

/** The failed attempts of a record. Few records have any. */
export interface Failures {
  /** at most `ATTEMPTS_KEPT_MAX` */
  readonly attempts: Attempt[]
  count: number
  lastEndedAt: number
}

/** All that have not settled, in the order of their puts, which is also the order in which they expire. */
export class OutstandingList {
  #first: PendingRecord | null = null
  #last: PendingRecord | null = null
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): PendingRecord | null {
    return this.#first
  }

  add(record: PendingRecord): void {
    record.previous = this.#last
    if (this.#last === null) this.#first = record
    else this.#last.next = record
    this.#last = record
    this.#size++
  }

  remove(record: PendingRecord): void {
    if (record.previous === null) this.#first = record.next
    else record.previous.next = record.next
    if (record.next === null) this.#last = record.previous
    else record.next.previous = record.previous
    record.previous = null
    record.next = null
    this.#size--
  }
}
