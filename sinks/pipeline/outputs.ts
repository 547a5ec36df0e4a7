/**
 * The open objects of one store: one for each partition, or each error type. It decides when they are flushed and which one
 * makes room; it knows nothing of what is inside.
 */
import type { Clock } from '../../core/index.ts'
import { type BufferingHints, type FlushReason, intervalEndsMs } from '../buffer.ts'
import { SizeTarget } from './growth.ts'
import type { ObjectBuffer } from './object-buffer.ts'
import type { StreamRecord } from './record.ts'

/** What happens to a record of one partition too many: an error record, room by the oldest partition, or waiting for an interval. */
export type OverflowPolicy = 'error' | 'seal-oldest' | 'block'

export interface OutputsOptions {
  readonly clock: Clock
  readonly hints: BufferingHints
  readonly partitionsMax: number
  readonly overflow: OverflowPolicy
  /** bytes that all buffers may hold in memory; beyond, the largest go to their store, and are sealed before they are full */
  readonly heldBytesMax: number
  /** true while records wait for this store */
  readonly behind: () => boolean
  /** runs after all that was asked before */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>
}

export class Outputs {
  readonly #options: OutputsOptions
  /** by group, least recently used first */
  readonly #buffers = new Map<string, ObjectBuffer>()
  readonly #target: SizeTarget
  #heldBytes = 0
  /** the group that was used last, and its buffer while that is open */
  #last: string | null = null
  #lastBuffer: ObjectBuffer | undefined = undefined

  constructor(options: OutputsOptions) {
    this.#options = options
    this.#target = new SizeTarget(options.hints)
  }

  get partitions(): number {
    return this.#buffers.size
  }

