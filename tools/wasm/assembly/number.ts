/** Numbers: those of at most 15 digits exactly, all others only by their grammar. */
import { word } from './word'

const DIGITS_MAX: usize = 15
/** Ten to this power and below is a double exactly, so that one division or product rounds once, as reading the text does. */
const POWER_MAX: i32 = 22

/**
 * The number that `number` has just read: its digits as an integer, how many of them stand after the point (below 0: zeros that
 * follow them), its sign, and whether it has an exponent.
 */
export let magnitude: i64 = 0
export let fraction: i32 = 0
export let negative: u32 = 0
export let exponential: u32 = 0

/** The address after the number at `start`, or 0 when it is none or not one that a single operation gives exactly. */
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
    fraction = <i32>after
  }
  magnitude = value
  exponential = 0
  return (<u32>load<u8>(at) | 0x20) == 0x65 ? exponent(at + 1) : at
}

/** Takes the exponent at `start` into the fraction. */
function exponent(start: usize): usize {
  let at = start
  const sign: u32 = load<u8>(at)
  if (sign == 0x2b || sign == 0x2d) at++
  const digits = at
  let value: i32 = 0
  let digit: u32
  while ((digit = <u32>load<u8>(at) - 0x30) < 10 && at - digits < 4) {
    value = value * 10 + <i32>digit
    at++
  }
  if (at == digits || digit < 10) return 0
  fraction += sign == 0x2d ? value : -value
  exponential = 1
  return fraction >= -POWER_MAX && fraction <= POWER_MAX ? at : 0
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
