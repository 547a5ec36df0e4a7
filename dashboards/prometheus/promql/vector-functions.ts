/** Functions of one number for each series of an instant vector. */

export type VectorFunction = (value: number, parameters: readonly number[]) => number

const date = (seconds: number): Date => new Date(Math.floor(seconds) * 1_000)
const DAY_SECONDS = 86_400

export const VECTOR_FUNCTIONS: ReadonlyMap<string, VectorFunction> = new Map<string, VectorFunction>([
  ['abs', Math.abs],
  ['ceil', Math.ceil],
  ['floor', Math.floor],
  ['sqrt', Math.sqrt],
  ['exp', Math.exp],
  ['ln', Math.log],
  ['log2', Math.log2],
  ['log10', Math.log10],
  ['sgn', value => (value > 0 ? 1 : value < 0 ? -1 : value)],
  ['sin', Math.sin],
  ['cos', Math.cos],
  ['tan', Math.tan],
  ['asin', Math.asin],
  ['acos', Math.acos],
  ['atan', Math.atan],
  ['sinh', Math.sinh],
  ['cosh', Math.cosh],
  ['tanh', Math.tanh],
  ['asinh', Math.asinh],
  ['acosh', Math.acosh],
  ['atanh', Math.atanh],
  ['deg', value => (value * 180) / Math.PI],
  ['rad', value => (value * Math.PI) / 180],
  ['clamp', (value, [min = 0, max = 0]) => Math.max(min, Math.min(max, value))],
  ['clamp_min', (value, [min = 0]) => Math.max(min, value)],
  ['clamp_max', (value, [max = 0]) => Math.min(max, value)],
  // Prometheus multiplies by the inverse, so that round(x, 0.1) has few digits.
  ['round', (value, [to = 1]) => Math.floor(value * (1 / to) + 0.5) / (1 / to)],
  ['minute', value => date(value).getUTCMinutes()],
  ['hour', value => date(value).getUTCHours()],
  ['day_of_week', value => date(value).getUTCDay()],
  ['day_of_month', value => date(value).getUTCDate()],
  [
    'day_of_year',
    value =>
      Math.floor((date(value).getTime() - Date.UTC(date(value).getUTCFullYear(), 0, 1)) / 1_000 / DAY_SECONDS) + 1,
  ],
  [
    'days_in_month',
    value => new Date(Date.UTC(date(value).getUTCFullYear(), date(value).getUTCMonth() + 1, 0)).getUTCDate(),
  ],
  ['month', value => date(value).getUTCMonth() + 1],
  ['year', value => date(value).getUTCFullYear()],
])

/** Functions of the time that take it from the clock when they are given nothing. */
export const TIME_FUNCTIONS: ReadonlySet<string> = new Set([
  'minute',
  'hour',
  'day_of_week',
  'day_of_month',
  'day_of_year',
  'days_in_month',
  'month',
  'year',
])
