import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MillraceError, type RowBatch, type Schema, type Value } from '../../core/index.ts'
import { flushReason } from '../../sinks/buffer.ts'
import { Delivery, type DeliveryParts } from '../../sinks/delivery.ts'
import { checkDeliveryOptions, type DeliveryOptions } from '../../sinks/options.ts'
import { FileStore } from '../../sinks/stores/file.ts'
import { MemoryStore } from '../../sinks/stores/memory.ts'
import type { ObjectStore } from '../../sinks/stores/store.ts'
import { type MemoryEnv, memoryEnv } from '../support/memory-env.ts'
import { batchesOf, plainEncoder } from './support/rows.ts'

const SCHEMA: Schema = {
  columns: [
    { name: 'NAME', type: { kind: 'VARCHAR', length: 65_534 }, nullable: true },
    { name: 'N', type: { kind: 'INTEGER' }, nullable: true },
  ],
}
const START = Date.UTC(2026, 10, 22, 10, 59, 58)

function rowsOf(...values: readonly (readonly [number, string])[]): RowBatch {
  const [batch] = batchesOf(
    SCHEMA,
    values.map(([at, name], i): [number, Value[]] => [START + at, [name, i]]),
  )
  if (batch === undefined) throw new Error('no rows')
  return batch
}

interface World {
  readonly env: MemoryEnv
  readonly store: MemoryStore
  readonly delivery: Delivery
}

function world(options: Partial<DeliveryOptions> = {}, parts: Partial<DeliveryParts> = {}): World {
  const env = memoryEnv({ startAt: START })
  const store = new MemoryStore()
  const delivery = new Delivery({ DeliveryStreamName: 'views', ...options }, SCHEMA, {
    clock: env.clock,
    random: env.random,
    store,
    encoder: plainEncoder,
    ...parts,
  })
  return { env, store, delivery }
}

const texts = (store: MemoryStore): readonly string[] =>
  [...store.objects.values()].map(bytes => new TextDecoder().decode(bytes))
const names = (store: MemoryStore): readonly string[] =>
  texts(store).map(text =>
    text
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { NAME: string }).NAME)
      .join(','),
  )

describe('the buffer', () => {
  const hints = { SizeInMBs: 1, IntervalInSeconds: 60 }
  it.each([
    [{ rows: 0, sizeBytes: 0, firstMs: null }, 1e9, null],
    [{ rows: 1, sizeBytes: 1_048_575, firstMs: 100 }, 60_099, null],
    [{ rows: 1, sizeBytes: 1_048_576, firstMs: 100 }, 100, 'size'],
    [{ rows: 1, sizeBytes: 1, firstMs: 100 }, 60_100, 'interval'],
    [{ rows: 1, sizeBytes: 1_048_576, firstMs: 100 }, 60_100, 'size'],
  ])('%o at %i ms is flushed for %s', (state, nowMs, reason) => {
    expect(flushReason(hints, state, nowMs)).toBe(reason)
  })

  it('with a zero interval is flushed after 200 ms, not for each row', () => {
    const zero = { SizeInMBs: 1, IntervalInSeconds: 0 }
    const state = { rows: 1, sizeBytes: 1, firstMs: 0 }
    expect([flushReason(zero, state, 199), flushReason(zero, state, 200)]).toEqual([null, 'interval'])
  })
})

