/** Ids that depend on records alone, so that a repeat can be told from something new. */
import { createHash } from 'node:crypto'
import type { StreamRecord } from '../pipeline/record.ts'

/** RFC 9562, 5.5: the namespace of ours, a random UUID. */
const NAMESPACE = Buffer.from('5f3a0d0c6c1e4b0fa2c47b9d1c8e6f21', 'hex')

/** What tells the records of a delivery stream from all others. */
export interface RecordOrigin {
  /** name of the delivery stream */
  readonly streamName: string
  /** a text that no other process has, for records that no stream gave */
  readonly incarnation: string
}

/**
 * Names a record for good where a stream gave it, over restarts too; records that were put are told apart from those of other
 * processes.
 */
export function stableRecordId(record: StreamRecord, { streamName, incarnation }: RecordOrigin): string {
  const { source, recordId } = record
  if (source === null) return `${incarnation}.${recordId}`
  // The pieces of a record that was taken apart have numbers.
  const dot = recordId.indexOf('.')
  const piece = dot < 0 ? '' : recordId.slice(dot)
  const stream = source.stream === undefined ? '' : `${source.stream}.`
  return `${streamName}.${stream}${source.shardId}.${source.sequenceNumber}.${source.subsequenceNumber}${piece}`
}

/** A UUID of the records in this order. */
export function callId(records: readonly StreamRecord[], origin: RecordOrigin): string {
  return stableUuid(records.map(record => stableRecordId(record, origin)))
}

/** A version 5 UUID of texts in this order (RFC 9562). */
export function stableUuid(texts: Iterable<string>): string {
  const hash = createHash('sha1').update(NAMESPACE)
  for (const text of texts) hash.update(`${text}\n`)
  const bytes = hash.digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
