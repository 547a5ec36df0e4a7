/**
 * Aggregates of the form in which producers write nearly all: keys, and user records with an index below 128, the data, and nothing
 * else. One pass over the bytes and no object, since what is asked of most user records is where they lie.
 */
import { TAG } from './format.ts'

/** Takes the places of user records, one after the other. */
export interface PlaceTaker {
  offsets: Int32Array
  sizes: Int32Array
  /** Makes both arrays longer; what is in them stays. */
  grow(): void
}

/**
 * Writes the places of the user records in the protobuf message `bytes[start, end)`.
 * @param row where in the arrays the first goes
 * @returns how many there are, or -1 when the message is of another form or broken; what was written then means nothing
 */
export function placesOfUsual(bytes: Uint8Array, start: number, end: number, into: PlaceTaker, row: number): number {
  let { offsets, sizes } = into
  let to = row
  let keys = 0
  let greatestKey = -1
  for (let at = start; at < end; ) {
    const tag = bytes[at++] ?? 0
    // Sizes of up to three bytes, low bits first.
    let size = bytes[at++] ?? 0
    if (size > 0x7f) {
      const second = bytes[at++] ?? 0x80
      size = (size & 0x7f) | ((second & 0x7f) << 7)
      if (second > 0x7f) {
        const third = bytes[at++] ?? 0x80
        if (third > 0x7f) return -1
        size |= third << 14
      }
    }
    const stop = at + size
    if (stop > end) return -1
    if (tag === TAG.partitionKeyTable) {
      keys++
      at = stop
      continue
    }
    const key = bytes[at + 1] ?? 0x80
    if (tag !== TAG.records || bytes[at] !== TAG.partitionKeyIndex || key > 0x7f || bytes[at + 2] !== TAG.data)
      return -1
    at += 3
    let dataSize = bytes[at++] ?? 0
    if (dataSize > 0x7f) {
      const second = bytes[at++] ?? 0x80
      dataSize = (dataSize & 0x7f) | ((second & 0x7f) << 7)
      if (second > 0x7f) {
        const third = bytes[at++] ?? 0x80
        if (third > 0x7f) return -1
        dataSize |= third << 14
      }
    }
    if (at + dataSize !== stop) return -1
    if (to === offsets.length) {
      into.grow()
      offsets = into.offsets
      sizes = into.sizes
    }
    offsets[to] = at
    sizes[to] = dataSize
    to++
    if (key > greatestKey) greatestKey = key
    at = stop
  }
  // Tables may come after the records, so that indexes are judged only now.
  return greatestKey < keys ? to - row : -1
}
