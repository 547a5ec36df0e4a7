import { expect, test } from 'vitest'
import type { Value } from '../../../core/rows.ts'
import { ExpAvg } from '../../../processors/analytics/exp-avg.ts'
import { GroupRank, type RankedGroup } from '../../../processors/analytics/group-rank.ts'
import type { GroupRankParameters } from '../../../processors/analytics/group-rank-parameters.ts'
import { type Hotspot, Hotspots, hotspotsText } from '../../../processors/analytics/hotspots.ts'
import { StateReader } from '../../../processors/operators/state-reader.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { carryOver, snapshotOf } from './snapshots.ts'

function push(hotspots: Hotspots, ...values: number[]): Hotspot[] {
  return hotspots.push(Float64Array.from(values), 0)
}

test('25 of the last 100 rows within [1,2]x[1,2] are one hotspot of density 25', () => {
  const hotspots = new Hotspots({ windowSize: 100, scanRadius: 0.5, minimumNumberOfPointsInAHotspot: 20 }, 2)
  for (let row = 0; row < 75; row++) expect(push(hotspots, 100 + row * 10, -row * 10)).toEqual([])
  let last: Hotspot[] = []
  for (let row = 0; row < 25; row++) last = push(hotspots, 1 + (row % 5) / 4, 1 + Math.floor(row / 5) / 4)
  expect(hotspotsText(last)).toBe('{"hotspots":[{"density":25,"minValues":[1,1],"maxValues":[2,2]}]}')
  expect(hotspotsText(push(hotspots, 500, 500))).toBe('{"hotspots":[]}')
})

test('hotspots are the linked sets that a plain search over all pairs finds', () => {
  const random = seededRandom(4)
  for (const columns of [1, 2, 3]) {
    const parameters = { windowSize: 100, scanRadius: 0.6, minimumNumberOfPointsInAHotspot: 8 }
    const hotspots = new Hotspots(parameters, columns)
    const rows: number[][] = []
    let found = 0
    for (let step = 0; step < 400; step++) {
      const center = random.below(4) * 5
      const row = Array.from({ length: columns }, () => center + (random.next() + random.next() - 1) * 1.4)
      rows.push(row)
      const window = rows.slice(-100)
      const members: number[][] = []
      let others = window
      // Whoever is near a member becomes one, until nobody is.
      for (let joining = [row]; joining.length > 0; ) {
        members.push(...joining)
        others = others.filter(other => !joining.includes(other))
        const near = (a: number[], b: number[]): boolean => Math.hypot(...a.map((value, i) => value - b[i]!)) <= 0.6
        const latest = joining
        joining = others.filter(other => latest.some(member => near(member, other)))
      }
      const [hotspot] = push(hotspots, ...row)
      expect(hotspot === undefined).toBe(members.length < 8)
      if (hotspot === undefined) continue
      found++
      const least = row.map((_, i) => Math.min(...members.map(member => member[i]!)))
      const greatest = row.map((_, i) => Math.max(...members.map(member => member[i]!)))
      expect(hotspot.minValues).toEqual(least)
      expect(hotspot.maxValues).toEqual(greatest)
      const size = greatest.reduce((product, value, i) => product * (value - least[i]!), 1)
      expect(hotspot.density).toBeCloseTo(members.length / size, 6)
    }
    expect(found).toBeGreaterThan(20)
  }
})

test('points leave a hotspot with the window, rows with NULL never enter, equal points are finitely dense', () => {
  const hotspots = new Hotspots({ windowSize: 100, scanRadius: 0.5, minimumNumberOfPointsInAHotspot: 3 }, 1)
  push(hotspots, 1)
  push(hotspots, 1)
  expect(push(hotspots, NaN)).toEqual([])
  expect(push(hotspots, 1)).toEqual([{ density: 6, minValues: [1], maxValues: [1] }])
  for (let row = 0; row < 98; row++) push(hotspots, 10 + row)
  expect(push(hotspots, 1)).toEqual([])
})

