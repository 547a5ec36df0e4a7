/**
 * CHAR and VARCHAR columns. Texts become dictionary ids; a column whose texts hardly repeat becomes spans instead, so that its
 * dictionary does not fill with texts that nobody asks for twice. The layout is chosen anew for each batch.
 */
import { Dictionary, NULL_ID } from '../dictionary.ts'
import type { ColumnVector } from '../rows.ts'
import { type ColumnWriter, ExactContainer, ExactNumber, type Written } from './cell.ts'

/** Characters in the entries of one dictionary after which the next batch starts a new one. */
export const DICTIONARY_CHARACTERS_MAX = 8_388_608
/** Rows of a batch that say something about how often texts repeat. */
const JUDGED_ROWS_MIN = 256
/** Entries of a dictionary below which new texts say nothing: everything is new at the start. */
const SCATTERED_ENTRIES_MIN = 2_048
/** Batches in span layout before the dictionary is tried again. */
const SPAN_BATCHES = 64

/** With the u flag a pair is one character, so this is a surrogate without its partner. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** From this length on a part of a string may be a view that keeps the whole string alive. */
const VIEW_LENGTH_MIN = 13

/** A copy of a well-formed text that keeps nothing else alive: a dictionary outlives the records that its texts came from. */
function ownText(text: string): string {
  return text.length < VIEW_LENGTH_MIN ? text : Buffer.from(text).toString()
}

/** The first `length` code points of a text. */
export function cutToCodePoints(text: string, length: number): string {
  if (text.length <= length) return text
  let at = 0
  for (let count = 0; count < length && at < text.length; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return text.slice(0, at)
}

export class TextWriter implements ColumnWriter {
  readonly #length: number
  readonly #padded: boolean
  #dictionary = new Dictionary()
  #characters = 0
  #ids = new Int32Array(0)
  #lastText = ''
  #lastId = NULL_ID
  #fresh = 0
  #rows = 0

  #spanBatchesLeft = 0
  #bytes = Buffer.alloc(0)
  #end = 0
  #offsets = new Int32Array(0)
  #sizes = new Int32Array(0)
  #nulls = new Uint8Array(0)

  /** @param length longest text in code points; the rest is cut without an error */
  constructor(kind: 'CHAR' | 'VARCHAR', length: number) {
    this.#length = length
    this.#padded = kind === 'CHAR'
  }

  reserve(capacity: number): void {
    if (this.#spanBatchesLeft > 0) {
      if (capacity <= this.#offsets.length) return
      const [offsets, sizes, nulls] = [this.#offsets, this.#sizes, this.#nulls]
      this.#offsets = new Int32Array(capacity)
      this.#sizes = new Int32Array(capacity)
      this.#nulls = new Uint8Array(capacity)
      this.#offsets.set(offsets)
      this.#sizes.set(sizes)
      this.#nulls.set(nulls)
    } else if (capacity > this.#ids.length) {
      const ids = this.#ids
      this.#ids = new Int32Array(capacity)
      this.#ids.set(ids)
    }
  }

  write(row: number, value: unknown): Written {
    if (typeof value === 'string') return this.#text(row, value)
    if (value === null || value === undefined) {
      if (this.#spanBatchesLeft > 0) this.#nulls[row] = 1
      else this.#ids[row] = NULL_ID
      return 'written'
    }
    if (typeof value === 'boolean') return this.#text(row, value ? 'true' : 'false')
    if (value instanceof ExactNumber) return this.#text(row, value.text)
    return value instanceof ExactContainer ? this.#text(row, value.sourceText()) : 'needs source'
  }

  take(capacity: number): ColumnVector {
    if (this.#spanBatchesLeft > 0) {
      const column: ColumnVector = {
        layout: 'span',
        bytes: this.#bytes,
        offsets: this.#offsets,
        sizes: this.#sizes,
        nulls: this.#nulls,
      }
      this.#bytes = Buffer.alloc(this.#end)
      this.#end = 0
      this.#offsets = new Int32Array(0)
      this.#sizes = new Int32Array(0)
      this.#nulls = new Uint8Array(0)
      this.#spanBatchesLeft--
      this.reserve(capacity)
      return column
    }
    const column: ColumnVector = { layout: 'dictionary', ids: this.#ids, dictionary: this.#dictionary }
    this.#ids = new Int32Array(capacity)
    // Half of the texts were never seen before, in a batch that is large enough to say so.
    const scattered =
      this.#rows >= JUDGED_ROWS_MIN && this.#fresh * 2 > this.#rows && this.#dictionary.size > SCATTERED_ENTRIES_MIN
    if (scattered) {
      this.#spanBatchesLeft = SPAN_BATCHES
      this.#ids = new Int32Array(0)
      this.reserve(capacity)
    }
    if (scattered || this.#dictionary.full || this.#characters > DICTIONARY_CHARACTERS_MAX) this.#startGeneration()
    this.#fresh = 0
    this.#rows = 0
    return column
  }

  #startGeneration(): void {
    this.#dictionary = new Dictionary()
    this.#characters = 0
    this.#lastText = ''
    this.#lastId = NULL_ID
  }

  #text(row: number, whole: string): Written {
    if (this.#spanBatchesLeft > 0) return this.#span(row, whole)
    this.#rows++
    if (this.#lastId !== NULL_ID && whole === this.#lastText) {
      this.#ids[row] = this.#lastId
      return 'written'
    }
    const text = this.#fitted(whole)
    let id = this.#dictionary.find(text)
    if (id === NULL_ID) {
      // Lone surrogates have no UTF-8, and two different ones would become one.
      if (LONE_SURROGATE.test(text)) return 'refused'
      id = this.#dictionary.idOf(ownText(text))
      this.#fresh++
      this.#characters += text.length
    }
    this.#ids[row] = id
    this.#lastText = whole
    this.#lastId = id
    return 'written'
  }

  #span(row: number, whole: string): Written {
    const text = this.#fitted(whole)
    if (LONE_SURROGATE.test(text)) return 'refused'
    const room = text.length * 3
    if (this.#end + room > this.#bytes.length) {
      const bytes = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#end + room, 16_384))
      bytes.set(this.#bytes)
      this.#bytes = bytes
    }
    const size = this.#bytes.write(text, this.#end, 'utf8')
    this.#offsets[row] = this.#end
    this.#sizes[row] = size
    this.#nulls[row] = 0
    this.#end += size
    return 'written'
  }

  #fitted(whole: string): string {
    const text = whole.length > this.#length ? cutToCodePoints(whole, this.#length) : whole
    if (!this.#padded || text.charCodeAt(text.length - 1) !== 32) return text
    let end = text.length
    while (end > 0 && text.charCodeAt(end - 1) === 32) end--
    return text.slice(0, end)
  }
}
