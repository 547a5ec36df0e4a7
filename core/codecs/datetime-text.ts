/**
 * Dates and times as text, both ways, without Date objects: `yyyy-MM-dd`, `HH:mm:ss.SSS`, `yyyy-MM-dd HH:mm:ss.SSS`, years 0001
 * to 9999 of the proleptic Gregorian calendar, UTC. Patterns chosen by a program (CHAR_TO_TIMESTAMP) are not here.
 *
 * Read: DATE ::= yyyy '-' MM '-' dd
 *       TIME ::= HH ':' mm ':' ss [ '.' f{1,9} ]             digits past the millisecond are cut
 *       BLANK FORM ::= DATE ' ' TIME
 *       ISO FORM ::= DATE 'T' ( TIME | HH ':' mm ) [ 'Z' | ('+'|'-') HH [ [':'] mm ] ]
 */

export const DAY_MS = 86_400_000
/** 0001-01-01 00:00:00.000, the earliest instant that has a text. */
export const TIMESTAMP_MIN = -62_135_596_800_000
/** 9999-12-31 23:59:59.999, the latest instant that has a text. */
export const TIMESTAMP_MAX = 253_402_300_799_999
/** Length of a written timestamp in characters and bytes. */
export const TIMESTAMP_TEXT_LENGTH = 23

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Days from 1970-01-01 to a date, or NaN when there is no such date. Years count from March, so that the leap day is the
 * last of its year.
 */
export function daysOfDate(year: number, month: number, day: number): number {
  if (year < 1 || year > 9_999 || month < 1 || month > 12 || day < 1) return Number.NaN
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (day > (DAYS_OF_MONTH[month - 1] ?? 0) + (leap ? 1 : 0)) return Number.NaN
  const y = month > 2 ? year : year - 1
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

/** The number that two digits at `at` write, or NaN. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

/** Epoch milliseconds of the date at the start of a text, or NaN. */
function dateAt(text: string): number {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return Number.NaN
  return daysOfDate(two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8)) * DAY_MS
}

/** Where the last call of `timeAt` ended: its second result, without an object for each value. */
let timeEnd = 0

/** Milliseconds of the day of the time at `at`, or NaN. */
function timeAt(text: string, at: number, secondsOptional: boolean): number {
  const hour = two(text, at)
  const minute = two(text, at + 3)
  if (!(hour <= 23 && minute <= 59) || text.charCodeAt(at + 2) !== 58) return Number.NaN
  const minutes = (hour * 60 + minute) * 60_000
  timeEnd = at + 5
  if (text.charCodeAt(at + 5) !== 58) return secondsOptional ? minutes : Number.NaN
  const second = two(text, at + 6)
  if (!(second <= 59)) return Number.NaN
  timeEnd = at + 8
  if (text.charCodeAt(at + 8) !== 46) return minutes + second * 1_000
  let fraction = 0
  let digits = 0
  for (;;) {
    const digit = text.charCodeAt(at + 9 + digits) - 48
    if (!(digit >= 0 && digit <= 9)) break
    if (digits < 3) fraction = fraction * 10 + digit
    digits++
  }
  if (digits === 0 || digits > 9) return Number.NaN
  timeEnd = at + 9 + digits
  return minutes + second * 1_000 + (digits === 1 ? fraction * 100 : digits === 2 ? fraction * 10 : fraction)
}

