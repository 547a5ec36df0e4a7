/** Sliding windows against a recomputation of every frame over plain rows, over cuts, restarts and bounds; and their bounds. */
import { expect, test } from 'vitest'
import type { RowBatch, Value } from '../../../core/rows.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { batchOf, schemaOf } from '../expressions/builders.ts'
import { type RunOptions, run } from './programs.ts'

const IN = schemaOf({ K: 'VARCHAR(8)', J: 'INTEGER', V: 'INTEGER', D: 'DOUBLE', B: 'BIGINT', S: 'VARCHAR(8)' })

interface Row {
  readonly t: number
  readonly k: string | null
  readonly j: number | null
  readonly v: number | null
  readonly d: number | null
  readonly b: bigint | null
  readonly s: string | null
}

function randomRows(seed: number, count: number, keys: number): Row[] {
  const random = seededRandom(seed)
  const next = (): number => random.next()
  const maybe = <T>(value: T): T | null => (next() < 0.2 ? null : value)
  let t = -20_000
  return Array.from({ length: count }, () => {
    // Many ties, steps of whole seconds so that rows lie exactly on the edge, and now and then a long silence.
    const step = next()
    t += step < 0.4 ? 0 : step < 0.8 ? 1_000 : step < 0.98 ? Math.floor(next() * 3_000) : 60_000
    return {
      t,
      k: maybe(`k${Math.floor(next() * keys)}`),
      j: maybe(Math.floor(next() * 2)),
      v: maybe(Math.floor(next() * 20) - 10),
      d: maybe(Math.floor(next() * 1e6) / 1e3),
      b: maybe(BigInt(Math.floor((next() - 0.5) * 2 ** 52)) * 512n),
      s: maybe(`s${Math.floor(next() * 30)}`),
    }
  })
}

function batchesOf(rows: readonly Row[]): { stream: string; rows: RowBatch }[] {
  const batches = []
  for (let from = 0; from < rows.length; from += 1_024) {
    const part = rows.slice(from, from + 1_024)
    const values: Value[][] = part.map(({ k, j, v, d, b, s }) => [k, j, v, d, b, s])
    batches.push({
      stream: 'IN',
      rows: batchOf(
        IN,
        values,
        part.map(({ t }) => t),
      ),
    })
  }
  return batches
}

const FUNCTIONS: readonly (readonly [
  sql: string,
  type: string,
  of: (frame: readonly Row[], now: Row) => unknown,
  loose?: true,
])[] = [
  ['COUNT(*)', 'BIGINT', frame => frame.length],
  ['COUNT(v)', 'BIGINT', frame => present(frame, 'v').length],
  ['SUM(v)', 'BIGINT', frame => orNull(present(frame, 'v'), sum)],
  ['AVG(v)', 'INTEGER', frame => orNull(present(frame, 'v'), of => Math.trunc(sum(of) / of.length) + 0)],
  ['MIN(v)', 'INTEGER', frame => orNull(present(frame, 'v'), of => Math.min(...of))],
  ['MAX(s)', 'VARCHAR(8)', frame => orNull(present(frame, 's'), of => of.toSorted().at(-1))],
  ['MIN(b)', 'BIGINT', frame => orNull(present(frame, 'b'), of => of.reduce((a, b) => (b < a ? b : a)))],
  ['SUM(b / 1024)', 'BIGINT', frame => orNull(present(frame, 'b'), of => of.reduce((a, b) => a + b / 1024n, 0n))],
  ['SUM(d)', 'DOUBLE', frame => orNull(present(frame, 'd'), sum), true],
  ['AVG(d)', 'DOUBLE', frame => orNull(present(frame, 'd'), of => sum(of) / of.length), true],
  ['VAR_POP(d)', 'DOUBLE', frame => orNull(present(frame, 'd'), of => squares(of) / of.length), true],
  ['VAR_SAMP(v)', 'DOUBLE', frame => sample(present(frame, 'v')), true],
  ['STDDEV_SAMP(d)', 'DOUBLE', frame => rooted(sample(present(frame, 'd'))), true],
  ['SUM(DISTINCT v)', 'BIGINT', frame => orNull([...new Set(present(frame, 'v'))], sum)],
  ['SUM(DISTINCT d)', 'DOUBLE', frame => orNull([...new Set(present(frame, 'd'))], sum), true],
  ['VAR_SAMP(DISTINCT v)', 'DOUBLE', frame => sample([...new Set(present(frame, 'v'))]), true],
  ['FIRST_VALUE(v)', 'INTEGER', frame => frame[0]!.v],
  ['LAST_VALUE(s)', 'VARCHAR(8)', (_, now) => now.s],
  ['FIRST_VALUE(s) IGNORE NULLS', 'VARCHAR(8)', frame => present(frame, 's')[0] ?? null],
  ['LAST_VALUE(v) IGNORE NULLS', 'INTEGER', frame => present(frame, 'v').at(-1) ?? null],
  ['NTH_VALUE(v, 2)', 'INTEGER', frame => frame[1]?.v ?? null],
  ['NTH_VALUE(v, 3) FROM LAST', 'INTEGER', frame => frame.at(-3)?.v ?? null],
  ['NTH_VALUE(s, 2) IGNORE NULLS', 'VARCHAR(8)', frame => present(frame, 's')[1] ?? null],
  ['NTH_VALUE(s, 2) FROM LAST IGNORE NULLS', 'VARCHAR(8)', frame => present(frame, 's').at(-2) ?? null],
  ['LAG(v)', 'INTEGER', frame => frame.at(-2)?.v ?? null],
  ['LAG(v, 3, 77)', 'INTEGER', frame => (frame.length > 3 ? frame.at(-4)!.v : 77)],
  ["LAG(s, 2, 'none') IGNORE NULLS", 'VARCHAR(8)', frame => present(frame.slice(0, -1), 's').at(-2) ?? 'none'],
  ["EXP_AVG(v, INTERVAL '3' SECOND)", 'DOUBLE', frame => decayed(frame, 3_000), true],
]

