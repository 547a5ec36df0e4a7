/** Shards in replies of the service. */
import type { ShardDescription } from '../../../core/index.ts'
import type { ShardRecord } from '../local-shard.ts'
import { sequenceNumberOf } from '../sequence-counter.ts'

/**
 * A member of Shards or ChildShards.
 * @param record gives the sequence numbers; null for a child shard, which has parents in their place
 */
export function shardMembers(shard: ShardDescription | ShardRecord, record: ShardRecord | null): object {
  const HashKeyRange = {
    StartingHashKey: shard.startingHashKey.toString(),
    EndingHashKey: shard.endingHashKey.toString(),
  }
  const [parent, adjacentParent] = shard.parentShardIds
  if (record === null) return { ShardId: shard.shardId, ParentShards: shard.parentShardIds, HashKeyRange }
  return {
    ShardId: shard.shardId,
    ParentShardId: parent,
    AdjacentParentShardId: adjacentParent,
    HashKeyRange,
    SequenceNumberRange: {
      StartingSequenceNumber: sequenceNumberOf(record.firstCounter),
      EndingSequenceNumber: record.lastCounter === null ? undefined : sequenceNumberOf(record.lastCounter),
    },
  }
}
