/** Grafana's files: against the types of Grafana's own SDK, an own lint, golden files, and the served API with the demo's data. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeEnv, type Schema, typedValueAt, type Value } from '../../../core/index.ts'
import { differenceOf } from '../../../dashboards/difference.ts'
import { grafanaUnit } from '../../../dashboards/grafana/units.ts'
import {
  dashboard,
  dashboardUid,
  type GrafanaDashboard,
  grafanaDashboard,
  grafanaProject,
  type LiveListener,
  LiveView,
  ResultSeries,
  serveLive,
} from '../../../dashboards/index.ts'
import { streamMetrics } from '../../../dashboards/prometheus/metric-names.ts'
import { SHOP_DASHBOARD, SHOP_OUTPUTS } from '../support/shop.ts'
import { clickstreamInputs, clickstreamRows, EVERY_KIND, START } from './clickstream.ts'
import { interpolated, lint } from './lint.ts'
import { compilerSays, HAS_SDK, sdkUnits } from './sdk-types.ts'

/** How long the shop is open. */
const MS = 150_000

const metricsOf = (outputs: ReadonlyMap<string, Schema>): ReadonlySet<string> =>
  new Set([...streamMetrics(outputs).values()].flatMap(({ metrics }) => metrics.map(({ name }) => name)))

const NO_WINDOWS = new Map<string, null>()
let inputs: Awaited<ReturnType<typeof clickstreamInputs>>
let clickstream: GrafanaDashboard
let byDefault: GrafanaDashboard
let shop: GrafanaDashboard
let everyKind: GrafanaDashboard
beforeAll(async () => {
  inputs = await clickstreamInputs()
  const { dashboard: _own, ...rest } = inputs
  clickstream = grafanaDashboard(inputs).dashboard
  byDefault = grafanaDashboard(rest).dashboard
  everyKind = grafanaDashboard({ ...rest, dashboard: EVERY_KIND }).dashboard
  shop = grafanaDashboard({
    name: 'shop',
    outputs: SHOP_OUTPUTS,
    dashboard: SHOP_DASHBOARD,
    windows: NO_WINDOWS,
  }).dashboard
})

test('the lint finds nothing in the dashboards that are written, and what is wrong in others', () => {
  expect(lint(clickstream, metricsOf(inputs.outputs))).toEqual([])
  expect(lint(everyKind, metricsOf(inputs.outputs))).toEqual([])
  expect(lint(byDefault, metricsOf(inputs.outputs))).toEqual([])
  expect(lint(shop, metricsOf(SHOP_OUTPUTS))).toEqual([])
  const [first, second] = clickstream.panels
  if (first === undefined || second === undefined) throw new Error('the shop has two panels')
  const target = { ...first.targets[0], expr: 'sum(nobody[$__interval])' }
  const wrong = {
    ...clickstream,
    panels: [first, { ...second, id: first.id, gridPos: first.gridPos, targets: [target] }],
  }
  const found = lint(wrong as GrafanaDashboard, metricsOf(inputs.outputs)).join('\n')
  expect(found).toContain('its id is not its own')
  expect(found).toContain('it lies over')
  expect(found).toContain('expected type instant vector in sum(), got range vector')
})

if (!HAS_SDK) console.log('skipped: dashboards are not compiled against Grafana’s SDK: npm ci in test/oracles')
describe.skipIf(!HAS_SDK)('the types of the Foundation SDK', () => {
  test('accept what is written, and refuse a member, a value and an option that Grafana does not have', async () => {
    expect(compilerSays([clickstream, everyKind, byDefault, shop])).toBe('')
    const [panel] = clickstream.panels
    if (panel === undefined) throw new Error('the shop has a panel')
    const changed = (more: object): object => ({ ...clickstream, panels: [{ ...panel, ...more }] })
    expect(compilerSays([changed({ heigth: 3 })])).toContain('heigth')
    expect(compilerSays([changed({ options: { ...panel.options, graphMode: 'areas' } })])).toContain('"areas"')
    expect(compilerSays([{ ...clickstream, graphTooltip: 7 }])).toContain("Type '7'")
  }, 60_000)

  test('know every unit', async () => {
    const known = await sdkUnits()
    for (const unit of [
      'count',
      'perSecond',
      'bytes',
      'milliseconds',
      'seconds',
      'percent',
      'currency:EUR',
      'currency:CHF',
    ] as const)
      expect(known, unit).toContain(grafanaUnit(unit))
    expect(grafanaUnit('currency:NZD')).toBe('currency:NZD ')
  })
})

