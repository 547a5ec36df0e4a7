/** Stagger windows, DISTINCT, ORDER BY and T-sort against plain loops over all rows, and what bounds their state. */
import { expect, test } from 'vitest'
import { hasCode } from '../../../core/errors.ts'
import type { RowBatch, Value } from '../../../core/rows.ts'
import { compileProgram } from '../../../processors/compile.ts'
import { StateWriter } from '../../../processors/operators/state-writer.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { batchOf, ErrorList, HOST, schemaOf } from '../expressions/builders.ts'
import { type RunOptions, run } from './programs.ts'

const IN = schemaOf({ id: 'INTEGER', k: 'VARCHAR(8)', v: 'INTEGER', t: 'TIMESTAMP' })

interface Row {
  readonly rowtime: number
  readonly id: number
  readonly k: string | null
  readonly v: number | null
  readonly t: number | null
}

/** Rows in rowtime order, with ties, gaps, NULLs and times that are up to `disorder` behind. */
function randomRows(seed: number, count: number, keys: number, disorder = 3_000): readonly Row[] {
  const random = seededRandom(seed)
  const next = (): number => random.next()
  let rowtime = 1_000_000
  return Array.from({ length: count }, (_, id) => {
    rowtime += next() < 0.3 ? 0 : Math.floor(next() * next() * 300)
    return {
      rowtime,
      id,
      k: next() < 0.05 ? null : `k${Math.floor(next() * keys)}`,
      v: next() < 0.1 ? null : Math.floor(next() * 20),
      t: next() < 0.05 ? null : rowtime - Math.floor(next() * disorder),
    }
  })
}

function batches(rows: readonly Row[]): readonly RowBatch[] {
  const all: RowBatch[] = []
  for (let from = 0; from < rows.length; from += 1_024) {
    const part = rows.slice(from, from + 1_024)
    const values = part.map(({ id, k, t, v }): Value[] => [id, k, v, t])
    all.push(
      batchOf(
        IN,
        values,
        part.map(({ rowtime }) => rowtime),
      ),
    )
  }
  return all
}

const WAYS: readonly RunOptions[] = [
  { cut: 1_024 },
  { cut: 1, bounds: true },
  { cut: 7, bounds: true },
  { cut: 300, restoring: true },
]

/** The rows of O, `rowtime|values`, the same in every way; and the errors. */
function resultsOf(create: string, query: string, rows: readonly Row[], ways = WAYS) {
  const plan = planProgram(`CREATE STREAM o (${create}); CREATE PUMP p AS INSERT INTO o ${query}`, [
    { name: 'S', schema: renamed() },
  ])
  const results = ways.map(way =>
    run(
      plan,
      batches(rows).map(batch => ({ stream: 'S', rows: batch })),
      ['O'],
      way,
    ),
  )
  const [first] = results
  for (const [index, result] of results.entries()) expect(result, JSON.stringify(ways[index])).toEqual(first)
  return { rows: first?.results.O ?? [], errors: first?.errors ?? [] }
}

function renamed() {
  return { columns: IN.columns.map(column => ({ ...column, name: column.name.toUpperCase() })) }
}

/** The stagger windows of rows, in the order in which they open. */
function windowsOf(rows: readonly Row[], sizeMs: number) {
  const windows: { readonly k: string | null; readonly opened: number; readonly rows: Row[] }[] = []
  const last = new Map<string | null, (typeof windows)[number]>()
  for (const row of rows) {
    let window = last.get(row.k)
    if (window === undefined || row.rowtime >= window.opened + sizeMs) {
      window = { k: row.k, opened: row.rowtime, rows: [] }
      windows.push(window)
      last.set(row.k, window)
    }
    window.rows.push(row)
  }
  return windows
}

