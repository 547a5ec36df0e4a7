/**
 * The embedded stream: shards with logs in memory or in files, in this process. It answers the same questions as the service
 * (stream.ts) and is a source for code in the process (core/source.ts); http/ serves it to others.
 */
import {
  type Clock,
  GET_RECORDS_BYTES_MAX,
  GET_RECORDS_RECORDS_MAX,
  MillraceError,
  type ShardDescription,
  type ShardReader,
  type StartPosition,
  type StreamSource,
} from '../../core/index.ts'
import type { GetRecordsResult, IteratorStart, PutAccepted, PutEntry, PutOutcome, Stream } from '../stream.ts'
import { Consumers } from './consumers.ts'
import { Intake, type LocalPutEntry } from './intake.ts'
import { KeptDescription } from './kept-description.ts'
import type { LocalShard, ShardRecord } from './local-shard.ts'
import { LocalSource, type SourceStream } from './local-source.ts'
import type { StreamNotice } from './notice.ts'
import { planMerge, planSplit, planUniform } from './reshard.ts'
import { checkIteratorAge, decodeIterator, encodeIterator } from './shard-iterator.ts'
import { ShardRates } from './shard-rates.ts'
import { batchOf, lastArrival, type SlicesRead, slicesBytes } from './shard-slices.ts'
import { ShardTable } from './shard-table.ts'
import { startCounter } from './start-counter.ts'
import type { StreamRecord } from './stream-file.ts'
import type { StreamSettings } from './stream-settings.ts'
import { StreamState, type StreamStatus } from './stream-state.ts'
import type { ShardLimits } from './throughput.ts'
import { RETAIN_EVERY_MS, Upkeep } from './upkeep.ts'

/** One answer to GetRecords before its records are made into a batch or a reply. */
export interface RawRecords extends SlicesRead {
  readonly shardId: string
  readonly millisBehindLatest: number
  readonly nextIterator: string | null
  readonly childShards: readonly ShardDescription[]
}

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
  readonly #rates: ShardRates
  readonly #intake: Intake
  readonly #source: LocalSource
  readonly #notices: StreamNotice[] = []
  readonly #changed = new Set<() => void>()
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
    this.#rates = new ShardRates(settings.clock, record.streamName, settings.limits)
    this.#intake = new Intake({
      settings,
      kept: this.#kept,
      shards: this.#shards,
      rates: this.#rates,
      tell,
      announce: () => this.#announce(),
    })
    this.#source = new LocalSource(this)
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
    return this.#rates.limits
  }

  /** Puts each shard under limits, or under none; every shard begins with a full second. */
  setLimits(limits: ShardLimits | null): void {
    this.#rates.set(limits, this.#shards.all)
  }

  async put(entry: LocalPutEntry): Promise<PutAccepted> {
    this.#refuseUnlessOpen()
    return this.#intake.put(entry)
  }

  async putMany(entries: readonly LocalPutEntry[]): Promise<readonly PutOutcome[]> {
    this.#refuseUnlessOpen()
    return this.#intake.putMany(entries)
  }

  listShards(_signal?: AbortSignal): Promise<readonly ShardDescription[]> {
    const sealed = this.#phase !== 'open'
    const records = this.shardRecords
    const there = new Set(records.map(({ shardId }) => shardId))
    return Promise.resolve(records.map(({ shardId }) => this.shard(shardId) .describe(sealed, id => there.has(id))))
  }

  async getIterator(shardId: string, from: IteratorStart): Promise<string> {
    const shard = this.shard(shardId)
    if (this.#rates.of(shard)?.takeIterator(this.clock.monotonicMs()) === false)
      throw new MillraceError('throttled', this.#rates.exceeded(shardId), { retry: 'backoff' })
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
    const throughput = this.#rates.of(shard)
    if (throughput !== null && !throughput.takeRead(this.clock.monotonicMs()))
      throw new MillraceError('throttled', this.#rates.exceeded(shardId), { retry: 'backoff' })
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
    this.#intake.countHeld()
  }

  /** the sequence counter of the next record of any shard */
  get nextCounter(): number {
    return this.#shards.nextCounter
  }

  /** @throws MillraceError `not_found` */
  shard(shardId: string): LocalShard {
    return this.#shards.get(shardId)
  }

  startCounter(shard: LocalShard, from: IteratorStart): Promise<number> {
    const { streamName, firstCounter } = this.description
    const { nextCounter } = this.#shards
    return startCounter({ streamName, now: this.clock.now(), firstCounter, nextCounter }, shard, from)
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
  shardFor(entry: PutEntry): LocalShard {
    return this.#intake.shardFor(entry)
  }

  /** What a caller above the limits of a shard, or of the whole stream, is told. */
  rateExceeded(shardId?: string): string {
    return this.#rates.exceeded(shardId)
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
