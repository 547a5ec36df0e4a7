/**
 * CBOR (RFC 8949) as clients of the service write and read it: the Java SDK, and with it KCL and KPL, speaks it by default.
 *
 *   item    = head content            head: 3 bits type, 5 bits size or count, 0 to 8 bytes more, big-endian
 *   types   = 0 unsigned, 1 negative, 2 bytes, 3 text, 4 array, 5 map, 6 tag item, 7 simple or float
 *   endless = count 31, items until 0xff (bytes, text, arrays and maps)
 *
 * Tag 1 is an instant. The service's clients write it as a whole number of milliseconds, where RFC 8949 means seconds; a float
 * is seconds here as there.
 */
import { ServiceError } from './service-error.ts'

/** An instant in a reply; JSON has it in seconds, CBOR as tag 1. */
export class Instant {
  /** epoch milliseconds */
  readonly at: number

  constructor(at: number) {
    this.at = at
  }

  toJSON(): number {
    return this.at / 1_000
  }
}

const DEPTH_MAX = 32
const BREAK = Symbol('break')
const text = new TextDecoder('utf-8', { fatal: true })
const utf8 = new TextEncoder()

/**
 * The one item that the bytes are: numbers, texts, bytes as views, arrays, objects without prototype; instants in seconds.
 * @throws ServiceError SerializationException
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  const reader = new CborReader(bytes)
  const value = reader.item(0)
  if (value === BREAK || reader.left > 0) throw broken()
  return value
}

function broken(): ServiceError {
  return new ServiceError('SerializationException', 'The request body is no CBOR.')
}

class CborReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  item(depth: number): unknown {
    if (depth > DEPTH_MAX) throw broken()
    const head = this.#bytes[this.#take(1)] ?? 0
    const type = head >> 5
    const info = head & 31
    if (type === 7) return this.#simple(info)
    const isEndless = info === 31
    if (isEndless && (type < 2 || type === 6)) throw broken()
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
        const tagged = this.item(depth + 1)
        if (tagged === BREAK) throw broken()
        if (count !== 1) return tagged
        if (typeof tagged !== 'number') throw broken()
        return Number.isInteger(tagged) ? tagged / 1_000 : tagged
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
        throw broken()
    }
  }

  #count(info: number): number {
    if (info < 24) return info
    if (info === 24) return this.#bytes[this.#take(1)] ?? 0
    if (info === 25) return this.#view.getUint16(this.#take(2))
    if (info === 26) return this.#view.getUint32(this.#take(4))
    if (info !== 27) throw broken()
    const count = Number(this.#view.getBigUint64(this.#take(8)))
    if (!Number.isSafeInteger(count)) throw broken()
    return count
  }

  #chunks(type: number): Uint8Array {
    const chunks: Uint8Array[] = []
    for (;;) {
      const head = this.#bytes[this.#take(1)] ?? 0
      if (head === 0xff) return Buffer.concat(chunks)
      if (head >> 5 !== type || (head & 31) === 31) throw broken()
      chunks.push(this.#raw(this.#count(head & 31)))
    }
  }

  #text(bytes: Uint8Array): string {
    try {
      return text.decode(bytes)
    } catch {
      throw broken()
    }
  }

  #array(count: number, depth: number): readonly unknown[] {
    const items: unknown[] = []
    while (items.length < count) {
      const item = this.item(depth + 1)
      if (item === BREAK) {
        if (count === Number.POSITIVE_INFINITY) break
        throw broken()
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
      if (typeof name !== 'string' || value === BREAK) throw broken()
      map[name] = value
    }
    return map
  }

  #raw(sizeBytes: number): Uint8Array {
    const at = this.#take(sizeBytes)
    return this.#bytes.subarray(at, at + sizeBytes)
  }

  /** Steps over bytes and gives where they begin. */
  #take(sizeBytes: number): number {
    if (sizeBytes > this.left) throw broken()
    const at = this.#at
    this.#at += sizeBytes
    return at
  }
}

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

/** A reply as CBOR: null, booleans, numbers, texts, bytes, instants, arrays, objects; members that are undefined are left out. */
export function encodeCbor(value: unknown): Uint8Array {
  const writer = new CborWriter()
  writer.item(value)
  return writer.take()
}

class CborWriter {
  #bytes = Buffer.allocUnsafe(4_096)
  #at = 0

  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  item(value: unknown): void {
    if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'boolean') this.#byte(value ? 0xf5 : 0xf4)
    else if (value === null || value === undefined) this.#byte(0xf6)
    else if (value instanceof Uint8Array) {
      this.#head(2, value.length)
      this.#reserve(value.length)
      this.#bytes.set(value, this.#at)
      this.#at += value.length
    } else if (value instanceof Instant) {
      this.#head(6, 1)
      this.#number(Math.round(value.at))
    } else if (Array.isArray(value)) {
      this.#head(4, value.length)
      for (const item of value as readonly unknown[]) this.item(item)
    } else {
      const members = Object.entries(value).filter(([, member]) => member !== undefined)
      this.#head(5, members.length)
      for (const [name, member] of members) {
        this.#text(name)
        this.item(member)
      }
    }
  }

  #text(value: string): void {
    const bytes = utf8.encode(value)
    this.#head(3, bytes.length)
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value)) return value < 0 ? this.#head(1, -1 - value) : this.#head(0, value)
    this.#byte(0xfb)
    this.#reserve(8)
    this.#at = this.#bytes.writeDoubleBE(value, this.#at)
  }

  #head(type: number, count: number): void {
    this.#reserve(9)
    const first = type << 5
    if (count < 24) this.#at = this.#bytes.writeUInt8(first | count, this.#at)
    else if (count < 0x100) this.#at = this.#bytes.writeUInt16BE(((first | 24) << 8) | count, this.#at)
    else if (count < 0x1_0000) {
      this.#at = this.#bytes.writeUInt8(first | 25, this.#at)
      this.#at = this.#bytes.writeUInt16BE(count, this.#at)
    } else if (count < 0x1_0000_0000) {
      this.#at = this.#bytes.writeUInt8(first | 26, this.#at)
      this.#at = this.#bytes.writeUInt32BE(count, this.#at)
    } else {
      this.#at = this.#bytes.writeUInt8(first | 27, this.#at)
      this.#at = this.#bytes.writeBigUInt64BE(BigInt(count), this.#at)
    }
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#at = this.#bytes.writeUInt8(value, this.#at)
  }

  #reserve(sizeBytes: number): void {
    if (this.#at + sizeBytes <= this.#bytes.length) return
    const bytes = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + sizeBytes))
    this.#bytes.copy(bytes, 0, 0, this.#at)
    this.#bytes = bytes
  }
}
