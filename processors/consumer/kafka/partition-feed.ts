/**
 * The records of one partition between kafkajs, which fetches for all partitions together, and its shard consumer:
 *
 *   eachBatch ─► accept ─► queue ─► read        full: the partition is paused; half empty: it goes on
 *
 * So neither a slow partition nor one that stands still holds up the others, or the heartbeats between fetches. A batch that does
 * not begin where the last one ended is not taken: such are left over from before a rebalance, or the broker has no such offset.
 */
import { type Clock, MillraceError, type ShardRead, type ShardReader } from '../../../core/index.ts'
import type { KafkaBatchLike, KafkaMessageLike } from './client.ts'
import { kafkaRecordBatch, shardIdOf } from './kafka-records.ts'

export interface FeedBounds {
  readonly bytesMax: number
  readonly recordsMax: number
}

export interface PartitionFeedOptions {
  readonly topic: string
  readonly partition: number
  readonly bounds: FeedBounds
  readonly clock: Pick<Clock, 'now'>
  /** nothing further is wanted for now */
  pause(): void
  resume(): void
}

/** Bytes that a message is counted with beyond its key and value: its objects. */
const MESSAGE_BYTES = 100

interface Fetched {
  messages: readonly KafkaMessageLike[]
  readonly highWatermark: bigint
  /** the offset after the batch, with what readers do not see */
  readonly end: bigint
}

export class PartitionFeed implements ShardReader {
  readonly shardId: string
  readonly #options: PartitionFeedOptions
  readonly #queue: Fetched[] = []
  #bytes = 0
  #records = 0
  #isPaused = false
  #isClosed = false
  #next: bigint
  #wake: (() => void) | null = null
  /** of the last batch that was read: after its last record come others that readers do not see */
  #gap: { readonly last: bigint; readonly end: bigint } | null = null

  /** @param start the offset of the first record that is wanted */
  constructor(start: bigint, options: PartitionFeedOptions) {
    this.#next = start
    this.#options = options
    this.shardId = shardIdOf(options.topic, options.partition)
  }

  /** the offset that the next batch begins with */
  get next(): bigint {
    return this.#next
  }

  get queuedBytes(): number {
    return this.#bytes
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Fetching goes on by the will of another: where that is too much still, the next batch pauses it again. */
  resumed(): void {
    this.#isPaused = false
  }

  /** False when the batch begins elsewhere and was not taken. */
  accept(batch: KafkaBatchLike): boolean {
    const first = BigInt(batch.fetchedOffset ?? batch.firstOffset() ?? batch.lastOffset())
    if (this.#isClosed || first !== this.#next) return false
    this.#next = BigInt(batch.lastOffset()) + 1n
    const { messages } = batch
    if (messages.length === 0) return true
    this.#queue.push({ messages, highWatermark: BigInt(batch.highWatermark), end: this.#next })
    this.#bytes += bytesOf(messages)
    this.#records += messages.length
    const { bytesMax, recordsMax } = this.#options.bounds
    if (!this.#isPaused && (this.#bytes >= bytesMax || this.#records >= recordsMax)) {
      this.#isPaused = true
      this.#options.pause()
    }
    this.#wake?.()
    return true
  }

  /** kafkajs went over records that readers do not see: those of aborted transactions, and markers. False when it should not have. */
  skip(firstOffset: string | null, lastOffset: string): boolean {
    if (this.#isClosed) return false
    const last = BigInt(lastOffset)
    // Without a first one everything fetched lies before the offset that was asked for, and kafkajs calls that one the last.
    if (firstOffset === null ? last !== this.#next : BigInt(firstOffset) > this.#next) return false
    const end = last + 1n
    if (end > this.#next) this.#next = end
    return true
  }

  /** The offset after a record, with those behind it that readers do not see. */
  endOf(offset: bigint): bigint {
    return this.#gap?.last === offset ? this.#gap.end : offset + 1n
  }

  /** Waits for records. @throws MillraceError `aborted` */
  async read(recordsMax: number, signal: AbortSignal): Promise<ShardRead> {
    const requestedAt = this.#options.clock.now()
    while (this.#queue.length === 0) {
      if (signal.aborted || this.#isClosed) throw new MillraceError('aborted', `reading ${this.shardId} was ended`)
      await new Promise<void>(resolve => {
        const wake = (): void => {
          this.#wake = null
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#wake = wake
        signal.addEventListener('abort', wake, { once: true })
      })
    }
    const fetched = this.#queue[0] as Fetched
    const messages = fetched.messages.slice(0, recordsMax)
    fetched.messages = fetched.messages.slice(recordsMax)
    const last = messages.at(-1)
    if (fetched.messages.length === 0) {
      this.#queue.shift()
      if (last !== undefined) this.#gap = { last: BigInt(last.offset), end: fetched.end }
    }
    this.#bytes -= bytesOf(messages)
    this.#records -= messages.length
    this.#resumeWithRoom()
    const isAtTip = this.#queue.length === 0 && fetched.messages.length === 0 && fetched.end >= fetched.highWatermark
    const { topic, partition, clock } = this.#options
    return {
      records: kafkaRecordBatch(topic, partition, messages),
      // Kafka counts records, not time: how long ago the last one was written comes nearest.
      millisBehindLatest: isAtTip ? 0 : Math.max(0, clock.now() - Number(last?.timestamp)),
      requestedAt,
      ended: false,
    }
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#queue.length = 0
    this.#bytes = 0
    this.#records = 0
    this.#wake?.()
    return Promise.resolve()
  }

  #resumeWithRoom(): void {
    const { bytesMax, recordsMax } = this.#options.bounds
    if (!this.#isPaused || this.#isClosed || this.#bytes > bytesMax / 2 || this.#records > recordsMax / 2) return
    this.#isPaused = false
    this.#options.resume()
  }
}

function bytesOf(messages: readonly KafkaMessageLike[]): number {
  let sizeBytes = 0
  for (const { key, value } of messages) sizeBytes += MESSAGE_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  return sizeBytes
}
