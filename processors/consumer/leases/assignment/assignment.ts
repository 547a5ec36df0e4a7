/** What a plan of the leader works with: the fleet at one moment, as plain data, and the moves that it decides. */
import type { Lease } from '../lease.ts'
import type { LeaseMoveReason } from '../lease-move.ts'
import type { WorkerMetrics } from '../lease-table.ts'

export interface Fleet {
  /** every lease */
  readonly leases: readonly Lease[]
  /** leases that wait for an owner, the one that has waited longest first */
  readonly free: readonly Lease[]
  /** workers that live, sorted by id */
  readonly workers: readonly WorkerMetrics[]
  /** those that may have died: they keep what they have for now, and get nothing unless all are such */
  readonly doubtful: ReadonlySet<string>
}

/** One decision: `owner` gets the lease. */
export interface PlannedMove {
  readonly lease: Lease
  readonly owner: string
  readonly reason: Extract<LeaseMoveReason, 'unowned' | 'expired' | 'balanced' | 'hand_off_forced'>
  readonly why: string
}

export interface Plan {
  readonly moves: readonly PlannedMove[]
  /** free leases that no worker may take */
  readonly spillover: number
}

export function freeReason(lease: Lease): 'unowned' | 'expired' {
  return lease.leaseOwner === null ? 'unowned' : 'expired'
}

export function freeText(lease: Lease): string {
  return lease.leaseOwner === null ? 'nobody owned it' : `${lease.leaseOwner} has not renewed it for a fail-over time`
}
