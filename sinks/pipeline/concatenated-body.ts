/** Records one after the other with nothing between them, or one line feed, as Firehose joins them; compressed as configured. */
import { ByteWriter } from '../../core/index.ts'
import { BLOCK_BYTES, type Compressor } from '../compress.ts'
import type { RecordBody } from './object-buffer.ts'
import type { StreamRecord } from './record.ts'

/**
 * `none` is Firehose's rule without AppendDelimiterToRecord, `between` with it (a line feed between records and not after the
 * last); `after` puts one after each record.
 */
export type RecordDelimiter = 'none' | 'between' | 'after'

const LINE_FEED = 10

export class ConcatenatedBody implements RecordBody {
  readonly #compressor: Compressor
  readonly #delimiter: RecordDelimiter
  readonly #out = new ByteWriter(BLOCK_BYTES)
  #any = false

  constructor(compressor: Compressor, delimiter: RecordDelimiter) {
    this.#compressor = compressor
    this.#delimiter = delimiter
  }

  add(record: StreamRecord): number {
    const before = this.#out.length
    if (this.#delimiter === 'between' && this.#any) this.#out.byte(LINE_FEED)
    this.#out.bytes(record.data)
    if (this.#delimiter === 'after') this.#out.byte(LINE_FEED)
    this.#any = true
    return this.#out.length - before
  }

  get full(): boolean {
    return this.#out.length >= BLOCK_BYTES
  }

  *drain(): Iterable<Uint8Array> {
    if (this.full) yield* this.#blocks()
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
