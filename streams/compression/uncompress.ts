/**
 * Records that producers compressed: gzip, zlib, Snappy with a header, and Zstandard where this version of Node has it. They are
 * told by how they begin, since nothing else says so. What is inside is data: it is not looked into again.
 */
import * as zlib from 'node:zlib'
import { MEBIBYTE } from '../../core/index.ts'
import { CompressionProblem, isSnappy, tooLarge, unsnap } from './snappy.ts'
import { isWholeZstandard } from './zstandard.ts'

/** Bytes that a byte of a record may become, and bytes that one record may become. */
export const UNCOMPRESSED_RATIO_MAX = 100
export const UNCOMPRESSED_BYTES_MAX = 64 * MEBIBYTE
/** The ratio counts from here on: a small record that repeats itself does no harm. */
const RATIO_FROM_BYTES = 65_536

/** What a record was found to be: its bytes, or the sentence that refuses it. Null: it is not compressed. */
export type Uncompressed = Uint8Array | string | null

type Codec = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array

const unzstd = Reflect.get(zlib, 'zstdDecompressSync') as Codec | undefined

const GZIP = [0x1f, 0x8b, 0x08]
const ZSTANDARD = [0x28, 0xb5, 0x2f, 0xfd]

/** A look at the first byte, which spares most records everything else. */
export function mayBeCompressed(first: number | undefined): boolean {
  return first === 0x1f || first === 0x78 || first === 0x28 || first === 0xff || first === 0x82
}

/**
 * The most that a record may become without its compression, in bytes, that many included: 64 KiB, or 100 times its size where that is
 * more, and never more than 64 MiB. Who compresses asks too, so that everything written can be read.
 * @param packedBytes size of the compressed record
 */
export function uncompressedBytesMax(packedBytes: number): number {
  return Math.min(UNCOMPRESSED_BYTES_MAX, Math.max(RATIO_FROM_BYTES, packedBytes * UNCOMPRESSED_RATIO_MAX))
}

/** The bytes of a record without its compression. */
export function uncompress(bytes: Uint8Array): Uncompressed {
  const bytesMax = uncompressedBytesMax(bytes.length)
  if (begins(bytes, GZIP)) return attempt('gzip', bytes, bytesMax, zlib.gunzipSync)
  if (isSnappy(bytes)) return attempt('Snappy', bytes, bytesMax, (all, limit) => unsnap(all, limit.maxOutputLength))
  if (begins(bytes, ZSTANDARD))
    return unzstd === undefined
      ? `the record is Zstandard, which Node ${process.versions.node} cannot read; use Node 22.15 or later, or another compression`
      : isWholeZstandard(bytes)
        ? attempt('Zstandard', bytes, bytesMax, unzstd)
        : 'the record begins like Zstandard, but cannot be read as such: it does not end where its last block does'
  if (!isZlib(bytes)) return null
  const result = attempt('zlib', bytes, bytesMax, zlib.inflateSync)
  // Two bytes say little: text may begin with them as well, and is then no error.
  return typeof result === 'string' && !result.includes('at most') ? null : result
}

function begins(bytes: Uint8Array, with_: readonly number[]): boolean {
  return with_.every((byte, i) => bytes[i] === byte)
}

/** RFC 1950: deflate with a window of 32 KiB, a check of both bytes, no preset dictionary. */
function isZlib(bytes: Uint8Array): boolean {
  const [method = 0, flags = 0] = bytes
  return bytes.length > 6 && method === 0x78 && (method * 256 + flags) % 31 === 0 && (flags & 0x20) === 0
}

function attempt(name: string, bytes: Uint8Array, bytesMax: number, codec: Codec): Uint8Array | string {
  try {
    return codec(bytes, { maxOutputLength: bytesMax })
  } catch (error) {
    const isTooLarge =
      error instanceof CompressionProblem
        ? error.message === tooLarge().message
        : Reflect.get(Object(error), 'code') === 'ERR_BUFFER_TOO_LARGE'
    if (isTooLarge)
      return `the record is ${bytes.length} bytes of ${name} that become more than ${bytesMax}; at most ${UNCOMPRESSED_RATIO_MAX} times as many and ${UNCOMPRESSED_BYTES_MAX} are read`
    return `the record begins like ${name}, but cannot be read as such: ${error instanceof Error ? error.message : 'unknown problem'}`
  }
}
