/** An application JSON with all that it can name: a pre-processing function, a reference table, outputs of both formats. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { millrace, start } from './millrace.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-application-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const STREAM = 'arn:aws:kinesis:eu-west-1:123456789012:stream/sales'
const LAMBDA = 'arn:aws:lambda:eu-west-1:123456789012:function:clean'
const column = (Name: string, SqlType: string) => ({ Name, SqlType, Mapping: `$.${Name}` })
const CSV = {
  RecordFormatType: 'CSV',
  MappingParameters: { CSVMappingParameters: { RecordRowDelimiter: '\n', RecordColumnDelimiter: ',' } },
}
const SHOPS_SCHEMA = { RecordFormat: CSV, RecordColumns: [column('ID', 'INTEGER'), column('CITY', 'VARCHAR(16)')] }
const SCHEMA = {
  RecordFormat: { RecordFormatType: 'JSON' },
  RecordColumns: [column('SHOP', 'INTEGER'), column('NOTE', 'VARCHAR(16)')],
}
const CODE = `CREATE STREAM CITIES (CITY VARCHAR(16), NOTE VARCHAR(16), SEEN TIMESTAMP);
CREATE STREAM NOTES (NOTE VARCHAR(16));
CREATE PUMP P AS INSERT INTO CITIES SELECT STREAM c.CITY, s.NOTE, s.ROWTIME
FROM SOURCE_SQL_STREAM_001 s LEFT JOIN SHOPS c ON c.ID = s.SHOP;
CREATE PUMP Q AS INSERT INTO NOTES SELECT STREAM NOTE FROM CITIES;`
const APPLICATION = {
  ApplicationName: 'cities',
  ApplicationCode: CODE,
  Inputs: [
    {
      NamePrefix: 'SOURCE_SQL_STREAM',
      KinesisStreamsInput: { ResourceARN: STREAM },
      InputProcessingConfiguration: { InputLambdaProcessor: { ResourceARN: LAMBDA } },
      InputSchema: SCHEMA,
    },
  ],
  ReferenceDataSources: [
    {
      TableName: 'SHOPS',
      S3ReferenceDataSource: { BucketARN: 'arn:aws:s3:::lake', FileKey: 'tables/shops.csv' },
      ReferenceSchema: SHOPS_SCHEMA,
    },
  ],
  Outputs: [
    { Name: 'CITIES', LambdaOutput: { ResourceARN: LAMBDA }, DestinationSchema: { RecordFormatType: 'CSV' } },
    { Name: 'NOTES', LambdaOutput: { ResourceARN: LAMBDA }, DestinationSchema: { RecordFormatType: 'JSON' } },
    { Name: 'NOWHERE', LambdaOutput: { ResourceARN: LAMBDA }, DestinationSchema: { RecordFormatType: 'JSON' } },
  ],
}
/** As Lambda functions are often written: CommonJS, with a callback. */
const CLEAN = `exports.handler = (event, context, callback) => {
  const records = event.records.map(record => {
    const text = Buffer.from(record.data, 'base64').toString()
    if (text.startsWith('#')) return { recordId: record.recordId, result: 'Dropped' }
    const [shop, note] = text.split('|')
    if (note === undefined) return { recordId: record.recordId, result: 'ProcessingFailed', data: record.data }
    const data = JSON.stringify({ SHOP: Number(shop), NOTE: note })
    return { recordId: record.recordId, result: 'Ok', data: Buffer.from(data).toString('base64') }
  })
  callback(null, { records })
}
`

beforeAll(() => {
  mkdirSync(join(folder, 'tables'))
  mkdirSync(join(folder, 'bucket/tables'), { recursive: true })
  writeFileSync(join(folder, 'app.json'), JSON.stringify(APPLICATION))
  writeFileSync(join(folder, 'clean.cjs'), CLEAN)
  writeFileSync(join(folder, 'lines.txt'), '1|one\n# a comment\n2|"two", three\nbroken\n1|\n')
  writeFileSync(join(folder, 'tables/shops.csv'), '1,Oslo\n')
  writeFileSync(join(folder, 'bucket/tables/shops.csv'), '1,Rome\n2,"São Paulo"\n')
  const bindings = { [STREAM]: './lines.txt', [LAMBDA]: './clean.cjs', 'arn:aws:s3:::lake': './bucket' }
  writeFileSync(join(folder, 'bindings.json'), JSON.stringify(bindings))
})

const read = (path: string): string => readFileSync(join(folder, path), 'utf8')

test('everything that the definition names by ARN is found through the bindings', async () => {
  const { code, stdout, stderr } = await millrace(
    ['replay', 'app.json', '--bindings', 'bindings.json', '--format', 'records', '--out', 'bound'],
    folder,
  )
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toContain('1 records were left out by the pre-processing function')
  expect(stdout).toContain('warning: output "NOWHERE" gets no rows: the program creates no stream of that name')
  expect(readdirSync(join(folder, 'bound'))).toEqual(['CITIES.csv', 'NOTES.json', 'error_stream.json'])
  expect(read('bound/CITIES.csv')).toBe(
    'Rome,one,2020-01-01 00:00:00.000\nSão Paulo,"""two"", three",2020-01-01 00:00:00.002\nRome,"",2020-01-01 00:00:00.004\n',
  )
  expect(read('bound/NOTES.json')).toBe('{"NOTE":"one"}\n{"NOTE":"\\"two\\", three"}\n{"NOTE":""}\n')
  expect(JSON.parse(read('bound/error_stream.json'))).toMatchObject({
    ERROR_NAME: 'PROCESSING_FAILED',
    DATA_ROW: Buffer.from('broken').toString('hex'),
    MESSAGE: expect.stringContaining('line 4'),
  })
})

