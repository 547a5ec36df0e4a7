/** Why a pattern cannot be used, and the bounds that every kind of pattern shares. */

/** UTF-16 units of a pattern text: a hostile one must not cost more. */
export const PATTERN_LENGTH_MAX = 4_096
/** Instructions of the machine that runs a pattern. */
export const PATTERN_STATES_MAX = 10_000
/** UTF-16 units of a text that a pattern reads. */
export const PATTERN_TEXT_MAX = 1_048_576
/** Capturing groups: each costs every thread of the machine two numbers. */
export const PATTERN_GROUPS_MAX = 200
/** Parentheses and classes within each other; the reader and the compiler recurse over them. */
export const PATTERN_NESTING_MAX = 100

/** A pattern that cannot be used. The message says why and, where there is one place to look at, where. */
export class PatternError extends Error {
  override name = 'PatternError'
  /** UTF-16 offset into the pattern, from 0; null where the pattern as a whole is at fault */
  readonly offset: number | null

  constructor(message: string, offset: number | null = null) {
    super(offset === null ? message : `${message}, at character ${offset + 1}`)
    this.offset = offset
  }
}

/** Steps of all runs of a pattern over one value: some tenths of a second. Only a large pattern over a large text needs more. */
export const PATTERN_STEPS_MAX = 30_000_000

/** One text cost more than PATTERN_STEPS_MAX. The row fails, the program goes on. */
export class PatternTooCostly extends Error {
  override name = 'PatternTooCostly'

  constructor() {
    super(`takes more than ${PATTERN_STEPS_MAX} steps over this text`)
  }
}

/** @throws PatternError for a text beyond the length that is read at all */
export function checkPatternLength(pattern: string): void {
  if (pattern.length > PATTERN_LENGTH_MAX) throw new PatternError(`it is longer than ${PATTERN_LENGTH_MAX} characters`)
}
