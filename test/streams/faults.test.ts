/** Faults on request: by rate and by script, over HTTP and in the process, through the control API; and the limits of shards. */
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hasCode } from '../../core/index.ts'
import {
  FaultPlan,
  FaultySource,
  FaultyStream,
  type LocalStream,
  LocalStreams,
  parseFaultRules,
  SERVICE_LIMITS,
  scriptedFaults,
} from '../../streams/index.ts'
import { memoryEnv } from '../support/memory-env.ts'
import { client, served } from './conformance.ts'
import { rawHttp1 } from './raw-http.ts'

const StreamName = 's'
const SHARD = 'shardId-000000000000'
const MiB = 1_048_576
const utf8 = new TextEncoder()

const entries = (count: number, size = 1) =>
  Array.from({ length: count }, (_, i) => ({ data: new Uint8Array(size).fill(i), partitionKey: `k${i}` }))

/** Every key that the stream holds, shard by shard. */
async function keysIn(stream: LocalStream): Promise<string[]> {
  const keys: string[] = []
  for (const { shardId } of await stream.listShards()) {
    const { records } = await stream.getRecords(await stream.getIterator(shardId, { kind: 'trimHorizon' }))
    for (let i = 0; i < records.length; i++) keys.push(records.partitionKey(i))
  }
  return keys
}

/** How a call ended: the name or code of its error, or `none`. */
async function endOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'none'
  } catch (error) {
    return hasCode(error, 'throttled', 'internal', 'connection_lost', 'expired_iterator')
      ? error.code
      : error instanceof Error
        ? error.name
        : String(error)
  }
}

describe.each([{ protocol: 'h2' as const }, { protocol: 'http1' as const }])('faults over $protocol', ({
  protocol,
}) => {
  let server: Awaited<ReturnType<typeof served>>
  let sdk: KinesisClient
  let stream: LocalStream

  beforeEach(async () => {
    server = await served()
    sdk = client(server.listener.url, protocol)
    stream = await server.streams.create(StreamName, { shards: 2 })
  })

  afterEach(async () => {
    sdk.destroy()
    await server.close()
  })

  const put = (key: string) =>
    endOf(sdk.send(new PutRecordCommand({ StreamName, Data: utf8.encode(key), PartitionKey: key })))

  test('a script refuses, loses and drops call by call, and the stream holds exactly what had its effect', async () => {
    server.listener.faults.add(
      ...scriptedFaults('PutRecord', ['ok', 'throttle', 'error', 'lost_reply', 'drop', 'ok', 'throttle']),
    )
    const ends: string[] = []
    for (let i = 0; i < 8; i++) ends.push(await put(`k${i}`))
    expect(ends.map(end => /^(none|Provisioned.*|InternalFailure)$/.exec(end)?.[0] ?? 'connection')).toEqual([
      'none',
      'ProvisionedThroughputExceededException',
      'InternalFailure',
      'connection',
      'connection',
      'none',
      'ProvisionedThroughputExceededException',
      'none',
    ])
    expect((await keysIn(stream)).sort()).toEqual(['k0', 'k3', 'k5', 'k7'])
    expect(server.listener.faults.counts.map(({ hits }) => hits)).toEqual([1, 1, 1, 1, 1])
  })

  test('the SDK tries again by itself, and a lost reply then shows as a second copy', async () => {
    const patient = client(server.listener.url, protocol, { maxAttempts: 3 })
    server.listener.faults.add(...scriptedFaults('PutRecord', ['error', 'lost_reply']))
    await patient.send(new PutRecordCommand({ StreamName, Data: utf8.encode('x'), PartitionKey: 'twice' }))
    expect(await keysIn(stream)).toEqual(['twice', 'twice'])
    patient.destroy()
  })

  test('a partial failure refuses the named entries alone, and the others keep their order and places', async () => {
    server.listener.faults.add(
      { kind: 'partial', entries: [1, 3], times: 1 },
      { kind: 'partial', partitionKey: 'k4', code: 'internal', times: 1 },
    )
    const Records = entries(6).map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey }))
    const reply = await sdk.send(new PutRecordsCommand({ StreamName, Records }))
    expect(reply.FailedRecordCount).toBe(3)
    expect(reply.Records?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'ProvisionedThroughputExceededException',
      undefined,
      'ProvisionedThroughputExceededException',
      'InternalFailure',
      undefined,
    ])
    expect(reply.Records?.[1]?.ErrorMessage).toMatch(
      /^Rate exceeded for shard shardId-\d{12} in stream s under account 000000000000\.$/,
    )
    expect((await keysIn(stream)).sort()).toEqual(['k0', 'k2', 'k5'])
    const again = await sdk.send(new PutRecordsCommand({ StreamName, Records }))
    expect(again.FailedRecordCount).toBe(0)
  })

  test('an iterator expires on request, once, and a new one reads on', async () => {
    server.listener.faults.add({ kind: 'expired_iterator', shardId: SHARD, times: 1 })
    const { ShardIterator } = await sdk.send(
      new GetShardIteratorCommand({ StreamName, ShardId: SHARD, ShardIteratorType: 'TRIM_HORIZON' }),
    )
    const read = () => endOf(sdk.send(new GetRecordsCommand({ ShardIterator })))
    expect([await read(), await read()]).toEqual(['ExpiredIteratorException', 'none'])
  })

  test('refused calls about streams are LimitExceededException, and 503 has its own name', async () => {
    server.listener.faults.add({ kind: 'throttle', operations: ['DescribeStream'], times: 1 })
    server.listener.faults.add({ kind: 'error', status: 503, operations: ['DescribeStream'], times: 1 })
    const ask = () => endOf(sdk.send(new DescribeStreamCommand({ StreamName })))
    expect([await ask(), await ask(), await ask()]).toEqual(['LimitExceededException', 'ServiceUnavailable', 'none'])
  })

  test('a delay holds the call for simulated time', async () => {
    server.listener.faults.add({ kind: 'delay', delayMs: 60_000, times: 1 })
    let ended = false
    const call = put('slow').then(end => {
      ended = true
      return end
    })
    // The request comes in over a real socket; the wait that it begins is simulated.
    while (server.listener.faults.counts[0]?.hits === 0) await server.clock.drain()
    await server.clock.advance(59_999)
    expect([ended, await keysIn(stream)]).toEqual([false, []])
    await server.clock.advance(1)
    expect(await call).toBe('none')
  })
})

