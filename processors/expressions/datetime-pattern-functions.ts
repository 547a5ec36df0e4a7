/** CHAR_TO_TIMESTAMP and TIMESTAMP_TO_CHAR, and their relatives for DATE and TIME: the pattern comes first. */
import { SqlError } from '../../core/errors.ts'
import { PatternError } from '../../core/patterns/pattern-error.ts'
import type { Value } from '../../core/rows.ts'
import { sqlTypeText } from '../../core/sql-type.ts'
import { DAY_MS } from './calendar.ts'
import {
  type DatetimePattern,
  formatDatetime,
  parseDatetime,
  parseDatetimePattern,
  unreadableLetter,
} from './datetime-pattern.ts'
import { RowFailure, shown } from './failures.ts'
import { type FunctionCall, type FunctionImplementation, scalar } from './function-call.ts'

/** Gives the tokens of a pattern, remembering the last; a constant one is refused at once where it means nothing. */
function patternOf(call: FunctionCall, reads: boolean): (pattern: Value) => DatetimePattern | RowFailure {
  let last: Value = null
  let tokens: DatetimePattern | RowFailure = []
  const read = (pattern: Value): DatetimePattern | RowFailure => {
    if (pattern === last) return tokens
    last = pattern
    tokens = tokensOf(pattern as string, reads)
    return tokens
  }
  const constant = call.args[0]?.constant
  if (typeof constant === 'string') {
    const known = read(constant)
    if (known instanceof RowFailure) throw new SqlError('sql_bind', known.message, call.span)
  }
  return read
}

function tokensOf(pattern: string, reads: boolean): DatetimePattern | RowFailure {
  try {
    const tokens = parseDatetimePattern(pattern)
    const unreadable = reads ? unreadableLetter(tokens) : null
    if (unreadable !== null) throw new PatternError(`letter "${unreadable}" cannot be read, only written`)
    return tokens
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    return new RowFailure('INVALID_ARGUMENT', `pattern ${shown(pattern)}: ${error.message}`)
  }
}

const fromText: FunctionImplementation = call => {
  const pattern = patternOf(call, true)
  const { type, host } = call
  return scalar(([format, text]) => {
    const tokens = pattern(format!)
    if (tokens instanceof RowFailure) return tokens
    const ms = parseDatetime(tokens, text as string, host.startedAt)
    if (ms === null)
      return new RowFailure('CAST_ERROR', `${shown(text)} is no ${sqlTypeText(type)} by the pattern ${shown(format)}`)
    const day = Math.floor(ms / DAY_MS) * DAY_MS
    return type.kind === 'DATE' ? day : type.kind === 'TIME' ? ms - day : ms
  })(call)
}

/** @param ofNull what a NULL time prints as */
function toText(ofNull: string | null): FunctionImplementation {
  return call => {
    const pattern = patternOf(call, false)
    return scalar(
      ([format, time]) => {
        if (format === null) return null
        if (time === null) return ofNull
        const tokens = pattern(format!)
        return tokens instanceof RowFailure ? tokens : formatDatetime(tokens, time as number)
      },
      { seesNull: true },
    )(call)
  }
}

export const DATETIME_PATTERN_FUNCTIONS: Readonly<Record<string, FunctionImplementation>> = {
  CHAR_TO_TIMESTAMP: fromText,
  CHAR_TO_DATE: fromText,
  CHAR_TO_TIME: fromText,
  TIMESTAMP_TO_CHAR: toText('null'),
  DATE_TO_CHAR: toText(null),
  TIME_TO_CHAR: toText(null),
}
