/**
 * Reads a block of records together, field by field: where a value ends is what the next literal waits for, so one record alone
 * keeps the processor waiting, while the records of a block do not wait for each other. What is not as the layout has it at first
 * sight is read by `step`, as any record alone would be.
 *
 * The place of a record that failed is EMPTY from there on: no literal stands in it, so that it fails in each field again.
 */
import {
  BIGINT,
  DOUBLE,
  KEPT,
  MISMATCH,
  NO_SCALAR,
  put,
  putInteger,
  same,
  step,
  TIMESTAMP,
  writeDatetime,
  writeNumber,
} from './cells'
import { Clock } from './datetime'
import { MASKS, NO_ENTRY } from './intern'
import { FIELD, LAYOUT, writeMissing } from './layout'
import { Digits, number, skipNumber } from './number'
import { PENDING, Recent } from './recent'
import { isUtf8 } from './text'
import { word } from './word'

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

/** Whether all records of the last block had the layout that was tried first. */
export let whole: bool = false

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
    if (i == 0) whole = left == 0
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
  const tailBlock = v128.load(tail)
  const tailCounts = v128.load(MASKS + 16 - min<usize>(tailSize, 16))
  const missing = load<u32>(layout, 12) != 0
  let left: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(ROWS + ((<usize>i) << 2))
    const at: usize = load<u32>(PLACES + ((<usize>i) << 2))
    const end: usize = load<u32>(ends + ((<usize>row) << 2))
    if (
      at + tailSize != end ||
      !Look.opens(at, tailBlock, tailCounts) ||
      (tailSize > 16 && !same(at, tail, tailSize)) ||
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

  /**
   * The address of the first quote, backslash or control character.
   * @param wide whether to look at 32 bytes at once, where texts of sixteen and more are many: no processor can guess which are
   */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static stringStop(start: usize, quotes: v128, backslashes: v128, controls: v128, wide: bool): usize {
    let at = start
    if (!wide) {
      const stops = Look.stops(v128.load(at), quotes, backslashes, controls)
      if (stops != 0) return at + <usize>ctz(stops)
      at += 16
    }
    while (true) {
      const both =
        Look.stops(v128.load(at), quotes, backslashes, controls) |
        (Look.stops(v128.load(at, 16), quotes, backslashes, controls) << 16)
      if (both != 0) return at + <usize>ctz(both)
      at += 32
    }
  }

  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static stops(block: v128, quotes: v128, backslashes: v128, controls: v128): i32 {
    return i8x16.bitmask(
      v128.or(
        i8x16.eq(block, quotes),
        v128.or(i8x16.eq(block, backslashes), i8x16.eq(i8x16.min_u(block, controls), block)),
      ),
    )
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

/** Loops over the texts of a field, each in a form that looks at 16 bytes of them at once and in one for 32. */
abstract class Texts {
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static skip(field: usize, count: u32, wide: bool): u32 {
    const quotes = v128.load(QUOTES)
    const backslashes = v128.load(BACKSLASHES)
    const controls = v128.load(CONTROLS)
    const opening = v128.load(field, 16)
    const counting = v128.load(field, 32)
    const size: usize = load<u32>(field, 48)
    let failed: u32 = 0
    let long: u32 = 0
    const end = (<usize>count) << 2
    for (let place: usize = 0; place < end; place += 4) {
      const at: usize = load<u32>(PLACES + place)
      if (Look.opens(at, opening, counting) && (size <= 16 || goesOn(at, field, size))) {
        const text = at + size
        const close = Look.stringStop(text, quotes, backslashes, controls, wide)
        if (load<u8>(close) == 0x22) {
          store<u32>(PLACES + place, <u32>close + 1)
          long += <u32>(close - text > 15)
          continue
        }
      }
      if (!single(field, place)) failed++
    }
    store<u32>(field, <u32>(long * LONG_SHARE > count), 52)
    return failed
  }

  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static cells(field: usize, count: u32, wide: bool): u32 {
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
    const span = load<u32>(column, 24) != 0
    const recent: usize = span ? 0 : Recent.of(column)
    let unknown: u32 = 0
    let failed: u32 = 0
    let long: u32 = 0
    const end = (<usize>count) << 2
    for (let place: usize = 0; place < end; place += 4) {
      const at: usize = load<u32>(PLACES + place)
      if (Look.opens(at, opening, counting) && (size <= 16 || goesOn(at, field, size))) {
        const text = at + size
        const close = Look.stringStop(text, quotes, backslashes, controls, wide)
        if (load<u8>(close) == 0x22 && close - text <= longest) {
          const cell = (<usize>load<u32>(ROWS + place)) << 2
          const textSize = <u32>(close - text)
          if (recent != 0) {
            const entry = Recent.entryOf(recent, text, textSize)
            store<i32>(entries + cell, entry)
            unknown += <u32>(entry == PENDING)
          } else store<i32>(entries + cell, span ? NO_ENTRY : PENDING)
          store<u32>(offsets + cell, <u32>text - load<u32>(starts + cell))
          store<u32>(sizes + cell, textSize)
          store<u32>(PLACES + place, <u32>close + 1)
          long += <u32>(close - text > 15)
          continue
        }
      }
      if (!single(field, place)) failed++
    }
    store<u32>(field, <u32>(long * LONG_SHARE > count), 52)
    if (!span) Recent.count(column, recent != 0 ? unknown : count, count)
    return failed
  }
}

/** Of so many texts of a block one may be long for all to be looked at by 16 bytes: a wrong guess costs more than a look at 32. */
const LONG_SHARE: u32 = 16

function strings(field: usize, count: u32): u32 {
  return load<u32>(field, 52) != 0 ? Texts.skip(field, count, true) : Texts.skip(field, count, false)
}

function textCells(field: usize, count: u32): u32 {
  return load<u32>(field, 52) != 0 ? Texts.cells(field, count, true) : Texts.cells(field, count, false)
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
  const operation: u32 = load<u32>(load<u32>(field, 8))
  if (operation == DOUBLE) return doubleCells(field, count)
  if (operation == BIGINT) return bigintCells(field, count)
  const opening = v128.load(field, 16)
  const counting = v128.load(field, 32)
  const size: usize = load<u32>(field, 48)
  const column: usize = load<u32>(field, 8)
  let failed: u32 = 0
  const end = (<usize>count) << 2
  for (let place: usize = 0; place < end; place += 4) {
    const at: usize = load<u32>(PLACES + place)
    if (Look.opens(at, opening, counting) && (size <= 16 || goesOn(at, field, size))) {
      const next = number(at + size)
      if (next != 0 && writeNumber(column, operation, load<u32>(ROWS + place))) {
        store<u32>(PLACES + place, <u32>next)
        continue
      }
    }
    if (!single(field, place)) failed++
  }
  return failed
}

/** As `number` reads them, as long as neither the whole part nor the fraction has more than seven digits. */
function doubleCells(field: usize, count: u32): u32 {
  const opening = v128.load(field, 16)
  const counting = v128.load(field, 32)
  const size: usize = load<u32>(field, 48)
  const column: usize = load<u32>(field, 8)
  const values: usize = load<u32>(column, 4)
  const nulls: usize = load<u32>(column, 8)
  let failed: u32 = 0
  const end = (<usize>count) << 2
  for (let place: usize = 0; place < end; place += 4) {
    let at: usize = load<u32>(PLACES + place)
    if (Look.opens(at, opening, counting) && (size <= 16 || goesOn(at, field, size))) {
      at += size
      const whole = load<u64>(at) ^ word(0x30303030, 0x30303030)
      const wholeBits = <u64>ctz(Digits.nonDigits(whole)) & 0x78
      // A sign, eight digits and more, and a zero before other digits are looked at by `single`.
      if (wholeBits - 1 < 63 && (wholeBits == 8 || (whole & 0xff) != 0)) {
        at += <usize>(wholeBits >> 3)
        let value = Digits.valueOf(whole, wholeBits)
        let partBits: u64 = 0
        let good = true
        if (load<u8>(at) == 0x2e) {
          const part = load<u64>(at + 1) ^ word(0x30303030, 0x30303030)
          partBits = <u64>ctz(Digits.nonDigits(part)) & 0x78
          good = partBits - 1 < 63
          value = value * Digits.ten(partBits) + Digits.valueOf(part, partBits)
          at += 1 + <usize>(partBits >> 3)
        }
        if (good && (<u32>load<u8>(at) | 0x20) != 0x65) {
          const row = <usize>load<u32>(ROWS + place)
          store<f64>(values + (row << 3), <f64>value / <f64>Digits.ten(partBits))
          store<u8>(nulls + row, 0)
          store<u32>(PLACES + place, <u32>at)
          continue
        }
      }
    }
    if (!single(field, place)) failed++
  }
  return failed
}

/** Whole numbers of 9 to 15 digits, as instants are, at once; all others as `number` reads them. */
function bigintCells(field: usize, count: u32): u32 {
  const opening = v128.load(field, 16)
  const counting = v128.load(field, 32)
  const size: usize = load<u32>(field, 48)
  const column: usize = load<u32>(field, 8)
  let failed: u32 = 0
  const end = (<usize>count) << 2
  for (let place: usize = 0; place < end; place += 4) {
    const at: usize = load<u32>(PLACES + place)
    if (Look.opens(at, opening, counting) && (size <= 16 || goesOn(at, field, size))) {
      const first = load<u64>(at + size) ^ word(0x30303030, 0x30303030)
      const rest = load<u64>(at + size + 8) ^ word(0x30303030, 0x30303030)
      const bits = <u64>ctz(Digits.nonDigits(rest)) & 0x78
      let next = at + size + 8 + <usize>(bits >> 3)
      const after: u32 = load<u8>(next)
      if (
        Digits.nonDigits(first) == 0 &&
        (first & 0xff) != 0 &&
        bits - 1 < 63 &&
        after != 0x2e &&
        (after | 0x20) != 0x65
      ) {
        putInteger(
          column,
          load<u32>(ROWS + place),
          Digits.valueOf(first, 64) * Digits.ten(bits) + Digits.valueOf(rest, bits),
        )
        store<u32>(PLACES + place, <u32>next)
        continue
      }
      next = number(at + size)
      if (next != 0 && writeNumber(column, BIGINT, load<u32>(ROWS + place))) {
        store<u32>(PLACES + place, <u32>next)
        continue
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
      // A time to the millisecond on the day of the last one: each of its bytes is proven, so nobody looks for its end.
      if (
        operation == TIMESTAMP &&
        load<u64>(text) == load<u64>(column, 48) &&
        <u32>load<u16>(text, 8) == load<u32>(column, 56)
      ) {
        const time = Clock.msOf(load<u64>(text, 11), load<u32>(text, 19))
        const separator: u32 = load<u8>(text, 10)
        const zoned = separator == 0x54 && load<u8>(text, 23) == 0x5a
        const close = text + (zoned ? 24 : 23)
        if (time >= 0 && (zoned || separator == 0x20 || separator == 0x54) && load<u8>(close) == 0x22) {
          put(column, load<u32>(ROWS + place), load<f64>(column, 64) + <f64>time)
          store<u32>(PLACES + place, <u32>close + 1)
          continue
        }
      }
      const close = Look.stringStop(text, quotes, backslashes, controls, true)
      if (load<u8>(close) == 0x22 && writeDatetime(column, operation, load<u32>(ROWS + place), text, close)) {
        store<u32>(PLACES + place, <u32>close + 1)
        continue
      }
    }
    if (!single(field, place)) failed++
  }
  return failed
}
