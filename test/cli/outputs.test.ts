/** Outputs of a pipeline that are no local files, as a configuration names them: a stream, a function, an endpoint, a bucket. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { nodeEnv, recordBytes } from '../../core/index.ts'
import { httpEndpointReceiver } from '../../sinks/index.ts'
import { LocalStreams, serveStreams } from '../../streams/index.ts'
import { duckdb } from '../sinks/support/rows.ts'
import { pageText } from '../support/page-program.ts'
import { millrace, start } from './millrace.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-outputs-'))
const ROWS = 300

beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(dirname(dirname(dirname(inject('millrace')))), join(folder, 'node_modules/millrace'))
  symlinkSync(join(import.meta.dirname, '../../node_modules/@aws-sdk'), join(folder, 'node_modules/@aws-sdk'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const config = (streams: string, endpoint: string, source: string): string => `
import { appendFileSync } from 'node:fs'
import { Kinesis } from '@aws-sdk/client-kinesis'
import { definePipeline, deliveryStream, destination, embedded } from 'millrace'
import { kinesisTarget } from 'millrace/producers'
import { kinesisDestination, lambdaDestination } from 'millrace/sinks'

const client = new Kinesis({ endpoint: '${streams}', region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
// Stands for the client of @aws-sdk/client-lambda.
class InvokeCommand { constructor(input) { this.input = input } }
const functions = {
  async send({ input }) {
    const { records } = JSON.parse(Buffer.from(input.Payload).toString())
    for (const { data } of records) appendFileSync('invoked.jsonl', Buffer.from(data, 'base64').toString() + '\\n')
    return { StatusCode: 200, Payload: Buffer.from(JSON.stringify({ records: records.map(({ recordId }) => ({ recordId, result: 'Ok' })) })) }
  },
}
const RoleARN = 'arn:aws:iam::123456789012:role/firehose'
const BucketARN = 'arn:aws:s3:::lake'
export default definePipeline({
  name: 'orders',
  source: embedded(${source}),
  schema: {
    RecordFormat: { RecordFormatType: 'JSON' },
    RecordColumns: [{ Name: 'N', Mapping: '$.n', SqlType: 'INTEGER' }],
  },
  sql: \`CREATE OR REPLACE STREAM "EACH" (N INTEGER, D DECIMAL(18,2));
    CREATE OR REPLACE PUMP "P1" AS INSERT INTO "EACH" SELECT STREAM N, N / CAST(4 AS DECIMAL(18,2)) FROM "SOURCE_SQL_STREAM_001";\`,
  outputs: {
    EACH: [
      destination({ destination: kinesisDestination({ target: kinesisTarget({ client, StreamName: 'totals' }) }), failed: './failed/kinesis', DestinationSchema: { RecordFormatType: 'JSON' } }),
      destination({ destination: lambdaDestination({ client: functions, InvokeCommand, FunctionName: 'notify' }), failed: './failed/lambda', DestinationSchema: { RecordFormatType: 'CSV' } }),
      deliveryStream({
        definition: { DeliveryStreamName: 'hook', HttpEndpointDestinationConfiguration: { EndpointConfiguration: { Url: '${endpoint}' }, BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 }, S3Configuration: { RoleARN, BucketARN } } },
        parts: { fetch },
        directory: './failed/http',
      }),
      deliveryStream({ definition: 'lake.json', directory: './lake' }),
    ],
  },
})
`
const LAKE = {
  DeliveryStreamName: 'lake',
  ExtendedS3DestinationConfiguration: {
    RoleARN: 'arn:aws:iam::123456789012:role/firehose',
    BucketARN: 'arn:aws:s3:::lake',
    Prefix: 'rows/',
    BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
    DataFormatConversionConfiguration: {
      SchemaConfiguration: { RoleARN: 'arn:aws:iam::123456789012:role/firehose', DatabaseName: 'd', TableName: 't' },
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
    },
  },
}

it.each([
  ['at once', "{ StreamName: 'orders' }"],
  ['in rounds', "{ StreamName: 'orders', directory: './streams' }"],
])('a pipeline writes to a stream, a function, an endpoint and a bucket, %s', async (_, source) => {
  for (const name of ['invoked.jsonl', 'lake', 'failed']) rmSync(join(folder, name), { recursive: true, force: true })
  const streams = await LocalStreams.open({ env: nodeEnv })
  const totals = await streams.create('totals', { shards: 1 })
  const server = await serveStreams({ streams, env: nodeEnv, port: 0 })
  const received: string[] = []
  const requests = new Set<string>()
  const { network, clock } = nodeEnv
  const receiver = await network.serve(
    { host: '127.0.0.1', port: 0 },
    httpEndpointReceiver({
      clock,
      onRequest: async ({ requestId, records }) => {
        requests.add(requestId)
        received.push(...records.map(data => Buffer.from(data).toString()))
      },
    }),
  )
  writeFileSync(join(folder, 'lake.json'), JSON.stringify(LAKE))
  writeFileSync(join(folder, 'millrace.config.ts'), config(server.url, `http://127.0.0.1:${receiver.port}/`, source))
  const dev = start(['dev', '--port', '0', '--stream-port', '0'], folder)
  const [, endpoint = ''] = await dev.seen(/Kinesis endpoint (http:\S+)/)
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const client = new KinesisClient({ endpoint, region: 'us-east-1', credentials })
  const Records = Array.from({ length: ROWS }, (_, n) => ({ Data: Buffer.from(`{"n":${n}}`), PartitionKey: 'k' }))
  await client.send(new PutRecordsCommand({ StreamName: 'orders', Records }))
  client.destroy()
  await dev.seen(new RegExp(`rows out ${ROWS}`))
  dev.child.kill('SIGTERM')
  const { code, stderr } = await dev.ended
  expect([code, stderr.replace(/.*NodeVersionSupportWarning[^]*/, '')]).toEqual([0, ''])
  const reader = await totals.asSource().openShard('shardId-000000000000', { kind: 'trimHorizon' })
  const stored: string[] = []
  while (stored.length < ROWS) {
    const { records: batch } = await reader.read(1_000, AbortSignal.timeout(20_000))
    for (let i = 0; i < batch.length; i++) {
      const at = batch.offsets[i] ?? 0
      stored.push(Buffer.from(batch.bytes.subarray(at, at + (batch.sizes[i] ?? 0))).toString())
    }
  }
  await receiver.close()
  await server.close()
  await streams.close()
  const numbers = Array.from({ length: ROWS }, (_, n) => n)
  const sorted = (texts: readonly string[]): readonly string[] => texts.toSorted((a, b) => a.localeCompare(b))
  expect(sorted(stored)).toEqual(sorted(numbers.map(n => `{"N":${n},"D":${(n / 4).toFixed(2)}}`)))
  expect(sorted(readFileSync(join(folder, 'invoked.jsonl'), 'utf8').trimEnd().split('\n'))).toEqual(
    sorted(numbers.map(n => `${n},${(n / 4).toFixed(2)}`)),
  )
  expect(sorted(received.map(text => text.replace(/"ROWTIME":"[^"]*",/, '')))).toEqual(
    sorted(numbers.map(n => `{"N":${n},"D":${(n / 4).toFixed(2)}}`)),
  )
  expect(await duckdb(`SELECT count(*) AS n, sum(d) AS d FROM '${folder}/lake/rows/**/*.parquet'`)).toEqual([
    { n: String(ROWS), d: ((ROWS * (ROWS - 1)) / 8).toFixed(2) },
  ])
})

