import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type HttpHandler, MEBIBYTE, nodeEnv } from '../../../core/index.ts'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { httpEndpointReceiver, type ReceivedRequest } from '../../../sinks/destinations/http-endpoint-receiver.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import type { Fault } from '../../support/memory-fetch.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { bytes, errorsIn, put, texts } from '../pipeline/world.ts'
import { destination, S3 } from '../support/definitions.ts'
import { type DestinationWorld, destinationWorld, START, type WorldOptions } from './world.ts'

const MEMBER = 'HttpEndpointDestinationConfiguration'

interface ReceiverWorld extends DestinationWorld {
  readonly received: readonly ReceivedRequest[]
  readonly datas: () => readonly string[]
}

function receiverWorld(
  options: WorldOptions = {},
  onRequest: (request: ReceivedRequest) => Promise<void> = async () => {},
): ReceiverWorld {
  const clock = new SimClock(START)
  const received: ReceivedRequest[] = []
  const handler = httpEndpointReceiver({
    clock,
    onRequest: async request => {
      await onRequest(request)
      received.push(request)
    },
  })
  const world = destinationWorld(MEMBER, handler, { clock, ...options })
  return {
    ...world,
    received,
    datas: () => received.flatMap(({ records }) => records.map(data => Buffer.from(data).toString())),
  }
}

const endpoint = (members: object): WorldOptions => ({
  members: { EndpointConfiguration: { Url: 'https://collect.example.com/in' }, ...members },
})
const hints = { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 10 } }