describe('faults in the process', () => {
  const world = async (plan: FaultPlan) => {
    const env = memoryEnv()
    const streams = await LocalStreams.open({ env })
    const stream = await streams.create(StreamName, { shards: 4 })
    return { env, stream, faulty: new FaultyStream(stream, plan) }
  }

  test('a rate hits its share of the calls, the same ones for the same seed', async () => {
    const run = async (seed: number) => {
      const { faulty, stream } = await world(
        new FaultPlan(
          [
            { kind: 'throttle', rate: 0.2 },
            { kind: 'lost_reply', rate: 0.1 },
          ],
          seed,
        ),
      )
      const ends: string[] = []
      for (const [i, entry] of entries(2_000).entries())
        ends.push(await endOf(faulty.put({ ...entry, partitionKey: `k${i}` })))
      const stored = new Set(await keysIn(stream))
      ends.forEach((end, i) => expect([i, stored.has(`k${i}`)]).toEqual([i, end !== 'throttled']))
      return ends
    }
    const first = await run(7)
    const share = (end: string) => first.filter(one => one === end).length / first.length
    expect(share('throttled')).toBeCloseTo(0.2, 1)
    expect(share('connection_lost')).toBeCloseTo(0.08, 1)
    expect(share('connection_lost')).toBeGreaterThan(0.04)
    expect(await run(7)).toEqual(first)
    expect(await run(8)).not.toEqual(first)
  })

  test('part of the entries fail by chance, one shard fails alone, and outcomes stand at their places', async () => {
    const { faulty, stream } = await world(new FaultPlan([{ kind: 'partial', share: 0.3, times: 1 }]))
    const many = entries(500)
    const outcomes = await faulty.putMany(many)
    const refused = outcomes.filter(({ accepted }) => !accepted).length
    expect(refused).toBeGreaterThan(100)
    expect(refused).toBeLessThan(200)
    const stored = new Set(await keysIn(stream))
    outcomes.forEach(({ accepted }, i) => expect(stored.has(`k${i}`)).toBe(accepted))

    const one = await world(new FaultPlan([{ kind: 'partial', shardId: SHARD }]))
    for (const [i, outcome] of (await one.faulty.putMany(many)).entries()) {
      const { shardId } = one.stream.shardFor(many[i] ?? { data: new Uint8Array(), partitionKey: 'none' })
      expect(outcome.accepted).toBe(shardId !== SHARD)
      if (!outcome.accepted) expect(outcome.message).toContain(`shard ${SHARD} in stream s`)
    }
  })

  test('rules for another stream, operation or shard change nothing', async () => {
    const plan = new FaultPlan([
      { kind: 'throttle', streamName: 'other' },
      { kind: 'throttle', operations: ['GetRecords'], shardId: 'shardId-000000000003' },
      { kind: 'expired_iterator', operations: ['PutRecord'] },
      { kind: 'partial', operations: ['PutRecord'] },
    ])
    const { faulty } = await world(plan)
    expect(await endOf(faulty.put({ data: utf8.encode('x'), partitionKey: 'k' }))).toBe('none')
    expect(await endOf(faulty.getRecords(await faulty.getIterator(SHARD, { kind: 'trimHorizon' })))).toBe('none')
    const other = await faulty.getIterator('shardId-000000000003', { kind: 'latest' })
    expect(await endOf(faulty.getRecords(other))).toBe('throttled')
    plan.replace([])
    expect(await endOf(faulty.getRecords(other))).toBe('none')
  })
})

