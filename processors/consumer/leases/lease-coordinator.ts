/**
 * What a worker asks of the lease side: which shards are mine, tell me when that changes, save how far I have come. Everything
 * else (renewing, taking, assigning, hand-off, shard sync, clean-up) goes on behind it.
 *
 * A worker's duties. `leaseGained`: start a shard consumer (it waits for `parentsFinished` first). `handOffRequested`: end the
 * current batch, let the processor checkpoint, then call `finishHandOff`; after the time-out the lease goes all the same.
 * `leaseLost`: stop at once; every later write with that token throws `lease_lost`.
 */
import type { ShardDescription } from '../../../core/index.ts'
import type { Lease } from './lease.ts'
import type { LeaseMove } from './lease-move.ts'
import type { CheckpointChange } from './lease-table.ts'

/** A lease that this process holds. */
export interface HeldLease {
  /** as last written or read; newer than the row at most by a write under way */
  readonly lease: Lease
  /** of this acquisition: a lease that was lost and regained has another */
  readonly token: string
  /** the worker that the lease goes to, null unless a hand-off is under way */
  readonly handOffTo: string | null
}

/**
 * `taken`: another worker owns it. `expired`: not renewed for a fail-over time by this process's own clock. `handed_off`,
 * `released`: given away by this worker. `deleted`: its row is gone. `stopped`: the coordinator stopped.
 */
export type LeaseLossReason = 'taken' | 'expired' | 'handed_off' | 'released' | 'deleted' | 'stopped'

/**
 * Called in the order of events and never for two tokens of a lease at once: lost comes before gained again. Leases of shards that
 * are complete when they are gained are not told. Must not throw.
 */
export interface LeaseListener {
  leaseGained(held: HeldLease): void
  leaseLost(held: HeldLease, reason: LeaseLossReason): void
  handOffRequested(held: HeldLease): void
  /** Leases say that their shards were read to the end, and the stream says that these are open: it was created again. */
  streamRecreated?(leaseKeys: readonly string[], isReadAnew: boolean): void
  /** why a lease moved, or why this worker lost it; for logs and metrics */
  leaseMoved?(move: LeaseMove): void
  /** a value for a KCL metric */
  metric?(metric: LeaseMetric): void
  /** a loop failed and goes on after a while */
  failed?(what: string, error: unknown): void
}

/** One value of a metric as KCL names it. */
export interface LeaseMetric {
  /** dimension Operation, such as `RenewAllLeases` */
  readonly operation: string
  readonly name: string
  readonly value: number
  readonly unit: 'Count' | 'Milliseconds'
}

/** By lease and token; all throw `lease_lost` when the token is not that of the lease held now, `throttled` and `internal` with retry `backoff`. */
export interface LeaseCoordinator {
  readonly workerId: string
  /**
   * Takes back what this worker id owns already, creates leases if there are none, and begins to renew and to gain.
   * @throws MillraceError `config`, `not_found`
   */
  start(): Promise<void>
  /** No more leases are gained; those that are held are renewed on. For a graceful shutdown. */
  stopGaining(): void
  /** Ends every loop. Leases still held are lost (`stopped`) and expire in the table unless released before. */
  stop(): Promise<void>
  heldLeases(): readonly HeldLease[]
  held(leaseKey: string): HeldLease | null
  /** Saves positions, fenced by counter and token. Order between positions is the caller's. */
  checkpoint(held: HeldLease, change: CheckpointChange): Promise<HeldLease>
  /** Bytes that were delivered to the processor; the leader spreads leases by it. */
  countBytes(leaseKey: string, sizeBytes: number): void
  /** The processor has stopped: the lease goes to its new owner. Lost as `handed_off`. */
  finishHandOff(held: HeldLease): Promise<void>
  /** Gives the lease up so that others take it at once. Lost as `released`. */
  release(held: HeldLease): Promise<void>
  /** True when every parent's lease is at its end or gone. */
  parentsFinished(lease: Lease): Promise<boolean>
  /**
   * At the end of a shard, before its processor hears of it: creates the children's leases, and notes the children in the row.
   * `retry`: a parent of a merge has no lease yet; ask again. `dropped`: as before, but this worker gave the lease up so that
   * another one tries.
   */
  endShard(held: HeldLease, children: readonly ShardDescription[]): Promise<'done' | 'retry' | 'dropped'>
  /**
   * The stream was created again, and its new shard of the same id is to be read from where an application begins: the row begins
   * anew, or goes if the new stream has no such shard, and shards without a lease get theirs. Lost as `released` or `deleted`.
   */
  readAnew(held: HeldLease): Promise<void>
  /** The shard is finished and checkpointed: its lease is deleted once its children have come on. */
  cleanUp(held: HeldLease): void
}
