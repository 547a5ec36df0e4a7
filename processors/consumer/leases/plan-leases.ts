/**
 * Which leases are missing, by what a stream lists and what the table has. Only the earliest shard of a line that needs a lease gets
 * one: its descendants get theirs when it ends, and so nothing is read before its parents. Source: KCL 3.x,
 * `HierarchicalShardSyncer`.
 */
import { MillraceError, type ShardDescription } from '../../../core/index.ts'
import { TRIM_HORIZON } from './extended-sequence-number.ts'
import { isComplete, type Lease, newLease } from './lease.ts'
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
  const parentsOf = (shard: ShardDescription): readonly ShardDescription[] =>
    shard.parentShardIds.map(parent => byId.get(parent)).filter(parent => parent !== undefined)
  const bare = shards.filter(shard => !shard.closed && !skipped.has(shard.shardId) && !isLeased(shard.shardId))
  const missing = new Map<string, Lease>()
  const add = (shard: ShardDescription, position: InitialPosition): void => {
    const lease = leaseOf(stream, shard, position)
    missing.set(lease.leaseKey, lease)
  }
  /** Shards that have a lease, or an ancestor that has one: they get theirs when it ends. */
  const covered = new Set<string>()
  for (const shard of parentsFirst(bare, shard => (isLeased(shard.shardId) ? [] : parentsOf(shard)))) {
    const parents = parentsOf(shard)
    if (!isLeased(shard.shardId) && !parents.some(parent => covered.has(parent.shardId))) continue
    covered.add(shard.shardId)
    if (isLeased(shard.shardId)) continue
    // A merge whose one parent is being read waits for the other one too: that is read in whole.
    for (const parent of parents)
      if (!covered.has(parent.shardId)) {
        add(parent, beginningOf(stream))
        covered.add(parent.shardId)
      }
  }
  for (const shard of bare) {
    if (covered.has(shard.shardId)) continue
    // A reader from LATEST begins at the end of the stream: what was before is not wanted.
    const line = stream.initialPosition.kind === 'latest' ? [shard] : parentsFirst([shard], parentsOf)
    for (const first of line) if (line.length === 1 || parentsOf(first).length === 0) add(first, stream.initialPosition)
  }
  return [...missing.values()].sort((a, b) => (a.leaseKey < b.leaseKey ? -1 : 1))
}

/** Leases of the children of a shard that ended: they start at their beginning, for all of it comes after the parent. */
export function childLeases(
  stream: Pick<ConsumedStream, 'identifier'>,
  children: readonly ShardDescription[],
): readonly Lease[] {
  return children.map(child => ({ ...leaseOf(stream, child, { kind: 'trimHorizon' }), checkpoint: TRIM_HORIZON }))
}

/**
 * A stream that was created again, as it is begun: what was read of the earlier one is older than all of it, so that LATEST, which
 * leaves out what was before the application, leaves out nothing.
 */
export function anew(stream: ConsumedStream): ConsumedStream {
  return stream.initialPosition.kind === 'latest' ? { ...stream, initialPosition: { kind: 'trimHorizon' } } : stream
}

/**
 * Leases of shards that were read to their end, though the stream has them open: a shard never opens again, so they are others. With
 * them come those of the shards that they descend from.
 */
export function strangeLeases(
  stream: Pick<ConsumedStream, 'identifier'>,
  shards: readonly ShardDescription[],
  leases: readonly Lease[],
): readonly { readonly lease: Lease; readonly shard: ShardDescription }[] {
  const complete = new Map(leases.filter(isComplete).map(lease => [lease.leaseKey, lease]))
  const byId = new Map(shards.map(shard => [shard.shardId, shard]))
  const strange = shards.filter(shard => !shard.closed && complete.has(leaseKeyOf(stream, shard.shardId)))
  const parentsOf = (shard: ShardDescription): readonly ShardDescription[] =>
    shard.parentShardIds.map(parent => byId.get(parent)).filter(parent => parent !== undefined)
  return parentsFirst(strange, parentsOf).flatMap(shard => {
    const lease = complete.get(leaseKeyOf(stream, shard.shardId))
    return lease === undefined ? [] : [{ lease, shard }]
  })
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

/** Shards and all their ancestors, each once, parents before children. Families may be thousands of generations deep. */
function parentsFirst(
  shards: readonly ShardDescription[],
  parentsOf: (shard: ShardDescription) => readonly ShardDescription[],
): readonly ShardDescription[] {
  const order: ShardDescription[] = []
  const seen = new Set<string>()
  const open = shards.map(shard => ({ shard, isDone: false }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { shard, isDone } = next
    if (isDone) order.push(shard)
    else if (!seen.has(shard.shardId)) {
      seen.add(shard.shardId)
      open.push({ shard, isDone: true }, ...parentsOf(shard).map(parent => ({ shard: parent, isDone: false })))
    }
  }
  return order
}
