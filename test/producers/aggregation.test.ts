import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import {
  type MarkOptions,
  type Outcome,
  Producer,
  type ProducerConfiguration,
  PutError,
  type UserRecordInput,
} from '../../producers/index.ts'
import { looksAggregated, parseMark } from '../../streams/aggregation.ts'
import { uncompress, uncompressedBytesMax } from '../../streams/compression/uncompress.ts'
import { Deduplicator } from '../../streams/deduplicator.ts'
import { memoryEnv } from '../support/memory-env.ts'
import { md5, ShardedTarget } from './sharded-target.ts'

interface WorldOptions {
  readonly shards?: number
  readonly seed?: number
  readonly configuration?: Partial<ProducerConfiguration>
  readonly marks?: MarkOptions
}

function world({ shards = 1, seed = 1, configuration = {}, marks }: WorldOptions = {}) {
  const env = memoryEnv({ seed })
  const target = new ShardedTarget(env.clock, shards)
  const producer = new Producer({ target, env, configuration, marks })
  const outcomes = new Map<string, Outcome>()
  const failed = new Map<string, PutError>()
  const put = async (text: string, more: Partial<UserRecordInput> = {}): Promise<void> => {
    try {
      const data = new TextEncoder().encode(text)
      const outcome = await producer.put({ partitionKey: `key-${text}`, data, ...more })
      expect(outcomes.has(text) || failed.has(text), `${text} settles once`).toBe(false)
      outcomes.set(text, outcome)
    } catch (error) {
      expect(error).toBeInstanceOf(PutError)
      expect(outcomes.has(text) || failed.has(text), `${text} settles once`).toBe(false)
      failed.set(text, error as PutError)
    }
  }
  const names = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `r${from + i}`)
  return { env, clock: env.clock, random: env.random, target, producer, put, outcomes, failed, names }
}

/** A hash key in the middle of a shard. */
function inside({ startingHashKey, endingHashKey }: { startingHashKey: bigint; endingHashKey: bigint }): string {
  return String((startingHashKey + endingHashKey) / 2n)
}

test('one user record travels raw under its own key with the MD5 of the key as explicit hash key', async () => {
  const w = world()
  await w.clock.until(w.producer.mapped())
  await w.clock.until(w.put('a', { partitionKey: 'clé' }))
  const [entry] = w.target.calls[0] ?? []
  expect(entry).toEqual({
    data: new TextEncoder().encode('a'),
    partitionKey: 'clé',
    explicitHashKey: '216065962979188862129025276172069957765',
  })
})

test('several travel as one record under the key a with the hash key of the first', async () => {
  const w = world()
  await w.clock.until(w.producer.mapped())
  const startedAt = w.clock.monotonicMs()
  const puts = [w.put('hi', { partitionKey: 'user-1' }), w.put('', { partitionKey: 'clé', explicitHashKey: '007' })]
  await w.clock.until(Promise.all(puts))
  expect(w.clock.monotonicMs() - startedAt).toBe(100 + 20)
  const [entry] = w.target.calls[0] ?? []
  expect(entry?.partitionKey).toBe('a')
  expect(entry?.explicitHashKey).toBe('285573413173782752570879317399258818820')
  expect(Buffer.from(entry?.data ?? []).toString('hex')).toBe(
    'f3899ac20a06757365722d310a04636cc3a91201371a0608001a0268691a06080110001a006d69d4e4ed4cf18f81d228a284446c3e',
  )
  expect(w.outcomes.get('hi')).toMatchObject({ sequenceNumber: '1', subsequenceNumber: 0 })
  expect(w.outcomes.get('')).toMatchObject({ sequenceNumber: '1', subsequenceNumber: 1 })
})

test('keys at both sides of a border, which belongs to the lower shard, never share a record', async () => {
  const w = world({ shards: 4 })
  await w.clock.until(w.producer.mapped())
  const border = w.target.open[1]?.endingHashKey ?? 0n
  const keys = [border - 1n, border, border + 1n, border + 2n]
  await w.clock.until(Promise.all(keys.map((key, i) => w.put(`r${i}`, { explicitHashKey: String(key) }))))
  expect(w.target.calls.flat()).toHaveLength(2)
  expect(keys.map((_, i) => w.outcomes.get(`r${i}`)?.shardId)).toEqual([
    'shardId-000000000001',
    'shardId-000000000001',
    'shardId-000000000002',
    'shardId-000000000002',
  ])
  expect(w.target.read().dropped).toBe(0)
})

