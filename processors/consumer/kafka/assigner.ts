/**
 * Gives partitions to members in turn, as kafkajs does by itself and under its name, so that both can be in one group. It is here
 * for what an assigner is given besides: the cluster, through which a member asks for its coordinator each time before it joins.
 *
 *   the group rebalances ─► findGroupCoordinator ─► JoinGroup ─► SyncGroup
 *                                 └─ here the member still has its partitions, and the group waits for it
 *
 * kafkajs 2.2.4 waits nowhere else between the two, and tells its REBALANCING event without waiting for anybody. Where another
 * version asks no more, partitions are found lost after the join: nothing is missed, but what was not checkpointed comes again.
 */
import type { KafkaAssignerLike, KafkaClusterLike } from './client.ts'

const NAME = 'RoundRobinAssigner'
const VERSION = 0

/** @param beforeJoin called before each join, which waits for it; where it rejects, there is no join */
export function assignerWith(
  beforeJoin: () => Promise<void>,
): (config: { cluster: KafkaClusterLike }) => KafkaAssignerLike {
  return ({ cluster }) => {
    const find = cluster.findGroupCoordinator.bind(cluster)
    cluster.findGroupCoordinator = async group => {
      await beforeJoin()
      return find(group)
    }
    return {
      name: NAME,
      version: VERSION,
      assign: async ({ members, topics }) => {
        const partitions = topics.flatMap(topic =>
          cluster
            .findTopicPartitionMetadata(topic)
            .map(({ partitionId }) => partitionId)
            .toSorted((a, b) => a - b)
            .map(partition => ({ topic, partition })),
        )
        const ids = members.map(({ memberId }) => memberId).toSorted()
        return ids.map((memberId, turn) => ({
          memberId,
          memberAssignment: encodeAssignment(partitions.filter((_, i) => i % ids.length === turn)),
        }))
      },
      protocol: ({ topics }) => ({ name: NAME, metadata: encodeSubscription(topics) }),
    }
  }
}

/** ConsumerProtocolSubscription of version 0: version, topics, user data. Source: Kafka protocol guide, consumer group protocol. */
function encodeSubscription(topics: readonly string[]): Buffer {
  return Buffer.concat([int16(VERSION), int32(topics.length), ...topics.map(text), int32(0)])
}

/** ConsumerProtocolAssignment of version 0: version, partitions by topic, user data. */
function encodeAssignment(partitions: readonly { readonly topic: string; readonly partition: number }[]): Buffer {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  const topics = Array.from(byTopic, ([topic, numbers]) =>
    Buffer.concat([text(topic), int32(numbers.length), ...numbers.map(int32)]),
  )
  return Buffer.concat([int16(VERSION), int32(topics.length), ...topics, int32(0)])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([int16(bytes.length), bytes])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
