/**
 * Puts a worker together from names: streams are opened as the settings say, leases are in DynamoDB unless another store is given,
 * and everything that was opened here is closed when the worker has stopped.
 */
import { type Env, type Listener, MillraceError, nodeEnv, type StreamSource } from '../../core/index.ts'
import { FanOutSource, type KinesisClientLike, KinesisSource } from '../../streams/index.ts'
import { type ConsumerConfiguration, completeConsumerConfiguration } from './configuration.ts'
import type { ConsumerEvent } from './consumer-event.ts'
import type { ConsumerMetricsHook } from './consumer-metrics.ts'
import type { FailurePolicy } from './failure-policy.ts'
import { serveHealth } from './health.ts'
import { cpuSource } from './leases/cpu-source.ts'
import { openDynamoLeaseStore } from './leases/dynamodb/dynamodb-lease-store.ts'
import { KclLeaseCoordinator } from './leases/kcl-lease-coordinator.ts'
import type { LeaseStore } from './leases/lease-table.ts'
import { machineCpu } from './leases/machine-cpu.ts'
import { type InitialPosition, type ConsumedStream as LeasedStream, shardsOpenAt } from './leases/stream-shards.ts'
import type { RecordProcessorFactory } from './record-processor.ts'
import { type ConsumedStream, ConsumerWorker } from './worker.ts'

/** A stream by name or ARN, or a source that the caller opened and closes. */
export type StreamChoice =
  | string
  | { readonly streamName: string }
  | { readonly streamArn: string }
  | {
      readonly source: StreamSource
      /** needed where a worker reads several streams: `account:stream:creationEpoch` */
      readonly streamIdentifier?: string | undefined
      /** true where a read waits for records by itself. Default false */
      readonly waits?: boolean | undefined
    }

export interface StartConsumerOptions {
  /** a string that begins with `arn:` is an ARN. Several: their leases lie in one table, as in the KCL's multi-stream mode */
  readonly streams: StreamChoice | readonly StreamChoice[]
  readonly configuration: Partial<ConsumerConfiguration>
  readonly processor: RecordProcessorFactory
  /** default: the DynamoDB table of the application. The caller closes its own */
  readonly store?: LeaseStore | undefined
  readonly failurePolicy?: FailurePolicy | undefined
  /** of the SDK, for Kinesis; default: one is made for each stream. The caller destroys its own */
  readonly client?: KinesisClientLike | undefined
  /** `none` reads as fast as the endpoint answers; for embedded streams. Default `service` */
  readonly limits?: 'service' | 'none' | undefined
  /** port of `/livez` and `/readyz` on loopback; 0 picks a free one. Left out, there are none */
  readonly healthPort?: number | undefined
  onEvent?(event: ConsumerEvent): void
  readonly onMetrics?: ConsumerMetricsHook | undefined
  /** default: this process */
  readonly env?: Env | undefined
}

export interface RunningConsumer {
  readonly worker: ConsumerWorker
  /** where the probes are; null without */
  readonly health: Listener | null
  /** Ends in order; see `ConsumerWorker.shutdown`. Resolves when everything is closed. */
  shutdown(budgetMs?: number): Promise<void>
  /** Ends at once. Resolves when everything is closed. */
  stop(): Promise<void>
  /** resolves when the worker has ended, however it came to that, and everything is closed */
  readonly ended: Promise<void>
}

/**
 * Starts a worker.
 * @throws MillraceError `config` for settings, streams, permissions and tables that cannot be, each with what to do; `not_found`
 *   for a stream that is not there
 */
