import { expect, test } from 'vitest'
import type { Schema, Value } from '../../../core/index.ts'
import { ResultSeries } from '../../../dashboards/index.ts'
import { matcherOf } from '../../../dashboards/prometheus/promql/matcher.ts'
import { batchOf } from '../support/shop.ts'

const VIEWS: Schema = {
  columns: [
    { name: 'PAGE', type: { kind: 'VARCHAR', length: 64 }, nullable: true },
    { name: 'STATUS', type: { kind: 'INTEGER' }, nullable: true },
    { name: 'EVENTS', type: { kind: 'BIGINT' }, nullable: true },
    { name: 'Total-Price', type: { kind: 'DECIMAL', precision: 10, scale: 2 }, nullable: true },
  ],
}
const outputs = new Map([['PAGE_VIEWS', VIEWS]])

function put(series: ResultSeries, time: number, ...rows: readonly (readonly Value[])[]): void {
  series.rows('PAGE_VIEWS', batchOf(VIEWS, time, rows))
}

/** `labels time=value ...` of every series. */
function held(series: ResultSeries): string[] {
  return series.select([matcherOf('__name__', '=~', '.+')]).map(({ labels, times, values, start, end }) => {
    const points = Array.from({ length: end - start }, (_, index) => `${times[start + index]}=${values[start + index]}`)
    return `${labels.toString()} ${points.join(' ')}`
  })
}

test('each measure of a row is a sample at its rowtime; texts and codes are labels; NULL is no label and no sample', () => {
  const series = new ResultSeries({ outputs })
  put(series, 60_000, ['/', 200, 3n, 1_050n], ['/cart', null, null, 999n])
  put(series, 120_000, ['/', 200, 4n, -5n])
  put(series, 120_000, ['/', 200, 5n, -5n])
  expect(held(series)).toEqual([
    'page_views_events{page="/", status="200"} 60000=3 120000=5',
    'page_views_total_price{page="/", status="200"} 60000=10.5 120000=-0.05',
    'page_views_total_price{page="/cart"} 60000=9.99',
  ])
  expect(series.metadata).toEqual([
    { metric: 'page_views_events', help: 'EVENTS of PAGE_VIEWS' },
    { metric: 'page_views_total_price', help: 'Total-Price of PAGE_VIEWS' },
  ])
})

test('a row that comes late takes its place; what a query holds stays as it is', () => {
  const series = new ResultSeries({ outputs })
  for (let minute = 0; minute < 40; minute += 2) put(series, minute * 60_000, ['/', 200, BigInt(minute), null])
  const before = series.select([matcherOf('__name__', '=', 'page_views_events')])[0]
  for (let minute = 1; minute < 40; minute += 2) put(series, minute * 60_000, ['/', 200, BigInt(minute), null])
  const after = series.select([matcherOf('__name__', '=', 'page_views_events')])[0]
  const values = Array.from(after?.values.subarray(after.start, after.end) ?? [])
  expect(values).toEqual(Array.from({ length: 40 }, (_, minute) => minute))
  expect(Array.from(before?.values.subarray(before.start, before.end) ?? [])).toEqual(
    Array.from({ length: 20 }, (_, i) => 2 * i),
  )
})

test('time, samples and series are bounded, the oldest go first, and what found no room is counted', () => {
  const byTime = new ResultSeries({ outputs, retentionMs: 600_000 })
  for (let minute = 0; minute < 100; minute++) put(byTime, minute * 60_000, ['/', 200, 1n, null])
  const [kept] = byTime.select([matcherOf('__name__', '=', 'page_views_events')])
  expect(kept?.times[kept.start]).toBeGreaterThan(99 * 60_000 - 600_000 - 75_000 - 60_000)
  put(byTime, 0, ['/old', 200, 1n, null])
  expect(held(byTime).length).toBe(1)

  const bySamples = new ResultSeries({ outputs, samplesMax: 50 })
  for (let minute = 0; minute < 100; minute++) put(bySamples, minute * 60_000, ['/', 200, 1n, 1n])
  expect(bySamples.totals.samples).toBeLessThanOrEqual(50)
  expect(bySamples.totals.samples).toBeGreaterThan(30)
  expect(held(bySamples)[0]).toContain(' 5940000=1')

  const bySeries = new ResultSeries({ outputs, seriesMax: 4 })
  put(bySeries, 60_000, ['/a', 200, 1n, 1n], ['/b', 200, 1n, 1n], ['/c', 200, 1n, 1n])
  expect(bySeries.totals).toEqual({ series: 4, samples: 4, samplesLeftOut: 2 })
  // Silent for more than five minutes: their places are free.
  put(bySeries, 600_000, ['/c', 200, 1n, 1n])
  expect(held(bySeries).some(line => line.includes('"/c"'))).toBe(true)
  expect(bySeries.totals.series).toBeLessThanOrEqual(4)
})

test('samples of one instant only, too many of them, do not hang', () => {
  const series = new ResultSeries({ outputs, samplesMax: 10 })
  put(series, 60_000, ...Array.from({ length: 50 }, (_, page) => [`/${page}`, 200, 1n, 1n]))
  expect(series.totals.samples).toBeLessThanOrEqual(10)
})
