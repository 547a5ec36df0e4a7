/**
 * The embedded stream: shards with logs in memory or in files, in this process. It answers the same questions as the service
 * (stream.ts) and is a source for code in the process (core/source.ts); http/ serves it to others.
 */
import {
  type Clock,
  GET_RECORDS_BYTES_MAX,
  GET_RECORDS_RECORDS_MAX,
  HASH_KEY_MAX,
  MillraceError,
  type ShardDescription,
  type ShardReader,
  type StartPosition,
  type StreamSource,
} from '../../core/index.ts'
import type { HashRange } from '../hash-key.ts'
import { checkEntries, checkEntry } from '../put-limits.ts'
import type {
  GetRecordsResult,
  IteratorStart,
  PutAccepted,
  PutEntry,
  PutOutcome,
  PutRefused,
  Stream,
} from '../stream.ts'
import { LocalShard, type ShardRecord, shardIdOf, shardIndexOf } from './local-shard.ts'
import { LocalSource, type SourceStream } from './local-source.ts'
import type { StreamNotice } from './notice.ts'
import { openShardLog } from './open-shard-log.ts'
import { planMerge, planSplit, type Reshard } from './reshard.ts'
import { COUNTER_GAP, COUNTER_MIN, counterOf, sequenceNumberOf } from './sequence-counter.ts'
import { checkIteratorAge, decodeIterator, encodeIterator } from './shard-iterator.ts'
import type { ShardLog } from './shard-log.ts'
import { ShardRouter } from './shard-router.ts'
import { batchOf, lastArrival, type SlicesRead } from './shard-slices.ts'
import { type StreamRecord, writeStreamFile } from './stream-file.ts'
import type { StreamSettings } from './stream-settings.ts'

/** An entry of a caller in this process, who may say when it arrived: history that is put again keeps its times. */
export interface LocalPutEntry extends PutEntry {
  /** epoch milliseconds; the stream's clock when left out */
  readonly arrivedAt?: number | undefined
}

/** One answer to GetRecords before its records are made into a batch or a reply. */
export interface RawRecords extends SlicesRead {
  readonly shardId: string
  readonly millisBehindLatest: number
  readonly nextIterator: string | null
  readonly childShards: readonly ShardDescription[]
}

/** How often retention looks for records to let go. Reads never show a trimmed record, whether it is gone yet or not. */
const RETAIN_EVERY_MS = 60_000
/** Bytes that may wait for one shard's file; puts are throttled above. */
const WAITING_BYTES_MAX = 64 * 1_048_576
const NOTICES_MAX = 100

export class LocalStream implements Stream, StreamSource, SourceStream {
  readonly clock: Clock
  readonly #settings: StreamSettings
  readonly #shards = new Map<string, LocalShard>()
  readonly #notices: StreamNotice[] = []
  readonly #changed = new Set<() => void>()
  readonly #timers: (() => void)[] = []
  readonly #source: LocalSource
  #record: StreamRecord
  #router: ShardRouter<LocalShard>
  #nextCounter = COUNTER_MIN
  #heldBytes = 0
  /** while shards are split or merged: ends when the stream's file says so */
  #saved: Promise<void> | null = null
  #state: 'open' | 'sealing' | 'sealed' | 'closed' = 'open'

  private constructor(record: StreamRecord, settings: StreamSettings) {
    this.#record = record
    this.#settings = settings
    this.clock = settings.clock
    this.#source = new LocalSource(this)
    this.#router = new ShardRouter<LocalShard>([])
  }

  /**
   * Opens a stream; what its directory holds is read back.
   * @param record its description, with `nextCounter` null after an unclean end
   * @throws MillraceError `corrupt_log`, `unreadable_input`, `unwritable_output`
   */
  static async open(record: StreamRecord, settings: StreamSettings): Promise<LocalStream> {
    const stream = new LocalStream(record, settings)
    await stream.#openShards()
    return stream
  }

