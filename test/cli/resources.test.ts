/** Outputs that an application names by ARN, as a person from Kinesis Data Analytics expects them: they go there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openOutput } from '../../cli/outputs/open-output.ts'
import { type LoadPackage, resourceOutput } from '../../cli/outputs/resource-output.ts'
import { resolvePipeline } from '../../cli/pipeline.ts'
import { nodeEnv, parseSqlType } from '../../core/index.ts'
import type { ApplicationOutput } from '../../processors/index.ts'
import type { KinesisLike } from '../../producers/index.ts'
import { LocalStreams, serveStreams } from '../../streams/index.ts'
import { batchesOf } from '../sinks/support/rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-resources-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SCHEMA = { columns: [{ name: 'N', type: parseSqlType('INTEGER'), nullable: true }] }
const [ROWS] = batchesOf(SCHEMA, [
  [1, [1]],
  [2, [2]],
])

const STREAM = 'arn:aws:kinesis:eu-west-1:123456789012:stream/alerts'

function outputOf(kind: ApplicationOutput['kind'], resourceArn: string | null, format: 'JSON' | 'CSV' = 'JSON') {
  return { name: 'ALERTS', kind, resourceArn, format } satisfies ApplicationOutput
}

/** Clients that keep what they are made with and what they are given. */
function stubs() {
  const settings: unknown[] = []
  const calls: unknown[] = []
  const texts: string[] = []
  class Client {
    constructor(given: unknown) {
      settings.push(given)
    }
  }
  class Firehose extends Client {
    async putRecordBatch({
      DeliveryStreamName,
      Records,
    }: {
      DeliveryStreamName: string
      Records: { Data: Uint8Array }[]
    }) {
      calls.push(DeliveryStreamName)
      texts.push(...Records.map(({ Data }) => Buffer.from(Data).toString()))
      return { FailedPutCount: 0, RequestResponses: Records.map(() => ({ RecordId: 'r' })) }
    }
  }
  class Kinesis extends Client {
    async putRecords({ StreamName, StreamARN, Records }: Parameters<KinesisLike['putRecords']>[0]) {
      calls.push({ StreamName, StreamARN })
      texts.push(...Records.map(({ Data }) => Buffer.from(Data).toString()))
      return { Records: Records.map(() => ({ SequenceNumber: '1', ShardId: 'shardId-000000000000' })) }
    }
  }
  class LambdaClient extends Client {
    async send({ input }: { readonly input: { readonly FunctionName: string; readonly Payload: Uint8Array } }) {
      calls.push(input.FunctionName)
      const { records } = JSON.parse(Buffer.from(input.Payload).toString()) as {
        readonly records: readonly { readonly recordId: string; readonly data: string }[]
      }
      texts.push(...records.map(({ data }) => Buffer.from(data, 'base64').toString()))
      const reply = { records: records.map(({ recordId }) => ({ recordId, result: 'Ok' })) }
      return { Payload: Buffer.from(JSON.stringify(reply)) }
    }
  }
  class InvokeCommand {
    readonly input: unknown
    constructor(input: unknown) {
      this.input = input
    }
  }
  const loaded: string[] = []
  const load: LoadPackage = async name => (loaded.push(name), { Kinesis, Firehose, LambdaClient, InvokeCommand })
  return { settings, calls, texts, loaded, load }
}

async function deliver(output: Awaited<ReturnType<typeof resourceOutput>>): Promise<void> {
  if (ROWS === undefined || typeof output.definition === 'string') throw new Error('nothing to deliver')
  const place = { name: 'ALERTS', schema: SCHEMA, env: nodeEnv, staging: null, onNotice: () => {} }
  const { sink, release } = await openOutput({ ...output, definition: output.definition }, place)
  await sink.write(ROWS)
  await sink.close()
  release()
}

