/**
 * All shards of a stream as one sequence of record batches in a total order: rowtime, sequence number, subsequence number,
 * shard. Rowtime is arrival time made monotonic within its shard, children going on from their parents.
 *
 * A record is given out when the bound of every open shard is strictly greater than its rowtime. A shard's bound is the
 * rowtime of its last record; after an empty reply at the tip it is the time of the request less `idleSlackMs`, so that a
 * silent shard holds nobody up. A shard that has not answered, is behind, or fails to answer holds its last bound.
 *
 * Each shard is read ahead by a loop of its own. What waits is bounded in bytes; each shard has a share that others cannot
 * take, and the shard that holds the watermark is never stopped while nothing can be given out.
 */
import { setMaxListeners } from 'node:events'
import type { Clock, Random } from '../core/env.ts'
import { MillraceError } from '../core/errors.ts'
import { MEBIBYTE } from '../core/limits.ts'
import { type RecordBatch, RecordBatchBuilder } from '../core/record.ts'
import type { ShardReader, StartPosition, StreamSource } from '../core/source.ts'
import type { MergePosition } from './merge/merge-position.ts'
import { mergeRuns } from './merge/merge-runs.ts'
import { ShardFeed } from './merge/shard-feed.ts'
import { Waiters } from './merge/waiters.ts'

export type { MergePosition, ShardProgress } from './merge/merge-position.ts'

/** How far an idle shard's bound stays behind the request, for clocks that differ. Milliseconds. */
export const IDLE_SLACK_MS = 250
/** Records in one batch at most. */
export const RECORDS_PER_BATCH_MAX = 4_096
/** A batch takes no further run once it holds so many bytes. */
export const BATCH_BYTES_MAX = 4 * MEBIBYTE
/** Records asked for in one read of a shard. */
export const RECORDS_PER_READ = 2_000
/** What may wait over all shards before those beyond their share are stopped. */
export const PREFETCH_BYTES_MAX = 64 * MEBIBYTE
/** First and longest pause after a failed read; the pause doubles, and is drawn from its upper half. Milliseconds. */
export const READ_RETRY_MS = 100
export const READ_RETRY_MS_MAX = 5_000
/** How often the watermark follows the clock on a silent stream when rowtime is processing time. Milliseconds. */
export const PROCESSING_TICK_MS = 1_000
/** Pause after an empty reply of a shard that is behind, or whose source said that there was something to read. Milliseconds. */
const EMPTY_READ_PAUSE_MS = 10

export interface ShardMergeOptions {
  readonly source: StreamSource
  readonly clock: Clock
  readonly random: Random
  /** for the shards that are there at the start and have no place in `position`; default trimHorizon */
  readonly from?: StartPosition
  /** of an earlier merge of the same stream: reading goes on behind it */
  readonly position?: MergePosition
  /** `arrival` (default), or `processing`: the time at which a record is given out, as Kinesis Data Analytics has it */
  readonly rowtime?: 'arrival' | 'processing'
  readonly idleSlackMs?: number
  readonly recordsPerBatchMax?: number
  readonly recordsPerRead?: number
  readonly prefetchBytesMax?: number
}

export interface MergeMetrics {
  /** by shard, of those that are open: how far its last reply was behind its tip; null before the first. Milliseconds */
  readonly behindLatestMs: Readonly<Record<string, number | null>>
  /** the shard whose bound is the watermark; null when none is open */
  readonly holder: string | null
  /** records whose rowtime is above their arrival because they came below their shard's last or below the watermark */
  readonly raised: number
  readonly readFailures: number
  readonly queuedBytes: number
  /** every shard that is known, parents before children */
  readonly shards: readonly ShardMetrics[]
}

export interface ShardMetrics {
  readonly shardId: string
  /** `waiting`: its parents have not been read to their end */
  readonly state: 'waiting' | 'open' | 'ended'
  readonly parentShardIds: readonly string[]
  /** of the last record that was given out; null before the first */
  readonly sequenceNumber: string | null
  /** records that were read from it, whether they were given out or not */
  readonly recordsIn: number
  /** how far its last reply was behind its tip, milliseconds; null before the first */
  readonly behindMs: number | null
  /** rowtime below which it will give no row, epoch milliseconds; null before its first reply and at its end */
  readonly boundMs: number | null
}

