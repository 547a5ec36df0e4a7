import { expect, test } from 'vitest'
import { hasCode } from '../../../core/errors.ts'
import { anomalyExplanation } from '../../../processors/analytics/random-cut-forest/explanation.ts'
import type { ForestParameters } from '../../../processors/analytics/random-cut-forest/parameters.ts'
import { RandomCutForest } from '../../../processors/analytics/random-cut-forest/random-cut-forest.ts'
import { StateReader } from '../../../processors/operators/state-reader.ts'
import { StateWriter } from '../../../processors/operators/state-writer.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { carryOver, snapshotOf } from './snapshots.ts'

function scoresOf(forest: RandomCutForest, values: ArrayLike<number>, count = values.length): Float64Array {
  const scores = new Float64Array(count)
  forest.score(Float64Array.from(values), count, scores)
  return scores
}

function nearTen(seed: number, count: number): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => 9.5 + random.next())
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

test('90 after 300 rows near 10 scores several times its neighbours, whatever the seed', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const forest = new RandomCutForest({ columns: 1, parameters: { numberOfTrees: 50 }, seed })
    const scores = scoresOf(forest, [...nearTen(seed, 300), 90, ...nearTen(seed + 100, 20)])
    const neighbours = [...scores.subarray(290, 300), ...scores.subarray(301, 321)]
    expect(scores[300]).toBeGreaterThan(3 * Math.max(...neighbours))
    expect(scores[300]).toBeLessThanOrEqual(Math.log2(257))
  }
})

test('ordinary rows score about 1 and repeated ones below', () => {
  const ordinary = scoresOf(new RandomCutForest({ columns: 1, seed: 3 }), nearTen(3, 1_500)).subarray(256)
  expect(mean(ordinary)).toBeGreaterThan(0.7)
  expect(mean(ordinary)).toBeLessThan(1.2)
  const repeated = scoresOf(new RandomCutForest({ columns: 1, seed: 3 }), new Float64Array(400).fill(7)).subarray(256)
  expect(Math.max(...repeated)).toBeLessThan(1)
  const few = Array.from({ length: 1_000 }, (_, row) => row % 5)
  expect(Math.max(...scoresOf(new RandomCutForest({ columns: 1, seed: 3 }), few).subarray(256))).toBeLessThan(1)
})

test('the first subSampleSize rows score 0, and the next does not', () => {
  for (const [subSampleSize, shingleSize, silent] of [
    [20, 1, 20],
    [20, 8, 20],
    [10, 15, 14],
  ] as const) {
    const parameters = { numberOfTrees: 5, subSampleSize, shingleSize }
    const scores = scoresOf(new RandomCutForest({ columns: 1, parameters, seed: 1 }), [...nearTen(1, silent), 1e6, 1])
    expect(scores.subarray(0, silent)).toEqual(new Float64Array(silent))
    // With a sample that is still empty nothing can stand out.
    if (subSampleSize > shingleSize) expect(scores[silent]).toBeGreaterThan(1)
  }
})

test('a shingle shows what single rows hide: a wave that goes on, or stands still', () => {
  const wave = Array.from({ length: 2_000 }, (_, row) => (row > 1_500 && row < 1_520 ? 0.5 : Math.sin(row / 8)))
  const single = scoresOf(new RandomCutForest({ columns: 1, seed: 5 }), wave)
  const shingled = scoresOf(new RandomCutForest({ columns: 1, parameters: { shingleSize: 8 }, seed: 5 }), wave)
  const contrast = (scores: Float64Array): number =>
    Math.max(...scores.subarray(1_501, 1_520)) / mean(scores.subarray(1_000, 1_500))
  expect(contrast(shingled)).toBeGreaterThan(2)
  expect(contrast(shingled)).toBeGreaterThan(1.5 * contrast(single))
})

test('a seed decides every score, and another seed gives others', () => {
  const values = nearTen(9, 600)
  const run = (seed: number): Float64Array =>
    scoresOf(new RandomCutForest({ columns: 2, parameters: { numberOfTrees: 10 }, seed }), values, 300)
  expect(run(4)).toEqual(run(4))
  expect(run(4)).not.toEqual(run(5))
})

