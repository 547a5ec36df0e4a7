/** How much one operator may hold. A program that needs more stops with `state_limit` rather than with the process. */
import { MillraceError } from '../../core/errors.ts'

export interface StateLimits {
  /** groups that one aggregate holds at a time */
  readonly maxKeys: number
  /** bytes that one operator holds, by estimate */
  readonly maxBytes: number
  /** windows of one operator that are open at a time: stagger windows, sessions, panes of event time */
  readonly maxOpenWindows: number
}

export const STATE_LIMITS_DEFAULT: StateLimits = {
  maxKeys: 1_000_000,
  maxBytes: 512 * 1_024 * 1_024,
  maxOpenWindows: 1_000_000,
}

/** Codes of keys are packed in pairs, so no limit may pass this. */
export const KEYS_MAX = 16_777_216

export function stateLimitError(operator: string, limit: keyof StateLimits, allowed: number): MillraceError {
  const what = { maxKeys: 'keys', maxBytes: 'bytes', maxOpenWindows: 'open windows' }[limit]
  return new MillraceError(
    'state_limit',
    `state of ${operator} is over its limit ${limit} of ${allowed} ${what}; group by fewer keys, take a shorter window, or raise the limit`,
  )
}
