/**
 * CBOR (RFC 8949) as Kinesis and its clients write it, both ways: the Java SDK, and with it KCL and KPL, speaks it by default.
 *
 *   item    = head content            head: 3 bits type, 5 bits size or count, 0 to 8 bytes more, big-endian
 *   types   = 0 unsigned, 1 negative, 2 bytes, 3 text, 4 array, 5 map, 6 tag item, 7 simple or float
 *   endless = count 31, items until 0xff (bytes, text, arrays and maps)
 */
import { isUtf8 } from 'node:buffer'

/** Levels of nesting at most. */
const DEPTH_MAX = 32
const BREAK = Symbol('break')

/** What the reader of a message says of its own. */
export interface CborMeaning {
  /** what a tagged item is */
  tagged(tag: number, item: unknown): unknown
  /**
   * Whether a text that is no UTF-8 breaks the message. A request may be refused for that; a reply may not, for the records behind it
   * would never be read: there each wrong byte sequence is U+FFFD, as in replies in JSON.
   */
  readonly isTextStrict: boolean
  /** what is thrown where the bytes are no message. @param why in the form "it ends too early" */
  broken(why: string): Error
}

/**
 * The one item that the bytes are: numbers, texts, booleans, null, bytes as views, arrays, objects without prototype (of equal
 * names the last one counts).
 * @throws what `meaning.broken` makes
 */
export function readCbor(bytes: Uint8Array, meaning: CborMeaning): unknown {
  const reader = new CborReader(bytes, meaning)
  const item = reader.item(0)
  if (item === BREAK || reader.left > 0) throw meaning.broken('it does not end where it should')
  return item
}

class CborReader {
  readonly #meaning: CborMeaning
  readonly #bytes: Buffer
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array, meaning: CborMeaning) {
    this.#meaning = meaning
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  item(depth: number): unknown {
    if (depth > DEPTH_MAX) throw this.#meaning.broken(`it nests more than ${DEPTH_MAX} levels deep`)
    const head = this.#bytes[this.#take(1)] ?? 0
    const type = head >> 5
    const info = head & 31
    if (type === 7) return this.#simple(info)
    const isEndless = info === 31
    if (isEndless && (type < 2 || type === 6)) throw this.#meaning.broken('a number has no end')
    const count = isEndless ? Number.POSITIVE_INFINITY : this.#count(info)
    switch (type) {
      case 0:
        return count
      case 1:
        return -1 - count
      case 2:
        return isEndless ? this.#chunks(2) : this.#raw(count)
      case 3:
        return this.#text(isEndless ? this.#chunks(3) : this.#raw(count))
      case 4:
        return this.#array(count, depth)
      case 5:
        return this.#map(count, depth)
      default: {
        const item = this.item(depth + 1)
        if (item === BREAK) throw this.#meaning.broken('a tag has no item')
        return this.#meaning.tagged(count, item)
      }
    }
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false
      case 21:
        return true
      case 22:
      case 23:
        return null
      case 25:
        return float16(this.#view.getUint16(this.#take(2)))
      case 26:
        return this.#view.getFloat32(this.#take(4))
      case 27:
        return this.#view.getFloat64(this.#take(8))
      case 31:
        return BREAK
      default:
        throw this.#meaning.broken('it holds a value that no message has')
    }
  }

  #count(info: number): number {
    if (info < 24) return info
    if (info === 24) return this.#bytes[this.#take(1)] ?? 0
    if (info === 25) return this.#view.getUint16(this.#take(2))
    if (info === 26) return this.#view.getUint32(this.#take(4))
    const count = info === 27 ? Number(this.#view.getBigUint64(this.#take(8))) : Number.NaN
    if (!Number.isSafeInteger(count)) throw this.#meaning.broken('it holds a number that is none')
    return count
  }

  #chunks(type: number): Buffer {
    const chunks: Uint8Array[] = []
    for (;;) {
      const head = this.#bytes[this.#take(1)] ?? 0
      if (head === 0xff) return Buffer.concat(chunks)
      if (head >> 5 !== type || (head & 31) === 31) throw this.#meaning.broken('a string has pieces of another type')
      chunks.push(this.#raw(this.#count(head & 31)))
    }
  }

  #text(bytes: Buffer): string {
    if (this.#meaning.isTextStrict && !isUtf8(bytes)) throw this.#meaning.broken('a text is no UTF-8')
    return bytes.toString('utf8')
  }

  #array(count: number, depth: number): readonly unknown[] {
    const items: unknown[] = []
    while (items.length < count) {
      const item = this.item(depth + 1)
      if (item === BREAK) {
        if (count === Number.POSITIVE_INFINITY) break
        throw this.#meaning.broken('a list breaks off')
      }
      items.push(item)
    }
    return items
  }

  #map(count: number, depth: number): Readonly<Record<string, unknown>> {
    const map = Object.create(null) as Record<string, unknown>
    for (let i = 0; i < count; i++) {
      const name = this.item(depth + 1)
      if (name === BREAK && count === Number.POSITIVE_INFINITY) break
      const value = typeof name === 'string' ? this.item(depth + 1) : BREAK
      if (typeof name !== 'string' || value === BREAK)
        throw this.#meaning.broken('a map breaks off or has names that are no texts')
      map[name] = value
    }
    return map
  }

  #raw(sizeBytes: number): Buffer {
    const at = this.#take(sizeBytes)
    return this.#bytes.subarray(at, at + sizeBytes)
  }

  /** Steps over bytes and gives where they begin. */
  #take(sizeBytes: number): number {
    if (sizeBytes > this.left) throw this.#meaning.broken('it ends too early')
    const at = this.#at
    this.#at += sizeBytes
    return at
  }
}

/** RFC 8949, appendix D. */
function float16(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1_023
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (1_024 + fraction) * 2 ** (exponent - 25)
  return bits & 0x8000 ? -size : size
}
