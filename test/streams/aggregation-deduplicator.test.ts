import { expect, test } from 'vitest'
import { hasCode } from '../../core/index.ts'
import { Deduplicator } from '../../streams/deduplicator.ts'
import { seededRandom } from '../support/seeded-random.ts'

const mark = (counter: number, producerId = 'p', epoch = 0) => ({ producerId, epoch, counter })

test('each mark is new once, whatever the order in which marks come within the window', () => {
  const random = seededRandom(3)
  for (let round = 0; round < 20; round++) {
    const deduplicator = new Deduplicator({ windowSize: 1_024 })
    const seen = new Set<number>()
    let highest = 0
    for (let i = 0; i < 5_000; i++) {
      const counter = Math.max(0, highest - 1_000 + random.below(1_100))
      const verdict = deduplicator.see(mark(counter))
      highest = Math.max(highest, counter)
      expect(verdict).toBe(seen.has(counter) ? 'repeat' : 'first')
      seen.add(counter)
    }
  }
})

test('a mark below the window is let through and counted, not hidden', () => {
  const deduplicator = new Deduplicator({ windowSize: 32 })
  expect(deduplicator.see(mark(0))).toBe('first')
  expect(deduplicator.see(mark(31))).toBe('first')
  expect(deduplicator.see(mark(0))).toBe('repeat')
  expect(deduplicator.see(mark(32))).toBe('first')
  expect(deduplicator.see(mark(0))).toBe('unknown')
  expect(deduplicator.see(mark(1_000_000))).toBe('first')
  expect(deduplicator.see(mark(999_969))).toBe('first')
  expect(deduplicator.see(mark(999_968))).toBe('unknown')
  expect([deduplicator.repeats, deduplicator.windowMissed]).toEqual([1, 2])
})

test('epochs and producers count for themselves', () => {
  const deduplicator = new Deduplicator()
  for (const one of [mark(5), mark(5, 'q'), mark(5, 'p', 1)]) expect(deduplicator.see(one)).toBe('first')
  for (const one of [mark(5), mark(5, 'q'), mark(5, 'p', 1)]) expect(deduplicator.see(one)).toBe('repeat')
})

test('the producer that was silent for the longest time is forgotten first', () => {
  const deduplicator = new Deduplicator({ producersMax: 2 })
  deduplicator.see(mark(0, 'a'))
  deduplicator.see(mark(0, 'b'))
  deduplicator.see(mark(1, 'a'))
  deduplicator.see(mark(0, 'c'))
  expect([deduplicator.producers, deduplicator.producersForgotten]).toEqual([2, 1])
  expect(deduplicator.see(mark(1, 'a'))).toBe('repeat')
  expect(deduplicator.see(mark(0, 'b'))).toBe('first')
})

test('a restored snapshot judges as the original, and two snapshots make the union of both', () => {
  const random = seededRandom(9)
  for (let round = 0; round < 30; round++) {
    const options = { windowSize: 64 * (1 + random.below(4)) }
    const parents = [new Deduplicator(options), new Deduplicator(options)] as const
    const seen = new Set<string>()
    const highest = new Map<string, number>()
    for (let i = 0; i < 300; i++) {
      const producerId = random.pick(['a', 'b', 'c'])
      const counter = random.below(options.windowSize * (1 + (round % 3)))
      random.pick(parents).see(mark(counter, producerId))
      seen.add(`${producerId} ${counter}`)
      highest.set(producerId, Math.max(highest.get(producerId) ?? -1, counter))
    }
    const child = new Deduplicator(options)
    child.restore(parents[0].snapshot())
    expect(child.snapshot()).toEqual(parents[0].snapshot())
    child.restore(parents[1].snapshot())
    for (const producerId of highest.keys()) {
      const top = highest.get(producerId) ?? -1
      // a parent forgets what was below its own window, which is never above that of the union
      for (let counter = top; counter > top - options.windowSize && counter >= 0; counter--) {
        const verdict = child.see(mark(counter, producerId))
        expect(verdict, `round ${round}`).toBe(seen.has(`${producerId} ${counter}`) ? 'repeat' : 'first')
      }
    }
  }
})

test('damaged snapshots and sizes that do not fit are refused', () => {
  const deduplicator = new Deduplicator({ windowSize: 32 })
  for (let i = 0; i < 50; i++) deduplicator.see(mark(i, `p${i % 3}`))
  const snapshot = deduplicator.snapshot()
  for (let end = 0; end < snapshot.length; end++)
    expect(() => new Deduplicator({ windowSize: 32 }).restore(snapshot.subarray(0, end))).toThrow(/cannot be read/)
  expect(() => new Deduplicator({ windowSize: 64 }).restore(snapshot)).toThrow(/windows of 32 counters/)
  for (const options of [{ windowSize: 33 }, { windowSize: 0 }, { producersMax: 0 }])
    try {
      new Deduplicator(options)
      expect.unreachable()
    } catch (error) {
      expect(hasCode(error, 'config')).toBe(true)
    }
})

test('the default window holds what is put until a lost reply is given up, and no more than it says', () => {
  const deduplicator = new Deduplicator()
  expect(deduplicator.see(mark(0))).toBe('first')
  // 13,000 records a second for a RequestTimeout of 6 s
  expect(deduplicator.see(mark(78_000))).toBe('first')
  expect(deduplicator.see(mark(0))).toBe('repeat')
  expect(deduplicator.see(mark(2 ** 18 - 1))).toBe('first')
  expect(deduplicator.see(mark(0))).toBe('repeat')
  expect(deduplicator.see(mark(2 ** 18))).toBe('first')
  expect(deduplicator.see(mark(0))).toBe('unknown')
})
