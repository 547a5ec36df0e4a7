/** Streams that come and go while workers run: a tracker, the real lease side, embedded streams; simulated time. */
import { expect, test } from 'vitest'
import {
  type ConsumeOptions,
  type ConsumerEvent,
  consume,
  type FormerStreamsLeasesDeletionStrategy,
  memoryLeaseStore,
  type StreamChoice,
} from '../../../processors/index.ts'
import { LocalStreams } from '../../../streams/index.ts'
import { memoryEnv } from '../../support/memory-env.ts'

const MINUTE = 60_000

async function world(names: readonly string[]) {
  const env = memoryEnv()
  const streams = await LocalStreams.open({ env })
  const made = new Map(
    await Promise.all(names.map(async name => [name, await streams.create(name, { shards: 2 })] as const)),
  )
  const store = memoryLeaseStore()
  const got: string[] = []
  const events: ConsumerEvent[] = []
  const choice = (name: string): StreamChoice => {
    const stream = made.get(name)
    if (stream === undefined) throw new Error(`there is no stream ${name}`)
    return { source: stream.asSource(), streamIdentifier: `000000000000:${name}:1` }
  }
  const begin = (
    workerIdentifier: string,
    list: () => readonly (string | StreamChoice)[],
    formerStreamsLeasesDeletionStrategy?: FormerStreamsLeasesDeletionStrategy,
    more: Partial<ConsumeOptions> = {},
  ) =>
    env.clock.until(
      consume(
        {
          streamConfigList: () => list().map(one => (typeof one === 'string' ? choice(one) : one)),
          formerStreamsLeasesDeletionStrategy,
        },
        async (records, _, { signal }) => {
          if (signal.aborted) return
          for (const record of records) got.push(`${workerIdentifier} ${Buffer.from(record.data).toString()}`)
        },
        {
          env,
          store,
          signals: [],
          onEvent: event => events.push(event),
          ...more,
          configuration: {
            applicationName: 'app',
            workerIdentifier,
            initialPositionInStream: 'TRIM_HORIZON',
            leaseAssignmentStrategy: 'LEASE_COUNT_BASED',
          },
        },
      ),
    )
  let next = 0
  /** Puts into a stream; the texts of what was put. */
  const put = async (name: string): Promise<readonly string[]> => {
    const texts = Array.from({ length: 4 }, () => `${name}${next++}`)
    await made.get(name)?.putMany(texts.map(text => ({ data: Buffer.from(text), partitionKey: text })))
    return texts
  }
  const has = (texts: readonly string[]): boolean => texts.every(text => got.some(line => line.endsWith(` ${text}`)))
  const leasesOf = async (name: string): Promise<number> =>
    (await store.leases.list()).filter(lease => lease.streamIdentifier === `000000000000:${name}:1`).length
  return { env, begin, put, has, leasesOf, store, got, events }
}

test('a stream that is named later is read within two minutes, and one that is named no more goes on being read', async () => {
  const { env, begin, put, has, leasesOf } = await world(['a', 'b'])
  let named = ['a']
  const worker = await begin('w', () => named)
  const [first, early] = [await put('a'), await put('b')]
  await env.clock.advance(MINUTE)
  expect([has(first), has(early), await leasesOf('b')]).toEqual([true, false, 0])
  named = ['b']
  await env.clock.advance(2 * MINUTE)
  expect([has(early), await leasesOf('a'), await leasesOf('b')]).toEqual([true, 2, 2])
  const late = [...(await put('a')), ...(await put('b'))]
  await env.clock.advance(MINUTE)
  expect(has(late)).toBe(true)
  await env.clock.until(worker.shutdown())
})

test('the leases of a former stream are deleted after the waiting period, unless it is named again before', async () => {
  const { env, begin, put, has, leasesOf, events } = await world(['a', 'b', 'c'])
  let named = ['a', 'b', 'c']
  const worker = await begin('w', () => named, {
    leaseDeletionType: 'FORMER_STREAMS_AUTO_DETECTION_DEFERRED_DELETION',
    waitPeriodToDeleteFormerStreamsMillis: 10 * MINUTE,
  })
  await env.clock.advance(MINUTE)
  named = ['a']
  await env.clock.advance(8 * MINUTE)
  named = ['a', 'c']
  await env.clock.advance(2 * MINUTE)
  expect([await leasesOf('b'), await leasesOf('c')]).toEqual([2, 2])
  named = ['a']
  await env.clock.advance(2 * MINUTE)
  // What was named again waits anew.
  expect([await leasesOf('a'), await leasesOf('b'), await leasesOf('c')]).toEqual([2, 0, 2])
  await env.clock.advance(MINUTE)
  const [gone, kept] = [await put('b'), await put('a')]
  await env.clock.advance(MINUTE)
  expect([has(gone), has(kept)]).toEqual([false, true])
  expect(events.some(({ message }) => message.includes('stream 000000000000:b:1 is a former one'))).toBe(true)
  await env.clock.advance(10 * MINUTE)
  expect(await leasesOf('c')).toBe(0)
  await env.clock.until(worker.shutdown())
})

