/** Texts as they stand in an output, each made once and all in one buffer, so that a cell is one copy. */
import type { Dictionary } from '../dictionary.ts'

/** Entries are copied by words of 4 bytes: so many bytes past the end of one are read and written. */
export const WORD_SLACK_BYTES = 3

/** Entry i is the bytes from `starts[i]` to before `starts[i + 1]` of `view`. */
export class EntryTable {
  /** entries so far */
  length = 0
  starts = new Int32Array(16)
  view = new DataView(new ArrayBuffer(256))
  #bytes = Buffer.from(this.view.buffer)

  constructor(entries: readonly string[] = []) {
    for (const entry of entries) this.add(entry)
  }

  /** @returns the index of the entry */
  add(text: string): number {
    const start = this.starts[this.length]!
    // No UTF-16 unit becomes more than three bytes.
    const most = start + text.length * 3 + WORD_SLACK_BYTES
    if (most > this.view.byteLength) {
      const grown = Buffer.alloc(Math.max(this.view.byteLength * 2, most))
      this.#bytes.copy(grown)
      this.#bytes = grown
      this.view = new DataView(grown.buffer, grown.byteOffset, grown.byteLength)
    }
    const end = start + this.#bytes.write(text, start)
    if (this.length + 2 > this.starts.length) {
      const grown = new Int32Array(this.starts.length * 2)
      grown.set(this.starts)
      this.starts = grown
    }
    this.starts[this.length + 1] = end
    return this.length++
  }
}

/** The entries of dictionaries by their ids. A table lives as long as its dictionary, which is bounded. */
export class DictionaryEntries {
  readonly #tables = new WeakMap<Dictionary, EntryTable>()
  readonly #nothing: string
  readonly #make: (text: string) => string

  /**
   * @param nothing the output of NULL, which is id 0
   * @param make the output of a text
   */
  constructor(nothing: string, make: (text: string) => string) {
    this.#nothing = nothing
    this.#make = make
  }

  /** The table of a dictionary with all ids that it has by now. */
  of(dictionary: Dictionary): EntryTable {
    let table = this.#tables.get(dictionary)
    if (table === undefined) {
      table = new EntryTable([this.#nothing])
      this.#tables.set(dictionary, table)
    }
    while (table.length < dictionary.size) table.add(this.#make(dictionary.textOf(table.length)))
    return table
  }
}
