/**
 * Where reading of a partition begins: behind what the group has committed, or at the initial position where it has committed
 * nothing, and told where what was committed is not in the topic any more.
 */
import type { InitialPosition } from '../configuration.ts'
import type { KafkaConsumerAdminLike } from './client.ts'
import { type Committed, type CommittedCheckpoint, checkpointBefore, checkpointOf } from './committed.ts'

export interface StartOffset extends CommittedCheckpoint {
  /** the first offset to read */
  readonly offset: bigint
  /** nothing is committed, and another member would begin elsewhere: commit it before reading */
  readonly mustBeCommitted: boolean
  /** why it is not where the group stood; a sentence, or null */
  readonly problem: string | null
}

export interface StartOffsetOptions {
  readonly groupId: string
  readonly initialPosition: InitialPosition
  /** for AT_TIMESTAMP, epoch milliseconds */
  readonly timestamp: number | null
}

/**
 * By partition. `known` stands in for what the group has committed, where the reader knows better.
 * @throws what the admin client throws
 */
export async function startOffsets(
  admin: KafkaConsumerAdminLike,
  topic: string,
  partitions: readonly number[],
  options: StartOffsetOptions,
  known: ReadonlyMap<number, bigint> = new Map(),
): Promise<ReadonlyMap<number, StartOffset>> {
  const { groupId, initialPosition, timestamp } = options
  const [groups, ends] = await Promise.all([
    admin.fetchOffsets({ groupId, topics: [topic] }),
    admin.fetchTopicOffsets(topic),
  ])
  const committed = new Map<number, Committed>()
  for (const { partition, offset, metadata } of groups.find(one => one.topic === topic)?.partitions ?? [])
    if (BigInt(offset) >= 0n) committed.set(partition, { offset: BigInt(offset), metadata: metadata ?? '' })
  for (const [partition, offset] of known)
    if (committed.get(partition)?.offset !== offset) committed.set(partition, { offset, metadata: '' })
  const byTime =
    initialPosition === 'AT_TIMESTAMP' && partitions.some(partition => !committed.has(partition))
      ? new Map(
          (await admin.fetchTopicOffsetsByTimestamp(topic, timestamp ?? 0)).map(one => [one.partition, one.offset]),
        )
      : new Map<number, string>()
  const starts = new Map<number, StartOffset>()
  for (const partition of partitions) {
    const range = ends.find(one => one.partition === partition)
    const [low, high] = [BigInt(range?.low ?? 0), BigInt(range?.high ?? 0)]
    const initial =
      initialPosition === 'LATEST'
        ? high
        : initialPosition === 'TRIM_HORIZON'
          ? low
          : BigInt(byTime.get(partition) ?? high)
    starts.set(partition, startOf(committed.get(partition) ?? null, low, high, initial, initialPosition))
  }
  return starts
}

/** @param low, high the first offset that is there, and the next that will be written */
export function startOf(
  committed: Committed | null,
  low: bigint,
  high: bigint,
  initial: bigint,
  initialPosition: InitialPosition,
): StartOffset {
  const at = (offset: bigint, problem: string | null, mustBeCommitted = false): StartOffset => ({
    offset,
    checkpoint: checkpointBefore(offset),
    pendingCheckpoint: null,
    pendingCheckpointState: null,
    mustBeCommitted,
    problem,
  })
  // Whoever has the partition next would take a later end of it, and miss what lies between.
  if (committed === null) return at(initial, null, initialPosition === 'LATEST')
  const { offset } = committed
  if (offset < low)
    return at(
      low,
      `offset ${offset} is where the group stood, and the topic begins at ${low}: ${low - offset} offsets expired before they were read (retention.ms, retention.bytes); reading goes on at ${low}`,
    )
  if (offset > high)
    return at(
      initial,
      `offset ${offset} is where the group stood, and the topic ends at ${high}: it was made anew under its name, or lost its end; reading starts at ${initialPosition}, offset ${initial}`,
      true,
    )
  return { ...checkpointOf(committed), offset, mustBeCommitted: false, problem: null }
}
