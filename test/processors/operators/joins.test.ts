/** Joins of streams and with tables, from SQL text to rows. */
import { expect, test } from 'vitest'
import type { RowBatch, Value } from '../../../core/rows.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { batchOf, schemaOf } from '../expressions/builders.ts'
import { type RunInput, run } from './programs.ts'

const SIDE = schemaOf({ ID: 'INTEGER', V: 'VARCHAR(8)' })
const TABLE = schemaOf({ ID: 'INTEGER', NAME: 'VARCHAR(16)', FACTOR: 'INTEGER' })
const INPUTS = [
  { name: 'L', schema: SIDE },
  { name: 'R', schema: SIDE },
]
const TABLES = [{ name: 'T', schema: TABLE }]

function rows(side: 'L' | 'R', ...given: readonly (readonly [seconds: number, id: number | null, v: string])[]) {
  const batch = batchOf(
    SIDE,
    given.map(([, id, v]): Value[] => [id, v]),
    given.map(([seconds]) => seconds * 1_000),
  )
  return { stream: side, rows: batch }
}

const CONTENT: readonly RowBatch[] = [
  batchOf(
    TABLE,
    [
      [1, 'one', 10],
      [2, 'two', 20],
      [2, 'zwei', 21],
      [null, 'none', 0],
    ],
    [0, 0, 0, 0],
  ),
]

function results(columns: string, query: string, inputs: readonly RunInput[], more = {}) {
  const text = `CREATE STREAM JOINED (${columns}); CREATE PUMP P AS INSERT INTO JOINED ${query}`
  const plan = planProgram(text, INPUTS, TABLES)
  const compile = { tables: new Map([['T', CONTENT]]) }
  return run(plan, inputs, ['JOINED'], { compile, ...more })
}

test('the worked example of a left join in windows comes out as it is printed', () => {
  const { results: found, errors } = results(
    'A INTEGER, B INTEGER',
    `SELECT STREAM l.id, r.id FROM l OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS l
     LEFT JOIN r OVER (RANGE INTERVAL '10' SECOND PRECEDING) AS r ON l.id = r.id`,
    [rows('L', [0, 1, 'a'], [5, 2, 'b']), rows('R', [4, 1, 'x'], [16, 2, 'y'])],
  )
  expect(errors).toEqual([])
  expect(found.JOINED).toEqual(['4000|1|1', '15000|2|null'])
})

test('a row of a stream leaves with every matching row of a table, at its own time', () => {
  const { results: found } = results(
    'V VARCHAR(8), N VARCHAR(16), F INTEGER, T TIMESTAMP',
    `SELECT STREAM l.v, t.name, t.factor, l.rowtime FROM l LEFT JOIN t ON l.id = t.id`,
    [rows('L', [1, 2, 'a'], [2, 1, 'b'], [3, 3, 'c'], [4, null, 'd'])],
  )
  expect(found.JOINED).toEqual([
    '1000|a|two|20|1000',
    '1000|a|zwei|21|1000',
    '2000|b|one|10|2000',
    '3000|c|null|null|3000',
    '4000|d|null|null|4000',
  ])
})

test('IN, EXISTS and scalar subqueries over a table are three-valued', () => {
  const { results: found } = results(
    'A BOOLEAN, B BOOLEAN, C BOOLEAN, D BIGINT',
    `SELECT STREAM l.id IN (SELECT id FROM t), l.id NOT IN (SELECT id FROM t WHERE id > 0),
       EXISTS (SELECT * FROM t WHERE id = 7), (SELECT factor FROM t WHERE name = 'two') FROM l`,
    [rows('L', [1, 2, 'a'], [2, 9, 'b'], [4, null, 'd'])],
  )
  expect(found.JOINED).toEqual(['1000|1|0|0|20', '2000|null|1|0|20', '4000|null|null|0|20'])
})

test('a condition on a column of a table that has no match is unknown, whatever the first row of the table holds', () => {
  const table = { name: 'T', schema: schemaOf({ ID: 'INTEGER', FLAG: 'BOOLEAN', AMOUNT: 'DECIMAL(10,2)' }) }
  const text = `CREATE STREAM JOINED (V VARCHAR(8)); CREATE PUMP P AS INSERT INTO JOINED
    SELECT STREAM l.v FROM l LEFT JOIN t ON l.id = t.id WHERE t.flag OR l.id > 3`
  const content = [batchOf(table.schema, [[1, 1, 100n]], [0])]
  const given = [rows('L', [1, 1, 'flag'], [2, 2, 'neither'], [3, 4, 'id'])]
  const { results: found } = run(planProgram(text, INPUTS, [table]), given, ['JOINED'], {
    compile: { tables: new Map([['T', content]]) },
  })
  expect(found.JOINED).toEqual(['1000|flag', '3000|id'])
})
