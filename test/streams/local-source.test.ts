/** The embedded stream as a source for code in its process, and as memory with bounds. */
import { describe, expect, test } from 'vitest'
import { hasCode, type ShardReader, type StreamSource } from '../../core/index.ts'
import { LocalStreams, type LocalStreamsOptions, type StreamNotice } from '../../streams/index.ts'
import { memoryEnv } from '../support/memory-env.ts'

const SHARD = 'shardId-000000000000'
const HOUR_MS = 3_600_000
const utf8 = new TextEncoder()
const text = new TextDecoder()
const never = new AbortController().signal

async function world(options: Partial<LocalStreamsOptions> = {}, shards = 1) {
  const env = memoryEnv()
  const streams = await LocalStreams.open({ env, ...options })
  const stream = await streams.create('s', { shards })
  const put = (data: string, arrivedAt?: number) =>
    stream.put({ data: utf8.encode(data), partitionKey: data.slice(0, 100), arrivedAt })
  return { env, clock: env.clock, streams, stream, put }
}

async function take(reader: ShardReader, recordsMax = 100) {
  const { records, ...rest } = await reader.read(recordsMax, never)
  const data = Array.from({ length: records.length }, (_, i) => {
    const at = records.offsets[i] ?? 0
    return text.decode(records.bytes.subarray(at, at + (records.sizes[i] ?? 0)))
  })
  return { data, records, ...rest }
}

/** Reads on to the tip; one read may stop before it. */
async function takeAll(reader: ShardReader): Promise<string[]> {
  const seen: string[] = []
  for (;;) {
    const { data, millisBehindLatest } = await take(reader, 1_000)
    seen.push(...data)
    if (millisBehindLatest === 0) return seen
  }
}

