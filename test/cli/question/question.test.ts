/** Questions about results: the answers of DuckDB, what is refused and where, and limits of time and memory. */
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { QuestionRunner } from '../../../cli/question/question-runner.ts'
import { nodeEnv, RowBuilder, type Schema } from '../../../core/index.ts'
import { FieldMask, ResultTables } from '../../../dashboards/index.ts'
import { TABLE_BYTES_MAX, TABLE_TEXT_MAX } from '../../../dashboards/question/result-tables.ts'
import { ANSWER_ROWS_MAX, type EmittedQuestion, emitQuestion } from '../../../processors/question/emit.ts'
import { QUESTION_TEXT_MAX } from '../../../processors/question/expressions.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const SCHEMA: Schema = {
  columns: [
    { name: 'PAGE', type: { kind: 'VARCHAR', length: 2_000 }, nullable: true },
    { name: 'N', type: { kind: 'BIGINT' }, nullable: true },
    { name: 'V', type: { kind: 'DOUBLE' }, nullable: true },
    { name: 'EMAIL', type: { kind: 'VARCHAR', length: 64 }, nullable: true },
  ],
}
const AT = Date.UTC(2026, 0, 1)
const PAGES = ['/a', '/A', '/b%', "/it's", '', null, '"; DROP TABLE t0; --', '`process.exit()`']

type Row = readonly [string | null, bigint | null, number | null, string]

function rows(count: number): readonly Row[] {
  const random = seededRandom(11)
  return Array.from({ length: count }, (): Row => {
    const page = PAGES[Math.floor(random.next() * PAGES.length)] ?? null
    const n = random.next() < 0.15 ? null : BigInt(Math.floor(random.next() * 50) - 10)
    return [page, n, random.next() < 0.15 ? null : Math.floor(random.next() * 400) / 8, 'ann@example.com']
  })
}

function tablesOf(data: readonly Row[]): ResultTables {
  const tables = new ResultTables(
    new Map([
      ['VIEWS', SCHEMA],
      ['other "name"', SCHEMA],
    ]),
    new FieldMask(['email']),
  )
  const builder = new RowBuilder(SCHEMA)
  data.forEach((row, index) => {
    builder.add(AT + index * 7_000, row)
    if (builder.full) tables.rows('VIEWS', builder.take())
  })
  tables.rows('VIEWS', builder.take())
  return tables
}

const tables = tablesOf(rows(300))
const runner = new QuestionRunner(tables, nodeEnv.clock)
const ask = (sql: string) => runner.answer(emitQuestion(sql, tables.schemas))

