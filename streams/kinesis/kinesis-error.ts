/** What the SDK throws for Kinesis, as errors of ours. */
import { type ErrorMeaning, MillraceError, ServiceErrors, THROTTLED_MEANING } from '../../core/index.ts'

const KEY: Pick<ErrorMeaning, 'code' | 'retry'> = { code: 'config', retry: 'never' }

/** By the name of the exception (Kinesis API reference, errors of each action). */
const MEANINGS: ReadonlyMap<string, ErrorMeaning> = new Map([
  ['ExpiredIteratorException', { code: 'expired_iterator', retry: 'backoff', advice: 'a new one is taken' }],
  ['ExpiredNextTokenException', { code: 'internal', retry: 'backoff', advice: 'the listing starts anew' }],
  ['ProvisionedThroughputExceededException', THROTTLED_MEANING],
  ['LimitExceededException', THROTTLED_MEANING],
  ['KMSThrottlingException', THROTTLED_MEANING],
  ['ResourceInUseException', THROTTLED_MEANING],
  ['ResourceNotFoundException', { code: 'not_found', retry: 'never', advice: 'check its name and region' }],
  ['InvalidArgumentException', { code: 'invalid_argument', retry: 'never', advice: 'the position may be trimmed' }],
  ['ValidationException', { code: 'invalid_argument', retry: 'never', advice: 'check the name of the stream' }],
  ['KMSDisabledException', { ...KEY, advice: 'enable the KMS key of the stream' }],
  ['KMSInvalidStateException', { ...KEY, advice: 'look at the state of the KMS key of the stream' }],
  ['KMSNotFoundException', { ...KEY, advice: 'the KMS key of the stream is gone' }],
  ['KMSOptInRequired', { ...KEY, advice: 'the account has to be subscribed to KMS' }],
])

const ERRORS = new ServiceErrors({
  prefix: 'kinesis',
  meanings: MEANINGS,
  otherPermissions: new Map([['KMSAccessDeniedException', 'kms:Decrypt on the KMS key of the stream']]),
  keepsCause: false,
})

/** Actions that a policy allows on the consumer of a stream, and not on the stream itself. */
const OF_CONSUMER: ReadonlySet<string> = new Set(['SubscribeToShard', 'DescribeStreamConsumer'])

/** @param action as IAM names it without its service, such as `GetRecords` */
export function kinesisError(
  error: unknown,
  action: string,
  streamName: string,
  signal: AbortSignal | null,
): MillraceError {
  if (error instanceof MillraceError) return error
  if (signal?.aborted === true) return new MillraceError('aborted', `reading ${streamName} was stopped`)
  return ERRORS.of(error, { action, resource: resourceOf(action, streamName) })
}

/** One error for every permission that is missing on a stream. */
export function kinesisDenied(actions: readonly string[], streamName: string): MillraceError {
  const named = actions.map(action =>
    OF_CONSUMER.has(action) ? `${action} (on stream/${streamName}/consumer/*)` : action,
  )
  return ERRORS.denied(named, `the stream ${streamName}`)
}

function resourceOf(action: string, streamName: string): string {
  return OF_CONSUMER.has(action)
    ? `the consumers of the stream ${streamName} (stream/${streamName}/consumer/*)`
    : `the stream ${streamName}`
}
