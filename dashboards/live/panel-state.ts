/** What the hub remembers for a panel and how it tells the page what changed. One class for each kind of data. */
import { assert, type Column, type ColumnVector, type RowBatch, typedValueAt } from '../../core/index.ts'
import {
  BARS_DEFAULT,
  type ResolvedPanel,
  SERIES_SHOWN_DEFAULT,
  SPAN_MS_DEFAULT,
  TABLE_ROWS_DEFAULT,
} from '../view-model.ts'
import { cellFormat, cellOf, cutText, labelAt, numberAt } from './columns.ts'
import type {
  CellMessage,
  PanelChange,
  PanelData,
  PanelShape,
  PanelWidthMessage,
  RankData,
  SeriesData,
  SeriesMessage,
  TableColumnMessage,
} from './protocol.ts'
import { SeriesStore } from './series-store.ts'

export interface PanelState {
  readonly shape: PanelShape
  /** Takes the rows of the panel's stream. */
  add(batch: RowBatch): void
  /** Everything, for a page that knows nothing; a call changes nothing. */
  data(): PanelData
  /** What changed since the last call, or null. */
  change(): PanelChange | null
}

/** Labels that a ranking keeps; the rest counts in its total. */
export const LABELS_TRACKED_MAX = 1_024
/** A column may lie this far ahead of the rowtime and still be a time to draw; a wild clock must not push the chart away. */
const AHEAD_MS_MAX = 3_600_000
/** How much heavier a hidden series must be to take the place of a shown one. */
const TAKE_PLACE_FACTOR = 1.2

export function panelStateOf(resolved: ResolvedPanel, id: string): PanelState {
  const { panel } = resolved
  switch (panel.kind) {
    case 'timeSeries':
    case 'stat':
      return new SeriesPanelState(resolved, id)
    case 'top':
    case 'funnel':
      return new RankPanelState(resolved, id)
    case 'table':
      return new TablePanelState(resolved, id)
  }
}

const WIDTHS: Readonly<Record<PanelShape['kind'], PanelWidthMessage>> = {
  timeSeries: 'half',
  stat: 'quarter',
  top: 'third',
  funnel: 'third',
  table: 'half',
}

function shapeOf({ panel, stream, schema, series, values }: ResolvedPanel, id: string): PanelShape {
  const nameOf = (index: number): string => cutText(schema.columns[index]?.name ?? '')
  let over: 'last' | 'span' = 'last'
  if (panel.kind === 'stat') over = panel.show === 'total' ? 'span' : 'last'
  else if (panel.kind === 'top') over = panel.over ?? 'last'
  else if (panel.kind === 'funnel') over = panel.over ?? 'span'
  const value = values.length === 1 ? nameOf(values[0] ?? -1) : ''
  return {
    id,
    kind: panel.kind,
    title: cutText(panel.title),
    description: cutText(panel.description ?? ''),
    stream: cutText(stream),
    unit: panel.kind === 'table' ? 'count' : (panel.unit ?? 'count'),
    width: panel.width ?? WIDTHS[panel.kind],
    spanMs: panel.kind === 'table' ? SPAN_MS_DEFAULT : (panel.spanMs ?? SPAN_MS_DEFAULT),
    label: series >= 0 ? nameOf(series) : value,
    value,
    over,
  }
}

interface ColumnAt {
  readonly definition: Column
  readonly vector: ColumnVector
}

function columnOf(resolved: ResolvedPanel, batch: RowBatch, index: number): ColumnAt {
  const definition = resolved.schema.columns[index]
  const vector = batch.columns[index]
  assert(definition !== undefined && vector !== undefined, 'a batch has the columns of its stream')
  return { definition, vector }
}

/** Time series and stats. */
class SeriesPanelState implements PanelState {
  readonly shape: PanelShape
  readonly #resolved: ResolvedPanel
  readonly #store: SeriesStore
  readonly #shownMax: number
  readonly #hasRest: boolean
  /** names of the lines on the page, in their order; the rest is behind them */
  #shown: string[] = []
  #showsRest = false

  constructor(resolved: ResolvedPanel, id: string) {
    const { panel } = resolved
    assert(panel.kind === 'timeSeries' || panel.kind === 'stat', 'a series panel is a time series or a stat')
    this.#resolved = resolved
    this.shape = shapeOf(resolved, id)
    this.#store = new SeriesStore(this.shape.spanMs, panel.combine ?? 'sum')
    const split = panel.kind === 'timeSeries' && resolved.series >= 0
    this.#shownMax = split ? (panel.topN ?? SERIES_SHOWN_DEFAULT) : resolved.values.length
    this.#hasRest = split && (panel.combine ?? 'sum') === 'sum'
  }

