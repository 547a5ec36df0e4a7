/** Which shards follow a split or a merge: plain data, made before anything changes. */
import { MillraceError } from '../../core/index.ts'
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
