/**
 * A source whose records are user records: aggregates that a producer packed are unpacked, everything else passes as it is.
 *
 * The whole stream is read, so the rule by which a reader of single shards drops aggregates with keys of other shards does not
 * apply: it would only lose records. An aggregate with a broken end gives what is whole in it, and then itself as one more
 * record, so that what it held ends in the error output and not in silence.
 */
import {
  compareSequenceNumbers,
  type Position,
  type RecordBatch,
  RecordBatchBuilder,
  recordBytes,
  type ShardDescription,
  type ShardRead,
  type ShardReader,
  type StartPosition,
  type StreamSource,
} from '../core/index.ts'
import { type Aggregate, decodeAggregate, deliverableCount, looksAggregated } from './aggregation.ts'

export class DeaggregatedSource implements StreamSource {
  readonly #source: StreamSource

  /** @param source must read a record again when it is opened after a position whose subsequence number is below 0 */
  constructor(source: StreamSource) {
    this.#source = source
  }

  get streamName(): string {
    return this.#source.streamName
  }

  listShards(signal: AbortSignal): Promise<readonly ShardDescription[]> {
    return this.#source.listShards(signal)
  }

  /** A position names a user record: reading goes on with the one after it, also within an aggregate. */
  async openShard(shardId: string, from: StartPosition): Promise<ShardReader> {
    if (from.kind !== 'after') return new DeaggregatedReader(await this.#source.openShard(shardId, from), null)
    const record: StartPosition = { kind: 'after', position: { ...from.position, subsequenceNumber: -1 } }
    return new DeaggregatedReader(await this.#source.openShard(shardId, record), from.position)
  }

  wait(signal: AbortSignal): Promise<void> {
    return this.#source.wait(signal)
  }

  close(): Promise<void> {
    return this.#source.close()
  }
}

class DeaggregatedReader implements ShardReader {
  readonly #reader: ShardReader
  /** the last user record that was read before; null once reading is past it */
  #after: Position | null

  constructor(reader: ShardReader, after: Position | null) {
    this.#reader = reader
    this.#after = after
  }

  get shardId(): string {
    return this.#reader.shardId
  }

  async read(recordsMax: number, signal: AbortSignal): Promise<ShardRead> {
    const read = await this.#reader.read(recordsMax, signal)
    return { ...read, records: this.#unpack(read.records) }
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  #unpack(records: RecordBatch): RecordBatch {
    let first = this.#after === null ? 0 : -1
    for (let i = 0; first < 0 && i < records.length; i++) {
      const order = compareSequenceNumbers(records.sequenceNumber(i), this.#after?.sequenceNumber ?? '0')
      if (order >= 0) first = i
    }
    const isPlain = first === 0 && this.#after === null && !hasAggregate(records)
    if (isPlain || records.length === 0) return records
    const builder = new RecordBatchBuilder()
    for (let i = Math.max(first, 0); first >= 0 && i < records.length; i++) this.#add(records, i, builder)
    return builder.take()
  }

  #add(records: RecordBatch, index: number, builder: RecordBatchBuilder): void {
    const after = this.#after
    const isResumed = after !== null && records.sequenceNumber(index) === after.sequenceNumber
    const from = isResumed ? after.subsequenceNumber + 1 : 0
    this.#after = null
    const bytes = recordBytes(records, index)
    const aggregate = looksAggregated(bytes) ? decodeAggregate(bytes) : null
    if (aggregate === null) {
      if (from === 0) builder.addRun(records, index, index + 1)
      return
    }
    const count = deliverableCount(aggregate, null)
    for (let inner = from; inner < count; inner++) addInner(records, index, aggregate, inner, builder)
    if (aggregate.lost === 0 && count === aggregate.length) return
    if (count >= from) builder.add({ ...common(records, index), data: bytes, subsequenceNumber: count })
  }
}

function hasAggregate(records: RecordBatch): boolean {
  for (let i = 0; i < records.length; i++) {
    const offset = records.offsets[i] ?? 0
    if (looksAggregated(records.bytes, offset, offset + (records.sizes[i] ?? 0))) return true
  }
  return false
}

function addInner(
  records: RecordBatch,
  index: number,
  aggregate: Aggregate,
  inner: number,
  builder: RecordBatchBuilder,
): void {
  const offset = aggregate.offsets[inner] ?? 0
  builder.add({
    ...common(records, index),
    data: aggregate.bytes.subarray(offset, offset + (aggregate.sizes[inner] ?? 0)),
    subsequenceNumber: inner,
    partitionKey: aggregate.partitionKey(inner),
  })
}

/** What a user record has from the record that carried it. */
function common(records: RecordBatch, index: number) {
  return {
    arrivedAt: records.arrivedAt[index] ?? 0,
    rowtime: records.rowtimes[index] ?? 0,
    sequenceNumber: records.sequenceNumber(index),
    partitionKey: records.partitionKey(index),
    shardId: records.shardId(index),
  }
}
