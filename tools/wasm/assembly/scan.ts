/**
 * Reads records of JSON along learnt layouts into columns. A record is accepted only as a proof that JSON.parse and the
 * column writers would have given the same cells: every literal byte for byte, every scalar by its grammar, the exact end.
 * Whatever cannot be proven gets a status, and the caller reads that record the slow way.
 *
 * All memory belongs to the caller, who lays it out (memory-map.ts beside the generated module) and keeps 64 bytes that are
 * zero behind the input, because loads run over the end. Structures, with offsets in bytes:
 *
 *   LAYOUT (32)  0 fields  4 number of fields  8 missing columns  12 their number  16 tail  20 its length
 *   FIELD (16)   0 literal before the value (padded to 16)  4 its length  8 column, 0 when the value is only judged
 *   COLUMN (96)  0 operation  4 values  8 nulls  12 span offsets  16 span sizes  20 longest text in bytes, or scale
 *                24 1: text as span only  28 1: trailing blanks are cut  32 least  40 greatest (f64; i64 for DECIMAL)
 *                48 first 8 bytes of the last date  56 its last 2  64 its instant (f64)
 */

import { dateOf, timeEnd, timeOf } from './datetime'
import { intern } from './intern'
import { exponential, fraction, magnitude, negative, number, skipNumber } from './number'
import { isUtf8, stringEnd, stringHigh, stringStop, UNESCAPED, unescape, unescapedSize } from './text'

const FIELD: usize = 16
const LAYOUT: usize = 32

/** Kept, all cells written. */
const KEPT: u32 = 0
/** A value that is not proven; no other layout would prove it. */
const VALUE: u32 = 1
/** The record is not of this layout. */
const MISMATCH: u32 = 2

/** Operations; 1 is DOUBLE, which needs nothing more than the number. */
const REAL: u32 = 2
const INTEGER: u32 = 3
const BIGINT: u32 = 4
const DECIMAL: u32 = 5
const BOOLEAN: u32 = 6
const TEXT: u32 = 7
const TIMESTAMP: u32 = 8
const DATE: u32 = 9
const TIME: u32 = 10

const NO_ENTRY: i32 = -1

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

/** The layout that matched last: records of one producer come in runs. */
let likely: u32 = 0

/**
 * Scans the records `[from, to)`.
 * @param starts addresses of the first bytes, u32 a record
 * @param ends addresses after the last bytes
 * @param hits u32 a layout, counted up
 * @param status a byte a record: KEPT, VALUE or MISMATCH
 * @param stop 1: return at the first record that is of no layout
 * @returns the record where it stopped, or `to`
 */
export function scan(
  starts: usize,
  ends: usize,
  from: u32,
  to: u32,
  layouts: usize,
  layoutCount: u32,
  hits: usize,
  status: usize,
  stop: u32,
): u32 {
  if (likely >= layoutCount) likely = 0
  for (let row = from; row < to; row++) {
    const start = load<u32>(starts + ((<usize>row) << 2))
    const end = load<u32>(ends + ((<usize>row) << 2))
    let result = MISMATCH
    if (layoutCount > 0) {
      result = attempt(layouts + <usize>likely * LAYOUT, row, start, end)
      if (result == MISMATCH) {
        const first = likely
        for (let i: u32 = 0; i < layoutCount; i++) {
          if (i == first) continue
          result = attempt(layouts + <usize>i * LAYOUT, row, start, end)
          if (result == MISMATCH) continue
          likely = i
          break
        }
      }
    }
    if (result == KEPT) {
      const at = hits + ((<usize>likely) << 2)
      store<u32>(at, load<u32>(at) + 1)
    } else if (result == MISMATCH && stop != 0) return row
    store<u8>(status + <usize>row, <u8>result)
  }
  return to
}