function present<Name extends 'v' | 'd' | 'b' | 's'>(frame: readonly Row[], name: Name): NonNullable<Row[Name]>[] {
  return frame.flatMap(row => row[name] ?? [])
}

function orNull<T>(values: readonly T[], of: (values: readonly T[]) => unknown): unknown {
  return values.length === 0 ? null : of(values)
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}

function squares(values: readonly number[]): number {
  const mean = sum(values) / values.length
  return sum(values.map(value => (value - mean) ** 2))
}

function sample(values: readonly number[]): number | null {
  return values.length < 2 ? null : squares(values) / (values.length - 1)
}

function rooted(value: number | null): number | null {
  return value === null ? null : Math.sqrt(value)
}

/** Ages from the last value, so that no weight vanishes beside another. */
function decayed(frame: readonly Row[], halfLifeMs: number): number | null {
  const rows = frame.filter(({ v }) => v !== null)
  const last = rows.at(-1)
  if (last === undefined) return null
  const weights = rows.map(({ t }) => 2 ** ((t - last.t) / halfLifeMs))
  return sum(rows.map(({ v }, index) => v! * weights[index]!)) / sum(weights)
}

interface Frame {
  readonly sql: string
  readonly has: (row: Row, now: Row, back: number) => boolean
}

const FRAMES: readonly Frame[] = [
  { sql: "RANGE INTERVAL '5' SECOND PRECEDING", has: (row, now) => row.t >= now.t - 5_000 },
  { sql: 'RANGE CURRENT ROW', has: (row, now) => row.t === now.t },
  { sql: "RANGE BETWEEN INTERVAL '2.5' SECOND PRECEDING AND CURRENT ROW", has: (row, now) => row.t >= now.t - 2_500 },
  { sql: 'ROWS 4 PRECEDING', has: (_, __, back) => back <= 4 },
  { sql: 'ROWS CURRENT ROW', has: (_, __, back) => back === 0 },
  { sql: 'ROWS UNBOUNDED PRECEDING', has: () => true },
]

const PARTITIONS: readonly (readonly [string, (row: Row) => string])[] = [
  ['', () => ''],
  ['PARTITION BY k', row => String(row.k)],
  ['PARTITION BY k, j, v > 0', row => [row.k, row.j, row.v === null ? null : row.v > 0].join()],
]

function planOf(window: string) {
  const columns = FUNCTIONS.map(([, type], index) => `c${index} ${type}`).join(', ')
  const items = FUNCTIONS.map(([sql]) => `${sql} OVER w`).join(', ')
  const text = `CREATE STREAM "OUT" (${columns});
    CREATE PUMP p AS INSERT INTO "OUT" SELECT STREAM ${items} FROM "IN" WINDOW w AS (${window})`
  return planProgram(text, [{ name: 'IN', schema: IN }])
}

