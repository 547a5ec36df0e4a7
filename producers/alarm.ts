/** One timer that always rings at the earliest instant that was asked for. */
import type { Clock } from '../core/index.ts'

export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #at = Number.POSITIVE_INFINITY
  #wait = new AbortController()

  /** @param ring called once for each time the alarm goes off; it is then no longer set */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings at `at`, monotonic milliseconds, unless it is set to an earlier instant already. */
  set(at: number): void {
    if (at >= this.#at) return
    this.#wait.abort()
    const wait = new AbortController()
    this.#wait = wait
    this.#at = at
    void this.#clock.sleep(Math.max(0, at - this.#clock.monotonicMs()), wait.signal).then(() => {
      if (wait.signal.aborted) return
      this.#at = Number.POSITIVE_INFINITY
      this.#ring()
    })
  }

  /** Does not ring; nothing keeps the process alive. */
  clear(): void {
    if (this.#at === Number.POSITIVE_INFINITY) return
    this.#wait.abort()
    this.#at = Number.POSITIVE_INFINITY
  }
}
