/**
 * Keeps a lease for every part of a stream: the first leases of a new application, and, by the leader, an audit that finds hash keys
 * that no lease covers. Source: KCL 3.x, `ShardSyncTask` and `PeriodicShardSyncManager`.
 */
import { type Clock, MillraceError, type ShardDescription } from '../../../core/index.ts'
import { firstHole } from './hash-ranges.ts'
import { isComplete, type Lease } from './lease.ts'
import type { LeaseListener } from './lease-coordinator.ts'
import type { LeaseSettings } from './lease-settings.ts'
import type { LeaseTable, ShardStart } from './lease-table.ts'
import { OperationMetrics } from './operation-metrics.ts'
import { anew, planFirstLeases, planMissingLeases, strangeLeases } from './plan-leases.ts'
import { eachOf } from './repeating.ts'
import { type ConsumedStream, type InitialPosition, leaseKeyOf } from './stream-shards.ts'

/** KCL: tries to get a list that covers every hash key, and the time between them. */
const COVER_TRIES = 3
const COVER_TRY_MS = 1_000

export interface ShardSyncOptions {
  readonly table: LeaseTable
  readonly clock: Clock
  readonly listener: LeaseListener
  readonly settings: LeaseSettings
  /** the streams of the moment */
  readonly streams: () => readonly ConsumedStream[]
  readonly signal: AbortSignal
}

export class ShardSync {
  readonly #options: ShardSyncOptions
  /** audits in a row that found a hole, by stream */
  readonly #holes = new Map<string | null, number>()

  readonly #sync: OperationMetrics
  readonly #periodic: OperationMetrics

  constructor(options: ShardSyncOptions) {
    this.#options = options
    this.#sync = new OperationMetrics({ ...options, operation: 'ShardSyncTask' })
    this.#periodic = new OperationMetrics({ ...options, operation: 'PeriodicShardSyncManager' })
  }

  /** The streams of which the table has no lease. */
  bare(leases: readonly Lease[]): readonly ConsumedStream[] {
    const begun = new Set(leases.map(lease => lease.streamIdentifier))
    return this.#options.streams().filter(stream => !begun.has(stream.identifier))
  }