test('no aggregate exceeds its limits, and what is over goes with the next one', async () => {
  for (const configuration of [{ AggregationMaxSize: 2_000 }, { AggregationMaxCount: 7 }]) {
    const w = world({ configuration })
    await w.clock.until(w.producer.mapped())
    await w.clock.until(Promise.all(w.names(0, 200).map(name => w.put(name.padEnd(90, '.')))))
    const entries = w.target.calls.flat()
    for (const { data } of entries) expect(data.length).toBeLessThanOrEqual(2_000)
    const { records, dropped } = w.target.read()
    expect([records.length, dropped]).toEqual([200, 0])
    expect(entries.length).toBe(configuration.AggregationMaxCount === undefined ? 20 : Math.ceil(200 / 7))
  }
})

test('a user record above the aggregate size goes raw and alone', async () => {
  const w = world({ configuration: { AggregationMaxSize: 1_000 } })
  await w.clock.until(w.producer.mapped())
  const large = 'x'.repeat(5_000)
  await w.clock.until(Promise.all(['a', large, 'b'].map(text => w.put(text, { partitionKey: 'k' }))))
  const sizes = w.target.calls.flat().map(({ data }) => data.length)
  expect(sizes).toContain(5_000)
  expect(
    w.target
      .read()
      .records.map(({ text }) => text.slice(0, 1))
      .sort(),
  ).toEqual(['a', 'b', 'x'])
})

test('without aggregation, or before the map is read, each user record is a record', async () => {
  const off = world({ configuration: { AggregationEnabled: false } })
  await off.clock.until(Promise.all(off.names(0, 30).map(name => off.put(name))))
  expect(off.target.calls.map(call => call.length)).toEqual([30])
  expect(off.target.lists).toBe(0)

  const failing = world()
  failing.target.listFails = () => failing.clock.monotonicMs() < 3_000
  await failing.clock.until(Promise.all(failing.names(0, 30).map(name => failing.put(name))))
  expect(failing.target.calls.flat()).toHaveLength(30)
  // asked again after 1 s and then after 1.5 s
  await failing.clock.advance(2_000)
  void failing.put('x')
  await failing.clock.advance(2_000)
  await failing.clock.until(failing.producer.mapped())
  await failing.clock.until(Promise.all(failing.names(30, 60).map(name => failing.put(name))))
  expect(failing.producer.metrics().shardMap).toBe('ready')
  expect(failing.target.calls.at(-1)).toHaveLength(1)
})

test('random user records over random shard maps land in the shard that owns their hash key, in aggregates of one shard', async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const w = world({ shards: 1 + (seed % 6), seed, configuration: { AggregationMaxSize: 64 + seed * 100 } })
    for (let i = 0; i < 6; i++) w.target.split(w.random.pick(w.target.open).shardId, undefined)
    for (let i = 0; i < 3; i++) w.target.merge(w.random.pick(w.target.open).shardId)
    await w.clock.until(w.producer.mapped())
    const inputs = new Map<string, bigint>()
    const puts = w.names(0, 200).map(name => {
      const partitionKey = w.random.pick(['k', `clé-${w.random.below(50)}`, `😀${w.random.below(9)}`])
      const border = w.random.pick(w.target.open).endingHashKey
      const explicit = w.random.pick([border, border === md5('x') ? 0n : border >> 1n, 0n])
      if (w.random.below(3) > 0) {
        inputs.set(name, md5(partitionKey))
        return w.put(name, { partitionKey })
      }
      inputs.set(name, explicit)
      return w.put(name, { partitionKey, explicitHashKey: String(explicit) })
    })
    await w.clock.until(Promise.all(puts))
    const { records, dropped } = w.target.read()
    expect(dropped, `seed ${seed}`).toBe(0)
    expect(records.map(({ text }) => text).sort()).toEqual(w.names(0, 200).sort())
    for (const record of records) {
      const owner = w.target.open.find(
        ({ startingHashKey, endingHashKey }) =>
          (inputs.get(record.text) ?? -1n) >= startingHashKey && (inputs.get(record.text) ?? -1n) <= endingHashKey,
      )
      expect(record.shardId).toBe(owner?.shardId)
      const { shardId, sequenceNumber, subsequenceNumber } = record
      expect(w.outcomes.get(record.text)).toMatchObject({ shardId, sequenceNumber, subsequenceNumber })
    }
  }
})

