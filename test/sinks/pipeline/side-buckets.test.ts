/** Buckets of errors and copies that refuse, and what waits for them. */
import { describe, expect, it } from 'vitest'
import { MEBIBYTE, MillraceError } from '../../../core/index.ts'
import { ownBytes } from '../../../sinks/pipeline/own-bytes.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import type { ObjectStore } from '../../../sinks/stores/store.ts'
import { customWorld } from '../destinations/world.ts'
import { S3 } from '../support/definitions.ts'
import { bytes, put, texts, world } from './world.ts'

/** A bucket that denies until it is told otherwise. */
function denying() {
  const bucket = new MemoryStore()
  const state = { denies: true, bucket }
  const store: ObjectStore = {
    begin: (key, attributes) =>
      state.denies
        ? Promise.reject(new MillraceError('unwritable_output', 'AccessDenied', { retry: 'backoff' }))
        : bucket.begin(key, attributes),
  }
  return { state, store }
}

const BACKUP = {
  S3BackupMode: 'Enabled',
  S3BackupConfiguration: {
    ...S3,
    BucketARN: 'arn:aws:s3:::raw',
    BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
  },
}

describe('a flush', () => {
  it('waits for copies whose bucket denies, and later data does not', async () => {
    const { state, store } = denying()
    const lake = new MemoryStore()
    const { clock, stream } = world(BACKUP, {}, { store: arn => (arn.endsWith(':raw') ? store : lake) })
    await put(stream, 'a')
    let flushed = false
    const flush = stream.flush().then(() => {
      flushed = true
    })
    await clock.advance(600_000)
    expect([flushed, lake.objects.size]).toEqual([false, 1])
    await put(stream, 'b')
    await clock.advance(600_000)
    expect(texts(lake).map(([, text]) => text)).toEqual(['a', 'b'])
    state.denies = false
    await clock.until(flush)
    await clock.until(stream.close())
    expect(
      texts(state.bucket)
        .map(([, text]) => text)
        .join(''),
    ).toBe('ab')
  })
})

it('errors whose bucket denies hold up no data of another one, and fill the intake', async () => {
  const { state, store } = denying()
  const data: string[] = []
  const { clock, stream } = world(
    { ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'Decompression', Parameters: [] }] } },
    { intakeBytesMax: 4_000, heldBytesMax: 2_000 },
    { store: () => ({ ...store, begin: async (key, attributes) => (data.push(key), store.begin(key, attributes)) }) },
  )
  // No record is gzip: each is an error record, of about twice its size.
  let written = 0
  const done = (async () => {
    for (; written < 100; written++) await stream.write([{ data: bytes('x'.repeat(500)) }])
    await stream.close()
  })()
  await clock.advance(3_600_000)
  expect(written).toBeLessThan(20)
  // What was in the intake has become error records meanwhile, which are larger.
  expect(stream.intakeBytes).toBeLessThan(12_000)
  expect(data.every(key => key.startsWith('decompression-failed/'))).toBe(true)
  state.denies = false
  await clock.until(done)
  expect(texts(state.bucket).flatMap(([, text]) => text.trimEnd().split('\n'))).toHaveLength(100)
})

it('refusals whose bucket denies hold up no batch to a destination that takes the others, and fill the intake', async () => {
  const { state, store } = denying()
  const taken: string[] = []
  const { clock, stream } = customWorld(
    () => ({
      name: 'KinesisStream',
      errorType: 'kinesis-stream-failed',
      callsMax: 1,
      recordsMax: 1,
      bytesMax: 1_000,
      successOf: 'records',
      retry: { durationSeconds: 0, countsFrom: 'first-failure', waitFirstMs: 1, waitMaxMs: 1 },
      sizeOf: ({ data }) => data.length,
      call: async ({ records }) => ({
        outcomes: records.map(({ data }) => {
          const text = Buffer.from(data).toString()
          if (text === 'bad') return { code: 'Bad', message: 'bad', retry: 'never' as const }
          taken.push(text)
          return null
        }),
      }),
    }),
    { parts: { store: () => store }, options: { intakeBytesMax: 4_000 } },
  )
  await put(stream, 'a', 'bad', 'b', 'c')
  await clock.advance(600_000)
  expect(taken).toEqual(['a', 'b', 'c'])
  let flushed = false
  const flush = stream.flush().then(() => {
    flushed = true
  })
  const answers: string[] = []
  for (let n = 0; n < 40; n++) {
    answers.push(await stream.putRecord({ Data: bytes('bad') }).then(() => 'taken', String))
    await clock.advance(1_000)
  }
  expect([flushed, answers[0], answers.at(-1)]).toEqual([false, 'taken', expect.stringContaining('Slow down')])
  expect(stream.intakeBytes).toBeLessThan(6_000)
  state.denies = false
  await clock.until(flush)
  await clock.until(stream.close())
  const lines = texts(state.bucket).flatMap(([, text]) => text.trimEnd().split('\n'))
  expect(lines).toHaveLength(1 + answers.filter(answer => answer === 'taken').length)
})

describe('views of a large buffer', () => {
  const fetched = new Uint8Array(MEBIBYTE).map((_, at) => at)
  const view = (from: number, to: number) => ({ data: fetched.subarray(from, to), arrivedAt: from })

  it('are copied together where they are a small part of it', () => {
    const records = [view(0, 10), view(500, 520)]
    const own = ownBytes(records)
    expect(own).toEqual(records)
    expect(new Set(own.map(({ data }) => data.buffer))).toHaveLength(1)
    expect(own[0]?.data.buffer.byteLength).toBe(30)
  })

  it('stay where they are most of it, or it is small', () => {
    const many = Array.from({ length: 1_024 }, (_, n) => view(n * 1_024, n * 1_024 + 512))
    expect(ownBytes(many)).toBe(many)
    const small = [{ data: new Uint8Array(60_000).subarray(0, 1) }]
    expect(ownBytes(small)).toBe(small)
    const mixed = [...many, { data: new Uint8Array(MEBIBYTE).subarray(7, 8) }]
    const own = ownBytes(mixed)
    expect(own.slice(0, -1)).toEqual(many)
    expect([own[0]?.data.buffer, own.at(-1)?.data.buffer.byteLength]).toEqual([fetched.buffer, 1])
  })
})
