import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import {
  BOT_AGENT,
  EVENTS_PER_CALL_MAX,
  Shop,
  type ShopEvent,
  type ShopOptions,
} from '../../examples/clickstream/shop.ts'
import { EVENT_NAMES, FUNNEL_STEPS } from '../../examples/clickstream/visit.ts'

const START = Date.UTC(2026, 0, 5, 9)
const folder = new URL('../../examples/clickstream/', import.meta.url)

function open(options: Partial<ShopOptions> = {}): Shop {
  return new Shop({ ratePerSecond: 1_000, startMs: START, ...options })
}

function decode(event: ShopEvent): Record<string, unknown> {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(event.data)) as Record<string, unknown>
}

async function columns(): Promise<Map<string, string>> {
  const schema = JSON.parse(await readFile(new URL('clicks.schema.json', folder), 'utf8')) as {
    RecordColumns: { Name: string; SqlType: string; Mapping: string }[]
  }
  return new Map(schema.RecordColumns.map(column => [column.Name, column.SqlType]))
}

function countBy<T>(items: readonly T[], name: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(name(item), (counts.get(name(item)) ?? 0) + 1)
  return counts
}

test('the same seed gives the same bytes, however the calls are cut, and another seed gives others', () => {
  const bytes = (shop: Shop, cut: number): string => {
    const parts: Uint8Array[] = []
    for (let at = START; at < START + 20_000; at += cut)
      parts.push(...shop.next(Math.min(at + cut, START + 20_000)).map(event => event.data))
    return Buffer.concat(parts).toString('latin1')
  }
  const once = bytes(open({ seed: 7 }), 20_000)
  expect(once.length).toBeGreaterThan(20_000 * 200)
  expect(bytes(open({ seed: 7 }), 37)).toBe(once)
  expect(bytes(open({ seed: 8 }), 20_000)).not.toBe(once)
})

test('the rate is held in every second, whatever it is', () => {
  for (const ratePerSecond of [1, 7, 500, 3_333, 20_001]) {
    const shop = open({ ratePerSecond })
    for (let second = 0; second < 10; second++) {
      const events = shop.next(START + (second + 1) * 1_000)
      expect(Math.abs(events.length - ratePerSecond)).toBeLessThanOrEqual(1)
      expect(events.every(event => Math.floor((event.sentMs - START) / 1_000) === second)).toBe(true)
    }
  }
})

test('events leave in order of time, and asking for the past gives nothing', () => {
  const shop = open({ openForMs: 0 })
  const events = shop.next(START + 5_000)
  expect(events.every((event, i) => event.sentMs >= (events[i - 1]?.sentMs ?? START))).toBe(true)
  expect(shop.next(START + 5_000)).toEqual([])
  expect(shop.next(START)).toEqual([])
})

test('one call gives a bounded number of events and the next call goes on', () => {
  const shop = open({ ratePerSecond: 50_000 })
  expect(shop.next(START + 5_000)).toHaveLength(EVENTS_PER_CALL_MAX)
  expect(shop.next(START + 5_000)).toHaveLength(EVENTS_PER_CALL_MAX)
  expect(shop.next(START + 5_000)).toHaveLength(50_000)
  expect(shop.next(START + 5_000)).toEqual([])
})

test('no step of the funnel happens more often than the step before it, in a run from its opening and in every visit', () => {
  for (const seed of [1, 2, 3]) {
    const events = open({ seed, openForMs: 0, malformedShare: 0 }).next(START + 60_000)
    const counts = countBy(events, event => event.eventName)
    const perVisit = new Map<string, Map<string, number>>()
    for (const event of events) {
      const visit = String(decode(event)['session_id'])
      const steps = perVisit.get(visit) ?? new Map<string, number>()
      perVisit.set(visit, steps.set(event.eventName, (steps.get(event.eventName) ?? 0) + 1))
    }
    const monotone = (steps: ReadonlyMap<string, number>): boolean =>
      FUNNEL_STEPS.every((step, i) => i === 0 || (steps.get(step) ?? 0) <= (steps.get(FUNNEL_STEPS[i - 1] ?? '') ?? 0))
    expect(monotone(counts)).toBe(true)
    expect([...perVisit.values()].every(steps => monotone(steps) && steps.get('session_start') === 1)).toBe(true)
    for (const name of EVENT_NAMES) expect(counts.get(name), name).toBeGreaterThan(0)
  }
})

