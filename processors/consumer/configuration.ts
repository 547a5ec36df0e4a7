/** The consumer's settings: the KCL's names, defaults and units (milliseconds, bytes). Source: KCL 3.x configuration reference. */
import { MEBIBYTE, MillraceError, nearestName } from '../../core/index.ts'
import { type ConsumerMetricsDimension, type ConsumerMetricsLevel, METRICS_DIMENSIONS } from './consumer-metrics.ts'
import { CLIENT_VERSION_CONFIGS, type ClientVersionConfig } from './leases/client-version.ts'

export type RetrievalMode = 'POLLING' | 'FANOUT'
export type ShardPrioritization = 'NONE' | 'PARENTS_FIRST'
export type InitialPosition = 'LATEST' | 'TRIM_HORIZON' | 'AT_TIMESTAMP'

export type RecreatedStreamPolicy = 'STOP' | 'READ_ANEW'

export interface ConsumerConfiguration {
  /** names the lease table and the metrics; workers of one name share the shards */
  readonly applicationName: string
  /** one for each running worker; empty: a random one */
  readonly workerIdentifier: string
  /** of the lease table; empty: as the application */
  readonly tableName: string
  /** where shards without a checkpoint start: LATEST (default), TRIM_HORIZON, AT_TIMESTAMP */
  readonly initialPositionInStream: InitialPosition
  /** for AT_TIMESTAMP; epoch milliseconds */
  readonly initialPositionTimestamp: number | null
  /** FANOUT (default, as in the KCL; the service bills it by shard and hour) or POLLING */
  readonly retrievalMode: RetrievalMode
  /** of enhanced fan-out; empty: as the application */
  readonly consumerName: string
  readonly consumerArn: string
  readonly regionName: string
  readonly kinesisEndpoint: string
  readonly dynamoDBEndpoint: string

  readonly failoverTimeMillis: number
  /** null: twice failoverTimeMillis */
  readonly leaseAssignmentIntervalMillis: number | null
  readonly enablePriorityLeaseAssignment: boolean
  readonly shardSyncIntervalMillis: number
  readonly cleanupLeasesUponShardCompletion: boolean
  readonly leaseCleanupIntervalMillis: number
  readonly completedLeaseCleanupIntervalMillis: number
  readonly garbageLeaseCleanupIntervalMillis: number
  readonly maxLeasesForWorker: number
  readonly maxLeasesToStealAtOneTime: number
  readonly maxLeaseRenewalThreads: number
  readonly leaseTableScanTotalSegments: number
  readonly initialLeaseTableReadCapacity: number
  readonly initialLeaseTableWriteCapacity: number
  readonly billingMode: 'PAY_PER_REQUEST' | 'PROVISIONED'
  readonly leaseTableDeletionProtectionEnabled: boolean
  readonly leaseTablePitrEnabled: boolean
  readonly consistentReads: boolean
  readonly dynamoDbRequestTimeout: number
  readonly ignoreUnexpectedChildShards: boolean
  /**
   * Not of the KCL. What is done when a stream was deleted and created again under its name: STOP (default) says so and leaves its
   * checkpoints, which mean nothing in it, until somebody resets them; READ_ANEW reads it from initialPositionInStream, where LATEST
   * leaves out nothing of it
   */
  readonly recreatedStream: RecreatedStreamPolicy
  readonly listShardsBackoffTimeInMillis: number
  readonly maxListShardsRetryAttempts: number
  readonly maxCacheMissesBeforeReload: number
  readonly listShardsCacheAllowedAgeInSeconds: number
  readonly cacheMissWarningModulus: number
  readonly leasesRecoveryAuditorExecutionFrequencyMillis: number
  readonly leasesRecoveryAuditorInconsistencyConfidenceThreshold: number
  /** null: failoverTimeMillis. The KCL has 120,000 and leaves the leases of a dead leader alone for as long */
  readonly leaderLeaseDurationMillis: number | null
  /** null: a quarter of the duration */
  readonly leaderHeartbeatIntervalMillis: number | null
  readonly leaseAssignmentStrategy: 'WORKER_UTILIZATION_AWARE' | 'LEASE_COUNT_BASED'
  readonly inMemoryWorkerMetricsCaptureFrequencyMillis: number
  readonly workerMetricsReporterFreqInMillis: number
  readonly noOfPersistedMetricsPerWorkerMetrics: number
  readonly disableWorkerMetrics: boolean
  readonly maxThroughputPerHostKBps: number
  readonly dampeningPercentage: number
  readonly reBalanceThresholdPercentage: number
  readonly allowThroughputOvershoot: boolean
  readonly varianceBalancingFrequency: number
  readonly workerMetricsEMAAlpha: number
  readonly staleWorkerMetricsEntryCleanupDuration: number
  readonly isGracefulLeaseHandoffEnabled: boolean
  readonly gracefulLeaseHandoffTimeoutMillis: number
  /** how workers of KCL 2.x beside this one are dealt with; the row Migration3.0 of the fleet goes before it */
  readonly clientVersionConfig: ClientVersionConfig
  /**
   * true moves what an older fleet keeps in two tables of its own into the lease table, once every worker has reported for an hour
   * that it can (the row TableMigration3.5 says DEPLOYED); until it is COMPLETE it can be set back to false
   */
  readonly migrateAllEntitiesToLeaseTable: boolean
  /** how long everything works from the lease table before the old tables are given up; 1 hour to 7 days */
  readonly tableMigrationCompleteBakeTimeSeconds: number
  readonly skipShardSyncAtWorkerInitializationIfLeasesExist: boolean
  readonly shardPrioritization: ShardPrioritization
  readonly maxInitializationAttempts: number
  readonly schedulerInitializationBackoffTimeMillis: number

