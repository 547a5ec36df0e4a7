/** Destinations through AWS's own clients, which are too heavy for every checkout: npm ci in test/oracles. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type HttpHandler, nodeEnv } from '../../../core/index.ts'
import { type FirehoseLike, firehoseTarget } from '../../../producers/index.ts'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { type CloudWatchLogsLike, cloudWatchDestination } from '../../../sinks/destinations/cloudwatch.ts'
import { lambdaDestination } from '../../../sinks/destinations/lambda-output.ts'
import { type SnsLike, type SqsLike, snsDestination, sqsDestination } from '../../../sinks/destinations/messages.ts'
import type { DestinationFactory } from '../../../sinks/destinations/open-destination.ts'
import { firehoseDestination } from '../../../sinks/destinations/put-target.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import type { RedshiftDataLike } from '../../../sinks/redshift/redshift-data.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { RedshiftServer } from '../../support/redshift-server.ts'
import { bytes, errorsIn, put } from '../pipeline/world.ts'
import { destination, S3 } from '../support/definitions.ts'

const ORACLES = join(import.meta.dirname, '../../oracles')
const here = existsSync(join(ORACLES, 'node_modules/@aws-sdk/client-redshift-data'))
if (!here) console.log('skipped: destinations are not driven through AWS’s clients: npm ci in test/oracles')
const load = createRequire(join(ORACLES, 'package.json'))

type Client = { destroy(): void; [operation: string]: unknown }

function clientOf<T>(name: string, kind: string, endpoint: string): T & Client {
  const Made = (load(`@aws-sdk/client-${name}`) as Readonly<Record<string, new (options: object) => T & Client>>)[kind]
  if (Made === undefined) throw new Error(`client-${name} has no ${kind}`)
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  return new Made({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 })
}

function streamOf(destinationOf: DestinationFactory, bucket = new MemoryStore()): DeliveryStream {
  const definition = destination('CustomDestinationConfiguration', {
    S3Configuration: S3,
    RetryOptions: { DurationInSeconds: 30 },
  }) as DeliveryStreamDefinition
  const { clock, random } = nodeEnv
  return new DeliveryStream({ definition }, { clock, random, store: () => bucket, destination: destinationOf })
}

/** A service that speaks JSON: the operation is in a header or in the path. */
async function jsonService(
  answer: (operation: string, input: Readonly<Record<string, unknown>>) => unknown,
): Promise<{ readonly endpoint: string; close(): Promise<void> }> {
  const handler: HttpHandler = async (request, reply) => {
    const input = JSON.parse(Buffer.from(await request.body(1 << 24)).toString()) as Readonly<Record<string, unknown>>
    const operation = request.headers['x-amz-target']?.split('.').at(-1) ?? request.url
    let status = 200
    let value: unknown
    try {
      value = await answer(operation, input)
    } catch (error) {
      status = 400
      value = {
        __type: error instanceof Error ? error.name : 'Error',
        message: error instanceof Error ? error.message : '',
      }
    }
    reply.start(status, { 'content-type': 'application/x-amz-json-1.1' })
    reply.end(JSON.stringify(value))
  }
  const listener = await nodeEnv.network.serve({ host: '127.0.0.1', port: 0 }, handler)
  return { endpoint: `http://127.0.0.1:${listener.port}`, close: () => listener.close() }
}

