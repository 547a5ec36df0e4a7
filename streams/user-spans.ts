/**
 * Where the user records of a batch lie: as spans into its bytes, with the record that carried each and the number within it. Grows as
 * it is filled. What of an aggregate is delivered is for others to say.
 */
import type { RecordBatch } from '../core/index.ts'
import { type Aggregate, looksAggregated } from './aggregation/decode.ts'
import { type AggregateSpan, checkDigests } from './aggregation/digests.ts'
import { DIGEST_BYTES, MAGIC_BYTES } from './aggregation/format.ts'
import { type PlaceTaker, placesOfUsual } from './aggregation/usual.ts'

export class UserSpans implements PlaceTaker {
  length = 0
  offsets: Int32Array
  sizes: Int32Array
  /** by user record: the record that carried it, and its number in it */
  carriers: Int32Array
  inner: Int32Array

  /** @param room for so many before it has to grow */
  constructor(room: number) {
    this.offsets = new Int32Array(room)
    this.sizes = new Int32Array(room)
    this.carriers = new Int32Array(room)
    this.inner = new Int32Array(room)
  }

  push(offset: number, size: number, carrier: number, inner: number): void {
    this.#reserve(1)
    const row = this.length++
    this.offsets[row] = offset
    this.sizes[row] = size
    this.carriers[row] = carrier
    this.inner[row] = inner
  }

  /** User records `[from, to)` of an aggregate. */
  pushAggregate(aggregate: Aggregate, from: number, to: number, carrier: number): void {
    const count = to - from
    if (count <= 0) return
    this.#reserve(count)
    const row = this.length
    this.offsets.set(aggregate.offsets.subarray(from, to), row)
    this.sizes.set(aggregate.sizes.subarray(from, to), row)
    this.#carriedBy(carrier, from, count)
  }

  /**
   * All user records of the aggregate `bytes[start, end)` whose digest is right, where it has the form in which most are written.
   * @returns how many, or -1 when it must be parsed with all care; nothing is added then
   */
  pushUsual(bytes: Uint8Array, start: number, end: number, carrier: number): number {
    const count = placesOfUsual(bytes, start + MAGIC_BYTES, end - DIGEST_BYTES, this, this.length)
    if (count > 0) this.#carriedBy(carrier, 0, count)
    return count
  }

  grow(): void {
    this.#resize(this.offsets.length * 2 + 16)
  }

  #carriedBy(carrier: number, from: number, count: number): void {
    const { length: row, inner } = this
    this.carriers.fill(carrier, row, row + count)
    for (let i = 0; i < count; i++) inner[row + i] = from + i
    this.length = row + count
  }

  #reserve(more: number): void {
    if (this.length + more > this.offsets.length) this.#resize(Math.max(this.offsets.length * 2, this.length + more))
  }

  #resize(room: number): void {
    const grown = (from: Int32Array): Int32Array => {
      const to = new Int32Array(room)
      to.set(from)
      return to
    }
    this.offsets = grown(this.offsets)
    this.sizes = grown(this.sizes)
    this.carriers = grown(this.carriers)
    this.inner = grown(this.inner)
  }
}

/**
 * Aggregates whose digests are checked together. The bytes of so few are still near the processor when they are taken apart, which
 * those of a whole reply are not.
 */
const CHECKED_TOGETHER = 8

/**
 * Calls for each record of a batch, in order, with its place in the bytes, and whether it begins like an aggregate and ends with its
 * digest.
 */
export function eachCarrier(
  records: RecordBatch,
  first: number,
  visit: (carrier: number, start: number, end: number, isAggregate: boolean) => void,
): void {
  const { bytes, offsets, sizes, length } = records
  const spans: AggregateSpan[] = []
  for (let from = first; from < length; ) {
    let to = from
    spans.length = 0
    for (; to < length && spans.length < CHECKED_TOGETHER; to++) {
      const start = offsets[to] ?? 0
      const end = start + (sizes[to] ?? 0)
      if (looksAggregated(bytes, start, end)) spans.push({ start, end })
    }
    const right = spans.length === 0 ? null : checkDigests(bytes, spans)
    for (let checked = 0; from < to; from++) {
      const start = offsets[from] ?? 0
      const end = start + (sizes[from] ?? 0)
      const span = spans[checked]
      // An empty record begins where the one after it does.
      const isChecked = span?.start === start && span.end === end
      visit(from, start, end, right !== null && isChecked && right[checked++] === 1)
    }
  }
}
