/**
 * Texts by small numbers, so that a text is made into a string once and not in every record. One table serves all columns.
 * It is a cache: a text that finds no place within PROBES_MAX steps has no entry and goes its way as a span, which bounds the
 * work that chosen texts can cause.
 *
 *   ENTRY (32)  0 first 8 bytes  8 last 8 bytes, or what follows the first 8  16 address of the copy  20 size
 *               24 of more than 16 bytes: the second 8
 *   SLOT (4)    17 bits number of the entry, 0: free  15 bits of its hash, so that hardly any entry but the right one is looked at
 *
 * The slots in use are twice the entries at least and four times at most (and SLOTS_MIN), since memory that is looked at here and
 * there is what this costs.
 */
import { word } from './word'

const ENTRY: usize = 32
const PROBES_MAX: u32 = 32
/** Texts of more bytes hardly repeat. */
export const SIZE_MAX: u32 = 255
/** What a text has that has no entry. */
export const NO_ENTRY: i32 = -1
const SLOTS_MIN: u32 = 1024
const NUMBER_BITS: u32 = 17
const NUMBER_MASK: u32 = (1 << NUMBER_BITS) - 1

let slots: usize = 0
let mask: u32 = 0
let slotsMax: u32 = 0
let table: usize = 0
let entriesMax: u32 = 0
let copies: usize = 0
let copiesMax: u32 = 0
let count: u32 = 0
let copied: u32 = 0
/** Differs from process to process, so that nobody can choose texts that collide. */
let seedLow: u64 = 0
let seedHigh: u64 = 0

/** @param slotCount the most slots, a power of two from SLOTS_MIN on; there are 2^17 entries at most, and entry 0 is never used */
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
  slotsMax = slotCount
  table = entriesAt
  entriesMax = entryCount
  copies = copiesAt
  copiesMax = copiesSize
  clear()
}

/** Forgets all entries. */
export function clear(): void {
  mask = SLOTS_MIN - 1
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

/** Sixteen bytes from `16 - size` on are all ones for `size` bytes, then zeros. */
export const MASKS = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0,
])

/** What is put in place where it is called; only methods may have decorators in the syntax of TypeScript. */
export abstract class Lookup {
  // Most texts have less than 25 bytes and lie on both sides of 16, so that no branch could be guessed: there is none up to that.

  /** The first 8 bytes of a text and what follows them, or its last 8; zeros behind a short one. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static headOf(at: usize, size: u32): v128 {
    const block = v128.and(v128.load(at), v128.load(MASKS + 16 - <usize>min<u32>(size, 16)))
    return i64x2.replace_lane(
      block,
      1,
      select<i64>(load<i64>(at + <usize>size - 8), i64x2.extract_lane(block, 1), size > 16),
    )
  }

  /** The second 8 bytes of a text of more than 16, else 0. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static middleOf(at: usize, size: u32): u64 {
    return select<u64>(load<u64>(at, 8), 0, size > 16)
  }

  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static hashOf(head: v128, middle: u64, at: usize, size: u32): u64 {
    const a = <u64>i64x2.extract_lane(head, 0)
    const b = <u64>i64x2.extract_lane(head, 1)
    let h = ((a ^ seedLow) * seedHigh) ^ ((b + <u64>size) * word(0xc2b2ae3d, 0x27d4eb4f))
    h = (h ^ (h >> 29) ^ middle) * word(0xbf58476d, 0x1ce4e5b9)
    // What lies between the first sixteen bytes and the last eight.
    if (size > 24)
      for (let i: u32 = 16; i + 8 < size; i += 8)
        h = (h ^ (h >> 29) ^ load<u64>(at + <usize>i)) * word(0xbf58476d, 0x1ce4e5b9)
    h ^= h >> 29
    h *= word(0xbf58476d, 0x1ce4e5b9)
    return h ^ (h >> 32)
  }

  /** What the first slot of a hash holds. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static slotOf(hash: u64): u32 {
    return load<u32>(slots + ((<usize>(<u32>hash & mask)) << 2))
  }

  /** The number of the text if it is what the slot holds, or 0. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static known(slot: u32, head: v128, middle: u64, hash: u64, at: usize, size: u32): i32 {
    const id = slot & NUMBER_MASK
    const entry = table + <usize>id * ENTRY
    if (slot - id != Lookup.tagOf(hash) || load<u32>(entry, 20) != size) return 0
    if (v128.any_true(v128.xor(head, v128.load(entry))) || load<u64>(entry, 24) != middle) return 0
    return size <= 24 || same(at, load<u32>(entry, 16), size) ? <i32>id : 0
  }

  /** What a slot shows of a hash: bits that do not choose the slot. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static tagOf(hash: u64): u32 {
    return (<u32>(hash >> 32)) << NUMBER_BITS
  }
}

/** The number of a text, entered if new, from 1 on, or NO_ENTRY. */
export function intern(at: usize, size: u32): i32 {
  if (size > SIZE_MAX) return NO_ENTRY
  const head = Lookup.headOf(at, size)
  const middle = Lookup.middleOf(at, size)
  const h = Lookup.hashOf(head, middle, at, size)
  const tag = Lookup.tagOf(h)
  let slot = <u32>h & mask
  for (let probes: u32 = 0; probes < PROBES_MAX; probes++) {
    const place = slots + ((<usize>slot) << 2)
    const held = load<u32>(place)
    if (held == 0) {
      if (count >= entriesMax || copied + size > copiesMax) return NO_ENTRY
      const entry = table + <usize>count * ENTRY
      const copy = copies + <usize>copied
      memory.copy(copy, at, size)
      v128.store(entry, head)
      store<u32>(entry, <u32>copy, 16)
      store<u32>(entry, size, 20)
      store<u64>(entry, middle, 24)
      copied += size
      const entered = count++
      store<u32>(place, tag | entered)
      if (count * 2 > mask && mask + 1 < slotsMax) grow()
      return <i32>entered
    }
    const id = Lookup.known(held, head, middle, h, at, size)
    if (id != 0) return id
    slot = (slot + 1) & mask
  }
  return NO_ENTRY
}

/** Twice the slots; entries keep their numbers. */
function grow(): void {
  mask = mask * 2 + 1
  memory.fill(slots, 0, (<usize>mask + 1) << 2)
  for (let id: u32 = 1; id < count; id++) {
    const entry = table + <usize>id * ENTRY
    const h = Lookup.hashOf(v128.load(entry), load<u64>(entry, 24), load<u32>(entry, 16), load<u32>(entry, 20))
    let slot = <u32>h & mask
    while (load<u32>(slots + ((<usize>slot) << 2)) != 0) slot = (slot + 1) & mask
    store<u32>(slots + ((<usize>slot) << 2), Lookup.tagOf(h) | id)
  }
}

function same(a: usize, b: usize, size: u32): bool {
  for (let i: usize = 0; i < <usize>size; i += 8) {
    // The last load starts early, so that nothing beyond the end counts.
    const from = min(i, <usize>size - 8)
    if (load<u64>(a + from) != load<u64>(b + from)) return false
  }
  return true
}
