/** A shop's output streams with believable numbers from a seed, for tests of the live view. */
import { type RowBatch, RowBuilder, type Schema, type Value } from '../../../core/index.ts'
import { type Dashboard, dashboard } from '../../../dashboards/index.ts'

const text = (name: string, length = 64) => ({ name, type: { kind: 'VARCHAR' as const, length }, nullable: true })
const bigint = (name: string) => ({ name, type: { kind: 'BIGINT' as const }, nullable: true })

export const SHOP_OUTPUTS: ReadonlyMap<string, Schema> = new Map<string, Schema>([
  ['PAGE_VIEWS', { columns: [text('DEVICE'), bigint('VIEWS')] }],
  ['TOP_PAGES', { columns: [text('PAGE'), bigint('VIEWS')] }],
  ['FUNNEL', { columns: [text('STEP'), bigint('VISITORS')] }],
  [
    'REVENUE',
    {
      columns: [
        { name: 'AMOUNT', type: { kind: 'DECIMAL', precision: 12, scale: 2 }, nullable: true },
        bigint('ORDERS'),
      ],
    },
  ],
  [
    'ERRORS',
    { columns: [{ name: 'STATUS', type: { kind: 'INTEGER' }, nullable: true }, text('PAGE'), bigint('HITS')] },
  ],
])

export const SHOP_DASHBOARD: Dashboard = dashboard({
  title: 'Shop',
  panels: [
    {
      kind: 'timeSeries',
      title: 'Page views',
      stream: 'PAGE_VIEWS',
      value: 'views',
      series: 'device',
      width: 'twoThirds',
      description: 'per 5-second window, by device',
    },
    {
      kind: 'stat',
      title: 'Revenue',
      stream: 'REVENUE',
      value: 'amount',
      show: 'total',
      unit: 'currency:EUR',
      width: 'third',
    },
    { kind: 'top', title: 'Top pages', stream: 'TOP_PAGES', series: 'page', value: 'views', topN: 8 },
    {
      kind: 'funnel',
      title: 'From view to purchase',
      stream: 'FUNNEL',
      series: 'step',
      value: 'visitors',
      steps: ['view', 'product', 'cart', 'checkout', 'purchase'],
    },
    {
      kind: 'timeSeries',
      title: 'Revenue per window',
      stream: 'REVENUE',
      value: 'amount',
      unit: 'currency:EUR',
      width: 'third',
    },
    { kind: 'timeSeries', title: 'Failed requests', stream: 'ERRORS', value: 'hits', series: 'status', width: 'half' },
    { kind: 'table', title: 'Failed requests, newest', stream: 'ERRORS', topN: 8, width: 'half' },
  ],
})

/** Every kind of panel, with thresholds, annotations and a variable. The first panels are those of the shop. */
export const FULL_DASHBOARD: Dashboard = dashboard({
  title: 'Shop, all kinds',
  panels: [
    ...SHOP_DASHBOARD.panels,
    { kind: 'bar', title: 'Views by device', stream: 'PAGE_VIEWS', series: 'device', value: 'views', over: 'span' },
    {
      kind: 'bar',
      title: 'Failures by page and status',
      stream: 'ERRORS',
      series: 'page',
      value: 'hits',
      stack: 'status',
      over: 'span',
      order: 'label',
    },
    { kind: 'heatmap', title: 'Pages over time', stream: 'TOP_PAGES', series: 'page', value: 'views', topN: 8 },
    {
      kind: 'stateTimeline',
      title: 'Last status by page',
      stream: 'ERRORS',
      series: 'page',
      state: 'status',
      states: [
        { state: '404', level: 'warn' },
        { state: '500', level: 'bad' },
      ],
    },
    {
      kind: 'stat',
      title: 'Failures',
      stream: 'ERRORS',
      value: 'hits',
      thresholds: [
        { from: 0, level: 'ok' },
        { from: 10, level: 'bad' },
      ],
    },
    {
      kind: 'timeSeries',
      title: 'Orders',
      stream: 'REVENUE',
      value: 'orders',
      thresholds: [{ from: 300, level: 'warn' }],
    },
  ],
  annotations: [{ title: 'Failures', stream: 'ERRORS', level: 'warn' }],
  variables: [
    { name: 'page', column: 'page' },
    { name: 'device', column: 'device', values: ['mobile', 'desktop', 'tablet'] },
  ],
})

export function batchOf(schema: Schema, rowtime: number, rows: readonly (readonly Value[])[]): RowBatch {
  const builder = new RowBuilder(schema)
  for (const row of rows) builder.add(rowtime, row)
  return builder.take()
}

const PAGES = [
  '/',
  '/shoes',
  '/shoes/runner-2',
  '/bags',
  '/search',
  '/cart',
  '/checkout',
  '/sale/winter',
  '/help/returns',
  '/account',
  '/bags/tote',
]

/** The rows of all streams for the window that ends at `at`. */
export function shopWindow(at: number, random: () => number): readonly (readonly [string, RowBatch])[] {
  const wave = 1 + 0.25 * Math.sin(at / 40_000)
  const count = (base: number): bigint => BigInt(Math.round(base * wave * (0.9 + 0.2 * random())))
  const batch = (stream: string, rows: readonly (readonly Value[])[]): readonly [string, RowBatch] => {
    const schema = SHOP_OUTPUTS.get(stream)
    if (schema === undefined) throw new Error(`no stream ${stream}`)
    return [stream, batchOf(schema, at, rows)]
  }
  const views = 24_000
  return [
    batch('PAGE_VIEWS', [
      ['mobile', count(14_200)],
      ['desktop', count(8_100)],
      ['tablet', count(1_900)],
    ]),
    batch(
      'TOP_PAGES',
      PAGES.map((page, index) => [page, count(6_400 / (index + 1))]),
    ),
    batch(
      'FUNNEL',
      ['view', 'product', 'cart', 'checkout', 'purchase'].map((step, index) => [step, count(views * 0.42 ** index)]),
    ),
    batch('REVENUE', [[BigInt(Math.round(1_845_000 * wave * (0.85 + 0.3 * random()))), count(340)]]),
    batch('ERRORS', [
      [404, '/old/landing', count(41)],
      [500, '/checkout', random() < 0.4 ? count(9) : 1n],
    ]),
  ]
}
