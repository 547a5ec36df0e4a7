import { describe, expect, it } from 'vitest'
import { awsSigner } from '../../../sinks/destinations/aws-signature.ts'
import { indexName, type WeekRule } from '../../../sinks/destinations/index-name.ts'
import { type OpenSearchServerOptions, openSearchServer } from '../../support/opensearch-server.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { bytes, errorsIn, put } from '../pipeline/world.ts'
import { destinationWorld, START, type WorldOptions } from './world.ts'

const MEMBER = 'AmazonopensearchserviceDestinationConfiguration'
const endpoint = { ClusterEndpoint: 'https://search.example.com/', DomainARN: null }

function searchWorld(options: WorldOptions = {}, server: OpenSearchServerOptions = {}) {
  const search = openSearchServer(server)
  const { members, ...rest } = options
  const world = destinationWorld(MEMBER, search.handler, { ...rest, members: { ...endpoint, ...members } })
  const documents = (): readonly unknown[] => [...search.indexes.values()].flatMap(index => [...index.values()])
  return { ...world, search, documents }
}

describe('documents', () => {
  it('go to the index of their day, under an id that a stream of shards gives', async () => {
    const { clock, stream, search } = searchWorld()
    const source = { shardId: 'shardId-000000000001', partitionKey: 'k', sequenceNumber: '49', subsequenceNumber: 2 }
    await stream.write([
      { data: bytes('{"a": 1,\n "b": "x\\ny"}'), arrivedAt: START, source },
      { data: bytes('{"a":12345678901234567890}'), arrivedAt: START + 120_000 },
    ])
    await clock.until(stream.close())
    expect(search.bodies[0]?.split('\n').slice(0, 2)).toEqual([
      '{"create":{"_index":"clicks-2026-11-22","_id":"clicks.shardId-000000000001.49.2"}}',
      '{"a": 1,  "b": "x\\ny"}',
    ])
    expect(search.bodies[0]).toContain('{"a":12345678901234567890}\n')
    expect([...search.indexes.keys()]).toEqual(['clicks-2026-11-22', 'clicks-2026-11-23'])
    expect(stream.metrics.all).toMatchObject({
      'DeliveryToAmazonOpenSearchService.Records': 2,
      'DeliveryToAmazonOpenSearchService.Success': 2,
      'DeliveryToAmazonOpenSearchService.Attempts': 2,
    })
  })

  it('are one document each, though every second reply is lost and the stream is read again', async () => {
    const clock = new SimClock(START)
    const search = openSearchServer()
    const records = Array.from({ length: 50 }, (_, index) => ({
      data: bytes(JSON.stringify({ index })),
      arrivedAt: START + index,
      source: { shardId: 'shardId-0', partitionKey: '', sequenceNumber: String(index), subsequenceNumber: 0 },
    }))
    for (let life = 0; life < 2; life++) {
      const { stream } = destinationWorld(MEMBER, search.handler, {
        clock,
        members: endpoint,
        fault: call => (call % 2 === 0 ? 'lost' : null),
      })
      await stream.write(records)
      await clock.until(stream.close())
      expect(stream.metrics.get('DeliveryToAmazonOpenSearchService.Records')).toBe(50)
    }
    expect(search.indexes.get('clicks-2026-11-22')?.size).toBe(50)
  })

  it('are repeated one by one where the queue is full, and refused for good where they do not fit', async () => {
    const { clock, stream, search, documents, bucket } = searchWorld(
      {},
      {
        refuse: ({ kind }, call) => {
          if (kind === 'odd') return { status: 400, type: 'mapper_parsing_exception' }
          if (kind === 'later' && call < 2) return { status: 429, type: 'es_rejected_execution_exception' }
          return kind === 'broken' && call < 1 ? { status: 503, type: 'unavailable_shards_exception' } : null
        },
      },
    )
    await put(stream, '{"kind":"good"}', '{"kind":"later"}', '{"kind":"odd"}', '{"kind":"broken"}')
    await clock.until(stream.close())
    expect(search.bodies.map(body => body.trimEnd().split('\n').length / 2)).toEqual([4, 2, 1])
    expect(documents()).toEqual([{ kind: 'good' }, { kind: 'broken' }, { kind: 'later' }])
    const errors = errorsIn(bucket, 'AmazonOpenSearchService-failed/2026/11/22/')
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({
      errorCode: '400',
      attemptsMade: 1,
      rawData: Buffer.from('{"kind":"odd"}').toString('base64'),
      esIndexName: 'clicks-2026-11-22',
      esTypeName: '',
    })
    expect(errors[0]?.['errorMessage']).toContain('mapper_parsing_exception')
    expect(errors[0]?.['esDocumentId']).toMatch(/^[0-9a-f-]{36}\.0{19}2$/)
  })

  it.each([
    '{"a":',
    '[1]',
    '"text"',
    '',
    '{"a":1}{"a":2}',
    '{"a":"\xff"}',
  ])('must be one JSON object, and do not spoil their bulk: %j', async text => {
    const { clock, stream, documents, bucket } = searchWorld()
    await stream.putRecordBatch([{ Data: Buffer.from(text, 'latin1') }, { Data: bytes('{"ok":1}') }])
    await clock.until(stream.close())
    expect(documents()).toEqual([{ ok: 1 }])
    expect(errorsIn(bucket, 'AmazonOpenSearchService-failed/').map(error => error['errorCode'])).toEqual(['400'])
  })

  it('go in halves where the cluster takes less', async () => {
    const { clock, stream, documents, bucket } = searchWorld({}, { contentBytesMax: 1_000 })
    await put(
      stream,
      ...Array.from({ length: 40 }, (_, n) => `{"n":${n}}`),
      JSON.stringify({ long: 'x'.repeat(2_000) }),
    )
    await clock.until(stream.close())
    expect(documents()).toHaveLength(40)
    expect(errorsIn(bucket, 'AmazonOpenSearchService-failed/').map(error => error['errorCode'])).toEqual(['413'])
  })

  it('have no id of ours, and a type, where the definition says so', async () => {
    const { handler, bodies, indexes } = openSearchServer({ types: true })
    const { clock, stream } = destinationWorld('ElasticsearchDestinationConfiguration', handler, {
      members: {
        TypeName: 'click',
        IndexRotationPeriod: 'NoRotation',
        DocumentIdOptions: { DefaultDocumentIdFormat: 'NO_DOCUMENT_ID' },
      },
    })
    await put(stream, '{}')
    await clock.until(stream.close())
    expect(bodies).toEqual(['{"index":{"_index":"clicks","_type":"click"}}\n{}\n'])
    expect(indexes.get('clicks')?.size).toBe(1)
  })

  it('are given up when the duration is over, which counts from the first attempt', async () => {
    // The first attempt takes its 180 s, so that 20 s are left.
    const { clock, stream, bucket, fetch } = searchWorld({
      members: { RetryOptions: { DurationInSeconds: 200 } },
      fault: call => (call === 0 ? 'silent' : { status: 502, body: 'bad gateway' }),
    })
    await put(stream, '{}')
    await clock.until(stream.close())
    // Waits of about 1, 2, 4, 8 s.
    expect(fetch.calls()).toBe(5)
    expect(errorsIn(bucket, 'AmazonOpenSearchService-failed/')[0]).toMatchObject({
      errorCode: '502',
      errorMessage: 'bad gateway',
      attemptsMade: 5,
    })
  })

  it('are signed for domains that ask for it', async () => {
    const { SignatureV4 } = await import('@smithy/signature-v4')
    const seen: Readonly<Record<string, string | undefined>>[] = []
    const { handler } = openSearchServer()
    const { clock, stream } = destinationWorld(
      MEMBER,
      (request, reply) => {
        seen.push(request.headers)
        return handler(request, reply)
      },
      {
        parts: {
          openSearch: {
            endpoint: 'https://search-logs-abc.eu-west-1.es.amazonaws.com',
            sign: awsSigner({
              SignatureV4,
              credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
              region: 'eu-west-1',
              service: 'es',
            }),
          },
        },
      },
    )
    await put(stream, '{}')
    await clock.until(stream.close())
    expect(seen[0]?.['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/es\/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    )
    expect(seen[0]?.['host']).toBe('search-logs-abc.eu-west-1.es.amazonaws.com')
    expect(() => destinationWorld(MEMBER, handler)).toThrow('give openSearch.endpoint')
  })
})

describe('index names', () => {
  const at = Date.UTC(2016, 1, 25, 13, 59, 59)

  it('rotate by the arrival in UTC', () => {
    expect(
      (['NoRotation', 'OneHour', 'OneDay', 'OneMonth'] as const).map(rotation => indexName('i', rotation, at, 'us')),
    ).toEqual(['i', 'i-2016-02-25-13', 'i-2016-02-25', 'i-2016-02'])
  })

  it.each<[string, WeekRule, string]>([
    // The guide's own example, by its written rule and by the two rules that its table agrees with.
    ['2016-02-25', 'us', '2016-w09'],
    ['2016-02-25', 'iso', '2016-w08'],
    ['2016-02-25', 'percentU', '2016-w08'],
    // 2022 begins on a Saturday: its first day is a week of its own.
    ['2022-01-01', 'us', '2022-w01'],
    ['2022-01-02', 'us', '2022-w02'],
    ['2021-12-31', 'us', '2022-w01'],
    ['2022-01-01', 'iso', '2021-w52'],
    ['2022-01-01', 'percentU', '2022-w00'],
    ['2026-12-27', 'us', '2027-w01'],
    ['2026-12-31', 'iso', '2026-w53'],
    ['2024-12-30', 'iso', '2025-w01'],
  ])('count weeks: %s by %s', (day, rule, expected) => {
    expect(indexName('i', 'OneWeek', Date.parse(`${day}T12:00:00Z`), rule)).toBe(`i-${expected}`)
  })
})
