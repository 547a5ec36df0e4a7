/** Base64 (RFC 4648, section 4, with padding) inside a JSON string: sixteen characters at once while all are of the alphabet. */

/** The address after the bytes that `decode` has just written. */
export let decodedEnd: usize = 0

/** The value of a character, or 64. */
function sextet(byte: u32): u32 {
  if (byte - 0x41 < 26) return byte - 0x41
  if (byte - 0x61 < 26) return byte - 71
  if (byte - 0x30 < 10) return byte + 4
  if (byte == 0x2b) return 62
  return byte == 0x2f ? 63 : 64
}

/**
 * Decodes the text from `start` up to a quote.
 * @param limit the quote lies below it
 * @param to where the bytes go, at most `start`; up to 4 bytes behind them are written, too
 * @returns the address after the quote, or 0 when the text is no base64
 */
export function decode(start: usize, limit: usize, to: usize): usize {
  let at = start
  let out = to
  // By the high and the low half of a byte: two sets of bits that meet where it is not of the alphabet.
  const lows = i8x16(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a)
  const highs = i8x16(0x10, 0x10, 1, 2, 4, 8, 4, 8, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10)
  // What to add to a character to get its value, by its high half; the slash is one lower.
  const shifts = i8x16(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0)
  const order = i8x16(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 16, 16, 16, 16)
  const half = i8x16.splat(15)
  while (true) {
    const block = v128.load(at)
    const high = v128.and(i8x16.shr_u(block, 4), half)
    const wrong = v128.and(i8x16.swizzle(lows, v128.and(block, half)), i8x16.swizzle(highs, high))
    if (v128.any_true(wrong)) break
    const values = i8x16.add(block, i8x16.swizzle(shifts, i8x16.add(i8x16.eq(block, i8x16.splat(0x2f)), high)))
    // Two 6-bit values to 12 bits, two of those to 24.
    const pairs = v128.or(i16x8.shl(v128.and(values, i16x8.splat(0xff)), 6), i16x8.shr_u(values, 8))
    const words = i32x4.dot_i16x8_s(pairs, i32x4.splat(0x00011000))
    v128.store(out, i8x16.swizzle(words, order))
    out += 12
    at += 16
  }
  while (true) {
    const a = sextet(load<u8>(at))
    if (a == 64) break
    const b = sextet(load<u8>(at, 1))
    if (b == 64) return 0
    const c = sextet(load<u8>(at, 2))
    const d = sextet(load<u8>(at, 3))
    store<u8>(out++, <u8>((a << 2) | (b >> 4)))
    if (c == 64) {
      if (load<u8>(at, 2) != 0x3d || load<u8>(at, 3) != 0x3d) return 0
      at += 4
      break
    }
    store<u8>(out++, <u8>((b << 4) | (c >> 2)))
    if (d == 64) {
      if (load<u8>(at, 3) != 0x3d) return 0
      at += 4
      break
    }
    store<u8>(out++, <u8>((c << 6) | d))
    at += 4
  }
  decodedEnd = out
  return load<u8>(at) == 0x22 && at < limit ? at + 1 : 0
}
