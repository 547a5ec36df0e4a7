/** Counters of a delivery stream under Firehose's names. They only grow; gauges are asked for when they are read. */

import type { DestinationName } from '../destinations/destination.ts'

/** Bytes and Records count original records; error objects count as deliveries to S3 (probes of the service). */
export type StreamCounter =
  | 'IncomingRecords'
  | 'IncomingBytes'
  | 'IncomingPutRequests'
  | 'ThrottledRecords'
  | 'DeliveryToS3.Records'
  | 'DeliveryToS3.Bytes'
  | 'DeliveryToS3.ObjectCount'
  | 'DeliveryToS3.Retries'
  | 'BackupToS3.Records'
  | 'BackupToS3.Bytes'
  | 'BackupToS3.ObjectCount'
  /** `Success` by `Attempts` is the ratio that Firehose shows: of records, or of calls for HTTP endpoints and COPY */
  | `DeliveryTo${DestinationName}.${'Records' | 'Bytes' | 'Success' | 'Attempts' | 'Retries' | 'ProcessedRecords' | 'ProcessedBytes'}`
  /** objects that no COPY took within the retry duration; they are in their bucket, and in a manifest below `errors/` */
  | 'DeliveryToRedshift.SkippedObjects'
  /** sum of the seconds between a delivery and its acknowledgement */
  | 'DeliveryToSplunk.DataAckLatency'
  | 'ExecuteProcessing.Duration'
  | 'ExecuteProcessing.Attempts'
  | 'ExecuteProcessing.Success'
  | 'SucceedProcessing.Records'
  | 'SucceedProcessing.Bytes'
  | 'JQProcessing.Duration'
  | 'SucceedConversion.Records'
  | 'FailedConversion.Records'
  | 'PartitionCountExceeded'
  | 'ErrorOutput.Records'

/** What is measured when it is asked for; DataFreshness in seconds. */
export type StreamGauge =
  | `DeliveryTo${DestinationName | 'S3'}.DataFreshness`
  | 'BackupToS3.DataFreshness'
  | 'PartitionCount'

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
