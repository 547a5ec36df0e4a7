/** The embedded streams of one process: create, delete, describe, list; and, where a directory is given, kept over restarts. */
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import {
  type Env,
  MEBIBYTE,
  MillraceError,
  RECORD_BYTES_DEFAULT,
  RECORD_BYTES_MAX,
  RETENTION_HOURS_DEFAULT,
} from '../../core/index.ts'
import { evenHashRanges } from '../hash-key.ts'
import { CounterFloor, isCounterFile } from './counter-floor.ts'
import { isLockFile, lockDirectory } from './directory-lock.ts'
import { newShards } from './local-shard.ts'
import { LocalStream } from './local-stream.ts'
import type { StreamNotice } from './notice.ts'
import type { Durability } from './segment-log.ts'
import { readStreamFile, type StreamRecord, type Tag } from './stream-file.ts'
import type { StreamSettings } from './stream-settings.ts'
import type { ShardLimits } from './throughput.ts'

export interface LocalStreamsOptions {
  readonly env: Pick<Env, 'clock' | 'files' | 'processes'>
  /** names this program to another one that wants the same directory; default `millrace` */
  readonly owner?: string | undefined
  /** where streams are kept; left out, they live in memory and end with the process */
  readonly directory?: string | undefined
  /** default: the disk has a record one second after it was answered, the system at once */
  readonly durability?: Durability | undefined
  /** in memory mode: bytes that one stream may hold, default 256 MiB */
  readonly memoryBytesMax?: number | undefined
  /** in memory mode: `refuse` throttles puts to a full stream (default); `trim` lets go of the oldest records and says so */
  readonly whenFull?: 'refuse' | 'trim' | undefined
  /** in file mode: bytes of each shard's young end that stay in memory, default 4 MiB */
  readonly tailBytesMax?: number | undefined
  /** in file mode: size of one segment, default 16 MiB */
  readonly segmentBytesMax?: number | undefined
  /** in file mode: what to do about unreadable bytes that sound records follow; a torn tail is always cut off. Default `refuse` */
  readonly onCorruption?: 'refuse' | 'truncate' | undefined
  /** rates that each shard keeps from the start, such as SERVICE_LIMITS; default none */
  readonly limits?: ShardLimits | undefined
  /** how long streams are CREATING, UPDATING and DELETING, milliseconds; default 0: calls return when their work is done */
  readonly stateDelayMs?: number | undefined
  readonly onNotice?: ((notice: StreamNotice, streamName: string) => void) | undefined
}

export interface CreateStreamOptions {
  /** default 1 */
  readonly shards?: number | undefined
  /** how long records are kept, from being put; default 24 hours; `Infinity` keeps them all */
  readonly retentionMs?: number | undefined
  /** largest record, partition key included; default 1 MiB, at most 10 MiB */
  readonly recordBytesMax?: number | undefined
  readonly tags?: readonly Tag[] | undefined
  /** only told in descriptions: an embedded stream does not scale by itself */
  readonly onDemand?: boolean | undefined
}

export const STREAM_SHARDS_MAX = 1_000
export const STREAMS_MAX = 1_000
const HOUR_MS = 3_600_000
const DURABILITY_DEFAULT: Durability = { kind: 'interval', syncIntervalMs: 1_000 }
/** Begins the name of a directory that is being deleted; no stream's directory begins so. */
const DELETED = '.deleted-'
/** Names that a directory takes as they are on every file system. */
const PLAIN_NAME = /^[a-z0-9_][a-z0-9_.-]*$/

export class LocalStreams {
  readonly #options: LocalStreamsOptions
  readonly #streams = new Map<string, LocalStream>()
  /** names that are being created or deleted */
  readonly #busy = new Set<string>()
  readonly #counters: CounterFloor
  #limits: ShardLimits | null
  #unlock: () => Promise<void>

  private constructor(options: LocalStreamsOptions, counters: CounterFloor, unlock: () => Promise<void>) {
    this.#options = options
    this.#counters = counters
    this.#unlock = unlock
    this.#limits = options.limits ?? null
  }

