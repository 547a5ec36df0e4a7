/**
 * Tells repeats of marked user records from new ones. For each producer (id and epoch) it keeps the highest counter and, below
 * it, one bit a counter; what is older than these bits cannot be judged and is let through, counted.
 *
 * Memory is bounded: `producersMax` producers of `windowSize / 8` bytes and their ids. The producer that was not heard of for the
 * longest time is forgotten first.
 */
import { MillraceError } from '../core/index.ts'
import type { Mark } from './aggregation/mark.ts'

/** `first`: deliver. `repeat`: was delivered before. `unknown`: older than the window; deliver, it may be a repeat. */
export type Verdict = 'first' | 'repeat' | 'unknown'

export interface DeduplicatorOptions {
  /**
   * counters a producer that are remembered, a multiple of 32 from 32 to 2^24; default 2^18 (262,144; 32 KiB a producer, also in snapshots).
   * It should exceed what a producer puts between a call and the repeat of that call: its rate times RequestTimeout and back-off for
   * each reply that is lost in a row. The default holds 40,000 records a second for one lost reply of 6 s, or 7,000 for RecordTtl +
   * RequestTimeout of 36 s, past which nothing comes again.
   */
  readonly windowSize?: number | undefined
  /** producers that are remembered, 1 to 65,536; default 1,024 */
  readonly producersMax?: number | undefined
}

interface Seen {
  /** highest counter */
  highest: number
  /** bit `c mod windowSize` for each counter c in (highest - windowSize, highest] */
  readonly bits: Int32Array
}

/** At 13,000 records a second a reply that was lost after 6 s is 78,000 counters back. */
const WINDOW_SIZE = 2 ** 18
const FORMAT_VERSION = 1
const HEADER_BYTES = 9

export class Deduplicator {
  readonly #windowSize: number
  readonly #producersMax: number
  /** by `id.epoch`, least recently heard of first */
  readonly #producers = new Map<string, Seen>()
  #repeats = 0
  #windowMissed = 0
  #producersForgotten = 0

  /** @throws MillraceError `config` for a size out of range */
  constructor({ windowSize = WINDOW_SIZE, producersMax = 1_024 }: DeduplicatorOptions = {}) {
    if (!Number.isSafeInteger(windowSize) || windowSize % 32 !== 0 || windowSize < 32 || windowSize > 2 ** 24)
      throw new MillraceError('config', `windowSize is ${windowSize}; give a multiple of 32 from 32 to ${2 ** 24}`)
    if (!Number.isSafeInteger(producersMax) || producersMax < 1 || producersMax > 65_536)
      throw new MillraceError('config', `producersMax is ${producersMax}; give a whole number from 1 to 65536`)
    this.#windowSize = windowSize
    this.#producersMax = producersMax
  }

  /** user records that were repeats */
  get repeats(): number {
    return this.#repeats
  }
  /** user records that were older than the window (`dedupe_window_missed`) */
  get windowMissed(): number {
    return this.#windowMissed
  }
  /** producers that had to make room; a repeat from one of them is not found */
  get producersForgotten(): number {
    return this.#producersForgotten
  }
  get producers(): number {
    return this.#producers.size
  }

  /** Judges a user record and remembers it. */
  see({ producerId, epoch, counter }: Mark): Verdict {
    const verdict = this.#set(this.#touch(`${producerId}.${epoch.toString(36)}`), counter)
    if (verdict === 'repeat') this.#repeats++
    if (verdict === 'unknown') this.#windowMissed++
    return verdict
  }