describe.skipIf(!here)('AWS’s own client', () => {
  it('of SQS and SNS puts messages into fauxqs, and a FIFO queue takes a repeat once', async () => {
    const { startFauxqs } = (await import(join(ORACLES, 'node_modules/fauxqs/dist/app.js'))) as {
      readonly startFauxqs: (options: object) => Promise<{ readonly port: number; stop(): Promise<void> }>
    }
    const fauxqs = await startFauxqs({ port: 0, logger: false })
    const endpoint = `http://127.0.0.1:${fauxqs.port}`
    type Call = (input: object) => Promise<Readonly<Record<string, unknown>>>
    const sqs = clientOf<SqsLike & { createQueue: Call; receiveMessage: Call; getQueueAttributes: Call }>(
      'sqs',
      'SQS',
      endpoint,
    )
    const sns = clientOf<SnsLike & { createTopic: Call; subscribe: Call }>('sns', 'SNS', endpoint)
    const bodies = async (QueueUrl: string): Promise<readonly string[]> => {
      const found: string[] = []
      for (let empty = 0; empty < 2; ) {
        const { Messages = [] } = await sqs.receiveMessage({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 600,
        })
        const list = Messages as readonly { readonly Body: string }[]
        if (list.length === 0) empty++
        found.push(...list.map(({ Body }) => Body))
      }
      return found
    }
    try {
      const { QueueUrl } = (await sqs.createQueue({ QueueName: 'plain' })) as { QueueUrl: string }
      const plain = streamOf(sqsDestination({ client: sqs, QueueUrl }))
      await put(plain, ...Array.from({ length: 25 }, (_, n) => `é${n}`))
      await plain.close()
      expect((await bodies(QueueUrl)).toSorted()).toEqual(Array.from({ length: 25 }, (_, n) => `é${n}`).toSorted())

      const fifo = (await sqs.createQueue({
        QueueName: 'ordered.fifo',
        Attributes: { FifoQueue: 'true' },
      })) as { QueueUrl: string }
      for (let life = 0; life < 2; life++) {
        const stream = streamOf(sqsDestination({ client: sqs, QueueUrl: fifo.QueueUrl }))
        await stream.write(
          [1, 2, 3].map(n => ({
            data: bytes(`m${n}`),
            source: { shardId: 's', partitionKey: 'k', sequenceNumber: String(n), subsequenceNumber: 0 },
          })),
        )
        await stream.close()
      }
      const { Attributes } = await sqs.getQueueAttributes({
        QueueUrl: fifo.QueueUrl,
        AttributeNames: ['ApproximateNumberOfMessages'],
      })
      expect((Attributes as Readonly<Record<string, string>>)['ApproximateNumberOfMessages']).toBe('3')

      const { TopicArn } = (await sns.createTopic({ Name: 'news' })) as { TopicArn: string }
      const heard = (await sqs.createQueue({ QueueName: 'heard' })) as { QueueUrl: string }
      const { Attributes: ofQueue } = await sqs.getQueueAttributes({
        QueueUrl: heard.QueueUrl,
        AttributeNames: ['QueueArn'],
      })
      const Endpoint = (ofQueue as Readonly<Record<string, string>>)['QueueArn']
      await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint, Attributes: { RawMessageDelivery: 'true' } })
      const news = streamOf(snsDestination({ client: sns, TopicArn }))
      await put(news, 'one', 'two')
      await news.close()
      expect((await bodies(heard.QueueUrl)).toSorted()).toEqual(['one', 'two'])
    } finally {
      sqs.destroy()
      sns.destroy()
      await fauxqs.stop()
    }
  })

  it('of Firehose puts again what was refused', async () => {
    const taken: string[] = []
    let calls = 0
    const service = await jsonService((operation, input) => {
      expect(operation).toBe('PutRecordBatch')
      const first = calls++ === 0
      const records = (input['Records'] as readonly { readonly Data: string }[]).map(({ Data }, index) => {
        const refused = first && index === 1
        if (!refused) taken.push(Buffer.from(Data, 'base64').toString())
        return refused
          ? { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' }
          : { RecordId: `r${index}` }
      })
      return { FailedPutCount: first ? 1 : 0, RequestResponses: records }
    })
    const client = clientOf<FirehoseLike>('firehose', 'Firehose', service.endpoint)
    const stream = streamOf(firehoseDestination({ target: firehoseTarget({ client, DeliveryStreamName: 'raw' }) }))
    await put(stream, 'a', 'b', 'c')
    await stream.close()
    client.destroy()
    await service.close()
    expect(taken).toEqual(['a', 'c', 'b'])
  })

  it('of Lambda carries the contract', async () => {
    const paths: string[] = []
    const service = await jsonService((path, input) => {
      paths.push(path)
      const records = input['records'] as readonly { readonly recordId: string }[]
      return { records: records.map(({ recordId }) => ({ recordId, result: 'Ok' })) }
    })
    const { InvokeCommand } = load('@aws-sdk/client-lambda') as {
      readonly InvokeCommand: new (input: { FunctionName: string; Payload: Uint8Array }) => object
    }
    const client = clientOf<{
      send(command: object, options: object): Promise<{ FunctionError?: string; Payload?: Uint8Array }>
    }>('lambda', 'LambdaClient', service.endpoint)
    const stream = streamOf(lambdaDestination({ client, InvokeCommand, FunctionName: 'deliver' }))
    await put(stream, 'a')
    await stream.close()
    client.destroy()
    await service.close()
    expect(paths).toEqual(['/2015-03-31/functions/deliver/invocations'])
    expect(stream.metrics.get('DeliveryToLambda.Records')).toBe(1)
  })

  it('of CloudWatch Logs puts events', async () => {
    const inputs: unknown[] = []
    const service = await jsonService((operation, input) => {
      inputs.push([operation, input['logGroupName'], (input['logEvents'] as readonly unknown[]).length])
      return { rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1 } }
    })
    const client = clientOf<CloudWatchLogsLike>('cloudwatch-logs', 'CloudWatchLogs', service.endpoint)
    const bucket = new MemoryStore()
    const destinationOf = cloudWatchDestination({
      Namespace: 'Clicks',
      Metrics: [{ Name: 'n' }],
      client,
      logGroupName: '/clicks',
      logStreamName: 'a',
    })
    const stream = streamOf(destinationOf, bucket)
    await put(stream, '{"n":1}', '{"n":2}')
    await stream.close()
    client.destroy()
    await service.close()
    expect(inputs).toEqual([['PutLogEvents', '/clicks', 2]])
    expect(errorsIn(bucket, 'cloudwatch-failed/').map(error => error['errorCode'])).toEqual(['CloudWatch.TooOld'])
  })

  it('of Redshift’s Data API runs COPY', async () => {
    const store = new MemoryStore()
    const server = new RedshiftServer({ store })
    await server.query('CREATE TABLE clicks (page VARCHAR)')
    const service = await jsonService((operation, input) =>
      operation === 'BatchExecuteStatement'
        ? server.batchExecuteStatement(input as never)
        : server.describeStatement(input as never),
    )
    const client = clientOf<RedshiftDataLike>('redshift-data', 'RedshiftData', service.endpoint)
    const { clock, random } = nodeEnv
    const definition = destination('RedshiftDestinationConfiguration', {
      Username: 'loader',
      CopyCommand: { DataTableName: 'clicks', DataTableColumns: 'page', CopyOptions: "FORMAT JSON 'auto'" },
    }) as DeliveryStreamDefinition
    const stream = new DeliveryStream({ definition }, { clock, random, store: () => store, redshiftData: client })
    await put(stream, '{"page":"/"}\n')
    await stream.close()
    client.destroy()
    await service.close()
    expect(await server.query('SELECT page FROM clicks')).toEqual([['/']])
  })
})
