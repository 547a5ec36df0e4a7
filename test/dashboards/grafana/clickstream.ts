/** The demo's shop through the demo's program: its pipeline, and the rows of its views. */
import { readFile } from 'node:fs/promises'
import { dashboardInputs } from '../../../cli/dashboards.ts'
import { demoPipeline } from '../../../cli/demo.ts'
import { createDecoder } from '../../../core/codecs/decoder.ts'
import { parseInputSchema } from '../../../core/codecs/input-schema.ts'
import { ERROR_STREAM, nodeEnv, RecordBatchBuilder, type RowBatch } from '../../../core/index.ts'
import { type Dashboard, dashboard } from '../../../dashboards/index.ts'
import { Shop } from '../../../examples/clickstream/shop.ts'
import { compileProgram } from '../../../processors/compile.ts'
import { planProgram } from '../../../processors/sql/plan.ts'

/** One of every kind, apart from what the demo shows, which may change. */
export const EVERY_KIND: Dashboard = dashboard({
  title: 'Every kind',
  panels: [
    { kind: 'stat', title: 'Newest views', stream: 'PAGE_VIEWS', x: 'WINDOW_START', value: 'VIEWS' },
    { kind: 'stat', title: 'Orders', stream: 'REVENUE', value: 'ORDERS', show: 'total' },
    {
      kind: 'stat',
      title: 'Largest',
      stream: 'REVENUE',
      value: 'LARGEST_ORDER',
      combine: 'max',
      show: 'total',
      unit: 'currency:EUR',
    },
    {
      kind: 'timeSeries',
      title: 'By device',
      stream: 'PAGE_VIEWS',
      value: 'VIEWS',
      series: 'DEVICE',
      topN: 2,
      width: 'twoThirds',
    },
    {
      kind: 'timeSeries',
      title: 'Average',
      stream: 'REVENUE',
      value: 'AVERAGE_ORDER',
      combine: 'last',
      unit: 'currency:NZD',
    },
    {
      kind: 'timeSeries',
      title: 'A minute',
      stream: 'PAGE_VIEWS_BY_MINUTE',
      value: ['VIEWS', 'PEAK'],
      spanMs: 1_800_000,
    },
    { kind: 'top', title: 'Pages now', stream: 'TOP_PAGES', series: 'PAGE', value: 'VIEWS', topN: 3 },
    { kind: 'top', title: 'Pages', stream: 'TOP_PAGES', series: 'PAGE', value: 'VIEWS', over: 'span', spanMs: 60_000 },
    {
      kind: 'funnel',
      title: 'Funnel',
      stream: 'FUNNEL',
      series: 'EVENT_NAME',
      value: 'EVENTS',
      steps: ['page_view', 'view_item', 'no "such" step'],
    },
    {
      kind: 'funnel',
      title: 'Funnel now',
      stream: 'FUNNEL',
      series: 'EVENT_NAME',
      value: 'EVENTS',
      steps: ['page_view', 'view_item'],
      over: 'last',
    },
    { kind: 'bar', title: 'Bars', stream: 'PAGE_VIEWS', series: 'DEVICE', value: ['VIEWS', 'BOT_VIEWS'], over: 'span' },
    {
      kind: 'bar',
      title: 'Stack',
      stream: 'ERRORS',
      series: 'STATUS',
      stack: 'PAGE',
      value: 'HITS',
      order: 'label',
      over: 'span',
    },
    {
      kind: 'bar',
      title: 'Levels',
      stream: 'TOP_PAGES',
      series: 'SECTION',
      value: 'VIEWS',
      thresholds: [{ from: 10, level: 'warn' }],
    },
    { kind: 'heatmap', title: 'Heat', stream: 'TOP_PAGES', series: 'SECTION', value: 'VIEWS' },
    {
      kind: 'stateTimeline',
      title: 'States',
      stream: 'ERRORS',
      series: 'STATUS',
      state: 'FAULT',
      states: [{ state: 'shop', level: 'bad' }],
    },
    { kind: 'table', title: 'Rows', stream: 'ERRORS', columns: ['PAGE', 'STATUS', 'HITS'], topN: 5 },
  ],
  others: 'hide',
  annotations: [{ title: 'Failure', stream: 'ERRORS', text: ['PAGE', 'FAULT'], level: 'bad' }],
  variables: [
    { name: 'device', column: 'DEVICE' },
    { name: 'coin', column: 'CURRENCY', values: ['EUR', 'a,b'] },
  ],
})

export const START = Date.UTC(2026, 0, 5, 9)
const INPUT = 'SOURCE_SQL_STREAM_001'
const folder = new URL('../../../examples/clickstream/', import.meta.url)

/** What the renderers of dashboards take. */
export async function clickstreamInputs() {
  return dashboardInputs(await demoPipeline('.', nodeEnv))
}

/** Calls back with the rows of every view, of so many milliseconds of the shop from START on, bots and late events among them. */
export async function clickstreamRows(ms: number, onRows: (stream: string, rows: RowBatch) => void): Promise<void> {
  const decoder = createDecoder(
    parseInputSchema(JSON.parse(await readFile(new URL('clicks.schema.json', folder), 'utf8'))),
  )
  const plan = planProgram(await readFile(new URL('clickstream.sql', folder), 'utf8'), [
    { name: INPUT, schema: decoder.schema },
  ])
  const errors = { add: () => {} }
  const outputs = [...(await clickstreamInputs()).outputs.keys()].filter(name => name !== ERROR_STREAM)
  const program = compileProgram(plan, { errors, outputs, startedAt: START, rowTimestamp: 'rowtime' })
  const shop = new Shop({ seed: 3, ratePerSecond: 100, startMs: START, lateShare: 0.05 })
  const drain = (): void => {
    for (let more = true; more; ) {
      more = program.work()
      for (const { stream, rows } of program.takeResults()) onRows(stream, rows)
    }
  }
  // Bots come for the second half: the view that notices them has rows as well.
  const events = shop.next(START + ms / 2)
  shop.burst({ ratePerSecond: 200, durationMs: ms / 3 })
  events.push(...shop.next(START + ms))
  const builder = new RecordBatchBuilder()
  let order = 0
  for (const { data, sentMs, partitionKey } of events)
    builder.add({
      data,
      arrivedAt: sentMs,
      rowtime: sentMs,
      sequenceNumber: String(++order),
      subsequenceNumber: 0,
      partitionKey,
      shardId: 'shardId-000000000000',
    })
  for (const rows of decoder.decode(builder.take(), errors)) {
    program.push(INPUT, rows)
    drain()
  }
  program.advance(START + ms)
  drain()
}
