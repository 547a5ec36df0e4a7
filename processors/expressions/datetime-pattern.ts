/**
 * Patterns of Java's SimpleDateFormat, as CHAR_TO_TIMESTAMP and TIMESTAMP_TO_CHAR take them: letters y Y M w W D d F E u
 * a H k K h m s S z Z X, text in quotes, English names, UTC, weeks from Sunday. A parsed text may go on behind the pattern.
 */

import { PatternError } from '../../core/patterns/pattern-error.ts'
import { addMonths, civilFromDays, DAY_MS, daysFromCivil, daysInMonth } from './calendar.ts'

type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly letter: string; readonly count: number }

export type DatetimePattern = readonly Token[]

const LETTERS = 'yYMwWDdFEuaHkKhmsSzZX'
/** Letters whose fields are written as numbers (M only up to two letters). */
const NUMBERS = 'yMDduHkKhmsS'
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
/** Zone names that are understood, in minutes from UTC. */
const ZONES: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
}

/** @throws PatternError for a letter that means nothing, or a quote that is not closed */
export function parseDatetimePattern(pattern: string): DatetimePattern {
  const tokens: Token[] = []
  const literal = (text: string): void => {
    const last = tokens.at(-1)
    if (last?.kind === 'text') tokens[tokens.length - 1] = { kind: 'text', text: last.text + text }
    else tokens.push({ kind: 'text', text })
  }
  for (let at = 0; at < pattern.length; ) {
    const letter = pattern[at]!
    if (letter === "'") {
      const quoted = /^'((?:[^']|'')*)'/.exec(pattern.slice(at))
      if (quoted === null) throw new PatternError('a quote is not closed')
      // Two quotes are one, inside quotes and outside.
      literal(quoted[0] === "''" ? "'" : quoted[1]!.replaceAll("''", "'"))
      at += quoted[0].length
    } else if (/[A-Za-z]/.test(letter)) {
      if (!LETTERS.includes(letter)) throw new PatternError(`letter "${letter}" means nothing in a date pattern`)
      let count = 1
      while (pattern[at + count] === letter) count++
      if (letter === 'X' && count > 3) throw new PatternError('a zone has at most three letters X', at)
      tokens.push({ kind: 'field', letter, count })
      at += count
    } else {
      literal(letter)
      at++
    }
  }
  return tokens
}

function padded(value: number, count: number): string {
  return String(value).padStart(count, '0')
}

/** The text of an instant. */
export function formatDatetime(tokens: DatetimePattern, ms: number): string {
  const days = Math.floor(ms / DAY_MS)
  const inDay = ms - days * DAY_MS
  const { year, month, day } = civilFromDays(days)
  const weekday = (((days + 4) % 7) + 7) % 7
  const dayOfYear = days - daysFromCivil(year, 1, 1) + 1
  const hour = Math.floor(inDay / 3_600_000)
  const week = weekOf(dayOfYear, weekday, year)
  const field = (letter: string, count: number): string => {
    switch (letter) {
      case 'y':
        return count === 2 ? padded(year % 100, 2) : padded(year, count)
      case 'Y':
        return count === 2 ? padded(week.year % 100, 2) : padded(week.year, count)
      case 'M':
        return count >= 4 ? MONTHS[month - 1]! : count === 3 ? MONTHS[month - 1]!.slice(0, 3) : padded(month, count)
      case 'E':
        return count >= 4 ? WEEKDAYS[weekday]! : WEEKDAYS[weekday]!.slice(0, 3)
      case 'a':
        return hour < 12 ? 'AM' : 'PM'
      case 'z':
        return 'UTC'
      case 'Z':
        return '+0000'
      case 'X':
        return 'Z'
      default: {
        const numbers: Readonly<Record<string, number>> = {
          w: week.week,
          W: Math.floor((day - 1 + ((((weekday - day + 1) % 7) + 7) % 7)) / 7) + 1,
          D: dayOfYear,
          d: day,
          F: Math.floor((day - 1) / 7) + 1,
          u: weekday === 0 ? 7 : weekday,
          H: hour,
          k: hour === 0 ? 24 : hour,
          K: hour % 12,
          h: hour % 12 === 0 ? 12 : hour % 12,
          m: Math.floor(inDay / 60_000) % 60,
          s: Math.floor(inDay / 1_000) % 60,
          S: inDay % 1_000,
        }
        return padded(numbers[letter]!, count)
      }
    }
  }
  return tokens.map(token => (token.kind === 'text' ? token.text : field(token.letter, token.count))).join('')
}

