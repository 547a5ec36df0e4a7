/** A lease that this worker holds, as its shard consumer sees it: the newest row, and one token for all writes. */
import type { ShardDescription } from '../../core/index.ts'
import { MillraceError } from '../../core/index.ts'
import { type ExtendedSequenceNumber, TRIM_HORIZON } from './leases/extended-sequence-number.ts'
import type { HeldLease, LeaseCoordinator } from './leases/lease-coordinator.ts'
import type { CheckpointWrite } from './shard-checkpointer.ts'
import type { ShardLease } from './shard-consumer.ts'

export class HeldShardLease implements ShardLease {
  readonly #coordinator: LeaseCoordinator
  readonly #gained: HeldLease

  constructor(coordinator: LeaseCoordinator, gained: HeldLease) {
    this.#coordinator = coordinator
    this.#gained = gained
  }

  get checkpoint(): ExtendedSequenceNumber {
    // Rows without a checkpoint were written by somebody else; the KCL cannot start from them, the oldest record always works.
    return this.#gained.lease.checkpoint ?? TRIM_HORIZON
  }

  get pendingCheckpoint(): ExtendedSequenceNumber | null {
    return this.#gained.lease.pendingCheckpoint
  }

  get pendingCheckpointState(): Uint8Array | null {
    return this.#gained.lease.pendingCheckpointState
  }

  get hashKeyRange(): ShardLease['hashKeyRange'] {
    return this.#gained.lease.hashKeyRange
  }

  async save(write: CheckpointWrite): Promise<void> {
    await this.#coordinator.checkpoint(this.#held(), { ...write, ownerSwitchesSinceCheckpoint: 0 })
  }

  countBytes(sizeBytes: number): void {
    this.#coordinator.countBytes(this.#gained.lease.leaseKey, sizeBytes)
  }

  parentsFinished(): Promise<boolean> {
    return this.#coordinator.parentsFinished(this.#held().lease)
  }

  endShard(children: readonly ShardDescription[]): Promise<'done' | 'retry' | 'dropped'> {
    return this.#coordinator.endShard(this.#held(), children)
  }

  storedCheckpoint(): Promise<ExtendedSequenceNumber | null> {
    return Promise.resolve(this.#held().lease.checkpoint)
  }

  cleanUp(): void {
    const held = this.#coordinator.held(this.#gained.lease.leaseKey)
    if (held?.token === this.#gained.token) this.#coordinator.cleanUp(held)
  }

  readAnew(): Promise<void> {
    return this.#coordinator.readAnew(this.#held())
  }

  async giveUp(): Promise<void> {
    const held = this.#held()
    if (held.handOffTo === null) await this.#coordinator.release(held)
    else await this.#coordinator.finishHandOff(held)
  }

  /** @throws MillraceError `lease_lost` */
  #held(): HeldLease {
    const { lease, token } = this.#gained
    const held = this.#coordinator.held(lease.leaseKey)
    if (held?.token === token) return held
    throw new MillraceError('lease_lost', `lease lost on ${lease.leaseKey}: this worker does not hold it any more`)
  }
}
