/**
 * CustomDestinationConfiguration: ours, not AWS's. For destinations that Firehose does not have and that a program hands in: a
 * stream, a topic, a queue, a function. The members are those that Firehose gives to an HTTP endpoint.
 */
import { bufferingHints, processingConfiguration } from './common.ts'
import { s3Destination } from './s3.ts'
import { integer, oneOf, structure, type TypeOf } from './shape.ts'

/** A year: an application of Kinesis Data Analytics repeats without end. */
const RETRY_SECONDS_MAX = 31_536_000

export const customDestination = structure(
  { S3Configuration: s3Destination },
  {
    BufferingHints: bufferingHints(1, 64, 900),
    RetryOptions: structure({}, { DurationInSeconds: integer(0, RETRY_SECONDS_MAX) }),
    S3BackupMode: oneOf('FailedDataOnly', 'AllData'),
    ProcessingConfiguration: processingConfiguration,
  },
)

export type CustomDestinationConfiguration = TypeOf<typeof customDestination>
