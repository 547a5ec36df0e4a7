/** Log parsing functions in programs, and over logs of real servers with DuckDB as the judge. */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { ROWS_PER_BATCH_MAX, type RowBatch } from '../../../core/rows.ts'
import { planProgram } from '../../../processors/sql/plan.ts'
import { asSpans, batchOf, schemaOf } from '../expressions/builders.ts'
import { type RunResult, run } from '../operators/programs.ts'

const LOG = schemaOf({ line: 'VARCHAR(4000)', n: 'INTEGER' })

function query(select: string, columns: string, lines: readonly (string | null)[]): RunResult {
  const plan = planProgram(`CREATE STREAM OUT_S (${columns}); CREATE PUMP P AS INSERT INTO OUT_S ${select}`, [
    { name: 'LOGS', schema: LOG },
  ])
  const rows = batchOf(
    LOG,
    lines.map((line, index) => [line, index]),
  )
  const straight = run(plan, [{ stream: 'LOGS', rows }], ['OUT_S'])
  expect(run(plan, [{ stream: 'LOGS', rows }], ['OUT_S'], { cut: 1, restoring: true, layout: asSpans })).toEqual(
    straight,
  )
  return straight
}

test('the fields of a record are read one level up, by the alias of its query or with names of columns', () => {
  const rows = ['0|12|monkeys', '1|null|null', '2|null|null']
  const lines = ['12 monkeys', 'none', null]
  const parse = `REGEX_LOG_PARSE(s."line", '(\\d+) (.*)')`
  const columns = 'N INTEGER, A VARCHAR(1024), B VARCHAR(1024)'
  const cut = (text: string): readonly string[] =>
    query(text, columns, lines).results['OUT_S']!.map(row => row.replace(/^\d+\|/, ''))
  expect(
    cut(
      `SELECT STREAM t.N, t.r.COLUMN1, t.r.COLUMN2 FROM (SELECT STREAM s."n" AS N, ${parse} AS r FROM LOGS AS s) AS t`,
    ),
  ).toEqual(rows)
  expect(
    cut(`SELECT STREAM l.i, l.r.COLUMN1, r.column2 FROM (SELECT STREAM "n", ${parse} FROM LOGS AS s) AS l(i, r)`),
  ).toEqual(rows)
})

test('fields come in the types of the column list, and only a field that is asked for can fail', () => {
  const parse = `VARIABLE_COLUMN_LOG_PARSE(s."line", 'seen TYPE TIMESTAMP ''dd/MMM/yyyy:HH:mm:ss'', size TYPE INTEGER, name TYPE VARCHAR(3)', ',')`
  const from = `FROM (SELECT STREAM ${parse} AS r FROM LOGS AS s) AS t`
  const lines = ['10/Oct/2000:13:55:36,12,abc', '10/Oct/2000:13:55:36,x,abcd', '10/Oct/2000:13:55:36']
  const both = query(`SELECT STREAM t.r.seen, t.r.size * 2 ${from}`, 'A TIMESTAMP, N INTEGER', lines)
  expect(both.results['OUT_S']).toEqual(['0|971186136000|24', '2|971186136000|null'])
  expect(both.errors).toHaveLength(1)
  expect(both.errors[0]).toMatch(/CAST_ERROR/)
  const one = query(`SELECT STREAM t.r.seen ${from}`, 'A TIMESTAMP', lines)
  expect(one.results['OUT_S']).toHaveLength(3)
  expect(one.errors).toEqual([])
})

test('FAST_REGEX, SYS, FIXED and W3C parsers run in programs', () => {
  const first = (call: string, line: string, columns = 'A VARCHAR(1024), B VARCHAR(1024)'): string | undefined =>
    query(`SELECT STREAM t.r.COLUMN1, t.r.COLUMN2 FROM (SELECT STREAM ${call} AS r FROM LOGS AS s) AS t`, columns, [
      line,
    ]).results['OUT_S']?.[0]
  expect(first(`FAST_REGEX_LOG_PARSE(s."line", '(.*)_(.*)')`, 'x_y_z')).toBe('0|x|y_z')
  expect(first(`W3C_LOG_PARSE(s."line", '%h "%r"')`, 'host "GET /"')).toBe('0|host|GET /')
  expect(first(`SYS_LOG_PARSE(s."line")`, 'Feb  9 04:02:01 web1 x', 'A TIMESTAMP, B VARCHAR(1024)')).toBe(
    `0|${Date.UTC(2024, 1, 9, 4, 2, 1)}|web1 x`,
  )
  expect(
    first(
      `FIXED_COLUMN_LOG_PARSE(s."line", 'column1 TYPE INTEGER START 0 FOR 3, column2 TYPE VARCHAR(2) START 3 FOR 2')`,
      ' 42ab',
      'A INTEGER, B VARCHAR(2)',
    ),
  ).toBe('0|42|ab')
})