describe('a source with faults', () => {
  test('loses and doubles nothing to a reader that tries again, whatever hits its reads', async () => {
    const env = memoryEnv()
    const streams = await LocalStreams.open({ env })
    const stream = await streams.create(StreamName, { shards: 1 })
    await stream.putMany(entries(500))
    const kinds = ['throttle', 'error', 'lost_reply', 'drop', 'expired_iterator'] as const
    const plan = new FaultPlan(
      kinds.map(kind => ({ kind, operations: ['GetRecords'], rate: 0.15 })),
      11,
    )
    const source = new FaultySource(stream, plan)
    const never = new AbortController().signal
    const [shard] = await source.listShards(never)
    const reader = await source.openShard(shard?.shardId ?? '', { kind: 'trimHorizon' })
    const keys: string[] = []
    let failures = 0
    while (keys.length < 500) {
      try {
        const { records } = await reader.read(3, never)
        for (let i = 0; i < records.length; i++) keys.push(records.partitionKey(i))
      } catch (error) {
        expect(error).toMatchObject({ retry: 'backoff' })
        failures++
      }
    }
    expect(keys).toEqual(Array.from({ length: 500 }, (_, i) => `k${i}`))
    expect(failures).toBeGreaterThan(100)
    expect(plan.counts.every(({ hits }) => hits > 0)).toBe(true)
    plan.replace([{ kind: 'drop', operations: ['ListShards', 'GetShardIterator'] }])
    await expect(source.listShards(never)).rejects.toMatchObject({ code: 'connection_lost' })
    await expect(source.openShard(SHARD, { kind: 'latest' })).rejects.toMatchObject({ code: 'connection_lost' })
  })
})

describe('rules as JSON', () => {
  test('are read as rules and scripts', () => {
    expect(
      parseFaultRules([
        { kind: 'delay', delayMs: 5, delayMsMax: 10, rate: 0.5 },
        { operation: 'PutRecords', script: ['ok', 'throttle', 'partial'] },
      ]),
    ).toEqual([
      { kind: 'delay', delayMs: 5, delayMsMax: 10, rate: 0.5 },
      { kind: 'throttle', operations: ['PutRecords'], skip: 1, times: 1 },
      { kind: 'partial', operations: ['PutRecords'], skip: 2, times: 1 },
    ])
  })

  test.each([
    [[{}], 'fault rule 1 needs a kind'],
    [[{ kind: 'throttle' }, { kind: 'explode' }], 'fault rule 2 kind "explode" must be one of'],
    [{ kind: 'throttle', rate: 0 }, 'rate 0 must be a number above 0'],
    [{ kind: 'throttle', rate: '1' }, 'rate "1" must be'],
    [{ kind: 'throttle', often: 1 }, 'has no member "often"'],
    [{ kind: 'throttle', operations: 'PutRecords' }, 'operations "PutRecords" must be a list'],
    [{ kind: 'delay' }, 'needs delayMs'],
    [{ kind: 'delay', delayMs: 20, delayMsMax: 10 }, 'delayMsMax is below delayMs'],
    [{ kind: 'delay', delayMs: 600_001 }, 'milliseconds from 0 to 600000'],
    [{ kind: 'error', status: 404 }, '500 or 503'],
    [{ operation: 'PutRecords', script: ['never'] }, 'is a script'],
    [{ operation: 'PutRecords', script: ['ok'], rate: 1 }, 'is a script'],
    ['throttle', 'must be an object'],
    [[null], 'must be an object'],
    [Array.from({ length: 1_001 }, () => ({ kind: 'throttle' })), 'at most 1000'],
  ])('%j is refused', (value, text) => {
    expect(() => parseFaultRules(value)).toThrow(text)
  })
})

