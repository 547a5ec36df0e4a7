/** The local date and time of an instant in a named time zone, by the zone rules of Intl. */
import { MillraceError } from '../core/index.ts'

/** An instant as people in a zone read it; whole seconds, proleptic Gregorian. */
export interface ZonedTime {
  /** the zone as configured, such as `Asia/Calcutta` */
  readonly zone: string
  readonly year: number
  /** 1 to 12 */
  readonly month: number
  /** 1 to 31 */
  readonly day: number
  /** 0 to 23 */
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** east of UTC is positive */
  readonly offsetSeconds: number
}

/** Turns instants into local times of one zone. */
export type ZoneClock = (instant: number) => ZonedTime

/** Firehose API model, CustomTimeZone. */
export const TIME_ZONE_CHARACTERS_MAX = 50
/** Years 1 to 9999: patterns print years of the common era. */
const INSTANT_MIN = Date.parse('0001-01-02T00:00:00Z')
const INSTANT_MAX = Date.parse('9999-12-30T00:00:00Z')

/**
 * The clock of a zone.
 * @param zone an IANA id, old names included
 * @returns null when the runtime knows no such zone
 */
export function zoneClockOf(zone: string): ZoneClock | null {
  if (zone.length === 0 || zone.length > TIME_ZONE_CHARACTERS_MAX || !/^[A-Za-z][A-Za-z0-9/_+-]*$/.test(zone))
    return null
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    return null
  }
  return instant => {
    const wholeSeconds = Math.floor(instant / 1_000) * 1_000
    if (!(wholeSeconds >= INSTANT_MIN && wholeSeconds <= INSTANT_MAX))
      throw new MillraceError('invalid_argument', `instant ${instant} ms: it lies outside the years 1 to 9999`)
    const part = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
    for (const { type, value } of format.formatToParts(wholeSeconds))
      if (type in part) part[type as keyof typeof part] = Number(value)
    const local = new Date(0)
    local.setUTCFullYear(part.year, part.month - 1, part.day)
    local.setUTCHours(part.hour, part.minute, part.second)
    return { zone, ...part, offsetSeconds: (local.getTime() - wholeSeconds) / 1_000 }
  }
}
