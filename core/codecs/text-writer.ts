/**
 * CHAR and VARCHAR columns. Texts become dictionary ids; a column whose texts hardly repeat becomes spans instead, so that its
 * dictionary does not fill with texts that nobody asks for twice. The layout is chosen anew for each batch.
 */
import { assert } from '../assert.ts'
import { Dictionary, NULL_ID } from '../dictionary.ts'
import type { ColumnArrays } from '../lent-arrays.ts'
import type { ColumnVector } from '../rows.ts'
import { ExactContainer, ExactNumber, type Written } from './cell.ts'
import type { ScannedColumn, ScannedTexts, ScanTarget } from './scanned.ts'

/** Characters in the entries of one dictionary after which the next batch starts a new one. */
export const DICTIONARY_CHARACTERS_MAX = 8_388_608
/** Rows of a batch that say something about how often texts repeat. */
const JUDGED_ROWS_MIN = 256
/**
 * Entries of a dictionary below which new texts say nothing: everything is new at the start, and ten thousand users take ten batches.
 * Spans cost those who group by them ten times what ids cost.
 */
const SCATTERED_ENTRIES_MIN = 16_384
/** Batches in span layout before the dictionary is tried again. */
const SPAN_BATCHES = 64

/** Texts of a batch that may be otherwise than in their records (escapes are) where texts are only passed on; more, and they get a dictionary. */
const REWRITTEN_MAX = 64

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

export class TextWriter implements ScanTarget {
  readonly #length: number
  readonly #padded: boolean
  #dictionary = new Dictionary()
  #characters = 0
  #ids = new Int32Array(0)
  #lastText = ''
  #lastId = NULL_ID
  #fresh = 0
  #rows = 0
  /** by entry of a scanner: its id in the dictionary, 0 while it was not asked for */
  #idsOfEntries = new Int32Array(256)
  #entriesGeneration = 0

  #spanBatchesLeft: number
  /** texts of this batch in span layout that came from elsewhere than the records */
  #rewritten = 0
  #bytes = Buffer.alloc(0)
  #end = 0
  /** the bytes of a record batch that the spans point into as long as every text came from it; else they are in `#bytes` */
  #lent: Uint8Array | null = null
  #offsets = new Int32Array(0)
  #sizes = new Int32Array(0)
  #nulls = new Uint8Array(0)

  readonly #arrays: ColumnArrays

  /**
   * @param length longest text in code points; the rest is cut without an error
   * @param passed true: nobody compares the texts, so they are spans as long as most stand in the records as they are. Escapes
   *   do not, and in span layout no scanner writes them.
   */
  constructor(kind: 'CHAR' | 'VARCHAR', length: number, arrays: ColumnArrays, passed: boolean = false) {
    this.#spanBatchesLeft = passed ? Number.POSITIVE_INFINITY : 0
    this.#arrays = arrays
    this.#length = length
    this.#padded = kind === 'CHAR'
  }

  get wantsSpans(): boolean {
    return this.#spanBatchesLeft > 0
  }

