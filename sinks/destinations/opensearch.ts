/**
 * OpenSearch and Elasticsearch by the bulk API: one action line and one document line each, the last line feed included.
 * (OpenSearch documentation, "Bulk"; Firehose guide, "Amazon OpenSearch Service destination".)
 *
 *   200, errors: false -> all delivered
 *   200, errors: true  -> each item by its status: 409 of a creation is ours already, 429 and 5xx again, all else never
 *   413                -> halves
 *   else               -> the whole call again
 */
import type { Clock } from '../../core/index.ts'
import { Turns } from '../../core/turns.ts'
import type { StreamRecord } from '../pipeline/record.ts'
import type { RequestSigner } from './aws-signature.ts'
import {
  type CallResult,
  type DestinationCall,
  type RecordDestination,
  type RecordOutcome,
  type Refusal,
  type RetryRule,
} from './destination.ts'
import { type FetchLike, httpCall } from './http-call.ts'
import { type IndexRotation, indexName, type WeekRule } from './index-name.ts'
import { type RecordOrigin, stableRecordId } from './stable-id.ts'

/** OpenSearch Service quotas: the smallest instances take requests of 10 MiB, all others of 100 MiB; 413 halves what is larger. */
const BULK_BYTES_MAX = 100 * 1_048_576
const BULK_RECORDS_MAX = 10_000
/** A reply has an item of some 300 bytes a document, and a reason for each that failed. */
const REPLY_BYTES_MAX = 64 * 1_048_576
const TIMEOUT_MS = 180_000
/** `_id` is 512 bytes at most (Elasticsearch reference, "_id field"). */
const ID_BYTES_MAX = 512
/** What the action line takes beside index, type and id. */
const ACTION_FRAME_BYTES = 64
const REASON_CHARACTERS_MAX = 8_192
/** Firehose repeats every five minutes; the waits begin smaller here, as most refusals are of a full queue (429). */
const WAITS = { waitFirstMs: 1_000, waitMaxMs: 300_000 } as const

export interface OpenSearchOptions {
  /** of the cluster, without a path */
  readonly endpoint: string
  readonly index: string
  readonly rotation: IndexRotation
  readonly weekRule: WeekRule
  /** for Elasticsearch before 7; null for none */
  readonly type: string | null
  /** `FIREHOSE_DEFAULT`: ids that make repeats harmless. `NO_DOCUMENT_ID`: the server makes them, and repeats are documents. */
  readonly documentId: 'FIREHOSE_DEFAULT' | 'NO_DOCUMENT_ID'
  readonly sign: RequestSigner | null
  readonly retryDurationSeconds: number
  /** makes document ids */
  readonly origin: RecordOrigin
  readonly fetch: FetchLike
  readonly clock: Clock
}

export class OpenSearch implements RecordDestination {
  readonly name = 'AmazonOpenSearchService'
  readonly errorType = 'AmazonOpenSearchService-failed'
  readonly callsMax = 4
  readonly recordsMax = BULK_RECORDS_MAX
  readonly bytesMax = BULK_BYTES_MAX
  readonly successOf = 'records'
  readonly retry: RetryRule
  readonly #options: OpenSearchOptions
  readonly #turns: Turns

  constructor(options: OpenSearchOptions) {
    this.#options = options
    this.#turns = new Turns(options.clock)
    this.retry = { ...WAITS, durationSeconds: options.retryDurationSeconds, countsFrom: 'first-attempt' }
  }

  sizeOf({ data }: StreamRecord): number {
    const { index, type } = this.#options
    return data.length + index.length + (type?.length ?? 0) + 2 * ACTION_FRAME_BYTES
  }

  details(record: StreamRecord): Readonly<Record<string, string | null>> {
    return {
      esDocumentId: this.#idOf(record),
      esIndexName: this.#indexOf(record),
      esTypeName: this.#options.type ?? '',
    }
  }

