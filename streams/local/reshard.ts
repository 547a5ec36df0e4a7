/** Which shards follow a split or a merge: plain data, made before anything changes. */
import { HASH_KEY_MAX, MillraceError } from '../../core/index.ts'
import type { HashRange } from '../hash-key.ts'
import type { LocalShard } from './local-shard.ts'

export interface Reshard {
  readonly parents: readonly LocalShard[]
  readonly children: readonly HashRange[]
}

/** @throws MillraceError `invalid_argument` when the key does not leave both children at least one hash key */
export function planSplit(parent: LocalShard, newStartingHashKey: bigint): Reshard {
  const { startingHashKey, endingHashKey } = parent
  if (newStartingHashKey <= startingHashKey || newStartingHashKey > endingHashKey)
    throw new MillraceError(
      'invalid_argument',
      `hash key ${newStartingHashKey} cannot split ${parent.shardId}: it must be above ${startingHashKey} and at most ${endingHashKey}`,
    )
  return {
    parents: [parent],
    children: [
      { startingHashKey, endingHashKey: newStartingHashKey - 1n },
      { startingHashKey: newStartingHashKey, endingHashKey },
    ],
  }
}

/** @throws MillraceError `invalid_argument` when the shards do not lie side by side */
export function planMerge(shard: LocalShard, adjacent: LocalShard): Reshard {
  const [low, high] = shard.startingHashKey < adjacent.startingHashKey ? [shard, adjacent] : [adjacent, shard]
  if (low.endingHashKey + 1n !== high.startingHashKey)
    throw new MillraceError(
      'invalid_argument',
      `${shard.shardId} and ${adjacent.shardId} cannot be merged: their hash keys are not adjacent`,
    )
  return {
    parents: [shard, adjacent],
    children: [{ startingHashKey: low.startingHashKey, endingHashKey: high.endingHashKey }],
  }
}

/**
 * The next step from the open shards to `shards` of equal width (as `evenHashRanges` cuts them): first every split at an edge to come, then the merges.
 * @returns null when nothing is left to do
 */
export function planUniform(open: readonly LocalShard[], shards: number): Reshard | null {
  const width = (HASH_KEY_MAX + 1n) / BigInt(shards)
  const isEdge = (hashKey: bigint): boolean => hashKey % width === 0n && hashKey / width < BigInt(shards)
  const sorted = open.toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1))
  for (const shard of sorted) {
    const edge = (shard.startingHashKey / width + 1n) * width
    if (isEdge(edge) && edge <= shard.endingHashKey) return planSplit(shard, edge)
  }
  for (const [i, shard] of sorted.entries()) {
    const next = sorted[i + 1]
    if (next !== undefined && !isEdge(next.startingHashKey)) return planMerge(shard, next)
  }
  return null
}
