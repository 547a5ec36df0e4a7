/** What the page of shards says: rates, shares, when a shard will have caught up, and parents before children. */
import { describe, expect, it } from 'vitest'
import { type ShardDetail, ShardTracker } from '../../../dashboards/live/shards/shard-tracker.ts'

const detail = (shardId: string, rest: Partial<ShardDetail> = {}): ShardDetail => ({
  shardId,
  state: 'open',
  owner: 'worker-a',
  sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
  parentShardIds: [],
  recordsIn: 0,
  behindMs: 0,
  holdsWatermark: false,
  ...rest,
})

function follow(shardsAt: (at: number) => readonly ShardDetail[], untilMs: number) {
  let at = 0
  const tracker = new ShardTracker({ now: () => at, monotonicMs: () => at })
  for (; at <= untilMs; at += 250) tracker.take(shardsAt(at))
  at = untilMs
  return new Map(tracker.message().shards.map(shard => [shard.shardId, shard] as const))
}

describe('shards', () => {
  it('have rates and shares of the last seconds', () => {
    const shards = follow(
      at => [detail('a', { recordsIn: at * 0.3 }), detail('b', { recordsIn: 5 + at * 0.1 })],
      60_000,
    )
    expect(shards.get('a')).toMatchObject({ recordsPerSecond: 300, sharePercent: 75 })
    expect(shards.get('b')).toMatchObject({ recordsPerSecond: 100, sharePercent: 25 })
  })

  it('have caught up when what they are behind has shrunk away at the rate at which it shrinks', () => {
    const shards = follow(
      at => [
        // 3 s less a second, 60 s left at the end.
        detail('gains', { behindMs: 240_000 - at * 3 }),
        detail('loses', { behindMs: 10_000 + at }),
        detail('tip', { behindMs: 120 }),
        detail('new', { behindMs: null }),
      ],
      60_000,
    )
    expect(shards.get('gains')).toMatchObject({ etaMs: 20_000, isFallingBack: false })
    expect(shards.get('loses')).toMatchObject({ etaMs: null, isFallingBack: true })
    expect(shards.get('tip')).toMatchObject({ etaMs: 0, isFallingBack: false })
    expect(shards.get('new')).toMatchObject({ etaMs: null, isFallingBack: false })
  })

  it('stand behind their parents, and name only those that are known', () => {
    const shards = follow(
      () => [
        detail('child', { parentShardIds: ['left', 'right'], state: 'waiting', owner: null }),
        detail('left', { state: 'ended', parentShardIds: ['trimmed long ago'] }),
        detail('right'),
      ],
      1_000,
    )
    expect([...shards.keys()]).toEqual(['left', 'right', 'child'])
    expect(shards.get('child')?.parents).toEqual(['left', 'right'])
    expect(shards.get('left')?.parents).toEqual([])
  })
})
