/** Repeats what may succeed later. */
import type { Clock, Random } from './env.ts'
import { MillraceError } from './errors.ts'

/** First wait and longest wait between attempts; each wait is between half and all of its length. */
const WAIT_FIRST_MS = 100
const WAIT_MAX_MS = 30_000
/** Firehose guide: deliveries to S3 are repeated for 24 hours, which is also how long a stream of Kinesis keeps its records at least. */
export const RETRY_FOR_MS_DEFAULT = 86_400_000

/**
 * Whether what a store of a task refuses may end by itself: it is busy, or a disk that is full or was mounted read-only, which somebody
 * will mend. For operations that may wait a day, as each of their attempts begins anew.
 */
export function mayPass({ code, retry }: MillraceError): boolean {
  return retry === 'backoff' || code === 'unwritable_output'
}

export interface RetryOptions {
  readonly clock: Clock
  readonly random: Random
  /** no new attempt begins later than this after the first failure, milliseconds */
  readonly retryForMs: number
  /** which failures may end by themselves; default those with retry `backoff` */
  readonly again?: (error: MillraceError) => boolean
  /** told of each failure that will be followed by another attempt */
  readonly onRetry: (error: MillraceError) => void
}

/**
 * Calls until the operation succeeds. The operation must be repeatable: after a failure it had no effect or goes on from it.
 * @throws what the operation threw last, when that does not end by itself or the time has run out
 */
export async function withRetry<T>(options: RetryOptions, operation: () => Promise<T>): Promise<T> {
  const { again = error => error.retry === 'backoff' } = options
  let endsMs: number | null = null
  for (let attempt = 0; ; attempt++) {
    try {
      return await operation()
    } catch (error) {
      const nowMs = options.clock.monotonicMs()
      endsMs ??= nowMs + options.retryForMs
      const waitMs =
        Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** Math.min(attempt, 20)) * (0.5 + options.random.next() / 2)
      if (!(error instanceof MillraceError) || !again(error) || nowMs + waitMs > endsMs) throw error
      options.onRetry(error)
      await options.clock.sleep(waitMs)
    }
  }
}
