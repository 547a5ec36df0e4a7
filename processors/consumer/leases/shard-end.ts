/**
 * What happens to leases when a shard ends: its children get theirs before its processor hears of the end, and its own goes once
 * they have come on. Source: KCL 3.x, `ShutdownTask` and `LeaseCleanupManager`.
 */
import { type Clock, hasCode, type Random, type ShardDescription } from '../../../core/index.ts'
import type { HeldLeases } from './held-leases.ts'
import { hasProgressed, isComplete, type Lease } from './lease.ts'
import type { HeldLease, LeaseListener } from './lease-coordinator.ts'
import type { LeaseSettings } from './lease-settings.ts'
import type { LeaseTable } from './lease-table.ts'
import { childLeases } from './plan-leases.ts'
import { type ConsumedStream, leaseKeyOf } from './stream-shards.ts'

/** KCL: chance that a worker which waits for the other parent of a merge lets another worker try. */
const DROP_CHANCE = 1 / 30
/** Leases that may wait to be cleaned up; there are no more than held leases. */
const WAITING_MAX = 100_000

export interface ShardEndOptions {
  readonly table: LeaseTable
  readonly held: HeldLeases
  readonly clock: Clock
  readonly random: Random
  readonly settings: LeaseSettings
  readonly listener: LeaseListener
  readonly streams: () => readonly ConsumedStream[]
}

export class ShardEnd {
  readonly #options: ShardEndOptions
  readonly #waiting = new Map<string, HeldLease>()
  #completedDueAtMs = 0
  #garbageDueAtMs = 0

  constructor(options: ShardEndOptions) {
    this.#options = options
  }

  /** True when every parent's lease is complete or gone. */
  async parentsFinished(lease: Lease): Promise<boolean> {
    for (const parent of lease.parentShardIds) {
      const found = await this.#options.table.get(this.#keyBeside(lease, parent))
      if (found !== null && !isComplete(found)) return false
    }
    return true
  }

  async end(held: HeldLease, children: readonly ShardDescription[]): Promise<'done' | 'retry' | 'dropped'> {
    const { table, held: leases, random, listener } = this.#options
    const { lease } = held
    const [only, ...more] = children
    if (only === undefined) return 'done'
    if (more.length === 0) {
      // A split has two children; a single one comes of a merge and names both its parents.
      if (only.parentShardIds.length !== 2) return this.#drop(held)
      const other = only.parentShardIds.find(parent => parent !== lease.shardId)
      if (other !== undefined && (await table.get(this.#keyBeside(lease, other))) === null) {
        listener.metric?.({ operation: 'ShutdownTask', name: 'MissingMergeParent', value: 1, unit: 'Count' })
        return random.next() < DROP_CHANCE ? this.#drop(held) : 'retry'
      }
    }
    for (const child of childLeases({ identifier: lease.streamIdentifier }, children)) {
      const isNew = await table.create(child)
      if (isNew) listener.metric?.({ operation: 'ShutdownTask', name: 'CreateLease', value: 1, unit: 'Count' })
    }
    await leases.updateMeta(held, { childShardIds: children.map(child => child.shardId) })
    return 'done'
  }

  queue(held: HeldLease): void {
    if (this.#waiting.size < WAITING_MAX) this.#waiting.set(held.lease.leaseKey, held)
  }

  /** Deletes leases whose time has come. Called every leaseCleanupIntervalMillis. */
  async cleanUp(): Promise<void> {
    const { clock, settings } = this.#options
    const now = clock.monotonicMs()
    const completed = now >= this.#completedDueAtMs
    const garbage = now >= this.#garbageDueAtMs
    if (completed) this.#completedDueAtMs = now + settings.completedLeaseCleanupIntervalMillis
    if (garbage) this.#garbageDueAtMs = now + settings.garbageLeaseCleanupIntervalMillis
    for (const held of this.#waiting.values()) {
      const current = this.#options.held.get(held.lease.leaseKey)
      if (current === null || current.token !== held.token) {
        this.#waiting.delete(held.lease.leaseKey)
        continue
      }
      const lease = await this.#options.table.get(held.lease.leaseKey)
      if (lease === null) this.#waiting.delete(held.lease.leaseKey)
      else if ((completed && (await this.#mayGo(lease))) || (garbage && (await this.#isGarbage(lease)))) {
        this.#waiting.delete(lease.leaseKey)
        await this.#options.held.delete(current)
      }
    }
  }

  /** A complete lease whose children have come on, and whose parents are gone already. */
  async #mayGo(lease: Lease): Promise<boolean> {
    const { table, settings } = this.#options
    if (!settings.cleanupLeasesUponShardCompletion || !isComplete(lease)) return false
    const children = lease.childShardIds.length > 0 ? lease.childShardIds : await this.#childrenOf(lease)
    if (children === null) return true
    if (children.length === 0) return false
    for (const child of children) {
      const found = await table.get(this.#keyBeside(lease, child))
      if (found === null || !hasProgressed(found)) return false
    }
    for (const parent of lease.parentShardIds)
      if ((await table.get(this.#keyBeside(lease, parent))) !== null) return false
    return true
  }

  /** A shard that its stream does not list any more is nobody's. */
  async #isGarbage(lease: Lease): Promise<boolean> {
    return (await this.#childrenOf(lease)) === null
  }

  /** Children by the list of the stream; null when the shard is gone, or its stream, where the lease names which one that was. */
  async #childrenOf(lease: Lease): Promise<readonly string[] | null> {
    const stream = this.#options.streams().find(({ identifier }) => identifier === lease.streamIdentifier)
    if (stream === undefined) return null
    let shards: readonly ShardDescription[]
    try {
      shards = await stream.shards.list(null)
    } catch (error) {
      if (!hasCode(error, 'not_found')) throw error
      // Without them nobody could tell that a stream which comes again under the name is another one.
      return lease.streamIdentifier === null ? [] : null
    }
    if (!shards.some(shard => shard.shardId === lease.shardId)) return null
    return shards.filter(shard => shard.parentShardIds.includes(lease.shardId)).map(shard => shard.shardId)
  }

  async #drop(held: HeldLease): Promise<'dropped'> {
    await this.#options.held.release(held)
    return 'dropped'
  }

  #keyBeside({ streamIdentifier }: Lease, shardId: string): string {
    return leaseKeyOf({ identifier: streamIdentifier }, shardId)
  }
}
