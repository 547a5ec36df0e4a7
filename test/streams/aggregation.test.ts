import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseAggregate } from '../../streams/aggregation/decode.ts'
import { placesOfUsual } from '../../streams/aggregation/usual.ts'
import { AggregateWriter } from '../../streams/aggregation/writer.ts'
import {
  type Aggregate,
  type AggregateItem,
  AggregateSize,
  decodeAggregate,
  deliverableCount,
  encodeAggregate,
  looksAggregated,
  markText,
  parseMark,
} from '../../streams/aggregation.ts'
import { seededRandom } from '../support/seeded-random.ts'

interface Vector {
  readonly blob: string
  readonly items: readonly {
    readonly partitionKey: string
    readonly explicitHashKey: string | null
    readonly data: string
    readonly hashKey: string
    readonly tags: readonly { readonly key: string; readonly value: string | null }[]
  }[]
}
interface Mutant {
  readonly protobuf: string
  readonly message: false | { readonly records: number; readonly delivered: readonly string[] }
}

/** Made by test/oracles/aggregation/make-vectors.py with google.protobuf. */
const vectors: Vector[] = []
const mutants: Mutant[] = []
for (const line of readFileSync(new URL('../oracles/aggregation/vectors.jsonl', import.meta.url), 'utf8').split('\n')) {
  if (line === '') continue
  const { vector, mutant } = JSON.parse(line) as { readonly vector?: Vector; readonly mutant?: Mutant }
  if (vector !== undefined) vectors.push(vector)
  if (mutant !== undefined) mutants.push(mutant)
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function itemsOf({ items }: Vector): AggregateItem[] {
  return items.map(({ partitionKey, explicitHashKey, data, tags }) => ({
    partitionKey,
    data: Buffer.from(data, 'hex'),
    ...(explicitHashKey === null ? {} : { explicitHashKey }),
    ...(tags.length === 0 ? {} : { tags: tags.map(({ key, value }) => (value === null ? { key } : { key, value })) }),
  }))
}

function blobOf(protobuf: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), protobuf, createHash('md5').update(protobuf).digest()])
}

function dataOf(aggregate: Aggregate, i: number): string {
  const offset = aggregate.offsets[i] ?? 0
  return hex(aggregate.bytes.subarray(offset, offset + (aggregate.sizes[i] ?? 0)))
}

function decoded(bytes: Uint8Array): Aggregate {
  const aggregate = decodeAggregate(bytes)
  expect(aggregate).not.toBeNull()
  return aggregate as Aggregate
}

test('the worked example of two user records has the bytes that were computed by hand', () => {
  const blob = encodeAggregate([
    { partitionKey: 'user-1', data: bytesOf('hi') },
    { partitionKey: 'clé', explicitHashKey: '7', data: new Uint8Array() },
  ])
  const protobuf = '0a06757365722d310a04636cc3a9120137' + '1a0608001a0268691a06080110001a00'
  expect(hex(blob)).toBe(`f3899ac2${protobuf}6d69d4e4ed4cf18f81d228a284446c3e`)
})

test('aggregates are byte for byte those of another implementation, and are read back as they were written', () => {
  for (const vector of vectors) {
    const items = itemsOf(vector)
    const blob = encodeAggregate(items)
    expect(hex(blob)).toBe(vector.blob)
    const size = new AggregateSize()
    for (const item of items) size.add(item)
    expect(size.aggregateBytes()).toBe(blob.length)
    const aggregate = decoded(blob)
    expect([aggregate.length, aggregate.lost]).toEqual([items.length, 0])
    vector.items.forEach((item, i) => {
      expect(dataOf(aggregate, i)).toBe(item.data)
      expect(aggregate.partitionKey(i)).toBe(item.partitionKey)
      expect(aggregate.explicitHashKey(i)).toBe(item.explicitHashKey)
      for (const { key, value } of item.tags) expect(aggregate.tag(i, key)).toBe(value ?? '')
      expect(aggregate.tag(i, 'none')).toBeNull()
    })
  }
})

test('the size of each beginning is the size of its aggregate', () => {
  for (const vector of vectors.slice(0, 12)) {
    const items = itemsOf(vector).slice(0, 20)
    const size = new AggregateSize()
    for (const item of items) size.add(item)
    for (let n = 1; n <= items.length; n++) {
      const bytes = encodeAggregate(items.slice(0, n)).length
      expect(size.aggregateBytes(n)).toBe(bytes)
      expect(size.countWithin(bytes, items.length)).toBeGreaterThanOrEqual(n)
      if (n > 1) expect(size.countWithin(bytes - 1, items.length)).toBeLessThan(n)
    }
  }
})

