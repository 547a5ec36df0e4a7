/**
 * Timestamps of JSON as epoch milliseconds, by the rules of the two deserializers. Both know UTC alone.
 *
 *   OpenX  ISO with T and a literal Z; `yyyy-M-d HH:mm:ss[.fraction]`; numbers: epoch seconds, milliseconds, floating seconds
 *   Hive   the formats that were configured, in Joda's letters or `millis`; else java.sql.Timestamp.valueOf
 */
import { MillraceError } from '../../core/index.ts'

export type TimestampReader = (value: string | number) => number | null

/** An epoch number from here on is milliseconds: the year 5138 in seconds. */
const MILLIS_FROM = 100_000_000_000
/** What INT64 milliseconds and JavaScript's dates both hold. */
const INSTANT_MAX = 8_640_000_000_000_000
const ISO = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z$/
const SQL = /^(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?$/

export const openxTimestamp: TimestampReader = value => {
  if (typeof value === 'string') {
    if (/^-?\d+(\.\d+)?$/.test(value)) return openxTimestamp(Number(value))
    return fieldsOf(ISO.exec(value) ?? SQL.exec(value))
  }
  const millis = Math.abs(value) >= MILLIS_FROM ? Math.trunc(value) : Math.trunc(value * 1_000)
  return Math.abs(millis) <= INSTANT_MAX ? millis : null
}

function fieldsOf(match: RegExpExecArray | null): number | null {
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const millis = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  return instantOf({ year, month, day, hour, minute, second, millis, offsetMinutes: 0 })
}

interface Fields {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  millis: number
  offsetMinutes: number
}

/** null where a field is out of its range: nothing rolls over into another day. */
function instantOf(fields: Fields): number | null {
  const { year, month, day, hour, minute, second, millis, offsetMinutes } = fields
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return null
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1) return null
  date.setUTCHours(hour, minute - offsetMinutes, second, millis)
  return date.getTime()
}

/**
 * The reader for HiveJsonSerDe's TimestampFormats; formats are tried in order.
 * @throws MillraceError `config` for a letter that is not known
 */
export function hiveTimestamp(formats: readonly string[]): TimestampReader {
  if (formats.length === 0) return value => (typeof value === 'string' ? fieldsOf(SQL.exec(value)) : null)
  const readers = formats.map(format => (format === 'millis' ? readMillis : jodaReader(format)))
  return value => {
    for (const read of readers) {
      const instant = read(value)
      if (instant !== null) return instant
    }
    return null
  }
}

const readMillis: TimestampReader = value => {
  const millis = typeof value === 'number' ? value : /^-?\d+$/.test(value) ? Number(value) : Number.NaN
  return Number.isInteger(millis) && Math.abs(millis) <= INSTANT_MAX ? millis : null
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** Joda's letters to the field and the text that it takes. */
const LETTERS: Readonly<
  Record<string, { readonly pattern: (count: number) => string; readonly set: (fields: Fields, text: string) => void }>
> = {
  y: {
    pattern: count => (count === 2 ? '\\d{2}' : '\\d{4}'),
    set: (f, t) => void (f.year = t.length === 2 ? 2_000 + Number(t) : Number(t)),
  },
  Y: {
    pattern: count => (count === 2 ? '\\d{2}' : '\\d{4}'),
    set: (f, t) => void (f.year = t.length === 2 ? 2_000 + Number(t) : Number(t)),
  },
  M: {
    pattern: count => (count >= 3 ? '[A-Za-z]{3,9}' : '\\d{1,2}'),
    set: (f, t) => void (f.month = /^\d/.test(t) ? Number(t) : MONTHS.indexOf(t.slice(0, 3).toLowerCase()) + 1),
  },
  d: { pattern: () => '\\d{1,2}', set: (f, t) => void (f.day = Number(t)) },
  H: { pattern: () => '\\d{1,2}', set: (f, t) => void (f.hour = Number(t)) },
  h: { pattern: () => '\\d{1,2}', set: (f, t) => void (f.hour += Number(t) % 12) },
  a: { pattern: () => '[AaPp][Mm]', set: (f, t) => void (f.hour += /^p/i.test(t) ? 12 : 0) },
  m: { pattern: () => '\\d{1,2}', set: (f, t) => void (f.minute = Number(t)) },
  s: { pattern: () => '\\d{1,2}', set: (f, t) => void (f.second = Number(t)) },
  S: { pattern: count => `\\d{${count}}`, set: (f, t) => void (f.millis = Number(t.padEnd(3, '0').slice(0, 3))) },
  E: { pattern: () => '[A-Za-z]{3,9}', set: () => {} },
  Z: {
    pattern: () => '(?:Z|[+-]\\d{2}:?\\d{2})',
    set: (f, t) => {
      const match = /^([+-])(\d{2}):?(\d{2})$/.exec(t)
      if (match !== null) f.offsetMinutes = (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]))
    },
  },
}

function jodaReader(format: string): TimestampReader {
  const letters: string[] = []
  let pattern = ''
  for (const match of format.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']/g)) {
    const [whole, quoted, letter] = match
    if (letter === undefined) {
      const text = quoted === undefined ? whole : quoted === '' ? "'" : quoted.replaceAll("''", "'")
      pattern += text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
      continue
    }
    const known = LETTERS[letter]
    if (known === undefined)
      throw new MillraceError(
        'config',
        `timestamp format "${format}": the letter "${letter}" is not known; known are ${Object.keys(LETTERS).join(' ')} and the word millis`,
      )
    letters.push(letter)
    pattern += `(${known.pattern(whole.length)})`
  }
  const expression = new RegExp(`^${pattern}$`)
  return value => {
    const match = expression.exec(String(value))
    if (match === null) return null
    const fields: Fields = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, millis: 0, offsetMinutes: 0 }
    letters.forEach((letter, index) => LETTERS[letter]?.set(fields, match[index + 1] ?? ''))
    return instantOf(fields)
  }
}
