/** Strings: where they end, and whether their bytes are UTF-8. */

/** Not 0 when the string that `stringEnd` has just passed holds bytes from 0x80 on. */
export let stringHigh: u32 = 0

/** Where `stringEnd` stopped: at the closing quote, an escape or a control character. */
export let stringStop: usize = 0

/** The address of the closing quote, or 0 when an escape or a control character comes before it. */
export function stringEnd(start: usize): usize {
  let high: u32 = 0
  let at = start
  while (true) {
    const block = v128.load(at)
    const stops = i8x16.bitmask(
      v128.or(
        i8x16.eq(block, i8x16.splat(0x22)),
        v128.or(i8x16.eq(block, i8x16.splat(0x5c)), i8x16.lt_u(block, i8x16.splat(0x20))),
      ),
    )
    const above = i8x16.bitmask(block)
    if (stops != 0) {
      const before = ctz(stops)
      stringHigh = high | (above & ((1 << before) - 1))
      at += <usize>before
      stringStop = at
      return load<u8>(at) == 0x22 ? at : 0
    }
    high |= above
    at += 16
  }
}

function continues(at: usize): bool {
  return (load<u8>(at) & 0xc0) == 0x80
}

/** Whether `[start, end)` is well-formed (Unicode, table 3-7); a character that ends behind the end is not. */
export function isUtf8(start: usize, end: usize): bool {
  let at = start
  while (at < end) {
    const high = i8x16.bitmask(v128.load(at))
    if (high == 0) {
      at += 16
      continue
    }
    at += <usize>ctz(high)
    if (at >= end) return true
    const first: u32 = load<u8>(at)
    if (first < 0xc2) return false
    else if (first < 0xe0) {
      if (!continues(at + 1)) return false
      at += 2
    } else if (first < 0xf0) {
      const second: u32 = load<u8>(at, 1)
      if (!continues(at + 1) || !continues(at + 2)) return false
      if (first == 0xe0 && second < 0xa0) return false
      if (first == 0xed && second >= 0xa0) return false
      at += 3
    } else {
      if (first > 0xf4) return false
      const second: u32 = load<u8>(at, 1)
      if (!continues(at + 1) || !continues(at + 2) || !continues(at + 3)) return false
      if (first == 0xf0 && second < 0x90) return false
      if (first == 0xf4 && second >= 0x90) return false
      at += 4
    }
    // A character that ends behind the end.
    if (at > end) return false
  }
  return true
}

/** Bytes of a text without its escapes, at most; texts that are longer go the slow way. */
export const UNESCAPED_BYTES_MAX: usize = 255
export const UNESCAPED = memory.data(320)
/** Bytes that `unescape` has written to UNESCAPED, or more than UNESCAPED_BYTES_MAX when it gave up writing. */
export let unescapedSize: usize = 0

/** The value of four hexadecimal digits, or 0x10000. */
function hex4(at: usize): u32 {
  let value: u32 = 0
  for (let i: usize = 0; i < 4; i++) {
    const byte: u32 = load<u8>(at + i)
    const low = byte | 0x20
    if (byte - 0x30 < 10) value = (value << 4) | (byte - 0x30)
    else if (low - 0x61 < 6) value = (value << 4) | (low - 0x57)
    else return 0x10000
  }
  return value
}

/** What the letter of an escape stands for, or 0. */
function escaped(letter: u32): u32 {
  if (letter == 0x22 || letter == 0x5c || letter == 0x2f) return letter
  if (letter == 0x62) return 8
  if (letter == 0x66) return 12
  if (letter == 0x6e) return 10
  if (letter == 0x72) return 13
  return letter == 0x74 ? 9 : 0
}

/**
 * Reads a string with escapes by the grammar of JSON. Surrogates without a partner are no text that a column takes.
 * @param write 0 judges it only
 * @returns the address of the closing quote, which lies below `end`, or 0
 */
export function unescape(start: usize, end: usize, write: u32): usize {
  let at = start
  let to = UNESCAPED
  const limit = UNESCAPED + UNESCAPED_BYTES_MAX
  while (at < end) {
    const byte: u32 = load<u8>(at)
    if (byte == 0x22) {
      unescapedSize = to - UNESCAPED
      return at
    }
    if (byte < 0x20) return 0
    let code = byte
    if (byte != 0x5c) at++
    else {
      const letter: u32 = load<u8>(at, 1)
      if (letter == 0x75) {
        code = hex4(at + 2)
        if (code > 0xffff) return 0
        at += 6
        if ((code & 0xf800) == 0xd800) {
          const second = code < 0xdc00 && load<u8>(at) == 0x5c && load<u8>(at, 1) == 0x75 ? hex4(at + 2) : 0
          if ((second & 0xfc00) != 0xdc00 || second > 0xffff) return 0
          code = 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00)
          at += 6
        }
      } else {
        code = escaped(letter)
        if (code == 0) return 0
        at += 2
      }
    }
    if (write == 0 || to > limit) continue
    if (byte != 0x5c || code < 0x80) store<u8>(to++, <u8>code)
    else if (code < 0x800) {
      store<u8>(to, <u8>(0xc0 | (code >> 6)))
      store<u8>(to, <u8>(0x80 | (code & 0x3f)), 1)
      to += 2
    } else if (code < 0x10000) {
      store<u8>(to, <u8>(0xe0 | (code >> 12)))
      store<u8>(to, <u8>(0x80 | ((code >> 6) & 0x3f)), 1)
      store<u8>(to, <u8>(0x80 | (code & 0x3f)), 2)
      to += 3
    } else {
      store<u8>(to, <u8>(0xf0 | (code >> 18)))
      store<u8>(to, <u8>(0x80 | ((code >> 12) & 0x3f)), 1)
      store<u8>(to, <u8>(0x80 | ((code >> 6) & 0x3f)), 2)
      store<u8>(to, <u8>(0x80 | (code & 0x3f)), 3)
      to += 4
    }
  }
  return 0
}
