/** Objects of JSON lines, compressed as configured. */
import { ByteWriter, type Encoder, type RowBatch } from '../../core/index.ts'
import { BLOCK_BYTES, type Compressor } from '../compress.ts'
import type { Body } from './body.ts'

/**
 * Where line feeds stand: `after` every row (default), `between` rows as Firehose's AppendDelimiterToRecord puts them, or
 * `none`, Firehose's own default.
 */
export type Delimiter = 'after' | 'between' | 'none'

const LINE_FEED = 10

export class JsonLinesBody implements Body {
  readonly #encoder: Encoder
  readonly #compressor: Compressor
  readonly #delimiter: Delimiter
  readonly #out = new ByteWriter(BLOCK_BYTES)
  /** `between`: a line feed that the next row will want before it */
  #owed = false

  /** @param encoder puts one line feed after each row and none inside, as JSON text never needs one */
  constructor(encoder: Encoder, compressor: Compressor, delimiter: Delimiter = 'after') {
    this.#encoder = encoder
    this.#compressor = compressor
    this.#delimiter = delimiter
  }

  add(rows: RowBatch): number {
    if (this.#delimiter === 'after') {
      const before = this.#out.length
      this.#encoder.encode(rows, this.#out)
      return this.#out.length - before
    }
    const lines = new ByteWriter(BLOCK_BYTES)
    this.#encoder.encode(rows, lines)
    const bytes = lines.take()
    const kept = this.#delimiter === 'none' ? bytes.filter(byte => byte !== LINE_FEED) : bytes.subarray(0, -1)
    if (this.#owed) this.#out.byte(LINE_FEED)
    const sizeBytes = kept.length + (this.#owed ? 1 : 0)
    this.#owed = this.#delimiter === 'between'
    this.#out.bytes(kept)
    return sizeBytes
  }

  *drain(): Iterable<Uint8Array> {
    if (this.#out.length >= BLOCK_BYTES) yield* this.#blocks()
  }

  *finish(): Iterable<Uint8Array> {
    yield* this.#blocks()
    yield this.#compressor.finish()
  }

  *#blocks(): Iterable<Uint8Array> {
    const bytes = this.#out.take()
    for (let start = 0; start < bytes.length; start += BLOCK_BYTES)
      yield this.#compressor.compress(bytes.subarray(start, start + BLOCK_BYTES))
  }
}
