/**
 * The seed of the hashes of scanners. It differs from process to process, so that nobody can choose texts that collide; what a
 * decoder answers does not depend on it, only how long it looks for a text.
 */
import { randomBytes } from 'node:crypto'

const bytes = randomBytes(12)

/** Three words; the last is odd, so that multiplying by it loses nothing. */
export const HASH_SEED: readonly [number, number, number] = [
  bytes.readInt32LE(0),
  bytes.readInt32LE(4),
  bytes.readInt32LE(8) | 1,
]
