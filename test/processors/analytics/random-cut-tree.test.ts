import { expect, test } from 'vitest'
import { RandomCutTree } from '../../../processors/analytics/random-cut-forest/random-cut-tree.ts'
import { SeededGenerator } from '../../../processors/analytics/seeded-generator.ts'
import { type SeededRandom, seededRandom } from '../../support/seeded-random.ts'

function randomPoint(random: SeededRandom, dimensions: number, kind: number): Float64Array {
  return Float64Array.from({ length: dimensions }, () => {
    // Whole numbers repeat, the others hardly ever; the last are so far apart that sums round.
    if (kind === 0) return random.below(6)
    if (kind === 1) return random.next() * 2 - 1
    return (random.next() - 0.5) * 10 ** (random.below(600) - 300)
  })
}

function sortedText(points: readonly (readonly number[])[]): string[] {
  return points.map(point => point.join(' ')).sort()
}

test('after any insertions and removals boxes, masses and points are exact', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed)
    const dimensions = 1 + random.below(4)
    const capacity = 1 + random.below(40)
    const kind = random.below(3)
    const tree = new RandomCutTree(capacity, dimensions, new SeededGenerator(seed))
    const held: { leaf: number; point: Float64Array }[] = []
    for (let step = 0; step < 300; step++) {
      if (held.length === capacity || (held.length > 0 && random.below(2) === 0)) {
        const [gone] = held.splice(random.below(held.length), 1)
        tree.remove(gone!.leaf)
      } else {
        const point = randomPoint(random, dimensions, kind)
        held.push({ leaf: tree.insert(point, 0), point })
      }
      expect(tree.mass).toBe(held.length)
      expect(sortedText(tree.verify())).toEqual(sortedText(held.map(({ point }) => [...point])))
    }
  }
})

test('parts by column add up to the score, for points inside, outside and in the tree', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed)
    const columns = 1 + random.below(3)
    const dimensions = columns * (1 + random.below(3))
    const tree = new RandomCutTree(64, dimensions, new SeededGenerator(seed))
    const points = Array.from({ length: 64 }, () => randomPoint(random, dimensions, random.below(2)))
    for (const point of points) tree.insert(point, 0)
    const far = Float64Array.from({ length: dimensions }, () => 50)
    for (const point of [...points, far, ...points.map(() => randomPoint(random, dimensions, 1))]) {
      const parts = new Float64Array(columns * 2)
      const score = tree.score(point, 0)
      expect(tree.attribute(point, 0, parts, 0, columns)).toBeCloseTo(score, 10)
      expect(parts.reduce((sum, part) => sum + part)).toBeCloseTo(score, 10)
      expect(parts.every(part => part >= 0)).toBe(true)
    }
  }
})

test('the first cut falls on a dimension in proportion to its side', () => {
  // Sides 3 and 1: the first cut of two points lies in the first dimension three times out of four.
  let first = 0
  for (let seed = 0; seed < 4_000; seed++) {
    const tree = new RandomCutTree(3, 2, new SeededGenerator(seed))
    tree.insert(Float64Array.of(0, 0), 0)
    tree.insert(Float64Array.of(3, 1), 0)
    // Only such a cut leads (3, 0) to the leaf (3, 1), below which it lies in the second dimension.
    const parts = new Float64Array(4)
    tree.attribute(Float64Array.of(3, 0), 0, parts, 0, 2)
    if (parts[3]! > 0) first++
  }
  expect(first / 4_000).toBeGreaterThan(0.72)
  expect(first / 4_000).toBeLessThan(0.78)
})

test('a tree drawn point by point is distributed like one from which points have gone', () => {
  // Mean score of a probe over many trees with the points 0..9, with and without a detour over 10 other points.
  const mean = (detour: boolean): number => {
    let sum = 0
    for (let seed = 0; seed < 3_000; seed++) {
      const tree = new RandomCutTree(20, 1, new SeededGenerator(seed, detour ? 1 : 0))
      const others: number[] = []
      for (let i = 0; i < 10; i++) {
        if (detour) others.push(tree.insert(Float64Array.of(i * 7 - 30.5), 0))
        tree.insert(Float64Array.of(i), 0)
      }
      for (const leaf of others) tree.remove(leaf)
      sum += tree.score(Float64Array.of(12), 0)
    }
    return sum / 3_000
  }
  expect(Math.abs(mean(true) - mean(false))).toBeLessThan(0.03)
})

test('the score of a tree with two known points is what the formula says', () => {
  const tree = new RandomCutTree(4, 1, new SeededGenerator(1))
  expect(tree.score(Float64Array.of(5), 0)).toBe(0)
  tree.insert(Float64Array.of(0), 0)
  // One leaf, never cut: 1/(0+1), times log2(2).
  expect(tree.score(Float64Array.of(5), 0)).toBe(1)
  // The same point: (1 - 1/2) / log2(2), times log2(2).
  expect(tree.score(Float64Array.of(0), 0)).toBe(0.5)
  tree.insert(Float64Array.of(1), 0)
  // 3 beyond a box of length 1: parted at the root with 3/4, below it with 1/4.
  expect(tree.score(Float64Array.of(4), 0)).toBeCloseTo((0.75 + 0.25 / 2) * Math.log2(3), 12)
})
