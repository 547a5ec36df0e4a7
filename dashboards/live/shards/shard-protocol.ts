/** What is known of the shards of a pipeline, as JSON. Types only and no imports: both the server and the browser use it. */

export interface ShardRowMessage {
  readonly shardId: string
  /** `waiting`: not read yet, since its parents are not at their end */
  readonly state: 'open' | 'waiting' | 'ended'
  /** who reads it; null when nobody does */
  readonly owner: string | null
  /** of the last record that went into the pipeline; null before the first */
  readonly sequenceNumber: string | null
  /** those that it was made of by splits and merges, as far as they are known */
  readonly parents: readonly string[]
  readonly recordsIn: number
  readonly recordsPerSecond: number
  /** percent of all records of the last seconds that came from it; null while none did */
  readonly sharePercent: number | null
  /** null before the first reply */
  readonly behindMs: number | null
  /** when it will have caught up at the rate of the last seconds, milliseconds; 0: it is at its tip; null: unknown, or it falls back */
  readonly etaMs: number | null
  readonly isFallingBack: boolean
  /** the watermark waits for it */
  readonly holdsWatermark: boolean
}

export interface ShardsMessage {
  readonly now: number
  /** parents before children */
  readonly shards: readonly ShardRowMessage[]
}
