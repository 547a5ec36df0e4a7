/** `millrace plan`, `dlq` and `audit`, as a user runs them, over a directory and over S3. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeEnv } from '../../core/index.ts'
import { DeliveryStream, type DeliveryStreamDefinition, FileStore, httpEndpointReceiver } from '../../sinks/index.ts'
import { S3Server } from '../sinks/support/s3-server.ts'
import { start } from './millrace.ts'

let folder = ''
const path = (name: string): string => join(folder, name)

const DEFINITION = {
  DeliveryStreamName: 'clicks',
  ExtendedS3DestinationConfiguration: {
    RoleARN: 'arn:aws:iam::123456789012:role/firehose',
    BucketARN: 'arn:aws:s3:::lake',
    Prefix: 'clicks/',
    ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
    ProcessingConfiguration: {
      Enabled: true,
      Processors: [
        {
          Type: 'Lambda',
          Parameters: [
            { ParameterName: 'LambdaArn', ParameterValue: 'arn:aws:lambda:eu-west-1:123456789012:function:f' },
            { ParameterName: 'NumberOfRetries', ParameterValue: '0' },
          ],
        },
        { Type: 'AppendDelimiterToRecord' },
      ],
    },
  },
} satisfies DeliveryStreamDefinition

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-dlq-'))
  process.env['AWS_ACCESS_KEY_ID'] ??= 'AKIAIOSFODNN7EXAMPLE'
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'a-key-that-nobody-checks'
  process.env['AWS_REGION'] ??= 'us-east-1'
  writeFileSync(path('stream.json'), JSON.stringify(DEFINITION))
  writeFileSync(
    path('transform.mjs'),
    `export const handler = async ({ records }) => ({
      records: records.map(({ recordId, data }) => ({
        recordId,
        data,
        result: Buffer.from(data, 'base64').toString().includes('bad') ? 'ProcessingFailed' : 'Ok',
      })),
    })\n`,
  )
  writeFileSync(
    path('mended.mjs'),
    `export const handler = async ({ records }) => ({
      records: records.map(({ recordId, data }) => ({ recordId, data, result: 'Ok' })),
    })\n`,
  )
  writeFileSync(path('sample.jsonl'), '{"n":1}\n{"n":"bad\\u0007"}\n{"n":3}\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const millrace = (...args: readonly string[]) => start([...args], folder).ended

async function deliver(directory: string): Promise<void> {
  const { clock, random, files } = nodeEnv
  const stream = new DeliveryStream(
    { definition: DEFINITION, manifests: true },
    {
      clock,
      random,
      store: () => new FileStore({ files, clock, directory }),
      transform: async ({ records }) => ({
        records: records.map(({ recordId, data }) => ({
          recordId,
          data,
          result: Buffer.from(data, 'base64').toString().includes('bad')
            ? ('ProcessingFailed' as const)
            : ('Ok' as const),
        })),
      }),
    },
  )
  await stream.write(['{"n":1}', '{"n":"bad"}', '{"n":3}'].map(text => ({ data: Buffer.from(text) })))
  await stream.close()
}

test('plan tells keys, sizes and failures of a sample, and writes nothing', async () => {
  const { code, stdout } = await millrace('plan', 'stream.json', 'sample.jsonl', '--transform', 'transform.mjs')
  const lines = stdout.trimEnd().split('\n')
  expect([code, lines.length]).toEqual([0, 5])
  expect(lines[1]).toMatch(/^data\s+2\s+1\d B\s+1\d B\s+clicks\/\d{4}\/\d\d\/\d\d\/\d\d\/clicks-1-/)
  expect(lines[2]).toMatch(/^error\s+1\s.*errors\/processing-failed\//)
  expect(lines[3]).toMatch(/^failed {2}Lambda\.ProcessingFailedStatus: .*\(record 1\)$/)
  expect(lines[4]).toBe('2 objects, 1 partitions, 1 failed records; nothing was written')
  const json = await millrace('plan', 'stream.json', 'sample.jsonl', '--transform', 'transform.mjs', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ partitions: 1, failed: 1 })
})

test('plan refuses by name what it cannot do without', async () => {
  const lacking = await millrace('plan', 'stream.json', 'sample.jsonl')
  expect([lacking.code, lacking.stderr]).toEqual([2, expect.stringContaining('give --transform MODULE')])
  const missing = await millrace('plan', 'stream.json', 'nothing', '--transform', 'transform.mjs')
  expect([missing.code, missing.stderr]).toEqual([3, 'millrace: nothing: there is no such file\n'])
  writeFileSync(path('wrong.json'), '{"DeliveryStreamName":"x"}')
  const wrong = await millrace('plan', 'wrong.json', 'sample.jsonl')
  expect([wrong.code, wrong.stderr]).toEqual([3, expect.stringContaining('DEST_ONE')])
})

test('plan tells the calls of a destination, and the statements of a COPY, with nothing sent', async () => {
  const { RoleARN, BucketARN } = DEFINITION.ExtendedS3DestinationConfiguration
  const definitions = {
    RedshiftDestinationConfiguration: {
      RoleARN,
      ClusterJDBCURL: 'jdbc:redshift://c1.abc.eu-west-1.redshift.amazonaws.com:5439/dev',
      Username: 'loader',
      CopyCommand: { DataTableName: 'clicks', CopyOptions: "FORMAT JSON 'auto'" },
      S3Configuration: { RoleARN, BucketARN },
    },
    HttpEndpointDestinationConfiguration: {
      EndpointConfiguration: { Url: 'https://nobody.invalid/' },
      S3Configuration: { RoleARN, BucketARN },
    },
  }
  const lines: Record<string, readonly string[]> = {}
  for (const [member, value] of Object.entries(definitions)) {
    writeFileSync(path('other.json'), JSON.stringify({ DeliveryStreamName: 'clicks', [member]: value }))
    const { code, stdout, stderr } = await millrace('plan', 'other.json', 'sample.jsonl')
    expect([code, stderr]).toEqual([0, ''])
    lines[member] = stdout.trimEnd().split('\n')
  }
  expect(lines['RedshiftDestinationConfiguration']?.[5]).toMatch(
    /^COPY millrace_stage_\w+ FROM 's3:\/\/lake\/manifests\/.*' IAM_ROLE '.*' MANIFEST FORMAT JSON 'auto';$/,
  )
  expect(lines['HttpEndpointDestinationConfiguration']).toEqual([
    expect.stringMatching(/^call {2}3 records, \d+ B$/),
    '0 objects, 0 partitions, 0 failed records; nothing was written',
  ])
})

test('failed records are redriven into an HTTP endpoint', async () => {
  await deliver(path('sent'))
  const received: string[] = []
  const { network, clock } = nodeEnv
  const listener = await network.serve(
    { host: '127.0.0.1', port: 0 },
    httpEndpointReceiver({
      clock,
      onRequest: async ({ records }) => void received.push(...records.map(data => Buffer.from(data).toString())),
    }),
  )
  const { RoleARN, BucketARN } = DEFINITION.ExtendedS3DestinationConfiguration
  const definition = {
    DeliveryStreamName: 'clicks',
    HttpEndpointDestinationConfiguration: {
      EndpointConfiguration: { Url: `http://127.0.0.1:${listener.port}/` },
      S3Configuration: { RoleARN, BucketARN },
    },
  }
  writeFileSync(path('endpoint.json'), JSON.stringify(definition))
  const redrive = (): ReturnType<typeof millrace> =>
    millrace('dlq', 'redrive', 'sent/errors', '--to', 'endpoint.json', '--root', 'again', '--json')
  expect(JSON.parse((await redrive()).stdout)).toMatchObject({ redriven: 1, before: 0, failed: 0 })
  expect(JSON.parse((await redrive()).stdout)).toMatchObject({ redriven: 0, before: 1 })
  await listener.close()
  expect(received).toEqual(['{"n":"bad"}'])
})

test('a redrive into Redshift says which package it needs', async () => {
  await deliver(path('sent'))
  const { RoleARN, BucketARN } = DEFINITION.ExtendedS3DestinationConfiguration
  const definition = {
    DeliveryStreamName: 'clicks',
    RedshiftDestinationConfiguration: {
      RoleARN,
      ClusterJDBCURL: 'jdbc:redshift://c1.abc.eu-west-1.redshift.amazonaws.com:5439/dev',
      Username: 'loader',
      CopyCommand: { DataTableName: 'clicks' },
      S3Configuration: { RoleARN, BucketARN },
    },
  }
  writeFileSync(path('table.json'), JSON.stringify(definition))
  const { code, stderr } = await millrace('dlq', 'redrive', 'sent/errors', '--to', 'table.json', '--root', 'again')
  expect([code, stderr]).toEqual([3, expect.stringContaining('npm install @aws-sdk/client-redshift-data')])
})

test('a delivery into a directory is audited, its failed record shown and redriven once', async () => {
  await deliver(path('lake'))
  const audit = await millrace('audit', 'lake')
  expect([audit.code, audit.stdout]).toEqual([
    0,
    expect.stringMatching(/lake: 2 objects with 3 records, .* by 1 manifests: proven\n$/),
  ])
  const ls = await millrace('dlq', 'ls', 'lake/errors')
  expect(ls.stdout.split('\n')[1]).toMatch(/^processing-failed\s+Lambda\.ProcessingFailedStatus\s+1\s+0\s+1\s+2/)
  const show = await millrace('dlq', 'show', 'lake/errors', '--stage', 'processing-failed')
  expect(show.stdout).toContain('\n  | {"n":"bad"}\n')
  expect((await millrace('dlq', 'show', 'lake/errors', '--error', 'Other.*')).stdout).toBe('')
  const redrive = (): ReturnType<typeof millrace> =>
    millrace(
      'dlq',
      'redrive',
      'lake/errors',
      '--to',
      'stream.json',
      '--transform',
      'mended.mjs',
      '--root',
      'again',
      '--json',
    )
  expect(JSON.parse((await redrive()).stdout)).toMatchObject({ redriven: 1, before: 0, failed: 0 })
  const second = await redrive()
  expect([second.code, JSON.parse(second.stdout)]).toMatchObject([0, { redriven: 0, before: 1, failed: 0 }])
  expect((await millrace('dlq', 'ls', 'lake/errors')).stdout).toContain('1 failed records, 1 of them redriven')
  const proof = await millrace('audit', 'again')
  expect([proof.code, proof.stdout]).toEqual([0, expect.stringContaining('1 objects with 1 records')])
  // The marks beside the error objects are no strangers to the first delivery.
  expect((await millrace('audit', 'lake')).code).toBe(0)
  writeFileSync(path('lake/clicks/stranger'), 'x')
  const found = await millrace('audit', 'lake', '--json')
  expect([found.code, JSON.parse(found.stdout)]).toMatchObject([1, { proven: false, counts: { extra: 1 } }])
})

test('error prefixes and buckets in S3 are read and redriven through the official client', async () => {
  const server = new S3Server()
  const endpoint = await server.listen()
  try {
    const line = {
      rawData: Buffer.from('{"n":"bad"}').toString('base64'),
      errorCode: 'Lambda.FunctionError',
      errorMessage: 'no',
    }
    const body = Buffer.from(
      JSON.stringify({ ...line, attemptsMade: 1, arrivalTimestamp: 1, attemptEndingTimestamp: 2 }),
    )
    server.objects.set('errors/processing-failed/one', { body, headers: {} })
    const at = ['--endpoint', endpoint]
    const ls = await millrace('dlq', 'ls', 's3://lake/errors', ...at)
    expect(ls.stdout).toContain('1 failed records, 0 of them redriven')
    const redrive = (): ReturnType<typeof millrace> =>
      millrace(
        'dlq',
        'redrive',
        's3://lake/errors/',
        '--to',
        'stream.json',
        '--transform',
        'mended.mjs',
        '--json',
        ...at,
      )
    const first = await redrive()
    expect([first.stderr.replace(/.*NodeVersionSupportWarning[^]*/, ''), JSON.parse(first.stdout)]).toMatchObject([
      '',
      { redriven: 1 },
    ])
    expect(JSON.parse((await redrive()).stdout)).toMatchObject({ redriven: 0, before: 1 })
    const delivered = [...server.objects].filter(([key]) => key.startsWith('clicks/'))
    expect(delivered.map(([, object]) => object.body.toString())).toEqual(['{"n":"bad"}'])
    expect((await millrace('audit', 's3://lake', '--prefix', 'clicks/', ...at)).stdout).toContain(': proven')
  } finally {
    await server.close()
  }
})

test('wrong places and times are told with what would be right', async () => {
  const cases: readonly (readonly [readonly string[], number, string])[] = [
    [['dlq', 'ls', 'nowhere'], 1, 'there is no directory nowhere'],
    [['dlq', 'rm', '.'], 2, 'it is ls, show or redrive'],
    [['dlq', 'redrive', '.'], 2, 'needs --to FILE'],
    [['dlq', 'ls', '.', '--since', 'yesterday'], 2, '--since "yesterday" is no time'],
    [['dlq', 'ls', 's3://'], 2, 'names no bucket'],
    [['audit', '.'], 1, 'there are no manifests'],
    [['audit', 's3://lake/part'], 2, 'audit s3://lake --prefix part/'],
  ]
  for (const [args, code, text] of cases) {
    const ended = await millrace(...args)
    expect([ended.code, ended.stderr], args.join(' ')).toEqual([code, expect.stringContaining(text)])
  }
})
