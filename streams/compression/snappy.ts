/**
 * Snappy in the two forms that say what they are: the framing format, and the form of snappy-java that Kafka clients write.
 * A bare Snappy block begins like any other bytes and is never taken for one.
 *
 *   framed ::= FF 06 00 00 "sNaPpY" { chunk }     chunk ::= type u8 | size u24 | content      00: CRC-32C, block   01: CRC-32C, bytes
 *   java   ::= 82 "SNAPPY" 00 version u32 compatible u32 { size u32 | block }, big-endian
 *   block  ::= length varint { literal | copy }
 *
 * Sources: format_description.txt and framing_format.txt of google/snappy; SnappyOutputStream of xerial/snappy-java.
 */

/** What is wrong with a compressed record; the text goes into an error row. */
export class CompressionProblem extends Error {
  override name = 'CompressionProblem'
}

const FRAMED = Buffer.from('\xff\x06\x00\x00sNaPpY', 'latin1')
const JAVA = Buffer.from('\x82SNAPPY\x00', 'latin1')
const JAVA_HEADER_BYTES = 16
const CRC_BYTES = 4

function begins(bytes: Uint8Array, with_: Uint8Array): boolean {
  return bytes.length >= with_.length && with_.every((byte, i) => bytes[i] === byte)
}

/** Whether bytes say that they are Snappy. */
export function isSnappy(bytes: Uint8Array): boolean {
  return begins(bytes, FRAMED) || begins(bytes, JAVA)
}

/**
 * @param bytesMax of the result
 * @throws CompressionProblem
 */
export function unsnap(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  const keep = (piece: Uint8Array): void => {
    sizeBytes += piece.length
    pieces.push(piece)
  }
  if (begins(bytes, JAVA)) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = JAVA_HEADER_BYTES; at < bytes.length; ) {
      const size = at + 4 > bytes.length ? -1 : view.getUint32(at)
      if (size < 0 || at + 4 + size > bytes.length) throw new CompressionProblem('it ends inside a block')
      keep(block(bytes.subarray(at + 4, at + 4 + size), bytesMax - sizeBytes))
      at += 4 + size
    }
    return Buffer.concat(pieces)
  }
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at] ?? 0
    const size = (bytes[at + 1] ?? 0) + (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0) * 65_536
    const content = bytes.subarray(at + 4, at + 4 + size)
    if (at + 4 + size > bytes.length) throw new CompressionProblem('it ends inside a chunk')
    at += 4 + size
    if (type === 0 || type === 1) {
      if (size < CRC_BYTES) throw new CompressionProblem('a chunk has no checksum')
      const data = content.subarray(CRC_BYTES)
      const piece = type === 0 ? block(data, bytesMax - sizeBytes) : data
      if (sizeBytes + piece.length > bytesMax) throw tooLarge()
      const crc = new DataView(content.buffer, content.byteOffset, CRC_BYTES).getUint32(0, true)
      if (masked(crc32c(piece)) !== crc) throw new CompressionProblem('a chunk has a wrong checksum')
      keep(piece)
    } else if (type < 0x80) throw new CompressionProblem(`it has a chunk of type ${type}, which must not be skipped`)
  }
  return Buffer.concat(pieces)
}

/** The text is completed by whoever knows the limit. */
export function tooLarge(): CompressionProblem {
  return new CompressionProblem('too large')
}

function block(bytes: Uint8Array, bytesMax: number): Uint8Array {
  let at = 0
  let length = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++] ?? -1
    if (byte < 0 || at > 5) throw new CompressionProblem('a block has no length')
    length += (byte & 127) * scale
    if (byte < 128) break
  }
  if (length > bytesMax) throw tooLarge()
  // No element makes more than 64 bytes of 2, so that a length that its bytes cannot have takes no memory.
  if (length > bytes.length * 64) throw new CompressionProblem('a block is shorter than it says')
  const out = new Uint8Array(length)
  let end = 0
  while (at < bytes.length) {
    const tag = bytes[at++] ?? 0
    const kind = tag & 3
    if (kind === 0) {
      let size = tag >> 2
      if (size >= 60) {
        const more = size - 59
        size = little(bytes, at, more)
        at += more
      }
      size++
      if (at + size > bytes.length || end + size > length) throw new CompressionProblem('a literal is too long')
      out.set(bytes.subarray(at, at + size), end)
      at += size
      end += size
      continue
    }
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    const offset = kind === 1 ? (tag >> 5) * 256 + little(bytes, at, 1) : little(bytes, at, kind === 2 ? 2 : 4)
    at += kind === 1 ? 1 : kind === 2 ? 2 : 4
    if (at > bytes.length || offset === 0 || offset > end || end + size > length)
      throw new CompressionProblem('a copy reaches outside of its block')
    // Byte by byte: a copy may overlap what it writes.
    for (let i = 0; i < size; i++, end++) out[end] = out[end - offset] ?? 0
  }
  if (end !== length) throw new CompressionProblem('a block is shorter than it says')
  return out
}

function little(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}

/** Castagnoli's polynomial, reflected. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0x82f63b78 ^ (value >>> 1) : value >>> 1
  return value >>> 0
})

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = (CRC_TABLE[(crc ^ (bytes[i] ?? 0)) & 255] ?? 0) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** The framing format stores checksums so, because it is not good to have a checksum of a checksum. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
