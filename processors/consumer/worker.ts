/**
 * A worker: holds leases, and runs one shard consumer for each of them. Which leases it holds is the coordinator's decision; what
 * happens in a shard is the shard consumer's. This file only joins the two, and ends them in order:
 *
 *   start ──► running ──(shutdown: no more leases, every shard ends and gives its lease up)──► stopped
 *                └──(stop: leases are left to expire)──► stopped
 */
import {
  assert,
  type Clock,
  type MetricDatum,
  MillraceError,
  type Random,
  type StartPosition,
  type StreamSource,
} from '../../core/index.ts'
import { type ConsumerConfiguration, type InitialPosition, ignoredSettings } from './configuration.ts'
import { type ConsumerEvent, textOf } from './consumer-event.ts'
import { type ConsumerCounts, ConsumerMetrics, type ConsumerMetricsHook } from './consumer-metrics.ts'
import { backoffMsOf, completeFailurePolicy, type FailurePolicy } from './failure-policy.ts'
import { HeldShardLease } from './held-shard-lease.ts'
import type { ExtendedSequenceNumber } from './leases/extended-sequence-number.ts'
import type { HeldLease, LeaseCoordinator, LeaseListener, LeaseLossReason } from './leases/lease-coordinator.ts'
import type { RecordProcessorFactory, ShardInfo } from './record-processor.ts'
import { recreatedText } from './refusals.ts'
import { ShardConsumer, type ShardConsumerSettings, type ShardConsumerStatus } from './shard-consumer.ts'
import { StreamWatch } from './stream-watch.ts'

/** One of the streams that a worker reads. */
export interface ConsumedStream {
  readonly source: StreamSource
  /** `account:stream:epoch` where a worker reads several streams, else null: leases name it */
  readonly streamIdentifier: string | null
  /** true where the service told the identifier, so that a later stream of the name has another one. Default false */
  readonly isIdentified?: boolean | undefined
  /** true for sources whose reads wait for records by themselves (enhanced fan-out) */
  readonly waits: boolean
  /** default: of the configuration */
  readonly initialPosition?: { readonly kind: InitialPosition; readonly timestamp: number | null } | undefined
}

export interface ConsumerWorkerOptions {
  /** complete, by `completeConsumerConfiguration` */
  readonly configuration: ConsumerConfiguration
  /** at least one, unless `findStream` is given; more than one only with identifiers */
  readonly streams: readonly ConsumedStream[]
  /** the stream of a lease that is of none of `streams`; for streams that come and go */
  findStream?(streamIdentifier: string): Promise<ConsumedStream>
  /** told the identifier of a stream that is gone, or has another one in its place */
  streamGone?(streamIdentifier: string): void
  /** Makes the lease side; what it is told comes from the worker. */
  coordinator(listener: LeaseListener, workerIdentifier: string): LeaseCoordinator
  readonly processor: RecordProcessorFactory
  /** default: the shard stops after 5 tries */
  readonly failurePolicy?: FailurePolicy | undefined
  readonly clock: Clock
  readonly random: Random
  onEvent?(event: ConsumerEvent): void
  readonly onMetrics?: ConsumerMetricsHook | undefined
}

/** What a processor whose lease is lost gets to come back, before the worker ends without it. */
const STOP_GRACE_MS = 1_000
/** Between two tries to open the stream of a lease. */
const REOPEN = { backoffMs: 1_000, backoffMsMax: 60_000 }

export type WorkerState = 'new' | 'running' | 'stopping' | 'stopped'

export interface WorkerStatus {
  readonly workerIdentifier: string
  readonly state: WorkerState
  readonly shards: readonly ShardConsumerStatus[]
  readonly counts: ConsumerCounts
}

interface RunningShard {
  readonly held: HeldLease
  readonly consumer: ShardConsumer
  readonly done: Promise<void>
}

export class ConsumerWorker {
  readonly workerIdentifier: string
  readonly #options: ConsumerWorkerOptions
  readonly #coordinator: LeaseCoordinator
  readonly #metrics: ConsumerMetrics
  readonly #settings: Omit<ShardConsumerSettings, 'idleMs'>
  /** by token: a lease that was lost and came back may have its old consumer end beside the new one */
  readonly #shards = new Map<string, RunningShard>()
  /** by lease key: the end of the last consumer of it, which a new one waits for */
  readonly #last = new Map<string, Promise<void>>()
  readonly #watches = new WeakMap<StreamSource, StreamWatch>()
  readonly #ended: Promise<void>
  #end: () => void = () => {}
  #state: WorkerState = 'new'
  #stopMetrics: () => void = () => {}
  readonly #hurry = new AbortController()
  /** a shutdown or a stop has begun */
  readonly #ending = new AbortController()
  #stopping: Promise<void> | null = null

