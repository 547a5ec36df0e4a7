/** Joins of three streams in windows, against every triple of the whole; ranks within windows, against rows sorted by hand. */
import { expect, test } from 'vitest'
import type { RowBatch } from '../../../core/rows.ts'
import { explainProgram } from '../../../processors/sql/explain.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { batchOf, schemaOf } from '../expressions/builders.ts'
import { run } from '../operators/programs.ts'

const IN = schemaOf({ K: 'INTEGER', V: 'INTEGER' })
interface Row {
  readonly at: number
  readonly k: number
  readonly v: number
}

function randomRows(seed: number, count: number): readonly Row[] {
  const random = seededRandom(seed)
  let at = 0
  return Array.from({ length: count }, (_, v) => {
    at += Math.floor(random.next() * 4) * 500
    return { at, k: Math.floor(random.next() * 3), v }
  })
}

const batch = (rows: readonly Row[]): RowBatch =>
  batchOf(
    IN,
    rows.map(({ k, v }) => [k, v]),
    rows.map(({ at }) => at),
  )

/** Rows of the stream O, however the input is cut. */
function results(text: string, streams: Readonly<Record<string, readonly Row[]>>): readonly string[] {
  const plan = planProgram(
    text,
    Object.keys(streams).map(name => ({ name, schema: IN })),
  )
  const inputs = Object.entries(streams).map(([stream, rows]) => ({ stream, rows: batch(rows) }))
  const straight = run(plan, inputs, ['O'])
  expect(straight.errors).toEqual([])
  expect(run(plan, inputs, ['O'], { cut: 3, restoring: true })).toEqual(straight)
  return straight.results['O']!
}

const WINDOWS = { A: 2_000, B: 500, C: 3_000 } as const
const over = (name: 'A' | 'B' | 'C'): string =>
  `${name} OVER (RANGE INTERVAL '${WINDOWS[name] / 1_000}' SECOND PRECEDING) AS ${name.toLowerCase()}`
const far = (x: Row, dx: number, y: Row, dy: number): boolean => (x.at <= y.at ? y.at - x.at > dx : x.at - y.at > dy)

test.each([1, 2, 3, 4, 5])('three streams meet where each row is in its window when the last one comes (%i)', seed => {
  const [A, B, C] = [randomRows(seed, 60), randomRows(seed + 100, 60), randomRows(seed + 200, 60)]
  const expected: string[] = []
  for (const a of A)
    for (const b of B)
      for (const c of C) {
        if (a.k !== b.k || b.k !== c.k) continue
        if (far(a, WINDOWS.A, b, WINDOWS.B) || far(b, WINDOWS.B, c, WINDOWS.C) || far(a, WINDOWS.A, c, WINDOWS.C))
          continue
        expected.push(`${Math.max(a.at, b.at, c.at)}|${a.v}|${b.v}|${c.v}`)
      }
  const select =
    'CREATE STREAM O (A INTEGER, B INTEGER, C INTEGER); CREATE PUMP P AS INSERT INTO O SELECT STREAM a.V, b.V, c.V FROM '
  const joined = `${select} ${over('A')} JOIN ${over('B')} ON a.K = b.K JOIN ${over('C')} ON b.K = c.K`
  const commas = `${select} ${over('A')}, ${over('B')}, ${over('C')} WHERE a.K = b.K AND b.K = c.K`
  expect(expected.length).toBeGreaterThan(50)
  expect(results(joined, { A, B, C }).toSorted()).toEqual(expected.toSorted())
  expect(results(commas, { A, B, C }).toSorted()).toEqual(expected.toSorted())
})

test.each([6, 7, 8])('a pair that finds no third row leaves with NULL (%i)', seed => {
  const [A, B, C] = [randomRows(seed, 40), randomRows(seed + 100, 40), randomRows(seed + 200, 20)]
  const expected: string[] = []
  for (const a of A)
    for (const b of B) {
      if (a.k !== b.k || far(a, WINDOWS.A, b, WINDOWS.B)) continue
      const found = C.filter(c => c.k === b.k && !far(b, WINDOWS.B, c, WINDOWS.C) && !far(a, WINDOWS.A, c, WINDOWS.C))
      if (found.length === 0) expected.push(`${a.v}|${b.v}|null`)
      expected.push(...found.map(c => `${a.v}|${b.v}|${c.v}`))
    }
  const text = `CREATE STREAM O (A INTEGER, B INTEGER, C INTEGER); CREATE PUMP P AS INSERT INTO O
    SELECT STREAM a.V, b.V, c.V FROM ${over('A')} JOIN ${over('B')} ON a.K = b.K LEFT JOIN ${over('C')} ON b.K = c.K`
  const rows = results(text, { A, B, C }).map(row => row.replace(/^\d+\|/, ''))
  expect(rows.toSorted()).toEqual(expected.toSorted())
})

