/**
 * An aggregate that grows with each item. Items are written as they come, while their data is still at hand: when the aggregate
 * leaves, much else was touched, and to go through all of them again costs more than all the rest.
 */

import { seal, writeHead, writeRecord } from './encode.ts'
import { AGGREGATE_OVERHEAD_BYTES } from './format.ts'
import type { KeyedItem } from './item.ts'
import { AggregateSize } from './size.ts'

/** It doubles until it holds what is wanted. */
const BUFFER_BYTES_FIRST = 2_048

export class AggregateWriter extends AggregateSize {
  readonly #bytesMax: number
  #records: Buffer
  /** of the first 1, 2, 3... items: where they end, and how many keys they have in the tables */
  readonly #ends: number[] = []
  readonly #keyCounts: number[] = []
  readonly #hashKeyCounts: number[] = []

  /**
   * @param bytesMax largest aggregate that is wanted; items past it are counted and not written
   * @param before a writer that is not used any more; its memory is
   */
  constructor(bytesMax: number, before: AggregateWriter | null = null) {
    super()
    this.#bytesMax = bytesMax
    this.#records = before === null ? Buffer.allocUnsafeSlow(BUFFER_BYTES_FIRST) : before.#records
  }

  override addKeyed(item: KeyedItem): void {
    super.addKeyed(item)
    // once one is left out all that follow are, since the size only grows
    if (this.aggregateBytes() > this.#bytesMax) return
    const start = this.#ends.length === 0 ? 0 : (this.#ends[this.#ends.length - 1] ?? 0)
    this.#reserve(this.aggregateBytes())
    const hashIndex = item.explicitKey === null ? -1 : item.explicitKey.countedAt
    this.#ends.push(writeRecord(this.#records, start, item, item.key.countedAt, hashIndex))
    this.#keyCounts.push(this.partitionKeys.size)
    this.#hashKeyCounts.push(this.hashKeys?.size ?? 0)
  }

  /** The aggregate of the first `count` items; null when it is larger than was wanted. */
  finish(count: number): Uint8Array | null {
    const end = this.#ends[count - 1]
    if (end === undefined) return null
    const out = Buffer.allocUnsafeSlow(this.aggregateBytes(count))
    const at = writeHead(
      out,
      this.partitionKeys.keys.slice(0, this.#keyCounts[count - 1]),
      this.hashKeys?.keys.slice(0, this.#hashKeyCounts[count - 1]) ?? [],
    )
    out.set(this.#records.subarray(0, end), at)
    seal(out, at + end)
    return out
  }

  /** Makes room; an aggregate is larger than the records in it. */
  #reserve(aggregateBytes: number): void {
    const needed = aggregateBytes - AGGREGATE_OVERHEAD_BYTES
    if (needed <= this.#records.length) return
    let sizeBytes = this.#records.length
    while (sizeBytes < needed) sizeBytes *= 2
    const grown = Buffer.allocUnsafeSlow(sizeBytes)
    grown.set(this.#records)
    this.#records = grown
  }
}
