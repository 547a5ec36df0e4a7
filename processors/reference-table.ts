/**
 * Reference tables from files: a JSON or CSV object is decoded as an input is. What cannot be decoded is an error row and not
 * a row of the table; a header line is data like any other.
 */
import { createDecoder, schemaOf } from '../core/codecs/decoder.ts'
import type { InputSchema } from '../core/codecs/input-schema.ts'
import type { ErrorOutput } from '../core/error-output.ts'
import { MillraceError } from '../core/errors.ts'
import { type RecordBatch, RecordBatchBuilder } from '../core/record.ts'
import type { RowBatch } from '../core/rows.ts'

/** AWS developer guide, Limits: size of a reference data object. */
export const REFERENCE_FILE_BYTES_MAX = 1_024 * 1_024 * 1_024

export interface ReferenceTableSchema {
  /** case kept */
  readonly name: string
  readonly schema: InputSchema
}

/** A file below this is read by JSON.parse: a scanner takes some 10 MB, which the collector has to count and to clear. */
const SCANNED_BYTES_MIN = 1_048_576

/**
 * The rows of a table's file.
 * @param errors takes what cannot be read, at `rowtime`; the message says which table and which line or file it was
 * @throws MillraceError `state_limit` for a file above REFERENCE_FILE_BYTES_MAX; `unreadable_input` where it is gzipped
 */
export function readReferenceTable(
  { name, schema }: ReferenceTableSchema,
  bytes: Uint8Array,
  errors: ErrorOutput,
  rowtime: number,
): readonly RowBatch[] {
  checkReferenceSize(name, bytes.length)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    throw new MillraceError('unreadable_input', `file of reference table "${name}" is gzipped; unpack it`)
  // A scanner of its own is worth its memory only where there is much to read.
  const decoder = createDecoder(schema, bytes.length < SCANNED_BYTES_MIN ? { scanner: 'none' } : {})
  const rows = schemaOf(schema)
  const reported: ErrorOutput = {
    add: row => {
      const line =
        row.position === null || row.position.sequenceNumber === '0' ? '' : `, line ${row.position.sequenceNumber}`
      errors.add({ ...row, rowtime, position: null, message: `reference table "${name}"${line}: ${row.message}` })
    },
  }
  const batches: RowBatch[] = []
  for (const records of schema.format.kind === 'JSON' ? jsonRecords(bytes) : [wholeFile(bytes)])
    for (const batch of decoder.decode(records, reported))
      if (batch.length > 0) batches.push({ ...batch, schema: rows })
  return batches
}

/** @throws MillraceError `state_limit` */
export function checkReferenceSize(name: string, sizeBytes: number): void {
  if (sizeBytes <= REFERENCE_FILE_BYTES_MAX) return
  throw new MillraceError(
    'state_limit',
    `file of reference table "${name}" has ${sizeBytes} bytes, and a table at most ${REFERENCE_FILE_BYTES_MAX}; leave out rows or columns`,
  )
}

const RECORDS_PER_BATCH = 4_096
const LINE_FEED = 10

/** A line each where the first line is a document by itself; else the file as it is: one document over many lines. */
function* jsonRecords(bytes: Uint8Array): Generator<RecordBatch> {
  const firstEnd = bytes.indexOf(LINE_FEED)
  if (firstEnd < 0 || !isDocument(bytes.subarray(0, firstEnd))) {
    if (bytes.length > 0) yield wholeFile(bytes)
    return
  }
  const builder = new RecordBatchBuilder()
  let line = 0
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(LINE_FEED, at)
    const end = found < 0 ? bytes.length : found
    line++
    const data = bytes.subarray(at, end)
    if (data.some(byte => byte > 32)) builder.add(record(data, String(line)))
    at = end + 1
    if (builder.length >= RECORDS_PER_BATCH) yield builder.take()
  }
  if (builder.length > 0) yield builder.take()
}

function isDocument(line: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(line).toString('utf8'))
    return true
  } catch {
    return false
  }
}

function wholeFile(bytes: Uint8Array): RecordBatch {
  const builder = new RecordBatchBuilder()
  // An empty file is an empty table, and no broken record.
  if (bytes.length > 0) builder.add(record(bytes, '0'))
  return builder.take()
}

function record(data: Uint8Array, sequenceNumber: string) {
  return { data, sequenceNumber, arrivedAt: 0, rowtime: 0, subsequenceNumber: 0, partitionKey: '', shardId: 'file' }
}
