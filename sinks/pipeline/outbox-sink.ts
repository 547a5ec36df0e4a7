/**
 * Rows for a destination that cannot stage, under an owner that commits: a stream, a queue, a function, a table. They wait in the
 * owner's store until their round is true, and go out then, so that nobody sees rows of a round that never was.
 *
 *   write ─► rows of the round ─► stage: one part a round ─► commit ─► publish: put into the delivery stream, and delivered
 *
 * The owner publishes again when it died in between, so the destination may get rows twice; each repeat carries the same id, made of
 * task, round and row, where the destination takes ids.
 */
import {
  type Clock,
  hasCode,
  MEBIBYTE,
  MillraceError,
  mayPass,
  type Random,
  RETRY_FOR_MS_DEFAULT,
  type RowBatch,
  type SegmentRef,
  type StagedPart,
  type StagedSink,
  withRetry,
} from '../../core/index.ts'
import { ObjectFrames, readSegment } from '../staged/segment.ts'
import { STAGED_AGE_MAX_MS, type StagingOptions } from '../staged/staging.ts'
import { type OpenStore, putWhole, readWhole } from '../stores/store.ts'
import type { DeliveryStream } from './delivery-stream.ts'
import type { RowRecords } from './row-sink.ts'

/** Rows of a round that wait in memory; beyond, they wait in the store. */
const HELD_BYTES_MAX = 8 * MEBIBYTE
/** Rows become visible with their round, which is due so long after the one before. Milliseconds. */
export const OUTPUT_LATENCY_MS = 1_000

/** What an outbox is made of; `close` closes the stream and leaves the store alone. */
export interface OutboxSinkOptions {
  /** without staging */
  readonly stream: DeliveryStream
  readonly rows: RowRecords
  /** where rows wait; nobody else's keys begin with the folder of this task */
  readonly store: OpenStore
  readonly staging: StagingOptions
  readonly clock: Clock
  readonly random: Random
  /** told of what the store refuses and is tried again for a day, such as a disk that is full or read-only */
  readonly onRetry?: (error: MillraceError) => void
}

/** Rows of true rounds into a stream that cannot stage, at least once, repeats under the same ids. Calls never overlap. */
export class OutboxSink implements StagedSink {
  readonly roundMs = OUTPUT_LATENCY_MS
  readonly #options: OutboxSinkOptions
  readonly #folder: string
  /** copies, as a record may be a view of its batch */
  readonly #frames = new ObjectFrames()
  #number = 0
  #parts: StagedPart[] = []
  #stagedBytes = 0
  /** parts of the round before: a late repeat must find them */
  #published: readonly StagedPart[] = []

  constructor(options: OutboxSinkOptions) {
    this.#options = options
    const { incarnation, task } = options.staging
    this.#folder = `${encodeURIComponent(incarnation)}/${encodeURIComponent(task)}/`
  }

  get stagedBytes(): number {
    return this.#stagedBytes
  }

  async write(rows: RowBatch): Promise<void> {
    for (const { data, arrivedAt = 0 } of this.#options.rows.recordsOf(rows)) {
      this.#frames.add({
        recordId: '',
        number: this.#number++,
        data,
        rawData: data,
        arrivedAt,
        source: null,
        lambdaKeys: {},
      })
      this.#stagedBytes += data.length
    }
    if (this.#frames.sizeBytes >= HELD_BYTES_MAX) await this.#keep()
  }

  advance(_watermark: number): void {}

  /** Rows leave with their round in any case. */
  async flush(): Promise<void> {}

  async stage(
    round: number,
  ): Promise<{ readonly parts: readonly StagedPart[]; readonly carried: readonly SegmentRef[] }> {
    await this.#keep()
    const parts = this.#parts.map((part, index) => ({ ...part, key: `${round}.${index}` }))
    this.#parts = []
    this.#stagedBytes = 0
    return { parts, carried: [] }
  }

  /** What the commit lists was published before. */
  async restore(_round: number, carried: readonly SegmentRef[]): Promise<void> {
    if (carried.length > 0)
      throw new MillraceError(
        'config',
        'the state has rows of open objects for this output, which has none; give the former output back',
      )
    await this.#sweep()
  }

  async publish(parts: readonly StagedPart[]): Promise<void> {
    const { stream, store, staging } = this.#options
    for (const { staged, key } of parts) {
      const bytes = await this.#lasting(() => readWhole(store, staged)).catch((cause: unknown) => {
        throw new MillraceError('corrupt_log', `rows ${store.place}/${staged} of round ${key} cannot be read`, {
          cause,
        })
      })
      const records = readSegment(staged, bytes).flatMap(one => one.records)
      await stream.write(
        records.map(({ data, arrivedAt }, row) => ({
          data,
          arrivedAt,
          source: {
            shardId: `${staging.incarnation}/${staging.task}`,
            partitionKey: '',
            sequenceNumber: key,
            subsequenceNumber: row,
          },
        })),
      )
    }
    if (parts.length > 0) await stream.flush()
    for (const { staged } of this.#published)
      await this.#lasting(() => store.remove(staged)).catch((error: unknown) => {
        if (!hasCode(error, 'not_found')) throw error
      })
    this.#published = parts
  }

  close(): Promise<void> {
    return this.#options.stream.close()
  }

  async #keep(): Promise<void> {
    if (this.#frames.sizeBytes === 0) return
    const { store, random } = this.#options
    const opened = { id: '', kind: 'data' as const, group: '', context: null, openedAt: 0 }
    const bytes = Buffer.concat(this.#frames.take(opened))
    // A repeat writes under another name: what a failure left is swept by its age.
    const staged = await this.#lasting(async () => {
      const name = `${this.#folder}${Buffer.from(random.bytes(8)).toString('hex')}`
      await putWhole(store, name, bytes)
      return name
    })
    this.#parts.push({ staged, key: '' })
    this.#number = 0
  }

  /** Removes what rounds left long ago that nobody committed. */
  async #sweep(): Promise<void> {
    const { store, clock } = this.#options
    const before = clock.now() - STAGED_AGE_MAX_MS
    await this.#lasting(async () => {
      for await (const { key, modifiedAt } of store.list(this.#folder)) if (modifiedAt < before) await store.remove(key)
    })
  }

  #lasting<T>(operation: () => Promise<T>): Promise<T> {
    const { clock, random, onRetry = () => {} } = this.#options
    return withRetry({ clock, random, retryForMs: RETRY_FOR_MS_DEFAULT, again: mayPass, onRetry }, operation)
  }
}