  async call({ records }: DestinationCall, signal: AbortSignal): Promise<CallResult> {
    const outcomes: RecordOutcome[] = records.map(() => null)
    const sent: number[] = []
    const lines: (Uint8Array | string)[] = []
    for (const [at, record] of records.entries()) {
      const problem = documentProblem(record.data)
      if (problem === null) {
        sent.push(at)
        lines.push(this.#action(record), oneLine(record.data), '\n')
      } else outcomes[at] = { code: '400', message: problem, retry: 'never' }
      if (at % 64 === 63) await this.#turns.take()
    }
    if (sent.length === 0) return { outcomes }
    const whole = (refusal: Refusal, split = false): CallResult => {
      for (const at of sent) outcomes[at] = refusal
      return { outcomes, split }
    }
    const { endpoint, fetch, clock, sign } = this.#options
    const url = `${endpoint.replace(/\/+$/, '')}/_bulk`
    const body = Buffer.concat(lines.map(line => (typeof line === 'string' ? Buffer.from(line) : line)))
    let headers: Record<string, string> = { 'content-type': 'application/x-ndjson' }
    try {
      if (sign !== null) headers = await sign({ url, headers, body })
    } catch (error) {
      return whole({ code: '403', message: `the request could not be signed: ${textOf(error)}`, retry: 'backoff' })
    }
    const request = { fetch, clock, url, headers, body, timeoutMs: TIMEOUT_MS, replyBytesMax: REPLY_BYTES_MAX, signal }
    const answer = await httpCall(request)
    if (answer.kind === 'failure') return whole({ code: answer.reason, message: answer.message, retry: 'backoff' })
    const { status, text } = answer
    const message = text.slice(0, REASON_CHARACTERS_MAX)
    if (status === 413) return whole({ code: '413', message, retry: 'never' }, true)
    if (status !== 200) return whole({ code: String(status), message, retry: 'backoff' })
    const items = itemsOf(text)
    if (items === null || items.length !== sent.length)
      return whole({
        code: '502',
        message: `the bulk reply has ${items?.length ?? 'no'} items for ${sent.length} documents: ${message.slice(0, 200)}`,
        retry: 'backoff',
      })
    sent.forEach((at, item) => {
      outcomes[at] = items[item] ?? null
    })
    return { outcomes }
  }

  #indexOf({ arrivedAt }: StreamRecord): string {
    const { index, rotation, weekRule } = this.#options
    return indexName(index, rotation, arrivedAt, weekRule)
  }

  #idOf(record: StreamRecord): string | null {
    if (this.#options.documentId === 'NO_DOCUMENT_ID') return null
    return stableRecordId(record, this.#options.origin).slice(-ID_BYTES_MAX)
  }

  #action(record: StreamRecord): string {
    const id = this.#idOf(record)
    const { type } = this.#options
    const target = {
      _index: this.#indexOf(record),
      ...(type !== null && { _type: type }),
      ...(id !== null && { _id: id }),
    }
    // A creation with an id of ours is refused the second time, which is how a repeat does no harm.
    return `${JSON.stringify({ [id === null ? 'index' : 'create']: target })}\n`
  }
}

/** One document that is no JSON would spoil the whole bulk. */
function documentProblem(data: Uint8Array): string | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return null
    return 'the record is no JSON object'
  } catch (error) {
    return `the record is no JSON: ${textOf(error)}`
  }
}

/** Line feeds of a good JSON text stand between its tokens alone, where a space is as good. */
function oneLine(data: Uint8Array): Uint8Array {
  if (!data.includes(10) && !data.includes(13)) return data
  return data.map(byte => (byte === 10 || byte === 13 ? 32 : byte))
}

/** By the name of the action. */
type BulkItem = Readonly<Record<string, { readonly status?: number; readonly error?: unknown }>>

/** What a bulk reply says of each document, in order; null when it says nothing. */
function itemsOf(text: string): readonly RecordOutcome[] | null {
  try {
    const { items } = JSON.parse(text) as { readonly items?: unknown }
    if (!Array.isArray(items)) return null
    return (items as readonly BulkItem[]).map(item => {
      const [action, { status = 500, error }] = Object.entries(item)[0] ?? ['', {}]
      if (status === 200 || status === 201 || (status === 409 && action === 'create')) return null
      const reason = typeof error === 'string' ? error : JSON.stringify(error ?? {})
      const retry = status === 429 || status >= 500 ? 'backoff' : 'never'
      return { code: String(status), message: reason.slice(0, REASON_CHARACTERS_MAX), retry }
    })
  } catch {
    return null
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
