/**
 * The records of one shard. In memory mode the blocks are the log; in file mode they are the cache of its young end, and what
 * is older comes from the files.
 */
import type { RecordBlock as Block } from './record-block.ts'
import { RecordBlock } from './record-block.ts'
import type { SegmentLog } from './segment-log.ts'
import { SliceCollector, type SlicesRead } from './shard-slices.ts'

export interface ShardLogOptions {
  /** no record has a smaller counter */
  readonly firstCounter: number
  /** data bytes of one block */
  readonly blockBytesMax: number
  /** in file mode: how much of the young end stays in memory */
  readonly tailBytesMax: number
  readonly segments: SegmentLog | null
}

export class ShardLog {
  readonly #options: ShardLogOptions
  readonly #segments: SegmentLog | null
  #blocks: Block[] = []
  #heldBytes = 0
  /** a record may be read when its counter is below */
  #visibleEnd: number
  #lastPutAt: number
  #isEmpty: boolean

  constructor(options: ShardLogOptions) {
    this.#options = options
    this.#segments = options.segments
    this.#visibleEnd = Math.max(options.firstCounter, (options.segments?.lastCounter ?? 0) + 1)
    this.#lastPutAt = options.segments?.lastPutAt ?? Number.NEGATIVE_INFINITY
    this.#isEmpty = this.#lastPutAt === Number.NEGATIVE_INFINITY
    if (options.segments !== null) options.segments.onLost = () => this.#dropUncommitted()
  }

  /** the counter after the last record that may be read */
  get tip(): number {
    return this.#visibleEnd
  }

  /** an estimate of the memory that records hold */
  get heldBytes(): number {
    return this.#heldBytes
  }

  get waitingBytes(): number {
    return this.#segments?.waitingBytes ?? 0
  }

  /** Adds a record; it may be read once `commit` has resolved, in memory mode at once. */
  append(counter: number, arrivedAt: number, putAt: number, key: string, data: Uint8Array): void {
    let block = this.#blocks.at(-1)
    if (block === undefined || !block.hasRoom(data.length)) {
      block = new RecordBlock(this.#options.blockBytesMax)
      this.#blocks.push(block)
      if (this.#segments !== null) this.#trimTail()
    }
    const before = block.heldBytes
    // The wall clock may jump back; retention wants an order.
    this.#lastPutAt = Math.max(this.#lastPutAt, putAt)
    block.append(counter, arrivedAt, this.#lastPutAt, key, data)
    this.#heldBytes += block.heldBytes - before
    this.#isEmpty = false
    if (this.#segments === null) this.#visibleEnd = counter + 1
    else this.#segments.append(counter, arrivedAt, this.#lastPutAt, key, data)
  }

  /**
   * Resolves when the records so far are as durable as was asked for, and readable.
   * @throws MillraceError `unwritable_output`; the records are gone then
   */
  async commit(): Promise<void> {
    if (this.#segments === null) return
    await this.#segments.commit()
    this.#visibleEnd = Math.max(this.#visibleEnd, this.#segments.lastCounter + 1)
  }

  /**
   * Records from a counter on, at least one unless the tip is reached.
   * @param putFrom records that were put before are trimmed
   */
  async read(counter: number, recordsMax: number, bytesMax: number, putFrom: number): Promise<SlicesRead> {
    const end = this.#visibleEnd
    if (counter >= end || this.#isEmpty) return { slices: [], next: Math.max(counter, 0), atTip: true }
    if (this.#segments !== null && !this.#tailHolds(counter)) {
      const block = await this.#segments.read(counter, recordsMax, bytesMax, putFrom)
      if (block.length === 0) return { slices: [], next: end, atTip: true }
      const next = block.lastCounter + 1
      return { slices: [{ block, from: 0, to: block.length }], next, atTip: next >= end }
    }
    const collector = new SliceCollector(recordsMax, bytesMax)
    for (let i = this.#blockOf(counter); i < this.#blocks.length; i++) {
      const block = this.#blocks[i]
      if (block === undefined) break
      const from = Math.max(block.indexOfCounter(counter), block.indexOfPutAt(putFrom))
      const to = block.lastCounter < end ? block.length : block.indexOfCounter(end)
      if (collector.take(block, from, to) < to) break
    }
    const last = collector.slices.at(-1)
    const next = last === undefined ? end : last.block.counter(last.to - 1) + 1
    return { slices: collector.slices, next, atTip: next >= end }
  }

  /** The counter of the first record that arrived at or after an instant; the tip when there is none. */
  async counterAtArrival(arrivedAt: number): Promise<number> {
    const end = this.#visibleEnd
    if (this.#segments !== null) return (await this.#segments.counterAtArrival(arrivedAt)) ?? end
    for (const block of this.#blocks) {
      if (block.arrivedMax < arrivedAt) continue
      const index = block.indexOfArrival(arrivedAt)
      if (index < block.length) return block.counter(index)
    }
    return end
  }

  /**
   * Lets go of records that were put before an instant, in whole blocks and segments.
   * @param nextCounter draws the name of a new segment
   */
  async retain(putFrom: number, nextCounter: () => number): Promise<void> {
    while (this.#segments === null && (this.#blocks[0]?.lastPutAt ?? putFrom) < putFrom) this.#dropOldest()
    await this.#segments?.retain(putFrom, nextCounter)
  }

  /** Retention decides how long a file takes records, so that whole files grow old. */
  setRetention(retentionMs: number): void {
    this.#segments?.setRetention(retentionMs)
  }

  /** Lets go of the oldest block, in memory mode, to make room; returns its number of records. */
  trimOldest(): number {
    return this.#segments === null ? this.#dropOldest() : 0
  }

  async sync(): Promise<void> {
    await this.#segments?.sync()
  }

  async close(): Promise<void> {
    await this.#segments?.close()
    this.#blocks = []
    this.#heldBytes = 0
  }

  #tailHolds(counter: number): boolean {
    const [first] = this.#blocks
    return first !== undefined && first.length > 0 && first.firstCounter <= counter
  }

  #blockOf(counter: number): number {
    let low = 0
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#blocks[middle]?.lastCounter ?? 0) < counter) low = middle + 1
      else high = middle
    }
    return low
  }

  #trimTail(): void {
    while (
      this.#heldBytes > this.#options.tailBytesMax &&
      (this.#blocks[0]?.lastCounter ?? Infinity) < this.#visibleEnd
    )
      this.#dropOldest()
  }

  #dropOldest(): number {
    const block = this.#blocks.shift()
    this.#heldBytes -= block?.heldBytes ?? 0
    return block?.length ?? 0
  }

  #dropUncommitted(): void {
    for (let block = this.#blocks.at(-1); block !== undefined; block = this.#blocks.at(-1)) {
      const keep = block.indexOfCounter(this.#visibleEnd)
      if (keep === block.length) return
      const before = block.heldBytes
      if (keep > 0) block.truncate(keep)
      else this.#blocks.pop()
      this.#heldBytes -= before - (keep > 0 ? block.heldBytes : 0)
      if (keep > 0) return
    }
  }
}
