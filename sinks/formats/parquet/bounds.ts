/** Least and greatest value of a chunk, in the order that Parquet defines for its type. */
import type { ByteEntries } from './byte-entries.ts'

/** As hyparquet-writer takes them; empty where there are none. */
export interface Bounds {
  readonly min_value?: number | bigint | boolean | Uint8Array
  readonly max_value?: number | bigint | boolean | Uint8Array
}

const NONE: Bounds = {}

/**
 * Of numbers. With NaN there are no bounds: a reader may take them as a promise for every row (DuckDB does, and then finds NaN
 * where it looked for the one number beside it). A zero may be of either sign: the least is -0 and the greatest +0.
 */
export function numberBounds(
  values: Int32Array | Float32Array | Float64Array,
  count: number,
  floating: boolean,
): Bounds {
  let least = Number.POSITIVE_INFINITY
  let greatest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    if (value < least) least = value
    if (value > greatest) greatest = value
    if (floating && value !== value) return NONE
  }
  if (count === 0) return NONE
  if (!floating) return { min_value: least, max_value: greatest }
  return { min_value: least === 0 ? -0 : least, max_value: greatest === 0 ? 0 : greatest }
}

/** Of 64-bit numbers by halves, the lower one first: reading them whole makes a bigint each. */
export function bigintBounds(halves: Int32Array, count: number): Bounds {
  if (count === 0) return NONE
  let least = 0
  let greatest = 0
  for (let i = 1; i < count; i++) {
    if (isBelow(halves, i, least)) least = i
    else if (isBelow(halves, greatest, i)) greatest = i
  }
  const at = (index: number): bigint => (BigInt(halves[index * 2 + 1]!) << 32n) | BigInt(halves[index * 2]! >>> 0)
  return { min_value: at(least), max_value: at(greatest) }
}

function isBelow(halves: Int32Array, left: number, right: number): boolean {
  const high = halves[left * 2 + 1]! - halves[right * 2 + 1]!
  return high < 0 || (high === 0 && halves[left * 2]! >>> 0 < halves[right * 2]! >>> 0)
}

export function booleanBounds(values: Uint8Array, count: number): Bounds {
  if (count === 0) return NONE
  const part = values.subarray(0, count)
  return { min_value: !part.includes(0), max_value: part.includes(1) }
}

/**
 * By unsigned bytes, which for UTF-8 is the order of code points.
 * @param signed true: they are numbers of one size in two's complement, the highest byte first
 */
export function byteBounds({ bytes, starts, length }: ByteEntries, signed: boolean): Bounds {
  if (length === 0) return NONE
  let least = 0
  let greatest = 0
  const compare = (left: number, right: number): number => {
    const leftStart = starts[left]!
    const rightStart = starts[right]!
    const leftSize = starts[left + 1]! - leftStart
    const rightSize = starts[right + 1]! - rightStart
    const size = Math.min(leftSize, rightSize)
    if (signed) {
      const difference = (bytes[leftStart]! ^ 0x80) - (bytes[rightStart]! ^ 0x80)
      if (difference !== 0) return difference
    }
    for (let i = 0; i < size; i++) {
      const difference = bytes[leftStart + i]! - bytes[rightStart + i]!
      if (difference !== 0) return difference
    }
    return leftSize - rightSize
  }
  for (let i = 1; i < length; i++) {
    if (compare(i, least) < 0) least = i
    else if (compare(i, greatest) > 0) greatest = i
  }
  // To hyparquet-writer a bigint is what is stored of a DECIMAL.
  const at = (index: number): Uint8Array | bigint => {
    const value = bytes.slice(starts[index], starts[index + 1])
    return signed ? BigInt.asIntN(value.length * 8, BigInt(`0x${Buffer.from(value).toString('hex')}`)) : value
  }
  return { min_value: at(least), max_value: at(greatest) }
}
