/**
 * A record processor as a Lambda function for a Kinesis stream. Lambda fetches, keeps the position and repeats; this gives records
 * to the processor and answers how far it came:
 *
 *   all finished        no failures
 *   some finished       the first that is not: Lambda goes on there (and splits there, with BisectBatchOnFunctionError)
 *   none finished       the error itself, so that Lambda halves the batch where it is told to
 *
 * The event source mapping needs `FunctionResponseTypes: ['ReportBatchItemFailures']`: without it Lambda takes an answer with
 * failures for a success.
 *
 * ```ts
 * export const handler = lambdaHandler({ handler: async (records, checkpoint) => {
 *   for (const record of records) {
 *     await save(record)
 *     await checkpoint(record)
 *   }
 * } })
 * ```
 */
import { type Clock, MillraceError, nodeEnv } from '../../../core/index.ts'
import { handlerProcessor, type RecordHandler } from '../consume.ts'
import { type ConsumerEvent, textOf } from '../consumer-event.ts'
import { type ConsumerRecord, RecordView } from '../consumer-record.ts'
import { DeaggregatedRecords } from '../deaggregated-records.ts'
import {
  compareExtended,
  type ExtendedSequenceNumber,
  formatExtended,
  TRIM_HORIZON,
} from '../leases/extended-sequence-number.ts'
import type { ProcessRecordsInput, RecordProcessor, ShardInfo } from '../record-processor.ts'
import { ShardCheckpointer } from '../shard-checkpointer.ts'
import {
  type KinesisLambdaEvent,
  type KinesisLambdaResponse,
  type LambdaBatch,
  type LambdaContextLike,
  readKinesisEvent,
} from './event.ts'
import { WINDOW_STATE_BYTES_MAX, WindowState } from './window.ts'

/** A record processor that needs nothing that Lambda does not tell: neither the end of a shard nor that it is lost. */
export interface LambdaRecordProcessor extends Pick<RecordProcessor, 'initialize' | 'processRecords'> {
  shardEnded?: never
  leaseLost?: never
  shutdownRequested?: never
}

/** Hash keys, both ends included. */
export interface LambdaHashRange {
  readonly startingHashKey: bigint
  readonly endingHashKey: bigint
}

export interface LambdaHandlerSettings {
  /**
   * The hash keys of a shard, as ListShards tells them: an aggregate with a record of another shard is then dropped, as the KCL
   * does. Lambda does not tell; left out, or null, nothing is dropped. Asked once for each shard
   */
  readonly hashRange?: ((shardId: string, streamArn: string) => Promise<LambdaHashRange | null>) | undefined
  /** false leaves records that the KPL aggregated as they are. Default true */
  readonly deaggregate?: boolean | undefined
  /**
   * of the time that the function has, what is kept for the answer, milliseconds: records are then given up. Default 1,000, and no
   * more than half of the time that is left when the call begins
   */
  readonly marginMs?: number | undefined
  onEvent?(event: ConsumerEvent): void
  readonly clock?: Clock | undefined
}

export type LambdaHandlerOptions = LambdaHandlerSettings &
  (
    | {
        /** what it is done with when it resolves is finished */
        readonly handler: RecordHandler
      }
    | {
        /** what it has checkpointed is finished, and nothing else: the environment may end at any time after the call */
        readonly processor: (shard: ShardInfo) => LambdaRecordProcessor | Promise<LambdaRecordProcessor>
      }
    | {
        readonly processor: (shard: ShardInfo) => RecordProcessor | Promise<RecordProcessor>
        /** its shardEnded, leaseLost and shutdownRequested are never called, and that is right */
        readonly unsignalled: 'accept'
      }
  )

export type KinesisLambdaHandler = (
  event: KinesisLambdaEvent,
  context?: LambdaContextLike,
) => Promise<KinesisLambdaResponse>

/** Shards whose processor an environment keeps; it sees few, and forgets the one that it has not seen for longest. */
const SHARDS_MAX = 1_000
const MARGIN_MS = 1_000
/** A function may have one second in all, which the margin must not take up. */
const MARGIN_SHARE = 0.5
const UNSIGNALLED = ['shardEnded', 'leaseLost', 'shutdownRequested'] as const

interface Shard {
  readonly processor: RecordProcessor
  readonly range: LambdaHashRange | null
}

interface ShardOutcome {
  /** what Lambda gets; or what the call fails with, so that the whole batch comes again */
  readonly answer: KinesisLambdaResponse | { readonly thrown: unknown }
  /** finished in the middle of an aggregate, of which the answer could name the carrier only */
  readonly partly: ExtendedSequenceNumber | null
  /** true: its call still runs */
  readonly isAbandoned: boolean
}

