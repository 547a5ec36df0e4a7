/**
 * Leases spread by what workers report (CPU) and by the throughput of leases. Free ones go to whoever has most room; now and then
 * the fleet is balanced, but only when somebody lies outside a band around the average, and only as far as the receiver stays
 * below it: so nothing goes to and fro. Source: KCL 3.x, `VarianceBasedLeaseAssignmentDecider`.
 */
import type { Random } from '../../../../core/index.ts'
import { isHandingOff, type Lease } from '../lease.ts'
import { type Fleet, freeReason, freeText, type Plan, type PlannedMove } from './assignment.ts'
import { type FleetLoad, fleetLoad, headRoom, place, projected, type WorkerLoad } from './worker-load.ts'

export interface LoadLimits {
  readonly maxLeasesForWorker: number
  /** KCL: maxThroughputPerHostKBps */
  readonly maxThroughputKBps: number
  /** KCL: reBalanceThresholdPercentage; the band around the average that is left alone */
  readonly thresholdPercent: number
  /** KCL: dampeningPercentage; the part of a surplus that moves at a time */
  readonly dampeningPercent: number
  /** KCL: allowThroughputOvershoot; moves the smallest lease when every one is larger than the surplus */
  readonly allowOvershoot: boolean
  /** KCL: workerMetricsEMAAlpha */
  readonly alpha: number
}

/** @param balances false on runs that only place free leases */
export function planByLoad(fleet: Fleet, limits: LoadLimits, random: Random, balances: boolean): Plan {
  const free = new Set(fleet.free.map(lease => lease.leaseKey))
  const owned = new Map<string, Lease[]>(fleet.workers.map(({ workerId }) => [workerId, []]))
  for (const lease of fleet.leases) if (!free.has(lease.leaseKey)) owned.get(lease.leaseOwner ?? '')?.push(lease)
  const load = fleetLoad(fleet.leases, owned, fleet.workers, limits)
  const { moves, spillover } = placeFree(fleet, load, limits)
  return { moves: balances ? [...moves, ...balance(fleet, load, moves, limits, random)] : moves, spillover }
}

function placeFree(fleet: Fleet, load: FleetLoad, limits: LoadLimits): Plan {
  const moves: PlannedMove[] = []
  let spillover = 0
  for (const lease of fleet.free) {
    const fit = load.workers.filter(
      worker =>
        !fleet.doubtful.has(worker.workerId) &&
        worker.leases.size < limits.maxLeasesForWorker &&
        worker.throughputKBps + load.throughputOf(lease) <= limits.maxThroughputKBps,
    )
    const worker = roomiest(fit, load)
    if (worker === null) {
      spillover++
      continue
    }
    const room = headRoom(worker, load)
    place(worker, lease, load)
    const why = `${freeText(lease)}; ${worker.workerId} had most room (${percent(room)} below the average)`
    moves.push({ lease, owner: worker.workerId, reason: freeReason(lease), why })
  }
  return { moves, spillover }
}

function balance(
  { doubtful }: Fleet,
  load: FleetLoad,
  placed: readonly PlannedMove[],
  limits: LoadLimits,
  random: Random,
): readonly PlannedMove[] {
  const fixed = new Set(placed.map(move => move.lease))
  const best = [...load.averages.keys()]
    .map(metric => surplusOf(metric, load, limits))
    .filter(surplus => surplus !== null)
    .reduce<Surplus | null>((a, b) => (a === null || b.totalKBps > a.totalKBps ? b : a), null)
  if (best === null) return []
  const moves: PlannedMove[] = []
  /**
   * Gives a lease to whoever has most room, unless it would lift him above a part of the average, and makes him no heavier than the
   * donor was.
   */
  const give = (donor: WorkerLoad, lease: Lease, most = 1): boolean => {
    const others = load.workers.filter(
      worker => worker !== donor && !doubtful.has(worker.workerId) && worker.leases.size < limits.maxLeasesForWorker,
    )
    const receiver = roomiest(others, load)
    if (receiver === null || overloads(receiver, lease, load, limits, most)) return false
    place(receiver, lease, load)
    donor.leases.delete(lease)
    const [value, average] = [donor.values.get(best.metric) ?? 0, load.averages.get(best.metric) ?? 0]
    const why = `${donor.workerId} is at ${best.metric} ${value.toFixed(1)}, the fleet at ${average.toFixed(1)}; ${load.throughputOf(lease).toFixed(1)} KiB/s go to ${receiver.workerId}`
    moves.push({ lease, owner: receiver.workerId, reason: 'balanced', why })
    return true
  }
  for (const { donor, takeKBps } of best.donors) {
    const movable = [...donor.leases].filter(lease => !fixed.has(lease) && !isHandingOff(lease))
    const given = chosen(donor, movable, takeKBps, load, limits, random).filter(lease => give(donor, lease))
    if (given.length > 0) continue
    // What was drawn is too large for everybody: the smallest may fit.
    const [smallest] = movable.toSorted((a, b) => load.throughputOf(a) - load.throughputOf(b))
    if (smallest === undefined || (load.throughputOf(smallest) >= takeKBps && !limits.allowOvershoot)) continue
    if (load.throughputOf(smallest) < takeKBps && give(donor, smallest)) continue
    // It would lift everybody above the average, so that the KCL leaves the donor above the band for good. Within the band nobody
    // has to give it back.
    if ((donor.values.get(best.metric) ?? 0) > best.upper) give(donor, smallest, 1 + limits.thresholdPercent / 100)
  }
  return moves
}

