/** Metrics of a delivery stream beside those of the service (Firehose developer guide, "Monitoring with CloudWatch Metrics"). */
import { expect, it } from 'vitest'
import { MillraceError } from '../../../core/index.ts'
import { STREAM_METRICS } from '../../../sinks/index.ts'
import type { FailedRecord } from '../../../sinks/pipeline/record.ts'
import { keyMetricOf } from '../../../sinks/pipeline/stream-metrics.ts'
import type { Conversion } from '../../../sinks/pipeline/stream-options.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { pageText } from '../../support/page-program.ts'
import { bytes, put, START, world } from './world.ts'

const each = (places: readonly string[], names: readonly string[]): readonly string[] =>
  places.flatMap(place => names.map(name => `${place}.${name}`))

const OF_THE_SERVICE = [
  ...each(
    ['S3', 'AmazonOpenSearchService', 'Splunk', 'HttpEndpoint'].map(name => `DeliveryTo${name}`),
    ['Bytes', 'Records', 'Success', 'DataFreshness'],
  ),
  ...each(['DeliveryToRedshift'], ['Bytes', 'Records', 'Success']),
  ...each(['DeliveryToAmazonOpenSearchServerless'], ['Bytes', 'Records', 'Success', 'DataFreshness']),
  'DeliveryToS3.ObjectCount',
  'DeliveryToSplunk.DataAckLatency',
  ...each(['DeliveryToHttpEndpoint'], ['ProcessedBytes', 'ProcessedRecords']),
  ...each(['BackupToS3'], ['Bytes', 'Records', 'Success', 'DataFreshness']),
  'PartitionCount',
  'PartitionCountExceeded',
  'JQProcessing.Duration',
  'PerPartitionThroughput',
  ...each(['ExecuteProcessing'], ['Duration', 'Success']),
  ...each(['SucceedProcessing', 'SucceedConversion', 'FailedConversion'], ['Records', 'Bytes']),
  'IncomingBytes',
  'IncomingRecords',
  'IncomingPutRequests',
  'ThrottledRecords',
  'BytesPerSecondLimit',
  'RecordsPerSecondLimit',
  'PutRequestsPerSecondLimit',
  ...each(['PutRecord'], ['Bytes', 'Latency', 'Requests']),
  ...each(['PutRecordBatch'], ['Bytes', 'Latency', 'Records', 'Requests']),
  ...each(['DataReadFromKinesisStream'], ['Bytes', 'Records']),
  'KinesisMillisBehindLatest',
  'ThrottledGetRecords',
  'ThrottledGetShardIterator',
  'ThrottledDescribeStream',
  'KMSKeyAccessDenied',
  'KMSKeyDisabled',
  'KMSKeyInvalidState',
  'KMSKeyNotFound',
]

it('every metric of the service is here, or the page says why it is not', () => {
  const names: ReadonlySet<string> = STREAM_METRICS
  const absent = OF_THE_SERVICE.filter(name => !names.has(name))
  const page = pageText('delivery.md')
  const said = page.slice(page.indexOf('### Metrics')).split('\n#')[0] ?? ''
  expect(absent.filter(name => !said.includes(`\`${name.replace(/^(DeliveryTo\w+)\..*/, '$1.*')}\``))).toEqual([])
  expect(absent).toHaveLength(11)
})

it('puts, reads and conversions are counted in records and bytes, what fails too', async () => {
  const conversion: Conversion = {
    convert(record, endedAt) {
      const failed: FailedRecord = {
        record,
        type: 'format-conversion-failed',
        code: 'DataFormatConversion.ParseError',
        message: 'no',
        attempts: 1,
        endedAt,
        stage: 'FormatConversion',
      }
      return record.data.length > 3 ? failed : record
    },
    newBody: async () => {
      let all = ''
      return {
        add: ({ data }) => {
          all += Buffer.from(data).toString()
          return data.length
        },
        full: false,
        *drain() {},
        *finish() {
          yield bytes(all)
        },
      }
    },
  }
  const serde = {
    SchemaConfiguration: { RoleARN: 'arn:aws:iam::123456789012:role/r', DatabaseName: 'd', TableName: 't' },
    InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
    OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
  }
  const { stream } = world({ DataFormatConversionConfiguration: serde }, {}, {}, conversion)
  await stream.putRecord({ Data: bytes('ab') })
  await put(stream, 'abc', 'wrong')
  await stream.write([
    { data: bytes('x'), source: { shardId: 's', partitionKey: 'k', sequenceNumber: '1', subsequenceNumber: 0 } },
  ])
  await stream.close()
  expect(stream.metrics.all).toMatchObject({
    IncomingPutRequests: 2,
    IncomingRecords: 4,
    'PutRecord.Requests': 1,
    'PutRecord.Bytes': 2,
    'PutRecordBatch.Requests': 1,
    'PutRecordBatch.Records': 2,
    'PutRecordBatch.Bytes': 8,
    'DataReadFromKinesisStream.Records': 1,
    'DataReadFromKinesisStream.Bytes': 1,
    'SucceedConversion.Records': 3,
    'SucceedConversion.Bytes': 6,
    'FailedConversion.Records': 1,
    'FailedConversion.Bytes': 5,
    // the failed record is an object too
    'DeliveryToS3.Success': 2,
    'DeliveryToS3.Attempts': 2,
  })
})

it('calls that failed count as attempts, and those that failed for a key under its metric', async () => {
  const refusals = [
    'KMS.DisabledException',
    'KMS.KMSInvalidStateException',
    'KMS.NotFoundException',
    'KMS.AccessDeniedException',
  ]
  const lake = new MemoryStore()
  const store = {
    begin: async (key: string) => {
      const name = refusals.shift()
      if (name === undefined) return lake.begin(key)
      const cause = Object.assign(new Error('the key cannot be used'), { name })
      throw new MillraceError('internal', 'put to the bucket failed', { retry: 'backoff', cause })
    },
  }
  const { clock, stream } = world({}, {}, { store: () => store })
  await put(stream, 'a')
  await clock.until(stream.close())
  expect(stream.metrics.all).toMatchObject({
    'DeliveryToS3.Success': 1,
    'DeliveryToS3.Attempts': 5,
    KMSKeyDisabled: 1,
    KMSKeyInvalidState: 1,
    KMSKeyNotFound: 1,
    KMSKeyAccessDenied: 1,
  })
  expect(keyMetricOf(new Error('AccessDenied: not authorized to perform: kms:GenerateDataKey'))).toBe(
    'KMSKeyAccessDenied',
  )
  expect(keyMetricOf(new Error('AccessDenied: not authorized to perform: s3:PutObject'))).toBeNull()
})

it('the busiest partition shows how fast it takes bytes', async () => {
  const transform = {
    Type: 'MetadataExtraction',
    Parameters: [
      { ParameterName: 'MetadataExtractionQuery', ParameterValue: '{k:.k}' },
      { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
    ],
  }
  const { clock, stream } = world({
    Prefix: 'k=!{partitionKeyFromQuery:k}/',
    ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
    BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
    DynamicPartitioningConfiguration: { Enabled: true },
    ProcessingConfiguration: { Enabled: true, Processors: [transform] },
  })
  await put(stream, '{"k":"c"}')
  // jq is loaded by now.
  await stream.flush()
  await put(stream, '{"k":"a"}', '{"k":"b"}')
  await put(stream, '{"k":"b"}')
  await clock.advance(3_000)
  expect(stream.gauges).toEqual({
    'DeliveryToS3.DataFreshness': (clock.now() - START) / 1_000,
    PartitionCount: 2,
    PerPartitionThroughput: 6,
  })
  await stream.close()
})
