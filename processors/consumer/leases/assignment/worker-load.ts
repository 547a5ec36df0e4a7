/**
 * The load of a fleet's workers, by what they report and by the throughput of their leases, and what it would become by a move.
 * Source: KCL 3.x, lease assignment manager.
 */
import type { Lease } from '../lease.ts'
import type { WorkerMetrics } from '../lease-table.ts'

/** KCL: synthetic metric of workers that report none, assigned throughput in percent of an equal share. */
export const THROUGHPUT_METRIC = 'T'
/** KCL: most that a worker carries when its operating range does not say. */
const RANGE_DEFAULT = 100
export interface WorkerLoad {
  readonly workerId: string
  /** leases that it has or gets by this plan */
  readonly leases: Set<Lease>
  /** KiB a second of those leases */
  throughputKBps: number
  /** by short name of the metric, as reported and then as projected */
  readonly values: Map<string, number>
  readonly ranges: ReadonlyMap<string, number>
}

export interface FleetLoad {
  readonly workers: readonly WorkerLoad[]
  /** by metric, over the workers that report it */
  readonly averages: ReadonlyMap<string, number>
  /** KiB a second that each worker would carry if all carried the same */
  readonly targetKBps: number
  readonly throughputOf: (lease: Lease) => number
}

export interface LoadOptions {
  /** KCL: workerMetricsEMAAlpha; weight of the newest of a worker's reports, above 0 to 1 */
  readonly alpha: number
}

/** @param owned leases by the worker that counts for them */
export function fleetLoad(
  leases: readonly Lease[],
  owned: ReadonlyMap<string, readonly Lease[]>,
  metrics: readonly WorkerMetrics[],
  { alpha }: LoadOptions,
): FleetLoad {
  const throughputOf = throughputs(leases)
  const total = leases.reduce((sum, lease) => sum + throughputOf(lease), 0)
  const targetKBps = metrics.length === 0 ? 0 : total / metrics.length
  const workers = metrics.map((row): WorkerLoad => {
    const own = new Set(owned.get(row.workerId) ?? [])
    const throughputKBps = [...own].reduce((sum, lease) => sum + throughputOf(lease), 0)
    const values = new Map<string, number>()
    const ranges = new Map<string, number>()
    for (const [name, reports] of Object.entries(row.values)) {
      if (reports.length === 0) continue
      values.set(name, average(reports, alpha))
      ranges.set(name, row.operatingRange[name]?.[0] ?? RANGE_DEFAULT)
    }
    if (values.size === 0) {
      values.set(THROUGHPUT_METRIC, targetKBps === 0 ? 0 : (throughputKBps / targetKBps) * 100)
      // A synthetic figure has no upper end: double the share is 200.
      ranges.set(THROUGHPUT_METRIC, Number.POSITIVE_INFINITY)
    }
    return { workerId: row.workerId, leases: own, throughputKBps, values, ranges }
  })
  const averages = new Map<string, number>()
  for (const name of new Set(workers.flatMap(worker => [...worker.values.keys()]))) {
    const reported = workers.flatMap(worker => worker.values.get(name) ?? [])
    averages.set(name, reported.reduce((sum, value) => sum + value, 0) / reported.length)
  }
  return { workers, averages, targetKBps, throughputOf }
}

/** Room of a worker: by the tightest of its metrics, how much more it could carry to be as loaded as the average, as a ratio. */
export function headRoom(worker: WorkerLoad, { averages }: FleetLoad): number {
  let room = Number.POSITIVE_INFINITY
  for (const [name, value] of worker.values)
    room = Math.min(room, value === 0 ? 1 : ((averages.get(name) ?? 0) - value) / value)
  return room
}

/** What a metric becomes with a lease more. */
export function projected(name: string, value: number, lease: Lease, fleet: FleetLoad): number {
  if (fleet.targetKBps === 0) return value
  return value + (fleet.throughputOf(lease) * (fleet.averages.get(name) ?? 0)) / fleet.targetKBps
}

/** Counts a lease for a worker from here on. */
export function place(worker: WorkerLoad, lease: Lease, fleet: FleetLoad): void {
  for (const [name, value] of worker.values) worker.values.set(name, projected(name, value, lease, fleet))
  worker.leases.add(lease)
  worker.throughputKBps += fleet.throughputOf(lease)
}

/** Leases without a figure count as the average of the others; where nothing flows at all, each counts the same. */
function throughputs(leases: readonly Lease[]): (lease: Lease) => number {
  const known = leases.flatMap(lease => lease.throughputKBps ?? [])
  const sum = known.reduce((total, value) => total + value, 0)
  if (sum === 0) return () => 1
  return lease => lease.throughputKBps ?? sum / known.length
}

function average(reports: readonly number[], alpha: number): number {
  return reports.reduce((value, report) => alpha * report + (1 - alpha) * value)
}
