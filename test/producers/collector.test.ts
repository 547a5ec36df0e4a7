/** The collector: what it takes, refuses, corrects and tells apart. */
import { describe, expect, test } from 'vitest'
import { truncatedAddress } from '../../producers/collect/client-address.ts'
import { correctedTime } from '../../producers/collect/collect-event.ts'
import { RecentIds } from '../../producers/collect/recent-ids.ts'
import { type BadEvent, Collector, type CollectorOptions, type UserRecordInput } from '../../producers/index.ts'
import { memoryEnv } from '../support/memory-env.ts'

const NOW = Date.UTC(2026, 0, 15, 9, 0, 0)

interface World {
  readonly collector: Collector
  readonly stored: UserRecordInput[]
  readonly bad: BadEvent[]
  readonly clock: ReturnType<typeof memoryEnv>['clock']
  readonly post: (
    body: unknown,
    headers?: Record<string, string>,
    method?: string,
  ) => Promise<{ status: number; text: string; headers: Readonly<Record<string, string>> }>
}

async function world(options: Partial<CollectorOptions> = {}): Promise<World> {
  const env = memoryEnv({ startAt: NOW })
  const stored: UserRecordInput[] = []
  const bad: BadEvent[] = []
  const producer = {
    put: async (record: UserRecordInput) => {
      stored.push(record)
      return { shardId: 's', sequenceNumber: '1', subsequenceNumber: 0, attempts: [] }
    },
  }
  const collector = new Collector({ env, producer, onBad: event => bad.push(event), ...options })
  const listener = await env.network.serve({ host: '127.0.0.1', port: 0 }, (request, reply) =>
    collector.handle(request, reply, listener.port),
  )
  return {
    collector,
    stored,
    bad,
    clock: env.clock,
    post: (body, headers = {}, method = 'POST') =>
      env.network.request({
        method,
        path: '/collect',
        port: listener.port,
        headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
  }
}

const event = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  event_id: 'e1',
  event_name: 'page_view',
  event_timestamp: NOW - 500,
  ...fields,
})
const body = (events: readonly unknown[], fields: Record<string, unknown> = {}): unknown => ({
  v: 1,
  sent_at: NOW,
  ctx: { user_pseudo_id: 'visitor-1', page_path: '/', device: 'desktop' },
  events,
  ...fields,
})
const parsed = (record: UserRecordInput | undefined): unknown => JSON.parse(Buffer.from(record?.data ?? []).toString())

