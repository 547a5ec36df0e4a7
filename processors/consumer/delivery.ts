/**
 * Gives the records of one fetch to the processor, and does not let go of them before they are processed, dead-lettered, or
 * somebody else's:
 *
 *   deliver ─► processRecords ─(throws)─► pause ─► processRecords ... ─► policy: stop | dead letter, after halving if asked for
 *
 * What the processor checkpointed in a try that failed does not come again.
 */
import type { Clock, Random, RecordBatch } from '../../core/index.ts'
import { hasCode } from '../../core/index.ts'
import { type ConsumerEvent, textOf } from './consumer-event.ts'
import type { ConsumerMetrics } from './consumer-metrics.ts'
import { type ConsumerRecord, RecordView } from './consumer-record.ts'
import { DeaggregatedRecords } from './deaggregated-records.ts'
import { backoffMsOf, type CompleteFailurePolicy } from './failure-policy.ts'
import { compareExtended, formatExtended } from './leases/extended-sequence-number.ts'
import type { FetchedBatch } from './prefetcher.ts'
import type { RecordProcessor, ShardInfo } from './record-processor.ts'
import type { ShardCheckpointer } from './shard-checkpointer.ts'

/** How often a shard that stands still says so. */
const STOPPED_REMINDER_MS = 60_000

export interface DeliverySettings {
  readonly callProcessRecordsEvenForEmptyRecordList: boolean
  /** null: never */
  readonly logWarningForTaskAfterMillis: number | null
  readonly failurePolicy: CompleteFailurePolicy
}

export interface DeliveryOptions {
  readonly info: ShardInfo
  readonly processor: RecordProcessor
  readonly checkpointer: ShardCheckpointer
  readonly hashKeyRange: { readonly startingHashKey: bigint; readonly endingHashKey: bigint } | null
  readonly settings: DeliverySettings
  readonly lease: { countBytes(sizeBytes: number): void }
  readonly clock: Clock
  readonly random: Pick<Random, 'next'>
  readonly metrics: ConsumerMetrics
  /** aborted: nothing new is begun */
  readonly ending: AbortSignal
  /** aborted: nothing matters any more */
  readonly lost: AbortSignal
  /** the user records of a fetch; default: de-aggregated, by the hash keys of the shard */
  readonly tableOf?: ((records: RecordBatch) => DeaggregatedRecords) | undefined
  leaseIsLost(because: string): void
  onEvent(event: ConsumerEvent): void
}

/** Records `[from, to)` of one fetch. */
interface Stretch {
  readonly batch: FetchedBatch
  readonly table: DeaggregatedRecords
  readonly from: number
  readonly to: number
}

