/**
 * Keeps the producer's metrics by KPL's chain of dimensions: a value goes to the deepest level it has and to each above,
 *
 *   MetricName [ErrorCode] ► StreamName ► ShardId
 *
 * down to the chosen granularity.
 */
import {
  type MetricDatum as Datum,
  type MetricDimension,
  MillraceError,
  StatisticSet,
  type Statistics,
} from '../../core/index.ts'
import {
  type MetricsGranularity,
  type MetricsLevel,
  PRODUCER_METRICS,
  type ProducerMetricName,
} from './metric-names.ts'
import { MetricHistory, WINDOW_SECONDS_MAX } from './statistics.ts'

/** One metric at one level of its chain; dimensions are without the metric name, in KPL's order, none with an empty value. */
export type MetricDatum = Datum<ProducerMetricName>

/** A dimension of the caller's own, from that level of the chain down. */
export interface AdditionalDimension extends MetricDimension {
  readonly granularity: MetricsGranularity
}

export interface RecorderOptions {
  readonly level: MetricsLevel
  readonly granularity: MetricsGranularity
  /** empty: the stream has no name, and there is no such dimension */
  readonly streamName: string
  readonly additionalDimensions: readonly AdditionalDimension[]
}

interface Metric {
  readonly name: ProducerMetricName
  readonly dimensions: readonly MetricDimension[]
  readonly history: MetricHistory
}

/** Metrics that are kept at most, about 3 KB each; shards and error codes that come later count in the levels above only. */
export const METRICS_MAX = 10_000

const DEPTH: Readonly<Record<MetricsGranularity, number>> = { global: 0, stream: 1, shard: 2 }

export class MetricsRecorder {
  readonly #options: RecorderOptions
  readonly #metrics = new Map<string, Metric>()
  readonly #chains = new Map<string, Map<string, readonly MetricHistory[]>>()
  readonly #one = new StatisticSet()
  /** accepted in the second that ends here, and not added yet */
  #received = 0
  #receivedUntil = 0

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  /** Adds a value, `times` times. @param shardId empty: a metric of the stream */
  add(name: ProducerMetricName, value: number, now: number, shardId = '', times = 1, errorCode = ''): void {
    if (times === 0 || !this.keeps(name)) return
    this.#one.clear()
    this.#one.add(value, times)
    this.addAll(name, this.#one, now, shardId, errorCode)
  }

  addAll(name: ProducerMetricName, values: Statistics, now: number, shardId = '', errorCode = ''): void {
    if (values.count === 0 || !this.keeps(name)) return
    for (const history of this.#chain(name, shardId, errorCode)) history.addAll(values, now)
  }

  /** Whether values of that name are kept at the chosen level. */
  keeps(name: ProducerMetricName): boolean {
    const { level } = this.#options
    return level === 'detailed' || (level === 'summary' && PRODUCER_METRICS[name].level === 'summary')
  }

  /** One more user record was accepted. They are many, so those of a second are counted first, and added at its end. */
  received(now: number): void {
    if (now >= this.#receivedUntil) {
      this.#addReceived()
      this.#receivedUntil = (Math.floor(now / 1_000) + 1) * 1_000
    }
    this.#received++
  }

  /** What came since the last take; metrics without a new value are left out. */
  take(): MetricDatum[] {
    this.#addReceived()
    const data: MetricDatum[] = []
    for (const metric of this.#metrics.values()) {
      if (metric.history.fresh.count === 0) continue
      data.push(datum(metric, metric.history.fresh.copy()))
      metric.history.fresh.clear()
    }
    return data
  }

  /**
   * Metrics since the start or, with a window, of its last seconds; those without a value are left out.
   * @throws MillraceError `invalid_argument` for a window that is not of 1 to 60 whole seconds
   */
  read(now: number, name?: ProducerMetricName, windowSeconds?: number): MetricDatum[] {
    if (windowSeconds !== undefined && !(Number.isInteger(windowSeconds) && windowSeconds >= 1 && windowSeconds <= 60))
      throw new MillraceError(
        'invalid_argument',
        `a metrics window has 1 to ${WINDOW_SECONDS_MAX} whole seconds, not ${windowSeconds}`,
      )
    this.#addReceived()
    const data: MetricDatum[] = []
    for (const metric of this.#metrics.values()) {
      if (name !== undefined && metric.name !== name) continue
      const { total } = metric.history
      const values = windowSeconds === undefined ? total.copy() : metric.history.window(windowSeconds, now)
      if (values.count > 0) data.push(datum(metric, values))
    }
    return data
  }

  #addReceived(): void {
    const times = this.#received
    this.#received = 0
    this.add('UserRecordsReceived', 1, this.#receivedUntil - 1, '', times)
  }

  /** The metric at each level, kept by shard so that a value finds it without making a key. */
  #chain(name: ProducerMetricName, shardId: string, errorCode: string): readonly MetricHistory[] {
    const key = errorCode === '' ? name : `${name} ${errorCode}`
    let byShard = this.#chains.get(key)
    if (byShard === undefined) {
      byShard = new Map()
      this.#chains.set(key, byShard)
    }
    const known = byShard.get(shardId)
    if (known !== undefined) return known
    const deepest = Math.min(DEPTH[this.#options.granularity], shardId === '' ? 1 : 2)
    const chain: MetricHistory[] = []
    for (let depth = 0; depth <= deepest; depth++) {
      const history = this.#metric(name, errorCode, depth, depth === 2 ? shardId : '')
      if (history !== undefined) chain.push(history)
    }
    if (this.#metrics.size < METRICS_MAX) byShard.set(shardId, chain)
    return chain
  }

  #metric(name: ProducerMetricName, errorCode: string, depth: number, shardId: string): MetricHistory | undefined {
    const key = `${name} ${depth} ${shardId} ${errorCode}`
    const known = this.#metrics.get(key)
    if (known !== undefined) return known.history
    if (this.#metrics.size >= METRICS_MAX) return undefined
    const metric = { name, dimensions: this.#dimensions(errorCode, depth, shardId), history: new MetricHistory() }
    this.#metrics.set(key, metric)
    return metric.history
  }

  #dimensions(errorCode: string, depth: number, shardId: string): MetricDimension[] {
    const { streamName, additionalDimensions } = this.#options
    const extra = (granularity: MetricsGranularity): MetricDimension[] =>
      additionalDimensions.filter(one => one.granularity === granularity).map(({ name, value }) => ({ name, value }))
    const chain = [...extra('global'), { name: 'ErrorCode', value: errorCode }]
    if (depth >= 1) chain.push({ name: 'StreamName', value: streamName }, ...extra('stream'))
    if (depth >= 2) chain.push({ name: 'ShardId', value: shardId }, ...extra('shard'))
    return chain.filter(({ value }) => value.trim() !== '')
  }
}

function datum({ name, dimensions }: Metric, statistics: Statistics): MetricDatum {
  return { name, unit: PRODUCER_METRICS[name].unit, dimensions, statistics }
}
