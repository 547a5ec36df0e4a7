/** What a program needs of its input, from its plan; and that nothing but speed depends on it. */
import { expect, test } from 'vitest'
import type { ErrorRow } from '../../core/error-output.ts'
import { compileApplication } from '../../processors/application.ts'
import { neededColumns, passedColumns } from '../../processors/sql/needed-columns.ts'
import { batchOf, type ColumnText, jsonSchema, valuesOf } from '../core/codec-support.ts'

const COLUMNS: readonly ColumnText[] = [
  ['a', 'INTEGER'],
  ['b', 'VARCHAR(9)'],
  ['c', 'DOUBLE'],
  ['d', 'TIMESTAMP'],
  ['e', 'INTEGER'],
]
const NAMES = COLUMNS.map(([name]) => name)
const table = { name: 'T', schema: jsonSchema([['k', 'VARCHAR(9)']]) }

const application = (select: string, columns = 'x INTEGER', outputs?: readonly string[]) =>
  compileApplication({
    text: `CREATE STREAM "OUT" (${columns}); CREATE PUMP P AS INSERT INTO "OUT" ${select}`,
    input: { schema: jsonSchema(COLUMNS) },
    referenceTables: [table],
    ...(outputs === undefined ? {} : { outputs }),
  })

function needed(select: string, columns?: string, outputs: readonly string[] = ['OUT']) {
  const { plan } = application(select, columns, outputs)
  const indexes = neededColumns(plan, outputs)
  return indexes === 'all' ? 'all' : NAMES.filter((_, index) => indexes.has(index)).join('')
}

test.each([
  ['SELECT STREAM "a" FROM "SOURCE_SQL_STREAM_001"', 'a'],
  ['SELECT STREAM 1 FROM "SOURCE_SQL_STREAM_001"', ''],
  [`SELECT STREAM "a" FROM "SOURCE_SQL_STREAM_001" WHERE UPPER("b") = 'X'`, 'ab'],
  ['SELECT STREAM x FROM (SELECT STREAM "a" + "e" AS x, "c" FROM "SOURCE_SQL_STREAM_001")', 'ace'],
  [
    'SELECT STREAM COUNT("c") FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY "b", STEP(s.ROWTIME BY INTERVAL \'1\' SECOND)',
    'bc',
  ],
  [
    'SELECT STREAM "a" + CAST(SUM("c") OVER (PARTITION BY "b" ROWS 3 PRECEDING) AS INTEGER) FROM "SOURCE_SQL_STREAM_001"',
    'abc',
  ],
  ['SELECT STREAM s."e" FROM "SOURCE_SQL_STREAM_001" AS s JOIN T AS t ON s."b" = t."k"', 'be'],
  ['SELECT STREAM s."e" FROM "SOURCE_SQL_STREAM_001" AS s WHERE s."a" IN (SELECT 1 FROM T)', 'ae'],
])('%s needs %s', (select, expected) => {
  expect(needed(select)).toBe(expected)
})

test.each([
  ['SELECT STREAM "a", "b" FROM "SOURCE_SQL_STREAM_001"', 'ab'],
  ['SELECT STREAM "e", "b" FROM "SOURCE_SQL_STREAM_001" WHERE "a" > 1', 'be'],
  [`SELECT STREAM "a", "b" FROM "SOURCE_SQL_STREAM_001" WHERE "b" <> 'x'`, 'a'],
  ['SELECT STREAM "a", UPPER("b") FROM "SOURCE_SQL_STREAM_001"', 'a'],
  ['SELECT STREAM i, t FROM (SELECT STREAM "a" AS i, "b" AS t, "c" FROM "SOURCE_SQL_STREAM_001") WHERE "c" > 1', 'ab'],
  [`SELECT STREAM i, t FROM (SELECT STREAM "a" AS i, "b" AS t FROM "SOURCE_SQL_STREAM_001") WHERE t LIKE 'x%'`, 'a'],
  ['SELECT STREAM s."a", s."b" FROM "SOURCE_SQL_STREAM_001" AS s JOIN T AS t ON s."b" = t."k"', ''],
  [
    'SELECT STREAM MAX("a"), "b" FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY "b", STEP(s.ROWTIME BY INTERVAL \'1\' SECOND)',
    '',
  ],
])('%s only passes on %s', (select, expected) => {
  const { plan } = application(select, 'x INTEGER, y VARCHAR(9)')
  const passed = passedColumns(plan, ['OUT'])
  expect(NAMES.filter((_, index) => passed.has(index)).join('')).toBe(expected)
})

