import { describe, expect, it } from 'vitest'
import type { Schema } from '../../../core/index.ts'
import { httpTransform, lambdaTransform } from '../../../sinks/pipeline/remote-transforms.ts'
import { RowSink } from '../../../sinks/pipeline/row-sink.ts'
import {
  type Transform,
  TransformError,
  type TransformReply,
  type TransformRequest,
} from '../../../sinks/pipeline/transform.ts'
import { type Json, processors } from '../support/definitions.ts'
import { batchesOf } from '../support/rows.ts'
import { bytes, errorsIn, put, START, texts, type World, world } from './world.ts'

const errors = { ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/' }
const lambda = (parameters: Json = {}): Json => ({
  ...errors,
  ...processors(['Lambda', { LambdaArn: 'arn:f', NumberOfRetries: '2', ...parameters }]),
})
const echo = (request: TransformRequest): TransformReply => ({
  records: request.records.map(({ recordId, data }) => ({ recordId, result: 'Ok', data })),
})

async function run(w: World, ...records: readonly string[]): Promise<readonly string[]> {
  await put(w.stream, ...records)
  await w.clock.until(w.stream.close())
  return errorsIn(w.lake, 'errors/processing-failed/').map(error => String(error['errorCode']))
}

describe('the transformation contract', () => {
  it('tells stream, region, ids and bytes; attempts have new invocation ids and the same record ids', async () => {
    const requests: TransformRequest[] = []
    const w = world(
      lambda(),
      { region: 'eu-west-1', deliveryStreamArn: 'arn:ds', sourceKinesisStreamArn: 'arn:ks' },
      {
        transform: async request => {
          requests.push(request)
          if (requests.length < 3) throw new Error('not now')
          return echo(request)
        },
      },
    )
    await w.stream.write([
      {
        data: bytes('a'),
        arrivedAt: START,
        source: { shardId: 's', partitionKey: 'p', sequenceNumber: '49', subsequenceNumber: 2 },
      },
      { data: bytes(''), arrivedAt: START },
    ])
    await w.clock.until(w.stream.close())
    expect(texts(w.lake)).toEqual([['2026/11/22/23/*', 'a']])
    expect(new Set(requests.map(({ invocationId }) => invocationId)).size).toBe(3)
    expect(requests[0]?.records).toEqual(requests[2]?.records)
    expect(requests[2]).toMatchObject({
      deliveryStreamArn: 'arn:ds',
      region: 'eu-west-1',
      sourceKinesisStreamArn: 'arn:ks',
      records: [
        {
          recordId: '00000000000000000000',
          approximateArrivalTimestamp: START,
          data: 'YQ==',
          kinesisRecordMetadata: {
            shardId: 's',
            partitionKey: 'p',
            sequenceNumber: '49',
            subsequenceNumber: '2',
            approximateArrivalTimestamp: START,
          },
        },
        { data: '' },
      ],
    })
    expect(w.stream.metrics.all).toMatchObject({
      'ExecuteProcessing.Attempts': 3,
      'ExecuteProcessing.Success': 1,
      'SucceedProcessing.Records': 2,
    })
  })

  it.each([0, 1, 5])('with %i retries makes one call more, and then fails the whole batch', async retries => {
    let calls = 0
    const w = world(
      lambda({ NumberOfRetries: String(retries) }),
      {},
      {
        transform: async () => {
          calls++
          throw new TransformError('Lambda.InvokeLimitExceeded', 'slow down')
        },
      },
    )
    expect(await run(w, 'a', 'b')).toEqual(['Lambda.InvokeLimitExceeded', 'Lambda.InvokeLimitExceeded'])
    expect(calls).toBe(retries + 1)
    expect(errorsIn(w.lake, 'errors/')).toMatchObject([
      { attemptsMade: retries + 1, lambdaARN: 'arn:f', errorMessage: 'slow down' },
      {},
    ])
  })

  it.each<[string, (request: TransformRequest) => unknown, readonly string[]]>([
    [
      'a missing id',
      ({ records }) => ({ records: echo({ records } as unknown as TransformRequest).records.slice(1) }),
      ['Lambda.MissingRecordId'],
    ],
    [
      'a replaced id',
      request => ({
        records: echo(request).records.map((record, index) => (index === 0 ? { ...record, recordId: 'x' } : record)),
      }),
      ['Lambda.MissingRecordId'],
    ],
    [
      'a repeated id',
      request => ({ records: [...echo(request).records, echo(request).records[0]] }),
      ['Lambda.DuplicatedRecordId'],
    ],
    [
      'a result of its own',
      request => ({ records: echo(request).records.map(record => ({ ...record, result: 'OK' })) }),
      ['Lambda.JsonProcessingException', 'Lambda.JsonProcessingException'],
    ],
    [
      'no base64',
      request => ({ records: echo(request).records.map(record => ({ ...record, data: '***' })) }),
      ['Lambda.JsonProcessingException', 'Lambda.JsonProcessingException'],
    ],
    [
      'no data',
      ({ records }) => ({ records: records.map(({ recordId }) => ({ recordId, result: 'Ok' })) }),
      ['Lambda.JsonProcessingException', 'Lambda.JsonProcessingException'],
    ],
    ['null', () => null, ['Lambda.JsonProcessingException', 'Lambda.JsonProcessingException']],
    ['a text', () => 'ok', ['Lambda.JsonProcessingException', 'Lambda.JsonProcessingException']],
    ['no record ids', () => ({ records: [{}] }), ['Lambda.JsonProcessingException', 'Lambda.JsonProcessingException']],
    [
      'more than 6 MiB',
      request => ({ records: echo(request).records.map(record => ({ ...record, data: 'AAAA'.repeat(1_000_000) })) }),
      ['Lambda.FunctionError', 'Lambda.FunctionError'],
    ],
  ])('takes a reply with %s as final', async (_, reply, codes) => {
    let calls = 0
    const w = world(
      lambda(),
      {},
      {
        transform: async request => {
          calls++
          return reply(request) as TransformReply
        },
      },
    )
    expect(await run(w, 'a', 'b')).toEqual(codes)
    expect(calls).toBe(1)
  })

  it('gives an invocation five minutes, and says so to who serves it', async () => {
    let aborted = 0
    const transform: Transform = (_, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          aborted++
          reject(new Error('aborted'))
        }),
      )
    const w = world(lambda({ NumberOfRetries: '1' }), {}, { transform })
    expect(await run(w, 'a')).toEqual(['Lambda.FunctionError'])
    expect(aborted).toBe(2)
    expect(w.clock.monotonicMs()).toBeGreaterThanOrEqual(600_000)
    expect(errorsIn(w.lake, 'errors/')).toMatchObject([{ errorMessage: 'the transform took more than 300 s' }])
  })

  it('buffers by its own size and interval, which the interval of the object follows', async () => {
    const sizes: number[] = []
    const w = world(
      {
        ...lambda({ BufferSizeInMBs: '0.2', BufferIntervalInSeconds: '30' }),
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
      },
      {},
      {
        transform: async request => {
          sizes.push(request.records.length)
          return echo(request)
        },
      },
    )
    await put(w.stream, ...Array.from({ length: 5 }, () => 'x'.repeat(110_000)))
    await w.clock.drain()
    expect(sizes).toEqual([2, 2])
    await w.clock.advance(30_000)
    expect(sizes).toEqual([2, 2, 1])
    expect(w.lake.objects.size).toBe(0)
    await w.clock.advance(30_000)
    expect(w.lake.objects.size).toBe(1)
  })
})

