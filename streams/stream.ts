/**
 * A stream as clients see it: put, list shards, get an iterator, get records. The embedded stream implements it here;
 * clients of remote streams implement the same.
 */
import type { RecordBatch, ShardDescription, StartPosition } from '../core/index.ts'

/** What a caller puts. */
export interface PutEntry {
  readonly data: Uint8Array
  /** 1 to 256 Unicode characters; its MD5 chooses the shard unless a hash key is given */
  readonly partitionKey: string
  /** 0 to 2^128-1; overrides the hash of the partition key */
  readonly explicitHashKey?: bigint | undefined
}

export interface PutAccepted {
  readonly accepted: true
  readonly shardId: string
  readonly sequenceNumber: string
}

/** One entry of many that was not taken; the others were. */
export interface PutRefused {
  readonly accepted: false
  /** `throttled`: the same entry may be taken later */
  readonly code: 'throttled' | 'internal'
  readonly message: string
}

export type PutOutcome = PutAccepted | PutRefused

/** Where reading starts, for iterators: as StartPosition, and `at`, which includes the record of the number. */
export type IteratorStart = StartPosition | { readonly kind: 'at'; readonly sequenceNumber: string }

export interface GetRecordsResult {
  /** in sequence order, possibly none */
  readonly records: RecordBatch
  /** null at the end of a closed shard */
  readonly nextIterator: string | null
  /** milliseconds from the last record of this result to now; 0 when no further record is there, at least 1 otherwise */
  readonly millisBehindLatest: number
  /** at the end of a closed shard: the shards that go on with its hash keys; empty otherwise */
  readonly childShards: readonly ShardDescription[]
}

export interface Stream {
  readonly streamName: string
  /**
   * Puts one record.
   * @throws MillraceError `invalid_argument` or `limit_exceeded` when the entry breaks a rule of the service, `throttled` with
   *   retry `backoff`, `closed`
   */
  put(entry: PutEntry): Promise<PutAccepted>
  /**
   * Puts up to 500 records of 10 MiB together; one outcome for each entry, in their order. Entries that go to one shard are
   * stored in their order.
   * @throws MillraceError `invalid_argument` or `limit_exceeded` when the whole request or any entry breaks a rule of the
   *   service; nothing was put then
   */
  putMany(entries: readonly PutEntry[]): Promise<readonly PutOutcome[]>
  /** every shard that still holds records or takes them, parents before children */
  listShards(signal?: AbortSignal): Promise<readonly ShardDescription[]>
  /**
   * An iterator for `getRecords`; it is good for 5 minutes.
   * @throws MillraceError `not_found` for a shard that is not there, `invalid_argument` for a position that is none of this stream,
   *   `throttled` with retry `backoff`
   */
  getIterator(shardId: string, from: IteratorStart): Promise<string>
  /**
   * The records after an iterator: up to `recordsMax` (1 to 10,000) and 10 MiB.
   * @throws MillraceError `expired_iterator`, `invalid_argument`, `not_found`, `throttled` with retry `backoff`
   */
  getRecords(iterator: string, recordsMax?: number): Promise<GetRecordsResult>
}
