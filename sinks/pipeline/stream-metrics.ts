/**
 * Counters of a delivery stream under Firehose's names. They only grow; gauges are asked for when they are read. Where the service shows
 * a ratio, it is here the quotient of two: `Success` by `Attempts`. Latencies and durations are sums of milliseconds, unless a line says
 * otherwise; by `Requests` or `Attempts` they are means.
 */
import { MillraceError } from '../../core/index.ts'
import type { DestinationName } from '../destinations/destination.ts'

/** Every destination beside S3; a name that is missing here does not compile. */
const DESTINATIONS: Readonly<Record<DestinationName, true>> = {
  HttpEndpoint: true,
  AmazonOpenSearchService: true,
  Splunk: true,
  Redshift: true,
  KinesisStream: true,
  Kafka: true,
  Firehose: true,
  SNS: true,
  SQS: true,
  Lambda: true,
  CloudWatch: true,
}
const OF_DESTINATION = [
  'Records',
  'Bytes',
  'Success',
  'Attempts',
  'Retries',
  'ProcessedRecords',
  'ProcessedBytes',
] as const
const OF_OBJECTS = ['Records', 'Bytes', 'ObjectCount', 'Success', 'Attempts'] as const

/** Bytes and Records count original records; error objects count as deliveries to S3 (probes of the service). */
const COUNTERS = [
  'IncomingRecords',
  'IncomingBytes',
  'IncomingPutRequests',
  'ThrottledRecords',
  'PutRecord.Requests',
  'PutRecord.Bytes',
  'PutRecord.Latency',
  'PutRecordBatch.Requests',
  'PutRecordBatch.Records',
  'PutRecordBatch.Bytes',
  'PutRecordBatch.Latency',
  // records that were written with their place in a stream
  'DataReadFromKinesisStream.Records',
  'DataReadFromKinesisStream.Bytes',
  'DeliveryToS3.Retries',
  // objects that no COPY took within the retry duration; they are in their bucket, and in a manifest below `errors/`
  'DeliveryToRedshift.SkippedObjects',
  // sum of the seconds between a delivery and its acknowledgement
  'DeliveryToSplunk.DataAckLatency',
  'ExecuteProcessing.Duration',
  'ExecuteProcessing.Attempts',
  'ExecuteProcessing.Success',
  'SucceedProcessing.Records',
  'SucceedProcessing.Bytes',
  'JQProcessing.Duration',
  'SucceedConversion.Records',
  'SucceedConversion.Bytes',
  'FailedConversion.Records',
  'FailedConversion.Bytes',
  'PartitionCountExceeded',
  'ErrorOutput.Records',
  // calls of a bucket that failed for its key
  'KMSKeyAccessDenied',
  'KMSKeyDisabled',
  'KMSKeyInvalidState',
  'KMSKeyNotFound',
] as const

export type StreamCounter =
  | (typeof COUNTERS)[number]
  | `${'DeliveryToS3' | 'BackupToS3'}.${(typeof OF_OBJECTS)[number]}`
  | `DeliveryTo${DestinationName}.${(typeof OF_DESTINATION)[number]}`

/** What is measured when it is asked for: DataFreshness in seconds, PerPartitionThroughput in bytes a second of the busiest one. */
export type StreamGauge =
  | `DeliveryTo${DestinationName | 'S3'}.DataFreshness`
  | 'BackupToS3.DataFreshness'
  | 'PartitionCount'
  | 'PerPartitionThroughput'

/** Every name that a delivery stream may count or measure. */
export const STREAM_METRICS: ReadonlySet<StreamCounter | StreamGauge> = new Set([
  ...COUNTERS,
  ...(['DeliveryToS3', 'BackupToS3'] as const).flatMap(place => OF_OBJECTS.map(name => `${place}.${name}` as const)),
  ...(Object.keys(DESTINATIONS) as DestinationName[]).flatMap(destination => [
    ...OF_DESTINATION.map(name => `DeliveryTo${destination}.${name}` as const),
    `DeliveryTo${destination}.DataFreshness` as const,
  ]),
  'DeliveryToS3.DataFreshness',
  'BackupToS3.DataFreshness',
  'PartitionCount',
  'PerPartitionThroughput',
] as const)

export class StreamMetrics {
  readonly #counters = new Map<StreamCounter, number>()

  add(name: StreamCounter, count: number): void {
    if (count > 0) this.#counters.set(name, this.get(name) + count)
  }

  get(name: StreamCounter): number {
    return this.#counters.get(name) ?? 0
  }

  get all(): Readonly<Partial<Record<StreamCounter, number>>> {
    return Object.fromEntries(this.#counters)
  }
}

/** Error codes of S3 for keys (S3 API reference, KMS API reference), by what they end in. */
const KEY_ERRORS = [
  [/KMS\.DisabledException|KMSDisabled/, 'KMSKeyDisabled'],
  [/KMS\.(KMS)?InvalidStateException/, 'KMSKeyInvalidState'],
  [/KMS\.NotFoundException/, 'KMSKeyNotFound'],
  [/KMS\.AccessDeniedException|AccessDenied[^]*kms:/, 'KMSKeyAccessDenied'],
] as const

/** The metric for a failure of a key; null for any other. */
export function keyMetricOf(error: unknown): StreamCounter | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    const text = `${at instanceof MillraceError ? '' : at.name} ${at.message}`
    const found = KEY_ERRORS.find(([pattern]) => pattern.test(text))
    if (found !== undefined) return found[1]
  }
  return null
}