/** What both engines understand; every one is ordered, so that answers can be compared as they come. */
const QUESTIONS = [
  'SELECT PAGE, N, V FROM VIEWS ORDER BY ROWTIME LIMIT 40',
  'SELECT PAGE, COUNT(*) AS C, COUNT(N) AS CN, SUM(N) AS S, MIN(V) AS LO, MAX(V) AS HI FROM VIEWS WHERE PAGE IS NOT NULL GROUP BY PAGE ORDER BY PAGE',
  "SELECT COUNT(*) AS C FROM VIEWS WHERE PAGE <> '/a'",
  "SELECT COUNT(*) AS C FROM VIEWS WHERE NOT (PAGE = '/a' OR N > 20)",
  'SELECT COUNT(*) AS C FROM VIEWS WHERE NOT (N BETWEEN 5 AND 20 AND NOT (V < 10))',
  "SELECT COUNT(*) AS C FROM VIEWS WHERE N IN (1, 2, 3) OR PAGE NOT IN ('/a', '/A')",
  "SELECT COUNT(*) AS C FROM VIEWS WHERE PAGE LIKE '/_' AND PAGE NOT LIKE '%A'",
  "SELECT COUNT(*) AS C FROM VIEWS WHERE PAGE = '/it''s' OR PAGE = '`process.exit()`'",
  'SELECT SUM(N) AS S, MIN(V) AS LO, COUNT(*) AS C FROM VIEWS WHERE N > 1000',
  'SELECT N * 2 + V AS X, ABS(N) AS A FROM VIEWS WHERE N IS NOT NULL AND V IS NOT NULL ORDER BY ROWTIME LIMIT 30',
  "SELECT SUM(CASE WHEN PAGE = '/a' THEN N ELSE 0 END) AS S FROM VIEWS WHERE N IS NOT NULL",
  'SELECT PAGE, SUM(N) AS S FROM VIEWS WHERE PAGE IS NOT NULL GROUP BY PAGE HAVING SUM(N) > 300 AND COUNT(*) > 2 ORDER BY PAGE',
  'SELECT COUNT(DISTINCT PAGE) AS D, COUNT(DISTINCT N) AS E FROM VIEWS',
  'SELECT UPPER(PAGE) AS U, CHAR_LENGTH(PAGE) AS L FROM VIEWS WHERE PAGE IS NOT NULL ORDER BY ROWTIME LIMIT 20',
  'SELECT COUNT(*) AS C FROM VIEWS AS A JOIN VIEWS AS B ON A.N = B.N AND A.PAGE <> B.PAGE',
  "SELECT COUNT(*) AS C, COUNT(B.N) AS D FROM VIEWS AS A LEFT JOIN VIEWS AS B ON A.N = B.N AND B.PAGE = '/a'",
  "SELECT COUNT(*) AS C FROM VIEWS WHERE ROWTIME >= TIMESTAMP '2026-01-01 00:10:00'",
  // NULL is the greatest value, and there are values below and above 0.
  'SELECT N, V FROM VIEWS ORDER BY N, V DESC, ROWTIME',
  'SELECT N FROM VIEWS ORDER BY N DESC, ROWTIME DESC LIMIT 60',
  'SELECT PAGE, V FROM VIEWS ORDER BY PAGE NULLS FIRST, V NULLS LAST, ROWTIME LIMIT 290',
  'SELECT DISTINCT PAGE FROM VIEWS ORDER BY 1 DESC NULLS LAST',
  'SELECT PAGE, SUM(N) AS S FROM VIEWS WHERE N > 38 GROUP BY PAGE ORDER BY MAX(V), PAGE',
  'SELECT CHAR_LENGTH(PAGE) + 1 AS L, COUNT(*) AS C FROM VIEWS WHERE PAGE IS NOT NULL GROUP BY PAGE ORDER BY PAGE',
  "SELECT CASE WHEN N > 5 THEN 'many' ELSE 'few' END AS T, N, SUM(V) + N AS S FROM VIEWS WHERE N IS NOT NULL GROUP BY N ORDER BY N DESC",
  'SELECT N FROM VIEWS LIMIT 1000',
  // Looked up by one equality; the rest of ON, and values that are missing, are seen to all the same.
  'SELECT COUNT(*) AS C FROM VIEWS AS A JOIN VIEWS AS B ON A.N = B.N',
  "SELECT COUNT(*) AS C, SUM(B.N) AS S FROM VIEWS AS A JOIN VIEWS AS B ON A.V > 20 AND A.PAGE = B.PAGE AND B.N = A.N WHERE A.PAGE <> '/a'",
  'SELECT COUNT(*) AS C, COUNT(C.V) AS D FROM VIEWS AS A JOIN VIEWS AS B ON A.V = B.V AND B.N = 3 LEFT JOIN VIEWS AS C ON C.N = B.N AND C.V > 30',
  'SELECT COUNT(*) AS C FROM VIEWS AS A LEFT JOIN VIEWS AS B ON A.N = B.N AND B.V > 45 WHERE B.N IS NULL',
]