test('only the streams that the application tells lose their leases, and never one that is named', async () => {
  const { env, begin, leasesOf } = await world(['a', 'b', 'c'])
  let named = ['a', 'b', 'c']
  const worker = await begin('w', () => named, {
    leaseDeletionType: 'PROVIDED_STREAMS_DEFERRED_DELETION',
    waitPeriodToDeleteFormerStreamsMillis: MINUTE,
    streamIdentifiersForLeaseCleanup: () => ['000000000000:a:1', '000000000000:b:1', '000000000000:none:1'],
  })
  await env.clock.advance(MINUTE)
  named = ['a']
  await env.clock.advance(4 * MINUTE)
  expect([await leasesOf('a'), await leasesOf('b'), await leasesOf('c')]).toEqual([2, 0, 2])
  await env.clock.until(worker.shutdown())
})

test('a stream that is named and cannot be opened keeps its leases, by name and by ARN, until it is named no more', async () => {
  const { env, begin, leasesOf, events } = await world(['a', 'b', 'c', 'd'])
  const first = await begin('w1', () => ['a', 'b', 'c', 'd'])
  await env.clock.advance(MINUTE)
  await env.clock.until(first.shutdown())
  const arnOf = (name: string): string => `arn:aws:kinesis:eu-central-1:000000000000:stream/${name}`
  let named: readonly (string | StreamChoice)[] = ['a', { streamName: 'b' }, { streamArn: arnOf('c') }]
  const busy = Object.assign(new Error('rate exceeded'), { name: 'LimitExceededException' })
  const worker = await begin(
    'w2',
    () => named,
    {
      leaseDeletionType: 'FORMER_STREAMS_AUTO_DETECTION_DEFERRED_DELETION',
      waitPeriodToDeleteFormerStreamsMillis: MINUTE,
    },
    { client: { send: () => Promise.reject(busy), destroy() {} } },
  )
  await env.clock.advance(10 * MINUTE)
  const counts = () => Promise.all(['a', 'b', 'c', 'd'].map(leasesOf))
  expect(await counts()).toEqual([2, 2, 2, 0])
  expect(events.some(({ message }) => message.includes('opening stream b failed'))).toBe(true)
  named = ['a', { streamArn: arnOf('other') }]
  await env.clock.advance(10 * MINUTE)
  expect(await counts()).toEqual([2, 0, 0, 0])
  await env.clock.until(worker.shutdown())
})

test('a worker that has not heard of a stream asks again when it gets a lease of it', async () => {
  const { env, begin, put, got } = await world(['a', 'b'])
  const first = await begin('w1', () => ['a', 'b'])
  await env.clock.advance(30_000)
  let asked = 0
  const second = await begin('w2', () => (asked++ === 0 ? ['a'] : ['a', 'b']))
  await env.clock.advance(50_000)
  const texts = [...(await put('a')), ...(await put('b')), ...(await put('b'))]
  await env.clock.advance(20_000)
  expect(got.map(line => line.slice(line.indexOf(' ') + 1)).toSorted()).toEqual(texts.toSorted())
  expect(got.some(line => line.startsWith('w2 b'))).toBe(true)
  await env.clock.until(Promise.all([first.shutdown(), second.shutdown()]))
})

test('a tracker that throws leaves the list as it was, and is told', async () => {
  const { env, begin, put, has, events } = await world(['a'])
  let isDown = false
  const worker = await begin('w', () => {
    if (isDown) throw new Error('the registry is down')
    return ['a']
  })
  isDown = true
  await env.clock.advance(3 * MINUTE)
  const texts = await put('a')
  await env.clock.advance(MINUTE)
  expect(has(texts)).toBe(true)
  expect(
    events.some(({ message }) =>
      message.includes('looking for streams that came or went failed: the registry is down'),
    ),
  ).toBe(true)
  await env.clock.until(worker.shutdown())
})
