/** Finds leases that the leader gave to this worker, through the index of owners. Source: KCL 3.x, `LeaseDiscoverer`. */
import type { Clock } from '../../../core/index.ts'
import type { HeldLeases } from './held-leases.ts'
import type { Lease } from './lease.ts'
import type { LeaseListener } from './lease-coordinator.ts'
import type { LeaseTable } from './lease-table.ts'
import { OperationMetrics } from './operation-metrics.ts'
import { eachOf } from './repeating.ts'

/** Reads at a time. */
const READS_AT_A_TIME = 20

export interface LeaseDiscovererOptions {
  readonly table: LeaseTable
  readonly clock: Clock
  readonly workerId: string
  readonly held: HeldLeases
  readonly listener: LeaseListener
  /** a lease of this worker that it does not hold yet */
  readonly found: (lease: Lease, sentAtMs: number) => Promise<void>
}

export class LeaseDiscoverer {
  readonly #options: LeaseDiscovererOptions

  readonly #metrics: OperationMetrics

  constructor(options: LeaseDiscovererOptions) {
    this.#options = options
    this.#metrics = new OperationMetrics({ ...options, operation: 'LeaseDiscovery' })
  }

  run(): Promise<void> {
    return this.#metrics.timed('', () => this.#run())
  }

  async #run(): Promise<void> {
    const { table, clock, workerId, held, found } = this.#options
    const keys = await this.#metrics.timed('ListLeaseKeysForWorker', () => table.listByOwner(workerId))
    let [discovered, mismatched] = [0, 0]
    const unknown = keys.filter(key => held.get(key) === null)
    const fetchNew = (): Promise<void> =>
      eachOf(unknown, READS_AT_A_TIME, async key => {
        const sentAtMs = clock.monotonicMs()
        const lease = await table.get(key).catch((error: unknown) => {
          this.#metrics.count('GetLease:Error', 1)
          throw error
        })
        // The index lags behind the table, and in a hand-off the old owner still processes.
        if (lease === null || lease.leaseOwner !== workerId || lease.checkpointOwner !== null) {
          mismatched++
          return
        }
        discovered++
        await found(lease, sentAtMs)
      })
    await this.#metrics.timed('FetchNewLeases', fetchNew)
    this.#metrics.count('NewLeasesDiscovered', discovered)
    this.#metrics.count('OwnerMismatch', mismatched)
  }
}
