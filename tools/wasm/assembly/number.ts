/** Numbers: those of at most 15 digits without an exponent exactly, all others only by their grammar. */
import { word } from './word'

const DIGITS_MAX: usize = 15

/** The number that `number` has just read: its digits as an integer, how many of them stand after the point, its sign. */
export let magnitude: i64 = 0
export let fraction: u32 = 0
export let negative: u32 = 0

/** The address after the number at `start`, or 0 when it is none or not one that a double division gives exactly. */
export function number(start: usize): usize {
  let at = start
  negative = load<u8>(at) == 0x2d ? 1 : 0
  at += <usize>negative
  const digits = at
  let value: i64 = 0
  // Eight digits at once, where there are eight.
  const eight = load<u64>(at) - word(0x30303030, 0x30303030)
  if ((((eight + word(0x76767676, 0x76767676)) | eight) & word(0x80808080, 0x80808080)) == 0) {
    const pairs = eight * 10 + (eight >> 8)
    value = <i64>(
      (((pairs & word(0xff, 0xff)) * word(0xf4240, 0x64) + ((pairs >> 16) & word(0xff, 0xff)) * word(0x2710, 0x1)) >>
        32)
    )
    at += 8
  }
  let digit: u32
  while ((digit = <u32>load<u8>(at) - 0x30) < 10) {
    value = value * 10 + <i64>digit
    at++
  }
  const whole = at - digits
  if (whole == 0 || whole > DIGITS_MAX || (whole > 1 && load<u8>(digits) == 0x30)) return 0
  fraction = 0
  if (load<u8>(at) == 0x2e) {
    const point = ++at
    while ((digit = <u32>load<u8>(at) - 0x30) < 10) {
      value = value * 10 + <i64>digit
      at++
    }
    const after = at - point
    if (after == 0 || whole + after > DIGITS_MAX) return 0
    fraction = <u32>after
  }
  if ((<u32>load<u8>(at) | 0x20) == 0x65) return 0
  magnitude = value
  return at
}

/** The address after the number at `start` by the grammar of JSON alone, or 0. */
export function skipNumber(start: usize): usize {
  let at = start
  if (load<u8>(at) == 0x2d) at++
  if (load<u8>(at) == 0x30) at++
  else {
    const digits = at
    at = skipDigits(at)
    if (at == digits) return 0
  }
  if (load<u8>(at) == 0x2e) {
    const digits = ++at
    at = skipDigits(at)
    if (at == digits) return 0
  }
  if ((<u32>load<u8>(at) | 0x20) == 0x65) {
    at++
    const sign: u32 = load<u8>(at)
    if (sign == 0x2b || sign == 0x2d) at++
    const digits = at
    at = skipDigits(at)
    if (at == digits) return 0
  }
  return at
}

function skipDigits(start: usize): usize {
  let at = start
  while (<u32>load<u8>(at) - 0x30 < 10) at++
  return at
}
