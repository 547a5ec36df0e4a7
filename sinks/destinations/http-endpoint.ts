/**
 * Firehose's HTTP endpoint contract, as the client. (Firehose guide, "Understand HTTP endpoint delivery request and response
 * specifications".)
 *
 *   request   POST, X-Amz-Firehose-* headers, { requestId, timestamp, records: [{ data: base64 }] }, gzip where asked for
 *   reply     200, application/json, { requestId: the same, timestamp: number }; anything else is a failure
 */
import { type Clock, MEBIBYTE } from '../../core/index.ts'
import { Turns } from '../../core/turns.ts'
import { BLOCK_BYTES, GzipCompressor } from '../compress.ts'
import type { StreamRecord } from '../pipeline/record.ts'
import {
  type CallResult,
  type DestinationCall,
  HTTP_WAITS,
  type RecordDestination,
  type RetryRule,
} from './destination.ts'
import { type FetchLike, type HttpAnswer, httpCall } from './http-call.ts'
import type { Secret } from './secret.ts'

/** The contract: records of a request, raw bytes of one, bytes of the body before compression, bytes of a reply with its headers, seconds. */
export const HTTP_RECORDS_MAX = 10_000
const HTTP_RECORD_BYTES_MAX = 1_024_000
export const HTTP_BODY_BYTES_MAX = 64 * MEBIBYTE
export const HTTP_REPLY_BYTES_MAX = MEBIBYTE
const TIMEOUT_MS = 180_000
/** The contract: characters of an errorMessage. */
const ERROR_CHARACTERS_MAX = 8_192
/** `{"data":""},` around each record, and what stands around all of them. */
const RECORD_FRAME_BYTES = 12
const BODY_FRAME_BYTES = 128

export interface HttpEndpointOptions {
  readonly url: string
  readonly accessKey: Secret | null
  readonly gzip: boolean
  readonly commonAttributes: Readonly<Record<string, string>>
  readonly deliveryStreamArn: string
  readonly retryDurationSeconds: number
  readonly fetch: FetchLike
  readonly clock: Clock
}

export class HttpEndpoint implements RecordDestination {
  readonly name = 'HttpEndpoint'
  readonly errorType = 'http-endpoint-failed'
  readonly callsMax = 4
  readonly recordsMax = HTTP_RECORDS_MAX
  readonly bytesMax = HTTP_BODY_BYTES_MAX - BODY_FRAME_BYTES
  readonly recordBytesMax = Math.ceil(HTTP_RECORD_BYTES_MAX / 3) * 4 + RECORD_FRAME_BYTES
  readonly successOf = 'calls'
  readonly retry: RetryRule
  readonly #options: HttpEndpointOptions
  readonly #turns: Turns

  constructor(options: HttpEndpointOptions) {
    this.#options = options
    this.#turns = new Turns(options.clock)
    this.retry = { ...HTTP_WAITS, durationSeconds: options.retryDurationSeconds, countsFrom: 'first-failure' }
  }

  sizeOf({ data }: StreamRecord): number {
    return Math.ceil(data.length / 3) * 4 + RECORD_FRAME_BYTES
  }

  details({ source, recordId }: StreamRecord): Readonly<Record<string, string | null>> {
    return {
      dataId: source === null ? recordId : `${source.sequenceNumber}.${source.subsequenceNumber}`,
      subsequenceNumber: source === null ? null : String(source.subsequenceNumber),
    }
  }

