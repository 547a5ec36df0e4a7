/** CloudWatch's dashboards: against the documented structure of a dashboard's body, and against what the destination really writes. */
import { describe, expect, test } from 'vitest'
import { typedValueAt, type Value } from '../../core/index.ts'
import {
  type CloudWatchMetrics,
  type CloudWatchWidget,
  cloudWatchDashboard,
  cloudWatchMetrics,
  dashboard,
} from '../../dashboards/index.ts'
import { emfEvent } from '../../sinks/destinations/emf.ts'
import { cloudWatchDestination } from '../../sinks/index.ts'
import { clickstreamInputs, clickstreamRows, EVERY_KIND } from './grafana/clickstream.ts'
import { SHOP_OUTPUTS } from './support/shop.ts'

/** What "Dashboard body structure and syntax" says of widgets, as far as it is used; a sentence for each breach. */
function breaches(widgets: readonly CloudWatchWidget[]): string[] {
  const found: string[] = []
  const say = (index: number, what: string): void => void found.push(`widget ${index}: ${what}`)
  const views = ['timeSeries', 'singleValue', 'gauge', 'bar', 'pie', 'table']
  const members = [
    'region',
    'title',
    'view',
    'stacked',
    'stat',
    'period',
    'metrics',
    'sparkline',
    'annotations',
    'yAxis',
    'query',
    'setPeriodToTimeRange',
  ]
  widgets.forEach(({ type, x, y, width, height, properties }, index) => {
    if (![x, y, width, height].every(Number.isInteger)) say(index, 'its place is no whole number')
    if (x < 0 || x > 23 || width < 1 || x + width > 24 || height < 1 || height > 1_000)
      say(index, 'it is not on the grid')
    for (const name of Object.keys(properties)) if (!members.includes(name)) say(index, `no such property: ${name}`)
    if (typeof properties['region'] !== 'string') say(index, 'region is required')
    if (type === 'log') {
      if (!/^SOURCE '[^']+' \| fields /.test(String(properties['query']))) say(index, 'a query names its log group')
      return
    }
    if (!views.includes(String(properties['view']))) say(index, 'view')
    const period = Number(properties['period'])
    if (!([1, 5, 10, 20, 30].includes(period) || (period > 0 && period % 60 === 0))) say(index, `period ${period}`)
    const metrics = properties['metrics'] as readonly (readonly unknown[])[]
    if (metrics.length < 1 || metrics.length > 500) say(index, '1 to 500 metrics')
    const ids = metrics
      .flatMap(metric => metric.map(part => (part as { id?: string }).id ?? ''))
      .filter(id => id !== '')
    if (new Set(ids).size < ids.length || ids.some(id => !/^[a-z]\w*$/.test(id)))
      say(index, 'ids are their own, and begin with a small letter')
    for (const metric of metrics) {
      const last = metric.at(-1)
      const names = typeof last === 'object' ? metric.slice(0, -1) : metric
      const { expression } = (typeof last === 'object' ? last : {}) as { expression?: string }
      if (expression === undefined ? names.length < 2 || names.length % 2 !== 0 : names.length > 0)
        say(index, 'namespace, name, and pairs of dimensions')
      if (!names.every(name => typeof name === 'string' && name !== '' && name.length <= 1_024)) say(index, 'texts')
    }
  })
  const cells = new Set<string>()
  widgets.forEach(({ x, y, width, height }, index) => {
    for (let column = x; column < x + width; column++)
      for (let row = y; row < y + height; row++) {
        if (cells.has(`${column},${row}`)) say(index, 'it lies over another')
        cells.add(`${column},${row}`)
      }
  })
  return found
}

/** Metrics as CloudWatch keeps them: namespace, name and one set of dimensions, from log events. */
function metricsOfEvent(event: string): { series: string; set: string }[] {
  const body = JSON.parse(event) as Record<string, unknown> & {
    _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] }
  }
  return body._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) =>
      Dimensions.map(set => ({
        series: JSON.stringify([Namespace, Name, ...set.flatMap(name => [name, body[name]])]),
        set: `{${[Namespace, ...set].map(text => `"${text}"`).join(',')}} MetricName="${Name}"`,
      })),
    ),
  )
}

