/** Values over time by line: time series, stats, and heatmaps, whose rows are lines that are drawn as cells. */
import { assert, type RowBatch } from '../../../core/index.ts'
import type { ResolvedPanel } from '../../resolve-dashboard.ts'
import { HEATMAP_ROWS_DEFAULT, SERIES_SHOWN_DEFAULT } from '../../view-model.ts'
import { cutText, labelAt, numberAt } from '../columns.ts'
import type { PanelChange, PanelShape, SeriesData, SeriesMessage } from '../protocol.ts'
import { SeriesStore } from '../series-store.ts'
import { columnOf, type PanelState, shapeOf, timeAt } from './state.ts'

/** How much heavier a hidden series must be to take the place of a shown one. */
const TAKE_PLACE_FACTOR = 1.2

export class SeriesPanelState implements PanelState {
  readonly shape: PanelShape
  readonly #resolved: ResolvedPanel
  readonly #store: SeriesStore
  readonly #shownMax: number
  readonly #hasRest: boolean
  /** names of the lines on the page, in their order; the rest is behind them */
  #shown: string[] = []
  #showsRest = false

  constructor(resolved: ResolvedPanel, id: string, variables: readonly string[]) {
    const { panel } = resolved
    assert(
      panel.kind === 'timeSeries' || panel.kind === 'stat' || panel.kind === 'heatmap',
      'a series panel is a time series, a stat or a heatmap',
    )
    this.#resolved = resolved
    this.shape = shapeOf(resolved, id, variables)
    this.#store = new SeriesStore(this.shape.spanMs, panel.combine ?? 'sum')
    const isSplit = panel.kind !== 'stat' && resolved.series >= 0
    const shownDefault = panel.kind === 'heatmap' ? HEATMAP_ROWS_DEFAULT : SERIES_SHOWN_DEFAULT
    this.#shownMax = isSplit ? (panel.topN ?? shownDefault) : resolved.values.length
    // The sum of the rest would drown the other cells of a heatmap.
    this.#hasRest = isSplit && panel.kind === 'timeSeries' && (panel.combine ?? 'sum') === 'sum'
  }

  add(batch: RowBatch): void {
    const { x, series, values } = this.#resolved
    const label = series < 0 ? null : columnOf(this.#resolved, batch, series)
    for (const index of values) {
      const { definition, vector } = columnOf(this.#resolved, batch, index)
      for (let row = 0; row < batch.length; row++) {
        const at = timeAt(this.#resolved, batch, x, row)
        if (at === null) continue
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
