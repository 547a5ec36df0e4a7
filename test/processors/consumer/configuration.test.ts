/** Settings by the KCL's names, and its properties files. */
import { describe, expect, test } from 'vitest'
import {
  type ConsumerConfiguration,
  completeConsumerConfiguration,
  ignoredSettings,
} from '../../../processors/consumer/configuration.ts'
import { parseKclProperties } from '../../../processors/consumer/kcl-properties.ts'

test('defaults are the KCL’s', () => {
  expect(completeConsumerConfiguration({ applicationName: 'app' })).toMatchObject({
    failoverTimeMillis: 10_000,
    shardSyncIntervalMillis: 60_000,
    maxLeasesForWorker: 2_147_483_647,
    maxRecords: 10_000,
    idleTimeBetweenReadsInMillis: 1_500,
    maxPendingProcessRecordsInput: 4,
    parentShardPollIntervalMillis: 10_000,
    taskBackoffTimeMillis: 500,
    gracefulLeaseHandoffTimeoutMillis: 30_000,
    metricsLevel: 'DETAILED',
    retrievalMode: 'FANOUT',
    initialPositionInStream: 'LATEST',
  })
})

test.each<[Record<string, unknown>, string]>([
  [{}, 'applicationName is ""'],
  [{ applicationName: 'a b' }, 'letters, digits'],
  [{ maxRecords: 10_001 }, 'maxRecords is 10001; give a whole number from 1 to 10000'],
  [{ maxRecords: 1.5 }, 'a whole number'],
  [{ idleTimeBetweenReadsInMillis: 100 }, 'a whole number of at least 200'],
  [{ metricsLevel: 'ALL' }, 'give NONE, SUMMARY, DETAILED'],
  [{ metricsEnabledDimensions: ['Stream'] }, 'a list of Operation'],
  [{ enablePriorityLeaseAssignment: 'yes' }, 'true or false'],
  [{ tableName: 7 }, 'a text'],
  [{ initialPositionInStream: 'AT_TIMESTAMP' }, 'initialPositionTimestamp is null'],
  [{ failoverTimeMilis: 1 }, 'failoverTimeMilis (did you mean failoverTimeMillis?)'],
  [{ logWarningForTaskAfterMillis: -1 }, 'a whole number of at least 0'],
])('%j is refused', (given, message) => {
  const base = Object.keys(given).length === 0 || 'applicationName' in given ? {} : { applicationName: 'app' }
  expect(() => completeConsumerConfiguration({ ...base, ...given } as Partial<ConsumerConfiguration>)).toThrow(message)
})

test('settings that do nothing here are named with the reason, when they are given', () => {
  expect(ignoredSettings(completeConsumerConfiguration({ applicationName: 'app' }))).toEqual([])
  expect(ignoredSettings({ shardSyncIntervalMillis: 1_000, shardConsumerDispatchPollIntervalMillis: 5 })).toEqual([
    'setting shardSyncIntervalMillis has no effect: shards are looked for when one ends, and by the audit every leasesRecoveryAuditorExecutionFrequencyMillis',
    'setting shardConsumerDispatchPollIntervalMillis has no effect: a shard consumer goes on as soon as it can, and is not polled',
  ])
})

describe('a properties file', () => {
  const file = `
# The script that abides by the multi-language protocol
executableName = sample_kclpy_app.py
streamName = words
applicationName = PythonKCLSample
AwsCredentialsProvider = DefaultCredentialsProvider
processingLanguage = python/3.8
initialPositionInStream = trim_horizon
regionName = us-east-1
failoverTimeMillis = 20000
workerId = worker-7
maxRecords = 500
idleTimeBetweenReadsInMillis = 1000
callProcessRecordsEvenForEmptyRecordList = TRUE
metricsEnabledDimensions = Operation, ShardId
fanoutConfig.consumerName = words-reader
clientVersionConfig = compatible_with_2x
`

  test('of the daemon is read, keys of Java are named as ignored', () => {
    const { configuration, streamName, streamArn, ignored } = parseKclProperties(file)
    expect([streamName, streamArn]).toEqual(['words', null])
    expect(configuration).toMatchObject({
      applicationName: 'PythonKCLSample',
      initialPositionInStream: 'TRIM_HORIZON',
      regionName: 'us-east-1',
      failoverTimeMillis: 20_000,
      workerIdentifier: 'worker-7',
      maxRecords: 500,
      idleTimeBetweenReadsInMillis: 1_000,
      callProcessRecordsEvenForEmptyRecordList: true,
      metricsEnabledDimensions: ['Operation', 'ShardId'],
      consumerName: 'words-reader',
      retrievalMode: 'FANOUT',
      clientVersionConfig: 'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X',
    })
    expect(ignored).toEqual(['executableName', 'AwsCredentialsProvider', 'processingLanguage'])
  })

  test.each([
    ['retrievalMode = polling', { retrievalMode: 'POLLING' }],
    ['retrievalMode = default', { retrievalMode: 'FANOUT' }],
    [
      'initialPositionInStreamExtended = 1636609142',
      { initialPositionInStream: 'AT_TIMESTAMP', initialPositionTimestamp: 1_636_609_142_000 },
    ],
    ['initialPositionInStreamExtended = 2021-11-11T05:39:02Z', { initialPositionTimestamp: 1_636_609_142_000 }],
    ['MaxRecords = 7', { maxRecords: 7 }],
    ['maxLeasesForWorker = 2147483647', { maxLeasesForWorker: 2_147_483_647 }],
  ])('%s', (line, expected) => {
    expect(parseKclProperties(`streamName=s\napplicationName=a\n${line}`).configuration).toMatchObject(expected)
  })

  test.each([
    ['failOverTimeMilis = 1', 'a key that the KCL does not know: failOverTimeMilis (did you mean failoverTimeMillis?)'],
    ['xyzzy = 1\nmaxRecord = 2', 'keys that the KCL does not know: xyzzy, maxRecord (did you mean maxRecords?)'],
    ['maxRecords = many', 'maxRecords is "many"; give a number'],
    ['metricsLevel = loud', 'give NONE, SUMMARY, DETAILED'],
    ['cleanupLeasesUponShardCompletion = maybe', 'give true or false'],
    ['initialPositionInStreamExtended = soon', 'epoch seconds'],
    ['maxRecords = 0', 'from 1 to 10000'],
  ])('%s is refused', (lines, message) => {
    expect(() => parseKclProperties(`streamName=s\napplicationName=a\n${lines}`)).toThrow(message)
  })

  test('without a stream is refused', () => {
    expect(() => parseKclProperties('applicationName=a')).toThrow('give streamName or streamArn')
  })
})
