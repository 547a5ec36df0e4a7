/** A seeded hash of text with 64 bits: for sketches, not against an attacker who knows the seed. */

/** The two halves of a hash, each an unsigned 32-bit number. */
export type Hash = readonly [high: number, low: number]

/** Hashes the UTF-16 code units of a text. @param seed an unsigned 32-bit number */
export function hash64(text: string, seed: number): Hash {
  let a = seed ^ 0x9e3779b9
  let b = seed ^ 0x85ebca6b
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    a ^= a >>> 15
    b = Math.imul(b ^ unit, 0xcc9e2d51)
    b = (b << 13) | (b >>> 19)
  }
  a ^= text.length
  // Each half depends on both, so that their bits are of no use to tell one half from the other.
  const mixed = finish(a + Math.imul(b, 0x1b873593))
  return [finish(mixed ^ b), finish(Math.imul(mixed, 0x27d4eb2f) + a)]
}

/** Every bit of the number changes every bit of the result with a chance near one half (the finish of MurmurHash3). */
function finish(number: number): number {
  let bits = number
  bits ^= bits >>> 16
  bits = Math.imul(bits, 0x85ebca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2ae35)
  bits ^= bits >>> 16
  return bits >>> 0
}
