/** Whether ranges of hash keys cover every key. Source: KCL 3.x, `PeriodicShardSyncManager`. */
import { HASH_KEY_MAX } from '../../../core/index.ts'
import type { HashKeyRange } from './lease.ts'

/** The first hole; null when every key from 0 to 2^128-1 lies in a range. Ranges may overlap. */
export function firstHole(ranges: readonly HashKeyRange[]): HashKeyRange | null {
  let covered = -1n
  for (const { startingHashKey, endingHashKey } of ranges.toSorted((a, b) =>
    a.startingHashKey < b.startingHashKey ? -1 : 1,
  )) {
    if (startingHashKey > covered + 1n) return { startingHashKey: covered + 1n, endingHashKey: startingHashKey - 1n }
    if (endingHashKey > covered) covered = endingHashKey
  }
  return covered >= HASH_KEY_MAX ? null : { startingHashKey: covered + 1n, endingHashKey: HASH_KEY_MAX }
}