describe('what is taken', () => {
  test('an event becomes a record of its visitor, with the context below it and the collector’s times beside it', async () => {
    const { post, stored } = await world()
    const reply = await post(body([event({ page_path: '/cart', value: 9.5, items: [{ item_id: '1', price: 9.5 }] })]), {
      'user-agent': 'Firefox',
    })
    expect(reply.status).toBe(204)
    expect(stored.map(({ partitionKey }) => partitionKey)).toEqual(['visitor-1'])
    expect(parsed(stored[0])).toEqual({
      event_id: 'e1',
      event_name: 'page_view',
      user_pseudo_id: 'visitor-1',
      page_path: '/cart',
      device: 'desktop',
      value: 9.5,
      items: [{ item_id: '1', price: 9.5 }],
      event_timestamp: '2026-01-15 08:59:59.500',
      sent_timestamp: '2026-01-15 09:00:00.000',
      ingest_timestamp: '2026-01-15 09:00:00.000',
      event_time: '2026-01-15 08:59:59.500',
      user_agent: 'Firefox',
    })
  })

  test('good events are stored although others of the same body are bad, and each bad one has its reason', async () => {
    const { post, stored, bad, collector } = await world()
    const events = [
      event(),
      event({ event_id: 'e2', event_name: '1st' }),
      'text',
      event({ event_id: 'e3', a: { b: 1 } }),
    ]
    expect((await post(body(events))).status).toBe(204)
    expect(stored.length).toBe(1)
    expect(bad.map(({ reason }) => reason)).toEqual([
      'event_name is "1st"; give a letter and up to 39 letters, digits and _',
      'the event is "text", which is not an object',
      'a is an object; give text, a number, true, false or null',
    ])
    expect(JSON.parse(Buffer.from(bad[0]!.data).toString())).toMatchObject({ event_id: 'e2' })
    expect(collector.counters).toEqual({ requests: 1, good: 1, bad: 3, duplicates: 0, refused: 0 })
  })

  test('an id that came before is dropped and counted', async () => {
    const { post, stored, collector } = await world()
    await post(body([event(), event()]))
    expect((await post(body([event()]))).status).toBe(204)
    expect(stored.length).toBe(1)
    expect(collector.counters.duplicates).toBe(2)
  })

  test('what could not be stored is asked for again, and then taken', async () => {
    let broken = true
    const stored: UserRecordInput[] = []
    const producer = {
      put: async (record: UserRecordInput) => {
        if (broken) throw new Error('no')
        stored.push(record)
        return { shardId: 's', sequenceNumber: '1', subsequenceNumber: 0, attempts: [] }
      },
    }
    const { post } = await world({ producer })
    const first = await post(body([event()]))
    expect([first.status, first.headers['retry-after']]).toEqual([503, '1'])
    broken = false
    expect((await post(body([event()]))).status).toBe(204)
    expect(stored.length).toBe(1)
  })

  test.each([
    true,
    false,
  ])('an id that comes while it is still being put has the answer of that put (stored: %s)', async isStored => {
    const ends: ((isStored: boolean) => void)[] = []
    const producer = {
      put: async () => {
        if (await new Promise<boolean>(resolve => ends.push(resolve)))
          return { shardId: 's', sequenceNumber: '1', subsequenceNumber: 0, attempts: [] }
        throw new Error('no')
      },
    }
    const { post, collector } = await world({ producer })
    let answered = 0
    const replies = [post(body([event()])), post(body([event()]))].map(async reply => {
      const { status } = await reply
      answered++
      return status
    })
    while (collector.counters.requests < 2 || ends.length < 1) await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect([ends.length, answered]).toEqual([1, 0])
    ends[0]?.(isStored)
    expect(await Promise.all(replies)).toEqual(isStored ? [204, 204] : [503, 503])
    const again = post(body([event()]))
    if (!isStored) {
      while (ends.length < 2) await new Promise(setImmediate)
      ends[1]?.(true)
    }
    expect((await again).status).toBe(204)
    expect(collector.counters).toMatchObject({ good: 1, duplicates: isStored ? 2 : 1 })
  })
})