test.each([
  [1, 3, 500],
  [2, 40, 200],
  [3, 3_000, 150],
])('stagger windows of seed %i are those of a loop over all rows', (seed, keys, sizeMs) => {
  const rows = randomRows(seed, 6_000, keys)
  const expected = windowsOf(rows, sizeMs).map(({ k, opened, rows: members }) => {
    const known = members.flatMap(({ v }) => (v === null ? [] : [v]))
    const sum = known.length === 0 ? null : known.reduce((a, b) => a + b, 0)
    return [opened + sizeMs, k, members.length, sum, members[0]?.v ?? null, known[known.length - 1] ?? null].join('|')
  })
  const blank = expected.map(line => line.replaceAll(/(?<=\|)(?=\||$)/g, 'null'))
  const found = resultsOf(
    'k VARCHAR(8), n BIGINT, s BIGINT, f INTEGER, l INTEGER',
    `SELECT STREAM k, COUNT(*), SUM(v), FIRST_VALUE(v), LAST_VALUE(v) IGNORE NULLS FROM s
     WINDOWED BY STAGGER (PARTITION BY k RANGE INTERVAL '${(sizeMs / 1_000).toFixed(3)}' SECOND)`,
    rows,
  )
  expect(found.rows).toEqual(blank)
  expect(found.errors).toEqual([])
})

function order(a: Row, b: Row): number {
  const [x, y] = [a.v ?? Infinity, b.v ?? Infinity]
  if (x !== y) return y - x
  const [k, l] = [a.k ?? '\uffff', b.k ?? '\uffff']
  return k < l ? -1 : k > l ? 1 : 0
}

test.each([null, 1, 3, 700])('ORDER BY with limit %s keeps the rows of a sort of each window', limit => {
  const rows = randomRows(4, 6_000, 20)
  const sizeMs = 250_000
  const expected: string[] = []
  for (const start of new Set(rows.map(({ rowtime }) => Math.floor(rowtime / sizeMs) * sizeMs))) {
    const members = rows.filter(({ rowtime }) => rowtime >= start && rowtime < start + sizeMs).toSorted(order)
    expected.push(...members.slice(0, limit ?? members.length).map(({ id }) => `${start + sizeMs}|${id}`))
  }
  const found = resultsOf(
    'id INTEGER',
    `SELECT STREAM id FROM s ORDER BY STEP(s.ROWTIME BY INTERVAL '250' SECOND(3)), v DESC, k${limit === null ? '' : ` LIMIT ${limit}`}`,
    rows,
  )
  expect(found.rows).toEqual(expected)
})

test('DISTINCT lets the first row of each value through, once a window', () => {
  const rows = randomRows(5, 5_000, 30)
  const seen = new Set<string>()
  const expected = rows.flatMap(({ k, rowtime, v }) => {
    const minute = Math.floor(rowtime / 60_000) * 60_000
    const key = JSON.stringify([minute, k, v])
    if (seen.has(key)) return []
    seen.add(key)
    return [`${rowtime}|${minute}|${k}|${v}`]
  })
  const query = 'SELECT STREAM DISTINCT FLOOR(s.ROWTIME TO MINUTE), k, v FROM s'
  expect(resultsOf('m TIMESTAMP, k VARCHAR(8), v INTEGER', query, rows).rows).toEqual(expected)
})

test('a T-sort releases each row when a newer one is far enough ahead, and reports what comes too late', () => {
  const rows = randomRows(6, 4_000, 5)
  const withinMs = 1_000
  let held: Row[] = []
  let newest = -Infinity
  let left = -Infinity
  let refused = 0
  const expected: string[] = []
  const release = (upTo: number): void => {
    const due = held.filter(({ t }) => (t ?? 0) <= upTo).toSorted((a, b) => (a.t ?? 0) - (b.t ?? 0))
    held = held.filter(({ t }) => (t ?? 0) > upTo)
    for (const { id, t } of due) {
      expected.push(`${t}|${id}`)
      left = t ?? left
    }
  }
  for (const row of rows) {
    if (row.t === null || row.t < left) {
      refused++
      continue
    }
    held.push(row)
    newest = Math.max(newest, row.t)
    release(newest - withinMs)
  }
  release(Infinity)
  const query = "SELECT STREAM s.t AS ROWTIME, id FROM s ORDER BY s.t WITHIN INTERVAL '1' SECOND"
  const found = resultsOf('id INTEGER', query, rows)
  expect(found.rows).toEqual(expected)
  expect(found.errors).toHaveLength(refused)
  expect(refused).toBeGreaterThan(100)
})

