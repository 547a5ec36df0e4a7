/**
 * How long it takes from an event to the chart: from the rowtime of a row (when its event arrived, or when its window was
 * complete) until the frame that shows it was painted. The server's clock is followed through its answers, so that a page on
 * another machine measures too: the error is at most half of a round trip.
 */

/** Samples that percentiles are over, and how old they may be. */
const SAMPLES_MAX = 600
const SAMPLE_AGE_MS_MAX = 60_000
/** The course that can be drawn reaches this far back, by second. */
const COURSE_MS = 300_000

export interface Delay {
  readonly medianMs: number
  /** 95 of 100 samples were at most this */
  readonly p95Ms: number
  readonly samples: number
}

export class DelayMeter {
  #samples: { readonly at: number; readonly ms: number }[] = []
  #course: [number, number | null][] = []
  /** rowtime of the oldest row that is not painted yet */
  #pending: number | null = null
  #ahead: number | null = null
  #roundTripMs = Number.POSITIVE_INFINITY

  /**
   * Hears what the server's clock said.
   * @param sentAt and `receivedAt`: this machine's clock around the question; the answer with the shortest round trip is the best
   */
  clock(serverNow: number, sentAt: number, receivedAt: number): void {
    const roundTripMs = receivedAt - sentAt
    // An old best must not stand for ever: clocks drift.
    this.#roundTripMs += 1
    if (roundTripMs < 0 || roundTripMs > this.#roundTripMs) return
    this.#roundTripMs = roundTripMs
    this.#ahead = serverNow - (sentAt + receivedAt) / 2
  }

  /** Rows have come; `painted` will say when they are on the screen. */
  arrived(oldestRowtime: number): void {
    this.#pending = Math.min(this.#pending ?? Number.POSITIVE_INFINITY, oldestRowtime)
  }

  /** A page that nobody sees paints nothing; what came meanwhile is no delay. */
  skipped(): void {
    this.#pending = null
  }

  /** A frame was painted. @param now this machine's clock */
  painted(now: number): void {
    const rowtime = this.#pending
    if (rowtime === null || this.#ahead === null) return
    this.#pending = null
    const at = now + this.#ahead
    const ms = Math.max(0, at - rowtime)
    this.#samples.push({ at, ms })
    while (this.#samples.length > SAMPLES_MAX || (this.#samples[0]?.at ?? at) < at - SAMPLE_AGE_MS_MAX)
      this.#samples.shift()
    const second = Math.floor(at / 1_000) * 1_000
    const last = this.#course.at(-1)
    if (last !== undefined && last[0] === second) last[1] = Math.max(last[1] ?? 0, ms)
    else this.#course.push([second, ms])
    while ((this.#course[0]?.[0] ?? at) < at - COURSE_MS) this.#course.shift()
  }

  /** the largest delay of each second, ascending */
  get course(): readonly (readonly [number, number | null])[] {
    return this.#course
  }

  /** Over the last minute; null before the first row. */
  get delay(): Delay | null {
    if (this.#samples.length === 0) return null
    const sorted = this.#samples.map(({ ms }) => ms).sort((a, b) => a - b)
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return { medianMs: at(0.5), p95Ms: at(0.95), samples: sorted.length }
  }
}
