/** Functions of texts. Places and lengths count code points. */
import { SqlError } from '../../core/errors.ts'
import { PATTERN_TEXT_MAX } from '../../core/patterns/pattern-error.ts'
import type { Value } from '../../core/rows.ts'
import { codePointLength } from './cast.ts'
import { comparator } from './comparison.ts'
import { coalesceKernel } from './conditional.ts'
import { RowFailure, shown } from './failures.ts'
import { type FunctionImplementation, scalar } from './function-call.ts'
import { lift } from './lift.ts'
import { type LikePattern, matchesLike, parseLike } from './like.ts'

function invalid(message: string): RowFailure {
  return new RowFailure('INVALID_ARGUMENT', message)
}

/** The code points `[from, to)` of a text, counted from 0. */
function points(text: string, from: number, to: number): string {
  // Without surrogates a code point is a code unit.
  return codePointLength(text) === text.length ? text.slice(from, to) : Array.from(text).slice(from, to).join('')
}

function initCap(text: string): string {
  return text.toLowerCase().replace(/(^| )([^ ])/gu, (_, blank: string, letter: string) => blank + letter.toUpperCase())
}

function trim([value, sideValue, characterValue]: readonly Value[]): Value | RowFailure {
  const text = Array.from(value as string)
  const character = characterValue as string
  if (codePointLength(character) !== 1) return invalid(`TRIM takes exactly one character, not ${shown(character)}`)
  let start = 0
  let end = text.length
  if (sideValue !== 'TRAILING') while (start < end && text[start] === character) start++
  if (sideValue !== 'LEADING') while (end > start && text[end - 1] === character) end--
  return text.slice(start, end).join('')
}

const NO_BYTES = new Uint8Array(0)

/** SUBSTRING with places, of texts or of bytes; `pastEnd` is what starts behind the last character or byte. */
function substring(pastEnd: '' | null) {
  return ([value, from, count]: readonly Value[]): Value | RowFailure => {
    const whole = value as string | Uint8Array
    const nothing = typeof whole === 'string' ? '' : NO_BYTES
    const start = from as number
    if (count !== undefined && (count as number) < 0)
      return invalid(`SUBSTRING FOR ${count as number}: the count must not be below 0`)
    const length = typeof whole === 'string' ? codePointLength(whole) : whole.length
    if (start > length) return pastEnd === null ? null : nothing
    // A start below 1 takes its missing characters from the count.
    const first = Math.max(start, 1)
    const end = count === undefined ? length : start + (count as number) - 1
    if (end < first) return nothing
    return typeof whole === 'string' ? points(whole, first - 1, end) : whole.slice(first - 1, end)
  }
}

function position([sought, text]: readonly Value[]): Value {
  const at = (text as string).indexOf(sought as string)
  return at < 0 ? 0 : codePointLength((text as string).slice(0, at)) + 1
}

function overlay([value, placing, from, count]: readonly Value[]): Value | RowFailure {
  const text = Array.from(value as string)
  const placed = Array.from(placing as string)
  const start = from as number
  const length = count === undefined ? placed.length : (count as number)
  if (length < 0) return invalid(`OVERLAY FOR ${length}: the count must not be below 0`)
  if (start < 1) {
    // The first characters go in front; the rest overlay from the beginning.
    const front = placed.slice(0, 1 - start)
    const rest = placed.slice(1 - start)
    const covered = count === undefined ? rest.length : Math.max(0, length - (1 - start))
    return [...front, ...rest, ...text.slice(covered)].join('')
  }
  return [...text.slice(0, start - 1), ...placed, ...text.slice(start - 1 + length)].join('')
}

function likeText(pattern: LikePattern, text: string): number | RowFailure {
  if (text.length > PATTERN_TEXT_MAX) return invalid(`LIKE reads at most ${PATTERN_TEXT_MAX} characters`)
  return matchesLike(pattern, text) ? 1 : 0
}

/** LIKE(text, pattern [, escape]): a constant pattern is read once, and refused at once where it means nothing. */
const like: FunctionImplementation = call => {
  const [, pattern, escape] = call.args
  const fixed = pattern?.constant
  const fixedEscape = escape === undefined ? null : escape.constant
  if (typeof fixed === 'string' && fixedEscape !== undefined) {
    const parsed = parseLike(fixed, fixedEscape as string | null)
    if (typeof parsed === 'string') throw new SqlError('sql_bind', `LIKE ${shown(fixed)}: ${parsed}`, call.span)
    return scalar(([text]) => likeText(parsed, text as string))(call)
  }
  let last: { pattern: Value; escape: Value; parsed: LikePattern | string } | null = null
  return scalar(([text, given, givenEscape]) => {
    const escapeText = (givenEscape ?? null) as string | null
    if (last === null || last.pattern !== given || last.escape !== escapeText)
      last = { pattern: given!, escape: escapeText, parsed: parseLike(given as string, escapeText) }
    const { parsed } = last
    if (typeof parsed === 'string') return invalid(`LIKE ${shown(given)}: ${parsed}`)
    return likeText(parsed, text as string)
  })(call)
}

/**
 * CHAR counts its padding, so that its length is the type's (AWS SQL reference, CHAR_LENGTH). Values lie without it, and everything
 * else leaves it out: comparison, ||, SUBSTRING, CAST to VARCHAR and output. The reference calls CHAR "blank-padded" and gives no
 * example of these; the standard would keep the blanks. It is left open.
 */
const charLength: FunctionImplementation = call => {
  const { type } = call.args[0]!
  const padded = type.kind === 'CHAR' ? type.length : 0
  return scalar(([text]) => Math.max(padded, codePointLength(text as string)))(call)
}

const nullIf: FunctionImplementation = ({ args, type, span }) => {
  const compare = comparator(args[0]!.type, args[1]!.type)
  const apply = ([a, b]: readonly Value[]): Value =>
    a !== null && b !== null && compare(a!, b!) === 0 ? null : (a ?? null)
  return lift(apply, args, type, span, { seesNull: true })
}

export const TEXT_FUNCTIONS: Readonly<Record<string, FunctionImplementation>> = {
  CHAR_LENGTH: charLength,
  LOWER: scalar(([text]) => (text as string).toLowerCase()),
  UPPER: scalar(([text]) => (text as string).toUpperCase()),
  INITCAP: scalar(([text]) => initCap(text as string)),
  CONCAT: scalar(texts => texts.join('')),
  LIKE: like,
  TRIM: scalar(trim),
  SUBSTRING_FROM: scalar(substring('')),
  SUBSTRING_COMMA: scalar(substring(null)),
  POSITION: scalar(position),
  OVERLAY: scalar(overlay),
  COALESCE: ({ args, type }) =>
    coalesceKernel(
      args.map(arg => arg.kernel),
      type,
    ),
  NULLIF: nullIf,
}
