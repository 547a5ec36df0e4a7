/**
 * The lease table as its users see it: named operations, each one conditional write of one row. What they set and compare is
 * told once, in lease-operations.ts, for every store.
 *
 * Outcomes. A condition that does not hold is a value (`written: false` with the row as it is now), never an error. A write whose
 * effect is already there, because an earlier try landed and its reply was lost, counts as written: so every operation may be
 * repeated after an error with retry `backoff`. All operations throw MillraceErrors: `throttled` and `internal` (retry `backoff`),
 * `not_found` (the table is gone), `config` (permissions, with the missing action in the text).
 *
 * Two writes of one process to one lease must not overlap: they compare the same counter, and the second would take the first for
 * a rival. `HeldLeases` keeps that order.
 */

import type { ExtendedSequenceNumber } from './extended-sequence-number.ts'
import type { AttributeValue } from './item.ts'
import type { HashKeyRange, Lease } from './lease.ts'

/** `lease`: the row after the write. `found`: the row that did not fit, null when there is none. */
export type WriteOutcome =
  | { readonly written: true; readonly lease: Lease }
  | { readonly written: false; readonly found: Lease | null }

export interface RenewOptions {
  /** stored with 6 decimals; null leaves what is there */
  readonly throughputKBps: number | null
  /** true once this worker knows that the lease goes to another: a checkpointOwner in the row is then no conflict */
  readonly handingOff: boolean
}

/** What a checkpoint writes beside the counter. */
export interface CheckpointChange {
  readonly checkpoint: ExtendedSequenceNumber
  /** null removes a pending checkpoint and its state */
  readonly pendingCheckpoint: ExtendedSequenceNumber | null
  readonly pendingCheckpointState: Uint8Array | null
  /** 0 after a checkpoint of the processor */
  readonly ownerSwitchesSinceCheckpoint: number
}

/** A shard as it begins. */
export interface ShardStart {
  readonly checkpoint: ExtendedSequenceNumber
  readonly parentShardIds: readonly string[]
  readonly hashKeyRange: HashKeyRange | null
}

/** Facts about the shard, written without regard to who owns the lease. */
export interface LeaseMeta {
  readonly childShardIds?: readonly string[]
  readonly hashKeyRange?: HashKeyRange
}

export interface LeaseTable {
  /** Writes the whole row if the key is free. False when it is taken: the row that is there stays. */
  create(lease: Lease): Promise<boolean>
  /** the row now, strongly consistent */
  get(leaseKey: string): Promise<Lease | null>
  /** every lease and nothing else, sorted by key */
  list(): Promise<readonly Lease[]>
  /** keys of leases with this leaseOwner, from the secondary index: may lag behind the table by moments */
  listByOwner(owner: string): Promise<readonly string[]>
  /** counter + 1, throughput. Needs the counter of `lease` and, unless handing off, no checkpointOwner. */
  renew(lease: Lease, options: RenewOptions): Promise<WriteOutcome>
  /** Makes `owner` the owner: counter + 1, checkpointOwner removed. Needs the counter of `lease`. */
  take(lease: Lease, owner: string): Promise<WriteOutcome>
  /** As take, by the leader: needs both owners as in `lease`, whatever the counter. */
  assign(lease: Lease, owner: string): Promise<WriteOutcome>
  /** leaseOwner = `owner`, checkpointOwner = the owner of `lease`, counter untouched. Needs an owner and no hand-off. */
  startHandOff(lease: Lease, owner: string): Promise<WriteOutcome>
  /** By the old owner: leaseOwner stays, checkpointOwner goes, counter + 1. Needs both owners as in `lease`. */
  finishHandOff(lease: Lease): Promise<WriteOutcome>
  /** Gives a lease up: nobody owns it, or, in a hand-off, the new owner alone. Needs both owners as in `lease`. */
  evict(lease: Lease): Promise<WriteOutcome>
  /** counter + 1, the change, and what `lease` knows of children and hash keys. Needs the counter of `lease`. */
  checkpoint(lease: Lease, change: CheckpointChange): Promise<WriteOutcome>
  /**
   * For a shard of a stream that was created again: begins the row anew and leaves it to whoever wants it. Counter + 1. Needs the
   * counter of `lease`. The KCL has no such write; to its workers it is that of another worker, and they lose the lease.
   */
  restart(lease: Lease, start: ShardStart): Promise<WriteOutcome>
  /** Needs nothing but the row. */
  updateMeta(leaseKey: string, meta: LeaseMeta): Promise<WriteOutcome>
  delete(leaseKey: string): Promise<void>
}

