/** Takes leases for this worker, beside workers of KCL 2.x: nobody assigns there, everybody helps himself to a fair share. */
import type { Clock, Random } from '../../../core/index.ts'
import { MillraceError } from '../../../core/index.ts'
import type { Lease } from './lease.ts'
import type { LeaseListener } from './lease-coordinator.ts'
import type { LeaseObserver } from './lease-observer.ts'
import type { LeaseTable, WriteOutcome } from './lease-table.ts'
import { OperationMetrics } from './operation-metrics.ts'
import { planTake, type Take } from './plan-take.ts'

/** KCL: tries of one take. */
const TAKE_TRIES = 3

export interface LeaseTakerOptions {
  readonly table: LeaseTable
  readonly clock: Clock
  readonly random: Random
  readonly workerId: string
  readonly failoverMs: number
  readonly maxLeasesForWorker: number
  readonly maxToSteal: number
  readonly takesVeryOld: boolean
  readonly observer: LeaseObserver
  readonly listener: LeaseListener
  /** a lease that was taken */
  readonly taken: (lease: Lease, sentAtMs: number) => void
}

export class LeaseTaker {
  readonly #options: LeaseTakerOptions

  readonly #metrics: OperationMetrics

  constructor(options: LeaseTakerOptions) {
    this.#options = options
    this.#metrics = new OperationMetrics({ ...options, operation: 'TakeLeases' })
  }

  run(): Promise<void> {
    return this.#metrics.timed('', () => this.#run())
  }

  async #run(): Promise<void> {
    const { table, clock, observer, failoverMs } = this.#options
    const beganAt = clock.monotonicMs()
    let leases = await this.#metrics.timed('ListLeases', () => table.list())
    observer.observe(leases, beganAt)
    // What a slow scan says is old: others may have renewed or taken meanwhile.
    if (clock.monotonicMs() - beganAt > failoverMs / 6) {
      const againAt = clock.monotonicMs()
      leases = await table.list()
      observer.observe(leases, againAt)
    }
    const now = clock.monotonicMs()
    const plan = planTake({ ...this.#options, leases, stoodMs: lease => observer.stoodMs(lease, now) })
    let taken = 0
    for (const take of plan.takes) if (await this.#take(take)) taken++
    this.#metrics.count('TotalLeases', leases.length)
    this.#metrics.count('NumWorkers', plan.workers)
    this.#metrics.count('ExpiredLeases', plan.expired)
    this.#metrics.count('VeryOldLeases', plan.veryOld)
    this.#metrics.count('NeededLeases', plan.needed)
    this.#metrics.count('LeasesToTake', plan.takes.length)
    this.#metrics.count('LeaseSpillover', plan.spillover)
    this.#metrics.count('TakenLeases', taken)
    this.#metrics.count('UntakenLeases', plan.takes.length - taken)
  }

  async #take({ lease, reason, why }: Take): Promise<boolean> {
    const { table, clock, workerId, listener, taken } = this.#options
    const sentAtMs = clock.monotonicMs()
    const outcome = await this.#metrics.timed('TakeLease', () => repeated(() => table.take(lease, workerId)))
    if (!outcome.written) return false
    listener.leaseMoved?.({ leaseKey: lease.leaseKey, from: lease.leaseOwner, to: workerId, by: workerId, reason, why })
    taken(outcome.lease, sentAtMs)
    return true
  }
}

async function repeated(write: () => Promise<WriteOutcome>): Promise<WriteOutcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write()
    } catch (error) {
      if (attempt === TAKE_TRIES || !(error instanceof MillraceError) || error.retry === 'never') throw error
    }
  }
}
