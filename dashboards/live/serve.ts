/**
 * Serves a live view over HTTP: the page, its assets, an event stream and a little JSON. Nothing is changed by a request;
 * no cookies, and nothing but loopback unless that is asked for.
 *
 *   GET /                    the page
 *   GET /assets/...          its modules and styles
 *   GET /events              server-sent events: a snapshot, then deltas; resumes after Last-Event-ID. `?var-NAME=VALUE` takes only
 *                            the rows with that value of a variable of the dashboard
 *   GET /api/v1/status       the status as JSON
 *   GET /api/v1/errors       recent error rows with their raw data; needs `Authorization: Bearer TOKEN`
 *   GET /metrics             operations metrics for a Prometheus that scrapes
 *   further paths            what the host's routes answer
 *   /api/v1/query, ...       the query API of Prometheus over the results, where the host gives them; GET, or a form by POST
 */
import { timingSafeEqual } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import {
  type Clock,
  type Env,
  type HttpReply,
  type HttpRequest,
  hasCode,
  isAllowedRequest,
  isLoopbackAddress,
  type Listener,
  MillraceError,
} from '../../core/index.ts'
import { PrometheusApi } from '../prometheus/api.ts'
import { EXPOSITION_TYPE, exposition } from '../prometheus/exposition.ts'
import type { ResultSeries } from '../prometheus/result-series.ts'
import { type Asset, builtPageDirectory, loadAssets } from './assets.ts'
import { cutText } from './columns.ts'
import { type LiveView, PUBLISH_INTERVAL_MS } from './live-view.ts'
import type { LiveRoute } from './route.ts'

/** Event streams that are open at once, all pages together; further ones are told to come back later. */
export const EVENT_CLIENTS_MAX = 16
/** An idle event stream says that it is alive this often. */
export const HEARTBEAT_INTERVAL_MS = 15_000
/** How long closing waits for pages to take what is left for them, unless the caller says otherwise. */
const CLOSE_GRACE_MS = 500

export interface ServeLiveOptions {
  /** default `localhost`, which is 127.0.0.1 and, where the machine has it, ::1 */
  readonly host?: string
  /** 0: any free port */
  readonly port: number
  /** further names that a Host header may carry, lower case, without port */
  readonly hosts?: readonly string[]
  /** must be true for an address that other machines can reach; then everything but the page's own files needs the token */
  readonly isRemoteAllowed?: boolean
  /** where the compiled page lies; default: beside this module */
  readonly pageDirectory?: string
  /** at least 16 characters; default: 32 random ones */
  readonly token?: string
  /** window results to answer queries from; without them there is no query API */
  readonly results?: ResultSeries
  /** what is answered beside the page, such as `flowRoutes` */
  readonly routes?: readonly LiveRoute[]
}

export interface LiveListener extends Listener {
  /** where the page is, without the token */
  readonly url: string
  /** the same with the token in the fragment, which browsers never send; for the terminal of the one who started */
  readonly urlWithToken: string
  readonly token: string
}

/** Written to every answer. uPlot sets styles through the object model only, which a policy without 'unsafe-inline' allows. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}
const TEXT = 'text/plain; charset=utf-8'
const TOKEN_CHARACTERS_MIN = 16

/**
 * Starts to serve. Closing the listener ends the event streams.
 * @throws MillraceError `address_in_use`; `config` for an address beyond loopback without `isRemoteAllowed`; `not_found` when
 * the page was not built
 */