function naive(rows: readonly Row[], frame: Frame, partition: (row: Row) => string): unknown[][] {
  const seen = new Map<string, Row[]>()
  return rows.map(now => {
    const before = seen.get(partition(now)) ?? []
    before.push(now)
    seen.set(partition(now), before)
    const inside = before.filter((row, index) => frame.has(row, now, before.length - 1 - index))
    return FUNCTIONS.map(([, , of]) => of(inside, now))
  })
}

const CASES = FRAMES.flatMap(frame =>
  PARTITIONS.map(([sql, key]) => ({ window: `${sql} ${frame.sql}`.trim(), frame, key })),
)

test.each(CASES)('each row has what a recomputation of its frame gives: $window', ({ window, frame, key }) => {
  const rows = randomRows(window.length, 400, 4)
  const { results, errors } = run(planOf(window), batchesOf(rows), ['OUT'])
  expect(errors).toEqual([])
  const expected = naive(rows, frame, key)
  const lines = results.OUT!.map(line => line.split('|'))
  expect(lines.length).toBe(rows.length)
  lines.forEach(([rowtime, ...values], index) => {
    expect(Number(rowtime)).toBe(rows[index]!.t)
    FUNCTIONS.forEach(([sql, , , loose], f) => {
      const own = values[f]!
      const other = expected[index]![f]
      const place = `${sql}, row ${index}`
      if (loose !== true || other === null) expect(own, place).toBe(String(other))
      else
        expect(Math.abs(Number(own) - Number(other)), place).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(Number(other))))
    })
  })
})

const WAYS: readonly (readonly [string, RunOptions])[] = [
  ['batches of 1 row', { cut: 1 }],
  ['batches of 7 rows with a bound after each', { cut: 7, bounds: true }],
  ['a restart after every 5 rows', { cut: 5, restoring: true }],
  ['a restart after every row, with bounds', { cut: 1, restoring: true, bounds: true }],
]

test.each(WAYS)('%s give the same bits', (_, options) => {
  const rows = randomRows(99, 90, 3)
  for (const { window } of CASES) {
    const straight = run(planOf(window), batchesOf(rows), ['OUT'])
    expect(run(planOf(window), batchesOf(rows), ['OUT'], options), window).toEqual(straight)
  }
})

/** A window over `count` rows a second apart, each with a key of its own. */
function runKeys(window: string, count: number, limits: Record<string, number>): unknown {
  const rows = Array.from({ length: count }, (_, n): Row => {
    return { t: n * 1_000, k: `key ${n}`, j: 0, v: n, d: n, b: null, s: `text ${n}` }
  })
  const text = `CREATE STREAM "OUT" (n BIGINT, s VARCHAR(8));
    CREATE PUMP p AS INSERT INTO "OUT" SELECT STREAM SUM(DISTINCT v) OVER w, MAX(s) OVER w FROM "IN" WINDOW w AS (${window})`
  const plan = planProgram(text, [{ name: 'IN', schema: IN }])
  return run(plan, batchesOf(rows), ['OUT'], { compile: { limits } }).results.OUT!.length
}

test('keys that fall silent leave memory with their last row', () => {
  const window = "PARTITION BY k RANGE INTERVAL '30' SECOND PRECEDING"
  expect(runKeys(window, 20_000, { maxKeys: 31, maxBytes: 400_000 })).toBe(20_000)
  expect(() => runKeys(window, 20_000, { maxKeys: 30 })).toThrow(
    /state of slide 1 of pump "P" is over its limit maxKeys/,
  )
})

test.each([
  'PARTITION BY k ROWS 1 PRECEDING',
  'PARTITION BY k',
])('keys that stay for ever end at a limit that names the operator: %s', window => {
  expect(() => runKeys(window, 5_000, { maxKeys: 4_999 })).toThrow(/slide 1 of pump "P" is over its limit maxKeys/)
  expect(() => runKeys(window, 5_000, { maxBytes: 100_000 })).toThrow(/slide 1 of pump "P".*maxBytes/)
  expect(runKeys(window, 5_000, { maxKeys: 5_000 })).toBe(5_000)
})

test('a frame of many rows ends at the limit of bytes', () => {
  expect(() => runKeys("RANGE INTERVAL '10' HOUR PRECEDING", 20_000, { maxBytes: 1_000_000 })).toThrow(/maxBytes/)
})
