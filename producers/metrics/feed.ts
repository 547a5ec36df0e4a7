/** Samples what is outstanding and hands the metrics of each interval to the caller. Keeps no process alive. */
import type { Clock } from '../../core/index.ts'
import type { MetricDatum, MetricsRecorder } from './recorder.ts'

/**
 * Gets what came since the last call; never an empty list.
 * @param from, to the interval, epoch milliseconds
 */
export type MetricsHook = (data: readonly MetricDatum[], from: number, to: number) => void

/** How often KPL samples UserRecordsPending. */
const SAMPLE_INTERVAL_MS = 200

export class MetricsFeed {
  readonly #recorder: MetricsRecorder
  readonly #clock: Clock
  readonly #hook: MetricsHook | undefined
  readonly #stops: (() => void)[] = []
  #from: number
  #sampledAt = Number.NEGATIVE_INFINITY

  constructor(recorder: MetricsRecorder, clock: Clock, hook: MetricsHook | undefined, intervalMs: number) {
    this.#recorder = recorder
    this.#clock = clock
    this.#hook = hook
    this.#from = clock.now()
    if (hook !== undefined) this.#stops.push(clock.every(intervalMs, () => this.#hand()))
  }

  /** Notes how many records are outstanding, when the last note is old enough. Called whenever something moves: no timer is needed. */
  sample(outstanding: number, now: number): void {
    if (now - this.#sampledAt < SAMPLE_INTERVAL_MS) return
    this.#sampledAt = now
    this.#recorder.add('UserRecordsPending', outstanding, now)
  }

  /** Hands out what is left, and no more after that. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop()
    this.#hand()
  }

  #hand(): void {
    if (this.#hook === undefined) return
    const to = this.#clock.now()
    const data = this.#recorder.take()
    const from = this.#from
    this.#from = to
    if (data.length === 0) return
    try {
      this.#hook(data, from, to)
    } catch {
      // a hook that fails loses its interval; the records go on
    }
  }
}
