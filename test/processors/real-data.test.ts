/** Replays of real files, every row of the results compared with what DuckDB says about the same file. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseInputSchema } from '../../core/codecs/input-schema.ts'
import { nodeEnv } from '../../core/node/env.ts'
import { type Application, compileApplication } from '../../processors/application.ts'
import { type ReplayReport, replayFile } from '../../processors/replay/replay.ts'

const DATA = join(import.meta.dirname, '../../../shared/data')
const WIKIPEDIA = join(DATA, 'wikipedia-edits-2015/wikiticker-2015-09-12-sampled.json.gz')
const OCCUPANCY = join(DATA, 'iot-occupancy-2015')

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-real-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

function isThere(path: string): boolean {
  const found = existsSync(path)
  if (!found) console.log(`skipped: ${path} is not here; these tests need the data sets beside the project`)
  return found
}

/** Rows as DuckDB gives them for a query whose columns are text or numbers. */
async function duckdb(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const rows = await connection.runAndReadAll(sql)
  const values = rows.getRows().map(row => row.map(value => (typeof value === 'bigint' ? Number(value) : value)))
  connection.closeSync()
  instance.closeSync()
  return values
}

const quoted = (path: string): string => `'${path.replaceAll("'", "''")}'`
const rowsOf = (jsonLines: string): unknown[][] =>
  jsonLines
    .split('\n')
    .filter(line => line !== '')
    .map(line => Object.values(JSON.parse(line) as Record<string, unknown>))
const sorted = (rows: readonly unknown[][]): string[] => rows.map(row => JSON.stringify(row)).sort()

interface Outcome {
  readonly report: ReplayReport
  readonly files: Record<string, string>
}

async function replay(
  application: Application,
  file: string,
  arrivalColumn: string,
  shards = 1,
  batchRecordsMax = 1_024,
): Promise<Outcome> {
  const outputDirectory = join(directory, 'out')
  const report = await replayFile(
    { application, file, outputDirectory, arrivalColumn, shards, batchRecordsMax },
    nodeEnv,
  )
  const files: Record<string, string> = {}
  for (const { stream, path } of report.files) files[stream] = await readFile(path, 'utf8')
  return { report, files }
}

/** Replays over each number of shards and size of batch; all must give the bytes of the first. */
async function replaySame(application: Application, file: string, arrivalColumn: string): Promise<Outcome> {
  let first: Outcome | null = null
  for (const shards of [1, 2, 7])
    for (const batch of [1_024, 7, 1]) {
      const outcome = await replay(application, file, arrivalColumn, shards, batch)
      first ??= outcome
      for (const [stream, content] of Object.entries(first.files))
        expect(outcome.files[stream] === content, `${stream} with ${shards} shards and batches of ${batch}`).toBe(true)
    }
  if (first === null) throw new Error('nothing was replayed')
  return first
}

describe.runIf(isThere(WIKIPEDIA))('edits of Wikipedia, 12 September 2015', () => {
  const application = compileApplication({
    text: `
      CREATE OR REPLACE STREAM "PER_MINUTE" ("channel" VARCHAR(64), "edits" INTEGER, "added" BIGINT);
      CREATE OR REPLACE PUMP "PER_MINUTE_PUMP" AS INSERT INTO "PER_MINUTE"
        SELECT STREAM "channel", COUNT(*), SUM("added")
        FROM "SOURCE_SQL_STREAM_001"
        GROUP BY "channel", STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '1' MINUTE);
      CREATE OR REPLACE STREAM "LARGE" ("page" VARCHAR(512), "user" VARCHAR(256), "added" BIGINT);
      CREATE OR REPLACE PUMP "LARGE_PUMP" AS INSERT INTO "LARGE"
        SELECT STREAM "page", "user", "added" FROM "SOURCE_SQL_STREAM_001" WHERE "added" > 5000 AND NOT "robot";`,
    input: {
      schema: parseInputSchema({
        RecordFormat: { RecordFormatType: 'JSON' },
        RecordColumns: [
          { Name: 'arrival', SqlType: 'TIMESTAMP', Mapping: '$.arrival' },
          { Name: 'channel', SqlType: 'VARCHAR(64)', Mapping: '$.channel' },
          { Name: 'page', SqlType: 'VARCHAR(512)', Mapping: '$.page' },
          { Name: 'user', SqlType: 'VARCHAR(256)', Mapping: '$.user' },
          { Name: 'robot', SqlType: 'BOOLEAN', Mapping: '$.isRobot' },
          { Name: 'added', SqlType: 'BIGINT', Mapping: '$.added' },
        ],
      }),
    },
  })

  it('give every row that DuckDB gives, in the same bytes for any number of shards and size of batches', async () => {
    // The first 45 rows carry other dates; the time of day is true throughout.
    const lines = gunzipSync(await readFile(WIKIPEDIA))
      .toString('utf8')
      .split('\n')
      .filter(line => line !== '')
    const file = join(directory, 'edits.json.gz')
    await writeFile(
      file,
      gzipSync(
        lines
          .map(line =>
            line.replace(
              /^\{"time":"\d{4}-\d\d-\d\dT([^Z"]+)Z"/,
              (head, time: string) => `{"arrival":"2015-09-12 ${time}",${head.slice(1)}`,
            ),
          )
          .join('\n'),
      ),
    )
    const { report, files } = await replaySame(application, file, 'arrival')
    expect(report.counters).toMatchObject({ recordsIn: 39_244, rowsIn: 39_244, errorRows: 0 })
    expect([report.arrivalsRaised, report.arrivalsUnreadable]).toEqual([0, 0])
    expect(files['error_stream']).toBe('')

    const source = `read_json(${quoted(file)}, format = 'newline_delimited', columns = {arrival: 'TIMESTAMP', channel: 'VARCHAR', page: 'VARCHAR', "user": 'VARCHAR', isRobot: 'BOOLEAN', added: 'BIGINT'})`
    const perMinute = await duckdb(`
      SELECT strftime(date_trunc('minute', arrival) + INTERVAL 1 MINUTE, '%Y-%m-%d %H:%M:%S.%g'), channel, count(*), sum(added)::BIGINT
      FROM ${source} GROUP BY date_trunc('minute', arrival), channel`)
    expect(perMinute.length).toBeGreaterThan(5_000)
    expect(sorted(rowsOf(files['PER_MINUTE'] ?? ''))).toEqual(sorted(perMinute))
    const large = await duckdb(`
      SELECT strftime(arrival, '%Y-%m-%d %H:%M:%S.%g'), page, "user", added FROM ${source} WHERE added > 5000 AND NOT isRobot`)
    expect(large.length).toBeGreaterThan(100)
    expect(sorted(rowsOf(files['LARGE'] ?? ''))).toEqual(sorted(large))
  }, 240_000)
})