  add(batch: RowBatch): void {
    const { x, series, values } = this.#resolved
    const time = x < 0 ? null : columnOf(this.#resolved, batch, x)
    const label = series < 0 ? null : columnOf(this.#resolved, batch, series)
    for (const index of values) {
      const { definition, vector } = columnOf(this.#resolved, batch, index)
      for (let row = 0; row < batch.length; row++) {
        const rowtime = batch.rowtimes[row] ?? 0
        const at = time === null ? rowtime : numberAt(time.vector, time.definition.type, row)
        if (at === null || at > rowtime + AHEAD_MS_MAX) continue
        const name = label === null ? cutText(definition.name) : labelAt(label.vector, label.definition.type, row)
        this.#store.add(at, name, numberAt(vector, definition.type, row))
      }
    }
  }

  data(): SeriesData {
    this.#store.prune()
    const series: SeriesMessage[] = this.#shown.map(name => ({
      name,
      isRest: false,
      points: this.#store.get(name)?.inOrder() ?? [],
    }))
    if (this.#showsRest)
      series.push({
        name: 'other',
        isRest: true,
        points: this.#store.all.inOrder().map(([bucket]) => [bucket, this.#restAt(bucket)] as const),
      })
    return { kind: 'series', series, hidden: Math.max(0, this.#store.size - this.#shown.length) }
  }

  change(): PanelChange | null {
    if (this.#store.all.changed.size === 0) return null
    this.#store.prune()
    const changedAll = [...this.#store.all.changed]
    this.#store.all.changed.clear()
    const isNew = this.#choose()
    const points: [number, number, number | null][] = []
    for (const [index, name] of this.#shown.entries()) {
      const series = this.#store.get(name)
      if (series === undefined) continue
      for (const bucket of series.changed) points.push([index, bucket, series.points.get(bucket) ?? null])
      series.changed.clear()
    }
    if (isNew) return { id: this.shape.id, data: this.data() }
    if (this.#showsRest)
      for (const bucket of changedAll) points.push([this.#shown.length, bucket, this.#restAt(bucket)])
    return { id: this.shape.id, points }
  }

  /** Decides which series have a line. True when the lines on the page are others than before. */
  #choose(): boolean {
    const before = this.#shown
    const beforeRest = this.#showsRest
    if (this.#resolved.series < 0) {
      this.#shown = this.#resolved.values.map(index => cutText(this.#resolved.schema.columns[index]?.name ?? ''))
    } else {
      const ranked = this.#store.ranked()
      const weightOf = new Map(ranked.map(({ series, weight }) => [series.name, weight]))
      // A line keeps its place and colour until another is clearly heavier: ranks that swap each second cannot be read.
      const kept = before.filter(name => weightOf.has(name))
      for (const { series, weight } of ranked) {
        if (kept.includes(series.name)) continue
        if (kept.length < this.#shownMax) {
          kept.push(series.name)
          continue
        }
        const weakest = kept.reduce((a, b) => ((weightOf.get(b) ?? 0) < (weightOf.get(a) ?? 0) ? b : a))
        if (weight <= (weightOf.get(weakest) ?? 0) * TAKE_PLACE_FACTOR) break
        kept[kept.indexOf(weakest)] = series.name
      }
      this.#shown = kept
    }
    this.#showsRest = this.#hasRest && (this.#store.size > this.#shown.length || this.#store.hasUntracked)
    return (
      beforeRest !== this.#showsRest ||
      before.length !== this.#shown.length ||
      before.some((name, index) => name !== this.#shown[index])
    )
  }

  #restAt(bucket: number): number {
    let rest = this.#store.all.points.get(bucket) ?? 0
    for (const name of this.#shown) rest -= this.#store.get(name)?.points.get(bucket) ?? 0
    // Sums of doubles leave crumbs that would show as a line at 1e-12.
    return Math.abs(rest) < 1e-9 ? 0 : rest
  }
}

/** Rankings and funnels: sums by label over the newest rowtime or over the span. */
class RankPanelState implements PanelState {
  readonly shape: PanelShape
  readonly #resolved: ResolvedPanel
  readonly #store: SeriesStore | null
  readonly #steps: readonly string[] | null
  readonly #itemsMax: number
  #window = new Map<string, number>()
  #windowTotal = 0
  #at: number | null = null
  #isChanged = false

  constructor(resolved: ResolvedPanel, id: string) {
    const { panel } = resolved
    assert(panel.kind === 'top' || panel.kind === 'funnel', 'a rank panel is a ranking or a funnel')
    this.#resolved = resolved
    this.shape = shapeOf(resolved, id)
    this.#store = this.shape.over === 'span' ? new SeriesStore(this.shape.spanMs, 'sum', LABELS_TRACKED_MAX) : null
    this.#steps = panel.kind === 'funnel' ? panel.steps : null
    this.#itemsMax = panel.kind === 'top' ? (panel.topN ?? BARS_DEFAULT) : panel.steps.length
  }

  add(batch: RowBatch): void {
    const label = columnOf(this.#resolved, batch, this.#resolved.series)
    const value = columnOf(this.#resolved, batch, this.#resolved.values[0] ?? -1)
    for (let row = 0; row < batch.length; row++) {
      const rowtime = batch.rowtimes[row] ?? 0
      const name = labelAt(label.vector, label.definition.type, row)
      const number = numberAt(value.vector, value.definition.type, row) ?? 0
      this.#isChanged = true
      if (this.#at === null || rowtime > this.#at) {
        this.#at = rowtime
        this.#window.clear()
        this.#windowTotal = 0
      }
      if (this.#store !== null) this.#store.add(rowtime, name, number)
      else this.#addToWindow(name, number)
    }
  }

  data(): RankData {
    this.#store?.prune()
    const totals =
      this.#store === null
        ? [...this.#window].map(([label, value]) => ({ label, value }))
        : this.#store.ranked().map(({ series }) => ({ label: series.name, value: series.total() }))
    const total = this.#store === null ? this.#windowTotal : this.#store.all.total()
    if (this.#steps !== null) {
      const byLabel = new Map(totals.map(({ label, value }) => [label, value]))
      const items = this.#steps.map(step => ({ label: cutText(step), value: byLabel.get(cutText(step)) ?? 0 }))
      return { kind: 'rank', at: this.#at, items, total, hidden: 0 }
    }
    totals.sort((a, b) => b.value - a.value || (a.label < b.label ? -1 : 1))
    const items = totals.slice(0, this.#itemsMax)
    return { kind: 'rank', at: this.#at, items, total, hidden: totals.length - items.length }
  }

  change(): PanelChange | null {
    if (!this.#isChanged) return null
    this.#isChanged = false
    return { id: this.shape.id, data: this.data() }
  }

  #addToWindow(name: string, value: number): void {
    this.#windowTotal += value
    const before = this.#window.get(name)
    if (before === undefined && this.#window.size >= LABELS_TRACKED_MAX) return
    this.#window.set(name, (before ?? 0) + value)
  }
}

/** The newest rows of a stream. */
class TablePanelState implements PanelState {
  readonly shape: PanelShape
  readonly #resolved: ResolvedPanel
  readonly #rowsMax: number
  #rows: (readonly CellMessage[])[] = []
  #added = 0

  constructor(resolved: ResolvedPanel, id: string) {
    assert(resolved.panel.kind === 'table', 'a table panel is a table')
    this.#resolved = resolved
    this.#rowsMax = resolved.panel.topN ?? TABLE_ROWS_DEFAULT
    this.shape = shapeOf(resolved, id)
  }

  add(batch: RowBatch): void {
    const columns = this.#resolved.values.map(index => columnOf(this.#resolved, batch, index))
    // Only the newest rows can be seen, so the others are not even decoded.
    for (let row = Math.max(0, batch.length - this.#rowsMax); row < batch.length; row++) {
      const cells = columns.map(({ definition, vector }) =>
        cellOf(typedValueAt(vector, definition.type, row), definition.type),
      )
      this.#rows.unshift([batch.rowtimes[row] ?? 0, ...cells])
      this.#added++
    }
    this.#rows.length = Math.min(this.#rows.length, this.#rowsMax)
    this.#added = Math.min(this.#added, this.#rowsMax)
  }

  data(): PanelData {
    const columns: TableColumnMessage[] = this.#resolved.values.map(index => {
      const column = this.#resolved.schema.columns[index]
      assert(column !== undefined, 'a resolved column is in its schema')
      return { name: cutText(column.name), format: cellFormat(column.type) }
    })
    return {
      kind: 'table',
      columns: [{ name: 'ROWTIME', format: 'time' }, ...columns],
      // Rows that no change has told of yet come with the next one; a page that got them here would show them twice.
      rows: this.#rows.slice(this.#added),
      rowsMax: this.#rowsMax,
    }
  }

  change(): PanelChange | null {
    if (this.#added === 0) return null
    const rows = this.#rows.slice(0, this.#added)
    this.#added = 0
    return { id: this.shape.id, rows }
  }
}