test('what is written as it comes has the bytes of what is encoded at once, for each beginning that is small enough', () => {
  let before: AggregateWriter | null = null
  for (const vector of vectors) {
    const items = itemsOf(vector)
    const limit = Math.ceil(encodeAggregate(items).length * 0.8)
    const writer: AggregateWriter = new AggregateWriter(limit, before)
    for (const item of items) writer.add(item)
    for (let n = 1; n <= items.length; n++) {
      const blob = encodeAggregate(items.slice(0, n))
      const written = writer.finish(n)
      expect(written === null ? null : hex(written)).toBe(blob.length > limit ? null : hex(blob))
    }
    before = writer
  }
})

test('the estimate counts 3 bytes beside data and each new key, and 2 for each index', () => {
  const size = new AggregateSize()
  size.add({ partitionKey: 'clé', data: new Uint8Array(10) })
  expect(size.estimatedBytes).toBe(10 + 3 + (4 + 3) + 2)
  size.add({ partitionKey: 'clé', explicitHashKey: '123', data: new Uint8Array(1) })
  expect(size.estimatedBytes).toBe(22 + 1 + 3 + 2 + (3 + 3) + 2)
  size.add({ partitionKey: 'clé', explicitHashKey: '123', data: new Uint8Array(1) })
  expect(size.estimatedBytes).toBe(36 + 1 + 3 + 2 + 2)
})

test('damaged messages are taken or refused, and read, as another implementation does', () => {
  let refused = 0
  for (const { protobuf, message } of mutants) {
    const bytes = Buffer.from(protobuf, 'hex')
    const aggregate = decodeAggregate(blobOf(bytes))
    if (message === false) {
      expect(aggregate, protobuf).toBeNull()
      refused++
      continue
    }
    expect(aggregate, protobuf).not.toBeNull()
    if (aggregate === null) continue
    expect(aggregate.length + aggregate.lost, protobuf).toBe(message.records)
    expect(
      Array.from({ length: aggregate.length }, (_, i) => dataOf(aggregate, i)),
      protobuf,
    ).toEqual(message.delivered)
  }
  expect(refused).toBeGreaterThan(100)
  expect(mutants.length - refused).toBeGreaterThan(100)
})

test('the pass over usual aggregates finds what the careful one finds, or nothing', () => {
  const random = seededRandom(4)
  const places = {
    offsets: new Int32Array(1),
    sizes: new Int32Array(1),
    grow() {
      for (const name of ['offsets', 'sizes'] as const) {
        const grown = new Int32Array(this[name].length * 2)
        grown.set(this[name])
        this[name] = grown
      }
    },
  }
  let usual = 0
  const compare = (protobuf: Uint8Array): void => {
    const blob = blobOf(protobuf)
    const count = placesOfUsual(blob, 4, blob.length - 16, places, 0)
    if (count < 0) return
    usual++
    const aggregate = parseAggregate(blob, 0, blob.length)
    expect([aggregate?.length, aggregate?.lost, aggregate?.hasExplicitHashKeys], hex(protobuf)).toEqual([
      count,
      0,
      false,
    ])
    expect([...places.offsets.subarray(0, count)]).toEqual([...(aggregate?.offsets.subarray(0, count) ?? [])])
    expect([...places.sizes.subarray(0, count)]).toEqual([...(aggregate?.sizes.subarray(0, count) ?? [])])
  }
  for (const { protobuf } of mutants) compare(Buffer.from(protobuf, 'hex'))
  for (let round = 0; round < 2_000; round++) {
    const items = Array.from({ length: 1 + random.below(6) }, () => ({
      partitionKey: `k${random.below(3)}`,
      data: random.bytes(random.below(50) === 0 ? 20_000 : random.below(200)),
      ...(random.below(20) === 0 ? { explicitHashKey: '7' } : {}),
    }))
    const blob = encodeAggregate(items)
    const protobuf = blob.slice(4, blob.length - 16)
    if (round % 2 === 0) compare(protobuf)
    else {
      // Most bytes of structure stand at the beginning and the end.
      const at = random.below(Math.min(protobuf.length, 40))
      protobuf[random.below(2) === 0 ? at : protobuf.length - 1 - at] = random.below(256)
      compare(protobuf)
    }
  }
  expect(usual).toBeGreaterThan(700)
}, 60_000)

