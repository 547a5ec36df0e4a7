/**
 * A KCL `.properties` file, as its MultiLangDaemon takes it, into settings. Its keys fall into three sets: settings of the consumer,
 * what names the stream, and what concerns Java or the daemon alone.
 */
import { javaProperties, MillraceError } from '../../core/index.ts'
import {
  CONSUMER_SETTINGS,
  type ConsumerConfiguration,
  choicesOf,
  completeConsumerConfiguration,
  defaultOf,
  type ShardPrioritization,
  unknownNames,
} from './configuration.ts'

export interface KclProperties {
  readonly configuration: ConsumerConfiguration
  /** null where the file has only an ARN */
  readonly streamName: string | null
  readonly streamArn: string | null
  /** keys that the file has and that mean nothing without Java or the daemon */
  readonly ignored: readonly string[]
}

/** Other names of the same setting: of older versions, and of the daemon. */
const ALIASES: Readonly<Record<string, string>> = {
  workerId: 'workerIdentifier',
  leaseTableName: 'tableName',
  'fanoutConfig.consumerName': 'consumerName',
  'fanoutConfig.consumerArn': 'consumerArn',
  'pollingConfig.maxRecords': 'maxRecords',
  'pollingConfig.idleTimeBetweenReadsInMillis': 'idleTimeBetweenReadsInMillis',
  'pollingConfig.maxPendingProcessRecordsInput': 'maxPendingProcessRecordsInput',
  'pollingConfig.millisBehindLatestThresholdForReducedTps': 'millisBehindLatestThresholdForReducedTps',
  maxGetRecordsCacheByteSize: 'maxCacheByteSize',
  dynamoDbLockBasedLeaderLeaseDurationInMillis: 'leaderLeaseDurationMillis',
  dynamoDbLockBasedLeaderHeartbeatPeriodInMillis: 'leaderHeartbeatIntervalMillis',
  dynamoDBRequestTimeout: 'dynamoDbRequestTimeout',
  skipShardSyncAtStartupIfLeasesExist: 'skipShardSyncAtWorkerInitializationIfLeasesExist',
}

/** Parts of Java's configuration that a key may name before its own: `gracefulLeaseHandoffConfig.isGracefulLeaseHandoffEnabled`. */
const PARTS = [
  'gracefulLeaseHandoffConfig.',
  'workerUtilizationAwareAssignmentConfig.',
  'leaseCleanupConfig.',
  'fanoutConfig.',
  'pollingConfig.',
]

/** Keys of Java, of its threads, its clients, or the process that the daemon starts; a key of a part is looked for without it. */
const JAVA_KEYS = new Set([
  'executableName',
  'processingLanguage',
  'AWSCredentialsProvider',
  'AWSCredentialsProviderKinesis',
  'AWSCredentialsProviderDynamoDB',
  'AWSCredentialsProviderCloudWatch',
  'awsCredentialsProvider',
  'awsCredentialsProviderKinesis',
  'awsCredentialsProviderDynamoDB',
  'awsCredentialsProviderCloudWatch',
  'maxActiveThreads',
  'userAgent',
  'validateSequenceNumberBeforeCheckpointing',
  'timeoutInSeconds',
  'retryGetRecordsInSeconds',
  'maxGetRecordsThreadPool',
  'dataFetchingStrategy',
  'shutdownGraceMillis',
  'kinesisRequestTimeout',
  // It is always used.
  'usePollingConfigIdleTimeValue',
  // Fan-out waits for its consumer, and subscribes again, for as long as it takes.
  'maxDescribeStreamSummaryRetries',
  'maxDescribeStreamConsumerRetries',
  'registerStreamConsumerRetries',
  'retryBackoffMillis',
  'readTimeoutsToIgnoreBeforeWarning',
  // Half of what a renewal is early by; a setting that nobody sets.
  'epsilonMillis',
  'metricsBackend',
  'streamInfoMode',
  'streamIdOnboardingState',
])
/** Settings of the two tables of their own, which are never made here. */
// Their names are not ignored: rows that are not looked for where they lie would make a second leader.
const OLD_TABLES = /^(coordinatorStateTableConfig|workerMetricsTableConfig)\.(?!tableName$)/

/** Durations in Java, milliseconds here. */
const DURATIONS = new Set(['staleWorkerMetricsEntryCleanupDuration', 'dynamoDbRequestTimeout'])

const STREAM_KEYS = ['streamName', 'streamArn']

/**
 * Reads the text of a `.properties` file as Java does. A key may begin with a capital, as the daemon allows.
 * @throws MillraceError `config` with every key that is not known and the nearest that is, or with the first value out of range
 */
