/** Rankings and funnels: sums by label over the newest rowtime or over the span. */
import { assert, type RowBatch } from '../../../core/index.ts'
import type { ResolvedPanel } from '../../resolve-dashboard.ts'
import { BARS_DEFAULT } from '../../view-model.ts'
import { cutText, labelAt, numberAt } from '../columns.ts'
import type { PanelChange, PanelShape, RankData } from '../protocol.ts'
import { SeriesStore } from '../series-store.ts'
import { columnOf, LABELS_TRACKED_MAX, type PanelState, shapeOf } from './state.ts'

export class RankPanelState implements PanelState {
  readonly shape: PanelShape
  readonly #resolved: ResolvedPanel
  readonly #store: SeriesStore | null
  readonly #steps: readonly string[] | null
  readonly #itemsMax: number
  #window = new Map<string, number>()
  #windowTotal = 0
  #at: number | null = null
  #isChanged = false

  constructor(resolved: ResolvedPanel, id: string, variables: readonly string[]) {
    const { panel } = resolved
    assert(panel.kind === 'top' || panel.kind === 'funnel', 'a rank panel is a ranking or a funnel')
    this.#resolved = resolved
    this.shape = shapeOf(resolved, id, variables)
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
      const number = numberAt(value.vector, value.definition.type, row)
      this.#isChanged = true
      if (this.#at === null || rowtime > this.#at) {
        this.#at = rowtime
        this.#window.clear()
        this.#windowTotal = 0
      }
      // NULL is no value, and no 0 either: its label has no bar of its own.
      if (number === null) continue
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