describe('control calls', () => {
  let server: Awaited<ReturnType<typeof served>>

  beforeEach(async () => {
    server = await served()
  })

  afterEach(() => server.close())

  const ask = async (path: string, method = 'GET', body?: unknown, more: Record<string, string> = {}) => {
    const { listener } = server
    const headers = {
      host: `localhost:${listener.port}`,
      authorization: `Bearer ${listener.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...more,
    }
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const reply = await rawHttp1(listener.port, headers, text, method, `/_millrace/${path}`)
    return { status: reply.status, text: reply.body }
  }

  test('set, add, show and clear rules of faults', async () => {
    expect(await ask('faults', 'PUT', [{ kind: 'throttle', operations: ['PutRecord'], times: 2 }])).toMatchObject({
      status: 200,
    })
    await ask('faults', 'POST', { operation: 'PutRecord', script: ['ok', 'ok', 'error'] })
    const sdk = client(server.listener.url, 'h2')
    await server.streams.create(StreamName)
    const put = () => endOf(sdk.send(new PutRecordCommand({ StreamName, Data: utf8.encode('x'), PartitionKey: 'k' })))
    expect([await put(), await put(), await put(), await put()]).toEqual([
      'ProvisionedThroughputExceededException',
      'ProvisionedThroughputExceededException',
      'InternalFailure',
      'none',
    ])
    expect(JSON.parse((await ask('faults')).text)).toEqual({
      faults: [
        { rule: { kind: 'throttle', operations: ['PutRecord'], times: 2 }, seen: 4, hits: 2 },
        { rule: { kind: 'error', operations: ['PutRecord'], skip: 2, times: 1 }, seen: 4, hits: 1 },
      ],
    })
    expect(JSON.parse((await ask('faults', 'DELETE')).text)).toEqual({ faults: [] })
    sdk.destroy()
  })

  test('set limits of all streams or of one', async () => {
    await server.streams.create('a')
    await server.streams.create('b')
    await ask('limits', 'PUT', { limits: 'service' })
    await ask('limits', 'PUT', { limits: { writeRecordsPerSecond: 3 }, streamName: 'b' })
    expect(server.streams.get('a').limits).toEqual(SERVICE_LIMITS)
    expect((await server.streams.create('c')).limits).toEqual(SERVICE_LIMITS)
    expect(JSON.parse((await ask('limits')).text)).toMatchObject({
      limits: { b: { writeRecordsPerSecond: 3, writeBytesPerSecond: null, readCallsPerSecond: null } },
    })
    await ask('limits', 'PUT', { limits: null })
    expect(server.streams.get('a').limits).toBeNull()
    for (const body of [{}, { limits: 'none' }, { limits: { writes: 1 } }, { limits: { readCallsPerSecond: 0 } }])
      expect([body, (await ask('limits', 'PUT', body)).status]).toEqual([body, 400])
    expect((await ask('limits', 'PUT', { limits: null, streamName: 'none' })).status).toBe(404)
  })

  test('are refused without the token, with a foreign Host or Origin, and with bodies that are no JSON', async () => {
    const rule = [{ kind: 'throttle' }]
    for (const authorization of [
      '',
      'Bearer ',
      `Bearer ${server.listener.token}x`,
      server.listener.token,
      'Basic eDp4',
    ])
      expect((await ask('faults', 'PUT', rule, { authorization })).status).toBe(401)
    expect((await ask('faults', 'GET', undefined, { authorization: '' })).status).toBe(401)
    expect((await ask('faults', 'PUT', rule, { host: 'evil.example' })).status).toBe(403)
    expect((await ask('faults', 'PUT', rule, { origin: 'http://evil.example' })).status).toBe(403)
    expect((await ask('faults', 'PUT', rule, { 'content-type': 'text/plain' })).status).toBe(400)
    expect((await ask('faults', 'PUT', '{')).status).toBe(400)
    expect((await ask('faults', 'PUT', [{ kind: 'x' }])).text).toContain('fault rule 1')
    expect((await ask('faults', 'PATCH', rule)).status).toBe(404)
    expect((await ask('streams')).status).toBe(404)
    expect((await ask('faults', 'PUT', `"${'x'.repeat(1_100_000)}"`)).status).toBe(413)
    expect(server.listener.faults.counts).toEqual([])
  })
})

describe('a shard under the limits of the service', () => {
  const world = async () => {
    const env = memoryEnv()
    const streams = await LocalStreams.open({ env, limits: SERVICE_LIMITS })
    return { env, stream: await streams.create(StreamName, { recordBytesMax: 10 * MiB }) }
  }
  const accepted = (outcomes: readonly { accepted: boolean }[]) => outcomes.filter(({ accepted: yes }) => yes).length

  test('takes 1,000 records a second, and refuses the rest of a call entry by entry', async () => {
    const { env, stream } = await world()
    expect(accepted(await stream.putMany(entries(500)))).toBe(500)
    expect(accepted(await stream.putMany(entries(500)))).toBe(500)
    const refused = await stream.putMany(entries(500))
    expect(accepted(refused)).toBe(0)
    expect(refused[0]).toMatchObject({
      code: 'throttled',
      message: `Rate exceeded for shard ${SHARD} in stream s under account 000000000000.`,
    })
    expect(await endOf(stream.put({ data: utf8.encode('x'), partitionKey: 'k' }))).toBe('throttled')
    await env.clock.advance(100)
    expect(accepted(await stream.putMany(entries(500)))).toBe(100)
    await env.clock.advance(60_000)
    expect(accepted(await stream.putMany(entries(500)))).toBe(500)
    expect(accepted(await stream.putMany(entries(500)))).toBe(500)
    expect(accepted(await stream.putMany(entries(500)))).toBe(0)
  })

  test('takes 1 MiB a second, keys counted, and a larger record when it has rested, which is paid back', async () => {
    const { env, stream } = await world()
    const put = (size: number) => endOf(stream.put({ data: new Uint8Array(size), partitionKey: 'four' }))
    expect([await put(MiB / 2 - 4), await put(MiB / 2 - 4), await put(1)]).toEqual(['none', 'none', 'throttled'])
    await env.clock.advance(1_000)
    expect(await put(4 * MiB - 4)).toBe('none')
    await env.clock.advance(3_000)
    expect(await put(1)).toBe('throttled')
    await env.clock.advance(1_000)
    expect(await put(1)).toBe('none')
  })

  test('gives 5 calls and 2 MiB a second, and rests after a great reply as the service does', async () => {
    const { env, stream } = await world()
    stream.setLimits(null)
    for (let i = 0; i < 11; i++) await stream.put({ data: new Uint8Array(MiB - 10), partitionKey: 'k' })
    stream.setLimits(SERVICE_LIMITS)
    const start = await stream.getIterator(SHARD, { kind: 'trimHorizon' })
    const latest = await stream.getIterator(SHARD, { kind: 'latest' })
    for (let i = 0; i < 5; i++) expect(await endOf(stream.getRecords(latest))).toBe('none')
    expect(await endOf(stream.getRecords(latest))).toBe('throttled')
    for (let i = 0; i < 3; i++) expect(await endOf(stream.getIterator(SHARD, { kind: 'latest' }))).toBe('none')
    expect(await endOf(stream.getIterator(SHARD, { kind: 'latest' }))).toBe('throttled')
    await env.clock.advance(1_000)
    expect((await stream.getRecords(start)).records.length).toBe(10)
    await env.clock.advance(3_900)
    expect(await endOf(stream.getRecords(latest))).toBe('throttled')
    await env.clock.advance(200)
    expect(await endOf(stream.getRecords(latest))).toBe('none')
  })
})
