/** What a consumer tells about itself: one line of a log each, and plain data for programs. */

export type ConsumerEventKind =
  | 'setting_ignored'
  | 'worker_started'
  | 'worker_stopping'
  | 'worker_stopped'
  | 'lease_moved'
  | 'lease_lost'
  | 'shard_state'
  | 'aggregate_dropped'
  | 'fetch_failed'
  | 'processing_failed'
  | 'processing_slow'
  | 'records_dead_lettered'
  | 'shard_stopped'
  | 'checkpoint_missing'
  | 'background_failed'
  /** there is no stream of the name, or another one than the one that was read */
  | 'stream_gone'
  | 'stream_recreated'
  /** where a reader stood is not in the topic any more: records expired, or the topic is another one */
  | 'position_gone'
  /** nothing moves, though it should */
  | 'consumer_stalled'

export interface ConsumerEvent {
  readonly kind: ConsumerEventKind
  readonly level: 'info' | 'warn' | 'error'
  /** a sentence for people */
  readonly message: string
  readonly shardId?: string | undefined
  /** further facts, of text, numbers and null only */
  readonly facts?: Readonly<Record<string, string | number | boolean | null>> | undefined
}

/** The text of anything that was thrown; for logs. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