test('golden files: a dashboard of every kind, a default one, and every file of a project', async () => {
  const golden = (name: string): string => fileURLToPath(new URL(`golden/${name}.expected`, import.meta.url))
  const { files } = grafanaProject({ ...inputs, dashboard: EVERY_KIND, port: 8321, network: 'host' })
  const bridged = grafanaProject({ ...inputs, port: 9000, network: 'bridge' }).files
  expect([...files.keys()]).toEqual([
    'compose.yaml',
    'provisioning/datasources/millrace.yaml',
    'provisioning/dashboards/millrace.yaml',
    'dashboards/millrace-clickstream.json',
  ])
  for (const [path, text] of files) await expect(text).toMatchFileSnapshot(golden(path.replaceAll('/', '.')))
  await expect(bridged.get('compose.yaml')).toMatchFileSnapshot(golden('bridge.compose.yaml'))
  const shopByDefault = grafanaDashboard({ name: 'shop', outputs: SHOP_OUTPUTS, windows: NO_WINDOWS }).dashboard
  await expect(`${JSON.stringify(shopByDefault, null, 2)}\n`).toMatchFileSnapshot(golden('default.json'))
  expect(bridged.get('provisioning/datasources/millrace.yaml')).toContain('url: http://host.docker.internal:9000')
})

