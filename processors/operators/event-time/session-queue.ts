/**
 * Sessions by the end they are known to have, the older one first on ties: a heap. A session's end only grows, so an entry is at
 * most too early; the owner looks at the first one, and puts it back where its end really is.
 */
import { grown, grownInts } from '../accumulators/slots.ts'

export class SessionQueue {
  #ends = new Float64Array(64)
  #sessions = new Int32Array(64)
  #size = 0

  /** The end of the first entry; Infinity where there is none. */
  get firstEnd(): number {
    return this.#size === 0 ? Infinity : this.#ends[0]!
  }

  /** The session of the first entry, or -1. */
  get first(): number {
    return this.#size === 0 ? -1 : this.#sessions[0]!
  }

  push(session: number, end: number): void {
    let at = this.#size++
    if (at === this.#ends.length) {
      this.#ends = grown(this.#ends, at + 1)
      this.#sessions = grownInts(this.#sessions, at + 1)
    }
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(end, session, parent)) break
      this.#move(parent, at)
      at = parent
    }
    this.#ends[at] = end
    this.#sessions[at] = session
  }

  /** Takes the first entry out; there is one. */
  shift(): void {
    const length = --this.#size
    const end = this.#ends[length]!
    const session = this.#sessions[length]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && this.#isBefore(this.#ends[child + 1]!, this.#sessions[child + 1]!, child)) child++
      if (this.#isBefore(end, session, child)) break
      this.#move(child, at)
      at = child
    }
    this.#ends[at] = end
    this.#sessions[at] = session
  }

  #isBefore(end: number, session: number, at: number): boolean {
    return end !== this.#ends[at]! ? end < this.#ends[at]! : session < this.#sessions[at]!
  }

  #move(from: number, to: number): void {
    this.#ends[to] = this.#ends[from]!
    this.#sessions[to] = this.#sessions[from]!
  }
}
