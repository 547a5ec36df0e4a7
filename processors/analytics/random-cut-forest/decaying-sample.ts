/**
 * Which vectors a tree holds: a random sample in which the weight of a row falls to 1/e every `timeDecay` rows. Every
 * row draws a key that its weight shifts, and the greatest keys stay (Efraimidis and Spirakis, Weighted Random Sampling
 * over Data Streams). Keys grow with the row number instead of old ones shrinking, so that nothing is ever touched again.
 */
import { MillraceError } from '../../../core/errors.ts'
import type { StateReader } from '../../operators/state-reader.ts'
import type { StateWriter } from '../../operators/state-writer.ts'
import type { SeededGenerator } from '../seeded-generator.ts'

/** `offer` has put the row in; nothing had to go. */
export const ADDED = -1
/** `offer` has left the row out. */
export const REFUSED = -2

/** Rows for which one bound on draws that are certain to be refused is good. */
const QUIET_ROWS = 256

export class DecayingSample {
  readonly #size: number
  readonly #decay: number
  readonly #random: SeededGenerator
  /** a heap, the least key first */
  readonly #keys: Float64Array
  readonly #members: Int32Array
  #count = 0
  /** place in the heap of the row that was last offered */
  #offered = 0
  /** draws up to this are refused for every row below `#quietBefore`, so that most rows need no logarithms */
  #quiet = 0
  #quietBefore = 0

  constructor(size: number, timeDecay: number, random: SeededGenerator) {
    this.#size = size
    this.#decay = 1 / timeDecay
    this.#random = random
    this.#keys = new Float64Array(size)
    this.#members = new Int32Array(size)
  }

  /**
   * Draws for a row.
   * @param number the row's number, growing
   * @returns REFUSED; ADDED, or the member (0 or more) that had to go for it: then `take` must follow
   */
  offer(number: number): number {
    const draw = this.#random.next() || 2 ** -33
    if (number < this.#quietBefore && draw <= this.#quiet) return REFUSED
    const key = number * this.#decay - Math.log(-Math.log(draw))
    if (this.#count < this.#size) {
      this.#count++
      this.#sink(this.#count - 1, key)
      return ADDED
    }
    if (number >= this.#quietBefore) this.#setQuiet(number)
    if (key <= this.#keys[0]!) return REFUSED
    const gone = this.#members[0]!
    this.#offered = this.#lift(key)
    return gone
  }

  /** Names the row that was last offered. */
  take(member: number): void {
    this.#members[this.#offered] = member
  }

  /** @param order numbers of the members in the snapshot */
  write(writer: StateWriter, order: ReadonlyMap<number, number>): void {
    writer.count(this.#count)
    for (let i = 0; i < this.#count; i++) {
      writer.number(this.#keys[i]!)
      writer.count(order.get(this.#members[i]!)!)
    }
  }

  /** @param members by their numbers in the snapshot */
  read(reader: StateReader, members: readonly number[]): void {
    this.#count = reader.count()
    this.#quietBefore = 0
    if (this.#count > this.#size) throw unreadable()
    for (let i = 0; i < this.#count; i++) {
      this.#keys[i] = reader.number()
      const member = members[reader.count()]
      if (member === undefined) throw unreadable()
      this.#members[i] = member
    }
  }

  /**
   * The draws with which even the row at the end of the coming ones would be refused, less what rounding may add. Keys in
   * the sample only grow, so that the bound stays true; it decides nothing that the key would not, and is no state.
   */
  #setQuiet(number: number): void {
    this.#quietBefore = number + QUIET_ROWS
    this.#quiet = Math.exp(-Math.exp(this.#quietBefore * this.#decay - this.#keys[0]!)) * (1 - 1e-9)
  }

  /** A new key at the end of the heap, moved up to its place. */
  #sink(end: number, key: number): void {
    let at = end
    while (at > 0) {
      const above = (at - 1) >> 1
      if (this.#keys[above]! <= key) break
      this.#keys[at] = this.#keys[above]!
      this.#members[at] = this.#members[above]!
      at = above
    }
    this.#keys[at] = key
    this.#offered = at
  }

  /** A new key in place of the least, moved down to its place. */
  #lift(key: number): number {
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= this.#count) break
      if (child + 1 < this.#count && this.#keys[child + 1]! < this.#keys[child]!) child++
      if (this.#keys[child]! >= key) break
      this.#keys[at] = this.#keys[child]!
      this.#members[at] = this.#members[child]!
      at = child
    }
    this.#keys[at] = key
    return at
  }
}

function unreadable(): MillraceError {
  return new MillraceError(
    'unreadable_input',
    'snapshot of a random cut forest holds a sample that does not fit it; start the application without it',
  )
}
