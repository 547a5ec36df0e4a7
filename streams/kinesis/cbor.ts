/**
 * CBOR (RFC 8949) as far as replies use it: integers, floats, texts, bytes, lists, maps, tags, true, false, null; lengths given
 * or not. Bytes are views of the body, not copies.
 */
import { brokenReply } from './reply.ts'

/** Levels of nesting at most. */
const DEPTH_MAX = 32
/** A container whose length is not given; a break ends it. */
const INDEFINITE = -1
const BREAK = Symbol('break')

/** A value with a tag; replies tag instants. */
export class CborTag {
  readonly tag: number
  readonly value: unknown
  constructor(tag: number, value: unknown) {
    this.tag = tag
    this.value = value
  }
}

/** Reads the one item that a body holds. Maps come as Map, of equal keys the last one counts. */
export function readCbor(bytes: Uint8Array): unknown {
  const reader = new CborReader(bytes)
  const value = reader.item(0)
  if (value === BREAK || !reader.ended) throw brokenReply('its CBOR does not end where it should')
  return value
}

class CborReader {
  readonly #bytes: Buffer
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length
  }

  item(depth: number): unknown {
    if (depth > DEPTH_MAX) throw brokenReply(`its CBOR nests more than ${DEPTH_MAX} levels deep`)
    const first = this.#bytes[this.#take(1)] ?? 0
    const major = first >> 5
    const detail = first & 31
    switch (major) {
      case 0:
        return this.#argument(detail)
      case 1:
        return -1 - this.#argument(detail)
      case 2:
      case 3:
        return this.#string(major, detail)
      case 4:
        return this.#list(detail === 31 ? INDEFINITE : this.#argument(detail), depth)
      case 5:
        return this.#map(detail === 31 ? INDEFINITE : this.#argument(detail), depth)
      case 6:
        return new CborTag(this.#argument(detail), this.item(depth + 1))
      default:
        return this.#simple(detail)
    }
  }

  #take(sizeBytes: number): number {
    const start = this.#at
    if (sizeBytes > this.#bytes.length - start) throw brokenReply('its CBOR ends too early')
    this.#at = start + sizeBytes
    return start
  }

  #argument(detail: number): number {
    if (detail < 24) return detail
    if (detail === 24) return this.#view.getUint8(this.#take(1))
    if (detail === 25) return this.#view.getUint16(this.#take(2))
    if (detail === 26) return this.#view.getUint32(this.#take(4))
    if (detail === 27) return Number(this.#view.getBigUint64(this.#take(8)))
    throw brokenReply('its CBOR holds a length that is none')
  }

  #string(major: number, detail: number): string | Uint8Array {
    if (detail === 31) return this.#pieces(major)
    const sizeBytes = this.#argument(detail)
    const start = this.#take(sizeBytes)
    return major === 3
      ? this.#bytes.toString('utf8', start, start + sizeBytes)
      : this.#bytes.subarray(start, start + sizeBytes)
  }

  #pieces(major: number): string | Uint8Array {
    const pieces: Uint8Array[] = []
    for (;;) {
      const first = this.#bytes[this.#take(1)] ?? 0
      if (first === 0xff) break
      if (first >> 5 !== major || (first & 31) === 31) throw brokenReply('its CBOR holds a string of other pieces')
      const sizeBytes = this.#argument(first & 31)
      const start = this.#take(sizeBytes)
      pieces.push(this.#bytes.subarray(start, start + sizeBytes))
    }
    const whole = Buffer.concat(pieces)
    return major === 3 ? whole.toString('utf8') : whole
  }

  #list(length: number, depth: number): unknown[] {
    const items: unknown[] = []
    while (length === INDEFINITE || items.length < length) {
      const item = this.item(depth + 1)
      if (item === BREAK) {
        if (length === INDEFINITE) break
        throw brokenReply('its CBOR breaks off a list')
      }
      items.push(item)
    }
    return items
  }

  #map(length: number, depth: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>()
    for (let i = 0; length === INDEFINITE || i < length; i++) {
      const key = this.item(depth + 1)
      if (key === BREAK && length === INDEFINITE) break
      const value = this.item(depth + 1)
      if (key === BREAK || value === BREAK) throw brokenReply('its CBOR breaks off a map')
      map.set(key, value)
    }
    return map
  }

  #simple(detail: number): unknown {
    switch (detail) {
      case 20:
        return false
      case 21:
        return true
      case 22:
      case 23:
        return null
      case 25:
        return half(this.#view.getUint16(this.#take(2)))
      case 26:
        return this.#view.getFloat32(this.#take(4))
      case 27:
        return this.#view.getFloat64(this.#take(8))
      case 31:
        return BREAK
      default:
        throw brokenReply('its CBOR holds a value that replies never have')
    }
  }
}

/** RFC 8949, appendix D. */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1_023
  const magnitude =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (1_024 + fraction) * 2 ** (exponent - 25)
  return (bits & 0x8000) === 0 ? magnitude : -magnitude
}
