/**
 * Compression of object bodies in blocks. The bytes depend on the content alone: no time, no system in the header, so that a
 * repeated delivery gives the same object; and a block is compressed at once, so that no thread pool decides an order.
 */
import * as zlib from 'node:zlib'

export interface Compressor {
  /** The next bytes of the body for a block of at most `BLOCK_BYTES`; possibly none yet. The block is the caller's again after it. */
  compress(block: Uint8Array): Uint8Array
  /** The end of the body. Nothing may follow. */
  finish(): Uint8Array
}

/** Input of one compress call: about 10 ms of work for gzip. */
export const BLOCK_BYTES = 262_144
/** Compressed bytes that zlib hands over at a time: most blocks become fewer. */
const CHUNK_BYTES = 65_536
/**
 * What of the block before is shown to the next one, of the 32 KiB that a deflate reference may reach back (RFC 1951): zlib reads it
 * again, and what records have in common is in the last few of them.
 */
const WINDOW_BYTES = 8_192
/** RFC 1952: magic, deflate, no flags, no time, no extra flags, unknown system. */
const GZIP_HEADER = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
/** An empty last block with fixed codes (RFC 1951). */
const DEFLATE_END = new Uint8Array([3, 0])

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

/** Continues a CRC-32 (RFC 1952); starts from 0. */
export const crc32: (bytes: Uint8Array, before?: number) => number =
  // From Node 20.15 and 22.2 on; it is many times faster.
  (zlib as { readonly crc32?: (bytes: Uint8Array, before?: number) => number }).crc32 ?? crc32ByTable

export function crc32ByTable(bytes: Uint8Array, before = 0): number {
  let crc = ~before
  for (let i = 0; i < bytes.length; i++) crc = (CRC_TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8)
  return ~crc >>> 0
}

/** Raw deflate (RFC 1951) in blocks: each is deflated against the end of the one before it and ends on a byte. */
export class DeflateStream {
  #window: Uint8Array = new Uint8Array(0)
  /** of the content so far */
  crc = 0
  sizeBytes = 0

  block(block: Uint8Array): Uint8Array {
    this.crc = crc32(block, this.crc)
    this.sizeBytes += block.length
    const deflated = zlib.deflateRawSync(block, {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      chunkSize: CHUNK_BYTES,
      ...(this.#window.length > 0 && { dictionary: this.#window }),
    })
    this.#window = lastBytes(this.#window, block)
    return deflated
  }

  end(): Uint8Array {
    return DEFLATE_END
  }
}

/** One gzip member, whatever the number of blocks. */
export class GzipCompressor implements Compressor {
  readonly #deflate = new DeflateStream()
  #started = false

  compress(block: Uint8Array): Uint8Array {
    const deflated = this.#deflate.block(block)
    return this.#started ? compact(deflated) : joined([...this.#header(), deflated])
  }

  finish(): Uint8Array {
    const trailer = new DataView(new ArrayBuffer(8))
    trailer.setUint32(0, this.#deflate.crc, true)
    trailer.setUint32(4, this.#deflate.sizeBytes % 2 ** 32, true)
    return joined([...this.#header(), this.#deflate.end(), new Uint8Array(trailer.buffer)])
  }

  #header(): readonly Uint8Array[] {
    if (this.#started) return []
    this.#started = true
    return [GZIP_HEADER]
  }
}

/** Passes bytes through. */
export class NoCompressor implements Compressor {
  compress(block: Uint8Array): Uint8Array {
    return new Uint8Array(block)
  }
  finish(): Uint8Array {
    return new Uint8Array(0)
  }
}

/** The whole of a text in one gzip member with our header. */
export function gzip(bytes: Uint8Array): Uint8Array {
  const trailer = new DataView(new ArrayBuffer(8))
  trailer.setUint32(0, crc32(bytes), true)
  trailer.setUint32(4, bytes.length % 2 ** 32, true)
  return joined([GZIP_HEADER, zlib.deflateRawSync(bytes), new Uint8Array(trailer.buffer)])
}

function lastBytes(before: Uint8Array, block: Uint8Array): Uint8Array {
  if (block.length >= WINDOW_BYTES) return new Uint8Array(block.subarray(-WINDOW_BYTES))
  return joined([before.subarray(Math.max(0, before.length + block.length - WINDOW_BYTES)), block])
}

/** The bytes, in memory of their own where they would keep much more of it alive. */
function compact(bytes: Uint8Array): Uint8Array {
  return bytes.length * 2 >= bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let end = 0
  for (const part of parts) {
    bytes.set(part, end)
    end += part.length
  }
  return bytes
}
