import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { MEBIBYTE, MillraceError } from '../../../core/index.ts'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import { jqQuery } from '../../../sinks/pipeline/key-query.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { destination, type Json, PARTITIONED, processors, S3 } from '../support/definitions.ts'
import { bytes, errorsIn, put, START, texts, world } from './world.ts'

const errors = { ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/' }

describe('puts', () => {
  it('join records with nothing between them, empty ones included, when the interval ends', async () => {
    const { clock, stream, lake } = world({ BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } })
    await put(stream, 'abc', '', 'abc')
    await clock.advance(59_999)
    expect(lake.objects.size).toBe(0)
    await put(stream, 'abc')
    await clock.advance(1)
    expect(texts(lake)).toEqual([['2026/11/22/23/*', 'abcabcabc']])
    expect([...lake.objects.keys()][0]).toMatch(/^2026\/11\/22\/23\/clicks-1-2026-11-22-23-58-00-[0-9a-f-]{36}$/)
    expect(lake.attributes.get([...lake.objects.keys()][0] ?? '')).toEqual({ contentType: 'application/octet-stream' })
  })

  it('put one line feed between records and none after the last, however often the processor stands there', async () => {
    const twice = processors(['AppendDelimiterToRecord'], ['AppendDelimiterToRecord'])
    for (const [delimiter, expected] of [
      [undefined, 'a\nb'],
      ['after', 'a\nb\n'],
      ['none', 'ab'],
    ] as const) {
      const { stream, lake } = world(twice, delimiter === undefined ? {} : { delimiter })
      await put(stream, 'a', 'b')
      await stream.close()
      expect(texts(lake)).toEqual([['2026/11/22/23/*', expected]])
    }
  })

  it('seal an object at its size, before the record that does not belong to it', async () => {
    const { stream, lake } = world({
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 900 },
      CompressionFormat: 'GZIP',
    })
    const half = 'x'.repeat(MEBIBYTE / 2)
    await put(stream, half, half, 'tail')
    await stream.flush()
    expect(texts(lake).map(([key, text]) => [key, text.length])).toEqual([
      ['2026/11/22/23/*.gz', MEBIBYTE],
      ['2026/11/22/23/*.gz', 4],
    ])
    expect(stream.manifest.objects.map(({ reason, rows }) => [reason, rows])).toEqual([
      ['size', 2],
      ['flush', 1],
    ])
    expect([...lake.attributes.values()][0]?.contentEncoding).toBe('gzip')
  })

  it('keep a copy of what was put, as callers of the service use their buffers again', async () => {
    const { stream, lake } = world()
    const buffer = Buffer.from('first')
    await stream.putRecord({ Data: buffer })
    buffer.write('other')
    await stream.putRecord({ Data: buffer })
    buffer.write('third')
    await stream.close()
    expect(texts(lake)[0]?.[1]).toBe('firstother')
  })

  it.each([
    'UNCOMPRESSED',
    'GZIP',
  ])('keep nothing of a block that was compressed, whatever comes after it: %s', async CompressionFormat => {
    const { stream, lake } = world({ CompressionFormat, BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 900 } })
    // Records of all sizes about a block of 256 KiB, one that fills several, and none.
    const sizes = [1, 262_142, 2, 0, 262_144, 262_145, 700_000, 3, 100_000, 100_000, 100_000]
    const all = sizes.map((size, index) => String.fromCharCode(97 + index).repeat(size))
    for (const text of all) await stream.write([{ data: bytes(text) }])
    await stream.close()
    const delivered = texts(lake)[0]?.[1] ?? ''
    expect(delivered.length).toBe(all.join('').length)
    expect(delivered === all.join('')).toBe(true)
  })

  it('keep the limits of PutRecordBatch', async () => {
    const { stream } = world({}, { intakeBytesMax: 64 * MEBIBYTE })
    const record = { Data: new Uint8Array(0) }
    await expect(stream.putRecordBatch([])).rejects.toThrow('length greater than or equal to 1')
    await expect(stream.putRecordBatch(Array.from({ length: 501 }, () => record))).rejects.toThrow(
      'less than or equal to 500',
    )
    expect((await stream.putRecordBatch(Array.from({ length: 500 }, () => record))).FailedPutCount).toBe(0)
    const large = { Data: new Uint8Array(1_024_000) }
    await expect(stream.putRecord({ Data: new Uint8Array(1_024_001) })).rejects.toThrow('1024000')
    const rest = { Data: new Uint8Array(4 * MEBIBYTE - 4 * 1_024_000) }
    expect((await stream.putRecordBatch([large, large, large, large, rest])).FailedPutCount).toBe(0)
    await expect(
      stream.putRecordBatch([large, large, large, large, { Data: new Uint8Array(rest.Data.length + 1) }]),
    ).rejects.toThrow('the batch has 4194305 bytes and may have 4194304')
    await stream.close()
    await expect(stream.putRecord(record)).rejects.toThrow('it is closed')
  })

  it('answer with partial failure while the store is slow, and lose nothing that was taken', async () => {
    const store = new SlowStore()
    const { clock, stream } = world(
      { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 } },
      { intakeBytesMax: 2 * MEBIBYTE },
      { store: () => store },
    )
    const record = { Data: bytes('y'.repeat(MEBIBYTE / 2)) }
    const results = []
    for (let i = 0; i < 4; i++) {
      results.push(await stream.putRecordBatch([record, record]))
      await clock.drain()
    }
    expect(results.map(({ FailedPutCount }) => FailedPutCount)).toEqual([0, 0, 2, 2])
    expect(results[3]?.RequestResponses[0]).toEqual({
      ErrorCode: 'ServiceUnavailableException',
      ErrorMessage: 'Slow down.',
    })
    await expect(stream.putRecord(record)).rejects.toMatchObject({ code: 'throttled', retry: 'backoff' })
    store.release()
    await clock.until(stream.close())
    const stored = [...store.inner.objects.values()].reduce((sum, body) => sum + body.length, 0)
    expect(stored).toBe(2 * MEBIBYTE)
    expect(stream.metrics.get('ThrottledRecords')).toBe(5)
  })

  it('make larger objects while records wait, and the usual ones again after a quiet interval', async () => {
    const store = new SlowStore()
    const { clock, stream } = world(
      { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } },
      { intakeBytesMax: 64 * MEBIBYTE },
      { store: () => store },
    )
    const batch = Array.from({ length: 4 }, () => ({ Data: bytes('z'.repeat(MEBIBYTE / 4)) }))
    for (let i = 0; i < 20; i++) await stream.putRecordBatch(batch)
    store.release()
    await clock.drain()
    await clock.advance(120_000)
    const sizes = stream.manifest.objects.map(({ bufferedBytes }) => bufferedBytes / MEBIBYTE)
    expect(Math.max(...sizes)).toBe(8)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(20)
    for (let i = 0; i < 3; i++) {
      await stream.putRecordBatch(batch)
      await clock.advance(1)
    }
    expect(stream.manifest.objects.slice(sizes.length).map(({ bufferedBytes }) => bufferedBytes / MEBIBYTE)).toEqual([
      1, 1, 1,
    ])
  })

  it('make a source wait, and go on when there is room', async () => {
    const store = new SlowStore()
    const { clock, stream } = world(
      { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } },
      { intakeBytesMax: MEBIBYTE },
      { store: () => store },
    )
    let through = false
    const write = stream.write([{ data: bytes('w'.repeat(MEBIBYTE)), arrivedAt: START }]).then(() => (through = true))
    await clock.advance(3_600_000)
    expect(through).toBe(false)
    store.release()
    await clock.until(write)
    expect(through).toBe(true)
    await clock.until(stream.close())
  })

  it('go on through an hour of refusals, and tell how often', async () => {
    const store = new SlowStore()
    store.release()
    store.failures = 130
    const { clock, stream } = world(
      { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 } },
      {},
      { store: () => store },
    )
    await put(stream, 'kept')
    await clock.advance(4_000_000)
    await clock.until(stream.close())
    expect([...store.inner.objects.values()].map(body => Buffer.from(body).toString())).toEqual(['kept'])
    expect(stream.metrics.get('DeliveryToS3.Retries')).toBe(130)
  })

  it('fail for good when the store does, and say so on every call', async () => {
    const store = new SlowStore()
    store.release()
    store.error = new MillraceError('unwritable_output', 'access denied')
    const { clock, stream } = world(
      { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 } },
      {},
      { store: () => store },
    )
    await put(stream, 'a')
    await clock.advance(1_000)
    await expect(put(stream, 'b')).rejects.toThrow('access denied')
    await expect(stream.close()).rejects.toThrow('access denied')
  })

  it('show freshness, and the metrics of the service', async () => {
    const { clock, stream } = world()
    await stream.write([{ data: bytes('a'), arrivedAt: START - 5_000 }])
    await clock.advance(1_000)
    expect(stream.dataFreshness).toBe(6)
    await stream.close()
    expect(stream.dataFreshness).toBe(0)
    expect(stream.metrics.all).toEqual({
      IncomingRecords: 1,
      IncomingBytes: 1,
      'DeliveryToS3.Records': 1,
      'DeliveryToS3.Bytes': 1,
      'DeliveryToS3.ObjectCount': 1,
      'DeliveryToS3.Success': 1,
      'DeliveryToS3.Attempts': 1,
    })
  })

  it('are refused at start for destinations without a delivery', () => {
    for (const member of [
      'SnowflakeDestinationConfiguration',
      'IcebergDestinationConfiguration',
      'AmazonOpenSearchServerlessDestinationConfiguration',
      // Nothing to reach it with.
      'SplunkDestinationConfiguration',
    ])
      expect(
        () =>
          new DeliveryStream(
            { definition: destination(member) as DeliveryStreamDefinition },
            { clock: new SimClock(), random: seededRandom(1), store: () => new MemoryStore() },
          ),
      ).toThrow(member)
    expect(() => world(processors(['Lambda', { LambdaArn: 'arn:f' }]))).toThrow('give a transform')
  })
})

