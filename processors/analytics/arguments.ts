/** Checks of the literal arguments of table functions. */
import { MillraceError } from '../../core/errors.ts'

/**
 * A whole number within its range.
 * @param name as it stands in error texts: `numberOfTrees of RANDOM_CUT_FOREST`
 * @throws MillraceError `invalid_argument`
 */
export function wholeArgument(name: string, value: number, least: number, greatest: number): number {
  if (Number.isInteger(value) && value >= least && value <= greatest) return value
  throw new MillraceError('invalid_argument', `${name} is ${value}; give a whole number from ${least} to ${greatest}`)
}
