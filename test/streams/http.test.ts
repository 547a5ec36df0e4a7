/** The protocol: limits, names of errors, listing, and who is let in at all. */

import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  type ShardFilter,
  type ShardIteratorType,
} from '@aws-sdk/client-kinesis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodeEnv } from '../../core/index.ts'
import { LocalStreams, serveStreams } from '../../streams/index.ts'
import { client, START_AT, served } from './conformance.ts'
import { type Raw, rawHttp1, rawHttp2 } from './raw-http.ts'

const SHARD = 'shardId-000000000000'
const MiB = 1_048_576
const StreamName = 's'

/** How a call ended: the name of its error, or `none`. */
async function nameOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'none'
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

let server: Awaited<ReturnType<typeof served>>

beforeEach(async () => {
  server = await served()
})

afterEach(() => server.close())

describe.each([{ protocol: 'h2' as const }, { protocol: 'http1' as const }])('the service over $protocol', ({
  protocol,
}) => {
  let sdk: KinesisClient

  beforeEach(async () => {
    sdk = client(server.listener.url, protocol)
    await sdk.send(new CreateStreamCommand({ StreamName, ShardCount: 3 }))
  })

  afterEach(() => sdk.destroy())

  test('creates, describes, lists and deletes streams', async () => {
    await sdk.send(
      new CreateStreamCommand({
        StreamName: 'on.demand',
        StreamModeDetails: { StreamMode: 'ON_DEMAND' },
        MaxRecordSizeInKiB: 2_048,
      }),
    )
    const { StreamDescription } = await sdk.send(new DescribeStreamCommand({ StreamName }))
    expect(StreamDescription).toMatchObject({
      StreamName,
      StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      StreamCreationTimestamp: new Date(START_AT),
      RetentionPeriodHours: 24,
      HasMoreShards: false,
      EncryptionType: 'NONE',
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    })
    expect(StreamDescription?.Shards?.map(shard => shard.ShardId)).toEqual(
      [0, 1, 2].map(i => `shardId-00000000000${i}`),
    )
    expect(StreamDescription?.Shards?.[0]).toMatchObject({
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: '113427455640312821154458202477256070484' },
      SequenceNumberRange: { StartingSequenceNumber: expect.stringMatching(/^[1-9]\d{55}$/) },
    })
    const page = await sdk.send(new DescribeStreamCommand({ StreamName, Limit: 1, ExclusiveStartShardId: SHARD }))
    expect(page.StreamDescription).toMatchObject({ HasMoreShards: true, Shards: [{ ShardId: 'shardId-000000000001' }] })
    const byArn = await sdk.send(
      new DescribeStreamSummaryCommand({ StreamARN: 'arn:aws:kinesis:eu-central-1:123456789012:stream/on.demand' }),
    )
    expect(byArn.StreamDescriptionSummary).toMatchObject({
      StreamName: 'on.demand',
      OpenShardCount: 4,
      ConsumerCount: 0,
      MaxRecordSizeInKiB: 2_048,
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    })
    expect((await sdk.send(new ListStreamsCommand({}))).StreamNames).toEqual(['on.demand', 's'])
    const first = await sdk.send(new ListStreamsCommand({ Limit: 1 }))
    expect(first).toMatchObject({ StreamNames: ['on.demand'], HasMoreStreams: true })
    expect(await sdk.send(new ListStreamsCommand({ NextToken: first.NextToken }))).toMatchObject({
      StreamNames: ['s'],
      HasMoreStreams: false,
      StreamSummaries: [{ StreamName: 's', StreamStatus: 'ACTIVE' }],
    })
    await sdk.send(new DeleteStreamCommand({ StreamName }))
    expect(await nameOf(sdk.send(new DescribeStreamCommand({ StreamName })))).toBe('ResourceNotFoundException')
  })

  test('ListShards pages and filters', async () => {
    const first = await sdk.send(new ListShardsCommand({ StreamName, MaxResults: 2 }))
    expect(first.Shards?.map(shard => shard.ShardId)).toEqual([SHARD, 'shardId-000000000001'])
    const NextToken = first.NextToken
    const second = await sdk.send(new ListShardsCommand({ NextToken, MaxResults: 2 }))
    expect(second.Shards?.map(shard => shard.ShardId)).toEqual(['shardId-000000000002'])
    expect(second.NextToken).toBeUndefined()
    expect(await nameOf(sdk.send(new ListShardsCommand({ NextToken, StreamName })))).toBe('InvalidArgumentException')
    expect(await nameOf(sdk.send(new ListShardsCommand({ NextToken: 'bm8' })))).toBe('InvalidArgumentException')
    await server.clock.advance(300_001)
    expect(await nameOf(sdk.send(new ListShardsCommand({ NextToken })))).toBe('ExpiredNextTokenException')
    const filtered = async (ShardFilter: ShardFilter) =>
      (await sdk.send(new ListShardsCommand({ StreamName, ShardFilter }))).Shards?.length
    expect(await filtered({ Type: 'AFTER_SHARD_ID', ShardId: SHARD })).toBe(2)
    for (const Type of ['AT_LATEST', 'AT_TRIM_HORIZON', 'FROM_TRIM_HORIZON'] as const)
      expect(await filtered({ Type })).toBe(3)
    const early = new Date(START_AT - 1_000)
    const late = new Date(START_AT + 1_000)
    expect(await filtered({ Type: 'AT_TIMESTAMP', Timestamp: early })).toBe(0)
    expect(await filtered({ Type: 'AT_TIMESTAMP', Timestamp: late })).toBe(3)
    expect(await filtered({ Type: 'FROM_TIMESTAMP', Timestamp: early })).toBe(3)
    expect(await nameOf(filtered({ Type: 'AT_TIMESTAMP' }))).toBe('InvalidArgumentException')
    expect(await nameOf(filtered({ Type: 'AFTER_SHARD_ID' }))).toBe('InvalidArgumentException')
  })

  test('keeps the limits of puts', async () => {
    const put = (size: number, PartitionKey = 'k') =>
      nameOf(sdk.send(new PutRecordCommand({ StreamName, Data: new Uint8Array(size), PartitionKey })))
    expect(await put(MiB - 1)).toBe('none')
    expect(await put(MiB)).toBe('InvalidArgumentException')
    expect(await put(MiB + 1)).toBe('ValidationException')
    expect(await put(0)).toBe('none')
    expect(await put(1, '')).toBe('ValidationException')
    expect(await put(1, 'x'.repeat(256))).toBe('none')
    expect(await put(1, '😀'.repeat(256))).toBe('none')
    expect(await put(1, 'x'.repeat(257))).toBe('ValidationException')
    const many = (count: number, size: number) =>
      nameOf(
        sdk.send(
          new PutRecordsCommand({
            StreamName,
            Records: Array.from({ length: count }, () => ({ Data: new Uint8Array(size), PartitionKey: 'k' })),
          }),
        ),
      )
    expect(await many(500, 1)).toBe('none')
    expect(await many(501, 1)).toBe('ValidationException')
    expect(await many(0, 1)).toBe('ValidationException')
    expect(await many(10, MiB - 1)).toBe('none')
    expect(await many(11, MiB - 1)).toBe('InvalidArgumentException')
    const hash = (ExplicitHashKey: string) =>
      nameOf(
        sdk.send(new PutRecordCommand({ StreamName, Data: new Uint8Array(1), PartitionKey: 'k', ExplicitHashKey })),
      )
    expect(await hash('0')).toBe('none')
    expect(await hash('340282366920938463463374607431768211455')).toBe('none')
    expect(await hash('340282366920938463463374607431768211456')).toBe('InvalidArgumentException')
    expect(await hash('-1')).toBe('ValidationException')
    expect(await hash('01')).toBe('ValidationException')
  })

  test('one wrong entry refuses the whole call, and its place is in the text', async () => {
    const Records = [
      { Data: new Uint8Array(1), PartitionKey: 'k' },
      { Data: new Uint8Array(1), PartitionKey: '' },
      { Data: new Uint8Array(MiB + 1), PartitionKey: 'k' },
    ]
    await expect(sdk.send(new PutRecordsCommand({ StreamName, Records }))).rejects.toMatchObject({
      name: 'ValidationException',
      message:
        "2 validation errors detected: Value '' at 'records.2.member.partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'records.3.member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576",
    })
    const read = await Promise.all(
      [0, 1, 2].map(async i => {
        const { ShardIterator } = await sdk.send(
          new GetShardIteratorCommand({
            StreamName,
            ShardId: `shardId-00000000000${i}`,
            ShardIteratorType: 'TRIM_HORIZON',
          }),
        )
        return (await sdk.send(new GetRecordsCommand({ ShardIterator }))).Records?.length
      }),
    )
    expect(read).toEqual([0, 0, 0])
  })

  test('a larger record limit of a stream holds', async () => {
    await sdk.send(new CreateStreamCommand({ StreamName: 'large', ShardCount: 1, MaxRecordSizeInKiB: 3_072 }))
    const put = (size: number) =>
      nameOf(sdk.send(new PutRecordCommand({ StreamName: 'large', Data: new Uint8Array(size), PartitionKey: 'k' })))
    expect(await put(3 * MiB - 1)).toBe('none')
    expect(await put(3 * MiB + 1)).toBe('ValidationException')
  })

  test('GetRecords gives at most what was asked, 10,000 records and 10 MiB', async () => {
    await sdk.send(new CreateStreamCommand({ StreamName: 'one', ShardCount: 1 }))
    const stream = server.streams.get('one')
    for (let i = 0; i < 10_500; i++) await stream.put({ data: new Uint8Array(1), partitionKey: 'k' })
    for (let i = 0; i < 12; i++) await stream.put({ data: new Uint8Array(1_048_000), partitionKey: 'k' })
    const { ShardIterator } = await sdk.send(
      new GetShardIteratorCommand({ StreamName: 'one', ShardId: SHARD, ShardIteratorType: 'TRIM_HORIZON' }),
    )
    for (const Limit of [0, -1])
      expect(await nameOf(sdk.send(new GetRecordsCommand({ ShardIterator, Limit })))).toBe('ValidationException')
    const tooMany = sdk.send(new GetRecordsCommand({ ShardIterator, Limit: 10_001 }))
    expect(await nameOf(tooMany)).toBe('InvalidArgumentException')
    const first = await sdk.send(new GetRecordsCommand({ ShardIterator }))
    expect(first.Records?.length).toBe(10_000)
    const second = await sdk.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }))
    expect(second.Records?.length).toBe(510)
    const third = await sdk.send(new GetRecordsCommand({ ShardIterator: second.NextShardIterator }))
    expect(third).toMatchObject({ MillisBehindLatest: 0 })
    expect(third.Records?.length).toBe(2)
  })

  test('names its errors as the service does', async () => {
    const iterator = (type: string, more: object = {}) =>
      nameOf(
        sdk.send(
          new GetShardIteratorCommand({
            StreamName,
            ShardId: SHARD,
            ShardIteratorType: type as ShardIteratorType,
            ...more,
          }),
        ),
      )
    const put = await sdk.send(new PutRecordCommand({ StreamName, Data: new Uint8Array(1), PartitionKey: 'k' }))
    const StartingSequenceNumber = put.SequenceNumber
    expect(await nameOf(sdk.send(new CreateStreamCommand({ StreamName, ShardCount: 1 })))).toBe(
      'ResourceInUseException',
    )
    expect(await nameOf(sdk.send(new CreateStreamCommand({ StreamName: 'b/../c', ShardCount: 1 })))).toBe(
      'ValidationException',
    )
    expect(await nameOf(sdk.send(new CreateStreamCommand({ StreamName: 'x'.repeat(129), ShardCount: 1 })))).toBe(
      'ValidationException',
    )
    expect(await nameOf(sdk.send(new CreateStreamCommand({ StreamName: 'b', ShardCount: 0 })))).toBe(
      'ValidationException',
    )
    expect(await nameOf(sdk.send(new CreateStreamCommand({ StreamName: 'b', ShardCount: 1_001 })))).toBe(
      'LimitExceededException',
    )
    expect(await nameOf(sdk.send(new DeleteStreamCommand({ StreamName: 'none' })))).toBe('ResourceNotFoundException')
    expect(await nameOf(sdk.send(new DescribeStreamCommand({})))).toBe('InvalidArgumentException')
    expect(
      await nameOf(sdk.send(new PutRecordCommand({ StreamName: 'none', Data: new Uint8Array(1), PartitionKey: 'k' }))),
    ).toBe('ResourceNotFoundException')
    expect(await iterator('NEVER')).toBe('ValidationException')
    expect(await iterator('LATEST', { ShardId: 'shardId-000000000007' })).toBe('ResourceNotFoundException')
    expect(await iterator('LATEST', { StartingSequenceNumber })).toBe('InvalidArgumentException')
    expect(await iterator('AT_SEQUENCE_NUMBER')).toBe('InvalidArgumentException')
    expect(await iterator('AT_SEQUENCE_NUMBER', { StartingSequenceNumber: '1' })).toBe('InvalidArgumentException')
    expect(await iterator('AT_SEQUENCE_NUMBER', { StartingSequenceNumber: 'x' })).toBe('ValidationException')
    const next = (BigInt(StartingSequenceNumber ?? '') + 1n).toString()
    expect(await iterator('AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber: next })).toBe('InvalidArgumentException')
    expect(await iterator('AT_TIMESTAMP')).toBe('InvalidArgumentException')
    expect(await iterator('AT_TIMESTAMP', { Timestamp: new Date(START_AT + 60_000) })).toBe('InvalidArgumentException')
    expect(await iterator('AT_TIMESTAMP', { Timestamp: new Date(START_AT) })).toBe('none')
    expect(await nameOf(sdk.send(new GetRecordsCommand({ ShardIterator: 'made up' })))).toBe('InvalidArgumentException')
    const { ShardIterator } = await sdk.send(
      new GetShardIteratorCommand({ StreamName, ShardId: SHARD, ShardIteratorType: 'LATEST' }),
    )
    await server.clock.advance(300_001)
    expect(await nameOf(sdk.send(new GetRecordsCommand({ ShardIterator })))).toBe('ExpiredIteratorException')
    await server.streams.get(StreamName).seal()
    expect(
      await nameOf(sdk.send(new PutRecordCommand({ StreamName, Data: new Uint8Array(1), PartitionKey: 'k' }))),
    ).toBe('ResourceInUseException')
  })
})

