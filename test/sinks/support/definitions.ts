/** Small good definitions that tests change. */
const RoleARN = 'arn:aws:iam::123456789012:role/firehose'
const BucketARN = 'arn:aws:s3:::lake'

export type Json = { [name: string]: unknown }

export const S3 = { RoleARN, BucketARN } as const

export function extendedS3(members: Json = {}, stream: Json = {}): Json {
  return {
    DeliveryStreamName: 'clicks',
    ExtendedS3DestinationConfiguration: { ...S3, ...members },
    ...stream,
  }
}

export function destination(member: string, members: Json = {}): Json {
  const needed: { readonly [name: string]: Json } = {
    S3DestinationConfiguration: S3,
    ExtendedS3DestinationConfiguration: S3,
    RedshiftDestinationConfiguration: {
      RoleARN,
      ClusterJDBCURL: 'jdbc:redshift://c1.abc.eu-west-1.redshift.amazonaws.com:5439/dev',
      CopyCommand: { DataTableName: 'clicks' },
      S3Configuration: S3,
    },
    ElasticsearchDestinationConfiguration: {
      RoleARN,
      IndexName: 'clicks',
      S3Configuration: S3,
      ClusterEndpoint: 'https://es.example.com',
    },
    AmazonopensearchserviceDestinationConfiguration: {
      RoleARN,
      IndexName: 'clicks',
      S3Configuration: S3,
      DomainARN: 'arn:aws:es:eu-west-1:123456789012:domain/logs',
    },
    AmazonOpenSearchServerlessDestinationConfiguration: {
      RoleARN,
      IndexName: 'clicks',
      S3Configuration: S3,
      CollectionEndpoint: 'https://abc.aoss.amazonaws.com',
    },
    SplunkDestinationConfiguration: {
      HECEndpoint: 'https://splunk.example.com:8088',
      HECEndpointType: 'Raw',
      S3Configuration: S3,
    },
    HttpEndpointDestinationConfiguration: {
      EndpointConfiguration: { Url: 'https://collect.example.com/' },
      S3Configuration: S3,
    },
    SnowflakeDestinationConfiguration: {
      AccountUrl: 'https://abc.snowflakecomputing.com',
      Database: 'D',
      Schema: 'S',
      Table: 'T',
      RoleARN,
      S3Configuration: S3,
    },
    IcebergDestinationConfiguration: { RoleARN, CatalogConfiguration: {}, S3Configuration: S3 },
  }
  return { DeliveryStreamName: 'clicks', [member]: { ...needed[member], ...members } }
}

export function processors(...list: (readonly [string, Json?])[]): Json {
  return {
    ProcessingConfiguration: {
      Enabled: true,
      Processors: list.map(([Type, parameters = {}]) => ({
        Type,
        Parameters: Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
          ParameterName,
          ParameterValue,
        })),
      })),
    },
  }
}

export const QUERY = [
  'MetadataExtraction',
  { MetadataExtractionQuery: '{customer: .customer}', JsonParsingEngine: 'JQ-1.6' },
] as const

export const PARTITIONED: Json = {
  DynamicPartitioningConfiguration: { Enabled: true },
  Prefix: '!{partitionKeyFromQuery:customer}/',
  ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
  ...processors(QUERY),
}

export const CONVERSION: Json = {
  DataFormatConversionConfiguration: {
    SchemaConfiguration: { RoleARN, DatabaseName: 'web', TableName: 'clicks' },
    InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
    OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
  },
}
