/**
 * The life of one shard in one worker, first read to shard end:
 *
 *   WAITING_ON_PARENT_SHARDS ─► INITIALIZING ─► PROCESSING ─┬─(LEASE_LOST, SHARD_END)──► SHUTTING_DOWN ─► SHUTDOWN_COMPLETE
 *              │                     │              │       └─(REQUESTED)─► SHUTDOWN_REQUESTED ──┘              ▲
 *              └─────────────────────┴──(any reason)┴────────────────────────────────────────────────────────────┘
 *
 * Reasons have ranks, and a higher one replaces a lower one: LEASE_LOST > SHARD_END > REQUESTED. Calls of the processor never
 * overlap. Who holds the lease, and the table, are behind ShardLease; reading is the prefetcher's, delivery is delivery.ts'.
 */
import {
  assert,
  type Clock,
  hasCode,
  IteratorError,
  type Random,
  type RecordBatch,
  type ShardDescription,
  type ShardReader,
} from '../../core/index.ts'
import type { RecreatedStreamPolicy } from './configuration.ts'
import { type ConsumerEvent, textOf } from './consumer-event.ts'
import type { ConsumerMetrics } from './consumer-metrics.ts'
import type { DeaggregatedRecords } from './deaggregated-records.ts'
import { Delivery, type DeliverySettings } from './delivery.ts'
import {
  type ExtendedSequenceNumber,
  equalExtended,
  formatExtended,
  SHARD_END,
} from './leases/extended-sequence-number.ts'
import { type PrefetchBounds, Prefetcher } from './prefetcher.ts'
import type { RecordProcessor, RecordProcessorFactory, ShardInfo } from './record-processor.ts'
import { Refusals } from './refusals.ts'
import { type CheckpointWrite, ShardCheckpointer } from './shard-checkpointer.ts'
import type { StreamWatch } from './stream-watch.ts'

export type ShardConsumerState =
  | 'WAITING_ON_PARENT_SHARDS'
  | 'INITIALIZING'
  | 'PROCESSING'
  | 'SHUTDOWN_REQUESTED'
  | 'SHUTTING_DOWN'
  | 'SHUTDOWN_COMPLETE'

export type ShutdownReason = 'LEASE_LOST' | 'SHARD_END' | 'REQUESTED'

const RANKS: Readonly<Record<ShutdownReason, number>> = { REQUESTED: 1, SHARD_END: 2, LEASE_LOST: 3 }

/** What a shard consumer needs of its lease. Everything but `countBytes` may throw `lease_lost`, or with retry `backoff`. */
export interface ShardLease {
  readonly checkpoint: ExtendedSequenceNumber
  readonly pendingCheckpoint: ExtendedSequenceNumber | null
  readonly pendingCheckpointState: Uint8Array | null
  readonly hashKeyRange: { readonly startingHashKey: bigint; readonly endingHashKey: bigint } | null
  save(write: CheckpointWrite): Promise<void>
  countBytes(sizeBytes: number): void
  parentsFinished(): Promise<boolean>
  endShard(children: readonly ShardDescription[]): Promise<'done' | 'retry' | 'dropped'>
  /** the checkpoint that the table has now */
  storedCheckpoint(): Promise<ExtendedSequenceNumber | null>
  /** The shard is another one now: its lease begins anew, and is lost here. Left out where that cannot be. */
  readAnew?(): Promise<void>
  /** the shard is finished and its end is stored */
  cleanUp(): void
  /** Gives the lease to its next owner, or to anybody. */
  giveUp(): Promise<void>
}

export interface ShardConsumerSettings extends DeliverySettings {
  readonly taskBackoffTimeMillis: number
  readonly parentShardPollIntervalMillis: number
  readonly maxRecords: number
  /** null where the reader waits by itself */
  readonly idleMs: number | null
  readonly reducedTpsThresholdMs: number
  readonly recreatedStream: RecreatedStreamPolicy
  readonly bounds: PrefetchBounds
}

