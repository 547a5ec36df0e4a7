/**
 * Error records as Firehose and we write them, of every stage: JSON objects, one a line or with nothing between them, plain or
 * gzipped, numbers as numbers or as text.
 */
import { gunzipSync } from 'node:zlib'
import { MEBIBYTE, MillraceError } from '../../core/index.ts'
import { isBook } from '../manifest-object.ts'
import { jsonDocuments } from '../pipeline/de-aggregate.ts'
import { type OpenStore, readWhole } from '../stores/store.ts'

/** Objects of more bytes are refused: those of the service have 128 MiB at most. */
export const ERROR_OBJECT_BYTES_MAX = 256 * MEBIBYTE

export interface ErrorRecord {
  /** object, and number in it from 0 */
  readonly key: string
  readonly index: number
  /** Firehose's error-output-type */
  readonly type: string
  /** where in the stream it failed, as far as it is told */
  readonly stage: string
  readonly code: string
  readonly message: string
  readonly attempts: number
  /** epoch milliseconds; null where it is not told */
  readonly arrivedAt: number | null
  readonly failedAt: number | null
  /** as it was received */
  readonly rawData: Uint8Array
  /** all other members */
  readonly details: Readonly<Record<string, unknown>>
}

const KNOWN = new Set([
  'attemptsMade',
  'arrivalTimestamp',
  'attemptEndingTimestamp',
  'rawData',
  'errorCode',
  'errorMessage',
  'lastErrorCode',
  'lastErrorMessage',
])

/**
 * The records of one error object.
 * @throws MillraceError `unreadable_input` when it holds something else
 */
export async function errorRecordsOf(store: OpenStore, key: string): Promise<readonly ErrorRecord[]> {
  const refuse = (reason: string): MillraceError =>
    new MillraceError('unreadable_input', `error object ${store.place}/${key}: ${reason}`)
  let bytes = await readWhole(store, key)
  if (bytes.length > ERROR_OBJECT_BYTES_MAX) throw refuse(`it has more than ${ERROR_OBJECT_BYTES_MAX} bytes`)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    try {
      bytes = gunzipSync(bytes, { maxOutputLength: ERROR_OBJECT_BYTES_MAX })
    } catch {
      throw refuse('its gzip is damaged, or unpacks to too much')
    }
  const documents = jsonDocuments(bytes)
  if (documents === null) throw refuse('it holds something other than error records in JSON')
  return documents.map((document, index) => {
    const value: unknown = JSON.parse(Buffer.from(document).toString('utf8'))
    const record = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
    if (typeof record['rawData'] !== 'string') throw refuse(`record ${index} has no rawData`)
    const { millrace } = record
    const ours =
      typeof millrace === 'object' && millrace !== null ? (millrace as Readonly<Record<string, unknown>>) : {}
    return {
      key,
      index,
      type: typeOf(key, record),
      stage: text(ours['stage']),
      code: text(record['errorCode'] ?? record['lastErrorCode']),
      message: text(record['errorMessage'] ?? record['lastErrorMessage']),
      attempts: number(record['attemptsMade']) ?? 0,
      arrivedAt: number(record['arrivalTimestamp']),
      failedAt: number(record['attemptEndingTimestamp']),
      rawData: new Uint8Array(Buffer.from(record['rawData'], 'base64')),
      details: Object.fromEntries(Object.entries(record).filter(([name]) => !KNOWN.has(name))),
    }
  })
}

/** Keys of error objects below a prefix, sorted. */
export async function errorObjectsIn(store: OpenStore, prefix: string): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { key, sizeBytes } of store.list(prefix)) if (sizeBytes > 0 && !isBook(key)) keys.push(key)
  return keys.sort()
}

/** From the folder that the error-output-type gave, else from the members that only one type has. */
function typeOf(key: string, record: Readonly<Record<string, unknown>>): string {
  for (const part of key.split('/').slice(0, -1).reverse()) {
    // The guide spells one of them with an underscore.
    const found = /[A-Za-z-]+[-_]failed$/.exec(part)
    if (found !== null) return found[0].replace('_failed', '-failed')
  }
  if ('lastErrorCode' in record) return 'format-conversion-failed'
  if ('esDocumentId' in record || 'osDocumentId' in record || 'esIndexName' in record)
    return 'AmazonOpenSearchService-failed'
  if ('EventId' in record) return 'splunk-failed'
  if ('dataId' in record) return 'http-endpoint-failed'
  return 'processing-failed'
}

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

function number(value: unknown): number | null {
  const result = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof result === 'number' && Number.isFinite(result) ? result : null
}