export function parseKclProperties(text: string): KclProperties {
  const settings: Record<string, unknown> = {}
  const ignored: string[] = []
  const unknown: string[] = []
  let streamName: string | null = null
  let streamArn: string | null = null
  for (const [key, value] of javaProperties(text)) {
    const name = nameOf(key)
    if (name === 'streamName') streamName = value
    else if (name === 'streamArn') streamArn = value
    else if (name === 'initialPositionInStreamExtended') {
      settings['initialPositionInStream'] = 'AT_TIMESTAMP'
      settings['initialPositionTimestamp'] = instantOf(name, value)
    } else if (JAVA_KEYS.has(key) || JAVA_KEYS.has(name) || OLD_TABLES.test(name)) ignored.push(key)
    else if (DURATIONS.has(name)) settings[name] = durationOf(name, value)
    else if (CONSUMER_SETTINGS.includes(name)) settings[name] = valueOf(name, value)
    else unknown.push(key)
  }
  if (unknown.length > 0) {
    const known = [
      ...CONSUMER_SETTINGS,
      ...STREAM_KEYS,
      ...Object.keys(ALIASES),
      'initialPositionInStreamExtended',
      ...JAVA_KEYS,
    ]
    throw new MillraceError(
      'config',
      `consumer properties have ${unknown.length === 1 ? 'a key' : 'keys'} that the KCL does not know: ${unknownNames(unknown, known)}; remove or correct ${unknown.length === 1 ? 'it' : 'them'}`,
    )
  }
  if (streamName === null && streamArn === null)
    throw new MillraceError('config', 'consumer properties name no stream; give streamName or streamArn')
  return { configuration: completeConsumerConfiguration(settings), streamName, streamArn, ignored }
}

function nameOf(key: string): string {
  const alias = ALIASES[key]
  if (alias !== undefined) return alias
  const small = key.charAt(0).toLowerCase() + key.slice(1)
  const part = PARTS.find(one => small.startsWith(one))
  const own = ALIASES[small] ?? small.slice(part?.length ?? 0)
  return ALIASES[own] ?? own
}

function valueOf(name: string, text: string): unknown {
  const example = defaultOf(name)
  const choices = choicesOf(name)
  if (choices !== undefined) return choiceOf(name, text, choices)
  if (name === 'metricsEnabledDimensions') return text.split(/[\s,]+/).filter(part => part !== '')
  if (typeof example === 'boolean') {
    if (!/^(true|false)$/i.test(text)) throw wrong(name, text, 'true or false')
    return text.toLowerCase() === 'true'
  }
  if (typeof example === 'string') return text
  if (!/^-?\d{1,19}(\.\d{1,10})?$/.test(text)) throw wrong(name, text, 'a number')
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
}

/** Java names a class. */
const PRIORITIZATIONS: Readonly<Record<string, ShardPrioritization>> = {
  NoOpShardPrioritization: 'NONE',
  ParentsFirstShardPrioritization: 'PARENTS_FIRST',
}

/** The daemon reads words in any case, and `DEFAULT` as enhanced fan-out. */
function choiceOf(name: string, text: string, choices: readonly string[]): string {
  const upper = text.toUpperCase()
  if (name === 'retrievalMode' && upper === 'DEFAULT') return 'FANOUT'
  const java = name === 'shardPrioritization' ? PRIORITIZATIONS[text.split('.').at(-1) ?? ''] : undefined
  const found = java ?? choices.find(choice => choice === upper || choice === `CLIENT_VERSION_CONFIG_${upper}`)
  if (found === undefined) throw wrong(name, text, choices.join(', '))
  return found
}

/** Milliseconds, or what Java's Duration reads, as far as it has days, hours, minutes and seconds. */
function durationOf(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  const parts = /^P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i.exec(text)
  if (parts === null || text.length < 3) throw wrong(name, text, 'milliseconds, or a duration such as P1D or PT12H')
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(part => Number(part ?? 0))
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000
}

/** Epoch seconds, as the daemon takes them, or an ISO date. */
function instantOf(name: string, text: string): number {
  const instant = /^\d{1,11}$/.test(text) ? Number(text) * 1_000 : Date.parse(text)
  if (!Number.isFinite(instant)) throw wrong(name, text, 'epoch seconds or an ISO 8601 date')
  return instant
}

function wrong(name: string, text: string, allowed: string): MillraceError {
  return new MillraceError('config', `consumer property ${name} is ${JSON.stringify(text)}; give ${allowed}`)
}
