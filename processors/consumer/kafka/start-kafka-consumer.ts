/**
 * Puts a consumer of Kafka topics together. The record processor is the one of Kinesis: a partition is a shard, the group is the
 * application, and a checkpoint is a committed offset.
 *
 * ```ts
 * import { Kafka } from 'kafkajs'
 * const consumer = await consumeKafka('clicks', async (records, checkpoint) => {
 *   await save(records)
 *   await checkpoint()
 * }, { client: new Kafka({ brokers: ['127.0.0.1:9092'] }), configuration: { applicationName: 'clicks-to-warehouse' } })
 * ```
 */
import { type Env, type Listener, MEBIBYTE, MillraceError, nodeEnv } from '../../../core/index.ts'
import { type ConsumerConfiguration, completeConsumerConfiguration } from '../configuration.ts'
import { handlerProcessor, type RecordHandler } from '../consume.ts'
import type { ConsumerEvent } from '../consumer-event.ts'
import type { ConsumerMetricsHook } from '../consumer-metrics.ts'
import type { FailurePolicy } from '../failure-policy.ts'
import { serveHealth } from '../health.ts'
import type { RecordProcessorFactory } from '../record-processor.ts'
import { shutdownOnSignals } from '../start-consumer.ts'
import type { KafkaConsumerClientLike } from './client.ts'
import { KafkaConsumer } from './kafka-consumer.ts'
import type { KafkaGroupSettings } from './membership.ts'

export interface StartKafkaConsumerOptions {
  /** kafkajs's `Kafka`; the caller's, with its brokers, credentials and logging */
  readonly client: KafkaConsumerClientLike
  readonly topics: string | readonly string[]
  /**
   * The settings of the Kinesis consumer, of which those of leases, shards and fetching mean nothing here. `applicationName` is
   * the group; `maxCacheByteSize` and `maxRecordsCount` bound what waits for each partition, which is paused beyond.
   */
  readonly configuration: Partial<ConsumerConfiguration>
  readonly processor: RecordProcessorFactory
  /** default: `applicationName` */
  readonly groupId?: string | undefined
  /** kafkajs's names, units and, but for `maxWaitTimeInMs` (500), defaults */
  readonly settings?: Partial<KafkaGroupSettings> | undefined
  /**
   * A call of a processor that runs for longer makes this member leave the group, so that others get its partitions; it joins
   * again when the call has come back. Java's max.poll.interval.ms. Default 300,000
   */
  readonly maxPollIntervalMillis?: number | undefined
  /** true: records that the KPL aggregated are unpacked, as from Kinesis. Default false */
  readonly deaggregate?: boolean | undefined
  readonly failurePolicy?: FailurePolicy | undefined
  /** port of `/livez` and `/readyz` on loopback; 0 picks a free one. Left out, there are none */
  readonly healthPort?: number | undefined
  onEvent?(event: ConsumerEvent): void
  readonly onMetrics?: ConsumerMetricsHook | undefined
  /** default: this process */
  readonly env?: Env | undefined
}

export interface RunningKafkaConsumer {
  readonly consumer: KafkaConsumer
  /** where the probes are; null without */
  readonly health: Listener | null
  /** Ends in order; see `KafkaConsumer.shutdown`. Resolves when everything is closed. */
  shutdown(budgetMs?: number): Promise<void>
  /** Ends at once. Resolves when everything is closed. */
  stop(): Promise<void>
  /** resolves when the consumer has ended, however it came to that, and everything is closed */
  readonly ended: Promise<void>
}

const SETTINGS: KafkaGroupSettings = {
  sessionTimeout: 30_000,
  rebalanceTimeout: 60_000,
  heartbeatInterval: 3_000,
  maxBytesPerPartition: MEBIBYTE,
  minBytes: 1,
  maxBytes: 10 * MEBIBYTE,
  maxWaitTimeInMs: 500,
  readUncommitted: false,
}
const MAX_POLL_INTERVAL_MS = 300_000