describe('remote transforms', () => {
  const request = { invocationId: 'i', deliveryStreamArn: 'a', region: 'r', records: [] }
  const { signal } = new AbortController()

  it('POST the request, and take 200 alone', async () => {
    const seen: unknown[] = []
    const answer = (status: number, text: string): Transform =>
      httpTransform({
        url: 'http://localhost:1/',
        headers: { authorization: 'token' },
        post: async (url, init) => {
          seen.push([url, init.method, init.headers, JSON.parse(init.body)])
          return { status, text: async () => text }
        },
      })
    expect(await answer(200, '{"records":[]}')(request, signal)).toEqual({ records: [] })
    expect(seen).toEqual([
      ['http://localhost:1/', 'POST', { authorization: 'token', 'content-type': 'application/json' }, request],
    ])
    expect(await answer(200, 'no JSON')(request, signal)).toBe('no JSON')
    await expect(answer(500, 'boom')(request, signal)).rejects.toThrow('http://localhost:1/ answered 500: boom')
    const large = {
      ...request,
      records: [{ recordId: '0', approximateArrivalTimestamp: 0, data: 'A'.repeat(6_300_000) }],
    }
    await expect(answer(200, '{}')(large, signal)).rejects.toThrow('lower BufferSizeInMBs')
  })

  it('invoke a function, with the codes of the service', async () => {
    class InvokeCommand {
      readonly input: { FunctionName: string; Payload: Uint8Array }
      constructor(input: { FunctionName: string; Payload: Uint8Array }) {
        this.input = input
      }
    }
    const called = (reply: () => Promise<{ FunctionError?: string; Payload?: Uint8Array }>): Promise<TransformReply> =>
      lambdaTransform({ client: { send: reply }, InvokeCommand, FunctionName: 'f' })(request, signal)
    expect(await called(async () => ({ Payload: bytes('{"records":[]}') }))).toEqual({ records: [] })
    await expect(called(async () => ({ FunctionError: 'Unhandled', Payload: bytes('{}') }))).rejects.toMatchObject({
      code: 'Lambda.FunctionError',
    })
    for (const [name, code] of [
      ['TooManyRequestsException', 'Lambda.InvokeLimitExceeded'],
      ['AccessDeniedException', 'Lambda.InvokeAccessDenied'],
      ['ResourceNotFoundException', 'Lambda.ResourceNotFound'],
      ['ServiceException', 'Lambda.FunctionError'],
    ] as const)
      await expect(called(() => Promise.reject(Object.assign(new Error('no'), { name })))).rejects.toMatchObject({
        code,
      })
  })
})

describe('rows', () => {
  it('are records of a delivery stream, each a JSON object', async () => {
    const w = world(processors(['AppendDelimiterToRecord']))
    const sink = new RowSink(w.stream)
    const schema: Schema = { columns: [{ name: 'PAGE', type: { kind: 'VARCHAR', length: 9 }, nullable: true }] }
    for (const rows of batchesOf(schema, [
      [START, ['a\nb']],
      [START + 1, [null]],
    ]))
      await sink.write(rows)
    sink.advance(START)
    await sink.close()
    const [[, text] = ['', '']] = texts(w.lake)
    expect(text.split('\n').map(line => (JSON.parse(line) as Json)['PAGE'])).toEqual(['a\nb', null])
    expect(w.stream.manifest.objects[0]).toMatchObject({ rows: 2, firstRowtime: START, lastRowtime: START + 1 })
  })
})
