/** Texts by small numbers for the scanner in JavaScript; the same cache as in the compiled one, with smaller bounds. */
import { NO_ENTRY, type TextTable } from '../../scanned.ts'
import { HASH_SEED } from './hash-seed.ts'

/** Entries at once, the unused entry 0 included, and bytes of their copies. */
const ENTRIES_MAX = 65_536
const SLOTS_MIN = 1_024
const COPIES_BYTES_MAX = 2_097_152
const PROBES_MAX = 32
const SIZE_MAX = 255
const [SEED, , FACTOR] = HASH_SEED

export class WordTable implements TextTable {
  generation = 1
  /** grows with the entries, as memory that is looked at here and there is what a look costs */
  #slots = new Int32Array(SLOTS_MIN)
  #mask = SLOTS_MIN - 1
  readonly #hashes = new Int32Array(ENTRIES_MAX)
  readonly #starts = new Int32Array(ENTRIES_MAX + 1)
  readonly #copies = Buffer.alloc(COPIES_BYTES_MAX + 4)
  readonly #copiedWords = new DataView(this.#copies.buffer, this.#copies.byteOffset, this.#copies.length)
  #count = 1

  get size(): number {
    return this.#count
  }

  textOf(entry: number): string {
    return this.#copies.toString('utf8', this.#starts[entry], this.#starts[entry + 1])
  }

  forgetWhenFull(): void {
    if (this.#count < ENTRIES_MAX * 0.75 && (this.#starts[this.#count] ?? 0) < COPIES_BYTES_MAX * 0.75) return
    this.#slots = new Int32Array(SLOTS_MIN)
    this.#mask = SLOTS_MIN - 1
    this.#count = 1
    this.generation++
  }

  /** The number of the text `[at, at + size)`, entered if new, or NO_ENTRY. */
  intern(bytes: Uint8Array, words: DataView, at: number, size: number): number {
    if (size > SIZE_MAX) return NO_ENTRY
    let hash = size ^ SEED
    const end = at + size
    let place = at
    for (; place + 4 <= end; place += 4) {
      hash = Math.imul(hash ^ words.getInt32(place, true), FACTOR)
      hash ^= hash >>> 15
    }
    if (place < end) {
      hash = Math.imul(hash ^ (words.getInt32(place, true) & ((1 << ((end - place) << 3)) - 1)), FACTOR)
      hash ^= hash >>> 15
    }
    const slots = this.#slots
    const mask = this.#mask
    let slot = (hash ^ (hash >>> 13)) & mask
    for (let probes = 0; probes < PROBES_MAX; probes++) {
      const entry = slots[slot]!
      if (entry === 0) return this.#enter(slot, hash, bytes, at, size)
      if (this.#hashes[entry] === hash && this.#same(entry, words, at, size)) return entry
      slot = (slot + 1) & mask
    }
    return NO_ENTRY
  }

  #same(entry: number, words: DataView, at: number, size: number): boolean {
    const copied = this.#copiedWords
    const start = this.#starts[entry]!
    if (this.#starts[entry + 1]! - start !== size) return false
    let i = 0
    for (; i + 4 <= size; i += 4) if (copied.getInt32(start + i, true) !== words.getInt32(at + i, true)) return false
    const rest = (size & 3) << 3
    return rest === 0 || ((copied.getInt32(start + i, true) ^ words.getInt32(at + i, true)) & ((1 << rest) - 1)) === 0
  }

  /** Twice the slots, so that at most half are in use; entries keep their numbers. */
  #grow(): void {
    const mask = this.#mask * 2 + 1
    const slots = new Int32Array(mask + 1)
    for (let entry = 1; entry < this.#count; entry++) {
      const hash = this.#hashes[entry]!
      let slot = (hash ^ (hash >>> 13)) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = entry
    }
    this.#slots = slots
    this.#mask = mask
  }

  #enter(slot: number, hash: number, bytes: Uint8Array, at: number, size: number): number {
    const start = this.#starts[this.#count] ?? 0
    if (this.#count >= ENTRIES_MAX || start + size > COPIES_BYTES_MAX) return NO_ENTRY
    const entry = this.#count++
    this.#copies.set(bytes.subarray(at, at + size), start)
    this.#starts[entry + 1] = start + size
    this.#hashes[entry] = hash
    this.#slots[slot] = entry
    if (this.#count * 2 > this.#mask) this.#grow()
    return entry
  }
}
