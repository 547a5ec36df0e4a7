/** Reading ahead: bounds, pace, and what happens to reads that fail. */
import { expect, test } from 'vitest'
import { MillraceError, RecordBatchBuilder, type ShardDescription, type ShardRead } from '../../../core/index.ts'
import { type AfterRefusal, type PrefetchBounds, Prefetcher } from '../../../processors/consumer/prefetcher.ts'
import { memoryEnv } from '../../support/memory-env.ts'

const never = new AbortController().signal
const CHILD: ShardDescription = {
  shardId: 'child',
  parentShardIds: ['s'],
  startingHashKey: 0n,
  endingHashKey: 1n,
  closed: false,
}

interface Step {
  readonly sizeBytes?: number
  readonly behind?: number
  readonly ended?: boolean
  readonly children?: readonly ShardDescription[]
  readonly fails?: MillraceError
}

function world(
  steps: readonly Step[],
  bounds: Partial<PrefetchBounds> = {},
  idleMs: number | null = 1_500,
  refusals: readonly (AfterRefusal | MillraceError)[] = [],
) {
  const env = memoryEnv()
  const reads: number[] = []
  const failures: [string, number][] = []
  const left = [...refusals]
  const verdicts: string[] = []
  let next = 0
  const prefetcher = new Prefetcher({
    clock: env.clock,
    random: env.random,
    maxRecords: 10_000,
    idleMs,
    reducedTpsThresholdMs: 0,
    bounds: { batchesMax: 4, bytesMax: 8_000, recordsMax: 30_000, ...bounds },
    onFailure: (error, inARow) => failures.push([error.code, inARow]),
    onRefused: async error => {
      if (error === null) {
        const verdict = left.shift() ?? 'accept'
        verdicts.push(verdict instanceof Error ? verdict.code : typeof verdict === 'string' ? verdict : 'ended')
        if (verdict instanceof Error) throw verdict
        return verdict
      }
      const next = left.shift() ?? 'repeat'
      if (next instanceof Error) throw next
      return next
    },
    open: async () => ({
      shardId: 's',
      async read(): Promise<ShardRead> {
        reads.push(env.clock.monotonicMs())
        const step = steps[next++] ?? {}
        if (step.fails !== undefined) throw step.fails
        const builder = new RecordBatchBuilder()
        if (step.sizeBytes !== undefined)
          builder.add({
            data: new Uint8Array(step.sizeBytes),
            arrivedAt: 0,
            rowtime: 0,
            sequenceNumber: String(next),
            subsequenceNumber: 0,
            partitionKey: 'k',
            shardId: 's',
          })
        return {
          records: builder.take(),
          millisBehindLatest: step.behind ?? 0,
          requestedAt: 0,
          ended: step.ended ?? false,
          ...(step.ended === true ? { childShards: step.children ?? [CHILD] } : {}),
        }
      },
      close: () => Promise.resolve(),
    }),
  })
  return { env, prefetcher, reads, failures, verdicts }
}

const backoff = (code: 'throttled' | 'internal' | 'expired_iterator'): MillraceError =>
  new MillraceError(code, code, { retry: 'backoff' })

test('at the tip a shard is left alone for the idle time, counted from one read to the next; behind it is read on at once', async () => {
  const { env, prefetcher, reads } = world([{ behind: 5 }, { behind: 5 }, {}, {}, {}])
  void prefetcher.next(never)
  await env.clock.advance(4_000)
  for (let i = 0; i < 4; i++) await prefetcher.next(never)
  expect(reads.slice(0, 4)).toEqual([0, 0, 0, 1_500])
  await prefetcher.close()
})

test('reads ahead until 4 batches wait, and on when one is taken', async () => {
  const { env, prefetcher, reads } = world(Array.from({ length: 20 }, () => ({ sizeBytes: 1, behind: 1 })))
  void prefetcher.next(never)
  await env.clock.advance(10_000)
  expect([prefetcher.queuedBatches, reads.length]).toEqual([4, 5])
  await prefetcher.next(never)
  await env.clock.advance(1)
  expect([prefetcher.queuedBatches, reads.length]).toEqual([4, 6])
  await prefetcher.close()
  expect(prefetcher.queuedBytes).toBe(0)
})

test('bytes and records bound it as well, and one fetch may reach beyond', async () => {
  const steps = Array.from({ length: 20 }, () => ({ sizeBytes: 5_000, behind: 1 }))
  const bytes = world(steps)
  void bytes.prefetcher.next(never)
  await bytes.env.clock.advance(100)
  expect([bytes.prefetcher.queuedBatches, bytes.prefetcher.queuedBytes]).toEqual([2, 10_000])
  await bytes.prefetcher.close()
  const records = world(steps, { recordsMax: 1 })
  void records.prefetcher.next(never)
  await records.env.clock.advance(100)
  expect(records.prefetcher.queuedBatches).toBe(1)
  await records.prefetcher.close()
})

test('without room for any batch it reads only when it is asked', async () => {
  const { env, prefetcher, reads } = world(
    Array.from({ length: 9 }, () => ({ sizeBytes: 1, behind: 1 })),
    { batchesMax: 0 },
  )
  for (let i = 1; i <= 3; i++) {
    await env.clock.until(prefetcher.next(never))
    await env.clock.advance(1_000)
    expect(reads.length).toBe(i)
  }
  await prefetcher.close()
})