  /** Records in open objects. */
  get records(): number {
    let records = 0
    for (const buffer of this.#buffers.values()) records += buffer.records
    return records
  }

  /** Bytes a second into the busiest open object since its first record; over a second at least. */
  get throughput(): number {
    const nowMs = this.#nowMs()
    let most = 0
    for (const { bufferedBytes, firstMs } of this.#buffers.values())
      most = Math.max(most, bufferedBytes / Math.max(1, (nowMs - firstMs) / 1_000))
    return most
  }

  /** Arrival of the oldest record that is in no visible object; null when there is none. */
  get oldestAt(): number | null {
    let oldest: number | null = null
    for (const buffer of this.#buffers.values()) oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, buffer.oldestAt)
    return oldest
  }

  /**
   * Takes one record.
   * @param make a buffer for the group, when there is none yet
   * @returns false when there are too many groups and the policy is to refuse
   */
  async add(group: string, record: StreamRecord, make: () => Promise<ObjectBuffer>): Promise<boolean> {
    if (!this.#buffers.has(group) && this.#buffers.size >= this.#options.partitionsMax && !(await this.#makeRoom()))
      return false
    const buffer = await this.restore(group, record, make)
    if (this.#isDue(buffer)) await this.settle(group)
    return true
  }

  /**
   * Takes one record for an object that is open already, without a wait: most records need none.
   * @returns `none`: no object is open, and nothing was taken; `due`: it was taken, and the caller owes a `settle`
   */
  take(group: string, record: StreamRecord): 'taken' | 'due' | 'none' {
    const buffer = group === this.#last ? this.#lastBuffer : this.#buffers.get(group)
    if (buffer === undefined) return 'none'
    this.#put(group, buffer, record)
    return this.#isDue(buffer) ? 'due' : 'taken'
  }

  /** Seals the object of a group that is full, or makes room in memory. */
  async settle(group: string): Promise<void> {
    const buffer = this.#buffers.get(group)
    if (buffer === undefined) return
    if (buffer.full) await this.#encode(buffer)
    if (buffer.bufferedBytes >= this.#target.bytes && !this.#target.reached(this.#options.behind(), this.#nowMs()))
      await this.seal(group, 'size')
    else await this.#relieve()
  }

  /** Takes a record that an open object had before: nothing is sealed, so that the object stays one. */
  async restore(group: string, record: StreamRecord, make: () => Promise<ObjectBuffer>): Promise<ObjectBuffer> {
    let buffer = this.#buffers.get(group)
    if (buffer === undefined) {
      buffer = await make()
      this.#watch(group, buffer)
    }
    this.#put(group, buffer, record)
    if (buffer.full) await this.#encode(buffer)
    return buffer
  }

  #put(group: string, buffer: ObjectBuffer, record: StreamRecord): void {
    // The last in the map is the one that was used last.
    if (buffer !== this.#lastBuffer) {
      this.#buffers.delete(group)
      this.#buffers.set(group, buffer)
      this.#last = group
      this.#lastBuffer = buffer
    }
    const before = buffer.gatheredBytes
    buffer.add(record)
    this.#heldBytes += buffer.gatheredBytes - before
  }

  #isDue(buffer: ObjectBuffer): boolean {
    return buffer.full || buffer.bufferedBytes >= this.#target.bytes || this.#heldBytes > this.#options.heldBytesMax
  }

  async #encode(buffer: ObjectBuffer): Promise<void> {
    const before = buffer.heldBytes
    await buffer.encode()
    this.#heldBytes += buffer.heldBytes - before
  }

  async seal(group: string, reason: FlushReason): Promise<void> {
    const buffer = this.#buffers.get(group)
    if (buffer === undefined) return
    this.#heldBytes -= buffer.heldBytes
    await buffer.seal(reason, () => this.#options.clock.now())
    this.#buffers.delete(group)
    if (buffer === this.#lastBuffer) this.#lastBuffer = undefined
  }

  async sealAll(reason: FlushReason): Promise<void> {
    for (const group of this.#buffers.keys()) await this.seal(group, reason)
  }

  async abort(): Promise<void> {
    for (const buffer of this.#buffers.values()) await buffer.abort()
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs()
  }

  /** @returns false when the policy refuses the record instead */
  async #makeRoom(): Promise<boolean> {
    const { overflow, clock } = this.#options
    if (overflow === 'error') return false
    const [oldest] = this.#buffers.keys()
    if (overflow === 'seal-oldest') {
      if (oldest !== undefined) await this.seal(oldest, 'partitions')
      return true
    }
    let [next, endsMs]: [string, number] = ['', Number.POSITIVE_INFINITY]
    for (const [group, buffer] of this.#buffers) {
      const ends = this.#endsMs(buffer)
      if (ends < endsMs) [next, endsMs] = [group, ends]
    }
    await clock.sleep(endsMs - this.#nowMs())
    await this.seal(next, 'interval')
    return true
  }

  #endsMs(buffer: ObjectBuffer): number {
    return intervalEndsMs(this.#options.hints, { rows: 0, sizeBytes: 0, firstMs: buffer.firstMs }) ?? this.#nowMs()
  }

  /** Flushes the object when its interval ends, unless it was sealed before. */
  #watch(group: string, buffer: ObjectBuffer): void {
    const { clock, inTurn } = this.#options
    const wait = async (): Promise<void> => {
      await clock.sleep(Math.max(0, this.#endsMs(buffer) - this.#nowMs()), buffer.sealed.signal)
      if (buffer.sealed.signal.aborted) return
      await inTurn(async () => {
        this.#target.idle(this.#nowMs())
        if (this.#buffers.get(group) === buffer) await this.seal(group, 'interval')
      })
    }
    // The failure is kept and thrown by the next call.
    wait().catch(() => {})
  }

  /** Makes room in memory: what waits goes to the store, and where writers keep too much of it, objects end. */
  async #relieve(): Promise<void> {
    await this.drain()
    while (this.#heldBytes > this.#options.heldBytesMax) {
      const group = this.#largest(buffer => buffer.heldBytes)
      if (group === null) return
      await this.seal(group, 'memory')
    }
  }

  /** Sends what waits to the store, the largest first, while too much is held and something waits. */
  async drain(): Promise<void> {
    while (this.#heldBytes > this.#options.heldBytesMax) {
      const group = this.#largest(({ waitingBytes }) => waitingBytes)
      const buffer = group === null ? undefined : this.#buffers.get(group)
      if (buffer === undefined) return
      const before = buffer.heldBytes
      await buffer.drain()
      this.#heldBytes += buffer.heldBytes - before
    }
  }

  /** The group of the buffer that has most of something; null when none has any. */
  #largest(sizeOf: (buffer: ObjectBuffer) => number): string | null {
    let [group, most]: [string | null, number] = [null, 0]
    for (const [each, buffer] of this.#buffers) if (sizeOf(buffer) > most) [group, most] = [each, sizeOf(buffer)]
    return group
  }
}
