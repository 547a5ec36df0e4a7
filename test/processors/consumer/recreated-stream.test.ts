/**
 * A stream that is deleted and created again under its name, and other ways to be refused: an embedded stream behind HTTP, a consumer put
 * together from its name, the real lease side, simulated time.
 */
import { describe, expect, onTestFinished, test } from 'vitest'
import { MillraceError, nodeEnv, type ShardDescription, type StreamSource } from '../../../core/index.ts'
import type { ConsumerEvent } from '../../../processors/consumer/consumer-event.ts'
import {
  extendedSequenceNumber,
  formatExtended,
  SHARD_END,
} from '../../../processors/consumer/leases/extended-sequence-number.ts'
import { newLease } from '../../../processors/consumer/leases/lease.ts'
import { Refusals } from '../../../processors/consumer/refusals.ts'
import { type StreamState, StreamWatch } from '../../../processors/consumer/stream-watch.ts'
import {
  type ConsumerConfiguration,
  memoryLeaseStore,
  type RunningConsumer,
  resetCheckpoints,
  startConsumer,
} from '../../../processors/index.ts'
import type { LocalStream } from '../../../streams/index.ts'
import { client, served } from '../../streams/conformance.ts'
import { SimClock } from '../../support/memory-env.ts'

const ROUNDS_MAX = 5_000
const RANGE = { startingHashKey: 0n, endingHashKey: 2n ** 128n - 1n }

async function world() {
  const server = await served()
  const sdk = client(server.listener.url, 'http1')
  const store = memoryLeaseStore()
  const events: ConsumerEvent[] = []
  const got: string[] = []
  const trace: string[] = []
  /** Replies take real turns; simulated time goes on meanwhile. */
  const until = async (isDone: () => boolean | Promise<boolean>): Promise<void> => {
    for (let round = 0; !(await isDone()); round++) {
      if (round === ROUNDS_MAX)
        throw new Error(`not done; got ${got.join(' ')}; ${events.map(({ message }) => message).join('\n')}`)
      await server.clock.advance(100)
    }
  }
  const settled = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false
    work.then(
      () => (isDone = true),
      () => (isDone = true),
    )
    await until(() => isDone)
    return work
  }
  const running: RunningConsumer[] = []
  onTestFinished(async () => {
    for (const consumer of running) await settled(consumer.stop())
    sdk.destroy()
    await server.close()
  })
  const begin = async (more: Partial<ConsumerConfiguration> = {}, streams: readonly string[] = ['s']) => {
    const consumer = await settled(
      startConsumer({
        streams: streams.length === 1 ? (streams[0] ?? '') : streams,
        client: sdk,
        limits: 'none',
        store,
        env: { ...nodeEnv, clock: server.clock },
        configuration: {
          applicationName: 'app',
          retrievalMode: 'POLLING',
          initialPositionInStream: 'TRIM_HORIZON',
          ...more,
        },
        processor: ({ shardId }) => ({
          async processRecords({ records, checkpointer }) {
            for (const record of records) got.push(Buffer.from(record.data).toString())
            await checkpointer.checkpoint()
          },
          async shardEnded({ checkpointer }) {
            trace.push(`ended ${shardId}`)
            await checkpointer.checkpoint()
          },
        }),
        onEvent: event => events.push(event),
      }),
    )
    running.push(consumer)
    return consumer
  }
  const put = (stream: LocalStream, ...texts: string[]) =>
    stream.putMany(texts.map(text => ({ data: Buffer.from(text), partitionKey: text })))
  const told = (kind: ConsumerEvent['kind']): readonly string[] =>
    events.filter(event => event.kind === kind).map(({ message }) => message)
  const has = (...texts: string[]) => texts.every(text => got.includes(text))
  return { server, streams: server.streams, store, events, got, trace, until, settled, begin, put, told, has }
}

