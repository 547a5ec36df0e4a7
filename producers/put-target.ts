/** Where the producer puts: one call, many entries, an answer for each. Streams and clients come in by an adapter. */
import type { HashRange } from '../streams/index.ts'

/** One record of a PutRecords call. */
export interface PutEntry {
  readonly data: Uint8Array
  readonly partitionKey: string
  /** unsigned 128-bit number in base 10, without leading zeros; where absent, the MD5 of the partition key routes */
  readonly explicitHashKey?: string
  /** as the caller gave it; only for targets that route by partition */
  readonly partition?: number
  /** only for targets that carry them */
  readonly headers?: Readonly<Record<string, Uint8Array | string>>
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

/** What a target promises and carries beyond a stream of Kinesis. */
export interface TargetCapabilities {
  /** `hash`: by hash key, the partition key is needed. `partition`: by a number or the key, which may be empty: no key */
  readonly routing: 'hash' | 'partition'
  readonly headers: boolean
  /** false: whoever reads what is put does not unpack aggregates, so nothing may need them. Default true */
  readonly aggregates?: boolean | undefined
  /** records of one partition are stored in the order of their calls */
  readonly ordered: boolean
  /**
   * The target repeats by itself, and a repeat stores nothing twice. So the producer waits for its answer as long as its records
   * live, and does not repeat what had none.
   */
  readonly idempotent: boolean
  /** a call is stored as a whole or not at all */
  readonly transactional: boolean
}

export interface PutTarget {
  /** shown in metrics */
  readonly streamName?: string | undefined
  /** default: those of Kinesis */
  readonly capabilities?: TargetCapabilities | undefined
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
  /**
   * The largest record that the stream takes, partition key included; null where it does not say. The producer refuses larger ones
   * at the put.
   * @throws whatever stopped the call; the limit is not known then
   */
  recordBytesMax?(signal: AbortSignal): Promise<number | null>
  /** Ends its connections, where it holds some; the producer calls it when it has closed. */
  close?(): Promise<void>
}

/** Error code of an entry that may have been stored, and that the target has given up repeating: nobody repeats it. */
export const UNKNOWN_END = 'UnknownEnd'

/** A stream of Kinesis, and everything that behaves like one. */
export const KINESIS_CAPABILITIES: TargetCapabilities = {
  routing: 'hash',
  headers: false,
  ordered: false,
  idempotent: false,
  transactional: false,
}