export class Delivery {
  readonly #options: DeliveryOptions
  /** why the shard stands still */
  stopped: string | null = null

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** True when everything in the batch is done with; false when delivery ended before that. */
  async deliver(batch: FetchedBatch): Promise<boolean> {
    const { info, hashKeyRange, checkpointer, lease, metrics, settings, tableOf } = this.#options
    const { records } = batch.read
    const table = tableOf === undefined ? new DeaggregatedRecords(records, hashKeyRange) : tableOf(records)
    metrics.fetchedRecords(info, table.length, batch.read.millisBehindLatest)
    for (const dropped of table.dropped) {
      metrics.dropped(info, dropped)
      this.#tell('aggregate_dropped', 'warn', dropped.explanation, {
        sequenceNumber: dropped.sequenceNumber,
        records: dropped.records,
        reason: dropped.kind,
      })
    }
    const from = table.firstAfter(checkpointer.lastCheckpoint, compareExtended)
    const sizeBytes = from === 0 ? table.dataBytes : bytesFrom(table, from)
    lease.countBytes(sizeBytes)
    metrics.deliveredBytes(info, sizeBytes)
    if (from === table.length && !settings.callProcessRecordsEvenForEmptyRecordList) return true
    return this.#process({ batch, table, from, to: table.length })
  }

  async #process(stretch: Stretch): Promise<boolean> {
    const { failurePolicy } = this.#options.settings
    const { table, to } = stretch
    const { checkpointer, ending, lost, clock, random } = this.#options
    for (let attempt = 1; ; attempt++) {
      const from = Math.max(stretch.from, table.firstAfter(checkpointer.lastCheckpoint, compareExtended))
      if (attempt > 1 && from >= to) return true
      const error = await this.#try({ ...stretch, from }, attempt)
      if (error === null) return !lost.aborted
      if (lost.aborted) return false
      if (hasCode(error.thrown, 'lease_lost')) {
        this.#options.leaseIsLost(error.thrown.message)
        return false
      }
      this.#tellFailure({ ...stretch, from }, attempt, error.thrown)
      if (attempt >= failurePolicy.attempts) return this.#giveUp({ ...stretch, from }, attempt, error.thrown)
      await clock.sleep(backoffMsOf(failurePolicy, attempt, random), ending)
      // Shutting down: whoever has the shard next gets these records.
      if (ending.aborted) return false
    }
  }

  /** Null when it succeeded. */
  async #try({ batch, table, from, to }: Stretch, attempt: number): Promise<{ readonly thrown: unknown } | null> {
    const { info, processor, checkpointer, clock, metrics, lost } = this.#options
    const permittedBefore = checkpointer.permitted
    const records = viewsOf(table, from, to)
    if (to > from) checkpointer.permit(table.place(to - 1))
    const { read, cachedAt, cachedMs } = batch
    const startedMs = clock.monotonicMs()
    const isWhole = to === table.length
    const watch = this.#watch()
    let thrown: { readonly thrown: unknown } | null = null
    try {
      await processor.processRecords({
        records,
        millisBehindLatest: read.millisBehindLatest,
        cacheEntryTime: cachedAt,
        cacheExitTime: clock.now(),
        timeSpentInCacheMillis: startedMs - cachedMs,
        isAtShardEnd: isWhole && read.ended,
        childShards: isWhole && read.ended ? (read.childShards ?? []) : [],
        checkpointer,
        attempt,
        signal: lost,
      })
    } catch (error) {
      thrown = { thrown: error }
      // Or a checkpoint of everything delivered, made at shutdown, would pass over records that nobody processed.
      checkpointer.withdraw(permittedBefore)
    } finally {
      watch()
    }
    metrics.processed(info, clock.monotonicMs() - startedMs, thrown === null)
    return thrown
  }

  async #giveUp(stretch: Stretch, attempts: number, error: unknown): Promise<boolean> {
    const { failurePolicy } = this.#options.settings
    const { table, from, to } = stretch
    if (failurePolicy.action === 'stop' || to <= from) return this.#stop(stretch, attempts, error)
    if (failurePolicy.bisect && to - from > 1) {
      const middle = (from + to) >> 1
      return (await this.#process({ ...stretch, to: middle })) && (await this.#process({ ...stretch, from: middle }))
    }
    const explanation = `${this.#nameOf(stretch)} failed ${attempts} times, the last time with: ${textOf(error)}`
    const refusal = await this.#deadLetter(viewsOf(table, from, to), attempts, error, explanation)
    if (refusal !== null) return this.#options.lost.aborted ? false : this.#stop(stretch, attempts, refusal.thrown)
    if (this.#options.lost.aborted) return false
    this.#options.checkpointer.permit(table.place(to - 1))
    this.#options.metrics.deadLettered(this.#options.info, to - from)
    this.#tell(
      'records_dead_lettered',
      'error',
      `${explanation}; they went to the dead letter handler, and the shard goes on`,
      {
        records: to - from,
        attempts,
      },
    )
    return true
  }

  /** Null when the handler took them. */
  async #deadLetter(
    records: readonly ConsumerRecord[],
    attempts: number,
    error: unknown,
    explanation: string,
  ): Promise<{ readonly thrown: unknown } | null> {
    const { info, settings, clock, random, ending } = this.#options
    const { failurePolicy } = settings
    const letter = { streamName: info.streamName, shardId: info.shardId, records, error, attempts, explanation }
    for (let attempt = 1; ; attempt++) {
      try {
        await failurePolicy.deadLetter?.(letter)
        return null
      } catch (thrown) {
        this.#tell(
          'processing_failed',
          'error',
          `the dead letter handler of ${info.shardId} threw: ${textOf(thrown)}`,
          {
            attempt,
          },
        )
        if (attempt >= failurePolicy.attempts || ending.aborted) return { thrown }
        await clock.sleep(backoffMsOf(failurePolicy, attempt, random), ending)
      }
    }
  }

  /** Stands still until the lease goes or the worker ends. */
  async #stop(stretch: Stretch, attempts: number, error: unknown): Promise<false> {
    const { info, clock, ending, checkpointer } = this.#options
    this.stopped = `${info.shardId} stands still at ${formatExtended(checkpointer.lastCheckpoint)}: ${this.#nameOf(stretch)} failed ${attempts} times, the last time with: ${textOf(error)}. Mend the processor and restart this worker, or give it a deadLetter policy`
    while (!ending.aborted) {
      this.#tell('shard_stopped', 'error', this.stopped, { attempts })
      await clock.sleep(STOPPED_REMINDER_MS, ending)
    }
    return false
  }

  #tellFailure(stretch: Stretch, attempt: number, error: unknown): void {
    const { attempts } = this.#options.settings.failurePolicy
    this.#tell(
      'processing_failed',
      'error',
      `processRecords of ${this.#options.info.shardId} threw on ${this.#nameOf(stretch)}, try ${attempt} of ${attempts}: ${textOf(error)}`,
      { attempt, records: stretch.to - stretch.from },
    )
  }

  #nameOf({ table, from, to }: Stretch): string {
    if (to <= from) return 'an empty list of records'
    const first = formatExtended(table.place(from))
    return to - from === 1
      ? `record ${first}`
      : `${to - from} records from ${first} to ${formatExtended(table.place(to - 1))}`
  }

  /** Says when a call takes long; the result ends it. */
  #watch(): () => void {
    const { clock, settings, info } = this.#options
    const afterMs = settings.logWarningForTaskAfterMillis
    if (afterMs === null) return () => {}
    const startedMs = clock.monotonicMs()
    return clock.every(afterMs, () =>
      this.#tell(
        'processing_slow',
        'warn',
        `processRecords of ${info.shardId} has been running for ${Math.round(clock.monotonicMs() - startedMs)} ms`,
      ),
    )
  }

  #tell(
    kind: ConsumerEvent['kind'],
    level: ConsumerEvent['level'],
    message: string,
    facts?: ConsumerEvent['facts'],
  ): void {
    this.#options.onEvent({ kind, level, message, shardId: this.#options.info.shardId, facts })
  }
}

function viewsOf(table: DeaggregatedRecords, from: number, to: number): ConsumerRecord[] {
  const views: ConsumerRecord[] = []
  for (let i = from; i < to; i++) views.push(new RecordView(table, i))
  return views
}

function bytesFrom(table: DeaggregatedRecords, from: number): number {
  let sizeBytes = 0
  for (let i = from; i < table.length; i++) sizeBytes += table.data(i).length
  return sizeBytes
}
