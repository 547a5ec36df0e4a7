/** The shards of an embedded stream: which there are, where a hash key goes, and how shards follow on shards. */
import { MillraceError, type ShardDescription } from '../../core/index.ts'
import type { HashRange } from '../hash-key.ts'
import type { KeptDescription } from './kept-description.ts'
import { LocalShard, type ShardRecord, shardIdOf, shardIndexOf } from './local-shard.ts'
import type { StreamNotice } from './notice.ts'
import { openShardLog } from './open-shard-log.ts'
import type { Reshard } from './reshard.ts'
import { COUNTER_GAP, COUNTER_MIN } from './sequence-counter.ts'
import type { ShardLog } from './shard-log.ts'
import { ShardRouter } from './shard-router.ts'
import type { StreamSettings } from './stream-settings.ts'

export class ShardTable {
  readonly #settings: StreamSettings
  readonly #kept: KeptDescription
  readonly #tell: (notice: StreamNotice) => void
  readonly #shards = new Map<string, LocalShard>()
  #router = new ShardRouter<LocalShard>([])
  #resharding: Promise<void> | null = null
  /** the sequence counter of the next record of any shard */
  nextCounter = COUNTER_MIN

  constructor(settings: StreamSettings, kept: KeptDescription, tell: (notice: StreamNotice) => void) {
    this.#settings = settings
    this.#kept = kept
    this.#tell = tell
  }

  /**
   * Opens the logs of all shards that the description names.
   * @throws MillraceError `corrupt_log`, `unreadable_input`, `unwritable_output`
   */
  async load(): Promise<void> {
    const { nextCounter, shards } = this.#kept.current
    let counter = COUNTER_MIN
    for (const record of shards) {
      const log = await this.#openLog(record)
      this.#shards.set(record.shardId, new LocalShard(record, log))
      counter = Math.max(counter, log.tip)
    }
    // Records may have been lost with their numbers; a reader may have seen those.
    this.nextCounter = nextCounter ?? counter + COUNTER_GAP
    this.#router = new ShardRouter(this.open)
    await this.save(null)
  }

  /** parents before children */
  get all(): readonly LocalShard[] {
    return [...this.#shards.values()]
  }

  /** those that take records */
  get open(): readonly LocalShard[] {
    return this.all.filter(shard => !shard.isClosed)
  }

  get router(): ShardRouter<LocalShard> {
    return this.#router
  }

  get isResharding(): boolean {
    return this.#resharding !== null
  }

  /** @throws MillraceError `not_found` */
  get(shardId: string): LocalShard {
    const shard = this.#shards.get(shardId)
    if (shard !== undefined) return shard
    throw new MillraceError('not_found', `shard ${shardId} in stream ${this.#streamName} does not exist`)
  }

  /** @throws MillraceError `not_found`, `invalid_argument` for a closed one */
  getOpen(shardId: string): LocalShard {
    const shard = this.get(shardId)
    if (!shard.isClosed) return shard
    throw new MillraceError('invalid_argument', `shard ${shardId} is closed; only open shards are split or merged`)
  }

  /** shards without those whose last record was put before an instant, parents before children */
  recordsSince(cutoff: number): readonly ShardRecord[] {
    return this.all.map(({ record }) => record).filter(({ closedAt }) => closedAt === null || closedAt >= cutoff)
  }

  childrenOf(shardId: string): readonly ShardDescription[] {
    return this.all
      .filter(({ record }) => record.parentShardIds.includes(shardId))
      .map(shard => shard.describe(false, () => true))
  }

  /**
   * Puts children in the place of open shards.
   * @throws MillraceError `already_exists` while the same is under way; `unwritable_output`
   */
  async reshard({ parents, children }: Reshard): Promise<void> {
    if (this.#resharding !== null)
      throw new MillraceError(
        'already_exists',
        `stream ${this.#streamName} is being resharded; try again when it is done`,
      )
    const done = this.#replace(parents, children)
    this.#resharding = done.catch(() => {})
    try {
      await done
    } finally {
      this.#resharding = null
    }
  }

  /**
   * Resolves when the stream's file names every shard that takes records: before that no put may be answered, or a start would
   * not find its record.
   * @throws MillraceError `unwritable_output`
   */
  async named(): Promise<void> {
    if (this.#resharding !== null) await this.#resharding
    if (this.#kept.isBehind) await this.save(null)
  }

  /** Forgets a closed shard and its records. */
  async remove(shard: LocalShard): Promise<void> {
    const { storage } = this.#settings
    this.#shards.delete(shard.shardId)
    await shard.log.close()
    if (storage === null) return
    await this.save(null)
    await storage.files.remove(`${storage.directory}/${shard.shardId}`)
  }

  /** @param nextCounter null while the stream is in use */
  save(nextCounter: number | null): Promise<void> {
    return this.#kept.change({ shards: this.all.map(({ record }) => record), nextCounter })
  }

  get #streamName(): string {
    return this.#kept.current.streamName
  }

  #openLog(record: ShardRecord): Promise<ShardLog> {
    return openShardLog(record, this.#settings, this.#kept.current.retentionMs, this.#tell)
  }

  async #replace(parents: readonly LocalShard[], ranges: readonly HashRange[]): Promise<void> {
    const { storage, clock } = this.#settings
    const next = 1 + Math.max(...[...this.#shards.keys()].map(shardIndexOf))
    const now = clock.now()
    const children: LocalShard[] = []
    for (const [i, range] of ranges.entries()) {
      const record: ShardRecord = {
        ...range,
        shardId: shardIdOf(next + i),
        parentShardIds: parents.map(parent => parent.shardId),
        firstCounter: this.nextCounter,
        openedAt: now,
        lastCounter: null,
        closedAt: null,
      }
      // A crash in the middle of an earlier split may have left records there that nobody was told of.
      await storage?.files.remove(`${storage.directory}/${record.shardId}`)
      children.push(new LocalShard(record, await this.#openLog(record)))
    }
    // From here to the router nothing waits, so that each put goes to a parent or to a child.
    for (const child of children) {
      child.record = { ...child.record, firstCounter: this.nextCounter }
      this.#shards.set(child.shardId, child)
    }
    this.#router = new ShardRouter(this.open.filter(shard => !parents.includes(shard)))
    // Only then is a parent closed: a reader must not see the end before the last put on its way.
    for (const parent of parents) {
      await parent.log.commit().catch(() => {})
      parent.record = { ...parent.record, lastCounter: parent.log.tip - 1, closedAt: now }
    }
    await this.save(null)
  }
}
