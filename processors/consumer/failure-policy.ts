/** What happens to records whose processing fails again and again. They are never skipped in silence. */
import { MillraceError, type Random } from '../../core/index.ts'
import type { ConsumerRecord } from './consumer-record.ts'

/** Records that were given up, with why and where. */
export interface DeadLetter {
  readonly streamName: string
  readonly shardId: string
  /** in order; at least one */
  readonly records: readonly ConsumerRecord[]
  /** what processRecords threw the last time */
  readonly error: unknown
  /** how often they were tried */
  readonly attempts: number
  /** a sentence for people */
  readonly explanation: string
}

export interface FailurePolicy {
  /**
   * `stop`: the shard stands still and says so, once a minute and in `/readyz`; its lease stays, so that the records do not break
   * one worker after the other. `deadLetter`: the handler gets the records, and the shard goes on.
   */
  readonly action: 'stop' | 'deadLetter'
  /** needed with `deadLetter`; when it fails as often as `attempts` says, the shard stops */
  readonly deadLetter?: ((letter: DeadLetter) => Promise<void>) | undefined
  /** tries of one batch, the first included; 1 or more, or Infinity. Default 5 */
  readonly attempts?: number | undefined
  /** pause after the first failure, doubled after each, with jitter. Default: taskBackoffTimeMillis, 500 */
  readonly backoffMs?: number | undefined
  /** longest pause. Default 30,000 */
  readonly backoffMsMax?: number | undefined
  /** `deadLetter` only: a batch that fails is halved until the records that fail stand alone. Default false */
  readonly bisect?: boolean | undefined
}

export interface CompleteFailurePolicy {
  readonly action: 'stop' | 'deadLetter'
  readonly deadLetter: ((letter: DeadLetter) => Promise<void>) | null
  readonly attempts: number
  readonly backoffMs: number
  readonly backoffMsMax: number
  readonly bisect: boolean
}

const ATTEMPTS = 5
const BACKOFF_MS_MAX = 30_000

/** @throws MillraceError `config` for what cannot be */
export function completeFailurePolicy(
  given: FailurePolicy = { action: 'stop' },
  taskBackoffTimeMillis = 500,
): CompleteFailurePolicy {
  const policy: CompleteFailurePolicy = {
    action: given.action,
    deadLetter: given.deadLetter ?? null,
    attempts: given.attempts ?? ATTEMPTS,
    backoffMs: given.backoffMs ?? taskBackoffTimeMillis,
    backoffMsMax: given.backoffMsMax ?? BACKOFF_MS_MAX,
    bisect: given.bisect ?? false,
  }
  if (policy.action !== 'stop' && policy.action !== 'deadLetter')
    throw new MillraceError('config', `failure policy "${String(policy.action)}" is none; give stop or deadLetter`)
  if ((policy.action === 'deadLetter') !== (policy.deadLetter !== null))
    throw new MillraceError('config', 'failure policy deadLetter needs a deadLetter handler, and stop takes none')
  if (!(policy.attempts >= 1 && (policy.attempts === Number.POSITIVE_INFINITY || Number.isInteger(policy.attempts))))
    throw new MillraceError('config', `failure policy attempts is ${policy.attempts}; give a whole number from 1`)
  if (!(policy.backoffMs >= 0 && policy.backoffMsMax >= policy.backoffMs && Number.isFinite(policy.backoffMsMax)))
    throw new MillraceError(
      'config',
      `failure policy pauses from ${policy.backoffMs} to ${policy.backoffMsMax} ms; give 0 or more, and the most not below the first`,
    )
  return policy
}

/** Pause before try `attempt` + 1: between half of the doubled pause and all of it. */
export function backoffMsOf(
  { backoffMs, backoffMsMax }: Pick<CompleteFailurePolicy, 'backoffMs' | 'backoffMsMax'>,
  attempt: number,
  random: Pick<Random, 'next'>,
): number {
  const most = Math.min(backoffMsMax, backoffMs * 2 ** Math.min(attempt - 1, 30))
  return most / 2 + (random.next() * most) / 2
}
