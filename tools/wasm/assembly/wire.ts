/**
 * Reads the records of a reply of Kinesis (JSON protocol): the body of GetRecords, or the payload of an event of
 * SubscribeToShard. The data of all records are decoded from base64 to the start of the body itself, one after the other: what
 * is written never overtakes what is read.
 *
 * A body is accepted only where every byte was understood; members may come in any order, with blanks between tokens. Anything
 * else (a member that is not known, twice the same, escapes, invalid UTF-8, ...) gives FAILED, and the caller, who still has
 * the body, reads it the slow way.
 *
 * All memory belongs to the caller, who keeps 64 bytes that are zero behind the body. Structures, with offsets in bytes:
 *
 *   COLUMNS   i32 a record: data size | key place | key size | number place | number size, ROWS_MAX each, then f64 arrival
 *   REPLY     0 iterator place (-1 null, -2 missing)  4 its size  8 children place (-2 missing)  12 size  16 texts used
 *             20 data bytes  24 millis behind latest (f64, -1 missing)  32 continuation place  36 its size
 *
 * Places of texts are relative to the area of texts.
 */

import { decode, decodedEnd } from './base64'
import { fraction, magnitude, negative, number } from './number'
import { isUtf8, stringEnd, stringHigh } from './text'

const FAILED: i32 = -1
const ROWS_MAX: u32 = 10000
const COLUMN: usize = (<usize>ROWS_MAX) << 2

const POWERS = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
])

/** Members that were seen, a bit each. */
const RECORDS: u32 = 1
const BEHIND: u32 = 2
const ITERATOR: u32 = 4
const CHILDREN: u32 = 8
const CONTINUATION: u32 = 16
const DATA: u32 = 1
const ARRIVAL: u32 = 2
const KEY: u32 = 4
const NUMBER: u32 = 8
const ENCRYPTION: u32 = 16

let texts: usize = 0
let textsEnd: usize = 0
let columns: usize = 0
let limit: usize = 0
/** Where the next data go. */
let out: usize = 0

function blanks(start: usize): usize {
  let at = start
  let byte: u32 = load<u8>(at)
  while (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) byte = load<u8>(++at)
  return at
}

/** Whether the bytes at `at` are those of a name and its closing quote; names are padded to a multiple of 16. */
function named(at: usize, name: usize, size: usize): bool {
  for (let i: usize = 0; i < size; i += 16) {
    const equal = i8x16.bitmask(i8x16.eq(v128.load(at + i), v128.load(name + i)))
    const left = size - i
    const wanted = left >= 16 ? 0xffff : (1 << (<i32>left)) - 1
    if ((equal & wanted) != wanted) return false
  }
  return true
}