  get streamName(): string {
    return this.#record.streamName
  }

  get description(): StreamRecord {
    return this.#record
  }

  /** what happened that no call could say, oldest first; the last 100 */
  get notices(): readonly StreamNotice[] {
    return this.#notices
  }

  /** shards with what is kept of them, parents before children; closed ones until their last record is trimmed */
  get shardRecords(): readonly ShardRecord[] {
    const cutoff = this.trimmedBefore(this.clock.now())
    return [...this.#shards.values()]
      .map(shard => shard.record)
      .filter(record => record.closedAt === null || record.closedAt >= cutoff)
  }

  async put(entry: LocalPutEntry): Promise<PutAccepted> {
    checkEntry(entry, this.#record.recordBytesMax)
    this.#refuseUnlessOpen()
    const shard = this.#route(entry)
    const placed = this.#append(shard, entry, this.clock.now())
    if (!placed.accepted) throw new MillraceError('throttled', placed.message, { retry: 'backoff' })
    if (this.#settings.storage !== null) await shard.log.commit()
    if (this.#saved !== null) await this.#saved
    this.#announce()
    return placed
  }

  async putMany(entries: readonly LocalPutEntry[]): Promise<readonly PutOutcome[]> {
    checkEntries(entries, this.#record.recordBytesMax)
    this.#refuseUnlessOpen()
    const now = this.clock.now()
    const shards = entries.map(entry => this.#route(entry))
    const outcomes: PutOutcome[] = entries.map((entry, i) => this.#append(shards[i] ?? this.#route(entry), entry, now))
    if (this.#settings.storage === null) {
      this.#announce()
      return outcomes
    }
    const failed = new Map<LocalShard, PutRefused>()
    await Promise.all(
      [...new Set(shards)].map(async shard => {
        try {
          await shard.log.commit()
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          failed.set(shard, { accepted: false, code: 'internal', message: `record not stored: ${reason}` })
        }
      }),
    )
    if (this.#saved !== null) await this.#saved
    this.#announce()
    if (failed.size === 0) return outcomes
    return outcomes.map((outcome, i) => (outcome.accepted ? (failed.get(shards[i] as LocalShard) ?? outcome) : outcome))
  }

  listShards(_signal?: AbortSignal): Promise<readonly ShardDescription[]> {
    const sealed = this.#state !== 'open'
    const records = this.shardRecords
    const there = new Set(records.map(({ shardId }) => shardId))
    return Promise.resolve(records.map(({ shardId }) => this.shard(shardId) .describe(sealed, id => there.has(id))))
  }

  async getIterator(shardId: string, from: IteratorStart): Promise<string> {
    const shard = this.shard(shardId)
    return this.#iteratorAt(shardId, await this.startCounter(shard, from))
  }

  async getRecords(iterator: string, recordsMax = GET_RECORDS_RECORDS_MAX): Promise<GetRecordsResult> {
    const { slices, shardId, millisBehindLatest, nextIterator, childShards } = await this.read(iterator, recordsMax)
    return { records: batchOf(slices, shardId), nextIterator, millisBehindLatest, childShards }
  }

  /** As `getRecords`, with the records still where they lie. */
  async read(iterator: string, recordsMax: number): Promise<RawRecords> {
    if (!Number.isInteger(recordsMax) || recordsMax < 1 || recordsMax > GET_RECORDS_RECORDS_MAX)
      throw new MillraceError(
        'invalid_argument',
        `limit ${recordsMax} refused; it must be 1 to ${GET_RECORDS_RECORDS_MAX}`,
      )
    const now = this.clock.now()
    const { shardId, counter, streamName, streamCreatedAt, ...rest } = decodeIterator(iterator)
    checkIteratorAge({ shardId, counter, streamName, streamCreatedAt, ...rest }, now)
    if (streamName !== this.streamName || streamCreatedAt !== this.#record.createdAt)
      throw new MillraceError('invalid_argument', 'Invalid ShardIterator.')
    const shard = this.shard(shardId)
    const isClosed = shard.isClosed
    const read = await shard.log.read(counter, recordsMax, GET_RECORDS_BYTES_MAX, this.trimmedBefore(now))
    const isEnd = isClosed && read.atTip
    return {
      ...read,
      shardId,
      millisBehindLatest: read.atTip ? 0 : this.millisBehind(lastArrival(read.slices), now),
      nextIterator: isEnd ? null : this.#iteratorAt(shardId, read.next),
      childShards: isEnd ? this.#childrenOf(shardId) : [],
    }
  }

  openShard(shardId: string, from: StartPosition): Promise<ShardReader> {
    return this.#source.openShard(shardId, from)
  }

  wait(signal: AbortSignal): Promise<void> {
    return this.#source.wait(signal)
  }

  /** A source of its own over this stream; closing it leaves the stream open. */
  asSource(): StreamSource {
    return new LocalSource(this)
  }

  /**
   * Splits an open shard in two.
   * @param newStartingHashKey the first hash key of the upper child
   * @throws MillraceError `not_found`, `invalid_argument`, `already_exists` while another split or merge is under way
   */
  split(shardId: string, newStartingHashKey: bigint): Promise<void> {
    return this.#reshard(() => planSplit(this.#openShard(shardId), newStartingHashKey))
  }

  /**
   * Merges two open shards that lie side by side.
   * @throws MillraceError as `split`
   */
  merge(shardId: string, adjacentShardId: string): Promise<void> {
    return this.#reshard(() => planMerge(this.#openShard(shardId), this.#openShard(adjacentShardId)))
  }

  /** Says that nothing more will be put: puts are refused, and readers that reach the tip see the end of their shard. */
  async seal(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'sealing'
    await Promise.all([...this.#shards.values()].map(shard => shard.log.commit()))
    this.#state = 'sealed'
    this.#announce()
  }

  /** Lets go of what the stream holds; in file mode everything is on disk afterwards. The stream takes no call any more. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    for (const stop of this.#timers) stop()
    await this.#source.close()
    for (const shard of this.#shards.values()) await shard.log.close()
    await this.#save(this.#nextCounter)
    this.#announce()
  }

  /** Lets go of what retention no longer keeps. It happens by itself every minute; callers need it only to see it done. */
  async retain(): Promise<void> {
    const cutoff = this.trimmedBefore(this.clock.now())
    if (cutoff === Number.NEGATIVE_INFINITY || this.#state === 'closed') return
    for (const shard of this.#shards.values()) {
      await shard.log.retain(cutoff, () => this.#nextCounter)
      if (shard.record.closedAt !== null && shard.record.closedAt < cutoff) await this.#remove(shard)
    }
    this.#countHeld()
  }

  /** @throws MillraceError `not_found` */
  shard(shardId: string): LocalShard {
    const shard = this.#shards.get(shardId)
    if (shard !== undefined) return shard
    throw new MillraceError('not_found', `shard ${shardId} in stream ${this.streamName} does not exist`)
  }

  async startCounter(shard: LocalShard, from: IteratorStart): Promise<number> {
    switch (from.kind) {
      case 'trimHorizon':
        return shard.record.firstCounter
      case 'latest':
        return shard.log.tip
      case 'atTimestamp':
        if (from.timestamp > this.clock.now())
          throw new MillraceError(
            'invalid_argument',
            `timestamp ${new Date(from.timestamp).toISOString()} lies in the future; start at an instant that has passed, or at the latest`,
          )
        return shard.log.counterAtArrival(from.timestamp)
      case 'at':
        return this.#counterIn(shard, from.sequenceNumber)
      case 'after': {
        const { sequenceNumber, subsequenceNumber } = from.position
        return this.#counterIn(shard, sequenceNumber) + (subsequenceNumber < 0 ? 0 : 1)
      }
    }
  }

  trimmedBefore(now: number): number {
    return now - this.#record.retentionMs
  }

  millisBehind(arrivedAt: number | null, now: number): number {
    return Math.max(1, Math.ceil(now - (arrivedAt ?? now)))
  }

  isOver(shard: LocalShard): boolean {
    return shard.isClosed || this.#state === 'sealed'
  }

  onChange(callback: () => void): () => void {
    this.#changed.add(callback)
    return () => this.#changed.delete(callback)
  }

  #refuseUnlessOpen(): void {
    if (this.#state === 'open') return
    const state = this.#state === 'closed' ? 'closed' : 'sealed'
    throw new MillraceError('closed', `stream ${this.streamName} is ${state} and takes no more records`)
  }

  #route(entry: LocalPutEntry): LocalShard {
    const { explicitHashKey } = entry
    if (explicitHashKey === undefined) return this.#router.byPartitionKey(entry.partitionKey)
    if (explicitHashKey < 0n || explicitHashKey > HASH_KEY_MAX)
      throw new MillraceError(
        'invalid_argument',
        `explicit hash key ${explicitHashKey} is not from 0 to ${HASH_KEY_MAX}`,
      )
    return this.#router.byHashKey(explicitHashKey)
  }

  #append(shard: LocalShard, entry: LocalPutEntry, now: number): PutOutcome {
    const { log } = shard
    if (this.#settings.storage === null) {
      if (this.#heldBytes > this.#settings.memoryBytesMax && !this.#makeRoom()) return FULL
    } else if (log.waitingBytes > WAITING_BYTES_MAX) return SLOW
    const counter = this.#nextCounter++
    const before = log.heldBytes
    log.append(counter, entry.arrivedAt ?? now, now, entry.partitionKey, entry.data)
    this.#heldBytes += log.heldBytes - before
    return { accepted: true, shardId: shard.shardId, sequenceNumber: sequenceNumberOf(counter) }
  }

  #makeRoom(): boolean {
    if (this.#settings.whenFull === 'refuse') return false
    let largest: LocalShard | null = null
    for (const shard of this.#shards.values())
      if (largest === null || shard.log.heldBytes > largest.log.heldBytes) largest = shard
    if (largest === null) return false
    this.#tell({ kind: 'trimmed_early', shardId: largest.shardId, records: largest.log.trimOldest() })
    this.#countHeld()
    return true
  }

  #countHeld(): void {
    this.#heldBytes = 0
    for (const shard of this.#shards.values()) this.#heldBytes += shard.log.heldBytes
  }

  #announce(): void {
    if (this.#changed.size === 0) return
    const callbacks = [...this.#changed]
    this.#changed.clear()
    for (const callback of callbacks) callback()
  }

  #tell(notice: StreamNotice): void {
    this.#notices.push(notice)
    if (this.#notices.length > NOTICES_MAX) this.#notices.shift()
    this.#settings.onNotice(notice)
  }

  #iteratorAt(shardId: string, counter: number): string {
    const { streamName, createdAt: streamCreatedAt } = this.#record
    return encodeIterator({ issuedAt: this.clock.now(), streamName, streamCreatedAt, shardId, counter })
  }

  #counterIn(shard: LocalShard, sequenceNumber: string): number {
    const counter = counterOf(sequenceNumber)
    if (counter === null || counter >= this.#nextCounter)
      throw new MillraceError(
        'invalid_argument',
        `sequence number ${sequenceNumber} used on shard ${shard.shardId} in stream ${this.streamName} is invalid because it did not come from this stream`,
      )
    return counter
  }

  #childrenOf(shardId: string): readonly ShardDescription[] {
    return [...this.#shards.values()]
      .filter(shard => shard.record.parentShardIds.includes(shardId))
      .map(shard => shard.describe(false, () => true))
  }

  async #remove(shard: LocalShard): Promise<void> {
    const { storage } = this.#settings
    this.#shards.delete(shard.shardId)
    await shard.log.close()
    if (storage === null) return
    await this.#save(null)
    await storage.files.remove(`${storage.directory}/${shard.shardId}`)
  }

  #openShard(shardId: string): LocalShard {
    const shard = this.shard(shardId)
    if (!shard.isClosed) return shard
    throw new MillraceError('invalid_argument', `shard ${shardId} is closed; only open shards are split or merged`)
  }

  async #reshard(plan: () => Reshard): Promise<void> {
    this.#refuseUnlessOpen()
    if (this.#saved !== null)
      throw new MillraceError(
        'already_exists',
        `stream ${this.streamName} is being resharded; try again when it is done`,
      )
    const { parents, children } = plan()
    const done = this.#replace(parents, children)
    this.#saved = done.catch(() => {})
    try {
      await done
    } finally {
      this.#saved = null
      this.#announce()
    }
  }

  /** From the moment that children take records, no put is answered before the stream's file names them. */
  async #replace(parents: readonly LocalShard[], ranges: readonly HashRange[]): Promise<void> {
    const next = 1 + Math.max(...[...this.#shards.keys()].map(shardIndexOf))
    const now = this.clock.now()
    const { storage } = this.#settings
    const children: LocalShard[] = []
    for (const [i, range] of ranges.entries()) {
      const record: ShardRecord = {
        ...range,
        shardId: shardIdOf(next + i),
        parentShardIds: parents.map(parent => parent.shardId),
        firstCounter: this.#nextCounter,
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
      child.record = { ...child.record, firstCounter: this.#nextCounter }
      this.#shards.set(child.shardId, child)
    }
    const open = [...this.#shards.values()].filter(shard => !shard.isClosed && !parents.includes(shard))
    this.#router = new ShardRouter(open)
    // Only then is a parent closed: a reader must not see the end before the last put on its way.
    for (const parent of parents) {
      await parent.log.commit().catch(() => {})
      parent.record = { ...parent.record, lastCounter: parent.log.tip - 1, closedAt: now }
    }
    await this.#save(null)
  }

  async #openShards(): Promise<void> {
    const { nextCounter, shards } = this.#record
    let counter = COUNTER_MIN
    for (const record of shards) {
      const log = await this.#openLog(record)
      this.#shards.set(record.shardId, new LocalShard(record, log))
      counter = Math.max(counter, log.tip)
    }
    // Records may have been lost with their numbers; a reader may have seen those.
    this.#nextCounter = nextCounter ?? counter + COUNTER_GAP
    this.#openRouter()
    const { storage, clock } = this.#settings
    if (storage !== null) await this.#save(null)
    this.#timers.push(clock.every(RETAIN_EVERY_MS, () => this.#upkeep(() => this.retain())))
    if (storage?.durability.kind === 'interval')
      this.#timers.push(clock.every(storage.durability.syncIntervalMs, () => this.#upkeep(() => this.#sync())))
  }

  #openLog(record: ShardRecord): Promise<ShardLog> {
    return openShardLog(record, this.#settings, this.#record.retentionMs, notice => this.#tell(notice))
  }

  #openRouter(): void {
    this.#router = new ShardRouter([...this.#shards.values()].filter(shard => !shard.isClosed))
  }

  async #sync(): Promise<void> {
    for (const shard of this.#shards.values()) await shard.log.sync()
  }

  #upkeep(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#tell({ kind: 'upkeep_failed', error }))
  }

  async #save(nextCounter: number | null): Promise<void> {
    const { storage } = this.#settings
    if (storage === null) return
    this.#record = { ...this.#record, shards: [...this.#shards.values()].map(shard => shard.record), nextCounter }
    await writeStreamFile(storage.files, storage.directory, this.#record)
  }
}

const FULL: PutRefused = {
  accepted: false,
  code: 'throttled',
  message: 'the stream in memory is full; wait for retention, raise memoryBytesMax, or keep the stream in files',
}

const SLOW: PutRefused = {
  accepted: false,
  code: 'throttled',
  message: 'records wait for the disk; put more slowly',
}
