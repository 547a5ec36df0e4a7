/**
 * Views that would keep far more memory alive than they count for. A record from a fetch is a view of all that was fetched; where the
 * rest of the fetch goes elsewhere, one waiting record would hold megabytes that nobody counts.
 */
import type { WriteRecord } from './stream-options.ts'

/** A buffer may be so many times as large as what is used of it. */
const UNUSED_FACTOR_MAX = 4
/** Smaller ones are not worth a copy: Node gives small buffers out of one that it shares. */
const BUFFER_BYTES_MIN = 65_536

/** The records, those of them copied together that lie in buffers of which they use little. */
export function ownBytes(records: readonly WriteRecord[]): readonly WriteRecord[] {
  const used = new Map<ArrayBufferLike, number>()
  let [last, bytes]: [ArrayBufferLike | null, number] = [null, 0]
  for (const { data } of records) {
    if (data.buffer !== last) {
      if (last !== null) used.set(last, (used.get(last) ?? 0) + bytes)
      last = data.buffer
      bytes = 0
    }
    bytes += data.length
  }
  if (last !== null) used.set(last, (used.get(last) ?? 0) + bytes)
  let copiedBytes = 0
  for (const [buffer, usedBytes] of used) {
    if (buffer.byteLength < BUFFER_BYTES_MIN || buffer.byteLength <= usedBytes * UNUSED_FACTOR_MAX) used.delete(buffer)
    else copiedBytes += usedBytes
  }
  if (used.size === 0) return records
  const own = new Uint8Array(copiedBytes)
  let end = 0
  return records.map(record => {
    const { data } = record
    if (!used.has(data.buffer)) return record
    const copy = own.subarray(end, end + data.length)
    copy.set(data)
    end += data.length
    return { ...record, data: copy }
  })
}
