/**
 * MD5 of partition keys (RFC 1321). It is written out here because a key is a few bytes long: calling into the system's
 * library costs several times the hash itself, and a put hashes every key.
 */

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21] as const
/** RFC 1321, section 3.4: T[i] = floor(2^32 * abs(sin(i))), i in radians from 1. */
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0)
const BLOCK_BYTES = 64
/** A block ends with the length in bits, 8 bytes, after at least one byte of padding. */
const TAIL_BYTES = 9

const utf8 = new TextEncoder()
let scratch = new Uint8Array(2_048)
const words = new Int32Array(16)

/** Four unsigned 32-bit words, the first the most significant: the digest read as one big-endian number. */
export type Md5Words = [number, number, number, number]

/**
 * The MD5 of a text's UTF-8 bytes.
 * @param into receives the words; it is returned
 */
export function md5Words(text: string, into: Md5Words): Md5Words {
  const sizeBytes = fill(text)
  const blocks = Math.ceil((sizeBytes + TAIL_BYTES) / BLOCK_BYTES)
  scratch[sizeBytes] = 0x80
  scratch.fill(0, sizeBytes + 1, blocks * BLOCK_BYTES)
  // Texts here are far below 2^29 bytes, so the length in bits fits the lower word.
  const end = blocks * BLOCK_BYTES - 8
  const bits = sizeBytes * 8
  scratch[end] = bits
  scratch[end + 1] = bits >>> 8
  scratch[end + 2] = bits >>> 16
  scratch[end + 3] = bits >>> 24
  let a0 = 0x67452301
  let b0 = 0xefcdab89 | 0
  let c0 = 0x98badcfe | 0
  let d0 = 0x10325476
  for (let block = 0; block < blocks; block++) {
    for (let i = 0, at = block * BLOCK_BYTES; i < 16; i++, at += 4)
      words[i] = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24)
    let a = a0
    let b = b0
    let c = c0
    let d = d0
    for (let i = 0; i < 64; i++) {
      const round = i >>> 4
      let mixed: number
      let word: number
      if (round === 0) {
        mixed = (b & c) | (~b & d)
        word = i
      } else if (round === 1) {
        mixed = (d & b) | (~d & c)
        word = (5 * i + 1) & 15
      } else if (round === 2) {
        mixed = b ^ c ^ d
        word = (3 * i + 5) & 15
      } else {
        mixed = c ^ (b | ~d)
        word = (7 * i) & 15
      }
      const sum = (a + mixed + (SINES[i] ?? 0) + (words[word] ?? 0)) | 0
      const shift = SHIFTS[round * 4 + (i & 3)] ?? 0
      a = d
      d = c
      c = b
      b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0
    }
    a0 = (a0 + a) | 0
    b0 = (b0 + b) | 0
    c0 = (c0 + c) | 0
    d0 = (d0 + d) | 0
  }
  into[0] = swapped(a0)
  into[1] = swapped(b0)
  into[2] = swapped(c0)
  into[3] = swapped(d0)
  return into
}

/** Puts the text's bytes into the scratch buffer, with room for the tail; returns their number. */
function fill(text: string): number {
  const most = text.length * 3 + TAIL_BYTES + BLOCK_BYTES
  if (scratch.length < most) scratch = new Uint8Array(most)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return utf8.encodeInto(text, scratch).written
    scratch[i] = unit
  }
  return text.length
}

function byte(at: number): number {
  return scratch[at] ?? 0
}

/** The digest's words are little-endian; the number is big-endian. */
function swapped(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0
}
