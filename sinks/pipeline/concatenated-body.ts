/** Records one after the other with nothing between them, or one line feed, as Firehose joins them; compressed as configured. */
import { BLOCK_BYTES, type Compressor } from '../compress.ts'
import type { RecordBody } from './object-buffer.ts'
import type { StreamRecord } from './record.ts'

/**
 * `none` is Firehose's rule without AppendDelimiterToRecord, `between` with it (a line feed between records and not after the
 * last); `after` puts one after each record.
 */
export type RecordDelimiter = 'none' | 'between' | 'after'

const LINE_FEED = 10
const FIRST_BYTES = 16_384

export class ConcatenatedBody implements RecordBody {
  readonly #compressor: Compressor
  readonly #delimiter: RecordDelimiter
  /** one block, and the record that went beyond it; few records need no whole block */
  #bytes = new Uint8Array(FIRST_BYTES)
  #end = 0
  #any = false

  constructor(compressor: Compressor, delimiter: RecordDelimiter) {
    this.#compressor = compressor
    this.#delimiter = delimiter
  }

  add({ data }: StreamRecord): number {
    const before = this.#end
    const after = before + data.length + 1
    if (after > this.#bytes.length) this.#grow(after)
    const bytes = this.#bytes
    let end = before
    if (this.#delimiter === 'between' && this.#any) bytes[end++] = LINE_FEED
    bytes.set(data, end)
    end += data.length
    if (this.#delimiter === 'after') bytes[end++] = LINE_FEED
    this.#any = true
    this.#end = end
    return end - before
  }

  get gatheredBytes(): number {
    return this.#end
  }

  get full(): boolean {
    return this.#end >= BLOCK_BYTES
  }

  *drain(): Iterable<Uint8Array> {
    if (this.full) yield* this.#blocks()
  }

  *finish(): Iterable<Uint8Array> {
    yield* this.#blocks()
    yield this.#compressor.finish()
  }

  *#blocks(): Iterable<Uint8Array> {
    for (let start = 0; start < this.#end; start += BLOCK_BYTES)
      yield this.#compressor.compress(this.#bytes.subarray(start, Math.min(start + BLOCK_BYTES, this.#end)))
    this.#end = 0
    // A large record must not be held room for as long as the object is open.
    if (this.#bytes.length > 2 * BLOCK_BYTES) this.#bytes = new Uint8Array(FIRST_BYTES)
  }

  #grow(least: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, least))
    bytes.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = bytes
  }
}
