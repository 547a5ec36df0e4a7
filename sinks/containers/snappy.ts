/**
 * Snappy in the two containers that Firehose writes, neither of which is the framing of Google's own library.
 *
 *   Snappy         82 "SNAPPY" 00  version i32  compatible i32  { size i32  block }      xerial/snappy-java, SnappyOutputStream
 *   HADOOP_SNAPPY  { raw size i32  size i32  block }                                     Hadoop's BlockCompressorStream
 *
 * Integers are big-endian, blocks are raw Snappy of at most 32 KiB of content, snappy-java's default. (Probes of the service
 * found these containers; its chunk size past one chunk is not known.)
 */
import { snappyCompress } from 'hyparquet-writer/src/snappy.js'
import type { Compressor } from '../compress.ts'

/** snappy-java: default block size of both streams. */
export const SNAPPY_CHUNK_BYTES = 32_768
const XERIAL_HEADER = new Uint8Array([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])

export type RawSnappy = (bytes: Uint8Array) => Uint8Array

let loaded: Promise<RawSnappy> | null = null

/** Raw Snappy blocks: the native package where it is installed, else JavaScript. The bytes may differ, the content does not. */
export function rawSnappy(): Promise<RawSnappy> {
  loaded ??= import('snappy').then(
    ({ compressSync }) =>
      (bytes: Uint8Array) =>
        compressSync(bytes),
    () => snappyCompress,
  )
  return loaded
}

export class SnappyCompressor implements Compressor {
  readonly #raw: RawSnappy
  readonly #container: 'xerial' | 'hadoop'
  #started = false

  constructor(raw: RawSnappy, container: 'xerial' | 'hadoop') {
    this.#raw = raw
    this.#container = container
  }

  compress(block: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = this.#header()
    for (let start = 0; start < block.length; start += SNAPPY_CHUNK_BYTES) {
      const chunk = block.subarray(start, start + SNAPPY_CHUNK_BYTES)
      const compressed = this.#raw(chunk)
      if (this.#container === 'hadoop') parts.push(int32(chunk.length))
      parts.push(int32(compressed.length), compressed)
    }
    return new Uint8Array(Buffer.concat(parts))
  }

  finish(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#header()))
  }

  #header(): Uint8Array[] {
    if (this.#started || this.#container === 'hadoop') return []
    this.#started = true
    return [XERIAL_HEADER]
  }
}

function int32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