export interface ShardConsumerOptions {
  readonly info: ShardInfo
  readonly lease: ShardLease
  readonly factory: RecordProcessorFactory
  readonly settings: ShardConsumerSettings
  readonly clock: Clock
  readonly random: Pick<Random, 'next'>
  readonly metrics: ConsumerMetrics
  /** Opens a reader behind a checkpoint; within an aggregate that means the aggregate again. */
  openReader(checkpoint: ExtendedSequenceNumber): Promise<ShardReader>
  /** tells what a refused read means; left out where nobody can tell, and then it is repeated */
  readonly watch?: Pick<StreamWatch, 'createdAt' | 'stateOf'> | undefined
  /** true where the lease names the creation of its stream: a shard whose stream is gone has ended. Default false */
  readonly endsWithStream?: boolean | undefined
  /** told when the stream of the shard turns out to be gone */
  streamGone?(): void
  /** as of a delivery */
  readonly tableOf?: ((records: RecordBatch) => DeaggregatedRecords) | undefined
  onEvent(event: ConsumerEvent): void
}

export interface ShardConsumerStatus {
  readonly shardId: string
  readonly state: ShardConsumerState
  readonly reason: ShutdownReason | null
  readonly checkpoint: string
  /** null before the first fetch */
  readonly millisBehindLatest: number | null
  /** why the shard stands still; null when it does not */
  readonly stopped: string | null
}

export class ShardConsumer {
  readonly #options: ShardConsumerOptions
  readonly #checkpointer: ShardCheckpointer
  /** aborted by any reason: no further batch */
  readonly #ending = new AbortController()
  /** aborted when nothing of this shard matters any more */
  readonly #lost = new AbortController()
  #state: ShardConsumerState = 'WAITING_ON_PARENT_SHARDS'
  #reason: ShutdownReason | null = null
  #lostBecause: string | null = null
  #processor: RecordProcessor | null = null
  #isInitialized = false
  #childShards: readonly ShardDescription[] = []
  #millisBehindLatest: number | null = null
  #delivery: Delivery | null = null
  readonly #refusals: Refusals