describe('what is refused', () => {
  test.each([
    ['{', 'the body is not JSON in UTF-8'],
    [new Uint8Array([0x22, 0xff, 0x22]), 'the body is not JSON in UTF-8'],
    ['[]', 'the body is not a JSON object'],
    [body([], { v: 2 }), 'v is 2; this collector speaks version 1'],
    [body([], { sent_at: 'now' }), 'sent_at is "now"; give epoch milliseconds'],
    [body([], { ctx: 3 }), 'ctx is not an object'],
    [body([], { events: {} }), 'events is not an array'],
    [body(Array.from({ length: 501 }, () => 0)), 'there are 501 events; send 500 at a time at most'],
  ])('a body that is none: %s', async (given, sentence) => {
    const { post, bad } = await world()
    const reply = await post(given)
    expect([reply.status, reply.text]).toEqual([400, `${sentence}\n`])
    expect(bad.map(({ reason }) => reason)).toEqual([sentence])
  })

  test.each([
    [{ event_id: undefined }, 'event_id is missing; give 1 to 64 characters, new for each event'],
    [{ event_id: 'x'.repeat(65) }, /^event_id is "x+\.\.\.; give/],
    [{ user_pseudo_id: '' }, 'user_pseudo_id is ""; give 1 to 128 characters'],
    [{ event_timestamp: 'yesterday' }, /^event_timestamp is "yesterday"; give epoch milliseconds/],
    [{ event_timestamp: 1e300 }, /^event_timestamp is 1e\+300; give epoch milliseconds/],
    [{ ingest_timestamp: 1 }, 'ingest_timestamp is set by the collector; leave it out'],
    [{ 'a b': 1 }, '"a b" is no field name; give a letter and up to 39 letters, digits and _'],
    [{ long: 'x'.repeat(2_049) }, 'long has 2049 characters; 2048 are allowed'],
    [{ list: [1] }, 'list is an array; give text, a number, true, false or null'],
    [{ items: [1] }, 'items holds 1, which is not an object'],
    [
      Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`f${i}`, 1])),
      /^the event has \d+ fields; 100 are allowed$/,
    ],
  ])('an event with %j', async (fields, sentence) => {
    const { post, bad, stored } = await world()
    expect((await post(body([event(fields)]))).status).toBe(204)
    expect(stored).toEqual([])
    expect(bad.length).toBe(1)
    if (typeof sentence === 'string') expect(bad[0]?.reason).toBe(sentence)
    else expect(bad[0]?.reason).toMatch(sentence)
  })

  test('a field called __proto__ changes nothing and is a bad event', async () => {
    const { post, bad } = await world()
    const text = JSON.stringify(body([event()])).replace('"event_id"', '"__proto__":{"polluted":1},"event_id"')
    await post(text)
    expect(bad.map(({ reason }) => reason)).toEqual([
      '"__proto__" is no field name; give a letter and up to 39 letters, digits and _',
    ])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('a body above 60 KB, another method, another type of content', async () => {
    const { post } = await world()
    expect((await post(`"${'x'.repeat(60 * 1024)}"`)).status).toBe(413)
    expect((await post('', {}, 'GET')).status).toBe(405)
    expect((await post(body([]), { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415)
    expect((await post(body([]), { 'content-type': 'application/json' })).status).toBe(204)
  })

  test('pages of other origins, unless they are allowed; a rebound name never', async () => {
    const closed = await world()
    expect((await closed.post(body([]), { origin: 'https://evil.example' })).status).toBe(403)
    expect((await closed.post(body([]), { host: 'evil.example' })).status).toBe(403)
    expect((await closed.post(body([]), { origin: 'null' })).status).toBe(403)
    const open = await world({ origins: ['https://shop.example'] })
    const reply = await open.post(body([]), { origin: 'https://shop.example' })
    expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([204, 'https://shop.example'])
    expect((await open.post(body([]), { origin: 'https://shop.example.evil.example' })).status).toBe(403)
    expect((await open.post(body([]), { origin: 'https://shop.example', host: 'evil.example' })).status).toBe(403)
    const asked = await open.post('', { origin: 'https://shop.example' }, 'OPTIONS')
    expect([asked.status, asked.headers['access-control-allow-methods']]).toEqual([204, 'POST'])
  })

  test('a client that sends too fast is told when to come again; others are not held up', async () => {
    const { post, clock } = await world({ eventsPerSecond: 10, isBehindProxy: true })
    const many = (from: number): unknown =>
      body(Array.from({ length: 40 }, (_, i) => event({ event_id: `e${from + i}` })))
    expect((await post(many(0), { 'x-forwarded-for': '203.0.113.7' })).status).toBe(204)
    const refused = await post(many(100), { 'x-forwarded-for': '203.0.113.7' })
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '4'])
    expect((await post(many(100), { 'x-forwarded-for': '203.0.113.8' })).status).toBe(204)
    await clock.advance(4_000)
    expect((await post(many(200), { 'x-forwarded-for': '203.0.113.7' })).status).toBe(204)
  })
})

test.each([
  ['the clocks agree', NOW - 1_000, NOW, NOW, NOW - 1_000],
  ['the sender’s clock is a day ahead', NOW + 86_400_000 - 1_000, NOW + 86_400_000, NOW, NOW - 1_000],
  ['the event lies after its sending', NOW + 5_000, NOW, NOW, NOW],
  ['the event claims to be a year old', NOW - 365 * 86_400_000, NOW, NOW, NOW - 72 * 3_600_000],
])('corrected time: %s', (_name, deviceTime, sentAt, ingestedAt, expected) => {
  expect(correctedTime(deviceTime, sentAt, ingestedAt)).toBe(expected)
})

test.each([
  ['203.0.113.77', '203.0.113.0'],
  ['::ffff:203.0.113.77', '203.0.113.0'],
  ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3::'],
  ['2001:db8::1', '2001:db8:0::'],
  ['::1', '0:0:0::'],
  ['fe80::1%eth0', 'fe80:0:0::'],
  ['unknown', null],
  ['<script>', null],
])('the address %s is kept as %s', (address, kept) => {
  expect(truncatedAddress(address)).toBe(kept)
})

test('ids are remembered for as long as the limit allows, and no more are held', () => {
  const ids = new RecentIds(10)
  for (let i = 0; i < 1_000; i++) {
    expect(ids.add(`id${i}`)).toBe(true)
    if (i >= 4) expect(ids.add(`id${i - 4}`)).toBe(false)
  }
  expect(ids.add('id0')).toBe(true)
})