/** What one worker tells the leader about its load. */
export interface WorkerMetrics {
  readonly workerId: string
  /** epoch **seconds** of its wall clock */
  readonly lastUpdatedAtSeconds: number
  /** latest averages by short name (C, M, NI, NO, T), newest last, at most 10; -1 says that the capture failed */
  readonly values: Readonly<Record<string, readonly number[]>>
  /** by short name; the first number is the most the worker should carry, in percent */
  readonly operatingRange: Readonly<Record<string, readonly number[]>>
  readonly properties: Readonly<Record<string, string>>
  /** 1: this worker can work on one table for everything; null in rows of older workers */
  readonly supportCode: number | null
  /** when the support code was written, epoch seconds */
  readonly supportCodeUpdatedAtSeconds: number | null
}

export interface WorkerMetricsTable {
  /** Writes a worker's row; attributes that are not known here stay. */
  put(metrics: WorkerMetrics): Promise<void>
  list(): Promise<readonly WorkerMetrics[]>
  /** Deletes the row unless its worker has written since. */
  delete(metrics: WorkerMetrics): Promise<void>
}

/** Rows that the fleet coordinates by: the leader's lock, the state of migrations, streams. */
export type CoordinatorEntity = 'LEADER' | 'CLIENT_VERSION_MIGRATION' | 'TABLE_MIGRATION' | 'STREAM'

export interface CoordinatorRow {
  readonly key: string
  /** null in tables of coordinator rows only, which do not store it */
  readonly entityType: CoordinatorEntity | null
  readonly attributes: Readonly<Record<string, AttributeValue>>
}

export interface CoordinatorTable {
  get(key: string): Promise<CoordinatorRow | null>
  list(): Promise<readonly CoordinatorRow[]>
  /** False when the key is taken. */
  create(key: string, entityType: CoordinatorEntity, attributes: CoordinatorRow['attributes']): Promise<boolean>
  /**
   * Sets attributes of a row that is there (null removes one); the others stay. False when an attribute of `expected` is another (null: absent).
   * A repeat after a lost reply finds its own values and counts as written.
   */
  update(
    key: string,
    attributes: Readonly<Record<string, AttributeValue | null>>,
    expected: Readonly<Record<string, AttributeValue | null>>,
  ): Promise<boolean>
  delete(key: string): Promise<void>
}

/** What a leader sees of its fleet. */
export interface MigrationFleet {
  /** of the leader */
  readonly workerId: string
  /** workers that renew a lease */
  readonly owners: ReadonlySet<string>
  /** between two reports of a worker */
  readonly reportMs: number
}

/** Moves the rows of an older fleet's tables beside the leases. */
export interface StoreMigration {
  /**
   * Looks how far the fleet is, and goes one step on, or back. Called by the leader, again and again; a step that another worker
   * came before is no error.
   * @returns 0 not begun, 1 INIT, 2 DEPLOYED, 3 PENDING, 4 COMPLETE, as it was before the step
   */
  step(fleet: MigrationFleet): Promise<number>
}

/** Everything that one application keeps in its table or tables. */
export interface LeaseStore {
  readonly leases: LeaseTable
  readonly workerMetrics: WorkerMetricsTable
  readonly coordinator: CoordinatorTable
  /** where there are tables of an older fleet */
  readonly migration?: StoreMigration | undefined
  close(): Promise<void>
}
