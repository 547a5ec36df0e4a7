/** Dates, times and intervals as SQL text, strictly: a missing or extra character is no date. */
import { type IntervalUnit, type SqlType } from '../../core/sql-type.ts'
import { civilFromDays, DAY_MS, daysFromCivil, daysInMonth } from './calendar.ts'

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

/** `yyyy-MM-dd` */
export function dateText(ms: number): string {
  const { year, month, day } = civilFromDays(Math.floor(ms / DAY_MS))
  const sign = year < 0 ? '-' : ''
  return `${sign}${String(Math.abs(year)).padStart(4, '0')}-${two(month)}-${two(day)}`
}

/** `HH:mm:ss`, with `.SSS` where there are milliseconds or `milliseconds` asks for them. */
export function timeText(ms: number, milliseconds = false): string {
  const inDay = ms - Math.floor(ms / DAY_MS) * DAY_MS
  const seconds = Math.floor(inDay / 1_000)
  const rest = inDay - seconds * 1_000
  const text = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return rest !== 0 || milliseconds ? `${text}.${String(rest).padStart(3, '0')}` : text
}

/** `yyyy-MM-dd HH:mm:ss`, with `.SSS` as in `timeText`. */
export function timestampText(ms: number, milliseconds = false): string {
  return `${dateText(ms)} ${timeText(ms, milliseconds)}`
}

/** Epoch milliseconds of `yyyy-MM-dd`, or null. */
export function parseDate(text: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (match === null) return null
  const year = Number(match[1])
  const month = Number(match[2])
  const day = Number(match[3])
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  return daysFromCivil(year, month, day) * DAY_MS
}

/** Milliseconds of the day of `HH:mm:ss[.f]`; digits after the third are cut. Null when the text is something else. */
export function parseTime(text: string): number | null {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/.exec(text)
  if (match === null) return null
  const hour = Number(match[1])
  const minute = Number(match[2])
  const second = Number(match[3])
  if (hour > 23 || minute > 59 || second > 59) return null
  return ((hour * 60 + minute) * 60 + second) * 1_000 + Number((match[4] ?? '').padEnd(3, '0').slice(0, 3))
}

/** Epoch milliseconds of `yyyy-MM-dd HH:mm:ss[.f]`, or null. */
export function parseTimestamp(text: string): number | null {
  if (text[10] !== ' ') return null
  const date = parseDate(text.slice(0, 10))
  const time = parseTime(text.slice(11))
  return date === null || time === null ? null : date + time
}

type IntervalType = Extract<SqlType, { kind: 'INTERVAL' }>

const UNITS: readonly IntervalUnit[] = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND']
/** Size of each unit in the number that stores it: months, or milliseconds. */
const SIZE = { YEAR: 12, MONTH: 1, DAY: DAY_MS, HOUR: 3_600_000, MINUTE: 60_000, SECOND: 1_000 } as const

export function unitsOf(type: IntervalType): readonly IntervalUnit[] {
  return UNITS.slice(UNITS.indexOf(type.from), UNITS.indexOf(type.to) + 1)
}

/** True for intervals that count months; the others count milliseconds. */
export function countsMonths(type: SqlType): boolean {
  return type.kind === 'INTERVAL' && (type.from === 'YEAR' || type.from === 'MONTH')
}

/** Months or milliseconds of one unit. */
export function unitSize(unit: IntervalUnit): number {
  return SIZE[unit]
}

/** A signed interval in the fields of its type, as `+9:40`. */
export function intervalText(value: number, type: IntervalType): string {
  let rest = Math.abs(value)
  let text = value < 0 ? '-' : '+'
  unitsOf(type).forEach((unit, index) => {
    const count = Math.floor(rest / SIZE[unit])
    rest -= count * SIZE[unit]
    if (index > 0) text += unit === 'MONTH' ? '-' : unit === 'HOUR' ? ' ' : ':'
    text += index > 0 && unit !== 'MONTH' ? two(count) : String(count)
    if (unit === 'SECOND' && rest !== 0) text += `.${String(rest).padStart(3, '0')}`
  })
  return text
}

/** Months or milliseconds of an interval text with exactly the fields of its type, or null. */
export function parseInterval(text: string, type: IntervalType): number | null {
  const units = unitsOf(type)
  const pattern = units
    .map((unit, index) => {
      const before = index === 0 ? '' : unit === 'MONTH' ? '-' : unit === 'HOUR' ? ' ' : ':'
      const digits = index === 0 ? '(\\d{1,10})' : '(\\d{1,2})'
      return `${before}${digits}${unit === 'SECOND' ? '(?:\\.(\\d{1,9}))?' : ''}`
    })
    .join('')
  const match = new RegExp(`^([+-]?)${pattern}$`).exec(text)
  if (match === null) return null
  let value = 0
  for (const [index, unit] of units.entries()) {
    const count = Number(match[index + 2])
    const limit = unit === 'MONTH' ? 11 : unit === 'HOUR' ? 23 : 59
    if (index > 0 && count > limit) return null
    value += count * SIZE[unit]
  }
  if (type.to === 'SECOND') value += Number((match[units.length + 2] ?? '').padEnd(3, '0').slice(0, 3))
  return match[1] === '-' ? -value + 0 : value
}