test('where batches are cut makes no difference to scores and parts', () => {
  const values = Float64Array.from(nearTen(2, 1_400), (value, i) => (i % 97 === 5 ? NaN : i % 211 === 0 ? 40 : value))
  const parameters = { numberOfTrees: 7, subSampleSize: 32, shingleSize: 3, timeDecay: 200 }
  const run = (batch: number): number[] => {
    const forest = new RandomCutForest({ columns: 2, parameters, seed: 1 })
    const results: number[] = []
    for (let row = 0; row < 700; row += batch) {
      const count = Math.min(batch, 700 - row)
      const scores = new Float64Array(count)
      const parts = new Float64Array(count * 4)
      forest.score(values.subarray(row * 2, (row + count) * 2), count, scores, parts)
      for (let i = 0; i < count; i++) results.push(scores[i]!, ...parts.subarray(i * 4, i * 4 + 4))
    }
    return results
  }
  const whole = run(700)
  for (const batch of [1, 7, 64]) expect(run(batch)).toEqual(whole)
})

test('a forest restored in the middle of a stream goes on as if it had never stopped', () => {
  const values = Float64Array.from(nearTen(8, 2_000), (value, i) => (i % 61 === 5 ? NaN : value))
  const parameters = { numberOfTrees: 6, subSampleSize: 40, shingleSize: 2, timeDecay: 100 }
  const create = (): RandomCutForest => new RandomCutForest({ columns: 2, parameters, seed: 77 })
  const straight = scoresOf(create(), values, 1_000)
  for (const cut of [0, 1, 2, 39, 40, 500, 999]) {
    const before = create()
    const head = scoresOf(before, values.subarray(0, cut * 2), cut)
    const after = create()
    carryOver(before, after)
    expect(snapshotOf(after)).toEqual(snapshotOf(before))
    const tail = scoresOf(after, values.subarray(cut * 2), 1_000 - cut)
    expect([...head, ...tail]).toEqual([...straight])
  }
})

test('a snapshot comes in slices, and needs less than 64 bytes a row of a sample with one column', () => {
  const forest = new RandomCutForest({ columns: 1, seed: 1 })
  scoresOf(forest, nearTen(1, 2_000))
  const writer = new StateWriter()
  let total = 0
  for (const _ of forest.snapshot(writer)) {
    const slice = writer.take().length
    expect(slice).toBeLessThan(80_000)
    total += slice
  }
  expect(total + writer.take().length).toBeLessThan(100 * 256 * 64)
})

test('a snapshot of other parameters is refused', () => {
  const forest = (subSampleSize: number): RandomCutForest =>
    new RandomCutForest({ columns: 1, parameters: { numberOfTrees: 1, subSampleSize }, seed: 1 })
  const large = forest(100)
  scoresOf(large, nearTen(1, 200))
  expect(() => forest(10).restore(new StateReader(snapshotOf(large)))).toThrow('does not fit its parameters')
  expect(() => forest(100).restore(new StateReader(snapshotOf(large).subarray(0, 500)))).toThrow('ends at byte')
})

test('a short time decay forgets, a long one remembers', () => {
  const scores = (timeDecay: number): Float64Array => {
    const forest = new RandomCutForest({ columns: 1, parameters: { subSampleSize: 64, timeDecay }, seed: 6 })
    return scoresOf(forest, [...nearTen(1, 1_000), ...nearTen(2, 1_000).map(value => value + 10)])
  }
  const [short, long] = [scores(100), scores(1_000_000)]
  // Right after the step both are surprised; 1,000 rows later only the one that remembers has both levels.
  expect(short[1_000]).toBeGreaterThan(2)
  expect(long[1_000]).toBeGreaterThan(2)
  const old = [...nearTen(3, 20)]
  const again = (timeDecay: number): number => {
    const forest = new RandomCutForest({ columns: 1, parameters: { subSampleSize: 64, timeDecay }, seed: 6 })
    return scoresOf(forest, [...nearTen(1, 1_000), ...nearTen(2, 1_000).map(value => value + 10), ...old])[2_000]!
  }
  expect(again(100)).toBeGreaterThan(2 * again(1_000_000))
})

