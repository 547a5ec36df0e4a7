/**
 * The texts of a column that came lately, by their first and last bytes. Most columns have few texts, and one that is found here is
 * not looked for in the table of all; what is not is PENDING, until the records of the scan are read (texts.ts).
 *
 *   RECENT (32)  0 first 8 bytes  8 last 8 bytes, or what follows the first 8  16 of more than 16 bytes: the second 8
 *                24 size + 1, so that nothing equals a free place  28 entry
 */
import { Lookup } from './intern'
import { word } from './word'

/** A text whose entry is looked for when all records of the scan are read: many at once wait for memory together. */
export const PENDING: i32 = -2

/** Bytes of the places of a column: 256 of them. */
export const RECENT_BYTES: usize = 8192
/** What lies within its first sixteen and last eight bytes is all of a text up to this size. */
const SIZE_MAX: u32 = 24
/** Where more than an eighth of a block is not found, so many blocks are not looked for. */
const REST: u32 = 63

/** What is put in place where it is called; only methods may have decorators in the syntax of TypeScript. */
export abstract class Recent {
  /** The places of a column that are worth a look now, or 0. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static of(column: usize): usize {
    return load<u32>(column, 80) == 0 ? <usize>load<u32>(column, 72) : 0
  }

  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static placeOf(head: v128): usize {
    const a = <u64>i64x2.extract_lane(head, 0) * word(0x9e3779b9, 0x7f4a7c15)
    const b = <u64>i64x2.extract_lane(head, 1) * word(0xc2b2ae3d, 0x27d4eb4f)
    return (<usize>((a ^ b) >> 56)) << 5
  }

  /** The entry of a text, or PENDING. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static entryOf(places: usize, at: usize, size: u32): i32 {
    const head = Lookup.headOf(at, size)
    const place = places + Recent.placeOf(head)
    const differences = (Lookup.middleOf(at, size) ^ load<u64>(place, 16)) | <u64>((size + 1) ^ load<u32>(place, 24))
    const found = differences == 0 && !v128.any_true(v128.xor(head, v128.load(place)))
    return select<i32>(load<i32>(place, 28), PENDING, found)
  }

  /** Says of how many texts of a block the entries are not known. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static count(column: usize, unknown: u32, all: u32): void {
    store<u32>(column, load<u32>(column, 76) + unknown, 76)
    const rest = load<u32>(column, 80)
    if (rest != 0) store<u32>(column, rest - 1, 80)
    else if (unknown * 8 > all) store<u32>(column, REST, 80)
  }

  /** Says that one more text is PENDING. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static expect(column: usize): void {
    store<u32>(column, load<u32>(column, 76) + 1, 76)
  }

  /** Whether texts are PENDING in a column. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static isPending(column: usize): bool {
    return load<u32>(column, 76) != 0
  }

  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static settle(column: usize): void {
    store<u32>(column, 0, 76)
  }

  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static keep(places: usize, head: v128, middle: u64, size: u32, entry: i32): void {
    if (size > SIZE_MAX || entry <= 0) return
    const place = places + Recent.placeOf(head)
    v128.store(place, head)
    store<u64>(place, middle, 16)
    store<u32>(place, size + 1, 24)
    store<i32>(place, entry, 28)
  }

  /** Forgets the texts of a column, whose entries mean nothing any more. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static forget(column: usize): void {
    memory.fill(load<u32>(column, 72), 0, RECENT_BYTES)
    store<u32>(column, 0, 80)
  }
}
