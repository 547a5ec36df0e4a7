/** Random choices that a seed decides. Made for speed: weighted choices look into a table, and nothing is allocated. */

/** mulberry32: 32 bits of state, good enough for visitors. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e37_79b9) | 0
  }

  /** a whole number from 0 to 2^32 - 1 */
  word(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }

  /** from 0, included, to 1, excluded */
  next(): number {
    return this.word() / 0x1_0000_0000
  }

  /** a whole number from 0, included, to `end`, excluded */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  /** true in `share` of all calls */
  chance(share: number): boolean {
    return this.next() < share
  }
}

/** Places of a choice's table: weights are exact to one in so many. */
const PLACES = 4_096

/** A weighted choice of the numbers 0 to n - 1. */
export class Choice {
  readonly #places = new Uint16Array(PLACES)

  /** @param weights relative, not negative, at least one above 0; up to 4,096 of them */
  constructor(weights: readonly number[]) {
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    let sum = 0
    let from = 0
    weights.forEach((weight, index) => {
      sum += weight
      const to = Math.round((sum / total) * PLACES)
      this.#places.fill(index, from, to)
      from = to
    })
  }

  pick(dice: Dice): number {
    return this.#places[dice.word() & (PLACES - 1)] ?? 0
  }
}

/** Weights of Zipf's law: the k-th most popular of n has weight 1 / k^exponent. */
export function zipf(n: number, exponent: number): number[] {
  return Array.from({ length: n }, (_, k) => 1 / (k + 1) ** exponent)
}
