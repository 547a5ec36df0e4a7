/** Copies the records of a batch one after the other into the memory of a scanner. */
import type { RecordBatch } from '../../../record.ts'
import { OVERRUN_BYTES, SCANNED_BYTES_MAX } from './scanner.ts'

/** Bytes between records that are copied along rather than each record by itself. */
const GAP_BYTES_MAX = 16

/**
 * @param memory takes SCANNED_BYTES_MAX + OVERRUN_BYTES from `base` on
 * @param starts where each record starts in the memory
 * @param ends where it ends
 * @returns how many records fit
 */
export function loadRecords(
  batch: RecordBatch,
  first: number,
  most: number,
  memory: Uint8Array,
  base: number,
  starts: Uint32Array,
  ends: Uint32Array,
): number {
  const { bytes, offsets, sizes } = batch
  const limit = base + SCANNED_BYTES_MAX
  let to = base
  let count = 0
  // A stretch of records that lie together is copied at once.
  let from = offsets[first] ?? 0
  let end = from
  while (count < most) {
    const offset = offsets[first + count] ?? 0
    const size = sizes[first + count] ?? 0
    if (offset < end || offset > end + GAP_BYTES_MAX) {
      memory.set(bytes.subarray(from, end), to)
      to += end - from
      from = offset
      end = offset
    }
    const start = to + offset - from
    if (start + size > limit) break
    starts[count] = start
    ends[count] = start + size
    end = offset + size
    count++
  }
  if (count > 0) {
    memory.set(bytes.subarray(from, end), to)
    to += end - from
  }
  memory.fill(0, to, to + OVERRUN_BYTES)
  return count
}
