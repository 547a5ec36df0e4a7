/**
 * Powers with the same bits everywhere. The `**` of an engine may differ in the last bit from version to version, and between
 * interpreted and optimised code: 10 to the power of -5 is not always 0.00001.
 */

/** A number as the sum of two doubles, the second far below the first. */
interface Pair {
  readonly high: number
  readonly low: number
}

/** Whole exponents up to this size are computed here; larger ones overflow for nearly every base. */
const EXPONENT_MAX = 1_024
/** Beyond these sizes the errors of products are no numbers with full precision any more. */
const SIZE_MIN = 1e-280
const SIZE_MAX = 1e290
/** 2^27 + 1: splits a double into two halves of 26 bits (T. J. Dekker, 1971). */
const SPLITTER = 134_217_729

/**
 * `base` to the power of `exponent`; for whole exponents and one half the nearest double, or in rare cases its neighbour.
 * Not for bases below zero with a fraction.
 */
export function powerOf(base: number, exponent: number): number {
  if (exponent === 0.5) return Math.sqrt(base)
  const size = Math.abs(base)
  if (!Number.isInteger(exponent) || Math.abs(exponent) > EXPONENT_MAX || size < SIZE_MIN || size > SIZE_MAX)
    return base ** exponent
  const power = wholePower(base, Math.abs(exponent))
  const powerSize = Math.abs(power.high)
  if (!(powerSize > SIZE_MIN && powerSize < SIZE_MAX)) return base ** exponent
  return exponent < 0 ? reciprocal(power) : power.high + power.low
}

/** By repeated squaring. Every step lies between 1 and the result, so only the result can be too large or too small. */
function wholePower(base: number, exponent: number): Pair {
  let power: Pair = { high: 1, low: 0 }
  let square: Pair = { high: base, low: 0 }
  for (let rest = exponent; rest > 0; ) {
    if (rest % 2 === 1) power = product(power, square)
    rest = Math.floor(rest / 2)
    if (rest > 0) square = product(square, square)
  }
  return power
}

function product(a: Pair, b: Pair): Pair {
  const high = a.high * b.high
  const low = productError(a.high, b.high, high) + (a.high * b.low + a.low * b.high)
  const sum = high + low
  return { high: sum, low: low - (sum - high) }
}

/** One step of Newton's after the first quotient. */
function reciprocal({ high, low }: Pair): number {
  const first = 1 / high
  const back = first * high
  const rest = 1 - back - productError(first, high, back) - first * low
  return first + rest / high
}

/** What `a * b` is more than the double `result`, exactly. */
function productError(a: number, b: number, result: number): number {
  const aTop = topHalf(a)
  const bTop = topHalf(b)
  const aRest = a - aTop
  const bRest = b - bTop
  return aTop * bTop - result + aTop * bRest + aRest * bTop + aRest * bRest
}

function topHalf(value: number): number {
  const scaled = SPLITTER * value
  return scaled - (scaled - value)
}
