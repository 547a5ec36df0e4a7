import {
  DescribeStreamSummaryCommand,
  Kinesis,
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeEnv } from '../../core/index.ts'
import {
  firehoseTarget,
  fromCommands,
  type KinesisTargetOptions,
  kinesisTarget,
  type Outcome,
  Producer,
} from '../../producers/index.ts'
import { decodeAggregate, deliverableCount } from '../../streams/aggregation.ts'
import { LocalStreams, type StreamsListener, serveStreams } from '../../streams/index.ts'
import { memoryEnv } from '../support/memory-env.ts'

let streams: LocalStreams
let listener: StreamsListener
beforeAll(async () => {
  streams = await LocalStreams.open({ env: nodeEnv })
  listener = await serveStreams({ streams, env: nodeEnv })
})
afterAll(async () => {
  await listener.close(0)
  await streams.close()
})

const client = (): {
  endpoint: string
  region: string
  credentials: { accessKeyId: string; secretAccessKey: string }
  maxAttempts: number
} => ({
  endpoint: listener.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
})

/** Reads everything with the SDK, and takes apart what is aggregated. */
async function readAll(kinesis: Kinesis, StreamName: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const { Shards = [] } = await kinesis.listShards({ StreamName })
  for (const { ShardId, HashKeyRange } of Shards) {
    const range = {
      startingHashKey: BigInt(HashKeyRange?.StartingHashKey ?? 0),
      endingHashKey: BigInt(HashKeyRange?.EndingHashKey ?? 0),
    }
    let { ShardIterator } = await kinesis.getShardIterator({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' })
    for (;;) {
      const { Records = [], NextShardIterator } = await kinesis.getRecords({ ShardIterator })
      for (const { Data = new Uint8Array(), SequenceNumber } of Records) {
        const aggregate = decodeAggregate(Data)
        if (aggregate === null) found.set(new TextDecoder().decode(Data), `${ShardId} ${SequenceNumber} 0`)
        else {
          expect(deliverableCount(aggregate, range)).toBe(aggregate.length)
          for (let i = 0; i < aggregate.length; i++) {
            const offset = aggregate.offsets[i] ?? 0
            const text = new TextDecoder().decode(Data.subarray(offset, offset + (aggregate.sizes[i] ?? 0)))
            expect(found.has(text), `${text} is stored once`).toBe(false)
            found.set(text, `${ShardId} ${SequenceNumber} ${i}`)
          }
        }
      }
      if (Records.length === 0 || NextShardIterator === undefined) break
      ShardIterator = NextShardIterator
    }
  }
  return found
}

async function putThousands(target: KinesisTargetOptions): Promise<{ outcomes: Map<string, Outcome>; calls: number }> {
  const producer = new Producer({ target: kinesisTarget(target), env: nodeEnv, configuration: { RateLimit: 100_000 } })
  await producer.mapped()
  const outcomes = new Map<string, Outcome>()
  const puts = Array.from({ length: 5_000 }, async (_, i) => {
    const text = `record ${i}`
    outcomes.set(text, await producer.put({ partitionKey: `visitor-${i % 300}`, data: Buffer.from(text) }))
  })
  await producer.flush()
  await Promise.all(puts)
  const { entries } = producer.metrics()
  expect(entries).toBeLessThan(100)
  expect(await producer.close()).toEqual({ abandoned: 0 })
  return { outcomes, calls: producer.metrics().calls }
}

test('through the AWS SDK and HTTP, thousands of user records are where the outcomes say, each on its shard', async () => {
  await streams.create('sdk', { shards: 3 })
  const kinesis = new Kinesis(client())
  const { outcomes } = await putThousands({ client: kinesis, StreamName: 'sdk' })
  const found = await readAll(kinesis, 'sdk')
  expect(found.size).toBe(5_000)
  for (const [text, { shardId, sequenceNumber, subsequenceNumber }] of outcomes)
    expect(found.get(text)).toBe(`${shardId} ${sequenceNumber} ${subsequenceNumber}`)
  kinesis.destroy()
})

test('the smaller client with its commands and a stream ARN does the same', async () => {
  await streams.create('commands', { shards: 2 })
  const kinesis = new Kinesis(client())
  const { StreamDescriptionSummary } = await kinesis.describeStreamSummary({ StreamName: 'commands' })
  const small = new KinesisClient(client())
  const { outcomes } = await putThousands({
    client: fromCommands(small, { PutRecordsCommand, ListShardsCommand }),
    StreamARN: StreamDescriptionSummary?.StreamARN ?? '',
  })
  expect(outcomes.size).toBe(5_000)
  expect((await readAll(kinesis, 'commands')).size).toBe(5_000)
  kinesis.destroy()
  small.destroy()
})

test('a stream that is not there fails every put at once, with the code of the service', async () => {
  const kinesis = new Kinesis(client())
  const producer = new Producer({ target: kinesisTarget({ client: kinesis, StreamName: 'nowhere' }), env: nodeEnv })
  await expect(producer.put({ partitionKey: 'k', data: Buffer.from('a') })).rejects.toMatchObject({
    failure: 'permanent',
    attempts: [{ errorCode: 'ResourceNotFoundException' }],
  })
  await producer.close(0)
  kinesis.destroy()
})

test('a stream needs a name or an ARN, and not both', () => {
  const kinesis = new Kinesis(client())
  for (const stream of [{}, { StreamName: 'a', StreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/a' }])
    expect(() => kinesisTarget({ client: kinesis, ...stream })).toThrow(/StreamName or a StreamARN/)
  kinesis.destroy()
})

test('every page of the list of shards is read, and only the first names the stream', async () => {
  const asked: object[] = []
  const page = (from: number) => ({
    Shards: [
      {
        ShardId: `shardId-${from}`,
        HashKeyRange: { StartingHashKey: String(from), EndingHashKey: String(from + 9) },
        SequenceNumberRange: from === 10 ? { EndingSequenceNumber: '5' } : {},
      },
    ],
    ...(from < 20 ? { NextToken: String(from + 10) } : {}),
  })
  const target = kinesisTarget({
    StreamName: 'pages',
    client: {
      putRecords: () => Promise.resolve({}),
      listShards(input) {
        asked.push(input)
        return Promise.resolve(page(Number(input.NextToken ?? 0)))
      },
    },
  })
  const shards = await target.listShards?.(false, new AbortController().signal)
  expect(shards).toEqual([
    { shardId: 'shardId-0', startingHashKey: 0n, endingHashKey: 9n, closed: false },
    { shardId: 'shardId-10', startingHashKey: 10n, endingHashKey: 19n, closed: true },
    { shardId: 'shardId-20', startingHashKey: 20n, endingHashKey: 29n, closed: false },
  ])
  expect(asked).toEqual([
    { StreamName: 'pages', MaxResults: 1_000, ShardFilter: { Type: 'AT_LATEST' } },
    { NextToken: '10' },
    { NextToken: '20' },
  ])
})

test.each([
  ['Kinesis', () => new Kinesis(client())],
  [
    'KinesisClient',
    () =>
      fromCommands(new KinesisClient(client()), { PutRecordsCommand, ListShardsCommand, DescribeStreamSummaryCommand }),
  ],
])('%s tells how large a record of the stream may be, and a larger one is refused at the put', async (name, make) => {
  const StreamName = `large-${name}`
  await streams.create(StreamName, { recordBytesMax: 2 * 1_048_576 })
  const producer = new Producer({
    target: kinesisTarget({ client: make(), StreamName }),
    env: nodeEnv,
    configuration: { MaxUserRecordSize: 10 * 1_048_576, AggregationMaxSize: 10 * 1_048_576, RecordMaxBufferedTime: 10 },
  })
  await producer.mapped()
  const most = 2 * 1_048_576 - 1
  expect(() => producer.put({ partitionKey: 'k', data: new Uint8Array(most + 1) })).toThrow(
    /2097153 bytes, the stream takes records of 2097152; split the record, or raise .*UpdateMaxRecordSize/,
  )
  // of one key, so that an aggregate of them would be larger than the stream takes
  const puts = [most, 1_000_000, 1_000_000, 1_000_000].map(size =>
    producer.put({ partitionKey: 'k', data: new Uint8Array(size) }),
  )
  for (const { attempts } of await Promise.all(puts)) expect(attempts.map(({ errorCode }) => errorCode)).toEqual([null])
  await producer.close()
})

test('a marked record is held against the limit with its mark and its aggregate', async () => {
  await streams.create('marked', { recordBytesMax: 2 * 1_048_576 })
  const producer = new Producer({
    target: kinesisTarget({ client: new Kinesis(client()), StreamName: 'marked' }),
    env: nodeEnv,
    configuration: { MaxUserRecordSize: 10 * 1_048_576, RecordMaxBufferedTime: 10 },
    marks: { producerId: 'p' },
  })
  await producer.mapped()
  expect(() => producer.put({ partitionKey: 'k', data: new Uint8Array(2 * 1_048_576 - 1) })).toThrow(
    /the stream takes records of 2097152/,
  )
  const { attempts } = await producer.put({ partitionKey: 'k', data: new Uint8Array(2 * 1_048_576 - 200) })
  expect(attempts.map(({ errorCode }) => errorCode)).toEqual([null])
  await producer.close()
})

test('calls of a delivery stream hold 500 records at most', async () => {
  const env = memoryEnv()
  const calls: number[] = []
  const target = firehoseTarget({
    DeliveryStreamName: 'clicks',
    client: {
      putRecordBatch({ Records }) {
        calls.push(Records.length)
        return Promise.resolve({ RequestResponses: Records.map((_, i) => ({ RecordId: `${calls.length}-${i}` })) })
      },
    },
  })
  const producer = new Producer({ target, env })
  const puts = Array.from({ length: 1_201 }, (_, i) => producer.put({ partitionKey: 'k', data: Buffer.from(`${i}`) }))
  const outcomes = await env.clock.until(Promise.all(puts))
  expect(calls).toEqual([500, 500, 201])
  expect(new Set(outcomes.map(({ sequenceNumber }) => sequenceNumber)).size).toBe(1_201)
})

test('a delivery stream gets plain records in calls of 4 MiB at most, and failed ones again', async () => {
  const env = memoryEnv()
  const calls: number[] = []
  let id = 0
  const target = firehoseTarget({
    DeliveryStreamName: 'clicks',
    client: {
      putRecordBatch({ Records }) {
        calls.push(Records.reduce((sum, { Data }) => sum + Data.length, 0))
        return Promise.resolve({
          RequestResponses: Records.map((_, i) =>
            calls.length === 1 && i === 0
              ? { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' }
              : { RecordId: `id-${++id}` },
          ),
        })
      },
    },
  })
  const producer = new Producer({ target, env })
  const puts = Array.from({ length: 12 }, () => producer.put({ partitionKey: 'k', data: new Uint8Array(900_000) }))
  const outcomes = await env.clock.until(Promise.all(puts))
  expect(Math.max(...calls)).toBeLessThanOrEqual(4 * 1_048_576)
  expect(new Set(outcomes.map(({ sequenceNumber }) => sequenceNumber)).size).toBe(12)
  expect(producer.metrics()).toMatchObject({ recordsPut: 12, retries: 1, shardMap: 'none' })
})

test('marks are refused where a delivery stream would deliver their aggregates as they are', () => {
  const client = { putRecordBatch: () => Promise.resolve({}) }
  const target = firehoseTarget({ client, DeliveryStreamName: 'clicks' })
  const env = memoryEnv()
  expect(() => new Producer({ target, env, marks: {} })).toThrow(
    expect.objectContaining({ code: 'config', message: expect.stringMatching(/^marks travel in .* firehoseTarget /) }),
  )
  expect(() => new Producer({ target, env })).not.toThrow()
})