  /**
   * Opens the streams that the directory holds. The directory is locked until `close`.
   * @throws MillraceError `directory_in_use` with the process that has it, `corrupt_log` when a log cannot be read, and what
   *   Files throws
   */
  static async open(options: LocalStreamsOptions): Promise<LocalStreams> {
    const { directory, env, owner = 'millrace' } = options
    if (directory === undefined)
      return new LocalStreams(options, await CounterFloor.open(env.files, null), () => Promise.resolve())
    await env.files.makeDirectory(directory)
    await env.files.syncDirectory(dirname(directory))
    const unlock = await lockDirectory(env, directory, owner)
    let streams: LocalStreams | null = null
    try {
      streams = new LocalStreams(options, await CounterFloor.open(env.files, directory), unlock)
      await streams.#load(directory)
      return streams
    } catch (error) {
      await (streams?.close() ?? unlock())
      throw error
    }
  }

  /**
   * Makes a stream with even hash ranges; it takes records at once.
   * @throws MillraceError `already_exists`, `invalid_argument`, `limit_exceeded`
   */
  async create(streamName: string, options: CreateStreamOptions = {}): Promise<LocalStream> {
    const { shards = 1, retentionMs = RETENTION_HOURS_DEFAULT * HOUR_MS, onDemand = false } = options
    const { recordBytesMax = RECORD_BYTES_DEFAULT } = options
    if (!/^[a-zA-Z0-9_.-]{1,128}$/.test(streamName))
      throw new MillraceError(
        'invalid_argument',
        `stream name ${JSON.stringify(streamName)} refused; it must match [a-zA-Z0-9_.-]{1,128}`,
      )
    if (!Number.isInteger(shards) || shards < 1)
      throw new MillraceError('invalid_argument', `${shards} shards refused; a stream has at least 1`)
    if (!(retentionMs > 0))
      throw new MillraceError('invalid_argument', `retention of ${retentionMs} ms refused; it must be above 0`)
    if (!(recordBytesMax >= 1 && recordBytesMax <= RECORD_BYTES_MAX))
      throw new MillraceError(
        'invalid_argument',
        `record limit of ${recordBytesMax} bytes refused; it must be 1 to ${RECORD_BYTES_MAX}`,
      )
    if (shards > STREAM_SHARDS_MAX || this.#streams.size >= STREAMS_MAX)
      throw new MillraceError(
        'limit_exceeded',
        `stream ${streamName} refused: at most ${STREAMS_MAX} streams of ${STREAM_SHARDS_MAX} shards each`,
      )
    if (this.#streams.has(streamName) || this.#busy.has(streamName))
      throw new MillraceError('already_exists', `stream ${streamName} exists already`)
    this.#busy.add(streamName)
    try {
      const createdAt = this.#options.env.clock.now()
      const firstCounter = this.#counters.next
      const stream = await this.#openStream(
        {
          streamName,
          createdAt,
          retentionMs,
          recordBytesMax,
          onDemand,
          tags: options.tags ?? [],
          consumers: [],
          shardLevelMetrics: [],
          encryptionKeyId: null,
          shards: newShards(evenHashRanges(shards), createdAt, firstCounter),
          firstCounter,
          nextCounter: firstCounter,
        },
        createdAt + this.#stateDelayMs,
      )
      this.#streams.set(streamName, stream)
      if (this.#options.directory !== undefined) await this.#options.env.files.syncDirectory(this.#options.directory)
      return stream
    } finally {
      this.#busy.delete(streamName)
    }
  }

  /** @throws MillraceError `not_found` */
  get(streamName: string): LocalStream {
    const stream = this.#streams.get(streamName)
    if (stream !== undefined) return stream
    throw new MillraceError('not_found', `stream ${streamName} does not exist`)
  }

  find(streamName: string): LocalStream | undefined {
    return this.#streams.get(streamName)
  }

  /** Puts each shard of every stream under limits, of streams to come too; or under none. */
  setLimits(limits: ShardLimits | null): void {
    this.#limits = limits
    for (const stream of this.#streams.values()) stream.setLimits(limits)
  }

  /** names in order */
  list(): readonly string[] {
    return [...this.#streams.keys()].sort()
  }

  /**
   * Deletes a stream with its records. Where states last a while it resolves at once, and the stream goes when its time is over.
   * @throws MillraceError `not_found`, `already_exists` while it is not ACTIVE
   */
  async delete(streamName: string): Promise<void> {
    const stream = this.get(streamName)
    if (stream.status === 'CREATING' || stream.status === 'DELETING')
      throw new MillraceError('already_exists', `stream ${streamName} is ${stream.status} and cannot be deleted now`)
    const due = stream.startDeleting()
    if (this.#stateDelayMs <= 0) return this.#remove(stream)
    void due
      .then(() => this.#remove(stream))
      .catch((error: unknown) => this.#options.onNotice?.({ kind: 'upkeep_failed', error }, streamName))
  }

  /** Closes all streams; in file mode everything is on disk afterwards, and others may open the directory. */
  async close(): Promise<void> {
    for (const stream of this.#streams.values()) await stream.close()
    const unlock = this.#unlock
    // Called twice, it would take away the lock of whoever came next.
    this.#unlock = () => Promise.resolve()
    await unlock()
  }

  async #load(directory: string): Promise<void> {
    const { files, clock } = this.#options.env
    for (const name of await files.list(directory)) {
      if (isLockFile(name) || isCounterFile(name)) continue
      if (name.startsWith(DELETED)) {
        await files.remove(`${directory}/${name}`)
        continue
      }
      const record = await readStreamFile(files, `${directory}/${name}`)
      // Without its description a stream was not created to the end.
      if (record === null) continue
      this.#streams.set(record.streamName, await this.#openStream(record, clock.now()))
    }
  }

  async #remove(stream: LocalStream): Promise<void> {
    const { streamName } = stream
    // The host may have ended meanwhile; what was not deleted by then stays.
    if (stream.isClosed) return
    this.#streams.delete(streamName)
    this.#busy.add(streamName)
    try {
      await stream.close()
      // First: a stream of that name may be created as soon as the old one is gone. One is left out: the number before the
      // first of a stream names the place before it.
      const next = stream.nextCounter + 1
      // On a full disk it is the deletion that makes room.
      const isRaised = await this.#counters.raise(next).then(
        () => true,
        () => false,
      )
      const { directory, env } = this.#options
      if (directory === undefined) return
      // Renamed first: a half-deleted directory must not look like a stream after a crash.
      const from = `${directory}/${directoryOf(streamName)}`
      const deleted = `${directory}/${DELETED}${directoryOf(streamName)}`
      await env.files.remove(deleted)
      await env.files.rename(from, deleted)
      await env.files.remove(deleted)
      if (!isRaised) await this.#counters.raise(next)
    } finally {
      this.#busy.delete(streamName)
    }
  }

  get #stateDelayMs(): number {
    return this.#options.stateDelayMs ?? 0
  }

  #openStream(record: StreamRecord, activeAt: number): Promise<LocalStream> {
    const { env, directory, durability = DURABILITY_DEFAULT, onNotice } = this.#options
    const settings: StreamSettings = {
      clock: env.clock,
      storage:
        directory === undefined
          ? null
          : { files: env.files, directory: `${directory}/${directoryOf(record.streamName)}`, durability },
      memoryBytesMax: this.#options.memoryBytesMax ?? 256 * MEBIBYTE,
      whenFull: this.#options.whenFull ?? 'refuse',
      tailBytesMax: this.#options.tailBytesMax ?? 4 * MEBIBYTE,
      segmentBytesMax: this.#options.segmentBytesMax ?? 16 * MEBIBYTE,
      onCorruption: this.#options.onCorruption ?? 'refuse',
      limits: this.#limits,
      stateDelayMs: this.#stateDelayMs,
      activeAt,
      onNotice: notice => onNotice?.(notice, record.streamName),
    }
    return LocalStream.open(record, settings)
  }
}

/** A directory name for a stream: one-to-one also where case does not count, and never `.` or `..`. */
function directoryOf(streamName: string): string {
  if (PLAIN_NAME.test(streamName)) return streamName
  return `${streamName.toLowerCase().replace(/^\.+/, '_')}~${createHash('md5').update(streamName).digest('hex').slice(0, 16)}`
}
