/** The proleptic Gregorian calendar over epoch milliseconds in UTC, before 1970 included. */
import type { IntervalUnit } from '../../core/sql-type.ts'

export const DAY_MS = 86_400_000

/** Milliseconds of the units that have a fixed length. */
export const UNIT_MS = { DAY: DAY_MS, HOUR: 3_600_000, MINUTE: 60_000, SECOND: 1_000 } as const

/** Greatest and smallest instants: 9999-12-31 23:59:59.999 and 0001-01-01 00:00:00, both included. */
export const TIMESTAMP_MAX = 253_402_300_799_999
export const TIMESTAMP_MIN = -62_135_596_800_000

export interface CivilDate {
  readonly year: number
  /** 1 to 12 */
  readonly month: number
  /** 1 to 31 */
  readonly day: number
}

/** Days since 1970-01-01. Months outside 1 to 12 are not allowed. The year starts in March here, so that leap days come last. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

export function civilFromDays(days: number): CivilDate {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  }
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Months since January 1970 of an instant. */
export function monthIndex(ms: number): number {
  const { year, month } = civilFromDays(Math.floor(ms / DAY_MS))
  return (year - 1970) * 12 + month - 1
}

/** The first instant of a month counted from January 1970. */
export function monthStart(index: number): number {
  const year = 1970 + Math.floor(index / 12)
  return daysFromCivil(year, index - Math.floor(index / 12) * 12 + 1, 1) * DAY_MS
}

/** The same day and time `months` later; a day that the month lacks becomes its last. */
export function addMonths(ms: number, months: number): number {
  const days = Math.floor(ms / DAY_MS)
  const { year, month, day } = civilFromDays(days)
  const index = year * 12 + month - 1 + months
  const toYear = Math.floor(index / 12)
  const toMonth = index - toYear * 12 + 1
  return daysFromCivil(toYear, toMonth, Math.min(day, daysInMonth(toYear, toMonth))) * DAY_MS + (ms - days * DAY_MS)
}

/** Whole months from `from` to `to`, truncated toward zero. */
export function monthsBetween(to: number, from: number): number {
  if (to < from) return -monthsBetween(from, to) + 0
  const months = monthIndex(to) - monthIndex(from)
  return addMonths(from, months) > to ? months - 1 : months
}

/** The greatest start of a calendar unit at or before an instant. */
export function floorToUnit(ms: number, unit: IntervalUnit): number {
  if (unit === 'YEAR') return monthStart(Math.floor(monthIndex(ms) / 12) * 12)
  if (unit === 'MONTH') return monthStart(monthIndex(ms))
  const size = UNIT_MS[unit]
  return Math.floor(ms / size) * size + 0
}

/** The start of the unit after the one that holds an instant: always later than the instant. */
export function nextUnit(ms: number, unit: IntervalUnit): number {
  if (unit === 'YEAR') return monthStart((Math.floor(monthIndex(ms) / 12) + 1) * 12)
  if (unit === 'MONTH') return monthStart(monthIndex(ms) + 1)
  const size = UNIT_MS[unit]
  return (Math.floor(ms / size) + 1) * size + 0
}

/** The smallest start of a calendar unit at or after an instant. */
export function ceilToUnit(ms: number, unit: IntervalUnit): number {
  const floor = floorToUnit(ms, unit)
  return floor === ms ? floor : nextUnit(ms, unit)
}
