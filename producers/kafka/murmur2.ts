/** The hash by which Kafka's clients spread keys over partitions: MurmurHash2, 32 bits, seed 0x9747b28c (Kafka's `Utils.murmur2`). */

const SEED = 0x9747b28c
const M = 0x5bd1e995

/** A signed 32-bit number, as Java has it. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  let hash = SEED ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    hash = Math.imul(hash, M) ^ mixed(word)
  }
  const rest = length - at
  if (rest >= 3) hash ^= bytes[at + 2]! << 16
  if (rest >= 2) hash ^= bytes[at + 1]! << 8
  if (rest >= 1) hash = Math.imul(hash ^ bytes[at]!, M)
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}

/** The partition of a key among `partitions`, as the Java client's default partitioner chooses it. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

function mixed(word: number): number {
  const product = Math.imul(word, M)
  return Math.imul(product ^ (product >>> 24), M)
}
