/** A destination that refuses for an hour, is slow now and then, or vanishes: memory stays bounded, the reader waits, nothing is lost. */
import { describe, expect, it } from 'vitest'
import { type HttpHandler, MEBIBYTE, MillraceError } from '../../../core/index.ts'
import type { DestinationMember } from '../../../sinks/definition/delivery-stream.ts'
import { httpEndpointReceiver } from '../../../sinks/destinations/http-endpoint-receiver.ts'
import { kinesisDestination, type PutTargetLike } from '../../../sinks/destinations/put-target.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import type { ObjectStore } from '../../../sinks/stores/store.ts'
import type { Fault } from '../../support/memory-fetch.ts'
import { openSearchServer } from '../../support/opensearch-server.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { splunkServer } from '../../support/splunk-server.ts'
import { errorsIn, texts } from '../pipeline/world.ts'
import type { Json } from '../support/definitions.ts'
import { customWorld, type DestinationWorld, destinationWorld, START } from './world.ts'

const RECORDS = 500
const RECORD_BYTES = 50_000
const INTAKE_BYTES = 4 * MEBIBYTE
const HELD_BYTES = 4 * MEBIBYTE
/** Intake, batches under way, the open batch, and the record that is being written. */
const MEMORY_BYTES_MAX = INTAKE_BYTES + HELD_BYTES + MEBIBYTE + 2 * RECORD_BYTES

interface Case {
  readonly name: string
  readonly allMode: string
  readonly failedMode: string
  readonly errors: string
  readonly metric: 'HttpEndpoint' | 'AmazonOpenSearchService' | 'Splunk' | 'KinesisStream'
  /** @param seen is told the number of each record that the other side has taken */
  readonly open: (
    clock: SimClock,
    members: Json,
    fault: (call: number) => Fault,
    seen: (n: number) => void,
  ) => DestinationWorld
}

const options = { intakeBytesMax: INTAKE_BYTES, heldBytesMax: HELD_BYTES }
const hints = { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 10 } }

function overHttp(
  member: DestinationMember,
  more: Json,
  handlerOf: (clock: SimClock, seen: (n: number) => void) => HttpHandler,
): Case['open'] {
  return (clock, members, fault, seen) =>
    destinationWorld(member, handlerOf(clock, seen), {
      clock,
      members: { ...hints, ...more, ...members },
      options,
      fault,
    })
}

function numberOf(text: string): number {
  return (JSON.parse(text) as { readonly event: { readonly n: number } }).event.n
}

const CASES: readonly Case[] = [
  {
    name: 'an HTTP endpoint',
    allMode: 'AllData',
    failedMode: 'FailedDataOnly',
    errors: 'http-endpoint-failed/',
    metric: 'HttpEndpoint',
    open: overHttp('HttpEndpointDestinationConfiguration', {}, (clock, seen) =>
      httpEndpointReceiver({
        clock,
        onRequest: async ({ records }) => {
          for (const data of records) seen(numberOf(Buffer.from(data).toString()))
        },
      }),
    ),
  },
  {
    name: 'OpenSearch',
    allMode: 'AllDocuments',
    failedMode: 'FailedDocumentsOnly',
    errors: 'AmazonOpenSearchService-failed/',
    metric: 'AmazonOpenSearchService',
    open: overHttp(
      'AmazonopensearchserviceDestinationConfiguration',
      { ClusterEndpoint: 'https://search.example.com', DomainARN: null },
      (_, seen) => {
        const { handler } = openSearchServer({
          refuse: document => {
            seen((document['event'] as { n: number }).n)
            return null
          },
        })
        return handler
      },
    ),
  },
  {
    name: 'Splunk',
    allMode: 'AllEvents',
    failedMode: 'FailedEventsOnly',
    errors: 'splunk-failed/',
    metric: 'Splunk',
    open: overHttp('SplunkDestinationConfiguration', { HECToken: 't', HECEndpointType: 'Event' }, (clock, seen) => {
      const { handler, indexed } = splunkServer({ clock, token: 't' })
      let told = 0
      return async (request, reply) => {
        await handler(request, reply)
        for (; told < indexed.length; told++)
          for (const [, n] of (indexed[told] ?? '').matchAll(/"n":(\d+)/g)) seen(Number(n))
      }
    }),
  },
  {
    name: 'a stream of Kinesis',
    allMode: 'AllData',
    failedMode: 'FailedDataOnly',
    errors: 'kinesis-stream-failed/',
    metric: 'KinesisStream',
    open: (clock, members, fault, seen) => {
      let calls = 0
      const putRecords: PutTargetLike['putRecords'] = async entries => {
        const now = fault(calls++)
        if (typeof now === 'number') await clock.sleep(now)
        else if (now !== null)
          return entries.map(() => ({ errorCode: 'ProvisionedThroughputExceededException', errorMessage: 'slow down' }))
        return entries.map(({ data }, index) => {
          seen(numberOf(Buffer.from(data).toString()))
          return { shardId: 's', sequenceNumber: String(index) }
        })
      }
      return customWorld(kinesisDestination({ target: { putRecords } }), {
        clock,
        members: { ...hints, ...members },
        options,
      })
    },
  },
]

const PAD = 'x'.repeat(RECORD_BYTES - 64)