/** One reader at a time; `close` ends the reading ahead. The source stays open: it belongs to the caller. */
export class ShardMerge {
  readonly #source: StreamSource
  readonly #clock: Clock
  readonly #random: Random
  readonly #from: StartPosition
  readonly #restored: MergePosition | null
  readonly #isProcessing: boolean
  readonly #idleSlackMs: number
  readonly #recordsPerBatchMax: number
  readonly #recordsPerRead: number
  readonly #prefetchBytesMax: number
  readonly #feeds = new Map<string, ShardFeed>()
  readonly #changed = new Waiters()
  readonly #builder = new RecordBatchBuilder()
  readonly #ending = new AbortController()
  readonly #loops = new Set<Promise<void>>()
  #isListed = false
  #isStarted = false
  #isFinished = false
  #failure: unknown
  #watermark: number
  #raised = 0
  #readFailures = 0

  constructor(options: ShardMergeOptions) {
    this.#source = options.source
    this.#clock = options.clock
    this.#random = options.random
    this.#from = options.from ?? { kind: 'trimHorizon' }
    this.#restored = options.position ?? null
    this.#isProcessing = options.rowtime === 'processing'
    this.#idleSlackMs = options.idleSlackMs ?? IDLE_SLACK_MS
    this.#recordsPerBatchMax = options.recordsPerBatchMax ?? RECORDS_PER_BATCH_MAX
    this.#recordsPerRead = options.recordsPerRead ?? RECORDS_PER_READ
    this.#prefetchBytesMax = options.prefetchBytesMax ?? PREFETCH_BYTES_MAX
    this.#watermark = options.position?.watermark ?? Number.NEGATIVE_INFINITY
    // Every shard listens to it.
    setMaxListeners(0, this.#ending.signal)
  }

  /**
   * The next records; an empty batch when only the watermark moved; null once every shard has ended and all was given out.
   * `watermark` and `position` are those after the batch.
   * @throws MillraceError `aborted` by the signal; whatever a source says that no repeat can help, at every later call too
   */
  async read(signal: AbortSignal): Promise<RecordBatch | null> {
    if (!this.#isStarted) {
      this.#isStarted = true
      this.#run(this.#retrying(() => this.#list()))
    }
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (signal.aborted || this.#ending.signal.aborted) throw new MillraceError('aborted', 'reading was stopped')
      if (this.#isFinished) return null
      const batch = this.#isProcessing ? this.#giveNow() : this.#give()
      if (batch !== null) return batch
      await this.#pause(signal)
    }
  }

  /** Rowtime below which no record will come, epoch milliseconds; -Infinity before the first bound, Infinity at the end. */
  get watermark(): number {
    return this.#watermark
  }

  /** Where another merge can go on after the last batch that was read. Shards that have ended stay while the stream lists them. */
  get position(): MergePosition {
    const shards = Object.fromEntries([...this.#feeds.values()].map(feed => [feed.shardId, feed.progress] as const))
    return {
      shards: this.#isListed ? shards : { ...this.#restored?.shards, ...shards },
      watermark: Number.isFinite(this.#watermark) ? this.#watermark : null,
    }
  }

  get metrics(): MergeMetrics {
    const open = [...this.#feeds.values()].filter(feed => feed.state === 'open')
    const bound = this.#bound()
    return {
      behindLatestMs: Object.fromEntries(open.map(feed => [feed.shardId, feed.behindLatestMs] as const)),
      holder: open.find(feed => feed.bound <= bound)?.shardId ?? null,
      raised: this.#raised,
      readFailures: this.#readFailures,
      queuedBytes: this.#queuedBytes(),
      shards: [...this.#feeds.values()].map(feed => ({
        shardId: feed.shardId,
        state: feed.state === 'pending' ? 'waiting' : feed.state,
        parentShardIds: feed.parentShardIds,
        sequenceNumber: feed.progress.sequenceNumber,
        recordsIn: feed.recordsIn,
        behindMs: feed.behindLatestMs,
        boundMs: feed.state !== 'ended' && Number.isFinite(feed.bound) ? feed.bound : null,
      })),
    }
  }

  /** Ends the reading ahead and waits for reads under way. */
  async close(): Promise<void> {
    this.#ending.abort()
    this.#changed.wake()
    await Promise.all(this.#loops)
  }

  #give(): RecordBatch | null {
    const bound = this.#bound()
    const batch = mergeRuns([...this.#feeds.values()], bound, this.#recordsPerBatchMax, BATCH_BYTES_MAX, this.#builder)
    const watermark = Math.max(this.#watermark, Math.min(bound, this.#headRowtime()))
    const isMoved = watermark > this.#watermark
    this.#watermark = watermark
    this.#isFinished = watermark === Number.POSITIVE_INFINITY
    if (batch.length > 0) this.#changed.wake()
    return batch.length > 0 || isMoved ? batch : null
  }

  /** Everything that waits gets the present as its rowtime. */
  #giveNow(): RecordBatch | null {
    const isEnded = this.#bound() === Number.POSITIVE_INFINITY
    const batch = mergeRuns(
      [...this.#feeds.values()],
      Number.POSITIVE_INFINITY,
      this.#recordsPerBatchMax,
      BATCH_BYTES_MAX,
      this.#builder,
    )
    const now = Math.max(this.#watermark, this.#clock.now())
    if (batch.length > 0) {
      this.#watermark = now
      this.#changed.wake()
      return { ...batch, rowtimes: new Float64Array(batch.length).fill(now) }
    }
    const watermark = isEnded ? Number.POSITIVE_INFINITY : now
    if (!this.#isListed || watermark < this.#watermark + (isEnded ? 0 : PROCESSING_TICK_MS)) return null
    this.#watermark = watermark
    this.#isFinished = isEnded
    return batch
  }

  async #pause(signal: AbortSignal): Promise<void> {
    if (!this.#isProcessing) return this.#changed.wait(signal)
    const over = new AbortController()
    const end = (): void => over.abort()
    signal.addEventListener('abort', end)
    await Promise.race([this.#changed.wait(over.signal), this.#clock.sleep(PROCESSING_TICK_MS, over.signal)])
    signal.removeEventListener('abort', end)
    over.abort()
  }

  /** The least bound of the shards that may still bring records; Infinity when there is none. */
  #bound(): number {
    if (!this.#isListed) return Number.NEGATIVE_INFINITY
    let bound = Number.POSITIVE_INFINITY
    for (const feed of this.#feeds.values()) {
      if (feed.state === 'open') bound = Math.min(bound, feed.bound)
      // A child waits for a parent, which holds a bound that is no greater than the child's first row.
      else if (feed.state === 'pending' && this.#parentsOf(feed).every(parent => parent.state === 'ended'))
        bound = Math.min(bound, ...this.#parentsOf(feed).map(parent => parent.bound), feed.bound)
    }
    return bound
  }

  #headRowtime(): number {
    let rowtime = Number.POSITIVE_INFINITY
    for (const feed of this.#feeds.values()) rowtime = Math.min(rowtime, feed.headRowtime ?? rowtime)
    return rowtime
  }

  #queuedBytes(): number {
    let queuedBytes = 0
    for (const feed of this.#feeds.values()) queuedBytes += feed.queuedBytes
    return queuedBytes
  }

  #parentsOf(feed: ShardFeed): readonly ShardFeed[] {
    return feed.parentShardIds.flatMap(parent => this.#feeds.get(parent) ?? [])
  }

  /** Learns the shards that are new, forgets ended ones that are gone, and opens those whose parents have ended. */
  async #list(): Promise<void> {
    const shards = await this.#source.listShards(this.#ending.signal)
    const isFirst = !this.#isListed
    for (const { shardId, parentShardIds, closed } of shards) {
      if (this.#feeds.has(shardId)) continue
      const progress = this.#restored?.shards[shardId]
      const start: StartPosition = isFirst && this.#restored === null ? this.#from : { kind: 'trimHorizon' }
      const feed = new ShardFeed(shardId, parentShardIds, start, progress)
      // Nothing that a closed shard holds is later than now.
      if (progress === undefined && start.kind === 'latest' && closed) feed.state = 'ended'
      this.#feeds.set(shardId, feed)
    }
    // Parents that the stream has trimmed still say where their children start.
    if (isFirst)
      for (const [shardId, progress] of Object.entries(this.#restored?.shards ?? {}))
        if (!this.#feeds.has(shardId))
          this.#feeds.set(shardId, new ShardFeed(shardId, [], progress.start, { ...progress, ended: true }))
    this.#openReady()
    this.#isListed = true
    const listed = new Set(shards.map(shard => shard.shardId))
    for (const feed of this.#feeds.values())
      if (feed.state === 'pending') for (const parent of feed.parentShardIds) listed.add(parent)
    for (const [shardId, feed] of this.#feeds)
      if (feed.state === 'ended' && feed.headRowtime === undefined && !listed.has(shardId)) this.#feeds.delete(shardId)
    this.#changed.wake()
  }

  #openReady(): void {
    for (const feed of this.#feeds.values()) {
      const parents = this.#parentsOf(feed)
      if (feed.state !== 'pending' || !parents.every(parent => parent.state === 'ended')) continue
      feed.open(parents)
      this.#run(this.#follow(feed))
    }
  }

  /** Reads one shard to its end. */
  async #follow(feed: ShardFeed): Promise<void> {
    const { signal } = this.#ending
    const reader = await this.#retrying(() => this.#source.openShard(feed.shardId, feed.from))
    try {
      for (let isEnded = false; !isEnded && !signal.aborted; ) isEnded = await this.#readOnce(feed, reader)
    } finally {
      await reader.close()
    }
    if (signal.aborted) return
    // The children must be known before the shard lets go of the watermark.
    await this.#retrying(() => this.#list())
    feed.state = 'ended'
    this.#openReady()
    this.#changed.wake()
  }

  async #readOnce(feed: ShardFeed, reader: ShardReader): Promise<boolean> {
    const { signal } = this.#ending
    while (!this.#mayRead(feed) && !signal.aborted) await this.#changed.wait(signal)
    const read = await this.#retrying(() => reader.read(this.#recordsPerRead, signal))
    this.#raised += feed.accept(
      read,
      this.#isProcessing ? Number.NEGATIVE_INFINITY : this.#watermark,
      this.#idleSlackMs,
    )
    this.#changed.wake()
    if (!read.ended && read.records.length === 0) await this.#idle(feed, read.millisBehindLatest === 0)
    return read.ended
  }

  /** Waits for news after an empty reply; a while when the last wait brought none, so that no source can make a shard spin. */
  async #idle(feed: ShardFeed, isAtTip: boolean): Promise<void> {
    const now = this.#clock.monotonicMs()
    if (!isAtTip || now - feed.idleAtMs < EMPTY_READ_PAUSE_MS) {
      await this.#clock.sleep(EMPTY_READ_PAUSE_MS, this.#ending.signal)
      return
    }
    feed.idleAtMs = now
    await this.#source.wait(this.#ending.signal)
  }

  #mayRead(feed: ShardFeed): boolean {
    if (feed.queuedBytes === 0) return true
    // Half of the whole is shared out, the other half is for whoever comes.
    if (feed.queuedBytes < this.#prefetchBytesMax / (2 * this.#feeds.size)) return true
    if (this.#queuedBytes() < this.#prefetchBytesMax) return true
    const bound = this.#bound()
    return !this.#isProcessing && feed.bound <= bound && this.#headRowtime() >= bound
  }

  /** Repeats what may succeed later, with growing pauses. */
  async #retrying<T>(call: () => Promise<T>): Promise<T> {
    for (let pauseMs = READ_RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, READ_RETRY_MS_MAX)) {
      try {
        return await call()
      } catch (error) {
        if (this.#ending.signal.aborted || !(error instanceof MillraceError) || error.retry === 'never') throw error
        this.#readFailures++
        await this.#clock.sleep(pauseMs * (0.5 + this.#random.next() / 2), this.#ending.signal)
      }
    }
  }

  /** Runs a loop beside the others; its failure becomes that of the next read. */
  #run(loop: Promise<void>): void {
    const ended = loop
      .catch((error: unknown) => {
        if (!this.#ending.signal.aborted) this.#failure ??= error ?? new Error('reading a shard failed')
      })
      .then(() => {
        this.#loops.delete(ended)
        this.#changed.wake()
      })
    this.#loops.add(ended)
  }
}
