/**
 * A member of a Kafka consumer group that runs one shard consumer for each partition that it is given. Partitions come and go
 * with the generations of the group; a life in the group that ended, for whatever reason, is followed by another:
 *
 *   start ─► in the group ─┬─(rebalance: every partition ends its batch, saves and goes)──► in the group ...
 *                          ├─(connection lost, nothing heard, a call that hangs)──► out ─► pause ─► in the group
 *                          └─(shutdown)──► every partition ends, saves and goes ─► stopped
 */
import { assert, type Clock, MillraceError, type Random } from '../../../core/index.ts'
import type { ConsumerConfiguration } from '../configuration.ts'
import { type ConsumerEvent, textOf } from '../consumer-event.ts'
import { type ConsumerCounts, ConsumerMetrics, type ConsumerMetricsHook } from '../consumer-metrics.ts'
import { backoffMsOf, completeFailurePolicy, type FailurePolicy } from '../failure-policy.ts'
import type { RecordProcessorFactory } from '../record-processor.ts'
import type { ShardConsumerSettings, ShardConsumerStatus } from '../shard-consumer.ts'
import type { WorkerState } from '../worker.ts'
import type { KafkaBatchLike, KafkaConsumerAdminLike, KafkaConsumerClientLike } from './client.ts'
import { shardIdOf } from './kafka-records.ts'
import { type KafkaGroupSettings, Membership, mayRepeat, type TopicPartition } from './membership.ts'
import { Partition } from './partition.ts'
import { type StartOffset, startOffsets } from './start-offsets.ts'
import { WatchedCalls } from './watched-calls.ts'

export interface KafkaConsumerOptions {
  /** complete, by `completeConsumerConfiguration` */
  readonly configuration: ConsumerConfiguration
  readonly client: KafkaConsumerClientLike
  readonly groupId: string
  /** at least one */
  readonly topics: readonly string[]
  readonly settings: KafkaGroupSettings
  /** a call of a processor that runs for longer makes the member leave, so that others get its partitions */
  readonly maxPollIntervalMs: number
  readonly unpacks: boolean
  readonly processor: RecordProcessorFactory
  readonly failurePolicy?: FailurePolicy | undefined
  readonly clock: Clock
  readonly random: Random
  onEvent?(event: ConsumerEvent): void
  readonly onMetrics?: ConsumerMetricsHook | undefined
}

export interface KafkaConsumerStatus {
  readonly groupId: string
  readonly state: WorkerState
  /** one for each partition that this member has */
  readonly shards: readonly ShardConsumerStatus[]
  readonly counts: ConsumerCounts
}

/** What becomes of one life in the group. */
interface Life {
  readonly membership: Membership
  readonly over: Promise<LifeEnd>
  readonly joined: Promise<void>
  end(because: string, mayRepeat?: boolean): void
}

interface LifeEnd {
  readonly because: string
  readonly mayRepeat: boolean
}

/** what the watchdog judges by: a member must be heard of, a join must come to an end, the rest takes the time that it takes */
type Phase = 'out' | 'joining' | 'leaving' | 'member'

const WATCH_MS = 1_000
/** A join takes as long as the group waits for its members, and a request. */
const JOIN_SLACK_MS = 30_000
/** What a processor that lost its partition gets to come back before nobody waits for it any more. */
const GRACE_MS = 1_000
const REJOIN = { backoffMs: 1_000, backoffMsMax: 30_000 }

export class KafkaConsumer {
  readonly #options: KafkaConsumerOptions
  readonly #admin: KafkaConsumerAdminLike
  readonly #metrics: ConsumerMetrics
  readonly #calls: WatchedCalls
  readonly #settings: ShardConsumerSettings
  /** by shard id: those of this generation */
  readonly #partitions = new Map<string, Partition>()
  /** by shard id: the end of the last consumer of it, which a new one waits for */
  readonly #last = new Map<string, Promise<void>>()
  readonly #hurry = new AbortController()
  readonly #stopSignal = new AbortController()
  readonly #ended: Promise<void>
  #end: () => void = () => {}
  #life: Life | null = null
  #join: () => void = () => {}
  readonly #hasJoined: Promise<null>
  #running: Promise<void> = Promise.resolve()
  #phase: Phase = 'out'
  /** since when it is so; as a member, when the group heard of it */
  #phaseMs = 0
  #state: WorkerState = 'new'
  #stops: (() => void)[] = []
  #stopping: Promise<void> | null = null

