/**
 * Repeat or give up: what a failed attempt means for a user record. Pure, so that each decision can be tested.
 *
 *   class      examples                                             what happens
 *   throttled  ProvisionedThroughputExceeded, KMSThrottling          repeat, 200 ms doubling to 5 s; or fail, FailIfThrottled
 *   internal   InternalFailure, 5xx, an answer that makes no sense   repeat,  50 ms doubling to 2 s
 *   network    time-out, connection reset, name not found            repeat, 100 ms doubling to 5 s
 *   permanent  AccessDenied, ResourceNotFound, KMSDisabled           fail at once; or as internal, RetryPermanentErrors
 *   stale      ExpiredToken                                         two repeats, 500 ms and 1 s, as new credentials may come; then as permanent
 *   invalid    Validation, InvalidArgument, own limit_exceeded       as permanent, after the call was split to find the culprit
 *   unanswered the target itself repeats and has no answer           give up: a repeat of ours could store it twice
 *   misplaced  an aggregate that lies on a shard of others           pack again at once, by the new map
 *
 * Waiting times are drawn from the upper half (0.5 to 1 times), one draw a call, so that records that failed together come back
 * together and calls do not fall into step. KPL has no growing back-off; the growth is deliberate.
 */
import { MillraceError } from '../core/index.ts'
import { UNKNOWN_END } from './put-target.ts'

export type ErrorClass =
  | 'throttled'
  | 'internal'
  | 'network'
  | 'permanent'
  | 'stale'
  | 'invalid'
  | 'unanswered'
  | 'misplaced'

/** A failure as attempts report it. */
export interface Failure {
  readonly errorClass: ErrorClass
  readonly code: string
  readonly message: string
}

const BACKOFF: Readonly<Record<ErrorClass, { readonly firstMs: number; readonly largestMs: number }>> = {
  throttled: { firstMs: 200, largestMs: 5_000 },
  internal: { firstMs: 50, largestMs: 2_000 },
  network: { firstMs: 100, largestMs: 5_000 },
  permanent: { firstMs: 50, largestMs: 2_000 },
  stale: { firstMs: 500, largestMs: 2_000 },
  invalid: { firstMs: 50, largestMs: 2_000 },
  unanswered: { firstMs: 0, largestMs: 0 },
  misplaced: { firstMs: 0, largestMs: 0 },
}

/** Error names of the Kinesis API reference (PutRecords, common errors), of the AWS SDK, of node, and of Kafka's protocol. */
const THROTTLED = /ProvisionedThroughputExceeded|Throttl|TooManyRequests|SlowDown|LimitExceeded/i
const PERMANENT =
  /AccessDenied|ResourceNotFound|NotAuthorized|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|IncompleteSignature|CredentialsProviderError|MissingAuthenticationToken|OptInRequired|KMS(AccessDenied|Disabled|InvalidState|NotFound|OptInRequired)|_AUTHORIZATION_FAILED|SASL_|INVALID_TOPIC|UNSUPPORTED_|FENCED|INVALID_PRODUCER_EPOCH|KafkaJSNotImplemented/i
const STALE = /^ExpiredToken(Exception)?$/
/** Attempts with credentials that have expired: a client that renews them has done so by the second, or cannot. */
export const STALE_ATTEMPTS_MAX = 3
/** Of the permanent ones, those that are about who calls. */
const CREDENTIALS =
  /UnrecognizedClient|InvalidClientTokenId|InvalidSignature|IncompleteSignature|CredentialsProviderError|MissingAuthenticationToken/i
/** The service refuses a request as a whole when one entry breaks a rule. */
const INVALID =
  /Validation|InvalidArgument|MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE|INVALID_RECORD|CORRUPT_MESSAGE|INVALID_TIMESTAMP/i
const NETWORK =
  /^(ECONN|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE|EHOSTUNREACH|ENETUNREACH)|Timeout|TIMED_OUT|NETWORK_EXCEPTION|KafkaJSConnection|Networking|socket hang up/i