describe('a delivery', () => {
  it('flushes when the interval since the first row has passed, also when no more rows come', async () => {
    const { env, store, delivery } = world({ BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } })
    await env.clock.advance(10_000)
    await delivery.write(rowsOf([0, 'a']))
    await env.clock.advance(59_999)
    await delivery.write(rowsOf([1, 'b']))
    expect(store.objects.size).toBe(0)
    await env.clock.advance(1)
    expect(names(store)).toEqual(['a,b'])
    await env.clock.advance(600_000)
    expect(store.objects.size).toBe(1)
    await delivery.write(rowsOf([600_000, 'c']))
    await env.clock.advance(59_999)
    expect(store.objects.size).toBe(1)
    await env.clock.advance(1)
    expect(names(store)).toEqual(['a,b', 'c'])
    expect(delivery.manifest.objects.map(object => object.reason)).toEqual(['interval', 'interval'])
    await delivery.close()
  })

  it('flushes by bytes before compression, between two batches', async () => {
    const { store, delivery } = world({
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 900 },
      CompressionFormat: 'GZIP',
    })
    const wide = 'x'.repeat(60_000)
    for (let i = 0; i < 40; i++) await delivery.write(rowsOf([i, wide]))
    await delivery.close()
    expect(delivery.manifest.objects.map(({ rows, reason }) => [rows, reason])).toEqual([
      [18, 'size'],
      [18, 'size'],
      [4, 'close'],
    ])
    for (const [key, bytes] of store.objects) {
      expect(key).toMatch(/\.gz$/)
      expect(bytes.length).toBeLessThan(20_000)
      expect(gunzipSync(bytes).length).toBeGreaterThan(200_000)
    }
    expect(delivery.manifest.totals).toMatchObject({ objects: 3, rows: 40 })
  })

  it('names objects by the oldest row in them, in the zone', async () => {
    const { store, delivery } = world({
      Prefix: 'v/!{timestamp:yyyy/MM/dd/HH}/',
      ErrorOutputPrefix: 'e/!{firehose:error-output-type}/',
      CustomTimeZone: 'Asia/Kathmandu',
    })
    await delivery.write(rowsOf([5_000, 'late']))
    await delivery.write(rowsOf([0, 'oldest'], [9_000_000, 'newest']))
    await delivery.close()
    expect([...store.objects.keys()]).toEqual([
      expect.stringMatching(/^v\/2026\/11\/22\/16\/views-1-2026-11-22-16-44-58-[0-9a-f-]{36}$/),
    ])
    expect(delivery.manifest.objects[0]).toMatchObject({
      rows: 3,
      firstRowtime: START,
      lastRowtime: START + 9_000_000,
      reason: 'close',
    })
  })

  it('makes no object of no rows', async () => {
    const { store, delivery } = world()
    await delivery.write({ ...rowsOf([0, 'a']), length: 0 })
    await delivery.close()
    await delivery.close()
    expect(store.objects.size).toBe(0)
    await expect(delivery.write(rowsOf([0, 'a']))).rejects.toMatchObject({ code: 'closed' })
  })

  it.each([
    ['after', 'a\nb\nc\n'],
    ['between', 'a\nb\nc'],
    ['none', 'abc'],
  ] as const)('puts line feeds %s rows', async (delimiter, expected) => {
    const { store, delivery } = world(
      { delimiter },
      {
        encoder: {
          encode: (rows, out) => {
            for (let row = 0; row < rows.length; row++) out.text(`${'abc'.charAt((rows.rowtimes[row] ?? 0) - START)}\n`)
          },
        },
      },
    )
    await delivery.write(rowsOf([0, 'x'], [1, 'x']))
    await delivery.write(rowsOf([2, 'x']))
    await delivery.close()
    expect(texts(store)).toEqual([expected])
    expect(delivery.manifest.totals.bufferedBytes).toBe(expected.length)
  })

  it('writes the same object for the same rows, seed and time', async () => {
    const once = async (): Promise<unknown> => {
      const { store, delivery } = world({ CompressionFormat: 'GZIP' })
      for (let i = 0; i < 500; i++) await delivery.write(rowsOf([i, `row ${i * i}`]))
      await delivery.close()
      return [...store.objects]
    }
    expect(await once()).toEqual(await once())
  })

  it('repeats what may succeed later, with growing waits, and delivers each row once', async () => {
    let left = 6
    const waits: number[] = []
    const inner = new MemoryStore()
    const full = <T>(work: () => Promise<T>): Promise<T> =>
      left-- > 0
        ? Promise.reject(new MillraceError('unwritable_output', 'the disk is full', { retry: 'backoff' }))
        : work()
    const store: ObjectStore = {
      begin: key =>
        full(async () => {
          const writer = await inner.begin(key)
          return {
            ...writer,
            write: bytes => full(() => writer.write(bytes)),
            complete: () => full(() => writer.complete()),
          }
        }),
    }
    const { env, delivery } = world({}, { store, onRetry: () => waits.push(env.clock.monotonicMs()) })
    await delivery.write(rowsOf([0, 'a'], [1, 'b']))
    await env.clock.until(delivery.close())
    expect(names(inner)).toEqual(['a,b'])
    expect(delivery.retries).toBe(6)
    const gaps = waits.slice(1).map((at, i) => at - (waits[i] ?? 0))
    gaps.forEach((gap, i) => {
      expect(gap).toBeGreaterThanOrEqual(50 * 2 ** i)
      expect(gap).toBeLessThanOrEqual(100 * 2 ** i)
    })
  })

  it('delivers to a disk that was full for an hour', async () => {
    const env = memoryEnv({ files: { capacityBytes: 1_000 } })
    env.files.put('/other', new Uint8Array(990))
    const store = new FileStore({ ...env, directory: '/out' })
    const { delivery } = world({ BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } }, { store, clock: env.clock })
    await delivery.write(rowsOf([0, 'a'], [1, 'b']))
    await env.clock.advance(3_600_000)
    expect(delivery.waitingRows).toBe(2)
    await env.files.remove('/other')
    await env.clock.until(delivery.close())
    expect(env.files.paths()).toHaveLength(1)
    expect(env.files.text(env.files.paths()[0] ?? '')?.split('\n')).toHaveLength(3)
  })

  it('gives up after its time and says so at every later call, leaving nothing half done', async () => {
    const store: ObjectStore = {
      begin: () =>
        Promise.reject(new MillraceError('unwritable_output', 'write /out: the disk is full', { retry: 'backoff' })),
    }
    const { env, delivery } = world(
      { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 } },
      { store, retryForMs: 5_000 },
    )
    await delivery.write(rowsOf([0, 'a']))
    await env.clock.run()
    expect(env.clock.monotonicMs()).toBeLessThan(6_000)
    await expect(delivery.write(rowsOf([1, 'b']))).rejects.toThrow('write /out: the disk is full')
    await expect(delivery.close()).rejects.toThrow('write /out: the disk is full')
    expect(delivery.waitingRows).toBe(1)
  })

  it('aborts an object that cannot be finished', async () => {
    const inner = new MemoryStore()
    const store: ObjectStore = {
      begin: async key => ({
        ...(await inner.begin(key)),
        complete: () => Promise.reject(new MillraceError('unwritable_output', 'broken')),
      }),
    }
    const { delivery } = world({}, { store })
    await delivery.write(rowsOf([0, 'a']))
    await expect(delivery.close()).rejects.toThrow('broken')
    expect([inner.objects.size, inner.open.size]).toEqual([0, 0])
  })

  it('makes later writes wait while an object is on its way', async () => {
    const inner = new MemoryStore()
    const { env, delivery } = world(
      { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } },
      {
        store: {
          begin: async key => {
            const writer = await inner.begin(key)
            return { ...writer, complete: () => env.clock.sleep(5_000).then(() => writer.complete()) }
          },
        },
      },
    )
    await delivery.write(rowsOf([0, 'a']))
    await env.clock.advance(1_000)
    const second = delivery.write(rowsOf([1, 'b']))
    let taken = false
    void second.then(() => (taken = true))
    await env.clock.advance(4_999)
    expect(taken).toBe(false)
    await env.clock.advance(1)
    expect(taken).toBe(true)
    await env.clock.until(delivery.close())
    expect(names(inner)).toEqual(['a', 'b'])
  })
})