  reserve(capacity: number): void {
    if (this.#spanBatchesLeft > 0) {
      if (capacity <= this.#offsets.length) return
      const [offsets, sizes, nulls] = [this.#offsets, this.#sizes, this.#nulls]
      const { ints, bytes } = this.#arrays
      this.#offsets = ints.take(capacity)
      this.#sizes = ints.take(capacity)
      this.#nulls = bytes.take(capacity)
      this.#offsets.set(offsets)
      this.#sizes.set(sizes)
      this.#nulls.set(nulls)
    } else if (capacity > this.#ids.length) {
      const ids = this.#ids
      this.#ids = this.#arrays.ints.take(capacity)
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
    const { ints, bytes } = this.#arrays
    if (this.#spanBatchesLeft > 0) {
      const column: ColumnVector = {
        layout: 'span',
        bytes: this.#lent ?? this.#bytes,
        offsets: this.#offsets,
        sizes: this.#sizes,
        nulls: this.#nulls,
      }
      ints.leave(this.#offsets)
      ints.leave(this.#sizes)
      bytes.leave(this.#nulls)
      this.#lent = null
      this.#bytes = Buffer.alloc(this.#end)
      this.#end = 0
      this.#offsets = new Int32Array(0)
      this.#sizes = new Int32Array(0)
      this.#nulls = new Uint8Array(0)
      this.#spanBatchesLeft--
      // A column that is only passed on has spans for ever otherwise.
      if (this.#spanBatchesLeft === Number.POSITIVE_INFINITY && this.#rewritten > REWRITTEN_MAX)
        this.#spanBatchesLeft = 0
      this.#rewritten = 0
      this.reserve(capacity)
      return column
    }
    const column: ColumnVector = { layout: 'dictionary', ids: this.#ids, dictionary: this.#dictionary }
    ints.leave(this.#ids)
    this.#ids = ints.take(capacity)
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
    this.#idsOfEntries.fill(0)
  }

  copy(row: number, cells: ScannedColumn, from: number, count: number): void {
    const { texts } = cells
    assert(texts !== null, 'a text column was scanned as texts')
    if (this.#spanBatchesLeft > 0) this.#copySpans(row, texts, from, count)
    else this.#copyEntries(row, texts, from, count)
  }

  clear(row: number, count: number): void {
    if (this.#spanBatchesLeft > 0) this.#nulls.fill(1, row, row + count)
    else this.#ids.fill(NULL_ID, row, row + count)
  }

  #copyEntries(row: number, texts: ScannedTexts, from: number, count: number): void {
    const { entries, table } = texts
    if (this.#entriesGeneration !== table.generation || this.#idsOfEntries.length < table.size) {
      const known = this.#entriesGeneration === table.generation ? this.#idsOfEntries : new Int32Array(0)
      const length = Math.max(256, this.#idsOfEntries.length)
      this.#idsOfEntries = new Int32Array(table.size <= length ? length : table.size * 2)
      this.#idsOfEntries.set(known)
      this.#entriesGeneration = table.generation
    }
    const idsOfEntries = this.#idsOfEntries
    const ids = this.#ids
    this.#rows += count
    for (let i = 0; i < count; i++) {
      const entry = entries[from + i] ?? 0
      let id = NULL_ID
      if (entry > 0) {
        id = idsOfEntries[entry] ?? NULL_ID
        if (id === NULL_ID) {
          id = this.#idOf(table.textOf(entry))
          idsOfEntries[entry] = id
        }
      } else if (entry < 0) id = this.#idOf(spanText(texts, from + i))
      ids[row + i] = id
    }
  }

  /** The id of a well-formed text that fits and that nothing else is a view of. */
  #idOf(text: string): number {
    const before = this.#dictionary.size
    const id = this.#dictionary.idOf(text)
    if (id === before) {
      this.#fresh++
      this.#characters += text.length
    }
    return id
  }

  /** Spans into the records themselves where no other text is in the way, copies otherwise. */
  #copySpans(row: number, texts: ScannedTexts, from: number, count: number): void {
    const { entries, offsets, sizes, records, table } = texts
    // What was scanned as entries before the column became spans: the span of an escaped text is not its text.
    const isEntered = entries.subarray(from, from + count).some(entry => entry > 0)
    const lends = !isEntered && this.#end === 0 && (this.#lent === null || this.#lent === records.bytes)
    if (lends) this.#lent = records.bytes
    else this.#own(row)
    for (let i = from, to = row; i < from + count; i++, to++) {
      if (entries[i] === 0) {
        this.#nulls[to] = 1
        continue
      }
      const entry = entries[i] ?? 0
      if (entry > 0) {
        this.#span(to, table.textOf(entry))
        continue
      }
      const start = (records.offsets[records.first + i] ?? 0) + (offsets[i] ?? 0)
      const size = sizes[i] ?? 0
      if (lends) {
        this.#offsets[to] = start
        this.#sizes[to] = size
        this.#nulls[to] = 0
      } else this.#keepBytes(to, records.bytes, start, size)
    }
  }

  /** Copies what was lent, so that texts from elsewhere can follow: the texts of the rows before `rows`. */
  #own(rows: number): void {
    const lent = this.#lent
    if (lent === null) return
    this.#lent = null
    for (let row = 0; row < rows; row++)
      if (this.#nulls[row] === 0) this.#keepBytes(row, lent, this.#offsets[row] ?? 0, this.#sizes[row] ?? 0)
  }

  #keepBytes(row: number, from: Uint8Array, start: number, size: number): void {
    this.#room(size)
    this.#bytes.set(from.subarray(start, start + size), this.#end)
    this.#offsets[row] = this.#end
    this.#sizes[row] = size
    this.#nulls[row] = 0
    this.#end += size
  }

  #room(size: number): void {
    if (this.#end + size <= this.#bytes.length) return
    const bytes = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#end + size, 16_384))
    bytes.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = bytes
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
    this.#own(row)
    this.#rewritten++
    this.#room(text.length * 3)
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

function spanText(texts: ScannedTexts, index: number): string {
  const { bytes, offsets, first } = texts.records
  const start = (offsets[first + index] ?? 0) + (texts.offsets[index] ?? 0)
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, texts.sizes[index] ?? 0).toString('utf8')
}
