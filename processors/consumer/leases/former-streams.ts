/**
 * Streams that come and go while a fleet runs, by the leader: one that is new gets its leases, and the leases of one that is named no
 * more are deleted after a waiting period, if that is wanted. The period is there because workers learn of a list one after the
 * other: a leader with an old list must not delete what a newer one names. Source: KCL 3.x, `Scheduler` and
 * `FormerStreamsLeasesDeletionStrategy`.
 */
import type { Clock } from '../../../core/index.ts'
import type { Lease } from './lease.ts'
import type { LeaseListener } from './lease-coordinator.ts'
import type { LeaseTable } from './lease-table.ts'
import type { ShardSync } from './shard-sync.ts'
import type { ConsumedStream } from './stream-shards.ts'

/** What becomes of the leases of streams that are named no more; the KCL's names. */
export type FormerStreamsLeasesDeletionStrategy =
  /** they stay, and go on being processed */
  | { readonly leaseDeletionType: 'NO_STREAMS_LEASES_DELETION' }
  /** every such stream of which the table has leases */
  | {
      readonly leaseDeletionType: 'FORMER_STREAMS_AUTO_DETECTION_DEFERRED_DELETION'
      readonly waitPeriodToDeleteFormerStreamsMillis: number
    }
  /** those alone that the application tells, `account:stream:creationEpoch` each */
  | {
      readonly leaseDeletionType: 'PROVIDED_STREAMS_DEFERRED_DELETION'
      readonly waitPeriodToDeleteFormerStreamsMillis: number
      readonly streamIdentifiersForLeaseCleanup: () => readonly string[]
    }

export interface FormerStreamsOptions {
  readonly table: LeaseTable
  readonly clock: Clock
  readonly shardSync: Pick<ShardSync, 'bare' | 'begin'>
  readonly listener: LeaseListener
  readonly strategy: FormerStreamsLeasesDeletionStrategy
  readonly streams: () => readonly ConsumedStream[]
  /** whether a stream is named, also one that cannot be opened at the moment and so is none of `streams` */
  readonly isNamed: (identifier: string) => boolean
  /** whether the service said of a stream that it is not there: nothing can come of waiting for it */
  readonly isGone: (identifier: string) => boolean
  /** told when the leases of a stream were deleted */
  readonly forget: (identifier: string) => void
}

export class FormerStreams {
  readonly #options: FormerStreamsOptions
  /** since when a stream has been seen to be a former one, monotonic */
  readonly #sinceMs = new Map<string, number>()

  constructor(options: FormerStreamsOptions) {
    this.#options = options
  }

  /** A worker that does not lead knows nothing of waiting periods: they begin anew when it does. */
  forget(): void {
    this.#sinceMs.clear()
  }

  /** By the leader, each minute. */
  async run(): Promise<void> {
    const { table, clock, shardSync, strategy, streams, isNamed, isGone, forget } = this.#options
    const leases = await table.list()
    await this.#begin(shardSync.bare(leases))
    const now = clock.monotonicMs()
    const former = this.#former(leases).filter(identifier => !isNamed(identifier))
    for (const identifier of this.#sinceMs.keys()) if (!former.includes(identifier)) this.#sinceMs.delete(identifier)
    const waitMs =
      strategy.leaseDeletionType === 'NO_STREAMS_LEASES_DELETION' ? 0 : strategy.waitPeriodToDeleteFormerStreamsMillis
    let deleted = 0
    let nonExisting = 0
    for (const identifier of former) {
      const since = this.#sinceMs.get(identifier) ?? now
      this.#sinceMs.set(identifier, since)
      if (now - since < waitMs && !isGone(identifier)) continue
      await this.#delete(identifier, leases)
      this.#sinceMs.delete(identifier)
      deleted++
      if (isGone(identifier)) nonExisting++
      forget(identifier)
    }
    this.#metric('ActiveStreams.Count', streams().length)
    this.#metric('StreamsPendingDeletion.Count', this.#sinceMs.size)
    this.#metric('DeletedStreams.Count', deleted)
    this.#metric('NonExistingStreamDelete.Count', nonExisting)
  }

  /** One stream that cannot be listed must not keep the others waiting. */
  async #begin(streams: readonly ConsumedStream[]): Promise<void> {
    const { shardSync, listener } = this.#options
    for (const stream of streams) {
      try {
        await shardSync.begin(stream)
      } catch (error) {
        listener.failed?.(`making the first leases of stream ${stream.identifier}`, error)
      }
    }
  }

  #former(leases: readonly Lease[]): readonly string[] {
    const { strategy } = this.#options
    if (strategy.leaseDeletionType === 'NO_STREAMS_LEASES_DELETION') return []
    const stored = new Set(leases.map(lease => lease.streamIdentifier).filter(identifier => identifier !== null))
    return strategy.leaseDeletionType === 'FORMER_STREAMS_AUTO_DETECTION_DEFERRED_DELETION'
      ? [...stored]
      : [...new Set(strategy.streamIdentifiersForLeaseCleanup())].filter(identifier => stored.has(identifier))
  }

  /** Whoever holds one of them loses it at its next renewal. */
  async #delete(identifier: string, leases: readonly Lease[]): Promise<void> {
    const { table, listener } = this.#options
    for (const { leaseKey, streamIdentifier, leaseOwner } of leases) {
      if (streamIdentifier !== identifier) continue
      await table.delete(leaseKey)
      const why = `stream ${identifier} is a former one, and ${this.#options.isGone(identifier) ? 'does not exist' : 'its waiting period is over'}`
      listener.leaseMoved?.({ leaseKey, from: leaseOwner, to: null, by: 'the leader', reason: 'released', why })
    }
  }

  #metric(name: string, value: number): void {
    this.#options.listener.metric?.({ operation: 'MultiStreamTracker', name, value, unit: 'Count' })
  }
}