  /** The first leases of a stream, at its initial position. */
  begin(stream: ConsumedStream): Promise<void> {
    return this.#sync.timed('SyncShards', async () => {
      const shards = await this.#coveringList(stream)
      await this.#create(planFirstLeases(stream, shards))
    })
  }

  /**
   * Begins a stream that was created again: every shard gets the lease that it has not.
   * @returns what the lease of a key starts from; null where the stream has no such shard, or one that begins when another ends
   */
  async beginAnew(stream: ConsumedStream, leaseKey: string): Promise<ShardStart | null> {
    const first = planFirstLeases(anew(stream), await this.#coveringList(anew(stream)))
    await this.#create(first.filter(lease => lease.leaseKey !== leaseKey))
    return startOf(first.find(lease => lease.leaseKey === leaseKey))
  }

  /** Leases for whatever has none. */
  sync(stream: ConsumedStream, leases: readonly Lease[]): Promise<void> {
    return this.#sync.timed('SyncShards', () => this.#mend(stream, leases))
  }

  async #mend(stream: ConsumedStream, leases: readonly Lease[]): Promise<void> {
    const { settings, table } = this.#options
    let shards = await this.#list(stream, null)
    let keys = new Set(leases.map(lease => lease.leaseKey))
    const strange = strangeLeases(stream, shards, leases)
    const isReadAnew = settings.recreatedStream === 'READ_ANEW'
    if (strange.length > 0) {
      this.#options.listener.streamRecreated?.(strange.map(({ lease }) => lease.leaseKey).sort(), isReadAnew)
      if (isReadAnew) await this.#restart(stream, strange)
    }
    const missing = strange.length > 0 ? anew(stream) : stream
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#create(planMissingLeases(missing, shards, keys, settings.ignoreUnexpectedChildShards))
        return
      } catch (error) {
        if (attempt === COVER_TRIES || !(error instanceof MillraceError) || error.retry === 'never') throw error
      }
      await this.#options.clock.sleep(COVER_TRY_MS, this.#options.signal)
      shards = await this.#list(stream, null)
      keys = new Set((await table.list()).map(lease => lease.leaseKey))
    }
  }

  /** By the leader: mends streams whose leases leave hash keys uncovered for several audits in a row. */
  async audit(): Promise<void> {
    const { table, settings } = this.#options
    const leases = await table.list()
    let [toSync, partial, skipped] = [0, 0, 0]
    // One stream that is gone must not keep the others waiting.
    await eachOf([...this.#options.streams()], 1, async stream => {
      const own = leases.filter(lease => lease.streamIdentifier === stream.identifier)
      if (own.length === 0) {
        toSync++
        await this.begin(stream)
        return
      }
      const hole = firstHole(await this.#ranges(stream, own))
      const seen = hole === null ? 0 : (this.#holes.get(stream.identifier) ?? 0) + 1
      this.#holes.set(stream.identifier, seen)
      if (hole !== null) partial++
      if (seen < settings.leasesRecoveryAuditorInconsistencyConfidenceThreshold) {
        skipped++
        return
      }
      toSync++
      this.#holes.set(stream.identifier, 0)
      await this.sync(stream, own)
    })
    this.#periodic.count('NumStreamsToSync', toSync)
    this.#periodic.count('NumStreamsWithPartialLeases', partial)
    this.#periodic.count('NumSkippedShardSyncTask', skipped)
  }

  /** Ranges of leases that are not complete; leases of old workers get theirs from the stream first. */
  async #ranges(stream: ConsumedStream, leases: readonly Lease[]) {
    const { table } = this.#options
    const open = leases.filter(lease => !isComplete(lease))
    const unknown = open.filter(lease => lease.hashKeyRange === null)
    const shards = unknown.length === 0 ? [] : await this.#list(stream, null)
    const byKey = new Map(shards.map(shard => [leaseKeyOf(stream, shard.shardId), shard]))
    for (const { leaseKey } of unknown) {
      const shard = byKey.get(leaseKey)
      if (shard !== undefined) await table.updateMeta(leaseKey, { hashKeyRange: shard })
    }
    return open.flatMap(lease => lease.hashKeyRange ?? byKey.get(lease.leaseKey) ?? [])
  }

  /** Who holds one of them loses it at its next renewal. */
  async #restart(stream: ConsumedStream, strange: ReturnType<typeof strangeLeases>): Promise<void> {
    const first = planFirstLeases(
      anew(stream),
      strange.map(({ shard }) => shard),
    )
    for (const { lease } of strange) {
      const start = startOf(first.find(({ leaseKey }) => leaseKey === lease.leaseKey))
      if (start !== null) await this.#options.table.restart(lease, start)
    }
  }

  async #create(leases: readonly Lease[]): Promise<void> {
    for (const lease of leases) {
      if (!(await this.#options.table.create(lease))) continue
      this.#sync.count('CreateLease', 1)
      this.#sync.count(`CreateLease_${lease.checkpoint?.sequenceNumber ?? 'TRIM_HORIZON'}`, 1)
    }
  }

  async #coveringList(stream: ConsumedStream): Promise<readonly ShardDescription[]> {
    for (let attempt = 1; ; attempt++) {
      const shards = await this.#list(stream, stream.initialPosition)
      const hole = firstHole(shards)
      if (hole === null) return shards
      // Before the oldest record the service names no shard: then everything that is kept is wanted.
      if (stream.initialPosition.kind === 'atTimestamp') {
        const all = await this.#list(stream, null)
        if (firstHole(all) === null) return all
      }
      if (attempt === COVER_TRIES)
        throw new MillraceError(
          'internal',
          `the shards of ${nameOf(stream)} leave hash keys ${hole.startingHashKey} to ${hole.endingHashKey} uncovered; it is asked again`,
          { retry: 'backoff' },
        )
      await this.#options.clock.sleep(COVER_TRY_MS, this.#options.signal)
    }
  }

  async #list(stream: ConsumedStream, openAt: InitialPosition | null): Promise<readonly ShardDescription[]> {
    const { settings, clock, signal } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        return await stream.shards.list(openAt)
      } catch (error) {
        if (!(error instanceof MillraceError) || error.retry === 'never') throw error
        if (attempt >= settings.maxListShardsRetryAttempts || signal.aborted) throw error
      }
      await clock.sleep(settings.listShardsBackoffTimeInMillis, signal)
    }
  }
}

function startOf(lease: Lease | undefined): ShardStart | null {
  return lease?.checkpoint == null ? null : { ...lease, checkpoint: lease.checkpoint }
}

function nameOf({ identifier }: ConsumedStream): string {
  return identifier === null ? 'the stream' : `stream ${identifier}`
}