  /** What is remembered, without the counts. Two with the same past give the same bytes. */
  snapshot(): Uint8Array {
    const names = [...this.#producers.keys()]
    const windowBytes = this.#windowSize / 8
    const sizeBytes = names.reduce((sum, name) => sum + 1 + name.length + 8 + windowBytes, HEADER_BYTES)
    const bytes = new Uint8Array(sizeBytes)
    const view = new DataView(bytes.buffer)
    bytes[0] = FORMAT_VERSION
    view.setUint32(1, this.#windowSize, true)
    view.setUint32(5, names.length, true)
    let at = HEADER_BYTES
    for (const [name, { highest, bits }] of this.#producers) {
      bytes[at++] = name.length
      for (let i = 0; i < name.length; i++) bytes[at++] = name.charCodeAt(i)
      view.setFloat64(at, highest, true)
      at += 8
      for (const word of bits) {
        view.setInt32(at, word, true)
        at += 4
      }
    }
    return bytes
  }

  /**
   * Adds what a snapshot remembers to what is remembered here: a shard that was split gives its snapshot to both children, one
   * that was merged takes those of both parents.
   * @throws MillraceError `corrupt_log` when the bytes are no snapshot, `config` when its window has another size
   */
  restore(snapshot: Uint8Array): void {
    const view = new DataView(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength)
    if (snapshot.length < HEADER_BYTES || snapshot[0] !== FORMAT_VERSION)
      throw corrupt(`it has ${snapshot.length} bytes and version ${snapshot[0] ?? 'none'}`)
    const windowSize = view.getUint32(1, true)
    if (windowSize !== this.#windowSize)
      throw new MillraceError(
        'config',
        `the snapshot of the de-duplicator has windows of ${windowSize} counters, windowSize is ${this.#windowSize}; give the size it was made with`,
      )
    const count = view.getUint32(5, true)
    let at = HEADER_BYTES
    for (let i = 0; i < count; i++) {
      const nameBytes = snapshot[at++] ?? 0
      if (nameBytes === 0 || at + nameBytes + 8 + windowSize / 8 > snapshot.length) throw corrupt('it ends too early')
      const name = String.fromCharCode(...snapshot.subarray(at, at + nameBytes))
      at += nameBytes
      const highest = view.getFloat64(at, true)
      if (!Number.isSafeInteger(highest) || highest < -1) throw corrupt(`a highest counter is ${highest}`)
      at += 8
      this.#union(this.#touch(name), highest, new DataView(view.buffer, view.byteOffset + at, windowSize / 8))
      at += windowSize / 8
    }
    if (at !== snapshot.length) throw corrupt('bytes are left after it')
  }

  #union(seen: Seen, highest: number, bits: DataView): void {
    const from = Math.max(0, highest - this.#windowSize + 1)
    for (let counter = from; counter <= highest; counter++) {
      const slot = counter % this.#windowSize
      const word = bits.getInt32((slot >>> 5) * 4, true)
      if (word === 0 && (slot & 31) === 0) counter += Math.min(31, highest - counter)
      else if (((word >>> (slot & 31)) & 1) === 1) this.#set(seen, counter)
    }
    if (highest >= 0) this.#advance(seen, highest)
  }

  #touch(name: string): Seen {
    const known = this.#producers.get(name)
    if (known !== undefined) {
      this.#producers.delete(name)
      this.#producers.set(name, known)
      return known
    }
    if (this.#producers.size >= this.#producersMax)
      for (const oldest of this.#producers.keys()) {
        this.#producers.delete(oldest)
        this.#producersForgotten++
        break
      }
    const seen: Seen = { highest: -1, bits: new Int32Array(this.#windowSize / 32) }
    this.#producers.set(name, seen)
    return seen
  }

  #set(seen: Seen, counter: number): Verdict {
    if (counter <= seen.highest - this.#windowSize) return 'unknown'
    this.#advance(seen, counter)
    const slot = counter % this.#windowSize
    const mask = 1 << (slot & 31)
    const word = seen.bits[slot >>> 5] ?? 0
    if ((word & mask) !== 0) return 'repeat'
    seen.bits[slot >>> 5] = word | mask
    return 'first'
  }

  /** Moves the window so that `counter` is in it; the slots that it newly covers are empty. */
  #advance(seen: Seen, counter: number): void {
    if (counter <= seen.highest) return
    if (counter - seen.highest >= this.#windowSize) seen.bits.fill(0)
    else
      for (let c = seen.highest + 1; c <= counter; c++) {
        const slot = c % this.#windowSize
        seen.bits[slot >>> 5] = (seen.bits[slot >>> 5] ?? 0) & ~(1 << (slot & 31))
      }
    seen.highest = counter
  }
}

function corrupt(reason: string): MillraceError {
  return new MillraceError('corrupt_log', `the snapshot of the de-duplicator cannot be read: ${reason}`)
}
