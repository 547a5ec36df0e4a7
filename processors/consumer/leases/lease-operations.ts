/**
 * What each operation of the lease table sets and compares, as plain data. `landed` tells the row that an earlier try of the same
 * operation left behind when its reply was lost. Source: KCL 3.x, `DynamoDBLeaseRefresher` and `DynamoDBLeaseSerializer`.
 *
 * | operation     | sets                                                | condition                                 |
 * |---------------|-----------------------------------------------------|-------------------------------------------|
 * | create        | the whole row                                       | no row                                    |
 * | renew         | counter, throughput                                 | counter; no checkpointOwner, unless handing off |
 * | take          | owner, counter; removes checkpointOwner             | counter                                   |
 * | assign        | owner, counter; removes checkpointOwner             | row; both owners                          |
 * | startHandOff  | owner, checkpointOwner                              | row; owner, no checkpointOwner            |
 * | finishHandOff | counter; removes checkpointOwner                    | row; both owners                          |
 * | evict         | counter; removes checkpointOwner, else the owner    | row; both owners                          |
 * | checkpoint    | counter, positions, children, hash keys             | counter                                   |
 * | restart       | counter, checkpoint, parents, hash keys; removes the owners, children and what is pending | counter |
 * | updateMeta    | children, hash keys                                 | row                                       |
 */
import { assert } from '../../../core/index.ts'
import type { AttributeValue, Item, ItemChange, ItemCondition } from './item.ts'
import type { Lease } from './lease.ts'
import {
  CHECKPOINT,
  CHECKPOINT_OWNER,
  CHECKPOINT_SUB,
  CHILDREN,
  itemFromLease,
  LEASE_COUNTER,
  LEASE_KEY,
  LEASE_OWNER,
  metaItem,
  numberValue,
  OWNER_SWITCHES,
  PARENTS,
  PENDING,
  PENDING_STATE,
  PENDING_SUB,
  positionItem,
  THROUGHPUT,
  throughputValue,
} from './lease-item.ts'
import type { CheckpointChange, LeaseMeta, RenewOptions, ShardStart } from './lease-table.ts'

export interface LeaseOperation {
  readonly change: ItemChange
  /** empty: a repeat cannot be told from a conflict, or needs no telling */
  readonly landed: readonly ItemCondition[]
}

export function createOperation(lease: Lease): LeaseOperation {
  const { [LEASE_KEY]: _, ...set } = itemFromLease(lease)
  return operation(lease, [{ attribute: LEASE_KEY, is: 'absent' }], { set })
}

export function renewOperation(lease: Lease, { throughputKBps, handingOff }: RenewOptions): LeaseOperation {
  const next = numberValue(lease.leaseCounter + 1)
  const throughput: Item = throughputKBps === null ? {} : { [THROUGHPUT]: throughputValue(throughputKBps) }
  return operation(
    lease,
    [sameCounter(lease), ...(handingOff ? [] : [absent(CHECKPOINT_OWNER)])],
    { set: { [LEASE_COUNTER]: next, ...throughput } },
    [equal(LEASE_COUNTER, next), ...sameOwners(lease)],
  )
}

export function takeOperation(lease: Lease, owner: string): LeaseOperation {
  const next = numberValue(lease.leaseCounter + 1)
  return operation(
    lease,
    [sameCounter(lease)],
    {
      set: { [LEASE_OWNER]: { S: owner }, [LEASE_COUNTER]: next },
      add: ownerSwitch(lease, owner),
      remove: [CHECKPOINT_OWNER],
    },
    [equal(LEASE_COUNTER, next), equal(LEASE_OWNER, { S: owner }), absent(CHECKPOINT_OWNER)],
  )
}

export function assignOperation(lease: Lease, owner: string): LeaseOperation {
  return operation(
    lease,
    [present(LEASE_KEY), ...sameOwners(lease)],
    {
      set: { [LEASE_OWNER]: { S: owner } },
      add: { [LEASE_COUNTER]: 1, ...ownerSwitch(lease, owner) },
      remove: [CHECKPOINT_OWNER],
    },
    [equal(LEASE_OWNER, { S: owner }), absent(CHECKPOINT_OWNER)],
  )
}

export function startHandOffOperation(lease: Lease, owner: string): LeaseOperation {
  assert(lease.leaseOwner !== null, 'only an owned lease is handed off')
  const [from, to] = [{ S: lease.leaseOwner }, { S: owner }]
  return operation(
    lease,
    [present(LEASE_KEY), equal(LEASE_OWNER, from), absent(CHECKPOINT_OWNER)],
    { set: { [LEASE_OWNER]: to, [CHECKPOINT_OWNER]: from } },
    [equal(LEASE_OWNER, to), equal(CHECKPOINT_OWNER, from)],
  )
}

