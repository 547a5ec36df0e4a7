/** The first page: how the pipeline is, the user's panels, and what went wrong. */
import type { DeltaMessage, PanelShape, SnapshotMessage, StatusMessage } from '../protocol.ts'
import { byId, el, setAttribute } from './dom.ts'
import { ErrorsSection } from './errors-section.ts'
import { layout } from './layout.ts'
import type { Page } from './page.ts'
import type { Moment, PanelView } from './panel.ts'
import { funnelPanel, topPanel } from './rank-panel.ts'
import { statPanel } from './stat-panel.ts'
import { StatusSection } from './status-section.ts'
import { tablePanel } from './table-panel.ts'
import { timeSeriesPanel } from './time-series-panel.ts'

const MAKERS: Readonly<Record<PanelShape['kind'], (shape: PanelShape) => PanelView>> = {
  timeSeries: timeSeriesPanel,
  stat: statPanel,
  top: topPanel,
  funnel: funnelPanel,
  table: tablePanel,
}

export class OverviewPage implements Page {
  readonly id = 'overview'
  readonly title = 'Overview'
  readonly element = byId('overview')
  readonly #grid = byId('panels')
  readonly #status = new StatusSection()
  readonly #errors = new ErrorsSection()
  readonly #wide = matchMedia('(min-width: 1100px)')
  readonly #medium = matchMedia('(min-width: 720px)')
  #shapes: readonly PanelShape[] = []
  #shapesJson = ''
  #panels = new Map<string, PanelView>()
  #lastStatus: StatusMessage | null = null
  #isReplay = false

  constructor() {
    for (const query of [this.#wide, this.#medium]) query.addEventListener('change', () => this.#place())
  }

  snapshot(message: SnapshotMessage): void {
    this.#isReplay = message.mode === 'replay'
    this.#status.setHistory(message.history)
    this.#takeStatus(message.status)
    this.#errors.update(message.errors)
    const shapes = message.panels.map(panel => panel.shape)
    // A snapshot after a lost connection mostly describes the same panels: those go on, with their cursor and choices.
    const json = JSON.stringify(shapes)
    if (json !== this.#shapesJson) this.#build(shapes)
    this.#shapesJson = json
    for (const { shape, data } of message.panels) this.#panels.get(shape.id)?.reset(data)
  }

  delta(message: DeltaMessage): void {
    this.#status.addHistory(message.history)
    if (message.status !== null) this.#takeStatus(message.status)
    if (message.errors !== null) this.#errors.update(message.errors)
    for (const change of message.panels) {
      const panel = this.#panels.get(change.id)
      if (change.data === undefined) panel?.apply(change)
      else panel?.reset(change.data)
    }
  }

  draw(now: number): void {
    const moment: Moment = {
      now,
      watermarkMs: this.#lastStatus?.watermarkMs ?? null,
      nextCloseAt: this.#lastStatus?.nextCloseAt ?? {},
      isReplay: this.#isReplay,
    }
    this.#status.draw(now)
    this.#errors.draw()
    for (const panel of this.#panels.values()) panel.draw(moment)
  }

  recolour(): void {
    for (const panel of this.#panels.values()) panel.recolour()
  }

  #takeStatus(status: StatusMessage): void {
    this.#lastStatus = status
    this.#status.update(status)
  }

  #build(shapes: readonly PanelShape[]): void {
    this.#shapes = shapes
    this.#panels = new Map(shapes.map(shape => [shape.id, MAKERS[shape.kind](shape)]))
    this.#grid.replaceChildren(...[...this.#panels.values()].map(panel => panel.element))
    if (shapes.length === 0)
      this.#grid.append(el('p', { class: 'panel-empty' }, 'this pipeline has no output stream to draw'))
    this.#place()
  }

  #place(): void {
    const page = this.#wide.matches ? 'wide' : this.#medium.matches ? 'medium' : 'narrow'
    const spans = layout(
      this.#shapes.map(shape => shape.width),
      page,
    )
    this.#shapes.forEach((shape, index) => {
      const panel = this.#panels.get(shape.id)
      if (panel !== undefined) setAttribute(panel.element, 'data-span', String(spans[index] ?? 12))
    })
  }
}
