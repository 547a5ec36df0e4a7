/** Strings by small numbers. A dictionary belongs to the column batches that were written with it; it is never re-used after it is full. */
import { assert } from './assert.ts'

/** Entries after which a writer starts a new dictionary (a new generation); the old one lives as long as its batches. */
export const DICTIONARY_ENTRIES_MAX = 65_536

/** The id that stands for NULL in every dictionary column. */
export const NULL_ID = 0

/** Grows only. Ids are dense from 1; id 0 is NULL. Never keep an id beyond the batch: state and snapshots keep strings. */
export class Dictionary {
  readonly #ids = new Map<string, number>()
  readonly #texts: string[] = ['']
  #lengths = new Int32Array(64)

  /** Number of ids in use, NULL included: every id of the dictionary is below it. */
  get size(): number {
    return this.#texts.length
  }

  /** UTF-16 units of each text by its id, without a look at the text. Read it anew after an entry. */
  get lengths(): Int32Array {
    return this.#lengths
  }

  get full(): boolean {
    return this.#texts.length > DICTIONARY_ENTRIES_MAX
  }

  /** The id of a text, entered if new. The caller looks at `full` between batches and starts a new generation then. */
  idOf(text: string): number {
    let id = this.#ids.get(text)
    if (id === undefined) {
      id = this.#texts.length
      this.#texts.push(text)
      if (id === this.#lengths.length) {
        const lengths = new Int32Array(id * 2)
        lengths.set(this.#lengths)
        this.#lengths = lengths
      }
      this.#lengths[id] = text.length
      this.#ids.set(text, id)
    }
    return id
  }

  /** The id of a text that is entered already, or NULL_ID. */
  find(text: string): number {
    return this.#ids.get(text) ?? NULL_ID
  }

  /** The text of an id from 1 to size - 1. */
  textOf(id: number): string {
    const text = id === NULL_ID ? undefined : this.#texts[id]
    assert(text !== undefined, 'a dictionary id names an entry')
    return text
  }
}
