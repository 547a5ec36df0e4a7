/** Doubles as whole numbers: every double is a whole multiple of 2^-1074, so that sums of them can be exact. */

/** Doubles are whole multiples of 2^-DOUBLE_SCALE. */
export const DOUBLE_SCALE = 1_074

const view = new DataView(new ArrayBuffer(8))

/** A finite double times 2^1074. */
export function scaledDouble(value: number): bigint {
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xf_ffff_ffff_ffffn
  const magnitude = exponent === 0 ? fraction : (fraction | 0x10_0000_0000_0000n) << BigInt(exponent - 1)
  return bits >> 63n === 1n ? -magnitude : magnitude
}

/**
 * The double nearest to `numerator / denominator / 2^scale`, or an infinity.
 * @param denominator above 0
 */
export function ratioToDouble(numerator: bigint, denominator: bigint, scale: number): number {
  if (numerator === 0n) return 0
  const magnitude = numerator < 0n ? -numerator : numerator
  // A quotient of 64 bits or so; what is cut only has to be known as not nothing for the rounding to be right.
  const shift = Math.max(0, 64 - (bitLength(magnitude) - bitLength(denominator)))
  const shifted = magnitude << BigInt(shift)
  const quotient = shifted / denominator
  const isCut = quotient * denominator !== shifted
  const drop = Math.max(0, bitLength(quotient) - 64)
  const kept = quotient >> BigInt(drop)
  const isDropped = kept << BigInt(drop) !== quotient
  let result = Number(isCut || isDropped ? kept | 1n : kept)
  // In steps, because one power alone may be beyond the range of doubles.
  for (let power = drop - shift - scale; power !== 0; ) {
    const step = Math.max(-1_000, Math.min(1_000, power))
    result *= 2 ** step
    power -= step
  }
  return numerator < 0n ? -result : result
}

function bitLength(value: bigint): number {
  const hex = value.toString(16)
  return hex.length * 4 - Math.clz32(Number.parseInt(hex[0] ?? '0', 16)) + 28
}
