/** A worker with a lease side that a test scripts: leases come and go, shards begin and end, and everything is told. */
import { describe, expect, test } from 'vitest'
import { type MetricDatum, MillraceError, type StreamSource } from '../../../core/index.ts'
import {
  type ConsumerConfiguration,
  completeConsumerConfiguration,
} from '../../../processors/consumer/configuration.ts'
import type { ConsumerEvent } from '../../../processors/consumer/consumer-event.ts'
import { serveHealth } from '../../../processors/consumer/health.ts'
import { jsonLog } from '../../../processors/consumer/json-log.ts'
import { consumerCloudWatchRequests, consumerOtlpMetrics } from '../../../processors/consumer/metric-adapters.ts'
import type { RecordProcessor, ShardInfo } from '../../../processors/consumer/record-processor.ts'
import { ConsumerWorker, type ConsumerWorkerOptions } from '../../../processors/consumer/worker.ts'
import { LocalStreams } from '../../../streams/index.ts'
import { memoryEnv } from '../../support/memory-env.ts'
import { ScriptedCoordinator } from './scripted-coordinator.ts'

const SHARD = 'shardId-000000000000'
const OTHER = 'shardId-000000000001'

class Tracer {
  readonly trace: string[] = []
  onRecords: (shard: ShardInfo, texts: readonly string[], signal: AbortSignal) => Promise<void> = async () => {}

  make = (shard: ShardInfo): RecordProcessor => {
    const name = shard.shardId.slice(-1)
    return {
      initialize: async () => void this.trace.push(`${name} initialize`),
      processRecords: async ({ records, signal, checkpointer }) => {
        const texts = records.map(record => Buffer.from(record.data).toString())
        await this.onRecords(shard, texts, signal)
        this.trace.push(`${name} ${texts.join(' ')}`)
        if (!signal.aborted) await checkpointer.checkpoint()
      },
      leaseLost: async ({ reason }) => void this.trace.push(`${name} leaseLost: ${reason}`),
      shutdownRequested: async () => void this.trace.push(`${name} shutdownRequested`),
    }
  }
}

async function world(
  more: Partial<ConsumerConfiguration> = {},
  extra: Partial<Pick<ConsumerWorkerOptions, 'failurePolicy' | 'streams' | 'findStream' | 'onMetrics'>> = {},
) {
  const env = memoryEnv()
  const streams = await LocalStreams.open({ env })
  const stream = await streams.create('s', { shards: 2 })
  const events: ConsumerEvent[] = []
  const tracer = new Tracer()
  let made: ScriptedCoordinator | undefined
  const worker = new ConsumerWorker({
    configuration: completeConsumerConfiguration({ applicationName: 'app', ...more }),
    streams: extra.streams ?? [{ source: stream.asSource(), streamIdentifier: null, waits: false }],
    coordinator: listener => {
      made = new ScriptedCoordinator(listener)
      return made
    },
    processor: tracer.make,
    clock: env.clock,
    random: env.random,
    onEvent: event => events.push(event),
    failurePolicy: extra.failurePolicy,
    onMetrics: extra.onMetrics,
    ...(extra.findStream === undefined ? {} : { findStream: extra.findStream }),
  })
  if (made === undefined) throw new Error('a worker makes its lease side at once')
  const coordinator: ScriptedCoordinator = made
  const put = (shard: number, ...texts: readonly string[]) =>
    stream.putMany(
      texts.map(text => ({
        data: Buffer.from(text),
        partitionKey: text,
        explicitHashKey: shard === 0 ? 0n : 1n << 127n,
      })),
    )
  return { env, streams, stream, events, tracer, worker, coordinator, put }
}

