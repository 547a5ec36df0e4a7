import { expect, test } from 'vitest'
import { DISTINCT_EXACT_MAX, DistinctCounter } from '../../../processors/analytics/distinct-counter.ts'
import { hash64 } from '../../../processors/analytics/hash.ts'
import { ItemCounts } from '../../../processors/analytics/item-counts.ts'
import { countDistinctItems, topKItems } from '../../../processors/analytics/tumbling-items.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { carryOver } from './snapshots.ts'

const T0 = Date.UTC(2026, 0, 1, 9)

/** Items as in logs: a few are frequent, most are rare. */
function skewedItems(seed: number, count: number, different: number): string[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => `item ${Math.floor(different ** random.next())}`)
}

test('a, b, a, c, b, a have the top two a 3 and b 2, and three different items', () => {
  const top = topKItems(2, 60_000)
  const distinct = countDistinctItems(60_000, 1)
  for (const [second, item] of ['a', 'b', 'a', 'c', 'b', 'a'].entries()) {
    expect(top.advance(T0 + second * 1_000)).toBeNull()
    top.add(T0 + second * 1_000, item)
    distinct.add(T0 + second * 1_000, item)
    top.add(T0 + second * 1_000, null)
    distinct.add(T0 + second * 1_000, null)
  }
  expect(top.advance(T0 + 59_999)).toBeNull()
  expect(top.advance(T0 + 60_000)).toEqual({
    rowtime: T0 + 60_000,
    result: [
      { item: 'a', count: 3 },
      { item: 'b', count: 2 },
    ],
  })
  expect(distinct.advance(Infinity)).toEqual({ rowtime: T0 + 60_000, result: 3 })
})

test('windows are aligned to the epoch, forget one another, and are silent without items', () => {
  const top = topKItems(5, 7_000)
  const start = Math.floor(T0 / 7_000) * 7_000
  top.add(start + 6_999, 'x')
  expect(top.advance(start + 7_000)).toEqual({ rowtime: start + 7_000, result: [{ item: 'x', count: 1 }] })
  expect(top.advance(start + 70_000)).toBeNull()
  top.add(start + 70_000, null)
  expect(top.advance(start + 77_000)).toBeNull()
  top.add(start + 77_000, 'y')
  expect(top.advance(Infinity)).toEqual({ rowtime: start + 84_000, result: [{ item: 'y', count: 1 }] })
  expect(top.advance(Infinity)).toBeNull()
})

test('top items are those of a plain map, ties by first seen', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const items = skewedItems(seed, 3_000, 400)
    const counts = new ItemCounts()
    const plain = new Map<string, number>()
    for (const item of items) {
      counts.add(item)
      plain.set(item, (plain.get(item) ?? 0) + 1)
    }
    // A Map keeps the order of first insertion and sorting is stable.
    const expected = [...plain].sort((a, b) => b[1] - a[1]).map(([item, count]) => ({ item, count }))
    for (const k of [1, 10, 100_000]) expect(counts.top(k)).toEqual(expected.slice(0, k))
    expect(counts.exact).toBe(true)
  }
})

test('beyond its bound no count is too small, none too great by more than rows / bound, and no frequent item is missing', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const bound = 50
    const items = skewedItems(seed, 5_000, 2_000)
    const counts = new ItemCounts(bound)
    const plain = new Map<string, number>()
    for (const item of items) {
      counts.add(item)
      plain.set(item, (plain.get(item) ?? 0) + 1)
    }
    expect(counts.exact).toBe(false)
    const found = new Map(counts.top(bound).map(({ item, count }) => [item, count]))
    expect(found.size).toBe(bound)
    expect([...found.values()].reduce((sum, count) => sum + count)).toBe(items.length)
    for (const [item, count] of found) {
      expect(count).toBeGreaterThanOrEqual(plain.get(item)!)
      expect(count - plain.get(item)!).toBeLessThanOrEqual(items.length / bound)
    }
    for (const [item, count] of plain) if (count > items.length / bound) expect(found.has(item)).toBe(true)
  }
})

test('items that agree in their first 1,024 characters are one', () => {
  const counts = new ItemCounts()
  const long = '\u{1f40e}'.repeat(1_024)
  counts.add(`${long}a`)
  counts.add(`${long}b`)
  expect(counts.top(5)).toEqual([{ item: long, count: 2 }])
})

