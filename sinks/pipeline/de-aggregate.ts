/**
 * The processor RecordDeAggregation: one record becomes its sub-records. Separators are stripped, and an array around the
 * documents is one document.
 *
 *   JSON       documents back to back or with white space between them
 *   DELIMITED  pieces between delimiters; the piece after a last delimiter is there only when it has bytes
 */
import type { DeAggregation } from '../definition/processing.ts'
import { changedRecord, type FailedRecord, type Processed, type StreamRecord } from './record.ts'

/** Firehose API model: beyond so many sub-records de-aggregation silently does not happen. */
export const SUB_RECORDS_MAX = 500

export function deAggregated(records: readonly StreamRecord[], how: DeAggregation, now: number): Processed {
  const good: StreamRecord[] = []
  const failed: FailedRecord[] = []
  for (const record of records) {
    const pieces = how.kind === 'JSON' ? jsonDocuments(record.data) : delimited(record.data, how.delimiter)
    if (pieces === null)
      failed.push({
        record,
        type: 'processing-failed',
        code: 'RecordDeAggregation.ParseError',
        message: 'the record is no row of JSON documents',
        attempts: 1,
        endedAt: now,
        stage: 'RecordDeAggregation',
      })
    else if (pieces.length > SUB_RECORDS_MAX) good.push(record)
    else
      pieces.forEach((data, index) =>
        good.push(
          changedRecord(record, {
            data,
            rawData: data,
            recordId: pieces.length === 1 ? record.recordId : `${record.recordId}.${index}`,
          }),
        ),
      )
  }
  return { records: good, failed }
}

function delimited(data: Uint8Array, delimiter: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length)
  const pieces: Uint8Array[] = []
  let at = 0
  for (;;) {
    const end = bytes.indexOf(delimiter, at)
    if (end < 0) break
    pieces.push(bytes.subarray(at, end))
    at = end + delimiter.length
  }
  if (at < bytes.length) pieces.push(bytes.subarray(at))
  return pieces
}

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d]

/** The spans of the documents, each of which parses; null when something is no document. */
export function jsonDocuments(data: Uint8Array): readonly Uint8Array[] | null {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < data.length; ) {
    if (isSpace(data[at])) {
      at++
      continue
    }
    const end = documentEnd(data, at)
    const piece = data.subarray(at, end)
    try {
      JSON.parse(Buffer.from(piece).toString('utf8'))
    } catch {
      return null
    }
    pieces.push(piece)
    at = end
  }
  return pieces
}

/** The end of the value that begins at `start`, by brackets and quotes alone. */
function documentEnd(data: Uint8Array, start: number): number {
  let depth = 0
  let quoted = false
  for (let at = start; at < data.length; at++) {
    const byte = data[at]
    if (quoted) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) {
        quoted = false
        if (depth === 0) return at + 1
      }
    } else if (byte === QUOTE) {
      // A number or word ends where a text begins.
      if (depth === 0 && at > start) return at
      quoted = true
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === 0 && at > start) return at
      depth++
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--
      if (depth <= 0) return at + 1
    } else if (depth === 0 && isSpace(byte)) return at
  }
  return data.length
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9
}
