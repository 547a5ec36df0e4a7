/**
 * The leader's work on leases: sees the whole fleet, decides by a plan, writes each decision conditionally. A live lease moves by
 * a hand-off, a free one is assigned; a hand-off that nobody ends is forced.
 */
import type { Clock, Random } from '../../../../core/index.ts'
import { actualOwner, isComplete, isHandingOff, type Lease } from '../lease.ts'
import type { LeaseListener } from '../lease-coordinator.ts'
import type { LeaseObserver } from '../lease-observer.ts'
import type { LeaseStore, WriteOutcome } from '../lease-table.ts'
import { OperationMetrics } from '../operation-metrics.ts'
import { eachOf } from '../repeating.ts'
import type { WorkerObserver } from '../worker-observer.ts'
import type { Fleet, Plan, PlannedMove } from './assignment.ts'
import { planByCount } from './plan-by-count.ts'
import { type LoadLimits, planByLoad } from './plan-by-load.ts'

/** Writes at a time. */
const WRITES_AT_A_TIME = 20
/** Of a fail-over time: leases are renewed each third of it, and seen by the leader each third. */
const DOUBT = 0.75

export interface AssignerOptions {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly random: Random
  readonly workerId: string
  readonly failoverMs: number
  readonly observer: LeaseObserver
  readonly workers: WorkerObserver
  readonly listener: LeaseListener
  readonly strategy: 'WORKER_UTILIZATION_AWARE' | 'LEASE_COUNT_BASED'
  readonly limits: LoadLimits
  /** KCL: varianceBalancingFrequency; every so many balancing runs the fleet is balanced by load */
  readonly balanceEvery: number
  /** KCL: isGracefulLeaseHandoffEnabled */
  readonly handsOff: boolean
  /** KCL: gracefulLeaseHandoffTimeoutMillis */
  readonly handOffTimeoutMs: number
  /** a worker that was silent as a leader, and may be dead */
  readonly deposed: () => string | null
  /** called with the leases that this worker assigned to itself, so that it need not find them */
  readonly assignedToSelf: (lease: Lease, sentAtMs: number) => void
}

export class Assigner {
  readonly #options: AssignerOptions
  /** since when a hand-off has been seen under way, by lease and new owner */
  #handOffs: ReadonlyMap<string, number> = new Map()
  #runs = 0
  /** after the last run: milliseconds until the next lease is free unless it is renewed before; infinite where none is owned */
  dueInMs = Number.POSITIVE_INFINITY

  readonly #metrics: OperationMetrics

  constructor(options: AssignerOptions) {
    this.#options = options
    this.#metrics = new OperationMetrics({ ...options, operation: 'LeaseAssignmentManager' })
  }

  /**
   * Looks at the fleet and places what is free.
   * @param balances true on the runs that may move live leases as well
   */
  run(balances: boolean): Promise<void> {
    return this.#metrics.timed('', () => this.#run(balances))
  }

