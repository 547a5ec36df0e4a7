/**
 * HTTP/1.1 and cleartext HTTP/2 on one port: the first bytes of a connection tell which (RFC 9113, section 3.4: an HTTP/2
 * client with prior knowledge begins with `PRI * HTTP/2.0`).
 */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Listener, Network } from '../env.ts'
import { MillraceError } from '../errors.ts'
import type { HttpHandler, HttpReply, HttpRequest } from '../http.ts'

/** How long the first bytes of a connection may take. */
const PREFACE_MS_MAX = 10_000
/**
 * What a client of HTTP/2 may send before it is told that it was read, in a request and on a connection. With the 64 KiB of the protocol a
 * PutRecords of a megabyte waits twenty times.
 */
const WINDOW_BYTES = 1_048_576
const HTTP2_PREFACE_START = 'PRI '
/** Headers that HTTP/2 forbids (RFC 9113, section 8.2.2). */
const CONNECTION_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade'])

type Incoming = IncomingMessage | Http2ServerRequest
type Outgoing = ServerResponse | Http2ServerResponse

export const nodeNetwork: Network = {
  serve({ host, port }, handler) {
    const respond = (incoming: Incoming, outgoing: Outgoing): void => void answer(incoming, outgoing, handler)
    const http1 = createHttpServer({ keepAliveTimeout: 65_000 }, respond)
    const http2 = createHttp2Server({ settings: { initialWindowSize: WINDOW_BYTES } }, respond)
    http2.on('session', session => session.setLocalWindowSize(WINDOW_BYTES))
    const sockets = new Set<Socket>()
    http2.on('sessionError', () => {})
    http1.on('clientError', (_error, socket) => socket.destroy())
    const server = createServer(socket => {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => socket.destroy())
      socket.setTimeout(PREFACE_MS_MAX, () => socket.destroy())
      socket.once('readable', () => {
        const first: Buffer | null = socket.read()
        if (first === null) return
        socket.setTimeout(0)
        socket.removeAllListeners('timeout')
        socket.unshift(first)
        const chosen = first.toString('latin1', 0, HTTP2_PREFACE_START.length) === HTTP2_PREFACE_START ? http2 : http1
        chosen.emit('connection', socket)
      })
    })
    return new Promise<Listener>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        if (cause.code === 'EADDRINUSE')
          reject(
            new MillraceError(
              'address_in_use',
              `port ${port} on ${host} is in use by another program; choose another port, or 0 for any free one`,
              { cause },
            ),
          )
        else
          reject(
            new MillraceError(
              'invalid_argument',
              `cannot listen on ${host} port ${port}: ${cause.code ?? cause.message}`,
              { cause },
            ),
          )
      })
      server.listen(port, host, () => {
        const bound = server.address() as AddressInfo
        resolve({
          host,
          port: bound.port,
          close: (graceMs = 0) =>
            new Promise(done => {
              // Idle keep-alive connections never end by themselves; busy ones get the grace.
              const timer = setTimeout(() => sockets.forEach(socket => void socket.destroy()), graceMs)
              http1.closeIdleConnections()
              server.close(() => {
                clearTimeout(timer)
                done()
              })
            }),
        })
      })
    })
  },
}

async function answer(incoming: Incoming, outgoing: Outgoing, handler: HttpHandler): Promise<void> {
  const controller = new AbortController()
  outgoing.on('close', () => controller.abort())
  outgoing.on('error', () => controller.abort())
  const reply = replyOf(outgoing, incoming.httpVersionMajor >= 2, controller.signal, () => {
    if ('stream' in incoming) incoming.stream.session?.destroy()
    else incoming.socket.destroy()
  })
  try {
    await handler(requestOf(incoming, controller.signal), reply)
  } catch {
    // Handlers answer what they expect. What they did not expect must reach neither the client nor the process.
    if (!outgoing.headersSent) reply.start(500, { 'content-type': 'text/plain; charset=utf-8' })
    reply.end()
  }
}

function requestOf(incoming: Incoming, signal: AbortSignal): HttpRequest {
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(incoming.headers))
    if (!name.startsWith(':')) headers[name] = Array.isArray(value) ? value.join(', ') : value
  headers['host'] ??= incoming.headers[':authority'] as string | undefined
  return {
    method: incoming.method ?? 'GET',
    url: incoming.url ?? '/',
    headers,
    remoteAddress: incoming.socket.remoteAddress,
    signal,
    body: async bytesMax => {
      const chunks: Uint8Array[] = []
      let sizeBytes = 0
      try {
        // Leaving the loop must not destroy the request: the socket with the answer would go with it.
        for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
          sizeBytes += chunk.length
          if (sizeBytes > bytesMax)
            throw new MillraceError('limit_exceeded', `request body is larger than ${bytesMax} bytes`)
          chunks.push(chunk)
        }
      } catch (cause) {
        // What still comes is read and forgotten, or the client would never get to the answer.
        incoming.resume()
        throw cause instanceof MillraceError ? cause : new MillraceError('aborted', 'the client went away', { cause })
      }
      return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
    },
  }
}

function replyOf(outgoing: Outgoing, isHttp2: boolean, signal: AbortSignal, abort: () => void): HttpReply {
  // Both kinds of response have these members; their overloads differ only in types.
  const sink = outgoing as unknown as {
    writeHead(status: number, headers: Record<string, string>): void
    write(chunk: Uint8Array | string): boolean
    end(chunk?: Uint8Array | string): void
    once(event: string, listener: () => void): void
    off(event: string, listener: () => void): void
    writableEnded: boolean
  }
  return {
    get closed() {
      return signal.aborted || sink.writableEnded
    },
    start(status, headers) {
      if (signal.aborted) return
      const allowed = Object.entries(headers).filter(
        ([name]) => !isHttp2 || !CONNECTION_HEADERS.has(name.toLowerCase()),
      )
      sink.writeHead(status, Object.fromEntries(allowed))
    },
    write(chunk) {
      if (signal.aborted || sink.write(chunk)) return Promise.resolve()
      return new Promise(resolve => {
        const done = (): void => {
          sink.off('drain', done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        sink.once('drain', done)
        signal.addEventListener('abort', done)
      })
    },
    end(chunk) {
      if (!sink.writableEnded) sink.end(chunk)
    },
    abort,
  }
}
