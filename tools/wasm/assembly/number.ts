/** Numbers: those of at most 15 digits exactly, all others only by their grammar. */
import { word } from './word'

const DIGITS_MAX: usize = 15
/** Ten to the number of digits, by 8 bits a digit. */
const TENS = memory.data<i64>([1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000])
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

/** Digits by eight, put in place where it is called; only methods may have decorators in the syntax of TypeScript. */
export abstract class Digits {
  /** The bytes of eight that are no digits, from their differences to the digit 0: the lowest bit set is right, those above it may not be. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static nonDigits(differences: u64): u64 {
    return ((differences + word(0x76767676, 0x76767676)) | differences) & word(0x80808080, 0x80808080)
  }

  /** The number that the first digits of eight write, `bits` (8 a digit, from 8 to 64) of them. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static valueOf(differences: u64, bits: u64): i64 {
    const digits = differences << (64 - bits)
    const pairs = digits * 10 + (digits >> 8)
    return <i64>(
      (((pairs & word(0xff, 0xff)) * word(0xf4240, 0x64) + ((pairs >> 16) & word(0xff, 0xff)) * word(0x2710, 0x1)) >>
        32)
    )
  }

  /** Ten to the number of digits, `bits` 8 a digit. */
  // @ts-ignore: a decorator of AssemblyScript
  @inline
  static ten(bits: u64): i64 {
    return load<i64>(TENS + <usize>bits)
  }
}

/** The address after the number at `start`, or 0 when it is none or not one that a single operation gives exactly. */
export function number(start: usize): usize {
  let at = start
  negative = load<u8>(at) == 0x2d ? 1 : 0
  at += <usize>negative
  // Digits eight at a time and without a loop for each: how many there are is what no processor can guess.
  const whole = load<u64>(at) ^ word(0x30303030, 0x30303030)
  const wholeEnds = Digits.nonDigits(whole)
  if (wholeEnds == 0) return longNumber(at)
  const wholeBits = <u64>ctz(wholeEnds) & 0x78
  if (wholeBits == 0 || (wholeBits > 8 && (whole & 0xff) == 0)) return 0
  at += <usize>(wholeBits >> 3)
  let value = Digits.valueOf(whole, wholeBits)
  let digits: i32 = 0
  if (load<u8>(at) == 0x2e) {
    const part = load<u64>(at + 1) ^ word(0x30303030, 0x30303030)
    const partEnds = Digits.nonDigits(part)
    if (partEnds == 0) return longNumber(at - <usize>(wholeBits >> 3))
    const partBits = <u64>ctz(partEnds) & 0x78
    if (partBits == 0) return 0
    value = value * Digits.ten(partBits) + Digits.valueOf(part, partBits)
    digits = <i32>(partBits >> 3)
    at += 1 + <usize>digits
  }
  fraction = digits
  magnitude = value
  exponential = 0
  return (<u32>load<u8>(at) | 0x20) == 0x65 ? exponent(at + 1) : at
}

/** As `number`, from its first digit on, where eight or more digits come together. */
function longNumber(start: usize): usize {
  let at = start
  let value: i64 = 0
  const eight = load<u64>(at) ^ word(0x30303030, 0x30303030)
  if (Digits.nonDigits(eight) == 0) {
    value = Digits.valueOf(eight, 64)
    at += 8
    const rest = load<u64>(at) ^ word(0x30303030, 0x30303030)
    const bits = Digits.nonDigits(rest) == 0 ? 0 : <u64>ctz(Digits.nonDigits(rest)) & 0x78
    if (bits > 0) {
      value = value * Digits.ten(bits) + Digits.valueOf(rest, bits)
      at += <usize>(bits >> 3)
    }
  }
  let digit: u32
  while ((digit = <u32>load<u8>(at) - 0x30) < 10) {
    value = value * 10 + <i64>digit
    at++
  }
  const whole = at - start
  if (whole == 0 || whole > DIGITS_MAX || (whole > 1 && load<u8>(start) == 0x30)) return 0
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
  while (true) {
    const ends = Digits.nonDigits(load<u64>(at) ^ word(0x30303030, 0x30303030))
    if (ends != 0) return at + (<usize>ctz(ends) >> 3)
    at += 8
  }
}