test('a full stream answers PutRecords in part, entry by entry', async () => {
  const streams = await LocalStreams.open({ env: nodeEnv, memoryBytesMax: 1_000_000 })
  const listener = await serveStreams({ streams, env: nodeEnv })
  const sdk = client(listener.url, 'h2')
  await streams.create(StreamName)
  const Records = Array.from({ length: 20 }, (_, i) => ({ Data: new Uint8Array(100_000), PartitionKey: `${i}` }))
  const reply = await sdk.send(new PutRecordsCommand({ StreamName, Records }))
  const failed = reply.Records?.filter(record => record.ErrorCode === 'ProvisionedThroughputExceededException').length
  expect(reply.FailedRecordCount).toBe(failed)
  expect(failed).toBeGreaterThan(0)
  expect(reply.Records?.filter(record => record.SequenceNumber !== undefined).length).toBe(20 - (failed ?? 0))
  sdk.destroy()
  await listener.close()
  await streams.close()
})

const GOOD = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'Kinesis_20131202.ListStreams',
  authorization: 'AWS4-HMAC-SHA256 Credential=x',
}

describe('who is let in', () => {
  test('requests with a foreign, rebinding or missing Host are refused with 403, and loopback names are served', async () => {
    const { port } = server.listener
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      `0.0.0.0:${port}`,
      `localhost.:${port}`,
      `localhost.evil.example:${port}`,
      `127.0.0.1.nip.io:${port}`,
      `127.0.0.2:${port}`,
      '127.0.0.1',
      'localhost',
      `localhost:${port + 1}`,
      `[::]:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `user@localhost:${port}`,
      `localhost:${port}@evil.example`,
      '',
    ]
    for (const host of foreign) {
      expect([host, (await rawHttp1(port, { ...GOOD, host })).status]).toEqual([host, 403])
      if (host === '') continue
      // Newer versions of Node end a stream whose authority names a user before any handler sees it.
      const answer = await rawHttp2(port, host, GOOD).then(
        reply => reply.status,
        (error: Error) => error.message,
      )
      if (host.includes('@'))
        expect([host, String(answer)]).toEqual([host, expect.stringMatching(/^403$|PROTOCOL_ERROR/)])
      else expect([host, answer]).toEqual([host, 403])
    }
    for (const host of [`localhost:${port}`, `LOCALHOST:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect([host, (await rawHttp1(port, { ...GOOD, host })).status]).toEqual([host, 200])
      expect([host, (await rawHttp2(port, host, GOOD)).status]).toEqual([host, 200])
    }
    // HTTP/1.1 without a Host at all is answered by the server itself.
    expect((await rawHttp1(port, { ...GOOD, host: undefined })).status).toBe(400)
  })

  test('requests from pages of other sites are refused with 403, preflights too, and no reply invites them', async () => {
    const { port } = server.listener
    const host = `127.0.0.1:${port}`
    for (const origin of [
      'http://evil.example',
      'https://localhost',
      'null',
      '',
      `https://${host}`,
      `http://${host}.evil.example`,
      'file://',
    ]) {
      for (const method of ['POST', 'OPTIONS', 'GET']) {
        const reply = await rawHttp1(port, { ...GOOD, host, origin }, method === 'POST' ? '{}' : '', method)
        expect([origin, method, reply.status]).toEqual([origin, method, 403])
        expect(Object.keys(reply.headers).filter(name => name.startsWith('access-control'))).toEqual([])
      }
      expect((await rawHttp2(port, host, { ...GOOD, origin })).status).toBe(403)
    }
    expect((await rawHttp1(port, { ...GOOD, host, origin: `http://${host}` })).status).toBe(200)
  })

  test('simple form posts and other content types are refused with 403', async () => {
    const { port } = server.listener
    const host = `127.0.0.1:${port}`
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data', undefined])
      expect((await rawHttp1(port, { ...GOOD, host, 'content-type': type })).status).toBe(403)
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await rawHttp1(port, { ...GOOD, host }, '', method)).status).toBe(403)
    expect((await rawHttp1(port, { ...GOOD, host }, '{}', 'POST', '/elsewhere')).status).toBe(403)
  })

  test('an address that others reach takes an explicit flag', async () => {
    const streams = await LocalStreams.open({ env: nodeEnv })
    await expect(serveStreams({ streams, env: nodeEnv, host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'invalid_argument',
    })
    await streams.close()
  })
})

