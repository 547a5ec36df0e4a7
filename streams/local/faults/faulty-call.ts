/** One call in the process with the faults that hit it, and the errors that a client would get. */
import { MillraceError } from '../../../core/index.ts'
import type { LocalStream } from '../local-stream.ts'
import type { EntryFault, FaultPlan } from './fault-plan.ts'

const BACKOFF = { retry: 'backoff' } as const

/**
 * @param operation its name in the API of the service
 * @param work has the effect
 * @throws MillraceError besides those of the work: `connection_lost`, `internal` and `throttled` with retry `backoff`, and
 *   `expired_iterator`
 */
export async function faultyCall<T>(
  stream: LocalStream,
  faults: FaultPlan,
  operation: string,
  shardId: string | undefined,
  work: (refuseEntry: EntryFault | null) => Promise<T>,
): Promise<T> {
  const { streamName } = stream
  const { delayMs, refuse, loseReply, refuseEntry } = faults.decide({ operation, streamName, shardId })
  if (delayMs > 0) await stream.clock.sleep(delayMs)
  const lost = (): MillraceError =>
    new MillraceError('connection_lost', `the connection ended before ${operation} was answered`, BACKOFF)
  if (refuse === 'drop') throw lost()
  if (refuse === 'throttle') throw new MillraceError('throttled', stream.rateExceeded(shardId), BACKOFF)
  if (refuse === 'expired_iterator') throw new MillraceError('expired_iterator', 'Iterator expired.')
  if (refuse !== null)
    throw new MillraceError('internal', `${operation} failed inside the service with HTTP ${refuse}`, BACKOFF)
  const answer = await work(refuseEntry)
  if (loseReply) throw lost()
  return answer
}
