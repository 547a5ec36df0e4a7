/**
 * Random numbers that belong to operator state: a seed decides them, and a snapshot holds them, so that a restored
 * operator goes on as if it had never stopped. The algorithm is sfc32 (PractRand, public domain description).
 */
import type { StateReader } from '../operators/state-reader.ts'
import type { StateWriter } from '../operators/state-writer.ts'

export class SeededGenerator {
  readonly #words = new Uint32Array(4)

  /** @param seed a whole number; @param stream tells generators of one seed apart, a whole number from 0 */
  constructor(seed: number, stream = 0) {
    this.#words.set([seed >>> 0, Math.floor(seed / 0x1_0000_0000) >>> 0, stream >>> 0, 1])
    // The first numbers of near seeds are alike.
    for (let i = 0; i < 20; i++) this.next()
  }

  /** A number from 0, included, to 1, excluded, with 32 random bits. */
  next(): number {
    const words = this.#words
    const [a, b, c, count] = [words[0]!, words[1]!, words[2]!, words[3]!]
    const sum = (a + b + count) >>> 0
    words[3] = count + 1
    words[0] = b ^ (b >>> 9)
    words[1] = c + (c << 3)
    words[2] = ((c << 21) | (c >>> 11)) + sum
    return sum / 0x1_0000_0000
  }

  write(writer: StateWriter): void {
    for (const word of this.#words) writer.count(word)
  }

  read(reader: StateReader): void {
    for (let i = 0; i < 4; i++) this.#words[i] = reader.count()
  }
}
