/** The bytes of one object, as they come into being. */
import type { RowBatch } from '../../core/index.ts'

/**
 * Rows in, bytes out, in bounded slices: each step of a generator is one slice of work, and the caller hands its bytes to the
 * store before it asks for the next. So memory holds one slice, and the event loop turns while the store writes.
 */
export interface Body {
  /**
   * Takes rows over; keeps nothing that belongs to the batch.
   * @returns what they count for the buffering hints, bytes before compression and conversion
   */
  add(rows: RowBatch): number
  /** What can leave memory by now. Must run to its end before the next call. */
  drain(): Iterable<Uint8Array>
  /** All the rest. Nothing may follow. */
  finish(): Iterable<Uint8Array>
}