describe.each([
  { where: 'in memory', directory: undefined },
  { where: 'in files', directory: 'data' },
])('a source over a stream $where', ({ directory }) => {
  test('reads on from each start position', async () => {
    const { clock, stream, put } = await world({ directory })
    const numbers: string[] = []
    for (const data of ['a', 'b', 'c']) {
      numbers.push((await put(data)).sequenceNumber)
      await clock.advance(10)
    }
    const position = (subsequenceNumber: number) => ({
      shardId: SHARD,
      sequenceNumber: numbers[1] ?? '',
      subsequenceNumber,
    })
    const from = async (start: Parameters<StreamSource['openShard']>[1]) =>
      (await take(await stream.openShard(SHARD, start))).data
    expect(await from({ kind: 'trimHorizon' })).toEqual(['a', 'b', 'c'])
    expect(await from({ kind: 'latest' })).toEqual([])
    expect(await from({ kind: 'after', position: position(0) })).toEqual(['c'])
    expect(await from({ kind: 'after', position: position(-1) })).toEqual(['b', 'c'])
    expect(await from({ kind: 'atTimestamp', timestamp: clock.now() - 10 })).toEqual(['c'])
    await expect(stream.openShard('shardId-000000000009', { kind: 'latest' })).rejects.toSatisfy(e =>
      hasCode(e, 'not_found'),
    )
    const foreign = { shardId: SHARD, sequenceNumber: '49', subsequenceNumber: 0 }
    await expect(stream.openShard(SHARD, { kind: 'after', position: foreign })).rejects.toSatisfy(e =>
      hasCode(e, 'invalid_argument'),
    )
  })

  test('says how far behind a read ends and when it was asked, by the clock that stamps arrivals', async () => {
    const { clock, stream, put } = await world({ directory })
    const reader = await stream.openShard(SHARD, { kind: 'trimHorizon' })
    await put('a')
    await clock.advance(500)
    await put('b')
    await clock.advance(500)
    expect(await take(reader, 1)).toMatchObject({
      data: ['a'],
      millisBehindLatest: 1_000,
      requestedAt: clock.now(),
      ended: false,
    })
    expect(await take(reader, 1)).toMatchObject({ data: ['b'], millisBehindLatest: 0, ended: false })
    expect(await take(reader, 1)).toMatchObject({
      data: [],
      millisBehindLatest: 0,
      requestedAt: clock.now(),
      ended: false,
    })
  })

  test('rowtimes equal arrival times, and raising them leaves the stream as it was', async () => {
    const { clock, stream, put } = await world({ directory })
    await put('history', 1_000)
    await put('now')
    const reader = await stream.openShard(SHARD, { kind: 'trimHorizon' })
    const { records } = await take(reader)
    expect([...records.arrivedAt].slice(0, 2)).toEqual([1_000, clock.now()])
    expect([...records.rowtimes].slice(0, 2)).toEqual([1_000, clock.now()])
    records.rowtimes.fill(7)
    const again = await take(await stream.openShard(SHARD, { kind: 'trimHorizon' }))
    expect([...again.records.arrivedAt].slice(0, 2)).toEqual([1_000, clock.now()])
  })

  test('what a reader was given does not change while the stream grows', async () => {
    const { stream, put } = await world({ directory })
    await put('first')
    const { records } = await take(await stream.openShard(SHARD, { kind: 'trimHorizon' }))
    const copy = records.bytes.slice(records.offsets[0], 5)
    for (let i = 0; i < 3_000; i++) await put(`record ${i} ${'x'.repeat(100)}`)
    expect(records.bytes.slice(records.offsets[0], 5)).toEqual(copy)
    expect([records.length, records.partitionKey(0)]).toEqual([1, 'first'])
  })

  test('waiting ends with the next put, at once when one came since the last empty read, and else after a second', async () => {
    const { clock, stream, put } = await world({ directory }, 2)
    const source = stream.asSource()
    const readers = await Promise.all(
      (await source.listShards(never)).map(s => source.openShard(s.shardId, { kind: 'latest' })),
    )
    for (const reader of readers) await take(reader)
    let done = 0
    const wait = () => source.wait(never).then(() => done++)
    void wait()
    await clock.drain()
    expect(done).toBe(0)
    await put('a')
    await clock.drain()
    expect(done).toBe(1)
    // The put lies unread: no need to wait for another.
    void wait()
    await clock.drain()
    expect(done).toBe(2)
    for (const reader of readers) await take(reader)
    void wait()
    await clock.advance(999)
    expect(done).toBe(2)
    await clock.advance(1)
    expect(done).toBe(3)
  })

  test('waiting rejects when it is aborted, before or meanwhile', async () => {
    const { clock, stream } = await world({ directory })
    const controller = new AbortController()
    const waiting = expect(stream.wait(controller.signal)).rejects.toSatisfy(e => hasCode(e, 'aborted'))
    await clock.drain()
    controller.abort()
    await waiting
    await expect(stream.wait(controller.signal)).rejects.toSatisfy(e => hasCode(e, 'aborted'))
  })

  test('after the seal every shard ends at its tip, not before, and puts are refused', async () => {
    const { clock, stream, put } = await world({ directory }, 2)
    await put('a')
    await put('b')
    const source = stream.asSource()
    const readers = await Promise.all(
      (await source.listShards(never)).map(s => source.openShard(s.shardId, { kind: 'trimHorizon' })),
    )
    const seen: string[] = []
    for (const reader of readers) {
      const { data, ended } = await take(reader, 1)
      seen.push(...data)
      expect(ended).toBe(false)
    }
    for (const reader of readers) seen.push(...(await take(reader)).data)
    let woken = false
    void source.wait(never).then(() => (woken = true))
    await clock.drain()
    expect(woken).toBe(false)
    await stream.seal()
    await clock.drain()
    expect(woken).toBe(true)
    for (const reader of readers) expect(await take(reader)).toMatchObject({ data: [], ended: true })
    expect(seen.sort()).toEqual(['a', 'b'])
    expect((await source.listShards(never)).every(shard => shard.closed)).toBe(true)
    await expect(put('c')).rejects.toSatisfy(e => hasCode(e, 'closed'))
  })

  test('a put on its way when the stream is sealed is read before the end', async () => {
    const { stream, put } = await world({ directory })
    const reader = await stream.openShard(SHARD, { kind: 'trimHorizon' })
    const placed = put('late')
    const sealed = stream.seal()
    const seen: string[] = []
    for (let ended = false; !ended; ) {
      const read = await take(reader)
      seen.push(...read.data)
      ended = read.ended
    }
    await Promise.all([placed, sealed])
    expect(seen).toEqual(['late'])
  })

  test('closing a source leaves the stream open for others', async () => {
    const { stream, put } = await world({ directory })
    const source = stream.asSource()
    const reader = await source.openShard(SHARD, { kind: 'trimHorizon' })
    await source.close()
    await expect(reader.read(1, never)).rejects.toSatisfy(e => hasCode(e, 'closed'))
    await put('a')
    expect((await take(await stream.openShard(SHARD, { kind: 'trimHorizon' }))).data).toEqual(['a'])
  })

  test('the number of shards does not show in sequence numbers', async () => {
    const numbers = async (shards: number) => {
      const { put } = await world({ directory }, shards)
      const seen: string[] = []
      for (let i = 0; i < 20; i++) seen.push((await put(`k${i}`)).sequenceNumber)
      return seen
    }
    expect(await numbers(5)).toEqual(await numbers(1))
  })
})

