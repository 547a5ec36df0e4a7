/** Tells what keeps deliveries waiting: at once, and then now and then while it lasts, since repeats may go on for a day. */
import { type Clock, MillraceError } from '../../core/index.ts'

/** The same trouble is told so often at most. */
export const TROUBLE_EVERY_MS = 300_000
/** Troubles that are remembered, each by its text. */
const TROUBLES_MAX = 100

export class Troubles {
  readonly #clock: Clock
  readonly #tell: (error: MillraceError) => void
  readonly #told = new Map<string, { readonly sinceMs: number; lastMs: number; times: number }>()

  constructor(clock: Clock, tell: (error: MillraceError) => void = () => {}) {
    this.#clock = clock
    this.#tell = tell
  }

  /** Something failed that will be tried again. */
  happened(error: MillraceError): void {
    const nowMs = this.#clock.monotonicMs()
    const { code, message, retry } = error
    const before = this.#told.get(message)
    if (before === undefined || nowMs - before.lastMs >= 2 * TROUBLE_EVERY_MS) {
      this.#told.delete(message)
      this.#told.set(message, { sinceMs: nowMs, lastMs: nowMs, times: 1 })
      const [oldest] = this.#told.keys()
      if (this.#told.size > TROUBLES_MAX && oldest !== undefined) this.#told.delete(oldest)
      this.#tell(error)
      return
    }
    before.times++
    if (nowMs - before.lastMs < TROUBLE_EVERY_MS) return
    before.lastMs = nowMs
    const minutes = Math.round((nowMs - before.sinceMs) / 60_000)
    const text = `${message}; for ${minutes} minutes now, ${before.times} times`
    this.#tell(new MillraceError(code, text, { retry, cause: error }))
  }
}