test('any flipped bit makes an aggregate a plain record', () => {
  const blob = encodeAggregate([
    { partitionKey: 'user-1', data: bytesOf('hi') },
    { partitionKey: 'clé', explicitHashKey: '7', data: new Uint8Array() },
  ])
  for (let bit = 0; bit < blob.length * 8; bit++) {
    const broken = Uint8Array.from(blob)
    broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(decodeAggregate(broken)).toBeNull()
  }
  for (let end = 0; end < blob.length; end++) expect(decodeAggregate(blob, 0, end)).toBeNull()
  expect(decodeAggregate(blobOf(new Uint8Array()))).toBeNull()
  expect(looksAggregated(bytesOf('{"price": 1}'))).toBe(false)
})

test('an aggregate is read where it lies, at any place of a larger buffer', () => {
  const blob = encodeAggregate([
    { partitionKey: 'k', data: bytesOf('a') },
    { partitionKey: 'l', data: bytesOf('bc') },
  ])
  const larger = new Uint8Array(blob.length + 50).fill(0xf3)
  larger.set(blob, 17)
  const aggregate = decodeAggregate(larger, 17, 17 + blob.length)
  expect(aggregate?.bytes).toBe(larger)
  expect(aggregate?.partitionKey(1)).toBe('l')
  expect(aggregate === null ? '' : dataOf(aggregate, 1)).toBe(hex(bytesOf('bc')))
})

test('an index outside its table loses the user records from there on, and no earlier ones', () => {
  // tables: one key; records: index 0, index 0 with hash index 0 of an empty table, index 0
  const protobuf = Buffer.from('0a016b' + '1a0508001a0161' + '1a07080010001a0162' + '1a0508001a0163', 'hex')
  const aggregate = decoded(blobOf(protobuf))
  expect([aggregate.length, aggregate.lost]).toEqual([1, 2])
  expect(dataOf(aggregate, 0)).toBe('61')
  expect(() => aggregate.partitionKey(1)).toThrow()
})

test('one user record outside the range of the shard drops the whole aggregate; the ends are inside', () => {
  const item = (hashKey: string) => ({ partitionKey: 'k', explicitHashKey: hashKey, data: new Uint8Array() })
  const range = { startingHashKey: 10n, endingHashKey: 20n }
  const inside = decoded(encodeAggregate([item('10'), item('20'), item('15')]))
  expect(deliverableCount(inside, range)).toBe(3)
  for (const bad of ['9', '21']) {
    const outside = decoded(encodeAggregate([item('10'), item('15'), item(bad)]))
    expect(deliverableCount(outside, range)).toBe(0)
    expect(deliverableCount(outside, null)).toBe(3)
  }
  const noNumber = decoded(encodeAggregate([item('10'), item('ten'), item('30')]))
  expect(deliverableCount(noNumber, range)).toBe(1)
})

test('without an explicit hash key the MD5 of the partition key decides', () => {
  for (const { items, blob } of vectors) {
    const aggregate = decoded(Buffer.from(blob, 'hex'))
    const hashKeys = items.map(({ hashKey }) => BigInt(hashKey))
    const [least, greatest] = [hashKeys.reduce((a, b) => (a < b ? a : b)), hashKeys.reduce((a, b) => (a > b ? a : b))]
    expect(deliverableCount(aggregate, { startingHashKey: least, endingHashKey: greatest })).toBe(items.length)
    expect(deliverableCount(aggregate, { startingHashKey: least + 1n, endingHashKey: greatest })).toBe(0)
    expect(deliverableCount(aggregate, { startingHashKey: least, endingHashKey: greatest - 1n })).toBe(0)
  }
})

test('random bytes with a right frame never throw and never read outside of themselves', () => {
  const random = seededRandom(5)
  for (let i = 0; i < 3_000; i++) {
    const aggregate = decodeAggregate(blobOf(random.bytes(1 + random.below(40))))
    if (aggregate === null) continue
    for (let k = 0; k < aggregate.length; k++) {
      expect((aggregate.offsets[k] ?? 0) + (aggregate.sizes[k] ?? 0)).toBeLessThanOrEqual(aggregate.bytes.length - 16)
      aggregate.partitionKey(k)
      aggregate.tag(k, 'mr')
    }
    deliverableCount(aggregate, { startingHashKey: 0n, endingHashKey: 5n })
  }
})

test('a mark is read back as it was written, and other texts are no marks', () => {
  for (const mark of [
    { producerId: 'p', epoch: 0, counter: 0 },
    { producerId: 'A-z_9'.repeat(12), epoch: 7, counter: Number.MAX_SAFE_INTEGER },
  ])
    expect(parseMark(markText(mark))).toEqual(mark)
  for (const text of [
    '',
    'p.0',
    'p.0.0.0',
    'p..0',
    'p.0.-1',
    'p.0.A',
    '.0.0',
    'p.0.zzzzzzzzzzz',
    `${'p'.repeat(65)}.0.0`,
  ])
    expect(parseMark(text), text).toBeNull()
})