  async #run(balances: boolean): Promise<void> {
    const { store, clock, observer, workers, strategy, limits, random, balanceEvery, failoverMs } = this.#options
    const beganAt = clock.monotonicMs()
    const [leases, rows] = await this.#metrics.timed('LeaseAndWorkerMetricsLoad', () =>
      Promise.all([store.leases.list(), workers.observe()]),
    )
    observer.observe(leases, beganAt)
    const now = clock.monotonicMs()
    const silent = this.#silent(leases, now)
    workers.suspect(silent)
    const metrics = rows.filter(row => !silent.has(row.workerId))
    const alive = new Set(metrics.map(({ workerId }) => workerId))
    const doubtful = this.#doubtful(leases, alive, now)
    const fleet: Fleet = { leases, workers: metrics, doubtful, free: this.#free(leases, alive, now) }
    if (balances) this.#runs++
    const planAt = clock.monotonicMs()
    const plan =
      strategy === 'LEASE_COUNT_BASED'
        ? planByCount(fleet, limits)
        : planByLoad(fleet, limits, random, balances && this.#runs % balanceEvery === 0)
    // One plan does both here; each has the time of the whole.
    const planMs = clock.monotonicMs() - planAt
    this.#metrics.duration('AssignExpiredOrUnassignedLeases', planMs)
    if (balances) this.#metrics.duration('BalanceWorkerVariance', planMs)
    const left = leases.map(lease => failoverMs - observer.stoodMs(lease, now)).filter(ms => ms >= 0)
    this.dueInMs = left.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY)
    const forced = this.#overdue(leases, alive, now)
    const moves = plan.moves.filter(move => balances || move.reason !== 'balanced')
    this.#count(fleet, plan, moves.length + forced.length)
    let failed = 0
    await this.#metrics.timed('ParallelyAssignLeases', () =>
      eachOf([...moves, ...forced], WRITES_AT_A_TIME, async move => {
        if (!(await this.#move(move))) failed++
      }),
    )
    this.#metrics.count('FailedAssignmentCount', failed)
  }

  /** Workers that have let a lease expire; this one lives, whatever its table says. */
  #silent(leases: readonly Lease[], now: number): ReadonlySet<string> {
    const { observer, failoverMs, workerId } = this.#options
    const owners = leases.filter(lease => observer.stoodMs(lease, now) > failoverMs).map(actualOwner)
    return new Set(owners.filter(owner => owner !== null && owner !== workerId) as string[])
  }

  /**
   * Workers of which no lease was seen renewed for twice the time in which one is. When several die together, the first that is known
   * to be dead must not leave its leases to the next, which is found out a moment later.
   */
  #doubtful(leases: readonly Lease[], alive: ReadonlySet<string>, now: number): ReadonlySet<string> {
    const { observer, failoverMs, workerId } = this.#options
    const seen = new Map<string, number>()
    for (const lease of leases) {
      const owner = actualOwner(lease)
      if (owner === null || owner === workerId || !alive.has(owner)) continue
      seen.set(owner, Math.min(seen.get(owner) ?? Number.POSITIVE_INFINITY, observer.stoodMs(lease, now)))
    }
    const doubtful = new Set([...seen].filter(([, stoodMs]) => stoodMs > failoverMs * DOUBT).map(([owner]) => owner))
    const { deposed, workers } = this.#options
    const former = deposed()
    if (former !== null && former !== workerId && alive.has(former)) doubtful.add(former)
    // Without leases there is only its row, which may be of before its death.
    for (const id of alive) if (id !== workerId && !seen.has(id) && !workers.isProven(id)) doubtful.add(id)
    return doubtful.size < alive.size ? doubtful : new Set()
  }

  /** Free leases, those that have waited longest first; never-owned ones before all. */
  #free(leases: readonly Lease[], alive: ReadonlySet<string>, now: number): readonly Lease[] {
    const { observer, failoverMs } = this.#options
    const waited = (lease: Lease): number =>
      lease.leaseOwner === null ? Number.MAX_SAFE_INTEGER - lease.leaseCounter : observer.stoodMs(lease, now)
    return leases
      .filter(lease => observer.isFree(lease, now, failoverMs))
      .filter(lease => lease.leaseOwner === null || !alive.has(lease.leaseOwner) || !isHandingOff(lease))
      .sort((a, b) => waited(b) - waited(a))
  }

  /** Hand-offs that have lasted longer than the time-out and a fail-over time. */
  #overdue(leases: readonly Lease[], alive: ReadonlySet<string>, now: number): readonly PlannedMove[] {
    const { handOffTimeoutMs, failoverMs, observer } = this.#options
    const handOffs = new Map<string, number>()
    const moves: PlannedMove[] = []
    for (const lease of leases) {
      if (!isHandingOff(lease) || lease.leaseOwner === null) continue
      const key = `${lease.leaseKey} ${lease.leaseOwner}`
      const since = this.#handOffs.get(key) ?? now
      handOffs.set(key, since)
      if (!alive.has(lease.leaseOwner) && observer.isFree(lease, now, failoverMs)) continue
      // The old owner is dead: nobody will end it.
      const isDead = observer.stoodMs(lease, now) > failoverMs
      if (!isDead && now - since <= handOffTimeoutMs + failoverMs) continue
      const why = isDead
        ? `${lease.checkpointOwner} has not renewed it for a fail-over time`
        : `${lease.checkpointOwner} has not ended the hand-off in ${now - since} ms`
      moves.push({ lease, owner: lease.leaseOwner, reason: 'hand_off_forced', why })
    }
    this.#handOffs = handOffs
    return moves
  }

  async #move({ lease, owner, reason, why }: PlannedMove): Promise<boolean> {
    const { store, clock, workerId, handsOff, listener, assignedToSelf } = this.#options
    const gracefully = reason === 'balanced' && handsOff && !isComplete(lease) && lease.leaseOwner !== null
    const sentAtMs = clock.monotonicMs()
    const outcome: WriteOutcome = gracefully
      ? await store.leases.startHandOff(lease, owner)
      : await store.leases.assign(lease, owner)
    // Somebody was quicker: the next run sees what became of it.
    if (!outcome.written) return false
    listener.leaseMoved?.({
      leaseKey: lease.leaseKey,
      from: lease.checkpointOwner ?? lease.leaseOwner,
      to: owner,
      by: workerId,
      reason,
      why,
    })
    if (!gracefully && owner === workerId) assignedToSelf(outcome.lease, sentAtMs)
    return true
  }

  #count({ leases, free, workers }: Fleet, { spillover }: Plan, moves: number): void {
    this.#metrics.count('TotalLeases', leases.length)
    this.#metrics.count('NumWorkers', workers.length)
    this.#metrics.count('NumWorkersWithFailingWorkerMetric', this.#options.workers.failing)
    this.#metrics.count('ExpiredLeases', free.length)
    this.#metrics.count('LeaseSpillover', spillover)
    this.#metrics.count('IncompleteExpiredLeasesAssignment', spillover > 0 ? 1 : 0)
    this.#metrics.count('NumOfLeasesReassignment', moves)
  }
}
