/** KiB a second that a lease delivers: an exponential average over the times between renewals. Source: KCL 3.x, lease statistics. */

/** KCL: weight of the newest interval. */
const ALPHA = 0.5

export class Throughput {
  #average: number | null = null
  #sizeBytes = 0
  #sinceMs: number

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  add(sizeBytes: number): void {
    this.#sizeBytes += sizeBytes
  }

  /** Ends an interval; the average with it, null when no time has passed since the lease was gained. */
  perRenewal(nowMs: number): number | null {
    const elapsedMs = nowMs - this.#sinceMs
    if (elapsedMs <= 0) return this.#average
    const rate = this.#sizeBytes / 1_024 / (elapsedMs / 1_000)
    this.#average = this.#average === null ? rate : ALPHA * rate + (1 - ALPHA) * this.#average
    this.#sizeBytes = 0
    this.#sinceMs = nowMs
    return this.#average
  }
}