test('a shop that has been open sells in its first seconds', () => {
  const counts = countBy(open({ ratePerSecond: 500 }).next(START + 5_000), event => event.eventName)
  for (const name of EVENT_NAMES) expect(counts.get(name), name).toBeGreaterThan(0)
})

test('late and malformed events come in the shares that were asked for, each defect as often as the others', () => {
  for (const [lateShare, malformedShare] of [
    [0.01, 0.002],
    [0.1, 0.05],
    [0, 0],
  ] as const) {
    const events = open({ lateShare, malformedShare }).next(START + 100_000)
    const share = (count: number): number => count / events.length
    expect(share(events.filter(event => event.late).length)).toBeCloseTo(lateShare, 2)
    expect(share(events.filter(event => event.malformed).length)).toBeCloseTo(malformedShare, 2)
    const defects = countBy(events, event => event.defect ?? 'none')
    if (malformedShare > 0.01)
      for (const defect of ['truncated', 'wrong_type', 'unknown_shape'])
        expect((defects.get(defect) ?? 0) / events.length).toBeCloseTo(malformedShare / 3, 2)
    expect(events.every(event => event.malformed === (event.defect !== null))).toBe(true)
  }
})

test('every good event is JSON with columns of the schema, its values fit their types, and its id is its own', async () => {
  const types = await columns()
  const ids = new Set<unknown>()
  let good = 0
  for (const event of open({ lateShare: 0.05 }).next(START + 3_000)) {
    if (event.malformed) continue
    good++
    const row = decode(event)
    ids.add(row['event_id'])
    for (const [name, value] of Object.entries(row)) {
      const type = types.get(name)
      expect(type, `${name} is a column`).toBeDefined()
      const length = /^VARCHAR\((\d+)\)$/.exec(type ?? '')
      if (length !== null) {
        expect(typeof value).toBe('string')
        expect(String(value).length).toBeLessThanOrEqual(Number(length[1]))
      } else if (type === 'TIMESTAMP') expect(value).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/)
      else expect(typeof value).toBe('number')
    }
    for (const name of [
      'event_id',
      'event_name',
      'event_timestamp',
      'user_pseudo_id',
      'session_id',
      'page_path',
      'status',
    ])
      expect(row[name], name).toBeDefined()
    expect(row['event_name']).toBe(event.eventName)
    expect(row['user_pseudo_id']).toBe(event.partitionKey)
    const ageMs = event.sentMs - Date.parse(`${String(row['event_timestamp']).replace(' ', 'T')}Z`)
    if (event.late) expect(ageMs).toBeGreaterThanOrEqual(120_000)
    else expect(ageMs).toBeLessThan(1_000)
    if (event.late) expect(row['device']).toBe('mobile')
  }
  expect(ids.size).toBe(good)
})

test('a malformed event is no JSON, or has a column that cannot be converted, or has none of the columns', async () => {
  const types = await columns()
  for (const event of open({ malformedShare: 0.2 }).next(START + 5_000)) {
    switch (event.defect) {
      case 'truncated':
        expect(() => decode(event)).toThrow()
        break
      case 'wrong_type': {
        const row = decode(event)
        expect(row['status'] === 'teapot' || row['event_timestamp'] === 'yesterday').toBe(true)
        break
      }
      case 'unknown_shape':
        expect(Object.keys(decode(event)).some(name => types.has(name))).toBe(false)
        break
      case null:
        decode(event)
    }
  }
})