describe('a stream that is deleted and created again while it is read', () => {
  test('is told by its times, ends no shard, and is read again once its checkpoints are reset', async () => {
    const { streams, store, trace, until, begin, put, told, has } = await world()
    await put(await streams.create('s', { shards: 2 }), 'a1', 'a2', 'a3')
    const consumer = await begin()
    await until(() => has('a1', 'a2', 'a3'))
    await streams.delete('s')
    await until(() => told('stream_gone').length === 2)
    expect(told('stream_gone')[0]).toMatch(/^stream s is not there: it was deleted, and what was not read of shardId-/)
    await put(await streams.create('s', { shards: 2 }), 'b1', 'b2', 'b3')
    await until(() => told('stream_recreated').length === 2)
    expect(told('stream_recreated')[0]).toMatch(
      /^stream s was deleted and created again: it was created at 2026-.*Z, and the one of its name at 2026-.*Z\. .* is lost, and the checkpoint \d+.* means nothing in the new one: run millrace checkpoints reset APPLICATION --to TRIM_HORIZON --force/,
    )
    expect(consumer.worker.status.shards.map(({ stopped }) => stopped?.slice(0, 42))).toEqual(
      Array(2).fill('stream s was deleted and created again: it'),
    )
    expect([trace, has('b1')]).toEqual([[], false])
    expect((await store.leases.list()).map(lease => lease.checkpoint?.sequenceNumber)).not.toContain('SHARD_END')
    await resetCheckpoints(store.leases, { to: extendedSequenceNumber('TRIM_HORIZON'), only: [], force: true })
    await until(() => has('b1', 'b2', 'b3'))
    // What is read now is the stream of now: that it is another one than at the start is no matter any more.
    expect(told('stream_recreated')).toHaveLength(2)
    await until(() => consumer.worker.status.shards.every(({ stopped }) => stopped === null))
  })

  test.each([
    'TRIM_HORIZON',
    'LATEST',
  ] as const)('is read anew where recreatedStream says so, from its first record on, with other shards than before: %s', async initialPositionInStream => {
    const { streams, store, until, begin, put, told, has, got } = await world()
    const first = await streams.create('s', { shards: 3 })
    await begin({ recreatedStream: 'READ_ANEW', initialPositionInStream })
    const reads = (...texts: string[]): Promise<void> => until(async () => (await put(first, ...texts), has(...texts)))
    await reads('a1', 'a2', 'a3')
    await streams.delete('s')
    await put(await streams.create('s', { shards: 2 }), ...Array.from({ length: 20 }, (_, i) => `b${i}`))
    await until(() => has(...Array.from({ length: 20 }, (_, i) => `b${i}`)))
    expect(got.filter(text => text.startsWith('b')).toSorted()).toEqual(
      Array.from({ length: 20 }, (_, i) => `b${i}`).toSorted(),
    )
    await until(async () => (await store.leases.list()).length === 2)
    expect((await store.leases.list()).map(({ hashKeyRange }) => hashKeyRange?.startingHashKey)).toEqual([
      0n,
      2n ** 127n,
    ])
    expect(told('stream_recreated')[0]).toMatch(/the new one is read anew \(recreatedStream\)$/)
  })

  test('ends its shards where leases name its creation; the new one has leases of its own', async () => {
    const { server, streams, store, trace, until, begin, put, told, has } = await world()
    await put(await streams.create('s', { shards: 1 }), 'a1')
    await put(await streams.create('t', { shards: 1 }), 't1')
    await begin({}, ['s', 't'])
    await until(() => has('a1', 't1'))
    // Identifiers have the second of the creation.
    await server.clock.advance(1_000)
    await streams.delete('s')
    await put(await streams.create('s', { shards: 1 }), 'b1')
    await until(() => has('b1'))
    expect(trace).toEqual(['ended shardId-000000000000'])
    expect(told('stream_gone')).toEqual([
      expect.stringMatching(/^stream \d+:s:\d+ was deleted: it was created at .*: shardId-000000000000 ends here/),
    ])
    const ofS = (await store.leases.list()).filter(({ leaseKey }) => leaseKey.split(':')[1] === 's')
    expect(new Set(ofS.map(({ streamIdentifier }) => streamIdentifier)).size).toBe(ofS.length)
  })
})