test('windows restored half way give what they would have given', () => {
  for (const bound of [20, 10_000]) {
    const items = skewedItems(3, 2_000, 1_000)
    const straight = new ItemCounts(bound)
    for (const item of items) straight.add(item)
    const before = new ItemCounts(bound)
    for (const item of items.slice(0, 1_200)) before.add(item)
    const after = new ItemCounts(bound)
    carryOver(before, after)
    for (const item of items.slice(1_200)) after.add(item)
    expect(after.top(bound)).toEqual(straight.top(bound))
  }
  const window = topKItems(3, 60_000)
  window.add(T0, 'a')
  const restored = topKItems(3, 60_000)
  carryOver(window, restored)
  expect(restored.advance(Infinity)).toEqual(window.advance(Infinity))
  carryOver(window, restored)
  expect(restored.advance(Infinity)).toBeNull()
})

test('different items are counted exactly up to 10,000', () => {
  const counter = new DistinctCounter(7)
  for (let i = 0; i < DISTINCT_EXACT_MAX; i++) {
    counter.add(`item ${i}`)
    counter.add(`item ${i >> 1}`)
  }
  expect(counter.exact).toBe(true)
  expect(counter.count()).toBe(10_000)
  counter.add('one more')
  expect(counter.exact).toBe(false)
})

test('beyond 10,000 items the count is wrong by less than 3.5 %, and by 0.8 % as a rule', () => {
  const errors: number[] = []
  for (let seed = 1; seed <= 12; seed++) {
    const counter = new DistinctCounter(seed)
    let different = 0
    // The estimators of old were worst near 2.5 times the number of registers, 40,960.
    for (const size of [10_001, 15_000, 30_000, 41_000, 60_000, 100_000, 250_000]) {
      for (; different < size; different++) counter.add(String(different * 17))
      errors.push(counter.count() / size - 1)
    }
  }
  expect(Math.max(...errors.map(Math.abs))).toBeLessThan(0.035)
  expect(Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length)).toBeLessThan(0.0115)
  expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(0.005)
})

test('counters that are merged count like one, whichever of them are exact', () => {
  for (const [left, right] of [
    [100, 200],
    [100, 30_000],
    [30_000, 100],
    [30_000, 30_000],
    [9_000, 9_000],
  ] as const) {
    const [a, b, one] = [new DistinctCounter(1), new DistinctCounter(1), new DistinctCounter(1)]
    for (let i = 0; i < left; i++) {
      a.add(`x${i}`)
      one.add(`x${i}`)
    }
    for (let i = 0; i < right; i++) {
      b.add(`x${i + 50}`)
      one.add(`x${i + 50}`)
    }
    a.merge(b)
    expect(a.count()).toBe(one.count())
    expect(a.exact).toBe(one.exact)
  }
})

test('a counter restored half way, exact or not, goes on the same', () => {
  for (const cut of [0, 500, 9_999, 10_000, 10_001, 20_000]) {
    const straight = new DistinctCounter(5)
    const before = new DistinctCounter(5)
    const after = new DistinctCounter(5)
    for (let i = 0; i < 25_000; i++) {
      straight.add(`${i}`)
      if (i < cut) before.add(`${i}`)
      if (i === cut) carryOver(before, after)
      if (i >= cut) after.add(`${i}`)
    }
    expect(after.count()).toBe(straight.count())
  }
})

test('long items count by all their characters', () => {
  const counter = new DistinctCounter(1)
  const long = 'x'.repeat(60_000)
  for (const item of [long, `${long}1`, `${long}2`, `${long}1`, `${long}\ud800`, `${long}\ud801`]) counter.add(item)
  expect(counter.count()).toBe(5)
  expect(counter.ownedBytes).toBeLessThan(1_000)
})

test('a hash changes half of its bits when any part of the text or the seed does', () => {
  const bits = ([high, low]: readonly [number, number], [a, b]: readonly [number, number]): number => {
    const ones = (number: number): number => (number >>> 0).toString(2).replaceAll('0', '').length
    return ones(high ^ a) + ones(low ^ b)
  }
  let changed = 0
  const places = new Float64Array(64)
  for (let i = 0; i < 4_000; i++) {
    const [from, to] = [hash64(`key-${i}`, 1), hash64(`key-${i + 1}`, 1)]
    changed += bits(from, to)
    for (let bit = 0; bit < 64; bit++) places[bit]! += (from[bit >> 5]! >>> (bit & 31)) & 1
    expect(bits(from, hash64(`key-${i}`, 2))).toBeGreaterThan(8)
  }
  expect(changed / 4_000).toBeGreaterThan(31.5)
  expect(changed / 4_000).toBeLessThan(32.5)
  for (const ones of places) expect(Math.abs(ones / 4_000 - 0.5)).toBeLessThan(0.05)
})
