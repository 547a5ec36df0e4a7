/** How a stream is kept, and how much it may hold. */
import type { Clock, Files } from '../../core/index.ts'
import type { StreamNotice } from './notice.ts'
import type { Durability } from './segment-log.ts'
import type { ShardLimits } from './throughput.ts'

/** Bounds and habits of streams; `LocalStreams` fills in defaults. */
export interface StreamSettings {
  readonly clock: Clock
  /** null keeps records in memory only */
  readonly storage: { readonly files: Files; readonly directory: string; readonly durability: Durability } | null
  readonly memoryBytesMax: number
  readonly whenFull: 'refuse' | 'trim'
  readonly tailBytesMax: number
  readonly segmentBytesMax: number
  readonly onCorruption: 'refuse' | 'truncate'
  readonly limits: ShardLimits | null
  /** how long CREATING, UPDATING and DELETING last */
  readonly stateDelayMs: number
  /** the stream is CREATING until this instant, epoch milliseconds */
  readonly activeAt: number
  readonly onNotice: (notice: StreamNotice) => void
}