describe.runIf(isThere(OCCUPANCY))('readings of an office room, February 2015', () => {
  const application = compileApplication({
    text: `
      CREATE OR REPLACE STREAM "HOURLY" ("readings" INTEGER, "coldest" DOUBLE, "co2_max" DOUBLE, "occupied" INTEGER);
      CREATE OR REPLACE PUMP "HOURLY_PUMP" AS INSERT INTO "HOURLY"
        SELECT STREAM COUNT(*), MIN("temperature"), MAX("co2"), SUM("occupancy")
        FROM "SOURCE_SQL_STREAM_001"
        GROUP BY STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '1' HOUR);
      CREATE OR REPLACE STREAM "STUFFY" ("id" INTEGER, "co2" DOUBLE);
      CREATE OR REPLACE PUMP "STUFFY_PUMP" AS INSERT INTO "STUFFY"
        SELECT STREAM "id", "co2" FROM "SOURCE_SQL_STREAM_001" WHERE "co2" > 1200;`,
    input: {
      schema: parseInputSchema({
        RecordFormat: {
          RecordFormatType: 'CSV',
          MappingParameters: { CSVMappingParameters: { RecordRowDelimiter: '\n', RecordColumnDelimiter: ',' } },
        },
        RecordColumns: [
          { Name: 'id', SqlType: 'INTEGER' },
          { Name: 'date', SqlType: 'TIMESTAMP' },
          { Name: 'temperature', SqlType: 'DOUBLE' },
          { Name: 'humidity', SqlType: 'DOUBLE' },
          { Name: 'light', SqlType: 'DOUBLE' },
          { Name: 'co2', SqlType: 'DOUBLE' },
          { Name: 'humidity_ratio', SqlType: 'DOUBLE' },
          { Name: 'occupancy', SqlType: 'INTEGER' },
        ],
      }),
    },
  })

  for (const [name, readings] of [
    ['datatest', 2_665],
    ['datatraining', 8_143],
    ['datatest2', 9_752],
  ] as const)
    it(`give every row that DuckDB gives, and one error row for the header of ${name}`, async () => {
      const file = join(OCCUPANCY, `${name}.txt.gz`)
      const { report, files } = await replaySame(application, file, 'date')
      expect(report.counters).toMatchObject({ recordsIn: readings + 1, rowsIn: readings, errorRows: 1 })
      expect([report.arrivalsRaised, report.arrivalsUnreadable]).toEqual([0, 1])
      const error = JSON.parse(files['error_stream'] ?? '') as Record<string, string>
      expect(error).toMatchObject({ ERROR_LEVEL: 'ERROR', PUMP_NAME: null, ERROR_TIME: error['ROWTIME'] })
      expect(error['MESSAGE']).toContain('(line 1)')
      expect(Buffer.from(error['DATA_ROW'] ?? '', 'hex').toString()).toMatch(/^"date","Temperature"/)

      const source = `read_csv(${quoted(file)}, header = false, skip = 1, columns = {id: 'INTEGER', read_at: 'TIMESTAMP', temperature: 'DOUBLE', humidity: 'DOUBLE', light: 'DOUBLE', co2: 'DOUBLE', ratio: 'DOUBLE', occupancy: 'INTEGER'})`
      const hourly = await duckdb(`
        SELECT strftime(date_trunc('hour', read_at) + INTERVAL 1 HOUR, '%Y-%m-%d %H:%M:%S.%g'), count(*), min(temperature), max(co2), sum(occupancy)::INTEGER
        FROM ${source} GROUP BY date_trunc('hour', read_at)`)
      expect(hourly.length).toBeGreaterThan(40)
      expect(sorted(rowsOf(files['HOURLY'] ?? ''))).toEqual(sorted(hourly))
      const stuffy = await duckdb(
        `SELECT strftime(read_at, '%Y-%m-%d %H:%M:%S.%g'), id, co2 FROM ${source} WHERE co2 > 1200`,
      )
      expect(sorted(rowsOf(files['STUFFY'] ?? ''))).toEqual(sorted(stuffy))
    }, 120_000)
})
