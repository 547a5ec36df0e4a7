/**
 * A file as a stream: its lines spread over shards. One reader of the file serves all shards, and reads on when a shard that has
 * nothing is asked. The stream's clock is the latest arrival, exact; a shard without records says so with that time, so a merge
 * needs no slack over it.
 */
import { MillraceError } from '../../core/errors.ts'
import { HASH_KEY_MAX, MEBIBYTE } from '../../core/limits.ts'
import type { RecordBatch } from '../../core/record.ts'
import type { ShardDescription, ShardRead, ShardReader, StartPosition, StreamSource } from '../../core/source.ts'
import { Waiters } from '../merge/waiters.ts'
import type { StampedLines } from './arrivals.ts'
import { replayShardId, slice, spread } from './line-records.ts'

/** What may wait in the shards before the file is read on. */
export const SOURCE_BYTES_MAX = 16 * MEBIBYTE

interface Shard {
  readonly queue: RecordBatch[]
  /** first record of the head of the queue that was not read */
  next: number
  /** number of the pull that its last reply knew of, while that reply was empty and nobody waited for more; else null */
  emptyAt: number | null
}

export interface FileSourceOptions {
  readonly name: string
  readonly lines: AsyncGenerator<StampedLines>
  /** 1 or more */
  readonly shards: number
  readonly bytesMax?: number
  /** called after each batch of lines */
  readonly onRead?: (records: number) => void
}

export class FileSource implements StreamSource {
  readonly streamName: string
  readonly #lines: AsyncGenerator<StampedLines>
  readonly #shards: readonly Shard[]
  readonly #bytesMax: number
  readonly #onRead: (records: number) => void
  readonly #changed = new Waiters()
  #queuedBytes = 0
  #pulls = 0
  #pulling: Promise<void> | null = null
  #isAtEnd = false
  #firstArrival: number | null = null
  #clock = Number.NEGATIVE_INFINITY

  constructor(options: FileSourceOptions) {
    this.streamName = options.name
    this.#lines = options.lines
    this.#shards = Array.from({ length: options.shards }, () => ({ queue: [], next: 0, emptyAt: null }))
    this.#bytesMax = options.bytesMax ?? SOURCE_BYTES_MAX
    this.#onRead = options.onRead ?? (() => {})
  }

  /** Arrival of the first record, epoch milliseconds; null for a file without records. Reads the start of the file. */
  async firstArrival(): Promise<number | null> {
    if (this.#firstArrival === null && !this.#isAtEnd) await this.#pull()
    return this.#firstArrival
  }

  /** Arrival of the latest record that was read, epoch milliseconds; null before the first. */
  get latestArrival(): number | null {
    return this.#clock === Number.NEGATIVE_INFINITY ? null : this.#clock
  }

  async listShards(): Promise<readonly ShardDescription[]> {
    const count = BigInt(this.#shards.length)
    return this.#shards.map((_, index) => ({
      shardId: replayShardId(index),
      parentShardIds: [],
      startingHashKey: (BigInt(index) * (HASH_KEY_MAX + 1n)) / count,
      endingHashKey: (BigInt(index + 1) * (HASH_KEY_MAX + 1n)) / count - 1n,
      closed: true,
    }))
  }

  /** A file is read once, from its start. */
  async openShard(shardId: string, from: StartPosition): Promise<ShardReader> {
    const shard = this.#shards.find((_, index) => replayShardId(index) === shardId)
    if (shard === undefined) throw new MillraceError('not_found', `${this.streamName} has no shard ${shardId}`)
    if (from.kind !== 'trimHorizon')
      throw new MillraceError(
        'invalid_argument',
        `a replay of ${this.streamName} begins at its start, not at ${from.kind}`,
      )
    return { shardId, read: recordsMax => this.#read(shard, recordsMax), close: async () => {} }
  }

  wait(signal: AbortSignal): Promise<void> {
    // Each empty reply is followed by one wait; the oldest reply decides whether there is news since.
    const waiting = this.#shards
      .filter(shard => shard.emptyAt !== null)
      .sort((a, b) => (a.emptyAt ?? 0) - (b.emptyAt ?? 0))[0]
    const knew = waiting?.emptyAt ?? 0
    if (waiting !== undefined) waiting.emptyAt = null
    if (knew < this.#pulls || this.#isAtEnd || this.#queuedBytes < this.#bytesMax) return Promise.resolve()
    return this.#changed.wait(signal)
  }

  async close(): Promise<void> {
    this.#isAtEnd = true
    await this.#lines.return(undefined)
    this.#changed.wake()
  }

  async #read(shard: Shard, recordsMax: number): Promise<ShardRead> {
    shard.emptyAt = null
    if (shard.queue.length === 0 && !this.#isAtEnd && this.#queuedBytes < this.#bytesMax) await this.#pull()
    const head = shard.queue[0]
    if (head === undefined) {
      if (!this.#isAtEnd) shard.emptyAt = this.#pulls
      const requestedAt = this.#clock
      return { records: EMPTY, millisBehindLatest: 0, requestedAt, ended: this.#isAtEnd }
    }
    const to = Math.min(head.length, shard.next + recordsMax)
    const records = slice(head, shard.next, to)
    shard.next = to
    if (to === head.length) {
      shard.queue.shift()
      shard.next = 0
      this.#queuedBytes -= sizeOf(head)
      this.#changed.wake()
    }
    return {
      records,
      millisBehindLatest: Math.max(0, this.#clock - (records.arrivedAt[records.length - 1] ?? 0)),
      requestedAt: this.#clock,
      ended: this.#isAtEnd && shard.queue.length === 0,
    }
  }

  /** Reads one batch of lines into the shards; those who ask meanwhile wait for the same one. */
  #pull(): Promise<void> {
    this.#pulling ??= this.#next().finally(() => {
      this.#pulling = null
      this.#pulls++
      this.#changed.wake()
    })
    return this.#pulling
  }

  async #next(): Promise<void> {
    const { value, done } = await this.#lines.next()
    if (done === true) {
      this.#isAtEnd = true
      return
    }
    const { lines, arrivedAt } = value
    this.#firstArrival ??= arrivedAt[0] ?? null
    this.#clock = arrivedAt[lines.length - 1] ?? this.#clock
    spread(lines, arrivedAt, this.#shards.length).forEach((records, index) => {
      if (records.length === 0) return
      this.#shards[index]?.queue.push(records)
      this.#queuedBytes += sizeOf(records)
    })
    this.#onRead(lines.length)
  }
}

const EMPTY: RecordBatch = {
  length: 0,
  bytes: new Uint8Array(),
  offsets: new Int32Array(),
  sizes: new Int32Array(),
  arrivedAt: new Float64Array(),
  rowtimes: new Float64Array(),
  sequenceNumber: () => '0',
  subsequenceNumber: () => 0,
  partitionKey: () => '',
  shardId: () => '',
}

function sizeOf(batch: RecordBatch): number {
  let sizeBytes = 0
  for (let i = 0; i < batch.length; i++) sizeBytes += batch.sizes[i] ?? 0
  return sizeBytes
}
