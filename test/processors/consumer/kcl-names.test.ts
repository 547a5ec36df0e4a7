/**
 * Every setting of KCL 3.x has a name here. The list is that of KCL for Java 3.5.1, read from its classes; where its jars are
 * installed (test/oracles/kcl-java) the classes are asked again, so that a newer KCL is noticed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ignoredSettings } from '../../../processors/consumer/configuration.ts'
import { parseKclProperties } from '../../../processors/consumer/kcl-properties.ts'

/** What a file can hold, with a value that is not the default where there is another. */
const NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'coordinator.CoordinatorConfig': {
    applicationName: 'app',
    clientVersionConfig: 'CLIENT_VERSION_CONFIG_3X',
    maxInitializationAttempts: '5',
    migrateAllEntitiesToLeaseTable: 'true',
    parentShardPollIntervalMillis: '5000',
    schedulerInitializationBackoffTimeMillis: '500',
    shardConsumerDispatchPollIntervalMillis: '500',
    shardPrioritization: 'software.amazon.kinesis.leases.ParentsFirstShardPrioritization',
    skipShardSyncAtWorkerInitializationIfLeasesExist: 'true',
    tableMigrationCompleteBakeTimeSeconds: '3600',
  },
  'leases.LeaseManagementConfig': {
    billingMode: 'PROVISIONED',
    cacheMissWarningModulus: '100',
    cleanupLeasesUponShardCompletion: 'false',
    consistentReads: 'true',
    dynamoDbLockBasedLeaderHeartbeatPeriodInMillis: '30000',
    dynamoDbLockBasedLeaderLeaseDurationInMillis: '120000',
    dynamoDbRequestTimeout: 'PT30S',
    enablePriorityLeaseAssignment: 'false',
    epsilonMillis: '50',
    failoverTimeMillis: '20000',
    ignoreUnexpectedChildShards: 'true',
    initialLeaseTableReadCapacity: '5',
    initialLeaseTableWriteCapacity: '5',
    initialPositionInStream: 'TRIM_HORIZON',
    leaseAssignmentIntervalMillis: '5000',
    leaseAssignmentStrategy: 'LEASE_COUNT_BASED',
    leaseTableDeletionProtectionEnabled: 'true',
    leaseTablePitrEnabled: 'true',
    leaseTableScanTotalSegments: '4',
    leasesRecoveryAuditorExecutionFrequencyMillis: '60000',
    leasesRecoveryAuditorInconsistencyConfidenceThreshold: '5',
    listShardsBackoffTimeInMillis: '500',
    listShardsCacheAllowedAgeInSeconds: '10',
    maxCacheMissesBeforeReload: '10',
    maxLeaseRenewalThreads: '10',
    maxLeasesForWorker: '10',
    maxLeasesToStealAtOneTime: '2',
    maxListShardsRetryAttempts: '5',
    shardSyncIntervalMillis: '30000',
    streamIdOnboardingState: 'NOT_ONBOARDED',
    streamInfoMode: 'DISABLED',
    streamName: 'words',
    tableName: 'leases',
    workerIdentifier: 'worker',
  },
  'leases.LeaseManagementConfig$WorkerUtilizationAwareAssignmentConfig': {
    allowThroughputOvershoot: 'false',
    dampeningPercentage: '80',
    disableWorkerMetrics: 'true',
    inMemoryWorkerMetricsCaptureFrequencyMillis: '500',
    maxThroughputPerHostKBps: '100.5',
    noOfPersistedMetricsPerWorkerMetrics: '5',
    reBalanceThresholdPercentage: '20',
    staleWorkerMetricsEntryCleanupDuration: 'PT12H',
    varianceBalancingFrequency: '5',
    workerMetricsEMAAlpha: '0.25',
    workerMetricsReporterFreqInMillis: '10000',
  },
  'leases.LeaseManagementConfig$GracefulLeaseHandoffConfig': {
    gracefulLeaseHandoffTimeoutMillis: '10000',
    isGracefulLeaseHandoffEnabled: 'false',
  },
  'common.LeaseCleanupConfig': {
    completedLeaseCleanupIntervalMillis: '100000',
    garbageLeaseCleanupIntervalMillis: '100000',
    leaseCleanupIntervalMillis: '30000',
  },
  'retrieval.RetrievalConfig': {
    applicationName: 'app',
    initialPositionInStreamExtended: '1636609142',
    listShardsBackoffTimeInMillis: '500',
    maxListShardsRetryAttempts: '5',
  },
  'retrieval.polling.PollingConfig': {
    idleTimeBetweenReadsInMillis: '1000',
    kinesisRequestTimeout: 'PT10S',
    maxGetRecordsThreadPool: '10',
    maxPendingProcessRecordsInput: '2',
    maxRecords: '100',
    millisBehindLatestThresholdForReducedTps: '100',
    retryGetRecordsInSeconds: '5',
    streamName: 'words',
    usePollingConfigIdleTimeValue: 'true',
  },
  'retrieval.fanout.FanOutConfig': {
    applicationName: 'app',
    consumerArn: 'arn:aws:kinesis:us-east-1:123456789012:stream/words/consumer/app:1',
    consumerName: 'reader',
    maxDescribeStreamConsumerRetries: '5',
    maxDescribeStreamSummaryRetries: '5',
    registerStreamConsumerRetries: '5',
    retryBackoffMillis: '500',
    streamName: 'words',
  },
  'lifecycle.LifecycleConfig': {
    logWarningForTaskAfterMillis: '100',
    readTimeoutsToIgnoreBeforeWarning: '5',
    taskBackoffTimeMillis: '100',
  },
  'processor.ProcessorConfig': { callProcessRecordsEvenForEmptyRecordList: 'true' },
  'metrics.MetricsConfig': {
    metricsBackend: 'CLOUDWATCH',
    metricsBufferTimeMillis: '5000',
    metricsEnabledDimensions: 'Operation',
    metricsLevel: 'SUMMARY',
    metricsMaxQueueSize: '100',
    namespace: 'numbers',
    publisherFlushBuffer: '100',
  },
  'common.ConfigsBuilder': { applicationName: 'app', namespace: 'numbers', tableName: 'leases', workerIdentifier: 'w' },
}

