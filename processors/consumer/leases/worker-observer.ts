/**
 * Which workers live, by their rows of metrics. A row is good while its worker keeps writing it: its own clock may be wrong, so a row
 * that was seen to change counts as fresh from then on, whatever instant it names. Source: KCL 3.x, rows are stale after two
 * reporting periods and are deleted after a day.
 */
import type { Clock } from '../../../core/index.ts'
import type { WorkerMetrics, WorkerMetricsTable } from './lease-table.ts'

/** A report that says so was not captured. */
const FAILED = -1

export interface WorkerObserverOptions {
  readonly table: WorkerMetricsTable
  readonly clock: Clock
  /** after which a row without a change is stale */
  readonly staleAfterMs: number
  /** a row that is older when it is seen first proves nothing: its worker may have died since */
  readonly freshMs: number
  /** KCL: staleWorkerMetricsEntryCleanupDuration */
  readonly deleteAfterMs: number
}

interface SeenRow {
  readonly writtenAt: number
  /** null: not seen to change */
  readonly changedAtMs: number | null
  readonly isProven: boolean
}

export class WorkerObserver {
  readonly #options: WorkerObserverOptions
  #seen: ReadonlyMap<string, SeenRow> = new Map()
  /** workers that let a lease expire, by what their rows said then */
  readonly #suspects = new Map<string, number>()
  /** workers left out of the last answer because their newest value says that capturing failed */
  failing = 0

  constructor(options: WorkerObserverOptions) {
    this.#options = options
  }

  /** The workers that live, sorted by id. Deletes rows that have been dead for long. */
  async observe(): Promise<readonly WorkerMetrics[]> {
    const { table, clock, staleAfterMs, freshMs, deleteAfterMs } = this.#options
    const rows = await table.list()
    const [now, wallSeconds] = [clock.monotonicMs(), clock.now() / 1_000]
    const seen = new Map<string, SeenRow>()
    const alive: WorkerMetrics[] = []
    this.failing = 0
    for (const row of rows) {
      const before = this.#seen.get(row.workerId)
      const hasChanged = before !== undefined && before.writtenAt !== row.lastUpdatedAtSeconds
      const changedAtMs = hasChanged ? now : (before?.changedAtMs ?? null)
      const ageMs = changedAtMs === null ? Math.abs(wallSeconds - row.lastUpdatedAtSeconds) * 1_000 : now - changedAtMs
      const isProven = before?.isProven === true || hasChanged || ageMs <= freshMs
      seen.set(row.workerId, { writtenAt: row.lastUpdatedAtSeconds, changedAtMs, isProven })
      if (ageMs > deleteAfterMs) await table.delete(row)
      if (ageMs > staleAfterMs) continue
      if (this.#suspects.get(row.workerId) === row.lastUpdatedAtSeconds) continue
      this.#suspects.delete(row.workerId)
      if (Object.values(row.values).some(values => values.at(-1) === FAILED)) this.failing++
      else alive.push(row)
    }
    for (const workerId of this.#suspects.keys()) if (!seen.has(workerId)) this.#suspects.delete(workerId)
    this.#seen = seen
    return alive.sort((a, b) => (a.workerId < b.workerId ? -1 : 1))
  }

  /** False for a worker of which only an old row was seen: a new leader cannot know what became of it before it writes again. */
  isProven(workerId: string): boolean {
    return this.#seen.get(workerId)?.isProven === true
  }

  /**
   * Leaves workers out until they write their rows anew: they did not renew a lease for a fail-over time, while a row counts for two
   * reporting periods. Without this the leases of a dead worker would go back to it.
   */
  suspect(workerIds: Iterable<string>): void {
    for (const workerId of workerIds) {
      const row = this.#seen.get(workerId)
      if (row !== undefined) this.#suspects.set(workerId, row.writtenAt)
    }
  }
}
