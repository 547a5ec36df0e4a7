/**
 * The checkpointer of one shard consumer: judges positions, keeps them monotonic, and writes one after the other.
 *
 *   last checkpoint ≤ position ≤ last delivered      within shardEnded the most is the end of the shard
 */
import { MillraceError } from '../../core/index.ts'
import type { Checkpointer, CheckpointPlace, PreparedCheckpoint } from './checkpointer.ts'
import {
  compareExtended,
  type ExtendedSequenceNumber,
  equalExtended,
  extendedSequenceNumber,
  formatExtended,
  isSentinel,
  SHARD_END,
} from './leases/extended-sequence-number.ts'

/** A row of the lease table has 400 KB; the rest of it needs some. */
export const CHECKPOINT_STATE_BYTES_MAX = 300_000

export interface CheckpointWrite {
  readonly checkpoint: ExtendedSequenceNumber
  readonly pendingCheckpoint: ExtendedSequenceNumber | null
  readonly pendingCheckpointState: Uint8Array | null
}

export interface ShardCheckpointerOptions {
  readonly shardId: string
  /** as the lease has it */
  readonly checkpoint: ExtendedSequenceNumber
  /** Stores it, fenced by the lease. @throws MillraceError `lease_lost`, or with retry `backoff` */
  save(write: CheckpointWrite): Promise<void>
}

export class ShardCheckpointer implements Checkpointer {
  readonly #options: ShardCheckpointerOptions
  #last: ExtendedSequenceNumber
  #delivered: ExtendedSequenceNumber
  #permitted: ExtendedSequenceNumber
  /** why nothing is stored any more; null while the lease is held */
  #closed: string | null = null
  /** calls that are not awaited run one after the other all the same */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: ShardCheckpointerOptions) {
    this.#options = options
    this.#last = options.checkpoint
    this.#delivered = options.checkpoint
    this.#permitted = options.checkpoint
  }

  get lastCheckpoint(): ExtendedSequenceNumber {
    return this.#last
  }

  get isAtShardEnd(): boolean {
    return equalExtended(this.#last, SHARD_END)
  }

  /** The processor gets, or got, everything up to there. */
  permit(position: ExtendedSequenceNumber): void {
    this.#delivered = position
    this.#permitted = position
  }

  /** the most that may be stored now */
  get permitted(): ExtendedSequenceNumber {
    return this.#permitted
  }

  /** What was delivered after a position was not processed: it may not be stored, unless it was already. */
  withdraw(to: ExtendedSequenceNumber): void {
    this.permit(compareExtended(to, this.#last) < 0 ? this.#last : to)
  }

  /** From now on the end of the shard may be stored. */
  permitShardEnd(): void {
    this.#permitted = SHARD_END
  }

  /** From now on every call throws `lease_lost`. */
  close(reason: string): void {
    this.#closed ??= reason
  }

  checkpoint(at?: CheckpointPlace | string, subsequenceNumber?: number): Promise<void> {
    return this.#inTurn(async () => {
      const position = this.#positionOf(at, subsequenceNumber)
      // The final position is in the table already, perhaps; the end of the shard is not.
      if (!equalExtended(position, this.#last)) await this.#save(position, null, null)
    })
  }

  prepareCheckpoint(at?: CheckpointPlace, state?: Uint8Array): Promise<PreparedCheckpoint> {
    // A copy, made now: the caller may go on with its buffer.
    const kept = state === undefined ? null : new Uint8Array(state)
    return this.#inTurn(async () => {
      const position = this.#positionOf(at, undefined)
      if (kept !== null && kept.length > CHECKPOINT_STATE_BYTES_MAX)
        throw this.#refused(
          `state of a prepared checkpoint has ${kept.length} bytes; at most ${CHECKPOINT_STATE_BYTES_MAX}`,
        )
      const isNew = !equalExtended(position, this.#last)
      if (isNew) await this.#save(this.#last, position, kept)
      return { ...position, checkpoint: () => this.#promote(position) }
    })
  }

  #promote(position: ExtendedSequenceNumber): Promise<void> {
    return this.#inTurn(async () => {
      this.#judge(position)
      if (!equalExtended(position, this.#last)) await this.#save(position, null, null)
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    return result
  }

  async #save(
    checkpoint: ExtendedSequenceNumber,
    pendingCheckpoint: ExtendedSequenceNumber | null,
    pendingCheckpointState: Uint8Array | null,
  ): Promise<void> {
    await this.#options.save({ checkpoint, pendingCheckpoint, pendingCheckpointState })
    this.#last = checkpoint
  }

  #positionOf(at: CheckpointPlace | string | undefined, subsequenceNumber: number | undefined): ExtendedSequenceNumber {
    let position: ExtendedSequenceNumber
    if (at === undefined) position = this.#permitted
    else if (typeof at === 'string') position = extendedSequenceNumber(at, subsequenceNumber)
    else position = extendedSequenceNumber(at.sequenceNumber, at.subsequenceNumber)
    const isFinal = equalExtended(this.#permitted, SHARD_END) && equalExtended(position, this.#delivered)
    if (isFinal) position = SHARD_END
    this.#judge(position)
    return position
  }

  #judge(position: ExtendedSequenceNumber): void {
    const { shardId } = this.#options
    if (this.#closed !== null)
      throw new MillraceError(
        'lease_lost',
        `cannot checkpoint ${shardId}: ${this.#closed}; records after the last checkpoint come again`,
      )
    const name = formatExtended(position)
    if (
      isSentinel(position.sequenceNumber) &&
      !equalExtended(position, SHARD_END) &&
      !equalExtended(position, this.#last)
    )
      throw this.#refused(`cannot checkpoint ${shardId} at ${name}: that is where reading starts, not a record`)
    if (compareExtended(position, this.#last) < 0)
      throw this.#refused(
        `cannot checkpoint ${shardId} at ${name}: it is before the last checkpoint, ${formatExtended(this.#last)}; checkpoints never go back`,
      )
    if (compareExtended(position, this.#permitted) > 0)
      throw this.#refused(
        equalExtended(position, SHARD_END)
          ? `cannot checkpoint ${shardId} at its end: that is for shardEnded alone`
          : `cannot checkpoint ${shardId} at ${name}: records were delivered up to ${formatExtended(this.#permitted)} only`,
      )
  }

  #refused(message: string): MillraceError {
    return new MillraceError('invalid_argument', message)
  }
}
