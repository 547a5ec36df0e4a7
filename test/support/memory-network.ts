/** HTTP without sockets: a request goes straight to the handler that listens on its host and port. */
import type { Listener, Network } from '../../core/env.ts'
import { MillraceError } from '../../core/errors.ts'
import type { HttpHandler, HttpReply } from '../../core/http.ts'

export interface MemoryRequest {
  /** default GET */
  readonly method?: string
  /** path and query */
  readonly path: string
  readonly port: number
  /** lower-case names; `host` is `127.0.0.1:PORT` unless set */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

export interface MemoryResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly text: string
}

/** A request under way, for replies that do not end by themselves. */
export interface MemoryExchange {
  /** the whole reply, once it has ended */
  readonly response: Promise<MemoryResponse>
  /** what has come so far */
  received(): string
  /** null until the handler has started its reply */
  status(): number | null
  /** the client goes away */
  abort(): void
}

/** First port that is given for port 0. */
const FIRST_FREE_PORT = 40_000

export class MemoryNetwork implements Network {
  readonly #handlers = new Map<number, HttpHandler>()
  readonly #open = new Map<number, Set<MemoryExchange>>()
  #nextPort = FIRST_FREE_PORT

  serve(options: { readonly host: string; readonly port: number }, handler: HttpHandler): Promise<Listener> {
    const port = options.port === 0 ? this.#nextPort++ : options.port
    if (this.#handlers.has(port))
      return Promise.reject(
        new MillraceError(
          'address_in_use',
          `port ${port} on ${options.host} is in use by another program; choose another port, or 0 for any free one`,
        ),
      )
    this.#handlers.set(port, handler)
    this.#open.set(port, new Set())
    return Promise.resolve({
      host: options.host,
      port,
      close: async () => {
        this.#handlers.delete(port)
        for (const exchange of this.#open.get(port) ?? []) exchange.abort()
        this.#open.delete(port)
      },
    })
  }

  /** Sends a request and waits for the whole reply. */
  request(request: MemoryRequest): Promise<MemoryResponse> {
    return this.start(request).response
  }

  /** Sends a request. */
  start(request: MemoryRequest): MemoryExchange {
    const handler = this.#handlers.get(request.port)
    if (handler === undefined) {
      const refused = new MillraceError('not_found', `nothing listens on port ${request.port}`, { retry: 'backoff' })
      return { response: Promise.reject(refused), received: () => '', status: () => null, abort: () => {} }
    }
    const body =
      typeof request.body === 'string' ? new TextEncoder().encode(request.body) : (request.body ?? new Uint8Array())
    const controller = new AbortController()
    const chunks: Uint8Array[] = []
    let status: number | null = null
    let headers: Readonly<Record<string, string>> = {}
    let ended = false
    let settle: (response: MemoryResponse) => void = () => {}
    let fail: (error: Error) => void = () => {}
    const response = new Promise<MemoryResponse>((resolve, reject) => {
      settle = resolve
      fail = reject
    })
    // A client that only looks at what has come so far never asks for the whole.
    response.catch(() => {})
    const take = (chunk: Uint8Array | string): void => {
      chunks.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk.slice())
    }
    const open = this.#open.get(request.port)
    const reply: HttpReply = {
      get closed() {
        return ended || controller.signal.aborted
      },
      start(code, sent) {
        if (status !== null) throw new Error('a reply starts once')
        status = code
        headers = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value]))
      },
      write(chunk) {
        if (!reply.closed) take(chunk)
        return Promise.resolve()
      },
      end(chunk) {
        if (reply.closed) return
        if (chunk !== undefined) take(chunk)
        ended = true
        open?.delete(exchange)
        const whole = Buffer.concat(chunks)
        settle({ status: status ?? 200, headers, body: whole, text: whole.toString('utf8') })
      },
      abort: () => exchange.abort(),
    }
    const exchange: MemoryExchange = {
      response,
      received: () => Buffer.concat(chunks).toString('utf8'),
      status: () => status,
      abort: () => {
        open?.delete(exchange)
        controller.abort()
        fail(new MillraceError('aborted', 'the connection has ended'))
      },
    }
    open?.add(exchange)
    handler(
      {
        method: request.method ?? 'GET',
        url: request.path,
        headers: { host: `127.0.0.1:${request.port}`, ...request.headers },
        signal: controller.signal,
        body: bytesMax =>
          body.length > bytesMax
            ? Promise.reject(new MillraceError('limit_exceeded', `request body is larger than ${bytesMax} bytes`))
            : Promise.resolve(body),
      },
      reply,
    ).catch(() => {
      if (status === null) reply.start(500, { 'content-type': 'text/plain; charset=utf-8' })
      reply.end()
    })
    return exchange
  }
}
