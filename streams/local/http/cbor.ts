/**
 * Requests and replies of the service in CBOR (RFC 8949). Tag 1 is an instant. The service's clients write it as a whole number
 * of milliseconds, where RFC 8949 means seconds; a float is seconds here as there.
 */
import { type CborMeaning, readCbor } from '../../cbor-reader.ts'
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

const TAG_EPOCH = 1
const utf8 = new TextEncoder()

/**
 * A request as `readCbor` reads it; instants in seconds.
 * @throws ServiceError SerializationException
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  return readCbor(bytes, REQUEST)
}

const REQUEST: CborMeaning = {
  isTextStrict: true,
  tagged(tag, item) {
    if (tag !== TAG_EPOCH) return item
    if (typeof item !== 'number') throw REQUEST.broken('an instant is no number')
    return Number.isInteger(item) ? item / 1_000 : item
  },
  broken: () => new ServiceError('SerializationException', 'The request body is no CBOR.'),
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
