/** What the SDK throws, as errors of ours: the action that failed, the table, and what to do. */
import { type ErrorCode, MillraceError } from '../../../../core/index.ts'

interface Meaning {
  readonly code: ErrorCode
  readonly retry: 'never' | 'backoff'
  /** what to do, or what will happen */
  readonly advice: string
}

const THROTTLED: Meaning = { code: 'throttled', retry: 'backoff', advice: 'it is repeated more slowly' }
const CREDENTIALS: Meaning = { code: 'config', retry: 'never', advice: 'check the credentials' }

/** By the name of the exception (DynamoDB API reference, common errors and errors of each action). */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['ProvisionedThroughputExceededException', THROTTLED],
  ['RequestLimitExceeded', THROTTLED],
  ['ThrottlingException', THROTTLED],
  ['LimitExceededException', THROTTLED],
  ['ResourceInUseException', THROTTLED],
  ['TransactionConflictException', THROTTLED],
  [
    'ResourceNotFoundException',
    { code: 'not_found', retry: 'never', advice: 'the table is not there: check its name and region' },
  ],
  [
    'ValidationException',
    { code: 'invalid_argument', retry: 'never', advice: 'the table may belong to another application' },
  ],
  ['CredentialsProviderError', CREDENTIALS],
  ['UnrecognizedClientException', CREDENTIALS],
  ['IncompleteSignatureException', CREDENTIALS],
  ['InvalidSignatureException', CREDENTIALS],
  ['ExpiredTokenException', CREDENTIALS],
])
/** Failures on the way, and of the service itself. */
const UNKNOWN: Meaning = { code: 'internal', retry: 'backoff', advice: 'it is repeated' }
const DENIED: ReadonlySet<string> = new Set(['AccessDeniedException', 'AccessDenied', 'NotAuthorized'])

/** The name of what was thrown, such as `ConditionalCheckFailedException`. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'Error'
}

/** True when the credentials do not allow the action. */
export function isDenied(error: unknown): boolean {
  return DENIED.has(errorName(error))
}

/**
 * @param action as IAM names it without its service, such as `UpdateItem`
 * @param resource the table, or the table and its index
 */
export function dynamoError(error: unknown, action: string, resource: string): MillraceError {
  if (error instanceof MillraceError) return error
  if (isDenied(error)) return deniedError([action], resource, error)
  const name = errorName(error)
  const metadata = memberOf(error, '$metadata')
  const status = memberOf(metadata, 'httpStatusCode')
  const requestId = memberOf(metadata, 'requestId')
  const isOurFault = typeof status === 'number' && status >= 400 && status < 500
  const meaning =
    MEANINGS.get(name) ??
    (isOurFault ? { code: 'invalid_argument', retry: 'never', advice: 'the service refuses it' } : UNKNOWN)
  const facts = [
    typeof status === 'number' ? `status ${status}` : null,
    typeof requestId === 'string' ? `request ${requestId}` : null,
  ].filter(fact => fact !== null)
  const detail = facts.length === 0 ? '' : ` (${facts.join(', ')})`
  return new MillraceError(
    meaning.code,
    `${action} on the DynamoDB table ${resource} failed with ${name}${detail}; ${meaning.advice}`,
    { retry: meaning.retry, cause: error },
  )
}

/** One error for every action that is missing on a table. */
export function deniedError(actions: readonly string[], resource: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'config',
    `the credentials do not allow ${actions.map(action => `dynamodb:${action}`).join(', ')} on the table ${resource}; add ${actions.length === 1 ? 'it' : 'them'} to the policy of the role`,
    cause === undefined ? {} : { cause },
  )
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}