/** The class of an entry's error code, or of the name of a thrown error. What nobody knows is `internal`, which is repeated. */
export function classOfCode(code: string): ErrorClass {
  if (code === UNKNOWN_END) return 'unanswered'
  if (STALE.test(code)) return 'stale'
  if (THROTTLED.test(code)) return 'throttled'
  if (PERMANENT.test(code)) return 'permanent'
  if (INVALID.test(code)) return 'invalid'
  if (NETWORK.test(code)) return 'network'
  return 'internal'
}

/** Why a record is given up after that failure, with what to do where it is known. */
export function reasonOf({ errorClass, code, message }: Failure): string {
  const reason = `${code}: ${message}`
  if (errorClass === 'stale')
    return `${reason}; the credentials have expired: renew them (by a new login, or a provider of the client that refreshes them), then put again`
  return errorClass === 'permanent' && CREDENTIALS.test(code)
    ? `${reason}; check the credentials of the client, then put again`
    : reason
}

/** What a rejected call means for its entries. */
export function failureOfCall(error: unknown): Failure {
  if (error instanceof MillraceError) return { errorClass: classOfOwn(error), code: error.code, message: error.message }
  if (!(error instanceof Error)) return { errorClass: 'internal', code: 'Unknown', message: String(error) }
  const systemCode = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const code = systemCode !== '' && (error.name === 'Error' || error.name === 'TypeError') ? systemCode : error.name
  const byName = classOfCode(code)
  return { errorClass: byName === 'internal' ? classOfCode(systemCode) : byName, code, message: error.message }
}

/** A seam's own error says itself whether a repeat may help; `aborted` and `internal` end up here by accident of the moment. */
function classOfOwn(error: MillraceError): ErrorClass {
  if (error.code === 'throttled') return 'throttled'
  if (error.retry === 'backoff' || error.code === 'aborted' || error.code === 'internal') return 'internal'
  return error.code === 'invalid_argument' || error.code === 'limit_exceeded' ? 'invalid' : 'permanent'
}

/**
 * How long to wait before the next attempt, in milliseconds.
 * @param failures attempts that failed so far, this one included; at least 1
 * @param draw from 0, included, to 1, excluded
 */
export function backoffMs(errorClass: ErrorClass, failures: number, draw: number): number {
  const { firstMs, largestMs } = BACKOFF[errorClass]
  return Math.min(largestMs, firstMs * 2 ** (failures - 1)) * (0.5 + draw / 2)
}

export type Verdict =
  | { readonly kind: 'repeat'; readonly afterMs: number }
  | { readonly kind: 'give_up'; readonly failure: 'throttled' | 'permanent' | 'timeout' | 'expired' }

/**
 * What to do with a user record after a failed attempt.
 * @param failures attempts that failed so far; of class `stale`, those since another failure
 * @param leftMs time until it expires; a repeat that would come later is none
 */
export function judge(
  errorClass: ErrorClass,
  failures: number,
  leftMs: number,
  draw: number,
  settings: { readonly FailIfThrottled: boolean; readonly RetryPermanentErrors: boolean },
): Verdict {
  if (errorClass === 'throttled' && settings.FailIfThrottled) return { kind: 'give_up', failure: 'throttled' }
  if (errorClass === 'unanswered') return { kind: 'give_up', failure: 'timeout' }
  const permanent =
    errorClass === 'permanent' || errorClass === 'invalid' || (errorClass === 'stale' && failures >= STALE_ATTEMPTS_MAX)
  if (permanent && !settings.RetryPermanentErrors) return { kind: 'give_up', failure: 'permanent' }
  const afterMs = backoffMs(errorClass, failures, draw)
  return afterMs < leftMs ? { kind: 'repeat', afterMs } : { kind: 'give_up', failure: 'expired' }
}
