/** What RANDOM_CUT_FOREST can be told (AWS SQL reference, RANDOM_CUT_FOREST), and how much memory that may take. */
import { MillraceError } from '../../../core/errors.ts'
import { wholeArgument } from '../arguments.ts'

export interface ForestParameters {
  /** 1 to 1,000; the score is the mean over the trees */
  readonly numberOfTrees: number
  /** 10 to 1,000; vectors in the sample of each tree, and rows before the first score */
  readonly subSampleSize: number
  /** greater than subSampleSize, at most 2,147,483,647; rows after which the weight of a row has fallen to 1/e */
  readonly timeDecay: number
  /** 1 to 30; rows side by side that make one vector */
  readonly shingleSize: number
}

export const FOREST_DEFAULTS: ForestParameters = {
  numberOfTrees: 100,
  subSampleSize: 256,
  timeDecay: 100_000,
  shingleSize: 1,
}
/** Numeric columns of a row that a forest takes. */
export const FOREST_COLUMNS_MAX = 30
/** Bytes that the trees of one forest may take. */
export const FOREST_BYTES_MAX = 512 * 1_024 * 1_024

/**
 * Parameters with their defaults.
 * @param columns numeric columns of the cursor, 1 to 30
 * @throws MillraceError `invalid_argument` outside the ranges, `state_limit` where the trees would pass FOREST_BYTES_MAX
 */
export function forestParameters(given: Partial<ForestParameters>, columns: number): ForestParameters {
  const of = (name: string): string => `${name} of RANDOM_CUT_FOREST`
  const merged = { ...FOREST_DEFAULTS, ...given }
  const numberOfTrees = wholeArgument(of('numberOfTrees'), merged.numberOfTrees, 1, 1_000)
  const subSampleSize = wholeArgument(of('subSampleSize'), merged.subSampleSize, 10, 1_000)
  const timeDecay = wholeArgument(of('timeDecay'), merged.timeDecay, 1, 2_147_483_647)
  const shingleSize = wholeArgument(of('shingleSize'), merged.shingleSize, 1, 30)
  if (subSampleSize >= timeDecay)
    throw new MillraceError(
      'invalid_argument',
      `timeDecay of RANDOM_CUT_FOREST is ${timeDecay}, not above its subSampleSize ${subSampleSize}; give a greater timeDecay or a smaller subSampleSize`,
    )
  if (columns < 1 || columns > FOREST_COLUMNS_MAX)
    throw new MillraceError(
      'invalid_argument',
      `RANDOM_CUT_FOREST got ${columns} numeric columns; select from 1 to ${FOREST_COLUMNS_MAX} columns of TINYINT, SMALLINT, INTEGER, BIGINT, REAL, FLOAT or DOUBLE`,
    )
  const parameters = { numberOfTrees, subSampleSize, timeDecay, shingleSize }
  const bytes = forestBytes(parameters, columns)
  if (bytes > FOREST_BYTES_MAX)
    throw new MillraceError(
      'state_limit',
      `RANDOM_CUT_FOREST with ${numberOfTrees} trees of ${subSampleSize} vectors of ${columns * shingleSize} numbers takes ${Math.ceil(bytes / 1_048_576)} MB, over its limit of ${FOREST_BYTES_MAX / 1_048_576} MB; take fewer trees, a smaller subSampleSize, fewer columns or a shorter shingle`,
    )
  return parameters
}

/** Bytes that the trees of a forest take. */
export function forestBytes(parameters: ForestParameters, columns: number): number {
  const { numberOfTrees, subSampleSize, shingleSize } = parameters
  // Two numbers a dimension in boxes, one in points; about 52 bytes of links, masses, cuts and sampling keys.
  return numberOfTrees * subSampleSize * (columns * shingleSize * 24 + 52)
}
