/** Streams in files: what survives an orderly end, a torn write, a power cut, a full disk; retention; reads from segments. */
import { describe, expect, test } from 'vitest'
import { hasCode } from '../../core/index.ts'
import {
  type Durability,
  type LocalStream,
  LocalStreams,
  type LocalStreamsOptions,
  type StreamNotice,
} from '../../streams/index.ts'
import { crc32, crc32ByTable } from '../../streams/local/crc32.ts'
import { type MemoryEnv, memoryEnv } from '../support/memory-env.ts'

const SHARD = 'shardId-000000000000'
const EACH_PUT: Durability = { kind: 'each-put' }
const HOUR_MS = 3_600_000
const utf8 = new TextEncoder()
const text = new TextDecoder()

function open(env: MemoryEnv, options: Partial<LocalStreamsOptions> = {}): Promise<LocalStreams> {
  // Whoever had the directory before is dead, whether it closed its streams or not.
  env.processes.restart()
  return LocalStreams.open({ env, directory: 'data', durability: EACH_PUT, ...options })
}

function put(stream: LocalStream, data: string, key = 'k') {
  return stream.put({ data: utf8.encode(data), partitionKey: key })
}

async function readAll(stream: LocalStream, shardId = SHARD, limit = 10_000): Promise<string[]> {
  const seen: string[] = []
  let iterator: string | null = await stream.getIterator(shardId, { kind: 'trimHorizon' })
  for (let behind = 1; behind > 0 && iterator !== null; ) {
    const read = await stream.getRecords(iterator, limit)
    for (let i = 0; i < read.records.length; i++) seen.push(dataOf(read.records, i))
    iterator = read.nextIterator
    behind = read.millisBehindLatest
  }
  return seen
}

function dataOf(records: { bytes: Uint8Array; offsets: Int32Array; sizes: Int32Array }, i: number): string {
  const at = records.offsets[i] ?? 0
  return text.decode(records.bytes.subarray(at, at + (records.sizes[i] ?? 0)))
}

const segmentsOf = (env: MemoryEnv) => env.files.paths().filter(path => path.endsWith('.log'))
const onlySegment = (env: MemoryEnv) => segmentsOf(env)[0] ?? ''

/** A world with three records in one segment, ended without a word. */
async function threeRecords() {
  const env = memoryEnv()
  const streams = await open(env)
  const stream = await streams.create('s')
  const ends: number[] = []
  for (const data of ['one', 'two', 'three']) {
    await put(stream, data)
    ends.push((await env.files.stat(onlySegment(env)))?.sizeBytes ?? 0)
  }
  return { env, ends, bytes: await env.files.readAll(onlySegment(env)) }
}

