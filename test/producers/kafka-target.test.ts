/** The Kafka target against a real broker. */
import { spawnSync } from 'node:child_process'
import type { Kafka } from 'kafkajs'
import * as kafkajs from 'kafkajs'
import { compress as snappyCompress, uncompress as snappyUncompress } from 'snappy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeEnv as env } from '../../core/node/env.ts'
import { type KafkaTargetOptions, kafkaTarget, type Outcome, Producer, PutError } from '../../producers/index.ts'
import { type KafkaBroker, kafkaMissing, startKafka } from '../support/kafka-broker.ts'

interface Read {
  readonly partition: number
  readonly offset: string
  readonly key: string | null
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

if (kafkaMissing !== null) console.log(`skipped: the Kafka target against a real broker: ${kafkaMissing}`)

describe.skipIf(kafkaMissing !== null)('a Kafka target', () => {
  let broker: KafkaBroker
  let kafka: Kafka
  let topics = 0

  beforeAll(async () => {
    broker = await startKafka()
    kafka = broker.client()
  }, 180_000)
  afterAll(async () => broker?.stop())

  async function newTopic(partitions: number, config: Record<string, string> = {}): Promise<string> {
    const topic = `topic-${topics++}`
    await broker.createTopic(topic, partitions, config)
    return topic
  }

  function producerOf(topic: string, options: Partial<KafkaTargetOptions> = {}, configuration = {}): Producer {
    return new Producer({ target: kafkaTarget({ client: kafka, env, topic, ...options }), env, configuration })
  }

  /** Everything that is in a topic now and that a reader of committed records sees, by partition and offset. */
  async function readAll(topic: string): Promise<Read[]> {
    const admin = kafka.admin()
    await admin.connect()
    const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)]))
    await admin.disconnect()
    for (const [partition, end] of ends) if (end === 0n) ends.delete(partition)
    const found: Read[] = []
    if (ends.size === 0) return found
    // A record of its own at the end of each partition tells when all before it has been read.
    const marker = kafka.producer()
    await marker.connect()
    const messages = [...ends.keys()].map(partition => ({ partition, value: 'the end of the test' }))
    await marker.send({ topic, messages })
    await marker.disconnect()
    const consumer = kafka.consumer({ groupId: `reader-of-${topic}-${topics++}` })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>(resolve => {
      void consumer.run({
        eachMessage: async ({ partition, message }) => {
          const value = message.value?.toString() ?? ''
          if (value === 'the end of the test') ends.delete(partition)
          else
            found.push({
              partition,
              offset: message.offset,
              key: message.key?.toString() ?? null,
              value,
              headers: Object.fromEntries(
                Object.entries(message.headers ?? {}).map(([name, header]) => [name, String(header)]),
              ),
            })
          if (ends.size === 0) resolve()
        },
      })
    })
    await consumer.disconnect()
    return found
  }

  async function putAll(producer: Producer, count: number, keyOf = (i: number) => `key-${i % 37}`): Promise<Outcome[]> {
    return Promise.all(
      Array.from({ length: count }, (_, i) => producer.put({ partitionKey: keyOf(i), data: bytes(`record ${i}`) })),
    )
  }

  test('tells the partition and the offset at which each record lies', async () => {
    const topic = await newTopic(4)
    const producer = producerOf(topic)
    const outcomes = await putAll(producer, 2_000)
    await producer.close()
    const read = new Map((await readAll(topic)).map(record => [record.value, record]))
    expect(read.size).toBe(2_000)
    outcomes.forEach(({ shardId, sequenceNumber }, i) => {
      expect(read.get(`record ${i}`)).toMatchObject({ partition: Number(shardId), offset: sequenceNumber })
    })
    expect(new Set(outcomes.map(({ shardId }) => shardId)).size).toBe(4)
  })

  test('carries keys, headers, chosen partitions and records without a key', async () => {
    const topic = await newTopic(3)
    const producer = producerOf(topic, { compression: 'gzip' })
    await Promise.all([
      producer.put({
        partitionKey: 'schlüssel',
        data: bytes('a'),
        headers: { trace: 'x1', raw: new Uint8Array([65]) },
      }),
      producer.put({ partitionKey: '', data: bytes('b'), partition: 2 }),
      producer.put({ partitionKey: '', data: bytes('c') }),
      producer.put({ partitionKey: 'k'.repeat(300), data: bytes('d') }),
    ])
    await producer.close()
    const read = (await readAll(topic)).toSorted((a, b) => a.value.localeCompare(b.value))
    expect(read).toMatchObject([
      { value: 'a', key: 'schlüssel', headers: { trace: 'x1', raw: 'A' } },
      { value: 'b', key: null, partition: 2 },
      { value: 'c', key: null },
      { value: 'd', key: 'k'.repeat(300) },
    ])
  })

  test.each([1, 0] as const)('stores with acks %i, and tells an offset only where the broker tells one', async acks => {
    const topic = await newTopic(2)
    const producer = producerOf(topic, { acks })
    const outcomes = await putAll(producer, 300)
    await producer.close()
    // Nobody is answered with acks 0: the records are there when the broker has read what was sent before the connection closed.
    const admin = kafka.admin()
    await admin.connect()
    for (let tries = 0, stored = 0; stored < 300 && tries < 500; tries++)
      stored = (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0)
    await admin.disconnect()
    const offsets = new Map(
      (await readAll(topic)).map(({ value, partition, offset }) => [value, `${partition} ${offset}`]),
    )
    expect(offsets.size).toBe(300)
    outcomes.forEach(({ shardId, sequenceNumber }, i) => {
      const [partition, offset] = offsets.get(`record ${i}`)?.split(' ') ?? []
      expect([shardId, sequenceNumber]).toEqual([partition, acks === 0 ? '' : offset])
    })
  })

  test('a partitioner of the caller chooses, by what kafkajs tells its own', async () => {
    const topic = await newTopic(3)
    const asked: unknown[] = []
    const producer = producerOf(topic, {
      createPartitioner: () => args => {
        asked.push(args.topic)
        return Number(args.message.value.toString().slice('record '.length)) % args.partitionMetadata.length
      },
    })
    const outcomes = await putAll(producer, 90, () => 'one key')
    await producer.close()
    expect(outcomes.map(({ shardId }) => shardId)).toEqual(outcomes.map((_, i) => String(i % 3)))
    for (const { partition, value } of await readAll(topic))
      expect(partition).toBe(Number(value.slice('record '.length)) % 3)
    expect(new Set(asked)).toEqual(new Set([topic]))
  })

  test.each(['gzip', 'snappy'] as const)('batches are stored as %s', async compression => {
    const codecs = kafkajs.CompressionCodecs as unknown as Record<number, () => Codec>
    const id = kafkajs.CompressionTypes[compression === 'gzip' ? 'GZIP' : 'Snappy']
    const known = codecs[id]
    const codec: Codec =
      compression === 'snappy' || known === undefined
        ? {
            compress: ({ buffer }) => snappyCompress(buffer),
            decompress: async buffer => Buffer.from(await snappyUncompress(buffer)),
          }
        : known()
    let opened = 0
    codecs[id] = () => ({
      ...codec,
      decompress: buffer => {
        opened++
        return codec.decompress(buffer)
      },
    })
    try {
      const topic = await newTopic(2)
      const producer = producerOf(topic, { compression })
      await putAll(producer, 500)
      await producer.close()
      expect(new Set((await readAll(topic)).map(({ value }) => value)).size).toBe(500)
      // the broker stores batches as they come, and kafkajs opens those that say that they are so
      expect(opened).toBeGreaterThan(0)
    } finally {
      if (known !== undefined) codecs[id] = known
      else delete codecs[id]
    }
  })

  test('a codec that kafkajs does not have is told by name', async () => {
    const topic = await newTopic(1)
    const producer = producerOf(topic, { compression: 'lz4' }, { RecordTtl: 2_000 })
    const error = await producer.put({ partitionKey: 'k', data: bytes('x') }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(PutError)
    expect(String(error)).toMatch(/LZ4/i)
    await producer.close()
  })

  test.skipIf(spawnSync('kcat', ['-V']).status !== 0)('sends a key where librdkafka sends it by murmur2', async () => {
    const topic = await newTopic(7)
    const keys = Array.from({ length: 60 }, (_, i) => `${'ключ'.repeat(i % 4)}k${i}`)
    const input = keys.map(key => `${key}|theirs\n`).join('')
    const args = ['-P', '-b', broker.address, '-t', topic, '-K', '|', '-X', 'topic.partitioner=murmur2']
    expect(spawnSync('kcat', args, { input }).status).toBe(0)
    const producer = producerOf(topic)
    await Promise.all(keys.map(key => producer.put({ partitionKey: key, data: bytes('ours') })))
    await producer.close()
    const read = await readAll(topic)
    for (const key of keys) {
      const partitions = read.filter(record => record.key === key).map(({ partition }) => partition)
      expect(partitions, key).toEqual([partitions[0], partitions[0]])
    }
  })

  test('a record that the broker finds too large fails alone', async () => {
    const topic = await newTopic(1, { 'max.message.bytes': '50000' })
    const producer = producerOf(topic)
    const large = producer.put({ partitionKey: 'large', data: new Uint8Array(60_000) }).catch((error: unknown) => error)
    const outcomes = await putAll(producer, 200)
    const error = await large
    expect(error).toBeInstanceOf(PutError)
    expect(error).toMatchObject({ failure: 'permanent', attempts: [{ errorCode: 'MESSAGE_TOO_LARGE' }] })
    await producer.close()
    expect(outcomes.length).toBe(200)
    expect((await readAll(topic)).length).toBe(200)
  })

  test('a topic that is not there is told at once, or made where that was asked for', async () => {
    const producer = producerOf('nowhere')
    const error = await producer.put({ partitionKey: 'k', data: bytes('x') }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ failure: 'permanent' })
    expect(String(error)).toContain('topic nowhere does not exist; create it, or set allowAutoTopicCreation')
    await producer.close()
    const maker = producerOf('made', { allowAutoTopicCreation: true })
    await maker.put({ partitionKey: 'k', data: bytes('x') })
    await maker.close()
    expect((await readAll('made')).length).toBe(1)
  })

  test('a partition that the topic does not have fails alone', async () => {
    const topic = await newTopic(2)
    const producer = producerOf(topic)
    const lost = producer.put({ partitionKey: '', data: bytes('x'), partition: 9 }).catch((error: unknown) => error)
    await putAll(producer, 20)
    expect(String(await lost)).toContain(`partition 9 is not in topic ${topic}, which has 2`)
    await producer.close()
  })

  test('idempotent: through a broker that dies and comes back, each record is stored once and in order', async () => {
    const topic = await newTopic(3)
    const producer = producerOf(topic, { idempotent: true }, { RecordTtl: 120_000, MaxConnections: 8 })
    const outcomes: Promise<Outcome>[] = []
    for (let i = 0; i < 3_000; i++) {
      await producer.ready()
      outcomes.push(producer.put({ partitionKey: `key-${i % 11}`, data: bytes(`record ${i}`) }))
      if (i === 1_500) await broker.kill()
      if (i === 2_000) await broker.start()
      if (i % 100 === 0 && (i < 1_500 || i > 2_000)) await producer.flush()
    }
    await Promise.all(outcomes)
    await producer.close()
    const read = await readAll(topic)
    expect(read.length).toBe(3_000)
    expect(new Set(read.map(({ value }) => value)).size).toBe(3_000)
    const last = new Map<string, number>()
    for (const { key, value } of read) {
      const number = Number(value.slice('record '.length))
      expect(number).toBeGreaterThan(last.get(key ?? '') ?? -1)
      last.set(key ?? '', number)
    }
  }, 180_000)

  test('transactional: a call that fails in the middle leaves nothing that a reader of committed records sees', async () => {
    const topic = await newTopic(2, { 'max.message.bytes': '50000' })
    const target = kafkaTarget({ client: kafka, env, topic, transactionalId: 'payments' })
    const { signal } = new AbortController()
    const entry = (text: string, partition: number) => ({ data: bytes(text), partitionKey: '', partition })
    const failing = [entry('one', 0), { ...entry('', 1), data: new Uint8Array(60_000) }]
    await expect(target.putRecords(failing, signal)).rejects.toMatchObject({ name: 'MESSAGE_TOO_LARGE' })
    const outcomes = await target.putRecords([entry('two', 0), entry('three', 1)], signal)
    expect(outcomes.every(outcome => 'shardId' in outcome)).toBe(true)
    await target.close?.()
    expect((await readAll(topic)).map(({ value }) => value).toSorted()).toEqual(['three', 'two'])
  })

  test('transactional: a producer stores through transactions, and a second one under the id ends the first', async () => {
    const topic = await newTopic(2)
    const first = producerOf(topic, { transactionalId: 'orders' })
    await putAll(first, 700)
    const second = producerOf(topic, { transactionalId: 'orders' })
    await putAll(second, 10)
    const fenced = await first.put({ partitionKey: 'k', data: bytes('late') }).catch((error: unknown) => error)
    expect(fenced).toMatchObject({ failure: 'permanent', attempts: [{ errorCode: 'INVALID_PRODUCER_EPOCH' }] })
    await Promise.all([first.close(), second.close()])
    expect((await readAll(topic)).length).toBe(710)
  })
})
