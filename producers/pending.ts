/** A user record between put and settlement, and the list of all of them. */
import type { AggregateTag } from '../streams/aggregation.ts'
import { hashKeyOf } from '../streams/index.ts'
import type { Bundle } from './bundle.ts'
import type { Attempt, Outcome, PutError } from './outcome.ts'
import type { UserRecordInput } from './user-record.ts'

/**
 * Where a user record is:
 *
 *   in_line ──► packing ──► bundled ──► sending ──► settled (stored, or given up)
 *                  ▲                     │     │
 *                  └────── resting ◄─────┘     └──► unplaced: stored on a shard that the map does not know yet
 *
 * packing: waits for company in the aggregator; bundled: part of a record that waits in limiter or collector; resting: waits for
 * its repeat after a failed attempt. From everywhere but `sending` it can also expire, and from everywhere be given up at the
 * deadline of close.
 */
export type Stage = 'in_line' | 'packing' | 'bundled' | 'sending' | 'unplaced' | 'resting' | 'settled'

export class PendingRecord {
  readonly partitionKey: string
  /** only one that the caller gave */
  readonly explicitHashKey: string | undefined
  /** only of records for Kafka */
  readonly partition: number | undefined
  readonly headers: UserRecordInput['headers']
  readonly data: Uint8Array
  /** UTF-8 bytes of the partition key, and of the headers */
  readonly keyBytes: number
  readonly tags: readonly AggregateTag[] | undefined
  /** rising with each put */
  readonly order: number
  /** monotonic milliseconds, as all instants here */
  readonly arrivedAt: number
  readonly expiresAt: number
  /** its deadline in the aggregator; while it rests, when it comes back */
  dueAt = 0
  stage: Stage = 'in_line'
  /** the record that it is part of, while it is bundled or sent */
  bundle: Bundle | null = null
  /** end of the last attempt, or arrival */
  lastEndedAt: number
  attempts: Attempt[] = []
  /** attempts so far, kept or not */
  tries = 0
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: PutError) => void
  previous: PendingRecord | null = null
  next: PendingRecord | null = null

  constructor(
    input: UserRecordInput,
    checked: { readonly explicitHashKey: string | undefined; readonly keyBytes: number },
    tags: readonly AggregateTag[] | undefined,
    order: number,
    arrivedAt: number,
    ttlMs: number,
    resolve: (outcome: Outcome) => void,
    reject: (error: PutError) => void,
  ) {
    this.partitionKey = input.partitionKey
    this.partition = input.partition
    this.headers = input.headers
    this.data = input.data
    this.explicitHashKey = checked.explicitHashKey
    this.keyBytes = checked.keyBytes
    this.tags = tags
    this.order = order
    this.arrivedAt = arrivedAt
    this.lastEndedAt = arrivedAt
    this.expiresAt = arrivedAt + ttlMs
    this.resolve = resolve
    this.reject = reject
  }

  /** Data, partition key and headers. */
  get sizeBytes(): number {
    return this.data.length + this.keyBytes
  }

  /** What was put, for the error of a record that was given up. */
  get input(): UserRecordInput {
    const { partitionKey, data, explicitHashKey, partition, headers } = this
    return {
      partitionKey,
      data,
      ...(explicitHashKey === undefined ? {} : { explicitHashKey }),
      ...(partition === undefined ? {} : { partition }),
      ...(headers === undefined ? {} : { headers }),
    }
  }

  get settled(): boolean {
    return this.stage === 'settled'
  }

  get hashKey(): bigint {
    return this.explicitHashKey === undefined ? hashKeyOf(this.partitionKey) : BigInt(this.explicitHashKey)
  }
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