/** Makes the handler of a function. Processors live as long as their environment, one for each shard. */
export function lambdaHandler(options: LambdaHandlerOptions): KinesisLambdaHandler {
  const shards = new Map<string, Shard>()
  // Outlives its processor: what is finished stays so when a call is abandoned.
  const partly = new Map<string, ExtendedSequenceNumber>()
  const host = new LambdaHost(options)
  return async (event, context) => {
    const batch = readKinesisEvent(event)
    const key = `${batch.streamArn} ${batch.shardId}`
    const shard = shards.get(key) ?? (await host.open(batch))
    shards.delete(key)
    const done = partly.get(key) ?? null
    partly.delete(key)
    const outcome = await host.process(shard, batch, done, event, context)
    // A call that still runs must not meet the next one.
    if (!outcome.isAbandoned) keep(shards, key, shard)
    if (outcome.partly !== null) keep(partly, key, outcome.partly)
    if ('thrown' in outcome.answer) throw outcome.answer.thrown
    return outcome.answer
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > SHARDS_MAX && oldest !== undefined) map.delete(oldest)
}

class LambdaHost {
  readonly #options: LambdaHandlerOptions
  readonly #clock: Clock
  /** the number of its calls, for a processor that a handler makes */
  readonly #finishesOnReturn: boolean

  constructor(options: LambdaHandlerOptions) {
    this.#options = options
    this.#clock = options.clock ?? nodeEnv.clock
    this.#finishesOnReturn = 'handler' in options
    const margin = options.marginMs ?? MARGIN_MS
    if (!(margin >= 0 && Number.isFinite(margin)))
      throw new MillraceError('config', `marginMs of a Lambda handler is ${margin}; give milliseconds, 0 or more`)
  }

