/**
 * The user records of one fetch as a reader of one shard gets them, by the rules of the KCL:
 *
 *   no aggregate, or a damaged one                        delivered as it is
 *   a user record whose hash key is outside the shard     the whole aggregate is dropped: another shard's reader has it too, or had
 *   an index outside its table                            what stands before it is delivered, the rest is lost
 *
 * Where the KCL says nothing, each drop is told with its place and reason. Nothing is copied: records are spans into the fetch.
 */
import type { RecordBatch } from '../../core/index.ts'
import { checkDigests } from '../../streams/aggregation/digests.ts'
import {
  type Aggregate,
  deliverableCount,
  type HashRange,
  looksAggregated,
  parseAggregate,
} from '../../streams/index.ts'
import type { RecordTable } from './consumer-record.ts'

/** User records that are in the stream and are not delivered. */
export interface DroppedAggregate {
  readonly shardId: string
  readonly sequenceNumber: string
  readonly partitionKey: string
  /** `outside_range`: all of them; `broken`: those after the last whole one */
  readonly kind: 'outside_range' | 'broken'
  /** user records that are lost with it */
  readonly records: number
  /** a sentence for people: what happened and what it means */
  readonly explanation: string
}

/** A decimal sequence number of digits only, with a place in it. */
interface Place {
  readonly sequenceNumber: string
  readonly subsequenceNumber: number
}

/** User records for each record of the last fetch: only a guess of room. */
let ratio = 1
const ROOM_MAX = 65_536

export class DeaggregatedRecords implements RecordTable {
  readonly dropped: DroppedAggregate[] = []
  /** bytes of what is delivered, as DataBytesProcessed counts them */
  readonly dataBytes: number
  #length = 0
  #dataBytes = 0
  readonly #records: RecordBatch
  readonly #range: HashRange | null
  readonly #aggregates = new Map<number, Aggregate>()
  #offsets: Int32Array
  #sizes: Int32Array
  /** by user record: the record that carried it, and its number in it; -1: it is that record */
  #carriers: Int32Array
  #inner: Int32Array

  /** @param range hash keys of the shard; null where they are not known, and nothing is dropped */
  constructor(records: RecordBatch, range: HashRange | null) {
    this.#records = records
    this.#range = range
    const room = Math.min(ROOM_MAX, Math.ceil(records.length * ratio) + 16)
    this.#offsets = new Int32Array(room)
    this.#sizes = new Int32Array(room)
    this.#carriers = new Int32Array(room)
    this.#inner = new Int32Array(room)
    this.#expand()
    this.dataBytes = this.#dataBytes
    ratio = this.#length / Math.max(1, records.length)
  }

  get length(): number {
    return this.#length
  }

  /** The first record after a position; the length when there is none. Records are in order. */
  firstAfter(place: Place, compare: (a: Place, b: Place) => number): number {
    let low = 0
    let high = this.#length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compare(this.place(middle), place) > 0) high = middle
      else low = middle + 1
    }
    return low
  }

  place(index: number): Place {
    return { sequenceNumber: this.sequenceNumber(index), subsequenceNumber: this.subsequenceNumber(index) }
  }

  data(index: number): Uint8Array {
    const offset = this.#offsets[index] ?? 0
    return this.#records.bytes.subarray(offset, offset + (this.#sizes[index] ?? 0))
  }

  partitionKey(index: number): string {
    const carrier = this.#carriers[index] ?? 0
    const inner = this.#inner[index] ?? -1
    return inner < 0
      ? this.#records.partitionKey(carrier)
      : (this.#aggregates.get(carrier)?.partitionKey(inner) ?? this.#records.partitionKey(carrier))
  }

  explicitHashKey(index: number): string | null {
    const inner = this.#inner[index] ?? -1
    return inner < 0 ? null : (this.#aggregates.get(this.#carriers[index] ?? 0)?.explicitHashKey(inner) ?? null)
  }

  sequenceNumber(index: number): string {
    return this.#records.sequenceNumber(this.#carriers[index] ?? 0)
  }

  subsequenceNumber(index: number): number {
    return Math.max(0, this.#inner[index] ?? 0)
  }

  arrivedAt(index: number): number {
    return this.#records.arrivedAt[this.#carriers[index] ?? 0] ?? 0
  }

  aggregated(index: number): boolean {
    return (this.#inner[index] ?? -1) >= 0
  }

  shardId(index: number): string {
    return this.#records.shardId(this.#carriers[index] ?? 0)
  }

  #expand(): void {
    const { bytes, offsets, sizes, length } = this.#records
    const spans: { readonly start: number; readonly end: number }[] = []
    for (let i = 0; i < length; i++) {
      const start = offsets[i] ?? 0
      const end = start + (sizes[i] ?? 0)
      if (looksAggregated(bytes, start, end)) spans.push({ start, end })
    }
    const right = spans.length === 0 ? null : checkDigests(bytes, spans)
    for (let i = 0, checked = 0; i < length; i++) {
      const start = offsets[i] ?? 0
      const end = start + (sizes[i] ?? 0)
      const isAggregate = right !== null && looksAggregated(bytes, start, end) && right[checked++] === 1
      const aggregate = isAggregate ? parseAggregate(bytes, start, end) : null
      if (aggregate === null) this.#push(start, end - start, i, -1)
      else this.#aggregate(aggregate, i)
    }
  }

  #aggregate(aggregate: Aggregate, carrier: number): void {
    const count = deliverableCount(aggregate, this.#range)
    const total = aggregate.length + aggregate.lost
    if (count < total) this.#drop(aggregate, carrier, count, total)
    if (count === 0) return
    this.#aggregates.set(carrier, aggregate)
    this.#reserve(count)
    for (let inner = 0; inner < count; inner++)
      this.#push(aggregate.offsets[inner] ?? 0, aggregate.sizes[inner] ?? 0, carrier, inner)
  }

  #drop(aggregate: Aggregate, carrier: number, count: number, total: number): void {
    const shardId = this.#records.shardId(carrier)
    const sequenceNumber = this.#records.sequenceNumber(carrier)
    // Nothing is delivered of one that is whole: only a hash key outside the shard does that.
    const isOutside = count === 0 && aggregate.length > 0 && deliverableCount(aggregate, null) > 0
    this.dropped.push({
      shardId,
      sequenceNumber,
      partitionKey: this.#records.partitionKey(carrier),
      kind: isOutside ? 'outside_range' : 'broken',
      records: total - count,
      explanation: isOutside
        ? `record ${sequenceNumber} of ${shardId} is an aggregate of ${total} user records, and not all of their hash keys belong to this shard (the stream was resharded while it was under way): none is delivered, as in the KCL; their producer put them again if it checks where records land`
        : `record ${sequenceNumber} of ${shardId} is an aggregate whose user records after number ${count - 1} cannot be read: ${count} of ${total} are delivered; its producer wrote it wrong`,
    })
  }

  #push(offset: number, size: number, carrier: number, inner: number): void {
    this.#reserve(1)
    const row = this.#length++
    this.#offsets[row] = offset
    this.#sizes[row] = size
    this.#carriers[row] = carrier
    this.#inner[row] = inner
    this.#dataBytes += size
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#offsets.length) return
    const room = Math.max(this.#offsets.length * 2, this.#length + more)
    const grown = (from: Int32Array): Int32Array => {
      const to = new Int32Array(room)
      to.set(from)
      return to
    }
    this.#offsets = grown(this.#offsets)
    this.#sizes = grown(this.#sizes)
    this.#carriers = grown(this.#carriers)
    this.#inner = grown(this.#inner)
  }
}