describe('iterators', () => {
  test('expire after five minutes, by name, and not before', async () => {
    const { clock, stream, put } = await world()
    await put('a')
    const iterator = await stream.getIterator(SHARD, { kind: 'trimHorizon' })
    await clock.advance(300_000)
    expect((await stream.getRecords(iterator)).records.length).toBe(1)
    await clock.advance(1)
    await expect(stream.getRecords(iterator)).rejects.toSatisfy(e => hasCode(e, 'expired_iterator'))
  })

  test('of another stream, of a stream deleted since, or made up are refused', async () => {
    const { clock, streams, stream } = await world()
    const other = await streams.create('other')
    const foreign = await other.getIterator(SHARD, { kind: 'latest' })
    const stale = await stream.getIterator(SHARD, { kind: 'latest' })
    await clock.advance(1)
    await streams.delete('s')
    const again = await streams.create('s')
    for (const iterator of [foreign, stale, '', 'AAAA', 'not base 64', `${stale}=`, stale.slice(0, -4)])
      await expect(again.getRecords(iterator)).rejects.toSatisfy(e => hasCode(e, 'invalid_argument'))
  })
})

describe('a stream in memory', () => {
  test('shows no record older than the retention and lets go of its memory', async () => {
    const { clock, stream, put } = await world()
    for (let hour = 0; hour < 30; hour++) {
      await put(`hour ${hour} ${'x'.repeat(200_000)}`.slice(0, 200_000))
      await clock.advance(HOUR_MS)
    }
    const data = await takeAll(await stream.openShard(SHARD, { kind: 'trimHorizon' }))
    expect(data.map(one => one.split(' ')[1])).toEqual(Array.from({ length: 24 }, (_, i) => String(i + 6)))
    const held = stream.shard(SHARD).log.heldBytes
    await clock.advance(25 * HOUR_MS)
    expect(stream.shard(SHARD).log.heldBytes).toBeLessThan(held / 10)
    expect((await take(await stream.openShard(SHARD, { kind: 'trimHorizon' }))).data).toEqual([])
  })

  test('retention goes by when a record was put, so that history put today stays', async () => {
    const { clock, stream, put } = await world()
    await put('from 1970', 0)
    await clock.advance(HOUR_MS)
    expect((await take(await stream.openShard(SHARD, { kind: 'trimHorizon' }))).data).toEqual(['from 1970'])
  })

  test('is bounded: a full stream throttles puts, and says what to do', async () => {
    const { stream, put } = await world({ memoryBytesMax: 1_000_000 })
    const outcomes = await stream.putMany(
      Array.from({ length: 20 }, (_, i) => ({ data: new Uint8Array(100_000), partitionKey: `${i}` })),
    )
    const taken = outcomes.filter(outcome => outcome.accepted).length
    expect(taken).toBeGreaterThan(5)
    expect(taken).toBeLessThan(20)
    expect(outcomes.at(-1)).toMatchObject({ accepted: false, code: 'throttled' })
    await expect(put('one more')).rejects.toMatchObject({ code: 'throttled', retry: 'backoff' })
    expect(await takeAll(await stream.openShard(SHARD, { kind: 'trimHorizon' }))).toHaveLength(taken)
  })

  test('may trim its oldest records instead, and counts them in notices', async () => {
    const told: StreamNotice[] = []
    const { stream } = await world(
      { memoryBytesMax: 3_000_000, whenFull: 'trim', onNotice: notice => told.push(notice) },
      2,
    )
    for (let i = 0; i < 200; i++) await stream.put({ data: new Uint8Array(100_000), partitionKey: `${i}` })
    let left = 0
    for (const shard of await stream.listShards())
      left += (await takeAll(await stream.openShard(shard.shardId, { kind: 'trimHorizon' }))).length
    const trimmed = told.reduce((sum, notice) => sum + (notice.kind === 'trimmed_early' ? notice.records : 0), 0)
    expect(left + trimmed).toBe(200)
    expect(left).toBeGreaterThan(5)
  })

  test('refuses entries that break a rule of the service, and then stores none of the call', async () => {
    const { stream } = await world()
    const entry = (data: number, partitionKey = 'k') => ({ data: new Uint8Array(data), partitionKey })
    const refused = async (
      entries: Parameters<typeof stream.putMany>[0],
      code: 'invalid_argument' | 'limit_exceeded',
    ) => expect(stream.putMany(entries)).rejects.toSatisfy(e => hasCode(e, code))
    const MiB = 1_048_576
    await refused([], 'invalid_argument')
    await refused(
      Array.from({ length: 501 }, () => entry(1)),
      'invalid_argument',
    )
    await refused([entry(1), entry(1, '')], 'invalid_argument')
    await refused([entry(1), entry(1, 'x'.repeat(257))], 'invalid_argument')
    await refused([entry(1), entry(1, '😀'.repeat(257))], 'invalid_argument')
    await refused([entry(1), entry(MiB)], 'limit_exceeded')
    await refused(
      Array.from({ length: 11 }, () => entry(MiB - 1)),
      'limit_exceeded',
    )
    await refused([{ ...entry(1), explicitHashKey: 1n << 128n }], 'invalid_argument')
    await refused([{ ...entry(1), explicitHashKey: -1n }], 'invalid_argument')
    expect((await take(await stream.openShard(SHARD, { kind: 'trimHorizon' }))).data).toEqual([])
    await stream.putMany([
      entry(MiB - 1),
      entry(0, '😀'.repeat(256)),
      { ...entry(1), explicitHashKey: (1n << 128n) - 1n },
    ])
    expect(await takeAll(await stream.openShard(SHARD, { kind: 'trimHorizon' }))).toHaveLength(3)
  })

  test('GetRecords gives at most 10 MiB, and a reader gives as much in views of single blocks', async () => {
    const { stream } = await world()
    for (let i = 0; i < 12; i++) await stream.put({ data: new Uint8Array(1_048_000), partitionKey: 'k' })
    const first = await stream.getRecords(await stream.getIterator(SHARD, { kind: 'trimHorizon' }))
    const second = await stream.getRecords(first.nextIterator ?? '')
    expect([first.records.length, second.records.length]).toEqual([10, 2])
    expect(await takeAll(await stream.openShard(SHARD, { kind: 'trimHorizon' }))).toHaveLength(12)
  })
})
