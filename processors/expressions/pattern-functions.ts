/** SIMILAR TO, SUBSTRING with patterns, REGEX_REPLACE. A constant pattern is prepared, or refused, when the program is compiled. */
import { SqlError } from '../../core/errors.ts'
import type { Value } from '../../core/rows.ts'
import { RowFailure, shown } from './failures.ts'
import { type FunctionCall, type FunctionImplementation, scalar } from './function-call.ts'
import { PATTERN_TEXT_MAX, type Pattern, PatternError } from './pattern.ts'
import { parseRegex } from './regex.ts'
import { parseSimilar, parseSimilarParts } from './similar.ts'

type Parse = (pattern: string, escape: string | null) => Pattern
type Apply = (pattern: Pattern, points: readonly number[], args: readonly Value[]) => Value | RowFailure

function pointsOf(text: string): number[] {
  return Array.from(text, character => character.codePointAt(0) ?? 0)
}

function textOf(points: readonly number[], from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += String.fromCodePoint(points[i]!)
  return text
}

/** A function of (text, pattern, ...); `escapeAt` is the argument that holds the escape character, where there is one. */
function matching(parse: Parse, escapeAt: number | null, apply: Apply): FunctionImplementation {
  return call => {
    refuse(call, parse, escapeAt)
    let last: { pattern: Value; escape: Value; parsed: Pattern | RowFailure } | null = null
    return scalar(args => {
      const [text, pattern] = args
      const escape = escapeAt === null ? null : (args[escapeAt] ?? null)
      if (last === null || last.pattern !== pattern || last.escape !== escape)
        last = { pattern: pattern!, escape, parsed: parsedOrFailure(parse, pattern as string, escape as string | null) }
      if (last.parsed instanceof RowFailure) return last.parsed
      if ((text as string).length > PATTERN_TEXT_MAX)
        return new RowFailure('INVALID_ARGUMENT', `a pattern reads at most ${PATTERN_TEXT_MAX} characters`)
      return apply(last.parsed, pointsOf(text as string), args)
    })(call)
  }
}

function parsedOrFailure(parse: Parse, pattern: string, escape: string | null): Pattern | RowFailure {
  try {
    return parse(pattern, escape)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    return new RowFailure('INVALID_ARGUMENT', `pattern ${shown(pattern)}: ${error.message}`)
  }
}

/** @throws SqlError `sql_bind` for a constant pattern that can never be used */
function refuse({ args, span }: FunctionCall, parse: Parse, escapeAt: number | null): void {
  const pattern = args[1]?.constant
  const escape = escapeAt === null || args[escapeAt] === undefined ? null : args[escapeAt].constant
  if (typeof pattern !== 'string' || escape === undefined) return
  const parsed = parsedOrFailure(parse, pattern, escape as string | null)
  if (parsed instanceof RowFailure) throw new SqlError('sql_bind', parsed.message, span)
}

function replace(pattern: Pattern, points: readonly number[], args: readonly Value[]): Value | RowFailure {
  const replacement = args[2] as string
  const start = args[3] as number
  const occurrence = args[4] as number
  if (start < 1) return new RowFailure('INVALID_ARGUMENT', `REGEX_REPLACE from character ${start}: the first is 1`)
  if (occurrence < 0)
    return new RowFailure('INVALID_ARGUMENT', `REGEX_REPLACE of occurrence ${occurrence}: from 0 on are possible`)
  let text = ''
  let copied = 0
  let count = 0
  for (let at = start - 1; at <= points.length; ) {
    const match = pattern.find(points, at)
    if (match === null) break
    const [from, to] = match as readonly [number, number]
    count++
    if (occurrence === 0 || count === occurrence) {
      text += textOf(points, copied, from) + expanded(replacement, match, points)
      copied = to
      if (occurrence !== 0) break
    }
    // An empty match moves on by one, or it would be found for ever.
    at = to > from ? to : to + 1
  }
  return text + textOf(points, copied, points.length)
}

/** `$n` is a group, `\c` is c. */
function expanded(replacement: string, match: readonly number[], points: readonly number[]): string {
  return replacement.replace(/\\([^])|\$(\d)/g, (whole, escaped: string | undefined, digit: string | undefined) => {
    if (escaped !== undefined) return escaped
    const group = Number(digit)
    if (group * 2 >= match.length) return whole
    const from = match[group * 2] ?? -1
    return from < 0 ? '' : textOf(points, from, match[group * 2 + 1] ?? from)
  })
}

export const PATTERN_FUNCTIONS: Readonly<Record<string, FunctionImplementation>> = {
  SIMILAR: matching(parseSimilar, 2, (pattern, points) => (pattern.matches(points) ? 1 : 0)),
  SUBSTRING_REGEX: matching(parseRegex, null, (pattern, points) => {
    const match = pattern.find(points, 0)
    return match === null ? null : textOf(points, match[0]!, match[1]!)
  }),
  SUBSTRING_SIMILAR: matching(
    (pattern, escape) => parseSimilarParts(pattern, escape ?? '\\'),
    2,
    (pattern, points) => {
      const match = pattern.matchAll(points)
      return match === null ? null : textOf(points, match[2]!, match[3]!)
    },
  ),
  REGEX_REPLACE: matching(parseRegex, null, replace),
}