test('an aggregate that a split cuts is repeated whole, and one that fits a child is not repeated', async () => {
  const w = world({ shards: 2 })
  w.target.latencyMs = 10
  await w.clock.until(w.producer.mapped())
  const [first] = w.target.open
  if (first === undefined) throw new Error('two shards')
  const { startingHashKey: start, endingHashKey: end } = first
  w.target.split(first.shardId)
  const straddling = [
    w.put('low', { explicitHashKey: String(start + 1n) }),
    w.put('high', { explicitHashKey: String(end) }),
  ]
  await w.clock.until(Promise.all(straddling))
  expect(w.outcomes.get('low')?.attempts.map(({ errorCode }) => errorCode)).toEqual(['Wrong Shard', null])
  expect(w.outcomes.get('high')?.attempts.map(({ errorCode }) => errorCode)).toEqual(['Wrong Shard', null])
  expect(w.target.read()).toMatchObject({ dropped: 1 })
  expect(
    w.target
      .read()
      .records.map(({ text }) => text)
      .sort(),
  ).toEqual(['high', 'low'])
  expect(w.target.lists).toBe(2)

  const [second] = w.target.open
  if (second === undefined) throw new Error('three shards')
  w.target.split(second.shardId)
  const child = w.target.open.find(({ startingHashKey }) => startingHashKey === second.startingHashKey) ?? second
  const contained = ['a', 'b'].map(name => w.put(name, { explicitHashKey: inside(child) }))
  await w.clock.until(Promise.all(contained))
  expect(w.outcomes.get('a')).toMatchObject({ shardId: child.shardId, attempts: [{ errorCode: null }] })
  expect(w.target.lists).toBe(3)
  expect(w.target.read().records).toHaveLength(4)
})

test('a raw user record is never repeated because of its shard', async () => {
  const w = world({ shards: 1 })
  await w.clock.until(w.producer.mapped())
  w.target.split('shardId-000000000000')
  await w.clock.until(w.put('a'))
  expect(w.outcomes.get('a')?.attempts).toHaveLength(1)
  await w.clock.until(Promise.all([w.put('b'), w.put('c')]))
  expect(w.target.read().records).toHaveLength(3)
  expect(w.target.lists).toBe(2)
})

test('after a merge nothing is repeated, and many records of one call cause one refresh', async () => {
  const w = world({ shards: 8, configuration: { AggregationMaxCount: 3 } })
  await w.clock.until(w.producer.mapped())
  w.target.merge('shardId-000000000002')
  await w.clock.until(Promise.all(w.names(0, 300).map(name => w.put(name))))
  expect(w.target.read().records).toHaveLength(300)
  expect(w.target.read().dropped).toBe(0)
  expect(w.target.lists).toBe(2)
})

test('an aggregate stored on a shard that ListShards does not show yet waits for the list, and is then judged', async () => {
  const w = world({ shards: 1 })
  await w.clock.until(w.producer.mapped())
  w.target.listed = [...w.target.open]
  w.target.split('shardId-000000000000')
  const child = w.target.open[0]
  if (child === undefined) throw new Error('two children')
  const puts = Promise.all([0, 1].map(i => w.put(`r${i}`, { explicitHashKey: inside(child) })))
  await w.clock.advance(5_000)
  expect(w.outcomes.size).toBe(0)
  w.target.listed = null
  await w.clock.until(puts)
  expect(w.outcomes.get('r0')).toMatchObject({ shardId: child.shardId, attempts: [{ errorCode: null }] })
  expect(w.target.read().records).toHaveLength(2)
})

