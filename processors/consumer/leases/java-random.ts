/** Java's random numbers and shuffle, number for number. Source: documentation of java.util.Random and java.util.Collections. */

const MULTIPLIER = 0x5deece66dn
const MASK = (1n << 48n) - 1n

/** The 48-bit linear congruential generator that the documentation of java.util.Random prescribes. */
export class JavaRandom {
  #seed: bigint

  constructor(seed: bigint | number) {
    this.#seed = (BigInt(seed) ^ MULTIPLIER) & MASK
  }

  /** a whole number from 0, included, to `bound`, excluded; bound from 1 to 2^31-1 */
  nextInt(bound: number): number {
    if ((bound & -bound) === bound) return Number((BigInt(bound) * BigInt(this.#next31())) >> 31n)
    for (;;) {
      const bits = this.#next31()
      const value = bits % bound
      // Numbers of the last, incomplete run of `bound` would make small values more likely; Java sees them by overflow.
      if (bits - value + (bound - 1) < 0x8000_0000) return value
    }
  }

  #next31(): number {
    this.#seed = (this.#seed * MULTIPLIER + 0xbn) & MASK
    return Number(this.#seed >> 17n)
  }
}

/** The items as java.util.Collections.shuffle leaves them. */
export function javaShuffle<T>(items: readonly T[], random: JavaRandom): T[] {
  const list = [...items]
  for (let size = list.length; size > 1; size--) {
    const other = random.nextInt(size)
    ;[list[size - 1], list[other]] = [list[other] as T, list[size - 1] as T]
  }
  return list
}
