/**
 * Lists and objects in the members of records, cut out of their bytes: each is replaced by an empty string, so that records are alike
 * whatever their lists hold, and can be scanned. Brackets and strings alone say where one begins and ends.
 *
 *   {"id":7,"tags":["a","b"],"at":{"x":1}}   ->   {"id":7,"tags":"","at":""}   ["a","b"]   {"x":1}
 *
 * A record is good JSON if what is left is good JSON and each cut is: a cut begins and ends outside of strings and stands behind a
 * colon, where any value may stand, and a string is a token of its own wherever it stands.
 */
import { DEPTH_MAX } from '../../core/codecs/json/path.ts'

const QUOTE = 34
const COLON = 58
const BLANK = 32
const BACKSLASH = 92
const LIST = 91
const LIST_END = 93
const OBJECT = 123
const OBJECT_END = 125

const CUTS_FIRST = 1_024

export class ContainerCuts {
  /** by record the number of its first cut, and behind the last record the number of cuts */
  #firsts = new Int32Array(CUTS_FIRST)
  /** by cut: where its string stands in what is left of its record, behind the quote */
  #places = new Int32Array(CUTS_FIRST)
  /** by cut: its bytes */
  #starts = new Int32Array(CUTS_FIRST)
  #ends = new Int32Array(CUTS_FIRST)
  /** by cut 1 when somebody asked for it */
  #taken = new Uint8Array(CUTS_FIRST)
  #records = 0
  #count = 0
  #bytes = Buffer.alloc(65_536)
  #end = 0

  /** Forgets all records. */
  clear(): void {
    this.#records = 0
    this.#count = 0
    this.#end = 0
  }

  /**
   * Copies the next record to `out` from `at` on, cut; as it is, where its brackets do not match or nest too deep. `out` has room for it.
   * @returns where what is left ends
   */
  copy(data: Uint8Array, out: Uint8Array, at: number): number {
    if (this.#records + 1 >= this.#firsts.length) this.#firsts = doubled(this.#firsts)
    this.#firsts[this.#records++] = this.#count
    if (this.#end + data.length > this.#bytes.length) this.#grow(this.#end + data.length)
    const count = this.#count
    const end = this.#end
    const last = this.#cut(data, out, at)
    if (last < 0) {
      this.#count = count
      this.#end = end
      out.set(data, at)
    }
    this.#firsts[this.#records] = this.#count
    return last < 0 ? at + data.length : last
  }

  /** @returns -1 where a bracket stands where none may, or has no match */
  #cut(data: Uint8Array, out: Uint8Array, at: number): number {
    const { length } = data
    const bytes = this.#bytes
    let end = at
    let depth = 0
    // the last byte that is no blank
    let before = 0
    for (let i = 0; i < length; i++) {
      const code = data[i]!
      if (depth > 0 && (code === OBJECT || code === LIST)) {
        if (before !== COLON) return -1
        before = code
        const from = this.#end
        let [to, inside] = [from, 0]
        for (; i < length; i++) {
          const byte = data[i]!
          bytes[to++] = byte
          if (byte === QUOTE) {
            for (i++; i < length; i++) {
              const inString = data[i]!
              bytes[to++] = inString
              if (inString === QUOTE) break
              if (inString === BACKSLASH && i + 1 < length) bytes[to++] = data[++i]!
            }
          } else if (byte === OBJECT || byte === LIST) {
            if (++inside >= DEPTH_MAX) return -1
          } else if ((byte === OBJECT_END || byte === LIST_END) && --inside === 0) break
        }
        // Past the end where a string does not end.
        if (i >= length) return -1
        out[end++] = QUOTE
        this.#keep(end - at, from, to)
        out[end++] = QUOTE
        continue
      }
      out[end++] = code
      if (code > BLANK) before = code
      if (code === QUOTE) {
        for (i++; i < length; i++) {
          const inString = data[i]!
          out[end++] = inString
          if (inString === QUOTE) break
          if (inString === BACKSLASH && i + 1 < length) out[end++] = data[++i]!
        }
      } else if (code === OBJECT || code === LIST) depth++
      else if (code === OBJECT_END || code === LIST_END) depth--
    }
    return end
  }

  #keep(place: number, from: number, to: number): void {
    if (this.#count === this.#places.length) {
      this.#places = doubled(this.#places)
      this.#starts = doubled(this.#starts)
      this.#ends = doubled(this.#ends)
      const taken = new Uint8Array(this.#taken.length * 2)
      taken.set(this.#taken)
      this.#taken = taken
    }
    this.#places[this.#count] = place
    this.#starts[this.#count] = from
    this.#ends[this.#count] = to
    this.#taken[this.#count++] = 0
    this.#end = to
  }

  /** The text of the cut whose string begins at a place of a record, which is taken then; null where there is none. */
  take(record: number, place: number): string | null {
    const end = this.#firsts[record + 1]!
    for (let cut = this.#firsts[record]!; cut < end; cut++)
      if (this.#places[cut] === place) {
        this.#taken[cut] = 1
        return this.#textOf(cut)
      }
    return null
  }

  /** Whether a cut begins at a place of a record. */
  has(record: number, place: number): boolean {
    const end = this.#firsts[record + 1]!
    for (let cut = this.#firsts[record]!; cut < end; cut++) if (this.#places[cut] === place) return true
    return false
  }

  /** The cuts of a record that nobody has taken. */
  left(record: number): readonly string[] {
    const end = this.#firsts[record + 1]!
    let texts: string[] | null = null
    for (let cut = this.#firsts[record]!; cut < end; cut++)
      if (this.#taken[cut] === 0) {
        texts ??= []
        texts.push(this.#textOf(cut))
      }
    return texts ?? NO_TEXTS
  }

  #textOf(cut: number): string {
    return this.#bytes.toString('utf8', this.#starts[cut], this.#ends[cut])
  }

  #grow(least: number): void {
    const bytes = Buffer.alloc(Math.max(this.#bytes.length * 2, least))
    this.#bytes.copy(bytes, 0, 0, this.#end)
    this.#bytes = bytes
  }
}

const NO_TEXTS: readonly string[] = []

function doubled(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(numbers.length * 2)
  grown.set(numbers)
  return grown
}