describe('a stream in files', () => {
  test('goes on after an orderly end where it stopped: records, shards, and the next sequence number', async () => {
    const env = memoryEnv()
    const before = await open(env)
    const stream = await before.create('Name.With-CASE', {
      shards: 2,
      retentionMs: 5 * HOUR_MS,
      recordBytesMax: 2_000_000,
    })
    const shards = await stream.listShards()
    const last = await put(stream, 'one', 'ключ "1"')
    await before.close()
    const after = await open(env)
    expect(after.list()).toEqual(['Name.With-CASE'])
    const again = after.get('Name.With-CASE')
    expect(await again.listShards()).toEqual(shards)
    expect(again.description).toMatchObject({ retentionMs: 5 * HOUR_MS, recordBytesMax: 2_000_000 })
    expect(await readAll(again, last.shardId)).toEqual(['one'])
    expect(again.notices).toEqual([])
    const next = await put(again, 'two')
    expect(BigInt(next.sequenceNumber)).toBe(BigInt(last.sequenceNumber) + 1n)
  })

  test('keeps streams apart whose names differ only by case or look like parent directories', async () => {
    const env = memoryEnv()
    const before = await open(env)
    const names = ['.', '..', 'A', 'STREAM', 'Stream', 'a', 'stream']
    for (const name of names) await put(await before.create(name), `in ${name}`)
    expect(env.files.paths().every(path => path.startsWith('data/'))).toBe(true)
    expect(new Set(env.files.paths().map(path => path.toLowerCase())).size).toBe(env.files.paths().length)
    await before.close()
    const after = await open(env)
    expect(after.list()).toEqual(names)
    for (const name of names) expect(await readAll(after.get(name))).toEqual([`in ${name}`])
  })

  test('leaves nothing behind of a deleted stream, and its name may be used again', async () => {
    const env = memoryEnv()
    const streams = await open(env)
    await put(await streams.create('s'), 'old')
    await streams.delete('s')
    expect(env.files.paths().map(path => path.replace(/lock-.*/, 'lock'))).toEqual(['data/.lock', 'data/.next-counter'])
    expect(await readAll(await streams.create('s'))).toEqual([])
  })

  test.each([
    'data',
    undefined,
  ])('gives the sequence numbers of a deleted stream to no later one, and takes them for none of its own (directory %s)', async directory => {
    const env = memoryEnv()
    let streams = await open(env, { directory })
    const seen: string[] = []
    for (let life = 0; life < 3; life++) {
      const stream = await streams.create('s')
      const first = (await put(stream, `first of life ${life}`)).sequenceNumber
      const last = (await put(stream, `last of life ${life}`)).sequenceNumber
      seen.push(first, last)
      // the place before the first record is one of the stream, the last record of the life before is not
      const before = stream.getIterator(SHARD, {
        kind: 'after',
        position: { shardId: SHARD, sequenceNumber: seen[life * 2 - 1] ?? first, subsequenceNumber: -1 },
      })
      if (life === 0) await before
      else
        await expect(before).rejects.toSatisfy(
          e => hasCode(e, 'invalid_argument') && /did not come from this stream/.test(String(e)),
        )
      expect(await readAll(stream)).toEqual([`first of life ${life}`, `last of life ${life}`])
      await streams.delete('s')
      if (directory !== undefined) {
        await streams.close()
        streams = await open(env, { directory })
      }
    }
    expect(seen.toSorted()).toEqual(seen)
    expect(new Set(seen).size).toBe(6)
  })

  test('refuses a directory whose note of the next counter cannot be understood, and gives the lock back', async () => {
    const env = memoryEnv()
    await (await open(env)).close()
    const handle = await env.files.open('data/.next-counter', 'create')
    await handle.write(utf8.encode('one'), 0)
    await handle.close()
    await expect(open(env)).rejects.toSatisfy(e => hasCode(e, 'corrupt_log') && /next-counter/.test(String(e)))
    expect(env.files.paths()).toEqual(['data/.next-counter'])
  })

  test('cuts off a write that was torn at any byte of the last record, says so, and goes on', async () => {
    const { ends, bytes } = await threeRecords()
    const [, soundEnd = 0, end = 0] = ends
    for (let cut = soundEnd + 1; cut < end; cut++) {
      const { env } = await threeRecords()
      env.files.put(onlySegment(env), bytes.subarray(0, cut))
      const told: StreamNotice[] = []
      const stream = (await open(env, { onNotice: notice => told.push(notice) })).get('s')
      const notice = {
        kind: 'torn_tail',
        shardId: SHARD,
        path: onlySegment(env),
        atByte: soundEnd,
        droppedBytes: cut - soundEnd,
      }
      expect(told).toEqual([notice])
      expect(stream.notices).toEqual([notice])
      expect(await readAll(stream)).toEqual(['one', 'two'])
      await put(stream, 'four')
      expect(await readAll((await open(env)).get('s'))).toEqual(['one', 'two', 'four'])
    }
  })

  test('cuts off a last record with any one byte wrong', async () => {
    const { ends, bytes } = await threeRecords()
    const [, soundEnd = 0, end = 0] = ends
    for (let at = soundEnd; at < end; at++) {
      const { env } = await threeRecords()
      const wrong = bytes.slice()
      wrong[at] = (wrong[at] ?? 0) ^ 0x10
      env.files.put(onlySegment(env), wrong)
      const stream = (await open(env)).get('s')
      expect(await readAll(stream)).toEqual(['one', 'two'])
      expect(stream.notices).toMatchObject([{ kind: 'torn_tail', droppedBytes: end - soundEnd }])
    }
  })

  test('refuses to start when sound records follow a wrong byte, and cuts them off only when told to', async () => {
    const { ends, bytes } = await threeRecords()
    const [firstEnd = 0, secondEnd = 0, end = 0] = ends
    for (let at = firstEnd; at < secondEnd; at++) {
      const { env } = await threeRecords()
      const wrong = bytes.slice()
      wrong[at] = (wrong[at] ?? 0) ^ 0x10
      env.files.put(onlySegment(env), wrong)
      await expect(open(env)).rejects.toSatisfy(error => hasCode(error, 'corrupt_log'))
      expect(await env.files.readAll(onlySegment(env))).toEqual(wrong)
      const stream = (await open(env, { onCorruption: 'truncate' })).get('s')
      expect(await readAll(stream)).toEqual(['one'])
      expect(stream.notices).toMatchObject([{ kind: 'corrupt_tail', atByte: firstEnd, droppedBytes: end - firstEnd }])
    }
  })

  test('never gives a sequence number twice, although the record that had it was torn off', async () => {
    const { env, ends, bytes } = await threeRecords()
    const before = (await open(env)).get('s')
    const latest = await before.getIterator(SHARD, { kind: 'trimHorizon' })
    const { records } = await before.getRecords(latest)
    const lost = records.sequenceNumber(2)
    env.files.put(onlySegment(env), bytes.subarray(0, (ends[2] ?? 0) - 1))
    const next = await put((await open(env)).get('s'), 'other')
    expect(BigInt(next.sequenceNumber)).toBeGreaterThan(BigInt(lost))
  })

  test('with durability each-put loses no answered record in 60 power cuts, however torn', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const env = memoryEnv({ seed, files: { writeCache: true } })
      const answered: string[] = []
      const numbers = new Set<string>()
      for (let life = 0; life < 4; life++) {
        const streams = await open(env, { segmentBytesMax: 400, onCorruption: 'truncate' })
        const stream = life === 0 ? await streams.create('s') : streams.get('s')
        const survivors = await readAll(stream, SHARD, 3)
        expect(survivors.filter(data => answered.includes(data))).toEqual(answered)
        // What was on its way when the power went may have arrived; from now on it counts.
        answered.splice(0, answered.length, ...survivors)
        const puts = Array.from({ length: 12 }, (_, i) => {
          const data = `life ${life} record ${i} ${'x'.repeat(env.random.below(60))}`
          return put(stream, data).then(({ sequenceNumber }) => {
            answered.push(data)
            expect(numbers.has(sequenceNumber)).toBe(false)
            numbers.add(sequenceNumber)
          })
        })
        // Cut somewhere on the way.
        await Promise.race([Promise.allSettled(puts), turns(env.random.below(40))])
        const acknowledged = [...answered]
        env.files.crash('some')
        await Promise.allSettled(puts)
        answered.splice(0, answered.length, ...acknowledged)
      }
    }
  })

  test('with durability interval a power cut loses at most what the last sync did not have', async () => {
    const env = memoryEnv({ files: { writeCache: true } })
    const streams = await open(env, { durability: { kind: 'interval', syncIntervalMs: 1_000 } })
    const stream = await streams.create('s')
    await put(stream, 'synced')
    await env.clock.advance(1_001)
    await put(stream, 'not synced')
    expect(await readAll(stream)).toEqual(['synced', 'not synced'])
    env.files.crash('synced')
    expect(await readAll((await open(env)).get('s'))).toEqual(['synced'])
  })

  test('a full disk refuses puts by name, shows no refused record, and what was stored stays readable', async () => {
    for (let capacityBytes = 2_000; capacityBytes < 4_000; capacityBytes += 61) {
      const env = memoryEnv({ files: { capacityBytes } })
      const stream = await (await open(env, { segmentBytesMax: 500 })).create('s', { shards: 2 })
      const stored: string[] = []
      let refused = 0
      for (let i = 0; i < 40; i++) {
        const entries = [0, 1].map(j => ({
          data: utf8.encode(`record ${i}.${j} ${'x'.repeat((i * 7) % 60)}`),
          partitionKey: `${i}.${j}`,
        }))
        const outcomes = await Promise.all([stream.putMany(entries.slice(0, 1)), stream.putMany(entries.slice(1))])
        outcomes.flat().forEach((outcome, j) => {
          if (outcome.accepted) stored.push(text.decode(entries[j]?.data))
          else {
            refused++
            expect(outcome).toMatchObject({ code: 'internal' })
          }
        })
      }
      expect(refused).toBeGreaterThan(0)
      expect(stored.length).toBeGreaterThan(5)
      const readable = async () =>
        (await Promise.all((await stream.listShards()).map(shard => readAll(stream, shard.shardId)))).flat().sort()
      expect(await readable()).toEqual(stored.sort())
      await expect(put(stream, 'x'.repeat(5_000))).rejects.toSatisfy(error => hasCode(error, 'unwritable_output'))
      expect(await readable()).toEqual(stored.sort())
    }
  })

  test('lets go of records after the retention, whole segments at a time, and keeps the counter', async () => {
    const env = memoryEnv()
    const streams = await open(env, { segmentBytesMax: 500 })
    const stream = await streams.create('s', { retentionMs: 10 * HOUR_MS })
    const numbers: string[] = []
    for (let hour = 0; hour < 20; hour++) {
      for (let i = 0; i < 5; i++) numbers.push((await put(stream, `hour ${hour} ${'x'.repeat(50)}`)).sequenceNumber)
      await env.clock.advance(HOUR_MS)
    }
    const hours = [...new Set((await readAll(stream)).map(data => data.split(' ')[1]))]
    expect(hours).toEqual(['10', '11', '12', '13', '14', '15', '16', '17', '18', '19'])
    // 10 hours of 5 records of 500 bytes, and at most one segment that is not old to its end.
    expect(segmentsOf(env).length).toBeLessThanOrEqual(21)
    const [first = ''] = numbers
    const old = await stream.getIterator(SHARD, { kind: 'at', sequenceNumber: first })
    expect(dataOf((await stream.getRecords(old, 1)).records, 0)).toContain('hour 10 ')
    await env.clock.advance(11 * HOUR_MS)
    expect(await readAll(stream)).toEqual([])
    expect(segmentsOf(env).length).toBe(1)
    // Even an unclean end leaves the counter: the empty segment is named after it.
    const again = (await open(env)).get('s')
    expect(await readAll(again)).toEqual([])
    expect(BigInt((await put(again, 'new')).sequenceNumber)).toBeGreaterThan(BigInt(numbers.at(-1) ?? ''))
    expect(await readAll(again)).toEqual(['new'])
  })

  test('reads of every length from every start give what was put, from segments and from the tail', async () => {
    const env = memoryEnv({ seed: 3 })
    const { random, clock } = env
    const streams = await open(env, {
      segmentBytesMax: 60_000,
      tailBytesMax: 40_000,
      durability: { kind: 'interval', syncIntervalMs: 50 },
    })
    const stream = await streams.create('s')
    const put: { data: string; number: string; arrivedAt: number }[] = []
    while (put.length < 3_000) {
      const entries = Array.from({ length: 1 + random.below(40) }, (_, i) => ({
        data: utf8.encode(`${put.length + i} ${'y'.repeat(random.below(300))}`),
        partitionKey: `key ${i} ü`,
        arrivedAt: clock.now() - random.below(30),
      }))
      const outcomes = await stream.putMany(entries)
      outcomes.forEach((outcome, i) => {
        const entry = entries[i]
        if (outcome.accepted && entry !== undefined)
          put.push({ data: text.decode(entry.data), number: outcome.sequenceNumber, arrivedAt: entry.arrivedAt })
      })
      await clock.advance(random.below(100))
    }
    const all = put.map(record => record.data)
    expect(stream.shard(SHARD).log.heldBytes).toBeLessThan(120_000)
    expect(segmentsOf(env).length).toBeGreaterThan(5)
    for (const limit of [7, 500, 10_000]) expect(await readAll(stream, SHARD, limit)).toEqual(all)
    for (let i = 0; i < 150; i++) {
      const start = random.below(put.length)
      const at = await stream.getIterator(SHARD, { kind: 'at', sequenceNumber: put[start]?.number ?? '' })
      const read = await stream.getRecords(at, 1 + random.below(30))
      expect(dataOf(read.records, 0)).toBe(all[start])
      expect(read.records.arrivedAt[0]).toBe(put[start]?.arrivedAt)
      const timestamp = (put[start]?.arrivedAt ?? 0) + random.below(3) - 1
      const expected = put.find(record => record.arrivedAt >= timestamp)
      const since = await stream.getIterator(SHARD, { kind: 'atTimestamp', timestamp })
      const { records } = await stream.getRecords(since, 1)
      expect(records.length === 0 ? undefined : dataOf(records, 0)).toBe(expected?.data)
    }
    // And all of it again after a start.
    await streams.close()
    expect(await readAll((await open(env)).get('s'), SHARD, 999)).toEqual(all)
  })

  test('a record of 10 MiB with a long key comes back from the file', async () => {
    const env = memoryEnv()
    const streams = await open(env, { tailBytesMax: 1_000 })
    const stream = await streams.create('s', { recordBytesMax: 10 * 1_024 * 1_024 })
    const key = '键'.repeat(256)
    const data = env.random.bytes(10 * 1_024 * 1_024 - 768)
    await stream.put({ data, partitionKey: key })
    await put(stream, 'after')
    await streams.close()
    const again = (await open(env)).get('s')
    const { records } = await again.getRecords(await again.getIterator(SHARD, { kind: 'trimHorizon' }))
    expect(records.partitionKey(0)).toBe(key)
    expect(
      Buffer.compare(
        records.bytes.subarray(records.offsets[0], (records.offsets[0] ?? 0) + (records.sizes[0] ?? 0)),
        data,
      ),
    ).toBe(0)
    expect(await readAll(again)).toHaveLength(2)
  })
})

test('the checksum by table equals the native one', () => {
  const { random } = memoryEnv()
  for (let length = 0; length < 300; length++) {
    const bytes = random.bytes(length)
    expect(crc32ByTable(bytes)).toBe(crc32(bytes))
  }
  expect(crc32ByTable(utf8.encode('123456789'))).toBe(0xcbf43926)
})

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}
