/**
 * An embedded stream as a source with faults, for consumers in the process. Rules name its calls as the service does:
 * ListShards, GetShardIterator when a shard is opened, GetRecords when it is read.
 */
import {
  MillraceError,
  type ShardDescription,
  type ShardRead,
  type ShardReader,
  type StartPosition,
  type StreamSource,
} from '../../../core/index.ts'
import type { LocalStream } from '../local-stream.ts'
import type { FaultPlan } from './fault-plan.ts'
import { faultyCall } from './faulty-call.ts'

export class FaultySource implements StreamSource {
  readonly #stream: LocalStream
  readonly #source: StreamSource
  readonly #faults: FaultPlan

  /** Closing it leaves the stream open. */
  constructor(stream: LocalStream, faults: FaultPlan) {
    this.#stream = stream
    this.#source = stream.asSource()
    this.#faults = faults
  }

  get streamName(): string {
    return this.#stream.streamName
  }

  /** @throws MillraceError as `faultyCall` */
  listShards(signal: AbortSignal): Promise<readonly ShardDescription[]> {
    return this.#call('ListShards', undefined, () => this.#source.listShards(signal))
  }

  /** @throws MillraceError as `faultyCall` */
  async openShard(shardId: string, from: StartPosition): Promise<ShardReader> {
    const reader = await this.#call('GetShardIterator', shardId, () => this.#source.openShard(shardId, from))
    return {
      shardId,
      // A read whose reply is lost must find the same records again, so its fault comes before the reader moves on.
      read: async (recordsMax: number, signal: AbortSignal): Promise<ShardRead> => {
        try {
          await this.#call('GetRecords', shardId, () => Promise.resolve())
        } catch (error) {
          // A source renews its iterators by itself: to its reader this is a read that may be tried again.
          if (error instanceof MillraceError && error.code === 'expired_iterator')
            throw new MillraceError('expired_iterator', error.message, { retry: 'backoff', cause: error })
          throw error
        }
        return reader.read(recordsMax, signal)
      },
      close: () => reader.close(),
    }
  }

  wait(signal: AbortSignal): Promise<void> {
    return this.#source.wait(signal)
  }

  close(): Promise<void> {
    return this.#source.close()
  }

  #call<T>(operation: string, shardId: string | undefined, work: () => Promise<T>): Promise<T> {
    return faultyCall(this.#stream, this.#faults, operation, shardId, work)
  }
}
