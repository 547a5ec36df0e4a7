/**
 * Reads one shard ahead of its processor, within bounds, at the pace that the settings and the service want.
 *
 *   reading ──(bounds reached)──► waiting for room ──(taken)──► reading ... ──► ended
 *
 * Whatever fails is tried again later and later; the reader knows where it stands, so nothing is lost or read twice.
 */
import {
  assert,
  type Clock,
  hasCode,
  MEBIBYTE,
  MillraceError,
  type Random,
  RecordBatchBuilder,
  type ShardDescription,
  type ShardRead,
  type ShardReader,
} from '../../core/index.ts'
import { backoffMsOf } from './failure-policy.ts'

export interface PrefetchBounds {
  /** fetches that wait; 0: only what is asked for is fetched (KCL's maxPendingProcessRecordsInput) */
  readonly batchesMax: number
  readonly bytesMax: number
  readonly recordsMax: number
}

/** What follows a refusal: the same read again, or the end of the shard; `accept` is for a read that succeeded after one. */
export type AfterRefusal = 'repeat' | 'accept' | { readonly childShards: readonly ShardDescription[] }

export interface PrefetcherOptions {
  /** tried again until it succeeds, as a read is */
  open(): Promise<ShardReader>
  readonly clock: Clock
  readonly random: Pick<Random, 'next'>
  /** records of one fetch */
  readonly maxRecords: number
  /** null: the reader itself waits for records. Else the least time from one fetch at the tip to the next */
  readonly idleMs: number | null
  /** a fetch that ends further behind the tip than this is followed by the next one at once */
  readonly reducedTpsThresholdMs: number
  readonly bounds: PrefetchBounds
  /** @param failures in a row, from 1 */
  onFailure(error: MillraceError, failures: number): void
  /**
   * The stream, the shard or the position is not known to the service. Told after `onFailure`, and asked what that means; rejects
   * where that cannot be found out, and is asked again. Asked too (null) when a read succeeds after that: it may be of another stream,
   * and only `accept` lets it pass.
   */
  onRefused(error: MillraceError | null, failures: number): Promise<AfterRefusal>
  /** @param ms that a successful read took */
  onRead?(read: ShardRead, ms: number): void
}

export interface FetchedBatch {
  readonly read: ShardRead
  /** epoch milliseconds */
  readonly cachedAt: number
  readonly cachedMs: number
}

/** A failed read is repeated after about a second, and after ten at most. */
const BACKOFF = { backoffMs: 1_000, backoffMsMax: 10_000 }
/** One that was refused, after a minute at most: that passes by itself seldom, and each asks for the stream. */
const REFUSED_BACKOFF = { backoffMs: 1_000, backoffMsMax: 60_000 }
/** A fetch that takes many milliseconds to unpack. */
const LARGE_BYTES = MEBIBYTE
/** A shard that ends must name its children; a reply without them is asked for again so often. */
const MISSING_CHILDREN_MAX = 3

export class Prefetcher {
  readonly #options: PrefetcherOptions
  readonly #stopped = new AbortController()
  readonly #queue: FetchedBatch[] = []
  #bytes = 0
  #records = 0
  #ended = false
  #reader: ShardReader | null = null
  #asked = false
  #running: Promise<void> | null = null
  #wakeReader: (() => void) | null = null
  #wakeTaker: (() => void) | null = null

  constructor(options: PrefetcherOptions) {
    this.#options = options
  }

  /** bytes that wait */
  get queuedBytes(): number {
    return this.#bytes
  }

  get queuedBatches(): number {
    return this.#queue.length
  }