test('nothing is only passed on where another pump reads the output, or it is no output', () => {
  const { plan } = compileApplication({
    text: `CREATE STREAM "OUT" (x VARCHAR(9)); CREATE PUMP P AS INSERT INTO "OUT" SELECT STREAM "b" FROM "SOURCE_SQL_STREAM_001";
      CREATE STREAM "MORE" (x VARCHAR(9)); CREATE PUMP Q AS INSERT INTO "MORE" SELECT STREAM x FROM "OUT";`,
    input: { schema: jsonSchema(COLUMNS) },
  })
  expect([...passedColumns(plan, ['OUT', 'MORE'])]).toEqual([])
  expect([...passedColumns(plan, ['MORE'])]).toEqual([])
})

test('texts that are only passed on are spans of their records, and the rows are the same', () => {
  const decoderOf = (select: string) =>
    application(select, 'x INTEGER, y VARCHAR(9)').createDecoder({ scanner: 'javascript' })
  const passing = decoderOf('SELECT STREAM "a", "b" FROM "SOURCE_SQL_STREAM_001"')
  const looking = decoderOf(`SELECT STREAM "a", "b" FROM "SOURCE_SQL_STREAM_001" WHERE "b" <> ''`)
  const layouts = new Set<string>()
  for (let round = 0; round < 3; round++) {
    // From the second round on every text has an escape, which no span shows.
    const texts = Array.from({ length: 200 }, (_unused, i) => `{"a":${i},"b":"${round === 0 ? '' : '\\n'}t${i % 9}"}`)
    const errors = { add: () => expect.unreachable('every record is good') }
    const [spans, entries] = [passing, looking].map(decoder => decoder.decode(batchOf(texts), errors))
    expect(spans?.flatMap(valuesOf)).toEqual(entries?.flatMap(valuesOf))
    layouts.add(`${round} ${spans?.[0]?.columns[1]?.layout} ${entries?.[0]?.columns[1]?.layout}`)
  }
  expect([...layouts]).toEqual(['0 span dictionary', '1 span dictionary', '2 dictionary dictionary'])
})

test('an input that is an output needs every column', () => {
  expect(needed('SELECT STREAM "a" FROM "SOURCE_SQL_STREAM_001"', 'x INTEGER', ['OUT', 'SOURCE_SQL_STREAM_001'])).toBe(
    'all',
  )
})

test('an error row shows the columns that the program does not read', () => {
  const errors: ErrorRow[] = []
  const app = application('SELECT STREAM 10 / "a" FROM "SOURCE_SQL_STREAM_001"')
  const program = app.start({ errors: { add: row => errors.push(row) }, startedAt: 0, rowTimestamp: 'rowtime' })
  const decoder = app.createDecoder()
  const record = (a: number) => JSON.stringify({ a, b: `b${a}`, c: a / 2, d: null, e: 7 })
  for (const rows of decoder.decode(batchOf([record(5), record(0), record(2)]), { add: row => errors.push(row) }))
    program.push('SOURCE_SQL_STREAM_001', rows)
  program.work()
  expect(program.takeResults().flatMap(({ rows }) => valuesOf(rows))).toEqual([[2], [5]])
  expect(errors.map(({ data }) => Buffer.from(data).toString())).toEqual(['{"a":0,"b":"b0","c":0,"d":null,"e":7}'])
})

test('rows of a filter, of a sliding window and of a join carry columns that nobody reads', () => {
  const errors: ErrorRow[] = []
  const app = application(
    `SELECT STREAM 10 / (COUNT("c") OVER (ROWS 1 PRECEDING) - 2) FROM "SOURCE_SQL_STREAM_001" WHERE "a" > 1`,
    'x BIGINT',
  )
  const program = app.start({ errors: { add: row => errors.push(row) }, startedAt: 0, rowTimestamp: 'rowtime' })
  const record = (a: number) => JSON.stringify({ a, b: `b${a}`, c: a / 2, d: null, e: 7 })
  for (const rows of app.createDecoder().decode(batchOf([5, 0, 2].map(record)), { add: row => errors.push(row) }))
    program.push('SOURCE_SQL_STREAM_001', rows)
  expect(errors.map(({ data }) => JSON.parse(Buffer.from(data).toString()))).toEqual([
    expect.objectContaining({ a: 2, b: 'b2', c: 1, e: 7 }),
  ])
})
