/**
 * The lease side of a worker: joins what renews, gains, leads and cleans up, and runs each at its rate. What each does is its own
 * file's; this one knows only when.
 *
 *   new ── start: shards have leases, own rows taken back ──► gaining ── stopGaining ──► renewing only ── stop ──► stopped
 */
import { setMaxListeners } from 'node:events'
import { type Clock, MillraceError, type Random, type ShardDescription } from '../../../core/index.ts'
import { isAssigned, isFinal, reportsMetrics } from './client-version.ts'
import { ClientVersionWatch } from './client-version-watch.ts'
import { FormerStreams, type FormerStreamsLeasesDeletionStrategy } from './former-streams.ts'
import { HeldLeases } from './held-leases.ts'
import { actualOwner, isComplete, type Lease } from './lease.ts'
import type { HeldLease, LeaseCoordinator, LeaseListener } from './lease-coordinator.ts'
import { LeaseGaining } from './lease-gaining.ts'
import { LeaseObserver } from './lease-observer.ts'
import { type LeasePeriods, type LeaseSettings, leasePeriods } from './lease-settings.ts'
import type { CheckpointChange, LeaseStore, StoreMigration } from './lease-table.ts'
import { eachOf, Repeating } from './repeating.ts'
import { ShardEnd } from './shard-end.ts'
import { ShardSync } from './shard-sync.ts'
import type { ConsumedStream } from './stream-shards.ts'
import { type WorkerMetricSource, WorkerMetricsReporter } from './worker-metrics-reporter.ts'

/** KCL: the first audit of hash keys after the start. */
const FIRST_AUDIT_MS = 60_000
/** KCL: while a table has no leases, workers look again so often, after a random wait of up to the second figure. */
const EMPTY_TABLE_POLL_MS = 3_000
const EMPTY_TABLE_WAIT_MS_MAX = 30_000
/** KCL: how often streams are looked for that came or went. */
const STREAMS_CHECK_MS = 60_000
/** KCL: how often a worker looks whether the fleet changed its version. */
const VERSION_CHECK_MS = 60_000

export interface ChangingStreams {
  /** Learns of the streams of the moment. @param isHeld whether this worker holds a lease of a stream */
  readonly refresh: (isHeld: (identifier: string) => boolean) => Promise<void>
  /** Whether a stream is named, though perhaps not to be opened. */
  readonly isNamed: (identifier: string) => boolean
  /** whether the service said of a stream that it is not there */
  readonly isGone: (identifier: string) => boolean
  /** told when the leases of a stream were deleted */
  readonly forget: (identifier: string) => void
  readonly strategy: FormerStreamsLeasesDeletionStrategy
}

