/** RedshiftDestinationConfiguration: S3 first, then COPY. */
import {
  cloudWatchLoggingOptions,
  processingConfiguration,
  retryOptions,
  roleArn,
  secretsManagerConfiguration,
} from './common.ts'
import { s3Destination } from './s3.ts'
import { oneOf, secret, structure, type TypeOf, text } from './shape.ts'

export const redshiftDestination = structure(
  {
    RoleARN: roleArn,
    ClusterJDBCURL: text(
      1,
      512,
      'jdbc:(redshift|postgresql)://((?!-)[A-Za-z0-9\\-]{1,63}(?<!-)\\.)+(redshift(-serverless)?)\\.([a-zA-Z0-9\\.\\-]+):\\d{1,5}/[a-zA-Z0-9_$\\-]+',
    ),
    CopyCommand: structure(
      { DataTableName: text(1, 512) },
      { DataTableColumns: text(0, 10_240), CopyOptions: text(0, 10_240) },
    ),
    S3Configuration: s3Destination,
  },
  {
    Username: text(1, 512),
    Password: secret(6, 512),
    RetryOptions: retryOptions,
    ProcessingConfiguration: processingConfiguration,
    S3BackupMode: oneOf('Disabled', 'Enabled'),
    S3BackupConfiguration: s3Destination,
    CloudWatchLoggingOptions: cloudWatchLoggingOptions,
    SecretsManagerConfiguration: secretsManagerConfiguration,
  },
)

export type RedshiftDestinationConfiguration = TypeOf<typeof redshiftDestination>
