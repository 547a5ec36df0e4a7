/** One HTTP call of a destination: bounded in time and in the bytes of its reply, with what can go wrong as values. */
import type { Clock } from '../../core/index.ts'
import { withinTime } from '../within-time.ts'

/** The part of `fetch` that is used; pass `fetch` itself. */
export type FetchLike = (
  url: string,
  request: {
    readonly method: 'POST'
    readonly headers: Record<string, string>
    readonly body: Uint8Array<ArrayBuffer>
    readonly redirect: 'manual'
    readonly signal: AbortSignal
  },
) => Promise<{
  readonly status: number
  readonly headers: { get(name: string): string | null; forEach(each: (value: string, name: string) => void): void }
  readonly body: AsyncIterable<Uint8Array> | null
}>

export interface HttpAnswer {
  readonly kind: 'answer'
  readonly status: number
  /** null when there is none of that name */
  header(name: string): string | null
  readonly text: string
}

/** No usable reply came. The names are those of Firehose's error codes. */
export interface HttpFailure {
  readonly kind: 'failure'
  readonly reason:
    | 'RequestTimeout'
    | 'ResponseTooLarge'
    | 'ConnectionFailed'
    | 'ConnectionReset'
    | 'SSLHandshakeFailure'
  readonly message: string
}

export interface HttpCall {
  readonly fetch: FetchLike
  readonly clock: Clock
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: Uint8Array<ArrayBuffer>
  readonly timeoutMs: number
  /** of the reply, names and values of its headers included */
  readonly replyBytesMax: number
  readonly signal: AbortSignal
}

/** Posts once. Redirects are not followed. Never rejects. */
export async function httpCall(options: HttpCall): Promise<HttpAnswer | HttpFailure> {
  const { fetch, clock, url, headers, body, timeoutMs, signal } = options
  return withinTime<HttpAnswer | HttpFailure>(
    { clock, limitMs: timeoutMs, signal },
    async ended => {
      const tooMuch = new AbortController()
      const both = AbortSignal.any([ended, tooMuch.signal])
      try {
        const reply = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: both })
        return await read(reply, options.replyBytesMax, () => tooMuch.abort())
      } catch (error) {
        return failed(error, Object.values(headers))
      }
    },
    () => ({ kind: 'failure', reason: 'RequestTimeout', message: `no whole reply within ${timeoutMs / 1_000} s` }),
  )
}

async function read(
  reply: Awaited<ReturnType<FetchLike>>,
  bytesMax: number,
  end: () => void,
): Promise<HttpAnswer | HttpFailure> {
  let bytes = 0
  reply.headers.forEach((value, name) => {
    bytes += name.length + value.length + 4
  })
  const chunks: Uint8Array[] = []
  for await (const chunk of reply.body ?? []) {
    bytes += chunk.length
    if (bytes > bytesMax) {
      end()
      return { kind: 'failure', reason: 'ResponseTooLarge', message: `the reply has more than ${bytesMax} bytes` }
    }
    chunks.push(chunk)
  }
  return {
    kind: 'answer',
    status: reply.status,
    header: name => reply.headers.get(name),
    text: Buffer.concat(chunks).toString('utf8'),
  }
}

/**
 * What fetch rejects with has the reason in the code of its cause. Its text may show the value of a header that it finds wrong, and
 * keys and tokens are in headers.
 */
function failed(error: unknown, hidden: readonly string[]): HttpFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
  const told = cause instanceof Error ? cause.message : String(cause)
  const text = hidden.reduce((shown, value) => (value === '' ? shown : shown.replaceAll(value, '***')), told)
  const message = code === '' || text.includes(code) ? text : `${code}: ${text}`
  const reason = ((): HttpFailure['reason'] => {
    if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED|HOSTNAME_MISMATCH)/.test(code))
      return 'SSLHandshakeFailure'
    if (['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(code)) return 'ConnectionReset'
    if (['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'].includes(code)) return 'RequestTimeout'
    return 'ConnectionFailed'
  })()
  return { kind: 'failure', reason, message }
}
