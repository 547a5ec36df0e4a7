/** The consumer's metrics in the shapes that monitoring systems take. Plain data; core/metric-publisher.ts sends it. */
import {
  type CloudWatchRequest,
  cloudWatchRequests,
  type MetricDatum,
  type OtlpMetric,
  otlpMetrics,
} from '../../core/index.ts'

/** Source: KCL monitoring reference; the two at the end are not the KCL's. */
export const METRIC_HELP: Readonly<Record<string, string>> = {
  RecordsProcessed: 'user records fetched, before those at or before the checkpoint are left out',
  DataBytesProcessed: 'bytes of the records that were delivered',
  MillisBehindLatest: 'how far the last read was behind the tip of its shard',
  'RecordProcessor.processRecords.Time': 'duration of processRecords',
  'RecordProcessor.initialize.Time': 'duration of initialize',
  'RecordProcessor.shutdown.Time': 'duration of the last call of a shard',
  'KinesisDataFetcher.getRecords.Success': '1 for each read that succeeded, 0 for each that failed',
  'KinesisDataFetcher.getRecords.Time': 'duration of reads',
  ExpiredIterator: 'iterators that were too old',
  CurrentLeases: 'leases that this worker holds',
  LostLeases: 'leases that this worker lost',
  AggregatesOutsideRange: 'aggregates that were dropped since a user record belongs to another shard',
  RecordsDeadLettered: 'records that went to the dead letter handler',
}

/** Before the names of metrics in OpenTelemetry. */
export const OTLP_PREFIX = 'kinesis_consumer.'

/** Inputs of PutMetricData, up to 20 data each. @param namespace the KCL takes the name of the application */
export function consumerCloudWatchRequests(
  data: readonly MetricDatum[],
  at: number,
  namespace: string,
): CloudWatchRequest[] {
  return cloudWatchRequests(data, at, namespace)
}

/**
 * The metrics of an OTLP/JSON scope (`resourceMetrics[].scopeMetrics[].metrics`).
 * @param from when the interval of the values began, @param to when it ended; epoch milliseconds
 */
export function consumerOtlpMetrics(data: readonly MetricDatum[], from: number, to: number): OtlpMetric[] {
  return otlpMetrics(data, from, to, OTLP_PREFIX, name => METRIC_HELP[name] ?? name)
}
