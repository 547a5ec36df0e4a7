/** Dense numbers for pairs of small numbers: open addressing over typed arrays, so that composite keys need no strings. */

const EMPTY = -1

export class PairTable {
  #mask = 63
  #left = new Int32Array(64)
  #right = new Int32Array(64)
  #numbers = new Int32Array(64).fill(EMPTY)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The number of a pair; a new pair gets the next one. */
  numberOf(left: number, right: number): number {
    let at = this.#find(left, right)
    const found = this.#numbers[at]!
    if (found !== EMPTY) return found
    if (this.#size * 2 > this.#mask) {
      this.#grow()
      at = this.#find(left, right)
    }
    this.#left[at] = left
    this.#right[at] = right
    this.#numbers[at] = this.#size
    return this.#size++
  }

  clear(): void {
    this.#numbers.fill(EMPTY)
    this.#size = 0
  }

  #find(left: number, right: number): number {
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    let at = (hash ^ (hash >>> 13)) & this.#mask
    while (this.#numbers[at] !== EMPTY && (this.#left[at] !== left || this.#right[at] !== right))
      at = (at + 1) & this.#mask
    return at
  }

  #grow(): void {
    const [left, right, numbers] = [this.#left, this.#right, this.#numbers]
    const capacity = (this.#mask + 1) * 2
    this.#mask = capacity - 1
    this.#left = new Int32Array(capacity)
    this.#right = new Int32Array(capacity)
    this.#numbers = new Int32Array(capacity).fill(EMPTY)
    for (let i = 0; i < numbers.length; i++) {
      if (numbers[i] === EMPTY) continue
      const at = this.#find(left[i]!, right[i]!)
      this.#left[at] = left[i]!
      this.#right[at] = right[i]!
      this.#numbers[at] = numbers[i]!
    }
  }
}
