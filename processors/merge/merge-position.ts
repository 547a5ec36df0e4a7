/** Where a merge stands: plain data that can be kept as JSON and that another merge of the same stream can start from. */
import type { StartPosition } from '../../core/source.ts'

export interface ShardProgress {
  /** the last record that was given out, or null for none */
  readonly sequenceNumber: string | null
  readonly subsequenceNumber: number
  /** where reading began; used again while no record was given out */
  readonly start: StartPosition
  /** rowtime of the last record that was given out (of its parents' before the first), epoch milliseconds; null for none */
  readonly lastRowtime: number | null
  /** true when the shard has ended and all of it was given out */
  readonly ended: boolean
}

export interface MergePosition {
  readonly shards: Readonly<Record<string, ShardProgress>>
  /** epoch milliseconds; null before the first bound */
  readonly watermark: number | null
}