describe('de-aggregation', () => {
  it.each<[Json, string, string]>([
    [
      { SubRecordType: 'JSON' },
      '{"a":1}{"a":2} [3]\n"x}" 4 5{"b":"}\\""}',
      '{"a":1}|{"a":2}|[3]|"x}"|4|5|{"b":"}\\""}',
    ],
    [{ SubRecordType: 'JSON' }, '[{"a":1},{"a":2}]', '[{"a":1},{"a":2}]'],
    [{ SubRecordType: 'JSON' }, ' \n ', ''],
    [{ SubRecordType: 'DELIMITED', Delimiter: 'Cg==' }, 'a\nb\n', 'a|b'],
    [{ SubRecordType: 'DELIMITED', Delimiter: 'Cg==' }, 'a\n\nb', 'a||b'],
    [{ SubRecordType: 'DELIMITED', Delimiter: 'IyM=' }, 'a#b##c', 'a#b|c'],
    [
      { SubRecordType: 'DELIMITED', Delimiter: 'Cg==' },
      'x\n'.repeat(500),
      Array.from({ length: 500 }, () => 'x').join('|'),
    ],
    [{ SubRecordType: 'DELIMITED', Delimiter: 'Cg==' }, 'x\n'.repeat(501), 'x\n'.repeat(501)],
  ])('by %j of %j', async (parameters, record, expected) => {
    const { stream, lake } = world({ ...processors(['RecordDeAggregation', parameters], ['AppendDelimiterToRecord']) })
    await put(stream, record)
    await stream.close()
    expect(
      texts(lake)
        .map(([, text]) => text)
        .join(''),
    ).toBe(expected.includes('\n') ? expected : expected.replaceAll('|', '\n'))
  })

  it('sends what is no JSON to the error output, with the record as it came', async () => {
    const { stream, lake } = world({ ...errors, ...processors(['RecordDeAggregation', { SubRecordType: 'JSON' }]) })
    await put(stream, '{"a":1}{"a":')
    await stream.close()
    expect(errorsIn(lake, 'errors/processing-failed/')).toEqual([
      {
        rawData: Buffer.from('{"a":1}{"a":').toString('base64'),
        errorCode: 'RecordDeAggregation.ParseError',
        errorMessage: 'the record is no row of JSON documents',
        attemptsMade: 1,
        arrivalTimestamp: START,
        attemptEndingTimestamp: START,
        millrace: { recordId: '00000000000000000000', stage: 'RecordDeAggregation' },
      },
    ])
  })
})

