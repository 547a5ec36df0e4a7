/** The whole input of `create-delivery-stream` (Firehose API model): sources, encryption, tags and one destination. */
import { nonEmptyWithoutSpace, roleArn, secretsManagerConfiguration, vpcEndpointName } from './common.ts'
import { customDestination } from './custom.ts'
import { extendedS3Destination } from './extended-s3.ts'
import { httpEndpointDestination } from './http-endpoint.ts'
import { icebergDestination } from './iceberg.ts'
import { openSearchDestination, openSearchServerlessDestination } from './opensearch.ts'
import { redshiftDestination } from './redshift.ts'
import { s3Destination } from './s3.ts'
import { integer, list, oneOf, structure, type TypeOf, text, timestamp } from './shape.ts'
import { snowflakeDestination } from './snowflake.ts'
import { splunkDestination } from './splunk.ts'

const databaseName = text(1, 64, '[\\u0001-\\uFFFF]*')
const databaseTableName = text(1, 129, '[\\u0001-\\uFFFF]*')
const databaseColumnName = text(1, 194, '[\\u0001-\\uFFFF]*')
const tagText = '[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@%]*'

const databaseSource = structure(
  {
    Type: oneOf('MySQL', 'PostgreSQL'),
    Endpoint: text(1, 255, '(?!\\s*$).+'),
    Port: integer(0, 65_535),
    Databases: structure({}, { Include: list(databaseName), Exclude: list(databaseName) }),
    Tables: structure({}, { Include: list(databaseTableName), Exclude: list(databaseTableName) }),
    SnapshotWatermarkTable: databaseTableName,
    DatabaseSourceAuthenticationConfiguration: structure(
      { SecretsManagerConfiguration: secretsManagerConfiguration },
      {},
    ),
    DatabaseSourceVPCConfiguration: structure({ VpcEndpointServiceName: vpcEndpointName }, {}),
  },
  {
    SSLMode: oneOf('Disabled', 'Enabled'),
    Columns: structure({}, { Include: list(databaseColumnName), Exclude: list(databaseColumnName) }),
    SurrogateKeys: list(nonEmptyWithoutSpace),
  },
)

/** Members that hold a destination; exactly one of them is given. */
export const DESTINATIONS = {
  ExtendedS3DestinationConfiguration: extendedS3Destination,
  S3DestinationConfiguration: s3Destination,
  RedshiftDestinationConfiguration: redshiftDestination,
  ElasticsearchDestinationConfiguration: openSearchDestination,
  AmazonopensearchserviceDestinationConfiguration: openSearchDestination,
  AmazonOpenSearchServerlessDestinationConfiguration: openSearchServerlessDestination,
  SplunkDestinationConfiguration: splunkDestination,
  HttpEndpointDestinationConfiguration: httpEndpointDestination,
  SnowflakeDestinationConfiguration: snowflakeDestination,
  IcebergDestinationConfiguration: icebergDestination,
} as const

export type DestinationMember = keyof typeof DESTINATIONS | 'CustomDestinationConfiguration'

export const deliveryStream = structure(
  { DeliveryStreamName: text(1, 64, '[a-zA-Z0-9_.\\-]+') },
  {
    ...DESTINATIONS,
    DeliveryStreamType: oneOf('DirectPut', 'KinesisStreamAsSource', 'MSKAsSource', 'DatabaseAsSource'),
    DirectPutSourceConfiguration: structure({ ThroughputHintInMBs: integer(1, 100) }, {}),
    KinesisStreamSourceConfiguration: structure(
      {
        KinesisStreamARN: text(1, 512, 'arn:.*:kinesis:[a-zA-Z0-9\\-]+:\\d{12}:stream/[a-zA-Z0-9_.\\-]+'),
        RoleARN: roleArn,
      },
      {},
    ),
    MSKSourceConfiguration: structure(
      {
        MSKClusterARN: text(1, 512, 'arn:.*'),
        TopicName: text(1, 255, '[a-zA-Z0-9\\\\._\\-]+'),
        AuthenticationConfiguration: structure({ RoleARN: roleArn, Connectivity: oneOf('PUBLIC', 'PRIVATE') }, {}),
      },
      { ReadFromTimestamp: timestamp },
    ),
    DatabaseSourceConfiguration: databaseSource,
    DeliveryStreamEncryptionConfigurationInput: structure(
      { KeyType: oneOf('AWS_OWNED_CMK', 'CUSTOMER_MANAGED_CMK') },
      { KeyARN: text(1, 512, 'arn:.*:kms:[a-zA-Z0-9\\-]+:\\d{12}:key/[a-zA-Z_0-9+=,.@\\-_/]+') },
    ),
    Tags: list(structure({ Key: text(1, 128, `(?!aws:)${tagText}`) }, { Value: text(0, 256, tagText) }), 1, 50),
  },
)

/** The same with our own destination, which the service does not have. */
export const deliveryStreamOrCustom = structure(deliveryStream.required, {
  ...deliveryStream.optional,
  CustomDestinationConfiguration: customDestination,
})

/** The JSON of `aws firehose create-delivery-stream --cli-input-json`, as it is; or with a destination of ours. */
export type DeliveryStreamDefinition = TypeOf<typeof deliveryStreamOrCustom>
