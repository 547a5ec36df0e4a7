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
import { checkEntries, checkEntry, keyBytes } from '../put-limits.ts'
import type {
  GetRecordsResult,
  IteratorStart,
  PutAccepted,
  PutEntry,
  PutOutcome,
  PutRefused,
  Stream,
} from '../stream.ts'
import { ACCOUNT } from './arn.ts'
import { Consumers } from './consumers.ts'
import { KeptDescription } from './kept-description.ts'
import type { LocalShard, ShardRecord } from './local-shard.ts'
import { LocalSource, type SourceStream } from './local-source.ts'
import type { StreamNotice } from './notice.ts'
import { planMerge, planSplit, planUniform } from './reshard.ts'
import { sequenceNumberOf } from './sequence-counter.ts'
import { checkIteratorAge, decodeIterator, encodeIterator } from './shard-iterator.ts'
import { batchOf, lastArrival, type SlicesRead, slicesBytes } from './shard-slices.ts'
import { ShardTable } from './shard-table.ts'
import { startCounter } from './start-counter.ts'
import type { StreamRecord } from './stream-file.ts'
import type { StreamSettings } from './stream-settings.ts'
import { StreamState, type StreamStatus } from './stream-state.ts'
import { type ShardLimits, ShardThroughput } from './throughput.ts'
import { RETAIN_EVERY_MS, Upkeep } from './upkeep.ts'

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

/** Bytes that may wait for one shard's file; puts are throttled above. */
const WAITING_BYTES_MAX = 64 * 1_048_576
const NOTICES_MAX = 100

export class LocalStream implements Stream, StreamSource, SourceStream {
  readonly clock: Clock
  /** consumers with enhanced fan-out */
  readonly consumers: Consumers
  readonly #settings: StreamSettings
  readonly #kept: KeptDescription
  readonly #shards: ShardTable
  readonly #state: StreamState
  readonly #upkeep: Upkeep
  readonly #source: LocalSource
  readonly #notices: StreamNotice[] = []
  readonly #changed = new Set<() => void>()
  #limits: ShardLimits | null = null
  #heldBytes = 0
  #phase: 'open' | 'sealing' | 'sealed' | 'closed' = 'open'

