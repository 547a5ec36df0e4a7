/**
 * Reads a block of records together, field by field: where a value ends is what the next literal waits for, so one record alone
 * keeps the processor waiting, while the records of a block do not wait for each other. What is not as the layout has it at first
 * sight is read by `step`, as any record alone would be.
 *
 * The place of a record that failed is EMPTY from there on: no literal stands in it, so that it fails in each field again.
 */
import { DOUBLE, KEPT, MISMATCH, NO_SCALAR, PENDING, put, real, same, step, writeDatetime, writeNumber } from './cells'
import { NO_ENTRY } from './intern'
import { FIELD, LAYOUT, writeMissing } from './layout'
import { number, skipNumber } from './number'
import { isUtf8 } from './text'

/** What a value most likely is; 0 is anything else. */
const STRING: u32 = 1
const NUMBER: u32 = 2
const TEXT_CELL: u32 = 3
const NUMBER_CELL: u32 = 4
const DATETIME_CELL: u32 = 5

const EMPTY = memory.data(32, 16)
/** By place in the block: the records that are left, and where each is read. */
const ROWS = memory.data(256, 16)
const PLACES = memory.data(256, 16)
/** By record of the block: the layout that it has. */
const LAYOUTS = memory.data(64, 16)

let starts: usize = 0
let ends: usize = 0

/** The layout of a record that `scanBlock` has kept. */
export function layoutOf(index: u32): u32 {
  return load<u8>(LAYOUTS + <usize>index)
}

/**
 * Reads the records `[from, to)`, at most 64.
 * @param likely the layout to try first
 * @param status KEPT where a record is proven and its cells are written; MISMATCH says nothing
 * @returns the layout of most of them
 */
export function scanBlock(
  startsAt: usize,
  endsAt: usize,
  from: u32,
  to: u32,
  layouts: usize,
  layoutCount: u32,
  likely: u32,
  status: usize,
): u32 {
  starts = startsAt
  ends = endsAt
  let left = to - from
  for (let i: u32 = 0; i < left; i++) {
    store<u32>(ROWS + ((<usize>i) << 2), from + i)
    store<u8>(status + <usize>(from + i), <u8>MISMATCH)
  }
  const high = anyHigh(load<u32>(starts + ((<usize>from) << 2)), load<u32>(ends + ((<usize>to - 1) << 2)))
  let best = likely
  let most: u32 = 0
  for (let i: u32 = 0; i < layoutCount && left > 0; i++) {
    const layout = i == 0 ? likely : i <= likely ? i - 1 : i
    const before = left
    left = tryLayout(layouts + <usize>layout * LAYOUT, layout, from, left, high, status)
    if (before - left > most) {
      most = before - left
      best = layout
    }
  }
  return best
}

/** Whether there are bytes from 0x80 on. */
function anyHigh(from: usize, to: usize): bool {
  let all = i8x16.splat(0)
  for (let at = from; at < to; at += 64)
    all = v128.or(
      all,
      v128.or(v128.or(v128.load(at), v128.load(at, 16)), v128.or(v128.load(at, 32), v128.load(at, 48))),
    )
  return i8x16.bitmask(all) != 0
}

/** Tries the records in ROWS; those that do not fit remain there. Returns how many. */
function tryLayout(layout: usize, number: u32, first: u32, count: u32, high: bool, status: usize): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const row = <usize>load<u32>(ROWS + ((<usize>i) << 2))
    store<u32>(PLACES + ((<usize>i) << 2), load<u32>(starts + (row << 2)))
  }
  let field: usize = load<u32>(layout)
  const fieldsEnd = field + <usize>load<u32>(layout, 4) * FIELD
  for (; field < fieldsEnd; field += FIELD) {
    const likely: u32 = load<u32>(field, 12)
    let failed: u32
    if (likely == STRING) failed = strings(field, count)
    else if (likely == TEXT_CELL) failed = textCells(field, count)
    else if (likely == NUMBER) failed = numbers(field, count)
    else if (likely == NUMBER_CELL) failed = numberCells(field, count)
    else if (likely == DATETIME_CELL) failed = datetimeCells(field, count)
    else failed = anything(field, count)
    if (failed == count) return count
  }
  const tail: usize = load<u32>(layout, 16)
  const tailSize: usize = load<u32>(layout, 20)
  const missing = load<u32>(layout, 12) != 0
  let left: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(ROWS + ((<usize>i) << 2))
    const at: usize = load<u32>(PLACES + ((<usize>i) << 2))
    const end: usize = load<u32>(ends + ((<usize>row) << 2))
    if (
      at + tailSize != end ||
      !same(at, tail, tailSize) ||
      (high && !isUtf8(load<u32>(starts + ((<usize>row) << 2)), end))
    ) {
      store<u32>(ROWS + ((<usize>left) << 2), row)
      left++
      continue
    }
    if (missing) writeMissing(layout, row)
    store<u8>(LAYOUTS + <usize>(row - first), <u8>number)
    store<u8>(status + <usize>row, <u8>KEPT)
  }
  return left
}

