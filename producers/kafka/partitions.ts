/** Which partition a record goes to. Chosen here and not by the client, because only then is it known where each record lies. */
import { type Clock, MillraceError } from '../../core/index.ts'
import type { PutEntry } from '../put-target.ts'
import type { KafkaAdminLike, KafkaLike, KafkaPartition } from './client.ts'
import { partitionOfKey } from './murmur2.ts'

/** What a partitioner is told: kafkajs's own arguments, so that its partitioners fit. */
export interface PartitionerArguments {
  topic: string
  partitionMetadata: readonly KafkaPartition[]
  message: { key: Buffer | null; value: Buffer }
}

/** Returns a number from 0 to one less than the number of partitions. */
export type Partitioner = (args: PartitionerArguments) => number

export interface TopicPartitionsOptions {
  readonly topic: string
  readonly client: Pick<KafkaLike, 'admin'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** how long a list of partitions is believed, milliseconds */
  readonly metadataMaxAge: number
  readonly allowAutoTopicCreation: boolean
  /** null: by the key's hash, as the Java client; records without a key stay together for one call */
  readonly partitioner: Partitioner | null
}

export class TopicPartitions {
  readonly #options: TopicPartitionsOptions
  #partitions: readonly KafkaPartition[] = []
  #readAt = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | null = null
  /** partition of the records without a key in the next call */
  #sticky = 0

  constructor(options: TopicPartitionsOptions) {
    this.#options = options
  }

  /** Forgets the list: a broker said that it is old. */
  invalidate(): void {
    this.#readAt = Number.NEGATIVE_INFINITY
  }

  /**
   * The partition of each entry.
   * @throws MillraceError `not_found` where the topic does not exist; else what the client throws
   */
  async assign(entries: readonly PutEntry[]): Promise<readonly number[]> {
    await this.#refresh()
    const { topic, partitioner } = this.#options
    const count = this.#partitions.length
    const sticky = this.#sticky++ % count
    return entries.map(entry => {
      if (entry.partition !== undefined) {
        if (entry.partition < count) return entry.partition
        throw new MillraceError(
          'invalid_argument',
          `partition ${entry.partition} is not in topic ${topic}, which has ${count}`,
        )
      }
      const key = entry.partitionKey === '' ? null : Buffer.from(entry.partitionKey)
      if (partitioner === null) return key === null ? sticky : partitionOfKey(key, count)
      const message = { key, value: asBuffer(entry.data) }
      return partitioner({ topic, partitionMetadata: this.#partitions, message })
    })
  }

  /** One question at a time, however many calls wait for the answer. */
  async #refresh(): Promise<void> {
    const { clock, metadataMaxAge } = this.#options
    if (clock.monotonicMs() - this.#readAt < metadataMaxAge) return
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null
    })
    await this.#reading
  }

  async #read(): Promise<void> {
    const { topic, clock, client, allowAutoTopicCreation } = this.#options
    // A question every few minutes is not worth a connection that stays open.
    const admin = client.admin()
    await admin.connect()
    let found: readonly KafkaPartition[] | null
    try {
      found = await partitionsOf(admin, topic)
      if (found === null && allowAutoTopicCreation) {
        await admin.createTopics({ topics: [{ topic }] })
        found = await partitionsOf(admin, topic)
      }
    } finally {
      await admin.disconnect()
    }
    if (found === null)
      throw new MillraceError(
        'not_found',
        `topic ${topic} does not exist; create it, or set allowAutoTopicCreation to have it made with the broker's defaults`,
      )
    this.#partitions = found
    this.#readAt = clock.monotonicMs()
  }
}

/** Ordered by their numbers; null where there is no such topic. */
async function partitionsOf(admin: KafkaAdminLike, topic: string): Promise<readonly KafkaPartition[] | null> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? []
    return partitions.length === 0 ? null : partitions.toSorted((a, b) => a.partitionId - b.partitionId)
  } catch (error) {
    if (error instanceof Error && 'type' in error && error.type === 'UNKNOWN_TOPIC_OR_PARTITION') return null
    throw error
  }
}

/** The same bytes as a Buffer, which is what kafkajs takes. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
