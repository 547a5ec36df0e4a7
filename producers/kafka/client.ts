/** The part of kafkajs that is used. The client is the caller's: nothing here imports it. */

export interface KafkaMessage {
  key: Buffer | null
  value: Buffer
  partition: number
  headers?: Record<string, Buffer | string>
}

/** A batch for one topic. `acks`: -1 all in-sync replicas, 1 the leader, 0 nobody. `compression`: Kafka's number of the codec. */
export interface KafkaSend {
  topic: string
  messages: KafkaMessage[]
  acks: number
  timeout: number
  compression: number
}

/** One for each partition; the broker tells where its first message lies. */
export interface KafkaReceipt {
  readonly partition: number
  readonly errorCode: number
  readonly baseOffset?: string | undefined
}

export interface KafkaTransactionLike {
  send(batch: KafkaSend): Promise<readonly KafkaReceipt[]>
  commit(): Promise<void>
  abort(): Promise<void>
}

export interface KafkaProducerLike {
  connect(): Promise<void>
  disconnect(): Promise<void>
  send(batch: KafkaSend): Promise<readonly KafkaReceipt[]>
  transaction(): Promise<KafkaTransactionLike>
}

export interface KafkaPartition {
  readonly partitionId: number
  readonly leader: number
}

export interface KafkaAdminLike {
  connect(): Promise<void>
  disconnect(): Promise<void>
  fetchTopicMetadata(options: {
    topics: string[]
  }): Promise<{ readonly topics: readonly { readonly name: string; readonly partitions: readonly KafkaPartition[] }[] }>
  createTopics(options: { topics: { topic: string }[] }): Promise<boolean>
}

/** kafkajs's `Kafka`. */
export interface KafkaLike {
  producer(options: {
    idempotent: boolean
    maxInFlightRequests?: number
    transactionalId?: string
    transactionTimeout?: number
    allowAutoTopicCreation: boolean
    retry: { retries: number }
  }): KafkaProducerLike
  admin(): KafkaAdminLike
}
