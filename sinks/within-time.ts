/** A bound on the time of a call, whether or not the other side keeps to it. */
import type { Clock } from '../core/index.ts'

export interface TimeLimit {
  readonly clock: Clock
  readonly limitMs: number
  /** ends the call as well */
  readonly signal?: AbortSignal
}

const OVERDUE = Symbol('overdue')

/**
 * Calls with a signal that is aborted when the time is over.
 * @param late what there is instead of an answer then; a call that does not heed its signal is waited for no longer
 * @throws what the operation or `late` throws
 */
export async function withinTime<T>(
  { clock, limitMs, signal }: TimeLimit,
  operation: (signal: AbortSignal) => Promise<T>,
  late: () => T,
): Promise<T> {
  const [ended, done] = [new AbortController(), new AbortController()]
  const end = (): void => ended.abort()
  if (signal?.aborted === true) end()
  signal?.addEventListener('abort', end)
  const call = operation(ended.signal)
  // Nobody listens any more once the time is over.
  call.catch(() => {})
  try {
    const first = await Promise.race([call, clock.sleep(limitMs, done.signal).then((): typeof OVERDUE => OVERDUE)])
    if (first !== OVERDUE) return first
    end()
    return late()
  } finally {
    done.abort()
    signal?.removeEventListener('abort', end)
  }
}
