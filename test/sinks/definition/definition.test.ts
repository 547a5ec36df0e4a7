import { describe, expect, it } from 'vitest'
import { assertAvailable, checkDefinition, definitionPlanOf } from '../../../sinks/definition/definition.ts'
import { queryKeysOf } from '../../../sinks/definition/jq-keys.ts'
import {
  CONVERSION,
  destination,
  extendedS3,
  type Json,
  PARTITIONED,
  processors,
  QUERY,
  S3,
} from '../support/definitions.ts'

function codes(definition: unknown): readonly string[] {
  return checkDefinition(definition).problems.map(({ code }) => code)
}

const errors = { ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/' }
const lambda = (parameters: Json = {}): readonly [string, Json] => [
  'Lambda',
  { LambdaArn: 'arn:aws:lambda:eu-west-1:123456789012:function:f', ...parameters },
]
const conversion = (change: Json): Json => ({
  DataFormatConversionConfiguration: { ...(CONVERSION['DataFormatConversionConfiguration'] as Json), ...change },
})
const hints = (SizeInMBs?: number, IntervalInSeconds?: number): Json => ({
  BufferingHints: {
    ...(SizeInMBs !== undefined && { SizeInMBs }),
    ...(IntervalInSeconds !== undefined && { IntervalInSeconds }),
  },
})

describe('definitions', () => {
  it('are taken for every destination, with null for what was not given', () => {
    for (const member of [
      'S3DestinationConfiguration',
      'ExtendedS3DestinationConfiguration',
      'RedshiftDestinationConfiguration',
      'ElasticsearchDestinationConfiguration',
      'AmazonopensearchserviceDestinationConfiguration',
      'AmazonOpenSearchServerlessDestinationConfiguration',
      'SplunkDestinationConfiguration',
      'HttpEndpointDestinationConfiguration',
      'SnowflakeDestinationConfiguration',
      'IcebergDestinationConfiguration',
    ])
      expect([member, checkDefinition({ ...destination(member), Tags: null }).problems]).toEqual([member, []])
  })

  it('name Snowflake, Iceberg and OpenSearch Serverless when they are asked to run', () => {
    for (const member of [
      'AmazonOpenSearchServerlessDestinationConfiguration',
      'SnowflakeDestinationConfiguration',
      'IcebergDestinationConfiguration',
    ])
      expect(() => assertAvailable(definitionPlanOf(destination(member)))).toThrow(
        `delivery stream clicks: ${member} is understood and cannot be delivered to from here`,
      )
    expect(() => assertAvailable(definitionPlanOf(extendedS3()))).not.toThrow()
  })

  it('are taken with all of partitioning, conversion, processing and backup at once', () => {
    const { problems, plan } = checkDefinition(
      extendedS3(
        {
          ...PARTITIONED,
          ...CONVERSION,
          ...hints(64, 60),
          Prefix: 'c=!{partitionKeyFromQuery:customer}/!{partitionKeyFromLambda:kind}/!{timestamp:yyyy}/',
          S3BackupMode: 'Enabled',
          S3BackupConfiguration: { ...S3, Prefix: 'raw/', CompressionFormat: 'Snappy' },
          ...processors(
            ['AppendDelimiterToRecord'],
            QUERY,
            lambda({ NumberOfRetries: '5', BufferSizeInMBs: '0.2', BufferIntervalInSeconds: '0' }),
            ['RecordDeAggregation', { SubRecordType: 'DELIMITED', Delimiter: 'Cg==' }],
            ['Decompression', { CompressionFormat: 'GZIP' }],
          ),
        },
        {
          DeliveryStreamType: 'KinesisStreamAsSource',
          KinesisStreamSourceConfiguration: {
            KinesisStreamARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks',
            RoleARN: S3.RoleARN,
          },
          Tags: [{ Key: 'team', Value: 'web' }],
        },
      ),
    )
    expect(problems).toEqual([])
    expect(plan).toMatchObject({
      name: 'clicks',
      partitioned: true,
      processing: {
        decompress: true,
        extractLogMessages: false,
        deAggregation: { kind: 'DELIMITED', delimiter: new Uint8Array([10]) },
        lambda: { retries: 5, sizeMiB: 0.2, intervalSeconds: 0 },
        query: { keys: ['customer'] },
        appendDelimiter: true,
      },
      conversion: { deserializer: { kind: 'openx', caseInsensitive: true }, table: { versionId: 'LATEST' } },
      backup: { compression: 'Snappy', hints: { SizeInMBs: 5, IntervalInSeconds: 300 } },
    })
  })

  it('tell all violations of shape in the words of the service, and hide tokens', () => {
    const bad = {
      DeliveryStreamName: 'no spaces',
      SplunkDestinationConfiguration: {
        HECEndpoint: 'https://splunk',
        HECEndpointType: 'raw',
        HECToken: 7,
        HECAcknowledgmentTimeoutInSeconds: 179,
        S3Configuration: { RoleARN: 'role', BufferingHint: {} },
      },
    }
    expect(() => definitionPlanOf(bad)).toThrow(
      "ValidationException: 7 validation errors detected: Value 'no spaces' at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.\\-]+; " +
        "Value 'raw' at 'splunkDestinationConfiguration.hECEndpointType' failed to satisfy constraint: Member must satisfy enum value set: [Raw, Event]; ",
    )
    expect(
      checkDefinition(bad)
        .problems.map(({ path, message }) => `${path}: ${message}`)
        .slice(2),
    ).toEqual([
      expect.stringContaining('arn:.*:iam'),
      "SplunkDestinationConfiguration.S3Configuration.BucketARN: Value null at 'splunkDestinationConfiguration.s3Configuration.bucketARN' failed to satisfy constraint: Member must not be null",
      "SplunkDestinationConfiguration.S3Configuration.BufferingHint: Unknown member 'splunkDestinationConfiguration.s3Configuration.bufferingHint'; known are RoleARN, BucketARN, Prefix, ErrorOutputPrefix, BufferingHints, CompressionFormat, EncryptionConfiguration, CloudWatchLoggingOptions",
      "SplunkDestinationConfiguration.HECToken: Value '***' at 'splunkDestinationConfiguration.hECToken' failed to satisfy constraint: Member must be a string",
      "SplunkDestinationConfiguration.HECAcknowledgmentTimeoutInSeconds: Value '179' at 'splunkDestinationConfiguration.hECAcknowledgmentTimeoutInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 180",
    ])
  })

  it('answer foreign files with a bounded number of problems', () => {
    expect(codes(null)).toEqual(['VALIDATION'])
    expect(codes([])).toEqual(['VALIDATION'])
    const tags = Array.from({ length: 5_000 }, () => ({}))
    expect(codes({ ...extendedS3(), Tags: tags })).toHaveLength(100)
  })

  it('begin refusals of the second kind with InvalidArgumentException and end them in a code', () => {
    expect(() => definitionPlanOf(extendedS3({ S3BackupMode: 'Enabled', Prefix: '!{firehose:x}' }))).toThrow(
      /^InvalidArgumentException:\n {2}ExtendedS3DestinationConfiguration\.Prefix: .*\(PREFIX_VALUE\)\n {2}ExtendedS3.*\(BACKUP_CONFIG\)$/,
    )
  })
})

/** delivery.md 3.5, a row or more for each code. */
describe('refusals', () => {
  it.each<[string, Json | readonly [string, Json]]>([
    ['PREFIX_NAMESPACE', { Prefix: '!{time:yyyy}', ...errors }],
    ['PREFIX_VALUE', { Prefix: '!{firehose:random}', ...errors }],
    ['PREFIX_VALUE', { Prefix: '!{timestamp:J}', ...errors }],
    ['PREFIX_STRAY', { Prefix: 'a!{', ...errors }],
    ['PREFIX_LENGTH', { Prefix: 'x'.repeat(513) }],
    ['PREFIX_ERRTYPE', { Prefix: '!{firehose:error-output-type}/', ...errors }],
    ['ERRPREFIX_REQUIRED', { Prefix: '!{timestamp:yyyy}' }],
    ['ERRPREFIX_REQUIRED', { Prefix: '!{timestamp:yyyy}', ErrorOutputPrefix: '' }],
    ['ERRPREFIX_NO_TYPE', { ErrorOutputPrefix: '!{timestamp:yyyy}/' }],
    [
      'ERRPREFIX_PARTKEY',
      { ...PARTITIONED, ErrorOutputPrefix: '!{firehose:error-output-type}!{partitionKeyFromQuery:customer}' },
    ],
    ['TIME_ZONE', { CustomTimeZone: 'Europe/Atlantis' }],
    ['PARTKEY_DISABLED', { Prefix: '!{partitionKeyFromLambda:k}/', ...errors }],
    ['PARTKEY_MISSING', { ...PARTITIONED, ...processors(lambda()), Prefix: 'a/' }],
    ['PREFIX_VALUE', { ...PARTITIONED, Prefix: '!{partitionKeyFromQuery:customer}!{partitionKeyFromQuery:other}' }],
    ['PREFIX_VALUE', { ...PARTITIONED, Prefix: '!{partitionKeyFromQuery:customer}!{partitionKeyFromLambda:k}' }],
    [
      'QUERY_KEY_UNUSED',
      {
        ...PARTITIONED,
        ...processors([
          'MetadataExtraction',
          { MetadataExtractionQuery: '{customer: .c, unused: .u}', JsonParsingEngine: 'JQ-1.6' },
        ]),
      },
    ],
    [
      'QUERY_ENGINE',
      {
        ...PARTITIONED,
        ...processors([
          'MetadataExtraction',
          { MetadataExtractionQuery: '{customer: .c}', JsonParsingEngine: 'JQ-1.5' },
        ]),
      },
    ],
    [
      'QUERY_ENGINE',
      { ...PARTITIONED, ...processors(['MetadataExtraction', { MetadataExtractionQuery: '{customer: .c}' }]) },
    ],
    ['QUERY_NO_DP', { ...processors(QUERY) }],
    ['QUERY_NO_DP', ['HttpEndpointDestinationConfiguration', processors(QUERY)]],
    ['DP_BUFFER', { ...PARTITIONED, ...hints(63, 60) }],
    ['DP_BUFFER', { ...PARTITIONED, ...hints(64, 59) }],
    ['DFC_COMPRESSION', { ...CONVERSION, CompressionFormat: 'GZIP' }],
    ['DFC_BUFFER', { ...CONVERSION, ...hints(63, 0) }],
    ['DFC_SERDE', conversion({ InputFormatConfiguration: { Deserializer: {} } })],
    [
      'DFC_SERDE',
      conversion({ InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {}, HiveJsonSerDe: {} } } }),
    ],
    ['DFC_SERDE', conversion({ OutputFormatConfiguration: { Serializer: { ParquetSerDe: {}, OrcSerDe: {} } } })],
    ['DFC_SERDE', conversion({ OutputFormatConfiguration: null })],
    ['DFC_SERDE', conversion({ SchemaConfiguration: { RoleARN: S3.RoleARN, DatabaseName: 'd' } })],
    ['ORC_UNAVAILABLE', conversion({ OutputFormatConfiguration: { Serializer: { OrcSerDe: {} } } })],
    ['PROC_COUNT', { ProcessingConfiguration: { Enabled: true, Processors: [] } }],
    ['PROC_COUNT', { ProcessingConfiguration: { Enabled: true } }],
    ['PROC_COUNT', processors(...Array.from({ length: 6 }, () => ['AppendDelimiterToRecord'] as const))],
    ['PROC_LAMBDA', processors(lambda(), lambda())],
    ['PROC_LAMBDA', processors(['Lambda', { NumberOfRetries: '1' }])],
    ['PROC_BUFFER', processors(lambda({ BufferSizeInMBs: '3.1', BufferIntervalInSeconds: '60' }))],
    ['PROC_BUFFER', processors(lambda({ BufferSizeInMBs: '0.1', BufferIntervalInSeconds: '60' }))],
    ['PROC_BUFFER', processors(lambda({ BufferSizeInMBs: '1', BufferIntervalInSeconds: '901' }))],
    ['PROC_BUFFER', processors(lambda({ BufferSizeInMBs: '1' }))],
    ['PROC_RETRIES', processors(lambda({ NumberOfRetries: '301' }))],
    ['PROC_RETRIES', processors(lambda({ NumberOfRetries: 'three' }))],
    ['DEAGG', processors(['RecordDeAggregation', { SubRecordType: 'json' }])],
    ['DEAGG', processors(['RecordDeAggregation', { SubRecordType: 'DELIMITED' }])],
    ['DEAGG', processors(['RecordDeAggregation', { SubRecordType: 'DELIMITED', Delimiter: '\\n#' }])],
    ['CWL_ORDER', processors(['CloudWatchLogProcessing', { DataMessageExtraction: 'true' }])],
    ['DECOMPRESSION', processors(['Decompression', { CompressionFormat: 'ZIP' }])],
    ['BACKUP_CONFIG', { S3BackupMode: 'Enabled' }],
    ['BACKUP_CONFIG', ['RedshiftDestinationConfiguration', { S3BackupMode: 'Enabled' }]],
    ['BACKUP_BUFFER', { S3BackupMode: 'Enabled', S3BackupConfiguration: { ...S3, ...hints(1, 59) } }],
    ['BACKUP_BUFFER', ['SplunkDestinationConfiguration', { S3Configuration: { ...S3, ...hints(1, 59) } }]],
    ['BUFFER_PAIR', hints(5)],
    ['BUFFER_PAIR', hints(undefined, 60)],
    ['BUFFER_PAIR', ['HttpEndpointDestinationConfiguration', hints(1)]],
    ['SSE_ONE', { EncryptionConfiguration: {} }],
    [
      'SSE_ONE',
      {
        EncryptionConfiguration: {
          NoEncryptionConfig: 'NoEncryption',
          KMSEncryptionConfig: { AWSKMSKeyARN: 'arn:aws:kms:eu-west-1:123456789012:key/k' },
        },
      },
    ],
    ['OS_ENDPOINT', ['AmazonopensearchserviceDestinationConfiguration', { ClusterEndpoint: 'https://x' }]],
    ['OS_ENDPOINT', ['ElasticsearchDestinationConfiguration', { ClusterEndpoint: null }]],
    ['OS_TYPE', ['AmazonopensearchserviceDestinationConfiguration', { TypeName: '_doc' }]],
    [
      'REDSHIFT_PREFIX',
      [
        'RedshiftDestinationConfiguration',
        { S3Configuration: { ...S3, Prefix: 'a/!{timestamp:yyyy}/', ErrorOutputPrefix: null } },
      ],
    ],
    ['REDSHIFT_PREFIX', ['RedshiftDestinationConfiguration', { S3Configuration: { ...S3, ErrorOutputPrefix: 'e/' } }]],
    [
      'REDSHIFT_COMPRESSION',
      ['RedshiftDestinationConfiguration', { S3Configuration: { ...S3, CompressionFormat: 'ZIP' } }],
    ],
    ['REDSHIFT_BUFFER', ['RedshiftDestinationConfiguration', { S3Configuration: { ...S3, ...hints(1, 59) } }]],
  ])('%s for %j', (code, change) => {
    const definition = isPair(change) ? destination(change[0], change[1]) : extendedS3(change)
    expect(codes(definition)).toContain(code)
  })

  it.each<[string, Json]>([
    ['DEST_ONE', { DeliveryStreamName: 'a' }],
    ['DEST_ONE', { ...extendedS3(), S3DestinationConfiguration: S3 }],
    ['SOURCE_CONFIG', { ...extendedS3(), DeliveryStreamType: 'KinesisStreamAsSource' }],
    [
      'SOURCE_CONFIG',
      {
        ...extendedS3(),
        KinesisStreamSourceConfiguration: {
          KinesisStreamARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks',
          RoleARN: S3.RoleARN,
        },
      },
    ],
    [
      'SSE_SOURCE',
      { ...extendedS3(), DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK' } },
    ],
    ['VALIDATION', extendedS3({ CompressionFormat: 'SNAPPY' })],
    ['VALIDATION', extendedS3({ FileExtension: '.GZ' })],
    ['VALIDATION', extendedS3({ FileExtension: 'x.gz' })],
  ])('%s for the stream %j', (code, definition) => {
    expect(codes(definition)).toEqual([code])
  })
})

