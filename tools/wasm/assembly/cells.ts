/**
 * The cells of a record: reads scalars of JSON, and writes them as the column writers would have done.
 *
 *   COLUMN (96)  0 operation  4 values  8 nulls  12 span offsets  16 span sizes  20 longest text in bytes, or scale
 *                24 1: text as span only  28 1: trailing blanks are cut  32 least  40 greatest (f64; i64 for DECIMAL)
 *                48 first 8 bytes of the last date  56 its last 2  64 its instant (f64)
 *                72 texts: the recent ones (recent.ts)  76 how many are PENDING at most  80 blocks that are not looked up there
 */

import { dateOf, timeEnd, timeOf } from './datetime'
import { intern, NO_ENTRY } from './intern'
import { exponential, fraction, magnitude, negative, number, skipNumber } from './number'
import { PENDING, Recent } from './recent'
import {
  isUtf8,
  stringEnd,
  stringHigh,
  stringStop,
  UNESCAPED,
  UNESCAPED_BYTES_MAX,
  unescape,
  unescapedSize,
} from './text'

/** Kept, all cells written. */
export const KEPT: u32 = 0
/** A value that is not proven; no other layout would prove it. */
export const VALUE: u32 = 1
/** The record is not of this layout. */
export const MISMATCH: u32 = 2

/** Operations. */
export const DOUBLE: u32 = 1
const REAL: u32 = 2
const INTEGER: u32 = 3
export const BIGINT: u32 = 4
const DECIMAL: u32 = 5
export const BOOLEAN: u32 = 6
export const TEXT: u32 = 7
export const TIMESTAMP: u32 = 8
const DATE: u32 = 9
const TIME: u32 = 10

/** Powers of ten: all that are doubles exactly, and as integers up to 18. */
const POWERS_F64 = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
])
/** Whole doubles up to this are written the same way by the column writers, whatever form the number had: 2^49. */
const SURE_MAX: f64 = 562949953421312
const POWERS_I64 = memory.data<i64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
])

/** `step` met something that is no scalar. */
export const NO_SCALAR: usize = 1

/**
 * Reads the scalar at `start` of a record into the cell of a row.
 * @param column 0: the value is only judged
 * @returns the address after it, 0 when it is not proven, or NO_SCALAR
 */
export function step(column: usize, row: u32, start: usize, from: usize, end: usize): usize {
  let at = from
  const first: u32 = load<u8>(at)
  if (first == 0x22) {
    at++
    const close = stringEnd(at)
    if (close == 0) return escapedString(column, row, start, at, end)
    // A string that does not end in its record runs into the next one.
    if (close >= end) return 0
    if (stringHigh != 0 && !isUtf8(at, close)) return 0
    return column == 0 || writeString(column, row, start, at, close) ? close + 1 : 0
  }
  if (first - 0x30 < 10 || first == 0x2d) {
    if (column == 0) return skipNumber(at)
    const operation: u32 = load<u32>(column)
    const close = operation == TEXT ? skipNumber(at) : number(at)
    if (close == 0) return 0
    const written = operation == TEXT ? writeText(column, row, start, at, close) : writeNumber(column, operation, row)
    return written ? close : 0
  }
  if (first == 0x74) {
    if (load<u32>(at) != 0x65757274) return 0
    return column == 0 || writeBoolean(column, row, 1) ? at + 4 : 0
  }
  if (first == 0x66) {
    if (load<u32>(at) != 0x736c6166 || load<u8>(at, 4) != 0x65) return 0
    return column == 0 || writeBoolean(column, row, 0) ? at + 5 : 0
  }
  if (first != 0x6e) return NO_SCALAR
  if (load<u32>(at) != 0x6c6c756e) return 0
  if (column != 0) writeNull(column, row)
  return at + 4
}

/** Reads a string that holds escapes; the address after its closing quote, or 0. */
function escapedString(column: usize, row: u32, start: usize, at: usize, end: usize): usize {
  if (stringStop >= end || load<u8>(stringStop) != 0x5c) return 0
  const close = unescape(at, end, column == 0 ? 0 : 1)
  if (close == 0 || !isUtf8(at, close)) return 0
  if (column == 0) return close + 1
  // Only an entry can say what the text is: its span in the record would show the escapes.
  if (load<u32>(column) != TEXT || load<u32>(column, 24) != 0) return 0
  // What was not written cannot be cut at its trailing blanks.
  if (unescapedSize > UNESCAPED_BYTES_MAX) return 0
  if (!writeText(column, row, start, UNESCAPED, UNESCAPED + unescapedSize)) return 0
  const place = (<usize>row) << 2
  const entry = intern(UNESCAPED, load<u32>(<usize>load<u32>(column, 16) + place))
  store<i32>(<usize>load<u32>(column, 4) + place, entry)
  return entry == NO_ENTRY ? 0 : close + 1
}

/** Compares bytes; both sides may be read up to the next multiple of 16. */
export function same(a: usize, b: usize, size: usize): bool {
  for (let i: usize = 0; i < size; i += 16) {
    const equal = i8x16.bitmask(i8x16.eq(v128.load(a + i), v128.load(b + i)))
    const left = size - i
    const wanted = left >= 16 ? 0xffff : (1 << (<i32>left)) - 1
    if ((equal & wanted) != wanted) return false
  }
  return true
}