interface Surplus {
  readonly metric: string
  /** end of the band that is left alone */
  readonly upper: number
  readonly totalKBps: number
  readonly donors: readonly { readonly donor: WorkerLoad; readonly takeKBps: number }[]
}

/** Who should give, by one metric; null while every worker lies within the band and its range. */
function surplusOf(metric: string, load: FleetLoad, limits: LoadLimits): Surplus | null {
  const average = load.averages.get(metric) ?? 0
  const [upper, lower] = [average * (1 + limits.thresholdPercent / 100), average * (1 - limits.thresholdPercent / 100)]
  const reporting = load.workers.flatMap(worker => {
    const value = worker.values.get(metric)
    return value === undefined ? [] : [{ worker, value, range: worker.ranges.get(metric) ?? Number.POSITIVE_INFINITY }]
  })
  if (!reporting.some(({ value, range }) => value > upper || value < lower || value > range)) return null
  const above = reporting.filter(({ value, range }) => value >= upper || value > range)
  const [most] = reporting.toSorted((a, b) => b.value - a.value)
  const donors = (above.length > 0 || most === undefined ? above : [most])
    .filter(({ value }) => value > 0)
    .map(({ worker, value }) => ({
      donor: worker,
      takeKBps: (worker.throughputKBps * Math.max(0, value - average) * limits.dampeningPercent) / 100 / value,
    }))
  return { metric, upper, donors, totalKBps: donors.reduce((sum, { takeKBps }) => sum + takeKBps, 0) }
}

/** Leases of a donor that fit below what it should give, in random order so that none is always the one that moves. */
function chosen(
  donor: WorkerLoad,
  movable: readonly Lease[],
  takeKBps: number,
  load: FleetLoad,
  limits: LoadLimits,
  random: Random,
): readonly Lease[] {
  const shuffled = movable.map(lease => ({ lease, at: random.next() })).sort((a, b) => a.at - b.at)
  if (donor.throughputKBps === 0) return shuffled.slice(0, 1).map(({ lease }) => lease)
  const taken: Lease[] = []
  let left = takeKBps
  for (const { lease } of shuffled) {
    const throughput = load.throughputOf(lease)
    if (throughput >= left) continue
    taken.push(lease)
    left -= throughput
  }
  if (taken.length > 0 || !limits.allowOvershoot || takeKBps <= 0) return taken
  const [smallest] = shuffled.toSorted((a, b) => load.throughputOf(a.lease) - load.throughputOf(b.lease))
  return smallest === undefined ? [] : [smallest.lease]
}

/**
 * True when the lease would lift a receiver above the average or its range: then it would soon have to give itself.
 * @param most of the average
 */
function overloads(receiver: WorkerLoad, lease: Lease, load: FleetLoad, limits: LoadLimits, most: number): boolean {
  if (receiver.throughputKBps + load.throughputOf(lease) > limits.maxThroughputKBps) return true
  return [...receiver.values].some(([name, value]) => {
    const after = projected(name, value, lease, load)
    return (
      after > (load.averages.get(name) ?? 0) * most || after > (receiver.ranges.get(name) ?? Number.POSITIVE_INFINITY)
    )
  })
}

/** Most room; among equals the fewest leases, so that leases without traffic spread as well. */
function roomiest(workers: readonly WorkerLoad[], load: FleetLoad): WorkerLoad | null {
  return workers.reduce<WorkerLoad | null>((a, b) => {
    if (a === null) return b
    const difference = headRoom(b, load) - headRoom(a, load)
    return difference > 1e-9 || (difference > -1e-9 && b.leases.size < a.leases.size) ? b : a
  }, null)
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(0)} %`
}
