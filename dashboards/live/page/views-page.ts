/** The user's dashboard. Its panels live as long as the page, so that changing tabs loses no cursor and no choice. */
import type { LiveMessage, PanelShape, StatusMessage } from '../protocol.ts'
import { Annotations } from './annotations.ts'
import { barPanel } from './bar-panel.ts'
import type { DelayMeter } from './delay.ts'
import { el, setAttribute, setText } from './dom.ts'
import { formatDelay } from './format.ts'
import { heatmapPanel } from './heatmap-panel.ts'
import { layout } from './layout.ts'
import type { Page, PageContext } from './page.ts'
import type { Moment, PanelView } from './panel.ts'
import { funnelPanel, topPanel } from './rank-panel.ts'
import { statPanel } from './stat-panel.ts'
import { stateTimelinePanel } from './state-timeline-panel.ts'
import { tablePanel } from './table-panel.ts'
import { timeSeriesPanel } from './time-series-panel.ts'
import { VariableBar } from './variable-bar.ts'

const MAKERS: Readonly<Record<PanelShape['kind'], (shape: PanelShape) => PanelView>> = {
  timeSeries: timeSeriesPanel,
  stat: statPanel,
  top: topPanel,
  bar: barPanel,
  funnel: funnelPanel,
  heatmap: heatmapPanel,
  stateTimeline: stateTimelinePanel,
  table: tablePanel,
}

/** Panels off the screen are drawn this seldom, so that a picture of the whole page is never blank or old. */
const DRAW_ALL_MS = 5_000

export class ViewsPage implements Page {
  readonly id = 'views'
  readonly title = 'Views'
  readonly #grid = el('div', { class: 'panels' })
  readonly #wide = matchMedia('(min-width: 1100px)')
  readonly #medium = matchMedia('(min-width: 720px)')
  #shapes: readonly PanelShape[] = []
  #shapesJson = ''
  #panels = new Map<string, PanelView>()
  /** panels that are on the screen, or nearly: drawing the others would cost as much and show nothing */
  readonly #visible = new Set<Element>()
  readonly #observer = new IntersectionObserver(entries => this.#see(entries), { rootMargin: '300px 0px' })
  /** panels that have been drawn at least once */
  readonly #drawn = new WeakSet<Element>()
  #allDrawnAt = Number.NEGATIVE_INFINITY
  #context: PageContext | null = null
  #isShown = false
  #lastStatus: StatusMessage | null = null
  #isReplay = false
  readonly #annotations = new Annotations()
  readonly #variables: VariableBar
  readonly #delay: DelayMeter
  readonly #delayWords = el('p', { class: 'delay-words number' })

  /** @param choose called with the values that a person chose; the next snapshot has their rows only */
  constructor(choose: (choice: ReadonlyMap<string, string>) => void, delay: DelayMeter) {
    this.#delay = delay
    this.#variables = new VariableBar(choose)
    for (const query of [this.#wide, this.#medium]) query.addEventListener('change', () => this.#place())
    // Paper shows every panel, and waits for no frame.
    addEventListener('beforeprint', () => {
      if (this.#context === null || !this.#isShown) return
      this.#allDrawnAt = Number.NEGATIVE_INFINITY
      this.draw(this.#context.now())
    })
  }

  message(message: LiveMessage): void {
    if (message.status !== null) this.#lastStatus = message.status
    this.#variables.update(message.variables)
    if (message.status?.report != null) this.#variables.end()
    this.#annotations.take(message)
    if (message.type === 'delta') {
      for (const change of message.panels) {
        const panel = this.#panels.get(change.id)
        if (change.data === undefined) panel?.apply(change)
        else panel?.reset(change.data)
      }
      return
    }
    this.#isReplay = message.mode === 'replay'
    const shapes = message.panels.map(panel => panel.shape)
    // A snapshot after a lost connection mostly describes the same panels: those go on, with their cursor, choices and points.
    // Another choice has other rows, so nothing of before may stay.
    const json = JSON.stringify([message.variables.map(({ chosen }) => chosen), shapes])
    if (json !== this.#shapesJson) this.#build(shapes)
    this.#shapesJson = json
    const chosen = message.variables.filter(variable => variable.chosen !== null)
    for (const { shape, data } of message.panels) {
      const panel = this.#panels.get(shape.id)
      panel?.reset(data)
      // A choice does not reach streams without its column.
      const left = chosen.filter(({ name }) => !shape.variables.includes(name)).map(({ title }) => title)
      if (left.length > 0)
        panel?.element.setAttribute('data-all-rows', `all rows: ${left.join(', ')} is not in its stream`)
    }
  }

  mount(root: HTMLElement, context: PageContext): void {
    this.#context = context
    this.#isShown = true
    this.#variables.mount(context)
    root.append(
      el('div', { class: 'views-head' }, this.#variables.element, this.#annotations.element, this.#delayWords),
      this.#grid,
    )
  }

  navigated(): void {
    this.#variables.navigated()
  }

  unmount(): void {
    this.#isShown = false
  }

  draw(now: number): void {
    const moment: Moment = {
      now,
      watermarkMs: this.#lastStatus?.watermarkMs ?? null,
      nextCloseAt: this.#lastStatus?.nextCloseAt ?? {},
      isReplay: this.#isReplay,
      annotations: this.#annotations.all,
    }
    this.#annotations.draw()
    const { delay } = this.#delay
    setText(
      this.#delayWords,
      delay === null || this.#isReplay
        ? ''
        : `event to chart ${formatDelay(delay.medianMs)}, 95 % within ${formatDelay(delay.p95Ms)}`,
    )
    const isAllDue = performance.now() - this.#allDrawnAt >= DRAW_ALL_MS
    if (isAllDue) this.#allDrawnAt = performance.now()
    for (const panel of this.#panels.values()) {
      if (!isAllDue && !this.#visible.has(panel.element) && this.#drawn.has(panel.element)) continue
      this.#drawn.add(panel.element)
      panel.draw(moment)
    }
  }

  recolour(): void {
    for (const panel of this.#panels.values()) panel.recolour()
  }

  #build(shapes: readonly PanelShape[]): void {
    this.#shapes = shapes
    this.#panels = new Map(shapes.map(shape => [shape.id, MAKERS[shape.kind](shape)]))
    this.#observer.disconnect()
    this.#visible.clear()
    this.#grid.replaceChildren(...[...this.#panels.values()].map(panel => panel.element))
    for (const { element } of this.#panels.values()) this.#observer.observe(element)
    if (shapes.length === 0)
      this.#grid.append(el('p', { class: 'panel-empty' }, 'this pipeline has no output stream to draw'))
    this.#place()
  }

  #see(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries)
      if (isIntersecting) this.#visible.add(target)
      else this.#visible.delete(target)
    this.#context?.requestDraw()
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
