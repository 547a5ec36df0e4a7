/** What the SDK throws, as errors of ours: reduced to name, status and request id, so that no secret gets into a log. */
import { type ErrorCode, MillraceError } from '../../core/index.ts'
import { member } from './reply.ts'

interface Meaning {
  readonly code: ErrorCode
  readonly retry: 'never' | 'backoff'
  /** what to do, or what will happen */
  readonly advice: string
}

const THROTTLED: Meaning = { code: 'throttled', retry: 'backoff', advice: 'it is repeated more slowly' }
const MISSING: Meaning = { code: 'not_found', retry: 'never', advice: 'check its name and region' }
const CREDENTIALS: Meaning = {
  code: 'config',
  retry: 'never',
  advice: 'check the credentials, and that they may list shards and get records of this stream',
}

/** By the name of the exception (Kinesis API reference, errors of each action). */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['ExpiredIteratorException', { code: 'expired_iterator', retry: 'backoff', advice: 'a new one is taken' }],
  ['ExpiredNextTokenException', { code: 'internal', retry: 'backoff', advice: 'the listing starts anew' }],
  ['ProvisionedThroughputExceededException', THROTTLED],
  ['LimitExceededException', THROTTLED],
  ['KMSThrottlingException', THROTTLED],
  ['ThrottlingException', THROTTLED],
  ['ResourceInUseException', THROTTLED],
  ['ResourceNotFoundException', MISSING],
  ['InvalidArgumentException', { code: 'invalid_argument', retry: 'never', advice: 'the position may be trimmed' }],
  ['ValidationException', { code: 'invalid_argument', retry: 'never', advice: 'check the name of the stream' }],
  ['AccessDeniedException', CREDENTIALS],
  ['CredentialsProviderError', CREDENTIALS],
  ['UnrecognizedClientException', CREDENTIALS],
  ['IncompleteSignatureException', CREDENTIALS],
  ['InvalidSignatureException', CREDENTIALS],
  ['KMSAccessDeniedException', CREDENTIALS],
  ['KMSDisabledException', CREDENTIALS],
  ['KMSInvalidStateException', CREDENTIALS],
  ['KMSNotFoundException', CREDENTIALS],
  ['KMSOptInRequired', CREDENTIALS],
])
/** Failures on the way, and of the service itself. */
const UNKNOWN: Meaning = { code: 'internal', retry: 'backoff', advice: 'it is repeated' }

export function kinesisError(error: unknown, streamName: string, signal: AbortSignal): MillraceError {
  if (error instanceof MillraceError) return error
  if (signal.aborted) return new MillraceError('aborted', `reading ${streamName} was stopped`)
  const name = error instanceof Error ? error.name : 'Error'
  const code = member(error, 'code')
  const metadata = member(error, '$metadata')
  const status = member(metadata, 'httpStatusCode')
  const requestId = member(metadata, 'requestId')
  const isOurFault = typeof status === 'number' && status >= 400 && status < 500
  const meaning =
    MEANINGS.get(name) ??
    (isOurFault
      ? { code: 'invalid_argument' as const, retry: 'never' as const, advice: 'the service refuses it' }
      : UNKNOWN)
  const facts = [
    typeof code === 'string' && code !== name ? code : null,
    typeof status === 'number' ? `status ${status}` : null,
    typeof requestId === 'string' ? `request ${requestId}` : null,
  ].filter(fact => fact !== null)
  const detail = facts.length === 0 ? '' : ` (${facts.join(', ')})`
  return new MillraceError(
    meaning.code,
    `a call to Kinesis for stream ${streamName} failed with ${name}${detail}; ${meaning.advice}`,
    { retry: meaning.retry },
  )
}
