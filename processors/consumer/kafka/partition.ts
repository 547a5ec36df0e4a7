/** A partition that this member has: its feed, its lease and its shard consumer, joined. */
import type { Clock, Random } from '../../../core/index.ts'
import type { ConsumerConfiguration } from '../configuration.ts'
import type { ConsumerEvent } from '../consumer-event.ts'
import type { ConsumerMetrics } from '../consumer-metrics.ts'
import type { RecordProcessorFactory, ShardInfo } from '../record-processor.ts'
import { ShardConsumer, type ShardConsumerSettings } from '../shard-consumer.ts'
import { type KafkaRecordBatch, KafkaRecords, shardIdOf } from './kafka-records.ts'
import type { Membership, TopicPartition } from './membership.ts'
import { PartitionFeed } from './partition-feed.ts'
import { PartitionLease } from './partition-lease.ts'
import type { StartOffset } from './start-offsets.ts'

export interface PartitionOptions {
  readonly at: TopicPartition
  readonly start: StartOffset
  readonly membership: Membership
  readonly configuration: ConsumerConfiguration
  readonly topics: readonly string[]
  readonly unpacks: boolean
  readonly factory: RecordProcessorFactory
  readonly shardSettings: ShardConsumerSettings
  readonly clock: Clock
  readonly random: Random
  readonly metrics: ConsumerMetrics
  /** whether this member still is in the generation that gave it the partition */
  isLive(): boolean
  onEvent(event: ConsumerEvent): void
}

export class Partition {
  readonly at: TopicPartition
  readonly feed: PartitionFeed
  readonly consumer: ShardConsumer
  /** resolves when the consumer has ended */
  done: Promise<void> = Promise.resolve()
  readonly #isLive: () => boolean

  constructor(options: PartitionOptions) {
    const { at, start, membership, configuration, unpacks, clock, topics } = options
    this.at = at
    this.#isLive = () => options.isLive()
    const pauseIn = (change: 'pause' | 'resume') => (): void => {
      if (options.isLive()) membership[change](at)
    }
    const feed = new PartitionFeed(start.offset, {
      ...at,
      bounds: { bytesMax: configuration.maxCacheByteSize, recordsMax: configuration.maxRecordsCount },
      clock,
      pause: pauseIn('pause'),
      resume: pauseIn('resume'),
    })
    this.feed = feed
    const info: ShardInfo = {
      streamName: at.topic,
      shardId: shardIdOf(at.topic, at.partition),
      streamIdentifier: topics.length > 1 ? at.topic : null,
    }
    this.consumer = new ShardConsumer({
      info,
      lease: new PartitionLease({
        start,
        feed,
        unpacks,
        clock,
        isLive: () => options.isLive(),
        commit: (offset, metadata) => membership.commit(at, offset, metadata),
      }),
      factory: options.factory,
      settings: options.shardSettings,
      clock,
      random: options.random,
      metrics: options.metrics,
      openReader: () => {
        // Fetching begins when the processor is ready, and not before.
        if (options.isLive()) membership.begin(at, start.offset)
        return Promise.resolve(feed)
      },
      tableOf: records => new KafkaRecords(records as KafkaRecordBatch, unpacks),
      onEvent: event => options.onEvent(event),
    })
  }

  get isLive(): boolean {
    return this.#isLive()
  }
}
