/**
 * Window results as series: each numeric column of an output stream is a metric, its texts and codes are labels, and the rowtime of the
 * row is the time of the sample. Memory is bounded by time, by samples and by series; the oldest go first.
 */
import { type RowBatch, type Schema, valueAt } from '../../core/index.ts'
import { labelAt, numberAt } from '../live/columns.ts'
import { type StreamMetrics, streamMetrics } from './metric-names.ts'
import type { Matcher } from './promql/ast.ts'
import { matchesAll } from './promql/evaluate.ts'
import { Labels, METRIC_NAME } from './promql/labels.ts'
import type { SeriesData, SeriesSource } from './promql/series.ts'
import { SeriesBuffer } from './series-buffer.ts'

/** How long results are kept, in event time before the newest. */
export const RETENTION_MS_DEFAULT = 6 * 3_600_000
/** Samples of all series together: 16 bytes each. */
export const SAMPLES_KEPT_MAX = 2_000_000
/** Series of all metrics together. A series that would be one too many takes the place of one that is silent, or is counted. */
export const SERIES_KEPT_MAX = 20_000
/** A series may be displaced when its newest sample is older than this before the newest of all. */
const SILENT_MS = 300_000
/** After a search for a silent series that found none, the next is so much event time later. */
const SEARCH_MS = 5_000
/** Share of the retained time that goes at once when there are too many samples. */
const FORGOTTEN_SHARE = 8

/** Schemas by output stream; retentionMs is event time (default 6 hours), samplesMax (default 2,000,000) and seriesMax (default 20,000) are of all metrics together. */
export interface ResultSeriesOptions {
  readonly outputs: ReadonlyMap<string, Schema>
  readonly retentionMs?: number
  readonly samplesMax?: number
  readonly seriesMax?: number
}

/** A metric, and the column and stream that it is made of. */
export interface MetricMetadata {
  readonly metric: string
  readonly help: string
}

interface StreamPlan extends StreamMetrics {
  /** by the values of the labels: the series of each metric */
  readonly series: Map<string, SeriesBuffer[]>
}

/** Takes result rows by `rows`, and answers queries from what is kept. Never throws for what rows hold. */
export class ResultSeries implements SeriesSource {
  readonly metadata: readonly MetricMetadata[]
  readonly #plans = new Map<string, StreamPlan>()
  /** by metric name */
  readonly #metrics = new Map<string, Set<SeriesBuffer>>()
  readonly #retentionMs: number
  readonly #samplesMax: number
  readonly #seriesMax: number
  #series = 0
  #samples = 0
  #newest = Number.NEGATIVE_INFINITY
  #forgottenTo = Number.NEGATIVE_INFINITY
  #prunedAt = Number.NEGATIVE_INFINITY
  #samplesLeftOut = 0
  #searchAgainAt = Number.NEGATIVE_INFINITY

  constructor(options: ResultSeriesOptions) {
    this.#retentionMs = options.retentionMs ?? RETENTION_MS_DEFAULT
    this.#samplesMax = options.samplesMax ?? SAMPLES_KEPT_MAX
    this.#seriesMax = options.seriesMax ?? SERIES_KEPT_MAX
    const metadata: MetricMetadata[] = []
    for (const [stream, plan] of streamMetrics(options.outputs)) {
      for (const { index, name } of plan.metrics)
        metadata.push({ metric: name, help: `${plan.schema.columns[index]?.name ?? ''} of ${stream}` })
      this.#plans.set(stream, { ...plan, series: new Map() })
    }
    this.metadata = metadata
  }