/** Week 1 is the one that holds 1 January; weeks begin on Sunday. */
function weekOf(dayOfYear: number, weekday: number, year: number): { week: number; year: number } {
  const length = daysInMonth(year, 2) === 29 ? 366 : 365
  // The rest of the last week belongs to the next year when that begins before the week ends.
  if (dayOfYear + (6 - weekday) > length) return { week: 1, year: year + 1 }
  const weekdayOfFirst = (((weekday - dayOfYear + 1) % 7) + 7) % 7
  return { week: Math.floor((dayOfYear - 1 + weekdayOfFirst) / 7) + 1, year }
}

interface Fields {
  year: number
  /** the year had two digits */
  windowed: boolean
  month: number
  day: number
  dayOfYear: number | null
  hour: number
  /** 0 to 11, where the pattern has a 12-hour field */
  halfHour: number | null
  afternoon: boolean
  minute: number
  second: number
  ms: number
  zoneMinutes: number
}

/**
 * Epoch milliseconds of the beginning of a text, or null when it does not match. Absent fields are those of 1970-01-01 00:00.
 * @param now for two-digit years, which lie from 80 years before to 20 after it
 */
export function parseDatetime(tokens: DatetimePattern, text: string, now: number): number | null {
  const fields: Fields = {
    year: 1970,
    windowed: false,
    month: 1,
    day: 1,
    dayOfYear: null,
    hour: 0,
    halfHour: null,
    afternoon: false,
    minute: 0,
    second: 0,
    ms: 0,
    zoneMinutes: 0,
  }
  let at = 0
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'text') {
      if (!text.startsWith(token.text, at)) return null
      at += token.text.length
      continue
    }
    const next = tokens[index + 1]
    const number = isNumber(token)
    // Blanks before a zone mean nothing, as those before a number.
    while ('zZX'.includes(token.letter) && (text[at] === ' ' || text[at] === '\t')) at++
    const used = number
      ? readNumber(token, next !== undefined && isNumber(next), text, at, fields, now)
      : readName(token.letter, token.count, text.slice(at, at + NAME_MAX), fields)
    if (used < 0) return null
    at += used
  }
  const ms = instantOf(fields)
  if (ms === null || !fields.windowed) return ms
  // The window begins at an instant, not with a year.
  return ms < addMonths(now, -80 * 12) ? instantOf({ ...fields, year: fields.year + 100 }) : ms
}

