/** Units of the view model as Grafana calls them. */
import type { Unit } from '../view-model.ts'

/** Currencies that Grafana has a unit for. */
const CURRENCIES: ReadonlySet<string> = new Set(
  'USD GBP EUR JPY RUB UAH BRL DKK ISK NOK SEK CZK CHF PLN ZAR INR KRW IDR PHP VND TRY MYR XPF BGN PYG UYU ILS'.split(
    ' ',
  ),
)

const UNITS: Readonly<Record<Exclude<Unit, `currency:${string}`>, string>> = {
  count: 'short',
  perSecond: 'cps',
  bytes: 'bytes',
  milliseconds: 'ms',
  seconds: 's',
  percent: 'percent',
}

export function grafanaUnit(unit: Unit): string {
  if (!isCurrency(unit)) return UNITS[unit]
  const code = unit.slice('currency:'.length)
  // Any text may stand in front of a number.
  return CURRENCIES.has(code) ? `currency${code}` : `currency:${code} `
}

function isCurrency(unit: Unit): unit is `currency:${string}` {
  return unit.startsWith('currency:')
}
