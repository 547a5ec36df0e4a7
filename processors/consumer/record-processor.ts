/**
 * What a user of the consumer writes: a record processor, one for each shard. It is the same for every host: a worker on a
 * Kinesis lease table, a Kafka consumer group, a Lambda function.
 *
 *   initialize ──► processRecords * ──► one of: leaseLost | shardEnded
 *                        └─ shutdownRequested may come before the last one
 *
 * Calls of one shard never overlap; shards run side by side. Names and order are the KCL's.
 */
import type { ShardDescription } from '../../core/index.ts'
import type { Checkpointer } from './checkpointer.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import type { TumblingWindow } from './lambda/window.ts'

/** A checkpoint as it is stored: a decimal sequence number or one of TRIM_HORIZON, LATEST, AT_TIMESTAMP and SHARD_END. */
export interface CheckpointValue {
  readonly sequenceNumber: string
  /** 0 unless the checkpoint lies within an aggregated record */
  readonly subsequenceNumber: number
}

/** The shard that a processor is made for. */
export interface ShardInfo {
  readonly streamName: string
  readonly shardId: string
  /** `account:stream:epoch` of a worker that reads several streams; null where it reads one */
  readonly streamIdentifier: string | null
}

export interface InitializeInput {
  readonly shardId: string
  readonly streamName: string
  /** everything at or before it was finished; the first record that comes lies after it */
  readonly checkpoint: CheckpointValue
  /** prepared by an earlier worker that did not come to promote it; null where there is none */
  readonly pendingCheckpoint: CheckpointValue | null
  /** what that worker stored beside it */
  readonly pendingCheckpointState: Uint8Array | null
}

export interface ProcessRecordsInput {
  /** in the order of the shard; views, not copies. Empty only with `callProcessRecordsEvenForEmptyRecordList` */
  readonly records: readonly ConsumerRecord[]
  /** how far the end of these records is behind the tip of the shard, as the service counts it; 0 at the tip */
  readonly millisBehindLatest: number
  /** when the records were fetched and when they were handed over, epoch milliseconds */
  readonly cacheEntryTime: number
  readonly cacheExitTime: number
  /** between the two, by a clock that does not jump */
  readonly timeSpentInCacheMillis: number
  /** true with the last records of a shard that was split or merged */
  readonly isAtShardEnd: boolean
  /** with `isAtShardEnd`, the shards that go on with its keys */
  readonly childShards: readonly ShardDescription[]
  readonly checkpointer: Checkpointer
  /** 1 when these records come for the first time; more when this call failed before and they are tried again */
  readonly attempt: number
  /** aborted when the result matters no more: the lease is lost, or the time to shut down is over */
  readonly signal: AbortSignal
  /** only in a Lambda function whose event source mapping has a tumbling window */
  readonly window?: TumblingWindow | undefined
}

export interface LeaseLostInput {
  readonly shardId: string
  /** why, for people */
  readonly reason: string
}

export interface ShardEndedInput {
  readonly shardId: string
  /** must be called: `checkpoint()` stores SHARD_END, and only then do the children of the shard begin */
  readonly checkpointer: Checkpointer
}

export interface ShutdownRequestedInput {
  readonly shardId: string
  readonly checkpointer: Checkpointer
}

export interface RecordProcessor {
  /** Called once, before anything else. What it throws is logged, and it is called again after `taskBackoffTimeMillis`. */
  initialize?(input: InitializeInput): Promise<void>
  /**
   * Called with the next records. When it throws, the same records (without those that it checkpointed) come again, later and
   * later, until the failure policy decides: they are never skipped in silence.
   */
  processRecords(input: ProcessRecordsInput): Promise<void>
  /** Another worker has the shard, or may have it: nothing can be checkpointed any more. Called last. */
  leaseLost?(input: LeaseLostInput): Promise<void>
  /**
   * Everything in the shard was processed. It must checkpoint, or it is called again after `taskBackoffTimeMillis`. A processor
   * without it checkpoints there by itself. Called last.
   */
  shardEnded?(input: ShardEndedInput): Promise<void>
  /** The worker shuts down or hands the shard over: the last chance to checkpoint. `leaseLost` follows. */
  shutdownRequested?(input: ShutdownRequestedInput): Promise<void>
}

/** Makes the processor of one shard. */
export type RecordProcessorFactory = (shard: ShardInfo) => RecordProcessor | Promise<RecordProcessor>
