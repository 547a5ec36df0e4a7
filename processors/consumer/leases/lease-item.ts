/**
 * A lease as a row, attribute for attribute, and back. Attributes that are not named here are never read and never written, so
 * what a newer worker keeps in a row stays. Source: KCL 3.x, `LeaseSerializer`; rows of 2.x lack what came later.
 */
import { MillraceError } from '../../../core/index.ts'
import { type ExtendedSequenceNumber, extendedSequenceNumber } from './extended-sequence-number.ts'
import { type AttributeValue, bytesIn, type Item, numberIn, textIn, textsIn } from './item.ts'
import type { HashKeyRange, Lease } from './lease.ts'

export const LEASE_KEY = 'leaseKey'
export const LEASE_OWNER = 'leaseOwner'
export const LEASE_COUNTER = 'leaseCounter'
export const OWNER_SWITCHES = 'ownerSwitchesSinceCheckpoint'
export const CHECKPOINT = 'checkpoint'
export const CHECKPOINT_SUB = 'checkpointSubSequenceNumber'
export const PARENTS = 'parentShardId'
export const PENDING = 'pendingCheckpoint'
export const PENDING_SUB = 'pendingCheckpointSubSequenceNumber'
export const PENDING_STATE = 'pendingCheckpointState'
export const CHILDREN = 'childShardIds'
export const STARTING_HASH_KEY = 'startingHashKey'
export const ENDING_HASH_KEY = 'endingHashKey'
export const THROUGHPUT = 'throughputKBps'
export const CHECKPOINT_OWNER = 'checkpointOwner'
export const ENTITY_TYPE = 'entityType'
export const STREAM_NAME = 'streamName'
export const SHARD_ID = 'shardId'

/** True for rows of leases; rows without a type are leases of workers before 3.5. */
export function isLeaseItem(item: Item): boolean {
  return (textIn(item, ENTITY_TYPE) ?? 'LEASE') === 'LEASE'
}

/** @throws MillraceError `config` for a row that no consumer wrote */
export function leaseFromItem(item: Item): Lease {
  const leaseKey = textIn(item, LEASE_KEY)
  const leaseCounter = numberIn(item, LEASE_COUNTER, null)
  if (leaseKey === null || leaseCounter === null)
    throw new MillraceError(
      'config',
      `the lease table has a row ${leaseKey === null ? '' : `"${leaseKey}" `}without ${leaseKey === null ? LEASE_KEY : LEASE_COUNTER}: it belongs to something else; choose another applicationName or tableName`,
    )
  return {
    leaseKey,
    leaseOwner: textIn(item, LEASE_OWNER),
    leaseCounter,
    ownerSwitchesSinceCheckpoint: numberIn(item, OWNER_SWITCHES, 0),
    checkpoint: positionIn(item, leaseKey, CHECKPOINT, CHECKPOINT_SUB),
    parentShardIds: textsIn(item, PARENTS),
    pendingCheckpoint: positionIn(item, leaseKey, PENDING, PENDING_SUB),
    pendingCheckpointState: bytesIn(item, PENDING_STATE),
    childShardIds: textsIn(item, CHILDREN),
    hashKeyRange: rangeIn(item),
    throughputKBps: numberIn(item, THROUGHPUT, null),
    checkpointOwner: textIn(item, CHECKPOINT_OWNER),
    streamIdentifier: textIn(item, STREAM_NAME),
    shardId: textIn(item, SHARD_ID) ?? leaseKey,
  }
}

/** The whole row of a lease, for its creation. */
export function itemFromLease(lease: Lease): Item {
  const { checkpoint, pendingCheckpoint, pendingCheckpointState, streamIdentifier } = lease
  return {
    [LEASE_KEY]: { S: lease.leaseKey },
    [ENTITY_TYPE]: { S: 'LEASE' },
    [LEASE_COUNTER]: numberValue(lease.leaseCounter),
    [OWNER_SWITCHES]: numberValue(lease.ownerSwitchesSinceCheckpoint),
    ...(lease.leaseOwner === null ? {} : { [LEASE_OWNER]: { S: lease.leaseOwner } }),
    ...(checkpoint === null ? {} : positionItem(checkpoint, CHECKPOINT, CHECKPOINT_SUB)),
    ...(pendingCheckpoint === null ? {} : positionItem(pendingCheckpoint, PENDING, PENDING_SUB)),
    ...(pendingCheckpointState === null ? {} : { [PENDING_STATE]: { B: pendingCheckpointState } }),
    ...(lease.parentShardIds.length === 0 ? {} : { [PARENTS]: { SS: lease.parentShardIds } }),
    ...metaItem(lease),
    ...(lease.throughputKBps === null ? {} : { [THROUGHPUT]: throughputValue(lease.throughputKBps) }),
    ...(lease.checkpointOwner === null ? {} : { [CHECKPOINT_OWNER]: { S: lease.checkpointOwner } }),
    ...(streamIdentifier === null ? {} : { [STREAM_NAME]: { S: streamIdentifier }, [SHARD_ID]: { S: lease.shardId } }),
  }
}

/** What is known of children and hash keys; sets that are empty are illegal and left out. */
export function metaItem(meta: {
  readonly childShardIds?: readonly string[]
  readonly hashKeyRange?: HashKeyRange | null
}): Item {
  const { childShardIds = [], hashKeyRange = null } = meta
  return {
    ...(childShardIds.length === 0 ? {} : { [CHILDREN]: { SS: childShardIds } }),
    ...(hashKeyRange === null
      ? {}
      : {
          [STARTING_HASH_KEY]: { S: String(hashKeyRange.startingHashKey) },
          [ENDING_HASH_KEY]: { S: String(hashKeyRange.endingHashKey) },
        }),
  }
}

export function positionItem(position: ExtendedSequenceNumber, name: string, subName: string): Item {
  return { [name]: { S: position.sequenceNumber }, [subName]: numberValue(position.subsequenceNumber) }
}

export function numberValue(value: number): AttributeValue {
  return { N: String(value) }
}

/** 6 decimals, as Java writes and compares them. */
export function throughputValue(throughputKBps: number): AttributeValue {
  return { N: throughputKBps.toFixed(6) }
}

function positionIn(item: Item, leaseKey: string, name: string, subName: string): ExtendedSequenceNumber | null {
  const sequenceNumber = textIn(item, name)
  if (sequenceNumber === null) return null
  try {
    return extendedSequenceNumber(sequenceNumber, numberIn(item, subName, 0))
  } catch (error) {
    throw new MillraceError(
      'config',
      `lease ${leaseKey} has a ${name} that is no position; mend the row, or delete it to start the shard anew`,
      { cause: error },
    )
  }
}

function rangeIn(item: Item): HashKeyRange | null {
  const [starting, ending] = [textIn(item, STARTING_HASH_KEY), textIn(item, ENDING_HASH_KEY)]
  if (starting === null || ending === null || !/^\d+$/.test(starting) || !/^\d+$/.test(ending)) return null
  return { startingHashKey: BigInt(starting), endingHashKey: BigInt(ending) }
}
