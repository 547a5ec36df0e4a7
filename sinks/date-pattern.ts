/**
 * Patterns of Java's DateTimeFormatter, as Firehose takes them in `!{timestamp:PATTERN}`. Letters, counts and texts are those
 * of `DateTimeFormatter.ofPattern(pattern, Locale.ROOT)` (java.time, Java 17): weeks begin on Sunday and the week of 1 January
 * is week 1, names are the short English ones. Instants have whole seconds (probes of the service), so fractions print zeros.
 *
 * Two differences, both refusing or sparing what would fail later: zone names (`z`, `v`) are known for UTC and GMT only, as
 * their texts change between releases of Java; a value wider than its padding is printed in full instead of failing.
 */
import type { ZonedTime } from './zoned-time.ts'

/** Prints one piece of a pattern. */
type Printer = (time: ZonedTime) => string

export interface DatePattern {
  readonly text: string
  format(time: ZonedTime): string
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const DAY_MS = 86_400_000
/** Modified Julian day of 1970-01-01. */
const EPOCH_MODIFIED_JULIAN_DAY = 40_587
/** Widest number in a pattern (java.time.format.DateTimeFormatterBuilder.appendValue). */
const WIDTH_MAX = 19
/** Java fails to print a year of 11 to 18 letters; 19 are of no use either. */
const YEAR_WIDTH_MAX = 10
/** Texts of `z` and `zzzz` where no release disagrees. */
const ZONE_TEXTS: Readonly<Record<string, readonly [string, string]>> = {
  UTC: ['UTC', 'Coordinated Universal Time'],
  'Etc/UTC': ['UTC', 'Coordinated Universal Time'],
  GMT: ['GMT', 'Greenwich Mean Time'],
}

/**
 * Reads a pattern.
 * @param zone the time zone that it will print
 * @returns a sentence saying what is wrong when it is no pattern
 */
export function parseDatePattern(pattern: string, zone: string): DatePattern | string {
  const printers: Printer[] = []
  let depth = 0
  let padWidth = 0
  const add = (printer: Printer): void => {
    const width = padWidth
    padWidth = 0
    printers.push(width === 0 ? printer : time => printer(time).padStart(width, ' '))
  }
  for (let at = 0; at < pattern.length; ) {
    const letter = pattern.charAt(at)
    if (/[A-Za-z]/.test(letter)) {
      let end = at + 1
      while (pattern[end] === letter) end++
      const count = end - at
      at = end
      if (letter === 'p') {
        if (!/[A-Za-z]/.test(pattern[at] ?? '')) return 'padding "p" needs a letter after it'
        padWidth = count
        continue
      }
      const printer = printerOf(letter, count, zone)
      if (typeof printer === 'string') return printer
      add(printer)
    } else if (letter === "'") {
      const { text, end } = quoted(pattern, at)
      if (end < 0) return 'a quote is not closed'
      add(() => text)
      at = end
    } else {
      if ('{}#'.includes(letter)) return `"${letter}" is reserved; quote it`
      if (letter === '[') depth++
      else if (letter === ']') {
        if (depth === 0) return '"]" has no "["'
        depth--
      } else add(() => letter)
      at++
    }
  }
  return { text: pattern, format: time => printers.map(print => print(time)).join('') }
}

/** The literal that opens at `start`; a doubled quote is one quote. `end` is -1 when it does not close. */
function quoted(pattern: string, start: number): { text: string; end: number } {
  let text = ''
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") text += pattern.charAt(at)
    else if (pattern[at + 1] === "'") {
      text += "'"
      at++
    } else return { text: at === start + 1 ? "'" : text, end: at + 1 }
  }
  return { text, end: -1 }
}

function printerOf(letter: string, count: number, zone: string): Printer | string {
  const many = `too many pattern letters: "${letter.repeat(Math.min(count, 24))}"`
  const number = (value: (time: ZonedTime) => number, most = 2): Printer | string =>
    count > most ? many : time => String(value(time)).padStart(count, '0')
  switch (letter) {
    case 'u':
    case 'y':
      return count > YEAR_WIDTH_MAX ? many : time => year(time.year, count)
    case 'Y':
      return count > YEAR_WIDTH_MAX ? many : time => year(weekOfYear(time).year, count)
    case 'G':
      return count > 5 ? many : () => (count < 4 ? 'AD' : 'CE')
    case 'M':
    case 'L':
      if (count <= 2) return number(time => time.month)
      return count > 5 ? many : time => (count === 5 ? String(time.month) : (MONTHS[time.month - 1] ?? ''))
    case 'Q':
    case 'q':
      return quarterPrinter(letter, count, many)
    case 'E':
      return count > 5 ? many : time => dayText(time, count)
    case 'e':
      return count <= 2 ? number(time => dayOfWeek(time) + 1) : count > 5 ? many : time => dayText(time, count)
    case 'c':
      if (count === 2) return 'invalid pattern "cc"'
      return count === 1 ? number(time => dayOfWeek(time) + 1) : count > 5 ? many : time => dayText(time, count)
    case 'w':
      return number(time => weekOfYear(time).week)
    case 'W':
      return number(time => Math.floor((time.day - 1 + dayOfWeek({ ...time, day: 1 })) / 7) + 1, 1)
    case 'F':
      return number(time => ((time.day - 1) % 7) + 1, 1)
    case 'd':
      return number(time => time.day)
    case 'D':
      return number(dayOfYear, 3)
    case 'g':
      return number(time => Math.round(dateMs(time) / DAY_MS) + EPOCH_MODIFIED_JULIAN_DAY, WIDTH_MAX)
    case 'a':
      return count > 1 ? many : time => (time.hour < 12 ? 'AM' : 'PM')
    case 'B':
      return [1, 4, 5].includes(count)
        ? time => (time.hour < 12 ? 'AM' : 'PM')
        : `wrong number of pattern letters: "${'B'.repeat(count)}"`
    case 'H':
      return number(time => time.hour)
    case 'k':
      return number(time => time.hour || 24)
    case 'K':
      return number(time => time.hour % 12)
    case 'h':
      return number(time => time.hour % 12 || 12)
    case 'm':
      return number(time => time.minute)
    case 's':
      return number(time => time.second)
    case 'S':
      return count > 9 ? many : () => '0'.repeat(count)
    case 'n':
      return number(() => 0, WIDTH_MAX)
    case 'A':
      return number(time => secondOfDay(time) * 1_000, WIDTH_MAX)
    case 'N':
      return number(time => secondOfDay(time) * 1_000_000_000, WIDTH_MAX)
    default:
      return zonePrinter(letter, count, zone, many)
  }
}

