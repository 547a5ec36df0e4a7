/** Texts by small numbers for the scanner in JavaScript; the same cache as in the compiled one, with smaller bounds. */
import { NO_ENTRY, type TextTable } from '../../scanned.ts'
import { HASH_SEED } from './hash-seed.ts'

/** Entries at once, the unused entry 0 included, and bytes of their copies. */
const ENTRIES_MAX = 65_536
const SLOTS = ENTRIES_MAX * 2
const COPIES_BYTES_MAX = 2_097_152
const PROBES_MAX = 32
const SIZE_MAX = 255
const [SEED, , FACTOR] = HASH_SEED

export class WordTable implements TextTable {
  generation = 1
  readonly #slots = new Int32Array(SLOTS)
  readonly #hashes = new Int32Array(ENTRIES_MAX)
  readonly #starts = new Int32Array(ENTRIES_MAX + 1)
  readonly #copies = Buffer.alloc(COPIES_BYTES_MAX)
  #count = 1

  get size(): number {
    return this.#count
  }

  textOf(entry: number): string {
    return this.#copies.toString('utf8', this.#starts[entry], this.#starts[entry + 1])
  }

  forgetWhenFull(): void {
    if (this.#count < ENTRIES_MAX * 0.75 && (this.#starts[this.#count] ?? 0) < COPIES_BYTES_MAX * 0.75) return
    this.#slots.fill(0)
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
    let slot = (hash ^ (hash >>> 13)) & (SLOTS - 1)
    for (let probes = 0; probes < PROBES_MAX; probes++) {
      const entry = this.#slots[slot] ?? 0
      if (entry === 0) return this.#enter(slot, hash, bytes, at, size)
      if (this.#hashes[entry] === hash && this.#same(entry, bytes, at, size)) return entry
      slot = (slot + 1) & (SLOTS - 1)
    }
    return NO_ENTRY
  }

  #same(entry: number, bytes: Uint8Array, at: number, size: number): boolean {
    const copies = this.#copies
    const start = this.#starts[entry] ?? 0
    if ((this.#starts[entry + 1] ?? 0) - start !== size) return false
    for (let i = 0; i < size; i++) if (copies[start + i] !== bytes[at + i]) return false
    return true
  }

  #enter(slot: number, hash: number, bytes: Uint8Array, at: number, size: number): number {
    const start = this.#starts[this.#count] ?? 0
    if (this.#count >= ENTRIES_MAX || start + size > COPIES_BYTES_MAX) return NO_ENTRY
    const entry = this.#count++
    this.#copies.set(bytes.subarray(at, at + size), start)
    this.#starts[entry + 1] = start + size
    this.#hashes[entry] = hash
    this.#slots[slot] = entry
    return entry
  }
}
