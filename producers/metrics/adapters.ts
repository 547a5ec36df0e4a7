/** The producer's metrics in the shapes that monitoring systems take, under KPL's namespace. */
import {
  type CloudWatchRequest,
  embeddedMetricLines as lines,
  type OtlpMetric,
  otlpMetrics as otlp,
  cloudWatchRequests as requests,
} from '../../core/index.ts'
import { METRICS_NAMESPACE, PRODUCER_METRICS } from './metric-names.ts'
import type { MetricDatum } from './recorder.ts'

/** Inputs of PutMetricData, up to 20 data each. @param at when the values were taken, epoch milliseconds */
export function cloudWatchRequests(
  data: readonly MetricDatum[],
  at: number,
  namespace = METRICS_NAMESPACE,
): CloudWatchRequest[] {
  return requests(data, at, namespace)
}

/** Lines in the embedded metric format, for standard output of a Lambda function or a log agent. */
export function embeddedMetricLines(data: readonly MetricDatum[], at: number, namespace = METRICS_NAMESPACE): string[] {
  return lines(data, at, namespace)
}

/**
 * The metrics of an OTLP/JSON scope (`resourceMetrics[].scopeMetrics[].metrics`).
 * @param from when the interval of the values began, @param to when it ended; epoch milliseconds
 */
export function otlpMetrics(data: readonly MetricDatum[], from: number, to: number): OtlpMetric[] {
  return otlp(data, from, to, 'kinesis_producer.', name => PRODUCER_METRICS[name].help)
}
