/** What a read of a Kinesis shard answers, in whatever form it came over the wire. */
import { MillraceError, type RecordBatch, type ShardDescription } from '../../core/index.ts'

/** The answer of GetRecords, or one event of SubscribeToShard. */
export interface KinesisReply {
  /** in sequence order; rowtimes equal arrival times */
  readonly records: RecordBatch
  /** GetRecords: where to read on, null at the end of the shard. Null for an event */
  readonly nextIterator: string | null
  /** SubscribeToShard: the number after which to subscribe again, null at the end of the shard. Null for GetRecords */
  readonly continuationSequenceNumber: string | null
  readonly millisBehindLatest: number
  /** at the end of a shard: those that go on with its hash keys */
  readonly childShards: readonly ShardDescription[]
}

/** The reply lacks what the service always sends, or is none at all. */
export function brokenReply(what: string, cause?: unknown): MillraceError {
  return new MillraceError('internal', `a reply of Kinesis cannot be read: ${what}; the read is repeated`, {
    retry: 'backoff',
    cause,
  })
}

/** The columns of a batch whose data lie together at the start of `bytes`, and whose texts are read only when asked for. */
export interface ReplyColumns {
  readonly bytes: Uint8Array
  readonly sizes: Int32Array
  readonly arrivedAt: Float64Array
  partitionKey(index: number): string
  sequenceNumber(index: number): string
}

/** A batch of records that lie one after the other. */
export function batchOfReply(columns: ReplyColumns, shardId: string): RecordBatch {
  const { bytes, sizes, arrivedAt } = columns
  const { length } = sizes
  const offsets = new Int32Array(length)
  let end = 0
  for (let i = 0; i < length; i++) {
    offsets[i] = end
    end += sizes[i] ?? 0
  }
  return {
    length,
    bytes,
    offsets,
    sizes,
    arrivedAt,
    // A copy: the merge raises rowtimes.
    rowtimes: arrivedAt.slice(),
    sequenceNumber: index => columns.sequenceNumber(index),
    subsequenceNumber: () => 0,
    partitionKey: index => columns.partitionKey(index),
    shardId: () => shardId,
  }
}

/** ChildShards as the service writes them, already parsed. */
export function childShardsOf(value: unknown): readonly ShardDescription[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw brokenReply('ChildShards is no list')
  return value.map((child: unknown) => {
    const shardId = member(child, 'ShardId')
    const parents = member(child, 'ParentShards')
    const range = member(child, 'HashKeyRange')
    if (typeof shardId !== 'string') throw brokenReply('a child shard has no ShardId')
    return {
      shardId,
      parentShardIds: Array.isArray(parents) ? parents.map(String) : [],
      startingHashKey: hashKey(member(range, 'StartingHashKey')),
      endingHashKey: hashKey(member(range, 'EndingHashKey')),
      closed: false,
    }
  })
}

/** A member of an object by its own name; undefined where there is none. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

function hashKey(value: unknown): bigint {
  if (typeof value !== 'string' || !/^\d{1,39}$/.test(value)) throw brokenReply('a child shard has no HashKeyRange')
  return BigInt(value)
}
