/**
 * The processors Decompression and CloudWatchLogProcessing. What they read is what a CloudWatch Logs subscription sends: JSON in
 * gzip, `{"messageType", "owner", "logGroup", "logStream", "subscriptionFilters", "logEvents": [{id, timestamp, message}]}`.
 */
import { gunzipSync } from 'node:zlib'
import { MEBIBYTE } from '../../core/index.ts'
import { changedRecord, type FailedRecord, type Processed, type StreamRecord } from './record.ts'

/** Bytes that one record may become. */
export const DECOMPRESSED_BYTES_MAX = 64 * MEBIBYTE
const LINE_FEED = 10

/** Uncompresses each record; several gzip members are one text. */
export function decompressed(records: readonly StreamRecord[], now: number): Processed {
  const good: StreamRecord[] = []
  const failed: FailedRecord[] = []
  for (const record of records) {
    try {
      good.push(changedRecord(record, { data: gunzipSync(record.data, { maxOutputLength: DECOMPRESSED_BYTES_MAX }) }))
    } catch (error) {
      const tooLarge = error instanceof RangeError
      failed.push({
        record,
        type: 'decompression-failed',
        code: 'Decompression.Failed',
        message: tooLarge
          ? `the record becomes more than ${DECOMPRESSED_BYTES_MAX / MEBIBYTE} MiB`
          : `the record is no gzip: ${error instanceof Error ? error.message : String(error)}`,
        attempts: 1,
        endedAt: now,
        stage: 'Decompression',
      })
    }
  }
  return { records: good, failed }
}

/**
 * The messages of each record's log events, each ended by a line feed. A control message has none and becomes an empty record,
 * as in the service.
 */
export function logMessages(records: readonly StreamRecord[], now: number): Processed {
  const good: StreamRecord[] = []
  const failed: FailedRecord[] = []
  for (const record of records) {
    const messages = messagesOf(record.data)
    if (typeof messages !== 'string') good.push(changedRecord(record, { data: messages }))
    else
      failed.push({
        record,
        type: 'processing-failed',
        code: 'CloudWatchLogProcessing.InvalidRecord',
        message: messages,
        attempts: 1,
        endedAt: now,
        stage: 'CloudWatchLogProcessing',
      })
  }
  return { records: good, failed }
}

function messagesOf(data: Uint8Array): Uint8Array | string {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(data).toString('utf8'))
  } catch {
    return 'the record is no JSON'
  }
  if (typeof value !== 'object' || value === null || !('messageType' in value))
    return 'the record is no CloudWatch Logs data: it has no messageType'
  if (value.messageType === 'CONTROL_MESSAGE') return new Uint8Array(0)
  const events: unknown = 'logEvents' in value ? value.logEvents : undefined
  if (!Array.isArray(events)) return 'the record is no CloudWatch Logs data: it has no logEvents'
  const parts: Uint8Array[] = []
  for (const event of events as readonly unknown[]) {
    const message = typeof event === 'object' && event !== null && 'message' in event ? event.message : undefined
    if (typeof message !== 'string') return 'a log event has no message'
    parts.push(Buffer.from(message), Uint8Array.of(LINE_FEED))
  }
  return Buffer.concat(parts)
}