describe('leases and shard consumers', () => {
  test('a lease that is gained begins its shard; shards run side by side', async () => {
    const { env, tracer, worker, coordinator, put } = await world()
    await put(0, 'a', 'b')
    await put(1, 'x')
    tracer.onRecords = ({ shardId }) => env.clock.sleep(shardId === SHARD ? 5_000 : 0)
    await worker.start()
    coordinator.gain(SHARD)
    coordinator.gain(OTHER)
    await env.clock.advance(1_000)
    expect(tracer.trace).toEqual(['0 initialize', '1 initialize', '1 x'])
    await env.clock.advance(5_000)
    expect(tracer.trace.at(-1)).toBe('0 a b')
    expect(worker.status.shards.map(shard => [shard.shardId, shard.state])).toEqual([
      [SHARD, 'PROCESSING'],
      [OTHER, 'PROCESSING'],
    ])
    expect(coordinator.checkpoints.map(([key]) => key)).toEqual([OTHER, SHARD])
  })

  test('a lease that is lost ends its shard; when it comes back in the middle of a call, the new one waits for the call', async () => {
    const { env, tracer, worker, coordinator, put } = await world()
    await put(0, 'a')
    tracer.onRecords = () => env.clock.sleep(10_000)
    await worker.start()
    coordinator.gain(SHARD)
    await env.clock.advance(1_000)
    coordinator.lose(SHARD)
    coordinator.gain(SHARD)
    await env.clock.advance(5_000)
    expect(tracer.trace).toEqual(['0 initialize'])
    await env.clock.advance(30_000)
    expect(tracer.trace).toEqual([
      '0 initialize',
      '0 a',
      `0 leaseLost: lease lost on ${SHARD}: another worker took it`,
      '0 initialize',
      '0 a',
    ])
  })

  test('a stream that cannot be opened is tried again while its lease is held, less and less often, and not after a stop', async () => {
    let tries = 0
    let isThere = false
    let source: StreamSource | undefined
    const { env, stream, events, tracer, worker, coordinator, put } = await world(
      {},
      {
        streams: [],
        findStream: async streamIdentifier => {
          tries++
          if (!isThere || source === undefined) throw new MillraceError('connection_lost', 'no answer')
          return { source, streamIdentifier, waits: false }
        },
      },
    )
    source = stream.asSource()
    await put(0, 'a')
    const streamIdentifier = '123456789012:s:1'
    const [first, second] = [SHARD, OTHER].map(shardId => `${streamIdentifier}:${shardId}`) as [string, string]
    await worker.start()
    coordinator.gain(first, { streamIdentifier, shardId: SHARD })
    await env.clock.advance(600_000)
    expect(tries).toBeGreaterThan(10)
    expect(tries).toBeLessThan(40)
    expect(events.filter(event => event.kind === 'background_failed').map(event => event.message)).toEqual(
      Array.from({ length: tries }, () => `lease ${first} is of stream ${streamIdentifier}: no answer`),
    )
    expect(tracer.trace).toEqual([])
    isThere = true
    await env.clock.advance(60_000)
    expect(tracer.trace).toEqual(['0 initialize', '0 a'])

    isThere = false
    tries = 0
    coordinator.gain(second, { streamIdentifier, shardId: OTHER })
    await env.clock.advance(10_000)
    coordinator.lose(second)
    const before = tries
    expect(before).toBeGreaterThan(1)
    await env.clock.advance(600_000)
    expect(tries).toBe(before)
    coordinator.gain(second, { streamIdentifier, shardId: OTHER })
    await env.clock.until(worker.shutdown())
    const atEnd = tries
    await env.clock.advance(600_000)
    expect(tries).toBe(atEnd)
  })

  test('a hand-off ends the batch, lets the processor checkpoint, and gives the lease to its new owner', async () => {
    const { env, tracer, worker, coordinator, put } = await world()
    await put(0, 'a')
    await worker.start()
    coordinator.gain(SHARD)
    await env.clock.advance(1_000)
    coordinator.handOff(SHARD, 'b')
    await env.clock.advance(1_000)
    expect(tracer.trace).toEqual([
      '0 initialize',
      '0 a',
      '0 shutdownRequested',
      `0 leaseLost: lease ${SHARD} was handed over`,
    ])
    expect(coordinator.calls).toContain(`finishHandOff ${SHARD}`)
    expect(worker.status.shards).toEqual([])
    expect(worker.status.state).toBe('running')
  })

  test('a split in mid-flight: the children begin when the end of their parent is stored', async () => {
    const { env, stream, tracer, worker, coordinator, put } = await world()
    await put(0, 'a')
    await worker.start()
    coordinator.gain(SHARD)
    coordinator.gain('shardId-000000000002', { parentShardIds: [SHARD] })
    await env.clock.advance(30_000)
    expect(tracer.trace).toEqual(['0 initialize', '0 a'])
    await stream.split(SHARD, 1n << 120n)
    await put(0, 'b')
    await env.clock.advance(30_000)
    expect(coordinator.checkpoints.map(([, at]) => at.sequenceNumber)).toContain('SHARD_END')
    expect(tracer.trace).toEqual(['0 initialize', '0 a', '2 initialize', '2 b'])
    expect(coordinator.calls).toContain(`endShard ${SHARD} shardId-000000000002 shardId-000000000003`)
  })

  test('each stream of several has its own leases, and one of a stranger is told', async () => {
    const env = memoryEnv()
    const streams = await LocalStreams.open({ env })
    const of = async (name: string) => {
      const stream = await streams.create(name, { shards: 1 })
      await stream.put({ data: Buffer.from(`of ${name}`), partitionKey: 'k' })
      return { source: stream.asSource(), streamIdentifier: `1:${name}:5`, waits: false }
    }
    const {
      env: own,
      tracer,
      worker,
      coordinator,
      events,
    } = await world({}, { streams: [await of('one'), await of('two')] })
    await worker.start()
    for (const name of ['one', 'two', 'three'])
      coordinator.gain(`1:${name}:5:${SHARD}`, { streamIdentifier: `1:${name}:5`, shardId: SHARD })
    await own.clock.advance(1_000)
    expect(tracer.trace).toEqual(['0 initialize', '0 initialize', '0 of one', '0 of two'])
    expect(events.find(event => event.level === 'error')?.message).toContain('another application')
  })

  test('streams without names of their own are refused', async () => {
    const { stream } = await world()
    const one = { source: stream.asSource(), streamIdentifier: null, waits: false }
    await expect(world({}, { streams: [one, one] })).rejects.toThrow('a stream identifier of its own')
    await expect(world({}, { streams: [] })).rejects.toThrow('needs a stream')
  })

  test('AT_TIMESTAMP starts at the time of the configuration, LATEST with what comes', async () => {
    const timed = await world({
      initialPositionInStream: 'AT_TIMESTAMP',
      initialPositionTimestamp: Date.UTC(2020, 0, 1, 0, 1),
    })
    await timed.put(0, 'early')
    await timed.env.clock.advance(60_000)
    await timed.put(0, 'late')
    await timed.worker.start()
    timed.coordinator.gain(SHARD, { checkpoint: { sequenceNumber: 'AT_TIMESTAMP', subsequenceNumber: 0 } })
    await timed.env.clock.advance(5_000)
    expect(timed.tracer.trace).toEqual(['0 initialize', '0 late'])
    const latest = await world()
    await latest.put(0, 'early')
    await latest.worker.start()
    latest.coordinator.gain(SHARD, { checkpoint: { sequenceNumber: 'LATEST', subsequenceNumber: 0 } })
    await latest.env.clock.advance(5_000)
    await latest.put(0, 'late')
    await latest.env.clock.advance(5_000)
    expect(latest.tracer.trace).toEqual(['0 initialize', '0 late'])
  })
})

