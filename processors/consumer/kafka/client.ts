/** The part of kafkajs that a consumer uses. The client is the caller's: nothing here imports it. */

export interface KafkaMessageLike {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** epoch milliseconds, decimal */
  readonly timestamp: string
  readonly offset: string
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>> | undefined
}
type HeaderValue = Uint8Array | string

export interface KafkaBatchLike {
  readonly topic: string
  readonly partition: number
  /** the next offset that will be written */
  readonly highWatermark: string
  readonly messages: readonly KafkaMessageLike[]
  /** where the fetch began. kafkajs has it, though its types do not say so */
  readonly fetchedOffset?: string | undefined
  firstOffset(): string | null
  /** of the last record, those included that readers do not see */
  lastOffset(): string
}

export interface KafkaOffsets {
  topics: { topic: string; partitions: { partition: number; offset: string; metadata?: string | null }[] }[]
}

export interface KafkaEachBatchLike {
  readonly batch: KafkaBatchLike
  resolveOffset(offset: string): void
  heartbeat(): Promise<void>
  commitOffsetsIfNecessary(offsets?: KafkaOffsets): Promise<void>
}

export interface KafkaTopicPartition {
  topic: string
  partitions: number[]
}

/** The client's view of the brokers, as an assigner gets it. */
export interface KafkaClusterLike {
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number }[]
  findGroupCoordinator(group: { groupId: string }): Promise<unknown>
}

export interface KafkaAssignerLike {
  name: string
  version: number
  assign(group: {
    members: { memberId: string; memberMetadata: Buffer }[]
    topics: string[]
  }): Promise<{ memberId: string; memberAssignment: Buffer }[]>
  protocol(subscription: { topics: string[] }): { name: string; metadata: Buffer }
}

export interface KafkaConsumerOptionsLike {
  groupId: string
  partitionAssigners: ((config: { cluster: KafkaClusterLike }) => KafkaAssignerLike)[]
  sessionTimeout: number
  rebalanceTimeout: number
  heartbeatInterval: number
  maxBytesPerPartition: number
  minBytes: number
  maxBytes: number
  maxWaitTimeInMs: number
  readUncommitted: boolean
  allowAutoTopicCreation: boolean
  retry: { restartOnFailure: (error: Error) => Promise<boolean> }
}

export interface KafkaConsumerLike {
  connect(): Promise<void>
  disconnect(): Promise<void>
  subscribe(subscription: { topics: string[]; fromBeginning: boolean }): Promise<void>
  run(options: {
    autoCommit: boolean
    eachBatchAutoResolve: boolean
    eachBatch: (payload: KafkaEachBatchLike) => Promise<void>
  }): Promise<void>
  commitOffsets(offsets: { topic: string; partition: number; offset: string; metadata?: string }[]): Promise<void>
  seek(place: { topic: string; partition: number; offset: string }): void
  pause(partitions: KafkaTopicPartition[]): void
  resume(partitions: KafkaTopicPartition[]): void
  /** `event` is one of kafkajs's instrumentation events; listeners get `{ payload }`, and are called at once */
  on(event: never, listener: never): unknown
}

export interface KafkaConsumerAdminLike {
  connect(): Promise<void>
  disconnect(): Promise<void>
  fetchTopicMetadata(options: {
    topics: string[]
  }): Promise<{ readonly topics: readonly { readonly name: string; readonly partitions: readonly unknown[] }[] }>
  /** offset -1 where the group has committed none */
  fetchOffsets(options: { groupId: string; topics: string[] }): Promise<
    readonly {
      readonly topic: string
      readonly partitions: readonly {
        readonly partition: number
        readonly offset: string
        readonly metadata: string | null
      }[]
    }[]
  >
  fetchTopicOffsets(
    topic: string,
  ): Promise<readonly { readonly partition: number; readonly low: string; readonly high: string }[]>
  fetchTopicOffsetsByTimestamp(
    topic: string,
    timestamp: number,
  ): Promise<readonly { readonly partition: number; readonly offset: string }[]>
}

/** kafkajs's `Kafka`. */
export interface KafkaConsumerClientLike {
  consumer(options: KafkaConsumerOptionsLike): KafkaConsumerLike
  admin(): KafkaConsumerAdminLike
}