describe('CloudWatch Logs', () => {
  const logs = processors(
    ['CloudWatchLogProcessing', { DataMessageExtraction: 'true' }],
    ['Decompression', { CompressionFormat: 'GZIP' }],
  )
  const packed = (value: unknown): string => gzipSync(JSON.stringify(value)).toString('latin1')
  const putBytes = (stream: DeliveryStream, text: string): Promise<unknown> =>
    stream.putRecord({ Data: Buffer.from(text, 'latin1') })

  it('messages end in a line feed each; control messages are empty records', async () => {
    const { stream, lake } = world({ ...errors, ...logs })
    await putBytes(
      stream,
      packed({ messageType: 'DATA_MESSAGE', logEvents: [{ message: 'one' }, { message: 'zwei ü' }] }),
    )
    await putBytes(stream, packed({ messageType: 'CONTROL_MESSAGE', logEvents: [] }))
    await putBytes(stream, 'no gzip')
    await putBytes(stream, packed({ no: 'type' }))
    await stream.close()
    expect(texts(lake)[0]).toEqual(['2026/11/22/23/*', 'one\nzwei ü\n'])
    expect(stream.manifest.objects[0]?.rows).toBe(2)
    expect(errorsIn(lake, 'errors/decompression-failed/')).toMatchObject([
      { errorCode: 'Decompression.Failed', rawData: Buffer.from('no gzip').toString('base64') },
    ])
    expect(errorsIn(lake, 'errors/processing-failed/')).toMatchObject([
      { errorCode: 'CloudWatchLogProcessing.InvalidRecord' },
    ])
  })
})

