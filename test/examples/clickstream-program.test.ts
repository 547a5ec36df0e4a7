/** The whole example at once: the shop's events through schema, SQL and operators, judged by counting the events themselves. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createDecoder } from '../../core/codecs/decoder.ts'
import { parseInputSchema } from '../../core/codecs/input-schema.ts'
import { type ErrorRow, RecordBatchBuilder, type RowBatch, type Value, valueAt } from '../../core/index.ts'
import { Shop, type ShopEvent } from '../../examples/clickstream/shop.ts'
import { compileProgram } from '../../processors/compile.ts'
import { planProgram } from '../../processors/sql/plan.ts'

const START = Date.UTC(2026, 0, 5, 9)
const INPUT = 'SOURCE_SQL_STREAM_001'
const VIEWS =
  'PAGE_VIEWS PAGE_VIEWS_BY_MINUTE TOP_PAGES FUNNEL REVENUE ERRORS LIVE_USERS REFERRERS SESSIONS MOVERS CONVERSION BOT_BURSTS'.split(
    ' ',
  )
const MINUTES_5 = 300_000
const folder = new URL('../../examples/clickstream/', import.meta.url)

/** Runs the program over events that arrive when they are sent; the rows of each view as column name to value. */
async function run(events: readonly ShopEvent[]) {
  const decoder = createDecoder(
    parseInputSchema(JSON.parse(await readFile(new URL('clicks.schema.json', folder), 'utf8'))),
  )
  const plan = planProgram(await readFile(new URL('clickstream.sql', folder), 'utf8'), [
    { name: INPUT, schema: decoder.schema },
  ])
  const errorRows: ErrorRow[] = []
  const errors = { add: (row: ErrorRow) => void errorRows.push(row) }
  const program = compileProgram(plan, { errors, outputs: VIEWS, startedAt: START, rowTimestamp: 'rowtime' })
  const views = new Map<string, Map<string, Value>[]>(VIEWS.map(view => [view, []]))
  const drain = (): void => {
    for (let more = true; more; ) {
      more = program.work()
      for (const { stream, rows } of program.takeResults()) views.get(stream)?.push(...rowsOf(rows))
    }
  }
  let order = 0
  for (let from = 0; from < events.length; from += 1_000) {
    const builder = new RecordBatchBuilder()
    for (const { data, sentMs, partitionKey } of events.slice(from, from + 1_000))
      builder.add({
        data,
        arrivedAt: sentMs,
        rowtime: sentMs,
        sequenceNumber: String(++order),
        subsequenceNumber: 0,
        partitionKey,
        shardId: 'shardId-000000000000',
      })
    for (const rows of decoder.decode(builder.take(), errors)) program.push(INPUT, rows)
    drain()
  }
  program.advance(Number.POSITIVE_INFINITY)
  drain()
  return { plan, views, errorRows }
}

function rowsOf(rows: RowBatch): Map<string, Value>[] {
  return Array.from(
    { length: rows.length },
    (_, row) =>
      new Map<string, Value>([
        ['ROWTIME', rows.rowtimes[row] ?? 0],
        ...rows.schema.columns.map((column, i) => [column.name, at(rows, i, row)] as const),
      ]),
  )
}

function at(rows: RowBatch, column: number, row: number): Value {
  const vector = rows.columns[column]
  return vector === undefined ? null : valueAt(vector, row)
}

/** Sum of a BIGINT or DECIMAL column, unscaled. */
function total(rows: readonly ReadonlyMap<string, Value>[] | undefined, column: string): bigint {
  return (rows ?? []).reduce((sum, row) => sum + ((row.get(column) as bigint | null) ?? 0n), 0n)
}

