/**
 * The forest on real series with labelled anomalies (Numenta Anomaly Benchmark), against the Python package rrcf 0.4.4 with
 * the same number of trees, sample size and decay. `test/oracles/rrcf/score.py` makes its scores and bench/forest.mjs
 * counts the windows that both find; the counts below are of 20 trees of 256 with seed 1.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RandomCutForest } from '../../../processors/analytics/random-cut-forest/random-cut-forest.ts'

const NAB = join(import.meta.dirname, '../../../../shared/data/nab')
/** Series with more rows took the package too long; 29 of 34 are left. */
const ROWS_MAX = 11_000
/** Labelled windows found when each series may alert so often. */
const RRCF: readonly { readonly budget: number; readonly window: number; readonly reservoir: number }[] = [
  { budget: 5, window: 30, reservoir: 33 },
  { budget: 10, window: 39, reservoir: 45 },
  { budget: 20, window: 44, reservoir: 51 },
  { budget: 40, window: 50, reservoir: 53 },
]

interface Series {
  readonly values: Float64Array
  /** first and last row of each labelled window */
  readonly windows: readonly (readonly [number, number])[]
}

function readSeries(): Series[] {
  const labels = JSON.parse(readFileSync(join(NAB, 'labels/combined_windows.json'), 'utf8')) as Record<
    string,
    [string, string][]
  >
  return readdirSync(join(NAB, 'data')).flatMap(group =>
    readdirSync(join(NAB, 'data', group)).flatMap(file => {
      const lines = readFileSync(join(NAB, 'data', group, file), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
      if (lines.length > ROWS_MAX) return []
      const windows = (labels[`${group}/${file}`] ?? []).map(
        ([start, end]) =>
          [
            lines.findIndex(line => line.slice(0, 19) >= start.slice(0, 19)),
            lines.findLastIndex(line => line.slice(0, 19) <= end.slice(0, 19)),
          ] as const,
      )
      return [{ windows, values: Float64Array.from(lines, line => Number(line.slice(line.lastIndexOf(',') + 1))) }]
    }),
  )
}

/** Rows from the highest score down, the first 15 % of the series left out. */
function alertsOf(scores: Float64Array): number[] {
  const rows = [...scores.keys()].slice(Math.floor(scores.length * 0.15))
  return rows.sort((a, b) => scores[b]! - scores[a]! || a - b)
}

test('as many labelled windows are found as by rrcf, and more than by its sliding window', ({ skip }) => {
  if (!existsSync(NAB)) {
    console.log(`skipped: ${NAB} is not here; this test needs the data sets beside the project`)
    return skip('no data sets beside the project')
  }
  const series = readSeries()
  expect(series.reduce((sum, { windows }) => sum + windows.length, 0)).toBe(58)
  const found = RRCF.map(() => 0)
  const seeds = [1, 2, 3]
  for (const seed of seeds) {
    for (const one of series) {
      const scores = new Float64Array(one.values.length)
      const forest = new RandomCutForest({ columns: 1, parameters: { numberOfTrees: 20 }, seed })
      forest.score(one.values, one.values.length, scores)
      const alerts = alertsOf(scores)
      for (const [index, { budget }] of RRCF.entries()) {
        const rows = alerts.slice(0, budget)
        found[index]! += one.windows.filter(([start, end]) => rows.some(row => row >= start && row <= end)).length
      }
    }
  }
  const means = found.map(count => count / seeds.length)
  for (const [index, { window, reservoir }] of RRCF.entries()) {
    expect(means[index]).toBeGreaterThan(window)
    // Seeds differ by a window or two.
    expect(means[index]).toBeGreaterThanOrEqual(reservoir - 1)
  }
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count)
  expect(total(means)).toBeGreaterThan(total(RRCF.map(({ reservoir }) => reservoir)))
})
