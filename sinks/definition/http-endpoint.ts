/** HttpEndpointDestinationConfiguration: any server that speaks Firehose's HTTP contract. */
import {
  accessKey,
  bufferingHints,
  cloudWatchLoggingOptions,
  processingConfiguration,
  retryOptions,
  roleArn,
  secretsManagerConfiguration,
} from './common.ts'
import { s3Destination } from './s3.ts'
import { list, oneOf, structure, type TypeOf, text } from './shape.ts'

export const httpEndpointDestination = structure(
  {
    EndpointConfiguration: structure(
      // The service takes https alone; plain http is for servers on this machine.
      { Url: text(1, 1_000, '(https://|http://(localhost|127\\.0\\.0\\.1|\\[::1\\])[:/]).*') },
      { Name: text(1, 256, '(?!\\s*$).+'), AccessKey: accessKey },
    ),
    S3Configuration: s3Destination,
  },
  {
    BufferingHints: bufferingHints(1, 64, 900),
    CloudWatchLoggingOptions: cloudWatchLoggingOptions,
    RequestConfiguration: structure(
      {},
      {
        ContentEncoding: oneOf('NONE', 'GZIP'),
        CommonAttributes: list(
          structure({ AttributeName: text(1, 256, '(?!\\s*$).+'), AttributeValue: text(0, 1_024) }, {}),
          0,
          50,
        ),
      },
    ),
    ProcessingConfiguration: processingConfiguration,
    RoleARN: roleArn,
    RetryOptions: retryOptions,
    S3BackupMode: oneOf('FailedDataOnly', 'AllData'),
    SecretsManagerConfiguration: secretsManagerConfiguration,
  },
)

export type HttpEndpointDestinationConfiguration = TypeOf<typeof httpEndpointDestination>
