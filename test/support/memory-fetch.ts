/** `fetch` without sockets: a call goes straight to a handler, with faults between them, all on one simulated clock. */
import type { Clock, HttpHandler } from '../../core/index.ts'
import type { FetchLike } from '../../sinks/destinations/http-call.ts'

/**
 * `refused`: nothing listens. `lost`: the call has its effect, and its reply is lost. `silent`: the call has its effect, and no
 * reply ever comes. A number: milliseconds before the handler sees the call. A status: answered by something in between.
 */
export type Fault =
  | 'refused'
  | 'lost'
  | 'silent'
  | number
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | null

export interface MemoryFetchOptions {
  readonly clock: Clock
  readonly handler: HttpHandler
  /** @param call counts from 0 @param path of the URL */
  readonly fault?: (call: number, path: string) => Fault
}

export interface CountingFetch extends FetchLike {
  calls(): number
}

type Reply = Awaited<ReturnType<FetchLike>>

export function memoryFetch({ clock, handler, fault = () => null }: MemoryFetchOptions): CountingFetch {
  let calls = 0
  const fetch: FetchLike = async (url, { method, headers, body, signal }) => {
    const { host, pathname, search } = new URL(url)
    const now = fault(calls++, pathname)
    const aborted = new Promise<never>((_, reject) => {
      const end = (): void => reject(new DOMException('This operation was aborted', 'AbortError'))
      if (signal.aborted) end()
      signal.addEventListener('abort', end)
    })
    aborted.catch(() => {})
    if (now === 'refused') throw connectionError('ECONNREFUSED')
    if (typeof now === 'number') await Promise.race([clock.sleep(now, signal), aborted])
    if (typeof now === 'object' && now !== null)
      return replyOf(now.status, now.headers ?? {}, Buffer.from(now.body ?? ''))
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const answered = served(handler, { method, url: `${pathname}${search}`, headers: { ...lower, host }, body, signal })
    if (now === 'silent') {
      answered.catch(() => {})
      return aborted
    }
    const reply = await Promise.race([answered, aborted])
    if (now === 'lost') throw connectionError('ECONNRESET')
    return reply
  }
  return Object.assign(fetch, { calls: () => calls })
}

/** As undici rejects. */
function connectionError(code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`connect ${code} 192.0.2.1:443`), { code }) })
}

function replyOf(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): Reply {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    yield body
  }
  return { status, headers: new Headers({ ...headers }), body: chunks() }
}

async function served(
  handler: HttpHandler,
  call: {
    readonly method: string
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: Uint8Array
    readonly signal: AbortSignal
  },
): Promise<Reply> {
  let [status, closed, dropped] = [0, false, false]
  let headers: Readonly<Record<string, string>> = {}
  const chunks: Uint8Array[] = []
  const keep = (chunk: Uint8Array | string): void => void chunks.push(Buffer.from(chunk))
  const { body, ...request } = call
  await handler(
    { ...request, body: () => Promise.resolve(body) },
    {
      get closed() {
        return closed
      },
      start: (code, given) => {
        status = code
        headers = given
      },
      write: chunk => Promise.resolve(keep(chunk)),
      end: chunk => {
        if (chunk !== undefined) keep(chunk)
        closed = true
      },
      abort: () => {
        dropped = true
        closed = true
      },
    },
  )
  if (dropped) throw connectionError('ECONNRESET')
  return replyOf(status, headers, Buffer.concat(chunks))
}
