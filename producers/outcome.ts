/** What a put comes to. */
import { type ErrorCode, MillraceError } from '../core/index.ts'
import type { UserRecordInput } from './user-record.ts'

/** One try to store a user record, successful or not. Times are whole. */
export interface Attempt {
  /** milliseconds from the put, or from the end of the attempt before, until this one was sent */
  readonly delayMs: number
  /** milliseconds that the call took; 0 for attempts that never left (`Expired`, `Closed`) */
  readonly durationMs: number
  /** null: stored */
  readonly errorCode: string | null
  readonly errorMessage: string | null
}

/**
 * Attempts that a record keeps: past it those in the middle are forgotten, so that a record that is tried for days does not grow. The
 * first ones tell how it began, the last ones how it stands.
 */
export const ATTEMPTS_KEPT_MAX = 100

/** A stored user record. */
export interface Outcome {
  readonly shardId: string
  readonly sequenceNumber: string
  /** place among the user records of one sequence number; 0 for a record that was stored raw. KPL does not tell it. */
  readonly subsequenceNumber: number
  /** in time order, at most `ATTEMPTS_KEPT_MAX`; only the last is successful */
  readonly attempts: readonly Attempt[]
}

/**
 * Why a user record was given up: `expired` (RecordTtl passed), `throttled` (FailIfThrottled), `permanent` (a repeat cannot
 * help), `closed` (the deadline of close passed), `timeout` (UserRecordTimeoutInMillis passed, or a target that repeats by itself
 * had no answer; the record may be stored all the same).
 */
export type PutFailure = 'expired' | 'throttled' | 'permanent' | 'closed' | 'timeout'

const CODES: Readonly<Record<PutFailure, ErrorCode>> = {
  expired: 'aborted',
  throttled: 'throttled',
  permanent: 'invalid_argument',
  closed: 'closed',
  timeout: 'aborted',
}

/**
 * A user record that was not stored as far as the producer knows. After a lost reply it may have been stored all the same:
 * delivery is at least once, and an unknown end counts as failed.
 */
export class PutError extends MillraceError {
  override name = 'PutError'
  readonly failure: PutFailure
  /** in time order; for `expired`, `closed` and `timeout` the last one is synthetic and says so in its code, as KPL's does */
  readonly attempts: readonly Attempt[]

  /** what was put; null unless ReturnUserRecordOnFailure is set */
  readonly userRecord: UserRecordInput | null

  constructor(
    failure: PutFailure,
    message: string,
    attempts: readonly Attempt[],
    userRecord: UserRecordInput | null = null,
  ) {
    super(CODES[failure], message, { retry: failure === 'permanent' ? 'never' : 'backoff' })
    this.failure = failure
    this.attempts = attempts
    this.userRecord = userRecord
  }
}
