/**
 * The entries of all texts of a scan, column by column. A text that is looked up alone waits for memory three times: for its slot,
 * for its entry, and again with the next text. Here the slots of a block of texts are asked for before any entry is, and
 * nothing in a block waits for what comes before it.
 */
import { KEPT } from './cells'
import { clear, intern, Lookup, NO_ENTRY, SIZE_MAX } from './intern'
import { PENDING, Recent } from './recent'

/** Texts that are looked up together. */
const BLOCK: u32 = 64
/** For each: the text (its first and last 8 bytes, and its second 8), the hash, the row, the slot. */
const HEADS = memory.data(1024, 16)
const MIDDLES = memory.data(512, 16)
const HASHES = memory.data(512, 16)
const ROWS = memory.data(256, 16)
const SLOTS = memory.data(256, 16)

let columns: usize = 0
let columnCount: u32 = 0

/** @param at the addresses of the text columns, u32 each */
export function setTexts(at: usize, count: u32): void {
  columns = at
  columnCount = count
}

/** Forgets all entries. */
export function forget(): void {
  clear()
  for (let i: u32 = 0; i < columnCount; i++) Recent.forget(load<u32>(columns + ((<usize>i) << 2)))
}

/** Enters the texts of the kept records `[from, to)`. */
export function enterTexts(starts: usize, from: u32, to: u32, status: usize): void {
  for (let i: u32 = 0; i < columnCount; i++) {
    const column: usize = load<u32>(columns + ((<usize>i) << 2))
    // Texts as spans have no entries.
    if (load<u32>(column, 24) != 0 || !Recent.isPending(column)) continue
    Recent.settle(column)
    for (let row = from; row < to; row += BLOCK) enterBlock(column, starts, row, min(row + BLOCK, to), status)
  }
}

function enterBlock(column: usize, starts: usize, from: u32, to: u32, status: usize): void {
  const values: usize = load<u32>(column, 4)
  const offsets: usize = load<u32>(column, 12)
  const sizes: usize = load<u32>(column, 16)
  const recent = Recent.of(column)
  let count: usize = 0
  for (let row = from; row < to; row++) {
    const place = (<usize>row) << 2
    if (load<i32>(values + place) != PENDING || load<u8>(status + <usize>row) != KEPT) continue
    const at = <usize>load<u32>(starts + place) + <usize>load<u32>(offsets + place)
    const size = load<u32>(sizes + place)
    if (size > SIZE_MAX) {
      store<i32>(values + place, NO_ENTRY)
      continue
    }
    const head = Lookup.headOf(at, size)
    const middle = Lookup.middleOf(at, size)
    const hash = Lookup.hashOf(head, middle, at, size)
    v128.store(HEADS + (count << 4), head)
    store<u64>(MIDDLES + (count << 3), middle)
    store<u64>(HASHES + (count << 3), hash)
    store<u32>(ROWS + (count << 2), row)
    count++
  }
  for (let i: usize = 0; i < count; i++) store<u32>(SLOTS + (i << 2), Lookup.slotOf(load<u64>(HASHES + (i << 3))))
  for (let i: usize = 0; i < count; i++) {
    const place = (<usize>load<u32>(ROWS + (i << 2))) << 2
    const at = <usize>load<u32>(starts + place) + <usize>load<u32>(offsets + place)
    const size = load<u32>(sizes + place)
    const hash = load<u64>(HASHES + (i << 3))
    let entry = Lookup.known(
      load<u32>(SLOTS + (i << 2)),
      v128.load(HEADS + (i << 4)),
      load<u64>(MIDDLES + (i << 3)),
      hash,
      at,
      size,
    )
    if (entry == 0) entry = intern(at, size)
    if (recent != 0) Recent.keep(recent, v128.load(HEADS + (i << 4)), load<u64>(MIDDLES + (i << 3)), size, entry)
    store<i32>(values + place, entry)
  }
}