describe('starting and ending', () => {
  test('a start that fails is repeated maxInitializationAttempts times; what cannot be mended fails at once', async () => {
    const { env, worker, coordinator } = await world()
    const busy = new MillraceError('throttled', 'busy', { retry: 'backoff' })
    coordinator.startFails = [busy, busy]
    await env.clock.until(worker.start())
    expect(coordinator.calls).toEqual(['start', 'start', 'start'])
    const few = await world({ maxInitializationAttempts: 2 })
    few.coordinator.startFails = [busy, busy]
    await expect(few.env.clock.until(few.worker.start())).rejects.toMatchObject({ code: 'throttled' })
    const refused = await world()
    refused.coordinator.startFails = [new MillraceError('config', 'dynamodb:Scan is not allowed')]
    await expect(refused.env.clock.until(refused.worker.start())).rejects.toMatchObject({ code: 'config' })
    expect([refused.coordinator.calls.length, refused.worker.status.state]).toEqual([1, 'stopped'])
  })

  test('shutdown takes no more leases, lets every shard end its batch and checkpoint, and releases its lease', async () => {
    const { env, tracer, worker, coordinator, put, events } = await world()
    await put(0, 'a')
    await put(1, 'x')
    tracer.onRecords = () => env.clock.sleep(3_000)
    await worker.start()
    coordinator.gain(SHARD)
    coordinator.gain(OTHER)
    await env.clock.advance(1_000)
    await env.clock.until(worker.shutdown(), 5_000)
    expect(tracer.trace.toSorted()).toEqual([
      '0 a',
      '0 initialize',
      `0 leaseLost: lease ${SHARD} was released`,
      '0 shutdownRequested',
      '1 initialize',
      `1 leaseLost: lease ${OTHER} was released`,
      '1 shutdownRequested',
      '1 x',
    ])
    expect(coordinator.calls).toEqual(['start', 'stopGaining', `release ${SHARD}`, `release ${OTHER}`, 'stop'])
    expect(coordinator.checkpoints).toHaveLength(2)
    expect(worker.status.state).toBe('stopped')
    expect(events.at(-1)?.kind).toBe('worker_stopped')
    await worker.untilStopped()
  })

  test('what is not done within the budget is given up: its signal is aborted and its lease released', async () => {
    const { env, tracer, worker, coordinator, put } = await world()
    await put(0, 'a')
    let aborted = false
    tracer.onRecords = async (_shard, _texts, signal) => {
      await env.clock.sleep(3_600_000, signal)
      aborted = signal.aborted
    }
    await worker.start()
    coordinator.gain(SHARD)
    await env.clock.advance(1_000)
    await env.clock.until(worker.shutdown(5_000), 6_500)
    expect(aborted).toBe(true)
    expect(coordinator.calls).toContain(`release ${SHARD}`)
    expect(coordinator.checkpoints).toEqual([])
    expect(tracer.trace.at(-1)).toContain('leaseLost')
  })

  test('a processor that never comes back does not keep the worker from ending', async () => {
    const { env, tracer, worker, coordinator, put } = await world()
    await put(0, 'a')
    tracer.onRecords = () => new Promise(() => {})
    await worker.start()
    coordinator.gain(SHARD)
    await env.clock.advance(1_000)
    await env.clock.until(worker.shutdown(5_000), 7_000)
    expect(worker.status.state).toBe('stopped')
  })

  test('stop ends at once, also in the middle of a shutdown, and leaves leases to expire', async () => {
    const { env, tracer, worker, coordinator, put } = await world()
    await put(0, 'a')
    tracer.onRecords = (_shard, _texts, signal) => env.clock.sleep(3_600_000, signal)
    await worker.start()
    coordinator.gain(SHARD)
    await env.clock.advance(1_000)
    await env.clock.until(worker.stop(), 2_000)
    expect(coordinator.calls).toEqual(['start', 'stop'])
    expect(tracer.trace.at(-1)).toBe(`0 leaseLost: lease ${SHARD} is left: this worker stopped`)
    const hurried = await world()
    await hurried.put(0, 'a')
    hurried.tracer.onRecords = (_shard, _texts, signal) => hurried.env.clock.sleep(3_600_000, signal)
    await hurried.worker.start()
    hurried.coordinator.gain(SHARD)
    await hurried.env.clock.advance(1_000)
    void hurried.worker.shutdown(600_000)
    await hurried.env.clock.advance(1_000)
    await hurried.env.clock.until(hurried.worker.stop(), 2_000)
    expect(hurried.worker.status.state).toBe('stopped')
  })
})

