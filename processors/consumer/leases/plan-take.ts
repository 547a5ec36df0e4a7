/** Which leases a worker takes for itself, as workers of KCL 2.x do. Source: KCL 2.x and 3.x, `DynamoDBLeaseTaker`. */
import type { Random } from '../../../core/index.ts'
import type { Lease } from './lease.ts'

/** KCL: leases that stood still for three fail-over times are taken whatever the target is. */
const VERY_OLD_FAILOVERS = 3

export interface TakeInput {
  readonly leases: readonly Lease[]
  readonly workerId: string
  readonly failoverMs: number
  /** how long a lease's counter has stood still */
  readonly stoodMs: (lease: Lease) => number
  readonly maxLeasesForWorker: number
  /** KCL: maxLeasesToStealAtOneTime */
  readonly maxToSteal: number
  /** KCL: enablePriorityLeaseAssignment */
  readonly takesVeryOld: boolean
  readonly random: Random
}

export interface Take {
  readonly lease: Lease
  readonly reason: 'unowned' | 'expired' | 'very_old' | 'balanced'
  readonly why: string
}

export interface TakePlan {
  readonly takes: readonly Take[]
  readonly expired: number
  readonly veryOld: number
  readonly workers: number
  readonly needed: number
  /** leases above what this worker may have */
  readonly spillover: number
}

export function planTake(input: TakeInput): TakePlan {
  const { leases, workerId, failoverMs, stoodMs, random } = input
  const isExpired = (lease: Lease): boolean => lease.leaseOwner !== null && stoodMs(lease) > failoverMs
  const available = shuffled(
    leases.filter(lease => lease.leaseOwner === null || isExpired(lease)),
    random,
  )
  const counts = new Map<string, number>([[workerId, 0]])
  for (const lease of leases)
    if (lease.leaseOwner !== null && !isExpired(lease))
      counts.set(lease.leaseOwner, (counts.get(lease.leaseOwner) ?? 0) + 1)
  const fair = counts.size >= leases.length ? 1 : Math.ceil(leases.length / counts.size)
  const target = Math.min(fair, input.maxLeasesForWorker)
  const mine = counts.get(workerId) ?? 0
  const veryOld = input.takesVeryOld
    ? leases.filter(lease => isExpired(lease) && stoodMs(lease) > VERY_OLD_FAILOVERS * failoverMs)
    : []
  const needed = Math.max(0, target - mine)
  const room = Math.max(0, input.maxLeasesForWorker - mine)
  const old = veryOld.slice(0, room).map((lease): Take => {
    const why = `${lease.leaseOwner} has not renewed it for ${VERY_OLD_FAILOVERS} fail-over times`
    return { lease, reason: 'very_old', why }
  })
  const rest = available.filter(lease => !veryOld.includes(lease)).slice(0, Math.max(0, needed - old.length))
  const takes = [
    ...old,
    ...rest.map((lease): Take => {
      const why =
        lease.leaseOwner === null
          ? 'nobody owned it'
          : `${lease.leaseOwner} has not renewed it for ${stoodMs(lease)} ms`
      return {
        lease,
        reason: lease.leaseOwner === null ? 'unowned' : 'expired',
        why: `${why}; this worker had ${mine} of ${target}`,
      }
    }),
  ]
  return {
    takes: takes.length === 0 && needed > 0 && available.length === 0 ? steal(input, counts, target, needed) : takes,
    expired: available.length,
    veryOld: veryOld.length,
    workers: counts.size,
    needed,
    spillover: Math.max(0, fair - input.maxLeasesForWorker),
  }
}

/** From the worker with most leases; from one that has a single lease too many only when more than one is needed here. */
function steal(
  { leases, maxToSteal, random }: TakeInput,
  counts: ReadonlyMap<string, number>,
  target: number,
  needed: number,
): readonly Take[] {
  const [most] = [...counts].sort((a, b) => b[1] - a[1])
  if (most === undefined) return []
  const [owner, count] = most
  const surplus = count - target
  const wanted = surplus <= 0 ? 0 : surplus === 1 ? (needed > 1 ? 1 : 0) : Math.min(needed, surplus)
  const theirs = shuffled(
    leases.filter(lease => lease.leaseOwner === owner),
    random,
  )
  return theirs.slice(0, Math.min(wanted, maxToSteal)).map(lease => ({
    lease,
    reason: 'balanced',
    why: `${owner} had ${count} leases, an equal share is ${target}`,
  }))
}

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map(item => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
