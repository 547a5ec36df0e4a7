/**
 * What the SDK of an AWS service throws, as errors of ours: the action that failed, on what, and what to do. Reduced to name, status
 * and request id, so that no secret gets into a log; a permission that is missing is named as a policy names it.
 */
import { type ErrorCode, MillraceError } from './errors.ts'

export interface ErrorMeaning {
  readonly code: ErrorCode
  readonly retry: 'never' | 'backoff'
  /** what to do, or what will happen */
  readonly advice: string
}

export const THROTTLED_MEANING: ErrorMeaning = {
  code: 'throttled',
  retry: 'backoff',
  advice: 'it is repeated more slowly',
}
const CREDENTIALS: ErrorMeaning = { code: 'config', retry: 'never', advice: 'check the credentials' }
/** Failures on the way, and of the service itself. */
const UNKNOWN: ErrorMeaning = { code: 'internal', retry: 'backoff', advice: 'it is repeated' }
const REFUSED: ErrorMeaning = { code: 'invalid_argument', retry: 'never', advice: 'the service refuses it' }

/** Names that every service uses (AWS API reference, common errors). A table of a service goes before it. */
const COMMON: ReadonlyMap<string, ErrorMeaning> = new Map([
  ['ThrottlingException', THROTTLED_MEANING],
  ['Throttling', THROTTLED_MEANING],
  ['RequestLimitExceeded', THROTTLED_MEANING],
  ['TooManyRequestsException', THROTTLED_MEANING],
  ['RequestThrottledException', THROTTLED_MEANING],
  ['RequestTimeout', THROTTLED_MEANING],
  ['RequestTimeoutException', THROTTLED_MEANING],
  ['CredentialsProviderError', CREDENTIALS],
  ['UnrecognizedClientException', CREDENTIALS],
  ['InvalidClientTokenId', CREDENTIALS],
  ['IncompleteSignatureException', CREDENTIALS],
  ['IncompleteSignature', CREDENTIALS],
  ['InvalidSignatureException', CREDENTIALS],
  ['ExpiredTokenException', CREDENTIALS],
  ['ExpiredToken', CREDENTIALS],
])
/** Of the 4xx, those that say nothing against the request: it came too slowly, or too many did (RFC 9110, RFC 6585). */
const THROTTLED_STATUSES: ReadonlySet<unknown> = new Set([408, 429])
const DENIED: ReadonlySet<string> = new Set(['AccessDeniedException', 'AccessDenied', 'NotAuthorized'])

/** A call that failed, as an IAM policy names it. */
export interface ServiceCall {
  /** without its service, such as `UpdateItem` */
  readonly action: string
  /** in words, such as `the table clicks` */
  readonly resource: string
}

export interface ServiceErrorOptions {
  /** as policies say it, such as `dynamodb` */
  readonly prefix: string
  readonly meanings: ReadonlyMap<string, ErrorMeaning>
  /** permissions other than of the action itself, by the name of the exception, such as `kms:Decrypt` */
  readonly otherPermissions?: ReadonlyMap<string, string>
  /** names of exceptions whose text says what is wrong and can hold nothing secret; of others only the name is told */
  readonly explained?: ReadonlySet<string>
  /** false: the error has no cause, as what was thrown may hold a request and its keys. Default true */
  readonly keepsCause?: boolean
}

/** The errors of one service. */
export class ServiceErrors {
  readonly #options: ServiceErrorOptions

  constructor(options: ServiceErrorOptions) {
    this.#options = options
  }

  /** @param error what the SDK threw; a MillraceError comes back as it is */
  of(error: unknown, { action, resource }: ServiceCall): MillraceError {
    if (error instanceof MillraceError) return error
    const { prefix, meanings, otherPermissions, explained, keepsCause = true } = this.#options
    const name = errorName(error)
    const cause = keepsCause ? { cause: error } : {}
    if (isDenied(error)) return this.denied([action], resource, error)
    const other = otherPermissions?.get(name)
    if (other !== undefined)
      return new MillraceError(
        'config',
        `the credentials do not allow ${other}, which ${prefix}:${action} on ${resource} needs; add it to the policy of the role`,
        cause,
      )
    const metadata = memberOf(error, '$metadata')
    const status = memberOf(metadata, 'httpStatusCode')
    const requestId = memberOf(metadata, 'requestId')
    const errorCode = memberOf(error, 'code')
    const meaning = meanings.get(name) ?? COMMON.get(name) ?? meaningOfStatus(status)
    const facts = [
      typeof errorCode === 'string' && errorCode !== name ? errorCode : null,
      typeof status === 'number' ? `status ${status}` : null,
      typeof requestId === 'string' ? `request ${requestId}` : null,
    ].filter(fact => fact !== null)
    const text = explained?.has(name) === true && error instanceof Error ? `: ${error.message}` : ''
    const detail = facts.length === 0 ? text : ` (${facts.join(', ')})${text}`
    return new MillraceError(
      meaning.code,
      `${prefix}:${action} on ${resource} failed with ${name}${detail}; ${meaning.advice}`,
      { retry: meaning.retry, ...cause },
    )
  }

  /** One error for every action that is missing on a resource. */
  denied(actions: readonly string[], resource: string, cause?: unknown): MillraceError {
    const { prefix, keepsCause = true } = this.#options
    const named = actions.map(action => `${prefix}:${action}`).join(', ')
    return new MillraceError(
      'config',
      `the credentials do not allow ${named} on ${resource}; add ${actions.length === 1 ? 'it' : 'them'} to the policy of the role`,
      cause === undefined || !keepsCause ? {} : { cause },
    )
  }
}

function meaningOfStatus(status: unknown): ErrorMeaning {
  if (THROTTLED_STATUSES.has(status)) return THROTTLED_MEANING
  return typeof status === 'number' && status >= 400 && status < 500 ? REFUSED : UNKNOWN
}

/** The name of what was thrown, such as `ConditionalCheckFailedException`. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'Error'
}

/** True when the credentials do not allow the action. */
export function isDenied(error: unknown): boolean {
  return DENIED.has(errorName(error))
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}