test('hotspots restored half way are the same, and foreign snapshots are refused', () => {
  const parameters = { windowSize: 100, scanRadius: 0.2, minimumNumberOfPointsInAHotspot: 5 }
  const random = seededRandom(1)
  const [straight, before, after] = [
    new Hotspots(parameters, 2),
    new Hotspots(parameters, 2),
    new Hotspots(parameters, 2),
  ]
  for (let row = 0; row < 400; row++) {
    const values = [random.next(), random.next()]
    const expected = push(straight, ...values)
    if (row === 150) carryOver(before, after)
    expect(push(row < 150 ? before : after, ...values)).toEqual(expected)
  }
  const wide = new Hotspots({ ...parameters, windowSize: 1_000 }, 2)
  for (let row = 0; row < 500; row++) push(wide, row, row)
  expect(() => after.restore(new StateReader(snapshotOf(wide)))).toThrow('more than its window')
})

test('arguments of HOTSPOTS outside their ranges are refused by name', () => {
  const make = (windowSize: number, scanRadius: number, least: number, columns = 1): (() => Hotspots) => {
    return () => new Hotspots({ windowSize, scanRadius, minimumNumberOfPointsInAHotspot: least }, columns)
  }
  expect(make(99, 1, 2)).toThrow('windowSize of HOTSPOTS is 99; give a whole number from 100 to 1000')
  expect(make(1_001, 1, 2)).toThrow('from 100 to 1000')
  expect(make(100, 0, 2)).toThrow('scanRadius of HOTSPOTS is 0; give a number above 0')
  expect(make(100, NaN, 2)).toThrow('scanRadius')
  expect(make(100, 1, 1)).toThrow('minimumNumberOfPointsInAHotspot of HOTSPOTS is 1; give a whole number from 2 to 100')
  expect(make(100, 1, 101)).toThrow('from 2 to 100')
  expect(make(100, 1, 2, 0)).toThrow('got 0 numeric columns')
})

const RANK: GroupRankParameters = {
  rankBy: 0,
  rankByType: { kind: 'INTEGER' },
  sortOrder: 'desc',
  outputOrder: 'asc',
  maxIdle: 0,
  outputMax: 0,
}

function ranked(parameters: Partial<GroupRankParameters>, keys: readonly Value[]): [Value, number][] {
  const rank = new GroupRank({ ...RANK, ...parameters })
  for (const key of keys) rank.push(1_000, [key], 0)
  return pairs(rank.advance(Infinity))
}

function pairs(group: RankedGroup | null): [Value, number][] {
  return group?.rows.map(({ values, rank }) => [values[0] ?? null, rank]) ?? []
}

test('4, 9, 9, 1 by desc, asc and at most 3 rows leave as (9,1), (9,1), (4,3)', () => {
  expect(ranked({ outputMax: 3 }, [4, 9, 9, 1])).toEqual([
    [9, 1],
    [9, 1],
    [4, 3],
  ])
  expect(ranked({ outputOrder: 'desc', outputMax: 2 }, [4, 9, 9, 1])).toEqual([
    [1, 4],
    [4, 3],
  ])
  expect(ranked({ sortOrder: 'ASC', outputOrder: 'none' }, [4, 9, null, 9, 1])).toEqual([
    [4, 3],
    [9, 4],
    [null, 1],
    [9, 4],
    [1, 2],
  ])
})

test('text ranks in its order and BIGINT by size', () => {
  expect(ranked({ rankByType: { kind: 'VARCHAR', length: 10 }, sortOrder: 'asc' }, ['b', 'a10', 'a', 'a9'])).toEqual([
    ['a', 1],
    ['a10', 2],
    ['a9', 3],
    ['b', 4],
  ])
  expect(ranked({ rankByType: { kind: 'BIGINT' } }, [9_007_199_254_740_993n, 9_007_199_254_740_992n])).toEqual([
    [9_007_199_254_740_993n, 1],
    [9_007_199_254_740_992n, 2],
  ])
})

test('a group leaves when a later rowtime is known, not before', () => {
  const rank = new GroupRank(RANK)
  expect(rank.advance(1_000)).toBeNull()
  rank.push(1_000, [5], 0)
  expect(rank.advance(1_000)).toBeNull()
  rank.push(1_000, [7], 0)
  expect(rank.idleAt).toBeNull()
  expect(rank.idle(1e9)).toBeNull()
  const group = rank.advance(1_001)
  expect(group?.rowtime).toBe(1_000)
  expect(pairs(group)).toEqual([
    [7, 1],
    [5, 2],
  ])
  expect(rank.advance(Infinity)).toBeNull()
})