/** Writes as fast as it may, and measures what it has written that neither was delivered nor has failed. */
function reader({ stream, clock }: DestinationWorld, metric: Case['metric']) {
  const state = { written: 0, heldBytesMost: 0 }
  const done = (async () => {
    for (let n = 0; n < RECORDS; n++) {
      const data = Buffer.from(JSON.stringify({ event: { n }, pad: PAD }))
      await stream.write([{ data, arrivedAt: clock.now() }])
      state.written++
      const gone = stream.metrics.get(`DeliveryTo${metric}.Records`) + stream.metrics.get('ErrorOutput.Records')
      state.heldBytesMost = Math.max(state.heldBytesMost, (state.written - gone) * data.length)
    }
    await stream.close()
  })()
  done.catch(() => {})
  return { state, done }
}

describe.each(CASES)('$name', ({ open, allMode, failedMode, errors, metric }) => {
  it('that refuses for an hour stops the reader within its memory, and gets everything afterwards', async () => {
    const clock = new SimClock(START)
    const seen = new Set<number>()
    const world = open(
      clock,
      { RetryOptions: { DurationInSeconds: 7_200 }, S3BackupMode: failedMode },
      call =>
        clock.monotonicMs() >= 3_600_000
          ? null
          : call % 2 === 0
            ? 'refused'
            : { status: 503, body: '{"text":"busy","code":9}' },
      n => void seen.add(n),
    )
    const { state, done } = reader(world, metric)
    await clock.advance(3_599_000)
    expect(seen.size).toBe(0)
    expect(state.written).toBeLessThan(RECORDS / 2)
    expect(world.stream.dataFreshness).toBe(3_599)
    await clock.until(done)
    expect(seen.size).toBe(RECORDS)
    expect(state.heldBytesMost).toBeLessThanOrEqual(MEMORY_BYTES_MAX)
    expect(world.stream.metrics.get(`DeliveryTo${metric}.Records`)).toBe(RECORDS)
    expect(world.bucket.objects.size).toBe(0)
  })

  it('that is slow with some calls gets everything, within the same memory', async () => {
    const clock = new SimClock(START)
    const seen = new Set<number>()
    const world = open(
      clock,
      {},
      call => (call % 100 === 5 ? 170_000 : null),
      n => void seen.add(n),
    )
    const { state, done } = reader(world, metric)
    await clock.until(done)
    expect(seen.size).toBe(RECORDS)
    expect(state.heldBytesMost).toBeLessThanOrEqual(MEMORY_BYTES_MAX)
    expect(world.bucket.objects.size).toBe(0)
    // The other calls went on beside the slow one, as far as it keeps no order.
    expect(clock.monotonicMs()).toBeLessThan(200_000)
  })

  it.each([
    ['failed records alone', failedMode, 0],
    ['all records', allMode, RECORDS],
  ])('that vanishes leaves everything in the bucket: %s', async (_, mode, copies) => {
    const clock = new SimClock(START)
    const seen = new Set<number>()
    const world = open(
      clock,
      { RetryOptions: { DurationInSeconds: 60 }, S3BackupMode: mode },
      call => (call < 5 ? null : 'refused'),
      n => void seen.add(n),
    )
    const { state, done } = reader(world, metric)
    await clock.until(done)
    expect(state.heldBytesMost).toBeLessThanOrEqual(MEMORY_BYTES_MAX)
    const failed = errorsIn(world.bucket, errors).map(error =>
      numberOf(Buffer.from(String(error['rawData']), 'base64').toString()),
    )
    expect(failed.length).toBeGreaterThan(RECORDS / 2)
    expect(new Set(failed).size).toBe(failed.length)
    // Each is delivered or has failed, and none is missing.
    expect(new Set([...seen, ...failed]).size).toBe(RECORDS)
    expect(world.stream.metrics.get(`DeliveryTo${metric}.Records`) + failed.length).toBe(RECORDS)
    const kept = texts(world.bucket)
      .filter(([key]) => !key.startsWith(errors))
      .flatMap(([, text]) => [...text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n)))
    expect(new Set(kept).size).toBe(copies)
    expect(kept.length).toBe(copies)
  })
})

it('a bucket that refuses beside a destination that vanished stops the reader as well, and loses nothing', async () => {
  const clock = new SimClock(START)
  const bucket = new MemoryStore()
  const refusing: ObjectStore = {
    begin: (key, attributes) =>
      clock.monotonicMs() < 3_600_000
        ? Promise.reject(new MillraceError('throttled', 'slow down', { retry: 'backoff' }))
        : bucket.begin(key, attributes),
  }
  const world = destinationWorld('HttpEndpointDestinationConfiguration', async () => {}, {
    clock,
    members: { ...hints, RetryOptions: { DurationInSeconds: 5 } },
    options,
    parts: { store: () => refusing },
    fault: () => 'refused',
  })
  const { state, done } = reader(world, 'HttpEndpoint')
  await clock.advance(3_599_000)
  // Failed records count as gone when their error record is held, of which there is one open object.
  expect(state.written).toBeLessThan(RECORDS / 2)
  await clock.until(done)
  const failed = errorsIn(bucket, 'http-endpoint-failed/')
  expect(new Set(failed.map(error => error['dataId'])).size).toBe(RECORDS)
  expect(failed).toHaveLength(RECORDS)
})
