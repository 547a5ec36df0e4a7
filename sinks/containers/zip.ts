/**
 * A ZIP file with one deflated entry whose size is not known when it begins (PKWARE APPNOTE: bit 3, data descriptor).
 *
 *   local header | deflate | "PK" 07 08 crc size size | central header | end of central directory
 *
 * Dates are the format's first, so that a repeated delivery gives the same bytes. Entries stay below 4 GiB: buffers do.
 */
import { assert } from '../../core/index.ts'
import { type Compressor, DeflateStream } from '../compress.ts'

const VERSION = 20
/** sizes follow the data; the name is UTF-8 */
const FLAGS = 0x0808
const DEFLATE = 8
/** 1 January 1980 */
const DATE = 0x0021
const SIZE_MAX = 0xffff_ffff

export class ZipCompressor implements Compressor {
  readonly #name: Uint8Array
  readonly #deflate = new DeflateStream()
  #compressedBytes = 0
  #started = false

  /** @param name of the entry; the service uses a UUID unrelated to the key */
  constructor(name: string) {
    this.#name = new TextEncoder().encode(name)
  }

  compress(block: Uint8Array): Uint8Array {
    return joined([...this.#start(), this.#counted(this.#deflate.block(block))])
  }

  finish(): Uint8Array {
    const start = this.#start()
    const end = this.#counted(this.#deflate.end())
    const { crc, sizeBytes } = this.#deflate
    assert(sizeBytes <= SIZE_MAX && this.#compressedBytes <= SIZE_MAX, 'an entry of a ZIP file is below 4 GiB')
    const sums = [u32(crc), u32(this.#compressedBytes), u32(sizeBytes)]
    const descriptor = [u32(0x0807_4b50), ...sums]
    const common = [u16(VERSION), u16(FLAGS), u16(DEFLATE), u16(0), u16(DATE)]
    const central = joined([
      u32(0x0201_4b50),
      u16(VERSION),
      ...common,
      ...sums,
      u16(this.#name.length),
      // no extra field, comment, disk, attributes; the local header is at 0
      new Uint8Array(16),
      this.#name,
    ])
    const centralAt = LOCAL_HEADER_BYTES + this.#name.length + this.#compressedBytes + DESCRIPTOR_BYTES
    const last = [u32(0x0605_4b50), u32(0), u16(1), u16(1), u32(central.length), u32(centralAt), u16(0)]
    return joined([...start, end, ...descriptor, central, ...last])
  }

  #counted(bytes: Uint8Array): Uint8Array {
    this.#compressedBytes += bytes.length
    return bytes
  }

  #start(): readonly Uint8Array[] {
    if (this.#started) return []
    this.#started = true
    const header = [u32(0x0403_4b50), u16(VERSION), u16(FLAGS), u16(DEFLATE), u16(0), u16(DATE), new Uint8Array(12)]
    return [...header, u16(this.#name.length), u16(0), this.#name]
  }
}

const LOCAL_HEADER_BYTES = 30
const DESCRIPTOR_BYTES = 16

function u16(value: number): Uint8Array {
  return new Uint8Array([value & 255, value >>> 8])
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