  readonly parentShardPollIntervalMillis: number
  readonly shardConsumerDispatchPollIntervalMillis: number
  readonly taskBackoffTimeMillis: number
  /** null: never */
  readonly logWarningForTaskAfterMillis: number | null
  readonly callProcessRecordsEvenForEmptyRecordList: boolean
  readonly metricsLevel: ConsumerMetricsLevel
  /** of metrics in CloudWatch; empty: as the application */
  readonly namespace: string
  /** metrics of one call, 1 to 1,000; `metricsMaxQueueSize` may wait */
  readonly publisherFlushBuffer: number
  readonly metricsBufferTimeMillis: number
  readonly metricsMaxQueueSize: number
  readonly metricsEnabledDimensions: readonly ConsumerMetricsDimension[]

  /** records of one read, 1 to 10,000 */
  readonly maxRecords: number
  /** least time from one read at the tip of a shard to the next; 200 or more */
  readonly idleTimeBetweenReadsInMillis: number
  /** reads that wait for their processor; 0 turns reading ahead off */
  readonly maxPendingProcessRecordsInput: number
  /** bytes of them */
  readonly maxCacheByteSize: number
  /** records of them */
  readonly maxRecordsCount: number
  /** a read that ends further behind the tip is followed by the next at once */
  readonly millisBehindLatestThresholdForReducedTps: number
  /** how long a graceful shutdown may take */
  readonly gracefulShutdownTimeoutMillis: number
}

