/**
 * Tells the leader how loaded this worker is: captured each second, averaged over a reporting period, the last ten averages in the
 * worker's row. Source: KCL 3.x, `WorkerMetricStatsReporter` and `WorkerMetricStatsManager`.
 */
import type { Clock } from '../../../core/index.ts'
import type { LeaseListener } from './lease-coordinator.ts'
import type { WorkerMetricsTable } from './lease-table.ts'

/** What a report says when capturing failed: the leader leaves such a worker alone. */
const FAILED = -1
/** KCL: this worker can work on one table for everything. */
const SUPPORT_CODE = 1

/** A figure of this worker's load. */
export interface WorkerMetricSource {
  /** short name as the KCL has it: C (CPU), M (memory), NI, NO (network) */
  readonly name: string
  /** the most that the worker should carry, in percent */
  readonly maxUtilisation: number
  /** since the last capture, in percent from 0 to 100; throws or rejects when it cannot tell */
  capture(): number | Promise<number>
}

export interface WorkerMetricsReporterOptions {
  readonly table: WorkerMetricsTable
  readonly clock: Clock
  readonly workerId: string
  /** none: the leader goes by throughput alone */
  readonly sources: readonly WorkerMetricSource[]
  /** KCL: noOfPersistedMetricsPerWorkerMetrics */
  readonly reportsMax: number
  readonly listener: LeaseListener
}

interface Series {
  readonly source: WorkerMetricSource
  sum: number
  count: number
  failed: boolean
  /** a capture that takes longer than the time to the next one is not joined by another */
  isCapturing: boolean
  reports: readonly number[]
}

export class WorkerMetricsReporter {
  readonly #options: WorkerMetricsReporterOptions
  readonly #series: readonly Series[]

  constructor(options: WorkerMetricsReporterOptions) {
    this.#options = options
    this.#series = options.sources.map(source => ({
      source,
      sum: 0,
      count: 0,
      failed: false,
      isCapturing: false,
      reports: [],
    }))
  }

  capture(): void {
    for (const series of this.#series) {
      if (series.isCapturing) continue
      try {
        const value = series.source.capture()
        if (typeof value === 'number') add(series, value)
        else void this.#wait(series, value)
      } catch {
        series.failed = true
      }
    }
  }

  async #wait(series: Series, value: Promise<number>): Promise<void> {
    series.isCapturing = true
    try {
      add(series, await value)
    } catch {
      series.failed = true
    } finally {
      series.isCapturing = false
    }
  }

  async report(): Promise<void> {
    const { table, clock, workerId, reportsMax, listener } = this.#options
    for (const series of this.#series) {
      const value = series.failed ? FAILED : series.count === 0 ? 0 : round(series.sum / series.count)
      series.reports = [...series.reports, value].slice(-reportsMax)
      Object.assign(series, { sum: 0, count: 0, failed: false })
    }
    const seconds = Math.floor(clock.now() / 1_000)
    try {
      await table.put({
        workerId,
        lastUpdatedAtSeconds: seconds,
        values: Object.fromEntries(this.#series.map(({ source, reports }) => [source.name, reports])),
        operatingRange: Object.fromEntries(this.#series.map(({ source }) => [source.name, [source.maxUtilisation]])),
        properties: {},
        supportCode: SUPPORT_CODE,
        supportCodeUpdatedAtSeconds: seconds,
      })
    } catch (error) {
      listener.metric?.({ operation: 'WorkerMetricStatsReporter', name: 'Failure', value: 1, unit: 'Count' })
      throw error
    }
  }
}

function add(series: Series, percent: number): void {
  series.sum += Math.min(100, Math.max(0, percent))
  series.count++
}

/** Two decimals say enough, and keep the row small. */
function round(value: number): number {
  return Math.round(value * 100) / 100
}
