/** What could not be used, by reason, and the rows themselves for whoever has the token. */
import type { LiveMessage } from '../protocol.ts'
import { ErrorsSection } from './errors-section.ts'
import type { Page } from './page.ts'

export class BadEventsPage implements Page {
  readonly id = 'bad-events'
  readonly title = 'Bad events'
  readonly #errors = new ErrorsSection()

  message(message: LiveMessage): void {
    if (message.errors !== null) this.#errors.update(message.errors)
  }

  mount(root: HTMLElement): void {
    root.append(this.#errors.element)
  }

  unmount(): void {}

  draw(): void {
    this.#errors.draw()
  }
}