test('the program plans without a warning, and its views add up to what the visitors did', async () => {
  const shop = new Shop({ seed: 5, ratePerSecond: 200, startMs: START, malformedShare: 0.02, lateShare: 0.05 })
  const events = shop.next(START + 20_000)
  shop.burst({ ratePerSecond: 500, durationMs: 5_000 })
  events.push(...shop.next(START + 125_000))
  const { plan, views, errorRows } = await run(events)
  expect(plan.warnings).toEqual([])

  const good = events.filter(event => !event.malformed)
  const foreign = events.filter(event => event.defect === 'unknown_shape')
  const count = (keep: (event: ShopEvent) => boolean): bigint => BigInt(good.filter(keep).length)
  const json = (event: ShopEvent): Record<string, unknown> => JSON.parse(new TextDecoder().decode(event.data))
  const isView = (event: ShopEvent): boolean => event.eventName === 'page_view'

  expect(errorRows.length).toBe(
    events.filter(event => event.defect !== null && event.defect !== 'unknown_shape').length,
  )
  expect(foreign.length).toBeGreaterThan(0)
  expect(total(views.get('FUNNEL'), 'EVENTS')).toBe(BigInt(good.length + foreign.length))
  expect(total(views.get('FUNNEL'), 'LATE_EVENTS')).toBe(count(event => event.late))
  expect(
    total(
      views.get('FUNNEL')?.filter(row => row.get('EVENT_NAME') === 'unknown'),
      'EVENTS',
    ),
  ).toBe(BigInt(foreign.length))
  for (const name of ['page_view', 'view_item', 'add_to_cart', 'begin_checkout', 'purchase'])
    expect(
      total(
        views.get('FUNNEL')?.filter(row => row.get('EVENT_NAME') === name),
        'EVENTS',
      ),
    ).toBe(count(event => event.eventName === name))
  expect(total(views.get('PAGE_VIEWS'), 'VIEWS')).toBe(count(isView))
  expect(total(views.get('PAGE_VIEWS'), 'LATE_VIEWS')).toBe(count(event => isView(event) && event.late))
  expect(total(views.get('PAGE_VIEWS'), 'BOT_VIEWS')).toBe(count(event => isView(event) && event.bot))
  expect(total(views.get('TOP_PAGES'), 'VIEWS')).toBe(
    count(event => isView(event) && !event.bot && Number(json(event)['status']) < 400),
  )
  expect(total(views.get('ERRORS'), 'HITS')).toBe(count(event => Number(json(event)['status']) >= 400))
  expect(total(views.get('REVENUE'), 'ORDERS')).toBe(count(event => event.eventName === 'purchase'))
  expect(total(views.get('REVENUE'), 'REVENUE')).toBe(
    good
      .filter(event => event.eventName === 'purchase')
      .reduce((sum, event) => sum + BigInt(Math.round(Number(json(event)['value']) * 100)), 0n),
  )

  const isPerson = (event: ShopEvent): boolean => !event.bot
  expect(total(views.get('SESSIONS'), 'STARTED')).toBe(
    count(event => event.eventName === 'session_start' && isPerson(event)),
  )
  expect(total(views.get('REFERRERS'), 'VISITS')).toBe(total(views.get('SESSIONS'), 'STARTED'))
  expect(total(views.get('MOVERS'), 'VIEWS')).toBe(total(views.get('TOP_PAGES'), 'VIEWS'))
  // each page against the window in which it was seen before, a minute back at most
  const pages = views.get('TOP_PAGES') ?? []
  const movers = pages.map((row, index) => {
    const before = pages.slice(0, index).findLast(other => other.get('PAGE') === row.get('PAGE'))
    const isRecent = before !== undefined && Number(row.get('ROWTIME')) - Number(before.get('ROWTIME')) <= 60_000
    const more = isRecent ? Number(row.get('VIEWS')) - Number(before.get('VIEWS')) : null
    return `${String(row.get('ROWTIME'))} ${String(row.get('PAGE'))} ${String(more)}`
  })
  expect(movers.filter(text => text.endsWith('null')).length).toBeGreaterThan(1)
  const given = (views.get('MOVERS') ?? []).map(
    row => `${String(row.get('ROWTIME'))} ${String(row.get('PAGE'))} ${String(row.get('MORE_VIEWS'))}`,
  )
  expect(given.sort()).toEqual(movers.sort())

  // shares over the last minute of visits
  const sessions = views.get('SESSIONS') ?? []
  const conversion = views.get('CONVERSION') ?? []
  expect(conversion).toHaveLength(sessions.length)
  sessions.forEach((row, index) => {
    const within = sessions
      .slice(0, index + 1)
      .filter(other => Number(other.get('ROWTIME')) >= Number(row.get('ROWTIME')) - 60_000)
    const [started, carts, orders] = ['STARTED', 'CARTS', 'ORDERS'].map(name => Number(total(within, name)))
    if (started === undefined || carts === undefined || orders === undefined) throw new Error('three sums')
    const expectShare = (name: string, part: number | null, all: number): void => {
      const value = conversion[index]?.get(name)
      if (part === null) expect([index, name, value]).toEqual([index, name, null])
      else expect([index, name, Number(value)]).toEqual([index, name, expect.closeTo((100 * part) / all, 1)])
    }
    expectShare('ORDERS_PER_VISIT', started > 0 ? orders : null, started)
    expectShare('CARTS_LEFT', carts > 0 && orders <= carts ? carts - orders : null, carts)
  })

  // windows in which bots made more than a quarter of the page views
  const bursts: unknown[] = []
  for (let from = START; from < START + 130_000; from += 5_000) {
    const seen = good.filter(event => isView(event) && event.sentMs >= from && event.sentMs < from + 5_000)
    const bots = seen.filter(({ bot }) => bot).length
    if (bots * 4 > seen.length) bursts.push([from, BigInt(bots), BigInt(seen.length)])
  }
  expect(bursts.length).toBeGreaterThan(0)
  expect(
    views.get('BOT_BURSTS')?.map(row => [row.get('WINDOW_START'), row.get('BOT_VIEWS'), row.get('VIEWS')]),
  ).toEqual(bursts)

  const people = good.filter(isPerson).map(event => ({ at: event.sentMs, visitor: json(event)['user_pseudo_id'] }))
  const live = (views.get('LIVE_USERS') ?? []).map(row => [row.get('UNTIL_TIME'), row.get('USERS')] as const)
  expect(live.length).toBeGreaterThan(60)
  for (const [until, users] of live) {
    const within = people.filter(({ at }) => at < Number(until) && at >= Number(until) - MINUTES_5)
    expect(users).toBe(BigInt(new Set(within.map(({ visitor }) => visitor)).size))
  }

  // the second stage: a window that ends at the full minute belongs to the minute before it
  const minutes = views.get('PAGE_VIEWS_BY_MINUTE') ?? []
  const inMinute = (minute: number): bigint =>
    count(event => isView(event) && Math.floor((event.sentMs - START) / 60_000) === minute)
  expect(minutes.map(row => [row.get('MINUTE_END'), row.get('VIEWS')])).toEqual(
    [0, 1, 2].map(minute => [START + (minute + 1) * 60_000, inMinute(minute)]),
  )
})
