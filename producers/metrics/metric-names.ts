/** The metrics of the Kinesis Producer Library: names, units, and the level at which each is kept. */

import type { MetricUnit } from '../../core/index.ts'

export type MetricsLevel = 'none' | 'summary' | 'detailed'
export type MetricsGranularity = 'global' | 'stream' | 'shard'

export interface MetricKind {
  readonly level: 'summary' | 'detailed'
  readonly unit: MetricUnit
  readonly help: string
}

/** Source: KPL's monitoring reference; `UserRecordExpired` is in its code only. */
export const PRODUCER_METRICS = {
  UserRecordsReceived: { level: 'detailed', unit: 'Count', help: 'user records accepted by put' },
  UserRecordsPending: { level: 'detailed', unit: 'Count', help: 'user records inside the producer, sampled' },
  UserRecordsPut: { level: 'summary', unit: 'Count', help: '1 for each user record stored, 0 for each given up' },
  UserRecordsDataPut: { level: 'detailed', unit: 'Bytes', help: 'data of user records stored' },
  KinesisRecordsPut: { level: 'summary', unit: 'Count', help: '1 for each record stored, 0 for each that failed' },
  KinesisRecordsDataPut: { level: 'detailed', unit: 'Bytes', help: 'data of records stored' },
  ErrorsByCode: { level: 'summary', unit: 'Count', help: 'failed attempts of user records by error code' },
  AllErrors: { level: 'summary', unit: 'Count', help: 'failed attempts of user records' },
  RetriesPerRecord: {
    level: 'detailed',
    unit: 'Count',
    help: 'attempts after the first, of user records that settled',
  },
  UserRecordExpired: { level: 'summary', unit: 'Count', help: 'user records given up at RecordTtl' },
  BufferingTime: { level: 'summary', unit: 'Milliseconds', help: 'from put to leaving for the service' },
  RequestTime: { level: 'detailed', unit: 'Milliseconds', help: 'duration of calls' },
  UserRecordsPerKinesisRecord: { level: 'detailed', unit: 'Count', help: 'user records in a record that was stored' },
  KinesisRecordsPerPutRecordsRequest: { level: 'detailed', unit: 'Count', help: 'entries in a call' },
  UserRecordsPerPutRecordsRequest: { level: 'detailed', unit: 'Count', help: 'user records in a call' },
} as const satisfies Readonly<Record<string, MetricKind>>

export type ProducerMetricName = keyof typeof PRODUCER_METRICS

/** KPL's default namespace in CloudWatch. */
export const METRICS_NAMESPACE = 'KinesisProducerLibrary'
