/** Event windows against a naive recomputation over random rows, in ways that must agree. */
import { expect, test } from 'vitest'
import type { Value } from '../../../core/rows.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { batchOf, schemaOf } from '../expressions/builders.ts'
import { type RunResult, run } from '../operators/programs.ts'

const IN = schemaOf({ k: 'VARCHAR(8)', ts: 'TIMESTAMP', v: 'INTEGER' })
const DELAY_MS = 5_000

interface Row {
  readonly k: string | null
  readonly ts: number
  readonly v: number | null
  readonly arrival: number
}

/** Rows whose event times are behind the greatest before them by less than the delay, with bursts, pauses and equal times. */
function rowsOf(seed: number): Row[] {
  const random = seededRandom(seed)
  const rows: Row[] = []
  let arrival = 1_000_000
  let greatest = -300_000
  for (let n = 0; n < 400; n++) {
    arrival += random.below(700)
    const jump = random.below(20) === 0 ? random.below(90_000) : random.below(1_500)
    const ts = random.below(3) === 0 ? greatest - random.below(DELAY_MS) : greatest + jump
    greatest = Math.max(greatest, ts)
    const k = random.below(12) === 0 ? null : `k${random.below(4)}`
    rows.push({ k, ts, v: random.below(10) === 0 ? null : random.below(1_000) - 500, arrival })
  }
  return rows
}

function program(from: string, where = ''): string {
  return `CREATE STREAM S (k VARCHAR(8), ts TIMESTAMP, v INTEGER,
      WATERMARK FOR ts AS ts - INTERVAL '3' SECOND) OPTIONS (allowed_lateness INTERVAL '2' SECOND);
    CREATE PUMP P AS INSERT INTO S SELECT STREAM "k", "ts", "v" FROM "IN";
    CREATE STREAM O (k VARCHAR(8), ws TIMESTAMP, we TIMESTAMP, n BIGINT, s BIGINT, lo INTEGER);
    CREATE PUMP Q AS INSERT INTO O SELECT STREAM k, window_start, window_end, COUNT(*), SUM(v), MIN(v)
      FROM TABLE(${from}) ${where} GROUP BY window_start, window_end, k;`
}

function results(text: string, rows: readonly Row[]): RunResult {
  const plan = planProgram(text, [{ name: 'IN', schema: IN }])
  const batch = batchOf(
    IN,
    rows.map(({ k, ts, v }): Value[] => [k, ts, v]),
    rows.map(({ arrival }) => arrival),
  )
  const inputs = [{ stream: 'IN', rows: batch }]
  const straight = run(plan, inputs, ['O'])
  expect(run(plan, inputs, ['O'], { cut: 1, bounds: true, restoring: true })).toEqual(straight)
  expect(run(plan, inputs, ['O'], { cut: 7, restoring: true })).toEqual(straight)
  return straight
}

interface Window {
  readonly start: number
  readonly end: number
}

const floor = (time: number, size: number): number => Math.floor(time / size) * size

const ALIGNED: readonly [name: string, from: string, windowsOf: (ts: number) => Window[]][] = [
  [
    'TUMBLE',
    `TUMBLE(TABLE S, DESCRIPTOR(ts), INTERVAL '10' SECOND)`,
    ts => [{ start: floor(ts, 10_000), end: floor(ts, 10_000) + 10_000 }],
  ],
  [
    'HOP',
    `HOP(TABLE S, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '20' SECOND)`,
    ts =>
      [0, 1, 2, 3, 4].map(n => ({ start: floor(ts, 4_000) - n * 4_000, end: floor(ts, 4_000) - n * 4_000 + 20_000 })),
  ],
  [
    'CUMULATE',
    `CUMULATE(TABLE S, DESCRIPTOR(ts), INTERVAL '6' SECOND, INTERVAL '30' SECOND)`,
    ts =>
      [1, 2, 3, 4, 5]
        .map(n => ({ start: floor(ts, 30_000), end: floor(ts, 30_000) + n * 6_000 }))
        .filter(({ end }) => end > ts),
  ],
]

function lineOf(k: string | null, { start, end }: Window, rows: readonly Row[]): string {
  const values = rows.flatMap(({ v }) => (v === null ? [] : [v]))
  const sum = values.length === 0 ? null : values.reduce((a, b) => a + b, 0)
  const least = values.length === 0 ? null : Math.min(...values)
  return [k, start, end, rows.length, sum, least].map(String).join('|')
}

/** Lines without ROWTIME. */
const unstamped = (lines: readonly string[]): string[] => lines.map(line => line.slice(line.indexOf('|') + 1))

