/** Who does something when: a ring of buckets, so that adding and taking cost the same with ten visitors and with a million. */

import { assert } from '../../core/index.ts'

/** Width of a bucket and length of the ring: exact to 16 ms, up to 65 s ahead. Later things are done at the end of the ring. */
const BUCKET_MS = 16
const BUCKETS = 4_096

export class Agenda<T> {
  readonly #ring: T[][] = Array.from({ length: BUCKETS }, () => [])
  /** number of the bucket that is being taken from, since the time of the owner began, which may be negative */
  #current: number
  #at = 0
  #size = 0

  constructor(startMs: number) {
    this.#current = Math.floor(startMs / BUCKET_MS)
  }

  get size(): number {
    return this.#size
  }

  add(item: T, dueMs: number): void {
    const bucket = Math.min(Math.max(Math.floor(dueMs / BUCKET_MS), this.#current + 1), this.#current + BUCKETS - 1)
    this.#bucket(bucket).push(item)
    this.#size++
  }

  /** The next item that is due at `nowMs`; undefined when nobody is. */
  take(nowMs: number): T | undefined {
    const now = Math.floor(nowMs / BUCKET_MS)
    for (;;) {
      const bucket = this.#bucket(this.#current)
      if (this.#at < bucket.length) {
        this.#size--
        return bucket[this.#at++]
      }
      if (this.#current >= now) return undefined
      bucket.length = 0
      this.#at = 0
      this.#current++
    }
  }

  #bucket(bucket: number): T[] {
    const found = this.#ring[((bucket % BUCKETS) + BUCKETS) % BUCKETS]
    assert(found !== undefined, 'a ring has all its buckets')
    return found
  }
}
