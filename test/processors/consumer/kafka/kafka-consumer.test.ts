/** Consumers of Kafka topics in this process, on a real broker. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, IHeaders, Kafka, Producer } from 'kafkajs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type ConsumerEvent,
  type ConsumerRecord,
  consumeKafka,
  type RecordProcessor,
  type RunningKafkaConsumer,
  type StartKafkaConsumerOptions,
  startKafkaConsumer,
} from '../../../../processors/index.ts'
import { encodeAggregate } from '../../../../streams/index.ts'
import { type KafkaBroker, kafkaMissing, startKafka } from '../../../support/kafka-broker.ts'

if (kafkaMissing !== null) console.log(`skipped: consumers of Kafka topics on a real broker: ${kafkaMissing}`)

const textOf = ({ data }: ConsumerRecord): string => Buffer.from(data).toString()

async function until(what: string, isSo: () => boolean | Promise<boolean>, patienceMs = 60_000): Promise<void> {
  const from = performance.now()
  while (!(await isSo())) {
    if (performance.now() - from > patienceMs) throw new Error(`${what} did not come in ${patienceMs} ms`)
    await sleep(25)
  }
}

describe.skipIf(kafkaMissing !== null)('a consumer of a Kafka topic', () => {
  let broker: KafkaBroker
  let kafka: Kafka
  let admin: Admin
  let producer: Producer
  let topics = 0
  let topic = ''
  let events: ConsumerEvent[] = []
  let running: RunningKafkaConsumer[] = []
  let calls = { heartbeat: 0, pause: 0, resume: 0 }
  /** the client, whose consumers count what they do */
  const counting = {
    admin: () => kafka.admin(),
    consumer: (options: Parameters<Kafka['consumer']>[0]) => {
      const consumer = kafka.consumer(options)
      const pause = consumer.pause.bind(consumer)
      const resume = consumer.resume.bind(consumer)
      consumer.on('consumer.heartbeat', () => calls.heartbeat++)
      consumer.pause = given => (calls.pause++, pause(given))
      consumer.resume = given => (calls.resume++, resume(given))
      return consumer
    },
  }

  beforeAll(async () => {
    broker = await startKafka()
    kafka = broker.client(5)
    admin = kafka.admin()
    producer = kafka.producer()
    await Promise.all([admin.connect(), producer.connect()])
  }, 180_000)
  beforeEach(() => {
    topic = `topic-${topics++}`
    events = []
    calls = { heartbeat: 0, pause: 0, resume: 0 }
  })
  afterEach(async () => {
    await Promise.all(running.map(one => one.stop()))
    running = []
  })
  afterAll(async () => {
    await Promise.all([admin?.disconnect(), producer?.disconnect()])
    await broker?.stop()
  })

  const put = (...values: readonly string[]) =>
    producer.send({ topic, messages: values.map(value => ({ key: 'k', value, partition: 0 })) })
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `r${from + i}`)

  async function start(
    processor: Partial<RecordProcessor>,
    more: Partial<Omit<StartKafkaConsumerOptions, 'processor'>> = {},
  ): Promise<RunningKafkaConsumer> {
    const consumer = await startKafkaConsumer({
      client: kafka,
      topics: topic,
      onEvent: event => events.push(event),
      ...more,
      configuration: {
        applicationName: `group-of-${topic}`,
        initialPositionInStream: 'TRIM_HORIZON',
        ...more.configuration,
      },
      settings: { sessionTimeout: 6_000, heartbeatInterval: 300, maxWaitTimeInMs: 100, ...more.settings },
      processor: () => ({ processRecords: async () => {}, ...processor }),
    })
    running.push(consumer)
    return consumer
  }

  async function committed(partition = 0): Promise<string> {
    const [found] = await admin.fetchOffsets({ groupId: `group-of-${topic}`, topics: [topic] })
    return found?.partitions.find(one => one.partition === partition)?.offset ?? '-1'
  }

  const told = (kind: ConsumerEvent['kind']): string[] =>
    events.filter(event => event.kind === kind).map(({ message }) => message)

  test(
    'gives records with all that Kafka says of them, and saves the offset behind the last',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 2)
      const headers: IHeaders = { trace: ['a', 'b'], one: 'x', __proto__x: 'y' }
      await producer.send({
        topic,
        messages: [
          { key: 'schlüssel', value: 'first', partition: 1, headers, timestamp: '1700000000123' },
          { key: 'gone', value: null, partition: 1 },
          { key: null, value: 'no key', partition: 1 },
        ],
      })
      const records: ConsumerRecord[] = []
      const consumer = await consumeKafka(
        [topic],
        async (some, checkpoint, { millisBehindLatest }) => {
          records.push(...some)
          expect(millisBehindLatest).toBe(0)
          await checkpoint()
        },
        {
          client: kafka,
          configuration: { applicationName: `group-of-${topic}`, initialPositionInStream: 'TRIM_HORIZON' },
          settings: { maxWaitTimeInMs: 100 },
          healthPort: 0,
          signals: [],
        },
      )
      running.push(consumer)
      await until('three records', () => records.length === 3)
      await until('the commit', async () => (await committed(1)) === '3')
      expect(
        records.map(record => [textOf(record), record.partitionKey, record.sequenceNumber, record.shardId]),
      ).toEqual([
        ['first', 'schlüssel', '0', `${topic}-1`],
        ['', 'gone', '1', `${topic}-1`],
        ['no key', '', '2', `${topic}-1`],
      ])
      expect(records[0]?.arrivedAt).toBe(1_700_000_000_123)
      const [first, second, third] = records.map(({ kafka: details }) => details)
      expect(first).toMatchObject({ topic, partition: 1, isTombstone: false })
      expect(Buffer.from(first?.key ?? []).toString()).toBe('schlüssel')
      expect(
        Object.entries(first?.headers ?? {}).map(([name, values]) => [
          name,
          values.map(value => Buffer.from(value).toString()),
        ]),
      ).toEqual([
        ['trace', ['a', 'b']],
        ['one', ['x']],
        ['__proto__x', ['y']],
      ])
      expect(second?.isTombstone).toBe(true)
      expect(third).toMatchObject({ key: null, isTombstone: false })
      const ready = await fetch(`http://127.0.0.1:${consumer.health?.port}/readyz`)
      expect([ready.status, await ready.json()]).toMatchObject([
        200,
        { state: 'running', groupId: `group-of-${topic}`, problems: [] },
      ])
    },
  )

  test(
    'a call that takes longer than the session leaves the member in its group, and holds up no other partition',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 2)
      let release = (): void => {}
      const held = new Promise<void>(resolve => {
        release = resolve
      })
      const got: string[] = []
      let begun = 0
      await start(
        {
          initialize: async () => {
            begun++
          },
          async processRecords({ records, checkpointer }) {
            if (records[0]?.kafka?.partition === 0) await held
            got.push(...records.map(textOf))
            await checkpointer.checkpoint()
          },
        },
        { client: counting, settings: { sessionTimeout: 1_500, heartbeatInterval: 300 } },
      )
      await put('slow')
      const from = performance.now()
      let sent = 0
      await until('three sessions', async () => {
        await producer.send({ topic, messages: [{ value: `quick ${sent++}`, partition: 1 }] })
        return performance.now() - from > 4_500 && calls.heartbeat > 5
      })
      expect(got.length).toBeGreaterThan(0)
      expect(got).not.toContain('slow')
      release()
      await until('all', () => got.length === sent + 1)
      await until('the commit', async () => (await committed(0)) === '1')
      // one life of each partition: the group never gave one away
      expect(begun).toBe(2)
    },
  )

  test(
    'what waits for a partition is bounded: it is paused, and goes on when there is room',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 1)
      const values = Array.from({ length: 3_000 }, (_, i) => `${i} ${'x'.repeat(90)}`)
      for (let i = 0; i < values.length; i += 500) await put(...values.slice(i, i + 500))
      const got: string[] = []
      await start(
        { processRecords: async ({ records }) => void got.push(...records.map(textOf)) },
        {
          client: counting,
          configuration: { maxCacheByteSize: 20_000, maxRecords: 50 },
          settings: { maxBytesPerPartition: 30_000 },
        },
      )
      await until('all', () => got.length >= values.length)
      expect(got).toEqual(values)
      // one pair is that of the assignment
      expect(calls.pause).toBeGreaterThan(3)
      expect(calls.resume).toBeGreaterThan(3)
    },
  )

  test(
    'from LATEST, records that come between two members are not missed, though the first processed none',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 1)
      await put(...numbers(0, 5))
      const latest = { configuration: { initialPositionInStream: 'LATEST' as const } }
      let begun = false
      const first = await start({ initialize: async () => void (begun = true) }, latest)
      await until('the start', () => begun)
      await first.shutdown()
      expect(await committed()).toBe('5')
      await put(...numbers(5, 9))
      const got: string[] = []
      await start({ processRecords: async ({ records }) => void got.push(...records.map(textOf)) }, latest)
      await until('the records between', () => got.length >= 4)
      expect(got).toEqual(numbers(5, 9))
    },
  )

  test('from AT_TIMESTAMP, the first record that is not older', { timeout: 60_000 }, async () => {
    await broker.createTopic(topic, 1)
    await producer.send({
      topic,
      messages: [1_000, 2_000, 3_000, 4_000].map(at => ({ value: `at ${at}`, timestamp: String(at) })),
    })
    const got: string[] = []
    await start(
      { processRecords: async ({ records }) => void got.push(...records.map(textOf)) },
      { configuration: { initialPositionInStream: 'AT_TIMESTAMP', initialPositionTimestamp: 2_500 } },
    )
    await until('two', () => got.length >= 2)
    expect(got).toEqual(['at 3000', 'at 4000'])
  })

  test(
    'records that expired are told, where the group stood before them and while it reads',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 1)
      await put(...numbers(0, 20))
      await admin.setOffsets({ groupId: `group-of-${topic}`, topic, partitions: [{ partition: 0, offset: '3' }] })
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '10' }] })
      const got: string[] = []
      let release = (): void => {}
      const held = new Promise<void>(resolve => {
        release = resolve
      })
      await start(
        {
          async processRecords({ records, checkpointer }) {
            got.push(...records.map(textOf))
            await checkpointer.checkpoint()
            if (records.some(record => textOf(record) === 'r20')) await held
          },
        },
        // one record fills the feed, so that the partition is paused behind it
        { client: counting, configuration: { maxRecordsCount: 1 } },
      )
      await until('what is left', () => got.length >= 10)
      expect(got).toEqual(numbers(10, 20))
      expect(told('position_gone')).toEqual([
        expect.stringContaining('offset 3 is where the group stood, and the topic begins at 10: 7 offsets expired'),
      ])

      await put(...numbers(20, 21))
      await until('the one that is held', () => got.length === 11)
      const before = calls.pause
      await put(...numbers(21, 22))
      await until('the pause behind it', () => calls.pause > before)
      await put(...numbers(22, 40))
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '30' }] })
      release()
      await until('the rest', () => got.at(-1) === 'r39')
      expect(got.slice(10)).toEqual([...numbers(20, 22), ...numbers(30, 40)])
      expect(told('position_gone').at(-1)).toContain('8 offsets expired')
      await until('the commit', async () => (await committed()) === '40')
    },
  )

  test(
    'an offset beyond the end is told, and reading starts at the initial position',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 1)
      await put(...numbers(0, 3))
      await admin.setOffsets({ groupId: `group-of-${topic}`, topic, partitions: [{ partition: 0, offset: '1000' }] })
      const got: string[] = []
      await start({
        processRecords: async ({ records, checkpointer }) => (
          got.push(...records.map(textOf)), checkpointer.checkpoint()
        ),
      })
      await until('all', () => got.length >= 3)
      expect(got).toEqual(numbers(0, 3))
      expect(told('position_gone')).toEqual([
        expect.stringContaining('offset 1000 is where the group stood, and the topic ends at 3'),
      ])
      await until('the commit', async () => (await committed()) === '3')
    },
  )

  test(
    'a record that cannot be processed goes to the dead letter handler alone, or stops its partition and no other',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 2)
      const letters: string[] = []
      const got: string[] = []
      const poisoned: RecordProcessor = {
        async processRecords({ records, checkpointer }) {
          if (records.some(record => textOf(record) === 'poison')) throw new Error('cannot be read')
          got.push(...records.map(textOf))
          await checkpointer.checkpoint()
        },
      }
      await put('a', 'poison', 'b')
      const first = await start(poisoned, {
        failurePolicy: {
          action: 'deadLetter',
          attempts: 2,
          backoffMs: 1,
          bisect: true,
          deadLetter: async ({ streamName, shardId, records }) =>
            void letters.push(streamName, shardId, ...records.map(textOf)),
        },
      })
      await until('the others', () => got.length === 2)
      expect(got).toEqual(['a', 'b'])
      expect(letters).toEqual([topic, `${topic}-0`, 'poison'])
      await first.shutdown()

      await put('poison', 'after')
      const second = await start(poisoned, { failurePolicy: { action: 'stop', attempts: 2, backoffMs: 1 } })
      await until('the stop', () => told('shard_stopped').length > 0)
      await producer.send({ topic, messages: [{ value: 'elsewhere', partition: 1 }] })
      await until('the other partition', () => got.includes('elsewhere'))
      expect(second.consumer.status.shards.find(({ shardId }) => shardId === `${topic}-0`)?.stopped).toContain(
        'stands still at 2',
      )
      await second.shutdown()
      expect(got).not.toContain('after')
      expect(await committed()).toBe('3')
    },
  )

  test(
    'a prepared checkpoint and its state come to the next member; state that is too large is refused by name',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 1)
      await put(...numbers(0, 6))
      let refusal: unknown = null
      const first = await start({
        async processRecords({ records, checkpointer }) {
          await checkpointer.checkpoint(records[1] as ConsumerRecord)
          refusal = await checkpointer
            .prepareCheckpoint(records[3], new Uint8Array(5_000))
            .catch((error: unknown) => error)
          await checkpointer.prepareCheckpoint(records[3], Buffer.from('half done'))
          await first.stop()
        },
      })
      await first.ended
      expect(refusal).toMatchObject({
        code: 'invalid_argument',
        message: expect.stringContaining('offset.metadata.max.bytes'),
      })
      expect(await committed()).toBe('2')
      const begun: unknown[] = []
      const got: string[] = []
      await start({
        initialize: async ({ checkpoint, pendingCheckpoint, pendingCheckpointState }) =>
          void begun.push(checkpoint, pendingCheckpoint, Buffer.from(pendingCheckpointState ?? []).toString()),
        processRecords: async ({ records, checkpointer }) => (
          got.push(...records.map(textOf)), checkpointer.checkpoint()
        ),
      })
      await until('the rest', () => got.length === 4)
      expect(begun).toEqual([
        { sequenceNumber: '1', subsequenceNumber: 0 },
        { sequenceNumber: '3', subsequenceNumber: 0 },
        'half done',
      ])
      expect(got).toEqual(numbers(2, 6))
      await until('the commit', async () => (await committed()) === '6')
    },
  )

  test(
    'aggregates are unpacked only where that is asked for, and a checkpoint within one is exact',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 1)
      const aggregate = Buffer.from(
        encodeAggregate(
          numbers(0, 5).map(text => ({
            partitionKey: `key of ${text}`,
            data: Buffer.from(text),
          })),
        ),
      )
      await producer.send({ topic, messages: [{ value: aggregate }, { value: 'plain' }] })
      const whole: Uint8Array[] = []
      const packed = await start(
        { processRecords: async ({ records }) => void whole.push(...records.map(({ data }) => data)) },
        { groupId: `other-${topic}` },
      )
      await until('two records', () => whole.length === 2)
      expect(Buffer.compare(whole[0] as Uint8Array, aggregate)).toBe(0)
      await packed.stop()

      const got: string[] = []
      const first = await start(
        {
          async processRecords({ records, checkpointer }) {
            got.push(...records.map(textOf))
            expect(records[2]).toMatchObject({
              partitionKey: 'key of r2',
              sequenceNumber: '0',
              subsequenceNumber: 2,
              aggregated: true,
            })
            await checkpointer.checkpoint(records[2] as ConsumerRecord)
            await first.stop()
          },
        },
        { deaggregate: true },
      )
      await first.ended
      expect(got).toEqual([...numbers(0, 5), 'plain'])
      const rest: string[] = []
      await start(
        {
          processRecords: async ({ records, checkpointer }) => (
            rest.push(...records.map(textOf)), checkpointer.checkpoint()
          ),
        },
        { deaggregate: true },
      )
      await until('the rest', () => rest.length >= 3)
      expect(rest).toEqual(['r3', 'r4', 'plain'])
    },
  )

  test(
    'records of aborted transactions do not come, and the group ends where the topic ends',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 1)
      const transactional = kafka.producer({ transactionalId: `t-${topic}`, idempotent: true, maxInFlightRequests: 1 })
      await transactional.connect()
      for (const [value, isAborted] of [
        ['a', false],
        ['lost', true],
        ['b', false],
        ['lost too', true],
      ] as const) {
        const transaction = await transactional.transaction()
        await transaction.send({ topic, messages: [{ value }, { value: `${value} 2` }] })
        await (isAborted ? transaction.abort() : transaction.commit())
      }
      await transactional.disconnect()
      const got: string[] = []
      const reading = (some: Partial<StartKafkaConsumerOptions>) =>
        start(
          {
            processRecords: async ({ records, checkpointer }) => (
              got.push(...records.map(textOf)), checkpointer.checkpoint()
            ),
          },
          some,
        )
      const first = await reading({ settings: { maxBytesPerPartition: 100 } })
      await until('four', () => got.length >= 4)
      expect(got).toEqual(['a', 'a 2', 'b', 'b 2'])
      await first.shutdown()
      await put('c')
      const second = await reading({})
      await until('the one after', () => got.length >= 5)
      expect(got.slice(4)).toEqual(['c'])
      expect(told('position_gone')).toEqual([])
      await second.shutdown()
      const [end] = await admin.fetchTopicOffsets(topic)
      expect(await committed()).toBe(end?.high)
    },
  )

  test(
    'a member whose processor hangs leaves, others get its partitions, and it can save nothing any more',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 1)
      await put(...numbers(0, 3))
      let release = (): void => {}
      const held = new Promise<void>(resolve => {
        release = resolve
      })
      let saved: unknown = null
      const hanging = await start(
        {
          async processRecords({ checkpointer, signal }) {
            await held
            expect(signal.aborted).toBe(true)
            saved = await checkpointer.checkpoint().catch((error: unknown) => error)
          },
        },
        { maxPollIntervalMillis: 1_000 },
      )
      await until('the stall', () => told('consumer_stalled').length === 1)
      expect(told('consumer_stalled')[0]).toContain(`processRecords of ${topic}-0 has not come back for 1000 ms`)
      const got: string[] = []
      await start({
        processRecords: async ({ records, checkpointer }) => (
          got.push(...records.map(textOf)), checkpointer.checkpoint()
        ),
      })
      await until('the records', () => got.length === 3)
      await until('the commit', async () => (await committed()) === '3')
      expect(hanging.consumer.status.shards).toEqual([])
      release()
      await until('the refusal', () => saved !== null)
      expect(saved).toMatchObject({ code: 'lease_lost' })
      await until('both in the group', async () => {
        const { groups } = await admin.describeGroups([`group-of-${topic}`])
        return groups[0]?.members.length === 2
      })
    },
  )

  test(
    'a processor that saves nothing by itself saves when the group rebalances, before another member has the partition',
    { timeout: 60_000 },
    async () => {
      await broker.createTopic(topic, 2)
      const trace: string[] = []
      const holder = (name: string): Partial<RecordProcessor> => ({
        initialize: async ({ shardId, checkpoint }) =>
          void trace.push(`${name} began ${shardId} ${checkpoint.sequenceNumber}`),
        async shutdownRequested({ shardId, checkpointer }) {
          await sleep(200)
          await checkpointer.checkpoint()
          trace.push(`${name} saved ${shardId} ${checkpointer.lastCheckpoint.sequenceNumber}`)
        },
        leaseLost: async ({ shardId }) => void trace.push(`${name} lost ${shardId}`),
      })
      let got = 0
      await start({ ...holder('a'), processRecords: async ({ records }) => void (got += records.length) })
      for (const partition of [0, 1])
        await producer.send({ topic, messages: numbers(0, 4).map(value => ({ value, partition })) })
      await until('all', () => got === 8)
      expect(await committed()).toBe('-1')
      await start(holder('b'))
      await until('a new life of both', () => trace.filter(line => line.includes('began')).length === 4)
      const of = (partition: number) =>
        trace.filter(line => line.includes(`${topic}-${partition}`)).map(line => line.replace(`${topic}-`, ''))
      for (const partition of [0, 1])
        expect(of(partition)).toEqual([
          `a began ${partition} TRIM_HORIZON`,
          `a saved ${partition} 3`,
          `a lost ${partition}`,
          expect.stringMatching(new RegExp(`^[ab] began ${partition} 3$`)),
        ])
      expect(new Set(trace.slice(-2).map(line => line[0]))).toEqual(new Set(['a', 'b']))
      expect(await committed()).toBe('4')
    },
  )

  test(
    'says what is wrong: a topic that is not there, brokers that do not answer, settings that cannot be',
    { timeout: 60_000 },
    async () => {
      await expect(start({})).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining(topic) })
      await broker.createTopic(topic, 1)
      await expect(start({}, { settings: { heartbeatInterval: 5_000 } })).rejects.toMatchObject({
        code: 'config',
        message: expect.stringContaining('heartbeatInterval'),
      })
      await expect(start({}, { settings: { sessionTimeOut: 1 } as never })).rejects.toMatchObject({
        code: 'config',
        message: expect.stringContaining('sessionTimeOut'),
      })
      await expect(start({}, { topics: [] })).rejects.toMatchObject({ code: 'config' })
      await expect(start({}, { settings: { sessionTimeout: 100_000_000 } })).rejects.toMatchObject({
        code: 'connection_lost',
        message: expect.stringContaining('joining group'),
      })
    },
  )
})