test('a read that fails is repeated later and later, and an iterator that expired at once', async () => {
  const { env, prefetcher, reads, failures } = world([
    { fails: backoff('expired_iterator') },
    { sizeBytes: 1 },
    ...Array.from({ length: 6 }, () => ({ fails: backoff('throttled') })),
    { sizeBytes: 2 },
  ])
  const first = await env.clock.until(prefetcher.next(never))
  expect([first?.read.records.length, reads]).toEqual([1, [0, 0]])
  await env.clock.until(prefetcher.next(never))
  expect(failures).toEqual([['expired_iterator', 1], ...[1, 2, 3, 4, 5, 6].map(n => ['throttled', n])])
  const pauses = reads.slice(3).map((ms, i) => ms - (reads[i + 2] ?? 0))
  for (const [i, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(Math.min(10_000, 1_000 * 2 ** i) / 2)
    expect(pause).toBeLessThanOrEqual(Math.min(10_000, 1_000 * 2 ** i))
  }
  await prefetcher.close()
})

test('what is no error of ours is repeated too', async () => {
  const { env, prefetcher, failures } = world([{ fails: new TypeError('x') as never }, { sizeBytes: 1 }])
  expect((await env.clock.until(prefetcher.next(never)))?.read.records.length).toBe(1)
  expect(failures).toEqual([['internal', 1]])
  await prefetcher.close()
})

test('an end without children is asked for again; records that came with it are not lost', async () => {
  const { env, prefetcher, reads } = world([
    { sizeBytes: 3, ended: true, children: [] },
    { ended: true, children: [] },
    { ended: true },
  ])
  const first = await env.clock.until(prefetcher.next(never))
  expect([first?.read.records.length, first?.read.ended]).toEqual([1, false])
  const last = await env.clock.until(prefetcher.next(never))
  expect([last?.read.ended, last?.read.childShards]).toEqual([true, [CHILD]])
  expect(reads).toHaveLength(3)
  expect(await prefetcher.next(never)).toBeNull()
  await prefetcher.close()
})

test('a refusal is the end of the shard only when whoever knows says so; else it is repeated, after a minute at most', async () => {
  const refused: Step = { fails: new MillraceError('not_found', 'gone') }
  const { env, prefetcher, reads, failures } = world(
    [{ sizeBytes: 1, behind: 1 }, ...Array.from({ length: 12 }, () => refused)],
    {},
    1_500,
    [
      'repeat',
      new MillraceError('throttled', 'not now', { retry: 'backoff' }),
      ...Array.from({ length: 9 }, () => 'repeat' as const),
      { childShards: [CHILD] },
    ],
  )
  await env.clock.until(prefetcher.next(never))
  const last = await env.clock.until(prefetcher.next(never), 3_600_000)
  expect([last?.read.ended, last?.read.childShards]).toEqual([true, [CHILD]])
  expect(failures.filter(([code]) => code === 'not_found').map(([, inARow]) => inARow)).toEqual(
    Array.from({ length: 12 }, (_, i) => i + 1),
  )
  expect(failures.filter(([code]) => code === 'throttled')).toHaveLength(1)
  const pauses = reads.slice(2).map((at, i) => at - (reads[i + 1] ?? 0))
  expect(Math.max(...pauses)).toBeLessThanOrEqual(60_000)
  expect(Math.max(...pauses)).toBeGreaterThan(10_000)
  await prefetcher.close()
})

test('a read after a refusal is kept back, and nothing is read on, until it is known to be of the same stream', async () => {
  const { env, prefetcher, reads, verdicts } = world(
    [{ fails: new MillraceError('not_found', 'gone') }, { sizeBytes: 1, behind: 1 }, { sizeBytes: 2, behind: 1 }],
    {},
    1_500,
    ['repeat', 'repeat', new MillraceError('throttled', 'not now', { retry: 'backoff' }), 'accept'],
  )
  const first = await env.clock.until(prefetcher.next(never))
  expect([first?.read.records.bytes.length, verdicts]).toEqual([1, ['repeat', 'throttled', 'accept']])
  expect((await env.clock.until(prefetcher.next(never)))?.read.records.bytes.length).toBe(2)
  expect(verdicts).toHaveLength(3)
  expect((reads[2] ?? 0) - (reads[1] ?? 0)).toBeGreaterThan(1_000)
  await prefetcher.close()
})

test('taking can be aborted, and goes on later where it was', async () => {
  const { env, prefetcher } = world([{}, { sizeBytes: 1 }])
  await prefetcher.next(never)
  const stop = new AbortController()
  const taking = prefetcher.next(stop.signal)
  await env.clock.drain()
  stop.abort()
  expect(await taking).toBeNull()
  expect((await env.clock.until(prefetcher.next(never)))?.read.records.length).toBe(1)
  await prefetcher.close()
})

test('a reader that waits by itself is read again at once', async () => {
  const { env, prefetcher, reads } = world(
    Array.from({ length: 9 }, () => ({ sizeBytes: 1 })),
    {},
    null,
  )
  void prefetcher.next(never)
  await env.clock.advance(1)
  expect(reads).toEqual([0, 0, 0, 0, 0])
  await prefetcher.close()
})

test('the request after a large fetch has left when it is given away, and whoever was called off gets it the next time', async () => {
  const large = { sizeBytes: 1_048_576, behind: 1 }
  const { env, prefetcher, reads } = world([large, large, large], { batchesMax: 1, bytesMax: 8_000_000 })
  const first = await env.clock.until(prefetcher.next(never))
  expect([first?.read.records.sequenceNumber(0), reads.length]).toEqual(['1', 2])
  await env.clock.advance(1)
  const off = new AbortController()
  const none = prefetcher.next(off.signal)
  off.abort()
  expect(await env.clock.until(none)).toBeNull()
  await env.clock.advance(1)
  expect(prefetcher.queuedBytes).toBeGreaterThanOrEqual(2 * 1_048_576)
  for (const sequenceNumber of ['2', '3']) {
    const batch = await env.clock.until(prefetcher.next(never))
    expect(batch?.read.records.sequenceNumber(0)).toBe(sequenceNumber)
  }
  await prefetcher.close()
})
