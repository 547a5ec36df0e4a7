/** An embedded stream as a source for code in the same process: no HTTP, no iterators, and bytes are not copied. */
import {
  type Clock,
  GET_RECORDS_BYTES_MAX,
  MillraceError,
  type ShardDescription,
  type ShardRead,
  type ShardReader,
  type StartPosition,
  type StreamSource,
} from '../../core/index.ts'
import type { LocalShard } from './local-shard.ts'
import { batchOf } from './shard-slices.ts'

/** How long `wait` waits at most when nothing is put. */
export const WAIT_MS_MAX = 1_000

/** What a source asks of its stream. */
export interface SourceStream {
  readonly streamName: string
  readonly clock: Clock
  listShards(): Promise<readonly ShardDescription[]>
  shard(shardId: string): LocalShard
  startCounter(shard: LocalShard, from: StartPosition): Promise<number>
  /** records put before this instant are trimmed */
  trimmedBefore(now: number): number
  /** @param arrivedAt of the last record of an answer that did not reach the tip */
  millisBehind(arrivedAt: number | null, now: number): number
  /** true when the shard takes no more records and all it took may be read */
  isOver(shard: LocalShard): boolean
  /** Calls back once when something was put or the stream was sealed; the result takes it back. */
  onChange(callback: () => void): () => void
}

export class LocalSource implements StreamSource {
  readonly #stream: SourceStream
  readonly #readers = new Set<LocalShardReader>()

  constructor(stream: SourceStream) {
    this.#stream = stream
  }

  get streamName(): string {
    return this.#stream.streamName
  }

  listShards(signal: AbortSignal): Promise<readonly ShardDescription[]> {
    refuseAborted(signal)
    return this.#stream.listShards()
  }

  /**
   * `after` a position whose subsequence number is below 0 starts with the record itself: that is how a de-aggregating reader
   * comes back to the rest of a half-read record.
   * @throws MillraceError `not_found`, `invalid_argument`
   */
  async openShard(shardId: string, from: StartPosition): Promise<ShardReader> {
    const shard = this.#stream.shard(shardId)
    const counter = await this.#stream.startCounter(shard, from)
    const reader = new LocalShardReader(this.#stream, shard, counter, () => this.#readers.delete(reader))
    this.#readers.add(reader)
    return reader
  }

  async wait(signal: AbortSignal): Promise<void> {
    refuseAborted(signal)
    for (const reader of this.#readers) if (reader.hasNews) return
    const timer = new AbortController()
    await new Promise<void>(resolve => {
      const takeBack = this.#stream.onChange(resolve)
      const end = (): void => {
        takeBack()
        resolve()
      }
      signal.addEventListener('abort', end, { once: true })
      void this.#stream.clock.sleep(WAIT_MS_MAX, timer.signal).then(() => {
        signal.removeEventListener('abort', end)
        end()
      })
    })
    timer.abort()
    refuseAborted(signal)
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#readers, reader => reader.close()))
  }
}

class LocalShardReader implements ShardReader {
  readonly #stream: SourceStream
  readonly #shard: LocalShard
  readonly #onClose: () => void
  #counter: number
  #wasAtTip = false
  #ended = false
  #closed = false

  constructor(stream: SourceStream, shard: LocalShard, counter: number, onClose: () => void) {
    this.#stream = stream
    this.#shard = shard
    this.#counter = counter
    this.#onClose = onClose
  }

  get shardId(): string {
    return this.#shard.shardId
  }

  /** True when the last read reached the tip and the next would find something. Whoever stopped before the tip knows there is more. */
  get hasNews(): boolean {
    return this.#wasAtTip && !this.#ended && (this.#counter < this.#shard.log.tip || this.#stream.isOver(this.#shard))
  }

  async read(recordsMax: number, signal: AbortSignal): Promise<ShardRead> {
    refuseAborted(signal)
    if (this.#closed) throw new MillraceError('closed', `reader of ${this.shardId} is closed; open the shard again`)
    const { clock } = this.#stream
    const requestedAt = clock.now()
    const cutoff = this.#stream.trimmedBefore(requestedAt)
    // Asked before the read: records that are put meanwhile belong to a stream that was not over then.
    const isOver = this.#stream.isOver(this.#shard)
    const read = await this.#shard.log.read(this.#counter, recordsMax, GET_RECORDS_BYTES_MAX, cutoff)
    // One block is a view without a copy; what lies in the next one comes with the next read.
    const [first] = read.slices
    const isWhole = read.slices.length <= 1
    this.#counter = isWhole || first === undefined ? read.next : first.block.counter(first.to - 1) + 1
    this.#wasAtTip = isWhole && read.atTip
    this.#ended = this.#wasAtTip && isOver
    return {
      records: batchOf(first === undefined ? [] : [first], this.shardId),
      millisBehindLatest: this.#wasAtTip
        ? 0
        : this.#stream.millisBehind(first === undefined ? null : first.block.arrivedAt(first.to - 1), requestedAt),
      requestedAt,
      ended: this.#ended,
      ...(this.#ended ? { childShards: await this.#children() } : {}),
    }
  }

  async #children(): Promise<readonly ShardDescription[]> {
    const shards = await this.#stream.listShards()
    return shards.filter(({ parentShardIds }) => parentShardIds.includes(this.shardId))
  }

  close(): Promise<void> {
    this.#closed = true
    this.#onClose()
    return Promise.resolve()
  }
}

function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new MillraceError('aborted', 'reading was aborted by its caller')
}
