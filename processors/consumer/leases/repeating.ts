/** A loop with a fixed rate that outlives its failures. */
import type { Clock } from '../../../core/index.ts'

export interface RepeatingOptions {
  readonly clock: Clock
  /** milliseconds from one start to the next; a run that takes longer is followed at once */
  readonly periodMs: number
  /** before the first run; default 0 */
  readonly firstAfterMs?: number
  readonly failed: (error: unknown) => void
}

export class Repeating {
  readonly #stopped = new AbortController()
  readonly #done: Promise<void>

  constructor(work: () => Promise<void>, options: RepeatingOptions) {
    this.#done = this.#run(work, options)
  }

  /** Resolves when the run under way has ended. */
  stop(): Promise<void> {
    this.#stopped.abort()
    return this.#done
  }

  async #run(work: () => Promise<void>, options: RepeatingOptions): Promise<void> {
    const { clock, periodMs, firstAfterMs = 0, failed } = options
    const { signal } = this.#stopped
    let dueAt = clock.monotonicMs() + firstAfterMs
    while (!signal.aborted) {
      await clock.sleep(dueAt - clock.monotonicMs(), signal)
      if (signal.aborted) return
      try {
        await work()
      } catch (error) {
        failed(error)
      }
      // After a pause of the process there is one run, not all that were missed.
      dueAt = Math.max(dueAt + periodMs, clock.monotonicMs())
    }
  }
}

/** Runs work for each item, so many at a time; every one is run, and the first failure is thrown at the end. */
export async function eachOf<T>(items: readonly T[], atATime: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  let failure: { readonly error: unknown } | null = null
  const one = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      try {
        await work(item)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, one))
  const first = failure as { readonly error: unknown } | null
  if (first !== null) throw first.error
}
