/** SubscribeToShard with the official client: what is pushed, where it ends, who takes over, and what clients see of faults. */
import {
  CreateStreamCommand,
  type KinesisClient,
  RegisterStreamConsumerCommand,
  type StartingPosition,
  SubscribeToShardCommand,
  type SubscribeToShardEvent,
} from '@aws-sdk/client-kinesis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LocalStream } from '../../streams/index.ts'
import { client, START_AT, served } from './conformance.ts'

const StreamName = 's'
const ShardId = 'shardId-000000000000'
const MiB = 1_048_576
const utf8 = new TextEncoder()

describe.each([{ protocol: 'h2' as const }, { protocol: 'http1' as const }])('a subscription over $protocol', ({
  protocol,
}) => {
  let server: Awaited<ReturnType<typeof served>>
  let sdk: KinesisClient
  let stream: LocalStream
  let ConsumerARN = ''

  beforeEach(async () => {
    server = await served()
    sdk = client(server.listener.url, protocol)
    await sdk.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }))
    stream = server.streams.get(StreamName)
    const StreamARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/s'
    const { Consumer } = await sdk.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'c' }))
    ConsumerARN = Consumer?.ConsumerARN ?? ''
  })

  afterEach(async () => {
    sdk.destroy()
    await server.close()
  })

  const put = (...keys: readonly string[]) =>
    stream.putMany(keys.map(key => ({ data: utf8.encode(`data of ${key}`), partitionKey: key })))

  /** Subscribes and gives a function for the next event; null at the end. */
  async function subscribe(StartingPosition: StartingPosition, arn = ConsumerARN, shard = ShardId) {
    const reply = await sdk.send(new SubscribeToShardCommand({ ConsumerARN: arn, ShardId: shard, StartingPosition }))
    const events = reply.EventStream?.[Symbol.asyncIterator]()
    return async (): Promise<SubscribeToShardEvent | null> => {
      const next = await events?.next()
      if (next === undefined || next.done === true) return null
      return next.value.SubscribeToShardEvent ?? null
    }
  }

  const keysOf = (event: SubscribeToShardEvent | null) => event?.Records?.map(record => record.PartitionKey)

  test('pushes what is there and then what is put, and each event says where to go on', async () => {
    await put('a', 'b')
    const next = await subscribe({ Type: 'TRIM_HORIZON' })
    const first = await next()
    expect(first).toMatchObject({
      MillisBehindLatest: 0,
      Records: [
        {
          PartitionKey: 'a',
          Data: utf8.encode('data of a'),
          SequenceNumber: expect.stringMatching(/^[1-9]\d{55}$/),
          ApproximateArrivalTimestamp: new Date(START_AT),
        },
        { PartitionKey: 'b' },
      ],
    })
    const second = next()
    await put('c')
    const event = await second
    expect(keysOf(event)).toEqual(['c'])
    await server.clock.advance(5_000)
    const again = await subscribe({
      Type: 'AFTER_SEQUENCE_NUMBER',
      SequenceNumber: first?.ContinuationSequenceNumber,
    })
    expect(keysOf(await again())).toEqual(['c'])
  })

  test.each([
    'LATEST',
    'AT_TIMESTAMP',
    'AT_SEQUENCE_NUMBER',
    'AFTER_SEQUENCE_NUMBER',
  ] as const)('starts %s with exactly the record that it names', async Type => {
    await put('a')
    await server.clock.advance(1_000)
    const [b] = await put('b')
    const SequenceNumber = b?.accepted === true ? b.sequenceNumber : ''
    const next = await subscribe({
      Type,
      ...(Type.endsWith('NUMBER') ? { SequenceNumber } : {}),
      ...(Type === 'AT_TIMESTAMP' ? { Timestamp: new Date(START_AT + 500) } : {}),
    })
    const startsAfter = Type === 'LATEST' || Type === 'AFTER_SEQUENCE_NUMBER'
    if (startsAfter) expect((await next())?.Records).toEqual([])
    else expect(keysOf(await next())).toEqual(['b'])
    const event = next()
    await put('c')
    expect(keysOf(await event)).toEqual(['c'])
  })

  test('an event without records tells every 5 seconds where to go on, also of a shard that never had a record', async () => {
    const next = await subscribe({ Type: 'LATEST' })
    const first = await next()
    expect(first).toMatchObject({ Records: [], MillisBehindLatest: 0 })
    const second = next()
    await server.clock.advance(5_000)
    expect(await second).toMatchObject({ Records: [], MillisBehindLatest: 0 })
    await put('a', 'b')
    expect(keysOf(await next())).toEqual(['a', 'b'])
    const again = await subscribe({
      Type: 'AFTER_SEQUENCE_NUMBER',
      SequenceNumber: first?.ContinuationSequenceNumber,
    })
    expect(keysOf(await again())).toEqual(['a', 'b'])
  })

  test('ends after five minutes, normally', async () => {
    const next = await subscribe({ Type: 'LATEST' })
    const seen: (number | undefined)[] = []
    const reading = (async () => {
      for (let event = await next(); event !== null; event = await next()) seen.push(event.Records?.length)
    })()
    let ended = false
    void reading.then(() => (ended = true))
    for (let second = 0; second < 299; second++) await server.clock.advance(1_000)
    expect(ended).toBe(false)
    await server.clock.advance(1_000)
    await reading
    expect(seen.length).toBeGreaterThanOrEqual(60)
    expect(seen.every(records => records === 0)).toBe(true)
  })

  test('the last event of a split shard names its children and no place to go on', async () => {
    await put('a')
    const next = await subscribe({ Type: 'TRIM_HORIZON' })
    expect(keysOf(await next())).toEqual(['a'])
    const last = next()
    await stream.split(ShardId, 1n << 127n)
    const event = await last
    expect(event?.ContinuationSequenceNumber).toBeUndefined()
    expect(event?.ChildShards).toEqual([
      {
        ShardId: 'shardId-000000000001',
        ParentShards: [ShardId],
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: ((1n << 127n) - 1n).toString() },
      },
      {
        ShardId: 'shardId-000000000002',
        ParentShards: [ShardId],
        HashKeyRange: { StartingHashKey: (1n << 127n).toString(), EndingHashKey: ((1n << 128n) - 1n).toString() },
      },
    ])
    expect(await next()).toBeNull()
  })

  test('a second call within 5 seconds is refused; later it takes over and the first is told', async () => {
    const first = await subscribe({ Type: 'LATEST' })
    await first()
    await server.clock.advance(4_999)
    await expect(subscribe({ Type: 'LATEST' })).rejects.toMatchObject({ name: 'ResourceInUseException' })
    await server.clock.advance(1)
    const second = await subscribe({ Type: 'LATEST' })
    await expect(
      (async () => {
        while ((await first()) !== null);
      })(),
    ).rejects.toMatchObject({ name: 'ResourceInUseException' })
    await second()
    const event = second()
    await put('a')
    expect(keysOf(await event)).toEqual(['a'])
  })

  test('great backlogs come in many events, every record once and in order', async () => {
    const many = Array.from({ length: 40 }, (_, i) => `k${i}`)
    for (const key of many) await stream.put({ data: new Uint8Array(MiB / 4), partitionKey: key })
    const next = await subscribe({ Type: 'TRIM_HORIZON' })
    const keys: (string | undefined)[] = []
    let events = 0
    while (keys.length < many.length) {
      const event = await next()
      keys.push(...(keysOf(event) ?? []))
      events++
      expect(event?.MillisBehindLatest === 0).toBe(keys.length === many.length)
    }
    expect(keys).toEqual(many)
    expect(events).toBeGreaterThanOrEqual(10)
  })

  test('wrong requests have the names of the service', async () => {
    const name = (call: Promise<unknown>) => call.then(() => 'none').catch((error: Error) => error.name)
    expect(await name(subscribe({ Type: 'LATEST' }, `${ConsumerARN}9`))).toBe('ResourceNotFoundException')
    expect(await name(subscribe({ Type: 'LATEST' }, 'arn:aws:nothing'))).toBe('ValidationException')
    expect(await name(subscribe({ Type: 'LATEST' }, ConsumerARN, 'shardId-000000000007'))).toBe(
      'ResourceNotFoundException',
    )
    expect(await name(subscribe({ Type: 'AT_SEQUENCE_NUMBER' }))).toBe('InvalidArgumentException')
    expect(await name(subscribe({ Type: 'AT_SEQUENCE_NUMBER', SequenceNumber: '5' }))).toBe('InvalidArgumentException')
    expect(await name(subscribe({ Type: 'AT_TIMESTAMP', Timestamp: new Date(START_AT + 60_000) }))).toBe(
      'InvalidArgumentException',
    )
    // None of them counts as a subscription.
    await (await subscribe({ Type: 'LATEST' }))()
  })

  test('a deregistered consumer and a deleted stream end the subscription with an error', async () => {
    const next = await subscribe({ Type: 'LATEST' })
    await next()
    await stream.consumers.deregister('c')
    await expect(
      (async () => {
        while ((await next()) !== null);
      })(),
    ).rejects.toMatchObject({ name: 'ResourceInUseException' })
    const other = await stream.consumers.register('d', [])
    const arn = `${ConsumerARN.slice(0, ConsumerARN.lastIndexOf('/'))}/d:${Math.floor(other.createdAt / 1_000)}`
    const last = await subscribe({ Type: 'LATEST' }, arn)
    await last()
    const end = (async () => {
      while ((await last()) !== null);
    })()
    await server.streams.delete(StreamName)
    await expect(end).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  test('faults hit single events: an error is told, a dropped connection ends the reading', async () => {
    server.listener.faults.add({ kind: 'error', operations: ['SubscribeToShardEvent'], skip: 1, times: 1 })
    const next = await subscribe({ Type: 'LATEST' })
    await next()
    const failing = next()
    await put('a')
    await expect(failing).rejects.toMatchObject({ name: 'InternalFailureException' })
    await server.clock.advance(5_000)
    server.listener.faults.replace([{ kind: 'drop', operations: ['SubscribeToShardEvent'], skip: 1, times: 1 }])
    const again = await subscribe({ Type: 'LATEST' })
    await again()
    const dropped = again()
    await put('b')
    // The official client takes a lost HTTP/2 connection for the end of the stream.
    expect(await dropped.catch(() => 'error')).toBe(protocol === 'h2' ? null : 'error')
  })
})
