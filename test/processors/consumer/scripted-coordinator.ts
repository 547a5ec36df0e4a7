/** A lease side that does what a test says: leases come and go by call, checkpoints are kept. */
import type { ShardDescription } from '../../../core/index.ts'
import { MillraceError } from '../../../core/index.ts'
import {
  type ExtendedSequenceNumber,
  equalExtended,
  SHARD_END,
  TRIM_HORIZON,
} from '../../../processors/consumer/leases/extended-sequence-number.ts'
import { type Lease, newLease } from '../../../processors/consumer/leases/lease.ts'
import type {
  HeldLease,
  LeaseCoordinator,
  LeaseListener,
  LeaseLossReason,
} from '../../../processors/consumer/leases/lease-coordinator.ts'
import type { CheckpointChange } from '../../../processors/consumer/leases/lease-table.ts'

export class ScriptedCoordinator implements LeaseCoordinator {
  readonly workerId = 'w'
  readonly calls: string[] = []
  readonly checkpoints: [string, ExtendedSequenceNumber][] = []
  startFails: MillraceError[] = []
  readonly #listener: LeaseListener
  readonly #held = new Map<string, HeldLease>()
  #tokens = 0

  constructor(listener: LeaseListener) {
    this.#listener = listener
  }

  gain(leaseKey: string, more: Partial<Lease> = {}): HeldLease {
    const held: HeldLease = {
      lease: { ...newLease({ leaseKey, checkpoint: TRIM_HORIZON }), leaseOwner: 'w', ...more },
      token: `t${++this.#tokens}`,
      handOffTo: null,
    }
    this.#held.set(leaseKey, held)
    this.#listener.leaseGained(held)
    return held
  }

  lose(leaseKey: string, reason: LeaseLossReason = 'taken'): void {
    const held = this.#held.get(leaseKey)
    if (held === undefined) return
    this.#held.delete(leaseKey)
    this.#listener.leaseLost(held, reason)
  }

  handOff(leaseKey: string, to: string): void {
    const held = this.#held.get(leaseKey)
    if (held === undefined) return
    const next = { ...held, handOffTo: to }
    this.#held.set(leaseKey, next)
    this.#listener.handOffRequested(next)
  }

  get listener(): LeaseListener {
    return this.#listener
  }

  start(): Promise<void> {
    this.calls.push('start')
    const failure = this.startFails.shift()
    return failure === undefined ? Promise.resolve() : Promise.reject(failure)
  }

  stopGaining(): void {
    this.calls.push('stopGaining')
  }

  stop(): Promise<void> {
    this.calls.push('stop')
    for (const key of this.#held.keys()) this.lose(key, 'stopped')
    return Promise.resolve()
  }

  heldLeases(): readonly HeldLease[] {
    return [...this.#held.values()]
  }

  held(leaseKey: string): HeldLease | null {
    return this.#held.get(leaseKey) ?? null
  }

  async checkpoint(held: HeldLease, change: CheckpointChange): Promise<HeldLease> {
    const { leaseKey } = held.lease
    if (this.held(leaseKey)?.token !== held.token) throw new MillraceError('lease_lost', `lease lost on ${leaseKey}`)
    const next = { ...held, lease: { ...held.lease, ...change } }
    this.#held.set(leaseKey, next)
    this.checkpoints.push([leaseKey, change.checkpoint])
    return Promise.resolve(next)
  }

  countBytes(): void {}

  finishHandOff(held: HeldLease): Promise<void> {
    this.calls.push(`finishHandOff ${held.lease.leaseKey}`)
    this.lose(held.lease.leaseKey, 'handed_off')
    return Promise.resolve()
  }

  release(held: HeldLease): Promise<void> {
    this.calls.push(`release ${held.lease.leaseKey}`)
    this.lose(held.lease.leaseKey, 'released')
    return Promise.resolve()
  }

  parentsFinished(lease: Lease): Promise<boolean> {
    return Promise.resolve(
      lease.parentShardIds.every(parent => {
        const held = this.held(parent)
        return held === null || equalExtended(held.lease.checkpoint, SHARD_END)
      }),
    )
  }

  endShard(held: HeldLease, children: readonly ShardDescription[]): Promise<'done'> {
    this.calls.push(`endShard ${held.lease.leaseKey} ${children.map(child => child.shardId).join(' ')}`)
    return Promise.resolve('done')
  }

  readAnew(held: HeldLease): Promise<void> {
    this.calls.push(`readAnew ${held.lease.leaseKey}`)
    this.lose(held.lease.leaseKey, 'released')
    return Promise.resolve()
  }

  cleanUp(held: HeldLease): void {
    this.calls.push(`cleanUp ${held.lease.leaseKey}`)
  }
}
