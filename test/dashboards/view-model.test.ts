import { describe, expect, it } from 'vitest'
import { hasCode, type Schema } from '../../core/index.ts'
import {
  type Dashboard,
  dashboard,
  defaultDashboard,
  defaultPanel,
  type Panel,
  resolveDashboard,
} from '../../dashboards/index.ts'
import { SHOP_DASHBOARD, SHOP_OUTPUTS } from './support/shop.ts'

const one = (panel: Panel): Dashboard => ({ title: 'D', panels: [panel] })
const textOf = (definition: Dashboard): string => {
  try {
    resolveDashboard(definition, SHOP_OUTPUTS)
  } catch (error) {
    expect(hasCode(error, 'config')).toBe(true)
    return String((error as Error).message)
  }
  return 'no error'
}

describe('a dashboard definition', () => {
  it('resolves plain names to stored names, as SQL does', () => {
    const [views] = resolveDashboard(SHOP_DASHBOARD, SHOP_OUTPUTS).panels
    expect(views).toMatchObject({ stream: 'PAGE_VIEWS', x: -1, series: 0, values: [1] })
  })

  it('prefers the name as it stands to the folded one', () => {
    const schema: Schema = {
      columns: [
        { name: 'A', type: { kind: 'INTEGER' }, nullable: true },
        { name: 'a', type: { kind: 'INTEGER' }, nullable: true },
      ],
    }
    const panel: Panel = { kind: 'stat', title: 'T', stream: 's', value: 'a' }
    expect(resolveDashboard(one(panel), new Map([['S', schema]])).panels[0]?.values).toEqual([1])
  })

  it.each<[string, Panel]>([
    [
      'dashboard "D", panel 1 ("T"): output stream "PAGE_VIEW" not found; did you mean "PAGE_VIEWS"?',
      { kind: 'stat', title: 'T', stream: 'PAGE_VIEW', value: 'views' },
    ],
    [
      'dashboard "D", panel 1 ("T"): output stream "nothing" not found; the output streams are PAGE_VIEWS, TOP_PAGES, FUNNEL, REVENUE, ERRORS',
      { kind: 'stat', title: 'T', stream: 'nothing', value: 'views' },
    ],
    [
      'dashboard "D", panel 1 ("T"): column "viewz" not found in TOP_PAGES; did you mean "VIEWS"?',
      { kind: 'top', title: 'T', stream: 'TOP_PAGES', series: 'page', value: 'viewz' },
    ],
    [
      'dashboard "D", panel 1 ("T"): column "PAGE" of TOP_PAGES is VARCHAR, but a value column must be a number',
      { kind: 'stat', title: 'T', stream: 'TOP_PAGES', value: 'page' },
    ],
    [
      'dashboard "D", panel 1 ("T"): column "VIEWS" of TOP_PAGES is BIGINT, but an x column must be a TIMESTAMP',
      { kind: 'timeSeries', title: 'T', stream: 'TOP_PAGES', x: 'views', value: 'views' },
    ],
    [
      'dashboard "D", panel 1 ("T"): 2 value columns cannot be split by "page" as well; name one value column or leave out series',
      { kind: 'timeSeries', title: 'T', stream: 'ERRORS', value: ['hits', 'status'], series: 'page' },
    ],
    [
      'dashboard "D", panel 1 ("T"): topN must be a whole number from 1 to 50, not 0',
      { kind: 'top', title: 'T', stream: 'TOP_PAGES', series: 'page', value: 'views', topN: 0 },
    ],
    [
      'dashboard "D", panel 1 ("T"): unit "currency:euro" is unknown; use one of count, perSecond, bytes, milliseconds, seconds, percent, or currency:EUR with any ISO 4217 code',
      { kind: 'stat', title: 'T', stream: 'REVENUE', value: 'amount', unit: 'currency:euro' },
    ],
    [
      'dashboard "D", panel 1 ("T"): a funnel step is named twice; each has its own value',
      { kind: 'funnel', title: 'T', stream: 'FUNNEL', series: 'step', value: 'visitors', steps: ['a', 'a'] },
    ],
    [
      'dashboard "D", panel 1 ("T"): 2 value columns cannot be split by "page" as well; name one value column or leave out stack',
      { kind: 'bar', title: 'T', stream: 'ERRORS', series: 'page', value: ['hits', 'status'], stack: 'page' },
    ],
    [
      'dashboard "D", panel 1 ("T"): thresholds colour whole bars; name one value column and leave out stack, or leave out thresholds',
      {
        kind: 'bar',
        title: 'T',
        stream: 'ERRORS',
        series: 'page',
        value: ['hits', 'status'],
        thresholds: [{ from: 1, level: 'warn' }],
      },
    ],
    [
      'dashboard "D", panel 1 ("T"): threshold 2 begins at 1, but each must be a number above the one before',
      {
        kind: 'stat',
        title: 'T',
        stream: 'ERRORS',
        value: 'hits',
        thresholds: [
          { from: 1, level: 'warn' },
          { from: 1, level: 'bad' },
        ],
      },
    ],
    [
      'dashboard "D", panel 1 ("T"): column "PAGE" of TOP_PAGES is VARCHAR, but a value column must be a number',
      { kind: 'heatmap', title: 'T', stream: 'TOP_PAGES', series: 'page', value: 'page' },
    ],
    [
      'dashboard "D", panel 1 ("T"): column "stat" not found in TOP_PAGES; its columns are PAGE, VIEWS',
      { kind: 'stateTimeline', title: 'T', stream: 'TOP_PAGES', state: 'stat' },
    ],
    [
      'dashboard "D", panel 1 ("T"): a state is named twice; each has its own value',
      {
        kind: 'stateTimeline',
        title: 'T',
        stream: 'TOP_PAGES',
        state: 'page',
        states: [
          { state: 'up', level: 'ok' },
          { state: 'up', level: 'bad' },
        ],
      },
    ],
    [
      'dashboard "D", panel 1 ("T"): spanMs must be a whole number from 10000 to 86400000, not 1',
      { kind: 'stat', title: 'T', stream: 'REVENUE', value: 'amount', spanMs: 1 },
    ],
  ])('is refused with a sentence that helps: %s', (sentence, panel) => {
    expect(textOf(one(panel))).toBe(sentence)
  })

  it.each([
    [
      'kind "pie" is unknown; use one of timeSeries, stat, top, bar, funnel, heatmap, stateTimeline, table',
      { kind: 'pie' },
    ],
    ['combine "avg" is unknown; use one of sum, last, max', { combine: 'avg' }],
    ['width "wide" is unknown; use one of quarter, third, half, twoThirds, full', { width: 'wide' }],
    ['show "sum" is unknown; use one of last, total', { show: 'sum' }],
    ['over "all" is unknown; use one of last, span', { kind: 'top', series: 'page', over: 'all' }],
    ['order "up" is unknown; use one of value, label', { kind: 'bar', series: 'page', order: 'up' }],
  ])('refuses what types would have refused: %s', (message, wrong) => {
    const panel = { kind: 'stat', title: 'T', stream: 'TOP_PAGES', value: 'views', ...wrong } as Panel
    expect(() => dashboard({ title: 'D', panels: [panel] })).toThrow(`dashboard "D", panel 1 ("T"): ${message}`)
  })

  it.each<[string, Partial<Dashboard>]>([
    [
      'dashboard "D", annotation 1 ("A"): output stream "ERROR" not found; did you mean "ERRORS"?',
      { annotations: [{ title: 'A', stream: 'ERROR' }] },
    ],
    [
      'dashboard "D", annotation 1 ("A"): column "HITS" of ERRORS is BIGINT, but an until column must be a TIMESTAMP',
      { annotations: [{ title: 'A', stream: 'ERRORS', until: 'hits' }] },
    ],
    [
      'dashboard "D", annotation 1 ("A"): text must name 1 to 4 columns',
      { annotations: [{ title: 'A', stream: 'ERRORS', text: [] }] },
    ],
    [
      'dashboard "D", variable 1 ("device"): no output stream has a column "devices"; did you mean "DEVICE"?',
      { variables: [{ name: 'device', column: 'devices' }] },
    ],
    [
      'dashboard "D", variable 1 ("a b"): the name must be a letter and then letters, digits or "_", 32 at most; it stands in the page\'s address',
      { variables: [{ name: 'a b', column: 'device' }] },
    ],
    [
      'dashboard "D" has two variables named "d"; give each its own name',
      {
        variables: [
          { name: 'd', column: 'device' },
          { name: 'd', column: 'page' },
        ],
      },
    ],
  ])('is refused for its annotations and variables too: %s', (sentence, parts) => {
    expect(textOf({ title: 'D', panels: [], ...parts })).toBe(sentence)
  })

  it('finds the streams that a variable can restrict, and the words of an annotation', () => {
    const { annotations, variables } = resolveDashboard(
      {
        title: 'D',
        panels: [],
        annotations: [{ title: 'Failures', stream: 'errors' }],
        variables: [{ name: 'page', column: 'page' }],
      },
      SHOP_OUTPUTS,
    )
    expect(annotations[0]).toMatchObject({ stream: 'ERRORS', x: -1, until: -1, text: [1] })
    expect([...(variables[0]?.columns ?? [])]).toEqual([
      ['TOP_PAGES', 0],
      ['ERRORS', 1],
    ])
  })

  it('is refused when it has more panels than the limit', () => {
    const panel: Panel = { kind: 'table', title: 'T', stream: 'ERRORS' }
    expect(() => dashboard({ title: 'D', panels: Array.from({ length: 49 }, () => panel) })).toThrow('the limit is 48')
  })
})

