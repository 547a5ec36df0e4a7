/** SIMILAR TO, SUBSTRING with patterns, REGEX_REPLACE. A constant pattern is prepared, or refused, when the program is compiled. */
import { SqlError } from '../../core/errors.ts'
import type { Pattern } from '../../core/patterns/pattern.ts'
import {
  PATTERN_STEPS_MAX,
  PATTERN_TEXT_MAX,
  PatternError,
  PatternTooCostly,
} from '../../core/patterns/pattern-error.ts'
import { parseRegex } from '../../core/patterns/regex.ts'
import {
  offsetOfCharacter,
  parseReplacement,
  type Replacement,
  replaceMatches,
} from '../../core/patterns/regex-replace.ts'
import { parseSimilar, parseSimilarParts } from '../../core/patterns/similar.ts'
import type { Value } from '../../core/rows.ts'
import { RowFailure, shown } from './failures.ts'
import { type FunctionCall, type FunctionImplementation, scalar } from './function-call.ts'

/** A pattern ready to run; `extra` is what else of the arguments was read once. */
interface Prepared {
  readonly pattern: Pattern
  readonly replacement: Replacement
}

type Parse = (pattern: string, extra: string | null) => Prepared
type Apply = (prepared: Prepared, text: string, args: readonly Value[]) => Value | RowFailure

/** A function of (text, pattern, ...); `extraAt` is another argument that is read together with the pattern. */
function matching(parse: Parse, extraAt: number | null, apply: Apply): FunctionImplementation {
  return call => {
    refuse(call, parse, extraAt)
    let last: { pattern: Value; extra: Value; parsed: Prepared | RowFailure } | null = null
    return scalar(args => {
      const [text, pattern] = args
      const extra = extraAt === null ? null : (args[extraAt] ?? null)
      if (last === null || last.pattern !== pattern || last.extra !== extra)
        last = { pattern: pattern!, extra, parsed: preparedOrFailure(parse, pattern as string, extra as string | null) }
      if (last.parsed instanceof RowFailure) return last.parsed
      return bounded(last.parsed, text as string, pattern as string, args, apply)
    })(call)
  }
}

function bounded(
  prepared: Prepared,
  text: string,
  pattern: string,
  args: readonly Value[],
  apply: Apply,
): Value | RowFailure {
  if (text.length > PATTERN_TEXT_MAX)
    return new RowFailure('INVALID_ARGUMENT', `a pattern reads at most ${PATTERN_TEXT_MAX} characters`)
  prepared.pattern.allow(PATTERN_STEPS_MAX)
  try {
    return apply(prepared, text, args)
  } catch (error) {
    if (!(error instanceof PatternTooCostly)) throw error
    return new RowFailure('INVALID_ARGUMENT', `pattern ${shown(pattern)} ${error.message}`)
  }
}

function preparedOrFailure(parse: Parse, pattern: string, extra: string | null): Prepared | RowFailure {
  try {
    return parse(pattern, extra)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    return new RowFailure('INVALID_ARGUMENT', `pattern ${shown(pattern)}: ${error.message}`)
  }
}

/** @throws SqlError `sql_bind` for a constant pattern that can never be used */
function refuse({ args, span }: FunctionCall, parse: Parse, extraAt: number | null): void {
  const pattern = args[1]?.constant
  const extra = extraAt === null || args[extraAt] === undefined ? null : args[extraAt].constant
  if (typeof pattern !== 'string' || extra === undefined) return
  const parsed = preparedOrFailure(parse, pattern, extra as string | null)
  if (parsed instanceof RowFailure) throw new SqlError('sql_bind', parsed.message, span)
}

function replace({ pattern, replacement }: Prepared, text: string, args: readonly Value[]): Value | RowFailure {
  const start = args[3] as number
  const occurrence = args[4] as number
  if (start < 1) return new RowFailure('INVALID_ARGUMENT', `REGEX_REPLACE from character ${start}: the first is 1`)
  if (occurrence < 0)
    return new RowFailure('INVALID_ARGUMENT', `REGEX_REPLACE of occurrence ${occurrence}: from 0 on are possible`)
  return replaceMatches(pattern, text, replacement, offsetOfCharacter(text, start - 1), occurrence)
}

const plain = (pattern: Pattern): Prepared => ({ pattern, replacement: [] })

export const PATTERN_FUNCTIONS: Readonly<Record<string, FunctionImplementation>> = {
  SIMILAR: matching(
    (pattern, escape) => plain(parseSimilar(pattern, escape)),
    2,
    ({ pattern }, text) => (pattern.matches(text) ? 1 : 0),
  ),
  SUBSTRING_REGEX: matching(
    pattern => plain(parseRegex(pattern)),
    null,
    ({ pattern }, text) => {
      const match = pattern.occurs(text) ? pattern.find(text, 0) : null
      return match === null ? null : text.slice(match[0], match[1])
    },
  ),
  SUBSTRING_SIMILAR: matching(
    (pattern, escape) => plain(parseSimilarParts(pattern, escape ?? '\\')),
    2,
    ({ pattern }, text) => {
      const match = pattern.matches(text) ? pattern.matchWhole(text) : null
      return match === null ? null : text.slice(match[2], match[3])
    },
  ),
  REGEX_REPLACE: matching(
    (text, replacement) => {
      const pattern = parseRegex(text)
      return { pattern, replacement: parseReplacement(replacement ?? '', pattern) }
    },
    2,
    replace,
  ),
}
