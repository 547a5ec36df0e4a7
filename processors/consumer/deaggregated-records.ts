/**
 * The user records of one fetch as a reader of one shard gets them, by the rules of the KCL:
 *
 *   no aggregate, or a damaged one                        delivered as it is
 *   a user record whose hash key is outside the shard     the whole aggregate is dropped: another shard's reader has it too, or had
 *   an index outside its table                            what stands before it is delivered, the rest is lost
 *
 * Where the KCL says nothing, each drop is told with its place and reason. Nothing is copied: records are spans into the fetch. Only
 * aggregates that our producer compressed, which the KCL does not know, are uncompressed first.
 */
import type { RecordBatch } from '../../core/index.ts'
import { parseAggregate } from '../../streams/aggregation/decode.ts'
import { withPlainAggregates } from '../../streams/compression/plain-aggregates.ts'
import { type Aggregate, deliverableCount, type HashRange } from '../../streams/index.ts'
import { eachCarrier, UserSpans } from '../../streams/user-spans.ts'
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
  readonly #records: RecordBatch
  readonly #range: HashRange | null
  readonly #aggregates = new Map<number, Aggregate>()
  /** the inner number is -1 where a user record is the record that carried it */
  readonly #spans: UserSpans

  /**
   * @param range hash keys of the shard; null where they are not known, and nothing is dropped
   * @param unpacks false where aggregates are records like any other, as in a Kafka topic. Default true
   */
  constructor(records: RecordBatch, range: HashRange | null, unpacks = true) {
    const plain = unpacks ? withPlainAggregates(records) : records
    this.#records = plain
    this.#range = range
    this.#spans = new UserSpans(Math.min(ROOM_MAX, Math.ceil(records.length * ratio) + 16))
    if (unpacks)
      eachCarrier(plain, 0, (carrier, start, end, isAggregate) => {
        const aggregate = isAggregate ? parseAggregate(plain.bytes, start, end) : null
        if (aggregate === null) this.#spans.push(start, end - start, carrier, -1)
        else this.#aggregate(aggregate, carrier)
      })
    else
      for (let i = 0; i < records.length; i++) this.#spans.push(records.offsets[i] ?? 0, records.sizes[i] ?? 0, i, -1)
    const { sizes, length } = this.#spans
    let dataBytes = 0
    for (let i = 0; i < length; i++) dataBytes += sizes[i] ?? 0
    this.dataBytes = dataBytes
    ratio = length / Math.max(1, records.length)
  }

  get length(): number {
    return this.#spans.length
  }

  /** The first record after a position; the length when there is none. Records are in order. */
  firstAfter(place: Place, compare: (a: Place, b: Place) => number): number {
    let low = 0
    let high = this.#spans.length
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

  /** The record that carried a user record, by its number in the fetch. */
  carrier(index: number): number {
    return this.#spans.carriers[index] ?? 0
  }

  data(index: number): Uint8Array {
    const offset = this.#spans.offsets[index] ?? 0
    return this.#records.bytes.subarray(offset, offset + (this.#spans.sizes[index] ?? 0))
  }

  partitionKey(index: number): string {
    const carrier = this.#spans.carriers[index] ?? 0
    const inner = this.#spans.inner[index] ?? -1
    return inner < 0
      ? this.#records.partitionKey(carrier)
      : (this.#aggregates.get(carrier)?.partitionKey(inner) ?? this.#records.partitionKey(carrier))
  }

  explicitHashKey(index: number): string | null {
    const inner = this.#spans.inner[index] ?? -1
    return inner < 0 ? null : (this.#aggregates.get(this.#spans.carriers[index] ?? 0)?.explicitHashKey(inner) ?? null)
  }

  sequenceNumber(index: number): string {
    return this.#records.sequenceNumber(this.#spans.carriers[index] ?? 0)
  }

  subsequenceNumber(index: number): number {
    return Math.max(0, this.#spans.inner[index] ?? 0)
  }

  arrivedAt(index: number): number {
    return this.#records.arrivedAt[this.#spans.carriers[index] ?? 0] ?? 0
  }

  aggregated(index: number): boolean {
    return (this.#spans.inner[index] ?? -1) >= 0
  }

  shardId(index: number): string {
    return this.#records.shardId(this.#spans.carriers[index] ?? 0)
  }

  #aggregate(aggregate: Aggregate, carrier: number): void {
    const count = deliverableCount(aggregate, this.#range)
    const total = aggregate.length + aggregate.lost
    if (count < total) this.#drop(aggregate, carrier, count, total)
    if (count === 0) return
    this.#aggregates.set(carrier, aggregate)
    this.#spans.pushAggregate(aggregate, 0, count, carrier)
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
}