describe('requests', () => {
  it('carry what the contract asks for', async () => {
    const seen: { headers: Readonly<Record<string, string | undefined>>; body: string }[] = []
    const handler: HttpHandler = async (request, reply) => {
      seen.push({ headers: request.headers, body: Buffer.from(await request.body(MEBIBYTE)).toString('latin1') })
      const text = JSON.stringify({ requestId: request.headers['x-amz-firehose-request-id'], timestamp: 1 })
      reply.start(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': String(text.length) })
      reply.end(text)
    }
    const attributes = [
      { AttributeName: 'team', AttributeValue: 'café' },
      { AttributeName: 'empty', AttributeValue: '' },
    ]
    const { clock, stream, bucket } = destinationWorld(MEMBER, handler, {
      members: {
        EndpointConfiguration: { Url: 'https://collect.example.com/in', AccessKey: 'open sesame' },
        RequestConfiguration: { ContentEncoding: 'GZIP', CommonAttributes: attributes },
        ...hints,
      },
      options: { deliveryStreamArn: 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/clicks' },
    })
    await put(stream, 'a', '', 'ü')
    await clock.advance(9_999)
    expect(seen).toHaveLength(0)
    await clock.advance(1)
    await clock.until(stream.close())
    const [{ headers, body } = { headers: {}, body: '' }] = seen
    const id = headers['x-amz-firehose-request-id'] ?? ''
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(headers).toMatchObject({
      'x-amz-firehose-protocol-version': '1.0',
      'x-amz-firehose-source-arn': 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/clicks',
      'x-amz-firehose-access-key': 'open sesame',
      'x-amz-firehose-common-attributes': '{"commonAttributes":{"team":"caf\\u00e9","empty":""}}',
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    })
    expect(JSON.parse(gunzipSync(Buffer.from(body, 'latin1')).toString())).toEqual({
      requestId: id,
      timestamp: START + 10_000,
      records: [{ data: 'YQ==' }, { data: '' }, { data: Buffer.from('ü').toString('base64') }],
    })
    expect(seen).toHaveLength(1)
    expect(bucket.objects.size).toBe(0)
    const { all } = stream.metrics
    expect(all).toMatchObject({
      'DeliveryToHttpEndpoint.Records': 3,
      'DeliveryToHttpEndpoint.Bytes': 3,
      'DeliveryToHttpEndpoint.ProcessedRecords': 3,
      'DeliveryToHttpEndpoint.ProcessedBytes': 3,
      'DeliveryToHttpEndpoint.Success': 1,
      'DeliveryToHttpEndpoint.Attempts': 1,
    })
    expect(stream.dataFreshness).toBe(0)
  })

  it('have 10,000 records and 64 MiB at most', async () => {
    const { clock, stream, received } = receiverWorld(
      endpoint({ BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 900 } }),
    )
    const small = { Data: new Uint8Array(0) }
    for (let batch = 0; batch < 21; batch++) await stream.putRecordBatch(Array.from({ length: 500 }, () => small))
    await clock.until(stream.flush())
    // Calls are under way side by side.
    expect(received.map(({ records }) => records.length).toSorted((a, b) => a - b)).toEqual([500, 10_000])
    // 60 MB of records are 80 MB as base64.
    for (let batch = 0; batch < 15; batch++) {
      await stream.write(Array.from({ length: 4 }, () => ({ data: new Uint8Array(1_000_000) })))
      await clock.drain()
    }
    await clock.until(stream.close())
    const rest = received.slice(2).map(({ records }) => records.length)
    expect(rest.toSorted((a, b) => a - b)).toEqual([10, 50])
    expect(Math.ceil(1_000_000 / 3) * 4 * 51).toBeGreaterThan(64 * MEBIBYTE)
  })

  it('read the access key from a secret, again when ten minutes have passed', async () => {
    const keys: (string | undefined)[] = []
    const handler: HttpHandler = async (request, reply) => {
      keys.push(request.headers['x-amz-firehose-access-key'])
      const text = JSON.stringify({ requestId: request.headers['x-amz-firehose-request-id'], timestamp: 1 })
      reply.start(200, { 'content-type': 'application/json', 'content-length': String(text.length) })
      reply.end(text)
    }
    let reads = 0
    const SecretARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key'
    const { clock, stream } = destinationWorld(MEMBER, handler, {
      members: { SecretsManagerConfiguration: { Enabled: true, SecretARN } },
      parts: { readSecret: async arn => JSON.stringify({ api_key: `${arn.slice(-3)}-${++reads}` }) },
    })
    for (const wait of [0, 500_000, 100_000]) {
      await clock.advance(wait)
      await put(stream, 'x')
      await clock.until(stream.flush())
    }
    expect(keys).toEqual(['key-1', 'key-1', 'key-2'])
    expect(() =>
      destinationWorld(MEMBER, handler, { members: { SecretsManagerConfiguration: { Enabled: true, SecretARN } } }),
    ).toThrow('nothing reads it; give readSecret')
  })

  it('go over a real connection as well', async () => {
    const { clock, random, network } = nodeEnv
    const received: ReceivedRequest[] = []
    const handler = httpEndpointReceiver({
      clock,
      accessKey: 'k',
      onRequest: async request => void received.push(request),
    })
    const listener = await network.serve({ host: '127.0.0.1', port: 0 }, handler)
    const bucket = new MemoryStore()
    const stream = new DeliveryStream(
      {
        definition: destination(MEMBER, {
          EndpointConfiguration: { Url: `http://127.0.0.1:${listener.port}/in?a=b`, AccessKey: 'k' },
          RequestConfiguration: {
            ContentEncoding: 'GZIP',
            CommonAttributes: [{ AttributeName: 'é', AttributeValue: '1' }],
          },
          S3Configuration: S3,
          RetryOptions: { DurationInSeconds: 0 },
        }) as DeliveryStreamDefinition,
      },
      { clock, random, store: () => bucket, fetch },
    )
    await put(stream, 'one', 'two')
    await stream.close()
    await listener.close()
    expect(received.map(({ records }) => records.map(data => Buffer.from(data).toString()))).toEqual([['one', 'two']])
    expect(received[0]?.commonAttributes).toEqual({ é: '1' })
    expect(texts(bucket)).toEqual([])
  })
})

describe('replies', () => {
  const good = { 'content-type': 'application/json', 'content-length': '10' }
  const cases: readonly (readonly [string, Fault, string, string])[] = [
    ['201', { status: 201, headers: good, body: '{}' }, 'DestinationException', '201 {}'],
    ['204', { status: 204 }, 'DestinationException', '204 '],
    ['a redirect', { status: 302, headers: { location: 'https://else.example' } }, 'DestinationException', '302 '],
    ['403 with a reason', { status: 403, body: '{"errorMessage":"no"}' }, 'DestinationException', '403 no'],
    ['no JSON', { status: 200, headers: good, body: 'ok' }, 'InvalidResponseFromDestination', 'no JSON object'],
    [
      'another id',
      { status: 200, headers: good, body: '{"requestId":"x","timestamp":1}' },
      'InvalidResponseFromDestination',
      'another requestId',
    ],
    [
      'text',
      { status: 200, headers: { 'content-type': 'text/plain' } },
      'InvalidResponseFromDestination',
      'text/plain',
    ],
    [
      'an encoding',
      { status: 200, headers: { ...good, 'content-encoding': 'gzip' } },
      'InvalidResponseFromDestination',
      'Content-Encoding',
    ],
    [
      'no length',
      { status: 200, headers: { 'content-type': 'application/json' } },
      'InvalidResponseFromDestination',
      'Content-Length',
    ],
    [
      'another member',
      { status: 200, headers: good, body: '{"status":"ok"}' },
      'InvalidResponseFromDestination',
      '"status"',
    ],
    ['too much', { status: 200, headers: good, body: ' '.repeat(MEBIBYTE) }, 'ResponseTooLarge', '1048576 bytes'],
    ['nobody', 'refused', 'ConnectionFailed', 'ECONNREFUSED'],
    ['a lost connection', 'lost', 'ConnectionReset', 'ECONNRESET'],
    ['silence', 'silent', 'RequestTimeout', '180 s'],
  ]
  it.each(cases)('fail a call: %s', async (_, fault, code, message) => {
    const { clock, stream, bucket } = receiverWorld({
      ...endpoint({ RetryOptions: { DurationInSeconds: 0 } }),
      fault: () => fault,
    })
    await put(stream, 'lost')
    await clock.until(stream.close())
    const [error] = errorsIn(bucket, 'http-endpoint-failed/')
    expect(error).toMatchObject({
      attemptsMade: 1,
      errorCode: `HttpEndpoint.${code}`,
      rawData: Buffer.from('lost').toString('base64'),
      arrivalTimestamp: START,
    })
    expect(error?.['errorMessage']).toContain(message)
    expect(stream.metrics.get('DeliveryToHttpEndpoint.Records')).toBe(0)
  })

  it('does not show an access key that no header can have', async () => {
    const told: string[] = []
    const { clock, stream, bucket } = receiverWorld({
      ...endpoint({
        RetryOptions: { DurationInSeconds: 5 },
        EndpointConfiguration: { Url: 'https://127.0.0.1:8443/', AccessKey: 'open\nsesame' },
      }),
      parts: { fetch, onRetry: ({ message }) => told.push(message) },
    })
    await put(stream, 'x')
    await clock.until(stream.close())
    const [error] = errorsIn(bucket, 'http-endpoint-failed/')
    expect(`${told.join()} ${String(error?.['errorMessage'])}`).toMatch(/header value/)
    expect(`${told.join()} ${JSON.stringify(error)}`).not.toContain('sesame')
  })

  it('must have a timestamp that is a number', async () => {
    const handler: HttpHandler = async (request, reply) => {
      const text = JSON.stringify({ requestId: request.headers['x-amz-firehose-request-id'], timestamp: '1' })
      reply.start(200, { 'content-type': 'application/json', 'content-length': String(text.length) })
      reply.end(text)
    }
    const { clock, stream, bucket } = destinationWorld(
      MEMBER,
      handler,
      endpoint({ RetryOptions: { DurationInSeconds: 0 } }),
    )
    await put(stream, 'x')
    await clock.until(stream.close())
    expect(errorsIn(bucket, 'http-endpoint-failed/')[0]?.['errorMessage']).toContain(
      'timestamp of the reply is no number',
    )
  })
})

describe('repeats', () => {
  it('have the same request id, so that a receiver takes a request once though its reply was lost', async () => {
    const { clock, stream, datas, fetch, bucket } = receiverWorld({
      ...endpoint({}),
      fault: call => (call < 3 ? 'lost' : null),
    })
    await put(stream, 'a', 'b')
    await clock.until(stream.close())
    expect(fetch.calls()).toBe(4)
    expect(datas()).toEqual(['a', 'b'])
    expect(bucket.objects.size).toBe(0)
    expect(stream.metrics.get('DeliveryToHttpEndpoint.Retries')).toBe(3)
  })

  it('wait 1 s, then twice as long each time, 120 s at most, 15 % about', async () => {
    const at: number[] = []
    const clock = new SimClock(START)
    const { stream } = receiverWorld({
      ...endpoint({ RetryOptions: { DurationInSeconds: 1_000 } }),
      clock,
      fault: () => {
        at.push(clock.monotonicMs())
        return { status: 503 }
      },
    })
    await put(stream, 'x')
    await clock.until(stream.close())
    const waits = at.slice(1).map((ms, index) => ms - (at[index] ?? 0))
    waits.forEach((wait, index) => {
      const wanted = Math.min(120_000, 1_000 * 2 ** index)
      expect(wait).toBeGreaterThanOrEqual(0.85 * wanted)
      expect(wait).toBeLessThanOrEqual(1.15 * wanted)
    })
    expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeLessThanOrEqual(1_000_000)
    expect(waits.length).toBeGreaterThan(12)
  })

  it('count from the first failure, not from the first attempt', async () => {
    // The first call takes 180 s; 2 s are left for repeats all the same.
    const { clock, stream, datas, bucket } = receiverWorld({
      ...endpoint({ RetryOptions: { DurationInSeconds: 2 } }),
      fault: call => (call === 0 ? 'silent' : null),
    })
    await put(stream, 'x')
    await clock.until(stream.close())
    expect(datas()).toEqual(['x'])
    expect(bucket.objects.size).toBe(0)
  })

  it('halve what is too large, down to the record at fault', async () => {
    const { clock, stream, datas, bucket } = receiverWorld(endpoint({}), async ({ records }) => {
      if (records.length > 2) throw new Error('too many')
    })
    const sizes: HttpHandler = async (request, reply) => {
      const { records } = JSON.parse(Buffer.from(await request.body(MEBIBYTE)).toString()) as {
        records: { data: string }[]
      }
      const large = records.some(({ data }) => Buffer.from(data, 'base64').toString() === 'huge')
      if (large || records.length > 2) {
        reply.start(413, {})
        reply.end()
        return
      }
      const text = JSON.stringify({ requestId: request.headers['x-amz-firehose-request-id'], timestamp: 1 })
      reply.start(200, { 'content-type': 'application/json', 'content-length': String(text.length) })
      reply.end(text)
    }
    await stream.close()
    expect([datas(), bucket.objects.size, clock.now()]).toEqual([[], 0, START])
    const other = destinationWorld(MEMBER, sizes, endpoint({}))
    await put(other.stream, 'a', 'b', 'huge', 'c', 'd')
    await other.clock.until(other.stream.close())
    expect(
      errorsIn(other.bucket, 'http-endpoint-failed/').map(error => [error['errorCode'], error['rawData']]),
    ).toEqual([['HttpEndpoint.DestinationException', bytesAsBase64('huge')]])
    expect(other.stream.metrics.get('DeliveryToHttpEndpoint.Records')).toBe(4)
  })
})

describe('the bucket', () => {
  it('gets the failed records alone, or all records and the failed ones apart, as the mode says', async () => {
    for (const [mode, copies] of [
      ['FailedDataOnly', []],
      ['AllData', ['a', 'bad']],
    ] as const) {
      const { clock, stream, bucket } = receiverWorld(
        endpoint({ S3BackupMode: mode, RetryOptions: { DurationInSeconds: 1 } }),
        async ({ records }) => {
          if (records.some(data => Buffer.from(data).toString() === 'bad')) throw new Error('bad')
        },
      )
      await put(stream, 'a')
      await clock.until(stream.flush())
      await put(stream, 'bad')
      await clock.until(stream.close())
      const all = texts(bucket)
      expect(all.filter(([key]) => !key.startsWith('http-endpoint-failed/')).map(([, text]) => text)).toEqual(copies)
      const errors = errorsIn(bucket, 'http-endpoint-failed/2026/11/22/')
      expect(errors.map(error => [error['rawData'], error['dataId'], error['errorMessage']])).toEqual([
        [bytesAsBase64('bad'), '00000000000000000001', '500 bad'],
      ])
      expect(stream.metrics.get('BackupToS3.Records')).toBe(copies.length === 0 ? 0 : 2)
    }
  })

  it('is told the record as it was received, with its place in the source', async () => {
    const { clock, stream, bucket } = receiverWorld({
      ...endpoint({ RetryOptions: { DurationInSeconds: 0 } }),
      fault: () => 'refused',
    })
    const source = { shardId: 'shardId-000000000007', partitionKey: 'k', sequenceNumber: '495', subsequenceNumber: 3 }
    await stream.write([{ data: bytes('x'), arrivedAt: START - 5_000, source }])
    await clock.until(stream.close())
    expect(errorsIn(bucket, 'http-endpoint-failed/')[0]).toMatchObject({
      dataId: '495.3',
      subsequenceNumber: '3',
      arrivalTimestamp: START - 5_000,
      millrace: { stage: 'DeliveryToHttpEndpoint' },
    })
  })
})

describe('the receiver', () => {
  it('takes a request once though it is repeated while the first is at work', async () => {
    let done = (): void => {}
    let requests = 0
    const onRequest = (): Promise<void> => {
      requests++
      return new Promise(resolve => (done = resolve))
    }
    const { clock, stream } = receiverWorld(endpoint({ RetryOptions: { DurationInSeconds: 600 } }), onRequest)
    await put(stream, 'a')
    // The sender gives up after three minutes and repeats.
    await clock.advance(600_000)
    expect(stream.metrics.get('DeliveryToHttpEndpoint.Retries')).toBeGreaterThan(0)
    done()
    await clock.until(stream.close())
    expect(requests).toBe(1)
    expect(stream.metrics.get('DeliveryToHttpEndpoint.Records')).toBe(1)
  })

  it.each([
    ['a GET', { method: 'GET' }, 405],
    ['no protocol version', { headers: { 'x-amz-firehose-protocol-version': '2.0' } }, 400],
    ['another key', { headers: { 'x-amz-firehose-access-key': 'b' } }, 401],
    ['another type', { headers: { 'content-type': 'text/plain' } }, 400],
    ['an unknown encoding', { headers: { 'content-encoding': 'br' } }, 400],
    ['a body that is no gzip', { headers: { 'content-encoding': 'gzip' } }, 400],
    ['another id in the body', { body: '{"requestId":"other","timestamp":1,"records":[{"data":""}]}' }, 400],
    ['no records', { body: '{"requestId":"id","timestamp":1,"records":[]}' }, 400],
    ['a text for a timestamp', { body: '{"requestId":"id","timestamp":"1","records":[{"data":""}]}' }, 400],
    ['data that is no base64', { body: '{"requestId":"id","timestamp":1,"records":[{"data":"a"}]}' }, 400],
  ])('refuses %s', async (_, changes: { method?: string; headers?: object; body?: string }, status) => {
    const handler = httpEndpointReceiver({ clock: new SimClock(START), accessKey: 'a', onRequest: async () => {} })
    let answered = 0
    let said = ''
    await handler(
      {
        method: 'POST',
        url: '/',
        headers: {
          'x-amz-firehose-protocol-version': '1.0',
          'x-amz-firehose-request-id': 'id',
          'x-amz-firehose-access-key': 'a',
          'content-type': 'application/json',
          ...changes.headers,
        },
        signal: new AbortController().signal,
        body: async () => bytes(changes.body ?? '{"requestId":"id","timestamp":1,"records":[{"data":""}]}'),
        ...(changes.method !== undefined && { method: changes.method }),
      },
      {
        closed: false,
        start: code => void (answered = code),
        write: async () => {},
        end: chunk => void (said = Buffer.from(chunk ?? '').toString()),
        abort: () => {},
      },
    )
    expect(answered).toBe(status)
    expect(JSON.parse(said)).toMatchObject({ requestId: 'id', timestamp: START })
    expect((JSON.parse(said) as { errorMessage: string }).errorMessage).not.toBe('')
  })
})

function bytesAsBase64(text: string): string {
  return Buffer.from(text).toString('base64')
}