test.each(
  ALIGNED.flatMap(window => [1, 2, 3].map(seed => [...window, seed] as const)),
)('%s groups rows as a naive count does: %s, seed %#', (_name, from, windowsOf, seed) => {
  const rows = rowsOf(seed)
  const groups = new Map<string, { k: string | null; window: Window; rows: Row[] }>()
  for (const row of rows)
    for (const window of windowsOf(row.ts)) {
      const key = `${row.k} ${window.start} ${window.end}`
      if (!groups.has(key)) groups.set(key, { k: row.k, window, rows: [] })
      groups.get(key)!.rows.push(row)
    }
  const expected = [...groups.values()].map(({ k, window, rows: inside }) => lineOf(k, window, inside))
  const { results: found, errors } = results(program(from), rows)
  expect(errors).toEqual([])
  expect(unstamped(found.O!).toSorted()).toEqual(expected.toSorted())
  expect(expected.length).toBeGreaterThan(50)
})

test.each([1, 2, 3, 4])('SESSION groups rows as a sort does, seed %i', seed => {
  const rows = rowsOf(seed)
  const gap = 2_500
  const expected: string[] = []
  for (const k of new Set(rows.map(row => row.k))) {
    const own = rows.filter(row => row.k === k).toSorted((a, b) => a.ts - b.ts)
    let from = 0
    for (let at = 1; at <= own.length; at++) {
      if (at < own.length && own[at]!.ts - own[at - 1]!.ts < gap) continue
      expected.push(lineOf(k, { start: own[from]!.ts, end: own[at - 1]!.ts + gap }, own.slice(from, at)))
      from = at
    }
  }
  const text = program(`SESSION(TABLE S PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2.5' SECOND)`)
  const { results: found, errors } = results(text, rows)
  expect(errors).toEqual([])
  expect(unstamped(found.O!).toSorted()).toEqual(expected.toSorted())
  expect(expected.length).toBeGreaterThan(50)
})

test('sessions of keys that come once give their slots and keys back', () => {
  const rows = Array.from({ length: 9_000 }, (_, n): Row => {
    // One session goes on for ever, across every time that the living move.
    return n % 3 === 0 ? { k: 'stays', ts: n * 100, v: 1, arrival: n } : { k: `x${n}`, ts: n * 100, v: n, arrival: n }
  })
  const text = program(`SESSION(TABLE S PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' SECOND)`)
  const plan = planProgram(text, [{ name: 'IN', schema: IN }])
  const inputs = Array.from({ length: 9 }, (_, part) => {
    const some = rows.slice(part * 1_000, part * 1_000 + 1_000)
    const values = some.map(({ k, ts, v }): Value[] => [k, ts, v])
    return {
      stream: 'IN',
      rows: batchOf(
        IN,
        values,
        some.map(({ arrival }) => arrival),
      ),
    }
  })
  // Groups in the delay, the gap, and one batch before work: far below the 6,000 keys.
  const found = run(plan, inputs, ['O'], { compile: { limits: { maxKeys: 1_200, maxBytes: 1_000_000 } } })
  expect(found.results.O).toHaveLength(6_001)
  expect(found.results.O!.filter(line => line.includes('stays'))).toEqual([
    expect.stringMatching(/\|stays\|0\|900700\|3000\|3000\|1$/),
  ])
  expect(run(plan, inputs, ['O'], { cut: 250, restoring: true })).toEqual(found)
})

test('WHERE keeps rows out of windows and lets them move the watermark', () => {
  const rows = rowsOf(9)
  const from = `TUMBLE(TABLE S, DESCRIPTOR(ts), INTERVAL '10' SECOND)`
  const all = results(program(from), rows)
  const some = results(program(from, 'WHERE v > 0'), rows)
  const stamps = (lines: readonly string[]) =>
    new Map(lines.map(line => [line.split('|')[2], line.split('|')[0]] as const))
  const known = stamps(all.results.O!)
  for (const [start, rowtime] of stamps(some.results.O!)) expect(known.get(start)).toBe(rowtime)
})

test('rows shuffled within the delay and the lateness give the same rows', () => {
  const random = seededRandom(5)
  const rows = rowsOf(2).toSorted((a, b) => a.ts - b.ts)
  for (const [, from] of ALIGNED) {
    const straight = results(
      program(from),
      rows.map((row, n) => ({ ...row, arrival: n })),
    )
    // Each row is held back by less than the delay and arrives in the order of the sums.
    const shuffled = rows
      .map(row => ({ row, at: row.ts + random.below(DELAY_MS) }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ row }, n) => ({ ...row, arrival: n }))
    const other = results(program(from), shuffled)
    expect(other.errors).toEqual([])
    expect(unstamped(other.results.O!).toSorted()).toEqual(unstamped(straight.results.O!).toSorted())
  }
})