test('amounts are written with exactly two places, and a purchase is worth its cart', () => {
  const carts = new Map<string, number>()
  let purchases = 0
  for (const event of open({ openForMs: 0, malformedShare: 0 }).next(START + 30_000)) {
    const text = new TextDecoder().decode(event.data)
    const value = /"value":([\d.]+)/.exec(text)?.[1]
    if (value !== undefined && !/^\d+\.\d\d$/.test(value)) throw new Error(`amount ${value}`)
    const visit = String(decode(event)['session_id'])
    const cents = Math.round(Number(value ?? 0) * 100)
    if (event.eventName === 'add_to_cart') carts.set(visit, (carts.get(visit) ?? 0) + cents)
    if (event.eventName !== 'purchase') continue
    purchases++
    expect(cents).toBe(carts.get(visit))
    expect(text).toContain('"transaction_id":"T-')
  }
  expect(purchases).toBeGreaterThan(100)
})

test('pages follow Zipf: the most popular item leads, and most items are seen by few', () => {
  const events = open({ malformedShare: 0 })
    .next(START + 60_000)
    .filter(event => event.eventName === 'view_item')
  const seen = [...countBy(events, event => String(decode(event)['page_path'])).values()]
  seen.sort((a, b) => b - a)
  expect((seen[0] ?? 0) / events.length).toBeGreaterThan(0.1)
  expect(seen.slice(0, 20).reduce((sum, n) => sum + n, 0) / events.length).toBeGreaterThan(0.5)
})

test('a burst adds its rate for its time, from bots that never leave a page, and the visitors do not notice', () => {
  const quiet = open({ seed: 3 })
  const busy = open({ seed: 3 })
  quiet.next(START + 5_000)
  busy.next(START + 5_000)
  busy.burst({ ratePerSecond: 4_000, durationMs: 2_000, bots: 2 })
  const events = busy.next(START + 15_000)
  const bots = events.filter(event => event.bot)
  expect(events.length - bots.length).toBe(quiet.next(START + 15_000).length)
  expect(Math.abs(bots.length - 8_000)).toBeLessThanOrEqual(2)
  expect(bots.every(event => event.sentMs >= START + 5_000 && event.sentMs <= START + 7_000)).toBe(true)
  expect(new Set(bots.map(event => event.partitionKey)).size).toBe(2)
  expect(new Set(bots.map(event => event.eventName))).toEqual(new Set(['session_start', 'page_view']))
  const refused = bots.filter(event => !event.malformed && decode(event)['status'] === 429)
  expect(refused.length / bots.length).toBeCloseTo(0.3, 1)
  expect(bots.filter(event => !event.malformed).every(event => decode(event)['user_agent'] === BOT_AGENT)).toBe(true)
})

test('with the shape of a day the afternoon is busier than the night and the day as a whole is as asked', () => {
  const shop = open({ ratePerSecond: 1, dayShape: true, startMs: Date.UTC(2026, 0, 5) })
  const perHour: readonly number[] = Array.from(
    { length: 24 },
    (_, hour) => shop.next(Date.UTC(2026, 0, 5, hour + 1)).length,
  )
  expect(Math.max(...perHour) - (perHour[16] ?? 0)).toBeLessThanOrEqual(5)
  expect(perHour[16]).toBeGreaterThan((perHour[4] ?? 0) * 3)
  expect(perHour.reduce((sum, n) => sum + n, 0) / 86_400).toBeCloseTo(1, 2)
})

test('the number of visits settles, and an option out of range is refused by name', () => {
  const shop = open({ ratePerSecond: 2_000 })
  shop.next(START + 30_000)
  const early = shop.visits
  shop.next(START + 60_000)
  shop.next(START + 90_000)
  expect(shop.visits).toBeLessThan(early * 1.3)
  expect(() => open({ ratePerSecond: 0 })).toThrow(/ratePerSecond is 0/)
  expect(() => open({ lateShare: 0.6 })).toThrow(/lateShare is 0.6; give a number from 0 to 0.5/)
  expect(() => shop.burst({ bots: 0 })).toThrow(/burst bots/)
})
