/**
 * Bloom filters of chunks (parquet-format, BloomFilter.md: split blocks, xxHash64 of the plain bytes of a value), sized for the
 * values that a chunk has. hyparquet-writer has the blocks and writes them behind the indexes.
 */
import { xxhash64 } from 'hyparquet/src/xxhash.js'
import { createBloomFilter, sbbfInsert } from 'hyparquet-writer/src/bloom.js'
import type { ColumnBuffer } from './column-buffer.ts'

/** Values of a slice of work: hashing one takes some microseconds. */
const VALUES_A_STEP = 1_024

/** Where filters are wanted. */
export interface BloomOptions {
  readonly columns: readonly string[]
  /** Share of values that are not there and look as if they were. */
  readonly falsePositives: number
}

/** The filter for the values of a chunk, some of them a step; null where there are none. */
export function* bloomFilterOf(buffer: ColumnBuffer, falsePositives: number): Generator<void, Uint32Array | null> {
  const hashes = new Set<bigint>()
  for (let i = 0; i < buffer.entryCount; i++) {
    hashes.add(xxhash64(buffer.entryAt(i)))
    if (i % VALUES_A_STEP === VALUES_A_STEP - 1) yield
  }
  if (hashes.size === 0) return null
  const blocks = createBloomFilter(hashes.size, falsePositives)
  for (const hash of hashes) sbbfInsert(blocks, hash)
  return blocks
}