  constructor(options: ShardConsumerOptions) {
    this.#options = options
    const { info, lease } = options
    this.#checkpointer = new ShardCheckpointer({
      shardId: info.shardId,
      checkpoint: lease.checkpoint,
      save: write => lease.save(write),
    })
    this.#refusals = new Refusals({
      info,
      lease,
      policy: options.settings.recreatedStream,
      watch: options.watch,
      endsWithStream: options.endsWithStream === true,
      checkpoint: () => this.#checkpointer.lastCheckpoint,
      isLost: because => this.leaseLost(because),
      streamGone: () => options.streamGone?.(),
      onEvent: event => options.onEvent(event),
    })
  }

  get status(): ShardConsumerStatus {
    return {
      shardId: this.#options.info.shardId,
      state: this.#state,
      reason: this.#reason,
      checkpoint: formatExtended(this.#checkpointer.lastCheckpoint),
      millisBehindLatest: this.#millisBehindLatest,
      stopped: this.#delivery?.stopped ?? this.#refusals.problem,
    }
  }

  /** Another worker has the lease, or may have it. */
  leaseLost(because: string): void {
    // The first one that told knows best.
    this.#lostBecause ??= because
    this.#checkpointer.close(because)
    this.#raise('LEASE_LOST')
    this.#lost.abort()
  }

  /** Ends after the batch under way, lets the processor checkpoint, and gives the lease up. */
  requestShutdown(): void {
    this.#raise('REQUESTED')
  }

  /** Runs to SHUTDOWN_COMPLETE. It never rejects. */
  async run(): Promise<void> {
    try {
      // A worker that died after the end was stored left nothing to do but to clean up.
      if (equalExtended(this.#options.lease.checkpoint, SHARD_END)) return this.#options.lease.cleanUp()
      await this.#waitOnParents()
      if (this.#reason === null) await this.#initialize()
      if (this.#reason === null) await this.#process()
      if (this.#reason === 'REQUESTED') await this.#endRequested()
      await this.#shutDown()
    } catch (error) {
      this.#tell('background_failed', 'error', `the consumer of ${this.#shardId} failed: ${textOf(error)}`)
    } finally {
      this.#become('SHUTDOWN_COMPLETE')
    }
  }

  get #shardId(): string {
    return this.#options.info.shardId
  }

  async #waitOnParents(): Promise<void> {
    const { lease, clock, settings } = this.#options
    const { signal } = this.#ending
    while (!signal.aborted) {
      const finished = await this.#patiently('asking for the parents of', () => lease.parentsFinished())
      if (finished !== false || signal.aborted) return
      await clock.sleep(settings.parentShardPollIntervalMillis, signal)
    }
  }

  async #initialize(): Promise<void> {
    const { lease, info, factory } = this.#options
    this.#become('INITIALIZING')
    this.#processor = await this.#patiently('making the record processor of', async () => factory(info))
    const processor = this.#processor
    if (processor === null) return
    const input = {
      shardId: info.shardId,
      streamName: info.streamName,
      checkpoint: lease.checkpoint,
      pendingCheckpoint: lease.pendingCheckpoint,
      pendingCheckpointState: lease.pendingCheckpointState,
    }
    await this.#patiently('initialize of the record processor of', async () => {
      await this.#timed('initialize', async () => processor.initialize?.(input))
      this.#isInitialized = true
    })
  }

  async #process(): Promise<void> {
    const { lease, info, settings, clock, random, metrics } = this.#options
    const processor = this.#processor
    assert(processor !== null, 'a shard is processed after its processor was made')
    this.#become('PROCESSING')
    await this.#refusals.begin()
    const prefetcher = new Prefetcher({
      open: () => this.#options.openReader(this.#checkpointer.lastCheckpoint),
      clock,
      random,
      maxRecords: settings.maxRecords,
      idleMs: settings.idleMs,
      reducedTpsThresholdMs: settings.reducedTpsThresholdMs,
      bounds: settings.bounds,
      onFailure: (error, failures) => this.#tellFetchFailure(error, failures),
      onRefused: (error, failures) => this.#refusals.after(error, failures),
      onRead: (read, ms) => {
        this.#refusals.passed()
        metrics.fetched(info, ms, read.iteratorMs)
      },
    })
    const delivery = new Delivery({
      ...this.#options,
      processor,
      checkpointer: this.#checkpointer,
      hashKeyRange: lease.hashKeyRange,
      ending: this.#ending.signal,
      lost: this.#lost.signal,
      leaseIsLost: because => this.leaseLost(because),
    })
    this.#delivery = delivery
    try {
      for (;;) {
        const batch = await prefetcher.next(this.#ending.signal)
        if (batch === null) return
        this.#millisBehindLatest = batch.read.millisBehindLatest
        if (!(await delivery.deliver(batch))) return
        if (!batch.read.ended) continue
        this.#childShards = batch.read.childShards ?? []
        this.#raise('SHARD_END')
        return
      }
    } finally {
      await prefetcher.close()
    }
  }

  /** The processor's last chance to checkpoint; then the lease goes. */
  async #endRequested(): Promise<void> {
    this.#become('SHUTDOWN_REQUESTED')
    const processor = this.#processor
    if (processor !== null && this.#isInitialized) {
      try {
        await processor.shutdownRequested?.({ shardId: this.#shardId, checkpointer: this.#checkpointer })
      } catch (error) {
        this.#tellProcessing('shutdownRequested', error)
      }
    }
    if (this.#reason !== 'REQUESTED') return
    try {
      await this.#options.lease.giveUp()
      this.leaseLost('this worker gave the lease up')
    } catch (error) {
      // It expires by itself; nothing is processed here any more.
      this.leaseLost(`giving the lease up failed: ${textOf(error)}`)
    }
  }

  async #shutDown(): Promise<void> {
    this.#become('SHUTTING_DOWN')
    if (this.#reason === 'SHARD_END') await this.#endShard()
    if (this.#reason !== 'LEASE_LOST' || this.#processor === null) return
    const processor = this.#processor
    try {
      await this.#timed('shutdown', async () =>
        processor.leaseLost?.({ shardId: this.#shardId, reason: this.#lostBecause ?? 'the lease is lost' }),
      )
    } catch (error) {
      this.#tellProcessing('leaseLost', error)
    }
  }

  async #endShard(): Promise<void> {
    const { lease, clock, settings } = this.#options
    const { signal } = this.#lost
    for (;;) {
      const outcome = await this.#patiently('ending', () => lease.endShard(this.#childShards), signal)
      if (outcome === null || signal.aborted) return
      if (outcome === 'dropped')
        return this.leaseLost('a parent of the merged shard has no lease yet, so another worker tries')
      if (outcome === 'done') break
      await clock.sleep(settings.taskBackoffTimeMillis, signal)
    }
    // A worker that died after the processor stored the end must not have it told twice.
    const stored = await this.#patiently('reading the lease of', () => lease.storedCheckpoint(), signal)
    if (signal.aborted) return
    if (!equalExtended(stored, SHARD_END)) await this.#callShardEnded()
    if (!signal.aborted) lease.cleanUp()
  }

  async #callShardEnded(): Promise<void> {
    const { clock, settings } = this.#options
    const { signal } = this.#lost
    const checkpointer = this.#checkpointer
    const processor = this.#processor
    assert(processor !== null, 'a shard that ended has a processor')
    checkpointer.permitShardEnd()
    while (!signal.aborted) {
      try {
        await this.#timed('shutdown', async () => {
          if (processor.shardEnded === undefined) await checkpointer.checkpoint()
          else await processor.shardEnded({ shardId: this.#shardId, checkpointer })
        })
        if (checkpointer.isAtShardEnd) return
        this.#tell(
          'checkpoint_missing',
          'error',
          `shardEnded of ${this.#shardId} returned without a checkpoint, so the children of the shard cannot begin; call input.checkpointer.checkpoint() in it and await it. It is called again`,
        )
      } catch (error) {
        if (checkpointer.isAtShardEnd) return this.#tellProcessing('shardEnded', error)
        if (hasCode(error, 'lease_lost')) return this.leaseLost(error.message)
        this.#tellProcessing('shardEnded', error)
      }
      await clock.sleep(settings.taskBackoffTimeMillis, signal)
    }
  }

  /** Repeats until it succeeds; null when a reason to end came first. */
  async #patiently<T>(what: string, work: () => Promise<T>, signal = this.#ending.signal): Promise<T | null> {
    const { clock, settings } = this.#options
    while (!signal.aborted) {
      try {
        return await work()
      } catch (error) {
        if (hasCode(error, 'lease_lost')) {
          this.leaseLost(error.message)
          return null
        }
        this.#tell('background_failed', 'warn', `${what} ${this.#shardId} failed and is repeated: ${textOf(error)}`)
        await clock.sleep(settings.taskBackoffTimeMillis, signal)
      }
    }
    return null
  }

  async #timed<T>(call: 'initialize' | 'shutdown', work: () => Promise<T>): Promise<T> {
    const { clock, metrics, info } = this.#options
    const startedMs = clock.monotonicMs()
    let isSuccess = false
    try {
      const result = await work()
      isSuccess = true
      return result
    } finally {
      metrics.called(info, call, clock.monotonicMs() - startedMs, isSuccess)
    }
  }

  #raise(reason: ShutdownReason): void {
    if (this.#reason !== null && RANKS[this.#reason] >= RANKS[reason]) return
    this.#reason = reason
    this.#ending.abort()
  }

  #become(state: ShardConsumerState): void {
    if (this.#state === state) return
    const from = this.#state
    this.#state = state
    const because = this.#reason === null ? '' : ` (${this.#reason})`
    this.#tell('shard_state', 'info', `${this.#shardId}: ${from} to ${state}${because}`, {
      from,
      to: state,
      reason: this.#reason,
    })
  }

  #tellFetchFailure(error: { readonly code: string; readonly message: string }, failures: number): void {
    this.#options.metrics.fetchFailed(this.#options.info, error.code, error instanceof IteratorError)
    const level = error.code === 'expired_iterator' ? 'info' : failures >= 5 ? 'error' : 'warn'
    const hint = error.code === 'invalid_argument' && failures > 1 ? this.#refusals.strangePosition() : ''
    this.#tell(
      'fetch_failed',
      level,
      `reading ${this.#shardId} failed, ${failures} in a row: ${error.message}${hint}`,
      {
        code: error.code,
        failures,
      },
    )
  }

  #tellProcessing(call: string, error: unknown): void {
    this.#tell('processing_failed', 'error', `${call} of ${this.#shardId} threw: ${textOf(error)}`, { call })
  }

  #tell(
    kind: ConsumerEvent['kind'],
    level: ConsumerEvent['level'],
    message: string,
    facts?: ConsumerEvent['facts'],
  ): void {
    this.#options.onEvent({ kind, level, message, shardId: this.#shardId, facts })
  }
}