const DEFAULTS: ConsumerConfiguration = {
  applicationName: '',
  workerIdentifier: '',
  tableName: '',
  initialPositionInStream: 'LATEST',
  initialPositionTimestamp: null,
  retrievalMode: 'FANOUT',
  consumerName: '',
  consumerArn: '',
  regionName: '',
  kinesisEndpoint: '',
  dynamoDBEndpoint: '',
  failoverTimeMillis: 10_000,
  leaseAssignmentIntervalMillis: null,
  enablePriorityLeaseAssignment: true,
  shardSyncIntervalMillis: 60_000,
  cleanupLeasesUponShardCompletion: true,
  leaseCleanupIntervalMillis: 60_000,
  completedLeaseCleanupIntervalMillis: 300_000,
  garbageLeaseCleanupIntervalMillis: 1_800_000,
  maxLeasesForWorker: 2_147_483_647,
  maxLeasesToStealAtOneTime: 1,
  maxLeaseRenewalThreads: 20,
  leaseTableScanTotalSegments: 0,
  initialLeaseTableReadCapacity: 10,
  initialLeaseTableWriteCapacity: 10,
  billingMode: 'PAY_PER_REQUEST',
  leaseTableDeletionProtectionEnabled: false,
  leaseTablePitrEnabled: false,
  consistentReads: false,
  dynamoDbRequestTimeout: 60_000,
  ignoreUnexpectedChildShards: false,
  recreatedStream: 'STOP',
  listShardsBackoffTimeInMillis: 1_500,
  maxListShardsRetryAttempts: 50,
  maxCacheMissesBeforeReload: 1_000,
  listShardsCacheAllowedAgeInSeconds: 30,
  cacheMissWarningModulus: 250,
  leasesRecoveryAuditorExecutionFrequencyMillis: 120_000,
  leasesRecoveryAuditorInconsistencyConfidenceThreshold: 3,
  leaderLeaseDurationMillis: null,
  leaderHeartbeatIntervalMillis: null,
  leaseAssignmentStrategy: 'WORKER_UTILIZATION_AWARE',
  inMemoryWorkerMetricsCaptureFrequencyMillis: 1_000,
  workerMetricsReporterFreqInMillis: 30_000,
  noOfPersistedMetricsPerWorkerMetrics: 10,
  disableWorkerMetrics: false,
  maxThroughputPerHostKBps: Number.MAX_SAFE_INTEGER,
  dampeningPercentage: 60,
  reBalanceThresholdPercentage: 10,
  allowThroughputOvershoot: true,
  varianceBalancingFrequency: 3,
  workerMetricsEMAAlpha: 0.5,
  staleWorkerMetricsEntryCleanupDuration: 86_400_000,
  isGracefulLeaseHandoffEnabled: true,
  gracefulLeaseHandoffTimeoutMillis: 30_000,
  clientVersionConfig: 'CLIENT_VERSION_CONFIG_3X',
  migrateAllEntitiesToLeaseTable: false,
  tableMigrationCompleteBakeTimeSeconds: 86_400,
  skipShardSyncAtWorkerInitializationIfLeasesExist: false,
  shardPrioritization: 'NONE',
  maxInitializationAttempts: 20,
  schedulerInitializationBackoffTimeMillis: 1_000,
  parentShardPollIntervalMillis: 10_000,
  shardConsumerDispatchPollIntervalMillis: 1_000,
  taskBackoffTimeMillis: 500,
  logWarningForTaskAfterMillis: null,
  callProcessRecordsEvenForEmptyRecordList: false,
  metricsLevel: 'DETAILED',
  namespace: '',
  publisherFlushBuffer: 200,
  metricsBufferTimeMillis: 10_000,
  metricsMaxQueueSize: 10_000,
  metricsEnabledDimensions: METRICS_DIMENSIONS,
  maxRecords: 10_000,
  idleTimeBetweenReadsInMillis: 1_500,
  maxPendingProcessRecordsInput: 4,
  maxCacheByteSize: 8 * MEBIBYTE,
  maxRecordsCount: 30_000,
  millisBehindLatestThresholdForReducedTps: 0,
  gracefulShutdownTimeoutMillis: 20_000,
}

const ANY = Number.MAX_SAFE_INTEGER

/** Ranges that are not "0 or more", both ends included. */
const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  maxRecords: [1, 10_000],
  idleTimeBetweenReadsInMillis: [200, ANY],
  failoverTimeMillis: [1_000, ANY],
  maxLeasesForWorker: [1, 2_147_483_647],
  maxLeasesToStealAtOneTime: [1, ANY],
  maxLeaseRenewalThreads: [1, ANY],
  maxCacheByteSize: [1, ANY],
  maxRecordsCount: [1, ANY],
  metricsBufferTimeMillis: [1, ANY],
  metricsMaxQueueSize: [1, ANY],
  publisherFlushBuffer: [1, 1_000],
  taskBackoffTimeMillis: [1, ANY],
  parentShardPollIntervalMillis: [1, ANY],
  varianceBalancingFrequency: [1, ANY],
  dampeningPercentage: [1, 100],
  workerMetricsEMAAlpha: [0, 1],
}
/** Numbers that need not be whole. */
const FRACTIONS = ['workerMetricsEMAAlpha', 'maxThroughputPerHostKBps', 'reBalanceThresholdPercentage']
const NULLABLE = [
  'leaseAssignmentIntervalMillis',
  'leaderLeaseDurationMillis',
  'leaderHeartbeatIntervalMillis',
  'logWarningForTaskAfterMillis',
  'initialPositionTimestamp',
]

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  initialPositionInStream: ['LATEST', 'TRIM_HORIZON', 'AT_TIMESTAMP'],
  retrievalMode: ['POLLING', 'FANOUT'],
  recreatedStream: ['STOP', 'READ_ANEW'],
  billingMode: ['PAY_PER_REQUEST', 'PROVISIONED'],
  leaseAssignmentStrategy: ['WORKER_UTILIZATION_AWARE', 'LEASE_COUNT_BASED'],
  clientVersionConfig: CLIENT_VERSION_CONFIGS,
  metricsLevel: ['NONE', 'SUMMARY', 'DETAILED'],
  shardPrioritization: ['NONE', 'PARENTS_FIRST'],
}

