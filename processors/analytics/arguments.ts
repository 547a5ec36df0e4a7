/** Checks of the literal arguments of table functions. */
import { MillraceError } from '../../core/errors.ts'

export const TOP_K = 'TOP_K_ITEMS_TUMBLING'
export const COUNT_DISTINCT = 'COUNT_DISTINCT_ITEMS_TUMBLING'

/**
 * A whole number within its range.
 * @param name as it stands in error texts: `numberOfTrees of RANDOM_CUT_FOREST`
 * @throws MillraceError `invalid_argument`
 */
export function wholeArgument(name: string, value: number, least: number, greatest: number): number {
  if (Number.isInteger(value) && value >= least && value <= greatest) return value
  throw new MillraceError('invalid_argument', `${name} is ${value}; give a whole number from ${least} to ${greatest}`)
}

/** Size in milliseconds of a window of 1 to 3,600 seconds. @throws MillraceError `invalid_argument` */
export function tumblingWindowMs(name: string, seconds: number): number {
  return wholeArgument(`window of ${name} in seconds`, seconds, 1, 3_600) * 1_000
}