describe('an output of an application', () => {
  it('goes to the delivery stream of its ARN, in its region', async () => {
    const { settings, calls, texts, loaded, load } = stubs()
    const arn = 'arn:aws:firehose:eu-central-1:123456789012:deliverystream/lake'
    await deliver(await resourceOutput(outputOf('firehose', arn), { failed: folder }, load))
    expect([loaded, settings, calls]).toEqual([['@aws-sdk/client-firehose'], [{ region: 'eu-central-1' }], ['lake']])
    expect(texts).toEqual(['{"N":1}', '{"N":2}'])
  })

  it('goes to the stream of its ARN, in its account; by name where another region is told', async () => {
    const { settings, calls, texts, load } = stubs()
    await deliver(await resourceOutput(outputOf('kinesis', STREAM), { failed: folder }, load))
    await deliver(await resourceOutput(outputOf('kinesis', STREAM), { failed: folder, region: 'us-east-1' }, load))
    expect([settings, calls]).toEqual([
      [{ region: 'eu-west-1' }, { region: 'us-east-1' }],
      [{ StreamARN: STREAM }, { StreamName: 'alerts' }],
    ])
    expect(texts).toEqual(['{"N":1}', '{"N":2}', '{"N":1}', '{"N":2}'])
  })

  it('goes to the function of its ARN, with its alias, where region and endpoint are told', async () => {
    const { settings, calls, texts, load } = stubs()
    const arn = 'arn:aws-cn:lambda:cn-north-1:123456789012:function:notify:live'
    const resources = { failed: folder, region: 'us-east-1', endpoint: 'http://127.0.0.1:1' }
    await deliver(await resourceOutput(outputOf('lambda', arn, 'CSV'), resources, load))
    expect([settings, calls]).toEqual([[{ region: 'us-east-1', endpoint: 'http://127.0.0.1:1' }], [arn]])
    expect(texts).toEqual(['1', '2'])
  })

  it.each([
    ['kinesis', null, 'only a deployment knows its ARN'],
    [
      'kinesis',
      'arn:aws:firehose:eu-west-1:123456789012:deliverystream/lake',
      'is no ARN of its kind, such as arn:aws:kin',
    ],
    ['firehose', 'lake', 'is no ARN of its kind'],
    ['lambda', 'arn:aws:lambda:eu-west-1:123456789012:function:', 'is no ARN of its kind'],
  ] as const)('of kind %s is refused with ARN %s', async (kind, arn, message) => {
    const { load } = stubs()
    await expect(resourceOutput(outputOf(kind, arn), { failed: folder }, load)).rejects.toThrow(message)
  })

  it('is refused without the package that reaches it', async () => {
    const load: LoadPackage = async () => Promise.reject(new Error('Cannot find package'))
    const output = outputOf('kinesis', STREAM)
    await expect(resourceOutput(output, { failed: folder }, load)).rejects.toThrow(
      'npm install @aws-sdk/client-kinesis',
    )
  })
})

describe('a pipeline with an application', () => {
  const application = {
    ApplicationName: 'alerts',
    ApplicationCode: `CREATE OR REPLACE STREAM "ALERTS" (N INTEGER);
      CREATE OR REPLACE PUMP "P1" AS INSERT INTO "ALERTS" SELECT STREAM N FROM "SOURCE_SQL_STREAM_001";`,
    Inputs: [
      {
        NamePrefix: 'SOURCE_SQL_STREAM',
        KinesisStreamsInput: { ResourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks' },
        InputSchema: {
          RecordFormat: { RecordFormatType: 'JSON' },
          RecordColumns: [{ Name: 'N', Mapping: '$.n', SqlType: 'INTEGER' }],
        },
      },
    ],
    Outputs: [
      {
        Name: 'ALERTS',
        KinesisStreamsOutput: { ResourceARN: STREAM },
        DestinationSchema: { RecordFormatType: 'JSON' },
      },
    ],
  }
  const base = { name: 'alerts', source: { kind: 'embedded' as const, StreamName: 'clicks' }, application }

  it('binds its outputs where it is told to, and leaves those alone that outputs names', async () => {
    const { files } = nodeEnv
    const file = join(folder, 'millrace.config.ts')
    expect((await resolvePipeline(base, file, files)).outputs.size).toBe(0)
    const bound = await resolvePipeline({ ...base, resources: { failed: './failed' } }, file, files)
    expect(bound.outputs.get('ALERTS')).toMatchObject([
      { kind: 'deliveryStream', directory: join(folder, 'failed/ALERTS') },
    ])
    const own = { kind: 'localFiles' as const, directory: './files' }
    const both = await resolvePipeline({ ...base, outputs: { ALERTS: own }, resources: { failed: 'f' } }, file, files)
    expect(both.outputs.get('ALERTS')).toMatchObject([{ kind: 'localFiles' }])
    const { application: _, ...plain } = { ...base, resources: { failed: 1 }, sql: 'x', schema: {} }
    await expect(resolvePipeline(plain as never, file, files)).rejects.toThrow(
      /resources: they are those of an application[^]*resources.failed: write the path/,
    )
  })

  it('puts the rows into the stream that its ARN names', async () => {
    const streams = await LocalStreams.open({ env: nodeEnv })
    const alerts = await streams.create('alerts', { shards: 1 })
    const server = await serveStreams({ streams, env: nodeEnv, port: 0 })
    process.env['AWS_ACCESS_KEY_ID'] ??= 'AKIAIOSFODNN7EXAMPLE'
    process.env['AWS_SECRET_ACCESS_KEY'] ??= 'a-key-that-nobody-checks'
    const resources = { failed: './failed', endpoint: server.url }
    const pipeline = await resolvePipeline({ ...base, resources }, join(folder, 'millrace.config.ts'), nodeEnv.files)
    const [output] = pipeline.outputs.get('ALERTS') ?? []
    if (output?.kind !== 'deliveryStream') throw new Error('no output')
    await deliver(output)
    const { records } = await alerts.getRecords(
      await alerts.getIterator('shardId-000000000000', { kind: 'trimHorizon' }),
    )
    expect(records.length).toBe(2)
    await server.close()
    await streams.close()
  })
})