export async function serveLive(
  view: LiveView,
  env: Pick<Env, 'clock' | 'random' | 'files' | 'network'>,
  options: ServeLiveOptions,
): Promise<LiveListener> {
  const host = options.host ?? 'localhost'
  const isRemote = !isLoopbackAddress(host)
  if (isRemote && options.isRemoteAllowed !== true)
    throw new MillraceError(
      'config',
      `the live view may not listen on ${host}: other machines could read it; use a loopback address, or allow it explicitly`,
    )
  const token = options.token ?? Buffer.from(env.random.bytes(24)).toString('base64url')
  if (token.length < TOKEN_CHARACTERS_MIN)
    throw new MillraceError(
      'config',
      `the token of the live view must have at least ${TOKEN_CHARACTERS_MIN} characters`,
    )
  const assets = await loadAssets(env.files, options.pageDirectory ?? builtPageDirectory())
  const server = new LiveServer({
    view,
    assets,
    token,
    isRemote,
    hosts: options.hosts ?? [],
    results: options.results ?? null,
    routes: options.routes ?? [],
    clock: env.clock,
  })
  const listeners = await listen(env, host, options.port, server)
  const first = listeners[0]
  const stops = [
    env.clock.every(PUBLISH_INTERVAL_MS, () => view.publish()),
    env.clock.every(HEARTBEAT_INTERVAL_MS, () => server.wake()),
  ]
  const shownHost = host === 'localhost' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  const url = `http://${shownHost}:${first.port}/`
  return {
    host,
    port: first.port,
    url,
    urlWithToken: `${url}#token=${token}`,
    token,
    async close(graceMs = CLOSE_GRACE_MS) {
      for (const stop of stops) stop()
      // The last words, such as the final report, still go out to pages that read.
      await Promise.race([server.close(), env.clock.sleep(graceMs)])
      await Promise.all(listeners.map(listener => listener.close(0)))
    },
  }
}

/** `localhost` is two addresses: a stranger on the other one could pass for the page. */
async function listen(
  env: Pick<Env, 'network'>,
  host: string,
  port: number,
  server: LiveServer,
): Promise<readonly [Listener, ...Listener[]]> {
  const bound = { port: 0 }
  const handler = (request: HttpRequest, reply: HttpReply): Promise<void> => server.handle(request, reply, bound.port)
  const first = await env.network.serve({ host: host === 'localhost' ? '127.0.0.1' : host, port }, handler)
  bound.port = first.port
  if (host !== 'localhost') return [first]
  try {
    return [first, await env.network.serve({ host: '::1', port: first.port }, handler)]
  } catch (error) {
    // A machine without IPv6 refuses the address; a port that we did not choose may be taken there.
    if (hasCode(error, 'invalid_argument') || port === 0) return [first]
    await first.close()
    throw error
  }
}

class LiveServer {
  readonly #view: LiveView
  readonly #clock: Clock
  readonly #assets: ReadonlyMap<string, Asset>
  readonly #token: Buffer
  readonly #isRemote: boolean
  readonly #hosts: readonly string[]
  readonly #results: ResultSeries | null
  readonly #queries: PrometheusApi | null
  readonly #routes: readonly LiveRoute[]
  readonly #closing = new AbortController()
  readonly #sleepers = new Set<() => void>()
  readonly #drained: (() => void)[] = []
  #clients = 0
  #isClosed = false