it('the pipeline of docs/delivery.md runs as it stands', async () => {
  const home = join(folder, 'page')
  mkdirSync(home)
  const streams = await LocalStreams.open({ env: nodeEnv })
  const alerts = await streams.create('alerts', { shards: 1 })
  const server = await serveStreams({ streams, env: nodeEnv, port: 0 })
  const received: string[] = []
  const { network, clock } = nodeEnv
  const onRequest = async ({ records }: { readonly records: readonly Uint8Array[] }): Promise<void> =>
    void received.push(...records.map(data => Buffer.from(data).toString()))
  const receiver = await network.serve({ host: '127.0.0.1', port: 0 }, httpEndpointReceiver({ clock, onRequest }))
  const [, program = ''] = /```ts\n(import [^]*?definePipeline[^]*?)```/.exec(pageText('delivery.md')) ?? []
  writeFileSync(join(home, 'millrace.config.ts'), program)
  const column = { Name: 'PRICE', Mapping: '$.price', SqlType: 'INTEGER' }
  const schema = { RecordFormat: { RecordFormatType: 'JSON' }, RecordColumns: [column] }
  writeFileSync(join(home, 'orders.schema.json'), JSON.stringify(schema))
  writeFileSync(
    join(home, 'orders.sql'),
    `CREATE OR REPLACE STREAM "TOTALS" (PRICE INTEGER);
     CREATE OR REPLACE PUMP "P1" AS INSERT INTO "TOTALS" SELECT STREAM PRICE FROM "SOURCE_SQL_STREAM_001";
     CREATE OR REPLACE STREAM "ALERTS" (PRICE INTEGER);
     CREATE OR REPLACE PUMP "P2" AS INSERT INTO "ALERTS" SELECT STREAM PRICE FROM "SOURCE_SQL_STREAM_001" WHERE PRICE > 90;`,
  )
  const HttpEndpointDestinationConfiguration = {
    EndpointConfiguration: { Url: `http://127.0.0.1:${receiver.port}/` },
    S3Configuration: { RoleARN: 'arn:aws:iam::123456789012:role/firehose', BucketARN: 'arn:aws:s3:::lake' },
  }
  const definition = { DeliveryStreamName: 'totals', HttpEndpointDestinationConfiguration }
  writeFileSync(join(home, 'totals.delivery.json'), JSON.stringify(definition))
  const account = { AWS_ENDPOINT_URL_KINESIS: server.url, AWS_REGION: 'us-east-1' }
  Object.assign(process.env, account, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' })
  const dev = start(['dev', '--port', '0', '--stream-port', '0'], home)
  for (const name of Object.keys(account)) delete process.env[name]
  const [, endpoint = ''] = await dev.seen(/Kinesis endpoint (http:\S+)/)
  const client = new KinesisClient({ endpoint, region: 'us-east-1' })
  const Records = Array.from({ length: 100 }, (_, price) => ({
    Data: Buffer.from(JSON.stringify({ price })),
    PartitionKey: 'k',
  }))
  await client.send(new PutRecordsCommand({ StreamName: 'orders', Records }))
  client.destroy()
  await dev.seen(/rows out 109/)
  dev.child.kill('SIGTERM')
  const { code, stderr } = await dev.ended
  expect([code, stderr.replace(/.*NodeVersionSupportWarning[^]*/, '')]).toEqual([0, ''])
  const { records } = await alerts.getRecords(await alerts.getIterator('shardId-000000000000', { kind: 'trimHorizon' }))
  await receiver.close()
  await server.close()
  await streams.close()
  expect(records.length).toBe(9)
  expect(Buffer.from(recordBytes(records, 0)).toString()).toBe('{"PRICE":91}')
  expect(received).toHaveLength(100)
  expect(await duckdb(`SELECT count(*) AS n, sum(price) AS p FROM '${home}/millrace-data/**/*.parquet'`)).toEqual([
    { n: '100', p: '4950' },
  ])
})

it('an output that is none is told with what would be right', async () => {
  writeFileSync(
    join(folder, 'wrong.config.ts'),
    `export default { name: 'x', source: { kind: 'embedded', StreamName: 's' }, sql: 'x', schema: {},
      outputs: { A: { kind: 'tape' }, B: { kind: 'deliveryStream', definitoin: {} }, C: { kind: 'localFiles', directory: 'x', format: 'orc' } } }`,
  )
  const { code, stderr } = await millrace(['dev', 'wrong.config.ts'], folder)
  expect(code).toBe(3)
  for (const part of [
    'outputs.A: write localFiles',
    'outputs.B.definitoin: no such',
    'outputs.B.definition: write',
    'outputs.C.format: "orc"',
  ])
    expect(stderr).toContain(part)
})
