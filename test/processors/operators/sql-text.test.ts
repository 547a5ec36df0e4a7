/** Programs as text, planned and run. */
import { expect, test } from 'vitest'
import { functionNamed as implementationOf } from '../../../processors/expressions/functions.ts'
import { FUNCTION_NAMES, functionNamed } from '../../../processors/sql/functions/table.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { asSpans, batchOf, schemaOf } from '../expressions/builders.ts'
import { type RunResult, run } from './programs.ts'

const IN = schemaOf({ k: 'VARCHAR(8)', v: 'INTEGER', d: 'DOUBLE', t: 'TIMESTAMP', m: 'DECIMAL(6,2)' })
const ROWS = batchOf(
  IN,
  [
    ['a', 3, 1.5, 1_000, 125n],
    ['b', 0, 2.5, 2_000, -5n],
    ['a', 5, null, null, null],
    ['ab', 7, -1.5, 61_000, 99_999n],
    [null, null, null, null, null],
  ],
  [5_000, 20_000, 59_999, 60_000, 130_000],
)

/** Runs a program in several ways, which must agree. */
function results(text: string, ...outputs: string[]): RunResult {
  const plan = planProgram(text, [{ name: 'IN', schema: IN }])
  const inputs = [{ stream: 'IN', rows: ROWS }]
  const straight = run(plan, inputs, outputs)
  expect(run(plan, inputs, outputs, { cut: 1, restoring: true, bounds: true, layout: asSpans })).toEqual(straight)
  return straight
}

test('every function of the signature table has an implementation', () => {
  const names = FUNCTION_NAMES.flatMap(name => functionNamed(name)?.name ?? [])
  const bound = [
    'LIKE',
    'SIMILAR',
    'TRIM',
    'SUBSTRING_FROM',
    'SUBSTRING_COMMA',
    'SUBSTRING_REGEX',
    'SUBSTRING_SIMILAR',
    'POSITION',
    'OVERLAY',
    'CONCAT',
    'STEP_NUMBER',
    'STEP_DATETIME',
    'FLOOR_TO',
    'CEIL_TO',
    'EXTRACT',
    'CURRENT_ROW_TIMESTAMP',
    'CURRENT_TIMESTAMP',
    'LOCALTIMESTAMP',
    'CURRENT_DATE',
    'CURRENT_TIME',
    'LOCALTIME',
    'COALESCE',
    'NULLIF',
  ]
  expect([...names, ...bound].filter(name => implementationOf(name) === undefined)).toEqual([])
})

test('groups by key and minute', () => {
  const text = `CREATE STREAM O (k VARCHAR(8), s INTEGER, n BIGINT, a DOUBLE);
    CREATE PUMP P AS INSERT INTO O SELECT STREAM i."k", SUM(i."v"), COUNT(*), AVG(i."d") FROM "IN" AS i
    GROUP BY i."k", STEP(i.ROWTIME BY INTERVAL '1' MINUTE);`
  expect(results(text, 'O')).toEqual({
    results: { O: ['60000|a|8|2|1.5', '60000|b|0|1|2.5', '120000|ab|7|1|-1.5', '180000|null|null|1|null'] },
    errors: [],
  })
})

test('projects, filters and reports the row that divides by zero', () => {
  const text = `CREATE STREAM O (k VARCHAR(8), x INTEGER, y DOUBLE, z TIMESTAMP);
    CREATE PUMP P AS INSERT INTO O SELECT STREAM UPPER("k") || '-', 100 / "v", "m" * 2.5 + "d", FLOOR("t" TO MINUTE)
    FROM "IN" WHERE "k" LIKE 'a%' OR "v" = 0;`
  const { results: rows, errors } = results(text, 'O')
  expect(rows.O).toEqual(['5000|A-|33|4.625|0', '59999|A-|20|null|null', '60000|AB-|14|2498.475|60000'])
  expect(errors).toEqual([
    expect.stringMatching(/^DIVISION_BY_ZERO 20000 P 2:\d+ division by zero: 100 \/ 0 \{"k":"b","v":0,/),
  ])
})

test('CASE shields a division, and windows chain through streams', () => {
  const text = `CREATE STREAM M (k VARCHAR(8), w TIMESTAMP, n INTEGER);
    CREATE PUMP P AS INSERT INTO M SELECT STREAM CASE WHEN "v" <> 0 THEN CAST(100 / "v" AS VARCHAR(8)) ELSE 'zero' END,
      FLOOR(i.ROWTIME TO MINUTE), COUNT(*) FROM "IN" i
      GROUP BY CASE WHEN "v" <> 0 THEN CAST(100 / "v" AS VARCHAR(8)) ELSE 'zero' END, FLOOR(i.ROWTIME TO MINUTE) HAVING COUNT(*) > 0;
    CREATE STREAM O (w TIMESTAMP, n BIGINT, lo VARCHAR(8));
    CREATE PUMP Q AS INSERT INTO O SELECT STREAM STEP(M.ROWTIME BY INTERVAL '2' MINUTE), SUM(n), MIN(k) FROM M
      GROUP BY STEP(M.ROWTIME BY INTERVAL '2' MINUTE);`
  const { results: rows, errors } = results(text, 'M', 'O')
  expect(rows.M).toEqual([
    '60000|33|0|1',
    '60000|zero|0|1',
    '60000|20|0|1',
    '120000|14|60000|1',
    '180000|zero|120000|1',
  ])
  expect(rows.O).toEqual(['120000|0|3|20', '240000|120000|2|14'])
  expect(errors).toEqual([])
})

test('UNION ALL merges by rowtime, the first side first', () => {
  const text = `CREATE STREAM O (k VARCHAR(20), v INTEGER);
    CREATE PUMP P AS INSERT INTO O SELECT STREAM "k", "v" FROM "IN" UNION ALL
      SELECT STREAM 'x' || "k", MOD("v", 2) FROM "IN" WHERE "v" BETWEEN 1 AND 5;`
  expect(results(text, 'O').results.O).toEqual([
    '5000|a|3',
    '5000|xa|1',
    '20000|b|0',
    '59999|a|5',
    '59999|xa|1',
    '60000|ab|7',
    '130000|null|null',
  ])
})

test('a NULL into a NOT NULL column is a row error, patterns and dates run', () => {
  const text = `CREATE STREAM O (k VARCHAR(40) NOT NULL);
    CREATE PUMP P AS INSERT INTO O SELECT STREAM REGEX_REPLACE("k", '[a-z]', 'x$0', 1, 0) || TIMESTAMP_TO_CHAR('yyyy-MM-dd', ROWTIME)
    FROM "IN" WHERE "k" SIMILAR TO '(a|b)+' OR "k" IS NULL;`
  const { results: rows, errors } = results(text, 'O')
  expect(rows.O).toEqual(['5000|xa1970-01-01', '20000|xb1970-01-01', '59999|xa1970-01-01', '60000|xaxb1970-01-01'])
  expect(errors).toEqual([
    expect.stringMatching(/^NULL_NOT_ALLOWED 130000 P 2:\d+ NULL for column "K", which is NOT NULL/),
  ])
})