describe('every query, asked of the served API with the demo’s data', () => {
  let listener: LiveListener
  const end = START + MS
  beforeAll(async () => {
    const results = new ResultSeries({ outputs: inputs.outputs })
    await clickstreamRows(MS, (stream, rows) => results.rows(stream, rows))
    const view = new LiveView({ title: 'clickstream', outputs: inputs.outputs, clock: nodeEnv.clock })
    const pageDirectory = fileURLToPath(new URL('../../../dist/dashboards/live/page', import.meta.url))
    listener = await serveLive(view, nodeEnv, { port: 0, pageDirectory, results })
  })
  afterAll(async () => listener?.close())

  /** As Grafana's backend asks: a form, a range or an instant. */
  const ask = async (
    expr: string,
    isInstant: boolean,
  ): Promise<readonly { metric: object; values: [number, string][] }[]> => {
    const body = new URLSearchParams({ query: interpolated(expr) })
    if (isInstant) body.set('time', String(end / 1_000))
    else
      for (const [name, value] of [
        ['start', (end - 300_000) / 1_000],
        ['end', end / 1_000],
        ['step', 10],
      ] as const)
        body.set(name, String(value))
    const reply = await fetch(new URL(`/api/v1/${isInstant ? 'query' : 'query_range'}`, listener.url), {
      method: 'POST',
      body,
    })
    const { status, data, error } = (await reply.json()) as {
      status: string
      error?: string
      data: { result: { metric: object; value?: [number, string]; values?: [number, string][] }[] }
    }
    expect(status, `${expr}: ${error ?? ''}`).toBe('success')
    return data.result.map(({ metric, value, values }) => ({
      metric,
      values: values ?? (value === undefined ? [] : [value]),
    }))
  }

  test('returns data, but for the rest of groups that are all shown', async () => {
    const empty: string[] = []
    for (const { panels } of [clickstream, everyKind, byDefault])
      for (const panel of panels)
        for (const { expr, instant, legendFormat } of panel.targets)
          if ((await ask(expr, instant)).length === 0) empty.push(`${panel.title}: ${legendFormat}`)
    expect(empty.filter(name => !name.endsWith(': other'))).toEqual([])
  })

  test('and the data are what the rows say', async () => {
    const queries = (title: string): GrafanaDashboard['panels'][number]['targets'] =>
      everyKind.panels.find(panel => panel.title === title)?.targets ?? []
    const rowsOf = new Map<string, Record<string, Value>[]>()
    await clickstreamRows(MS, (stream, batch) => {
      const rows = rowsOf.get(stream) ?? []
      rowsOf.set(stream, rows)
      for (let row = 0; row < batch.length; row++)
        rows.push(
          Object.fromEntries(
            batch.schema.columns.map(({ name, type }, index) => {
              const vector = batch.columns[index]
              return [name, vector === undefined ? null : typedValueAt(vector, type, row)]
            }),
          ),
        )
    })
    const sumOf = (
      stream: string,
      column: string,
      isCounted: (row: Record<string, Value>) => boolean = () => true,
    ): number => (rowsOf.get(stream) ?? []).filter(isCounted).reduce((sum, row) => sum + Number(row[column] ?? 0), 0)
    const values = async (title: string, index = 0): Promise<Map<string, number[]>> => {
      const { expr = '', instant = false } = queries(title)[index] ?? {}
      const found = (await ask(expr, instant)).map(({ metric, values: points }): [string, number[]] => {
        const { __name__: _name, ...labels } = metric as Record<string, string>
        return [Object.values(labels).join(), points.map(([, value]) => Number(value))]
      })
      return new Map(found)
    }
    const newestOf = (stream: string): number =>
      Math.max(...(rowsOf.get(stream) ?? []).map(row => Number(row['WINDOW_START'])))
    const isNewest =
      (stream: string) =>
      (row: Record<string, Value>): boolean =>
        row['WINDOW_START'] === newestOf(stream)

    expect((await values('Newest views')).get('')?.at(-1)).toBe(sumOf('PAGE_VIEWS', 'VIEWS', isNewest('PAGE_VIEWS')))
    expect((await values('Orders')).get('')).toEqual([sumOf('REVENUE', 'ORDERS')])
    const largest = Math.max(...(rowsOf.get('REVENUE') ?? []).map(row => Number(row['LARGEST_ORDER']) / 100))
    expect((await values('Largest')).get('')).toEqual([largest])

    // The two largest devices are lines, and the rest is one.
    const lines = new Map([
      ...(await values('By device')),
      ...[...(await values('By device', 1))].map(([, points]) => ['other', points] as const),
    ])
    const devices = [...new Set((rowsOf.get('PAGE_VIEWS') ?? []).map(row => String(row['DEVICE'])))]
      .map(device => [device, sumOf('PAGE_VIEWS', 'VIEWS', row => row['DEVICE'] === device)] as const)
      .sort((a, b) => b[1] - a[1])
    const total = (name: string): number => (lines.get(name) ?? []).reduce((sum, value) => sum + value, 0)
    expect([...lines.keys()].sort()).toEqual([...devices.slice(0, 2).map(([device]) => device), 'other'].sort())
    for (const [device, sum] of devices.slice(0, 2)) expect(total(device), device).toBe(sum)
    expect(total('other')).toBe(devices.slice(2).reduce((sum, [, views]) => sum + views, 0))

    const pages = [...(await values('Pages now'))]
    expect(pages).toHaveLength(3)
    for (const [page, [value]] of pages)
      expect(value, page).toBe(sumOf('TOP_PAGES', 'VIEWS', row => row['PAGE'] === page && isNewest('TOP_PAGES')(row)))
    for (const [index, step] of ['page_view', 'view_item', 'no "such" step'].entries())
      expect((await values('Funnel', index)).get(''), step).toEqual([
        sumOf('FUNNEL', 'EVENTS', row => row['EVENT_NAME'] === step),
      ])
    expect((await values('Funnel now')).get('')).toEqual([
      sumOf('FUNNEL', 'EVENTS', row => row['EVENT_NAME'] === 'page_view' && isNewest('FUNNEL')(row)),
    ])

    const byDevice = await values('Bars')
    for (const [device, sum] of devices) expect(byDevice.get(device), device).toEqual([sum])
    const stacked = [...(await values('Stack'))].flatMap(([, points]) => points)
    expect(stacked.reduce((sum, value) => sum + value, 0)).toBe(sumOf('ERRORS', 'HITS'))
    expect([...(await values('Stack')).keys()].some(key => key.includes('other'))).toBe(true)
    for (const [section, cells] of await values('Heat'))
      expect(
        cells.reduce((sum, value) => sum + value, 0),
        section,
      ).toBe(sumOf('TOP_PAGES', 'VIEWS', row => row['SECTION'] === section))
    const states = new Set((rowsOf.get('ERRORS') ?? []).map(row => [row['FAULT'], row['STATUS']].map(String).join()))
    expect(new Set((await values('States')).keys())).toEqual(states)
    // A mark for each row: the newest is at its window.
    const marks = await ask(everyKind.annotations.list[1]?.['expr'] as string, false)
    expect(Math.max(...marks.map(({ values: points }) => Number(points.at(-1)?.[1])))).toBe(newestOf('ERRORS'))
    const [times, hits] = [await values('Rows'), await values('Rows', 1)]
    expect(times.size).toBe(5)
    expect([...times.keys()].sort()).toEqual([...hits.keys()].sort())
    expect(Math.max(...[...times.values()].flat())).toBe(newestOf('ERRORS'))
  })
})

