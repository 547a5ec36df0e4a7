/** Follows the shards of a pipeline: rates, shares, and when each will have caught up. */
import type { Clock } from '../../../core/index.ts'
import type { LiveRoute } from '../route.ts'
import { BEHIND_MS_OK } from '../status.ts'
import type { ShardRowMessage, ShardsMessage } from './shard-protocol.ts'

/** Rates and trends are over this long. */
export const SHARD_WINDOW_MS = 10_000
const SAMPLE_INTERVAL_MS = 1_000
/** Shards that are followed; those that a host names beyond are left out. */
export const SHARDS_FOLLOWED_MAX = 5_000

/** One shard as the host sees it: an embedded task, or a consumer with its leases. */
export interface ShardDetail {
  readonly shardId: string
  readonly state: 'open' | 'waiting' | 'ended'
  readonly owner: string | null
  readonly sequenceNumber: string | null
  readonly parentShardIds: readonly string[]
  readonly recordsIn: number
  readonly behindMs: number | null
  readonly holdsWatermark: boolean
}

interface Sample {
  readonly at: number
  readonly shards: ReadonlyMap<string, ShardDetail>
}

export class ShardTracker {
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>
  #samples: Sample[] = []

  constructor(clock: Pick<Clock, 'now' | 'monotonicMs'>) {
    this.#clock = clock
  }

  /** Takes the shards as they stand; the host may call it as often as it likes. */
  take(shards: readonly ShardDetail[]): void {
    const at = this.#clock.monotonicMs()
    const sample = {
      at,
      shards: new Map(shards.slice(0, SHARDS_FOLLOWED_MAX).map(each => [each.shardId, each] as const)),
    }
    const before = this.#samples.at(-2)
    // The newest sample is the present; those behind it stand a second apart.
    if (before !== undefined && at - before.at < SAMPLE_INTERVAL_MS) this.#samples.pop()
    this.#samples.push(sample)
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? at) <= at - SHARD_WINDOW_MS) this.#samples.shift()
  }

  message(): ShardsMessage {
    const now = this.#clock.now()
    const last = this.#samples.at(-1)
    const first = this.#samples[0]
    if (last === undefined || first === undefined) return { now, shards: [] }
    // Up to now, so that a reader that hangs shows as a rate that falls.
    const seconds = Math.max(0.25, (Math.max(this.#clock.monotonicMs(), last.at) - first.at) / 1_000)
    const came = (shard: ShardDetail): number =>
      Math.max(0, shard.recordsIn - (first.shards.get(shard.shardId)?.recordsIn ?? 0))
    const shards = parentsFirst([...last.shards.values()])
    const total = shards.reduce((sum, shard) => sum + came(shard), 0)
    return {
      now,
      shards: shards.map((shard): ShardRowMessage => {
        const { shardId, state, owner, sequenceNumber, parentShardIds, recordsIn, behindMs, holdsWatermark } = shard
        return {
          shardId,
          state,
          owner,
          sequenceNumber,
          parents: parentShardIds.filter(parent => last.shards.has(parent)),
          recordsIn,
          recordsPerSecond: came(shard) / seconds,
          sharePercent: total === 0 ? null : (came(shard) / total) * 100,
          behindMs,
          ...outlookOf(behindMs, first.shards.get(shardId)?.behindMs ?? null, seconds),
          holdsWatermark,
        }
      }),
    }
  }
}

/** GET /api/v1/shards */
export function shardRoutes(tracker: ShardTracker): readonly LiveRoute[] {
  return [
    {
      path: '/api/v1/shards',
      method: 'GET',
      needsToken: false,
      handle: async exchange => exchange.json(tracker.message()),
    },
  ]
}

/** A shard catches up while what it is behind shrinks faster than the clock moves its tip. */
function outlookOf(
  behindMs: number | null,
  wasBehindMs: number | null,
  seconds: number,
): Pick<ShardRowMessage, 'etaMs' | 'isFallingBack'> {
  if (behindMs === null) return { etaMs: null, isFallingBack: false }
  if (behindMs <= BEHIND_MS_OK) return { etaMs: 0, isFallingBack: false }
  if (wasBehindMs === null) return { etaMs: null, isFallingBack: false }
  const shrinksBy = (wasBehindMs - behindMs) / seconds
  return shrinksBy > 0
    ? { etaMs: (behindMs / shrinksBy) * 1_000, isFallingBack: false }
    : { etaMs: null, isFallingBack: shrinksBy < 0 }
}

/** Every shard behind its parents, otherwise in the order in which they came. */
function parentsFirst(shards: readonly ShardDetail[]): readonly ShardDetail[] {
  const byId = new Map(shards.map(shard => [shard.shardId, shard] as const))
  const ordered = new Set<ShardDetail>()
  const visiting = new Set<string>()
  const visit = (shard: ShardDetail): void => {
    if (ordered.has(shard) || visiting.has(shard.shardId)) return
    visiting.add(shard.shardId)
    for (const parent of shard.parentShardIds) {
      const found = byId.get(parent)
      if (found !== undefined) visit(found)
    }
    ordered.add(shard)
  }
  for (const shard of shards) visit(shard)
  return [...ordered]
}
