/** Logs of real web servers through the log parsers, counted by minute and status beside DuckDB's count of the same file. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseInputSchema } from '../../core/codecs/input-schema.ts'
import { nodeEnv } from '../../core/node/env.ts'
import { compileApplication } from '../../processors/application.ts'
import { replayFile } from '../../processors/replay/replay.ts'

const DATA = join(import.meta.dirname, '../../../shared/data')
const APACHE = join(DATA, 'apache-access-2015/apache_logs.gz')
const NASA = join(DATA, 'nasa-http-1995')

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-logs-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

function isThere(path: string): boolean {
  const found = existsSync(path)
  if (!found) console.log(`skipped: ${path} is not here; these tests need the data sets beside the project`)
  return found
}

async function duckdb(sql: string): Promise<string[][]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`set timezone = 'UTC'`)
  const reply = await connection.runAndReadAll(`select columns(*)::varchar from (${sql}) q`)
  const rows = reply.getRows().map(row => row.map(String))
  connection.closeSync()
  instance.closeSync()
  return rows
}

/** The file's lines for DuckDB, whole and numbered, by a delimiter that no line has. */
const linesOf = (path: string): string =>
  `(select row_number() over () as n, text from read_csv('${path.replaceAll("'", "''")}', header = false, columns = {text: 'VARCHAR'},
    delim = '\x01', quote = '', escape = '', auto_detect = false))`

/**
 * Lines with the time at which they could have come: that of the latest line so far, since a server writes a line when a
 * request ends. As JSON, one column of text.
 */
async function stamped(name: string, path: string, timeOf: (line: string) => number): Promise<string> {
  let latest = 0
  const lines = gunzipSync(await readFile(path))
    .toString('utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(text => {
      const time = timeOf(text)
      if (time > latest) latest = time
      return JSON.stringify({ arrival: new Date(latest).toISOString().replace('T', ' ').replace('Z', ''), text })
    })
  const file = join(directory, `${name}.jsonl`)
  await writeFile(file, lines.join('\n'))
  return file
}

const SCHEMA = parseInputSchema({
  RecordFormat: { RecordFormatType: 'JSON' },
  RecordColumns: [
    { Name: 'arrival', SqlType: 'TIMESTAMP', Mapping: '$.arrival' },
    { Name: 'TEXT', SqlType: 'VARCHAR(4096)', Mapping: '$.text' },
  ],
})

/** Result rows by stream as columns of text, ROWTIME first. */
async function replayed(text: string, file: string, shards: number): Promise<Record<string, string[][]>> {
  const application = compileApplication({ text, input: { schema: SCHEMA } })
  const outputDirectory = join(directory, 'out')
  const report = await replayFile({ application, file, outputDirectory, arrivalColumn: 'arrival', shards }, nodeEnv)
  const rows: Record<string, string[][]> = {}
  for (const { stream, path } of report.files) {
    const lines = (await readFile(path, 'utf8')).split('\n').filter(line => line !== '')
    rows[stream] = lines.map(line => Object.values(JSON.parse(line) as Record<string, unknown>).map(String))
  }
  return rows
}

const sorted = (rows: readonly (readonly string[])[]): string[] => rows.map(row => row.join(' | ')).sort()
const counts = (rows: readonly (readonly string[])[]): string[] =>
  sorted(rows.map(([, minute, ...rest]) => [minute!.replace(/\.000$/, ''), ...rest]))

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'

