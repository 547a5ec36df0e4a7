/**
 * Delivers the records of one batch: calls, repeats what may succeed later until the retry duration is over, halves what is too
 * large. What is left then has failed.
 */
import { assert, type Clock, MillraceError, type Random } from '../../core/index.ts'
import type { FailedRecord, StreamRecord } from '../pipeline/record.ts'
import type { StreamMetrics } from '../pipeline/stream-metrics.ts'
import type { Troubles } from '../pipeline/troubles.ts'
import { withinTime } from '../within-time.ts'
import {
  type CallResult,
  type DestinationCall,
  type RecordDestination,
  type RecordOutcome,
  type Refusal,
  WAIT_JITTER,
} from './destination.ts'
import { callId, type RecordOrigin } from './stable-id.ts'

export interface DeliverParts {
  readonly clock: Clock
  readonly random: Random
  readonly metrics: StreamMetrics
  readonly troubles: Troubles
  readonly origin: RecordOrigin
  readonly signal: AbortSignal
}

/** The time that is left for repeats; the halves of a batch share it. */
class Budget {
  readonly #durationMs: number
  readonly #countsFrom: 'first-attempt' | 'first-failure'
  #endsMs: number | null = null

  constructor(destination: RecordDestination, nowMs: number) {
    this.#durationMs = destination.retry.durationSeconds * 1_000
    this.#countsFrom = destination.retry.countsFrom
    if (this.#countsFrom === 'first-attempt') this.#endsMs = nowMs + this.#durationMs
  }

  attempted(endedMs: number, uncountedMs: number): void {
    if (this.#endsMs === null) this.#endsMs = endedMs + this.#durationMs
    else this.#endsMs += uncountedMs
  }

  /** Whether another attempt may begin then. Without a duration there is none. */
  allows(atMs: number): boolean {
    return this.#durationMs > 0 && this.#endsMs !== null && atMs <= this.#endsMs
  }
}

/**
 * @returns the records that have failed for good
 * @throws MillraceError `aborted` when the signal ends it; what a destination rejects with
 */
export async function deliverBatch(
  records: readonly StreamRecord[],
  destination: RecordDestination,
  parts: DeliverParts,
): Promise<readonly FailedRecord[]> {
  const failed: FailedRecord[] = []
  await deliver(records, 1, new Budget(destination, parts.clock.monotonicMs()), destination, parts, failed)
  return failed
}

async function deliver(
  records: readonly StreamRecord[],
  firstAttempt: number,
  budget: Budget,
  destination: RecordDestination,
  parts: DeliverParts,
  failed: FailedRecord[],
): Promise<void> {
  const { clock, random, metrics, troubles, origin, signal } = parts
  let pending = records
  for (let attempt = firstAttempt; ; attempt++) {
    const call = { requestId: callId(pending, origin), records: pending, attempt }
    const result = await timedCall(call, destination, clock, signal)
    if (signal.aborted) throw new MillraceError('aborted', 'delivery was ended by a failure of its stream')
    budget.attempted(clock.monotonicMs(), result.uncountedMs ?? 0)
    const outcomes = outcomesOf(result, pending)
    count(metrics, destination, pending, outcomes)
    const left = result.split === true ? pending.filter((_, index) => outcomes[index] !== null) : []
    if (left.length > 1) {
      const half = Math.ceil(left.length / 2)
      await deliver(left.slice(0, half), attempt + 1, budget, destination, parts, failed)
      await deliver(left.slice(half), attempt + 1, budget, destination, parts, failed)
      return
    }
    const { waitFirstMs, waitMaxMs } = destination.retry
    const jitter = 1 - WAIT_JITTER + 2 * WAIT_JITTER * random.next()
    const waitMs = Math.round(Math.min(waitMaxMs, waitFirstMs * 2 ** Math.min(attempt - 1, 30)) * jitter)
    const again = budget.allows(clock.monotonicMs() + waitMs)
    const repeated: StreamRecord[] = []
    let trouble: MillraceError | null = null
    pending.forEach((record, index) => {
      const refusal = outcomes[index]
      if (refusal === null || refusal === undefined) return
      if (refusal.retry === 'backoff' && again) {
        repeated.push(record)
        trouble ??= new MillraceError('connection_lost', `${refusal.code}: ${refusal.message}`, { retry: 'backoff' })
      } else failed.push(failure(record, refusal, destination, attempt, clock.now()))
    })
    if (repeated.length === 0) return
    metrics.add(`DeliveryTo${destination.name}.Retries`, 1)
    if (trouble !== null) troubles.happened(trouble)
    pending = repeated
    await clock.sleep(waitMs, signal)
  }
}

function timedCall(
  call: DestinationCall,
  destination: RecordDestination,
  clock: Clock,
  signal: AbortSignal,
): Promise<CallResult> {
  const { callTimeoutMs, name } = destination
  if (callTimeoutMs === undefined) return destination.call(call, signal)
  const message = `no answer within ${callTimeoutMs / 1_000} s`
  return withinTime<CallResult>(
    { clock, limitMs: callTimeoutMs, signal },
    ended => destination.call(call, ended),
    () => ({ outcomes: { code: `${name}.RequestTimeout`, message, retry: 'backoff' } }),
  )
}

function outcomesOf({ outcomes }: CallResult, records: readonly StreamRecord[]): readonly RecordOutcome[] {
  if (outcomes === null || !Array.isArray(outcomes)) return records.map(() => outcomes as RecordOutcome)
  assert(outcomes.length === records.length, 'a destination answers for each record')
  return outcomes as readonly RecordOutcome[]
}

function count(
  metrics: StreamMetrics,
  destination: RecordDestination,
  records: readonly StreamRecord[],
  outcomes: readonly RecordOutcome[],
): void {
  const { name, successOf } = destination
  const delivered = records.filter((_, index) => outcomes[index] === null)
  const bytes = (list: readonly StreamRecord[]): number => list.reduce((sum, { rawData }) => sum + rawData.length, 0)
  metrics.add(`DeliveryTo${name}.Attempts`, successOf === 'calls' ? 1 : records.length)
  metrics.add(
    `DeliveryTo${name}.Success`,
    successOf === 'records' ? delivered.length : delivered.length === records.length ? 1 : 0,
  )
  metrics.add(`DeliveryTo${name}.ProcessedRecords`, records.length)
  metrics.add(`DeliveryTo${name}.ProcessedBytes`, bytes(records))
  metrics.add(`DeliveryTo${name}.Records`, delivered.length)
  metrics.add(`DeliveryTo${name}.Bytes`, bytes(delivered))
}

/** The error record of what a destination refused. */
export function failure(
  record: StreamRecord,
  { code, message }: Refusal,
  destination: Pick<RecordDestination, 'errorType' | 'name' | 'details'>,
  attempts: number,
  endedAt: number,
): FailedRecord {
  const details = destination.details?.(record)
  return {
    record,
    type: destination.errorType,
    code,
    message,
    attempts,
    endedAt,
    stage: `DeliveryTo${destination.name}`,
    ...(details !== undefined && { details }),
  }
}
