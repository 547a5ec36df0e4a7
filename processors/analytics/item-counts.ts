/**
 * TOP_K_ITEMS_TUMBLING within one window: how often each item came. Exact for up to TOP_K_ITEMS_MAX items; beyond them
 * the rarest makes room for a new one, which takes over its count (space-saving: Metwally, Agrawal, El Abbadi, Efficient
 * Computation of Frequent and Top-k Elements in Data Streams, 2005). A count is then never too small, and at most
 * rows / TOP_K_ITEMS_MAX too great; an item that came more often than that is never missing.
 */
import { MillraceError } from '../../core/errors.ts'
import type { StateReader } from '../operators/state-reader.ts'
import type { StateWriter } from '../operators/state-writer.ts'

/** Different items counted at a time: twice the greatest k. With the longest items about 430 MB. */
export const TOP_K_ITEMS_MAX = 200_000
/** ITEM is VARCHAR(1024): items that agree in so many characters are one. */
export const ITEM_CHARACTERS_MAX = 1_024

export interface ItemCount {
  readonly item: string
  readonly count: number
}

interface Entry {
  item: string
  count: number
  /** grows with every item that comes new */
  order: number
  /** in the heap, once there is one */
  place: number
}

export class ItemCounts {
  readonly #itemsMax: number
  readonly #entries = new Map<string, Entry>()
  /** the rarest first, of equal ones the last seen; empty while counts are exact */
  #heap: Entry[] = []
  #order = 0

  /** @param itemsMax different items at a time, 1 or more */
  constructor(itemsMax = TOP_K_ITEMS_MAX) {
    this.#itemsMax = itemsMax
  }

  /** False once an item had to make room. */
  get exact(): boolean {
    return this.#heap.length === 0
  }

  add(text: string): void {
    const item = bounded(text)
    const known = this.#entries.get(item)
    if (known !== undefined) {
      known.count++
      if (!this.exact) this.#sink(known)
      return
    }
    if (this.#entries.size < this.#itemsMax) {
      this.#entries.set(item, { item, count: 1, order: this.#order++, place: 0 })
      return
    }
    if (this.exact)
      this.#heap = sorted([...this.#entries.values()])
        .reverse()
        .map(placed)
    const rarest = this.#heap[0]!
    this.#entries.delete(rarest.item)
    rarest.item = item
    rarest.count++
    rarest.order = this.#order++
    this.#entries.set(item, rarest)
    this.#sink(rarest)
  }

  /** The k most frequent items; of equally frequent ones the first seen comes first. */
  top(k: number): ItemCount[] {
    return sorted([...this.#entries.values()])
      .slice(0, k)
      .map(({ item, count }) => ({ item, count }))
  }

  clear(): void {
    this.#entries.clear()
    this.#heap = []
    this.#order = 0
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.count(this.exact ? 1 : 0)
    writer.number(this.#order)
    writer.count(this.#entries.size)
    for (const { item, count, order } of this.#entries.values()) {
      writer.text(item)
      writer.number(count)
      writer.number(order)
      if (writer.sliceFull) yield
    }
  }

  restore(reader: StateReader): void {
    this.clear()
    const exact = reader.count() === 1
    this.#order = reader.number()
    const size = reader.count()
    if (size > this.#itemsMax)
      throw new MillraceError(
        'unreadable_input',
        `snapshot counts ${size} items, more than ${this.#itemsMax}; start the application without it`,
      )
    for (let i = 0; i < size; i++) {
      const item = reader.text()
      this.#entries.set(item, { item, count: reader.number(), order: reader.number(), place: 0 })
    }
    // Any heap of these entries gives the same answers: the order of entries has no ties.
    if (!exact)
      this.#heap = sorted([...this.#entries.values()])
        .reverse()
        .map(placed)
  }

  /** Moves an entry whose rank rose to its place, away from the top. */
  #sink(entry: Entry): void {
    const heap = this.#heap
    let at = entry.place
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && rarer(heap[child + 1]!, heap[child]!)) child++
      if (rarer(entry, heap[child]!)) break
      const risen = heap[child]!
      heap[at] = risen
      risen.place = at
      at = child
    }
    heap[at] = entry
    entry.place = at
  }
}

function rarer(a: Entry, b: Entry): boolean {
  return a.count < b.count || (a.count === b.count && a.order > b.order)
}

function sorted(entries: Entry[]): Entry[] {
  return entries.sort((a, b) => b.count - a.count || a.order - b.order)
}

function placed(entry: Entry, place: number): Entry {
  entry.place = place
  return entry
}

function bounded(text: string): string {
  if (text.length <= ITEM_CHARACTERS_MAX) return text
  let end = 0
  // Characters are code points, as everywhere in the dialect.
  for (let i = 0; i < ITEM_CHARACTERS_MAX && end < text.length; i++) end += text.codePointAt(end)! > 0xffff ? 2 : 1
  return text.slice(0, end)
}
