/**
 * The lease side of a worker: joins what renews, gains, leads and cleans up, and runs each at its rate. What each does is its own
 * file's; this one knows only when.
 *
 *   new ── start: shards have leases, own rows taken back ──► gaining ── stopGaining ──► renewing only ── stop ──► stopped
 */
import { setMaxListeners } from 'node:events'
import { type Clock, MillraceError, type Random, type ShardDescription } from '../../../core/index.ts'
import { Assigner } from './assignment/assigner.ts'
import { HeldLeases } from './held-leases.ts'
import type { Leader } from './leader.ts'
import { LeaderLock } from './leader-lock.ts'
import { actualOwner, isComplete, type Lease } from './lease.ts'
import type { HeldLease, LeaseCoordinator, LeaseListener } from './lease-coordinator.ts'
import { LeaseDiscoverer } from './lease-discoverer.ts'
import { LeaseObserver } from './lease-observer.ts'
import { type LeasePeriods, type LeaseSettings, leasePeriods } from './lease-settings.ts'
import type { CheckpointChange, LeaseStore } from './lease-table.ts'
import { LeaseTaker } from './lease-taker.ts'
import { eachOf, Repeating } from './repeating.ts'
import { ShardEnd } from './shard-end.ts'
import { ShardSync } from './shard-sync.ts'
import { ShuffleLeader } from './shuffle-leader.ts'
import type { ConsumedStream } from './stream-shards.ts'
import { type WorkerMetricSource, WorkerMetricsReporter } from './worker-metrics-reporter.ts'
import { WorkerObserver } from './worker-observer.ts'

/** KCL: the first audit of hash keys after the start. */
const FIRST_AUDIT_MS = 60_000
/** KCL: while a table has no leases, workers look again so often, after a random wait of up to the second figure. */
const EMPTY_TABLE_POLL_MS = 3_000
const EMPTY_TABLE_WAIT_MS_MAX = 30_000
/** KCL: a leader whose assignment failed so often in a row lets another worker try; after what nobody foresaw, at once. */
const FAILED_ASSIGNMENTS_MAX = 3

export interface KclLeaseCoordinatorOptions {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly random: Random
  readonly workerId: string
  readonly settings: LeaseSettings
  readonly listener: LeaseListener
  /** the streams of the moment; with identifiers when there is more than one */
  readonly streams: () => readonly ConsumedStream[]
  /** figures of this worker's load for the leader; none: it goes by throughput */
  readonly metricSources?: readonly WorkerMetricSource[] | undefined
}

export class KclLeaseCoordinator implements LeaseCoordinator {
  readonly workerId: string
  readonly #options: KclLeaseCoordinatorOptions
  readonly #periods: LeasePeriods
  readonly #held: HeldLeases
  readonly #shardEnd: ShardEnd
  readonly #shardSync: ShardSync
  readonly #leader: Leader
  readonly #reporter: WorkerMetricsReporter
  readonly #observer = new LeaseObserver()
  readonly #stopped = new AbortController()
  #always: Repeating[] = []
  #gaining: Repeating[] = []
  #stopCapture: () => void = () => {}
  #mayGain = true
  #assignDueAtMs = 0
  #watchDueAtMs = 0
  #failedAssignments = 0
  /** a worker that gave up the lead stays out of it until others have had time to take it */
  #mayLeadAtMs = Number.NEGATIVE_INFINITY