  /** Samples and series that are held, and samples that found no room for their series. */
  get totals(): { readonly series: number; readonly samples: number; readonly samplesLeftOut: number } {
    return { series: this.#series, samples: this.#samples, samplesLeftOut: this.#samplesLeftOut }
  }

  /** Time of the newest sample, epoch milliseconds; null when there is none. */
  get newest(): number | null {
    return Number.isFinite(this.#newest) ? this.#newest : null
  }

  /** Takes result rows; those of unknown streams are of no interest. A row of the same time and labels replaces the one before. */
  rows(stream: string, batch: RowBatch): void {
    const plan = this.#plans.get(stream)
    if (plan === undefined || plan.metrics.length === 0) return
    for (let row = 0; row < batch.length; row++) {
      const time = timeOf(plan, batch, row)
      if (time <= this.#newest - this.#retentionMs || time <= this.#forgottenTo) continue
      if (time > this.#newest) this.#newest = time
      const series = this.#seriesOf(plan, batch, row)
      if (series === null) {
        this.#samplesLeftOut += plan.metrics.length
        continue
      }
      plan.metrics.forEach(({ index }, metric) => {
        const column = batch.columns[index]
        const definition = plan.schema.columns[index]
        if (column === undefined || definition === undefined) return
        const value = numberAt(column, definition.type, row)
        if (value !== null) this.#samples += series[metric]?.put(time, value) ?? 0
      })
    }
    this.#forget()
  }

  select(matchers: readonly Matcher[]): readonly SeriesData[] {
    const result: SeriesData[] = []
    for (const [metric, series] of this.#metrics) {
      if (!matchers.every(matcher => matcher.name !== METRIC_NAME || matcher.matches(metric))) continue
      for (const one of series)
        if (one.length > 0 && matchesAll(one.labels, matchers))
          result.push({ labels: one.labels, times: one.times, values: one.values, start: one.start, end: one.end })
    }
    return result
  }

  #seriesOf(plan: StreamPlan, batch: RowBatch, row: number): readonly SeriesBuffer[] | null {
    let key = ''
    const values: string[] = []
    for (const { index } of plan.labels) {
      const column = batch.columns[index]
      const definition = plan.schema.columns[index]
      // NULL is no label at all.
      const value =
        column === undefined || definition === undefined || valueAt(column, row) === null
          ? ''
          : labelAt(column, definition.type, row)
      values.push(value)
      key += `${value}\u0000`
    }
    const known = plan.series.get(key)
    if (known !== undefined) return known
    if (this.#series + plan.metrics.length > this.#seriesMax && !this.#displace(plan.metrics.length)) return null
    const labels = plan.labels.map(({ name }, index): [string, string] => [name, values[index] ?? ''])
    const made = plan.metrics.map(({ name }) => new SeriesBuffer(Labels.of([[METRIC_NAME, name], ...labels])))
    plan.series.set(key, made)
    made.forEach((series, index) => {
      const metric = plan.metrics[index]?.name ?? ''
      const all = this.#metrics.get(metric)
      if (all === undefined) this.#metrics.set(metric, new Set([series]))
      else all.add(series)
    })
    this.#series += made.length
    return made
  }

  /** Drops series that have been silent until there is room for so many; false when too few have. */
  #displace(wanted: number): boolean {
    if (this.#newest < this.#searchAgainAt) return false
    const silentSince = this.#newest - SILENT_MS
    // Some room more, so that the next row does not search again.
    const enough = this.#seriesMax - Math.floor(this.#seriesMax / 16)
    for (const plan of this.#plans.values())
      for (const [key, series] of plan.series) {
        if (this.#series + wanted <= enough) return true
        if (series.every(one => one.newest < silentSince)) this.#drop(plan, key, series)
      }
    const hasRoom = this.#series + wanted <= this.#seriesMax
    if (!hasRoom) this.#searchAgainAt = this.#newest + SEARCH_MS
    return hasRoom
  }

  #drop(plan: StreamPlan, key: string, series: readonly SeriesBuffer[]): void {
    plan.series.delete(key)
    series.forEach((one, index) => {
      this.#samples -= one.length
      this.#metrics.get(plan.metrics[index]?.name ?? '')?.delete(one)
    })
    this.#series -= series.length
  }

  /** Looks through all series only when an eighth of the retained time has gone by, or when there are too many samples. */
  #forget(): void {
    const step = this.#retentionMs / FORGOTTEN_SHARE
    if (this.#newest - this.#prunedAt > step) {
      this.#prunedAt = this.#newest
      this.#forgetUpTo(this.#newest - this.#retentionMs)
    }
    while (this.#samples > this.#samplesMax) {
      const oldest = this.#oldest()
      // Everything of one instant: then that instant goes as well, as nothing else can.
      this.#forgetUpTo(oldest + Math.max(0, (this.#newest - oldest) / FORGOTTEN_SHARE))
    }
  }

  #oldest(): number {
    let oldest = this.#newest
    for (const series of this.#metrics.values())
      for (const one of series) if (one.length > 0) oldest = Math.min(oldest, one.times[one.start] ?? oldest)
    return oldest
  }

  #forgetUpTo(time: number): void {
    this.#forgottenTo = Math.max(this.#forgottenTo, time)
    for (const plan of this.#plans.values())
      for (const [key, series] of plan.series) {
        for (const one of series) this.#samples -= one.forget(time)
        if (series.every(one => one.length === 0)) this.#drop(plan, key, series)
      }
  }
}

function timeOf({ time }: StreamPlan, batch: RowBatch, row: number): number {
  const column = batch.columns[time]
  const window = column === undefined ? null : valueAt(column, row)
  return Math.round(typeof window === 'number' ? window : (batch.rowtimes[row] ?? 0))
}
