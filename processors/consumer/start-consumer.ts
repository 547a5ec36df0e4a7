/**
 * Puts a worker together from names: streams are opened as the settings say, leases are in DynamoDB unless another store is given,
 * and everything that was opened here is closed when the worker has stopped.
 */
import {
  type CloudWatchLike,
  cloudWatchPublisher,
  type Env,
  type Listener,
  type MetricsFetch,
  type MetricsPublisher,
  type MillraceError,
  nodeEnv,
  otlpPublisher,
  publishTo,
} from '../../core/index.ts'
import type { KinesisClientLike } from '../../streams/index.ts'
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
import { METRIC_HELP, OTLP_PREFIX } from './metric-adapters.ts'
import { leasedStream, openStreams, StreamOpener, type StreamSelection } from './open-streams.ts'
import type { RecordProcessorFactory } from './record-processor.ts'
import { ConsumerWorker } from './worker.ts'

export interface StartConsumerOptions {
  /**
   * A string that begins with `arn:` is an ARN. Several: their leases lie in one table, as in the KCL's multi-stream mode. A tracker
   * names streams that come and go while the worker runs.
   */
  readonly streams: StreamSelection
  readonly configuration: Partial<ConsumerConfiguration>
  readonly processor: RecordProcessorFactory
  /** default: the DynamoDB table of the application. The caller closes its own */
  readonly store?: LeaseStore | undefined
  /** of the lease table, where it is made here; an existing one keeps its own */
  readonly leaseTableTags?: Readonly<Record<string, string>> | undefined
  readonly failurePolicy?: FailurePolicy | undefined
  /** of the SDK, for Kinesis; default: one is made for each stream. The caller destroys its own */
  readonly client?: KinesisClientLike | undefined
  /** `none` reads as fast as the endpoint answers; for embedded streams. Default `service` */
  readonly limits?: 'service' | 'none' | undefined
  /** port of `/livez` and `/readyz` on loopback; 0 picks a free one. Left out, there are none */
  readonly healthPort?: number | undefined
  onEvent?(event: ConsumerEvent): void
  readonly onMetrics?: ConsumerMetricsHook | undefined
  /** Sends the metrics, each `metricsBufferTimeMillis`, those of `metricsLevel` and `metricsEnabledDimensions`. */
  readonly metrics?:
    | {
        /** the SDK's `CloudWatch` client; metrics go under the setting `namespace`. The caller destroys it */
        readonly cloudWatch?: CloudWatchLike | undefined
        /** an OpenTelemetry collector, by OTLP over HTTP in JSON; pass `fetch` itself */
        readonly otlp?:
          | { readonly url: string; readonly fetch: MetricsFetch; readonly headers?: Readonly<Record<string, string>> }
          | undefined
      }
    | undefined
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
    // The list of streams is there before the listener that it tells its failures.
    const told: { failed: (what: string, error: unknown) => void } = { failed: () => {} }
    const opener = new StreamOpener(options, configuration, env)
    const streams = await openStreams(options.streams, opener, closers, (what, error) => told.failed(what, error))
    const { list } = streams
    const store = options.store ?? (await openStore(options, configuration, env, closers))
    const publisher = metricsOf(options, configuration, env, error => told.failed('sending metrics', error))
    closers.push(() => publisher.close())
    const worker = new ConsumerWorker({
      ...options,
      onMetrics(data, from, to) {
        publisher.publish(data, from, to)
        options.onMetrics?.(data, from, to)
      },
      configuration,
      streams: streams.fixed,
      streamGone: identifier => streams.doubt(identifier),
      ...(list === null ? {} : { findStream: (identifier: string) => list.find(identifier) }),
      coordinator: (listener, workerId) => {
        told.failed = (what, error) => listener.failed?.(what, error)
        return new KclLeaseCoordinator({
          store,
          clock: env.clock,
          random: env.random,
          workerId,
          settings: configuration,
          listener,
          streams: () =>
            streams
              .current()
              .map(stream => leasedStream(stream, configuration, identifier => streams.doubt(identifier))),
          changingStreams: streams.changing,
          metricSources: [cpuSource({ clock: env.clock, machine: machineCpu(env) })],
        })
      },
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

function metricsOf(
  { metrics }: StartConsumerOptions,
  configuration: ConsumerConfiguration,
  { clock }: Env,
  onFailure: (error: MillraceError) => void,
): MetricsPublisher {
  const { applicationName, namespace, metricsMaxQueueSize: queueMax, publisherFlushBuffer: batchMax } = configuration
  const options = { clock, queueMax, batchMax, onFailure }
  const publishers: MetricsPublisher[] = []
  if (metrics?.cloudWatch !== undefined)
    publishers.push(
      cloudWatchPublisher({ ...options, client: metrics.cloudWatch, namespace: given(namespace) ?? applicationName }),
    )
  if (metrics?.otlp !== undefined)
    publishers.push(
      otlpPublisher({
        ...options,
        ...metrics.otlp,
        serviceName: applicationName,
        prefix: OTLP_PREFIX,
        describe: name => METRIC_HELP[name] ?? name,
      }),
    )
  return publishTo(publishers)
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

async function openStore(
  { leaseTableTags }: StartConsumerOptions,
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
    migrateAllEntitiesToLeaseTable: configuration.migrateAllEntitiesToLeaseTable,
    tableMigrationCompleteBakeTimeSeconds: configuration.tableMigrationCompleteBakeTimeSeconds,
    settings: {
      tags: leaseTableTags,
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

function given(text: string): string | undefined {
  return text === '' ? undefined : text
}