/** Objects of Java's own: clients, factories, callbacks, and what holds the parts above. */
const OBJECTS =
  /^(log|[A-Z_0-9]+|.*(Client|Factory|Config|Tracker|Provider|Listener|Coordinator|Deserializer|Callback|Service|Syncer|Constructor|Controller|Util)|workerMetricList|tags|openTelemetry)$/
const isSetting = (name: string): boolean => name === 'clientVersionConfig' || !OBJECTS.test(name)

const cases = Object.entries(NAMES).flatMap(([part, names]) =>
  Object.entries(names).map(one => [part, ...one] as const),
)

test.each(cases)('%s has %s, which a file may set to %s', (_, name, value) => {
  const needed = { streamName: 's', applicationName: 'a', [name]: value }
  const text = Object.entries(needed).map(([key, one]) => `${key} = ${one}`)
  const { configuration, ignored, streamName } = parseKclProperties(text.join('\n'))
  const plain = parseKclProperties('streamName = s\napplicationName = a')
  // Whatever a file sets changes something, or is told.
  const isTold = ignored.includes(name) || ignoredSettings(configuration).some(one => one.includes(`setting ${name} `))
  const isDefault = value === 'CLIENT_VERSION_CONFIG_3X'
  const isSet = JSON.stringify([configuration, streamName]) !== JSON.stringify([plain.configuration, plain.streamName])
  expect(isTold || isSet || isDefault).toBe(true)
})

test.each([
  ['gracefulLeaseHandoffConfig.isGracefulLeaseHandoffEnabled = false', { isGracefulLeaseHandoffEnabled: false }],
  ['workerUtilizationAwareAssignmentConfig.dampeningPercentage = 70', { dampeningPercentage: 70 }],
  [
    'workerUtilizationAwareAssignmentConfig.staleWorkerMetricsEntryCleanupDuration = P1DT1H',
    { staleWorkerMetricsEntryCleanupDuration: 90_000_000 },
  ],
  ['leaseCleanupConfig.leaseCleanupIntervalMillis = 7', { leaseCleanupIntervalMillis: 7 }],
  ['pollingConfig.maxRecords = 7', { maxRecords: 7 }],
  ['shardPrioritization = NoOpShardPrioritization', { shardPrioritization: 'NONE' }],
  ['dynamoDBRequestTimeout = 1000', { dynamoDbRequestTimeout: 1_000 }],
])('%s', (line, expected) => {
  expect(parseKclProperties(`streamName=s\napplicationName=a\n${line}`).configuration).toMatchObject(expected)
})

test('tables of their own, which are never made here, may have settings', () => {
  const line = 'coordinatorStateTableConfig.billingMode = PROVISIONED'
  expect(parseKclProperties(`streamName=s\napplicationName=a\n${line}`).ignored).toEqual([
    'coordinatorStateTableConfig.billingMode',
  ])
})

test.each(['soon', 'P', 'PT', 'P1M'])('a duration %s is refused', text => {
  expect(() =>
    parseKclProperties(`streamName=s\napplicationName=a\nstaleWorkerMetricsEntryCleanupDuration=${text}`),
  ).toThrow('milliseconds, or a duration such as P1D')
})

const LIB = join(import.meta.dirname, '../../oracles/kcl-java/lib')
const jar = existsSync(LIB) ? readdirSync(LIB).find(name => /^amazon-kinesis-client-3.*\.jar$/.test(name)) : undefined
const missing =
  jar === undefined
    ? 'the jars of the KCL are not installed: mvn -q dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=lib in test/oracles/kcl-java'
    : spawnSync('javap', ['-version']).status === 0
      ? null
      : 'javap is not installed'

test.skipIf(missing !== null)('the list is that of the KCL that is installed', { timeout: 60_000 }, () => {
  const classes = Object.keys(NAMES).map(name => `software.amazon.kinesis.${name}`)
  const { stdout } = spawnSync('javap', ['-private', '-cp', join(LIB, '*'), ...classes], { encoding: 'utf8' })
  const found = new Map<string, string[]>()
  let names: string[] = []
  for (const line of stdout.split('\n')) {
    const of = /^(?:public |final |abstract )*class software\.amazon\.kinesis\.(\S+)/.exec(line)?.[1]
    if (of !== undefined) found.set(of, (names = []))
    const field = line.includes('(') || line.includes(' static ') ? null : /(\w+);$/.exec(line)
    if (field?.[1] !== undefined && isSetting(field[1])) names.push(field[1])
  }
  expect(Object.fromEntries([...found].map(([part, all]) => [part, all.toSorted()]))).toEqual(
    Object.fromEntries(Object.entries(NAMES).map(([part, all]) => [part, Object.keys(all).toSorted()])),
  )
})
if (missing !== null) console.warn(`the KCL's own list of settings is not asked: ${missing}`)
