/**
 * The simple form of a consumer: one function that gets records. When it resolves, its records are done; progress is saved now and
 * then, at the end of a shard, and when the worker shuts down.
 *
 * ```ts
 * const consumer = await consume('clicks', async (records, checkpoint) => {
 *   await save(records)
 *   await checkpoint()          // at once; left out, within checkpointIntervalMillis
 * }, { configuration: { applicationName: 'clicks-to-warehouse' } })
 * ```
 */
import { type Clock, hasCode, nodeEnv } from '../../core/index.ts'
import type { ConsumerRecord } from './consumer-record.ts'
import type { StreamSelection } from './open-streams.ts'
import type { ProcessRecordsInput, RecordProcessor } from './record-processor.ts'
import { type RunningConsumer, type StartConsumerOptions, shutdownOnSignals, startConsumer } from './start-consumer.ts'

/** Saves progress: up to a record, included; without one, up to the last of the call. Errors as of `Checkpointer.checkpoint`. */
export type SimpleCheckpoint = (record?: ConsumerRecord) => Promise<void>

/**
 * Gets the next records of one shard; never two calls of one shard at a time. When it resolves, they count as processed: do not
 * keep any for later. When it throws, those that were not checkpointed come again, as the failure policy says.
 */
export type RecordHandler = (
  records: readonly ConsumerRecord[],
  checkpoint: SimpleCheckpoint,
  input: ProcessRecordsInput,
) => Promise<void>

export interface ConsumeOptions extends Omit<StartConsumerOptions, 'streams' | 'processor'> {
  /**
   * Least time between two checkpoints that are made by themselves, of what the handler has finished. Default 10,000; Infinity
   * leaves it to the handler, but for the end of a shard and of the worker
   */
  readonly checkpointIntervalMillis?: number | undefined
  /** signals that shut it down in order, a second one at once. Default SIGTERM and SIGINT; empty: none */
  readonly signals?: readonly NodeJS.Signals[] | undefined
}

const CHECKPOINT_INTERVAL_MS = 10_000

/** Starts a consumer with a handler. @throws MillraceError as `startConsumer` */
export async function consume(
  streams: StreamSelection,
  handler: RecordHandler,
  options: ConsumeOptions,
): Promise<RunningConsumer> {
  const { checkpointIntervalMillis = CHECKPOINT_INTERVAL_MS, signals, ...rest } = options
  const { clock } = options.env ?? nodeEnv
  const consumer = await startConsumer({
    ...rest,
    streams,
    processor: () => handlerProcessor(handler, clock, checkpointIntervalMillis),
  })
  if (signals?.length !== 0) shutdownOnSignals(consumer, signals)
  return consumer
}

/** A record processor that does what a handler says. */
export function handlerProcessor(
  handler: RecordHandler,
  clock: Pick<Clock, 'monotonicMs'>,
  checkpointIntervalMillis = CHECKPOINT_INTERVAL_MS,
): RecordProcessor {
  let checkpointedMs = clock.monotonicMs()
  return {
    async processRecords(input) {
      const { records, checkpointer } = input
      await handler(
        records,
        record => (record === undefined ? checkpointer.checkpoint() : checkpointer.checkpoint(record)),
        input,
      )
      if (clock.monotonicMs() - checkpointedMs < checkpointIntervalMillis) return
      checkpointedMs = clock.monotonicMs()
      try {
        await checkpointer.checkpoint()
      } catch (error) {
        // The records are done; that this could not be saved is no reason to process them again now.
        if (!hasCode(error, 'throttled', 'connection_lost', 'internal')) throw error
      }
    },
    shardEnded: ({ checkpointer }) => checkpointer.checkpoint(),
    shutdownRequested: ({ checkpointer }) => checkpointer.checkpoint(),
  }
}