test('parts add up to the score and name the column and direction that stand out', () => {
  const random = seededRandom(12)
  const rows = 400
  const values = Float64Array.from({ length: rows * 3 }, () => random.next())
  values[1 + 3 * 350] = 30
  values[2 + 3 * 380] = -30
  const forest = new RandomCutForest({ columns: 3, parameters: { numberOfTrees: 30 }, seed: 2 })
  const scores = new Float64Array(rows)
  const parts = new Float64Array(rows * 6)
  forest.score(values, rows, scores, parts)
  for (let row = 0; row < rows; row++) {
    const sum = parts.subarray(row * 6, row * 6 + 6).reduce((total, part) => total + part)
    expect(sum).toBeCloseTo(scores[row]!, 9)
  }
  expect(parts[350 * 6 + 2]).toBeGreaterThan(0.9 * scores[350]!)
  expect(parts[380 * 6 + 5]).toBeGreaterThan(0.9 * scores[380]!)
  const plain = new Float64Array(rows)
  new RandomCutForest({ columns: 3, parameters: { numberOfTrees: 30 }, seed: 2 }).score(values, rows, plain)
  for (let row = 0; row < rows; row++) expect(plain[row]).toBeCloseTo(scores[row]!, 9)
})

test('a NULL counts as the mean of its column so far', () => {
  const values = nearTen(4, 400)
  const sum = values.slice(0, 399).reduce((total, value) => total + value)
  const parameters = { numberOfTrees: 20 }
  const withNull = scoresOf(new RandomCutForest({ columns: 1, parameters, seed: 1 }), [...values.slice(0, 399), NaN])
  const withMean = scoresOf(new RandomCutForest({ columns: 1, parameters, seed: 1 }), [
    ...values.slice(0, 399),
    sum / 399,
  ])
  expect(withNull[399]).toBeCloseTo(withMean[399]!, 6)
  expect(scoresOf(new RandomCutForest({ columns: 1, parameters, seed: 1 }), new Float64Array(300).fill(NaN))[299]).toBe(
    0.5,
  )
})

test('the greatest and least numbers score like any others', () => {
  const values = [...nearTen(4, 300), Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, Infinity]
  const scores = scoresOf(new RandomCutForest({ columns: 1, parameters: { numberOfTrees: 20 }, seed: 1 }), values)
  expect(scores.every(Number.isFinite)).toBe(true)
  expect(scores[300]).toBeGreaterThan(4)
})

test('parameters outside their ranges are refused by name', () => {
  const refused = (parameters: Partial<ForestParameters>, columns = 1): string => {
    try {
      new RandomCutForest({ columns, parameters, seed: 1 })
    } catch (error) {
      if (hasCode(error, 'invalid_argument', 'state_limit')) return `${error.code}: ${error.message}`
      throw error
    }
    return 'accepted'
  }
  expect(refused({ numberOfTrees: 0 })).toBe(
    'invalid_argument: numberOfTrees of RANDOM_CUT_FOREST is 0; give a whole number from 1 to 1000',
  )
  expect(refused({ numberOfTrees: 1_001 })).toContain('from 1 to 1000')
  expect(refused({ subSampleSize: 9 })).toContain('subSampleSize of RANDOM_CUT_FOREST is 9')
  expect(refused({ subSampleSize: 1_001 })).toContain('from 10 to 1000')
  expect(refused({ timeDecay: 2_147_483_648 })).toContain('timeDecay')
  expect(refused({ timeDecay: 0 })).toContain('timeDecay')
  expect(refused({ shingleSize: 31 })).toContain('from 1 to 30')
  expect(refused({ shingleSize: 1.5 })).toContain('shingleSize of RANDOM_CUT_FOREST is 1.5')
  expect(refused({ subSampleSize: 100, timeDecay: 100 })).toContain('not above its subSampleSize 100')
  expect(refused({}, 0)).toContain('got 0 numeric columns')
  expect(refused({}, 31)).toContain('from 1 to 30 columns')
  expect(refused({ numberOfTrees: 1_000, subSampleSize: 1_000, shingleSize: 30 }, 30)).toContain('state_limit: ')
  expect(refused({ numberOfTrees: 1, subSampleSize: 10, timeDecay: 11, shingleSize: 30 })).toBe('accepted')
})

test('the explanation is JSON by column name, with numbers as text', () => {
  const parts = Float64Array.of(9, 9, 2.17155, 0.26945, 0.5, 0.5)
  expect(anomalyExplanation(['temp', 'a"b'], parts, 2, true)).toBe(
    '{"temp":{"DIRECTION":"HIGH","STRENGTH":"1.9021","ATTRIBUTION_SCORE":"2.4410"},' +
      '"a\\"b":{"DIRECTION":"LOW","STRENGTH":"0.0000","ATTRIBUTION_SCORE":"1.0000"}}',
  )
  expect(anomalyExplanation(['x'], parts, 2, false)).toBe('{"x":{"ATTRIBUTION_SCORE":"2.4410"}}')
})
