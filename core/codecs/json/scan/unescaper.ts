/** Strings with escapes for the scanner in JavaScript; the same rules as in the compiled one (tools/wasm/assembly/text.ts). */

/** Bytes of a text without its escapes, at most; texts that are longer go the slow way. */
const UNESCAPED_BYTES_MAX = 255

const QUOTE = 34
const BACKSLASH = 92
const LETTER_U = 117
/** What the letter of an escape stands for. */
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [34, 34], // quote
  [92, 92], // backslash
  [47, 47], // slash
  [98, 8], // b
  [102, 12], // f
  [110, 10], // n
  [114, 13], // r
  [116, 9], // t
])

export class Unescaper {
  /** the text that was read last, `size` bytes of it; more than UNESCAPED_BYTES_MAX when it gave up writing */
  readonly bytes = Buffer.alloc(320)
  readonly words = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
  size = 0

  /**
   * Reads a string by the grammar of JSON. Surrogates without a partner are no text that a column takes.
   * @param write false judges it only
   * @returns the position of the closing quote, which lies below `end`, or -1
   */
  read(from: Uint8Array, start: number, end: number, write: boolean): number {
    this.size = 0
    for (let at = start; at < end; ) {
      const byte = from[at] ?? 0
      if (byte === QUOTE) return write && this.size > UNESCAPED_BYTES_MAX ? -1 : at
      if (byte < 32) return -1
      if (byte !== BACKSLASH) {
        at++
        if (write && this.size <= UNESCAPED_BYTES_MAX) this.bytes[this.size++] = byte
        continue
      }
      const letter = from[at + 1] ?? 0
      let code = letter === LETTER_U ? hex4(from, at + 2) : (ESCAPES.get(letter) ?? -1)
      if (code < 0) return -1
      at += letter === LETTER_U ? 6 : 2
      if ((code & 0xf800) === 0xd800) {
        const follows = code < 0xdc00 && from[at] === BACKSLASH && from[at + 1] === LETTER_U
        const second = follows ? hex4(from, at + 2) : -1
        if (second < 0xdc00 || second > 0xdfff) return -1
        code = 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00)
        at += 6
      }
      if (write && this.size <= UNESCAPED_BYTES_MAX)
        this.size += this.bytes.write(String.fromCodePoint(code), this.size, 'utf8')
    }
    return -1
  }
}

/** The value of four hexadecimal digits, or -1. */
function hex4(from: Uint8Array, at: number): number {
  let value = 0
  for (let i = at; i < at + 4; i++) {
    const byte = from[i] ?? 0
    const letter = (byte | 32) - 87
    if (byte >= 48 && byte <= 57) value = value * 16 + byte - 48
    else if (letter >= 10 && letter <= 15) value = value * 16 + letter
    else return -1
  }
  return value
}
