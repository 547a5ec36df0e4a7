/**
 * Where the user records of a batch lie: as spans into its bytes, with the record that carried each and the number within it. Grows as
 * it is filled. What of an aggregate is delivered is for others to say.
 */
import type { RecordBatch } from '../core/index.ts'
import { type Aggregate, looksAggregated, parseAggregate } from './aggregation/decode.ts'
import { type AggregateSpan, checkDigests } from './aggregation/digests.ts'

export class UserSpans {
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
    this.carriers.fill(carrier, row, row + count)
    for (let i = 0; i < count; i++) this.inner[row + i] = from + i
    this.length += count
  }

  #reserve(more: number): void {
    if (this.length + more <= this.offsets.length) return
    const room = Math.max(this.offsets.length * 2, this.length + more)
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
 * Calls for each record of a batch, in order, with its place in the bytes, and with what it holds where it is an aggregate. Digests of
 * all are checked together first.
 */
export function eachCarrier(
  records: RecordBatch,
  first: number,
  visit: (carrier: number, start: number, end: number, aggregate: Aggregate | null) => void,
): void {
  const { bytes, offsets, sizes, length } = records
  const spans: AggregateSpan[] = []
  for (let i = first; i < length; i++) {
    const start = offsets[i] ?? 0
    const end = start + (sizes[i] ?? 0)
    if (looksAggregated(bytes, start, end)) spans.push({ start, end })
  }
  const right = spans.length === 0 ? null : checkDigests(bytes, spans)
  for (let i = first, checked = 0; i < length; i++) {
    const start = offsets[i] ?? 0
    const end = start + (sizes[i] ?? 0)
    const isAggregate = right !== null && looksAggregated(bytes, start, end) && right[checked++] === 1
    visit(i, start, end, isAggregate ? parseAggregate(bytes, start, end) : null)
  }
}
