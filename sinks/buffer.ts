/** When rows that wait become an object: Firehose's buffering, as plain data. Nothing here waits or writes. */
import { MEBIBYTE } from '../core/index.ts'

/**
 * `size` and `interval`: the hint that was met first; `partitions`: room for another partition; `flush`: somebody asked;
 * `memory`: open objects held too much of it; `close`: the end of the delivery.
 */
export type FlushReason = 'size' | 'interval' | 'partitions' | 'memory' | 'flush' | 'close'

/** Firehose's BufferingHints. Sizes are MiB, whatever AWS calls them. */
export interface BufferingHints {
  /** Bytes before compression and conversion. */
  readonly SizeInMBs: number
  /** Seconds from the first row in the buffer; 0 means as soon as possible. */
  readonly IntervalInSeconds: number
}

/** Zero buffering is not one object a row: the service takes seconds, we take at least this long. */
export const ZERO_INTERVAL_MS = 200

/** Counts of what waits. */
export interface BufferState {
  readonly rows: number
  /** before compression and conversion */
  readonly sizeBytes: number
  /** monotonic milliseconds at which the first row came; null while there is none */
  readonly firstMs: number | null
}

/** The monotonic time at which the interval ends, or null while nothing waits. */
export function intervalEndsMs(hints: BufferingHints, state: BufferState): number | null {
  if (state.firstMs === null) return null
  return state.firstMs + (hints.IntervalInSeconds === 0 ? ZERO_INTERVAL_MS : hints.IntervalInSeconds * 1_000)
}

/** Why the buffer must be flushed now, or null. The limit met first decides; both at once count as size. */
export function flushReason(hints: BufferingHints, state: BufferState, nowMs: number): FlushReason | null {
  if (state.rows === 0) return null
  if (state.sizeBytes >= hints.SizeInMBs * MEBIBYTE) return 'size'
  const endsMs = intervalEndsMs(hints, state)
  return endsMs !== null && nowMs >= endsMs ? 'interval' : null
}