export async function startConsumer(options: StartConsumerOptions): Promise<RunningConsumer> {
  const env = options.env ?? nodeEnv
  const configuration = completeConsumerConfiguration(options.configuration)
  const closers: (() => Promise<void>)[] = []
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close().catch(() => {})
  }
  try {
    const streams = await openStreams(options, configuration, env, closers)
    const store = options.store ?? (await openStore(configuration, env, closers))
    const leased = streams.map(stream => leasedStream(stream, configuration))
    const worker = new ConsumerWorker({
      ...options,
      configuration,
      streams,
      coordinator: (listener, workerId) =>
        new KclLeaseCoordinator({
          store,
          clock: env.clock,
          random: env.random,
          workerId,
          settings: configuration,
          listener,
          streams: () => leased,
          metricSources: [cpuSource({ clock: env.clock, machine: machineCpu(env) })],
        }),
      clock: env.clock,
      random: env.random,
    })
    const health =
      options.healthPort === undefined
        ? null
        : await serveHealth({ worker, network: env.network, port: options.healthPort })
    if (health !== null) closers.push(() => health.close())
    await worker.start()
    const ended = worker.untilStopped().then(closeAll)
    return {
      worker,
      health,
      ended,
      shutdown: budgetMs => worker.shutdown(budgetMs).then(() => ended),
      stop: () => worker.stop().then(() => ended),
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/**
 * Shuts a consumer down when the process is told to end; a second signal ends it at once. Nothing else is done: the process ends
 * by itself when nothing is left to do.
 * @returns takes the listeners away
 */
export function shutdownOnSignals(
  consumer: Pick<RunningConsumer, 'shutdown' | 'stop' | 'ended'>,
  signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'],
): () => void {
  let isShuttingDown = false
  const onSignal = (): void => {
    void (isShuttingDown ? consumer.stop() : consumer.shutdown())
    isShuttingDown = true
  }
  const remove = (): void => {
    for (const signal of signals) process.off(signal, onSignal)
  }
  for (const signal of signals) process.on(signal, onSignal)
  void consumer.ended.then(remove)
  return remove
}

async function openStreams(
  options: StartConsumerOptions,
  configuration: ConsumerConfiguration,
  env: Env,
  closers: (() => Promise<void>)[],
): Promise<readonly ConsumedStream[]> {
  const choices = Array.isArray(options.streams)
    ? (options.streams as readonly StreamChoice[])
    : [options.streams as StreamChoice]
  const opened: ConsumedStream[] = []
  const { signal } = new AbortController()
  for (const choice of choices) {
    if (typeof choice !== 'string' && 'source' in choice) {
      const { source, streamIdentifier = null, waits = false } = choice
      opened.push({ source, streamIdentifier, waits })
      continue
    }
    const source = await openSource(nameOf(choice), options, configuration, env, signal)
    closers.push(() => source.close())
    await source.checkPermissions(signal)
    let streamIdentifier: string | null = null
    if (choices.length > 1) {
      const { arn, creationEpoch } = await source.identity(signal)
      streamIdentifier = `${arn.split(':')[4] ?? ''}:${source.streamName}:${creationEpoch}`
    }
    opened.push({ source, streamIdentifier, waits: source instanceof FanOutSource })
  }
  return opened
}

function nameOf(choice: Exclude<StreamChoice, { readonly source: StreamSource }>) {
  if (typeof choice !== 'string') return choice
  return choice.startsWith('arn:') ? { streamArn: choice } : { streamName: choice }
}

function openSource(
  name: { readonly streamName: string } | { readonly streamArn: string },
  { client, limits }: StartConsumerOptions,
  configuration: ConsumerConfiguration,
  { clock }: Env,
  signal: AbortSignal,
): Promise<KinesisSource | FanOutSource> {
  const { retrievalMode, consumerArn, consumerName, applicationName, idleTimeBetweenReadsInMillis } = configuration
  const common = {
    ...name,
    client,
    clock,
    region: given(configuration.regionName),
    endpoint: given(configuration.kinesisEndpoint),
  }
  if (retrievalMode === 'POLLING')
    return KinesisSource.open({ ...common, limits, idleMs: idleTimeBetweenReadsInMillis })
  return FanOutSource.open(
    consumerArn === ''
      ? { ...common, consumerName: consumerName === '' ? applicationName : consumerName }
      : { ...common, consumerArn },
    signal,
  )
}

async function openStore(
  configuration: ConsumerConfiguration,
  { clock }: Env,
  closers: (() => Promise<void>)[],
): Promise<LeaseStore> {
  const store = await openDynamoLeaseStore({
    clock,
    applicationName: configuration.applicationName,
    tableName: given(configuration.tableName),
    region: given(configuration.regionName),
    endpoint: given(configuration.dynamoDBEndpoint),
    requestTimeoutMs: configuration.dynamoDbRequestTimeout,
    consistentReads: configuration.consistentReads,
    scanSegments: configuration.leaseTableScanTotalSegments,
    settings: {
      billingMode: configuration.billingMode,
      readCapacity: configuration.initialLeaseTableReadCapacity,
      writeCapacity: configuration.initialLeaseTableWriteCapacity,
      deletionProtection: configuration.leaseTableDeletionProtectionEnabled,
      pointInTimeRecovery: configuration.leaseTablePitrEnabled,
    },
  })
  closers.push(() => store.close())
  return store
}

function leasedStream(
  { source, streamIdentifier }: ConsumedStream,
  configuration: ConsumerConfiguration,
): LeasedStream {
  const { signal } = new AbortController()
  return {
    identifier: streamIdentifier,
    initialPosition: initialPositionOf(configuration),
    shards: {
      async list(openAt) {
        if (openAt !== null && source.listShardsOpenAt !== undefined) return source.listShardsOpenAt(openAt, signal)
        const shards = await source.listShards(signal)
        return openAt === null ? shards : shardsOpenAt(shards, openAt)
      },
    },
  }
}

function initialPositionOf(configuration: ConsumerConfiguration): InitialPosition {
  switch (configuration.initialPositionInStream) {
    case 'LATEST':
      return { kind: 'latest' }
    case 'TRIM_HORIZON':
      return { kind: 'trimHorizon' }
    case 'AT_TIMESTAMP': {
      const timestamp = configuration.initialPositionTimestamp
      if (timestamp === null) throw new MillraceError('config', 'AT_TIMESTAMP needs initialPositionTimestamp')
      return { kind: 'atTimestamp', timestamp }
    }
  }
}

function given(text: string): string | undefined {
  return text === '' ? undefined : text
}
