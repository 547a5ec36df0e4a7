/** The texts of records, decoded from UTF-8 at the cost of the cheapest decoder that gives the same text. */
import { isAscii, isUtf8 } from 'node:buffer'

export class RecordTexts {
  readonly #bytes: Buffer
  readonly #ascii: boolean

  /** @param bytes the buffer that holds all records of a batch */
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#ascii = isAscii(bytes)
  }

  /** The text of `[start, end)`, or null when it is not valid UTF-8. A byte order mark stays in the text. */
  at(start: number, end: number): string | null {
    if (this.#ascii) return this.#bytes.toString('latin1', start, end)
    const text = this.#bytes.toString('utf8', start, end)
    // Invalid bytes become U+FFFD, which a record may also hold as it is.
    return text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(start, end)) ? null : text
  }
}
