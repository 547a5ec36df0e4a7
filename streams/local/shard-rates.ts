/** The rates that the shards of one stream keep, and what a caller above them is told. */
import type { Clock } from '../../core/index.ts'
import { ACCOUNT } from './arn.ts'
import type { LocalShard } from './local-shard.ts'
import { type ShardLimits, ShardThroughput } from './throughput.ts'

export class ShardRates {
  readonly #clock: Clock
  readonly #streamName: string
  #limits: ShardLimits | null

  constructor(clock: Clock, streamName: string, limits: ShardLimits | null) {
    this.#clock = clock
    this.#streamName = streamName
    this.#limits = limits
  }

  get limits(): ShardLimits | null {
    return this.#limits
  }

  /** Puts shards under limits, or under none; each begins with a full second. */
  set(limits: ShardLimits | null, shards: readonly LocalShard[]): void {
    this.#limits = limits
    for (const shard of shards) shard.throughput = null
  }

  /** what a shard has left; null under no limits */
  of(shard: LocalShard): ShardThroughput | null {
    if (this.#limits === null) return null
    shard.throughput ??= new ShardThroughput(this.#limits, this.#clock.monotonicMs())
    return shard.throughput
  }

  /** in the words of the service; of the whole stream when no shard is named */
  exceeded(shardId?: string): string {
    const shard = shardId === undefined ? '' : `shard ${shardId} in `
    return `Rate exceeded for ${shard}stream ${this.#streamName} under account ${ACCOUNT}.`
  }
}
