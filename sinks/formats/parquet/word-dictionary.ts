/** Dictionaries of numbers: values of one or two words of 32 bits that repeat. Equal is what has equal bits. */
import type { ChunkDictionary } from './column-buffer.ts'

/** Values looked at first, spread over the chunk, and the share of different ones among them above which there is no dictionary. */
const SAMPLE_VALUES = 512
const SAMPLE_SHARE = 0.5

/**
 * @param words the values, `width` words each
 * @returns null where more than half of the values differ, or of a sample of them
 */
export function dictionaryOf(words: Int32Array, count: number, width: 1 | 2): ChunkDictionary | null {
  if (count === 0) return null
  const step = Math.max(1, Math.floor(count / SAMPLE_VALUES))
  const sampled = Math.ceil(count / step)
  if (built(words, sampled, width, step, sampled * SAMPLE_SHARE) === null) return null
  return built(words, count, width, 1, count / 2)
}

/** The dictionary of every `step`th value, or null as soon as it has more than `most` entries. */
function built(words: Int32Array, count: number, width: 1 | 2, step: number, most: number): ChunkDictionary | null {
  const indexes = new Int32Array(count)
  let slots = new Int32Array(1_024)
  let mask = slots.length - 1
  let entries = new Int32Array(512 * width)
  let length = 0
  const slotOf = (low: number, high: number): number => {
    let slot = hashOf(low, high) & mask
    for (;;) {
      const index = slots[slot]! - 1
      if (index < 0) return slot
      if (entries[index * width] === low && (width === 1 || entries[index * 2 + 1] === high)) return slot
      slot = (slot + 1) & mask
    }
  }
  for (let value = 0; value < count; value++) {
    const at = value * step * width
    const low = words[at]!
    const high = width === 1 ? 0 : words[at + 1]!
    const slot = slotOf(low, high)
    const index = slots[slot]! - 1
    if (index >= 0) {
      indexes[value] = index
      continue
    }
    if (length + 1 > most && length > 0) return null
    entries[length * width] = low
    if (width === 2) entries[length * 2 + 1] = high
    indexes[value] = length
    slots[slot] = ++length
    if (length * 2 <= mask) continue
    const grown = new Int32Array(entries.length * 2)
    grown.set(entries)
    entries = grown
    slots = new Int32Array(slots.length * 2)
    mask = slots.length - 1
    for (let i = 0; i < length; i++) slots[slotOf(entries[i * width]!, width === 1 ? 0 : entries[i * 2 + 1]!)] = i + 1
  }
  const sizeBytes = length * width * 4
  return { count: length, indexes, sizeBytes, write: out => out.bytes(new Uint8Array(entries.buffer, 0, sizeBytes)) }
}

function hashOf(low: number, high: number): number {
  let hash = Math.imul(low, 0x9e37_79b1) ^ Math.imul(high, 0x85eb_ca77)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d)
  return hash ^ (hash >>> 13)
}