function instantOf(fields: Fields): number | null {
  const { year, month, day, dayOfYear } = fields
  if (year < 1 || year > 9_999 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  const days = dayOfYear === null ? daysFromCivil(year, month, day) : daysFromCivil(year, 1, 1) + dayOfYear - 1
  const hour = fields.halfHour === null ? fields.hour : fields.halfHour + (fields.afternoon ? 12 : 0)
  return days * DAY_MS + ((hour * 60 + fields.minute - fields.zoneMinutes) * 60 + fields.second) * 1_000 + fields.ms
}

function isNumber(token: Token): boolean {
  return token.kind === 'field' && NUMBERS.includes(token.letter) && !(token.letter === 'M' && token.count > 2)
}

/** Code units used, or -1. A number that touches the next one has as many characters as the pattern has letters. */
function readNumber(
  { letter, count }: { letter: string; count: number },
  touches: boolean,
  text: string,
  at: number,
  fields: Fields,
  now: number,
): number {
  let first = at
  while (text[first] === ' ' || text[first] === '\t') first++
  let end = first
  // Blanks count among the characters of a number that touches the next.
  const most = touches ? at + count : first + 9
  if (touches && most > text.length) return -1
  while (end < text.length && end < most && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++
  const digits = end - first
  const used = end - at
  if (digits === 0) return -1
  const value = Number(text.slice(first, end))
  const within = (least: number, greatest: number): boolean => value >= least && value <= greatest
  switch (letter) {
    case 'y':
      fields.windowed = count <= 2 && digits === 2
      fields.year = fields.windowed ? windowedYear(value, now) : value
      return used
    case 'M':
      fields.month = value
      return used
    case 'd':
      fields.day = value
      return used
    case 'D':
      fields.dayOfYear = value
      return within(1, 366) ? used : -1
    case 'u':
      return within(1, 7) ? used : -1
    case 'H':
      fields.hour = value
      return within(0, 23) ? used : -1
    case 'k':
      fields.hour = value % 24
      return within(1, 24) ? used : -1
    case 'K':
      fields.halfHour = value
      return within(0, 11) ? used : -1
    case 'h':
      fields.halfHour = value % 12
      return within(1, 12) ? used : -1
    case 'm':
      fields.minute = value
      return within(0, 59) ? used : -1
    case 's':
      fields.second = value
      return within(0, 59) ? used : -1
    default:
      fields.ms = value
      return within(0, 999) ? used : -1
  }
}

function windowedYear(twoDigits: number, now: number): number {
  const first = civilFromDays(Math.floor(now / DAY_MS)).year - 80
  const year = Math.floor(first / 100) * 100 + twoDigits
  return year < first ? year + 100 : year
}

/** Code units of the longest name or zone, and more. */
const NAME_MAX = 40

/** Offsets by letter: hours of one digit only behind GMT, and X by the number of its letters. */
const OFFSETS: Readonly<Record<string, RegExp>> = {
  z: /^(?:GMT([+-])(\d{1,2}):(\d\d)|([+-])(\d\d)(\d\d))/,
  Z: /^(?:GMT([+-])(\d{1,2}):(\d\d)|([+-])(\d\d)(\d\d))/,
  X1: /^([+-])(\d\d)/,
  X2: /^([+-])(\d\d)(\d\d)/,
  X3: /^([+-])(\d\d):(\d\d)/,
}

/** Code units used by a name or a zone, or -1. */
function readName(letter: string, count: number, text: string, fields: Fields): number {
  const lower = text.toLowerCase()
  const among = (names: readonly string[]): { index: number; size: number } => {
    for (const [index, name] of names.entries())
      for (const form of [name, name.slice(0, 3)])
        if (lower.startsWith(form.toLowerCase())) return { index, size: form.length }
    return { index: -1, size: -1 }
  }
  switch (letter) {
    case 'M': {
      const { index, size } = among(MONTHS)
      fields.month = index + 1
      return size
    }
    case 'E':
      return among(WEEKDAYS).size
    case 'a':
      fields.afternoon = lower.startsWith('pm')
      return /^[ap]m/.test(lower) ? 2 : -1
    case 'z':
    case 'Z':
    case 'X': {
      const offset = OFFSETS[letter === 'X' ? `X${count}` : letter]!.exec(text)
      if (offset !== null) {
        const hours = Number(offset[2] ?? offset[5])
        const minutes = Number(offset[3] ?? offset[6] ?? 0)
        fields.zoneMinutes = (hours * 60 + minutes) * ((offset[1] ?? offset[4]) === '-' ? -1 : 1)
        return hours <= 23 && minutes <= 59 ? offset[0].length : -1
      }
      const name = /^[A-Z]{1,3}/.exec(text)?.[0] ?? ''
      if (letter === 'X' && text.startsWith('Z')) return 1
      if (letter === 'X' || name === 'Z') return -1
      if (!Object.hasOwn(ZONES, name)) return -1
      fields.zoneMinutes = ZONES[name]!
      return name.length
    }
    default:
      return -1
  }
}

/** Letters that a text cannot be read by: they do not say which day it is. */
export function unreadableLetter(tokens: DatetimePattern): string | null {
  const found = tokens.find(token => token.kind === 'field' && 'YwWF'.includes(token.letter))
  return found?.kind === 'field' ? found.letter : null
}
