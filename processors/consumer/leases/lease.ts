/**
 * A lease: the right of one worker to process one shard, and how far it has come. Plain data, as read from the table at one
 * moment; changes go through LeaseTable. Source of names and meanings: KCL 3.x, lease table.
 */
import { type ExtendedSequenceNumber, equalExtended, SHARD_END } from './extended-sequence-number.ts'

/** Hash keys of a shard, both ends included. */
export interface HashKeyRange {
  readonly startingHashKey: bigint
  readonly endingHashKey: bigint
}

export interface Lease {
  /** single stream: the shard id; several streams: `account:stream:creationEpoch:shardId` */
  readonly leaseKey: string
  /** worker id; null when nobody owns it. During a hand-off the worker that will own it */
  readonly leaseOwner: string | null
  /** heartbeat and fencing number: rises with every renewal, checkpoint and change of owner */
  readonly leaseCounter: number
  readonly ownerSwitchesSinceCheckpoint: number
  /** null only in rows that somebody else wrote incompletely */
  readonly checkpoint: ExtendedSequenceNumber | null
  /** empty for shards without parents */
  readonly parentShardIds: readonly string[]
  /** first phase of a checkpoint in two phases */
  readonly pendingCheckpoint: ExtendedSequenceNumber | null
  /** bytes of the application that belong to the pending checkpoint */
  readonly pendingCheckpointState: Uint8Array | null
  /** known from the end of the shard on */
  readonly childShardIds: readonly string[]
  readonly hashKeyRange: HashKeyRange | null
  /** exponential average in KiB a second; null before the first renewal that wrote it */
  readonly throughputKBps: number | null
  /** present only during a hand-off: the worker that still processes and checkpoints */
  readonly checkpointOwner: string | null
  /** `account:stream:creationEpoch` when one table serves several streams, else null */
  readonly streamIdentifier: string | null
  readonly shardId: string
}

/** What a new lease starts from; the rest of a lease is empty. */
export interface NewLease {
  readonly leaseKey: string
  readonly checkpoint: ExtendedSequenceNumber
  readonly parentShardIds?: readonly string[]
  readonly hashKeyRange?: HashKeyRange | null
  readonly streamIdentifier?: string | null
  readonly shardId?: string
}

/** A lease that nobody has owned yet. */
export function newLease(options: NewLease): Lease {
  return {
    leaseKey: options.leaseKey,
    leaseOwner: null,
    leaseCounter: 0,
    ownerSwitchesSinceCheckpoint: 0,
    checkpoint: options.checkpoint,
    parentShardIds: options.parentShardIds ?? [],
    pendingCheckpoint: null,
    pendingCheckpointState: null,
    childShardIds: [],
    hashKeyRange: options.hashKeyRange ?? null,
    throughputKBps: null,
    checkpointOwner: null,
    streamIdentifier: options.streamIdentifier ?? null,
    shardId: options.shardId ?? options.leaseKey,
  }
}

/** The worker that may process and checkpoint: during a hand-off the old one, else the owner. */
export function actualOwner(lease: Lease): string | null {
  return lease.checkpointOwner ?? lease.leaseOwner
}

export function isHandingOff(lease: Lease): boolean {
  return lease.checkpointOwner !== null
}

/** True when its shard is completely processed. */
export function isComplete(lease: Lease): boolean {
  return equalExtended(lease.checkpoint, SHARD_END)
}

/** True when the checkpoint is past the place where a child shard starts: its parents' leases may go. */
export function hasProgressed({ checkpoint }: Lease): boolean {
  return (
    checkpoint !== null && checkpoint.sequenceNumber !== 'TRIM_HORIZON' && checkpoint.sequenceNumber !== 'AT_TIMESTAMP'
  )
}
