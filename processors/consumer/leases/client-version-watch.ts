/**
 * Follows the version of the fleet while a worker runs, and, as the leader, ends the way up from 2.x: when every owner of a lease
 * has reported metrics for ten minutes, all of them know the ways of 3.x. Source: KCL 3.5, `ClientVersionChangeMonitor` and
 * `MigrationReadyMonitor`.
 */
import { type Clock, MillraceError } from '../../../core/index.ts'
import { type ClientVersion, ClientVersionRow, mayFollow } from './client-version.ts'
import type { LeaseListener } from './lease-coordinator.ts'
import type { LeaseSettings } from './lease-settings.ts'
import type { LeaseStore } from './lease-table.ts'
import { WorkerObserver } from './worker-observer.ts'

/** KCL: for so long every owner must have reported. */
const READY_MS = 600_000

export interface ClientVersionWatchOptions {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly workerId: string
  readonly settings: LeaseSettings
  readonly listener: LeaseListener
  readonly leads: () => Promise<boolean>
  /** the fleet changed its version: this worker changes its ways */
  readonly follow: (version: ClientVersion) => Promise<void>
}

export class ClientVersionWatch {
  readonly #options: ClientVersionWatchOptions
  readonly #row: ClientVersionRow
  readonly #workers: WorkerObserver
  #version: ClientVersion = 'INIT'
  #readySinceMs: number | null = null

  constructor(options: ClientVersionWatchOptions) {
    const { store, clock, workerId, settings } = options
    this.#options = options
    this.#row = new ClientVersionRow(store.coordinator, clock, workerId)
    this.#workers = new WorkerObserver({
      table: store.workerMetrics,
      clock,
      staleAfterMs: 2 * settings.workerMetricsReporterFreqInMillis,
      freshMs: settings.failoverTimeMillis,
      deleteAfterMs: settings.staleWorkerMetricsEntryCleanupDuration,
    })
  }

  get version(): ClientVersion {
    return this.#version
  }

  /** At the start of the worker: what the row says, or this worker's setting, which the row says from then on. */
  async enter(): Promise<ClientVersion> {
    this.#version = await this.#row.enter(this.#options.settings.clientVersionConfig)
    return this.#version
  }

  /**
   * Called each minute.
   * @throws MillraceError `config` for a row that says what cannot follow; this worker stays what it is
   */
  async check(): Promise<void> {
    const stored = await this.#row.read()
    if (stored !== null && stored !== this.#version) {
      if (!mayFollow(this.#version, stored))
        throw new MillraceError(
          'config',
          `the fleet went from ${this.#version} to ${stored}, written by ${await this.#row.writtenBy()}: a running worker cannot follow; restart it`,
        )
      await this.#become(stored)
    } else if (this.#version === 'UPGRADE_FROM_2X') await this.#upgrade()
  }

  async #upgrade(): Promise<void> {
    const now = this.#options.clock.monotonicMs()
    const isReady = (await this.#options.leads()) && (await this.#isReady())
    this.#readySinceMs = isReady ? (this.#readySinceMs ?? now) : null
    this.#options.listener.metric?.({
      operation: 'Migration',
      name: 'WorkerMetricsReadyStatus',
      value: isReady ? 1 : 0,
      unit: 'Count',
    })
    if (this.#readySinceMs === null || now - this.#readySinceMs < READY_MS) return
    if (await this.#row.move('UPGRADE_FROM_2X', '3X_WITH_ROLLBACK')) await this.#become('3X_WITH_ROLLBACK')
  }

  /** A lease without an owner is one that somebody of 2.x may take. */
  async #isReady(): Promise<boolean> {
    const [leases, workers] = await Promise.all([this.#options.store.leases.list(), this.#workers.observe()])
    const reporting = new Set(workers.map(({ workerId }) => workerId))
    return leases.every(({ leaseOwner }) => leaseOwner !== null && reporting.has(leaseOwner))
  }

  async #become(version: ClientVersion): Promise<void> {
    await this.#options.follow(version)
    this.#version = version
    this.#readySinceMs = null
  }
}
