import { describe, expect, it } from 'vitest'
import { columnIndex, ERROR_STREAM, ERROR_STREAM_SCHEMA, type Schema, type Value } from '../../core/index.ts'
import { type Dashboard, LiveView } from '../../dashboards/index.ts'
import { DELTA_CHARACTERS_MAX, DELTAS_KEPT_MAX, type EventText } from '../../dashboards/live/channel.ts'
import { TEXT_CHARACTERS_MAX } from '../../dashboards/live/columns.ts'
import { ERROR_DATA_CHARACTERS_MAX, ERROR_SAMPLES_MAX } from '../../dashboards/live/error-log.ts'
import { AlignedSeries } from '../../dashboards/live/page/series-data.ts'
import { LABELS_TRACKED_MAX } from '../../dashboards/live/panels/state.ts'
import type {
  DeltaMessage,
  PanelData,
  RankData,
  SeriesData,
  SnapshotMessage,
  TableData,
} from '../../dashboards/live/protocol.ts'
import { SERIES_TRACKED_MAX } from '../../dashboards/live/series-store.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { SimClock } from '../support/sim-clock.ts'
import { batchOf, FULL_DASHBOARD, SHOP_OUTPUTS, shopWindow } from './support/shop.ts'

const START = Date.UTC(2020, 0, 1)
const SPAN_MS = 300_000
const COUNTS: Schema = {
  columns: [
    { name: 'LABEL', type: { kind: 'VARCHAR', length: 100 }, nullable: true },
    { name: 'N', type: { kind: 'BIGINT' }, nullable: true },
  ],
}

function countsView(panels: Dashboard['panels'], clock = new SimClock(START)): LiveView {
  return new LiveView({ title: 't', outputs: new Map([['S', COUNTS]]), dashboard: { title: 't', panels }, clock })
}

function feed(view: LiveView, at: number, rows: readonly (readonly Value[])[]): void {
  for (let start = 0; start < rows.length; start += 1_024)
    view.rows('S', batchOf(COUNTS, at, rows.slice(start, start + 1_024)))
}

const seriesOf = (view: LiveView, panel = 0): SeriesData => view.snapshot().panels[panel]?.data as SeriesData
const rankOf = (view: LiveView, panel = 0): RankData => view.snapshot().panels[panel]?.data as RankData
const tableOf = (view: LiveView, panel = 0): TableData => view.snapshot().panels[panel]?.data as TableData

/** What a page knows after events, in a form that can be compared. */
class FakePage {
  lastId: string | null = null
  snapshots = 0
  readonly #panels = new Map<string, PanelData | AlignedSeries>()

  take(events: readonly EventText[]): void {
    for (const { id, json, event } of events) {
      this.lastId = id
      if (event === 'snapshot') {
        this.snapshots++
        for (const { shape, data } of (JSON.parse(json) as SnapshotMessage).panels) this.#reset(shape.id, data)
        continue
      }
      for (const { id: panel, data, points, rows } of (JSON.parse(json) as DeltaMessage).panels) {
        if (data !== undefined) this.#reset(panel, data)
        const known = this.#panels.get(panel)
        if (known instanceof AlignedSeries) for (const point of points ?? []) known.set(...point)
        else if (known?.kind === 'table' && rows !== undefined)
          this.#panels.set(panel, { ...known, rows: [...rows, ...known.rows].slice(0, known.rowsMax) })
      }
    }
  }

  /** Points before `oldest` are left out: a page forgets them by its own clock. */
  shows(oldest: number): unknown {
    return [...this.#panels].map(([id, data]) => {
      if (!(data instanceof AlignedSeries)) return [id, data]
      const points = data.times.map((time, index) => [time, ...data.values.map(values => values[index] ?? null)])
      return [id, data.names, points.filter(point => (point[0] ?? 0) >= oldest)]
    })
  }

  #reset(id: string, data: PanelData): void {
    this.#panels.set(id, data.kind === 'series' ? new AlignedSeries(data, SPAN_MS) : data)
  }
}