/** The field of one record from its literal on; false when it is not proven. */
function single(field: usize, place: usize): bool {
  const at: usize = load<u32>(PLACES + place)
  const size: usize = load<u32>(field, 4)
  let next: usize = 0
  if (same(at, load<u32>(field), size)) {
    const row = load<u32>(ROWS + place)
    const rowPlace = (<usize>row) << 2
    next = step(load<u32>(field, 8), row, load<u32>(starts + rowPlace), at + size, load<u32>(ends + rowPlace))
  }
  store<u32>(PLACES + place, <u32>(next > NO_SCALAR ? next : EMPTY))
  return next > NO_SCALAR
}

function anything(field: usize, count: u32): u32 {
  let failed: u32 = 0
  for (let i: u32 = 0; i < count; i++) if (!single(field, (<usize>i) << 2)) failed++
  return failed
}

/** The quick looks, put in place where they are called; only methods may have decorators in the syntax of TypeScript. */
export abstract class Look {
  /** Whether the opening of a field stands at an address, as far as 16 bytes show it. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static opens(at: usize, opening: v128, counting: v128): bool {
    return !v128.any_true(v128.and(v128.xor(v128.load(at), opening), counting))
  }

  /** The address of the first quote, backslash or control character. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static stringStop(start: usize, quotes: v128, backslashes: v128, controls: v128): usize {
    let at = start
    while (true) {
      // Two blocks at once: whether a text has more than sixteen bytes is hard to guess, more than 32 are rare.
      const block = v128.load(at)
      const second = v128.load(at, 16)
      const stops = i8x16.bitmask(
        v128.or(
          i8x16.eq(block, quotes),
          v128.or(i8x16.eq(block, backslashes), i8x16.eq(i8x16.min_u(block, controls), block)),
        ),
      )
      const others = i8x16.bitmask(
        v128.or(
          i8x16.eq(second, quotes),
          v128.or(i8x16.eq(second, backslashes), i8x16.eq(i8x16.min_u(second, controls), second)),
        ),
      )
      const both = stops | (others << 16)
      if (both != 0) return at + <usize>ctz(both)
      at += 32
    }
  }
}

/** Whether what stands at an address goes on like an opening of more than 16 bytes. */
function goesOn(at: usize, field: usize, size: usize): bool {
  return same(at + 16, <usize>load<u32>(field) + 16, size - 16)
}

/**
 * What ends the quick look at a string. They are read from memory before a loop, as constants would be made anew in each of its rounds.
 */
const QUOTES = memory.data<u32>([0x22222222, 0x22222222, 0x22222222, 0x22222222], 16)
const BACKSLASHES = memory.data<u32>([0x5c5c5c5c, 0x5c5c5c5c, 0x5c5c5c5c, 0x5c5c5c5c], 16)
const CONTROLS = memory.data<u32>([0x1f1f1f1f, 0x1f1f1f1f, 0x1f1f1f1f, 0x1f1f1f1f], 16)

function strings(field: usize, count: u32): u32 {
  const quotes = v128.load(QUOTES)
  const backslashes = v128.load(BACKSLASHES)
  const controls = v128.load(CONTROLS)
  const opening = v128.load(field, 16)
  const counting = v128.load(field, 32)
  const size: usize = load<u32>(field, 48)
  let failed: u32 = 0
  const end = (<usize>count) << 2
  for (let place: usize = 0; place < end; place += 4) {
    const at: usize = load<u32>(PLACES + place)
    if (Look.opens(at, opening, counting) && (size <= 16 || goesOn(at, field, size))) {
      const close = Look.stringStop(at + size, quotes, backslashes, controls)
      if (load<u8>(close) == 0x22) {
        store<u32>(PLACES + place, <u32>close + 1)
        continue
      }
    }
    if (!single(field, place)) failed++
  }
  return failed
}

function textCells(field: usize, count: u32): u32 {
  const quotes = v128.load(QUOTES)
  const backslashes = v128.load(BACKSLASHES)
  const controls = v128.load(CONTROLS)
  const opening = v128.load(field, 16)
  const counting = v128.load(field, 32)
  const size: usize = load<u32>(field, 48)
  const column: usize = load<u32>(field, 8)
  const entries: usize = load<u32>(column, 4)
  const offsets: usize = load<u32>(column, 12)
  const sizes: usize = load<u32>(column, 16)
  const longest: usize = load<u32>(column, 20)
  const entry: i32 = load<u32>(column, 24) != 0 ? NO_ENTRY : PENDING
  let failed: u32 = 0
  const end = (<usize>count) << 2
  for (let place: usize = 0; place < end; place += 4) {
    const at: usize = load<u32>(PLACES + place)
    if (Look.opens(at, opening, counting) && (size <= 16 || goesOn(at, field, size))) {
      const text = at + size
      const close = Look.stringStop(text, quotes, backslashes, controls)
      if (load<u8>(close) == 0x22 && close - text <= longest) {
        const cell = (<usize>load<u32>(ROWS + place)) << 2
        store<i32>(entries + cell, entry)
        store<u32>(offsets + cell, <u32>text - load<u32>(starts + cell))
        store<u32>(sizes + cell, <u32>(close - text))
        store<u32>(PLACES + place, <u32>close + 1)
        continue
      }
    }
    if (!single(field, place)) failed++
  }
  return failed
}

function numbers(field: usize, count: u32): u32 {
  const opening = v128.load(field, 16)
  const counting = v128.load(field, 32)
  const size: usize = load<u32>(field, 48)
  let failed: u32 = 0
  const end = (<usize>count) << 2
  for (let place: usize = 0; place < end; place += 4) {
    const at: usize = load<u32>(PLACES + place)
    if (Look.opens(at, opening, counting) && (size <= 16 || goesOn(at, field, size))) {
      const next = skipNumber(at + size)
      if (next != 0) {
        store<u32>(PLACES + place, <u32>next)
        continue
      }
    }
    if (!single(field, place)) failed++
  }
  return failed
}

function numberCells(field: usize, count: u32): u32 {
  const opening = v128.load(field, 16)
  const counting = v128.load(field, 32)
  const size: usize = load<u32>(field, 48)
  const column: usize = load<u32>(field, 8)
  const operation: u32 = load<u32>(column)
  let failed: u32 = 0
  const end = (<usize>count) << 2
  for (let place: usize = 0; place < end; place += 4) {
    const at: usize = load<u32>(PLACES + place)
    if (Look.opens(at, opening, counting) && (size <= 16 || goesOn(at, field, size))) {
      const next = number(at + size)
      if (next != 0) {
        const row = load<u32>(ROWS + place)
        let written = true
        if (operation == DOUBLE) put(column, row, real())
        else written = writeNumber(column, operation, row)
        if (written) {
          store<u32>(PLACES + place, <u32>next)
          continue
        }
      }
    }
    if (!single(field, place)) failed++
  }
  return failed
}

function datetimeCells(field: usize, count: u32): u32 {
  const quotes = v128.load(QUOTES)
  const backslashes = v128.load(BACKSLASHES)
  const controls = v128.load(CONTROLS)
  const opening = v128.load(field, 16)
  const counting = v128.load(field, 32)
  const size: usize = load<u32>(field, 48)
  const column: usize = load<u32>(field, 8)
  const operation: u32 = load<u32>(column)
  let failed: u32 = 0
  const end = (<usize>count) << 2
  for (let place: usize = 0; place < end; place += 4) {
    const at: usize = load<u32>(PLACES + place)
    if (Look.opens(at, opening, counting) && (size <= 16 || goesOn(at, field, size))) {
      const text = at + size
      const close = Look.stringStop(text, quotes, backslashes, controls)
      if (load<u8>(close) == 0x22 && writeDatetime(column, operation, load<u32>(ROWS + place), text, close)) {
        store<u32>(PLACES + place, <u32>close + 1)
        continue
      }
    }
    if (!single(field, place)) failed++
  }
  return failed
}