  constructor(options: KafkaConsumerOptions) {
    const { configuration, clock } = options
    this.#options = options
    this.#admin = options.client.admin()
    this.#calls = new WatchedCalls(clock)
    this.#metrics = new ConsumerMetrics({
      workerIdentifier: configuration.workerIdentifier === '' ? options.random.uuid() : configuration.workerIdentifier,
      level: configuration.metricsLevel,
      dimensions: configuration.metricsEnabledDimensions,
      metricsMax: configuration.metricsMaxQueueSize,
      clock,
    })
    this.#settings = {
      taskBackoffTimeMillis: configuration.taskBackoffTimeMillis,
      parentShardPollIntervalMillis: configuration.parentShardPollIntervalMillis,
      maxRecords: configuration.maxRecords,
      idleMs: null,
      reducedTpsThresholdMs: 0,
      // Offsets that are gone are the feed's matter.
      recreatedStream: 'STOP',
      // The feed of a partition is what reads ahead.
      bounds: { batchesMax: 0, bytesMax: 0, recordsMax: 0 },
      callProcessRecordsEvenForEmptyRecordList: false,
      logWarningForTaskAfterMillis: configuration.logWarningForTaskAfterMillis,
      failurePolicy: completeFailurePolicy(options.failurePolicy, configuration.taskBackoffTimeMillis),
    }
    this.#ended = new Promise(resolve => {
      this.#end = resolve
    })
    this.#hasJoined = new Promise(resolve => {
      this.#join = () => resolve(null)
    })
  }

  get status(): KafkaConsumerStatus {
    return {
      groupId: this.#options.groupId,
      state: this.#state === 'running' && this.#phase === 'out' ? 'new' : this.#state,
      shards: Array.from(this.#partitions.values(), ({ consumer }) => consumer.status).toSorted((a, b) =>
        a.shardId < b.shardId ? -1 : 1,
      ),
      counts: this.#metrics.counts,
    }
  }

  /**
   * Joins the group; resolves when it has.
   * @throws MillraceError `not_found` for a topic that is not there, `connection_lost` where the brokers do not answer or refuse
   */
  async start(): Promise<void> {
    assert(this.#state === 'new', 'a consumer is started once')
    const { clock, configuration, onMetrics, groupId, topics } = this.#options
    await this.#checkTopics()
    this.#state = 'running'
    this.#stops.push(clock.every(WATCH_MS, () => this.#watch()))
    if (onMetrics !== undefined)
      this.#stops.push(clock.every(configuration.metricsBufferTimeMillis, () => this.#handMetrics()))
    const refusal = new Promise<string>(resolve => {
      this.#running = this.#live(this.#newLife(), resolve)
    })
    const because = await Promise.race([this.#hasJoined, refusal])
    if (because === null) {
      this.#tell('worker_started', 'info', `a member of group ${groupId} reads ${topics.join(', ')}`)
      return
    }
    await this.stop()
    throw new MillraceError('connection_lost', `joining group ${groupId} failed: ${because}`)
  }

  untilStopped(): Promise<void> {
    return this.#ended
  }

  /**
   * Ends in order: each partition ends its batch, its processor may checkpoint, and the member leaves the group, so that others
   * have its partitions at once. What is not done within the budget is given up: its records come again elsewhere.
   * @param budgetMs default: `gracefulShutdownTimeoutMillis`
   */
  shutdown(budgetMs = this.#options.configuration.gracefulShutdownTimeoutMillis): Promise<void> {
    this.#stopping ??= this.#shutDown(budgetMs)
    return this.#stopping
  }

  /** Ends at once: processors hear that their partitions are lost. A shutdown under way has no time left. */
  stop(): Promise<void> {
    this.#hurry.abort()
    this.#stopping ??= this.#shutDown(0)
    return this.#stopping
  }

  async #shutDown(budgetMs: number): Promise<void> {
    const { groupId } = this.#options
    this.#state = 'stopping'
    this.#tell(
      'worker_stopping',
      'info',
      `a member of group ${groupId} leaves, with ${budgetMs} ms for ${this.#partitions.size} partitions`,
    )
    await this.#endPartitions(budgetMs, 'the time to shut down is over')
    this.#stopSignal.abort()
    this.#life?.end('it was shut down')
    await this.#running
    for (const stop of this.#stops) stop()
    this.#handMetrics()
    await this.#admin.disconnect().catch(() => {})
    this.#state = 'stopped'
    this.#tell('worker_stopped', 'info', `a member of group ${groupId} has stopped`)
    this.#end()
  }

  async #checkTopics(): Promise<void> {
    const { topics, groupId } = this.#options
    try {
      await this.#admin.connect()
      for (const topic of topics) await this.#admin.fetchTopicMetadata({ topics: [topic] })
    } catch (error) {
      await this.#admin.disconnect().catch(() => {})
      const isMissing = (error as { readonly type?: unknown } | null)?.type === 'UNKNOWN_TOPIC_OR_PARTITION'
      throw new MillraceError(
        isMissing ? 'not_found' : 'connection_lost',
        isMissing
          ? `group ${groupId} is to read ${topics.join(', ')}, and not all of them are there; create the topic, or mend its name`
          : `asking the Kafka brokers for ${topics.join(', ')} failed: ${textOf(error)}`,
        { cause: error },
      )
    }
  }

  #newLife(): Life {
    const { clock } = this.#options
    let end: Life['end'] = () => {}
    const over = new Promise<LifeEnd>(resolve => {
      end = (because, repeatable = true) => resolve({ because, mayRepeat: repeatable })
    })
    let join = (): void => {}
    const joined = new Promise<void>(resolve => {
      join = resolve
    })
    const membership = new Membership({
      ...this.#options,
      listener: {
        assigned: partitions => {
          join()
          this.#join()
          this.#become('member')
          this.#assigned(membership, partitions)
        },
        leaving: async () => {
          // Of an earlier life nothing is left to end, and the partitions of this one are none of its business.
          const isCurrent = (): boolean => this.#life?.membership === membership
          if (!isCurrent()) return
          this.#become('leaving')
          await this.#leaving()
          if (isCurrent() && this.#phase === 'leaving') this.#become('joining')
        },
        batch: batch => this.#accept(membership, batch),
        skipped: (at, firstOffset, lastOffset) => this.#skipped(membership, at, firstOffset, lastOffset),
        heard: () => {
          if (this.#phase === 'member') this.#phaseMs = clock.monotonicMs()
        },
        ended: end,
      },
    })
    const life = { membership, over, joined, end }
    this.#life = life
    return life
  }

  /**
   * One life after the other. Never rejects.
   * @param refuse told why, when not even the first came to be
   */
  async #live(first: Life, refuse: (because: string) => void): Promise<void> {
    const { clock, random, groupId, configuration } = this.#options
    const { maxInitializationAttempts, schedulerInitializationBackoffTimeMillis } = configuration
    const { signal } = this.#stopSignal
    let failures = 0
    let hasEverJoined = false
    for (let life = first; ; life = this.#newLife()) {
      let hasJoined = false
      void life.joined.then(() => {
        hasJoined = true
        hasEverJoined = true
      })
      this.#become('joining')
      void life.membership.start().catch((error: unknown) => life.end(textOf(error), mayRepeat(error)))
      const { because, mayRepeat: isPassing } = await life.over
      this.#become('out')
      this.#loseAll(`this member left the group: ${because}`)
      await Promise.race([life.membership.leave(), this.#untilHurried()])
      if (signal.aborted) return this.#settle()
      failures = hasJoined ? 1 : failures + 1
      if (!hasEverJoined && (!isPassing || failures >= maxInitializationAttempts)) {
        refuse(because)
        await aborted(signal)
        return
      }
      this.#tell('background_failed', 'error', `a member is not in group ${groupId}, and joins again: ${because}`, {
        failures,
      })
      const pauseMs = hasEverJoined ? backoffMsOf(REJOIN, failures, random) : schedulerInitializationBackoffTimeMillis
      await clock.sleep(pauseMs, signal)
      // Who joins while a call hangs gets partitions that it does not process.
      await Promise.race([this.#calls.ended(), aborted(signal)])
      if (signal.aborted) return this.#settle()
    }
  }

  #loseAll(because: string): void {
    for (const { consumer } of this.#partitions.values()) consumer.leaseLost(because)
    this.#partitions.clear()
  }

  async #untilHurried(): Promise<void> {
    await aborted(this.#hurry.signal)
    await this.#options.clock.sleep(GRACE_MS)
  }

  /** A processor that never comes back must not hold the process; those that do are a few turns away. */
  async #settle(): Promise<void> {
    await this.#within(GRACE_MS, Promise.all(this.#last.values()))
  }

  #assigned(membership: Membership, partitions: readonly TopicPartition[]): void {
    this.#loseAll('the group rebalanced before it could be ended')
    const names = partitions.map(({ topic, partition }) => shardIdOf(topic, partition))
    this.#tell(
      'lease_moved',
      'info',
      `group ${this.#options.groupId}, join ${membership.generation}: this member has ${names.length === 0 ? 'no partition' : names.join(', ')}`,
      { partitions: names.length },
    )
    for (const topic of new Set(partitions.map(one => one.topic)))
      void this.#beginTopic(
        membership,
        topic,
        partitions.filter(one => one.topic === topic).map(one => one.partition),
      )
  }

  async #beginTopic(membership: Membership, topic: string, partitions: readonly number[]): Promise<void> {
    const { generation } = membership
    const isLive = (): boolean =>
      this.#life?.membership === membership && membership.generation === generation && this.#state === 'running'
    const { clock, random } = this.#options
    for (let failures = 1; isLive(); failures++) {
      try {
        const starts = await this.#startsOf(topic, partitions)
        for (const [partition, { offset, mustBeCommitted }] of starts)
          if (mustBeCommitted && isLive()) await membership.commit({ topic, partition }, offset, '')
        if (!isLive()) return
        for (const [partition, start] of starts) this.#begin(membership, { topic, partition }, start)
        return
      } catch (error) {
        this.#tell(
          'background_failed',
          'warn',
          `asking where to begin in ${topic} failed and is repeated: ${textOf(error)}`,
        )
        await clock.sleep(backoffMsOf(REJOIN, failures, random), this.#stopSignal.signal)
      }
    }
  }

  #startsOf(topic: string, partitions: readonly number[], known?: ReadonlyMap<number, bigint>) {
    const { groupId, configuration } = this.#options
    const { initialPositionInStream: initialPosition, initialPositionTimestamp: timestamp } = configuration
    return startOffsets(this.#admin, topic, partitions, { groupId, initialPosition, timestamp }, known)
  }

  #begin(membership: Membership, at: TopicPartition, start: StartOffset): void {
    const shardId = shardIdOf(at.topic, at.partition)
    const { generation } = membership
    if (start.problem !== null)
      this.#tell('position_gone', 'error', `${shardId}: ${start.problem}`, { offset: String(start.offset) })
    const partition = new Partition({
      ...this.#options,
      at,
      start,
      membership,
      isLive: () => this.#life?.membership === membership && membership.generation === generation,
      factory: this.#calls.watch(this.#options.processor),
      shardSettings: this.#settings,
      metrics: this.#metrics,
      onEvent: event => this.#emit(event),
    })
    // Calls for one partition never overlap, also when it was lost and came back in the middle of one.
    const before = this.#last.get(shardId) ?? Promise.resolve()
    const done = before
      .then(() => partition.consumer.run())
      .finally(() => {
        if (this.#last.get(shardId) === done) this.#last.delete(shardId)
        if (this.#partitions.get(shardId) === partition) this.#partitions.delete(shardId)
      })
    partition.done = done
    this.#last.set(shardId, done)
    this.#partitions.set(shardId, partition)
  }

  #accept(membership: Membership, batch: KafkaBatchLike): boolean {
    const partition = this.#partitions.get(shardIdOf(batch.topic, batch.partition))
    if (partition?.feed.accept(batch) === true) return true
    // Nothing of it comes again before somebody says where to go on.
    membership.pause(batch)
    if (partition?.feed.isClosed === false) void this.#recheck(membership, partition)
    return false
  }

  #skipped(membership: Membership, at: TopicPartition, firstOffset: string | null, lastOffset: string): void {
    const partition = this.#partitions.get(shardIdOf(at.topic, at.partition))
    if (partition === undefined || partition.feed.skip(firstOffset, lastOffset)) return
    membership.pause(at)
    // A reader that is closed wants nothing more.
    if (!partition.feed.isClosed) void this.#recheck(membership, partition)
  }

  /** The fetch came from elsewhere: it was under way when the group rebalanced, or the broker has nothing where the reader stands. */
  async #recheck(membership: Membership, partition: Partition): Promise<void> {
    const { clock } = this.#options
    const { topic, partition: number } = partition.at
    const { shardId } = partition.feed
    while (partition.isLive && this.#partitions.get(shardId) === partition) {
      try {
        const { next } = partition.feed
        const start = (await this.#startsOf(topic, [number], new Map([[number, next]]))).get(number)
        if (!partition.isLive || this.#partitions.get(shardId) !== partition || start === undefined) return
        if (partition.feed.isClosed) return
        if (start.problem === null) {
          partition.feed.resumed()
          return membership.begin(partition.at, next)
        }
        partition.consumer.leaseLost(start.problem)
        await partition.done
        if (partition.isLive && this.#state === 'running') this.#begin(membership, partition.at, start)
        return
      } catch (error) {
        this.#tell(
          'background_failed',
          'warn',
          `asking where to go on in ${shardId} failed and is repeated: ${textOf(error)}`,
        )
        await clock.sleep(GRACE_MS, this.#stopSignal.signal)
      }
    }
  }

  /** Before the member joins anew: its partitions may be somebody else's afterwards. */
  async #leaving(): Promise<void> {
    const { configuration, settings } = this.#options
    if (this.#partitions.size === 0) return
    const { isGracefulLeaseHandoffEnabled, gracefulLeaseHandoffTimeoutMillis } = configuration
    const budgetMs = isGracefulLeaseHandoffEnabled
      ? Math.min(gracefulLeaseHandoffTimeoutMillis, settings.rebalanceTimeout / 2)
      : 0
    await this.#endPartitions(budgetMs, `the group rebalances, and ${budgetMs} ms to end in order are over`)
  }

  async #endPartitions(budgetMs: number, late: string): Promise<void> {
    const ending = [...this.#partitions.values()]
    const allDone = Promise.all(ending.map(({ done }) => done))
    if (budgetMs > 0) {
      for (const { consumer } of ending) consumer.requestShutdown()
      await this.#within(budgetMs, allDone)
    }
    for (const { consumer } of ending) consumer.leaseLost(late)
    await this.#within(GRACE_MS, allDone)
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController()
    await Promise.race([work, this.#options.clock.sleep(ms, AbortSignal.any([this.#hurry.signal, done.signal]))])
    done.abort()
  }

  /** Nothing heard of the group, or a call that does not come back. */
  #watch(): void {
    const { clock, settings, groupId, maxPollIntervalMs } = this.#options
    if (this.#state !== 'running' || this.#phase === 'out') return
    const call = this.#calls.oldest
    const now = clock.monotonicMs()
    let because: string | null = null
    if (call !== null && now - call.startedMs > maxPollIntervalMs)
      because = `${call.call} of ${call.shardId} has not come back for ${maxPollIntervalMs} ms (maxPollIntervalMillis); others get the partitions, and this member joins again when it has`
    else if (this.#phase === 'member' && now - this.#phaseMs > settings.sessionTimeout)
      because = `no heartbeat for ${settings.sessionTimeout} ms (sessionTimeout), so that the group has given the partitions away`
    else if (this.#phase === 'joining' && now - this.#phaseMs > settings.rebalanceTimeout + JOIN_SLACK_MS)
      because = `joining the group takes more than ${settings.rebalanceTimeout + JOIN_SLACK_MS} ms`
    if (because === null) return
    this.#become('out')
    this.#tell('consumer_stalled', 'error', `the member of group ${groupId} stands still: ${because}`)
    this.#life?.end(because)
  }

  #become(phase: Phase): void {
    this.#phase = phase
    this.#phaseMs = this.#options.clock.monotonicMs()
  }

  #handMetrics(): void {
    const { onMetrics } = this.#options
    const { data, from, to } = this.#metrics.take()
    if (data.length === 0) return
    try {
      onMetrics?.(data, from, to)
    } catch (error) {
      this.#tell('background_failed', 'warn', `the metrics hook failed: ${textOf(error)}`)
    }
  }

  #tell(
    kind: ConsumerEvent['kind'],
    level: ConsumerEvent['level'],
    message: string,
    facts?: ConsumerEvent['facts'],
  ): void {
    this.#emit({ kind, level, message, facts })
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
