/**
 * Texts by small numbers, so that a text is made into a string once and not in every record. One table serves all columns.
 * It is a cache: a text that finds no place within PROBES_MAX steps has no entry and goes its way as a span, which bounds the
 * work that chosen texts can cause.
 *
 *   ENTRY (32)  0 first 8 bytes  8 last 8 bytes, or what follows the first 8  16 address of the copy  20 size  24 hash
 */
import { word } from './word'

const ENTRY: usize = 32
const PROBES_MAX: u32 = 32
/** Texts of more bytes hardly repeat. */
const SIZE_MAX: u32 = 255
const NO_ENTRY: i32 = -1

let slots: usize = 0
let mask: u32 = 0
let table: usize = 0
let entriesMax: u32 = 0
let copies: usize = 0
let copiesMax: u32 = 0
let count: u32 = 0
let copied: u32 = 0
/** Differs from process to process, so that nobody can choose texts that collide. */
let seedLow: u64 = 0
let seedHigh: u64 = 0

/** @param slotCount a power of two; slots and entries are zero at first; entry 0 is never used */
export function setTable(
  slotsAt: usize,
  slotCount: u32,
  entriesAt: usize,
  entryCount: u32,
  copiesAt: usize,
  copiesSize: u32,
  seedA: u32,
  seedB: u32,
  seedC: u32,
): void {
  seedLow = word(seedA, seedB)
  // Odd, so that multiplying by it loses nothing.
  seedHigh = word(seedB, seedC) | 1
  slots = slotsAt
  mask = slotCount - 1
  table = entriesAt
  entriesMax = entryCount
  copies = copiesAt
  copiesMax = copiesSize
  clear()
}

/** Forgets all entries. */
export function clear(): void {
  memory.fill(slots, 0, (<usize>mask + 1) << 2)
  count = 1
  copied = 0
}

/** Entries in use, the unused entry 0 included. */
export function entries(): u32 {
  return count
}

/** Bytes of copies in use. */
export function used(): u32 {
  return copied
}

function low(size: u32): u64 {
  return size >= 8 ? u64.MAX_VALUE : ((<u64>1) << ((<u64>size) << 3)) - 1
}

/** The number of a text, entered if new, from 1 on, or NO_ENTRY. */
export function intern(at: usize, size: u32): i32 {
  if (size > SIZE_MAX) return NO_ENTRY
  let a = load<u64>(at)
  let b: u64 = 0
  if (size <= 8) a &= low(size)
  else if (size <= 16) b = load<u64>(at, 8) & low(size - 8)
  else b = load<u64>(at + <usize>size - 8)
  let h = ((a ^ seedLow) * seedHigh) ^ ((b + <u64>size) * word(0xc2b2ae3d, 0x27d4eb4f))
  // What lies between the first and the last eight bytes.
  if (size > 16)
    for (let i: u32 = 8; i + 8 < size; i += 8)
      h = (h ^ (h >> 29) ^ load<u64>(at + <usize>i)) * word(0xbf58476d, 0x1ce4e5b9)
  h ^= h >> 29
  h *= word(0xbf58476d, 0x1ce4e5b9)
  h ^= h >> 32
  let slot = <u32>h & mask
  for (let probes: u32 = 0; probes < PROBES_MAX; probes++) {
    const place = slots + ((<usize>slot) << 2)
    const id = load<u32>(place)
    if (id == 0) {
      if (count >= entriesMax || copied + size > copiesMax) return NO_ENTRY
      const entry = table + <usize>count * ENTRY
      const copy = copies + <usize>copied
      memory.copy(copy, at, size)
      store<u64>(entry, a)
      store<u64>(entry, b, 8)
      store<u32>(entry, <u32>copy, 16)
      store<u32>(entry, size, 20)
      copied += size
      const entered = count++
      store<u32>(place, entered)
      return <i32>entered
    }
    const entry = table + <usize>id * ENTRY
    if (load<u64>(entry) == a && load<u64>(entry, 8) == b && load<u32>(entry, 20) == size) {
      if (size <= 16 || same(at, load<u32>(entry, 16), size)) return <i32>id
    }
    slot = (slot + 1) & mask
  }
  return NO_ENTRY
}

function same(a: usize, b: usize, size: u32): bool {
  for (let i: usize = 0; i < <usize>size; i += 8) {
    // The last load starts early, so that nothing beyond the end counts.
    const from = min(i, <usize>size - 8)
    if (load<u64>(a + from) != load<u64>(b + from)) return false
  }
  return true
}