describe.runIf(isThere(APACHE))('the access log of a blog, May 2015', () => {
  const FORMATS = {
    W3C_LOG_PARSE: `W3C_LOG_PARSE(s.text, 'NCSA EXTENDED') AS r`,
    'W3C_LOG_PARSE of a LogFormat': `W3C_LOG_PARSE(s.text, '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"') AS r`,
    REGEX_LOG_PARSE: `REGEX_LOG_PARSE(s.text, '(\\S+) (\\S+) (\\S+) (\\[[^\\]]*\\]) "(.*)" (\\d{3}) (\\S+) "[^"]*" "[^"]*"') AS r`,
  }
  const program = (parser: string, delay: number): string => `
    CREATE STREAM requests (ts TIMESTAMP, status VARCHAR(3), size_bytes BIGINT, WATERMARK FOR ts AS ts - INTERVAL '${delay}' SECOND);
    CREATE PUMP parse_pump AS INSERT INTO requests
    SELECT STREAM CHAR_TO_TIMESTAMP('dd/MMM/yyyy:HH:mm:ss', SUBSTRING(t.r.COLUMN4 FROM 2 FOR 20)), t.r.COLUMN6,
      CASE WHEN t.r.COLUMN7 <> '-' THEN CAST(t.r.COLUMN7 AS BIGINT) END
    FROM (SELECT STREAM ${parser} FROM "SOURCE_SQL_STREAM_001" AS s) AS t;
    CREATE STREAM per_minute (window_start TIMESTAMP, status VARCHAR(3), n BIGINT, size_bytes BIGINT);
    CREATE PUMP count_pump AS INSERT INTO per_minute
    SELECT STREAM window_start, status, COUNT(*), SUM(size_bytes)
    FROM TABLE(TUMBLE(TABLE requests, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY status, window_start, window_end;`
  const file = (): Promise<string> =>
    stamped('apache', APACHE, line => {
      const [, day, month, year, time] = /\[(\d\d)\/(\w{3})\/(\d{4}):([\d:]{8})/.exec(line) ?? []
      return Date.parse(`${year}-${String(MONTHS.indexOf(month!) / 3 + 1).padStart(2, '0')}-${day}T${time}Z`)
    })
  const PARSED = `(select n, strptime(regexp_extract(text, '\\[([^ ]+)', 1), '%d/%b/%Y:%H:%M:%S') as ts,
    regexp_extract(text, '" (\\d{3}) (?:\\d+|-) "', 1) as status,
    try_cast(regexp_extract(text, '" \\d{3} (\\d+|-) "', 1) as bigint) as size_bytes
    from ${linesOf(APACHE)} where regexp_full_match(text, '.*" \\d{3} (\\d+|-) ".*" ".*"'))`
  /** The agent of this line has no closing quote: it is of no format. */
  const BROKEN = '8899'
  const placesOf = (errors: readonly string[][], name: string): (string | undefined)[] =>
    errors.filter(row => row[3] === name).map(row => /\(line (\d+)\)/.exec(row.join(' '))?.[1])

  it.each(Object.entries(FORMATS))(
    'gives DuckDB’s counts of each minute and status by %s',
    async (_, parser) => {
      const { PER_MINUTE, error_stream } = await replayed(program(parser, 60), await file(), 3)
      // An allowance of a minute is enough for the disorder of this file.
      expect(placesOf(error_stream!, 'LATE_ROW')).toEqual([])
      expect(placesOf(error_stream!, 'NULL_NOT_ALLOWED')).toEqual([BROKEN])
      const theirs = await duckdb(
        `select date_trunc('minute', ts) as m, status, count(*), sum(size_bytes) from ${PARSED} group by m, status`,
      )
      expect(theirs.reduce((sum, row) => sum + Number(row[2]), 0)).toBe(9_999)
      expect(counts(PER_MINUTE!)).toEqual(sorted(theirs))
    },
    120_000,
  )

  it('drops exactly the rows that are more than ten seconds behind, and counts the others', async () => {
    const { PER_MINUTE, error_stream } = await replayed(program(FORMATS.W3C_LOG_PARSE, 10), await file(), 1)
    const judged = `(select *, ts < max(ts) over (order by n) - interval 10 second as late from ${PARSED})`
    const late = await duckdb(`select n from ${judged} where late order by n`)
    expect(late.length).toBeGreaterThan(1_000)
    expect(placesOf(error_stream!, 'LATE_ROW')).toEqual(late.map(([n]) => n))
    expect(placesOf(error_stream!, 'NULL_NOT_ALLOWED')).toEqual([BROKEN])
    expect(error_stream!.length).toBe(late.length + 1)
    const theirs = await duckdb(
      `select date_trunc('minute', ts) as m, status, count(*), sum(size_bytes) from ${judged} where not late group by m, status`,
    )
    expect(counts(PER_MINUTE!)).toEqual(sorted(theirs))
  }, 120_000)
})

describe.runIf(isThere(NASA))('requests to the Kennedy Space Center, 1995', () => {
  const program = `
    CREATE STREAM requests (seen TIMESTAMP, verb VARCHAR(16), status VARCHAR(8), size_bytes BIGINT);
    CREATE PUMP parse_pump AS INSERT INTO requests
    SELECT STREAM TO_TIMESTAMP(CAST(t.r.seconds AS BIGINT) * 1000), t.r.verb, t.r.response, CAST(t.r.size_bytes AS BIGINT)
    FROM (SELECT STREAM VARIABLE_COLUMN_LOG_PARSE(s.text, 'host TYPE VARCHAR(128), logname TYPE VARCHAR(32), seconds TYPE VARCHAR(16),
      verb TYPE VARCHAR(16), url TYPE VARCHAR(1024), response TYPE VARCHAR(8), size_bytes TYPE VARCHAR(16)', u&'\\0009') AS r
      FROM "SOURCE_SQL_STREAM_001" AS s) AS t;
    CREATE STREAM per_minute (label TIMESTAMP, status VARCHAR(8), n BIGINT, size_bytes BIGINT);
    CREATE PUMP count_pump AS INSERT INTO per_minute
    SELECT STREAM FLOOR(q.ROWTIME TO MINUTE), q.status, COUNT(*), SUM(q.size_bytes) FROM requests AS q GROUP BY q.status, FLOOR(q.ROWTIME TO MINUTE);`

  it.each([
    'nasa_19950701.tsv.gz',
    'nasa_19950801.tsv.gz',
  ])('gives DuckDB’s counts of each minute and status in %s', async name => {
    const path = join(NASA, name)
    const file = await stamped(name, path, line => {
      const seconds = Number(line.split('\t')[2])
      return Number.isNaN(seconds) ? 0 : seconds * 1_000
    })
    const rows = await replayed(program, file, 2)
    // The header names its columns, and names are no numbers.
    expect(rows['error_stream']!.map(row => row[3])).toEqual(['CAST_ERROR'])
    expect(rows['error_stream']![0]!.join(' ')).toMatch(/'time' is no BIGINT \(line 1\)/)
    const parts = `(select string_split(text, chr(9)) as p from ${linesOf(path)} where n > 1)`
    const theirs = await duckdb(
      `select date_trunc('minute', make_timestamp(p[3]::bigint * 1000000)) as m, p[6] as status, count(*), sum(p[7]::bigint) from ${parts} group by m, status`,
    )
    expect(theirs.reduce((sum, row) => sum + Number(row[2]), 0)).toBe(9_999)
    expect(counts(rows['PER_MINUTE']!)).toEqual(sorted(theirs))
  }, 120_000)
})