  async call({ requestId, records }: DestinationCall, signal: AbortSignal): Promise<CallResult> {
    const { url, gzip, fetch, clock, commonAttributes, deliveryStreamArn } = this.#options
    let key: string | null = null
    try {
      key = (await this.#options.accessKey?.read()) ?? null
    } catch (error) {
      return refused('DestinationException', `access key: ${error instanceof Error ? error.message : String(error)}`)
    }
    const body = await this.#body(requestId, records)
    const answer = await httpCall({
      fetch,
      clock,
      url,
      headers: {
        'content-type': 'application/json',
        'x-amz-firehose-protocol-version': '1.0',
        'x-amz-firehose-request-id': requestId,
        'x-amz-firehose-source-arn': deliveryStreamArn,
        ...(key !== null && { 'x-amz-firehose-access-key': key }),
        ...(Object.keys(commonAttributes).length > 0 && {
          'x-amz-firehose-common-attributes': headerJson({ commonAttributes }),
        }),
        ...(gzip && { 'content-encoding': 'gzip' }),
      },
      body: gzip ? await this.#gzipped(body) : body,
      timeoutMs: TIMEOUT_MS,
      replyBytesMax: HTTP_REPLY_BYTES_MAX,
      signal,
    })
    if (answer.kind === 'failure') return refused(answer.reason, answer.message)
    if (answer.status === 413)
      // Firehose drops such a batch; here halves go on, and what is refused alone is an error record.
      return {
        outcomes: { code: 'HttpEndpoint.DestinationException', message: `413 ${said(answer)}`, retry: 'never' },
        split: true,
      }
    if (answer.status !== 200) return refused('DestinationException', `${answer.status} ${said(answer)}`)
    const problem = replyProblem(answer, requestId)
    return problem === null ? { outcomes: null } : refused('InvalidResponseFromDestination', problem)
  }

  /** Block by block: 64 MiB at once would hold the event loop for a second. */
  async #gzipped(body: Uint8Array): Promise<Buffer<ArrayBuffer>> {
    const compressor = new GzipCompressor()
    const pieces: Uint8Array[] = []
    for (let at = 0; at < body.length; at += BLOCK_BYTES) {
      pieces.push(compressor.compress(body.subarray(at, at + BLOCK_BYTES)))
      await this.#turns.take()
    }
    return Buffer.concat([...pieces, compressor.finish()])
  }

  async #body(requestId: string, records: readonly StreamRecord[]): Promise<Buffer<ArrayBuffer>> {
    const pieces = [Buffer.from(`{"requestId":"${requestId}","timestamp":${this.#options.clock.now()},"records":[`)]
    for (const [index, { data }] of records.entries()) {
      const base64 = Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64')
      pieces.push(Buffer.from(`${index === 0 ? '' : ','}{"data":"${base64}"}`, 'latin1'))
      if (index % 256 === 255) await this.#turns.take()
    }
    pieces.push(Buffer.from(']}'))
    return Buffer.concat(pieces)
  }
}

function refused(code: string, message: string): CallResult {
  return { outcomes: { code: `HttpEndpoint.${code}`, message, retry: 'backoff' } }
}

/** JSON that a header may carry: its letters are ASCII, all others escaped. */
function headerJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

/** The reason that a failed reply gives. */
function said({ text }: HttpAnswer): string {
  const message = objectOf(text)?.['errorMessage']
  return (typeof message === 'string' ? message : text).slice(0, ERROR_CHARACTERS_MAX)
}

/** Why a reply of status 200 is none; null when it is one. */
function replyProblem(answer: HttpAnswer, requestId: string): string | null {
  const type = answer.header('content-type') ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type)) return `Content-Type is "${type}", not application/json`
  if (answer.header('content-encoding') !== null) return 'the reply has a Content-Encoding'
  if (answer.header('content-length') === null) return 'the reply has no Content-Length'
  const reply = objectOf(answer.text)
  if (reply === null) return 'the reply is no JSON object'
  const unknown = Object.keys(reply).find(name => !['requestId', 'timestamp', 'errorMessage'].includes(name))
  if (unknown !== undefined) return `the reply has a member "${unknown.slice(0, 80)}"`
  if (reply['requestId'] !== requestId) return 'the reply has another requestId'
  return typeof reply['timestamp'] === 'number' ? null : 'the timestamp of the reply is no number'
}