test('with AggregateCompression an aggregate is stored as gzip where that is smaller, and reads back whole', async () => {
  const w = world({ shards: 2, configuration: { AggregateCompression: 'gzip' } })
  await w.clock.until(w.producer.mapped())
  await w.clock.until(Promise.all(w.names(0, 500).map(name => w.put(name))))
  const aggregates = w.target.stored.filter(({ entry }) => entry.partitionKey === 'a')
  expect(aggregates.length).toBeGreaterThan(0)
  for (const { entry } of aggregates) expect(looksAggregated(gunzipSync(entry.data))).toBe(true)
  expect(w.outcomes.size).toBe(500)
  const plain = world({ configuration: { AggregateCompression: 'gzip' } })
  await plain.clock.until(plain.put('alone'))
  expect(Buffer.from(plain.target.stored[0]?.entry.data ?? []).toString()).toBe('alone')
})

test('an aggregate that would become so small that readers refuse it is stored plain', async () => {
  const w = world({ configuration: { AggregateCompression: 'gzip', AggregationMaxSize: 1_000_000 } })
  await w.clock.until(w.producer.mapped())
  const sizes = [20_000, 400_000]
  for (const size of sizes) {
    const puts = [1, 2].map(i => w.put(`${i}${' '.repeat(size)}`, { partitionKey: 'k' }))
    await w.clock.until(Promise.all(puts))
  }
  const [small, large] = w.target.stored.map(({ entry }) => entry.data)
  if (small === undefined || large === undefined) throw new Error('two aggregates')
  // below 64 KiB the ratio does not count
  expect(looksAggregated(gunzipSync(small))).toBe(true)
  expect(uncompress(small)).toEqual(gunzipSync(small))
  expect(gzipSync(large, { level: 3 }).length).toBeLessThan(large.length / 100)
  expect(looksAggregated(large)).toBe(true)
  expect([100, 656, 1_000, 10_000_000].map(uncompressedBytesMax)).toEqual([65_536, 65_600, 100_000, 67_108_864])
})

test('a shard takes 1000 records in a burst and then 1500 a second, however many are put', async () => {
  const w = world({ configuration: { AggregationMaxCount: 1, RecordTtl: 60_000, AdaptiveRateLimit: false } })
  await w.clock.until(w.producer.mapped())
  const puts = Promise.all(w.names(0, 4_000).map(name => w.put(name)))
  await w.clock.advance(10)
  expect(w.target.stored.length).toBeLessThanOrEqual(1_000)
  await w.clock.advance(1_000)
  expect(w.target.stored.length).toBeGreaterThan(2_300)
  expect(w.target.stored.length).toBeLessThanOrEqual(2_530)
  await w.clock.until(puts)
  expect(w.target.stored).toHaveLength(4_000)
})

test('a record that waits for the rate limit expires there', async () => {
  const w = world({ configuration: { AggregationMaxCount: 1, RecordTtl: 500, RateLimit: 1 } })
  await w.clock.until(w.producer.mapped())
  await w.clock.until(Promise.all(w.names(0, 1_100).map(name => w.put(name))))
  expect(w.outcomes.size).toBeGreaterThanOrEqual(1_000)
  expect(w.failed.size).toBe(1_100 - w.outcomes.size)
  const [error] = w.failed.values()
  expect(error).toMatchObject({ failure: 'expired', attempts: [{ errorCode: 'Expired' }] })
  expect(error?.message).toMatch(/limiter/)
})

test('a throttled shard is asked less, and others go on at their rate', async () => {
  const run = async (AdaptiveRateLimit: boolean): Promise<number> => {
    const w = world({ shards: 2, configuration: { AggregationMaxCount: 1, AdaptiveRateLimit, RecordTtl: 20_000 } })
    await w.clock.until(w.producer.mapped())
    let tokens = 0
    let at = 0
    let refused = 0
    const slow = w.target.open[0]?.shardId
    // the service lets 200 records a second into the first shard
    w.target.fault = shardId => {
      if (shardId !== slow) return null
      tokens = Math.min(200, tokens + (w.clock.monotonicMs() - at) * 0.2)
      at = w.clock.monotonicMs()
      if (tokens < 1) {
        refused++
        return 'throttle'
      }
      tokens--
      return null
    }
    await w.clock.until(Promise.all(w.names(0, 3_000).map(name => w.put(name))))
    expect(w.outcomes.size).toBe(3_000)
    return refused
  }
  expect(await run(true)).toBeLessThan((await run(false)) * 0.7)
})

