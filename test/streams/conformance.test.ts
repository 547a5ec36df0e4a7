/** What a stream promises, over each way to it and with records in memory and in files. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cborWay, processWay, START_AT, sdkWay, type Way } from './conformance.ts'

let directory = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-streams-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const WAYS: readonly { name: string; open: () => Promise<Way> }[] = [
  { name: 'SDK over HTTP/2, memory', open: () => sdkWay('h2') },
  { name: 'SDK over HTTP/2, files', open: () => sdkWay('h2', directory) },
  { name: 'SDK over HTTP/1.1, memory', open: () => sdkWay('http1') },
  { name: 'CBOR over HTTP/1.1, memory', open: () => cborWay() },
  { name: 'in process, memory', open: () => processWay() },
  { name: 'in process, files', open: () => processWay(directory) },
]

const md5 = (key: string) => BigInt(`0x${createHash('md5').update(key, 'utf8').digest('hex')}`)
const SHARD = 'shardId-000000000000'

describe.each(WAYS)('a stream, $name', ({ open }) => {
  let way: Way

  beforeEach(async () => {
    way = await open()
  })

  afterEach(() => way.close())

  test('two shards meet where those of the service do', async () => {
    await way.create('s', 2)
    expect(await way.shards('s')).toEqual([
      { shardId: SHARD, starting: '0', ending: '170141183460469231731687303715884105727' },
      {
        shardId: 'shardId-000000000001',
        starting: '170141183460469231731687303715884105728',
        ending: '340282366920938463463374607431768211455',
      },
    ])
  })

  test('the MD5 of its partition key chooses the shard of a record, and an explicit hash key overrides it', async () => {
    await way.create('s', 7)
    const shards = await way.shards('s')
    const shardOf = (hash: bigint) =>
      shards.find(shard => BigInt(shard.starting) <= hash && hash <= BigInt(shard.ending))?.shardId
    const keys = [
      'a',
      'ключ',
      '键',
      '😀',
      'x'.repeat(256),
      ...Array.from({ length: 200 }, (_, i) => `user-${i * 7919}`),
    ]
    const byKey = await way.putMany(
      's',
      keys.map(key => ({ data: key, key })),
    )
    expect(byKey.map(({ shardId }) => shardId)).toEqual(keys.map(key => shardOf(md5(key))))
    const edges = shards.flatMap(({ starting, ending }) => [starting, ending])
    const byHash = await way.putMany(
      's',
      edges.map(hashKey => ({ data: '', key: 'same', hashKey })),
    )
    expect(byHash.map(({ shardId }) => shardId)).toEqual(edges.map(edge => shardOf(BigInt(edge))))
  })

  test('sequence numbers have 56 digits and rise in put order over all shards', async () => {
    await way.create('s', 3)
    const numbers: string[] = []
    for (let i = 0; i < 3; i++)
      for (const put of await way.putMany(
        's',
        Array.from({ length: 50 }, (_, j) => ({ data: '', key: `k${j}` })),
      ))
        numbers.push(put.sequenceNumber)
    numbers.push((await way.put('s', { data: '', key: 'last' })).sequenceNumber)
    expect(numbers.every(number => /^[1-9]\d{55}$/.test(number))).toBe(true)
    expect(numbers).toEqual([...new Set(numbers)].sort())
  })

  test('each iterator type starts with exactly the record it names', async () => {
    await way.create('s', 1)
    const numbers: string[] = []
    for (let i = 0; i < 10; i++) {
      numbers.push((await way.put('s', { data: `r${i}`, key: 'k' })).sequenceNumber)
      await way.clock.advance(1_000)
    }
    const all = Array.from({ length: 10 }, (_, i) => `r${i}`)
    const from = async (start: Parameters<Way['iterator']>[2]) =>
      (await way.read('s', await way.iterator('s', SHARD, start))).data
    expect(await from({ type: 'TRIM_HORIZON' })).toEqual(all)
    expect(await from({ type: 'LATEST' })).toEqual([])
    for (const [i, number] of numbers.entries()) {
      expect(await from({ type: 'AT_SEQUENCE_NUMBER', number })).toEqual(all.slice(i))
      expect(await from({ type: 'AFTER_SEQUENCE_NUMBER', number })).toEqual(all.slice(i + 1))
      const arrived = START_AT + i * 1_000
      expect(await from({ type: 'AT_TIMESTAMP', at: arrived })).toEqual(all.slice(i))
      if (i < 9) expect(await from({ type: 'AT_TIMESTAMP', at: arrived + 1 })).toEqual(all.slice(i + 1))
    }
    expect(await from({ type: 'AT_TIMESTAMP', at: START_AT - 5_000 })).toEqual(all)
  })

  test('an iterator at the latest sees what is put after it was got, and nothing before', async () => {
    await way.create('s', 1)
    await way.put('s', { data: 'before', key: 'k' })
    const latest = await way.iterator('s', SHARD, { type: 'LATEST' })
    const { next } = await way.read('s', latest)
    await way.put('s', { data: 'after', key: 'k' })
    expect((await way.read('s', latest)).data).toEqual(['after'])
    expect((await way.read('s', next ?? '')).data).toEqual(['after'])
  })

  test('reads in pages give every record once, in order, with what was put', async () => {
    await way.create('s', 1)
    const keys = Array.from({ length: 500 }, (_, i) => `"key\\${i}\u2028é`)
    const puts = await way.putMany(
      's',
      keys.map((key, i) => ({ data: `data ${i} \u0000 ü`, key })),
    )
    const seen: { data: string; key: string; number: string }[] = []
    let next: string | null = await way.iterator('s', SHARD, { type: 'TRIM_HORIZON' })
    for (let page = 0; page < 8 && next !== null; page++) {
      const read = await way.read('s', next, 77)
      expect(read.data.length).toBe(page < 6 ? 77 : page === 6 ? 38 : 0)
      read.data.forEach((data, i) => {
        seen.push({ data, key: read.keys[i] ?? '', number: read.sequenceNumbers[i] ?? '' })
      })
      next = read.next
    }
    expect(seen).toEqual(keys.map((key, i) => ({ data: `data ${i} \u0000 ü`, key, number: puts[i]?.sequenceNumber })))
  })

  test('MillisBehindLatest is the age of the last record of a partial read, and 0 at the tip', async () => {
    await way.create('s', 1)
    for (let i = 0; i < 5; i++) {
      await way.put('s', { data: `r${i}`, key: 'k' })
      await way.clock.advance(1_000)
    }
    const first = await way.read('s', await way.iterator('s', SHARD, { type: 'TRIM_HORIZON' }), 2)
    expect(first).toMatchObject({ data: ['r0', 'r1'], behind: 4_000, arrivedAt: [START_AT, START_AT + 1_000] })
    const second = await way.read('s', first.next ?? '', 2)
    expect(second).toMatchObject({ data: ['r2', 'r3'], behind: 2_000 })
    const third = await way.read('s', second.next ?? '', 2)
    expect(third).toMatchObject({ data: ['r4'], behind: 0 })
    expect(await way.read('s', third.next ?? '', 2)).toMatchObject({ data: [], behind: 0 })
  })

  test('a partial read of records that arrived this very millisecond is still behind', async () => {
    await way.create('s', 1)
    await way.putMany('s', [
      { data: 'a', key: 'k' },
      { data: 'b', key: 'k' },
    ])
    const read = await way.read('s', await way.iterator('s', SHARD, { type: 'TRIM_HORIZON' }), 1)
    expect(read.behind).toBe(1)
  })

  test('concurrent puts lose, double and reorder nothing', async () => {
    await way.create('s', 2)
    await Promise.all(
      Array.from({ length: 20 }, (_, caller) =>
        way.putMany(
          's',
          Array.from({ length: 50 }, (_row, i) => ({ data: `${caller}:${i}`, key: `caller-${caller}` })),
        ),
      ),
    )
    const byCaller = new Map<string, string[]>()
    for (const { shardId } of await way.shards('s')) {
      const read = await way.read('s', await way.iterator('s', shardId, { type: 'TRIM_HORIZON' }))
      expect(read.sequenceNumbers).toEqual([...read.sequenceNumbers].sort())
      read.data.forEach((data, i) => {
        const key = read.keys[i] ?? ''
        byCaller.set(key, [...(byCaller.get(key) ?? []), data])
      })
    }
    for (let caller = 0; caller < 20; caller++)
      expect(byCaller.get(`caller-${caller}`)).toEqual(Array.from({ length: 50 }, (_, i) => `${caller}:${i}`))
  })
})
