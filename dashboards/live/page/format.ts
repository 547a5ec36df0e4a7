/** Numbers, times and durations as people read them. Times are local; UTC stands in tooltips. */

const LOCALE = 'en-US'
const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 })
const three = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 })
const two = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 })
const compactNumber = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumSignificantDigits: 3 })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const clockMinutes = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const currencies = new Map<string, Intl.NumberFormat>()

/** A number in its unit. `compact` for axes and tight places. */
export function formatValue(value: number | null | undefined, unit: string, compact = false): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  if (unit.startsWith('currency:')) return currency(unit.slice('currency:'.length), compact).format(value)
  switch (unit) {
    case 'bytes':
      return formatBytes(value)
    case 'milliseconds':
      return Math.abs(value) < 1_000 ? `${number(value, compact)} ms` : formatDuration(value)
    case 'seconds':
      return formatDuration(value * 1_000)
    case 'percent':
      return `${three.format(value)} %`
    case 'perSecond':
      return `${Math.abs(value) < 10 && !Number.isInteger(value) ? value.toFixed(1) : number(Math.round(value), compact)}/s`
    default:
      return number(value, compact)
  }
}

function number(value: number, compact: boolean): string {
  if (compact && Math.abs(value) >= 1_000) return compactNumber.format(value)
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return whole.format(value)
  return Math.abs(value) >= 1 ? two.format(value) : three.format(value)
}

function currency(code: string, compact: boolean): Intl.NumberFormat {
  const key = `${code} ${compact}`
  let format = currencies.get(key)
  if (format === undefined) {
    const options: Intl.NumberFormatOptions = compact
      ? { style: 'currency', currency: code, notation: 'compact', maximumSignificantDigits: 3 }
      : { style: 'currency', currency: code }
    try {
      format = new Intl.NumberFormat(LOCALE, options)
    } catch {
      format = two
    }
    currencies.set(key, format)
  }
  return format
}

/** Binary prefixes, three digits. */
export function formatBytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let rest = value
  let index = 0
  while (Math.abs(rest) >= 1_024 && index < units.length - 1) {
    rest /= 1_024
    index++
  }
  return `${three.format(rest)} ${units[index] ?? ''}`
}

/** `0.3 s`, `41 s`, `2 min`, `3 h`, `5 days`. */
export function formatDuration(ms: number): string {
  if (Math.abs(ms) < 9_950) return `${(ms / 1_000).toFixed(1)} s`
  if (Math.abs(ms) < 119_500) return `${Math.round(ms / 1_000)} s`
  if (Math.abs(ms) < 7_170_000) return `${Math.round(ms / 60_000)} min`
  if (Math.abs(ms) < 172_800_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} days`
}

/** A delay: milliseconds below a second, so that less than a second can be told apart. */
export function formatDelay(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : formatDuration(ms)
}

/** Local time of day. */
export function formatTime(at: number): string {
  return isTime(at) ? clock.format(at) : '–'
}

/** Local time on an axis whose marks are `stepMs` apart. */
export function formatTick(at: number, stepMs: number): string {
  if (!isTime(at)) return ''
  if (stepMs >= 86_400_000) return day.format(at)
  return (stepMs >= 60_000 ? clockMinutes : clock).format(at)
}

/** The instant in UTC, for tooltips. */
export function formatUtc(at: number): string {
  return isTime(at)
    ? `${new Date(at)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.000Z$/, '')
        .replace(/Z$/, '')} UTC`
    : '–'
}

export function formatPercent(part: number, total: number): string {
  if (total === 0) return '–'
  const share = (part / total) * 100
  return `${share >= 10 || share === 0 ? share.toFixed(0) : share.toFixed(1)} %`
}

function isTime(at: number): boolean {
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15
}