export function writeNull(column: usize, row: u32): void {
  const values: usize = load<u32>(column, 4)
  if (load<u32>(column) == TEXT) {
    store<i32>(values + ((<usize>row) << 2), 0)
    return
  }
  store<u64>(values + ((<usize>row) << 3), 0)
  store<u8>(<usize>load<u32>(column, 8) + <usize>row, 1)
}

export function put(column: usize, row: u32, value: f64): void {
  store<f64>(<usize>load<u32>(column, 4) + ((<usize>row) << 3), value)
  store<u8>(<usize>load<u32>(column, 8) + <usize>row, 0)
}

export function putInteger(column: usize, row: u32, value: i64): void {
  store<i64>(<usize>load<u32>(column, 4) + ((<usize>row) << 3), value)
  store<u8>(<usize>load<u32>(column, 8) + <usize>row, 0)
}

export function writeBoolean(column: usize, row: u32, value: f64): bool {
  if (load<u32>(column) != BOOLEAN) return false
  put(column, row, value)
  return true
}

/** The number that `number` has just read, as a double. */
function real(): f64 {
  let value = <f64>magnitude
  if (fraction > 0) value /= load<f64>(POWERS_F64 + ((<usize>fraction) << 3))
  else if (fraction < 0) value *= load<f64>(POWERS_F64 + ((<usize>-fraction) << 3))
  return negative != 0 ? -value : value
}

/** Writes the number that `number` has just read. */
export function writeNumber(column: usize, operation: u32, row: u32): bool {
  if (operation <= INTEGER) {
    const value = real()
    if (operation == INTEGER) {
      if (!(value >= load<f64>(column, 32) && value <= load<f64>(column, 40)) || value != trunc(value)) return false
      put(column, row, value + 0) // integers have no signed zero
    } else put(column, row, operation == REAL ? <f64>(<f32>value) : value)
    return true
  }
  if (operation == BIGINT) {
    if (exponential != 0) {
      const value = real()
      if (value != trunc(value) || abs(value) > SURE_MAX) return false
      putInteger(column, row, <i64>value)
      return true
    }
    if (fraction != 0) return false
    putInteger(column, row, negative != 0 ? -magnitude : magnitude)
    return true
  }
  if (operation == DECIMAL) {
    const scale = <i32>load<u32>(column, 20)
    const shift = scale - fraction
    // Rounding, exponents, and products that an i64 might not hold, are left to the slow way.
    if (exponential != 0 || shift < 0 || shift > 18) return false
    const factor = load<i64>(POWERS_I64 + ((<usize>shift) << 3))
    const greatest = load<i64>(column, 40)
    if (magnitude > greatest / factor) return false
    const scaled = magnitude * factor
    putInteger(column, row, negative != 0 ? -scaled : scaled)
    return true
  }
  return false
}

export function writeString(column: usize, row: u32, start: usize, at: usize, close: usize): bool {
  const operation: u32 = load<u32>(column)
  if (operation == TEXT) return writeText(column, row, start, at, close)
  if (operation < TIMESTAMP) return false
  return writeDatetime(column, operation, row, at, close)
}

/** Bytes [at, close) as a text. A text of no more bytes than the type has characters is never cut. */
export function writeText(column: usize, row: u32, start: usize, at: usize, close: usize): bool {
  let size = <u32>(close - at)
  if (size > load<u32>(column, 20)) return false
  if (load<u32>(column, 28) != 0) while (size > 0 && load<u8>(at + <usize>size - 1) == 0x20) size--
  const place = (<usize>row) << 2
  const span = load<u32>(column, 24) != 0
  store<i32>(<usize>load<u32>(column, 4) + place, span ? NO_ENTRY : PENDING)
  if (!span) Recent.expect(column)
  store<u32>(<usize>load<u32>(column, 12) + place, <u32>(at - start))
  store<u32>(<usize>load<u32>(column, 16) + place, size)
  return true
}

export function writeDatetime(column: usize, operation: u32, row: u32, at: usize, close: usize): bool {
  const size = close - at
  if (operation == TIME) {
    const time = timeOf(at)
    if (time < 0 || timeEnd != close) return false
    put(column, row, <f64>time)
    return true
  }
  if (size < 10) return false
  const head = load<u64>(at)
  const day = <u32>load<u16>(at, 8)
  let instant: f64
  if (head == load<u64>(column, 48) && day == load<u32>(column, 56)) instant = load<f64>(column, 64)
  else {
    const days = dateOf(at)
    if (days == i32.MIN_VALUE) return false
    instant = <f64>days * 86400000
    store<u64>(column, head, 48)
    store<u32>(column, day, 56)
    store<f64>(column, instant, 64)
  }
  if (size > 10) {
    if (operation == DATE) return false
    const separator: u32 = load<u8>(at, 10)
    if (separator != 0x20 && separator != 0x54) return false
    const time = timeOf(at + 11)
    if (time < 0) return false
    let after = timeEnd
    if (separator == 0x54 && load<u8>(after) == 0x5a) after++
    if (after != close) return false
    instant += <f64>time
  }
  put(column, row, instant)
  return true
}
