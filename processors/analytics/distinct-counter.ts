/**
 * How many different items came: COUNT_DISTINCT_ITEMS_TUMBLING within one window, and state for COUNT(DISTINCT) where
 * an estimate is good enough. Exact up to DISTINCT_EXACT_MAX items, an estimate with a standard error of 0.8 % beyond.
 */
import { createHash } from 'node:crypto'
import { MillraceError } from '../../core/errors.ts'
import type { StateReader } from '../operators/state-reader.ts'
import type { StateWriter } from '../operators/state-writer.ts'
import { hash64 } from './hash.ts'
import { HyperLogLog } from './hyper-log-log.ts'

/** AWS SQL reference, COUNT_DISTINCT_ITEMS_TUMBLING: exact for up to 10,000 items, HyperLogLog beyond. */
export const DISTINCT_EXACT_MAX = 10_000
/** Longer items are held as their beginning and a SHA-256, so that the state is at most about 7 MB. */
const ITEM_HELD_MAX = 256

export class DistinctCounter {
  readonly #seed: number
  readonly #items = new Set<string>()
  /** null while the count is exact */
  #sketch: HyperLogLog | null = null

  /** @param seed an unsigned 32-bit number; counters that are merged share it */
  constructor(seed = 0) {
    this.#seed = seed
  }

  get exact(): boolean {
    return this.#sketch === null
  }

  /** Bytes held, by estimate. */
  get ownedBytes(): number {
    return this.#sketch === null ? this.#items.size * 64 : this.#sketch.registers.length
  }

  add(item: string): void {
    this.#addHeld(item.length <= ITEM_HELD_MAX ? item : held(item))
  }

  /** As if everything that the other one got had come here. */
  merge(other: DistinctCounter): void {
    for (const item of other.#items) this.#addHeld(item)
    if (other.#sketch !== null) this.#sketched().merge(other.#sketch)
  }

  count(): number {
    return this.#sketch === null ? this.#items.size : this.#sketch.estimate()
  }

  clear(): void {
    this.#items.clear()
    this.#sketch = null
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.count(this.exact ? 0 : 1)
    if (this.#sketch !== null) {
      writer.bytes(this.#sketch.registers)
      return
    }
    writer.count(this.#items.size)
    for (const item of this.#items) {
      writer.text(item)
      if (writer.sliceFull) yield
    }
  }

  restore(reader: StateReader): void {
    this.clear()
    if (reader.count() === 0) {
      const size = reader.count()
      if (size > DISTINCT_EXACT_MAX) throw unreadable(`${size} items`)
      for (let i = 0; i < size; i++) this.#items.add(reader.text())
      return
    }
    const registers = reader.bytes()
    const sketch = this.#sketched()
    if (registers.length !== sketch.registers.length) throw unreadable(`${registers.length} registers`)
    sketch.registers.set(registers)
  }

  #addHeld(item: string): void {
    if (this.#sketch !== null) this.#sketch.add(hash64(item, this.#seed))
    else if (this.#items.size < DISTINCT_EXACT_MAX) this.#items.add(item)
    else if (!this.#items.has(item)) this.#sketched().add(hash64(item, this.#seed))
  }

  #sketched(): HyperLogLog {
    if (this.#sketch === null) {
      this.#sketch = new HyperLogLog()
      for (const item of this.#items) this.#sketch.add(hash64(item, this.#seed))
      this.#items.clear()
    }
    return this.#sketch
  }
}

/** Longer than any item that is held whole, so that no item can be taken for another. */
function held(item: string): string {
  // UTF-16 keeps unpaired surrogates apart.
  return item.slice(0, ITEM_HELD_MAX) + createHash('sha256').update(Buffer.from(item, 'utf16le')).digest('hex')
}

function unreadable(what: string): MillraceError {
  return new MillraceError(
    'unreadable_input',
    `snapshot of a distinct counter has ${what}; start the application without it`,
  )
}
