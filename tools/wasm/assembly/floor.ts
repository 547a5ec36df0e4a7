// The least that any JSON scanner does to bytes: where the quotes, backslashes and control characters are, and what lies in
// strings. The bench measures how far the product is from it; nothing else uses this.

/**
 * Reads `size` bytes from `at` on, 64 at a time; what lies beyond must be readable.
 * @param out takes the quotes, a bit each
 * @returns other than 0 if there is a backslash or a control character in a string
 */
export function structural(at: usize, size: u32, out: usize): u32 {
  const quote = i8x16.splat(0x22)
  const backslash = i8x16.splat(0x5c)
  const space = i8x16.splat(0x20)
  let carry: u64 = 0
  let bad: u64 = 0
  for (const end = at + size; at < end; at += 64, out += 8) {
    const first = v128.load(at)
    const second = v128.load(at, 16)
    const third = v128.load(at, 32)
    const fourth = v128.load(at, 48)
    const quotes = equal(first, second, third, fourth, quote)
    const backslashes = equal(first, second, third, fourth, backslash)
    const controls = joined(
      i8x16.bitmask(i8x16.lt_u(first, space)),
      i8x16.bitmask(i8x16.lt_u(second, space)),
      i8x16.bitmask(i8x16.lt_u(third, space)),
      i8x16.bitmask(i8x16.lt_u(fourth, space)),
    )
    let inside = quotes
    inside ^= inside << 1
    inside ^= inside << 2
    inside ^= inside << 4
    inside ^= inside << 8
    inside ^= inside << 16
    inside ^= inside << 32
    inside ^= carry
    carry = <u64>(<i64>inside >> 63)
    bad |= backslashes | (controls & inside)
    store<u64>(out, quotes)
  }
  return bad == 0 ? 0 : 1
}

function equal(first: v128, second: v128, third: v128, fourth: v128, byte: v128): u64 {
  return joined(
    i8x16.bitmask(i8x16.eq(first, byte)),
    i8x16.bitmask(i8x16.eq(second, byte)),
    i8x16.bitmask(i8x16.eq(third, byte)),
    i8x16.bitmask(i8x16.eq(fourth, byte)),
  )
}

function joined(first: i32, second: i32, third: i32, fourth: i32): u64 {
  return <u64>(<u32>(first | (second << 16))) | ((<u64>(<u32>(third | (fourth << 16)))) << 32)
}
