/**
 * How this worker comes by leases, and who leads: as in KCL 3.x the leader of the lock assigns and everybody finds what was
 * assigned to him, or as in 2.x everybody takes a fair share and the shuffle leads. A fleet on its way from 2.x changes from one to
 * the other while it runs.
 */
import { type Clock, MillraceError, type Random } from '../../../core/index.ts'
import { Assigner } from './assignment/assigner.ts'
import type { HeldLeases } from './held-leases.ts'
import type { Leader } from './leader.ts'
import { LeaderLock } from './leader-lock.ts'
import type { Lease } from './lease.ts'
import type { LeaseListener } from './lease-coordinator.ts'
import { LeaseDiscoverer } from './lease-discoverer.ts'
import type { LeaseObserver } from './lease-observer.ts'
import { type LeasePeriods, type LeaseSettings, leasePeriods } from './lease-settings.ts'
import type { LeaseStore } from './lease-table.ts'
import { LeaseTaker } from './lease-taker.ts'
import type { Repeating } from './repeating.ts'
import { ShuffleLeader } from './shuffle-leader.ts'
import { WorkerObserver } from './worker-observer.ts'

/** KCL: a leader whose assignment failed so often in a row lets another worker try; after what nobody foresaw, at once. */
const FAILED_ASSIGNMENTS_MAX = 3

export interface LeaseGainingOptions {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly random: Random
  readonly workerId: string
  readonly settings: LeaseSettings
  readonly listener: LeaseListener
  readonly held: HeldLeases
  readonly observer: LeaseObserver
  /** runs work at a rate; failures are told */
  readonly loop: (what: string, periodMs: number, work: () => Promise<void>) => Repeating
  /** a lease that is this worker's by its own write */
  readonly gained: (lease: Lease, sentAtMs: number) => void
  /** a lease that is this worker's by the leader's write */
  readonly found: (lease: Lease) => Promise<void>
}

export class LeaseGaining {
  readonly #options: LeaseGainingOptions
  readonly #periods: LeasePeriods
  #leader: Leader
  #isAssigned = true
  #loops: readonly Repeating[] = []
  #isStopped = false
  #assignDueAtMs = 0
  #watchDueAtMs = 0
  #failedAssignments = 0
  /** a worker that gave up the lead stays out of it until others have had time to take it */
  #mayLeadAtMs = Number.NEGATIVE_INFINITY

  constructor(options: LeaseGainingOptions) {
    this.#options = options
    this.#periods = leasePeriods(options.settings)
    this.#leader = lockOf(options)
  }

  /** True where the leader assigns; else everybody takes. */
  get isAssigned(): boolean {
    return this.#isAssigned
  }

  /** Whether this worker leads now; makes an attempt if nobody does. */
  async leads(): Promise<boolean> {
    return this.#options.clock.monotonicMs() >= this.#mayLeadAtMs && (await this.#leader.leads())
  }

  /** Which way, before the start. */
  prepare(isAssigned: boolean): void {
    // A start that is repeated keeps the lock that it may have taken.
    if (isAssigned === this.#isAssigned) return
    const { store, clock, workerId } = this.#options
    this.#isAssigned = isAssigned
    this.#leader = isAssigned ? lockOf(this.#options) : new ShuffleLeader(store.leases, clock, workerId)
  }

  start(): void {
    if (!this.#isStopped) this.#loops = this.#isAssigned ? this.#assigned() : this.#taking()
  }

  /** Goes on the other way; leases that are held stay. Called by no two at a time. */
  async switchTo(isAssigned: boolean): Promise<void> {
    if (isAssigned === this.#isAssigned || this.#isStopped) return
    await Promise.all(this.#loops.map(loop => loop.stop()))
    try {
      await this.#leader.resign()
    } catch (error) {
      // The lead that was kept expires by itself; a worker whose loops stand still would gain nothing more.
      this.#options.listener.failed?.('giving up the lead', error)
    }
    this.prepare(isAssigned)
    this.start()
  }

  /** No further lease is gained; resolves when the lead is given up. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const loop of this.#loops) void loop.stop()
    await this.#leader.resign()
  }

  /** Resolves when the last runs have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#loops.map(loop => loop.stop()))
  }

  /** KCL 3.x: the leader assigns, everybody else finds what was assigned to him. */
  #assigned(): Repeating[] {
    const { store, settings, loop, gained } = this.#options
    const assigner = new Assigner({
      ...this.#options,
      failoverMs: settings.failoverTimeMillis,
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
      assignedToSelf: gained,
    })
    return [loop('assigning leases', this.#periods.leadMs, () => this.#lead(assigner)), this.#discovering()]
  }

  #discovering(): Repeating {
    const { store, loop, found } = this.#options
    const discoverer = new LeaseDiscoverer({
      ...this.#options,
      table: store.leases,
      found,
    })
    return loop('finding assigned leases', this.#periods.discoverMs, () => discoverer.run())
  }

  async #lead(assigner: Assigner): Promise<void> {
    const { clock, store } = this.#options
    const leads = await this.leads()
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
      this.#options.observer.observe(await store.leases.list(), now)
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
    const { store, settings, loop, gained } = this.#options
    const taker = new LeaseTaker({
      ...this.#options,
      table: store.leases,
      failoverMs: settings.failoverTimeMillis,
      maxLeasesForWorker: settings.maxLeasesForWorker,
      maxToSteal: settings.maxLeasesToStealAtOneTime,
      takesVeryOld: settings.enablePriorityLeaseAssignment,
      taken: gained,
    })
    const taking = loop('taking leases', this.#periods.takeMs, () => taker.run())
    // While a fleet changes over, the leader may already assign to those who have not heard of it; the KCL lets such leases expire.
    const mayChange = settings.clientVersionConfig !== 'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X_PHASE1'
    return mayChange ? [taking, this.#discovering()] : [taking]
  }
}

function lockOf({ store, clock, random, workerId, settings }: LeaseGainingOptions): Leader {
  const durationMs = settings.leaderLeaseDurationMillis ?? settings.failoverTimeMillis
  const heartbeatMs = settings.leaderHeartbeatIntervalMillis ?? Math.floor(durationMs / 4)
  return new LeaderLock({ table: store.coordinator, clock, random, workerId, durationMs, heartbeatMs })
}
