/** What the SDK throws for DynamoDB, as errors of ours. */
import { type ErrorMeaning, type MillraceError, ServiceErrors, THROTTLED_MEANING } from '../../../../core/index.ts'

/** By the name of the exception (DynamoDB API reference, errors of each action). */
const MEANINGS: ReadonlyMap<string, ErrorMeaning> = new Map([
  ['ProvisionedThroughputExceededException', THROTTLED_MEANING],
  ['LimitExceededException', THROTTLED_MEANING],
  ['ResourceInUseException', THROTTLED_MEANING],
  ['TransactionConflictException', THROTTLED_MEANING],
  [
    'ResourceNotFoundException',
    { code: 'not_found', retry: 'never', advice: 'the table is not there: check its name and region' },
  ],
  [
    'ValidationException',
    { code: 'invalid_argument', retry: 'never', advice: 'the table may belong to another application' },
  ],
])

const ERRORS = new ServiceErrors({
  prefix: 'dynamodb',
  meanings: MEANINGS,
  // It speaks of names and types of attributes, and is of no use without them.
  explained: new Set(['ValidationException']),
})

/**
 * @param action as IAM names it without its service, such as `UpdateItem`
 * @param table its name, or with its index
 */
export function dynamoError(error: unknown, action: string, table: string): MillraceError {
  return ERRORS.of(error, { action, resource: `the table ${table}` })
}

/** One error for every action that is missing on a table. */
export function deniedError(actions: readonly string[], table: string, cause?: unknown): MillraceError {
  return ERRORS.denied(actions, `the table ${table}`, cause)
}