  private constructor(record: StreamRecord, settings: StreamSettings) {
    const tell = (notice: StreamNotice): void => this.#tell(notice)
    this.#settings = settings
    this.clock = settings.clock
    this.#kept = new KeptDescription(record, settings.storage)
    this.#shards = new ShardTable(settings, this.#kept, tell)
    this.consumers = new Consumers(settings.clock, this.#kept, settings.stateDelayMs)
    this.#upkeep = new Upkeep(settings.clock, tell)
    this.#state = new StreamState({
      clock: settings.clock,
      streamName: record.streamName,
      delayMs: settings.stateDelayMs,
      activeAt: settings.activeAt,
      onFailure: this.#upkeep.failed,
    })
    this.#source = new LocalSource(this)
    this.setLimits(settings.limits)
  }

  /**
   * Opens a stream; what its directory holds is read back.
   * @param record its description, with `nextCounter` null after an unclean end
   * @throws MillraceError `corrupt_log`, `unreadable_input`, `unwritable_output`
   */
  static async open(record: StreamRecord, settings: StreamSettings): Promise<LocalStream> {
    const stream = new LocalStream(record, settings)
    await stream.#shards.load()
    stream.#upkeep.every(RETAIN_EVERY_MS, () => stream.retain())
    const durability = settings.storage?.durability
    if (durability?.kind === 'interval') stream.#upkeep.every(durability.syncIntervalMs, () => stream.#sync())
    return stream
  }

  get streamName(): string {
    return this.#kept.current.streamName
  }

  get description(): StreamRecord {
    return this.#kept.current
  }

  get status(): StreamStatus {
    return this.#state.status
  }

  /** what happened that no call could say, oldest first; the last 100 */
  get notices(): readonly StreamNotice[] {
    return this.#notices
  }

  /** shards with what is kept of them, parents before children; closed ones until their last record is trimmed */
  get shardRecords(): readonly ShardRecord[] {
    return this.#shards.recordsSince(this.trimmedBefore(this.clock.now()))
  }

  /** the rates that each shard keeps; null when it keeps none */
  get limits(): ShardLimits | null {
    return this.#limits
  }

  /** Puts each shard under limits, or under none; every shard begins with a full second. */
  setLimits(limits: ShardLimits | null): void {
    this.#limits = limits
    for (const shard of this.#shards.all) shard.throughput = null
  }

  async put(entry: LocalPutEntry): Promise<PutAccepted> {
    checkEntry(entry, this.description.recordBytesMax)
    this.#refuseUnlessOpen()
    const shard = this.shardFor(entry)
    const placed = this.#append(shard, entry, this.clock.now())
    if (!placed.accepted) throw new MillraceError('throttled', placed.message, { retry: 'backoff' })
    if (this.#settings.storage !== null) await shard.log.commit()
    await this.#shards.named()
    this.#announce()
    return placed
  }

  async putMany(entries: readonly LocalPutEntry[]): Promise<readonly PutOutcome[]> {
    checkEntries(entries, this.description.recordBytesMax)
    this.#refuseUnlessOpen()
    const now = this.clock.now()
    const shards = entries.map(entry => this.shardFor(entry))
    const outcomes: PutOutcome[] = entries.map((entry, i) =>
      this.#append(shards[i] ?? this.shardFor(entry), entry, now),
    )
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
    await this.#shards.named()
    this.#announce()
    if (failed.size === 0) return outcomes
    return outcomes.map((outcome, i) => (outcome.accepted ? (failed.get(shards[i] as LocalShard) ?? outcome) : outcome))
  }

  listShards(_signal?: AbortSignal): Promise<readonly ShardDescription[]> {
    const sealed = this.#phase !== 'open'
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
    const decoded = decodeIterator(iterator)
    const { shardId, counter, streamName, streamCreatedAt } = decoded
    checkIteratorAge(decoded, this.clock.now())
    if (streamName !== this.streamName || streamCreatedAt !== this.description.createdAt)
      throw new MillraceError('invalid_argument', 'Invalid ShardIterator.')
    const shard = this.shard(shardId)
    const throughput = this.#throughputOf(shard)
    if (throughput !== null && !throughput.takeRead(this.clock.monotonicMs()))
      throw new MillraceError('throttled', this.rateExceeded(shardId), { retry: 'backoff' })
    const read = await this.readFrom(shard, counter, recordsMax)
    throughput?.noteRead(slicesBytes(read.slices))
    return read
  }

  /** As `read`, from a counter and under no limit. */
  async readFrom(
    shard: LocalShard,
    counter: number,
    recordsMax: number,
    bytesMax = GET_RECORDS_BYTES_MAX,
  ): Promise<RawRecords> {
    const now = this.clock.now()
    const { shardId } = shard
    // Asked before the read: records that are put meanwhile belong to a shard that was open then.
    const isClosed = shard.isClosed
    const read = await shard.log.read(counter, recordsMax, bytesMax, this.trimmedBefore(now))
    const isEnd = isClosed && read.atTip
    return {
      ...read,
      shardId,
      millisBehindLatest: read.atTip ? 0 : this.millisBehind(lastArrival(read.slices), now),
      nextIterator: isEnd ? null : this.#iteratorAt(shardId, read.next),
      childShards: isEnd ? this.#shards.childrenOf(shardId) : [],
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
   * @throws MillraceError `not_found`, `invalid_argument`, `already_exists` while the stream is not ACTIVE
   */
  split(shardId: string, newStartingHashKey: bigint): Promise<void> {
    const plan = () => planSplit(this.#shards.getOpen(shardId), newStartingHashKey)
    return this.#change(plan, () => this.#shards.reshard(plan()))
  }

  /**
   * Merges two open shards that lie side by side.
   * @throws MillraceError as `split`
   */
  merge(shardId: string, adjacentShardId: string): Promise<void> {
    const plan = () => planMerge(this.#shards.getOpen(shardId), this.#shards.getOpen(adjacentShardId))
    return this.#change(plan, () => this.#shards.reshard(plan()))
  }

  /**
   * Splits and merges open shards until there are so many, all of the same width.
   * @throws MillraceError as `split`
   */
  scale(shards: number): Promise<void> {
    return this.#change(
      () => {},
      async () => {
        for (let step = planUniform(this.#shards.open, shards); step !== null; ) {
          await this.#shards.reshard(step)
          this.#announce()
          step = planUniform(this.#shards.open, shards)
        }
      },
    )
  }

  /**
   * Changes what the stream's description says; retention and record size hold from then on.
   * @throws MillraceError `already_exists` while the stream is not ACTIVE, `unwritable_output`
   */
  change(part: Partial<Pick<StreamRecord, 'retentionMs' | 'recordBytesMax' | 'onDemand' | 'encryptionKeyId'>>) {
    return this.#change(
      () => {},
      async () => {
        await this.#kept.change(part)
        for (const shard of this.#shards.all) shard.log.setRetention(this.description.retentionMs)
      },
    )
  }

  /** Changes labels, which any state allows. */
  label(part: Partial<Pick<StreamRecord, 'tags' | 'consumers' | 'shardLevelMetrics'>>): Promise<void> {
    return this.#kept.change(part)
  }

  /** Says that nothing more will be put: puts are refused, and readers that reach the tip see the end of their shard. */
  async seal(): Promise<void> {
    if (this.#phase !== 'open') return
    this.#phase = 'sealing'
    await Promise.all(this.#shards.all.map(shard => shard.log.commit()))
    this.#phase = 'sealed'
    this.#announce()
  }

  /** Turns the stream DELETING; resolves when it may be taken away. */
  startDeleting(): Promise<void> {
    return this.#state.startDeleting()
  }

  /** Lets go of what the stream holds; in file mode everything is on disk afterwards. The stream takes no call any more. */
  async close(): Promise<void> {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#state.end()
    this.#upkeep.stop()
    await this.#source.close()
    for (const shard of this.#shards.all) await shard.log.close()
    await this.#shards.save(this.#shards.nextCounter)
    this.#announce()
  }

  get isClosed(): boolean {
    return this.#phase === 'closed'
  }

  /** Lets go of what retention no longer keeps. It happens by itself every minute; callers need it only to see it done. */
  async retain(): Promise<void> {
    const cutoff = this.trimmedBefore(this.clock.now())
    if (cutoff === Number.NEGATIVE_INFINITY || this.#phase === 'closed') return
    for (const shard of this.#shards.all) {
      await shard.log.retain(cutoff, () => this.#shards.nextCounter)
      if (shard.record.closedAt !== null && shard.record.closedAt < cutoff) await this.#shards.remove(shard)
    }
    this.#countHeld()
  }

  /** @throws MillraceError `not_found` */
  shard(shardId: string): LocalShard {
    return this.#shards.get(shardId)
  }

  startCounter(shard: LocalShard, from: IteratorStart): Promise<number> {
    const { streamName } = this
    return startCounter({ streamName, now: this.clock.now(), nextCounter: this.#shards.nextCounter }, shard, from)
  }

  trimmedBefore(now: number): number {
    return now - this.description.retentionMs
  }

  millisBehind(arrivedAt: number | null, now: number): number {
    return Math.max(1, Math.ceil(now - (arrivedAt ?? now)))
  }

  isOver(shard: LocalShard): boolean {
    return shard.isClosed || this.#phase === 'sealed'
  }

  onChange(callback: () => void): () => void {
    this.#changed.add(callback)
    return () => this.#changed.delete(callback)
  }

  /**
   * The open shard that an entry goes to.
   * @throws MillraceError `invalid_argument` for an explicit hash key out of range
   */
  shardFor({ explicitHashKey, partitionKey }: PutEntry): LocalShard {
    if (explicitHashKey === undefined) return this.#shards.router.byPartitionKey(partitionKey)
    if (explicitHashKey < 0n || explicitHashKey > HASH_KEY_MAX)
      throw new MillraceError(
        'invalid_argument',
        `explicit hash key ${explicitHashKey} is not from 0 to ${HASH_KEY_MAX}`,
      )
    return this.#shards.router.byHashKey(explicitHashKey)
  }

  /** What a caller above the limits of a shard, or of the whole stream, is told: in the words of the service. */
  rateExceeded(shardId?: string): string {
    const shard = shardId === undefined ? '' : `shard ${shardId} in `
    return `Rate exceeded for ${shard}stream ${this.streamName} under account ${ACCOUNT}.`
  }

  /** @param check throws what the caller did wrong, before anything changes */
  async #change(check: () => unknown, work: () => Promise<void>): Promise<void> {
    this.#refuseUnlessOpen()
    this.#state.refuseUnlessActive()
    check()
    await this.#state.change(async () => {
      await work()
      this.#announce()
    })
  }

  #refuseUnlessOpen(): void {
    if (this.#phase === 'open') return
    const state = this.#phase === 'closed' ? 'closed' : 'sealed'
    throw new MillraceError('closed', `stream ${this.streamName} is ${state} and takes no more records`)
  }

  #append(shard: LocalShard, entry: LocalPutEntry, now: number): PutOutcome {
    const { log } = shard
    if (this.#settings.storage === null) {
      if (this.#heldBytes > this.#settings.memoryBytesMax && !this.#makeRoom()) return FULL
    } else if (log.waitingBytes > WAITING_BYTES_MAX) return SLOW
    const throughput = this.#throughputOf(shard)
    if (throughput !== null) {
      const sizeBytes = entry.data.length + keyBytes(entry.partitionKey)
      if (!throughput.takeWrite(sizeBytes, this.clock.monotonicMs()))
        return { accepted: false, code: 'throttled', message: this.rateExceeded(shard.shardId) }
    }
    const counter = this.#shards.nextCounter++
    const before = log.heldBytes
    log.append(counter, entry.arrivedAt ?? now, now, entry.partitionKey, entry.data)
    this.#heldBytes += log.heldBytes - before
    return { accepted: true, shardId: shard.shardId, sequenceNumber: sequenceNumberOf(counter) }
  }

  #throughputOf(shard: LocalShard): ShardThroughput | null {
    if (this.#limits === null) return null
    shard.throughput ??= new ShardThroughput(this.#limits, this.clock.monotonicMs())
    return shard.throughput
  }

  #makeRoom(): boolean {
    if (this.#settings.whenFull === 'refuse') return false
    const largest = this.#shards.all.reduce((a, b) => (b.log.heldBytes > a.log.heldBytes ? b : a))
    this.#tell({ kind: 'trimmed_early', shardId: largest.shardId, records: largest.log.trimOldest() })
    this.#countHeld()
    return true
  }

  #countHeld(): void {
    this.#heldBytes = this.#shards.all.reduce((sum, shard) => sum + shard.log.heldBytes, 0)
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
    const { streamName, createdAt: streamCreatedAt } = this.description
    return encodeIterator({ issuedAt: this.clock.now(), streamName, streamCreatedAt, shardId, counter })
  }

  async #sync(): Promise<void> {
    for (const shard of this.#shards.all) await shard.log.sync()
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