  constructor(options: {
    readonly view: LiveView
    readonly assets: ReadonlyMap<string, Asset>
    readonly token: string
    readonly isRemote: boolean
    readonly hosts: readonly string[]
    readonly results: ResultSeries | null
    readonly routes: readonly LiveRoute[]
    readonly clock: Clock
  }) {
    const { results, clock } = options
    this.#view = options.view
    this.#clock = clock
    this.#assets = options.assets
    this.#token = Buffer.from(options.token)
    this.#isRemote = options.isRemote
    this.#hosts = options.hosts
    this.#results = results
    this.#routes = options.routes
    // Every open stream of a route listens to it.
    setMaxListeners(0, this.#closing.signal)
    this.#queries = results === null ? null : new PrometheusApi({ series: results, clock })
  }

  async handle(request: HttpRequest, reply: HttpReply, port: number): Promise<void> {
    const path = request.url.split(/[?#]/, 1)[0] ?? '/'
    if (!isAllowedRequest(request, port, this.#hosts) || isForeignUse(request, path))
      return refuse(reply, 403, 'this address is for pages of this server only')
    const route = this.#routes.find(each => each.path === path)
    const methods = route === undefined ? (this.#queries?.methodsOf(path) ?? ['GET']) : [route.method]
    if (!methods.includes(request.method === 'HEAD' ? 'GET' : request.method)) {
      const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ')
      return refuse(reply, 405, `only ${allowed.replace(/, (\w+)$/, ' and $1')}`, { allow: allowed })
    }
    if (route !== undefined) return await this.#route(route, request, reply)
    const asset = this.#assets.get(path)
    if (asset !== undefined) return sendAsset(request, reply, asset)
    if (path === '/events') return await this.#events(request, reply)
    if (this.#queries !== null && this.#queries.methodsOf(path) !== null) {
      if (this.#isRemote && !this.#hasToken(request)) return askForToken(reply)
      return await this.#queries.handle(request, reply, path, SECURITY_HEADERS)
    }
    if (path === '/metrics') {
      if (this.#isRemote && !this.#hasToken(request)) return askForToken(reply)
      return sendMetrics(request, reply, exposition(this.#view.statusMessage(), this.#view.errorsByName, this.#results))
    }
    if (path === '/api/v1/status') {
      if (this.#isRemote && !this.#hasToken(request)) return askForToken(reply)
      return sendJson(request, reply, {
        title: this.#view.title,
        mode: this.#view.mode,
        now: this.#clock.now(),
        ...this.#view.statusMessage(),
      })
    }
    if (path === '/api/v1/errors') {
      if (!this.#hasToken(request)) return askForToken(reply)
      return sendJson(request, reply, { errors: this.#view.errorSamples })
    }
    refuse(reply, 404, 'nothing here')
  }

  /** Makes every event stream look whether it has something to send; one that has not sends a heartbeat. */
  wake(): void {
    const sleepers = [...this.#sleepers]
    this.#sleepers.clear()
    for (const wake of sleepers) wake()
  }

  /** Resolves when every event stream has sent what was left for it. */
  close(): Promise<void> {
    this.#isClosed = true
    this.#closing.abort()
    this.wake()
    return this.#clients === 0 ? Promise.resolve() : new Promise(resolve => this.#drained.push(resolve))
  }

  async #route(route: LiveRoute, request: HttpRequest, reply: HttpReply): Promise<void> {
    if ((route.needsToken || this.#isRemote) && !this.#hasToken(request)) return askForToken(reply)
    // What a form of another site can send without asking is no JSON.
    if (request.method === 'POST' && !/^application\/json(;|$)/i.test(request.headers['content-type'] ?? ''))
      return refuse(reply, 403, 'this takes application/json only')
    const { search } = new URL(request.url, 'http://localhost')
    await route.handle({
      request,
      reply,
      parameters: new URLSearchParams(search),
      closing: this.#closing.signal,
      json: (value, status) => sendJson(request, reply, value, status),
      refuse: (status, sentence) => refuse(reply, status, sentence),
      start: contentType =>
        reply.start(200, { ...SECURITY_HEADERS, 'content-type': contentType, 'cache-control': 'no-store' }),
    })
  }

  /** Pulls from the hub what the client lacks, one write at a time: a slow client holds no queue, only its last event id. */
  async #events(request: HttpRequest, reply: HttpReply): Promise<void> {
    if (this.#isRemote && !this.#hasToken(request)) return askForToken(reply)
    if (this.#clients >= EVENT_CLIENTS_MAX)
      return refuse(reply, 503, `${EVENT_CLIENTS_MAX} pages are open already; close one`, { 'retry-after': '10' })
    reply.start(200, {
      ...SECURITY_HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close',
    })
    if (request.method === 'HEAD') return reply.end()
    this.#clients++
    try {
      let lastId = request.headers['last-event-id'] ?? null
      const choice = choiceOf(request.url)
      await reply.write('retry: 1000\n\n')
      while (!reply.closed) {
        const events = this.#view.eventsSince(lastId, choice)
        if (events.length > 0) {
          lastId = events.at(-1)?.id ?? lastId
          // JSON has no raw line break, so one data line always holds it.
          await reply.write(
            events.map(({ id, event, json }) => `id: ${id}\nevent: ${event}\ndata: ${json}\n\n`).join(''),
          )
          continue
        }
        if (this.#isClosed) break
        const wasPublished = await this.#sleep(request.signal)
        if (!wasPublished && !reply.closed && !this.#isClosed) await reply.write(':\n\n')
      }
    } finally {
      this.#clients--
      reply.end()
      if (this.#isClosed && this.#clients === 0) for (const resolve of this.#drained) resolve()
    }
  }

  /** Resolves at the next delta (true), or at a heartbeat, the client's leaving or our closing (false). */
  #sleep(signal: AbortSignal): Promise<boolean> {
    return new Promise(resolve => {
      if (signal.aborted || this.#isClosed) return resolve(false)
      const finish = (wasPublished: boolean): void => {
        this.#sleepers.delete(idle)
        takeBack()
        signal.removeEventListener('abort', idle)
        resolve(wasPublished)
      }
      const idle = (): void => finish(false)
      const takeBack = this.#view.onPublish(() => finish(true))
      this.#sleepers.add(idle)
      signal.addEventListener('abort', idle, { once: true })
    })
  }

  #hasToken(request: HttpRequest): boolean {
    const given = Buffer.from(/^Bearer (\S{1,256})$/.exec(request.headers['authorization'] ?? '')?.[1] ?? '')
    return given.length === this.#token.length && timingSafeEqual(given, this.#token)
  }
}

/**
 * Whether another site's page makes the browser ask: without an Origin header it can still load anything as an image or a
 * script, which would tell it that we are here and use up event streams. Opening the page itself from a link is fine.
 */
function isForeignUse(request: HttpRequest, path: string): boolean {
  if (request.headers['upgrade'] !== undefined) return true
  const site = request.headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  return !(path === '/' && request.headers['sec-fetch-mode'] === 'navigate')
}

/** The values of variables in an address: `/events?var-device=mobile`. */
function choiceOf(url: string): ReadonlyMap<string, string> {
  const choice = new Map<string, string>()
  for (const [name, value] of new URL(url, 'http://page').searchParams)
    if (name.startsWith('var-')) choice.set(name.slice('var-'.length), cutText(value))
  return choice
}

function sendAsset(request: HttpRequest, reply: HttpReply, asset: Asset): void {
  // A browser asks for the icon again at every change of the address, also when the server has ended.
  const cacheControl = asset.contentType === 'image/svg+xml' ? 'max-age=3600' : 'no-cache'
  const headers = { ...SECURITY_HEADERS, etag: asset.etag, 'cache-control': cacheControl, vary: 'accept-encoding' }
  if (request.headers['if-none-match'] === asset.etag) {
    reply.start(304, headers)
    return reply.end()
  }
  const isGzipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  const bytes = isGzipped ? asset.gzipped : asset.bytes
  reply.start(200, {
    ...headers,
    'content-type': asset.contentType,
    'content-length': String(bytes.length),
    ...(isGzipped ? { 'content-encoding': 'gzip' } : {}),
  })
  reply.end(request.method === 'HEAD' ? undefined : bytes)
}

function sendJson(request: HttpRequest, reply: HttpReply, value: unknown, status = 200): void {
  const body = Buffer.from(JSON.stringify(value))
  reply.start(status, {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
    'cache-control': 'no-store',
  })
  reply.end(request.method === 'HEAD' ? undefined : body)
}

function sendMetrics(request: HttpRequest, reply: HttpReply, text: string): void {
  const body = Buffer.from(text)
  reply.start(200, {
    ...SECURITY_HEADERS,
    'content-type': EXPOSITION_TYPE,
    'content-length': String(body.length),
    'cache-control': 'no-store',
  })
  reply.end(request.method === 'HEAD' ? undefined : body)
}

function askForToken(reply: HttpReply): void {
  refuse(reply, 401, 'this needs the token that was printed at the start', { 'www-authenticate': 'Bearer' })
}

function refuse(
  reply: HttpReply,
  status: number,
  sentence: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  reply.start(status, { ...SECURITY_HEADERS, 'content-type': TEXT, 'cache-control': 'no-store', ...headers })
  reply.end(`${sentence}\n`)
}