test('256 KiB for one shard leave at once, without waiting for company', async () => {
  const w = world({ shards: 2, configuration: { RecordMaxBufferedTime: 60_000, RecordTtl: 100_000 } })
  await w.clock.until(w.producer.mapped())
  const hashKey = inside(w.target.open[0] ?? { startingHashKey: 0n, endingHashKey: 0n })
  for (let i = 0; i < 27; i++) void w.put(`${i}`.padEnd(9_990, '.'), { explicitHashKey: hashKey, partitionKey: 'k' })
  await w.clock.drain()
  expect(w.target.calls).toHaveLength(0)
  for (let i = 27; i < 33; i++) void w.put(`${i}`.padEnd(9_990, '.'), { explicitHashKey: hashKey, partitionKey: 'k' })
  await w.clock.drain()
  expect(w.target.calls).toHaveLength(1)
  await w.clock.until(w.producer.close())
  expect(w.target.read().records).toHaveLength(33)
})

test('with marks, what a lost reply stored twice is delivered once behind a de-duplicator', async () => {
  for (let seed = 1; seed <= 15; seed++) {
    const w = world({ shards: 2, seed, marks: { producerId: 'web' } })
    w.target.reply = call => (call % 3 === 1 ? Object.assign(new Error('reset'), { code: 'ECONNRESET' }) : null)
    await w.clock.until(w.producer.mapped())
    await w.clock.until(Promise.all(w.names(0, 80).map(name => w.put(name))))
    const { records } = w.target.read()
    expect(records.length).toBeGreaterThan(80)
    const deduplicator = new Deduplicator()
    const delivered = records.filter(({ mark }) => {
      const parsed = parseMark(mark ?? '')
      return parsed !== null && deduplicator.see(parsed) === 'first'
    })
    expect(delivered.map(({ text }) => text).sort()).toEqual(w.names(0, 80).sort())
    expect(deduplicator.repeats).toBe(records.length - 80)
  }
})

test('with marks even a single user record is an aggregate, under its own key', async () => {
  const w = world({ marks: { producerId: 'web', epoch: 3 } })
  await w.clock.until(w.producer.mapped())
  await w.clock.until(w.put('a', { partitionKey: 'k' }))
  const [entry] = w.target.calls[0] ?? []
  expect(entry?.partitionKey).toBe('k')
  expect(looksAggregated(entry?.data ?? new Uint8Array())).toBe(true)
  expect(parseMark(w.target.read().records[0]?.mark ?? '')).toEqual({ producerId: 'web', epoch: 3, counter: 0 })
})

/** Throws the dice: throttling, partial failures, lost replies, splits and merges in mid-flight, a list that lags or fails. */
async function trouble(seed: number, more: Partial<ProducerConfiguration>, marks?: MarkOptions) {
  const env = memoryEnv({ seed: seed + 1_000 })
  const { random } = env
  const configuration = {
    AggregationMaxSize: 64 + random.below(600),
    CollectionMaxCount: 1 + random.below(20),
    MaxConnections: 1 + random.below(6),
    RecordMaxBufferedTime: random.below(100),
    RecordTtl: 600_000,
    RequestTimeout: 1_000,
    ...more,
  }
  const w = world({ shards: 1 + random.below(4), seed, configuration, ...(marks === undefined ? {} : { marks }) })
  const strength = random.next() * 0.5
  let lost = 0
  w.target.latencyMs = random.below(60)
  w.target.fault = () => (w.random.next() < strength ? w.random.pick(['throttle', 'internal'] as const) : null)
  w.target.reply = () => {
    const die = w.random.next() * 12
    if (die > 2) return null
    lost++
    return die > 1 ? 'never' : new Error('reply lost')
  }
  w.target.listFails = () => w.random.below(4) === 0
  const order = new Map<string, string[]>()
  const run = async (): Promise<void> => {
    const all: Promise<void>[] = []
    for (let i = 0; i < 300; i++) {
      if (random.below(12) === 0) await w.clock.sleep(random.below(300))
      if (random.below(25) === 0) {
        w.target.listed = random.below(2) === 0 ? [...w.target.open] : null
        if (random.below(2) === 0) w.target.split(random.pick(w.target.open).shardId)
        else w.target.merge(random.pick(w.target.open).shardId)
      }
      if (random.below(40) === 0) void w.producer.flush()
      const partitionKey = `k${random.below(12)}`
      order.set(partitionKey, [...(order.get(partitionKey) ?? []), `r${i}`])
      all.push(w.put(`r${i}`, { partitionKey }))
    }
    w.target.listed = null
    await w.producer.close()
    await Promise.all(all)
  }
  await w.clock.until(run())
  return { ...w, order, lost, label: `seed ${seed}` }
}

