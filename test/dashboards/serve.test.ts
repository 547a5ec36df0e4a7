/** The listener of the live view: who may ask, what answers say, how event streams behave, and what the page weighs. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type HttpHandler, hasCode, nodeEnv } from '../../core/index.ts'
import { EVENT_CLIENTS_MAX, type LiveListener, LiveView, serveLive } from '../../dashboards/index.ts'
import { HEARTBEAT_INTERVAL_MS } from '../../dashboards/live/serve.ts'
import { type MemoryEnv, memoryEnv } from '../support/memory-env.ts'
import { buildPage } from './support/page-build.ts'
import { batchOf, SHOP_DASHBOARD, SHOP_OUTPUTS, shopWindow } from './support/shop.ts'

/** Everything that a browser loads before the first chart, gzipped. */
const PAGE_BYTES_MAX = 150_000

let built: ReturnType<typeof buildPage>
const listeners: LiveListener[] = []

beforeAll(() => {
  built = buildPage()
})
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close()
})
afterAll(() => built?.remove())

function shopView(clock: MemoryEnv['clock'] = memoryEnv().clock): LiveView {
  const view = new LiveView({ title: 'shop', outputs: SHOP_OUTPUTS, dashboard: SHOP_DASHBOARD, clock })
  for (const [stream, batch] of shopWindow(clock.now(), () => 0.5)) view.rows(stream, batch)
  view.add({
    name: 'PARSE_ERROR',
    message: 'm',
    rowtime: 0,
    data: Buffer.from('raw secret'),
    position: null,
    pump: null,
  })
  return view
}

/** Serves on real sockets of this machine. */
async function serveReal(): Promise<LiveListener> {
  const listener = await serveLive(shopView(), nodeEnv, { port: 0, pageDirectory: built.directory })
  listeners.push(listener)
  return listener
}

/** Serves in memory and simulated time; only the page's files are real. */
async function serveMemory(
  options: { readonly host?: string; readonly isRemoteAllowed?: boolean; readonly hosts?: readonly string[] } = {},
): Promise<{ readonly env: MemoryEnv; readonly view: LiveView; readonly listener: LiveListener }> {
  const env = memoryEnv()
  const view = shopView(env.clock)
  const files = nodeEnv.files
  const listener = await serveLive(view, { ...env, files }, { port: 0, pageDirectory: built.directory, ...options })
  listeners.push(listener)
  return { env, view, listener }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers }, agent: false },
      response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** The first line of the answer to raw bytes. */
function askRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', chunk => {
      answer += chunk.toString()
      if (answer.includes('\r\n')) {
        resolve(answer.slice(0, answer.indexOf('\r\n')))
        socket.destroy()
      }
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

const PATHS = ['/', '/assets/main.js', '/events', '/api/v1/status', '/api/v1/errors', '/nothing'] as const

