/** The right to a partition, as its shard consumer sees it: it lasts for one generation of the group, and is fenced by that number. */
import { type Clock, MillraceError } from '../../../core/index.ts'
import type { ExtendedSequenceNumber } from '../leases/extended-sequence-number.ts'
import type { CheckpointWrite } from '../shard-checkpointer.ts'
import type { ShardLease } from '../shard-consumer.ts'
import { commitError, committedOf } from './committed.ts'
import type { PartitionFeed } from './partition-feed.ts'
import type { StartOffset } from './start-offsets.ts'

export interface PartitionLeaseOptions {
  readonly start: StartOffset
  readonly feed: PartitionFeed
  readonly unpacks: boolean
  readonly clock: Pick<Clock, 'sleep'>
  /** whether this member still is in the generation that gave it the partition */
  isLive(): boolean
  /** One try. @throws what kafkajs throws */
  commit(offset: bigint, metadata: string): Promise<void>
}

/** A commit that failed on the way is sent again so often, after a pause that grows. */
const COMMIT_TRIES = 5
const COMMIT_PAUSE_MS = 200

export class PartitionLease implements ShardLease {
  readonly #options: PartitionLeaseOptions
  readonly hashKeyRange = null

  constructor(options: PartitionLeaseOptions) {
    this.#options = options
  }

  get checkpoint(): ExtendedSequenceNumber {
    return this.#options.start.checkpoint
  }

  get pendingCheckpoint(): ExtendedSequenceNumber | null {
    return this.#options.start.pendingCheckpoint
  }

  get pendingCheckpointState(): Uint8Array | null {
    return this.#options.start.pendingCheckpointState
  }

  async save(write: CheckpointWrite): Promise<void> {
    const { start, feed, unpacks, clock } = this.#options
    const { offset, metadata } = committedOf(write, unpacks, start.offset, last => feed.endOf(last))
    for (let attempt = 1; ; attempt++) {
      if (!this.#options.isLive())
        throw new MillraceError(
          'lease_lost',
          `cannot checkpoint ${feed.shardId}: this member left the generation of the group that gave it the partition; records after the last checkpoint come again`,
        )
      try {
        return await this.#options.commit(offset, metadata)
      } catch (thrown) {
        const error = commitError(thrown, feed.shardId)
        if (error.retry === 'never' || attempt === COMMIT_TRIES) throw error
        await clock.sleep(COMMIT_PAUSE_MS * attempt)
      }
    }
  }

  countBytes(): void {
    // nobody assigns partitions by their load
  }

  parentsFinished(): Promise<boolean> {
    return Promise.resolve(true)
  }

  /** Partitions do not end. */
  endShard(): Promise<'done'> {
    return Promise.resolve('done')
  }

  storedCheckpoint(): Promise<ExtendedSequenceNumber | null> {
    return Promise.resolve(this.checkpoint)
  }

  cleanUp(): void {
    // there is no row
  }

  /** The group gives it away when this member joins again, or leaves. */
  giveUp(): Promise<void> {
    return Promise.resolve()
  }
}
