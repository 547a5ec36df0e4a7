/**
 * What a record processor saves its progress with. A checkpoint says that everything at or before it is finished: after a crash,
 * a lost lease or a hand-over, records come again from just behind it.
 */
import type { ConsumerRecord } from './consumer-record.ts'

/** The second step of a checkpoint in two steps. */
export interface PreparedCheckpoint {
  readonly sequenceNumber: string
  readonly subsequenceNumber: number
  /**
   * Makes the prepared position the checkpoint and takes the pending one away.
   * @throws MillraceError as `Checkpointer.checkpoint`
   */
  checkpoint(): Promise<void>
}

/**
 * Valid positions: from the last checkpoint, included, to the last record that was delivered, included. A position that equals
 * the last checkpoint is stored already and nothing happens.
 *
 * Every call throws a MillraceError:
 * - `invalid_argument`: the position is not valid; nothing was stored
 * - `lease_lost`: another worker has the shard; stop, whatever comes after the last checkpoint comes to it
 * - `throttled`, `connection_lost`, `internal` with retry `backoff`: may be called again
 */
export interface Checkpointer {
  /** the last checkpoint that was stored */
  readonly lastCheckpoint: { readonly sequenceNumber: string; readonly subsequenceNumber: number }
  /** everything delivered so far; within `shardEnded` the end of the shard */
  checkpoint(): Promise<void>
  /** up to a record, included: within an aggregate exactly up to it (the KCL goes back to the first of the aggregate) */
  checkpoint(record: ConsumerRecord): Promise<void>
  /** up to a position, included. Without a subsequence number only the first user record of an aggregate is covered, as in the KCL */
  checkpoint(sequenceNumber: string, subsequenceNumber?: number): Promise<void>
  /**
   * The first of two steps: the position becomes the pending checkpoint, with state of the application's own. When the worker
   * dies before the second step, the next one gets both in `initialize` and can finish or undo what it began.
   * @param at a record, or a sequence number; left out, everything delivered so far
   * @param state up to 300,000 bytes; the table's rows have 400 KB
   */
  prepareCheckpoint(at?: ConsumerRecord | CheckpointPlace, state?: Uint8Array): Promise<PreparedCheckpoint>
}

export interface CheckpointPlace {
  readonly sequenceNumber: string
  /** default 0 */
  readonly subsequenceNumber?: number
}
