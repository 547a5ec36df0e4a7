/**
 * MD5 (RFC 1321) of eight messages at once, one in each 32-bit lane of two vectors: a single message is bound by the time from
 * one step to the next, and eight of them fill it. Aggregates carry an MD5 each, which costs more than anything else in them.
 *
 * The caller pads the messages: a byte 0x80, zeros, and the length in bits as the last 8 bytes of a block of 64.
 */

/** The words of a block of all messages, transposed: 16 vectors for the first four, 16 for the others. */
const WORDS = memory.data(512, 16)

function f(b: v128, c: v128, d: v128): v128 {
  return v128.bitselect(c, d, b)
}

function g(b: v128, c: v128, d: v128): v128 {
  return v128.bitselect(b, c, d)
}

function h(b: v128, c: v128, d: v128): v128 {
  return v128.xor(v128.xor(b, c), d)
}

function i(b: v128, c: v128, d: v128): v128 {
  return v128.xor(c, v128.or(b, v128.not(d)))
}

/** @param word place of the word in WORDS */
function step(b: v128, mixed: v128, a: v128, word: usize, sine: u32, shift: i32): v128 {
  const known = i32x4.add(i32x4.add(a, v128.load(WORDS + word)), i32x4.splat(<i32>sine))
  const sum = i32x4.add(known, mixed)
  return i32x4.add(b, v128.or(i32x4.shl(sum, shift), i32x4.shr_u(sum, 32 - shift)))
}

/** Transposes a block of four messages. */
function transpose(pointers: usize, to: usize): void {
  const p0: usize = load<u32>(pointers)
  const p1: usize = load<u32>(pointers, 4)
  const p2: usize = load<u32>(pointers, 8)
  const p3: usize = load<u32>(pointers, 12)
  for (let at: usize = 0; at < 64; at += 16) {
    const r0 = v128.load(p0 + at)
    const r1 = v128.load(p1 + at)
    const r2 = v128.load(p2 + at)
    const r3 = v128.load(p3 + at)
    const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5)
    const t1 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5)
    const t2 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7)
    const t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7)
    const place = to + (at << 2)
    v128.store(place, v128.shuffle<i64>(t0, t1, 0, 2))
    v128.store(place, v128.shuffle<i64>(t0, t1, 1, 3), 16)
    v128.store(place, v128.shuffle<i64>(t2, t3, 0, 2), 32)
    v128.store(place, v128.shuffle<i64>(t2, t3, 1, 3), 48)
  }
}

/**
 * @param pointers u32 a message: the address of its first block; moved on
 * @param counts u32 a message: its blocks, at least 1
 * @param blocks the greatest of the counts
 * @param out receives 16 words for each four messages: word 0 of the digests of all four, word 1, ...
 */
