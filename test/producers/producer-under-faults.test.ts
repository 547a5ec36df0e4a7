/**
 * The producer against the embedded stream at its worst: throttling, partial failures, errors, delays, lost replies and dropped
 * connections, while shards split and merge. MILLRACE_RECORDS=1000000 runs it at length.
 */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { recordBytes } from '../../core/index.ts'
import {
  type MarkOptions,
  Producer,
  type ProducerConfiguration,
  type PutTarget,
  streamTarget,
} from '../../producers/index.ts'
import { decodeAggregate, parseMark } from '../../streams/aggregation.ts'
import { Deduplicator } from '../../streams/deduplicator.ts'
import {
  FaultPlan,
  type FaultRule,
  FaultyStream,
  type LocalStream,
  LocalStreams,
  SERVICE_LIMITS,
} from '../../streams/index.ts'
import { memoryEnv, type SimClock } from '../support/memory-env.ts'

const RECORDS = Number(process.env['MILLRACE_RECORDS'] ?? 20_000)

const TROUBLE: readonly FaultRule[] = [
  { kind: 'throttle', operations: ['PutRecords'], rate: 0.05 },
  { kind: 'partial', rate: 0.2, share: 0.3 },
  { kind: 'partial', rate: 0.05, share: 0.5, code: 'internal' },
  { kind: 'error', operations: ['PutRecords', 'ListShards'], rate: 0.03 },
  { kind: 'drop', operations: ['PutRecords'], rate: 0.02 },
  { kind: 'delay', operations: ['PutRecords'], delayMs: 1, delayMsMax: 40 },
]
const LOST_REPLIES: FaultRule = { kind: 'lost_reply', operations: ['PutRecords'], rate: 0.05 }

/** Small records and calls, so that there are many of both. */
const CONFIGURATION: Partial<ProducerConfiguration> = {
  RecordTtl: Number.POSITIVE_INFINITY,
  RecordMaxBufferedTime: 20,
  AggregationMaxSize: 600,
  CollectionMaxCount: 20,
}

interface Run {
  readonly stream: LocalStream
  readonly clock: SimClock
  /** how often the put of each record settled: stored, and given up */
  readonly stored: Uint8Array
  readonly failed: Uint8Array
  /** where each put said that its record is */
  readonly places: readonly string[]
  readonly hits: number
  /** `shard number` of what was stored and never answered to the producer */
  readonly unanswered: ReadonlySet<string>
}

/** Puts all records, two thirds of them while shards split and merge. */
async function run(
  rules: readonly FaultRule[],
  configuration: Partial<ProducerConfiguration> = {},
  marks?: MarkOptions,
): Promise<Run> {
  const env = memoryEnv({ seed: 7 })
  const streams = await LocalStreams.open({ env, limits: SERVICE_LIMITS, memoryBytesMax: 4 * 2 ** 30 })
  const stream = await streams.create('clicks', { shards: 4 })
  const faults = new FaultPlan(rules, 11)
  const unanswered = new Set<string>()
  const target = watched(stream, faults, unanswered)
  const producer = new Producer({
    target,
    env,
    marks,
    configuration: { ...CONFIGURATION, ...configuration },
  })
  const stored = new Uint8Array(RECORDS)
  const failed = new Uint8Array(RECORDS)
  const places = Array.from({ length: RECORDS }, () => '')
  const reshardEvery = Math.ceil(RECORDS / 6)
  const work = async (): Promise<void> => {
    for (let i = 0; i < RECORDS; i++) {
      await producer.ready()
      if (i % 200 === 199) await env.clock.sleep(env.random.below(30))
      producer.put({ partitionKey: `visitor-${i % 997}`, data: new TextEncoder().encode(`${i}`) }).then(
        ({ shardId, sequenceNumber, subsequenceNumber }) => {
          stored[i]!++
          places[i] = `${shardId} ${sequenceNumber} ${subsequenceNumber}`
        },
        () => void failed[i]!++,
      )
      if (i % reshardEvery === reshardEvery - 1) await reshard(stream, i % 2 === 0)
    }
    await producer.close()
  }
  await env.clock.until(work())
  const hits = faults.counts.reduce((sum, count) => sum + count.hits, 0)
  return { stream, clock: env.clock, stored, failed, places, hits, unanswered }
}

/** A target over the faulty stream that notes what is stored below the faults and taken off the list when the answer has come above them. */
function watched(stream: LocalStream, faults: FaultPlan, unanswered: Set<string>): PutTarget {
  const below = new Proxy(stream, {
    get(of, name) {
      const member: unknown = Reflect.get(of, name, of)
      if (typeof member !== 'function') return member
      if (name !== 'putMany') return member.bind(of) as unknown
      return async (entries: Parameters<LocalStream['putMany']>[0]) => {
        const outcomes = await of.putMany(entries)
        for (const outcome of outcomes)
          if (outcome.accepted) unanswered.add(`${outcome.shardId} ${outcome.sequenceNumber}`)
        return outcomes
      }
    },
  })
  const target = streamTarget(new FaultyStream(below, faults))
  return {
    ...target,
    async putRecords(entries, signal) {
      const outcomes = await target.putRecords(entries, signal)
      for (const outcome of outcomes)
        if ('shardId' in outcome) unanswered.delete(`${outcome.shardId} ${outcome.sequenceNumber}`)
      return outcomes
    },
  }
}

/** Splits an open shard in the middle, or joins the first two. */
async function reshard(stream: LocalStream, isSplit: boolean): Promise<void> {
  const open = (await stream.listShards()).filter(({ closed }) => !closed)
  const [first, second] = open.toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1))
  if (first === undefined || second === undefined) return
  if (isSplit) await stream.split(first.shardId, (first.startingHashKey + first.endingHashKey) / 2n)
  else await stream.merge(first.shardId, second.shardId)
}