test.each([
  9, 10,
])('a row that waited for a partner in vain still meets the third stream at its own time (%i)', seed => {
  const [A, B, C] = [randomRows(seed, 40), randomRows(seed + 100, 20), randomRows(seed + 200, 40)]
  const expected: string[] = []
  for (const a of A) {
    const partners = B.filter(b => b.k === a.k && !far(a, WINDOWS.A, b, WINDOWS.B))
    for (const b of partners.length === 0 ? [null] : partners)
      for (const c of C) {
        if (c.k !== a.k || far(a, WINDOWS.A, c, WINDOWS.C)) continue
        if (b !== null && far(b, WINDOWS.B, c, WINDOWS.C)) continue
        expected.push(`${a.v}|${b === null ? 'null' : b.v}|${c.v}`)
      }
  }
  const text = `CREATE STREAM O (A INTEGER, B INTEGER, C INTEGER); CREATE PUMP P AS INSERT INTO O
    SELECT STREAM a.V, b.V, c.V FROM ${over('A')} LEFT JOIN ${over('B')} ON a.K = b.K JOIN ${over('C')} ON a.K = c.K`
  const rows = results(text, { A, B, C }).map(row => row.replace(/^\d+\|/, ''))
  expect(rows.toSorted()).toEqual(expected.toSorted())
})

test('the first rows of each window by a rank, in the spelling of Flink', () => {
  const A = randomRows(11, 80)
  const window = (row: Row): number => Math.floor(row.at / 10_000) * 10_000
  const expected: string[] = []
  for (const start of new Set(A.map(window))) {
    const counts = [0, 1, 2].map(k => ({ k, n: A.filter(row => window(row) === start && row.k === k).length }))
    const ranked = counts.filter(({ n }) => n > 0).sort((x, y) => y.n - x.n || x.k - y.k)
    ranked.slice(0, 2).forEach(({ k, n }, index) => expected.push(`${start + 10_000}|${k}|${n}|${index + 1}`))
  }
  const text = (
    rank: string,
  ): string => `CREATE STREAM O (K INTEGER, N BIGINT, PLACE BIGINT); CREATE PUMP P AS INSERT INTO O
    SELECT STREAM K, N, PLACE FROM (
      SELECT STREAM *, ${rank} OVER (PARTITION BY WINDOW_START, WINDOW_END ORDER BY N DESC, K) AS PLACE FROM (
        SELECT STREAM WINDOW_START, WINDOW_END, K, COUNT(*) AS N
        FROM TABLE(TUMBLE(TABLE A, DESCRIPTOR(ROWTIME), INTERVAL '10' SECOND)) GROUP BY WINDOW_START, WINDOW_END, K))
    WHERE PLACE <= 2`
  for (const rank of ['ROW_NUMBER()', 'RANK()', 'DENSE_RANK()']) expect(results(text(rank), { A })).toEqual(expected)
  const plan = explainProgram(planProgram(text('ROW_NUMBER()'), [{ name: 'A', schema: IN }]))
  expect(plan).toContain('ROW_NUMBER within "WINDOW_START", "WINDOW_END"; the first 2 rows of each'.replaceAll('"', ''))
  expect(plan).toContain('limit 2; holds the first 2 rows of one window')
})

test('ties share a RANK and leave a gap, DENSE_RANK leaves none; rows keep their own time as a column', () => {
  const A = [3, 5, 5, 1, 7, 7, 7, 2].map((v, index) => ({ at: index * 1_000, k: index % 2, v }))
  const text = `CREATE STREAM O (AT_TIME TIMESTAMP, K INTEGER, V INTEGER, N BIGINT, R BIGINT, D BIGINT);
    CREATE PUMP P AS INSERT INTO O (AT_TIME, K, V, N, R, D) SELECT STREAM s.ROWTIME, K, V, ROW_NUMBER() OVER w, RANK() OVER w, DENSE_RANK() OVER w
    FROM A AS s WINDOW w AS (PARTITION BY STEP(s.ROWTIME BY INTERVAL '6' SECOND), K ORDER BY V DESC)`
  expect(results(text, { A })).toEqual([
    '6000|4000|0|7|1|1|1',
    '6000|2000|0|5|2|2|2',
    '6000|0|0|3|3|3|3',
    '6000|5000|1|7|1|1|1',
    '6000|1000|1|5|2|2|2',
    '6000|3000|1|1|3|3|3',
    '12000|6000|0|7|1|1|1',
    '12000|7000|1|2|1|1|1',
  ])
  const ties = `CREATE STREAM O (V INTEGER, N BIGINT, R BIGINT, D BIGINT); CREATE PUMP P AS INSERT INTO O
    SELECT STREAM V, ROW_NUMBER() OVER w, RANK() OVER w, DENSE_RANK() OVER w FROM A AS s
    WINDOW w AS (PARTITION BY STEP(s.ROWTIME BY INTERVAL '1' MINUTE) ORDER BY V)`
  expect(results(ties, { A }).map(row => row.replace('60000|', ''))).toEqual([
    '1|1|1|1',
    '2|2|2|2',
    '3|3|3|3',
    '5|4|4|4',
    '5|5|4|4',
    '7|6|6|5',
    '7|7|6|5',
    '7|8|6|5',
  ])
})
