/** A shard of an embedded stream: its place in the stream, and its log. */
import type { ShardDescription } from '../../core/index.ts'
import type { HashRange } from '../hash-key.ts'
import type { ShardLog } from './shard-log.ts'
import type { ShardThroughput } from './throughput.ts'

/** What is kept of a shard beside its records. */
export interface ShardRecord extends HashRange {
  readonly shardId: string
  /** none, the split shard, or the two merged ones; the adjacent parent of a merge is second */
  readonly parentShardIds: readonly string[]
  /** no record of the shard has a smaller counter */
  readonly firstCounter: number
  readonly openedAt: number
  /** null while the shard takes records; else the counter of its last record (below `firstCounter` when it had none) */
  readonly lastCounter: number | null
  readonly closedAt: number | null
}

export class LocalShard implements HashRange {
  readonly log: ShardLog
  record: ShardRecord
  /** null until the first call under limits */
  throughput: ShardThroughput | null = null

  constructor(record: ShardRecord, log: ShardLog) {
    this.record = record
    this.log = log
  }

  get shardId(): string {
    return this.record.shardId
  }

  get startingHashKey(): bigint {
    return this.record.startingHashKey
  }

  get endingHashKey(): bigint {
    return this.record.endingHashKey
  }

  get isClosed(): boolean {
    return this.record.closedAt !== null
  }

  /**
   * @param sealed whether the whole stream takes no more records
   * @param isThere whether a parent still holds records; others are left out
   */
  describe(sealed: boolean, isThere: (shardId: string) => boolean): ShardDescription {
    const { shardId, startingHashKey, endingHashKey } = this.record
    const parentShardIds = this.record.parentShardIds.filter(isThere)
    return { shardId, parentShardIds, startingHashKey, endingHashKey, closed: sealed || this.isClosed }
  }
}

/** `shardId-000000000003` for 3. */
export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`
}

/** 3 for `shardId-000000000003`. */
export function shardIndexOf(shardId: string): number {
  return Number(shardId.slice(shardId.indexOf('-') + 1))
}

/** The shards of a new stream, all open. */
export function newShards(
  ranges: readonly { startingHashKey: bigint; endingHashKey: bigint }[],
  openedAt: number,
  firstCounter: number,
): ShardRecord[] {
  return ranges.map((range, i) => ({
    ...range,
    shardId: shardIdOf(i),
    parentShardIds: [],
    firstCounter,
    openedAt,
    lastCounter: null,
    closedAt: null,
  }))
}
