/** Where records come from: the shards of one stream. Implemented by the embedded stream, by replay, and by remote clients. */
import { MillraceError } from './errors.ts'
import type { Position, RecordBatch } from './record.ts'

/** Where reading of a shard starts. `after` excludes the position itself; `atTimestamp` starts with the first record that arrived at or after it. */
export type StartPosition =
  | { readonly kind: 'trimHorizon' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'atTimestamp'; readonly timestamp: number }
  | { readonly kind: 'after'; readonly position: Position }

export interface ShardDescription {
  readonly shardId: string
  /** empty for a shard that was there from the start or whose parents are trimmed; two after a merge */
  readonly parentShardIds: readonly string[]
  /** both ends included */
  readonly startingHashKey: bigint
  readonly endingHashKey: bigint
  /** true once the shard takes no more records */
  readonly closed: boolean
}

/** The answer to one read of a shard. */
export interface ShardRead {
  /** in sequence order; may be empty though more will come. Rowtimes equal arrival times here: making them monotonic is the merge's work */
  readonly records: RecordBatch
  /** how far behind the tip of the shard the end of this answer is; 0 at the tip */
  readonly millisBehindLatest: number
  /** when the request was sent, in stream time (epoch milliseconds of the clock that stamps arrivals) */
  readonly requestedAt: number
  /** true after the last record of a closed shard: no read may follow */
  readonly ended: boolean
  /** how long it took to find the place to read from, where that was a call of its own; milliseconds */
  readonly iteratorMs?: number | undefined
  /** with `ended`, where the source tells: the shards that go on with its hash keys; empty when the stream itself is gone */
  readonly childShards?: readonly ShardDescription[]
}

/** A read that failed before it began: the call for the place to read from did. */
export class IteratorError extends MillraceError {
  override name = 'IteratorError'

  constructor({ code, message, retry }: MillraceError, cause: unknown) {
    super(code, message, { retry, cause })
  }
}

/** Reads one shard forward. One read at a time. */
export interface ShardReader {
  readonly shardId: string
  /**
   * The next records, at once and possibly none.
   * @throws MillraceError with retry `backoff` when the same read may succeed later
   */
  read(recordsMax: number, signal: AbortSignal): Promise<ShardRead>
  close(): Promise<void>
}

/** The shards of one stream. */
export interface StreamSource {
  readonly streamName: string
  /** every shard that still holds records or takes them, parents before children */
  listShards(signal: AbortSignal): Promise<readonly ShardDescription[]>
  /** only those that were open at a position; left out where nobody knows when a shard was closed */
  listShardsOpenAt?(
    position: Exclude<StartPosition, { readonly kind: 'after' }>,
    signal: AbortSignal,
  ): Promise<readonly ShardDescription[]>
  openShard(shardId: string, from: StartPosition): Promise<ShardReader>
  /** resolves when a read may find something new, or after a while at the latest; never rejects but by abort */
  wait(signal: AbortSignal): Promise<void>
  /**
   * When the stream was created, epoch milliseconds: that tells it from an earlier one of its name. Left out where nobody knows.
   * @throws MillraceError `not_found` when there is no stream of the name
   */
  createdAt?(signal: AbortSignal): Promise<number>
  close(): Promise<void>
}