  constructor(options: KclLeaseCoordinatorOptions) {
    const { store, clock, random, workerId, settings } = options
    // A hand-off of every lease may wait on it at a time.
    setMaxListeners(0, this.#stopped.signal)
    this.workerId = workerId
    this.#options = options
    this.#periods = leasePeriods(settings)
    const listener = this.#handOffTimer(options.listener)
    this.#held = new HeldLeases({
      table: store.leases,
      clock,
      random,
      workerId,
      failoverMs: settings.failoverTimeMillis,
      listener,
      completeGained: held => this.#shardEnd.queue(held),
    })
    this.#shardEnd = new ShardEnd({ ...options, table: store.leases, held: this.#held })
    this.#shardSync = new ShardSync({ ...options, table: store.leases, signal: this.#stopped.signal })
    this.#leader = leaderOf(options)
    this.#reporter = new WorkerMetricsReporter({
      table: store.workerMetrics,
      clock,
      workerId,
      sources: settings.disableWorkerMetrics ? [] : (options.metricSources ?? []),
      reportsMax: settings.noOfPersistedMetricsPerWorkerMetrics,
      listener: options.listener,
    })
  }

  async start(): Promise<void> {
    await this.#reporter.report()
    await this.#untilLeasesExist()
    await this.#resume()
    if (this.#stopped.signal.aborted) return
    const { settings, clock, random } = this.#options
    const { renewMs } = this.#periods
    this.#always = [
      this.#loop('renewing leases', renewMs, () => this.#renewAll(), renewMs),
      // Reports of a fleet that started together are spread.
      this.#loop(
        'reporting metrics of this worker',
        settings.workerMetricsReporterFreqInMillis,
        () => this.#reporter.report(),
        settings.workerMetricsReporterFreqInMillis * (0.5 + random.next() / 2),
      ),
      this.#loop(
        'cleaning up leases',
        settings.leaseCleanupIntervalMillis,
        () => this.#shardEnd.cleanUp(),
        settings.leaseCleanupIntervalMillis,
      ),
    ]
    if (!this.#mayGain) return
    this.#gaining = settings.clientVersionConfig === 'CLIENT_VERSION_CONFIG_3X' ? this.#assigned() : this.#taking()
    this.#gaining.push(
      this.#loop(
        'auditing shards',
        settings.leasesRecoveryAuditorExecutionFrequencyMillis,
        () => this.#audit(),
        FIRST_AUDIT_MS,
      ),
    )
    this.#stopCapture = clock.every(settings.inMemoryWorkerMetricsCaptureFrequencyMillis, () =>
      this.#reporter.capture(),
    )
  }

  stopGaining(): void {
    if (!this.#mayGain) return
    this.#mayGain = false
    for (const loop of this.#gaining) void loop.stop()
    void this.#leader.resign().catch((error: unknown) => this.#failed('giving up the lead', error))
  }

  async stop(): Promise<void> {
    this.stopGaining()
    this.#stopped.abort()
    this.#stopCapture()
    this.#held.dropAll('stopped')
    await Promise.all([...this.#always, ...this.#gaining].map(loop => loop.stop()))
    // What a loop gained in its last run.
    this.#held.dropAll('stopped')
  }

  heldLeases(): readonly HeldLease[] {
    return this.#held.all()
  }

  held(leaseKey: string): HeldLease | null {
    return this.#held.get(leaseKey)
  }

  async checkpoint(held: HeldLease, change: CheckpointChange): Promise<HeldLease> {
    const { clock, listener } = this.#options
    const beganAt = clock.monotonicMs()
    try {
      const saved = await this.#held.checkpoint(held, change)
      listener.metric?.({ operation: 'UpdateLease', name: 'Success', value: 1, unit: 'Count' })
      return saved
    } catch (error) {
      listener.metric?.({ operation: 'UpdateLease', name: 'Success', value: 0, unit: 'Count' })
      throw error
    } finally {
      listener.metric?.({
        operation: 'UpdateLease',
        name: 'Time',
        value: clock.monotonicMs() - beganAt,
        unit: 'Milliseconds',
      })
    }
  }

  countBytes(leaseKey: string, sizeBytes: number): void {
    this.#held.countBytes(leaseKey, sizeBytes)
  }

  finishHandOff(held: HeldLease): Promise<void> {
    return this.#held.finishHandOff(held)
  }

  release(held: HeldLease): Promise<void> {
    return this.#held.release(held)
  }

  parentsFinished(lease: Lease): Promise<boolean> {
    return this.#shardEnd.parentsFinished(lease)
  }

  endShard(held: HeldLease, children: readonly ShardDescription[]): Promise<'done' | 'retry' | 'dropped'> {
    return this.#shardEnd.end(held, children)
  }

  cleanUp(held: HeldLease): void {
    this.#shardEnd.queue(held)
  }

  /** A processor that does not stop in time loses its lease all the same; one that has nothing to stop is not waited for. */
  #handOffTimer(listener: LeaseListener): LeaseListener {
    return {
      ...listener,
      handOffRequested: held => {
        void this.#finishInTime(held)
        if (!isComplete(held.lease)) listener.handOffRequested(held)
      },
    }
  }

  async #finishInTime(held: HeldLease): Promise<void> {
    const { clock, settings } = this.#options
    if (!isComplete(held.lease)) await clock.sleep(settings.gracefulLeaseHandoffTimeoutMillis, this.#stopped.signal)
    if (this.#stopped.signal.aborted) return
    const now = this.#held.get(held.lease.leaseKey)
    if (now?.token !== held.token) return
    await this.#held
      .finishHandOff(now)
      .catch((error: unknown) => this.#failed(`handing off ${held.lease.leaseKey}`, error))
  }

  /** Leases there must be before anything else: the leader makes them, the others wait. */
  async #untilLeasesExist(): Promise<void> {
    const { store, clock, random, settings } = this.#options
    const { signal } = this.#stopped
    // Without leases the shuffle knows no leader: whoever wakes first makes them.
    const dueAt =
      settings.clientVersionConfig === 'CLIENT_VERSION_CONFIG_3X'
        ? null
        : clock.monotonicMs() + 1_000 + random.next() * (EMPTY_TABLE_WAIT_MS_MAX - 1_000)
    while (!signal.aborted) {
      const leases = await store.leases.list()
      const bare = this.#shardSync.bare(leases)
      const mayBegin = dueAt === null ? bare.length > 0 && (await this.#leader.leads()) : clock.monotonicMs() >= dueAt
      if (mayBegin) for (const stream of bare) await this.#shardSync.begin(stream)
      if (mayBegin || bare.length === 0) {
        if (bare.length === 0 && leases.length > 0) await this.#syncAtStart(leases)
        return
      }
      await clock.sleep(EMPTY_TABLE_POLL_MS, signal)
    }
  }

  async #syncAtStart(leases: readonly Lease[]): Promise<void> {
    if (this.#options.settings.skipShardSyncAtWorkerInitializationIfLeasesExist || !(await this.#leader.leads())) return
    for (const stream of this.#options.streams())
      await this.#shardSync.sync(
        stream,
        leases.filter(lease => lease.streamIdentifier === stream.identifier),
      )
  }

  /** Takes back what the table says is this worker's, from before it started. */
  async #resume(): Promise<void> {
    const { store, clock } = this.#options
    const leases = await store.leases.list()
    const own = leases.filter(lease => lease.leaseOwner === this.workerId && lease.checkpointOwner === null)
    await eachOf(own, this.#options.settings.maxLeaseRenewalThreads, lease => this.#adopt(lease, 'resumed'))
    this.#observer.observe(leases, clock.monotonicMs())
  }

  /** A row of ours that this process does not hold: renewed first, for only a write proves that it is still so. */
  async #adopt(lease: Lease, reason: 'resumed' | 'assigned'): Promise<void> {
    const { store, clock, listener } = this.#options
    if (!this.#mayGain || this.#held.get(lease.leaseKey) !== null) return
    const sentAtMs = clock.monotonicMs()
    const outcome = await store.leases.renew(lease, { throughputKBps: null, handingOff: false })
    if (!outcome.written || actualOwner(outcome.lease) !== this.workerId || this.#stopped.signal.aborted) return
    if (this.#held.add(outcome.lease, sentAtMs) === null) return
    const why = reason === 'resumed' ? 'this worker id owned it before it started' : 'the leader gave it to this worker'
    listener.leaseMoved?.({ leaseKey: lease.leaseKey, from: null, to: this.workerId, by: this.workerId, reason, why })
  }

  #gain(lease: Lease, sentAtMs: number): void {
    if (this.#mayGain && !this.#stopped.signal.aborted) this.#held.add(lease, sentAtMs)
  }

  async #renewAll(): Promise<void> {
    const { clock, listener, settings } = this.#options
    const beganAt = clock.monotonicMs()
    const before = this.#held.count
    this.#held.dropExpired()
    let failed = 0
    try {
      await eachOf(this.#held.due(), settings.maxLeaseRenewalThreads, async ({ lease }) => {
        try {
          await this.#held.renew(lease.leaseKey)
        } catch (error) {
          failed++
          throw error
        }
      })
    } finally {
      const lost = Math.max(0, before - this.#held.count)
      const values = { CurrentLeases: this.#held.count, LostLeases: lost, 'RenewLease.Success': failed === 0 ? 1 : 0 }
      for (const [name, value] of Object.entries(values))
        listener.metric?.({ operation: 'RenewAllLeases', name, value, unit: 'Count' })
      const elapsedMs = clock.monotonicMs() - beganAt
      listener.metric?.({
        operation: 'RenewAllLeases',
        name: 'RenewLease.Time',
        value: elapsedMs,
        unit: 'Milliseconds',
      })
    }
  }

  /** KCL 3.x: the leader assigns, everybody else finds what was assigned to him. */
  #assigned(): Repeating[] {
    const { store, settings } = this.#options
    const assigner = new Assigner({
      ...this.#options,
      failoverMs: settings.failoverTimeMillis,
      observer: this.#observer,
      workers: new WorkerObserver({
        table: store.workerMetrics,
        clock: this.#options.clock,
        staleAfterMs: 2 * settings.workerMetricsReporterFreqInMillis,
        freshMs: settings.failoverTimeMillis,
        deleteAfterMs: settings.staleWorkerMetricsEntryCleanupDuration,
      }),
      strategy: settings.leaseAssignmentStrategy,
      limits: {
        maxLeasesForWorker: settings.maxLeasesForWorker,
        maxThroughputKBps: settings.maxThroughputPerHostKBps,
        thresholdPercent: settings.reBalanceThresholdPercentage,
        dampeningPercent: settings.dampeningPercentage,
        allowOvershoot: settings.allowThroughputOvershoot,
        alpha: settings.workerMetricsEMAAlpha,
      },
      balanceEvery: settings.varianceBalancingFrequency,
      handsOff: settings.isGracefulLeaseHandoffEnabled,
      handOffTimeoutMs: settings.gracefulLeaseHandoffTimeoutMillis,
      deposed: () => this.#leader.deposed,
      assignedToSelf: (lease, sentAtMs) => this.#gain(lease, sentAtMs),
    })
    const discoverer = new LeaseDiscoverer({
      ...this.#options,
      table: store.leases,
      held: this.#held,
      found: lease => this.#adopt(lease, 'assigned'),
    })
    return [
      this.#loop('assigning leases', this.#periods.leadMs, () => this.#lead(assigner)),
      this.#loop('finding assigned leases', this.#periods.discoverMs, () => discoverer.run()),
    ]
  }

  async #lead(assigner: Assigner): Promise<void> {
    const { clock, store } = this.#options
    const leads = clock.monotonicMs() >= this.#mayLeadAtMs && (await this.#leader.leads())
    this.#options.listener.metric?.({
      operation: 'LeaderDecider',
      name: 'IsLeader',
      value: leads ? 1 : 0,
      unit: 'Count',
    })
    const now = clock.monotonicMs()
    if (leads) {
      if (now < this.#watchDueAtMs) return
      this.#watchDueAtMs = now + this.#periods.watchMs - this.#periods.leadMs / 2
      const balances = now >= this.#assignDueAtMs
      if (balances) this.#assignDueAtMs = now + this.#periods.assignMs
      await this.#assign(assigner, balances)
      // Where a lease may become free before the next look, that comes as soon as it is: a live one is renewed until then.
      this.#watchDueAtMs = Math.min(this.#watchDueAtMs, clock.monotonicMs() + assigner.dueInMs + 1)
    } else if (this.#leader.looksVacant) {
      // Whoever takes over soon knows then which leases have stood still, instead of beginning to watch.
      this.#observer.observe(await store.leases.list(), now)
    }
  }

  async #assign(assigner: Assigner, balances: boolean): Promise<void> {
    const { clock, settings, listener } = this.#options
    try {
      await assigner.run(balances)
      this.#failedAssignments = 0
    } catch (error) {
      this.#failedAssignments++
      const isForeseen = error instanceof MillraceError
      if (isForeseen && this.#failedAssignments < FAILED_ASSIGNMENTS_MAX) throw error
      const times = this.#failedAssignments
      this.#failedAssignments = 0
      this.#mayLeadAtMs = clock.monotonicMs() + settings.failoverTimeMillis
      listener.metric?.({ operation: 'LeaseAssignmentManager', name: 'ForceLeaderRelease', value: 1, unit: 'Count' })
      await this.#leader.resign()
      throw new MillraceError(
        'internal',
        `${error instanceof Error ? error.message : String(error)}; after ${times} ${times === 1 ? 'failure' : 'failures in a row'} this worker gives up the lead, so that another one tries`,
        { retry: 'backoff', cause: error },
      )
    }
  }

  /** KCL 2.x: everybody takes a fair share. */
  #taking(): Repeating[] {
    const { store, settings } = this.#options
    const taker = new LeaseTaker({
      ...this.#options,
      table: store.leases,
      failoverMs: settings.failoverTimeMillis,
      maxLeasesForWorker: settings.maxLeasesForWorker,
      maxToSteal: settings.maxLeasesToStealAtOneTime,
      takesVeryOld: settings.enablePriorityLeaseAssignment,
      observer: this.#observer,
      taken: (lease, sentAtMs) => this.#gain(lease, sentAtMs),
    })
    return [this.#loop('taking leases', this.#periods.takeMs, () => taker.run())]
  }

  async #audit(): Promise<void> {
    const mayLead = this.#options.clock.monotonicMs() >= this.#mayLeadAtMs
    if (mayLead && (await this.#leader.leads())) await this.#shardSync.audit()
  }

  #loop(what: string, periodMs: number, work: () => Promise<void>, firstAfterMs = 0): Repeating {
    const failed = (error: unknown): void => this.#failed(what, error)
    return new Repeating(work, { clock: this.#options.clock, periodMs, firstAfterMs, failed })
  }

  #failed(what: string, error: unknown): void {
    // A lease that was lost in the middle is told by itself.
    if (error instanceof MillraceError && error.code === 'lease_lost') return
    this.#options.listener.failed?.(what, error)
  }
}

function leaderOf({ store, clock, random, workerId, settings }: KclLeaseCoordinatorOptions): Leader {
  if (settings.clientVersionConfig !== 'CLIENT_VERSION_CONFIG_3X')
    return new ShuffleLeader(store.leases, clock, workerId)
  const durationMs = settings.leaderLeaseDurationMillis ?? settings.failoverTimeMillis
  const heartbeatMs = settings.leaderHeartbeatIntervalMillis ?? Math.floor(durationMs / 4)
  return new LeaderLock({ table: store.coordinator, clock, random, workerId, durationMs, heartbeatMs })
}