const HELD: readonly (readonly [string, string, string])[] = [
  [
    'stagger 1 of pump "P"',
    'maxKeys',
    "SELECT STREAM id FROM s WINDOWED BY STAGGER (PARTITION BY id RANGE INTERVAL '1' HOUR)",
  ],
  ['distinct 1 of pump "P"', 'maxKeys', 'SELECT STREAM DISTINCT id, FLOOR(s.ROWTIME TO YEAR) FROM s'],
  ['sort 1 of pump "P"', 'maxBytes', 'SELECT STREAM id FROM s ORDER BY FLOOR(s.ROWTIME TO YEAR), v'],
  [
    'time-sort 1 of pump "P"',
    'maxBytes',
    "SELECT STREAM s.t AS ROWTIME, id FROM s ORDER BY s.t WITHIN INTERVAL '9' DAY",
  ],
]

test.each(HELD)('state of %s is bounded by %s, and the error names both', (name, limit, query) => {
  const create = query.includes('DISTINCT') ? 'id INTEGER, y TIMESTAMP' : 'id INTEGER'
  const go = (): unknown =>
    run(
      planProgram(`CREATE STREAM o (${create}); CREATE PUMP p AS INSERT INTO o ${query}`, [
        { name: 'S', schema: renamed() },
      ]),
      batches(randomRows(7, 2_000, 5)).map(rows => ({ stream: 'S', rows })),
      ['O'],
      { compile: { limits: { maxKeys: 1_000, maxBytes: 100_000 } } },
    )
  let thrown: unknown = null
  try {
    go()
  } catch (error) {
    thrown = error
  }
  expect(hasCode(thrown, 'state_limit')).toBe(true)
  expect(String(thrown)).toContain(`state of ${name} is over its limit ${limit}`)
})

test.each(HELD)('a snapshot of %s is written in slices', (_name, _limit, query) => {
  const create = query.includes('DISTINCT') ? 'id INTEGER, y TIMESTAMP' : 'id INTEGER'
  const plan = planProgram(`CREATE STREAM o (${create}); CREATE PUMP p AS INSERT INTO o ${query}`, [
    { name: 'S', schema: renamed() },
  ])
  const program = compileProgram(plan, { ...HOST, errors: new ErrorList(), outputs: ['O'] })
  for (const rows of batches(randomRows(8, 12_000, 5))) {
    program.push('S', rows)
    while (program.work()) program.takeResults()
  }
  const writer = new StateWriter()
  let slices = 0
  for (const written = program.snapshot(writer); written.next().done !== true; slices++) {
    expect(writer.take().length).toBeLessThan(80_000)
  }
  expect(slices).toBeGreaterThan(2)
})

test('a program of constants alone runs, and only once over a restart', () => {
  const plan = planProgram(
    'CREATE STREAM o (n INTEGER); INSERT INTO o VALUES (1), (2); INSERT INTO o SELECT a FROM (VALUES (3) UNION VALUES (3)) AS t (a);',
    [{ name: 'S', schema: renamed() }],
  )
  const rows = batches(randomRows(9, 5, 2)).map(batch => ({ stream: 'S', rows: batch }))
  for (const way of [{ cut: 1_024 }, { cut: 1, restoring: true }, { cut: 1, bounds: true }]) {
    const first = rows[0]?.rows.rowtimes[0]
    expect(run(plan, rows, ['O'], way).results.O).toEqual([`${first}|1`, `${first}|2`, `${first}|3`])
  }
  expect(run(plan, [], ['O']).results.O).toEqual([1, 2, 3].map(n => `${HOST.startedAt}|${n}`))
})