test('under random trouble and resharding every put ends with the truth, and nothing that was stored is lost', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const w = await trouble(seed, {})
    expect([w.outcomes.size, w.failed.size], w.label).toEqual([300, 0])
    const { records } = w.target.read()
    const places = new Map<string, string[]>()
    for (const { text, shardId, sequenceNumber, subsequenceNumber } of records)
      places.set(text, [...(places.get(text) ?? []), `${shardId} ${sequenceNumber} ${subsequenceNumber}`])
    for (const [text, { shardId, sequenceNumber, subsequenceNumber }] of w.outcomes)
      expect(places.get(text), `${w.label}: ${text}`).toContain(`${shardId} ${sequenceNumber} ${subsequenceNumber}`)
    // a reader sees a user record twice only where a reply was lost
    if (w.lost === 0) expect(records, w.label).toHaveLength(300)
    expect(w.producer.metrics()).toMatchObject({ recordsPut: 300, outstandingRecords: 0, callsInFlight: 0 })
  }
})

test('no reply lost, no user record twice: resharding and throttling alone make no duplicates', async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const env = memoryEnv({ seed: seed + 500 })
    const w = world({ shards: 2, seed, configuration: { AggregationMaxSize: 300, RecordTtl: 600_000 } })
    w.target.latencyMs = 5
    w.target.fault = () => (w.random.below(5) === 0 ? 'throttle' : null)
    const run = async (): Promise<void> => {
      const all: Promise<void>[] = []
      for (let i = 0; i < 300; i++) {
        if (env.random.below(10) === 0) await w.clock.sleep(env.random.below(60))
        if (env.random.below(20) === 0) w.target.split(env.random.pick(w.target.open).shardId)
        if (env.random.below(20) === 0) w.target.merge(env.random.pick(w.target.open).shardId)
        all.push(w.put(`r${i}`))
      }
      await Promise.all(all)
    }
    await w.clock.until(run())
    const texts = w.target.read().records.map(({ text }) => text)
    expect(texts.sort(), `seed ${seed}`).toEqual(w.names(0, 300).sort())
  }
})

test('under the same trouble with marks, a reader with a de-duplicator sees each user record exactly once', async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const w = await trouble(seed, {}, {})
    const deduplicator = new Deduplicator()
    const delivered = w.target.read().records.filter(({ mark }) => {
      const parsed = parseMark(mark ?? '')
      return parsed !== null && deduplicator.see(parsed) === 'first'
    })
    expect(delivered.map(({ text }) => text).sort(), w.label).toEqual(w.names(0, 300).sort())
  }
})

test('with KeyOrder the first copies of the user records of a key are in the order of their puts, through all of that', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const w = await trouble(seed, { KeyOrder: true })
    expect([w.outcomes.size, w.failed.size], w.label).toEqual([300, 0])
    const seen = new Map<string, string[]>()
    for (const { text, partitionKey } of w.target.read().records) {
      const texts = seen.get(partitionKey) ?? []
      if (!texts.includes(text)) texts.push(text)
      seen.set(partitionKey, texts)
    }
    for (const [partitionKey, texts] of w.order) expect(seen.get(partitionKey), w.label).toEqual(texts)
  }
})
