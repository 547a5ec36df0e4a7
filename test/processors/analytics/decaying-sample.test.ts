import { expect, test } from 'vitest'
import { ADDED, DecayingSample, REFUSED } from '../../../processors/analytics/random-cut-forest/decaying-sample.ts'
import { SeededGenerator } from '../../../processors/analytics/seeded-generator.ts'

/** Ages of the rows that samples hold after `rows` rows, of many seeds together. */
function ages(size: number, timeDecay: number, rows: number, seeds: number): number[] {
  const all: number[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const sample = new DecayingSample(size, timeDecay, new SeededGenerator(seed))
    const held = new Set<number>()
    for (let row = 0; row < rows; row++) {
      const gone = sample.offer(row)
      if (gone === REFUSED) continue
      if (gone !== ADDED) expect(held.delete(gone)).toBe(true)
      held.add(row)
      sample.take(row)
    }
    expect(held.size).toBe(Math.min(size, rows))
    for (const row of held) all.push(rows - 1 - row)
  }
  return all
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

test('a sample holds every row until it is full', () => {
  expect(ages(50, 1_000, 50, 1).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, age) => age))
})

test('the weight of a row falls to 1/e every timeDecay rows', () => {
  const held = ages(20, 500, 10_000, 200)
  expect(mean(held)).toBeGreaterThan(470)
  expect(mean(held)).toBeLessThan(550)
  const older = (age: number): number => held.filter(each => each >= age).length
  expect(older(1_000) / older(500)).toBeGreaterThan(0.32)
  expect(older(1_000) / older(500)).toBeLessThan(0.42)
})

test('with a time decay far beyond the stream every row is as likely', () => {
  const held = ages(20, 2_147_483_647, 4_000, 200)
  expect(Math.abs(mean(held) - 2_000)).toBeLessThan(60)
  for (let quarter = 0; quarter < 4; quarter++) {
    const share = held.filter(age => Math.floor(age / 1_000) === quarter).length / held.length
    expect(Math.abs(share - 0.25)).toBeLessThan(0.03)
  }
})