describe('the listener', () => {
  it('refuses every foreign Host on every path with 403', async () => {
    const { port } = await serveReal()
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      `EVIL.EXAMPLE:${port}`,
      `127.0.0.1.nip.io:${port}`,
      `localhost.evil.example:${port}`,
      `localhost.:${port}`,
      `127.0.0.1.:${port}`,
      `0.0.0.0:${port}`,
      `0:${port}`,
      `127.1:${port}`,
      `2130706433:${port}`,
      `[::]:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `[::2]:${port}`,
      `::1:${port}`,
      'localhost',
      `localhost:${port + 1}`,
      `localhost:${port}:80`,
      `user@localhost:${port}`,
      `localhost:${port}/x`,
      `169.254.169.254:${port}`,
    ]
    for (const host of foreign)
      for (const path of PATHS)
        expect([host, path, (await ask(port, path, { headers: { host } })).status]).toEqual([host, path, 403])
  })

  it('refuses a missing Host', async () => {
    const { port } = await serveReal()
    expect(await askRaw(port, 'GET / HTTP/1.0\r\n\r\n')).toBe('HTTP/1.1 403 Forbidden')
    expect(await askRaw(port, 'GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 4\d\d /)
  })

  it('refuses every foreign Origin, and what another site makes a browser load, with 403', async () => {
    const { port } = await serveReal()
    const origins = [
      'http://evil.example',
      `http://evil.example:${port}`,
      'null',
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${port + 1}`,
      `http://localhost.:${port}`,
      `http://0.0.0.0:${port}`,
      'file://',
    ]
    for (const origin of origins)
      for (const path of PATHS)
        expect([origin, (await ask(port, path, { headers: { origin } })).status]).toEqual([origin, 403])
    for (const site of ['cross-site', 'same-site'])
      for (const path of PATHS)
        expect(
          (await ask(port, path, { headers: { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' } })).status,
        ).toBe(403)
  })

  it('answers its own names, and a link from elsewhere to the page', async () => {
    const { port } = await serveReal()
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
      expect((await ask(port, '/', { headers: { host } })).status).toBe(200)
    expect((await ask(port, '/', { headers: { origin: `http://127.0.0.1:${port}` } })).status).toBe(200)
    expect(
      (await ask(port, '/', { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } })).status,
    ).toBe(200)
  })

  it('takes GET and HEAD only, and no form, no preflight and no socket upgrade of another site', async () => {
    const { port } = await serveReal()
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = await ask(port, '/api/v1/status', {
        method,
        headers: { 'content-type': 'text/plain' },
        body: method === 'OPTIONS' ? '' : 'a=b',
      })
      expect([method, answer.status, answer.headers['access-control-allow-origin']]).toEqual([method, 405, undefined])
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://evil.example' }
    expect((await ask(port, '/', { method: 'POST', headers: form, body: 'a=b' })).status).toBe(403)
    const upgrade = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    }
    expect((await ask(port, '/events', { headers: upgrade })).status).toBe(403)
    const head = await ask(port, '/', { method: 'HEAD' })
    expect([head.status, head.body.length]).toEqual([200, 0])
    expect(Number(head.headers['content-length'])).toBeGreaterThan(1_000)
  })

  it('sends a strict policy with every answer, refusals too', async () => {
    const { port } = await serveReal()
    const policies = new Set<string>()
    for (const path of PATHS.filter(path => path !== '/events'))
      for (const host of [`127.0.0.1:${port}`, 'evil.example']) {
        const { headers } = await ask(port, path, { headers: { host } })
        policies.add(String(headers['content-security-policy']))
        expect(headers['x-content-type-options']).toBe('nosniff')
        expect(headers['x-frame-options']).toBe('DENY')
        expect(headers['cross-origin-resource-policy']).toBe('same-origin')
        expect(headers['referrer-policy']).toBe('no-referrer')
        expect(headers['set-cookie']).toBeUndefined()
        expect(headers['access-control-allow-origin']).toBeUndefined()
      }
    expect(policies.size).toBe(1)
    const [policy] = policies
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(policy).not.toMatch(/\*|http:|https:/)
    const page = (await ask(port, '/')).body.toString()
    expect(page).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/i)
  })

  it('serves nothing that is not an asset, however the path is written', async () => {
    const { port } = await serveReal()
    for (const path of [
      '/assets/../index.html',
      '/assets/..%2f..%2fpackage.json',
      '/assets//etc/passwd',
      '/index.html',
      '/assets/',
      '/assets/main.ts',
      '/assets/__proto__',
      '//',
    ])
      expect([path, (await ask(port, path)).status]).toEqual([path, 404])
  })

  it('lets a browser keep assets by their tag, gzipped or plain', async () => {
    const { port } = await serveReal()
    const plain = await ask(port, '/assets/main.js')
    const etag = String(plain.headers.etag)
    const zipped = await ask(port, '/assets/main.js', { headers: { 'accept-encoding': 'gzip, br' } })
    expect(zipped.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true)
    const kept = await ask(port, '/assets/main.js', { headers: { 'if-none-match': etag } })
    expect([kept.status, kept.body.length]).toEqual([304, 0])
    expect((await ask(port, '/assets/main.js', { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })

  it('shows the status to everybody on this machine, and raw rows to a bearer of the token only', async () => {
    const { port, token, url, urlWithToken } = await serveReal()
    expect(url).toBe(`http://127.0.0.1:${port}/`)
    expect(urlWithToken).toBe(`${url}#token=${token}`)
    expect(token.length).toBeGreaterThanOrEqual(32)
    const status = JSON.parse((await ask(port, '/api/v1/status')).body.toString()) as Record<string, unknown>
    expect(status).toMatchObject({
      title: 'shop',
      mode: 'live',
      level: 'idle',
      sentence: 'waiting for the first event',
    })
    for (const authorization of [
      '',
      'Bearer',
      'Bearer wrong',
      `Basic ${token}`,
      `Bearer ${token}x`,
      `bearer ${token}`,
      `Bearer ${token.slice(1)}`,
    ]) {
      const answer = await ask(port, '/api/v1/errors', { headers: { authorization } })
      expect([authorization, answer.status, answer.body.toString().includes('secret')]).toEqual([
        authorization,
        401,
        false,
      ])
    }
    expect((await ask(port, `/api/v1/errors?token=${token}`)).status).toBe(401)
    const given = await ask(port, '/api/v1/errors', { headers: { authorization: `Bearer ${token}` } })
    expect([given.status, given.body.toString().includes('raw secret')]).toEqual([200, true])
  })

  it('is within reach of other machines only when that is allowed, and then asks for the token', async () => {
    await expect(serveMemory({ host: '0.0.0.0' })).rejects.toSatisfy(error => hasCode(error, 'config'))
    const { env, listener } = await serveMemory({ host: '0.0.0.0', isRemoteAllowed: true, hosts: ['box.lan'] })
    const { port, token } = listener
    const headers = { host: `box.lan:${port}` }
    expect((await env.network.request({ port, path: '/', headers })).status).toBe(200)
    expect((await env.network.request({ port, path: '/', headers: { host: `other.lan:${port}` } })).status).toBe(403)
    for (const path of ['/events', '/api/v1/status', '/api/v1/errors'])
      expect((await env.network.request({ port, path, headers })).status).toBe(401)
    const bearer = { ...headers, authorization: `Bearer ${token}` }
    expect((await env.network.request({ port, path: '/api/v1/status', headers: bearer })).status).toBe(200)
  })

  it('says that the page is not built where it is not', async () => {
    const serving = serveLive(shopView(), nodeEnv, { port: 0, pageDirectory: '/nowhere' })
    await expect(serving).rejects.toThrow('the live page is not built in /nowhere; run "npm run build"')
  })
})

describe('an event stream', () => {
  it('begins with a snapshot and goes on with at most four deltas a second', async () => {
    const { env, view, listener } = await serveMemory()
    const exchange = env.network.start({ port: listener.port, path: '/events' })
    for (let step = 0; step < 1_000; step++) {
      for (const [stream, batch] of shopWindow(env.clock.now(), () => 0.5)) view.rows(stream, batch)
      await env.clock.advance(10)
    }
    const events = exchange.received().match(/^event: \w+$/gm) ?? []
    expect(events[0]).toBe('event: snapshot')
    expect(events.slice(1).every(event => event === 'event: delta')).toBe(true)
    expect(events.length - 1).toBeGreaterThanOrEqual(38)
    expect(events.length - 1).toBeLessThanOrEqual(40)
    expect(exchange.received().match(/^id: \w+-\d+$/gm)).toHaveLength(events.length)
    exchange.abort()
  })

  it('resumes after the last event id without a snapshot', async () => {
    const { env, view, listener } = await serveMemory()
    const first = env.network.start({ port: listener.port, path: '/events' })
    await env.clock.advance(1_000)
    const id =
      first
        .received()
        .match(/^id: (\S+)$/gm)
        ?.at(-1)
        ?.slice(4) ?? ''
    first.abort()
    for (const [stream, batch] of shopWindow(env.clock.now(), () => 0.5)) view.rows(stream, batch)
    await env.clock.advance(500)
    const second = env.network.start({ port: listener.port, path: '/events', headers: { 'last-event-id': id } })
    await env.clock.advance(10)
    expect(second.received()).toContain('event: delta')
    expect(second.received()).not.toContain('event: snapshot')
    second.abort()
  })

  it('says that it is alive while nothing happens', async () => {
    const { env, view, listener } = await serveMemory()
    view.end({ ok: true, sentence: 'ended', facts: [] })
    const exchange = env.network.start({ port: listener.port, path: '/events' })
    await env.clock.advance(HEARTBEAT_INTERVAL_MS * 3 + 1_000)
    expect(exchange.received().match(/^:$/gm)?.length).toBeGreaterThanOrEqual(2)
    exchange.abort()
  })

  it('still sends the final report when the listener closes right after the end', async () => {
    const { env, view, listener } = await serveMemory()
    const exchange = env.network.start({ port: listener.port, path: '/events' })
    await env.clock.advance(1_000)
    view.end({ ok: true, sentence: 'ended: all is well', facts: [] })
    await env.clock.until(listener.close())
    expect(exchange.received()).toContain('"sentence":"ended: all is well"')
    expect(env.clock.monotonicMs()).toBe(1_000)
  })

  it('is refused past the limit, and its place is free again once a client is gone', async () => {
    const { env, listener } = await serveMemory()
    const start = () => env.network.start({ port: listener.port, path: '/events' })
    const open = Array.from({ length: EVENT_CLIENTS_MAX }, start)
    await env.clock.drain()
    expect(open.map(exchange => exchange.status())).toEqual(open.map(() => 200))
    const refused = await start().response
    expect([refused.status, refused.headers['retry-after'], refused.text]).toEqual([
      503,
      '10',
      '16 pages are open already; close one\n',
    ])
    open[0]?.abort()
    await env.clock.drain()
    const next = start()
    await env.clock.drain()
    expect(next.status()).toBe(200)
    for (const exchange of [...open, next]) exchange.abort()
  })

  it('holds no queue for a client that does not read: it gets a fresh snapshot when it does', async () => {
    const env = memoryEnv()
    const view = shopView(env.clock)
    const handlers: HttpHandler[] = []
    const network = {
      serve: (options: { host: string; port: number }, given: HttpHandler) => {
        handlers.push(given)
        return env.network.serve(options, given)
      },
    }
    const listener = await serveLive(
      view,
      { ...env, files: nodeEnv.files, network },
      { port: 0, pageDirectory: built.directory },
    )
    listeners.push(listener)
    const written: string[] = []
    const waiting: (() => void)[] = []
    const abort = new AbortController()
    const serving = handlers[0]?.(
      {
        method: 'GET',
        url: '/events',
        headers: { host: `127.0.0.1:${listener.port}` },
        signal: abort.signal,
        body: () => Promise.resolve(new Uint8Array()),
      },
      {
        get closed() {
          return abort.signal.aborted
        },
        start: () => {},
        write: chunk => {
          written.push(String(chunk))
          return new Promise(resolve => waiting.push(resolve))
        },
        end: () => {},
        abort: () => {},
      },
    )
    const takeOne = async (): Promise<void> => {
      waiting.shift()?.()
      await env.clock.drain()
    }
    await takeOne()
    expect(written.at(-1)).toContain('event: snapshot')
    const before = written.length
    for (let second = 0; second < 120; second++) {
      view.rows('REVENUE', batchOf(SHOP_OUTPUTS.get('REVENUE') ?? { columns: [] }, env.clock.now(), [[100n, 1n]]))
      await env.clock.advance(1_000)
    }
    expect(written.length).toBe(before)
    await takeOne()
    expect(written.length).toBe(before + 1)
    expect(written.at(-1)?.match(/^event: \w+$/gm)).toEqual(['event: snapshot'])
    // Nor does closing wait for it beyond the grace.
    const closingAt = env.clock.monotonicMs()
    await env.clock.until(listener.close(2_000))
    expect(env.clock.monotonicMs() - closingAt).toBe(2_000)
    abort.abort()
    for (const go of waiting) go()
    await serving
  })
})

describe('the page', () => {
  it(`weighs less than ${PAGE_BYTES_MAX} bytes gzipped with all that it loads`, async () => {
    const { port } = await serveReal()
    const seen = new Map<string, number>()
    const visit = async (path: string): Promise<void> => {
      if (seen.has(path)) return
      const answer = await ask(port, path, { headers: { 'accept-encoding': 'gzip' } })
      expect([path, answer.status]).toEqual([path, 200])
      seen.set(path, answer.body.length)
      const text = gunzipSync(answer.body).toString()
      const links = [
        ...text.matchAll(/(?:src|href)="(\/[^"#]*)"/g),
        ...text.matchAll(/^import[^'"]*["'](\.\/[^'"]+)["']/gm),
      ]
      for (const [, link] of links) if (link !== undefined) await visit(new URL(link, `http://x${path}`).pathname)
    }
    await visit('/')
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining(['/assets/main.js', '/assets/style.css', '/assets/uPlot.esm.js', '/assets/sse.js']),
    )
    const total = [...seen.values()].reduce((sum, size) => sum + size, 0)
    console.log(`the live page loads ${seen.size} files, ${total} bytes gzipped`)
    expect(total).toBeLessThan(PAGE_BYTES_MAX)
  })
})