describe('the live view', () => {
  it.each([1, 2, 3, 4, 5])('shows a page that comes and goes the same as one that just came (seed %i)', seed => {
    const random = seededRandom(seed)
    const clock = new SimClock(START)
    const view = new LiveView({ title: 't', outputs: SHOP_OUTPUTS, dashboard: FULL_DASHBOARD, clock })
    const page = new FakePage()
    let at = START
    for (let step = 0; step < 400; step++) {
      if (random.next() < 0.5) {
        at += random.pick([0, 1_000, 5_000])
        for (const [stream, batch] of shopWindow(at, () => random.next()))
          if (random.next() < 0.8) view.rows(stream, batch)
      }
      if (random.next() < 0.7) view.publish()
      if (random.next() < 0.1) page.take(view.eventsSince(page.lastId))
    }
    view.publish()
    page.take(view.eventsSince(page.lastId))
    const fresh = new FakePage()
    fresh.take(view.eventsSince(null))
    expect(page.shows(at - 290_000)).toEqual(fresh.shows(at - 290_000))
    expect(page.snapshots).toBeLessThan(10)
  })

  it('gives a label no bar for NULL, in the newest window and over a span', () => {
    const view = countsView([
      { kind: 'top', title: 'W', stream: 'S', series: 'label', value: 'n' },
      { kind: 'top', title: 'P', stream: 'S', series: 'label', value: 'n', over: 'span' },
    ])
    feed(view, START, [
      ['a', null],
      ['b', 0n],
    ])
    view.publish()
    for (const panel of [0, 1]) expect(rankOf(view, panel).items).toEqual([{ label: 'b', value: 0 }])
    feed(view, START + 1_000, [['a', null]])
    view.publish()
    expect(rankOf(view)).toMatchObject({ at: START + 1_000, items: [], total: 0 })
  })

  it('gives what is missing after an id, and a snapshot for an id that is too old, unknown, or of another run', () => {
    const view = countsView([{ kind: 'table', title: 'T', stream: 'S' }])
    view.publish()
    const ids: string[] = []
    for (let index = 0; index < DELTAS_KEPT_MAX + 10; index++) {
      feed(view, START + index, [['a', 1n]])
      view.publish()
      ids.push(view.eventsSince(null)[0]?.id ?? '')
    }
    const kinds = (id: string | null): readonly string[] => view.eventsSince(id).map(({ event }) => event)
    expect(kinds(ids.at(-1) ?? null)).toEqual([])
    expect(kinds(ids.at(-4) ?? null)).toEqual(['delta', 'delta', 'delta'])
    expect(kinds(ids[9] ?? null)).toHaveLength(DELTAS_KEPT_MAX)
    for (const id of [ids[8], null, 'other-3', 'nonsense', `${ids[0]?.split('-')[0]}-999999`])
      expect(kinds(id ?? null)).toEqual(['snapshot'])
  })

  it('shows no row twice to a page that comes between the row and its delta', () => {
    const view = countsView([{ kind: 'table', title: 'T', stream: 'S' }])
    const page = new FakePage()
    feed(view, START, [['a', 1n]])
    page.take(view.eventsSince(null))
    view.publish()
    page.take(view.eventsSince(page.lastId))
    const [, table] = (page.shows(0) as [string, TableData][])[0] ?? []
    expect(table?.rows).toEqual([[START, 'a', 1]])
  })

  it('publishes nothing when nothing happened within the second', () => {
    const view = countsView([{ kind: 'table', title: 'T', stream: 'S' }])
    view.publish()
    const id = view.eventsSince(null)[0]?.id ?? null
    view.publish()
    expect(view.eventsSince(id)).toEqual([])
  })

  it('stays small whatever the data: labels, texts, rows and errors are bounded', () => {
    const view = countsView([
      { kind: 'timeSeries', title: 'T', stream: 'S', value: 'n', series: 'label' },
      { kind: 'top', title: 'T', stream: 'S', value: 'n', series: 'label', over: 'span' },
      { kind: 'top', title: 'T', stream: 'S', value: 'n', series: 'label' },
      { kind: 'table', title: 'T', stream: 'S', topN: 50 },
    ])
    const long = 'x'.repeat(10_000)
    for (let second = 0; second < 20; second++) {
      const rows = Array.from({ length: 2_000 }, (_, index) => [`${second}-${index}-${long.slice(0, 500)}`, 1n])
      feed(view, START + second * 1_000, rows)
      view.publish()
    }
    for (let index = 0; index < 5_000; index++)
      view.add({ name: 'PARSE_ERROR', message: long, rowtime: 0, data: Buffer.from(long), position: null, pump: null })
    view.publish()
    const json = JSON.stringify(view.snapshot())
    expect(json.length).toBeLessThan(100_000)
    expect(seriesOf(view).series).toHaveLength(7)
    expect(seriesOf(view).hidden).toBe(SERIES_TRACKED_MAX - 6)
    expect(rankOf(view, 1)).toMatchObject({ total: 40_000, hidden: LABELS_TRACKED_MAX - 10 })
    expect(rankOf(view, 2)).toMatchObject({ total: 2_000, at: START + 19_000 })
    expect(tableOf(view, 3).rows).toHaveLength(50)
    expect(tableOf(view, 3).rows[0]?.[1]).toHaveLength(TEXT_CHARACTERS_MAX)
    expect(view.errorSamples).toHaveLength(ERROR_SAMPLES_MAX)
    expect(view.errorSamples[0]?.data).toHaveLength(ERROR_DATA_CHARACTERS_MAX)
    expect(view.snapshot().errors).toEqual({
      total: 5_000,
      byName: [{ name: 'PARSE_ERROR', count: 5_000, lastAt: START }],
    })
  })

  it('keeps deltas within their bytes, so that a page far behind gets a snapshot', () => {
    const view = countsView([{ kind: 'table', title: 'T', stream: 'S', topN: 50 }])
    const wide = Array.from({ length: 50 }, (_, index) => [`${'"'.repeat(250)}${index}`, 1n])
    const first = view.eventsSince(null)[0]?.id ?? null
    view.publish()
    for (let index = 0; index < 39; index++) {
      feed(view, START + index, wide)
      view.publish()
    }
    const kept = view.eventsSince(first)
    expect(kept.reduce((sum, { json }) => sum + json.length, 0)).toBeLessThan(DELTA_CHARACTERS_MAX + 100_000)
  })

  it('adds the lines that are shown and the rest up to the total of all rows', () => {
    const view = countsView([{ kind: 'timeSeries', title: 'T', stream: 'S', value: 'n', series: 'label', topN: 3 }])
    const random = seededRandom(5)
    let total = 0
    for (let second = 0; second < 60; second++) {
      const rows = Array.from({ length: 40 }, (_, index) => [`label ${index}`, BigInt(random.below(1_000))] as const)
      total += rows.reduce((sum, [, value]) => sum + Number(value), 0)
      feed(view, START + second * 1_000, rows)
      view.publish()
    }
    const { series, hidden } = seriesOf(view)
    expect(series.map(line => line.isRest)).toEqual([false, false, false, true])
    expect(hidden).toBe(37)
    expect(series.flatMap(line => line.points).reduce((sum, [, value]) => sum + (value ?? 0), 0)).toBe(total)
  })

  it('lets a line keep its place until another is clearly heavier', () => {
    const view = countsView([{ kind: 'timeSeries', title: 'T', stream: 'S', value: 'n', series: 'label', topN: 1 }])
    const names = (): readonly string[] => seriesOf(view).series.map(line => line.name)
    feed(view, START, [
      ['a', 100n],
      ['b', 90n],
    ])
    view.publish()
    feed(view, START + 1_000, [['b', 20n]])
    view.publish()
    expect(names()).toEqual(['a', 'other'])
    feed(view, START + 2_000, [['b', 20n]])
    view.publish()
    expect(names()).toEqual(['b', 'other'])
  })

  it('joins rows of one second by the way that the panel asks for, and tells NULL from nothing', () => {
    const at = (combine: 'sum' | 'last' | 'max'): unknown => {
      const view = countsView([{ kind: 'stat', title: 'T', stream: 'S', value: 'n', combine }])
      feed(view, START + 100, [
        ['a', 3n],
        ['a', 9n],
        ['a', 5n],
        ['a', null],
      ])
      feed(view, START + 2_100, [['a', null]])
      feed(view, START + 900, [['a', 1n]])
      view.publish()
      return seriesOf(view).series[0]?.points
    }
    expect(at('sum')).toEqual([
      [START, 18],
      [START + 2_000, null],
    ])
    expect(at('last')).toEqual([
      [START, 1],
      [START + 2_000, null],
    ])
    expect(at('max')).toEqual([
      [START, 9],
      [START + 2_000, null],
    ])
  })

  it('ranks the newest window alone, or the whole span', () => {
    const view = countsView([
      { kind: 'top', title: 'T', stream: 'S', value: 'n', series: 'label' },
      { kind: 'funnel', title: 'T', stream: 'S', value: 'n', series: 'label', steps: ['b', 'a', 'never'] },
    ])
    feed(view, START, [
      ['a', 50n],
      ['b', 100n],
    ])
    feed(view, START + 5_000, [['a', 7n]])
    feed(view, START + 5_000, [
      ['a', 1n],
      [null, 3n],
    ])
    view.publish()
    expect(rankOf(view, 0)).toEqual({
      kind: 'rank',
      at: START + 5_000,
      items: [
        { label: 'a', value: 8 },
        { label: '(null)', value: 3 },
      ],
      total: 11,
      hidden: 0,
    })
    expect(rankOf(view, 1).items).toEqual([
      { label: 'b', value: 100 },
      { label: 'a', value: 58 },
      { label: 'never', value: 0 },
    ])
  })

  it('draws over a TIMESTAMP column, but not at times that are far ahead of the rows', () => {
    const schema: Schema = {
      columns: [
        { name: 'AT', type: { kind: 'TIMESTAMP' }, nullable: true },
        { name: 'N', type: { kind: 'DOUBLE' }, nullable: true },
      ],
    }
    const view = new LiveView({
      title: 't',
      outputs: new Map([['S', schema]]),
      dashboard: { title: 't', panels: [{ kind: 'timeSeries', title: 'T', stream: 'S', x: 'at', value: 'n' }] },
      clock: new SimClock(START),
    })
    view.rows(
      'S',
      batchOf(schema, START, [
        [START - 10_000, 1.5],
        [START + 86_400_000, 2],
        [null, 3],
        [START - 9_000, Number.NaN],
      ]),
    )
    view.publish()
    expect(seriesOf(view).series[0]?.points).toEqual([
      [START - 10_000, 1.5],
      [START - 9_000, null],
    ])
  })

  it('shows values of every type as exact as they are', () => {
    const schema: Schema = {
      columns: [
        { name: 'D', type: { kind: 'DECIMAL', precision: 18, scale: 2 }, nullable: true },
        { name: 'B', type: { kind: 'BIGINT' }, nullable: true },
        { name: 'OK', type: { kind: 'BOOLEAN' }, nullable: true },
        { name: 'DAY', type: { kind: 'DATE' }, nullable: true },
        { name: 'RAW', type: { kind: 'VARBINARY', length: 10 }, nullable: true },
        { name: 'T', type: { kind: 'TIMESTAMP' }, nullable: true },
      ],
    }
    const view = new LiveView({
      title: 't',
      outputs: new Map([['S', schema]]),
      dashboard: { title: 't', panels: [{ kind: 'table', title: 'T', stream: 'S' }] },
      clock: new SimClock(START),
    })
    view.rows(
      'S',
      batchOf(schema, START, [
        [-5n, 9_007_199_254_740_993n, 1, START, Uint8Array.of(1, 255), START + 1],
        [null, null, null, null, null, null],
      ]),
    )
    view.publish()
    expect(tableOf(view).rows).toEqual([
      [START, null, null, null, null, null, null],
      [START, '-0.05', '9007199254740993', true, '2020-01-01', '0x01ff', START + 1],
    ])
    expect(tableOf(view).columns.map(column => column.format)).toEqual([
      'time',
      'number',
      'number',
      'boolean',
      'text',
      'text',
      'time',
    ])
  })

  it('reads text from span columns as from dictionary columns', () => {
    const view = countsView([{ kind: 'top', title: 'T', stream: 'S', value: 'n', series: 'label' }])
    const bytes = new TextEncoder().encode('grüße')
    const batch = batchOf(COUNTS, START, [['x', 4n]])
    const [, numbers] = batch.columns
    if (numbers === undefined) throw new Error('the batch has two columns')
    const span = {
      layout: 'span',
      bytes,
      offsets: Int32Array.of(0),
      sizes: Int32Array.of(bytes.length),
      nulls: new Uint8Array(1),
    } as const
    view.rows('S', { ...batch, columns: [span, numbers] })
    view.publish()
    expect(rankOf(view).items).toEqual([{ label: 'grüße', value: 4 }])
  })

  it('counts rows of the error stream by reason and keeps their data for those who may see it', () => {
    const view = countsView([])
    const row: Value[] = ERROR_STREAM_SCHEMA.columns.map(() => null)
    row[columnIndex(ERROR_STREAM_SCHEMA, 'ERROR_NAME')] = 'CAST_ERROR'
    row[columnIndex(ERROR_STREAM_SCHEMA, 'DATA_ROW')] = '{"a":"secret"}'
    view.rows(ERROR_STREAM, batchOf(ERROR_STREAM_SCHEMA, START, [row, row]))
    view.publish()
    expect(view.snapshot().errors.byName).toEqual([{ name: 'CAST_ERROR', count: 2, lastAt: START }])
    expect(view.errorSamples[0]).toMatchObject({ name: 'CAST_ERROR', data: '{"a":"secret"}' })
    expect(JSON.stringify([view.snapshot(), view.eventsSince(null)])).not.toContain('secret')
  })

  it('draws every output stream, those too that the definition leaves out, unless it hides them', () => {
    const panels = [{ kind: 'table', title: 'T', stream: 'errors' }] as const
    const streams = (others: 'show' | 'hide'): readonly string[] =>
      new LiveView({
        title: 't',
        outputs: SHOP_OUTPUTS,
        dashboard: { title: 't', panels, others },
        clock: new SimClock(),
      })
        .snapshot()
        .panels.map(panel => panel.shape.stream)
    expect(streams('show')).toEqual(['ERRORS', 'PAGE_VIEWS', 'TOP_PAGES', 'FUNNEL', 'REVENUE'])
    expect(streams('hide')).toEqual(['ERRORS'])
  })
})
