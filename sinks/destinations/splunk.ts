/**
 * Splunk's HTTP event collector with acknowledgements. (Splunk documentation, "Format events for HTTP Event Collector", "About HTTP
 * Event Collector Indexer Acknowledgment", "Possible error codes"; Firehose guide, "Splunk destination".)
 *
 *   POST /services/collector/raw | event   -> { code: 0, ackId }
 *   POST /services/collector/ack           -> { acks: { [ackId]: true | false } }, until true or the acknowledgement timeout
 *
 * `true` is told once, and `false` stands for pending, failed and unknown alike: only the timeout says that a call has failed,
 * and what it carried may be indexed all the same.
 */
import type { Clock } from '../../core/index.ts'
import type { StreamRecord } from '../pipeline/record.ts'
import type { StreamMetrics } from '../pipeline/stream-metrics.ts'
import {
  type CallResult,
  type DestinationCall,
  HTTP_WAITS,
  type RecordDestination,
  type RetryRule,
} from './destination.ts'
import { type FetchLike, type HttpAnswer, type HttpFailure, httpCall } from './http-call.ts'
import type { Secret } from './secret.ts'

/** Firehose API model: a buffer for Splunk has 5 MiB at most; HEC takes far more (limits.conf, max_content_length). */
const BODY_BYTES_MAX = 6 * 1_048_576
const RECORDS_MAX = 10_000
const REPLY_BYTES_MAX = 1_048_576
const TIMEOUT_MS = 180_000
/** Between two questions for an acknowledgement; each wait is longer than the last. */
const ACK_WAIT_FIRST_MS = 1_000
const ACK_WAIT_MAX_MS = 10_000
const REASON_CHARACTERS_MAX = 1_024

export interface SplunkOptions {
  readonly endpoint: string
  readonly endpointType: 'Raw' | 'Event'
  readonly token: Secret
  readonly ackTimeoutSeconds: number
  /** a UUID that no other process uses: acknowledgements are scoped by it */
  readonly channel: string
  readonly retryDurationSeconds: number
  readonly fetch: FetchLike
  readonly clock: Clock
  readonly metrics: StreamMetrics
}

/** What the collector's own codes mean. `split`: one event of the call is at fault. */
const CODES: Readonly<
  Record<number, { readonly code: string; readonly retry: 'backoff' | 'never'; readonly split?: true }>
> = {
  1: { code: 'Splunk.DisabledToken', retry: 'backoff' },
  2: { code: 'Splunk.InvalidToken', retry: 'backoff' },
  3: { code: 'Splunk.InvalidToken', retry: 'backoff' },
  4: { code: 'Splunk.InvalidToken', retry: 'backoff' },
  // No data: a record of nothing but spaces, or none.
  5: { code: 'Splunk.InvalidDataFormat', retry: 'never', split: true },
  6: { code: 'Splunk.InvalidDataFormat', retry: 'never', split: true },
  7: { code: 'Splunk.InvalidIndex', retry: 'backoff' },
  8: { code: 'Splunk.ServerError', retry: 'backoff' },
  9: { code: 'Splunk.ServerError', retry: 'backoff' },
  10: { code: 'Splunk.ServerError', retry: 'backoff' },
  11: { code: 'Splunk.ServerError', retry: 'backoff' },
  12: { code: 'Splunk.InvalidDataFormat', retry: 'never', split: true },
  13: { code: 'Splunk.InvalidDataFormat', retry: 'never', split: true },
  14: { code: 'Splunk.DisabledAck', retry: 'backoff' },
}

const CONNECTION_CODES: Readonly<Record<HttpFailure['reason'], string>> = {
  RequestTimeout: 'Splunk.ConnectionTimeout',
  ResponseTooLarge: 'Splunk.ServerError',
  ConnectionFailed: 'Splunk.InvalidEndpoint',
  ConnectionReset: 'Splunk.ConnectionClosed',
  SSLHandshakeFailure: 'Splunk.SSLHandshake',
}

export class Splunk implements RecordDestination {
  readonly name = 'Splunk'
  readonly errorType = 'splunk-failed'
  readonly callsMax = 4
  readonly recordsMax = RECORDS_MAX
  readonly bytesMax = BODY_BYTES_MAX
  readonly successOf = 'records'
  readonly retry: RetryRule
  readonly #options: SplunkOptions

  constructor(options: SplunkOptions) {
    this.#options = options
    this.retry = { ...HTTP_WAITS, durationSeconds: options.retryDurationSeconds, countsFrom: 'first-failure' }
  }

