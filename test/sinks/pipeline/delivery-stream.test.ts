/** Records that are put into a delivery stream, and its source backup. */
import { describe, expect, it } from 'vitest'
import { MEBIBYTE, MillraceError } from '../../../core/index.ts'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import type { Conversion } from '../../../sinks/pipeline/stream-options.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { CONVERSION, destination, processors, S3 } from '../support/definitions.ts'
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

  it('leave the thread to others between records that are large', async () => {
    // Each look at this clock finds that much work was done.
    class BusyClock extends SimClock {
      #busyMs = 0
      override monotonicMs(): number {
        return super.monotonicMs() + (this.#busyMs += 20)
      }
    }
    let turns = 0
    let next = setImmediate(function turn() {
      turns++
      next = setImmediate(turn)
    })
    const seen = new Set<number>()
    const conversion: Conversion = {
      convert: (record, now) => {
        seen.add(turns)
        const code = 'DataFormatConversion.ParseError'
        return { record, type: 'format-conversion-failed', code, message: '', attempts: 1, endedAt: now, stage: '' }
      },
      newBody: () => Promise.reject(new Error('nothing is converted')),
    }
    const { stream } = world(CONVERSION, {}, { clock: new BusyClock(START) }, conversion)
    await put(stream, ...Array.from({ length: 8 }, () => 'x'.repeat(70_000)))
    await stream.close()
    clearImmediate(next)
    expect(seen.size).toBe(8)
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