describe('answers', () => {
  it.each(QUESTIONS)('are those of DuckDB: %s', async sql => {
    const connection = await (await DuckDBInstance.create()).connect()
    await connection.run("SET default_null_order = 'nulls_last_on_asc_first_on_desc'")
    await connection.run('CREATE TABLE VIEWS (ROWTIME TIMESTAMP, PAGE VARCHAR, N BIGINT, V DOUBLE)')
    const literal = (value: string | number | bigint | null) =>
      value === null ? 'NULL' : typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
    const values = rows(300).map(([page, n, v], index) => {
      const at = new Date(AT + index * 7_000).toISOString().replace('T', ' ').slice(0, -1)
      return `('${at}', ${[page, n, v].map(literal).join(', ')})`
    })
    await connection.run(`INSERT INTO VIEWS VALUES ${values.join(', ')}`)
    const text = sql.replaceAll('CHAR_LENGTH', 'LENGTH')
    const expected = (await connection.runAndReadAll(text)).getRowsJson()
    connection.closeSync()
    // Whole numbers come as texts from there.
    const plain = (cell: unknown): unknown => (cell === null ? null : typeof cell === 'number' ? String(cell) : cell)
    expect((await ask(sql)).rows.map(row => row.map(plain))).toEqual(expected.map(row => row.map(plain)))
    expect(expected.length).toBeGreaterThan(0)
  })

  it('show times as text, round them, and keep masked fields to themselves', async () => {
    const { columns, rows: found } = await ask(
      'SELECT FLOOR(ROWTIME TO MINUTE) AS M, COUNT(*) AS C, EMAIL FROM VIEWS GROUP BY FLOOR(ROWTIME TO MINUTE), EMAIL ORDER BY M LIMIT 2',
    )
    expect(columns).toEqual(['M', 'C', 'EMAIL'])
    expect(found).toEqual([
      ['2026-01-01 00:00:00.000', 9, '***'],
      ['2026-01-01 00:01:00.000', 9, '***'],
    ])
    expect((await ask("SELECT COUNT(*) FROM VIEWS WHERE EMAIL LIKE 'ann%'")).rows).toEqual([[0]])
  })

  it('say when there are more rows than they hold, and not when LIMIT wants no more', async () => {
    expect(await ask('SELECT N FROM VIEWS ORDER BY ROWTIME LIMIT 3')).toMatchObject({
      rows: { length: 3 },
      isCut: false,
    })
    const many = new QuestionRunner(tablesOf(rows(ANSWER_ROWS_MAX + 1)), nodeEnv.clock)
    const answer = await many.answer(emitQuestion('SELECT N FROM VIEWS', tables.schemas))
    expect([answer.rows.length, answer.isCut]).toEqual([ANSWER_ROWS_MAX, true])
  })
})

describe('the text for the engine', () => {
  it('holds no word of the question: names are ours and literals are parameters', () => {
    const hostile = '`process.exit()`'
    const { text, parameters } = emitQuestion(
      `SELECT V AS "constructor", '${hostile}' AS "x\`\${1}" FROM "other ""name""" WHERE PAGE = '${hostile}' AND N = 123456789`,
      tables.schemas,
    )
    expect(text).toMatch(/^[A-Z0-9tacr .,?()<>=*+/-]+$/)
    expect(text).not.toMatch(/process|constructor|123456789|other/)
    expect(parameters).toEqual([hostile, hostile, hostile, 123_456_789, 123_456_789])
  })
})

