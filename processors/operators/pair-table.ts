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

  /** Numbers of the first `length` pairs into `into`; those at or above the size before are new, each where it first stands. */
  read(left: Int32Array, right: Int32Array, length: number, into: Int32Array): void {
    while ((this.#size + length) * 2 > this.#mask + 1) this.#grow()
    this.#size = readPairs(this.#left, this.#right, this.#numbers, this.#mask, this.#size, left, right, length, into)
  }

  clear(): void {
    this.#numbers.fill(EMPTY)
    this.#size = 0
  }

  #find(left: number, right: number): number {
    let at = hashOf(left, right) & this.#mask
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

function hashOf(left: number, right: number): number {
  let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return hash ^ (hash >>> 13)
}

/** Returns the size after it. There is room for all pairs. */
function readPairs(
  lefts: Int32Array,
  rights: Int32Array,
  numbers: Int32Array,
  mask: number,
  size: number,
  left: Int32Array,
  right: Int32Array,
  length: number,
  into: Int32Array,
): number {
  let next = size
  for (let i = 0; i < length; i++) {
    const l = left[i]!
    const r = right[i]!
    let at = hashOf(l, r) & mask
    let number = numbers[at]!
    while (number !== EMPTY && (lefts[at] !== l || rights[at] !== r)) {
      at = (at + 1) & mask
      number = numbers[at]!
    }
    if (number === EMPTY) {
      lefts[at] = l
      rights[at] = r
      numbers[at] = number = next++
    }
    into[i] = number
  }
  return next
}
