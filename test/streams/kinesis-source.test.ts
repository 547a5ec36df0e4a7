/** The remote source against the embedded stream's own service, and against a service that fails in every way. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ShardRead, StartPosition, StreamSource } from '../../core/index.ts'
import { IteratorError, MillraceError, recordBytes } from '../../core/index.ts'
import { ShardMerge } from '../../processors/index.ts'
import { DeaggregatedSource, KinesisSource } from '../../streams/index.ts'
import type { ShardsOpenAt } from '../../streams/kinesis/kinesis-client.ts'
import { StreamTime } from '../../streams/kinesis/stream-time.ts'
import { SimClock, seededRandom } from '../support/memory-env.ts'
import { client, START_AT, served } from './conformance.ts'
import { replyBody } from './kinesis-support.ts'

const SHARD = 'shardId-000000000000'
const signal = new AbortController().signal

function dataOf(read: ShardRead): string[] {
  return Array.from({ length: read.records.length }, (_, i) => Buffer.from(recordBytes(read.records, i)).toString())
}

describe.each([{ protocol: 'h2' as const }, { protocol: 'http1' as const }])('a source over $protocol', ({
  protocol,
}) => {
  let server: Awaited<ReturnType<typeof served>>
  let source: KinesisSource
  let sdk: ReturnType<typeof client>

  beforeEach(async () => {
    server = await served()
    sdk = client(server.listener.url, protocol)
    await server.streams.create('s', { shards: 2 })
    source = await KinesisSource.open({ streamName: 's', client: sdk, clock: server.clock })
  })

  afterEach(async () => {
    await source.close()
    sdk.destroy()
    await server.close()
  })

  async function put(...texts: readonly string[]): Promise<string[]> {
    const numbers: string[] = []
    for (const text of texts) {
      const entry = { data: Buffer.from(text), partitionKey: `key "${text}"`, explicitHashKey: 0n }
      numbers.push((await server.streams.get('s').put(entry)).sequenceNumber)
    }
    return numbers
  }

  /** Reads once, with the clock going on whenever the source waits. */
  async function readOnce(from: StartPosition, most = 100): Promise<ShardRead> {
    const reader = await source.openShard(SHARD, from)
    const read = await reader.read(most, signal)
    await reader.close()
    return read
  }

  test('lists shards, and reads what was put with all that the stream says of it', async () => {
    const numbers = await put('{"a":1}', 'zwei', '')
    expect((await source.listShards(signal)).map(shard => [shard.shardId, shard.closed])).toEqual([
      [SHARD, false],
      ['shardId-000000000001', false],
    ])
    const read = await readOnce({ kind: 'trimHorizon' })
    expect(dataOf(read)).toEqual(['{"a":1}', 'zwei', ''])
    expect([0, 1, 2].map(i => read.records.sequenceNumber(i))).toEqual(numbers)
    expect(read.records.partitionKey(1)).toBe('key "zwei"')
    expect(read.records.shardId(0)).toBe(SHARD)
    expect(read.records.arrivedAt[0]).toBe(START_AT)
    expect(read).toMatchObject({ millisBehindLatest: 0, ended: false, requestedAt: START_AT })
  })

  test('starts where it is told to, and comes back to a record that was half-read', async () => {
    const [first = ''] = await put('a', 'b')
    const position = { shardId: SHARD, sequenceNumber: first, subsequenceNumber: 0 }
    expect(dataOf(await readOnce({ kind: 'after', position }))).toEqual(['b'])
    expect(dataOf(await readOnce({ kind: 'after', position: { ...position, subsequenceNumber: -1 } }))).toEqual([
      'a',
      'b',
    ])
    expect(dataOf(await readOnce({ kind: 'atTimestamp', timestamp: START_AT }))).toEqual(['a', 'b'])
    expect(dataOf(await readOnce({ kind: 'latest' }))).toEqual([])
    expect(dataOf(await readOnce({ kind: 'trimHorizon' }, 1))).toEqual(['a'])
  })

  test('says that a stream or shard is not there', async () => {
    const missing = await KinesisSource.open({ streamName: 'missing', client: sdk, clock: server.clock })
    await expect(missing.listShards(signal)).rejects.toMatchObject({ code: 'not_found', retry: 'never' })
    const reader = await source.openShard('shardId-000000000009', { kind: 'trimHorizon' })
    await expect(reader.read(1, signal)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('reads a split to its end, and goes on in the children', async () => {
    await put('a')
    await server.streams.get('s').split(SHARD, 1n << 120n)
    const read = await readOnce({ kind: 'trimHorizon' })
    expect([dataOf(read), read.ended]).toEqual([['a'], true])
    const shards = await source.listShards(signal)
    expect(shards.filter(shard => shard.parentShardIds.includes(SHARD))).toHaveLength(2)
    expect(shards.find(shard => shard.shardId === SHARD)?.closed).toBe(true)
  })

  test('lists the shards that were open at a position, as only the service knows', async () => {
    const stream = server.streams.get('s')
    await server.clock.advance(10_000)
    await stream.split(SHARD, 1n << 120n)
    const openAt = async (position: ShardsOpenAt) =>
      (await source.listShardsOpenAt(position, signal)).map(shard => Number(shard.shardId.slice(-3)))
    expect(await openAt({ kind: 'trimHorizon' })).toEqual([0, 1])
    expect(await openAt({ kind: 'latest' })).toEqual([1, 2, 3])
    expect(await openAt({ kind: 'atTimestamp', timestamp: START_AT + 5_000 })).toEqual([0, 1])
    await server.clock.advance(10_000)
    expect(await openAt({ kind: 'atTimestamp', timestamp: START_AT + 15_000 })).toEqual([1, 2, 3])
  })

  test('feeds a merge as the source in the process does', async () => {
    const stream = server.streams.get('s')
    for (let i = 0; i < 60; i++) {
      await server.clock.advance(10)
      await stream.put({ data: Buffer.from(`${i}`), partitionKey: `k${i % 7}` })
    }
    const taken = async (of: StreamSource): Promise<string[]> => {
      const { clock } = server
      const merge = new ShardMerge({ source: new DeaggregatedSource(of), clock, random: seededRandom(1) })
      const texts: string[] = []
      while (texts.length < 60) {
        const batch = await goingOn(merge.read(signal), clock)
        if (batch === null) break
        for (let i = 0; i < batch.length; i++) texts.push(Buffer.from(recordBytes(batch, i)).toString())
      }
      await merge.close()
      return texts
    }
    const expected = Array.from({ length: 60 }, (_, i) => `${i}`)
    expect(await taken(stream.asSource())).toEqual(expected)
    expect(await taken(source)).toEqual(expected)
  })
})

/** Waits for work that takes real turns for its replies, with simulated time going on meanwhile. */
async function goingOn<T>(work: Promise<T>, clock: SimClock): Promise<T> {
  let isSettled = false
  const settle = (): void => {
    isSettled = true
  }
  work.then(settle, settle)
  while (!isSettled) await clock.advance(50)
  return work
}

/** A client whose calls are answered by a script; it keeps what it was asked. */
class ScriptedClient {
  readonly calls: { readonly name: string; readonly input: Readonly<Record<string, unknown>> }[] = []
  readonly #answers: (object | string | Error)[]

  constructor(answers: readonly (object | string | Error)[]) {
    this.#answers = [...answers]
  }

  async send(command: {
    constructor: { name: string }
    input: Readonly<Record<string, unknown>>
    middlewareStack: {
      resolve(handler: (args: unknown) => Promise<unknown>, context: object): (args: unknown) => Promise<unknown>
    }
  }): Promise<unknown> {
    const name =
      'ShardIterator' in command.input ? 'GetRecords' : 'ShardId' in command.input ? 'GetShardIterator' : 'ListShards'
    this.calls.push({ name, input: command.input })
    const answer = this.#answers.shift()
    if (answer === undefined) throw new Error(`no answer for ${name}`)
    if (answer instanceof Error) throw answer
    if (typeof answer === 'object') return answer
    const reply = {
      statusCode: 200,
      headers: { date: new Date(START_AT + 5_000).toUTCString() },
      body: Buffer.from(answer),
    }
    const handler = command.middlewareStack.resolve(() => Promise.resolve({ response: reply }), {})
    await handler({ input: command.input })
    return {}
  }

  destroy(): void {}
}

function named(name: string, more: object = {}): Error {
  return Object.assign(new Error('with a secret AKIAIOSFODNN7EXAMPLE in it'), { name, ...more })
}

const EMPTY = '{"Records":[],"MillisBehindLatest":0,"NextShardIterator":"next"}'

async function scripted(answers: readonly (object | string | Error)[], from: StartPosition = { kind: 'trimHorizon' }) {
  const fake = new ScriptedClient(answers)
  const clock = new SimClock(START_AT)
  const source = await KinesisSource.open({ streamName: 's', client: fake as never, clock })
  const reader = await source.openShard(SHARD, from)
  const read = (): Promise<ShardRead> => {
    return clock.until(reader.read(10, signal))
  }
  return { fake, clock, source, reader, read }
}

describe('a source whose service fails', () => {
  test('takes one new iterator for each that expired, behind the last record', async () => {
    const { fake, read } = await scripted([
      { ShardIterator: 'i1' },
      replyBody(3),
      named('ExpiredIteratorException'),
      { ShardIterator: 'i2' },
      EMPTY,
    ])
    const first = await read()
    await expect(read()).rejects.toMatchObject({ code: 'expired_iterator', retry: 'backoff' })
    await read()
    expect(fake.calls.map(call => call.name)).toEqual([
      'GetShardIterator',
      'GetRecords',
      'GetRecords',
      'GetShardIterator',
      'GetRecords',
    ])
    expect(fake.calls[3]?.input).toMatchObject({
      ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
      StartingSequenceNumber: first.records.sequenceNumber(2),
    })
    expect(fake.calls[4]?.input).toMatchObject({ ShardIterator: 'i2' })
  })

  test('goes back to when it was opened, and not to the present, after an iterator of LATEST', async () => {
    const { fake, read } = await scripted(
      [{ ShardIterator: 'i1' }, EMPTY, named('ExpiredIteratorException'), { ShardIterator: 'i2' }, EMPTY],
      { kind: 'latest' },
    )
    await read()
    await expect(read()).rejects.toMatchObject({ code: 'expired_iterator' })
    await read()
    expect(fake.calls[0]?.input['ShardIteratorType']).toBe('LATEST')
    expect(fake.calls[3]?.input).toMatchObject({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(START_AT) })
  })

  test.each([
    ['ProvisionedThroughputExceededException', { code: 'throttled', retry: 'backoff' }],
    ['KMSThrottlingException', { code: 'throttled', retry: 'backoff' }],
    ['KMSDisabledException', { code: 'config', retry: 'never' }],
    ['CredentialsProviderError', { code: 'config', retry: 'never' }],
    ['ResourceNotFoundException', { code: 'not_found', retry: 'never' }],
    ['TimeoutError', { code: 'internal', retry: 'backoff' }],
    ['InternalFailureException', { code: 'internal', retry: 'backoff' }],
  ])('says what %s means, without what the service said', async (name, meaning) => {
    const more = {
      $metadata: { httpStatusCode: name === 'InternalFailureException' ? 500 : undefined, requestId: 'r-1' },
    }
    const { read } = await scripted([{ ShardIterator: 'i1' }, named(name, more)])
    const error = await read().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(MillraceError)
    expect(error).toMatchObject(meaning)
    expect(String(error)).toContain(`failed with ${name}`)
    expect(String(error)).toContain('request r-1')
    expect(JSON.stringify([String(error), error])).not.toContain('AKIA')
  })

  test('tells an iterator that is refused from a read that is', async () => {
    const throttled = named('ProvisionedThroughputExceededException')
    const { read } = await scripted([throttled, { ShardIterator: 'i1' }, throttled])
    const errors = [await read().catch((thrown: unknown) => thrown), await read().catch((thrown: unknown) => thrown)]
    expect(errors.map(error => error instanceof IteratorError)).toEqual([true, false])
    expect(errors).toMatchObject([
      { code: 'throttled', retry: 'backoff' },
      { code: 'throttled', retry: 'backoff' },
    ])
  })

  test('reads at most five times a second', async () => {
    const { clock, reader } = await scripted([{ ShardIterator: 'i1' }, EMPTY, EMPTY])
    await reader.read(10, signal)
    let isRead = false
    const reading = reader.read(10, signal).then(() => {
      isRead = true
    })
    await clock.advance(199)
    expect(isRead).toBe(false)
    await clock.advance(1)
    await reading
  })

  test('stops when it is told to', async () => {
    const { reader, source } = await scripted([])
    const aborted = AbortSignal.abort()
    await expect(reader.read(1, aborted)).rejects.toMatchObject({ code: 'aborted' })
    await expect(source.wait(aborted)).rejects.toMatchObject({ code: 'aborted' })
    await reader.close()
    await expect(reader.read(1, signal)).rejects.toMatchObject({ code: 'closed' })
  })

  test('refuses options that cannot be', async () => {
    const clock = new SimClock(START_AT)
    await expect(KinesisSource.open({ clock })).rejects.toMatchObject({ code: 'config' })
    await expect(KinesisSource.open({ clock, streamName: 's', streamArn: 'a:b/s' })).rejects.toMatchObject({
      code: 'config',
    })
    await expect(KinesisSource.open({ clock, streamName: 's', idleMs: 100 })).rejects.toThrow('give 200 or more')
  })
})

describe('the time of a stream', () => {
  test('follows a service that is ahead, never beyond what it has said', async () => {
    const clock = new SimClock(START_AT)
    const time = new StreamTime(clock)
    expect(time.now()).toBe(START_AT)
    time.observe(START_AT + 4_000)
    time.observe(START_AT + 3_000)
    time.observe(Number.NaN)
    expect(time.now()).toBe(START_AT + 4_000)
    await clock.advance(500)
    expect(time.now()).toBe(START_AT + 4_500)
  })

  test('follows a service that is behind', () => {
    const time = new StreamTime(new SimClock(START_AT))
    time.observe(START_AT - 60_000)
    expect(time.now()).toBe(START_AT - 60_000)
  })

  test('forgets what it has seen long ago, since clocks are set', async () => {
    const clock = new SimClock(START_AT)
    const time = new StreamTime(clock)
    time.observe(START_AT + 10_000)
    await clock.advance(61_000)
    time.observe(clock.now() + 1_000)
    expect(time.now()).toBe(clock.now() + 10_000)
    await clock.advance(61_000)
    time.observe(clock.now() + 1_000)
    expect(time.now()).toBe(clock.now() + 1_000)
  })
})