  async open({ streamName, streamArn, shardId }: LambdaBatch): Promise<Shard> {
    const options = this.#options
    const processor =
      'handler' in options
        ? handlerProcessor(options.handler, this.#clock, Number.POSITIVE_INFINITY)
        : await options.processor({ streamName, shardId, streamIdentifier: null })
    if ('processor' in options && !('unsignalled' in options)) {
      const missed = UNSIGNALLED.filter(call => (processor as RecordProcessor)[call] !== undefined)
      if (missed.length > 0)
        throw new MillraceError(
          'config',
          `the record processor has ${missed.join(' and ')}, which Lambda never tells of; run it as a consumer, or give unsignalled: 'accept' where it works without`,
        )
    }
    const range = (await options.hashRange?.(shardId, streamArn)) ?? null
    await processor.initialize?.({
      shardId,
      streamName,
      // Lambda keeps the position, and does not tell it.
      checkpoint: TRIM_HORIZON,
      pendingCheckpoint: null,
      pendingCheckpointState: null,
    })
    return { processor: processor as RecordProcessor, range }
  }

  /** @param partly how far an earlier call came within an aggregate that Lambda gives again */
  async process(
    shard: Shard,
    { shardId, records }: LambdaBatch,
    partly: ExtendedSequenceNumber | null,
    event: KinesisLambdaEvent,
    context: LambdaContextLike | undefined,
  ): Promise<ShardOutcome> {
    const table = new DeaggregatedRecords(records, shard.range, this.#options.deaggregate ?? true)
    for (const { explanation, sequenceNumber, records: count, kind } of table.dropped)
      this.#tell('aggregate_dropped', 'warn', shardId, explanation, { sequenceNumber, records: count, reason: kind })
    const { window: given } = event
    const window = given === undefined ? null : new WindowState({ ...event, window: given })
    // The carrier comes again as a whole: what was done of it is left out, once, where the batch begins as it was asked for.
    const isResumed = records.length > 0 && records.sequenceNumber(0) === partly?.sequenceNumber
    const resumed = isResumed ? partly : null
    const start = resumed ?? TRIM_HORIZON
    const from = table.firstAfter(start, compareExtended)
    if (from === table.length && window === null)
      return { answer: { batchItemFailures: [] }, partly: null, isAbandoned: false }

    const checkpointer = new ShardCheckpointer({
      shardId,
      checkpoint: start,
      async save({ pendingCheckpoint }) {
        if (pendingCheckpoint !== null)
          throw new MillraceError(
            'invalid_argument',
            `cannot prepare a checkpoint of ${shardId}: Lambda keeps none; use checkpoint`,
          )
        window?.save()
      },
    })
    const views: ConsumerRecord[] = []
    for (let i = from; i < table.length; i++) views.push(new RecordView(table, i))
    if (views.length > 0) checkpointer.permit(table.place(table.length - 1))
    const { outcome, isAbandoned } = await this.#call(shard.processor, shardId, views, checkpointer, window, context)
    if (outcome === null && this.#finishesOnReturn) await checkpointer.checkpoint()
    if (outcome === null) window?.save()
    checkpointer.close('the call of the function is over')

    const next = table.firstAfter(checkpointer.lastCheckpoint, compareExtended)
    const isDone = next >= table.length
    // With the batch comes what it began with: the window's state, and the aggregate whose first part is done.
    if (outcome !== null && (isDone ? window !== null || views.length === 0 : next <= from))
      return { answer: outcome, partly: resumed, isAbandoned }
    if (!isDone) this.#tellUnfinished(shardId, table, next, outcome?.thrown)
    const left = !isDone && table.subsequenceNumber(next) > 0 ? checkpointer.lastCheckpoint : null
    const response: KinesisLambdaResponse = {
      batchItemFailures: isDone ? [] : [{ itemIdentifier: table.sequenceNumber(next) }],
    }
    if (window === null) return { answer: response, partly: left, isAbandoned }
    if (window.savedBytes > WINDOW_STATE_BYTES_MAX)
      this.#tell(
        'background_failed',
        'warn',
        shardId,
        `the state of a tumbling window of ${shardId} has ${window.savedBytes} bytes of JSON, and Lambda keeps ${WINDOW_STATE_BYTES_MAX}: it ends the window early`,
      )
    return { answer: { ...response, state: window.saved }, partly: left, isAbandoned }
  }

  /** Runs processRecords for as long as the function has. */
  async #call(
    processor: RecordProcessor,
    shardId: string,
    records: readonly ConsumerRecord[],
    checkpointer: ShardCheckpointer,
    window: WindowState | null,
    context: LambdaContextLike | undefined,
  ): Promise<{ readonly outcome: { readonly thrown: unknown } | null; readonly isAbandoned: boolean }> {
    const clock = this.#clock
    const now = clock.now()
    const giveUp = new AbortController()
    const over = new AbortController()
    const input: ProcessRecordsInput = {
      records,
      millisBehindLatest: Math.max(0, now - (records.at(-1)?.arrivedAt ?? now)),
      cacheEntryTime: now,
      cacheExitTime: now,
      timeSpentInCacheMillis: 0,
      isAtShardEnd: false,
      childShards: [],
      checkpointer,
      attempt: 1,
      signal: giveUp.signal,
      ...(window === null ? {} : { window }),
    }
    const work = (async () => processor.processRecords(input))().then(
      () => null,
      (thrown: unknown) => ({ thrown }),
    )
    if (context === undefined) return { outcome: await work, isAbandoned: false }
    const remainingMs = context.getRemainingTimeInMillis()
    const marginMs = this.#options.marginMs ?? Math.min(MARGIN_MS, remainingMs * MARGIN_SHARE)
    const leftMs = Math.max(0, remainingMs - marginMs)
    const late = clock.sleep(leftMs, over.signal).then(() => 'late' as const)
    const first = await Promise.race([work, late])
    over.abort()
    if (first !== 'late') return { outcome: first, isAbandoned: false }
    giveUp.abort()
    const thrown = new MillraceError(
      'aborted',
      `processRecords of ${shardId} had not come back when the time of the function was nearly over; give the function more time, or its batches fewer records`,
    )
    return { outcome: { thrown }, isAbandoned: true }
  }

  #tellUnfinished(shardId: string, table: DeaggregatedRecords, next: number, error: unknown): void {
    const place = formatExtended(table.place(next))
    const left = table.length - next
    if (error === undefined)
      this.#tell(
        'checkpoint_missing',
        'error',
        shardId,
        `processRecords of ${shardId} came back without a checkpoint of its last ${left} records, from ${place}: Lambda gives them again. Checkpoint what is finished before it returns`,
        { records: left },
      )
    else
      this.#tell(
        'processing_failed',
        'error',
        shardId,
        `processRecords of ${shardId} threw, and ${left} records from ${place} come again: ${textOf(error)}`,
        { records: left },
      )
  }

  #tell(
    kind: ConsumerEvent['kind'],
    level: ConsumerEvent['level'],
    shardId: string,
    message: string,
    facts?: ConsumerEvent['facts'],
  ): void {
    try {
      this.#options.onEvent?.({ kind, level, message, shardId, facts })
    } catch {
      // a log that fails must not stop the work that it is about
    }
  }
}
