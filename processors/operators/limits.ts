/** How much one operator may hold. A program that needs more stops with `state_limit` rather than with the process. */
import { MillraceError } from '../../core/errors.ts'

export interface StateLimits {
  /** groups that one aggregate holds at a time */
  readonly maxKeys: number
  /** bytes that one operator holds, by estimate */
  readonly maxBytes: number
}

export const STATE_LIMITS_DEFAULT: StateLimits = { maxKeys: 1_000_000, maxBytes: 512 * 1_024 * 1_024 }

/** Codes of keys are packed in pairs, so no limit may pass this. */
export const KEYS_MAX = 16_777_216

export function stateLimitError(operator: string, limit: keyof StateLimits, allowed: number): MillraceError {
  const what = limit === 'maxKeys' ? 'keys' : 'bytes'
  return new MillraceError(
    'state_limit',
    `state of ${operator} is over its limit ${limit} of ${allowed} ${what}; group by fewer keys, take a shorter window, or raise the limit`,
  )
}