  /** The next fetch; null when it was aborted, or after the fetch that ended the shard. One call at a time. */
  async next(signal: AbortSignal): Promise<FetchedBatch | null> {
    assert(this.#wakeTaker === null, 'one call at a time takes from a prefetcher')
    this.#running ??= this.#run()
    while (this.#queue.length === 0) {
      if (signal.aborted || this.#ended || this.#stopped.signal.aborted) return null
      this.#asked = true
      this.#wakeReader?.()
      await new Promise<void>(resolve => {
        const wake = (): void => {
          this.#wakeTaker = null
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#wakeTaker = wake
        signal.addEventListener('abort', wake, { once: true })
      })
    }
    if (signal.aborted) return null
    const batch = this.#queue.shift()
    assert(batch !== undefined, 'a queue that is not empty has a first batch')
    this.#bytes -= batch.read.records.bytes.length
    this.#records -= batch.read.records.length
    this.#asked = false
    this.#wakeReader?.()
    // Unpacking so much holds up everything: the next request leaves before it, so that the stream works meanwhile.
    if (batch.read.records.bytes.length >= LARGE_BYTES) await this.#options.clock.sleep(0, signal)
    if (!signal.aborted) return batch
    // It has not been given away: whoever asks next gets it.
    if (!this.#stopped.signal.aborted) {
      this.#queue.unshift(batch)
      this.#bytes += batch.read.records.bytes.length
      this.#records += batch.read.records.length
    }
    return null
  }

  /** Stops reading and forgets what waits. */
  async close(): Promise<void> {
    this.#stopped.abort()
    this.#queue.length = 0
    this.#bytes = 0
    this.#records = 0
    this.#wakeReader?.()
    this.#wakeTaker?.()
    await this.#running
    await this.#reader?.close()
  }

  /** Soft bounds, as the KCL's: one fetch may reach beyond them. */
  #hasRoom(): boolean {
    const { batchesMax, bytesMax, recordsMax } = this.#options.bounds
    if (this.#queue.length === 0) return batchesMax > 0 || this.#asked
    return this.#queue.length < batchesMax && this.#bytes < bytesMax && this.#records < recordsMax
  }

  async #run(): Promise<void> {
    const { clock, random, idleMs, maxRecords, reducedTpsThresholdMs } = this.#options
    const { signal } = this.#stopped
    let failures = 0
    let withoutChildren = 0
    let isRefused = false
    /** a read that succeeded, of which nobody could tell yet whether it is of the same stream */
    let doubted: ShardRead | null = null
    while (!signal.aborted && !this.#ended) {
      if (!this.#hasRoom()) {
        await new Promise<void>(resolve => {
          this.#wakeReader = () => {
            this.#wakeReader = null
            resolve()
          }
        })
        continue
      }
      let startedMs = clock.monotonicMs()
      let read: ShardRead
      try {
        this.#reader ??= await this.#options.open()
        startedMs = clock.monotonicMs()
        read = doubted ?? (await this.#reader.read(maxRecords, signal))
      } catch (error) {
        if (signal.aborted || hasCode(error, 'closed')) break
        const problem = error instanceof MillraceError ? error : unexpected(error)
        this.#options.onFailure(problem, ++failures)
        if (problem.code === 'not_found' || problem.code === 'invalid_argument') {
          isRefused = true
          if (this.#hasEnded(await this.#afterRefusal(problem, failures))) break
          await clock.sleep(backoffMsOf(REFUSED_BACKOFF, failures, random), signal)
          continue
        }
        // An iterator that is too old costs nothing but a new one.
        if (failures > 1 || problem.code !== 'expired_iterator')
          await clock.sleep(backoffMsOf(BACKOFF, failures, random), signal)
        continue
      }
      if (isRefused && !signal.aborted) {
        const next = await this.#afterRefusal(null, failures)
        if (this.#hasEnded(next)) break
        if (next !== 'accept') {
          doubted = read
          await clock.sleep(backoffMsOf(REFUSED_BACKOFF, ++failures, random), signal)
          continue
        }
      }
      if (signal.aborted) break
      isRefused = false
      doubted = null
      this.#options.onRead?.(read, clock.monotonicMs() - startedMs)
      failures = 0
      if (read.ended && read.childShards?.length === 0 && withoutChildren++ < MISSING_CHILDREN_MAX) {
        if (read.records.length > 0) this.#push({ ...read, ended: false })
        await clock.sleep(backoffMsOf(BACKOFF, withoutChildren, random), signal)
        continue
      }
      this.#push(read)
      if (idleMs === null || read.ended || read.millisBehindLatest > reducedTpsThresholdMs) continue
      await clock.sleep(startedMs + idleMs - clock.monotonicMs(), signal)
    }
    this.#wakeTaker?.()
  }

  #hasEnded(next: AfterRefusal): boolean {
    if (typeof next === 'string') return false
    this.#push(lastRead(this.#options.clock.now(), next.childShards))
    return true
  }

  async #afterRefusal(error: MillraceError | null, failures: number): Promise<AfterRefusal> {
    try {
      return await this.#options.onRefused(error, failures)
    } catch (problem) {
      this.#options.onFailure(problem instanceof MillraceError ? problem : unexpected(problem), failures)
      return 'repeat'
    }
  }

  #push(read: ShardRead): void {
    if (read.ended) this.#ended = true
    const { clock } = this.#options
    this.#queue.push({ read, cachedAt: clock.now(), cachedMs: clock.monotonicMs() })
    this.#bytes += read.records.bytes.length
    this.#records += read.records.length
    this.#asked = false
    this.#wakeTaker?.()
  }
}

function lastRead(now: number, childShards: readonly ShardDescription[]): ShardRead {
  const records = new RecordBatchBuilder().take()
  return { records, millisBehindLatest: 0, requestedAt: now, ended: true, childShards }
}

function unexpected(error: unknown): MillraceError {
  const text = error instanceof Error ? error.message : String(error)
  return new MillraceError('internal', `a read failed unexpectedly: ${text}; it is repeated`, {
    retry: 'backoff',
    cause: error,
  })
}