function attempt(layout: usize, row: u32, start: usize, end: usize): u32 {
  let at = start
  let field: usize = load<u32>(layout)
  const fieldsEnd = field + <usize>load<u32>(layout, 4) * FIELD
  for (; field < fieldsEnd; field += FIELD) {
    const size: usize = load<u32>(field, 4)
    if (!same(at, load<u32>(field), size)) return MISMATCH
    at += size
    const column: usize = load<u32>(field, 8)
    const first: u32 = load<u8>(at)
    if (first == 0x22) {
      at++
      const close = stringEnd(at)
      if (close == 0) {
        at = escapedString(column, row, start, at, end)
        if (at == 0) return VALUE
        continue
      }
      // A string that does not end in its record runs into the next one.
      if (close >= end) return VALUE
      if (stringHigh != 0 && !isUtf8(at, close)) return VALUE
      if (column != 0 && !writeString(column, row, start, at, close)) return VALUE
      at = close + 1
    } else if (first - 0x30 < 10 || first == 0x2d) {
      if (column == 0) {
        at = skipNumber(at)
        if (at == 0) return VALUE
      } else {
        const operation: u32 = load<u32>(column)
        if (operation == TEXT) {
          const close = skipNumber(at)
          if (close == 0 || !writeText(column, row, start, at, close)) return VALUE
          at = close
        } else {
          at = number(at)
          if (at == 0 || !writeNumber(column, operation, row)) return VALUE
        }
      }
    } else if (first == 0x74) {
      if (load<u32>(at) != 0x65757274) return VALUE
      if (column != 0 && !writeBoolean(column, row, 1)) return VALUE
      at += 4
    } else if (first == 0x66) {
      if (load<u32>(at) != 0x736c6166 || load<u8>(at, 4) != 0x65) return VALUE
      if (column != 0 && !writeBoolean(column, row, 0)) return VALUE
      at += 5
    } else if (first == 0x6e) {
      if (load<u32>(at) != 0x6c6c756e) return VALUE
      if (column != 0) writeNull(column, row)
      at += 4
    } else return MISMATCH
  }
  const tailSize: usize = load<u32>(layout, 20)
  if (at + tailSize != end || !same(at, load<u32>(layout, 16), tailSize)) return MISMATCH
  let missing: usize = load<u32>(layout, 8)
  const missingEnd = missing + ((<usize>load<u32>(layout, 12)) << 2)
  for (; missing < missingEnd; missing += 4) writeNull(load<u32>(missing), row)
  return KEPT
}

/** Reads a string that holds escapes; the address after its closing quote, or 0. */
function escapedString(column: usize, row: u32, start: usize, at: usize, end: usize): usize {
  if (stringStop >= end || load<u8>(stringStop) != 0x5c) return 0
  const close = unescape(at, end, column == 0 ? 0 : 1)
  if (close == 0 || !isUtf8(at, close)) return 0
  if (column == 0) return close + 1
  // Only an entry can say what the text is: its span in the record would show the escapes.
  if (load<u32>(column) != TEXT || load<u32>(column, 24) != 0) return 0
  if (!writeText(column, row, start, UNESCAPED, UNESCAPED + unescapedSize)) return 0
  return load<i32>(<usize>load<u32>(column, 4) + ((<usize>row) << 2)) == NO_ENTRY ? 0 : close + 1
}

/** Compares bytes; both sides may be read up to the next multiple of 16. */
function same(a: usize, b: usize, size: usize): bool {
  for (let i: usize = 0; i < size; i += 16) {
    const equal = i8x16.bitmask(i8x16.eq(v128.load(a + i), v128.load(b + i)))
    const left = size - i
    const wanted = left >= 16 ? 0xffff : (1 << (<i32>left)) - 1
    if ((equal & wanted) != wanted) return false
  }
  return true
}

function writeNull(column: usize, row: u32): void {
  const values: usize = load<u32>(column, 4)
  if (load<u32>(column) == TEXT) {
    store<i32>(values + ((<usize>row) << 2), 0)
    return
  }
  store<u64>(values + ((<usize>row) << 3), 0)
  store<u8>(<usize>load<u32>(column, 8) + <usize>row, 1)
}

function put(column: usize, row: u32, value: f64): void {
  store<f64>(<usize>load<u32>(column, 4) + ((<usize>row) << 3), value)
  store<u8>(<usize>load<u32>(column, 8) + <usize>row, 0)
}

function putInteger(column: usize, row: u32, value: i64): void {
  store<i64>(<usize>load<u32>(column, 4) + ((<usize>row) << 3), value)
  store<u8>(<usize>load<u32>(column, 8) + <usize>row, 0)
}