/** Milliseconds east of UTC that the zone from `at` to the end of the text names, 0 when there is none, or NaN. */
function zoneAt(text: string, at: number): number {
  if (at === text.length) return 0
  const sign = text.charCodeAt(at)
  if (sign === 90) return at + 1 === text.length ? 0 : Number.NaN
  if (sign !== 43 && sign !== 45) return Number.NaN
  const hours = two(text, at + 1)
  const minutesAt = text.charCodeAt(at + 3) === 58 ? at + 4 : at + 3
  const minutes = at + 3 === text.length ? 0 : two(text, minutesAt)
  if (at + 3 !== text.length && minutesAt + 2 !== text.length) return Number.NaN
  if (!(hours <= 18 && minutes <= 59)) return Number.NaN
  return (sign === 45 ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/**
 * Epoch milliseconds of a timestamp in the blank form, the ISO form, or of a date alone (its midnight).
 * @returns NaN when the text is none of these or lies outside the years 0001 to 9999
 */
export function parseTimestamp(text: string): number {
  const date = dateAt(text)
  if (text.length === 10) return date
  const separator = text.charCodeAt(10)
  if (separator !== 32 && separator !== 84) return Number.NaN
  const time = timeAt(text, 11, separator === 84)
  if (!(time >= 0)) return Number.NaN
  if (separator === 32) return timeEnd === text.length ? date + time : Number.NaN
  const instant = date + time - zoneAt(text, timeEnd)
  return instant >= TIMESTAMP_MIN && instant <= TIMESTAMP_MAX ? instant : Number.NaN
}

/**
 * Epoch milliseconds of the midnight of a date; of a timestamp, of its day.
 * @returns NaN when the text is neither
 */
export function parseDate(text: string): number {
  return Math.floor(parseTimestamp(text) / DAY_MS) * DAY_MS
}

/**
 * Milliseconds of the day of a time; of a timestamp, of its time of day.
 * @returns NaN when the text is neither
 */
export function parseTime(text: string): number {
  if (text.charCodeAt(2) === 58) {
    const time = timeAt(text, 0, false)
    return time >= 0 && timeEnd === text.length ? time : Number.NaN
  }
  const instant = parseTimestamp(text)
  return instant - Math.floor(instant / DAY_MS) * DAY_MS
}

function putTwo(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = 48 + Math.floor(value / 10)
  bytes[at + 1] = 48 + (value % 10)
}

/**
 * Writes `yyyy-MM-dd`, 10 bytes of ASCII.
 * @param epochMs from TIMESTAMP_MIN to TIMESTAMP_MAX, both included; the time of day is ignored
 */
export function writeDate(bytes: Uint8Array, at: number, epochMs: number): void {
  // Years count from March here as well; the inverse of daysOfDate.
  const days = Math.floor(epochMs / DAY_MS) + 719_468
  const era = Math.floor(days / 146_097)
  const dayOfEra = days - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  putTwo(bytes, at, Math.floor(year / 100))
  putTwo(bytes, at + 2, year % 100)
  bytes[at + 4] = 45
  putTwo(bytes, at + 5, month)
  bytes[at + 7] = 45
  putTwo(bytes, at + 8, dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1)
}

/**
 * Writes `HH:mm:ss.SSS`, 12 bytes of ASCII.
 * @param dayMs milliseconds of the day, from 0 to 86,399,999
 */
export function writeTime(bytes: Uint8Array, at: number, dayMs: number): void {
  const seconds = Math.floor(dayMs / 1_000)
  const minutes = Math.floor(seconds / 60)
  const ms = Math.floor(dayMs) - seconds * 1_000
  putTwo(bytes, at, Math.floor(minutes / 60))
  bytes[at + 2] = 58
  putTwo(bytes, at + 3, minutes % 60)
  bytes[at + 5] = 58
  putTwo(bytes, at + 6, seconds % 60)
  bytes[at + 8] = 46
  bytes[at + 9] = 48 + Math.floor(ms / 100)
  putTwo(bytes, at + 10, ms % 100)
}

/** Writes `yyyy-MM-dd HH:mm:ss.SSS`, 23 bytes of ASCII; the range is that of `writeDate`. */
export function writeTimestamp(bytes: Uint8Array, at: number, epochMs: number): void {
  writeDate(bytes, at, epochMs)
  bytes[at + 10] = 32
  writeTime(bytes, at + 11, epochMs - Math.floor(epochMs / DAY_MS) * DAY_MS)
}

const scratch = Buffer.alloc(TIMESTAMP_TEXT_LENGTH)

/** `yyyy-MM-dd HH:mm:ss.SSS`; the range is that of `writeDate`. */
export function formatTimestamp(epochMs: number): string {
  writeTimestamp(scratch, 0, epochMs)
  return scratch.toString('latin1', 0, 23)
}

/** `yyyy-MM-dd`; the range is that of `writeDate`. */
export function formatDate(epochMs: number): string {
  writeDate(scratch, 0, epochMs)
  return scratch.toString('latin1', 0, 10)
}

/** `HH:mm:ss.SSS`; the range is that of `writeTime`. */
export function formatTime(dayMs: number): string {
  writeTime(scratch, 0, dayMs)
  return scratch.toString('latin1', 0, 12)
}
