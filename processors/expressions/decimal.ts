/** Exact decimals as unscaled bigints: value * 10^scale. */

const POWERS = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent))
const INTEGER_EXACT = BigInt(Number.MAX_SAFE_INTEGER)

export function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent)
}

/** a / b rounded to the nearest integer, half away from zero. b is not 0. */
export function divideRounded(a: bigint, b: bigint): bigint {
  const quotient = a / b
  const rest = a % b
  const doubled = (rest < 0n ? -rest : rest) * 2n
  if (doubled < (b < 0n ? -b : b)) return quotient
  return a < 0n === b < 0n ? quotient + 1n : quotient - 1n
}

/** The same number with another scale, rounded half away from zero where digits are lost. */
export function rescale(unscaled: bigint, from: number, to: number): bigint {
  if (from === to) return unscaled
  return to > from ? unscaled * powerOfTen(to - from) : divideRounded(unscaled, powerOfTen(from - to))
}

/** True when a number has at most `precision` digits. */
export function fitsPrecision(unscaled: bigint, precision: number): boolean {
  const limit = powerOfTen(precision)
  return unscaled < limit && unscaled > -limit
}

/** Plain digits with exactly `scale` places after the point. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString()
  const sign = unscaled < 0n ? '-' : ''
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** The nearest double. */
export function decimalToNumber(unscaled: bigint, scale: number): number {
  if (scale === 0) return Number(unscaled)
  // Both parts are exact below 2^53 and 10^22, so that one division rounds once.
  if (unscaled <= INTEGER_EXACT && unscaled >= -INTEGER_EXACT) return Number(unscaled) / 10 ** scale
  return Number(decimalText(unscaled, scale))
}

/** Longest exponent that numeric text may have here; beyond it a value fits no exact type, or is 0. */
const EXPONENT_MAX = 400

/**
 * Reads `[+-]digits[.digits][E[+-]digits]` as a number of the given scale, rounded half away from zero.
 * @returns null when the text is something else
 */
export function parseDecimal(text: string, scale: number): bigint | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/.exec(text)
  if (match === null) return null
  const [, sign, whole = '', fraction = '', exponentText] = match
  if (whole === '' && fraction === '') return null
  const digits = BigInt(whole + fraction)
  const exponent = exponentText === undefined ? 0 : Number(exponentText)
  const shift = scale - fraction.length + exponent
  if (digits === 0n || shift < -EXPONENT_MAX - fraction.length - whole.length) return 0n
  const unscaled =
    shift >= 0 ? digits * powerOfTen(Math.min(shift, EXPONENT_MAX)) : divideRounded(digits, powerOfTen(-shift))
  return sign === '-' ? -unscaled : unscaled
}

/** A double as a decimal of the given scale, rounded half away from zero by its shortest decimal text, as people read it. */
export function numberToDecimal(value: number, scale: number): bigint {
  const scaled = value * 10 ** scale
  if (Math.abs(scaled) < 1e15) {
    const whole = Math.trunc(scaled)
    const rest = Math.abs(scaled - whole)
    if (rest < 0.499_999) return BigInt(whole)
    if (rest > 0.500_001) return BigInt(whole + Math.sign(scaled))
  }
  return parseDecimal(String(value), scale) ?? 0n
}

/** The nearest integer, half away from zero; never -0. */
export function roundAway(value: number): number {
  const whole = Math.trunc(value)
  return (Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole) + 0
}
