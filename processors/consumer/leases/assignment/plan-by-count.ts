/**
 * Leases spread by their number alone: every worker gets as many as any other, give or take one. Needs no metrics.
 * Source: KCL 3.4.3, LeaseAssignmentStrategy LEASE_COUNT_BASED.
 */
import { isHandingOff, type Lease } from '../lease.ts'
import { type Fleet, freeReason, freeText, type Plan, type PlannedMove } from './assignment.ts'

export interface CountLimits {
  readonly maxLeasesForWorker: number
}

interface Share {
  readonly workerId: string
  readonly leases: Lease[]
}

/**
 * Places free leases with whoever has fewest, then evens out from the fullest to the emptiest until they differ by one at most.
 * A lease that is handed off counts for its new owner already, and is left alone.
 */
export function planByCount(fleet: Fleet, { maxLeasesForWorker }: CountLimits): Plan {
  const free = new Set(fleet.free.map(lease => lease.leaseKey))
  const shares = new Map<string, Share>(fleet.workers.map(({ workerId }) => [workerId, { workerId, leases: [] }]))
  for (const lease of fleet.leases)
    if (!free.has(lease.leaseKey)) shares.get(lease.leaseOwner ?? '')?.leases.push(lease)
  const moves: PlannedMove[] = []
  let spillover = 0
  for (const lease of fleet.free) {
    const emptiest = least([...shares.values()])
    if (emptiest === null || emptiest.leases.length >= maxLeasesForWorker) {
      spillover++
      continue
    }
    emptiest.leases.push(lease)
    const why = `${freeText(lease)}; ${emptiest.workerId} had the fewest (${emptiest.leases.length - 1})`
    moves.push({ lease, owner: emptiest.workerId, reason: freeReason(lease), why })
  }
  const placed = new Set(moves.map(move => move.lease.leaseKey))
  const movable = ({ leaseKey, ...lease }: Lease): boolean =>
    !placed.has(leaseKey) && !isHandingOff({ leaseKey, ...lease })
  const full = [...shares.values()]
  while (full.length > 1) {
    const to = least(full)
    const from = full.reduce((a, b) => (b.leases.length > a.leases.length ? b : a))
    const [had, has] = [from.leases.length, to?.leases.length ?? 0]
    if (to === null || had - has <= 1 || has >= maxLeasesForWorker) break
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

function least(shares: readonly Share[]): Share | null {
  return shares.reduce<Share | null>((a, b) => (a === null || b.leases.length < a.leases.length ? b : a), null)
}