test('options come before bindings, and a table is under its key beside the application', async () => {
  const { code } = await millrace(
    ['replay', 'app.json', '--input', 'lines.txt', '--preprocess', 'clean.cjs', '--out', 'beside', '--shards', '3'],
    folder,
  )
  expect(code).toBe(0)
  const rows = read('beside/CITIES.jsonl').trimEnd().split('\n')
  expect(rows.map(line => (JSON.parse(line) as { CITY: string }).CITY)).toEqual(['Oslo', null, 'Oslo'])
})

test.each<readonly [string, readonly string[], number, RegExp]>([
  ['no function', ['--input', 'lines.txt'], 3, /bind its code with --preprocess MODULE/],
  ['no records', ['--preprocess', 'clean.cjs'], 2, /the records are missing: add --input FILE/],
  ['no such module', ['--input', 'lines.txt', '--preprocess', 'none.js'], 3, /none\.js does not load/],
  [
    'a module without function',
    ['--input', 'lines.txt', '--preprocess', 'app.json'],
    3,
    /app\.json exports no function/,
  ],
  ['another format', ['--input', 'lines.txt', '--preprocess', 'clean.cjs', '--format', 'xml'], 2, /rows or records/],
  ['bindings that are none', ['--bindings', 'tables/shops.csv'], 3, /shops\.csv is no JSON/],
])('a replay with %s says what to do', async (_, args, exit, message) => {
  const { code, stderr } = await millrace(['replay', 'app.json', '--out', 'refused', ...args], folder)
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\n\s+at /)
  expect(code).toBe(exit)
})

test('a function that keeps failing ends the replay with its message, and no file appears', async () => {
  writeFileSync(
    join(folder, 'wrong.mjs'),
    'export const handler = async event => ({ records: event.records.slice(1).map(({ recordId }) => ({ recordId, result: "Dropped" })) })',
  )
  const { code, stdout, stderr } = await millrace(
    ['replay', 'app.json', '--input', 'lines.txt', '--preprocess', 'wrong.mjs', '--out', 'failed'],
    folder,
  )
  expect(stdout).toMatch(/warning: pre-processing function failed for \d records/)
  expect(stderr).toMatch(/the answer lacks 1 of \d recordIds/)
  expect(code).toBe(1)
  expect(readdirSync(join(folder, 'failed'))).toEqual([])
}, 30_000)

test('check needs no function and shows the plan', async () => {
  const { code, stdout } = await millrace(['check', 'app.json'], folder)
  expect(code).toBe(0)
  expect(stdout).toContain(`warning: records must come as the pre-processing function ${LAMBDA} leaves them`)
  expect(stdout).toContain('table "SHOPS"'.replaceAll('"', ''))
})

test('check says what a Lambda function cannot run, with its place', async () => {
  const count = `CREATE STREAM COUNTS (N BIGINT);
CREATE PUMP P AS INSERT INTO COUNTS
SELECT STREAM COUNT(*) FROM SOURCE_SQL_STREAM_001 GROUP BY STEP(ROWTIME BY INTERVAL '1' MINUTE);`
  writeFileSync(join(folder, 'count.sql'), count)
  writeFileSync(join(folder, 'schema.json'), JSON.stringify(SCHEMA))
  const check = (...more: readonly string[]) =>
    millrace(['check', 'count.sql', '--schema', 'schema.json', ...more], folder)
  expect((await check()).code).toBe(0)
  const refused = await check('--host', 'lambda')
  expect([refused.code, refused.stderr]).toEqual([
    3,
    expect.stringMatching(/count\.sql:3:15 GROUP BY over a tumbling window/),
  ])
  expect(refused.stderr).toContain('^^^^^^^^')
  expect((await check('--host', 'mars')).code).toBe(2)
}, 30_000)

test('dev runs an application with its function and its tables', async () => {
  writeFileSync(
    join(folder, 'millrace.config.mjs'),
    `export default {
      name: 'cities', source: { kind: 'embedded', StreamName: 'sales' }, application: './app.json', preprocess: './clean.cjs',
      references: { SHOPS: { file: './tables/shops.csv', refreshSeconds: 1 } },
      outputs: { CITIES: { kind: 'localFiles', directory: './data', DestinationSchema: { RecordFormatType: 'CSV' } } },
    }`,
  )
  const dev = start(['dev', 'millrace.config.mjs', '--port', '0', '--stream-port', '0'], folder)
  const [, endpoint] = await dev.seen(/Kinesis endpoint (http:\S+)/)
  const client = new KinesisClient({
    endpoint: endpoint ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  await client.send(new PutRecordCommand({ StreamName: 'sales', PartitionKey: 'k', Data: Buffer.from('1|one') }))
  client.destroy()
  dev.child.kill('SIGTERM')
  const { code, stdout } = await dev.ended
  expect(stdout).toContain('drained: 1 records')
  expect(code).toBe(0)
  const files = readdirSync(join(folder, 'data'), { recursive: true, encoding: 'utf8' })
  const objects = files.filter(name => /CITIES/.test(name) && !/manifest/.test(name))
  const bodies = objects.map(name => read(join('data', name))).filter(body => body !== '')
  expect(bodies.join('')).toMatch(/^Oslo,one,\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\n$/)
})
