/** Strings: where they end, and whether their bytes are UTF-8. */

/** Not 0 when the string that `stringEnd` has just passed holds bytes from 0x80 on. */
export let stringHigh: u32 = 0

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
      return load<u8>(at) == 0x22 ? at : 0
    }
    high |= above
    at += 16
  }
}

function continues(at: usize): bool {
  return (load<u8>(at) & 0xc0) == 0x80
}

/** Whether `[start, end)` is well-formed (Unicode, table 3-7). A quote stands behind the end, so no byte beyond it continues. */
export function isUtf8(start: usize, end: usize): bool {
  let at = start
  while (at < end) {
    const first: u32 = load<u8>(at)
    if (first < 0x80) at++
    else if (first < 0xc2) return false
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
  }
  return true
}
