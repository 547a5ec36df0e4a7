/** Names of what millrace counts, in one place, so that dashboards, alerts and docs cannot ask for a name that does not exist. */

export const METRICS = {
  records_in_total: 'records read from the stream',
  rows_in_total: 'rows decoded from records',
  rows_out_total: 'rows written to each output stream',
  error_rows_total: 'rows that went to the error stream',
  rowtime_raised_total: 'records whose rowtime was raised because they came below the watermark or below their shard',
  watermark_ms: 'rowtime below which no row will come, epoch milliseconds',
  behind_latest_ms: 'how far the slowest shard is behind its tip',
  objects_delivered_total: 'objects that were delivered to each output',
  object_bytes_total: 'bytes of delivered objects',
  records_put_total: 'user records that the producer put',
  put_retries_total: 'entries of PutRecords that the producer sent again',
} as const

export type MetricName = keyof typeof METRICS
