/** A pipeline on a stream that outlives the process: whatever ends it, each row is in the files once. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { duckdb } from '../sinks/support/rows.ts'
import { seededRandom } from '../support/memory-env.ts'
import { millrace, type Running, start } from './millrace.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-rounds-'))
const KILLS = 4

const CONFIG = (sql: string): string => `
import { definePipeline, embedded, localFiles } from 'millrace'
const hints = { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } }
export default definePipeline({
  name: 'orders',
  source: embedded({ StreamName: 'orders', ShardCount: 2, directory: './streams' }),
  schema: {
    RecordFormat: { RecordFormatType: 'JSON', MappingParameters: { JSONMappingParameters: { RecordRowPath: '$' } } },
    RecordColumns: [{ Name: 'N', Mapping: '$.n', SqlType: 'INTEGER' }],
  },
  sql: \`${sql}\`,
  outputs: {
    EACH: [
      localFiles({ directory: './lake', Prefix: 'json/', CompressionFormat: 'GZIP', FileExtension: '.json.gz', ...hints }),
      localFiles({ directory: './lake', Prefix: 'parquet/', format: 'parquet', BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 3 } }),
    ],
    COUNTS: localFiles({ directory: './lake', Prefix: 'counts/', ...hints }),
  },
  rounds: { IntervalInSeconds: 1 },
})
`
const SQL = `
CREATE OR REPLACE STREAM "EACH" (N INTEGER);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "EACH" SELECT STREAM N FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "COUNTS" (C INTEGER, S BIGINT);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "COUNTS" SELECT STREAM COUNT(*), SUM(N) FROM "SOURCE_SQL_STREAM_001"
GROUP BY STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '1' SECOND);
`

beforeAll(() => {
  writeFileSync(join(folder, 'millrace.config.ts'), CONFIG(SQL))
  writeFileSync(join(folder, 'other.config.ts'), CONFIG(SQL.replace("'1' SECOND", "'2' SECOND")))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(dirname(dirname(dirname(inject('millrace')))), join(folder, 'node_modules/millrace'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Puts numbers until the process is gone. */
class Source {
  #next = 0
  readonly acknowledged: number[] = []

  get sent(): number {
    return this.#next
  }

  async putWhile(running: Running): Promise<void> {
    const [, endpoint = ''] = await running.seen(/Kinesis endpoint (http:\S+)/)
    // A repeat of a put whose answer was lost would be a second record.
    const client = new KinesisClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
    })
    while (running.child.exitCode === null && running.child.signalCode === null) {
      const numbers = Array.from({ length: 50 }, () => this.#next++)
      const reply = await client
        .send(
          new PutRecordsCommand({
            StreamName: 'orders',
            Records: numbers.map(n => ({ Data: Buffer.from(`{"n":${n}}`), PartitionKey: String(n) })),
          }),
        )
        .catch(() => null)
      reply?.Records?.forEach(({ SequenceNumber }, index) => {
        if (SequenceNumber !== undefined) this.acknowledged.push(numbers[index] ?? -1)
      })
    }
    client.destroy()
  }
}

it('gives each row to the files exactly once through kill -9 at any moment, with its windows', async () => {
  const random = seededRandom(5)
  const source = new Source()
  const dev = (): Running => start(['dev', '--port', '0', '--stream-port', '0'], folder)
  for (let kill = 0; kill < KILLS; kill++) {
    const running = dev()
    const putting = source.putWhile(running)
    await running.seen(/files [1-9]/)
    await sleep(random.below(2_000))
    running.child.kill('SIGKILL')
    await Promise.all([running.ended, putting])
  }
  const last = dev()
  const putting = source.putWhile(last)
  await last.seen(/files [1-9]/)
  last.child.kill('SIGTERM')
  const { code, stdout, stderr } = await last.ended
  await putting
  expect([code, stderr, stdout]).toEqual([0, '', expect.stringContaining('stopped, to go on at the next start')])
  // What was put while the last one stopped is in the stream, and read by the next.
  const lake = join(folder, 'lake')
  const json = `read_json('${lake}/json/**/*.json.gz', columns = {ROWTIME: 'TIMESTAMP', N: 'INTEGER'})`
  const lacking = async (): Promise<readonly number[]> => {
    const found = new Set((await duckdb(`SELECT "N" FROM ${json}`)).map(row => Number(row['N'])))
    return source.acknowledged.filter(n => !found.has(n))
  }
  const settled = dev()
  await settled.seen(/behind \d/)
  await expect.poll(lacking, { timeout: 20_000, interval: 500 }).toEqual([])
  settled.child.kill('SIGTERM')
  const settledEnd = await settled.ended
  expect(settledEnd.code).toBe(0)
  const parquet = `read_parquet('${lake}/parquet/**/*.parquet')`
  const [rows] = await duckdb(`SELECT count(*) AS all, count(DISTINCT "N") AS once, max("N") AS most FROM ${json}`)
  expect(rows?.['all']).toBe(rows?.['once'])
  expect(Number(rows?.['most'])).toBeLessThan(source.sent)
  expect(source.acknowledged.length).toBeGreaterThan(1_000)
  const [difference] = await duckdb(
    `SELECT (SELECT count(*) FROM (SELECT "ROWTIME", "N" FROM ${json} EXCEPT ALL SELECT rowtime::TIMESTAMP, n FROM ${parquet})) AS lacking,
      (SELECT count(*) FROM ${parquet}) AS all`,
  )
  expect(difference).toEqual({ lacking: '0', all: rows?.['all'] })
  // A window is closed once, with all of its rows; those that are open at the end are in no file yet.
  const windows = await duckdb(
    `WITH counts AS (SELECT * FROM read_json('${lake}/counts/**/*', columns = {ROWTIME: 'TIMESTAMP', C: 'BIGINT', S: 'BIGINT'})),
      each AS (SELECT time_bucket(INTERVAL 1 SECOND, "ROWTIME") + INTERVAL 1 SECOND AS "ROWTIME", count(*) AS c, sum("N") AS s FROM ${json} GROUP BY 1)
     SELECT count(*) AS windows, count(DISTINCT "ROWTIME") AS once,
       count(*) FILTER (WHERE EXISTS (FROM each WHERE each."ROWTIME" = counts."ROWTIME" AND c = "C" AND s = "S")) AS right,
       (SELECT count(*) FROM each) AS all
     FROM counts`,
  )
  const [{ windows: closed, once, right, all } = {}] = windows
  expect([once, right]).toEqual([closed, closed])
  expect(Number(closed)).toBeGreaterThan(Number(all) - 3)
  expect((await millrace(['audit', 'lake'], folder)).stdout).toContain(': proven')
}, 180_000)

it('refuses another program on the state of the first, and says what to move', async () => {
  const { code, stderr } = await millrace(['dev', 'other.config.ts', '--port', '0', '--stream-port', '0'], folder)
  expect([code, stderr]).toEqual([
    3,
    expect.stringMatching(/streams-state: it holds the state of another stream, program.*move it away/),
  ])
})