describe('refusals', () => {
  it.each([
    'SELECT ``process.exit()`` FROM VIEWS',
    'SELECT `process.exit()` FROM VIEWS',
    'SELECT ```process.exit()``` FROM VIEWS',
    "SELECT * INTO JSON('x.json') FROM VIEWS",
    'SELECT * INTO t1 FROM VIEWS',
    "SELECT * FROM CSV('/etc/passwd')",
    "SELECT * FROM TXT('http://evil.example/x')",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd.csv"',
    'SELECT * FROM ?',
    "REQUIRE 'fs'",
    "SOURCE 'x.sql'",
    'ATTACH LOCALSTORAGE DATABASE x',
    'CREATE LOCALSTORAGE DATABASE x',
    'USE x',
    'SELECT PAGE->toString() FROM VIEWS',
    'SELECT PAGE->constructor FROM VIEWS',
    'SELECT PAGE!toString() FROM VIEWS',
    'SELECT PAGE.constructor FROM VIEWS',
    'SELECT "__proto__" FROM VIEWS',
    'SELECT NEW Date() FROM VIEWS',
    'SELECT @{a:1} FROM VIEWS',
    'SELECT @x FROM VIEWS',
    'SELECT alert(1) FROM VIEWS',
    'SELECT "alert"(1) FROM VIEWS',
    "SELECT REGEXP_LIKE(PAGE, '(a+)+') FROM VIEWS",
    'SELECT (SELECT PAGE FROM VIEWS) FROM VIEWS',
    'SELECT * FROM (SELECT * FROM VIEWS)',
    'SELECT * FROM VIEWS UNION ALL SELECT * FROM VIEWS',
    'SELECT * FROM VIEWS, VIEWS AS B',
    'SELECT COUNT(*) OVER (PARTITION BY PAGE) FROM VIEWS',
    'SELECT * FROM VIEWS; DROP STREAM VIEWS',
    'DROP STREAM VIEWS',
    'DELETE FROM VIEWS',
    'INSERT INTO VIEWS SELECT * FROM VIEWS',
    'CREATE PUMP P AS INSERT INTO VIEWS SELECT STREAM * FROM VIEWS',
    'CREATE STREAM S (A INTEGER)',
    '',
  ])('stop %s with its place', sql => {
    expect(() => emitQuestion(sql, tables.schemas)).toThrow(/^\d+:\d+ /)
  })

  it('name the nearest column and stream', () => {
    expect(() => emitQuestion('SELECT PGE FROM VIEWS', tables.schemas)).toThrow(
      '1:8 column "PGE" not found; did you mean "PAGE"?',
    )
    expect(() => emitQuestion('SELECT N FROM VIEW', tables.schemas)).toThrow(
      /1:15 there are no results of "VIEW".*"VIEWS"/,
    )
  })
})

describe('what SQL refuses', () => {
  it.each([
    ['SELECT PAGE, COUNT(*) FROM VIEWS', '1:8'],
    ['SELECT PAGE, N, COUNT(*) FROM VIEWS GROUP BY PAGE', '1:14'],
    ['SELECT PAGE FROM VIEWS GROUP BY PAGE HAVING N > 1', '1:45'],
    ['SELECT PAGE FROM VIEWS GROUP BY PAGE ORDER BY N', '1:47'],
    ['SELECT FLOOR(ROWTIME TO HOUR), COUNT(*) FROM VIEWS GROUP BY FLOOR(ROWTIME TO MINUTE)', '1:8'],
    ['SELECT * FROM VIEWS GROUP BY PAGE', '1:8'],
  ])('a column that is not grouped, with its place and what to do: %s', (sql, place) => {
    expect(() => emitQuestion(sql, tables.schemas)).toThrow(
      `${place} each row of the answer stands for many of these; put it into GROUP BY`,
    )
  })

  it('an aggregate of an aggregate, or where single rows are chosen', () => {
    for (const sql of ['SELECT SUM(SUM(N)) FROM VIEWS', 'SELECT N FROM VIEWS WHERE COUNT(*) > 1'])
      expect(() => emitQuestion(sql, tables.schemas)).toThrow(/^1:\d+ (SUM|COUNT) counts rows/)
  })
})

describe('the length of a question', () => {
  const nested = (times: number): string => `SELECT ${'ABS('.repeat(times)}N${')'.repeat(times)} FROM VIEWS`

  it('is bounded in the text that is made of it, before that is long', () => {
    expect(emitQuestion(nested(8), tables.schemas).text.length).toBeLessThan(QUESTION_TEXT_MAX)
    for (const sql of [
      nested(22),
      nested(60),
      `SELECT ${'*, '.repeat(900)}* FROM VIEWS`,
      `SELECT N FROM VIEWS WHERE N IN (${'1, '.repeat(4_000)}1)`,
      `SELECT ${'ABS('.repeat(9)}1${')'.repeat(9)}${`, ${'ABS('.repeat(9)}1${')'.repeat(9)}`.repeat(40)} FROM VIEWS`,
    ])
      expect(() => emitQuestion(sql, tables.schemas)).toThrow(/^1:\d+ the question is too long for one answer/)
    const joins = Array.from({ length: 9 }, (_, index) => `JOIN VIEWS AS B${index} ON B${index}.N = A.N`).join(' ')
    expect(() => emitQuestion(`SELECT A.N FROM VIEWS AS A ${joins}`, tables.schemas)).toThrow(/at most 8 tables/)
  })
})

