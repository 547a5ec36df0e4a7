/** Sets checkpoints of an application back or forth, from outside of its workers. */
import { MillraceError } from '../../core/index.ts'
import {
  type ExtendedSequenceNumber,
  equalExtended,
  formatExtended,
  isSentinel,
  LATEST,
  SHARD_END,
} from './leases/extended-sequence-number.ts'
import { isComplete, type Lease } from './leases/lease.ts'
import type { LeaseTable } from './leases/lease-table.ts'

export interface ResetOptions {
  readonly to: ExtendedSequenceNumber
  /** lease keys or shard ids; empty: every lease */
  readonly only: readonly string[]
  /** true also where a worker owns the lease; it then loses it, since its counter is another */
  readonly force: boolean
}

export interface ResetLease {
  readonly leaseKey: string
  readonly from: string
  readonly to: string
}

/**
 * Writes the checkpoint of each lease, and takes pending ones away. Shards that are processed to their end are left alone when the
 * others start at LATEST: there is nothing after it. With any other start they are processed again, before their children.
 * @throws MillraceError `invalid_argument` for a position that cannot be, for a lease that is not there, and, unless forced, for
 *   leases that a worker owns, before anything is written; `lease_lost` when a worker was faster
 */
export async function resetCheckpoints(table: LeaseTable, options: ResetOptions): Promise<readonly ResetLease[]> {
  const { to, only, force } = options
  if (equalExtended(to, SHARD_END))
    throw new MillraceError(
      'invalid_argument',
      'SHARD_END is for shards that were processed to their end; give another position',
    )
  const chosen = chosenLeases(await table.list(), only)
  if (!isSentinel(to.sequenceNumber) && chosen.length !== 1)
    throw new MillraceError(
      'invalid_argument',
      `a sequence number belongs to one shard, and ${chosen.length} are chosen; name the shard, or give TRIM_HORIZON, LATEST or AT_TIMESTAMP`,
    )
  const wanted = equalExtended(to, LATEST) && only.length === 0 ? chosen.filter(lease => !isComplete(lease)) : chosen
  const owned = wanted.filter(lease => lease.leaseOwner !== null)
  if (owned.length > 0 && !force)
    throw new MillraceError(
      'invalid_argument',
      `${owned.length} of ${wanted.length} leases have an owner (${owned[0]?.leaseKey ?? ''}: ${owned[0]?.leaseOwner ?? ''}); stop the workers, or force it: a worker that runs then loses its leases and takes them again from there`,
    )
  const done: ResetLease[] = []
  for (const lease of wanted) {
    // Evicted first: one step of the counter alone would look to its owner like a write of its own whose reply was lost.
    const free = lease.leaseOwner === null ? null : await table.evict(lease)
    const outcome =
      free?.written === false
        ? free
        : await table.checkpoint(free?.lease ?? lease, {
            checkpoint: to,
            pendingCheckpoint: null,
            pendingCheckpointState: null,
            ownerSwitchesSinceCheckpoint: 0,
          })
    if (!outcome.written)
      throw new MillraceError(
        'lease_lost',
        `${lease.leaseKey} was changed by a worker meanwhile; ${done.length} of ${wanted.length} leases are reset, run it again`,
      )
    done.push({
      leaseKey: lease.leaseKey,
      from: lease.checkpoint === null ? '(none)' : formatExtended(lease.checkpoint),
      to: formatExtended(to),
    })
  }
  return done
}

function chosenLeases(leases: readonly Lease[], only: readonly string[]): readonly Lease[] {
  if (only.length === 0) return leases
  const chosen = new Map<string, Lease>()
  for (const name of only) {
    const found = leases.filter(lease => lease.leaseKey === name || lease.shardId === name)
    if (found.length === 0)
      throw new MillraceError('invalid_argument', `there is no lease of ${name}; millrace checkpoints ls shows them`)
    for (const lease of found) chosen.set(lease.leaseKey, lease)
  }
  return [...chosen.values()]
}