test.each([
  'POLLING',
  'FANOUT',
] as const)('a fan-out consumer that is taken away ends no shard, and one that is created again is told: %s', async retrievalMode => {
  const { server, streams, trace, until, begin, put, told, has } = await world()
  const first = await streams.create('s', { shards: 2 })
  await put(first, 'a1', 'a2', 'a3')
  await begin({ retrievalMode })
  await until(() => has('a1', 'a2', 'a3'))
  await server.clock.advance(1_500)
  if (retrievalMode === 'FANOUT') await first.consumers.deregister('app')
  await put(first, 'a4', 'a5', 'a6')
  await until(() => has('a4', 'a5', 'a6'))
  expect([trace, told('stream_gone')]).toEqual([[], []])
  await streams.delete('s')
  await server.clock.advance(1_500)
  await put(await streams.create('s', { shards: 2 }), 'b1', 'b2', 'b3')
  await until(() => told('stream_recreated').length === 2)
  expect([trace, has('b1')]).toEqual([[], false])
})

describe('a stream that was created again while nobody read it', () => {
  /** As the KCL leaves the table when a stream is deleted. */
  const endedLeases = async (store: ReturnType<typeof memoryLeaseStore>) => {
    for (const shard of ['shardId-000000000000', 'shardId-000000000001'])
      await store.leases.create(newLease({ leaseKey: shard, checkpoint: SHARD_END }))
  }

  test('is told where its open shards were read to SHARD_END, and left alone', async () => {
    const { streams, store, until, begin, put, told, has, server } = await world()
    await endedLeases(store)
    await put(await streams.create('s', { shards: 2 }), 'b1')
    await begin()
    await until(() => told('stream_recreated').length > 0)
    expect(told('stream_recreated')[0]).toMatch(
      /^shardId-000000000000, shardId-000000000001 were read to SHARD_END, and the stream has these shards open: it was deleted and created again under its name, and nothing reads them: run millrace checkpoints reset APPLICATION/,
    )
    // Audits go on saying so.
    const before = told('stream_recreated').length
    await until(() => server.clock.monotonicMs() > 1_000_000 || told('stream_recreated').length > before)
    expect(told('stream_recreated').length).toBeGreaterThan(before)
    expect([
      has('b1'),
      (await store.leases.list()).every(lease => lease.checkpoint?.sequenceNumber === 'SHARD_END'),
    ]).toEqual([false, true])
  })

  test('is read anew where recreatedStream says so', async () => {
    const { streams, store, until, begin, put, told, has } = await world()
    await endedLeases(store)
    await put(await streams.create('s', { shards: 2 }), 'b1', 'b2', 'b3', 'b4')
    await begin({ recreatedStream: 'READ_ANEW', initialPositionInStream: 'LATEST' })
    await until(() => has('b1', 'b2', 'b3', 'b4'))
    expect(told('stream_recreated')).toEqual([expect.stringMatching(/They are read anew \(recreatedStream\)$/)])
  })

  test('and whose checkpoints the service refuses is told, or read anew', async () => {
    const strange = extendedSequenceNumber('49999999999990256608559692538361571095921575989136588898')
    for (const recreatedStream of ['STOP', 'READ_ANEW'] as const) {
      const { streams, store, until, begin, put, told, has } = await world()
      await put(await streams.create('s', { shards: 1 }), 'b1')
      await store.leases.create(newLease({ leaseKey: 'shardId-000000000000', checkpoint: strange }))
      await begin({ recreatedStream })
      await until(() => told('stream_recreated').length > 0)
      expect(told('stream_recreated')[0]).toMatch(
        `the checkpoint of shardId-000000000000 is refused; the checkpoint ${formatExtended(strange)} may be of an earlier stream of this name: run millrace checkpoints reset`,
      )
      if (recreatedStream === 'READ_ANEW') await until(() => has('b1'))
      else expect(has('b1')).toBe(false)
    }
  })
})

