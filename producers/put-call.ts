/** One call to the target, with its time limit. It always comes to a value. */
import type { Clock } from '../core/index.ts'
import type { PutEntry, PutOutcome, PutTarget } from './put-target.ts'
import { type Failure, failureOfCall } from './retrier.ts'

export type CallResult =
  | { readonly kind: 'answered'; readonly outcomes: readonly PutOutcome[] }
  | { readonly kind: 'failed'; readonly failure: Failure }

/**
 * Calls the target and waits for its answer, at most `timeoutMs`; a later answer is not looked at.
 * @param timeoutMs may be Infinity
 * @param call aborts the call, from outside as well; it then counts as timed out
 */
export async function callTarget(
  target: PutTarget,
  entries: readonly PutEntry[],
  clock: Clock,
  timeoutMs: number,
  call: AbortController,
): Promise<CallResult> {
  const errorClass = target.capabilities?.idempotent === true ? 'unanswered' : 'network'
  const timedOut: Promise<CallResult> = waited(clock, timeoutMs, call.signal).then(() => ({
    kind: 'failed',
    failure: {
      errorClass,
      code: 'RequestTimeout',
      message: `PutRecords of ${entries.length} entries had no answer within ${timeoutMs} ms; the entries may have been stored`,
    },
  }))
  const result = await Promise.race([answer(target, entries, call.signal), timedOut])
  call.abort()
  return result
}

/** Resolves after the time, or when aborted. */
function waited(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms !== Number.POSITIVE_INFINITY) return clock.sleep(ms, signal)
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

async function answer(target: PutTarget, entries: readonly PutEntry[], signal: AbortSignal): Promise<CallResult> {
  let outcomes: readonly PutOutcome[]
  try {
    outcomes = await target.putRecords(entries, signal)
  } catch (error) {
    return { kind: 'failed', failure: failureOfCall(error) }
  }
  if (outcomes.length === entries.length) return { kind: 'answered', outcomes }
  return {
    kind: 'failed',
    failure: {
      errorClass: 'internal',
      code: 'Record Count Mismatch',
      message: `PutRecords of ${entries.length} entries had ${outcomes.length} outcomes`,
    },
  }
}
