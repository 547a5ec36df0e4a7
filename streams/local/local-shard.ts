/** A shard of an embedded stream: its place in the stream, and its log. */
import type { ShardDescription } from '../../core/index.ts'
import type { HashRange } from '../hash-key.ts'
import type { ShardLog } from './shard-log.ts'

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

  /** @param sealed whether the whole stream takes no more records */
  describe(sealed: boolean): ShardDescription {
    const { shardId, parentShardIds, startingHashKey, endingHashKey } = this.record
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