describe('a refusal', () => {
  const CHILD: ShardDescription = { shardId: 'b', parentShardIds: ['a'], ...RANGE, closed: false }
  const refusals = (state: StreamState | MillraceError, streamIdentifier: string | null = null) => {
    const events: ConsumerEvent[] = []
    const refused = new Refusals({
      info: { streamName: 's', shardId: 'a', streamIdentifier },
      lease: {},
      policy: 'STOP',
      endsWithStream: streamIdentifier !== null,
      watch: {
        createdAt: () => Promise.resolve(1),
        stateOf: () => (state instanceof MillraceError ? Promise.reject(state) : Promise.resolve(state)),
      },
      checkpoint: () => extendedSequenceNumber('7'),
      isLost() {},
      streamGone() {},
      onEvent: event => events.push(event),
    })
    return { refused, events }
  }
  const notFound = new MillraceError('not_found', 'there is no such thing')

  test('of a shard that its stream lists is repeated without a word of the stream', async () => {
    const { refused, events } = refusals({ kind: 'there' })
    expect(await refused.after(notFound, 9)).toBe('repeat')
    expect(events).toEqual([])
  })

  test('of a shard that its stream does not list is its end, with the children that are listed, at the third time', async () => {
    const { refused } = refusals({ kind: 'ended', childShards: [CHILD] })
    expect(await refused.after(notFound, 2)).toBe('repeat')
    expect(await refused.after(notFound, 3)).toEqual({ childShards: [CHILD] })
  })

  test('of a deleted stream is the end where the lease names its creation, and told once else', async () => {
    expect(await refusals({ kind: 'gone' }, '1:s:2').refused.after(notFound, 1)).toEqual({ childShards: [] })
    const { refused, events } = refusals({ kind: 'gone' })
    for (let failures = 1; failures < 5; failures++) expect(await refused.after(notFound, failures)).toBe('repeat')
    expect(events).toHaveLength(1)
    expect(refused.problem).toContain('stream s is not there')
    refused.passed()
    expect(refused.problem).toBeNull()
  })

  test('that is followed by a read that succeeds lets it pass only where the stream is the same', async () => {
    const other = { kind: 'recreated', createdAt: 2, before: 1 } as const
    expect(await refusals({ kind: 'there' }).refused.after(null, 1)).toBe('accept')
    expect(await refusals({ kind: 'gone' }).refused.after(null, 1)).toBe('repeat')
    expect(await refusals(other, '1:s:2').refused.after(null, 1)).toEqual({ childShards: [] })
    const { refused, events } = refusals(other)
    expect(await refused.after(null, 1)).toBe('repeat')
    expect(events.map(({ kind }) => kind)).toEqual(['stream_recreated'])
  })

  test('that cannot be explained is thrown on', async () => {
    const busy = new MillraceError('throttled', 'not now', { retry: 'backoff' })
    await expect(refusals(busy).refused.after(notFound, 1)).rejects.toBe(busy)
  })
})

test('shards that are refused at a time ask for their stream once, and what another creation is stays known', async () => {
  const clock = new SimClock()
  let [asked, createdAt] = [0, 5]
  const source = {
    createdAt: () => {
      asked++
      return Promise.resolve(createdAt)
    },
    listShards: () => Promise.resolve([]),
  } as unknown as StreamSource
  const watch = new StreamWatch(source, clock)
  expect([await watch.createdAt(), await watch.createdAt(), asked]).toEqual([5, 5, 1])
  createdAt = 9
  const states = await Promise.all(['a', 'b', 'c'].map(shardId => watch.stateOf(shardId, 5)))
  expect(states).toEqual(Array(3).fill({ kind: 'recreated', createdAt: 9, before: 5 }))
  expect([asked, await watch.createdAt()]).toEqual([2, 9])
  await clock.advance(1_001)
  expect(await watch.stateOf('a', 9)).toEqual({ kind: 'ended', childShards: [] })
  expect(asked).toBe(3)
})