export function finishHandOffOperation(lease: Lease): LeaseOperation {
  assert(lease.leaseOwner !== null, 'a hand-off has a new owner')
  return assignOperation(lease, lease.leaseOwner)
}

export function evictOperation(lease: Lease): LeaseOperation {
  const isHandingOff = lease.checkpointOwner !== null
  return operation(
    lease,
    [present(LEASE_KEY), ...sameOwners(lease)],
    { add: { [LEASE_COUNTER]: 1 }, remove: isHandingOff ? [CHECKPOINT_OWNER] : [LEASE_OWNER] },
    [absent(CHECKPOINT_OWNER), ...(isHandingOff ? [sameText(LEASE_OWNER, lease.leaseOwner)] : [absent(LEASE_OWNER)])],
  )
}

export function checkpointOperation(lease: Lease, change: CheckpointChange): LeaseOperation {
  const { checkpoint, pendingCheckpoint, pendingCheckpointState } = change
  const next = numberValue(lease.leaseCounter + 1)
  const positions: Item = {
    ...positionItem(checkpoint, CHECKPOINT, CHECKPOINT_SUB),
    ...(pendingCheckpoint === null ? {} : positionItem(pendingCheckpoint, PENDING, PENDING_SUB)),
    ...(pendingCheckpointState === null ? {} : { [PENDING_STATE]: { B: pendingCheckpointState } }),
  }
  const gone = [PENDING, PENDING_SUB, PENDING_STATE].filter(name => !(name in positions))
  return operation(
    lease,
    [sameCounter(lease)],
    {
      set: {
        [LEASE_COUNTER]: next,
        [OWNER_SWITCHES]: numberValue(change.ownerSwitchesSinceCheckpoint),
        ...positions,
        ...metaItem(lease),
      },
      remove: gone,
    },
    [
      equal(LEASE_COUNTER, next),
      ...sameOwners(lease),
      ...Object.entries(positions).map(([name, value]) => equal(name, value)),
      ...gone.map(absent),
    ],
  )
}

/** The row of a shard that is another one now, though its id is the same: nothing of the old one stays. */
export function restartOperation(
  lease: Lease,
  { checkpoint, parentShardIds, hashKeyRange }: ShardStart,
): LeaseOperation {
  const next = numberValue(lease.leaseCounter + 1)
  const position = positionItem(checkpoint, CHECKPOINT, CHECKPOINT_SUB)
  const set: Item = {
    [LEASE_COUNTER]: next,
    [OWNER_SWITCHES]: numberValue(0),
    ...position,
    ...(parentShardIds.length === 0 ? {} : { [PARENTS]: { SS: parentShardIds } }),
    ...metaItem({ hashKeyRange }),
  }
  const remove = [LEASE_OWNER, CHECKPOINT_OWNER, PENDING, PENDING_SUB, PENDING_STATE, PARENTS, CHILDREN].filter(
    name => !(name in set),
  )
  return operation(lease, [sameCounter(lease)], { set, remove }, [
    equal(LEASE_COUNTER, next),
    ...Object.entries(position).map(([name, value]) => equal(name, value)),
    ...remove.map(absent),
  ])
}

/** null when there is nothing to write. */
export function updateMetaOperation(leaseKey: string, meta: LeaseMeta): LeaseOperation | null {
  const set = metaItem(meta)
  return Object.keys(set).length === 0 ? null : operation({ leaseKey }, [present(LEASE_KEY)], { set })
}

function operation(
  { leaseKey }: Pick<Lease, 'leaseKey'>,
  conditions: readonly ItemCondition[],
  { set = {}, add = {}, remove = [] }: Partial<Pick<ItemChange, 'set' | 'add' | 'remove'>>,
  landed: readonly ItemCondition[] = [],
): LeaseOperation {
  return { change: { key: leaseKey, conditions, set, add, remove }, landed }
}

/** Rises when a lease goes from one worker to another; the first owner of a lease is no switch. */
function ownerSwitch({ leaseOwner }: Lease, owner: string): Readonly<Record<string, number>> {
  return leaseOwner === null || leaseOwner === owner ? {} : { [OWNER_SWITCHES]: 1 }
}

function sameCounter({ leaseCounter }: Lease): ItemCondition {
  return equal(LEASE_COUNTER, numberValue(leaseCounter))
}

function sameOwners({ leaseOwner, checkpointOwner }: Lease): ItemCondition[] {
  return [sameText(LEASE_OWNER, leaseOwner), sameText(CHECKPOINT_OWNER, checkpointOwner)]
}

function sameText(attribute: string, text: string | null): ItemCondition {
  return text === null ? absent(attribute) : equal(attribute, { S: text })
}

function equal(attribute: string, value: AttributeValue): ItemCondition {
  return { attribute, is: 'equal', value }
}

function present(attribute: string): ItemCondition {
  return { attribute, is: 'present' }
}

function absent(attribute: string): ItemCondition {
  return { attribute, is: 'absent' }
}