const NO_CACHE = 'the list of shards is not cached, but read anew where it is needed: when one ends, and by the audit'
/** Settings of the KCL that are read and do nothing here, and why. Whoever sets one is told. */
export const SETTINGS_WITHOUT_EFFECT: Readonly<Partial<Record<keyof ConsumerConfiguration, string>>> = {
  maxCacheMissesBeforeReload: NO_CACHE,
  listShardsCacheAllowedAgeInSeconds: NO_CACHE,
  cacheMissWarningModulus: NO_CACHE,
  shardPrioritization:
    'a child waits until its parents are processed in any case, and all shards of a worker go on together',
  shardSyncIntervalMillis:
    'shards are looked for when one ends, and by the audit every leasesRecoveryAuditorExecutionFrequencyMillis',
  shardConsumerDispatchPollIntervalMillis: 'a shard consumer goes on as soon as it can, and is not polled',
}

/** Sentences about settings that were given, are not the default, and do nothing. */
export function ignoredSettings(given: Partial<ConsumerConfiguration>): readonly string[] {
  return Object.entries(SETTINGS_WITHOUT_EFFECT)
    .filter(([name]) => {
      const value = given[name as keyof ConsumerConfiguration]
      return value !== undefined && value !== defaultOf(name)
    })
    .map(([name, why]) => `setting ${name} has no effect: ${why}`)
}

/** Names of all settings. */
export const CONSUMER_SETTINGS: readonly string[] = Object.keys(DEFAULTS)

/** What a setting is when nobody gives it. */
export function defaultOf(name: string): unknown {
  return DEFAULTS[name as keyof ConsumerConfiguration]
}

export function choicesOf(name: string): readonly string[] | undefined {
  return CHOICES[name]
}

/** Of names that are not known, each with the nearest that is. */
export function unknownNames(names: readonly string[], known: readonly string[]): string {
  return names
    .map(name => {
      const nearest = nearestName(name, known)
      return nearest === null ? name : `${name} (did you mean ${nearest}?)`
    })
    .join(', ')
}

/**
 * Settings with defaults filled in.
 * @throws MillraceError `config` naming the setting, its value and what it may be; also for a name that is no setting
 */
export function completeConsumerConfiguration(given: Partial<ConsumerConfiguration>): ConsumerConfiguration {
  const unknown = Object.keys(given).filter(name => !Object.hasOwn(DEFAULTS, name))
  if (unknown.length > 0)
    throw new MillraceError(
      'config',
      `consumer settings that are not known: ${unknownNames(unknown, CONSUMER_SETTINGS)}`,
    )
  const settings: ConsumerConfiguration = { ...DEFAULTS, ...given }
  for (const [name, value] of Object.entries(settings)) check(name, value)
  if (!/^[a-zA-Z0-9_.-]{1,255}$/.test(settings.applicationName))
    throw refused('applicationName', settings.applicationName, '1 to 255 letters, digits, dots, dashes and underscores')
  if (settings.initialPositionInStream === 'AT_TIMESTAMP' && settings.initialPositionTimestamp === null)
    throw refused('initialPositionTimestamp', null, 'the time at which AT_TIMESTAMP starts, in epoch milliseconds')
  return settings
}

function check(name: string, value: unknown): void {
  const example = DEFAULTS[name as keyof ConsumerConfiguration]
  const choices = CHOICES[name]
  if (choices !== undefined) {
    if (typeof value !== 'string' || !choices.includes(value)) throw refused(name, value, choices.join(', '))
  } else if (name === 'metricsEnabledDimensions') {
    const isList = Array.isArray(value) && value.every(one => METRICS_DIMENSIONS.some(known => known === one))
    if (!isList) throw refused(name, value, `a list of ${METRICS_DIMENSIONS.join(', ')}`)
  } else if (value === null && NULLABLE.includes(name)) return
  else if (typeof example === 'number' || NULLABLE.includes(name)) checkNumber(name, value)
  else if (typeof value !== typeof example)
    throw refused(name, value, typeof example === 'boolean' ? 'true or false' : 'a text')
}

function checkNumber(name: string, value: unknown): void {
  const [min, max] = RANGES[name] ?? [0, ANY]
  const isWhole = FRACTIONS.includes(name) ? Number.isFinite(value) : Number.isSafeInteger(value)
  if (typeof value === 'number' && isWhole && value >= min && value <= max) return
  const kind = FRACTIONS.includes(name) ? 'a number' : 'a whole number'
  throw refused(name, value, max === ANY ? `${kind} of at least ${min}` : `${kind} from ${min} to ${max}`)
}

function refused(name: string, value: unknown, allowed: string): MillraceError {
  return new MillraceError(
    'config',
    `consumer setting ${name} is ${JSON.stringify(value) ?? 'undefined'}; give ${allowed}`,
  )
}
