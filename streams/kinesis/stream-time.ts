/**
 * The clock that stamps arrivals, as far as a worker can know it: its own clock plus what replies say. The estimate never runs
 * ahead of the service: a bound that is early only delays rows, a bound that is late would raise their rowtimes.
 */
import type { Clock } from '../../core/index.ts'

/** How long an observation is believed: a worker's clock may be set back in between. Milliseconds. */
export const OBSERVATION_MS = 60_000

export class StreamTime {
  readonly #clock: Clock
  /** least that the service is ahead of the worker, by the observations of the last span and of this one; null for none */
  #before: number | null = null
  #now: number | null = null
  #startedMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startedMs = clock.monotonicMs()
  }

  /** The present as the service has it, epoch milliseconds; the worker's own clock while nothing is known. */
  now(): number {
    const ahead = Math.max(this.#before ?? Number.NEGATIVE_INFINITY, this.#now ?? Number.NEGATIVE_INFINITY)
    return this.#clock.now() + (Number.isFinite(ahead) ? ahead : 0)
  }

  /**
   * Takes in an instant that the service had reached when a reply came: its Date header (whole seconds, rounded down) or the
   * arrival of a record.
   */
  observe(instant: number): void {
    if (!Number.isFinite(instant)) return
    const monotonicMs = this.#clock.monotonicMs()
    if (monotonicMs - this.#startedMs > OBSERVATION_MS) {
      this.#before = monotonicMs - this.#startedMs > 2 * OBSERVATION_MS ? null : this.#now
      this.#now = null
      this.#startedMs = monotonicMs
    }
    const ahead = instant - this.#clock.now()
    if (this.#now === null || ahead > this.#now) this.#now = ahead
  }
}