describe('source backup', () => {
  it('keeps all records before the transform, those that failed or were dropped too, with its own hints', async () => {
    const { clock, stream, lake, backup } = world(
      {
        ...errors,
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 900 },
        S3BackupMode: 'Enabled',
        S3BackupConfiguration: {
          ...S3,
          BucketARN: 'arn:aws:s3:::raw',
          Prefix: 'raw/',
          BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
        },
        ...processors(['Lambda', { LambdaArn: 'arn:f' }]),
      },
      {},
      {
        transform: async ({ records }) => ({
          records: records.map(({ recordId, data }, index) => ({
            recordId,
            result: (['Ok', 'Dropped', 'ProcessingFailed'] as const)[index] ?? 'Ok',
            data: index === 0 ? Buffer.from('ONE').toString('base64') : data,
          })),
        }),
      },
    )
    await put(stream, 'one', 'two', 'three')
    await clock.advance(60_000)
    expect(texts(backup)).toEqual([['raw/2026/11/22/23/*', 'onetwothree']])
    expect(lake.objects.size).toBe(0)
    await stream.close()
    expect(texts(lake)[0]).toEqual(['2026/11/22/23/*', 'ONE'])
    expect(errorsIn(lake, 'errors/')).toMatchObject([
      {
        rawData: Buffer.from('three').toString('base64'),
        errorCode: 'Lambda.ProcessingFailedStatus',
        lambdaARN: 'arn:f',
      },
    ])
    expect(stream.metrics.all).toMatchObject({
      'BackupToS3.Records': 3,
      'SucceedProcessing.Records': 1,
      'ErrorOutput.Records': 1,
    })
  })
})