test('every metric and every search of the demo names what the destination writes of the demo’s rows', async () => {
  const inputs = await clickstreamInputs()
  const metrics = new Map(
    [...cloudWatchMetrics('clickstream', inputs.outputs, EVERY_KIND)].map(
      ([stream, written]): [string, CloudWatchMetrics] => [
        stream,
        // As a pipeline has them: from the destination that was made.
        cloudWatchDestination({
          ...written,
          logGroupName: 'rows',
          logStreamName: 'a',
          client: { putLogEvents: async () => ({}) },
        }).writes,
      ],
    ),
  )
  const { body, notes } = cloudWatchDashboard({ ...inputs, dashboard: EVERY_KIND, metrics, region: 'eu-west-1' })
  expect(notes.map(note => note.replace(/ is left out:.*/, ''))).toEqual([
    'panel "Stack"',
    'panel "Heat"',
    'panel "States"',
    'annotation "Failure"',
    'variable "device"',
    'variable "coin"',
  ])
  expect(breaches(body.widgets)).toEqual([])
  expect(body.widgets).toHaveLength(EVERY_KIND.panels.length - 3)

  const series = new Set<string>()
  const sets = new Set<string>()
  // Long enough for a window of a minute to close.
  await clickstreamRows(150_000, (stream, batch) => {
    const written = metrics.get(stream)
    if (written === undefined) return
    for (let row = 0; row < batch.length; row++) {
      const members = batch.schema.columns.map(({ name, type }, index): [string, Value | number] => {
        const vector = batch.columns[index]
        const value = vector === undefined ? null : typedValueAt(vector, type, row)
        return [name, typeof value === 'bigint' ? Number(value) : value]
      })
      const event = emfEvent(Buffer.from(JSON.stringify(Object.fromEntries(members))), written, 0)
      for (const metric of event === null ? [] : metricsOfEvent(event)) {
        series.add(metric.series)
        sets.add(metric.set)
      }
    }
  })
  const steps = EVERY_KIND.panels.flatMap(panel => (panel.kind === 'funnel' ? panel.steps : []))
  for (const { properties, type } of body.widgets) {
    if (type === 'log') continue
    for (const metric of properties['metrics'] as readonly unknown[][]) {
      const { expression } = metric.at(-1) as { expression?: string }
      if (expression === undefined) {
        // A step that never happened has no metric yet.
        if (!metric.includes('no "such" step'))
          expect(series, JSON.stringify(metric)).toContain(JSON.stringify(metric.slice(0, -1)))
      } else {
        const searched = /SEARCH\('(.*?)', '(Sum|Maximum)', (\d+)\)/.exec(expression)
        expect(sets, expression).toContain(searched?.[1])
      }
    }
  }
  expect(steps).toContain('no "such" step')
})

describe('what the destination does not write', () => {
  const PANELS = dashboard({
    title: 'x',
    others: 'hide',
    panels: [
      { kind: 'stat', title: 'Views', stream: 'PAGE_VIEWS', value: 'VIEWS' },
      { kind: 'timeSeries', title: 'By device', stream: 'PAGE_VIEWS', value: 'VIEWS', series: 'DEVICE' },
      { kind: 'table', title: 'Errors', stream: 'ERRORS' },
      { kind: 'stat', title: 'Orders', stream: 'REVENUE', value: 'ORDERS' },
    ],
  })
  const made = (metrics: ReadonlyMap<string, CloudWatchMetrics>) =>
    cloudWatchDashboard({
      name: 'x',
      outputs: SHOP_OUTPUTS,
      dashboard: PANELS,
      windows: new Map([['PAGE_VIEWS', 5_000]]),
      metrics,
      region: 'us-east-1',
    })

  test('is left out with what to add', () => {
    const { body, notes } = made(
      new Map([
        ['PAGE_VIEWS', { Namespace: 'Shop', Metrics: [{ Name: 'VIEWS' }], Dimensions: [['REGION']] }],
        ['ERRORS', { Namespace: 'Shop', Metrics: [{ Name: 'HITS' }] }],
      ]),
    )
    expect(notes).toEqual([
      'panel "By device" is left out: PAGE_VIEWS is not split by DEVICE in Shop; add ["DEVICE"] to Dimensions of the destination',
      'panel "Errors" is left out: rows are read from their log group, and the destination writes lines; name the group with --log-group',
      'panel "Orders" is left out: no output of REVENUE goes to CloudWatch',
    ])
    // Without a set of no dimensions the whole is the sum of one that has some.
    expect(body.widgets.map(({ properties }) => properties['metrics'])).toEqual([
      [[{ expression: `SUM(SEARCH('{"Shop","REGION"} MetricName="VIEWS"', 'Sum', 60))`, label: 'VIEWS', id: 'all1' }]],
    ])
  })

  test('a period is as short as the resolution of the metrics allows', () => {
    const periods = (resolution: 1 | 60) =>
      made(
        new Map([['PAGE_VIEWS', { Namespace: 'Shop', Metrics: [{ Name: 'VIEWS', StorageResolution: resolution }] }]]),
      ).body.widgets.map(({ properties }) => properties['period'])
    expect(periods(1)).toEqual([5])
    expect(periods(60)).toEqual([60])
  })
})

test('a body past CloudWatch’s limit is refused', () => {
  const outputs = new Map([...SHOP_OUTPUTS].slice(0, 1))
  const title = 'long '.repeat(250_000)
  const panels = [{ kind: 'stat', title, stream: 'PAGE_VIEWS', value: 'VIEWS' }] as const
  const definition = { title: 'x', panels, others: 'hide' } as const
  const metrics = cloudWatchMetrics('wide', outputs, definition)
  expect(() =>
    cloudWatchDashboard({
      name: 'wide',
      outputs,
      dashboard: definition,
      windows: new Map(),
      metrics,
      region: 'eu-west-1',
    }),
  ).toThrow(/the dashboard of wide has 1 widgets and \d+ bytes; CloudWatch takes 500 and 1048576/)
})
