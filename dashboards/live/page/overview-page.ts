/** The first page: how the pipeline is, in one sentence, five figures and a cell for each shard. */
import type { LiveMessage } from '../protocol.ts'
import type { Page } from './page.ts'
import { StatusSection } from './status-section.ts'

export class OverviewPage implements Page {
  readonly id = 'overview'
  readonly title = 'Overview'
  readonly #status = new StatusSection()

  message(message: LiveMessage): void {
    if (message.type === 'snapshot') this.#status.setHistory(message.history)
    else this.#status.addHistory(message.history)
    if (message.status !== null) this.#status.update(message.status)
  }

  mount(root: HTMLElement): void {
    root.append(this.#status.element, this.#status.report)
  }

  unmount(): void {}

  draw(now: number): void {
    this.#status.draw(now)
  }
}