describe('options of a delivery', () => {
  it('are refused all at once, each under its name', () => {
    const options = {
      DeliveryStreamName: 'no blanks',
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 901 },
      Prefix: '!{timestamp:yyyy}',
      CompressionFormat: 'GZIP',
      FileExtension: '.GZ',
      format: 'parquet',
      delimiter: 'between',
      version: 0,
      ParquetSerDe: { WriterVersion: 'V1', PageSizeBytes: 1 },
    } as const
    const { problems, plan } = checkDeliveryOptions(options, SCHEMA)
    expect(plan).toBeNull()
    expect(problems.map(({ path, code }) => `${path} ${code}`)).toEqual([
      'DeliveryStreamName VALIDATION',
      'version VALIDATION',
      'BufferingHints.SizeInMBs DFC_BUFFER',
      'BufferingHints.IntervalInSeconds VALIDATION',
      'ErrorOutputPrefix ERRPREFIX_REQUIRED',
      'CompressionFormat DFC_COMPRESSION',
      'delimiter VALIDATION',
      'ParquetSerDe.PageSizeBytes DFC_SERDE',
      'ParquetSerDe.WriterVersion DFC_SERDE',
      'FileExtension VALIDATION',
    ])
    expect(() => world(options)).toThrow(expect.objectContaining({ code: 'config' }))
    expect(() => world(options)).toThrow(/BufferingHints\.SizeInMBs: 5 .*\n.*ErrorOutputPrefix: /s)
  })

  it('are refused where a name or a type is wrong, as in a file that nobody checked', () => {
    const options = JSON.parse(
      '{"DeliveryStreamName":"views","Prefx":"a/","Prefix":5,"BufferingHints":null,"toString":1}',
    ) as DeliveryOptions
    expect(checkDeliveryOptions(options, SCHEMA).problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'Prefx: no such option, or not available for this store; remove it',
      'Prefix: 5 is no string',
      'BufferingHints: null is no object',
      'toString: no such option, or not available for this store; remove it',
    ])
    const odd = JSON.parse(
      '{"DeliveryStreamName":"views","format":"orc","BufferingHints":{"SizeInMBs":"5"},"CompressionFormat":"SNAPPY"}',
    ) as DeliveryOptions
    expect(checkDeliveryOptions(odd, SCHEMA).problems.map(({ path }) => path)).toEqual([
      'format',
      'BufferingHints',
      'CompressionFormat',
    ])
  })

  it.each([
    [{}, { hints: { SizeInMBs: 5, IntervalInSeconds: 300 }, extension: '' }],
    [{ format: 'parquet' }, { hints: { SizeInMBs: 128, IntervalInSeconds: 300 }, extension: '.parquet' }],
    [{ CompressionFormat: 'GZIP' }, { extension: '.gz', warnings: [] }],
    [{ CompressionFormat: 'Snappy' }, { extension: '.snappy', warnings: [] }],
    [{ CompressionFormat: 'ZIP' }, { extension: '.zip', warnings: [] }],
    [
      { CompressionFormat: 'GZIP', FileExtension: '.json.gz' },
      { extension: '.json.gz', warnings: [] },
    ],
    [{ CompressionFormat: 'GZIP', FileExtension: '.json' }, { warnings: [expect.stringContaining('.gz')] }],
    [{ FileExtension: '' }, { extension: '' }],
  ] as const)('%o give %o', (options, expected) => {
    expect(checkDeliveryOptions({ DeliveryStreamName: 'views', ...options }, SCHEMA).plan).toMatchObject(expected)
  })
})
