/** SplunkDestinationConfiguration: the HTTP event collector. */
import {
  bufferingHints,
  cloudWatchLoggingOptions,
  processingConfiguration,
  retryOptions,
  secretsManagerConfiguration,
} from './common.ts'
import { s3Destination } from './s3.ts'
import { integer, oneOf, secret, structure, type TypeOf, text } from './shape.ts'

export const splunkDestination = structure(
  { HECEndpoint: text(0, 2_048), HECEndpointType: oneOf('Raw', 'Event'), S3Configuration: s3Destination },
  {
    HECToken: secret(0, 2_048),
    HECAcknowledgmentTimeoutInSeconds: integer(180, 600),
    RetryOptions: retryOptions,
    S3BackupMode: oneOf('FailedEventsOnly', 'AllEvents'),
    ProcessingConfiguration: processingConfiguration,
    CloudWatchLoggingOptions: cloudWatchLoggingOptions,
    BufferingHints: bufferingHints(1, 5, 60),
    SecretsManagerConfiguration: secretsManagerConfiguration,
  },
)

export type SplunkDestinationConfiguration = TypeOf<typeof splunkDestination>
