/**
 * Leases spread by their number alone: every worker gets as many as any other, give or take one. Needs no metrics.
 * Source: KCL 3.4.3, LeaseAssignmentStrategy LEASE_COUNT_BASED.
 */
import { isComplete, isHandingOff, type Lease } from '../lease.ts'
import { type Fleet, freeReason, freeText, type Plan, type PlannedMove } from './assignment.ts'

export interface CountLimits {
  readonly maxLeasesForWorker: number
}

interface Share {
  readonly workerId: string
  /** those that give work; complete ones wait to be deleted, and count for nothing but the limit */
  readonly leases: Lease[]
  completeCount: number
}

/**
 * Places free leases with whoever has fewest, then evens out from the fullest to the emptiest until they differ by one at most.
 * A lease that is handed off counts for its new owner already, and is left alone; a complete one stays where it is.
 */
export function planByCount(fleet: Fleet, { maxLeasesForWorker }: CountLimits): Plan {
  const free = new Set(fleet.free.map(lease => lease.leaseKey))
  const shares = new Map<string, Share>(
    fleet.workers.map(({ workerId }) => [workerId, { workerId, leases: [], completeCount: 0 }]),
  )
  const mayGet = (share: Share): boolean => total(share) < maxLeasesForWorker && !fleet.doubtful.has(share.workerId)
  for (const lease of fleet.leases) if (!free.has(lease.leaseKey)) count(shares.get(lease.leaseOwner ?? ''), lease)
  const moves: PlannedMove[] = []
  let spillover = 0
  for (const lease of fleet.free) {
    const emptiest = least([...shares.values()].filter(mayGet))
    if (emptiest === null) {
      spillover++
      continue
    }
    const why = `${freeText(lease)}; ${emptiest.workerId} had the fewest (${emptiest.leases.length})`
    count(emptiest, lease)
    moves.push({ lease, owner: emptiest.workerId, reason: freeReason(lease), why })
  }
  const placed = new Set(moves.map(move => move.lease.leaseKey))
  const movable = ({ leaseKey, ...lease }: Lease): boolean =>
    !placed.has(leaseKey) && !isHandingOff({ leaseKey, ...lease })
  const full = [...shares.values()]
  while (full.length > 1) {
    const to = least(full.filter(mayGet))
    const from = full.reduce((a, b) => (b.leases.length > a.leases.length ? b : a))
    const [had, has] = [from.leases.length, to?.leases.length ?? 0]
    if (to === null || had - has <= 1) break
    const index = from.leases.findLastIndex(movable)
    const [lease] = index < 0 ? [] : from.leases.splice(index, 1)
    if (lease === undefined) {
      // Everything that it has is under way already: others may still be evened out.
      full.splice(full.indexOf(from), 1)
      continue
    }
    to.leases.push(lease)
    moves.push({
      lease,
      owner: to.workerId,
      reason: 'balanced',
      why: `${from.workerId} had ${had} leases, ${to.workerId} ${has}`,
    })
    placed.add(lease.leaseKey)
  }
  return { moves, spillover }
}

function count(share: Share | undefined, lease: Lease): void {
  if (share === undefined) return
  if (isComplete(lease)) share.completeCount++
  else share.leases.push(lease)
}

function total({ leases, completeCount }: Share): number {
  return leases.length + completeCount
}

function least(shares: readonly Share[]): Share | null {
  return shares.reduce<Share | null>((a, b) => (a === null || before(b, a) ? b : a), null)
}

/** Fewest leases that give work first; among equals the fewest at all. */
function before(a: Share, b: Share): boolean {
  return a.leases.length < b.leases.length || (a.leases.length === b.leases.length && total(a) < total(b))
}
