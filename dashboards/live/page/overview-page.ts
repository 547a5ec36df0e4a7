/** The first page: how the pipeline is, in one sentence and a few figures, and what each view says. */
import type { LiveMessage } from '../protocol.ts'
import type { DelayMeter } from './delay.ts'
import { el, setText } from './dom.ts'
import type { Page } from './page.ts'
import { StatusSection } from './status-section.ts'
import { choiceText } from './variable-bar.ts'
import { ViewCards } from './view-cards.ts'

export class OverviewPage implements Page {
  readonly id = 'overview'
  readonly title = 'Overview'
  readonly #status: StatusSection
  readonly #cards = new ViewCards()
  readonly #choice = el('p', { class: 'muted', 'data-testid': 'choice', hidden: '' })
  readonly #views = el(
    'section',
    { 'aria-labelledby': 'cards-title' },
    el('h2', { id: 'cards-title', class: 'section-title' }, 'Views'),
    this.#choice,
    this.#cards.element,
  )

  constructor(delay: DelayMeter) {
    this.#status = new StatusSection(delay)
  }

  message(message: LiveMessage): void {
    if (message.type === 'snapshot') this.#status.setHistory(message.history)
    else this.#status.addHistory(message.history)
    if (message.status !== null) this.#status.update(message.status)
    this.#cards.message(message)
    if (message.type === 'delta') return
    const words = choiceText(message.variables)
    setText(this.#choice, words === '' ? '' : `rows with ${words} only, as chosen under Views`)
    this.#choice.hidden = words === ''
  }

  mount(root: HTMLElement): void {
    root.append(this.#status.element, this.#status.report, this.#views)
  }

  unmount(): void {}

  draw(now: number): void {
    this.#status.draw(now)
    this.#cards.draw(now)
  }
}