function writeBoolean(column: usize, row: u32, value: f64): bool {
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
function writeNumber(column: usize, operation: u32, row: u32): bool {
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

function writeString(column: usize, row: u32, start: usize, at: usize, close: usize): bool {
  const operation: u32 = load<u32>(column)
  if (operation == TEXT) return writeText(column, row, start, at, close)
  if (operation < TIMESTAMP) return false
  return writeDatetime(column, operation, row, at, close)
}

/** Bytes [at, close) as a text. A text of no more bytes than the type has characters is never cut. */
function writeText(column: usize, row: u32, start: usize, at: usize, close: usize): bool {
  let size = <u32>(close - at)
  if (size > load<u32>(column, 20)) return false
  if (load<u32>(column, 28) != 0) while (size > 0 && load<u8>(at + <usize>size - 1) == 0x20) size--
  const place = (<usize>row) << 2
  store<i32>(<usize>load<u32>(column, 4) + place, load<u32>(column, 24) != 0 ? NO_ENTRY : intern(at, size))
  store<u32>(<usize>load<u32>(column, 12) + place, <u32>(at - start))
  store<u32>(<usize>load<u32>(column, 16) + place, size)
  return true
}

function writeDatetime(column: usize, operation: u32, row: u32, at: usize, close: usize): bool {
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

/**
 * Scans the records `[from, to)` as one row of delimited text each; a row delimiter at the end belongs to the row. What is quoted,
 * has several rows or is empty gets VALUE, as does any value that is not proven.
 * @param fields u32 a field: its column, or 0 when nobody reads it; there are no more columns than fields
 * @param rowDelimiter a byte of ASCII, as is `columnDelimiter`; neither is a carriage return or a quote
 */
export function scanDelimited(
  starts: usize,
  ends: usize,
  from: u32,
  to: u32,
  fields: usize,
  fieldCount: u32,
  rowDelimiter: u32,
  columnDelimiter: u32,
  status: usize,
): void {
  for (let row = from; row < to; row++) {
    const start: usize = load<u32>(starts + ((<usize>row) << 2))
    let end: usize = load<u32>(ends + ((<usize>row) << 2))
    if (end > start && load<u8>(end - 1) == rowDelimiter) end--
    if (rowDelimiter == 0x0a && end > start && load<u8>(end - 1) == 0x0d) end--
    let result = VALUE
    if (end > start) {
      // So that no number and no time reads on into the next record.
      const behind: u32 = load<u8>(end)
      store<u8>(end, 0)
      if (delimited(row, start, end, fields, fieldCount, rowDelimiter, columnDelimiter)) result = KEPT
      store<u8>(end, <u8>behind)
    }
    store<u8>(status + <usize>row, <u8>result)
  }
}

function delimited(
  row: u32,
  start: usize,
  end: usize,
  fields: usize,
  fieldCount: u32,
  rowDelimiter: u32,
  columnDelimiter: u32,
): bool {
  const rows = i8x16.splat(<i8>rowDelimiter)
  const commas = i8x16.splat(<i8>columnDelimiter)
  const quotes = i8x16.splat(0x22)
  let field: u32 = 0
  let at = start
  let high: u32 = 0
  for (let block = start; block < end; block += 16) {
    const bytes = v128.load(block)
    const left = end - block
    const inside: u32 = left >= 16 ? 0xffff : (1 << (<u32>left)) - 1
    if ((i8x16.bitmask(v128.or(i8x16.eq(bytes, rows), i8x16.eq(bytes, quotes))) & inside) != 0) return false
    high |= i8x16.bitmask(bytes) & inside
    let found: u32 = i8x16.bitmask(i8x16.eq(bytes, commas)) & inside
    while (found != 0 && field < fieldCount) {
      const close = block + <usize>ctz(found)
      if (!writeField(load<u32>(fields + ((<usize>field) << 2)), row, start, at, close)) return false
      field++
      at = close + 1
      found &= found - 1
    }
  }
  if (high != 0 && !isUtf8(start, end)) return false
  if (field < fieldCount) {
    if (!writeField(load<u32>(fields + ((<usize>field) << 2)), row, start, at, end)) return false
    field++
  }
  for (; field < fieldCount; field++) {
    const column: usize = load<u32>(fields + ((<usize>field) << 2))
    if (column != 0) writeNull(column, row)
  }
  return true
}

/** Writes the text `[at, close)`, as the column writers take texts; an empty one is NULL unless the column is a text. */
function writeField(column: usize, row: u32, start: usize, at: usize, close: usize): bool {
  if (column == 0) return true
  const operation: u32 = load<u32>(column)
  if (operation == TEXT) return writeText(column, row, start, at, close)
  if (at == close) {
    writeNull(column, row)
    return true
  }
  if (operation >= TIMESTAMP) return writeDatetime(column, operation, row, at, close)
  if (operation == BOOLEAN) {
    const isTrue = close - at == 4 && (load<u32>(at) | 0x20202020) == 0x65757274
    put(column, row, isTrue ? 1 : 0)
    return true
  }
  return number(at) == close && writeNumber(column, operation, row)
}

export { clear, entries, setTable, used } from './intern'