test('programs that misuse records are refused with the place and the way out', () => {
  const refused = (select: string): string => {
    try {
      query(select, 'A VARCHAR(1024)', [])
    } catch (error) {
      return String(error)
    }
    return 'accepted'
  }
  const inner = `(SELECT STREAM REGEX_LOG_PARSE("line", '(a)(b)') AS r FROM LOGS) AS t`
  expect(refused(`SELECT STREAM t.r.COLUMN3 FROM ${inner}`)).toMatch(
    /1:\d+ REGEX_LOG_PARSE gives no column COLUMN3; did you mean/,
  )
  expect(refused(`SELECT STREAM t.r FROM ${inner}`)).toMatch(/R is a record; name a field: R.COLUMN1/)
  expect(refused(`SELECT STREAM * FROM ${inner}`)).toMatch(/INSERT cannot take the record R/)
  expect(refused(`SELECT STREAM x.r.COLUMN1 FROM ${inner}`)).toMatch(/X is not in FROM/)
  expect(refused(`SELECT STREAM REGEX_LOG_PARSE("line", '(a') FROM LOGS`)).toMatch(
    /REGEX_LOG_PARSE: a "\(" is not closed, at character 1/,
  )
  expect(refused(`SELECT STREAM REGEX_LOG_PARSE("line", "line") AS r FROM LOGS`)).toMatch(/must be a literal/)
  expect(refused(`SELECT STREAM "line" FROM LOGS WHERE SYS_LOG_PARSE("line") IS NULL`)).toMatch(/gives a record/)
  expect(refused(`SELECT STREAM "line" FROM LOGS WHERE "line" SIMILAR TO '(a'`)).toMatch(/is not closed/)
})

const DATA = new URL('../../../../shared/data/', import.meta.url)

/** Lines of a packed file, or null with a word on the console where it is not there. */
function linesOf(name: string): string[] | null {
  const file = new URL(name, DATA)
  if (!existsSync(file)) {
    console.log(`skipped: ${name} is not among the data beside the project`)
    return null
  }
  return gunzipSync(readFileSync(file)).toString('latin1').trimEnd().split('\n')
}

const APACHE = linesOf('apache-access-2015/apache_logs.gz')
const NASA = linesOf('nasa-http-1995/nasa_19950701.tsv.gz')

/** Rows of a result, counted by the text behind their rowtime. */
function counts(select: string, lines: readonly string[]): Record<string, number> {
  const plan = planProgram(`CREATE STREAM OUT_S (A VARCHAR(1024)); CREATE PUMP P AS INSERT INTO OUT_S ${select}`, [
    { name: 'LOGS', schema: LOG },
  ])
  const found: Record<string, number> = {}
  for (let at = 0; at < lines.length; at += ROWS_PER_BATCH_MAX) {
    const rows: RowBatch = asSpans(
      batchOf(
        LOG,
        lines.slice(at, at + ROWS_PER_BATCH_MAX).map(line => [line, 0]),
      ),
    )
    const { results, errors } = run(plan, [{ stream: 'LOGS', rows }], ['OUT_S'])
    expect(errors).toEqual([])
    for (const row of results['OUT_S']!) {
      const value = row.slice(row.indexOf('|') + 1)
      found[value] = (found[value] ?? 0) + 1
    }
  }
  return found
}

async function duckCounts(expression: string, lines: readonly string[]): Promise<Record<string, number>> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run('CREATE TABLE logs (line VARCHAR)')
    for (let at = 0; at < lines.length; at += 1_000) {
      const values = lines.slice(at, at + 1_000).map(line => `('${line.replaceAll("'", "''")}')`)
      await connection.run(`INSERT INTO logs VALUES ${values.join()}`)
    }
    const reader = await connection.runAndReadAll(
      `SELECT ${expression} AS k, COUNT(*)::INTEGER AS n FROM logs GROUP BY k`,
    )
    return Object.fromEntries(reader.getRows().map(([key, count]) => [String(key), Number(count)]))
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

test.runIf(APACHE !== null)(
  'four parsers agree with DuckDB on the statuses of an Apache log',
  { timeout: 60_000 },
  async () => {
    const lines = APACHE ?? []
    const theirs = await duckCounts(String.raw`regexp_extract(line, '" ([0-9]{3}) ([0-9]+|-)', 1)`, lines)
    const statuses = (call: string, field: string): Record<string, number> =>
      counts(`SELECT STREAM t.r.${field} FROM (SELECT STREAM ${call} AS r FROM LOGS AS s) AS t`, lines)
    // One line was cut off within its last field when the log was saved.
    const torn = { ...theirs, '200': (theirs['200'] ?? 0) - 1, null: 1 }
    expect(statuses(`W3C_LOG_PARSE(s."line", 'NCSA EXTENDED')`, 'COLUMN6')).toEqual(torn)
    expect(
      statuses(`REGEX_LOG_PARSE(s."line", '(\\S+) \\S+ \\S+ \\[[^]]+\\] ".*" (\\d{3}) (\\d+|-) ".*" ".*"')`, 'COLUMN2'),
    ).toEqual(torn)
    expect(
      statuses(`FAST_REGEX_LOG_PARSE(s."line", '(.*) - - \\[(.*)\\] \\"(.*)\\" ([0-9]{3}) (.*)')`, 'COLUMN4'),
    ).toEqual(theirs)
    expect(
      counts(
        `SELECT STREAM REGEX_REPLACE(SUBSTRING(s."line" FROM '" \\d{3} (\\d+|-)'), '" (\\d+) .*', '$1', 1, 1) FROM LOGS AS s`,
        lines,
      ),
    ).toEqual(theirs)
  },
)

test.runIf(NASA !== null)(
  'columns between tabs agree with DuckDB on the statuses of a log of 1995',
  { timeout: 60_000 },
  async () => {
    const lines = (NASA ?? []).slice(1)
    const theirs = await duckCounts(`string_split(line, chr(9))[6]`, lines)
    expect(
      counts(
        `SELECT STREAM t.r.status FROM (SELECT STREAM VARIABLE_COLUMN_LOG_PARSE(s."line", 'host TYPE VARCHAR(80), logname, at TYPE BIGINT, method, url, status TYPE VARCHAR(3), size TYPE INTEGER', u&'\\0009') AS r FROM LOGS AS s) AS t`,
        lines,
      ),
    ).toEqual(theirs)
  },
)
