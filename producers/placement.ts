/**
 * Whether what was stored can be read where it was stored. A reader drops a whole aggregate in which one user record lies outside
 * its shard, so the judgement is of the whole: KPL judges each user record, and after a split reports some as stored that no
 * reader will see, and stores others twice.
 */
import type { Bundle } from './bundle.ts'
import type { PendingRecord } from './pending.ts'
import type { ShardMap } from './shard-map.ts'

/** `fits`: stored. `outside`: no reader sees it, all of it is to be repeated. `unknown`: the map does not know the shard yet. */
export type Placement = 'fits' | 'outside' | 'unknown'

/**
 * @param records those that were sent in the bundle
 * @param shardId where the service stored them
 */
export function placementOf(
  bundle: Bundle,
  records: readonly PendingRecord[],
  shardId: string,
  map: Pick<ShardMap, 'rangeOf'>,
): Placement {
  // one user record goes where its own hash key leads, wherever that is
  if (records.length === 1 || bundle.shard === null || bundle.shard.shardId === shardId) return 'fits'
  const range = map.rangeOf(shardId)
  if (range === null) return 'unknown'
  for (const { route } of records) {
    const { hashKey } = route
    if (hashKey < range.startingHashKey || hashKey > range.endingHashKey) return 'outside'
  }
  return 'fits'
}