  /** @throws MillraceError `config` for streams and policies that cannot be */
  constructor(options: ConsumerWorkerOptions) {
    const { configuration, clock, random, streams } = options
    if (options.findStream === undefined) checkStreams(streams)
    this.#options = options
    this.workerIdentifier = configuration.workerIdentifier === '' ? random.uuid() : configuration.workerIdentifier
    this.#metrics = new ConsumerMetrics({
      workerIdentifier: this.workerIdentifier,
      level: configuration.metricsLevel,
      dimensions: configuration.metricsEnabledDimensions,
      metricsMax: configuration.metricsMaxQueueSize,
      clock,
    })
    this.#settings = {
      taskBackoffTimeMillis: configuration.taskBackoffTimeMillis,
      parentShardPollIntervalMillis: configuration.parentShardPollIntervalMillis,
      maxRecords: configuration.maxRecords,
      recreatedStream: configuration.recreatedStream,
      reducedTpsThresholdMs: configuration.millisBehindLatestThresholdForReducedTps,
      bounds: {
        batchesMax: configuration.maxPendingProcessRecordsInput,
        bytesMax: configuration.maxCacheByteSize,
        recordsMax: configuration.maxRecordsCount,
      },
      callProcessRecordsEvenForEmptyRecordList: configuration.callProcessRecordsEvenForEmptyRecordList,
      logWarningForTaskAfterMillis: configuration.logWarningForTaskAfterMillis,
      failurePolicy: completeFailurePolicy(options.failurePolicy, configuration.taskBackoffTimeMillis),
    }
    this.#ended = new Promise(resolve => {
      this.#end = resolve
    })
    this.#coordinator = options.coordinator(this.#listener(), this.workerIdentifier)
  }

  get status(): WorkerStatus {
    return {
      workerIdentifier: this.workerIdentifier,
      state: this.#state,
      shards: Array.from(this.#shards.values(), ({ consumer }) => consumer.status).toSorted((a, b) =>
        a.shardId < b.shardId ? -1 : 1,
      ),
      counts: this.#metrics.counts,
    }
  }

  /**
   * Begins to take leases and to process; resolves when the lease side runs. `maxInitializationAttempts` tries.
   * @throws MillraceError what the lease side threw the last time; at once for `config` and `not_found`
   */
  async start(): Promise<void> {
    assert(this.#state === 'new', 'a worker is started once')
    const { configuration, clock } = this.#options
    const beganAt = clock.monotonicMs()
    const initialized = (isSuccess: boolean): void => {
      const scope = 'Scheduler:Initialize'
      this.#metrics.lease({ operation: scope, name: 'Initialize.Success', value: isSuccess ? 1 : 0, unit: 'Count' })
      const value = clock.monotonicMs() - beganAt
      this.#metrics.lease({ operation: scope, name: 'Initialize.Time', value, unit: 'Milliseconds' })
    }
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#coordinator.start()
        initialized(true)
        break
      } catch (error) {
        const mayRepeat = error instanceof MillraceError && error.retry === 'backoff'
        if (!mayRepeat || attempt >= configuration.maxInitializationAttempts) {
          initialized(false)
          this.#finish()
          throw error
        }
        this.#tell(
          'background_failed',
          'warn',
          `starting worker ${this.workerIdentifier} failed and is repeated: ${textOf(error)}`,
        )
        await clock.sleep(configuration.schedulerInitializationBackoffTimeMillis)
      }
    }
    this.#state = 'running'
    for (const text of ignoredSettings(configuration)) this.#tell('setting_ignored', 'warn', text)
    if (this.#options.onMetrics !== undefined)
      this.#stopMetrics = clock.every(configuration.metricsBufferTimeMillis, () => this.#handMetrics())
    this.#tell('worker_started', 'info', `worker ${this.workerIdentifier} of ${configuration.applicationName} runs`)
  }

  /** Resolves when the worker has stopped, however it came to that. */
  untilStopped(): Promise<void> {
    return this.#ended
  }

  /**
   * Ends in order: no further lease is taken; each shard ends its batch, its processor may checkpoint, and its lease goes to
   * whoever wants it. What is not done within the budget is given up: its records come again elsewhere.
   * @param budgetMs default: `gracefulShutdownTimeoutMillis`
   */
  shutdown(budgetMs = this.#options.configuration.gracefulShutdownTimeoutMillis): Promise<void> {
    this.#stopping ??= this.#shutDown(budgetMs)
    return this.#stopping
  }

  /** Ends at once: leases are left to expire, and processors hear that theirs are lost. A shutdown under way has no time left. */
  stop(): Promise<void> {
    this.#hurry.abort()
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #shutDown(budgetMs: number): Promise<void> {
    const { clock } = this.#options
    this.#state = 'stopping'
    this.#tell(
      'worker_stopping',
      'info',
      `worker ${this.workerIdentifier} stops, with ${budgetMs} ms for ${this.#shards.size} shards`,
    )
    this.#coordinator.stopGaining()
    this.#ending.abort()
    for (const { consumer } of this.#shards.values()) consumer.requestShutdown()
    await Promise.race([this.#allDone(), clock.sleep(budgetMs, this.#hurry.signal)])
    // Fenced by their counters: whoever takes these leases starts at once, and what still runs here can store nothing.
    for (const { held, consumer } of this.#shards.values()) {
      this.#tell(
        'lease_lost',
        'warn',
        `${held.lease.leaseKey} is given up in the middle of its work: the ${budgetMs} ms to shut down are over`,
        held.lease.shardId,
      )
      await this.#coordinator.release(held).catch((error: unknown) => this.#tellFailure('giving up a lease', error))
      consumer.leaseLost('the time to shut down is over')
    }
    await this.#stopAll()
  }

  async #stopAll(): Promise<void> {
    this.#state = 'stopping'
    this.#ending.abort()
    await this.#coordinator.stop()
    for (const { consumer } of this.#shards.values()) consumer.leaseLost('this worker stopped')
    // A processor that never comes back must not hold the process; those that do are a few turns away.
    const timer = new AbortController()
    await Promise.race([this.#allDone(), this.#options.clock.sleep(STOP_GRACE_MS, timer.signal)])
    timer.abort()
    this.#finish()
    this.#tell('worker_stopped', 'info', `worker ${this.workerIdentifier} has stopped`)
  }

  #finish(): void {
    this.#ending.abort()
    this.#stopMetrics()
    this.#handMetrics()
    this.#state = 'stopped'
    this.#end()
  }

  async #allDone(): Promise<void> {
    while (this.#shards.size > 0) await Promise.all(Array.from(this.#shards.values(), ({ done }) => done))
  }

  #listener(): LeaseListener {
    return {
      leaseGained: held => this.#begin(held),
      leaseLost: (held, reason) => this.#shards.get(held.token)?.consumer.leaseLost(lossText(held, reason)),
      handOffRequested: held => this.#shards.get(held.token)?.consumer.requestShutdown(),
      streamRecreated: (leaseKeys, isReadAnew) =>
        this.#emit({
          kind: 'stream_recreated',
          level: 'error',
          message: recreatedText(leaseKeys, isReadAnew),
          facts: { leases: leaseKeys.length, isReadAnew },
        }),
      leaseMoved: ({ leaseKey, from, to, by, reason, why }) =>
        this.#emit({
          kind: 'lease_moved',
          level: reason === 'lost' ? 'warn' : 'info',
          message: `${leaseKey}: ${from ?? 'nobody'} to ${to ?? 'nobody'} (${reason}): ${why}`,
          facts: { leaseKey, from, to, by, reason },
        }),
      metric: metric => this.#metrics.lease(metric),
      failed: (what, error) => this.#tellFailure(what, error),
    }
  }

  #begin(held: HeldLease): void {
    const stream = this.#streamOf(held)
    if (stream === null) void this.#findAndRun(held)
    else this.#run(held, stream)
  }

  /**
   * The lease of a stream that this worker has not heard of: another one knew it first. While it is held nobody else processes it, so
   * a stream that cannot be opened is tried again.
   */
  async #findAndRun(held: HeldLease): Promise<void> {
    const { leaseKey, streamIdentifier, shardId } = held.lease
    const { clock, random } = this.#options
    const tell = (text: string): void =>
      this.#tell(
        'background_failed',
        'error',
        `lease ${leaseKey} is of stream ${streamIdentifier ?? '(one stream without a name)'}: ${text}`,
        shardId,
      )
    if (streamIdentifier === null || this.#options.findStream === undefined)
      return tell('this worker does not read it: the table may belong to another application')
    for (let failures = 1; ; failures++) {
      try {
        const stream = await this.#options.findStream(streamIdentifier)
        const now = this.#coordinator.held(leaseKey)
        if (now?.token !== held.token) return
        if (this.#ending.signal.aborted) await this.#coordinator.release(now)
        else this.#run(now, stream)
        return
      } catch (error) {
        tell(textOf(error))
      }
      await clock.sleep(backoffMsOf(REOPEN, failures, random), this.#ending.signal)
      if (this.#ending.signal.aborted || this.#coordinator.held(leaseKey)?.token !== held.token) return
    }
  }

  #run(held: HeldLease, stream: ConsumedStream): void {
    const { leaseKey } = held.lease
    const { clock, random } = this.#options
    const info: ShardInfo = {
      streamName: stream.source.streamName,
      shardId: held.lease.shardId,
      streamIdentifier: stream.streamIdentifier,
    }
    const { idleTimeBetweenReadsInMillis } = this.#options.configuration
    const consumer = new ShardConsumer({
      info,
      lease: new HeldShardLease(this.#coordinator, held),
      factory: this.#options.processor,
      settings: { ...this.#settings, idleMs: stream.waits ? null : idleTimeBetweenReadsInMillis },
      clock,
      random,
      metrics: this.#metrics,
      watch: this.#watchOf(stream),
      endsWithStream: stream.isIdentified === true,
      streamGone: () => {
        if (stream.streamIdentifier !== null) this.#options.streamGone?.(stream.streamIdentifier)
      },
      openReader: checkpoint => stream.source.openShard(info.shardId, this.#startOf(checkpoint, info.shardId, stream)),
      onEvent: event => this.#emit(event),
    })
    // Calls for one shard never overlap, also when its lease was lost and came back in the middle of one.
    const before = this.#last.get(leaseKey) ?? Promise.resolve()
    const done = before
      .then(() => consumer.run())
      .finally(() => {
        this.#shards.delete(held.token)
        if (this.#last.get(leaseKey) === done) this.#last.delete(leaseKey)
      })
    this.#last.set(leaseKey, done)
    this.#shards.set(held.token, { held, consumer, done })
    if (this.#state === 'stopping' || held.handOffTo !== null) consumer.requestShutdown()
  }

  /** All shards of a stream ask it together. */
  #watchOf({ source }: ConsumedStream): StreamWatch {
    let watch = this.#watches.get(source)
    if (watch === undefined) {
      watch = new StreamWatch(source, this.#options.clock)
      this.#watches.set(source, watch)
    }
    return watch
  }

  #streamOf({ lease }: HeldLease): ConsumedStream | null {
    const { streams } = this.#options
    return (
      streams.find(({ streamIdentifier }) => streamIdentifier === lease.streamIdentifier) ??
      (lease.streamIdentifier === null ? (streams.length === 1 ? streams[0] : undefined) : undefined) ??
      null
    )
  }

  #startOf({ sequenceNumber }: ExtendedSequenceNumber, shardId: string, stream: ConsumedStream): StartPosition {
    if (sequenceNumber === 'TRIM_HORIZON') return { kind: 'trimHorizon' }
    if (sequenceNumber === 'LATEST') return { kind: 'latest' }
    if (sequenceNumber !== 'AT_TIMESTAMP')
      // The record itself comes again: half of an aggregate may be left of it, and the rest of it is filtered out.
      return { kind: 'after', position: { shardId, sequenceNumber, subsequenceNumber: -1 } }
    // The time is not stored: it is that of the configuration, as in the KCL.
    const timestamp = stream.initialPosition?.timestamp ?? this.#options.configuration.initialPositionTimestamp
    if (timestamp !== null) return { kind: 'atTimestamp', timestamp }
    throw new MillraceError(
      'config',
      `${shardId} starts AT_TIMESTAMP and the configuration has no time; give initialPositionTimestamp as the worker that made the table had it`,
    )
  }

  #handMetrics(): void {
    const { onMetrics } = this.#options
    const { data, from, to } = this.#metrics.take()
    if (data.length === 0) return
    try {
      onMetrics?.(data satisfies readonly MetricDatum[], from, to)
    } catch (error) {
      this.#tellFailure('the metrics hook', error)
    }
  }

  #tellFailure(what: string, error: unknown): void {
    this.#tell('background_failed', 'warn', `${what} failed: ${textOf(error)}`)
  }

  #tell(kind: ConsumerEvent['kind'], level: ConsumerEvent['level'], message: string, shardId?: string): void {
    this.#emit({ kind, level, message, shardId })
  }

  /** A log that fails must not stop the work that it is about. */
  #emit(event: ConsumerEvent): void {
    try {
      this.#options.onEvent?.(event)
    } catch {
      // there is nowhere left to tell it
    }
  }
}

function checkStreams(streams: readonly ConsumedStream[]): void {
  if (streams.length === 0) throw new MillraceError('config', 'a worker needs a stream to read')
  const identifiers = streams.map(({ streamIdentifier }) => streamIdentifier)
  if (streams.length > 1 && (identifiers.includes(null) || new Set(identifiers).size < streams.length))
    throw new MillraceError(
      'config',
      'a worker of several streams needs a stream identifier of its own for each of them',
    )
}

function lossText({ lease }: HeldLease, reason: LeaseLossReason): string {
  switch (reason) {
    case 'taken':
      return `lease lost on ${lease.leaseKey}: another worker took it`
    case 'expired':
      return `lease lost on ${lease.leaseKey}: it could not be renewed for a fail-over time`
    case 'handed_off':
      return `lease ${lease.leaseKey} was handed over`
    case 'released':
      return `lease ${lease.leaseKey} was released`
    case 'deleted':
      return `lease lost on ${lease.leaseKey}: its row is gone from the table`
    case 'stopped':
      return `lease ${lease.leaseKey} is left: this worker stopped`
  }
}
