/**
 * Records into the calls of a destination: one open batch, and a bounded number of batches under way.
 *
 *   add -> open batch -> (size, interval, or the limits of a call) -> room? -> under way -> delivered, or failed
 *
 * A batch waits for room before it is under way, and whoever adds waits with it: that is the back-pressure. At most the batches
 * under way, the open one and the intake of the stream are in memory.
 */
import { type Clock, MEBIBYTE } from '../../core/index.ts'
import { type BufferingHints, intervalEndsMs } from '../buffer.ts'
import type { DataOutput } from '../pipeline/data-output.ts'
import type { FailedRecord, StreamRecord } from '../pipeline/record.ts'
import type { StreamFailure } from '../pipeline/turns-of-work.ts'
import { type DeliverParts, deliverBatch, failure } from './deliver-batch.ts'
import type { RecordDestination } from './destination.ts'

export interface BatchOutputOptions {
  readonly destination: RecordDestination
  readonly hints: BufferingHints
  /** bytes of batches under way, unless there is but one */
  readonly heldBytesMax: number
  readonly parts: Omit<DeliverParts, 'signal'> & { readonly clock: Clock }
  readonly failure: StreamFailure
  /** runs after all that was asked before */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>
  /** takes what has failed for good; before it returns they have their place before a flush of errors */
  readonly fail: (failed: readonly FailedRecord[]) => Promise<void>
}

interface Batch {
  readonly records: StreamRecord[]
  /** as the buffering hints count */
  bytes: number
  /** as the destination counts */
  callBytes: number
  oldestAt: number
  readonly firstMs: number
  /** ends the wait for the interval */
  readonly sealed: AbortController
}

export class BatchOutput implements DataOutput {
  readonly #options: BatchOutputOptions
  readonly #ended = new AbortController()
  #open: Batch | null = null
  readonly #underWay = new Map<Batch, Promise<void>>()
  #underWayBytes = 0

  constructor(options: BatchOutputOptions) {
    this.#options = options
  }

  get name(): RecordDestination['name'] {
    return this.#options.destination.name
  }

  get partitions(): number {
    return this.#open === null ? 0 : 1
  }

  /** batches that were handed to the destination and have not come back */
  get underWay(): number {
    return this.#underWay.size
  }

  get records(): number {
    let records = this.#open?.records.length ?? 0
    for (const batch of this.#underWay.keys()) records += batch.records.length
    return records
  }

  get oldestAt(): number | null {
    let oldest = this.#open?.oldestAt ?? null
    for (const { oldestAt } of this.#underWay.keys()) oldest = Math.min(oldest ?? oldestAt, oldestAt)
    return oldest
  }

  async add(records: readonly StreamRecord[]): Promise<readonly FailedRecord[]> {
    const { destination, hints, parts } = this.#options
    const { recordsMax, bytesMax, name } = destination
    const recordBytesMax = Math.min(bytesMax, destination.recordBytesMax ?? bytesMax)
    const failed: FailedRecord[] = []
    for (const record of records) {
      const size = destination.sizeOf(record)
      if (size > recordBytesMax) {
        const message = `the record takes ${size} bytes, and may take ${recordBytesMax}`
        const refusal = { code: `${name}.RecordTooLarge`, message, retry: 'never' as const }
        failed.push(failure(record, refusal, destination, 0, parts.clock.now()))
        continue
      }
      if (this.#open !== null && this.#open.callBytes + size > bytesMax) await this.#seal()
      const open = (this.#open ??= this.#begin())
      open.records.push(record)
      open.bytes += record.data.length
      open.callBytes += size
      open.oldestAt = Math.min(open.oldestAt, record.arrivedAt)
      if (open.bytes >= hints.SizeInMBs * MEBIBYTE || open.records.length >= recordsMax) await this.#seal()
    }
    return failed
  }

  async flush(reason: 'flush' | 'close'): Promise<void> {
    await this.#seal()
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values())
    this.#options.failure.check()
    if (reason === 'close') await this.#options.destination.close?.()
  }

  async abort(): Promise<void> {
    this.#open?.sealed.abort()
    this.#ended.abort()
    await this.#options.destination.close?.()
  }

  #begin(): Batch {
    const { parts, hints, inTurn } = this.#options
    const { clock } = parts
    const batch: Batch = {
      records: [],
      bytes: 0,
      callBytes: 0,
      oldestAt: Number.POSITIVE_INFINITY,
      firstMs: clock.monotonicMs(),
      sealed: new AbortController(),
    }
    const endsMs = intervalEndsMs(hints, { rows: 0, sizeBytes: 0, firstMs: batch.firstMs }) ?? batch.firstMs
    const wait = async (): Promise<void> => {
      await clock.sleep(Math.max(0, endsMs - clock.monotonicMs()), batch.sealed.signal)
      if (batch.sealed.signal.aborted) return
      await inTurn(async () => {
        if (this.#open === batch) await this.#seal()
      })
    }
    // The failure is kept and thrown by the next call.
    wait().catch(() => {})
    return batch
  }

  async #seal(): Promise<void> {
    const batch = this.#open
    if (batch === null) return
    this.#open = null
    batch.sealed.abort()
    const { destination, heldBytesMax } = this.#options
    while (
      this.#underWay.size >= destination.callsMax ||
      (this.#underWay.size > 0 && this.#underWayBytes + batch.bytes > heldBytesMax)
    )
      await Promise.race(this.#underWay.values())
    this.#options.failure.check()
    this.#underWayBytes += batch.bytes
    // Never rejects: a failure is kept, and thrown by the next call.
    this.#underWay.set(batch, this.#deliver(batch))
  }

  async #deliver(batch: Batch): Promise<void> {
    const { destination, parts, fail, failure: kept } = this.#options
    try {
      const failed = await deliverBatch(batch.records, destination, { ...parts, signal: this.#ended.signal })
      // Their bucket may refuse for long: they wait for it in the intake, and no later batch does.
      fail(failed).catch((error: unknown) => kept.keep(error))
    } catch (error) {
      await kept.keep(error)
    } finally {
      this.#underWay.delete(batch)
      this.#underWayBytes -= batch.bytes
    }
  }
}