test('what no metric can say is left out with a sentence, and a wrong name is an error', () => {
  const text = { name: 'NAME', type: { kind: 'VARCHAR' as const, length: 8 }, nullable: true }
  const code = { name: 'STATUS', type: { kind: 'INTEGER' as const }, nullable: true }
  const hits = { name: 'HITS', type: { kind: 'BIGINT' as const }, nullable: true }
  const outputs = new Map<string, Schema>([
    ['A', { columns: [text, code, hits] }],
    ['TEXTS', { columns: [text] }],
  ])
  const { dashboard: made, notes } = grafanaDashboard({
    name: 'x',
    outputs,
    windows: NO_WINDOWS,
    dashboard: dashboard({
      title: 'x',
      panels: [
        { kind: 'stat', title: 'S', stream: 'A', value: 'STATUS' },
        { kind: 'table', title: 'T', stream: 'TEXTS' },
        { kind: 'top', title: 'U', stream: 'A', series: 'HITS', value: 'HITS' },
        { kind: 'stat', title: 'V', stream: 'A', value: 'HITS' },
      ],
    }),
  })
  expect(notes).toEqual([
    'panel "S" is left out: STATUS of A is a label and no metric: it names things, others measure',
    'panel "T" is left out: TEXTS has no number, so that there is no metric that would carry its rows',
    'panel "U" is left out: HITS of A is no label: texts, whole numbers that name things, and dates are',
  ])
  expect(made.panels.map(({ title }) => title)).toEqual(['V'])
  expect(() =>
    grafanaDashboard({
      name: 'x',
      outputs,
      windows: NO_WINDOWS,
      dashboard: { title: 'x', panels: [{ kind: 'stat', title: 'S', stream: 'A', value: 'HIT' }] },
    }),
  ).toThrow('did you mean "HITS"?')
})

test('variables choose among the rows of the streams that have their column', () => {
  const exprs = (title: string): readonly string[] =>
    everyKind.panels.filter(panel => panel.title === title).flatMap(({ targets }) => targets.map(({ expr }) => expr))
  expect(exprs('Newest views')[0]).toContain('page_views_views{device=~"$device"}')
  expect(exprs('Orders')).toEqual(['sum(sum_over_time(revenue_orders{currency=~"$coin"}[5m]))'])
  expect(exprs('Heat')[0]).not.toContain('$device')
  const [, device, coin] = everyKind.templating.list
  expect(device).toMatchObject({
    type: 'query',
    query: { query: 'label_values(page_views_views, device)' },
    allValue: '.*',
  })
  expect(coin).toMatchObject({ type: 'custom', query: 'EUR,a\\,b' })
})

test('windows longer than a query looks back are still found', () => {
  const { dashboard: made } = grafanaDashboard({
    name: 'slow',
    outputs: SHOP_OUTPUTS,
    windows: new Map([['PAGE_VIEWS', 3_600_000]]),
    dashboard: {
      title: 'x',
      panels: [{ kind: 'stat', title: 'S', stream: 'PAGE_VIEWS', value: 'VIEWS' }],
      others: 'hide',
    },
  })
  expect(made.panels[0]?.targets[0]?.expr).toBe('sum(last_over_time(page_views_views[3h]))')
  expect(made.panels[0]?.interval).toBe('1h')
})

test('uids are of the pipeline alone, and no two names that begin alike share one', () => {
  expect(dashboardUid('Click Stream')).toBe('millrace-click-stream')
  const long = 'a-pipeline-with-a-name-that-nobody-would-want-to-type'
  expect(dashboardUid(long)).toHaveLength(40)
  expect(dashboardUid(`${long}-1`)).not.toBe(dashboardUid(`${long}-2`))
  expect(dashboardUid('日本')).toMatch(/^millrace-[a-z0-9]+$/)
})

test('ids stay with their panels when another comes before them', () => {
  const panels = SHOP_DASHBOARD.panels
  const more = { ...SHOP_DASHBOARD, panels: [...panels.slice(3), ...panels.slice(0, 3)] }
  const moved = grafanaDashboard({
    name: 'shop',
    outputs: SHOP_OUTPUTS,
    dashboard: more,
    windows: NO_WINDOWS,
  }).dashboard
  const ids = (made: GrafanaDashboard): Map<string, number> => new Map(made.panels.map(({ title, id }) => [title, id]))
  expect(ids(moved)).toEqual(ids(shop))
})

test('a difference names the panel, the member and both values', () => {
  const before = {
    panels: [
      { id: 7, title: 'Views', targets: [{ refId: 'A', expr: 'a' }] },
      { id: 8, title: 'Gone' },
    ],
  }
  const after = {
    panels: [
      { id: 9, title: 'New' },
      { id: 7, title: 'Views', targets: [{ refId: 'A', expr: 'b' }] },
    ],
  }
  expect(
    differenceOf(
      new Map([
        ['d.json', JSON.stringify(before)],
        ['same.json', '{"a": 1}'],
        ['c.yaml', 'x: 1\ny: 2\n'],
        ['new.yaml', null],
      ]),
      new Map([
        ['d.json', JSON.stringify(after)],
        ['same.json', '{"a":1}'],
        ['c.yaml', 'x: 1\ny: 3\n'],
        ['new.yaml', 'z: 1\n'],
      ]),
    ),
  ).toEqual([
    '~ d.json',
    '    panels["Views" 7].targets[A].expr: "a" -> "b"',
    '    - panels["Gone" 8]: "Gone"',
    '    + panels["New" 9]: "New"',
    '~ c.yaml',
    '    - y: 2',
    '    + y: 3',
    '+ new.yaml',
  ])
})
