/**
 * Which leases are missing, by what a stream lists and what the table has. Only the earliest shard of a line that needs a lease gets
 * one: its descendants get theirs when it ends, and so nothing is read before its parents. Source: KCL 3.x,
 * `HierarchicalShardSyncer`.
 */
import { MillraceError, type ShardDescription } from '../../../core/index.ts'
import { TRIM_HORIZON } from './extended-sequence-number.ts'
import { type Lease, newLease } from './lease.ts'
import { type ConsumedStream, checkpointOf, type InitialPosition, leaseKeyOf } from './stream-shards.ts'

/** One lease for each shard, at the position. For a table without leases of the stream. */
export function planFirstLeases(stream: ConsumedStream, shards: readonly ShardDescription[]): readonly Lease[] {
  return shards.map(shard => leaseOf(stream, shard, stream.initialPosition))
}

/**
 * Leases for a table that has some.
 * @param shards every shard of the stream
 * @param keys of the leases that are there
 * @throws MillraceError `internal` with retry `backoff` when the list contradicts itself, unless `ignoreUnexpectedChildShards`
 */
export function planMissingLeases(
  stream: ConsumedStream,
  shards: readonly ShardDescription[],
  keys: ReadonlySet<string>,
  ignoreUnexpectedChildShards = false,
): readonly Lease[] {
  const byId = new Map(shards.map(shard => [shard.shardId, shard]))
  const unexpected = shards.filter(shard => shard.parentShardIds.some(parent => byId.get(parent)?.closed === false))
  if (unexpected.length > 0 && !ignoreUnexpectedChildShards)
    throw new MillraceError(
      'internal',
      `shards ${unexpected.map(shard => shard.shardId).join(', ')} have parents that are still open: the list was made during a split or merge; it is asked for again`,
      { retry: 'backoff' },
    )
  const isLeased = (shardId: string): boolean => keys.has(leaseKeyOf(stream, shardId))
  const skipped = new Set(unexpected.map(shard => shard.shardId))
  const missing = new Map<string, Lease>()
  /** what was found for each shard, so that wide families are walked once */
  const known = new Map<string, boolean>()
  const parentsOf = (shard: ShardDescription): readonly ShardDescription[] =>
    shard.parentShardIds.map(parent => byId.get(parent)).filter(parent => parent !== undefined)
  const add = (shard: ShardDescription, position: InitialPosition): void => {
    const lease = leaseOf(stream, shard, position)
    missing.set(lease.leaseKey, lease)
    known.set(shard.shardId, true)
  }
  /** Makes leases for the earliest shards of a line that nothing covers. */
  const cover = (shard: ShardDescription, position: InitialPosition): void => {
    const parents = parentsOf(shard)
    // A reader from LATEST begins at the end of the stream: what was before is not wanted.
    if (parents.length === 0 || position.kind === 'latest') add(shard, position)
    else for (const parent of parents) cover(parent, position)
    known.set(shard.shardId, true)
  }
  /** True when the shard, or an ancestor of it, has a lease or gets one here. */
  const isCovered = (shard: ShardDescription): boolean => {
    const before = known.get(shard.shardId)
    if (before !== undefined) return before
    const parents = parentsOf(shard)
    const bare = isLeased(shard.shardId) ? [] : parents.filter(parent => !isCovered(parent))
    const covered = isLeased(shard.shardId) || (parents.length > 0 && bare.length < parents.length)
    // A merge whose one parent is being read waits for the other one: that is read in whole.
    if (covered) for (const parent of bare) cover(parent, beginningOf(stream))
    known.set(shard.shardId, covered)
    return covered
  }
  for (const shard of shards)
    if (!shard.closed && !skipped.has(shard.shardId) && !isCovered(shard)) cover(shard, stream.initialPosition)
  return [...missing.values()].sort((a, b) => (a.leaseKey < b.leaseKey ? -1 : 1))
}

/** Leases of the children of a shard that ended: they start at their beginning, for all of it comes after the parent. */
export function childLeases(
  stream: Pick<ConsumedStream, 'identifier'>,
  children: readonly ShardDescription[],
): readonly Lease[] {
  return children.map(child => ({ ...leaseOf(stream, child, { kind: 'trimHorizon' }), checkpoint: TRIM_HORIZON }))
}

/** Where a shard begins that belongs to what is being read: at its beginning, or at the time that was asked for. */
function beginningOf({ initialPosition }: ConsumedStream): InitialPosition {
  return initialPosition.kind === 'atTimestamp' ? initialPosition : { kind: 'trimHorizon' }
}

function leaseOf(
  { identifier }: Pick<ConsumedStream, 'identifier'>,
  shard: ShardDescription,
  position: InitialPosition,
): Lease {
  const { shardId, parentShardIds, startingHashKey, endingHashKey } = shard
  return newLease({
    leaseKey: leaseKeyOf({ identifier }, shardId),
    checkpoint: checkpointOf(position),
    parentShardIds,
    hashKeyRange: { startingHashKey, endingHashKey },
    streamIdentifier: identifier,
    shardId,
  })
}
