/** Records of a delivery stream in a topic of a real broker. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeEnv } from '../../../core/index.ts'
import { kafkaTarget } from '../../../producers/index.ts'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { kafkaDestination } from '../../../sinks/destinations/put-target.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { type KafkaBroker, kafkaMissing, startKafka } from '../../support/kafka-broker.ts'
import { bytes, errorsIn } from '../pipeline/world.ts'
import { destination, S3 } from '../support/definitions.ts'

if (kafkaMissing !== null) console.log(`skipped: deliveries into a real Kafka: ${kafkaMissing}`)

describe.skipIf(kafkaMissing !== null)('a topic', () => {
  let broker: KafkaBroker
  beforeAll(async () => {
    broker = await startKafka()
  }, 180_000)
  afterAll(async () => broker?.stop())

  it('gets every record once and in order though the broker is killed in the middle, and refuses the large one by name', async () => {
    const [topic, count] = ['clicks', 3_000]
    await broker.createTopic(topic, 1, { 'max.message.bytes': '50000' })
    const { clock, random } = nodeEnv
    const client = broker.client()
    const bucket = new MemoryStore()
    const target = kafkaTarget({ client, env: nodeEnv, topic, idempotent: true })
    const definition = destination('CustomDestinationConfiguration', {
      S3Configuration: S3,
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 },
      RetryOptions: { DurationInSeconds: 120 },
    }) as DeliveryStreamDefinition
    const stream = new DeliveryStream(
      { definition },
      { clock, random, store: () => bucket, destination: kafkaDestination({ target, recordBytesMax: 40_000 }) },
    )
    for (let n = 0; n < count; n++) {
      if (n === count / 2) {
        await broker.kill()
        await broker.start()
      }
      await stream.write([{ data: bytes(`record ${n}`) }])
    }
    await stream.write([{ data: new Uint8Array(40_001) }])
    await stream.close()
    expect(errorsIn(bucket, 'kafka-failed/').map(error => error['errorCode'])).toEqual(['Kafka.RecordTooLarge'])
    expect(stream.metrics.get('DeliveryToKafka.Records')).toBe(count)
    const found: string[] = []
    const consumer = client.consumer({ groupId: 'reader' })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>(resolve => {
      void consumer.run({
        eachMessage: async ({ message }) => {
          found.push(message.value?.toString() ?? '')
          if (found.length === count) resolve()
        },
      })
    })
    await consumer.disconnect()
    expect(found).toEqual(Array.from({ length: count }, (_, n) => `record ${n}`))
  }, 240_000)
})
