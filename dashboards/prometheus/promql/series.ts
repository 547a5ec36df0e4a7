/** What queries read: series of samples, and what evaluation gives. */
import type { Matcher } from './ast.ts'
import type { Labels } from './labels.ts'

/** Samples `[start, end)` of the arrays; times are epoch milliseconds, rising, each at most once. */
export interface SeriesData {
  readonly labels: Labels
  readonly times: Float64Array
  readonly values: Float64Array
  readonly start: number
  readonly end: number
}

export interface SeriesSource {
  /** Every series that all matchers accept. The arrays may grow afterwards; what was given does not change. */
  select(matchers: readonly Matcher[]): readonly SeriesData[]
}

export interface Sample {
  readonly labels: Labels
  readonly value: number
  /** epoch milliseconds of the sample itself, where it comes straight from a series */
  readonly at?: number
}

export type Vector = readonly Sample[]

/** First index in `[from, to)` whose time is greater than `time`; `to` where there is none. */
export function after(times: Float64Array, time: number, from: number, to: number): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? 0) > time) high = middle
    else low = middle + 1
  }
  return low
}