describe('what a worker tells', () => {
  test('lease moves with their reason, failures of its loops, and states of shards', async () => {
    const { worker, coordinator, events } = await world()
    await worker.start()
    coordinator.listener.leaseMoved?.({
      leaseKey: SHARD,
      from: 'a',
      to: 'b',
      by: 'w',
      reason: 'balanced',
      why: 'worker a has 3 of 4 leases, its share is 2',
    })
    coordinator.listener.failed?.('renewing leases', new Error('no route'))
    expect(events.map(event => [event.kind, event.message])).toContainEqual([
      'lease_moved',
      `${SHARD}: a to b (balanced): worker a has 3 of 4 leases, its share is 2`,
    ])
    expect(events.some(event => event.message === 'renewing leases failed: no route')).toBe(true)
  })

  test('as lines of JSON', async () => {
    const { env } = await world()
    const lines: string[] = []
    const log = jsonLog(line => lines.push(line), env.clock, { applicationName: 'app' })
    log({ kind: 'shard_state', level: 'info', message: 'said "so"\n', shardId: SHARD, facts: { to: 'x', time: 1 } })
    expect(lines).toHaveLength(1)
    expect(lines[0]?.endsWith('}\n')).toBe(true)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: '2020-01-01T00:00:00.000Z',
      level: 'info',
      kind: 'shard_state',
      message: 'said "so"\n',
      shardId: SHARD,
      to: 'x',
      applicationName: 'app',
    })
  })

  test('metrics by KCL names every metricsBufferTimeMillis, and the rest at the end', async () => {
    const handed: { data: readonly MetricDatum[]; from: number; to: number }[] = []
    const { env, worker, coordinator, put } = await world(
      {},
      { onMetrics: (data, from, to) => handed.push({ data, from, to }) },
    )
    await put(0, 'a', 'bcd')
    await worker.start()
    coordinator.gain(SHARD)
    coordinator.listener.metric?.({ operation: 'RenewAllLeases', name: 'CurrentLeases', value: 1, unit: 'Count' })
    await env.clock.advance(10_000)
    expect(handed).toHaveLength(1)
    const [first] = handed
    const find = (name: string) => first?.data.find(datum => datum.name === name)
    expect(find('RecordsProcessed')?.statistics.sum).toBe(2)
    expect(find('DataBytesProcessed')).toMatchObject({
      unit: 'Bytes',
      dimensions: [
        { name: 'Operation', value: 'ProcessTask' },
        { name: 'ShardId', value: SHARD },
      ],
      statistics: { sum: 4 },
    })
    expect(find('CurrentLeases')?.dimensions.map(one => one.name)).toEqual(['Operation', 'WorkerIdentifier'])
    const requests = consumerCloudWatchRequests(first?.data ?? [], env.clock.now(), 'app')
    expect(requests[0]?.Namespace).toBe('app')
    const otlp = consumerOtlpMetrics(first?.data ?? [], first?.from ?? 0, first?.to ?? 0)
    expect(otlp.map(metric => metric.name)).toContain('kinesis_consumer.MillisBehindLatest')
    coordinator.listener.metric?.({ operation: 'RenewAllLeases', name: 'LostLeases', value: 1, unit: 'Count' })
    await env.clock.until(worker.shutdown())
    expect(handed.at(-1)?.data.some(datum => datum.name === 'LostLeases')).toBe(true)
  })

  test('levels and dimensions limit what is kept', async () => {
    const names = async (more: Partial<ConsumerConfiguration>) => {
      const all: MetricDatum[] = []
      const { env, worker, coordinator, put } = await world(more, { onMetrics: data => all.push(...data) })
      await put(0, 'a')
      await worker.start()
      coordinator.gain(SHARD)
      await env.clock.advance(10_000)
      return all
    }
    expect(await names({ metricsLevel: 'NONE' })).toEqual([])
    const summary = await names({ metricsLevel: 'SUMMARY', metricsEnabledDimensions: ['Operation'] })
    expect(summary.map(datum => datum.name)).not.toContain('KinesisDataFetcher.getRecords.Time')
    expect(summary.flatMap(datum => datum.dimensions.map(one => one.name))).not.toContain('ShardId')
    // One metric for what no dimension tells apart: an OpenTelemetry collector takes no two points with the same attributes.
    const series = (await names({ metricsEnabledDimensions: [] })).map(datum => datum.name)
    expect(series).toContain('Initialize.Success')
    expect(new Set(series).size).toBe(series.length)
    expect((await names({ metricsLevel: 'DETAILED' })).map(datum => datum.name)).toContain(
      'KinesisDataFetcher.getRecords.Time',
    )
  })

  test('/livez and /readyz on loopback: ready until a shard stands still or the worker stops', async () => {
    const { env, tracer, worker, coordinator, put } = await world(
      {},
      { failurePolicy: { action: 'stop', attempts: 1 } },
    )
    const listener = await serveHealth({ worker, network: env.network, port: 0 })
    const ask = async (path: string, host = `127.0.0.1:${listener.port}`) => {
      const { status, text } = await env.network.request({ port: listener.port, path, headers: { host } })
      return [status, JSON.parse(text)] as const
    }
    expect((await ask('/readyz'))[0]).toBe(503)
    await worker.start()
    coordinator.gain(SHARD)
    await env.clock.advance(1_000)
    const [status, body] = await ask('/readyz')
    expect([status, body.problems, body.shards[0].state]).toEqual([200, [], 'PROCESSING'])
    tracer.onRecords = () => Promise.reject(new Error('cannot digest a'))
    await put(0, 'a')
    await env.clock.advance(5_000)
    const [unready, why] = await ask('/readyz')
    expect([unready, why.problems[0]]).toEqual([503, expect.stringContaining('cannot digest a')])
    expect((await ask('/livez'))[0]).toBe(200)
    expect((await ask('/livez', 'evil.example'))[0]).toBe(403)
    expect((await ask('/other'))[0]).toBe(404)
    await env.clock.until(worker.stop())
    expect((await ask('/livez'))[0]).toBe(503)
    await listener.close()
  })
})