  sizeOf({ data }: StreamRecord): number {
    return data.length
  }

  details({ source, recordId }: StreamRecord): Readonly<Record<string, string | null>> {
    return { EventId: source === null ? recordId : `${source.sequenceNumber}.${source.subsequenceNumber}` }
  }

  async call({ records }: DestinationCall, signal: AbortSignal): Promise<CallResult> {
    let token: string
    try {
      token = await this.#options.token.read()
    } catch (error) {
      return refused('Splunk.InvalidToken', error instanceof Error ? error.message : String(error))
    }
    // Bytes are joined with nothing between, as Firehose does: events are JSON, and raw lines bring their own line feeds.
    const body = Buffer.concat(records.map(({ data }) => data))
    const answer = await this.#post(this.#options.endpointType === 'Raw' ? 'raw' : 'event', token, body, signal)
    if (answer.kind === 'failure') return refused(CONNECTION_CODES[answer.reason], answer.message)
    const reply = objectOf(answer.text)
    const code = reply?.['code']
    if (answer.status !== 200 || code !== 0) return refusedBy(answer, code)
    const ackId = reply?.['ackId']
    if (typeof ackId !== 'number')
      return refused('Splunk.DisabledAck', 'the reply has no ackId; turn on indexer acknowledgement for the token')
    return this.#acknowledged(ackId, token, signal)
  }

  /** Asks until the acknowledgement comes; what this takes does not count for the retry duration. */
  async #acknowledged(ackId: number, token: string, signal: AbortSignal): Promise<CallResult> {
    const { clock, metrics, ackTimeoutSeconds } = this.#options
    const startMs = clock.monotonicMs()
    const endsMs = startMs + ackTimeoutSeconds * 1_000
    const body = Buffer.from(JSON.stringify({ acks: [ackId] }))
    for (let waitMs = ACK_WAIT_FIRST_MS; !signal.aborted; waitMs = Math.min(ACK_WAIT_MAX_MS, waitMs * 2)) {
      await clock.sleep(Math.min(waitMs, endsMs - clock.monotonicMs()), signal)
      const answer = await this.#post('ack', token, body, signal)
      const acks: unknown =
        answer.kind === 'answer' && answer.status === 200 ? objectOf(answer.text)?.['acks'] : undefined
      const tookMs = clock.monotonicMs() - startMs
      if (typeof acks === 'object' && acks !== null && (acks as Record<string, unknown>)[String(ackId)] === true) {
        metrics.add('DeliveryToSplunk.DataAckLatency', tookMs / 1_000)
        return { outcomes: null, uncountedMs: tookMs }
      }
      if (clock.monotonicMs() >= endsMs) break
    }
    const message = `no acknowledgement of ${ackId} within ${ackTimeoutSeconds} s; the events may be indexed all the same`
    const uncountedMs = clock.monotonicMs() - startMs
    return { outcomes: { code: 'Splunk.AckTimeout', message, retry: 'backoff' }, uncountedMs }
  }

  #post(
    path: 'raw' | 'event' | 'ack',
    token: string,
    body: Buffer<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<HttpAnswer | HttpFailure> {
    const { endpoint, channel, fetch, clock } = this.#options
    return httpCall({
      fetch,
      clock,
      url: `${endpoint.replace(/\/+$/, '')}/services/collector/${path}`,
      headers: {
        authorization: `Splunk ${token}`,
        'x-splunk-request-channel': channel,
        'content-type': path === 'raw' ? 'text/plain; charset=utf-8' : 'application/json',
      },
      body,
      timeoutMs: TIMEOUT_MS,
      replyBytesMax: REPLY_BYTES_MAX,
      signal,
    })
  }
}

function refused(code: string, message: string): CallResult {
  return { outcomes: { code, message, retry: 'backoff' } }
}

function refusedBy({ status, text }: HttpAnswer, code: unknown): CallResult {
  const message = `${status} ${text.slice(0, REASON_CHARACTERS_MAX)}`
  if (status === 413)
    return { outcomes: { code: 'Splunk.ServerError.ContentTooLarge', message, retry: 'never' }, split: true }
  const meant = typeof code === 'number' ? CODES[code] : undefined
  if (meant !== undefined)
    return { outcomes: { code: meant.code, message, retry: meant.retry }, split: meant.split === true }
  return refused(status === 404 ? 'Splunk.URLNotFound' : 'Splunk.ServerError', message)
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}
