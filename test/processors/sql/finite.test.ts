/** Finite relations: groups of tables and VALUES, subqueries in functions, row values, and results that leave together. */
import { expect, test } from 'vitest'
import type { RowBatch } from '../../../core/rows.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { asSpans, batchOf, schemaOf } from '../expressions/builders.ts'
import { run } from '../operators/programs.ts'

const IN = schemaOf({ k: 'VARCHAR(8)', v: 'INTEGER' })
const RATES = schemaOf({ K: 'VARCHAR(8)', RATE: 'INTEGER' })
const ROWS = batchOf(
  IN,
  [
    ['a', 3],
    ['b', null],
    ['a', 5],
    ['c', 5],
    [null, 1],
  ],
  [5_000, 20_000, 59_999, 60_000, 130_000],
)
const TABLE = batchOf(
  RATES,
  [
    ['a', 3],
    ['a', 7],
    ['b', 5],
    [null, 1],
  ],
  [0, 0, 0, 0],
)

/** Rows of the stream O, and the errors, which must not depend on how the input is cut. */
function results(columns: string, query: string, table: readonly RowBatch[] = [TABLE], before = ''): readonly string[] {
  const text = `CREATE STREAM O (${columns}); ${before} CREATE PUMP P AS INSERT INTO O ${query}`
  const plan = planProgram(text, [{ name: 'IN', schema: IN }], [{ name: 'R', schema: RATES }])
  const inputs = [{ stream: 'IN', rows: ROWS }]
  const compile = { tables: new Map([['R', table]]) }
  const straight = run(plan, inputs, ['O'], { compile })
  const cut = run(plan, inputs, ['O'], { compile, cut: 1, restoring: true, bounds: true, layout: asSpans })
  expect(cut).toEqual(straight)
  return [...straight.results['O']!, ...straight.errors]
}

test('a stream joins groups of a table', () => {
  const query = `SELECT STREAM s."k", r.N, r.TOP FROM "IN" s
    LEFT JOIN (SELECT K, COUNT(*) AS N, MAX(RATE) AS TOP FROM R GROUP BY K HAVING COUNT(*) > 0) r ON r.K = s."k"`
  expect(results('K VARCHAR(8), N BIGINT, TOP INTEGER', query)).toEqual([
    '5000|a|2|7',
    '20000|b|1|5',
    '59999|a|2|7',
    '60000|c|null|null',
    '130000|null|null|null',
  ])
})

test('an aggregate of a whole table is one row, also of an empty table', () => {
  const query = `SELECT STREAM s."v", (SELECT COUNT(*) FROM R), (SELECT SUM(RATE) FROM R)
    FROM "IN" s WHERE s."v" > (SELECT COUNT(*) FROM R)`
  const columns = 'V INTEGER, N BIGINT, S BIGINT'
  expect(results(columns, query)).toEqual(['59999|5|4|16', '60000|5|4|16'])
  expect(results(columns, query, [])).toEqual(['5000|3|0|null', '59999|5|0|null', '60000|5|0|null', '130000|1|0|null'])
})

test('VALUES can be grouped, once, at the start of the program', () => {
  const query = `SELECT V.A, COUNT(*) AS N, SUM(V.B) FROM (VALUES ('x', 1), ('y', 2), ('x', 4)) AS V (A, B)
    GROUP BY V.A ORDER BY N`
  expect(results('A VARCHAR(8), N BIGINT, S BIGINT', query)).toEqual(['5000|y|1|2', '5000|x|2|5'])
})

test('IN asks for groups of a table', () => {
  const query = `SELECT STREAM s."k" FROM "IN" s WHERE s."k" IN (SELECT K FROM R GROUP BY K HAVING COUNT(*) > 1)`
  expect(results('K VARCHAR(8)', query)).toEqual(['5000|a', '59999|a'])
})

