/** SnowflakeDestinationConfiguration: checked, and refused by name at start. */
import {
  bufferingHints,
  cloudWatchLoggingOptions,
  processingConfiguration,
  retryOptions,
  roleArn,
  secretsManagerConfiguration,
  vpcEndpointName,
} from './common.ts'
import { s3Destination } from './s3.ts'
import { boolean, oneOf, secret, structure, type TypeOf, text } from './shape.ts'

const name = text(1, 255)

export const snowflakeDestination = structure(
  {
    AccountUrl: text(24, 2_048, '.+?\\.snowflakecomputing\\.com'),
    Database: name,
    Schema: name,
    Table: name,
    RoleARN: roleArn,
    S3Configuration: s3Destination,
  },
  {
    PrivateKey: secret(256, 4_096, '(?:[A-Za-z0-9+\\/]{4})*(?:[A-Za-z0-9+\\/]{2}==|[A-Za-z0-9+\\/]{3}=)?'),
    KeyPassphrase: secret(7, 255),
    User: name,
    SnowflakeRoleConfiguration: structure({}, { Enabled: boolean, SnowflakeRole: name }),
    DataLoadingOption: oneOf('JSON_MAPPING', 'VARIANT_CONTENT_MAPPING', 'VARIANT_CONTENT_AND_METADATA_MAPPING'),
    MetaDataColumnName: name,
    ContentColumnName: name,
    SnowflakeVpcConfiguration: structure({ PrivateLinkVpceId: vpcEndpointName }, {}),
    CloudWatchLoggingOptions: cloudWatchLoggingOptions,
    ProcessingConfiguration: processingConfiguration,
    RetryOptions: retryOptions,
    S3BackupMode: oneOf('FailedDataOnly', 'AllData'),
    SecretsManagerConfiguration: secretsManagerConfiguration,
    BufferingHints: bufferingHints(1, 128, 900),
  },
)

export type SnowflakeDestinationConfiguration = TypeOf<typeof snowflakeDestination>
