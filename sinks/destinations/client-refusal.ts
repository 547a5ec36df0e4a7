/** What an AWS client rejects with, as the refusal of a call. */
import { MillraceError } from '../../core/index.ts'
import type { CallResult } from './destination.ts'

/** Errors that a record of the call has brought about: halves tell which one. All others may end by themselves. */
const OF_THE_DATA = new Set([
  'ValidationException',
  'InvalidArgumentException',
  'InvalidParameterException',
  'InvalidParameterValueException',
  'InvalidParameter',
  'InvalidParameterValue',
  'InvalidMessageContents',
  'RequestTooLargeException',
  'BatchRequestTooLong',
  'BatchRequestTooLongException',
  'invalid_argument',
])

/** @param name of the destination, which begins the code */
export function clientRefusal(name: string, error: unknown): CallResult {
  const reason = error instanceof MillraceError ? error.code : error instanceof Error ? error.name : 'Error'
  const ofTheData = OF_THE_DATA.has(reason)
  const message = error instanceof Error ? error.message : String(error)
  return {
    outcomes: { code: `${name}.${reason}`, message, retry: ofTheData ? 'never' : 'backoff' },
    split: ofTheData,
  }
}
