/** Serves a collector with its tracker, and pages of the host's beside them. */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import {
  type Env,
  type HttpReply,
  type HttpRequest,
  hasCode,
  isAllowedRequest,
  isLoopbackAddress,
  type Listener,
  MillraceError,
} from '../../core/index.ts'
import { Collector, type CollectorOptions } from './collector.ts'

/** A file that is served as it is. */
export interface CollectorPage {
  readonly contentType: string
  readonly bytes: Uint8Array
}

export interface ServeCollectorOptions extends Omit<CollectorOptions, 'env'> {
  readonly env: Pick<Env, 'clock' | 'files' | 'network'>
  /** default 127.0.0.1 */
  readonly host?: string
  /** 0: any free port */
  readonly port: number
  /** must be true for an address that other machines can reach */
  readonly isRemoteAllowed?: boolean
  /** by path, `/` among them; `/collect` and `/tracker.js` are the collector's own */
  readonly pages?: ReadonlyMap<string, CollectorPage>
  /** where the compiled tracker lies; default: beside this module */
  readonly trackerPath?: string
}

export interface CollectorListener extends Listener {
  readonly collector: Collector
  readonly url: string
}

const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
}

/**
 * @throws MillraceError `address_in_use`; `config` for an address beyond loopback without `isRemoteAllowed`; `not_found` when the
 *   tracker was not built
 */
export async function serveCollector(options: ServeCollectorOptions): Promise<CollectorListener> {
  const { env, host = '127.0.0.1', port, pages = new Map(), trackerPath = builtTrackerPath() } = options
  if (!isLoopbackAddress(host) && options.isRemoteAllowed !== true)
    throw new MillraceError(
      'config',
      `the collector may not listen on ${host}: other machines could post to it; use a loopback address, or allow it explicitly`,
    )
  const bytes = await env.files.readAll(trackerPath).catch(cause => {
    if (!hasCode(cause, 'not_found')) throw cause
    throw new MillraceError('not_found', `the tracker is not built in ${trackerPath}; run "npm run build"`, { cause })
  })
  const tracker = { contentType: 'text/javascript; charset=utf-8', bytes }
  const collector = new Collector(options)
  const bound = { port: 0 }
  const listener = await env.network.serve({ host, port }, async (request, reply) => {
    const path = request.url.split(/[?#]/, 1)[0] ?? '/'
    if (path === '/collect') return await collector.handle(request, reply, bound.port)
    // The tracker is for pages of any origin, as scripts are; who may post is decided at the post.
    const { origin: _origin, ...headers } = request.headers
    if (!isAllowedRequest({ ...request, headers }, bound.port, options.hosts))
      return send(request, reply, 403, text('this Host is not allowed; allow it with hosts'))
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return send(request, reply, 405, text('only GET and HEAD'), { allow: 'GET, HEAD' })
    if (path === '/tracker.js')
      return send(request, reply, 200, tracker, {
        'cross-origin-resource-policy': 'cross-origin',
        'cache-control': 'public, max-age=3600',
      })
    const page = pages.get(path)
    if (page === undefined) return send(request, reply, 404, text('nothing here'))
    send(request, reply, 200, page, { ...PAGE_HEADERS, 'cache-control': 'no-cache' })
  })
  bound.port = listener.port
  return { ...listener, collector, url: `http://${host.includes(':') ? `[${host}]` : host}:${listener.port}/` }
}

/** Where the build puts the tracker, beside this module. */
export function builtTrackerPath(): string {
  return fileURLToPath(new URL('./tracker/tracker.js', import.meta.url))
}

function text(sentence: string): CollectorPage {
  return { contentType: 'text/plain; charset=utf-8', bytes: Buffer.from(`${sentence}\n`) }
}

function send(
  request: HttpRequest,
  reply: HttpReply,
  status: number,
  { contentType, bytes }: CollectorPage,
  headers: Readonly<Record<string, string>> = {},
): void {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  if (status === 200 && request.headers['if-none-match'] === etag) {
    reply.start(304, { ...headers, etag })
    return reply.end()
  }
  reply.start(status, { ...headers, etag, 'content-type': contentType, 'content-length': String(bytes.length) })
  reply.end(request.method === 'HEAD' ? undefined : bytes)
}