export interface KclLeaseCoordinatorOptions {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly random: Random
  readonly workerId: string
  readonly settings: LeaseSettings
  readonly listener: LeaseListener
  /** the streams of the moment; with identifiers when there is more than one */
  readonly streams: () => readonly ConsumedStream[]
  /** where streams come and go while the worker runs; left out, they are those of the start */
  readonly changingStreams?: ChangingStreams | undefined
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
  readonly #gaining: LeaseGaining
  readonly #version: ClientVersionWatch
  readonly #reporter: WorkerMetricsReporter
  readonly #observer = new LeaseObserver()
  readonly #stopped = new AbortController()
  #always: Repeating[] = []
  /** what only those do who may gain leases */
  #leading: Repeating[] = []
  /** streams whose first leases this worker makes */
  readonly #begun = new Set<ConsumedStream>()
  #stopCapture: () => void = () => {}
  #mayGain = true

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
    this.#gaining = new LeaseGaining({
      ...options,
      held: this.#held,
      observer: this.#observer,
      loop: (what, periodMs, work) => this.#loop(what, periodMs, work),
      gained: (lease, sentAtMs) => this.#gain(lease, sentAtMs),
      found: lease => this.#adopt(lease, 'assigned'),
    })
    this.#version = new ClientVersionWatch({
      ...options,
      leads: () => this.#gaining.leads(),
      follow: version => this.#gaining.switchTo(isAssigned(version)),
    })
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
    this.#gaining.prepare(isAssigned(await this.#version.enter()))
    await this.#report()
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
        () => this.#report(),
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
    this.#gaining.start()
    this.#leading = [
      this.#loop(
        'auditing shards',
        settings.leasesRecoveryAuditorExecutionFrequencyMillis,
        () => this.#audit(),
        FIRST_AUDIT_MS,
      ),
    ]
    const { changingStreams } = this.#options
    if (changingStreams !== undefined)
      this.#leading.push(
        this.#loop(
          'looking for streams that came or went',
          STREAMS_CHECK_MS,
          this.#streamsCheck(changingStreams),
          STREAMS_CHECK_MS,
        ),
      )
    const { migration } = this.#options.store
    if (migration !== undefined)
      this.#leading.push(
        this.#loop(
          'moving rows to the lease table',
          this.#periods.assignMs,
          () => this.#migrate(migration),
          this.#periods.assignMs,
        ),
      )
    // Checks of a fleet that started together are spread.
    if (!isFinal(this.#version.version))
      this.#leading.push(
        this.#loop(
          'looking for the version of the fleet',
          VERSION_CHECK_MS,
          () => this.#version.check(),
          VERSION_CHECK_MS * (1 + random.next() / 2),
        ),
      )
    this.#stopCapture = clock.every(settings.inMemoryWorkerMetricsCaptureFrequencyMillis, () =>
      this.#reporter.capture(),
    )
  }

  stopGaining(): void {
    if (!this.#mayGain) return
    this.#mayGain = false
    for (const loop of this.#leading) void loop.stop()
    void this.#gaining.stop().catch((error: unknown) => this.#failed('giving up the lead', error))
  }

  async stop(): Promise<void> {
    this.stopGaining()
    this.#stopped.abort()
    this.#stopCapture()
    this.#held.dropAll('stopped')
    await Promise.all([...[...this.#always, ...this.#leading].map(loop => loop.stop()), this.#gaining.ended()])
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

  async readAnew(held: HeldLease): Promise<void> {
    const stream = this.#options.streams().find(({ identifier }) => identifier === held.lease.streamIdentifier)
    if (stream === undefined)
      throw new MillraceError('not_found', `the stream of lease ${held.lease.leaseKey} is not read here`)
    const start = await this.#shardSync.beginAnew(stream, held.lease.leaseKey)
    if (start === null) await this.#held.delete(held)
    else await this.#held.restart(held, start)
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
    const { store, clock, random } = this.#options
    const { signal } = this.#stopped
    // Without leases the shuffle knows no leader: whoever wakes first makes them.
    const dueAt = this.#gaining.isAssigned
      ? null
      : clock.monotonicMs() + 1_000 + random.next() * (EMPTY_TABLE_WAIT_MS_MAX - 1_000)
    while (!signal.aborted) {
      const leases = await store.leases.list()
      const bare = this.#shardSync.bare(leases)
      const mayBegin = dueAt === null ? bare.length > 0 && (await this.#gaining.leads()) : clock.monotonicMs() >= dueAt
      if (mayBegin) for (const stream of bare) this.#begun.add(stream)
      // A start that failed between two leases of a stream is repeated, though the table is not bare of it any more.
      for (const stream of this.#begun) {
        await this.#shardSync.begin(stream)
        this.#begun.delete(stream)
      }
      if (mayBegin || bare.length === 0) {
        if (bare.length === 0 && leases.length > 0) await this.#syncAtStart(leases)
        return
      }
      await clock.sleep(EMPTY_TABLE_POLL_MS, signal)
    }
  }

  async #syncAtStart(leases: readonly Lease[]): Promise<void> {
    if (this.#options.settings.skipShardSyncAtWorkerInitializationIfLeasesExist || !(await this.#gaining.leads()))
      return
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

  #streamsCheck({ refresh, ...changing }: ChangingStreams): () => Promise<void> {
    const table = this.#options.store.leases
    const former = new FormerStreams({ ...this.#options, ...changing, table, shardSync: this.#shardSync })
    return async () => {
      // Asked late: a lease may be gained while streams are opened.
      await refresh(identifier => this.#held.all().some(({ lease }) => lease.streamIdentifier === identifier))
      if (await this.#gaining.leads()) await former.run()
      else former.forget()
    }
  }

  async #migrate(migration: StoreMigration): Promise<void> {
    const { store, clock, workerId, settings, listener } = this.#options
    if (!(await this.#gaining.leads())) return
    const now = clock.monotonicMs()
    const leases = await store.leases.list()
    const live = leases.filter(lease => this.#observer.stoodMs(lease, now) <= settings.failoverTimeMillis)
    const owners = new Set(live.map(actualOwner).filter(owner => owner !== null))
    const status = await migration.step({ workerId, owners, reportMs: settings.workerMetricsReporterFreqInMillis })
    listener.metric?.({ operation: 'TableMigration', name: 'StatusOrdinal', value: status, unit: 'Count' })
  }

  async #audit(): Promise<void> {
    if (await this.#gaining.leads()) await this.#shardSync.audit()
  }

  /** Workers of 2.x have no rows of metrics; nor has one that does as they do. */
  async #report(): Promise<void> {
    if (reportsMetrics(this.#version.version)) await this.#reporter.report()
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
