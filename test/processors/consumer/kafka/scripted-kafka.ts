/** A kafkajs client that does what a test says, for what a real broker does only now and then. */
import type {
  KafkaBatchLike,
  KafkaConsumerAdminLike,
  KafkaConsumerClientLike,
  KafkaConsumerOptionsLike,
  KafkaEachBatchLike,
} from '../../../../processors/consumer/kafka/client.ts'

export class ScriptedKafka implements KafkaConsumerClientLike {
  /** what consumers were told, in order */
  readonly calls: string[] = []
  /** how often the offsets of the topic were asked for */
  asked = 0
  /** joins that reached the broker */
  joins = 0
  ranTo: Promise<void> = Promise.resolve()
  readonly #listeners = new Map<string, ((event: { payload: unknown }) => void)[]>()
  #eachBatch: ((payload: KafkaEachBatchLike) => Promise<void>) | null = null
  /** as kafkajs calls it before each join */
  askForCoordinator: () => Promise<unknown> = () => Promise.resolve()

  consumer({ partitionAssigners }: KafkaConsumerOptionsLike) {
    const cluster = {
      findTopicPartitionMetadata: () => [],
      findGroupCoordinator: () => Promise.resolve(void this.joins++),
    }
    for (const assigner of partitionAssigners) assigner({ cluster })
    this.askForCoordinator = () => cluster.findGroupCoordinator()
    const called = (what: string): Promise<void> => Promise.resolve(void this.calls.push(what))
    return {
      connect: () => Promise.resolve(),
      disconnect: () => called('disconnect'),
      subscribe: () => Promise.resolve(),
      run: ({ eachBatch }: { readonly eachBatch: (payload: KafkaEachBatchLike) => Promise<void> }) => {
        this.#eachBatch = eachBatch
        return this.ranTo
      },
      commitOffsets: () => Promise.resolve(),
      seek: ({ offset }: { readonly offset: string }) => void called(`seek ${offset}`),
      pause: () => void called('pause'),
      resume: () => void called('resume'),
      on: (event: string, listen: (event: { payload: unknown }) => void) => {
        this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listen])
      },
    }
  }

  admin(): KafkaConsumerAdminLike {
    return {
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      fetchTopicMetadata: () => Promise.resolve({ topics: [] }),
      fetchOffsets: () => Promise.resolve([]),
      fetchTopicOffsets: () => {
        this.asked++
        return Promise.resolve([{ partition: 0, low: '0', high: '1000' }])
      },
      fetchTopicOffsetsByTimestamp: () => Promise.resolve([]),
    }
  }

  emit(event: string, payload: unknown): void {
    for (const listen of this.#listeners.get(event) ?? []) listen({ payload })
  }

  joined(): void {
    this.emit('consumer.group_join', { memberAssignment: { t: [0] } })
  }

  /** Fetches so many records of partition 0 of topic t. */
  async fetch(fetchedOffset: number, count: number): Promise<void> {
    await this.#eachBatch?.({
      batch: batchAt(fetchedOffset, count),
      resolveOffset: () => {},
      heartbeat: () => Promise.resolve(),
      commitOffsetsIfNecessary: () => Promise.resolve(),
    })
  }
}

export function batchAt(fetchedOffset: number, count: number): KafkaBatchLike {
  return {
    topic: 't',
    partition: 0,
    highWatermark: '1000',
    fetchedOffset: String(fetchedOffset),
    messages: Array.from({ length: count }, (_, i) => ({
      key: null,
      value: Buffer.from('x'),
      timestamp: '0',
      offset: String(fetchedOffset + i),
    })),
    firstOffset: () => String(fetchedOffset),
    lastOffset: () => String(fetchedOffset + count - 1),
  }
}