describe('the default panel of a stream', () => {
  it('splits the first measure by the first text column', () => {
    const schema = SHOP_OUTPUTS.get('TOP_PAGES')
    expect(schema && defaultPanel('TOP_PAGES', schema)).toMatchObject({
      kind: 'timeSeries',
      title: 'Top pages',
      value: 'VIEWS',
      series: 'PAGE',
    })
  })

  it('does not add up numbers that name things, such as a status', () => {
    const schema = SHOP_OUTPUTS.get('ERRORS')
    expect(schema && defaultPanel('ERRORS', schema)).toMatchObject({ value: 'HITS', series: 'PAGE' })
  })

  it('draws every measure where nothing splits them', () => {
    const schema = SHOP_OUTPUTS.get('REVENUE')
    expect(schema && defaultPanel('REVENUE', schema)).toMatchObject({ kind: 'timeSeries', value: ['AMOUNT', 'ORDERS'] })
  })

  it('is a table where there is nothing to draw, and always fits its own schema', () => {
    const columns = [{ name: 'LINE', type: { kind: 'VARCHAR', length: 10 }, nullable: true }] as const
    expect(defaultPanel('LOG', { columns }).kind).toBe('table')
    const outputs = new Map([...SHOP_OUTPUTS, ['LOG', { columns }], ['error_stream', { columns }]] as const)
    const definition = defaultDashboard('all', outputs)
    expect(resolveDashboard(definition, outputs).panels.map(panel => panel.stream)).toEqual([
      ...SHOP_OUTPUTS.keys(),
      'LOG',
    ])
  })
})
