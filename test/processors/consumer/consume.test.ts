/** A consumer put together from names: one function, the real lease side, an embedded stream; simulated time. */
import { expect, test } from 'vitest'
import { type Env, MillraceError } from '../../../core/index.ts'
import { MemoryItems } from '../../../processors/consumer/leases/memory-lease-store.ts'
import {
  type ConsumeOptions,
  consume,
  handlerProcessor,
  memoryLeaseStore,
  type ProcessRecordsInput,
} from '../../../processors/index.ts'
import { LocalStreams } from '../../../streams/index.ts'
import { type MemoryEnv, memoryEnv } from '../../support/memory-env.ts'

async function world(shards = 2) {
  const env = memoryEnv()
  const streams = await LocalStreams.open({ env })
  const stream = await streams.create('s', { shards })
  const items = new MemoryItems()
  const store = memoryLeaseStore(items)
  const got: string[] = []
  let next = 0
  const put = async (count: number): Promise<string[]> => {
    const texts = Array.from({ length: count }, () => `r${next++}`)
    await stream.putMany(texts.map(text => ({ data: Buffer.from(text), partitionKey: text })))
    return texts
  }
  const begin = (workerIdentifier: string, more: Partial<ConsumeOptions> = {}, of: Env | MemoryEnv = env) =>
    env.clock.until(
      consume(
        { source: stream.asSource() },
        async records => {
          for (const record of records) got.push(Buffer.from(record.data).toString())
        },
        {
          env: of,
          store,
          signals: [],
          ...more,
          configuration: {
            applicationName: 'app',
            workerIdentifier,
            initialPositionInStream: 'TRIM_HORIZON',
            leaseAssignmentStrategy: 'LEASE_COUNT_BASED',
            ...more.configuration,
          },
        },
      ),
    )
  return { env, stream, store, got, put, begin }
}

test('a function gets every record; its progress is saved by itself, and a worker that follows goes on from there', async () => {
  const { env, store, got, put, begin } = await world()
  const expected = await put(50)
  const first = await begin('a')
  await env.clock.advance(30_000)
  expect(got.toSorted()).toEqual(expected.toSorted())
  expected.push(...(await put(10)))
  await env.clock.advance(5_000)
  await env.clock.until(first.shutdown())
  expect(
    (await store.leases.list()).map(lease => [lease.leaseOwner, /^\d+$/.test(lease.checkpoint?.sequenceNumber ?? '')]),
  ).toEqual([
    [null, true],
    [null, true],
  ])
  expected.push(...(await put(10)))
  const second = await begin('b')
  await env.clock.advance(60_000)
  expect(got.toSorted()).toEqual(expected.toSorted())
  await env.clock.until(second.shutdown())
})

test('two workers share the shards; when one shuts down, the other has all of them, and nothing comes twice', async () => {
  const { env, got, put, begin } = await world(4)
  const a = await begin('a')
  await env.clock.advance(30_000)
  const b = await begin('b')
  const expected: string[] = []
  for (let i = 0; i < 24; i++) {
    expected.push(...(await put(5)))
    await env.clock.advance(5_000)
  }
  expect([a.worker.status.shards.length, b.worker.status.shards.length]).toEqual([2, 2])
  await env.clock.until(a.shutdown())
  for (let i = 0; i < 12; i++) {
    expected.push(...(await put(5)))
    await env.clock.advance(5_000)
  }
  expect(b.worker.status.shards.length).toBe(4)
  await env.clock.until(b.shutdown())
  expect(got.toSorted()).toEqual(expected.toSorted())
})

test('a split and a merge are followed from parents to children', async () => {
  const { env, stream, store, got, put, begin } = await world(2)
  const consumer = await begin('a', { configuration: { parentShardPollIntervalMillis: 500 } })
  const expected = await put(20)
  await env.clock.advance(10_000)
  await stream.split('shardId-000000000000', 1n << 120n)
  expected.push(...(await put(20)))
  await env.clock.advance(60_000)
  await stream.merge('shardId-000000000002', 'shardId-000000000003')
  expected.push(...(await put(20)))
  await env.clock.advance(120_000)
  expect(got.toSorted()).toEqual(expected.toSorted())
  const ended = (await store.leases.list()).filter(lease => lease.checkpoint?.sequenceNumber === 'SHARD_END')
  expect(consumer.worker.status.shards.map(shard => shard.shardId)).toEqual([
    'shardId-000000000001',
    'shardId-000000000004',
  ])
  expect(ended.length).toBeLessThanOrEqual(3)
  await env.clock.until(consumer.shutdown())
})

test('with checkpointIntervalMillis Infinity only the handler, the end of a shard and of the worker checkpoint', async () => {
  const { env, store, put, begin } = await world(1)
  const consumer = await begin('a', { checkpointIntervalMillis: Number.POSITIVE_INFINITY })
  await put(3)
  await env.clock.advance(30_000)
  expect((await store.leases.list())[0]?.checkpoint?.sequenceNumber).toBe('TRIM_HORIZON')
  await env.clock.until(consumer.shutdown())
  expect((await store.leases.list())[0]?.checkpoint?.sequenceNumber).toMatch(/^\d+$/)
})

test('a table that refuses a checkpoint for a while does not make records come again; a lost lease ends the shard', async () => {
  const { clock } = memoryEnv()
  const processor = handlerProcessor(async () => {}, clock, 1_000)
  let refusal: MillraceError | null = new MillraceError('throttled', 'busy', { retry: 'backoff' })
  let saved = 0
  const checkpointer = {
    lastCheckpoint: { sequenceNumber: 'TRIM_HORIZON', subsequenceNumber: 0 },
    checkpoint: () => (refusal === null ? Promise.resolve(void saved++) : Promise.reject(refusal)),
  }
  const process = () => processor.processRecords({ records: [], checkpointer } as unknown as ProcessRecordsInput)
  await process()
  await clock.advance(1_000)
  await process()
  refusal = null
  await process()
  expect(saved).toBe(0)
  await clock.advance(1_000)
  await process()
  expect(saved).toBe(1)
  refusal = new MillraceError('lease_lost', 'gone')
  await clock.advance(1_000)
  await expect(process()).rejects.toMatchObject({ code: 'lease_lost' })
})

test('probes are served while it runs, and nothing is left when it has ended', async () => {
  const { env, begin } = await world(1)
  const consumer = await begin('a', { healthPort: 0 })
  const port = consumer.health?.port ?? 0
  expect((await env.network.request({ port, path: '/readyz' })).status).toBe(200)
  await env.clock.until(consumer.stop())
  await consumer.ended
  await expect(env.network.request({ port, path: '/livez' })).rejects.toThrow()
})
