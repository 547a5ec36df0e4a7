/** Lets the event loop turn between slices of work. */
import type { Clock } from './env.ts'

/** Work may go on for so long before the loop turns; the slice that runs then is added. */
const TURN_AFTER_MS = 10

/** Under a simulated clock work takes no time, so there is no turn and no order depends on one. */
export class Turns {
  readonly #clock: Clock
  #lastMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastMs = clock.monotonicMs()
  }

  /** Whether the last turn was too long ago. */
  get due(): boolean {
    return this.#clock.monotonicMs() - this.#lastMs >= TURN_AFTER_MS
  }

  /** Call between slices. Resolves after a turn of the loop when one is due, else at once. */
  async take(): Promise<void> {
    if (!this.due) return
    await new Promise<void>(resolve => void setImmediate(resolve))
    this.#lastMs = this.#clock.monotonicMs()
  }
}
