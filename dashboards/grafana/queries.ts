/**
 * PromQL for what a panel shows. The samples of a metric are the rows of windows, so that "a value of each window" is one sample, and
 * everything within a time is `..._over_time`.
 *
 *   lines     sum by (device) (sum_over_time(page_views_views[$__interval]))     what a step of the chart holds, however wide
 *   newest    m and (timestamp(m) == scalar(max(timestamp(m))))                  the rows of the newest window
 */

import { LOOKBACK_MS_DEFAULT } from '../prometheus/promql/evaluate.ts'
import type { Combine } from '../view-model.ts'

/** Of a window that is longer, the newest sample may be older than a query looks back. */
const WINDOW_MS_MAX_SEEN = LOOKBACK_MS_DEFAULT / 2
/** How many windows a query of long windows looks back: the one that is open, and one whose rows are on their way. */
const WINDOWS_BACK = 3

/** Rows of windows of one length as samples. `windowMs` null: none, or of several lengths. */
export interface Samples {
  readonly metric: string
  readonly windowMs: number | null
  /** label matchers, such as `step="view"`; all samples where there is none */
  readonly matchers?: readonly string[]
}

/** `300000` as `5m`: the largest unit that divides it. */
export function promDuration(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1_000, 's'],
  ] as const
  const found = units.find(([size]) => ms >= size && ms % size === 0)
  return found === undefined ? `${Math.ceil(ms)}ms` : `${ms / found[0]}${found[1]}`
}

/** A text as PromQL quotes it. */
export function promText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

/** `device=~"$device"`: what is chosen in a variable of the dashboard. */
export function chosen(label: string, variable: string): string {
  return `${label}=~"$${variable}"`
}

/** `device="phone"`. */
export function matcher(label: string, value: string): string {
  return `${label}=${promText(value)}`
}

export function selector({ metric, matchers = [] }: Samples): string {
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(',')}}`
}

/** Rows of one instant, or of one label over a time, as one number. `last` of several series has no order, so the largest stands for it. */
const AGGREGATION: Readonly<Record<Combine, string>> = { sum: 'sum', max: 'max', last: 'max' }
const OVER_TIME: Readonly<Record<Combine, string>> = {
  sum: 'sum_over_time',
  max: 'max_over_time',
  last: 'last_over_time',
}

/** One number a group. @param by a label; null for one group of all */
export function combined(combine: Combine, by: string | null, of: string): string {
  return by === null ? `${AGGREGATION[combine]}(${of})` : `${AGGREGATION[combine]} by (${by}) (${of})`
}

/** Everything within a time. @param range a duration, or Grafana's `$__interval` or `$__range` */
export function within(combine: Combine, samples: Samples, range: string): string {
  return `${OVER_TIME[combine]}(${selector(samples)}[${range}])`
}

/**
 * The rows of the newest instant. Windows that are longer than half of what a query looks back are the newest rows of each series: an
 * instant has no name there.
 */
export function newest(samples: Samples): string {
  const all = selector(samples)
  if (isLong(samples)) return latest(samples)
  return `${all} and (timestamp(${all}) == scalar(max(timestamp(${all}))))`
}

/** The newest row of each series. */
export function latest(samples: Samples): string {
  const all = selector(samples)
  return isLong(samples) ? `last_over_time(${all}[${promDuration((samples.windowMs ?? 0) * WINDOWS_BACK)}])` : all
}

/** Whether the time of the newest row cannot be asked for. */
export function isLong({ windowMs }: Samples): boolean {
  return windowMs !== null && windowMs > WINDOW_MS_MAX_SEEN
}

/** The groups of which there were most rows over the whole chart. */
export function busiest(count: number, by: string, samples: Samples): string {
  return `topk(${count}, sum by (${by}) (count_over_time(${selector(samples)}[$__range] @ end())))`
}

/** Only the groups that are largest over the whole chart, so that no line comes and goes. */
export function largest(count: number, by: string, combine: Combine, samples: Samples): string {
  const total = combined(combine, by, `${OVER_TIME[combine]}(${selector(samples)}[$__range] @ end())`)
  return `topk(${count}, ${total})`
}