export function digest(pointers: usize, counts: usize, blocks: u32, out: usize): void {
  let A0 = i32x4.splat(0x67452301)
  let B0 = i32x4.splat(<i32>0xefcdab89)
  let C0 = i32x4.splat(<i32>0x98badcfe)
  let D0 = i32x4.splat(0x10325476)
  let A1 = A0
  let B1 = B0
  let C1 = C0
  let D1 = D0
  const counts0 = v128.load(counts)
  const counts1 = v128.load(counts, 16)
  for (let block: u32 = 0; block < blocks; block++) {
    transpose(pointers, WORDS)
    transpose(pointers + 16, WORDS + 256)
    // A message that has ended keeps its last block in place, and its digest.
    const now = i32x4.splat(<i32>block)
    const live0 = i32x4.lt_u(now, counts0)
    const live1 = i32x4.lt_u(now, counts1)
    for (let lane: usize = 0; lane < 32; lane += 4)
      if (block + 1 < load<u32>(counts + lane)) store<u32>(pointers + lane, load<u32>(pointers + lane) + 64)
    let a0 = A0
    let b0 = B0
    let c0 = C0
    let d0 = D0
    let a1 = A1
    let b1 = B1
    let c1 = C1
    let d1 = D1
    a0 = step(b0, f(b0, c0, d0), a0, 0, 0xd76aa478, 7)
    a1 = step(b1, f(b1, c1, d1), a1, 256, 0xd76aa478, 7)
    d0 = step(a0, f(a0, b0, c0), d0, 16, 0xe8c7b756, 12)
    d1 = step(a1, f(a1, b1, c1), d1, 272, 0xe8c7b756, 12)
    c0 = step(d0, f(d0, a0, b0), c0, 32, 0x242070db, 17)
    c1 = step(d1, f(d1, a1, b1), c1, 288, 0x242070db, 17)
    b0 = step(c0, f(c0, d0, a0), b0, 48, 0xc1bdceee, 22)
    b1 = step(c1, f(c1, d1, a1), b1, 304, 0xc1bdceee, 22)
    a0 = step(b0, f(b0, c0, d0), a0, 64, 0xf57c0faf, 7)
    a1 = step(b1, f(b1, c1, d1), a1, 320, 0xf57c0faf, 7)
    d0 = step(a0, f(a0, b0, c0), d0, 80, 0x4787c62a, 12)
    d1 = step(a1, f(a1, b1, c1), d1, 336, 0x4787c62a, 12)
    c0 = step(d0, f(d0, a0, b0), c0, 96, 0xa8304613, 17)
    c1 = step(d1, f(d1, a1, b1), c1, 352, 0xa8304613, 17)
    b0 = step(c0, f(c0, d0, a0), b0, 112, 0xfd469501, 22)
    b1 = step(c1, f(c1, d1, a1), b1, 368, 0xfd469501, 22)
    a0 = step(b0, f(b0, c0, d0), a0, 128, 0x698098d8, 7)
    a1 = step(b1, f(b1, c1, d1), a1, 384, 0x698098d8, 7)
    d0 = step(a0, f(a0, b0, c0), d0, 144, 0x8b44f7af, 12)
    d1 = step(a1, f(a1, b1, c1), d1, 400, 0x8b44f7af, 12)
    c0 = step(d0, f(d0, a0, b0), c0, 160, 0xffff5bb1, 17)
    c1 = step(d1, f(d1, a1, b1), c1, 416, 0xffff5bb1, 17)
    b0 = step(c0, f(c0, d0, a0), b0, 176, 0x895cd7be, 22)
    b1 = step(c1, f(c1, d1, a1), b1, 432, 0x895cd7be, 22)
    a0 = step(b0, f(b0, c0, d0), a0, 192, 0x6b901122, 7)
    a1 = step(b1, f(b1, c1, d1), a1, 448, 0x6b901122, 7)
    d0 = step(a0, f(a0, b0, c0), d0, 208, 0xfd987193, 12)
    d1 = step(a1, f(a1, b1, c1), d1, 464, 0xfd987193, 12)
    c0 = step(d0, f(d0, a0, b0), c0, 224, 0xa679438e, 17)
    c1 = step(d1, f(d1, a1, b1), c1, 480, 0xa679438e, 17)
    b0 = step(c0, f(c0, d0, a0), b0, 240, 0x49b40821, 22)
    b1 = step(c1, f(c1, d1, a1), b1, 496, 0x49b40821, 22)
    a0 = step(b0, g(b0, c0, d0), a0, 16, 0xf61e2562, 5)
    a1 = step(b1, g(b1, c1, d1), a1, 272, 0xf61e2562, 5)
    d0 = step(a0, g(a0, b0, c0), d0, 96, 0xc040b340, 9)
    d1 = step(a1, g(a1, b1, c1), d1, 352, 0xc040b340, 9)
    c0 = step(d0, g(d0, a0, b0), c0, 176, 0x265e5a51, 14)
    c1 = step(d1, g(d1, a1, b1), c1, 432, 0x265e5a51, 14)
    b0 = step(c0, g(c0, d0, a0), b0, 0, 0xe9b6c7aa, 20)
    b1 = step(c1, g(c1, d1, a1), b1, 256, 0xe9b6c7aa, 20)
    a0 = step(b0, g(b0, c0, d0), a0, 80, 0xd62f105d, 5)
    a1 = step(b1, g(b1, c1, d1), a1, 336, 0xd62f105d, 5)
    d0 = step(a0, g(a0, b0, c0), d0, 160, 0x02441453, 9)
    d1 = step(a1, g(a1, b1, c1), d1, 416, 0x02441453, 9)
    c0 = step(d0, g(d0, a0, b0), c0, 240, 0xd8a1e681, 14)
    c1 = step(d1, g(d1, a1, b1), c1, 496, 0xd8a1e681, 14)
    b0 = step(c0, g(c0, d0, a0), b0, 64, 0xe7d3fbc8, 20)
    b1 = step(c1, g(c1, d1, a1), b1, 320, 0xe7d3fbc8, 20)
    a0 = step(b0, g(b0, c0, d0), a0, 144, 0x21e1cde6, 5)
    a1 = step(b1, g(b1, c1, d1), a1, 400, 0x21e1cde6, 5)
    d0 = step(a0, g(a0, b0, c0), d0, 224, 0xc33707d6, 9)
    d1 = step(a1, g(a1, b1, c1), d1, 480, 0xc33707d6, 9)
    c0 = step(d0, g(d0, a0, b0), c0, 48, 0xf4d50d87, 14)
    c1 = step(d1, g(d1, a1, b1), c1, 304, 0xf4d50d87, 14)
    b0 = step(c0, g(c0, d0, a0), b0, 128, 0x455a14ed, 20)
    b1 = step(c1, g(c1, d1, a1), b1, 384, 0x455a14ed, 20)
    a0 = step(b0, g(b0, c0, d0), a0, 208, 0xa9e3e905, 5)
    a1 = step(b1, g(b1, c1, d1), a1, 464, 0xa9e3e905, 5)
    d0 = step(a0, g(a0, b0, c0), d0, 32, 0xfcefa3f8, 9)
    d1 = step(a1, g(a1, b1, c1), d1, 288, 0xfcefa3f8, 9)
    c0 = step(d0, g(d0, a0, b0), c0, 112, 0x676f02d9, 14)
    c1 = step(d1, g(d1, a1, b1), c1, 368, 0x676f02d9, 14)
    b0 = step(c0, g(c0, d0, a0), b0, 192, 0x8d2a4c8a, 20)
    b1 = step(c1, g(c1, d1, a1), b1, 448, 0x8d2a4c8a, 20)
    a0 = step(b0, h(b0, c0, d0), a0, 80, 0xfffa3942, 4)
    a1 = step(b1, h(b1, c1, d1), a1, 336, 0xfffa3942, 4)
    d0 = step(a0, h(a0, b0, c0), d0, 128, 0x8771f681, 11)
    d1 = step(a1, h(a1, b1, c1), d1, 384, 0x8771f681, 11)
    c0 = step(d0, h(d0, a0, b0), c0, 176, 0x6d9d6122, 16)
    c1 = step(d1, h(d1, a1, b1), c1, 432, 0x6d9d6122, 16)
    b0 = step(c0, h(c0, d0, a0), b0, 224, 0xfde5380c, 23)
    b1 = step(c1, h(c1, d1, a1), b1, 480, 0xfde5380c, 23)
    a0 = step(b0, h(b0, c0, d0), a0, 16, 0xa4beea44, 4)
    a1 = step(b1, h(b1, c1, d1), a1, 272, 0xa4beea44, 4)
    d0 = step(a0, h(a0, b0, c0), d0, 64, 0x4bdecfa9, 11)
    d1 = step(a1, h(a1, b1, c1), d1, 320, 0x4bdecfa9, 11)
    c0 = step(d0, h(d0, a0, b0), c0, 112, 0xf6bb4b60, 16)
    c1 = step(d1, h(d1, a1, b1), c1, 368, 0xf6bb4b60, 16)
    b0 = step(c0, h(c0, d0, a0), b0, 160, 0xbebfbc70, 23)
    b1 = step(c1, h(c1, d1, a1), b1, 416, 0xbebfbc70, 23)
    a0 = step(b0, h(b0, c0, d0), a0, 208, 0x289b7ec6, 4)
    a1 = step(b1, h(b1, c1, d1), a1, 464, 0x289b7ec6, 4)
    d0 = step(a0, h(a0, b0, c0), d0, 0, 0xeaa127fa, 11)
    d1 = step(a1, h(a1, b1, c1), d1, 256, 0xeaa127fa, 11)
    c0 = step(d0, h(d0, a0, b0), c0, 48, 0xd4ef3085, 16)
    c1 = step(d1, h(d1, a1, b1), c1, 304, 0xd4ef3085, 16)
    b0 = step(c0, h(c0, d0, a0), b0, 96, 0x04881d05, 23)
    b1 = step(c1, h(c1, d1, a1), b1, 352, 0x04881d05, 23)
    a0 = step(b0, h(b0, c0, d0), a0, 144, 0xd9d4d039, 4)
    a1 = step(b1, h(b1, c1, d1), a1, 400, 0xd9d4d039, 4)
    d0 = step(a0, h(a0, b0, c0), d0, 192, 0xe6db99e5, 11)
    d1 = step(a1, h(a1, b1, c1), d1, 448, 0xe6db99e5, 11)
    c0 = step(d0, h(d0, a0, b0), c0, 240, 0x1fa27cf8, 16)
    c1 = step(d1, h(d1, a1, b1), c1, 496, 0x1fa27cf8, 16)
    b0 = step(c0, h(c0, d0, a0), b0, 32, 0xc4ac5665, 23)
    b1 = step(c1, h(c1, d1, a1), b1, 288, 0xc4ac5665, 23)
    a0 = step(b0, i(b0, c0, d0), a0, 0, 0xf4292244, 6)
    a1 = step(b1, i(b1, c1, d1), a1, 256, 0xf4292244, 6)
    d0 = step(a0, i(a0, b0, c0), d0, 112, 0x432aff97, 10)
    d1 = step(a1, i(a1, b1, c1), d1, 368, 0x432aff97, 10)
    c0 = step(d0, i(d0, a0, b0), c0, 224, 0xab9423a7, 15)
    c1 = step(d1, i(d1, a1, b1), c1, 480, 0xab9423a7, 15)
    b0 = step(c0, i(c0, d0, a0), b0, 80, 0xfc93a039, 21)
    b1 = step(c1, i(c1, d1, a1), b1, 336, 0xfc93a039, 21)
    a0 = step(b0, i(b0, c0, d0), a0, 192, 0x655b59c3, 6)
    a1 = step(b1, i(b1, c1, d1), a1, 448, 0x655b59c3, 6)
    d0 = step(a0, i(a0, b0, c0), d0, 48, 0x8f0ccc92, 10)
    d1 = step(a1, i(a1, b1, c1), d1, 304, 0x8f0ccc92, 10)
    c0 = step(d0, i(d0, a0, b0), c0, 160, 0xffeff47d, 15)
    c1 = step(d1, i(d1, a1, b1), c1, 416, 0xffeff47d, 15)
    b0 = step(c0, i(c0, d0, a0), b0, 16, 0x85845dd1, 21)
    b1 = step(c1, i(c1, d1, a1), b1, 272, 0x85845dd1, 21)
    a0 = step(b0, i(b0, c0, d0), a0, 128, 0x6fa87e4f, 6)
    a1 = step(b1, i(b1, c1, d1), a1, 384, 0x6fa87e4f, 6)
    d0 = step(a0, i(a0, b0, c0), d0, 240, 0xfe2ce6e0, 10)
    d1 = step(a1, i(a1, b1, c1), d1, 496, 0xfe2ce6e0, 10)
    c0 = step(d0, i(d0, a0, b0), c0, 96, 0xa3014314, 15)
    c1 = step(d1, i(d1, a1, b1), c1, 352, 0xa3014314, 15)
    b0 = step(c0, i(c0, d0, a0), b0, 208, 0x4e0811a1, 21)
    b1 = step(c1, i(c1, d1, a1), b1, 464, 0x4e0811a1, 21)
    a0 = step(b0, i(b0, c0, d0), a0, 64, 0xf7537e82, 6)
    a1 = step(b1, i(b1, c1, d1), a1, 320, 0xf7537e82, 6)
    d0 = step(a0, i(a0, b0, c0), d0, 176, 0xbd3af235, 10)
    d1 = step(a1, i(a1, b1, c1), d1, 432, 0xbd3af235, 10)
    c0 = step(d0, i(d0, a0, b0), c0, 32, 0x2ad7d2bb, 15)
    c1 = step(d1, i(d1, a1, b1), c1, 288, 0x2ad7d2bb, 15)
    b0 = step(c0, i(c0, d0, a0), b0, 144, 0xeb86d391, 21)
    b1 = step(c1, i(c1, d1, a1), b1, 400, 0xeb86d391, 21)
    A0 = i32x4.add(A0, v128.and(a0, live0))
    B0 = i32x4.add(B0, v128.and(b0, live0))
    C0 = i32x4.add(C0, v128.and(c0, live0))
    D0 = i32x4.add(D0, v128.and(d0, live0))
    A1 = i32x4.add(A1, v128.and(a1, live1))
    B1 = i32x4.add(B1, v128.and(b1, live1))
    C1 = i32x4.add(C1, v128.and(c1, live1))
    D1 = i32x4.add(D1, v128.and(d1, live1))
  }
  v128.store(out, A0)
  v128.store(out, B0, 16)
  v128.store(out, C0, 32)
  v128.store(out, D0, 48)
  v128.store(out, A1, 64)
  v128.store(out, B1, 80)
  v128.store(out, C1, 96)
  v128.store(out, D1, 112)
}