function isPair(change: Json | readonly [string, Json]): change is readonly [string, Json] {
  return Array.isArray(change)
}

/** delivery.md 1.1: destination, changes, least and largest size and interval, defaults of the plan where one is made. */
describe('buffering bounds', () => {
  const s3 =
    (change: Json) =>
    (hint: Json): Json =>
      extendedS3({ ...change, ...hint })
  const other =
    (member: string) =>
    (hint: Json): Json =>
      destination(member, hint)
  const stage =
    (member: string) =>
    (hint: Json): Json =>
      destination(member, { S3Configuration: { ...S3, ...hint } })
  const backup = (hint: Json): Json =>
    extendedS3({ S3BackupMode: 'Enabled', S3BackupConfiguration: { ...S3, ...hint } })
  it.each<[string, (hint: Json) => Json, number, number, number, number]>([
    ['S3', s3({}), 1, 128, 0, 900],
    ['S3 with conversion', s3(CONVERSION), 64, 128, 0, 900],
    ['S3 with partitioning', s3(PARTITIONED), 64, 128, 60, 900],
    ['S3 with both', s3({ ...PARTITIONED, ...CONVERSION }), 64, 128, 60, 900],
    ['backup', backup, 1, 128, 60, 900],
    ['error store of HTTP', stage('HttpEndpointDestinationConfiguration'), 1, 128, 60, 900],
    ['Redshift', stage('RedshiftDestinationConfiguration'), 1, 128, 60, 900],
    ['OpenSearch', other('AmazonopensearchserviceDestinationConfiguration'), 1, 100, 0, 900],
    ['Elasticsearch', other('ElasticsearchDestinationConfiguration'), 1, 100, 0, 900],
    ['Serverless', other('AmazonOpenSearchServerlessDestinationConfiguration'), 1, 100, 0, 900],
    ['HTTP', other('HttpEndpointDestinationConfiguration'), 1, 64, 0, 900],
    ['Splunk', other('SplunkDestinationConfiguration'), 1, 5, 0, 60],
    ['Snowflake', other('SnowflakeDestinationConfiguration'), 1, 128, 0, 900],
    ['Iceberg', other('IcebergDestinationConfiguration'), 1, 128, 0, 900],
  ])('of %s are kept at both ends', (_, make, sizeMin, sizeMax, intervalMin, intervalMax) => {
    expect(codes(make(hints(sizeMin, intervalMin)))).toEqual([])
    expect(codes(make(hints(sizeMax, intervalMax)))).toEqual([])
    for (const [size, interval] of [
      [sizeMin - 1, intervalMin],
      [sizeMax + 1, intervalMax],
      [sizeMin, intervalMin - 1],
      [sizeMax, intervalMax + 1],
    ] as const)
      expect([size, interval, codes(make(hints(size, interval))).length]).not.toEqual([size, interval, 0])
  })

  it('have the defaults of the service', () => {
    const hintsOf = (change: Json): unknown => definitionPlanOf(extendedS3(change)).s3.hints
    expect(hintsOf({})).toEqual({ SizeInMBs: 5, IntervalInSeconds: 300 })
    expect(hintsOf(CONVERSION)).toEqual({ SizeInMBs: 128, IntervalInSeconds: 300 })
    expect(hintsOf(PARTITIONED)).toEqual({ SizeInMBs: 128, IntervalInSeconds: 300 })
    const stage = (member: string): unknown =>
      definitionPlanOf(destination(member, processors(lambda()))).processing.lambda
    expect(stage('SplunkDestinationConfiguration')).toMatchObject({ sizeMiB: 0.25, intervalSeconds: 60, retries: 3 })
    expect(stage('HttpEndpointDestinationConfiguration')).toMatchObject({ sizeMiB: 1 })
  })
})

describe('keys of a query', () => {
  it.each<[string, readonly string[]]>([
    [
      '{customer_id:.customer_id,device:.type.device,year:.event_timestamp|strftime("%Y")}',
      ['customer_id', 'device', 'year'],
    ],
    ['{customer_id}', ['customer_id']],
    [' { "a b" : .x , $__loc__ , c : (.d | {e: 1, f: [2, 3]}) } ', ['a b', '__loc__', 'c']],
    ['{a: "x, \\"}: \\(.b | tostring + "}")", b: 1}', ['a', 'b']],
    ['{}', []],
  ])('%s', (query, keys) => {
    expect(queryKeysOf(query)).toEqual(keys)
  })

  it.each([
    ['.a'],
    ['{a: 1'],
    ['{(.k): 1}'],
    ['{a: 1} | .b'],
    ['{a: 1]}'],
    ['{a: "x}'],
    ['{"\\(.k)": 1}'],
  ])('are refused for %s', query => {
    expect(typeof queryKeysOf(query)).toBe('string')
  })
})