test('a function asks a table', () => {
  const functions = `CREATE FUNCTION known(k VARCHAR(8)) RETURNS BOOLEAN RETURN k IN (SELECT K FROM R WHERE K IS NOT NULL);
    CREATE FUNCTION above(v INTEGER) RETURNS INTEGER RETURN v - (SELECT MIN(RATE) FROM R);`
  const query = `SELECT STREAM s."k", known(s."k"), above(s."v") FROM "IN" s`
  expect(results('K VARCHAR(8), B BOOLEAN, V INTEGER', query, [TABLE], functions)).toEqual([
    '5000|a|1|2',
    '20000|b|1|null',
    '59999|a|1|4',
    '60000|c|0|4',
    '130000|null|null|0',
  ])
})

test('row values are compared in CASE, and NULL is all members or none', () => {
  const query = `SELECT STREAM CASE (s."k", s."v") WHEN ('a', 5) THEN 'a5' WHEN ('c', 5) THEN 'c5' ELSE '-' END,
    (s."k", s."v") IS NULL, (s."k", s."v") IS NOT NULL, (NULL, s."k") IS NULL FROM "IN" s`
  expect(results('A VARCHAR(2), B BOOLEAN, C BOOLEAN, D BOOLEAN', query)).toEqual([
    '5000|-|0|1|0',
    '20000|-|0|0|0',
    '59999|a5|0|1|0',
    '60000|c5|0|1|0',
    '130000|-|0|0|1',
  ])
})

test('FILTER narrows what a sliding aggregate sees', () => {
  const query = `SELECT STREAM COUNT(*) FILTER (WHERE s."v" > 2) OVER w, SUM(s."v") FILTER (WHERE s."k" = 'a') OVER w
    FROM "IN" s WINDOW w AS (ROWS 2 PRECEDING)`
  expect(results('N BIGINT, S BIGINT', query)).toEqual([
    '5000|1|3',
    '20000|1|3',
    '59999|2|8',
    '60000|2|5',
    '130000|2|5',
  ])
})

test('what is made of the groups of a window leaves when that window has, not one window late', () => {
  const groups = `SELECT STREAM s."k", COUNT(*) AS N, STEP(s.ROWTIME BY INTERVAL '1' MINUTE) AS M FROM "IN" s
    GROUP BY s."k", STEP(s.ROWTIME BY INTERVAL '1' MINUTE)`
  expect(
    results('K VARCHAR(8), N BIGINT', `SELECT STREAM g."k", g.N FROM (${groups}) g ORDER BY g.M, g.N DESC`),
  ).toEqual(['60000|a|2', '60000|b|1', '120000|c|1', '180000|null|1'])
  expect(results('K BIGINT, N BIGINT', `SELECT STREAM COUNT(*), MAX(g.N) FROM (${groups}) g GROUP BY g.M`)).toEqual([
    '60000|2|2',
    '120000|1|1',
    '180000|1|1',
  ])
})

test('windows of event time that leave at one rowtime stay apart', () => {
  const before = `CREATE STREAM E (K VARCHAR(8), T TIMESTAMP, WATERMARK FOR T AS T);
    CREATE PUMP E_PUMP AS INSERT INTO E SELECT STREAM s."k",
      CASE s."v" WHEN 1 THEN TIMESTAMP '1970-01-01 00:30:00' ELSE TO_TIMESTAMP(s."v" * 60000) END FROM "IN" s WHERE s."v" IS NOT NULL;`
  const query = `SELECT STREAM g.K, g.N, g.WINDOW_START FROM (SELECT STREAM K, COUNT(*) AS N, WINDOW_START, WINDOW_END
    FROM TABLE(TUMBLE(TABLE E, DESCRIPTOR(T), INTERVAL '1' MINUTE)) GROUP BY K, WINDOW_START, WINDOW_END) g
    ORDER BY g.WINDOW_START, g.K DESC`
  expect(results('K VARCHAR(8), N BIGINT, W TIMESTAMP', query, [], before)).toEqual([
    expect.stringMatching(/\|a\|1\|180000$/),
    expect.stringMatching(/\|c\|1\|300000$/),
    expect.stringMatching(/\|a\|1\|300000$/),
    expect.stringMatching(/\|null\|1\|1800000$/),
  ])
})
