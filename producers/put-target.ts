/** Where the producer puts: one call, many entries, an answer for each. Streams and clients come in by an adapter. */
import type { HashRange } from '../streams/index.ts'

/** One record of a PutRecords call. */
export interface PutEntry {
  readonly data: Uint8Array
  readonly partitionKey: string
  /** unsigned 128-bit number in base 10, without leading zeros; where absent, the MD5 of the partition key routes */
  readonly explicitHashKey?: string
}

/** What happened to one entry. Both are values: a call in which every entry failed has not failed itself. */
export type PutOutcome = PutStored | PutRefused

export interface PutStored {
  readonly shardId: string
  readonly sequenceNumber: string
}

export interface PutRefused {
  /** as the service names it, e.g. `ProvisionedThroughputExceededException`, `InternalFailure` */
  readonly errorCode: string
  readonly errorMessage: string
}

/** A shard: its id and its hash keys, both ends included. */
export interface OpenShard extends HashRange {
  readonly shardId: string
}

export interface ListedShard extends OpenShard {
  /** true: it takes no more records */
  readonly closed?: boolean | undefined
}

export interface PutTarget {
  /** shown in metrics */
  readonly streamName?: string | undefined
  /** bytes of one call, keys included, where the target takes less than PutRecords does */
  readonly callBytesMax?: number | undefined
  /**
   * Puts up to 500 entries, up to 10 MiB with their partition keys.
   * @param signal aborted when the producer no longer waits; the call must then settle soon, because it holds the entries
   * @returns one outcome for each entry, in their order
   * @throws whatever stopped the call as a whole. The producer reads a `MillraceError`'s code, else the error's `name` and
   *   `code` (AWS SDK and node errors); the entries may or may not have been stored
   */
  putRecords(entries: readonly PutEntry[], signal: AbortSignal): Promise<readonly PutOutcome[]>
  /**
   * The shards of the stream. Where a target cannot tell, each user record travels as a record of its own.
   * @param withClosed false: those that take records now. true: also those that were closed and still hold records, which is
   *   asked for when the service named a shard that is not open
   * @throws whatever stopped the call; it is asked again later
   */
  listShards?(withClosed: boolean, signal: AbortSignal): Promise<readonly ListedShard[]>
}
