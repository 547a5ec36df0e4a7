/** S3DestinationConfiguration: a destination of its own, and the backup and error store of all others. */
import { bufferingHints, cloudWatchLoggingOptions, encryptionConfiguration, roleArn } from './common.ts'
import { oneOf, structure, type TypeOf, text } from './shape.ts'

export const bucketArn = text(1, 2_048, 'arn:.*:s3:::[\\w\\.\\-]{1,255}')

export const s3Required = { RoleARN: roleArn, BucketARN: bucketArn } as const

export const s3Optional = {
  Prefix: text(0, 1_024),
  ErrorOutputPrefix: text(0, 1_024),
  BufferingHints: bufferingHints(1, 128, 900),
  CompressionFormat: oneOf('UNCOMPRESSED', 'GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'),
  EncryptionConfiguration: encryptionConfiguration,
  CloudWatchLoggingOptions: cloudWatchLoggingOptions,
} as const

export const s3Destination = structure(s3Required, s3Optional)

export type S3DestinationConfiguration = TypeOf<typeof s3Destination>
