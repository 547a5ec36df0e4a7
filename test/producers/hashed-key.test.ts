import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { HashedKey, KEYS_KEPT, KeyCache } from '../../producers/hashed-key.ts'
import { encodeKeyed } from '../../streams/aggregation/encode.ts'
import type { KeyedItem } from '../../streams/aggregation/item.ts'
import { AggregateSize } from '../../streams/aggregation/size.ts'
import { decodeAggregate } from '../../streams/aggregation.ts'

function counted() {
  const made: string[] = []
  const cache = new KeyCache(text => {
    made.push(text)
    return new HashedKey(text, false)
  })
  return { made, cache }
}

test('a key that was asked for lately is the same object, and one that was not for long is made anew', () => {
  const { made, cache } = counted()
  const first = cache.get('first')
  for (let i = 0; i < KEYS_KEPT - 1; i++) cache.get(`key-${i}`)
  expect(cache.get('first')).toBe(first)
  for (let i = 0; i < 3 * KEYS_KEPT; i++) {
    cache.get(`other-${i}`)
    if (i % 1_000 === 0) expect(cache.get('first')).toBe(first)
  }
  expect(made.filter(text => text === 'first')).toHaveLength(1)
  for (let i = 0; i < 2 * KEYS_KEPT + 1; i++) cache.get(`last-${i}`)
  expect(cache.get('first')).not.toBe(first)
})

test('what is kept of a key that was cut out of a large text is the key alone', () => {
  const { cache } = counted()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const before = process.memoryUsage().heapUsed
  // 400 MB, if each key held its text
  for (let i = 0; i < 400; i++) cache.get(`${String(i).padStart(20, '0')}${'x'.repeat(1_000_000)}`.slice(0, 20))
  collect()
  expect(cache.get('00000000000000000007').text).toBe('00000000000000000007')
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000)
})

test('keys of any text keep it to the unit, and hash as its UTF-8 bytes do', () => {
  const { cache } = counted()
  for (const text of [
    'a',
    'clé clé clé clé clé',
    'plain text of some length',
    '😀'.repeat(20),
    `lone \ud800 unit ${'é'.repeat(9)}`,
  ]) {
    const key = cache.get(`..${text}..`.slice(2, -2))
    expect(key.text).toBe(text)
    expect(key.sizeBytes).toBe(Buffer.byteLength(text))
    const hash = BigInt(`0x${createHash('md5').update(text).digest('hex')}`)
    expect([key.hashKey, key.decimal, BigInt(key.top)]).toEqual([hash, hash.toString(), hash >> 96n])
  }
  const explicit = new HashedKey('340282366920938463463374607431768211455', true)
  expect([explicit.hashKey, explicit.top]).toEqual([2n ** 128n - 1n, 2 ** 32 - 1])
})

test('two objects of one key take one place in the table of an aggregate, and one key has its place in several at a time', () => {
  const [a, again, b] = [new HashedKey('a', false), new HashedKey('a', false), new HashedKey('b', false)]
  const item = (key: HashedKey): KeyedItem => ({ key, explicitKey: null, data: new Uint8Array(5) })
  const mine = [item(b), item(a), item(again), item(b)]
  const other = [item(a), item(b)]
  const [size, otherSize] = [new AggregateSize(), new AggregateSize()]
  for (let i = 0; i < mine.length; i++) {
    size.addKeyed(mine[i] as KeyedItem)
    if (other[i] !== undefined) otherSize.addKeyed(other[i] as KeyedItem)
  }
  for (const [items, sized, table] of [
    [mine, size, ['b', 'a']],
    [other, otherSize, ['a', 'b']],
  ] as const) {
    const blob = encodeKeyed(items)
    expect(blob.length).toBe(sized.aggregateBytes())
    // a key of one character takes 3 bytes in the table
    expect([...blob.subarray(4, 10)]).toEqual(table.flatMap(text => [0x0a, 1, text.charCodeAt(0)]))
    const read = decodeAggregate(blob)
    expect(items.map((_, i) => read?.partitionKey(i))).toEqual(items.map(({ key }) => key.text))
  }
})
