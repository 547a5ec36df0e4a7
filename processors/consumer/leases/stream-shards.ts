/** The streams that a consumer reads, as shard sync sees them, and the keys of their leases. */
import type { ShardDescription } from '../../../core/index.ts'
import { AT_TIMESTAMP, type ExtendedSequenceNumber, LATEST, TRIM_HORIZON } from './extended-sequence-number.ts'

/** Where a stream is begun that nobody has read yet. */
export type InitialPosition =
  | { readonly kind: 'latest' }
  | { readonly kind: 'trimHorizon' }
  /** epoch milliseconds */
  | { readonly kind: 'atTimestamp'; readonly timestamp: number }

/** Lists the shards of one stream. */
export interface ShardLister {
  /**
   * @param openAt the shards that were open at a position (the service's ShardFilter AT_LATEST, AT_TRIM_HORIZON,
   *   AT_TIMESTAMP); null: every shard that is kept
   * @throws MillraceError `not_found` when the stream is gone; `throttled`, `internal` with retry `backoff`
   */
  list(openAt: InitialPosition | null): Promise<readonly ShardDescription[]>
}

export interface ConsumedStream {
  /** `account:stream:creationEpoch` when one table serves several streams, else null */
  readonly identifier: string | null
  readonly initialPosition: InitialPosition
  readonly shards: ShardLister
}

export function leaseKeyOf(stream: Pick<ConsumedStream, 'identifier'>, shardId: string): string {
  return stream.identifier === null ? shardId : `${stream.identifier}:${shardId}`
}

/** What a lease says that starts at a position. */
export function checkpointOf(position: InitialPosition): ExtendedSequenceNumber {
  switch (position.kind) {
    case 'latest':
      return LATEST
    case 'trimHorizon':
      return TRIM_HORIZON
    case 'atTimestamp':
      return AT_TIMESTAMP
  }
}

/**
 * The shards that were open at a position, for listers that cannot ask the service. When a shard was closed is not in the list, so
 * for a timestamp every shard is given: each is then read from the timestamp on, children after their parents.
 */
export function shardsOpenAt(
  shards: readonly ShardDescription[],
  position: InitialPosition,
): readonly ShardDescription[] {
  if (position.kind === 'latest') return shards.filter(shard => !shard.closed)
  if (position.kind === 'atTimestamp') return shards
  const known = new Set(shards.map(shard => shard.shardId))
  return shards.filter(shard => !shard.parentShardIds.some(parent => known.has(parent)))
}
