/** Enhanced fan-out against the embedded stream's own service: what is pushed, what goes wrong, and that polling gives the same. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ShardReader, StartPosition, StreamSource } from '../../core/index.ts'
import { hasCode, recordBytes } from '../../core/index.ts'
import { FanOutSource, KinesisSource } from '../../streams/index.ts'
import { SILENCE_MS_MAX } from '../../streams/kinesis/fan-out-source.ts'
import type { SimClock } from '../support/memory-env.ts'
import { client, START_AT, served } from './conformance.ts'

const SHARD = 'shardId-000000000000'
const signal = new AbortController().signal

/** Waits for work that takes real turns for its replies, with simulated time going on meanwhile. */
async function goingOn<T>(work: Promise<T>, clock: SimClock, stepMs = 50): Promise<T> {
  let isSettled = false
  const settle = (): void => {
    isSettled = true
  }
  work.then(settle, settle)
  while (!isSettled) await clock.advance(stepMs)
  return work
}

describe.each([{ protocol: 'h2' as const }, { protocol: 'http1' as const }])('fan-out over $protocol', ({
  protocol,
}) => {
  let server: Awaited<ReturnType<typeof served>>
  let source: FanOutSource
  let sdk: ReturnType<typeof client>
  const readers: ShardReader[] = []

  beforeEach(async () => {
    server = await served()
    sdk = client(server.listener.url, protocol)
    await server.streams.create('s', { shards: 1 })
    const { clock } = server
    source = await goingOn(
      FanOutSource.open({ streamName: 's', consumerName: 'app', client: sdk, clock }, signal),
      clock,
    )
  })

  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.close()
    await source.close()
    sdk.destroy()
    await server.close()
  })

  const put = async (...texts: readonly string[]): Promise<string[]> => {
    const numbers: string[] = []
    for (const text of texts)
      numbers.push((await server.streams.get('s').put({ data: Buffer.from(text), partitionKey: text })).sequenceNumber)
    return numbers
  }

  const open = async (from: StartPosition, of: StreamSource = source): Promise<ShardReader> => {
    const reader = await of.openShard(SHARD, from)
    readers.push(reader)
    return reader
  }

  /** Reads until that many records came, or the shard ended; what may be repeated is repeated. */
  async function take(reader: ShardReader, count: number) {
    const texts: string[] = []
    const errors: string[] = []
    for (;;) {
      try {
        const read = await goingOn(reader.read(10_000, signal), server.clock)
        for (let i = 0; i < read.records.length; i++) texts.push(Buffer.from(recordBytes(read.records, i)).toString())
        if (read.ended || texts.length >= count) return { texts, errors, last: read }
      } catch (error) {
        if (!hasCode(error, 'throttled', 'internal', 'expired_iterator', 'connection_lost')) throw error
        errors.push(error.code)
        await server.clock.advance(1_000)
      }
    }
  }

  test('registers its consumer once, and a second worker gets the same one', async () => {
    const { clock } = server
    const options = { streamName: 's', consumerName: 'app', client: sdk, clock }
    const second = await goingOn(FanOutSource.open(options, signal), clock)
    expect(second.consumerArn).toBe(source.consumerArn)
    expect(
      server.streams
        .get('s')
        .consumers.list()
        .map(one => [one.consumerName, one.status]),
    ).toEqual([['app', 'ACTIVE']])
  })

  test('registers its consumer anew when it was taken away, and goes on where each shard was', async () => {
    await put('a')
    const reader = await open({ kind: 'trimHorizon' })
    expect((await take(reader, 1)).texts).toEqual(['a'])
    const before = source.consumerArn
    // An ARN names the second of its registration.
    await server.clock.advance(1_500)
    await server.streams.get('s').consumers.deregister('app')
    await put('b', 'c')
    expect((await take(reader, 2)).texts).toEqual(['b', 'c'])
    expect(source.consumerArn).not.toBe(before)
    const other = await open({ kind: 'trimHorizon' })
    expect((await take(other, 3)).texts).toEqual(['a', 'b', 'c'])
  })

  test('says that a consumer is gone which was given by its ARN', async () => {
    const { clock } = server
    const given = await FanOutSource.open(
      { streamName: 's', consumerArn: source.consumerArn, client: sdk, clock },
      signal,
    )
    const reader = await open({ kind: 'trimHorizon' }, given)
    await server.streams.get('s').consumers.deregister('app')
    await expect(goingOn(reader.read(1, signal), clock)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(
        /^the consumer arn:.*\/app:\d+ is not registered any more; register it again/,
      ) as string,
    })
    await given.close()
  })

  test('a shard that is not there, a stream that is gone, and one that was created again are not found', async () => {
    const { clock } = server
    const refused = expect.objectContaining({ code: 'not_found' }) as unknown
    const nowhere = await source.openShard('shardId-000000000007', { kind: 'trimHorizon' })
    await expect(goingOn(nowhere.read(1, signal), clock)).rejects.toEqual(refused)
    await put('a')
    const reader = await open({ kind: 'trimHorizon' })
    expect((await take(reader, 1)).texts).toEqual(['a'])
    await server.streams.delete('s')
    const failed = async (): Promise<unknown> =>
      take(reader, 1).then(
        () => 'read',
        (error: unknown) => error,
      )
    expect(await failed()).toEqual(refused)
    await clock.advance(2_000)
    await server.streams.create('s', { shards: 1 })
    await put('b')
    expect(await failed()).toMatchObject({
      code: 'not_found',
      message: `stream s was deleted and created again; open shard ${SHARD} anew`,
    })
    expect((await take(await open({ kind: 'trimHorizon' }), 1)).texts).toEqual(['b'])
  })

  test('waits for a consumer that is being created', async () => {
    const slow = await served({ stateDelayMs: 3_000 })
    const slowSdk = client(slow.listener.url, protocol)
    await goingOn(slow.streams.create('s', { shards: 1 }), slow.clock)
    await slow.clock.advance(4_000)
    const opened = FanOutSource.open(
      { streamName: 's', consumerName: 'app', client: slowSdk, clock: slow.clock },
      signal,
    )
    await goingOn(opened, slow.clock)
    expect(slow.clock.now() - START_AT).toBeGreaterThanOrEqual(7_000)
    slowSdk.destroy()
    await slow.close()
  })

  test('needs a name or an ARN, and a stream that is there', async () => {
    const { clock } = server
    await expect(FanOutSource.open({ streamName: 's', client: sdk, clock }, signal)).rejects.toMatchObject({
      code: 'config',
    })
    const missing = { streamName: 'missing', consumerName: 'app', client: sdk, clock }
    await expect(goingOn(FanOutSource.open(missing, signal), clock)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('gives what is there, then what comes, with all that the stream says of it', async () => {
    const numbers = await put('a', 'b')
    const reader = await open({ kind: 'trimHorizon' })
    const first = await goingOn(reader.read(10_000, signal), server.clock)
    expect([0, 1].map(i => first.records.sequenceNumber(i))).toEqual(numbers)
    expect(first.records.partitionKey(1)).toBe('b')
    expect(first).toMatchObject({ millisBehindLatest: 0, ended: false })
    const next = reader.read(10_000, signal)
    await put('c')
    const second = await goingOn(next, server.clock)
    expect(Buffer.from(recordBytes(second.records, 0)).toString()).toBe('c')
  })

  test('subscribes again after five minutes, from where the last event said, and misses nothing', async () => {
    const reader = await open({ kind: 'latest' })
    await goingOn(reader.read(10_000, signal), server.clock)
    for (let i = 0; i < 40; i++) {
      await put(`r${i}`)
      expect((await take(reader, 1)).texts).toEqual([`r${i}`])
      await server.clock.advance(20_000)
    }
    expect(server.clock.monotonicMs()).toBeGreaterThan(600_000)
  })

  test('goes on through refusals, exceptions within the subscription and dropped connections', async () => {
    server.listener.faults.add(
      { kind: 'throttle', operations: ['SubscribeToShard'], times: 2 },
      { kind: 'drop', operations: ['SubscribeToShard'], skip: 3, times: 1 },
      { kind: 'error', operations: ['SubscribeToShardEvent'], skip: 2, times: 2 },
      { kind: 'drop', operations: ['SubscribeToShardEvent'], skip: 6, times: 2 },
    )
    const reader = await open({ kind: 'trimHorizon' })
    const errors: string[] = []
    for (let i = 0; i < 30; i++) {
      await put(`r${i}`)
      const taken = await take(reader, 1)
      expect(taken.texts).toEqual([`r${i}`])
      errors.push(...taken.errors)
    }
    expect(errors).toContain('throttled')
    expect(errors).toContain('internal')
    expect(server.listener.faults.counts.every(({ hits, rule }) => hits === rule.times)).toBe(true)
  })

  test('another subscription of the same consumer takes over; the first one comes back and reads on', async () => {
    const reader = await open({ kind: 'trimHorizon' })
    await put('a')
    expect((await take(reader, 1)).texts).toEqual(['a'])
    await server.clock.advance(6_000)
    const rival = await open({ kind: 'trimHorizon' })
    expect((await take(rival, 1)).texts).toEqual(['a'])
    const both = take(reader, 1)
    await put('b')
    expect((await goingOn(both, server.clock)).texts).toEqual(['b'])
  })

  test('a connection that says nothing for a minute is given up', async () => {
    const reader = await open({ kind: 'trimHorizon' })
    await goingOn(reader.read(10_000, signal), server.clock)
    server.listener.faults.add({ kind: 'delay', operations: ['SubscribeToShardEvent'], delayMs: 600_000, times: 1 })
    const taking = take(reader, 1)
    const before = server.clock.monotonicMs()
    await put('a')
    expect((await goingOn(taking, server.clock)).texts).toEqual(['a'])
    const passedMs = server.clock.monotonicMs() - before
    expect(passedMs).toBeGreaterThanOrEqual(SILENCE_MS_MAX)
    expect(passedMs).toBeLessThan(300_000)
  })

  test('tells the end of a shard with its children', async () => {
    await put('a')
    await server.streams.get('s').split(SHARD, 1n << 120n)
    const { texts, last } = await take(await open({ kind: 'trimHorizon' }), 100)
    expect(texts).toEqual(['a'])
    expect(last.ended).toBe(true)
    expect(last.childShards?.map(child => [child.shardId, child.parentShardIds])).toEqual([
      ['shardId-000000000001', [SHARD]],
      ['shardId-000000000002', [SHARD]],
    ])
  })

  test('a read that is aborted loses no event', async () => {
    const reader = await open({ kind: 'latest' })
    await goingOn(reader.read(10_000, signal), server.clock)
    const stop = new AbortController()
    const given = reader.read(10_000, stop.signal)
    const refused = expect(given).rejects.toMatchObject({ code: 'aborted' })
    stop.abort()
    await refused
    await put('a')
    expect((await take(reader, 1)).texts).toEqual(['a'])
  })

  test('gives the same records as polling, whatever goes wrong with either', async () => {
    const { clock } = server
    const stream = server.streams.get('s')
    const polling = await KinesisSource.open({ streamName: 's', client: sdk, clock })
    server.listener.faults.add(
      { kind: 'throttle', operations: ['GetRecords', 'SubscribeToShard'], rate: 0.2 },
      { kind: 'expired_iterator', rate: 0.1 },
      { kind: 'lost_reply', operations: ['GetRecords'], rate: 0.1 },
      { kind: 'drop', operations: ['SubscribeToShardEvent'], rate: 0.1 },
      { kind: 'error', operations: ['SubscribeToShardEvent', 'GetRecords'], rate: 0.1 },
    )
    for (let i = 0; i < 200; i++) {
      await stream.put({ data: Buffer.from(`r${i}`), partitionKey: `k${i}` })
      if (i % 20 === 0) await clock.advance(100)
    }
    await stream.split(SHARD, 1n << 120n)
    const pushed = await take(await open({ kind: 'trimHorizon' }), 1_000)
    const polled = await take(await open({ kind: 'trimHorizon' }, polling), 1_000)
    expect(pushed.texts).toEqual(Array.from({ length: 200 }, (_, i) => `r${i}`))
    expect(polled.texts).toEqual(pushed.texts)
    expect(polled.last.childShards).toEqual(pushed.last.childShards)
    await polling.close()
  })
})