const NAME_RECORDS = memory.data<u8>([82, 101, 99, 111, 114, 100, 115, 34, 0, 0, 0, 0, 0, 0, 0, 0])
const NAME_BEHIND = memory.data<u8>([
  77, 105, 108, 108, 105, 115, 66, 101, 104, 105, 110, 100, 76, 97, 116, 101, 115, 116, 34, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0,
])
const NAME_ITERATOR = memory.data<u8>([
  78, 101, 120, 116, 83, 104, 97, 114, 100, 73, 116, 101, 114, 97, 116, 111, 114, 34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0,
])
const NAME_CHILDREN = memory.data<u8>([67, 104, 105, 108, 100, 83, 104, 97, 114, 100, 115, 34, 0, 0, 0, 0])
const NAME_CONTINUATION = memory.data<u8>([
  67, 111, 110, 116, 105, 110, 117, 97, 116, 105, 111, 110, 83, 101, 113, 117, 101, 110, 99, 101, 78, 117, 109, 98, 101,
  114, 34, 0, 0, 0, 0, 0,
])
const NAME_DATA = memory.data<u8>([68, 97, 116, 97, 34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
const NAME_ARRIVAL = memory.data<u8>([
  65, 112, 112, 114, 111, 120, 105, 109, 97, 116, 101, 65, 114, 114, 105, 118, 97, 108, 84, 105, 109, 101, 115, 116, 97,
  109, 112, 34, 0, 0, 0, 0,
])
const NAME_KEY = memory.data<u8>([80, 97, 114, 116, 105, 116, 105, 111, 110, 75, 101, 121, 34, 0, 0, 0])
const NAME_NUMBER = memory.data<u8>([83, 101, 113, 117, 101, 110, 99, 101, 78, 117, 109, 98, 101, 114, 34, 0])
const NAME_ENCRYPTION = memory.data<u8>([69, 110, 99, 114, 121, 112, 116, 105, 111, 110, 84, 121, 112, 101, 34, 0])

/** The text that `keep` has copied. */
let keptPlace: i32 = 0
let keptSize: i32 = 0

/** Copies the string at `at`, which starts with a quote, to the texts; the address after it, or 0. */
function keep(at: usize): usize {
  if (load<u8>(at) != 0x22) return 0
  const start = at + 1
  const close = stringEnd(start)
  if (close == 0 || close >= limit) return 0
  if (stringHigh != 0 && !isUtf8(start, close)) return 0
  const size = close - start
  keptPlace = <i32>(textsEnd - texts)
  keptSize = <i32>size
  // Sixteen bytes at a time; the area has room for that, and what lies behind is written next or never read.
  for (let i: usize = 0; i < size; i += 16) v128.store(textsEnd + i, v128.load(start + i))
  textsEnd += size
  return close + 1
}

/** The number that `number` has read, as a double. */
function real(): f64 {
  let value = <f64>magnitude
  if (fraction > 0) value /= load<f64>(POWERS + ((<usize>fraction) << 3))
  else if (fraction < 0) value *= load<f64>(POWERS + ((<usize>-fraction) << 3))
  return negative != 0 ? -value : value
}

/** The address after a null at `at`, or 0. */
function nothing(at: usize): usize {
  return load<u32>(at) == 0x6c6c756e ? at + 4 : 0
}

/** The address after the colon of a member whose name ends before `at`, and after blanks. */
function colon(at: usize): usize {
  const place = blanks(at)
  return load<u8>(place) == 0x3a ? blanks(place + 1) : 0
}

/** Reads a record at `start` into row `row`; the address after it, or 0. */
function record(start: usize, row: u32): usize {
  if (load<u8>(start) != 0x7b) return 0
  let at = blanks(start + 1)
  let seen: u32 = 0
  const cell = columns + ((<usize>row) << 2)
  while (true) {
    if (load<u8>(at) != 0x22) return 0
    at++
    const first: u32 = load<u8>(at)
    let member: u32 = 0
    if (first == 0x44 && named(at, NAME_DATA, 5)) {
      member = DATA
      at = colon(at + 5)
      if (at == 0 || load<u8>(at) != 0x22) return 0
      at = decode(at + 1, limit, out)
      if (at == 0) return 0
      store<i32>(cell, <i32>(decodedEnd - out))
      out = decodedEnd
    } else if (first == 0x41 && named(at, NAME_ARRIVAL, 28)) {
      member = ARRIVAL
      at = colon(at + 28)
      if (at == 0) return 0
      at = number(at)
      if (at == 0) return 0
      const ms = real() * 1000
      if (!(ms >= 0 && ms < 1e15)) return 0
      store<f64>(columns + COLUMN * 5 + ((<usize>row) << 3), floor(ms + 0.5))
    } else if (first == 0x50 && named(at, NAME_KEY, 13)) {
      member = KEY
      at = colon(at + 13)
      if (at == 0) return 0
      at = keep(at)
      if (at == 0) return 0
      store<i32>(cell + COLUMN, keptPlace)
      store<i32>(cell + COLUMN * 2, keptSize)
    } else if (first == 0x53 && named(at, NAME_NUMBER, 15)) {
      member = NUMBER
      at = colon(at + 15)
      if (at == 0) return 0
      at = keep(at)
      if (at == 0) return 0
      store<i32>(cell + COLUMN * 3, keptPlace)
      store<i32>(cell + COLUMN * 4, keptSize)
    } else if (first == 0x45 && named(at, NAME_ENCRYPTION, 15)) {
      member = ENCRYPTION
      at = colon(at + 15)
      if (at == 0) return 0
      if (load<u8>(at) == 0x22) {
        const before = textsEnd
        at = keep(at)
        textsEnd = before
      } else at = nothing(at)
      if (at == 0) return 0
    } else return 0
    if ((seen & member) != 0) return 0
    seen |= member
    at = blanks(at)
    const byte: u32 = load<u8>(at)
    if (byte == 0x7d) break
    if (byte != 0x2c) return 0
    at = blanks(at + 1)
  }
  return (seen & (DATA | ARRIVAL | KEY | NUMBER)) == (DATA | ARRIVAL | KEY | NUMBER) ? at + 1 : 0
}

/** The address after the value at `start` by its brackets and strings alone, or 0: whoever parses it judges the rest. */
function skip(start: usize): usize {
  let at = start
  let depth: u32 = 0
  while (at < limit) {
    const byte: u32 = load<u8>(at)
    if (byte == 0x22) {
      at = stringEnd(at + 1)
      if (at == 0 || at >= limit) return 0
      at++
    } else {
      at++
      if (byte == 0x5b || byte == 0x7b) depth++
      else if (byte == 0x5d || byte == 0x7d) {
        depth--
        if (depth == 0) return at
      } else if (depth == 0) return 0
    }
  }
  return 0
}

/**
 * @param start of the body; the data of the records are written there
 * @param size of the body
 * @param textsAt area for texts, of the size of the body and 16 bytes
 * @returns the number of records, or FAILED
 */
export function read(start: usize, size: usize, textsAt: usize, columnsAt: usize, reply: usize): i32 {
  texts = textsAt
  textsEnd = textsAt
  columns = columnsAt
  limit = start + size
  out = start
  store<i32>(reply, -2)
  store<i32>(reply, -2, 8)
  store<f64>(reply, -1, 24)
  store<i32>(reply, -2, 32)
  let rows: u32 = 0
  let seen: u32 = 0
  let at = blanks(start)
  if (load<u8>(at) != 0x7b) return FAILED
  at = blanks(at + 1)
  while (true) {
    if (load<u8>(at) != 0x22) return FAILED
    at++
    let member: u32 = 0
    if (named(at, NAME_RECORDS, 8)) {
      member = RECORDS
      at = colon(at + 8)
      if (at == 0 || load<u8>(at) != 0x5b) return FAILED
      at = blanks(at + 1)
      if (load<u8>(at) == 0x5d) at++
      else
        while (true) {
          if (rows == ROWS_MAX) return FAILED
          at = record(at, rows++)
          if (at == 0) return FAILED
          at = blanks(at)
          const byte: u32 = load<u8>(at)
          if (byte == 0x5d) {
            at++
            break
          }
          if (byte != 0x2c) return FAILED
          at = blanks(at + 1)
        }
    } else if (named(at, NAME_BEHIND, 19)) {
      member = BEHIND
      at = colon(at + 19)
      if (at == 0) return FAILED
      at = number(at)
      if (at == 0) return FAILED
      store<f64>(reply, real(), 24)
    } else if (named(at, NAME_ITERATOR, 18) || named(at, NAME_CONTINUATION, 27)) {
      const field: usize = load<u8>(at) == 0x4e ? 0 : 32
      member = field == 0 ? ITERATOR : CONTINUATION
      at = colon(at + (field == 0 ? 18 : 27))
      if (at == 0) return FAILED
      if (load<u8>(at) == 0x22) {
        at = keep(at)
        if (at == 0) return FAILED
        store<i32>(reply + field, keptPlace)
        store<i32>(reply + field, keptSize, 4)
      } else {
        at = nothing(at)
        if (at == 0) return FAILED
        store<i32>(reply + field, -1)
      }
    } else if (named(at, NAME_CHILDREN, 12)) {
      member = CHILDREN
      at = colon(at + 12)
      if (at == 0) return FAILED
      const from = at
      at = skip(at)
      if (at == 0) return FAILED
      store<i32>(reply, <i32>(textsEnd - texts), 8)
      store<i32>(reply, <i32>(at - from), 12)
      memory.copy(textsEnd, from, at - from)
      textsEnd += at - from
    } else return FAILED
    if ((seen & member) != 0) return FAILED
    seen |= member
    at = blanks(at)
    const byte: u32 = load<u8>(at)
    if (byte == 0x7d) break
    if (byte != 0x2c) return FAILED
    at = blanks(at + 1)
  }
  if (blanks(at + 1) != limit || (seen & RECORDS) == 0) return FAILED
  store<i32>(reply, <i32>(textsEnd - texts), 16)
  store<i32>(reply, <i32>(out - start), 20)
  return <i32>rows
}