function zonePrinter(letter: string, count: number, zone: string, many: string): Printer | string {
  switch (letter) {
    case 'V':
      return count === 2 ? time => time.zone : 'pattern letter "V" must come twice'
    case 'z':
    case 'v': {
      if (count > 4 || (letter === 'v' && count !== 1 && count !== 4)) return many
      const texts = ZONE_TEXTS[zone]
      if (texts === undefined) return `zone names ("${letter}") are not known for ${zone}; use VV or xxx`
      return () => texts[count === 4 ? 1 : 0]
    }
    case 'O':
      return count === 1 || count === 4
        ? time => localizedOffset(time.offsetSeconds, count === 4)
        : 'pattern letter "O" must come once or four times'
    case 'Z':
      if (count > 5) return many
      if (count === 4) return time => localizedOffset(time.offsetSeconds, true)
      return time => (count === 5 ? offset(time.offsetSeconds, 5, 'Z') : offset(time.offsetSeconds, 2, '+0000'))
    case 'X':
      return count > 5 ? many : time => offset(time.offsetSeconds, count, 'Z')
    case 'x': {
      const zero = count === 1 ? '+00' : count % 2 === 0 ? '+0000' : '+00:00'
      return count > 5 ? many : time => offset(time.offsetSeconds, count, zero)
    }
    default:
      return `unknown pattern letter "${letter}"`
  }
}

function quarterPrinter(letter: string, count: number, many: string): Printer | string {
  const quarter = (time: ZonedTime): string => String(Math.ceil(time.month / 3))
  if (count > 5) return many
  // The root texts name a standalone quarter only in the long form.
  const named = letter === 'Q' ? count === 3 || count === 4 : count === 4
  if (named) return time => `Q${quarter(time)}`
  return time => (count === 2 ? quarter(time).padStart(2, '0') : quarter(time))
}

/** Two letters print the last two digits; four and more pad, with a sign where the year is wider. */
function year(value: number, count: number): string {
  if (count === 2) return String(value % 100).padStart(2, '0')
  const digits = String(value)
  return count >= 4 && digits.length > count ? `+${digits}` : digits.padStart(count, '0')
}

/** `count` as of the letter X: hours, minutes where needed; HHMM; HH:MM; the last two with seconds where needed. */
function offset(seconds: number, count: number, zero: string): string {
  const size = Math.abs(seconds)
  const [hours, minutes, rest] = [Math.floor(size / 3_600), Math.floor(size / 60) % 60, size % 60]
  const colon = count === 3 || count === 5 ? ':' : ''
  let text = two(hours)
  if (count > 1 || minutes > 0) text += colon + two(minutes)
  if (count >= 4 && rest > 0) text += colon + two(rest)
  const shown = hours + minutes + (count >= 4 ? rest : 0)
  return shown === 0 ? zero : (seconds < 0 ? '-' : '+') + text
}

function localizedOffset(seconds: number, full: boolean): string {
  if (seconds === 0) return 'GMT'
  const size = Math.abs(seconds)
  const [hours, minutes, rest] = [Math.floor(size / 3_600), Math.floor(size / 60) % 60, size % 60]
  let text = full ? two(hours) : String(hours)
  if (full || minutes > 0 || rest > 0) text += `:${two(minutes)}`
  if (rest > 0) text += `:${two(rest)}`
  return `GMT${seconds < 0 ? '-' : '+'}${text}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

type LocalDate = Pick<ZonedTime, 'year' | 'month' | 'day'>

function dateMs({ year, month, day }: LocalDate): number {
  return new Date(0).setUTCFullYear(year, month - 1, day)
}

/** 0 for Sunday */
function dayOfWeek(date: LocalDate): number {
  return new Date(dateMs(date)).getUTCDay()
}

function dayText(time: ZonedTime, count: number): string {
  const text = DAYS[dayOfWeek(time)] ?? ''
  return count === 5 ? text.charAt(0) : text
}

function dayOfYear(date: LocalDate): number {
  return Math.round((dateMs(date) - dateMs({ year: date.year, month: 1, day: 1 })) / DAY_MS) + 1
}

/** Weeks from Sunday; the week of 1 January is the first of its year. */
function weekOfYear(date: LocalDate): { year: number; week: number } {
  const saturday = new Date(dateMs(date) + (6 - dayOfWeek(date)) * DAY_MS)
  if (saturday.getUTCFullYear() > date.year) return { year: date.year + 1, week: 1 }
  const firstDay = dayOfWeek({ year: date.year, month: 1, day: 1 })
  return { year: date.year, week: Math.floor((dayOfYear(date) - 1 + firstDay) / 7) + 1 }
}

function secondOfDay(time: ZonedTime): number {
  return time.hour * 3_600 + time.minute * 60 + time.second
}