describe('the envelope', () => {
  const post = (headers: Record<string, string | undefined>, body = '{}') =>
    rawHttp1(server.listener.port, { ...GOOD, host: `localhost:${server.listener.port}`, ...headers }, body)
  const typeOf = (reply: Raw) => (JSON.parse(reply.body) as { __type: string }).__type

  test('has the type of the error in body and header, a request id, and the JSON type', async () => {
    const reply = await post({ 'x-amz-target': 'Kinesis_20131202.DescribeStream' }, '{"StreamName":"none"}')
    expect(reply.status).toBe(400)
    expect(JSON.parse(reply.body)).toEqual({
      __type: 'ResourceNotFoundException',
      message: 'Stream none under account 000000000000 not found.',
    })
    expect(reply.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-errortype': 'ResourceNotFoundException',
      'x-amzn-requestid': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  test('missing credentials, unknown operations, and bodies that are no JSON have the names of the service', async () => {
    expect(typeOf(await post({ authorization: undefined }))).toBe('MissingAuthenticationTokenException')
    expect(typeOf(await post({ 'x-amz-target': undefined }))).toBe('UnknownOperationException')
    expect(typeOf(await post({ 'x-amz-target': 'Kinesis_20131202.Explode' }))).toBe('UnknownOperationException')
    expect(typeOf(await post({ 'x-amz-target': 'DynamoDB_20120810.ListTables' }))).toBe('UnknownOperationException')
    for (const body of ['', 'hello', '[]', '"x"', '{"Limit":"3"}', '{'])
      expect([body, typeOf(await post({}, body))]).toEqual([body, 'SerializationException'])
    expect((await post({ 'content-type': 'application/x-amz-json-1.1; charset=utf-8' })).status).toBe(200)
  })

  test('Data that is no Base64 is a SerializationException', async () => {
    await server.streams.create(StreamName)
    const put = (Data: unknown) =>
      post({ 'x-amz-target': 'Kinesis_20131202.PutRecord' }, JSON.stringify({ StreamName, PartitionKey: 'k', Data }))
    for (const data of ['A', 'AAA', 'AA=A', 'A===', '____', '-A==', 'AA A', 'ÄÄÄÄ', '====', 7, {}, []])
      expect([data, typeOf(await put(data))]).toEqual([data, 'SerializationException'])
    for (const data of ['', 'AA==', 'AAA=', 'AAAA', '+/+/']) expect((await put(data)).status).toBe(200)
  })

  test('prototype names in a request are plain members', async () => {
    const body = '{"__proto__":{"StreamName":"x"},"constructor":1,"StreamName":"toString"}'
    expect(typeOf(await post({ 'x-amz-target': 'Kinesis_20131202.DescribeStream' }, body))).toBe(
      'ResourceNotFoundException',
    )
    expect(typeOf(await post({ 'x-amz-target': 'Kinesis_20131202.constructor' }))).toBe('UnknownOperationException')
  })

  test('a request above the bound is refused with 413 and the listener lives on', async () => {
    const reply = await post({}, 'x'.repeat(17 * MiB))
    expect([reply.status, typeOf(reply)]).toEqual([413, 'RequestEntityTooLargeException'])
    expect((await post({})).status).toBe(200)
  })
})
