/** User records of one fetch: what is delivered, what is dropped, and that each drop is told. */
import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { compareSequenceNumbers, RecordBatchBuilder } from '../../../core/index.ts'
import { RecordView } from '../../../processors/consumer/consumer-record.ts'
import { DeaggregatedRecords } from '../../../processors/consumer/deaggregated-records.ts'
import { encodeAggregate, evenHashRanges, hashKeyOf } from '../../../streams/index.ts'

const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2])
const [LOWER, UPPER] = evenHashRanges(2)
if (LOWER === undefined || UPPER === undefined) throw new Error('two shards have two ranges')

function batchOf(...records: readonly Uint8Array[]) {
  const builder = new RecordBatchBuilder()
  for (const [i, data] of records.entries())
    builder.add({
      data,
      arrivedAt: 1_000 + i,
      rowtime: 1_000 + i,
      sequenceNumber: `${100 + i}`,
      subsequenceNumber: 0,
      partitionKey: `carrier ${i}`,
      shardId: 'shardId-000000000000',
    })
  return builder.take()
}

/** Keys by the half of the hash keys in which they lie. */
const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`)
const lower = keys.filter(key => hashKeyOf(key) <= LOWER.endingHashKey)
const upper = keys.filter(key => hashKeyOf(key) > LOWER.endingHashKey)

const aggregate = (...of: readonly string[]): Uint8Array =>
  encodeAggregate(of.map(partitionKey => ({ partitionKey, data: Buffer.from(`data of ${partitionKey}`) })))

const texts = (records: DeaggregatedRecords): string[] =>
  Array.from({ length: records.length }, (_, i) => Buffer.from(records.data(i)).toString())

test('user records come with their own keys and the number and arrival of the record that carried them, without a copy', () => {
  const [a = '', b = ''] = lower
  const batch = batchOf(Buffer.from('plain'), aggregate(a, b), Buffer.from('last'))
  const records = new DeaggregatedRecords(batch, LOWER)
  const views = Array.from({ length: records.length }, (_, i) => new RecordView(records, i))
  expect(views.map(view => [view.partitionKey, view.sequenceNumber, view.subsequenceNumber, view.aggregated])).toEqual([
    ['carrier 0', '100', 0, false],
    [a, '101', 0, true],
    [b, '101', 1, true],
    ['carrier 2', '102', 0, false],
  ])
  expect(views.map(view => view.arrivedAt)).toEqual([1_000, 1_001, 1_001, 1_002])
  expect(texts(records)).toEqual(['plain', `data of ${a}`, `data of ${b}`, 'last'])
  expect(views.every(view => view.data.buffer === batch.bytes.buffer)).toBe(true)
  expect(records.dataBytes).toBe('plain'.length + `data of ${a}`.length + `data of ${b}`.length + 'last'.length)
  expect(records.dropped).toEqual([])
})

test('an aggregate with one user record of another shard is dropped whole, and told', () => {
  const [a = '', b = ''] = lower
  const [foreign = ''] = upper
  const records = new DeaggregatedRecords(batchOf(aggregate(a, foreign, b), Buffer.from('plain')), LOWER)
  expect(texts(records)).toEqual(['plain'])
  expect(records.dropped).toMatchObject([{ kind: 'outside_range', records: 3, sequenceNumber: '100' }])
  expect(records.dropped[0]?.explanation).toContain('aggregate of 3 user records')
})

test('explicit hash keys decide before partition keys', () => {
  const [a = ''] = lower
  const of = (explicitHashKey: bigint) =>
    new DeaggregatedRecords(
      batchOf(encodeAggregate([{ partitionKey: a, data: Buffer.from('x'), explicitHashKey: `${explicitHashKey}` }])),
      LOWER,
    )
  expect(of(LOWER.endingHashKey).length).toBe(1)
  expect(of(LOWER.endingHashKey).explicitHashKey(0)).toBe(`${LOWER.endingHashKey}`)
  expect(of(UPPER.startingHashKey).dropped).toHaveLength(1)
})

test('both ends of the range belong to it, and without a range everything passes', () => {
  for (const key of keys) {
    const hashKey = hashKeyOf(key)
    const exact = new DeaggregatedRecords(batchOf(aggregate(key, key)), {
      startingHashKey: hashKey,
      endingHashKey: hashKey,
    })
    expect(exact.length).toBe(2)
    const beside = { startingHashKey: hashKey + 1n, endingHashKey: hashKey + 2n }
    expect(new DeaggregatedRecords(batchOf(aggregate(key)), beside).length).toBe(0)
    const before = { startingHashKey: hashKey - 2n, endingHashKey: hashKey - 1n }
    expect(new DeaggregatedRecords(batchOf(aggregate(key)), before).length).toBe(0)
  }
  expect(new DeaggregatedRecords(batchOf(aggregate(...keys)), null).length).toBe(keys.length)
})

test('an index outside its table loses what comes from there on, and that is told', () => {
  // partition key table with one key; records 0 and 1 of which the second names key 5
  const message = Buffer.concat([
    Buffer.from([0x0a, 1, 0x61]),
    Buffer.from([0x1a, 5, 0x08, 0, 0x1a, 1, 0x78]),
    Buffer.from([0x1a, 5, 0x08, 5, 0x1a, 1, 0x79]),
  ])
  const broken = Buffer.concat([MAGIC, message, createHash('md5').update(message).digest()])
  const records = new DeaggregatedRecords(batchOf(broken), LOWER)
  expect(texts(records)).toEqual(['x'])
  expect(records.dropped).toMatchObject([{ kind: 'broken', records: 1 }])
})

test('what only looks like an aggregate is delivered as it is', () => {
  const whole = Buffer.from(aggregate('a', 'b'))
  whole[whole.length - 1] = (whole[whole.length - 1] ?? 0) ^ 1
  const records = new DeaggregatedRecords(batchOf(whole, MAGIC, Buffer.alloc(0)), LOWER)
  expect([records.length, records.aggregated(0), records.data(0).length]).toEqual([3, false, whole.length])
})

test('finds the first record after a position, also within an aggregate', () => {
  const [a = '', b = '', c = ''] = lower
  const records = new DeaggregatedRecords(batchOf(Buffer.from('x'), aggregate(a, b, c), Buffer.from('y')), LOWER)
  const compare: Parameters<DeaggregatedRecords['firstAfter']>[1] = (one, other) =>
    compareSequenceNumbers(one.sequenceNumber, other.sequenceNumber) || one.subsequenceNumber - other.subsequenceNumber
  const after = (sequenceNumber: string, subsequenceNumber: number) =>
    records.firstAfter({ sequenceNumber, subsequenceNumber }, compare)
  expect([after('99', 0), after('100', 0), after('101', 0), after('101', 1), after('101', 2), after('102', 0)]).toEqual(
    [0, 1, 2, 3, 4, 5],
  )
})

test('a record shows what it holds when it is looked at or written as JSON', () => {
  const view = new RecordView(new DeaggregatedRecords(batchOf(Buffer.from('x')), null), 0)
  expect(inspect(view)).toContain("partitionKey: 'carrier 0'")
  expect(JSON.parse(JSON.stringify(view))).toMatchObject({ data: 'eA==', aggregated: false })
})

test('an aggregate that was compressed is read like any other, and other gzip stays as it is', () => {
  const [a = '', b = ''] = lower
  const [foreign = ''] = upper
  const many = Array.from({ length: 1_000 }, (_, i) => `${i}`).filter(key => hashKeyOf(key) <= LOWER.endingHashKey)
  const data = gzipSync('no aggregate')
  const damaged = Buffer.from(aggregate(a))
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
  const left = [data, gzipSync(damaged), gzipSync(MAGIC), data.subarray(0, 12), Buffer.from([0x1f, 0x8b])]
  const batch = batchOf(
    gzipSync(aggregate(a, b)),
    ...left,
    gzipSync(aggregate(...many)),
    gzipSync(aggregate(a, foreign)),
  )
  const records = new DeaggregatedRecords(batch, LOWER)
  expect(records.length).toBe(2 + left.length + many.length)
  expect(texts(records).slice(0, 2)).toEqual([`data of ${a}`, `data of ${b}`])
  expect(left.map((_, i) => Buffer.from(records.data(2 + i)))).toEqual(left)
  expect(records.place(records.length - 1)).toEqual({ sequenceNumber: '106', subsequenceNumber: many.length - 1 })
  expect(records.dropped).toMatchObject([{ kind: 'outside_range', records: 2, sequenceNumber: '107' }])
  expect(new DeaggregatedRecords(batch, LOWER, false).length).toBe(batch.length)
})

test('an empty record before an aggregate is delivered, and the aggregate is unpacked', () => {
  const [a = '', b = ''] = lower
  const empty = new Uint8Array(0)
  const records = new DeaggregatedRecords(batchOf(empty, aggregate(a, b), empty, empty, aggregate(b), empty), LOWER)
  expect(texts(records)).toEqual(['', `data of ${a}`, `data of ${b}`, '', '', `data of ${b}`, ''])
})
