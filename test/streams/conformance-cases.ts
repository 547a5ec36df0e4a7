/**
 * What a stream promises, as questions whose answers are known: each gives what the stream answered and what it should have. The
 * embedded stream must give all of them on every way to it; where kinesis-local differs is listed (differences.ts).
 */
import { createHash } from 'node:crypto'
import { START_AT, type Way } from './conformance.ts'

export interface Case {
  readonly promise: string
  /** the answer hangs on a millisecond that only a clock of ours can hold: why others are not asked */
  readonly needsClock?: string
  readonly ask: (way: Way, name: string) => Promise<{ readonly got: unknown; readonly expected: unknown }>
}

const md5 = (key: string) => BigInt(`0x${createHash('md5').update(key, 'utf8').digest('hex')}`)
const SHARD = 'shardId-000000000000'

export const CASES: readonly Case[] = [
  {
    promise: 'two shards meet where those of the service do',
    async ask(way, name) {
      await way.create(name, 2)
      return {
        got: await way.shards(name),
        expected: [
          { shardId: SHARD, starting: '0', ending: '170141183460469231731687303715884105727' },
          {
            shardId: 'shardId-000000000001',
            starting: '170141183460469231731687303715884105728',
            ending: '340282366920938463463374607431768211455',
          },
        ],
      }
    },
  },
  {
    promise: 'the MD5 of its partition key chooses the shard of a record, and an explicit hash key overrides it',
    async ask(way, name) {
      await way.create(name, 7)
      const shards = await way.shards(name)
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
        name,
        keys.map(key => ({ data: key, key })),
      )
      const edges = shards.flatMap(({ starting, ending }) => [starting, ending])
      const byHash = await way.putMany(
        name,
        edges.map(hashKey => ({ data: '', key: 'same', hashKey })),
      )
      return {
        got: { byKey: byKey.map(({ shardId }) => shardId), byHash: byHash.map(({ shardId }) => shardId) },
        expected: { byKey: keys.map(key => shardOf(md5(key))), byHash: edges.map(edge => shardOf(BigInt(edge))) },
      }
    },
  },
  {
    promise: 'sequence numbers have 56 digits and rise in put order over all shards',
    async ask(way, name) {
      await way.create(name, 3)
      const numbers: string[] = []
      for (let i = 0; i < 3; i++)
        for (const put of await way.putMany(
          name,
          Array.from({ length: 50 }, (_, j) => ({ data: '', key: `k${j}` })),
        ))
          numbers.push(put.sequenceNumber)
      numbers.push((await way.put(name, { data: '', key: 'last' })).sequenceNumber)
      return {
        got: {
          digits: [...new Set(numbers.map(number => (/^[1-9]\d*$/.test(number) ? number.length : number)))],
          areOrdered: numbers.every((number, i) => i === 0 || BigInt(number) > BigInt(numbers[i - 1] ?? 0)),
        },
        expected: { digits: [56], areOrdered: true },
      }
    },
  },
  {
    promise: 'each iterator type starts with exactly the record it names',
    async ask(way, name) {
      await way.create(name, 1)
      const numbers: string[] = []
      for (let i = 0; i < 10; i++) {
        numbers.push((await way.put(name, { data: `r${i}`, key: 'k' })).sequenceNumber)
        await way.pass(1_000)
      }
      const from = async (start: Parameters<Way['iterator']>[2]) =>
        way.read(name, await way.iterator(name, SHARD, start))
      const dataFrom = async (start: Parameters<Way['iterator']>[2]) => (await from(start)).data
      const { data, arrivedAt } = await from({ type: 'TRIM_HORIZON' })
      const all = Array.from({ length: 10 }, (_, i) => `r${i}`)
      // Where the clock is not ours, records may share their millisecond.
      const since = (at: number) => all.filter((_, i) => (arrivedAt[i] ?? Number.NaN) >= at)
      const got: Record<string, unknown> = { data, latest: await dataFrom({ type: 'LATEST' }) }
      const expected: Record<string, unknown> = { data: all, latest: [] }
      if (way.clock !== null) {
        got['arrivedAt'] = arrivedAt
        expected['arrivedAt'] = all.map((_, i) => START_AT + i * 1_000)
      }
      for (const [i, number] of numbers.entries()) {
        got[`at ${i}`] = await dataFrom({ type: 'AT_SEQUENCE_NUMBER', number })
        expected[`at ${i}`] = all.slice(i)
        got[`after ${i}`] = await dataFrom({ type: 'AFTER_SEQUENCE_NUMBER', number })
        expected[`after ${i}`] = all.slice(i + 1)
        const at = arrivedAt[i] ?? 0
        got[`time ${i}`] = await dataFrom({ type: 'AT_TIMESTAMP', at })
        expected[`time ${i}`] = since(at)
        if (i === 9) continue
        got[`time after ${i}`] = await dataFrom({ type: 'AT_TIMESTAMP', at: at + 1 })
        expected[`time after ${i}`] = since(at + 1)
      }
      got['time before'] = await dataFrom({ type: 'AT_TIMESTAMP', at: (arrivedAt[0] ?? 0) - 5_000 })
      expected['time before'] = all
      return { got, expected }
    },
  },
  {
    promise: 'an iterator at the latest sees what is put after it was got, and nothing before',
    async ask(way, name) {
      await way.create(name, 1)
      await way.put(name, { data: 'before', key: 'k' })
      const latest = await way.iterator(name, SHARD, { type: 'LATEST' })
      const { next } = await way.read(name, latest)
      await way.put(name, { data: 'after', key: 'k' })
      return {
        got: { latest: (await way.read(name, latest)).data, next: (await way.read(name, next ?? '')).data },
        expected: { latest: ['after'], next: ['after'] },
      }
    },
  },
  {
    promise: 'reads in pages give every record once, in order, with what was put',
    async ask(way, name) {
      await way.create(name, 1)
      const keys = Array.from({ length: 500 }, (_, i) => `"key\\${i}\u2028é`)
      const puts = await way.putMany(
        name,
        keys.map((key, i) => ({ data: `data ${i} \u0000 ü`, key })),
      )
      const pages: number[] = []
      const seen: { data: string; key: string; number: string }[] = []
      let next: string | null = await way.iterator(name, SHARD, { type: 'TRIM_HORIZON' })
      for (let page = 0; page < 8 && next !== null; page++) {
        const read = await way.read(name, next, 77)
        pages.push(read.data.length)
        read.data.forEach((data, i) => {
          seen.push({ data, key: read.keys[i] ?? '', number: read.sequenceNumbers[i] ?? '' })
        })
        next = read.next
      }
      return {
        got: { pages, seen },
        expected: {
          pages: [77, 77, 77, 77, 77, 77, 38, 0],
          seen: keys.map((key, i) => ({ data: `data ${i} \u0000 ü`, key, number: puts[i]?.sequenceNumber })),
        },
      }
    },
  },
  {
    promise: 'MillisBehindLatest is the age of the last record of a partial read, and 0 at the tip',
    async ask(way, name) {
      await way.create(name, 1)
      for (let i = 0; i < 5; i++) {
        await way.put(name, { data: `r${i}`, key: 'k' })
        await way.pass(1_000)
      }
      // Where the clock is not ours, only whether it is behind can be known.
      const behindBy = (ms: number) => (way.clock === null ? ms > 0 : ms)
      const got: unknown[] = []
      let next: string | null = await way.iterator(name, SHARD, { type: 'TRIM_HORIZON' })
      for (let page = 0; page < 4 && next !== null; page++) {
        const read = await way.read(name, next, 2)
        got.push({ data: read.data, behind: behindBy(read.behind) })
        next = read.next
      }
      return {
        got,
        expected: [
          { data: ['r0', 'r1'], behind: behindBy(4_000) },
          { data: ['r2', 'r3'], behind: behindBy(2_000) },
          { data: ['r4'], behind: behindBy(0) },
          { data: [], behind: behindBy(0) },
        ],
      }
    },
  },
  {
    promise: 'a partial read of records that arrived this very millisecond is still behind',
    needsClock: 'by the time of its reply it may be the next millisecond, which would be no answer to the question',
    async ask(way, name) {
      await way.create(name, 1)
      await way.putMany(name, [
        { data: 'a', key: 'k' },
        { data: 'b', key: 'k' },
      ])
      const read = await way.read(name, await way.iterator(name, SHARD, { type: 'TRIM_HORIZON' }), 1)
      return { got: read.behind, expected: 1 }
    },
  },
  {
    promise: 'concurrent puts lose, double and reorder nothing',
    async ask(way, name) {
      await way.create(name, 2)
      await Promise.all(
        Array.from({ length: 20 }, (_, caller) =>
          way.putMany(
            name,
            Array.from({ length: 50 }, (_row, i) => ({ data: `${caller}:${i}`, key: `caller-${caller}` })),
          ),
        ),
      )
      const byCaller: Record<string, string[]> = {}
      const areOrdered: boolean[] = []
      for (const { shardId } of await way.shards(name)) {
        const read = await way.read(name, await way.iterator(name, shardId, { type: 'TRIM_HORIZON' }))
        const numbers = read.sequenceNumbers.map(BigInt)
        areOrdered.push(numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0n)))
        read.data.forEach((data, i) => {
          const key = read.keys[i] ?? ''
          byCaller[key] = [...(byCaller[key] ?? []), data]
        })
      }
      const expected = Array.from({ length: 20 }, (_, caller) => [
        `caller-${caller}`,
        Array.from({ length: 50 }, (_row, i) => `${caller}:${i}`),
      ])
      return {
        got: { byCaller, areOrdered },
        expected: { byCaller: Object.fromEntries(expected), areOrdered: [true, true] },
      }
    },
  },
]