describe('dynamic partitioning', () => {
  // Loading jq takes turns of the real loop, which no simulated clock waits for.
  beforeAll(() => jqQuery('{a: 1}', ['a']))

  const members = {
    ...PARTITIONED,
    Prefix: 'c=!{partitionKeyFromQuery:customer}/!{timestamp:HH}/!{firehose:random-string}/',
  }
  const row = (customer: unknown): string => JSON.stringify({ customer })
  const prefixes = (store: MemoryStore): readonly string[] =>
    [...store.objects.keys()].map(key => key.split('/').slice(0, 2).join('/'))

  it('gives each evaluated prefix one buffer; random strings and times make none', async () => {
    const { clock, stream, lake } = world(members)
    await put(stream, row('a'), row('b'), row('a'))
    await clock.advance(240_000)
    await put(stream, row('a'), row(7), row(true))
    await clock.advance(0)
    expect(stream.partitionCount).toBe(4)
    await stream.close()
    // The oldest record of each names its hour: 23 for the first two, 00 of the next day for the others.
    expect(prefixes(lake)).toEqual(['c=b/23', 'c=a/23', 'c=7/00', 'c=true/00'])
    expect(texts(lake)[1]?.[1]).toBe(row('a').repeat(3))
  })

  it.each<[string, string, string]>([
    ['no JSON', '{"customer":', 'the record is no JSON document'],
    ['nothing', '', 'the record is no JSON document'],
    ['null', row(null), 'key "customer" is null'],
    ['a missing key', '{}', 'key "customer" is null'],
    ['an object', row({}), 'key "customer" is no text, number or boolean'],
    ['an empty text', row(''), 'key "customer" is empty'],
    ['an array', '[1]', 'Cannot index array'],
  ])('fails records with %s alone', async (_, record, message) => {
    const { stream, lake } = world(members)
    await put(stream, row('a'), record, row('a'))
    await stream.close()
    expect(texts(lake)[0]?.[1]).toBe(row('a').repeat(2))
    expect(errorsIn(lake, 'errors/processing-failed/')).toMatchObject([
      {
        errorCode: 'DynamicPartitioning.MetadataExtractionFailed',
        errorMessage: expect.stringContaining(message),
        rawData: Buffer.from(record).toString('base64'),
      },
    ])
  })

  it('keeps apart what a program reads or halts by itself', async () => {
    for (const [MetadataExtractionQuery, delivered] of [
      ['{customer: (.customer, "x")}', []],
      ['{customer: (try input.customer catch "alone")}', ['c=alone/23']],
      ['{customer: (if .customer == "a" then halt else .customer end)}', ['c=b/23']],
      ['{customer: .customer} # a comment', ['c=a/23', 'c=b/23']],
    ] as const) {
      const query = processors(['MetadataExtraction', { MetadataExtractionQuery, JsonParsingEngine: 'JQ-1.6' }])
      const outline = MetadataExtractionQuery.includes('#')
      if (outline) {
        expect(() => world({ ...members, ...query })).toThrow('QUERY_ENGINE')
        continue
      }
      const { stream, lake } = world({ ...members, ...query })
      await put(stream, row('a'), row('b'))
      await stream.close()
      expect(prefixes(lake).filter(prefix => prefix.startsWith('c='))).toEqual(delivered)
    }
  })

  it('takes the example of the guide', async () => {
    const query = '{customer_id:.customer_id,device:.type.device,year:.event_timestamp|strftime("%Y")}'
    const { stream, lake } = world({
      ...PARTITIONED,
      Prefix: '!{partitionKeyFromQuery:customer_id}/!{partitionKeyFromQuery:device}/!{partitionKeyFromQuery:year}/',
      ...processors(['MetadataExtraction', { MetadataExtractionQuery: query, JsonParsingEngine: 'JQ-1.6' }]),
    })
    await put(
      stream,
      '{"type":{"device":"mobile","event":"view"},"customer_id":"1234567890","event_timestamp":1565382027}',
    )
    await stream.close()
    expect(texts(lake).map(([key]) => key)).toEqual(['1234567890/mobile/2019/*'])
  })

  it('takes keys of the transform, and fails records without them', async () => {
    const { stream, lake } = world(
      {
        ...PARTITIONED,
        Prefix: '!{partitionKeyFromLambda:kind}/',
        ...processors(['Lambda', { LambdaArn: 'arn:f' }]),
      },
      {},
      {
        transform: async ({ records }) => ({
          records: records.map(({ recordId, data }, index) => ({
            recordId,
            result: 'Ok',
            data,
            ...(index > 0 && { metadata: { partitionKeys: { kind: '../up' } } }),
          })),
        }),
      },
    )
    await put(stream, 'a', 'b')
    await stream.close()
    expect(texts(lake)[0]).toEqual(['%2E.%2Fup/*', 'b'])
    expect(errorsIn(lake, 'errors/')).toMatchObject([
      {
        errorCode: 'DynamicPartitioning.PrefixEvaluationFailed',
        errorMessage: '!{partitionKeyFromLambda:kind}: the record has no value for it',
      },
    ])
  })

  it('fails records whose prefix becomes too long', async () => {
    const { stream, lake } = world({ ...members, Prefix: `${'x'.repeat(400)}!{partitionKeyFromQuery:customer}/` })
    await put(stream, row('y'.repeat(150)), row('ok'))
    await stream.close()
    expect(errorsIn(lake, 'errors/')).toMatchObject([{ errorCode: 'DynamicPartitioning.PrefixEvaluationFailed' }])
    expect(lake.objects.size).toBe(2)
  })

  it('at the limit sends further partitions to the error output, makes room, or waits, as the policy says', async () => {
    const names = Array.from({ length: 501 }, (_, index) => `p${index}`)
    const load = async (stream: DeliveryStream): Promise<void> => {
      await put(stream, ...names.slice(0, 500).map(row))
      await put(stream, row('p500'), row('p1'))
    }
    const error = world(members, { overflow: 'error' })
    await load(error.stream)
    await error.stream.close()
    expect(errorsIn(error.lake, 'errors/')).toMatchObject([
      { errorCode: 'DynamicPartitioning.ActivePartitionLimitExceeded' },
    ])
    expect(error.stream.metrics.get('PartitionCountExceeded')).toBe(1)

    const oldest = world(members)
    await load(oldest.stream)
    await oldest.clock.drain()
    expect(oldest.stream.partitionCount).toBe(500)
    expect(oldest.stream.manifest.objects.map(({ key, reason }) => [key.split('/')[0], reason])).toEqual([
      ['c=p0', 'partitions'],
    ])
    await oldest.stream.close()
    expect(oldest.stream.manifest.totals.rows).toBe(502)

    const block = world(members, { overflow: 'block' })
    await load(block.stream)
    await block.clock.drain()
    expect(block.stream.manifest.totals.objects).toBe(0)
    await block.clock.advance(300_000)
    await block.clock.until(block.stream.close())
    expect(block.stream.manifest.objects[0]).toMatchObject({ reason: 'interval' })
    expect(block.stream.manifest.totals.rows).toBe(502)
  })

  it('holds a bounded number of bytes over all partitions', async () => {
    const { stream, lake } = world(members, { heldBytesMax: MEBIBYTE })
    const wide = (customer: string): string => JSON.stringify({ customer, pad: 'p'.repeat(300_000) })
    for (let i = 0; i < 12; i++) await put(stream, wide(`c${i % 6}`))
    await stream.flush()
    expect(lake.objects.size).toBe(6)
    expect(stream.manifest.totals.rows).toBe(12)
  })

  it('is told at start when the query does not compile', async () => {
    const bad = processors([
      'MetadataExtraction',
      { MetadataExtractionQuery: '{customer: nosuch(1)}', JsonParsingEngine: 'JQ-1.6' },
    ])
    const { stream } = world({ ...members, ...bad })
    await put(stream, row('a'))
    await expect(stream.close()).rejects.toThrow('MetadataExtractionQuery does not compile: ')
  })
})

/** A store that answers only after it was released, and may refuse for a while. */
class SlowStore {
  readonly inner = new MemoryStore()
  failures = 0
  error: MillraceError | null = null
  #waiting: (() => void)[] | null = []

  release(): void {
    for (const wake of this.#waiting ?? []) wake()
    this.#waiting = null
  }

  async begin(...args: Parameters<MemoryStore['begin']>): ReturnType<MemoryStore['begin']> {
    if (this.#waiting !== null) await new Promise<void>(resolve => void this.#waiting?.push(resolve))
    if (this.error !== null) throw this.error
    if (this.failures-- > 0) throw new MillraceError('unwritable_output', 'slow down', { retry: 'backoff' })
    return this.inner.begin(...args)
  }
}
