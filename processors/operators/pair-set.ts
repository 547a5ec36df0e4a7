/**
 * A set of pairs of small numbers, in the order in which they came: open addressing over one array. A pair is packed into 30 bits
 * where both numbers are small, so that a look costs one access to memory; else the table holds places in the list of pairs.
 */
import { ROWS_PER_BATCH_MAX } from '../../core/rows.ts'
import { grownInts } from './accumulators/slots.ts'

const PACKED_BITS_MAX = 30
const CAPACITY_MIN = 64

// Scratch of one call.
const KEYS = new Int32Array(ROWS_PER_BATCH_MAX)
const PLACES = new Int32Array(ROWS_PER_BATCH_MAX)
const SEEN = new Int32Array(ROWS_PER_BATCH_MAX)

export class PairSet {
  /** the pairs, in order */
  lefts = new Int32Array(CAPACITY_MIN)
  rights = new Int32Array(CAPACITY_MIN)
  #size = 0
  /** 0: empty; else the packed pair, or its place, plus 1 */
  #table = new Int32Array(CAPACITY_MIN)
  /** bits of the right number in a packed pair */
  #rightBits = 8
  #leftBits = 8
  #isPacked = true

  get size(): number {
    return this.#size
  }

  /**
   * Adds pairs, at most a batch of them.
   * @param leftEnd every left number is below it, and every right one below `rightEnd`
   * @param fresh gets the places among those given of the pairs that were new
   * @returns their number
   */
  add(
    lefts: Int32Array,
    rights: Int32Array,
    count: number,
    leftEnd: number,
    rightEnd: number,
    fresh: Int32Array,
  ): number {
    this.#makeRoom(count, leftEnd, rightEnd)
    const from = this.#size
    const added = this.#isPacked
      ? addPacked(this.#table, this.lefts, this.rights, from, this.#rightBits, lefts, rights, count, fresh)
      : addWide(this.#table, this.lefts, this.rights, from, lefts, rights, count, fresh)
    this.#size += added
    return added
  }

  clear(): void {
    // A table that was large once would be cleared for ever.
    if (this.#table.length > CAPACITY_MIN && this.#size * 16 < this.#table.length)
      this.#table = new Int32Array(Math.max(CAPACITY_MIN, this.#table.length >> 1))
    else this.#table.fill(0)
    this.#size = 0
    this.#isPacked = this.#leftBits + this.#rightBits <= PACKED_BITS_MAX
  }

  #makeRoom(count: number, leftEnd: number, rightEnd: number): void {
    const most = this.#size + count
    if (most > this.lefts.length) {
      this.lefts = grownInts(this.lefts, most)
      this.rights = grownInts(this.rights, most)
    }
    const leftBits = Math.max(this.#leftBits, 32 - Math.clz32(leftEnd))
    const rightBits = Math.max(this.#rightBits, 32 - Math.clz32(rightEnd))
    const isPacked = leftBits + rightBits <= PACKED_BITS_MAX
    const isSame = isPacked === this.#isPacked && (!isPacked || rightBits === this.#rightBits)
    this.#leftBits = leftBits
    if (isSame && most * 2 <= this.#table.length) return
    this.#rightBits = rightBits
    this.#isPacked = isPacked
    let capacity = this.#table.length
    while (most * 2 > capacity) capacity *= 2
    this.#table = new Int32Array(capacity)
    if (isPacked) placePacked(this.#table, this.lefts, this.rights, this.#size, rightBits)
    else placeWide(this.#table, this.lefts, this.rights, this.#size)
  }
}

function mix(key: number): number {
  const hash = Math.imul(key ^ (key >>> 16), 0x9e3779b1)
  return hash ^ (hash >>> 15)
}

function mixPair(left: number, right: number): number {
  return mix(Math.imul(left, 0x85ebca6b) ^ right)
}

function addPacked(
  table: Int32Array,
  ownLefts: Int32Array,
  ownRights: Int32Array,
  size: number,
  rightBits: number,
  lefts: Int32Array,
  rights: Int32Array,
  count: number,
  fresh: Int32Array,
): number {
  const mask = table.length - 1
  // All first looks come before any decision: whether a pair is new is hard to guess, and a wrong guess throws away the looks
  // that were on their way.
  for (let i = 0; i < count; i++) {
    const key = ((lefts[i]! << rightBits) | rights[i]!) + 1
    const at = mix(key) & mask
    KEYS[i] = key
    PLACES[i] = at
    SEEN[i] = table[at]!
  }
  let added = 0
  for (let i = 0; i < count; i++) {
    const key = KEYS[i]!
    if (SEEN[i] === key) continue
    let at = PLACES[i]!
    // An earlier pair of the batch may have taken the place.
    let held = table[at]!
    while (held !== 0 && held !== key) {
      at = (at + 1) & mask
      held = table[at]!
    }
    if (held === key) continue
    table[at] = key
    ownLefts[size + added] = lefts[i]!
    ownRights[size + added] = rights[i]!
    fresh[added++] = i
  }
  return added
}

function addWide(
  table: Int32Array,
  ownLefts: Int32Array,
  ownRights: Int32Array,
  size: number,
  lefts: Int32Array,
  rights: Int32Array,
  count: number,
  fresh: Int32Array,
): number {
  const mask = table.length - 1
  let added = 0
  for (let i = 0; i < count; i++) {
    const left = lefts[i]!
    const right = rights[i]!
    let at = mixPair(left, right) & mask
    let held = table[at]!
    while (held !== 0 && (ownLefts[held - 1] !== left || ownRights[held - 1] !== right)) {
      at = (at + 1) & mask
      held = table[at]!
    }
    if (held !== 0) continue
    ownLefts[size + added] = left
    ownRights[size + added] = right
    fresh[added++] = i
    table[at] = size + added
  }
  return added
}

function placePacked(table: Int32Array, lefts: Int32Array, rights: Int32Array, size: number, rightBits: number): void {
  const mask = table.length - 1
  for (let i = 0; i < size; i++) {
    const key = ((lefts[i]! << rightBits) | rights[i]!) + 1
    let at = mix(key) & mask
    while (table[at] !== 0) at = (at + 1) & mask
    table[at] = key
  }
}

function placeWide(table: Int32Array, lefts: Int32Array, rights: Int32Array, size: number): void {
  const mask = table.length - 1
  for (let i = 0; i < size; i++) {
    let at = mixPair(lefts[i]!, rights[i]!) & mask
    while (table[at] !== 0) at = (at + 1) & mask
    table[at] = i + 1
  }
}