describe('what is handed to the thread', () => {
  it('is what the question names, of the newest rows', () => {
    const { tables: read } = emitQuestion(
      'SELECT COUNT(*) FROM VIEWS WHERE V > 1 AND ROWTIME IS NOT NULL',
      tables.schemas,
    )
    expect(read).toEqual([{ name: 'VIEWS', columns: [0, 3] }])
    expect(emitQuestion('SELECT COUNT(*) FROM VIEWS', tables.schemas).tables).toEqual([{ name: 'VIEWS', columns: [] }])
    const { length, columns } = tables.table('VIEWS', [3, 0])
    expect([length, columns.length]).toEqual([300, 2])
    expect(columns[0]?.[7]).toBe(rows(8)[7]?.[2])
    expect(columns[1]?.[7]).toBe(AT + 7 * 7_000)
  })

  it('is bounded in bytes as well as in rows', () => {
    const page = 'x'.repeat(TABLE_TEXT_MAX)
    const wide = tablesOf(Array.from({ length: 13_000 }, (_, index): Row => [page, BigInt(index), null, '']))
    const { length, columns } = wide.table('VIEWS', [2])
    // Of each row: five cells, the page, and three stars for the masked address.
    expect(length).toBe(Math.floor(TABLE_BYTES_MAX / (5 * 8 + 2 * (TABLE_TEXT_MAX + 3))))
    expect(columns[0]?.at(-1)).toBe(12_999)
  })
})

describe('the thread of a question', () => {
  const question = (text: string): EmittedQuestion => ({
    text,
    parameters: [],
    tables: [{ name: 'VIEWS', columns: [0, 1] }],
    columns: [{ name: 'X', kind: 'value' }],
    order: [],
    limit: 10,
  })

  it('has no doors of the engine, even if a text got past the reader', async () => {
    for (const text of [
      "SELECT * FROM CSV('/etc/passwd')",
      "SELECT * FROM JSON('/etc/passwd')",
      "SELECT c0 INTO CSV('/tmp/x.csv') FROM t0",
      'SELECT c0 INTO CSV(?) FROM t0',
      'SELECT * FROM CSV(?)',
      'SELECT ``process.pid`` AS r0 FROM t0',
      "REQUIRE 'fs'",
    ])
      await expect(runner.answer(question(text))).rejects.toThrow('the question cannot be answered')
  })

  it('joins two full tables by a column', async () => {
    const full = tablesOf(Array.from({ length: 10_000 }, (_, index): Row => ['', BigInt(index), 9_999 - index, '']))
    const sql = 'SELECT COUNT(*), SUM(B.N) FROM VIEWS AS A JOIN VIEWS AS B ON A.N = B.V'
    const answer = await new QuestionRunner(full, nodeEnv.clock).answer(emitQuestion(sql, tables.schemas))
    expect(answer.rows).toEqual([[10_000, 49_995_000]])
  }, 60_000)

  it('ends with whoever asked', async () => {
    const gone = new AbortController()
    const answer = runner.answer(emitQuestion('SELECT N FROM VIEWS', tables.schemas), gone.signal)
    gone.abort()
    await expect(answer).rejects.toMatchObject({ code: 'aborted' })
    await expect(
      runner.answer(emitQuestion('SELECT N FROM VIEWS', tables.schemas), AbortSignal.abort()),
    ).rejects.toMatchObject({ code: 'aborted' })
  })

  it('ends a question that takes too long, and goes on with the next', async () => {
    const large = new QuestionRunner(tablesOf(rows(3_000)), nodeEnv.clock)
    const sql = 'SELECT COUNT(*) FROM VIEWS AS A JOIN VIEWS AS B ON A.V < B.V JOIN VIEWS AS C ON B.V < C.V'
    await expect(large.answer(emitQuestion(sql, tables.schemas))).rejects.toThrow(
      /took longer than 3 s|needs more than 128 MB/,
    )
    expect((await large.answer(emitQuestion('SELECT COUNT(*) FROM VIEWS', tables.schemas))).rows).toEqual([[3_000]])
  }, 60_000)
})
