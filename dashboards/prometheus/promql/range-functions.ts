/** Functions of a range vector: the samples of one series in (start, end] become one number, or none. */
import { lineThrough, meanOf, quantileOf, sumOf, varianceOf } from './statistics.ts'

/** Samples `[from, to)` of a series, at least one, and what they were cut out by. */
export interface Slice {
  readonly times: Float64Array
  readonly values: Float64Array
  readonly from: number
  readonly to: number
  /** the open start and the closed end of the range, epoch milliseconds */
  readonly startMs: number
  readonly endMs: number
  /** the instant that is asked for: the end without offset and @ */
  readonly evaluatedAt: number
}

/** Null: no result for this series. `parameter` is the scalar argument, of those that have one. */
export type RangeFunction = (slice: Slice, parameter: number) => number | null

const first = ({ values, from }: Slice): number => values[from] ?? Number.NaN
const last = ({ values, to }: Slice): number => values[to - 1] ?? Number.NaN

export const RANGE_FUNCTIONS: ReadonlyMap<string, RangeFunction> = new Map<string, RangeFunction>([
  ['rate', slice => extrapolated(slice, true, true)],
  ['increase', slice => extrapolated(slice, true, false)],
  ['delta', slice => extrapolated(slice, false, false)],
  ['irate', slice => lastStep(slice, true)],
  ['idelta', slice => lastStep(slice, false)],
  [
    'changes',
    slice => steps(slice, (before, after) => before !== after && !(Number.isNaN(before) && Number.isNaN(after))),
  ],
  ['resets', slice => steps(slice, (before, after) => after < before)],
  ['avg_over_time', ({ values, from, to }) => meanOf(values, from, to)],
  ['sum_over_time', ({ values, from, to }) => sumOf(values, from, to)],
  ['count_over_time', ({ from, to }) => to - from],
  ['last_over_time', last],
  ['present_over_time', () => 1],
  ['min_over_time', slice => extreme(slice, (value, best) => value < best)],
  ['max_over_time', slice => extreme(slice, (value, best) => value > best)],
  ['stdvar_over_time', ({ values, from, to }) => varianceOf(values, from, to)],
  ['stddev_over_time', ({ values, from, to }) => Math.sqrt(varianceOf(values, from, to))],
  ['quantile_over_time', ({ values, from, to }, quantile) => quantileOf(quantile, values.slice(from, to))],
  ['deriv', slice => (slice.to - slice.from < 2 ? null : line(slice, slice.times[slice.from] ?? 0).slope)],
  [
    'predict_linear',
    (slice, seconds) => {
      if (slice.to - slice.from < 2) return null
      const { slope, intercept } = line(slice, slice.evaluatedAt)
      return slope * seconds + intercept
    },
  ],
])

function line({ times, values, from, to }: Slice, interceptMs: number): ReturnType<typeof lineThrough> {
  return lineThrough(times, values, from, to, interceptMs)
}

/**
 * The change over the samples, stretched to the whole range where samples come close to its borders: within 1.1 of their mean distance up
 * to the border, else by half a distance; a counter is not stretched below zero. (Prometheus 3, `extrapolatedRate`.)
 */
function extrapolated(slice: Slice, isCounter: boolean, isRate: boolean): number | null {
  const { times, values, from, to, startMs, endMs } = slice
  if (to - from < 2) return null
  let change = last(slice) - first(slice)
  if (isCounter)
    for (let i = from + 1; i < to; i++) {
      const before = values[i - 1] ?? 0
      if ((values[i] ?? 0) < before) change += before
    }
  const firstAt = times[from] ?? 0
  const lastAt = times[to - 1] ?? 0
  const sampled = (lastAt - firstAt) / 1_000
  const distance = sampled / (to - from - 1)
  const threshold = distance * 1.1
  let toStart = (firstAt - startMs) / 1_000
  let toEnd = (endMs - lastAt) / 1_000
  if (toStart >= threshold) toStart = distance / 2
  if (isCounter && change > 0 && first(slice) >= 0) toStart = Math.min(toStart, sampled * (first(slice) / change))
  if (toEnd >= threshold) toEnd = distance / 2
  let factor = (sampled + toStart + toEnd) / sampled
  if (isRate) factor /= (endMs - startMs) / 1_000
  return change * factor
}

function lastStep({ times, values, from, to }: Slice, isRate: boolean): number | null {
  if (to - from < 2) return null
  const before = values[to - 2] ?? 0
  const after = values[to - 1] ?? 0
  const change = isRate && after < before ? after : after - before
  if (!isRate) return change
  const seconds = ((times[to - 1] ?? 0) - (times[to - 2] ?? 0)) / 1_000
  return seconds === 0 ? null : change / seconds
}

function steps({ values, from, to }: Slice, counts: (before: number, after: number) => boolean): number {
  let sum = 0
  for (let i = from + 1; i < to; i++) if (counts(values[i - 1] ?? 0, values[i] ?? 0)) sum++
  return sum
}

function extreme({ values, from, to }: Slice, isBetter: (value: number, best: number) => boolean): number {
  let best = values[from] ?? Number.NaN
  for (let i = from + 1; i < to; i++) {
    const value = values[i] ?? 0
    if (isBetter(value, best) || Number.isNaN(best)) best = value
  }
  return best
}
