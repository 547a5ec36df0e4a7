/** Metrics in the shapes that monitoring systems take. Plain data; metric-publisher.ts sends it. */
import type { Statistics } from './statistics.ts'

export type MetricUnit = 'Count' | 'Bytes' | 'Milliseconds'

export interface MetricDimension {
  readonly name: string
  readonly value: string
}

/** The values of one metric over some time, with one set of dimensions. */
export interface MetricDatum<Name extends string = string> {
  readonly name: Name
  readonly unit: MetricUnit
  readonly dimensions: readonly MetricDimension[]
  readonly statistics: Statistics
}

/** CloudWatch API reference, PutMetricData. KPL keeps to 20 data in one request. */
export const CLOUDWATCH_DATA_MAX = 20
/** CloudWatch embedded metric format: a document may have 100 metrics. */
const EMF_METRICS_MAX = 100

export interface CloudWatchRequest {
  readonly Namespace: string
  // Arrays as the SDK types them, so that its client takes this.
  readonly MetricData: {
    readonly MetricName: string
    readonly Dimensions: { readonly Name: string; readonly Value: string }[]
    readonly Timestamp: Date
    readonly Unit: MetricUnit
    readonly StatisticValues: {
      readonly SampleCount: number
      readonly Sum: number
      readonly Minimum: number
      readonly Maximum: number
    }
  }[]
}

/**
 * Inputs of PutMetricData.
 * @param at when the values were taken, epoch milliseconds
 * @param dataMax of one input; default 20, and 1,000 at most
 */
export function cloudWatchRequests(
  data: readonly MetricDatum[],
  at: number,
  namespace: string,
  dataMax = CLOUDWATCH_DATA_MAX,
): CloudWatchRequest[] {
  const all = data.map(({ name, unit, dimensions, statistics }) => ({
    MetricName: name,
    Dimensions: dimensions.map(one => ({ Name: one.name, Value: one.value })),
    Timestamp: new Date(at),
    Unit: unit,
    StatisticValues: {
      SampleCount: statistics.count,
      Sum: statistics.sum,
      Minimum: statistics.min,
      Maximum: statistics.max,
    },
  }))
  return slices(all, dataMax).map(MetricData => ({ Namespace: namespace, MetricData }))
}

/**
 * Lines in the embedded metric format: one document for each set of dimensions and up to 100 metrics, for standard output of a
 * Lambda function or a log agent. Values are statistic sets (`Max`, `Min`, `Count`, `Sum`), as OpenTelemetry's exporter to this
 * format writes its summaries.
 */
export function embeddedMetricLines(data: readonly MetricDatum[], at: number, namespace: string): string[] {
  const groups = new Map<string, MetricDatum[]>()
  for (const one of data) {
    const key = JSON.stringify(one.dimensions)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  const lines: string[] = []
  for (const group of groups.values())
    for (const part of slices(group, EMF_METRICS_MAX)) lines.push(JSON.stringify(embeddedDocument(part, at, namespace)))
  return lines
}

function embeddedDocument(data: readonly MetricDatum[], at: number, namespace: string): Record<string, unknown> {
  const dimensions = data[0]?.dimensions ?? []
  const document: Record<string, unknown> = {
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [dimensions.map(({ name }) => name)],
          Metrics: data.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
  }
  for (const { name, value } of dimensions) document[name] = value
  for (const { name, statistics } of data) {
    const { sum, min, max, count } = statistics
    document[name] = { Max: max, Min: min, Count: count, Sum: sum }
  }
  return document
}

/** A metric as OpenTelemetry's JSON (OTLP) has it: a summary of its count, sum, least (quantile 0) and greatest (quantile 1). */
export interface OtlpMetric {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly summary: {
    readonly dataPoints: readonly {
      readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[]
      readonly startTimeUnixNano: string
      readonly timeUnixNano: string
      readonly count: string
      readonly sum: number
      readonly quantileValues: readonly { readonly quantile: number; readonly value: number }[]
    }[]
  }
}

/** Units of the Unified Code for Units of Measure, as OpenTelemetry writes them. */
const OTLP_UNITS = { Count: '1', Bytes: 'By', Milliseconds: 'ms' } as const

/**
 * The metrics of an OTLP/JSON scope (`resourceMetrics[].scopeMetrics[].metrics`), their names behind a prefix.
 * @param describe what a metric is, in words
 * @param from when the interval of the values began, @param to when it ended; epoch milliseconds
 */
export function otlpMetrics<Name extends string>(
  data: readonly MetricDatum<Name>[],
  from: number,
  to: number,
  prefix: string,
  describe: (name: Name) => string,
): OtlpMetric[] {
  const byName = new Map<Name, MetricDatum<Name>[]>()
  for (const one of data) {
    const same = byName.get(one.name)
    if (same === undefined) byName.set(one.name, [one])
    else same.push(one)
  }
  return [...byName].map(([name, same]) => ({
    name: `${prefix}${name}`,
    description: describe(name),
    unit: OTLP_UNITS[same[0]?.unit ?? 'Count'],
    summary: {
      dataPoints: same.map(({ dimensions, statistics }) => ({
        attributes: dimensions.map(one => ({ key: one.name, value: { stringValue: one.value } })),
        startTimeUnixNano: nanoseconds(from),
        timeUnixNano: nanoseconds(to),
        count: String(statistics.count),
        sum: statistics.sum,
        quantileValues: [
          { quantile: 0, value: statistics.min },
          { quantile: 1, value: statistics.max },
        ],
      })),
    },
  }))
}

function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n)
}

function slices<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let i = 0; i < items.length; i += size) parts.push(items.slice(i, i + size))
  return parts
}
