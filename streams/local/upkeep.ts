/** What a stream does by itself now and then: retention, and syncs where durability is by the clock. Failures are told and tried again. */
import type { Clock } from '../../core/index.ts'
import type { StreamNotice } from './notice.ts'

/** How often retention looks for records to let go. Reads never show a trimmed record, whether it is gone yet or not. */
export const RETAIN_EVERY_MS = 60_000

export class Upkeep {
  readonly #clock: Clock
  readonly #tell: (notice: StreamNotice) => void
  readonly #stops: (() => void)[] = []

  constructor(clock: Clock, tell: (notice: StreamNotice) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  every(intervalMs: number, work: () => Promise<void>): void {
    this.#stops.push(this.#clock.every(intervalMs, () => void work().catch(this.failed)))
  }

  readonly failed = (error: unknown): void => this.#tell({ kind: 'upkeep_failed', error })

  stop(): void {
    for (const stop of this.#stops) stop()
  }
}