/** What a reader by KCL's rules delivers: an aggregate with a user record of another shard's range is dropped whole. */
async function read(
  { stream, clock }: Pick<Run, 'stream' | 'clock'>,
  take: (number: number, place: string, mark: string | null) => void,
): Promise<void> {
  for (const { shardId, startingHashKey, endingHashKey } of await stream.listShards()) {
    let iterator: string | null = await stream.getIterator(shardId, { kind: 'trimHorizon' })
    while (iterator !== null) {
      // A shard gives 5 reads and 2 MiB a second, and 10 MiB are owed for 5 seconds.
      await clock.advance(5_000)
      const { records, nextIterator } = await stream.getRecords(iterator)
      for (let i = 0; i < records.length; i++) {
        const data = recordBytes(records, i)
        const place = `${shardId} ${records.sequenceNumber(i)}`
        const aggregate = decodeAggregate(data)
        if (aggregate === null) {
          take(Number(Buffer.from(data).toString()), `${place} 0`, null)
          continue
        }
        const fits = Array.from({ length: aggregate.length }, (_, k) => hashKeyOf(aggregate.partitionKey(k))).every(
          hashKey => hashKey >= startingHashKey && hashKey <= endingHashKey,
        )
        for (let k = 0; fits && k < aggregate.length; k++) {
          const offset = aggregate.offsets[k] ?? 0
          const text = Buffer.from(aggregate.bytes.subarray(offset, offset + (aggregate.sizes[k] ?? 0))).toString()
          take(Number(text), `${place} ${k}`, aggregate.tag(k, 'mr'))
        }
      }
      iterator = records.length === 0 ? null : nextIterator
    }
  }
}

const hashKeys = new Map<string, bigint>()
function hashKeyOf(partitionKey: string): bigint {
  const known = hashKeys.get(partitionKey) ?? BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`)
  hashKeys.set(partitionKey, known)
  return known
}

/** Every put settled once, as stored, at a place where its record is; returns how often a reader sees each record. */
async function judge(done: Run): Promise<Uint8Array> {
  const { stored, failed, places, hits } = done
  expect(hits).toBeGreaterThan(100)
  expect(stored.findIndex(count => count !== 1)).toBe(-1)
  expect(failed.findIndex(count => count !== 0)).toBe(-1)
  const seen = new Uint8Array(RECORDS)
  const isWherePromised = new Uint8Array(RECORDS)
  await read(done, (number, place) => {
    seen[number]!++
    if (places[number] === place) isWherePromised[number] = 1
  })
  expect(seen.findIndex(count => count === 0)).toBe(-1)
  expect(isWherePromised.findIndex(is => is === 0)).toBe(-1)
  return seen
}

const minutes = 60_000 * Math.max(2, Math.ceil(RECORDS / 20_000))

test(
  'without lost replies every put is told the truth, nothing is lost and nothing is there twice',
  async () => {
    const seen = await judge(await run(TROUBLE))
    expect(seen.findIndex(count => count !== 1)).toBe(-1)
  },
  minutes,
)

test(
  'with lost replies nothing is lost, and a record is there twice only where a reply was lost',
  async () => {
    const done = await run([...TROUBLE, LOST_REPLIES])
    const seen = await judge(done)
    const twice = seen.reduce((sum, count) => sum + (count > 1 ? 1 : 0), 0)
    expect(twice).toBeGreaterThan(0)
    // Of each record all copies but the one that its put names lie where the answer was lost, call by call.
    const answered: string[] = []
    let unexplained = 0
    await read(done, (number, place) => {
      if (place === done.places[number] || done.unanswered.has(place.slice(0, place.lastIndexOf(' ')))) return
      unexplained++
      if (answered.length < 5) answered.push(`record ${number} at ${place}, put at ${done.places[number]}`)
    })
    expect({ unexplained, answered }).toEqual({ unexplained: 0, answered: [] })
  },
  minutes,
)

test(
  'with marks a reader behind the de-duplicator sees each record once, lost replies or not',
  async () => {
    const done = await run([...TROUBLE, LOST_REPLIES], {}, { producerId: 'p', epoch: 1 })
    await judge(done)
    // One for each shard, which begins with what its parents saw: within a shard the counters of a producer rise.
    const deduplicators = new Map<string, Deduplicator>()
    const parents = new Map((await done.stream.listShards()).map(shard => [shard.shardId, shard.parentShardIds]))
    const seen = new Uint8Array(RECORDS)
    let unknown = 0
    await read(done, (number, place, mark) => {
      const shardId = place.slice(0, place.indexOf(' '))
      let deduplicator = deduplicators.get(shardId)
      if (deduplicator === undefined) {
        // Some 13,000 records a second are put, and a lost reply is waited for for 6 seconds, several times at worst.
        deduplicators.set(shardId, (deduplicator = new Deduplicator({ windowSize: 2 ** 20 })))
        for (const parent of parents.get(shardId) ?? []) {
          const known = deduplicators.get(parent)
          if (known !== undefined) deduplicator.restore(known.snapshot())
        }
      }
      const parsed = parseMark(mark ?? '')
      const verdict = parsed === null ? 'repeat' : deduplicator.see(parsed)
      if (verdict !== 'repeat') seen[number]!++
      if (verdict === 'unknown') unknown++
    })
    expect(unknown).toBe(0)
    expect(seen.findIndex(count => count !== 1)).toBe(-1)
  },
  minutes,
)