test('a group leaves after maxIdle of silence, and later rows of its rowtime rank by themselves', () => {
  const rank = new GroupRank({ ...RANK, maxIdle: 50 })
  expect(rank.idleAt).toBeNull()
  rank.push(1_000, [5], 200)
  rank.push(1_000, [7], 230)
  expect(rank.idleAt).toBe(280)
  expect(rank.idle(279)).toBeNull()
  expect(pairs(rank.idle(280))).toHaveLength(2)
  rank.push(1_000, [6], 290)
  expect(pairs(rank.advance(2_000))).toEqual([[6, 1]])
})

test('a waiting group survives a restart, and its silence begins anew', () => {
  const [before, after] = [new GroupRank({ ...RANK, maxIdle: 50 }), new GroupRank({ ...RANK, maxIdle: 50 })]
  before.push(1_000, [5, 'five', null, 12n], 200)
  before.push(1_000, [7, 'seven', null, 13n], 200)
  carryOver(before, { restore: reader => after.restore(reader, 9_000) })
  expect(after.idleAt).toBe(9_050)
  expect(after.advance(2_000)).toEqual(before.advance(2_000))
})

test('GROUP_RANK refuses what it cannot do', () => {
  expect(() => new GroupRank({ ...RANK, sortOrder: 'up' })).toThrow("sortOrder of GROUP_RANK is 'up'")
  expect(() => new GroupRank({ ...RANK, maxIdle: -1 })).toThrow('maxIdle of GROUP_RANK in milliseconds is -1')
  expect(() => new GroupRank({ ...RANK, outputMax: 0.5 })).toThrow('outputMax of GROUP_RANK is 0.5')
  const small = new GroupRank(RANK, 2)
  small.push(1, [1], 0)
  small.push(1, [2], 0)
  expect(() => small.push(1, [3], 0)).toThrow('over its limit of 2 rows')
})

test('a value one half-life old weighs half', () => {
  const mean = new ExpAvg(10_000)
  expect(mean.result()).toBeNull()
  mean.add(0, 4)
  expect(mean.result()).toBe(4)
  mean.add(10_000, 10)
  // (4/2 + 10) / (1/2 + 1)
  expect(mean.result()).toBe(8)
  mean.add(20_000, null)
  expect(mean.result()).toBe(8)
  mean.dropBefore(10_000)
  expect(mean.length).toBe(2)
  expect(mean.result()).toBe(10)
  mean.dropTo(1)
  expect(mean.result()).toBeNull()
})

test('the mean of a sliding frame is the one that the definition gives, whatever has left the frame', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = seededRandom(seed)
    const [halfLife, span] = [1 + random.below(5_000), 1 + random.below(20_000)]
    const straight = new ExpAvg(halfLife)
    const before = new ExpAvg(halfLife)
    const after = new ExpAvg(halfLife)
    const rows: { rowtime: number; value: number | null }[] = []
    let rowtime = 0
    for (let step = 0; step < 1_000; step++) {
      rowtime += random.below(random.below(50) === 0 ? 1e8 : 500)
      const value = random.below(10) === 0 ? null : random.next() * 100
      rows.push({ rowtime, value })
      if (step === 400) carryOver(before, after)
      for (const mean of [straight, step < 400 ? before : after]) {
        mean.add(rowtime, value)
        mean.dropBefore(rowtime - span)
        if (seed % 2 === 0) mean.dropTo(30)
      }
      let frame = rows.filter(row => row.rowtime >= rowtime - span)
      if (seed % 2 === 0) frame = frame.slice(-30)
      let [weights, sum] = [0, 0]
      // Ages count from the newest value: those of the frame may all be so old that their weights vanish.
      const newest = frame.findLast(row => row.value !== null)?.rowtime ?? 0
      for (const row of frame) {
        if (row.value === null) continue
        weights += 2 ** ((row.rowtime - newest) / halfLife)
        sum += row.value * 2 ** ((row.rowtime - newest) / halfLife)
      }
      const result = straight.result()
      if (weights === 0) expect(result).toBeNull()
      else expect(result).toBeCloseTo(sum / weights, 9)
      expect((step < 400 ? before : after).result()).toBe(result)
    }
  }
})

test('EXP_AVG refuses a half-life of nothing and a frame without end', () => {
  expect(() => new ExpAvg(0)).toThrow('half-life of EXP_AVG is 0 ms')
  const mean = new ExpAvg(1, 2)
  mean.add(1, 1)
  mean.add(2, 1)
  expect(() => mean.add(3, 1)).toThrow('over its limit of 2 rows')
})
