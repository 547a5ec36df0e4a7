/** Numbers as text, exactly: digits that a double would lose are kept for BIGINT and DECIMAL. */

/** Exponents beyond this make a number too large or too small for every type; it bounds the work of an exact reading. */
const EXPONENT_MAX = 100_000
/** Digits of a number text at most; a longer one is refused, not rounded. Bounds the work of an exact reading. */
const DIGITS_MAX = 4_096

const NUMBER = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/

/**
 * The double that a number text writes: sign, digits, one point, an exponent; blanks around it are ignored.
 * @returns NaN when the text is no number; an infinity when it lies beyond the doubles
 */
export function parseNumber(text: string): number {
  const trimmed = text.trim()
  return NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN
}

/** A number text read exactly, times 10^scale. */
export interface ScaledNumber {
  /** rounded half away from zero */
  readonly value: bigint
  /** false when rounding changed the number */
  readonly exact: boolean
}

/**
 * Reads a number text exactly and multiplies it by 10^scale.
 * @returns null when the text is no number, or is beyond 10^40 or any sensible number of digits
 */
export function parseScaled(text: string, scale: number): ScaledNumber | null {
  const match = NUMBER.exec(text.trim())
  if (match === null) return null
  const whole = match[2] ?? ''
  const fraction = match[3] ?? match[4] ?? ''
  const digits = (whole + fraction).replace(/^0+/, '')
  if (digits === '') return { value: 0n, exact: true }
  const exponent = Number(match[5] ?? 0)
  if (digits.length > DIGITS_MAX || Math.abs(exponent) > EXPONENT_MAX) return null
  // The number is 0.digits * 10^magnitude; what is kept are `kept` digits of it.
  const kept = digits.length - fraction.length + exponent + scale
  if (kept > 40) return null
  if (kept < 0) return { value: 0n, exact: false }
  const head = BigInt(digits.slice(0, kept).padEnd(kept, '0') || '0')
  const tail = digits.slice(kept)
  const magnitude = tail.charCodeAt(0) >= 53 ? head + 1n : head
  return { value: match[1] === '-' ? -magnitude : magnitude, exact: /^0*$/.test(tail) }
}

/**
 * A DECIMAL as text with all digits of its scale.
 * @param unscaled the value times 10^scale
 */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString()
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** A DOUBLE as its shortest text that reads back as the same number; `-0.0` because readers take `-0` for an integer. */
export function doubleText(value: number): string {
  return value === 0 && Object.is(value, -0) ? '-0.0' : String(value)
}

/**
 * A REAL as its shortest text that reads back as the same 32-bit number.
 * Six digits always survive a 32-bit float, so a text of at most six is found at once; nine always suffice.
 */
export function realText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) <= 16_777_216) return doubleText(value)
  for (let precision = 6; precision < 9; precision++) {
    const shorter = Number(value.toPrecision(precision))
    if (Math.fround(shorter) === value) return String(shorter)
  }
  return String(Number(value.toPrecision(9)))
}
