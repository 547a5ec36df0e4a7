/** The query API and the metrics as they are served: by real sockets to real clients, and who may not ask. */
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeEnv } from '../../../core/index.ts'
import { type LiveListener, LiveView, ResultSeries, serveLive } from '../../../dashboards/index.ts'
import { batchOf, SHOP_OUTPUTS } from '../support/shop.ts'
import { HAS_PROMETHEUS } from './prometheus-process.ts'

const run = promisify(execFile)
const pageDirectory = fileURLToPath(new URL('../../../dist/dashboards/live/page', import.meta.url))
const FIRST = Date.UTC(2026, 0, 5)

let listener: LiveListener
beforeAll(async () => {
  const view = new LiveView({ title: 'shop', outputs: SHOP_OUTPUTS, clock: nodeEnv.clock })
  const results = new ResultSeries({ outputs: SHOP_OUTPUTS })
  for (let minute = 0; minute < 10; minute++)
    for (const [device, views] of [
      ['phone', 10 + minute],
      ['desk"top', 5],
    ] as const) {
      const schema = SHOP_OUTPUTS.get('PAGE_VIEWS')
      if (schema === undefined) throw new Error('the shop has page views')
      results.rows('PAGE_VIEWS', batchOf(schema, FIRST + minute * 60_000, [[device, BigInt(views)]]))
    }
  view.add({ name: 'LATE_ROW', message: 'm', rowtime: 0, data: new Uint8Array(), position: null, pump: null })
  view.status({
    recordsIn: 12,
    rowsOut: 3,
    errorRows: 1,
    watermarkMs: FIRST,
    behindMs: 1_500,
    shards: [{ shardId: 'shardId-000000000000', state: 'open', recordsIn: 12, behindMs: 1_500, boundMs: null }],
  })
  listener = await serveLive(view, nodeEnv, { port: 0, pageDirectory, results })
})
afterAll(async () => listener?.close())

const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(new URL(path, listener.url), init)

if (!HAS_PROMETHEUS) console.log('skipped: promtool against the served API: promtool is not installed')

describe.skipIf(!HAS_PROMETHEUS)('promtool', () => {
  const promtool = async (...words: string[]): Promise<string> => (await run('promtool', words)).stdout

  test('query instant, range, series and labels give the results with their event times', async () => {
    const url = listener.url.replace(/\/$/, '')
    const at = new Date(FIRST + 9 * 60_000).toISOString()
    const [instant, range, series, labels] = await Promise.all([
      promtool('query', 'instant', `--time=${at}`, url, 'sum(page_views_views)'),
      promtool(
        'query',
        'range',
        `--start=${new Date(FIRST).toISOString()}`,
        `--end=${at}`,
        '--step=3m',
        url,
        'page_views_views{device="phone"}',
      ),
      promtool(
        'query',
        'series',
        '--match=page_views_views',
        `--start=${new Date(FIRST).toISOString()}`,
        `--end=${at}`,
        url,
      ),
      promtool('query', 'labels', `--start=${new Date(FIRST).toISOString()}`, `--end=${at}`, url, 'device'),
    ])
    expect(instant).toMatch(/\{\} => 24 @\[1767571740(?:\.\d+)?\]/)
    expect(range).toContain('page_views_views{device="phone"} =>')
    expect(range.match(/^\d+ @\[\d+\]$/gm)).toEqual(
      [0, 3, 6, 9].map(minute => `${10 + minute} @[${FIRST / 1_000 + minute * 60}]`),
    )
    expect(series).toContain('device="phone"')
    expect(labels.split('\n').filter(line => line !== '')).toEqual(['desk"top', 'phone'])
  })

  test('an error comes through with its place', async () => {
    const said = await run('promtool', ['query', 'instant', listener.url.replace(/\/$/, ''), 'sum(1)']).catch(
      (error: { stderr: string }) => error.stderr,
    )
    expect(said).toContain('1:5: parse error: expected type instant vector in sum(), got scalar')
  })

  test('/metrics passes its check', async () => {
    const text = await (await get('/metrics')).text()
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    expect(checked.stdout + checked.stderr).toBe('')
    expect(checked.status).toBe(0)
  })
})

test('/metrics tells how the pipeline does', async () => {
  const reply = await get('/metrics')
  expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = (await reply.text()).split('\n')
  expect(lines).toContain('millrace_records_total{stage="in"} 12')
  expect(lines).toContain('millrace_behind_latest_seconds{shard="shardId-000000000000"} 1.5')
  expect(lines).toContain('millrace_late_records_total 1')
  expect(lines).toContain('millrace_result_series 2')
  expect(lines).toContain('millrace_result_samples 20')
})

test("what Grafana's data source asks first is answered: health by 1+1 in a form, build, metadata, rules", async () => {
  const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  const health = await get('/api/v1/query', { ...form, body: 'query=1%2B1&time=4' })
  expect(await health.json()).toEqual({ status: 'success', data: { resultType: 'scalar', result: [4, '2'] } })
  expect(await (await get('/api/v1/status/buildinfo')).json()).toMatchObject({
    status: 'success',
    data: { version: '3.0.0' },
  })
  const metadata = (await (await get('/api/v1/metadata?metric=page_views_views')).json()) as { data: object }
  expect(metadata.data).toEqual({ page_views_views: [{ type: 'gauge', help: 'VIEWS of PAGE_VIEWS', unit: '' }] })
  expect(await (await get('/api/v1/rules')).json()).toEqual({ status: 'success', data: { groups: [] } })
  expect(await (await get('/api/v1/label/__name__/values')).json()).toEqual({
    status: 'success',
    data: ['page_views_views'],
  })
  const names = await get('/api/v1/labels', { ...form, body: 'match[]=page_views_views' })
  expect(await names.json()).toEqual({ status: 'success', data: ['__name__', 'device'] })
})

test.each([
  ['a page of another site', '/api/v1/query?query=1', { headers: { origin: 'http://evil.example' } }, 403],
  ['an image on a page of another site', '/metrics', { headers: { 'sec-fetch-site': 'cross-site' } }, 403],
  [
    'a form of another site',
    '/api/v1/query',
    {
      method: 'POST',
      headers: { origin: 'null', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'query=1',
    },
    403,
  ],
  ['a method that changes things', '/api/v1/series', { method: 'DELETE' }, 405],
  ['a POST where there is none', '/api/v1/metadata', { method: 'POST' }, 405],
  ['a POST to the metrics', '/metrics', { method: 'POST' }, 405],
  [
    'a body of another type',
    '/api/v1/query',
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
    400,
  ],
  [
    'a form that is too large',
    '/api/v1/query',
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `query=${'1'.repeat(70_000)}`,
    },
    413,
  ],
  ['a percent sign that begins nothing', '/api/v1/label/%E0%A4%A/values', {}, 400],
  ['a name of every object', '/api/v1/constructor', {}, 404],
  ['an admin call', '/api/v1/admin/tsdb/delete_series', {}, 404],
] as const)('%s is refused', async (_who, path, init, status) => {
  expect((await get(path, init as RequestInit)).status).toBe(status)
})
