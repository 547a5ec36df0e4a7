/** The little HTTP that listeners need, free of any server, with the checks that every listener of this project makes. */

export interface HttpRequest {
  readonly method: string
  /** path and query as sent */
  readonly url: string
  /** lower-case name to value; the authority of HTTP/2 stands under `host` */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** IP address of the other end of the connection, where there is one */
  readonly remoteAddress?: string | undefined
  /** aborted when the client goes away */
  readonly signal: AbortSignal
  /**
   * The whole body.
   * @throws MillraceError `limit_exceeded` past the limit, `aborted` when the client goes away
   */
  body(bytesMax: number): Promise<Uint8Array>
}

export interface HttpReply {
  /** True once the client is gone or the reply has ended. */
  readonly closed: boolean
  /** Sends status and headers; once. */
  start(status: number, headers: Readonly<Record<string, string>>): void
  /** Resolves when the client takes more; at once after the client has gone. */
  write(chunk: Uint8Array | string): Promise<void>
  end(chunk?: Uint8Array | string): void
  /** Ends the connection without an answer, or in the middle of one; over HTTP/2 every other call on it ends too. */
  abort(): void
}

/** A rejection is answered with 500 and counted; handlers answer what they expect themselves. */
export type HttpHandler = (request: HttpRequest, reply: HttpReply) => Promise<void>

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Whether a request may be served by a listener on loopback: its Host must be a loopback name with the listener's port, and
 * its Origin, when there is one, must be the listener itself. It keeps out pages of other sites and rebinding names.
 * @param port the port that the listener is on
 * @param extraHosts further host names (no port) that the user allowed
 */
export function isAllowedRequest(request: HttpRequest, port: number, extraHosts: readonly string[] = []): boolean {
  const host = request.headers['host']
  if (host === undefined || !isAllowedAuthority(host, port, extraHosts)) return false
  const origin = request.headers['origin']
  if (origin === undefined) return true
  const match = /^http:\/\/([^/]+)$/.exec(origin)
  return match?.[1] !== undefined && isAllowedAuthority(match[1], port, extraHosts)
}

function isAllowedAuthority(authority: string, port: number, extraHosts: readonly string[]): boolean {
  const match = /^(\[[0-9a-f:]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(authority)
  if (match?.[1] === undefined) return false
  if (Number(match[2] ?? 80) !== port) return false
  const name = match[1].toLowerCase()
  return LOOPBACK_NAMES.has(name) || extraHosts.includes(name)
}

/** Whether an address that a listener is asked to bind is reachable from this machine only. */
export function isLoopbackAddress(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}
