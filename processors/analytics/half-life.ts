/** What is left after a number of half-lives, with the same bits on every version of the runtime. */

/** Beyond so many half-lives nothing is left that a double can hold. */
const HALF_LIVES_MAX = 1_075

/**
 * 2^-halfLives, for 0 and above. The whole part is an exact power of two; the rest goes through `Math.exp`, which engines have
 * computed alike for years, where their powers with fractions differ in the last bit.
 */
export function remaining(halfLives: number): number {
  if (halfLives > HALF_LIVES_MAX) return 0
  const whole = Math.floor(halfLives)
  return 2 ** -whole * Math.exp(-Math.LN2 * (halfLives - whole))
}