/**
 * Joins the group and begins to process.
 * @throws MillraceError `config` for settings that cannot be; `not_found` for a topic that is not there; `connection_lost` where
 *   the brokers do not answer or refuse
 */
export async function startKafkaConsumer(options: StartKafkaConsumerOptions): Promise<RunningKafkaConsumer> {
  const { env = nodeEnv, maxPollIntervalMillis: maxPollIntervalMs = MAX_POLL_INTERVAL_MS } = options
  const configuration = completeConsumerConfiguration(options.configuration)
  const topics = typeof options.topics === 'string' ? [options.topics] : [...new Set(options.topics)]
  if (topics.length === 0 || topics.includes(''))
    throw new MillraceError('config', 'a Kafka consumer needs the name of a topic')
  if (!(maxPollIntervalMs >= 1))
    throw new MillraceError('config', `maxPollIntervalMillis is ${maxPollIntervalMs}; give 1 or more`)
  const consumer = new KafkaConsumer({
    ...options,
    configuration,
    groupId: options.groupId ?? configuration.applicationName,
    topics,
    settings: completeSettings(options.settings ?? {}),
    maxPollIntervalMs,
    unpacks: options.deaggregate ?? false,
    clock: env.clock,
    random: env.random,
  })
  const health =
    options.healthPort === undefined
      ? null
      : await serveHealth({ worker: consumer, network: env.network, port: options.healthPort })
  const ended = consumer.untilStopped().then(() => health?.close())
  try {
    await consumer.start()
  } catch (error) {
    await health?.close()
    throw error
  }
  return {
    consumer,
    health,
    ended,
    shutdown: budgetMs => consumer.shutdown(budgetMs).then(() => ended),
    stop: () => consumer.stop().then(() => ended),
  }
}

export interface ConsumeKafkaOptions extends Omit<StartKafkaConsumerOptions, 'topics' | 'processor'> {
  /** as of `ConsumeOptions` */
  readonly checkpointIntervalMillis?: number | undefined
  /** as of `ConsumeOptions` */
  readonly signals?: readonly NodeJS.Signals[] | undefined
}

/** Starts a consumer with a handler, as `consume` does for Kinesis. @throws MillraceError as `startKafkaConsumer` */
export async function consumeKafka(
  topics: string | readonly string[],
  handler: RecordHandler,
  options: ConsumeKafkaOptions,
): Promise<RunningKafkaConsumer> {
  const { checkpointIntervalMillis, signals, ...rest } = options
  const { clock } = options.env ?? nodeEnv
  const running = await startKafkaConsumer({
    ...rest,
    topics,
    processor: () => handlerProcessor(handler, clock, checkpointIntervalMillis),
  })
  if (signals?.length !== 0) shutdownOnSignals(running, signals)
  return running
}

function completeSettings(given: Partial<KafkaGroupSettings>): KafkaGroupSettings {
  const unknown = Object.keys(given).filter(name => !Object.hasOwn(SETTINGS, name))
  if (unknown.length > 0)
    throw new MillraceError(
      'config',
      `Kafka settings that are not known: ${unknown.join(', ')}; there are ${Object.keys(SETTINGS).join(', ')}`,
    )
  const settings = { ...SETTINGS, ...given }
  for (const [name, value] of Object.entries(settings)) {
    if (name === 'readUncommitted') {
      if (typeof value !== 'boolean') throw refused(name, value, 'true or false')
    } else if (!Number.isSafeInteger(value) || Number(value) < 1)
      throw refused(name, value, 'a whole number of at least 1')
  }
  if (settings.heartbeatInterval * 2 > settings.sessionTimeout)
    throw refused(
      'heartbeatInterval',
      settings.heartbeatInterval,
      `at most half of sessionTimeout, ${settings.sessionTimeout}; a third of it is usual`,
    )
  return settings
}

function refused(name: string, value: unknown, allowed: string): MillraceError {
  return new MillraceError(
    'config',
    `Kafka setting ${name} is ${JSON.stringify(value) ?? 'undefined'}; give ${allowed}`,
  )
}
