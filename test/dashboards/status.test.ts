import { describe, expect, it } from 'vitest'
import type { LiveStatus } from '../../dashboards/index.ts'
import {
  describe as describeSituation,
  durationText,
  HISTORY_SECONDS_MAX,
  SHARDS_SHOWN_MAX,
  type Situation,
  StatusTracker,
} from '../../dashboards/live/status.ts'

const shard = (index: number, behindMs: number, boundMs: number) => ({
  shardId: `shardId-${String(index).padStart(12, '0')}`,
  state: 'open' as const,
  recordsIn: 10,
  behindMs,
  boundMs,
})
const status: LiveStatus = {
  recordsIn: 100,
  rowsOut: 10,
  errorRows: 0,
  watermarkMs: 1_000,
  behindMs: 0,
  shards: [shard(0, 0, 1_000), shard(3, 0, 900)],
}
const calm: Situation = {
  mode: 'live',
  status,
  recordsPerSecond: 4_980.2,
  rowsPerSecond: 1,
  errorsPerSecond: 0,
  watermarkLagMs: 300,
  silentMs: 0,
  behindTrend: 0,
  report: null,
}
const behind = { ...status, behindMs: 41_000, shards: [shard(0, 0, 1_000), shard(3, 41_000, 900)] }

describe('the status sentence', () => {
  it.each<[string, string, Partial<Situation>]>([
    ['ok', '4,980 events/s, up to date, watermark 0.3 s behind the clock', {}],
    ['idle', 'waiting for the first event', { status: { ...status, recordsIn: 0 } }],
    [
      'ok',
      'no events for 12 s, up to date, watermark 0.3 s behind the clock',
      { recordsPerSecond: 0, silentMs: 12_000 },
    ],
    ['warn', '4,980 events/s; shard 3 is 41 s behind the tip', { status: behind }],
    [
      'warn',
      '4,980 events/s; shard 3 is 41 s behind the tip, clears in about 2 min',
      { status: behind, behindTrend: -340 },
    ],
    [
      'bad',
      '4,980 events/s; shard 3 is 41 s behind the tip and falls further back',
      { status: behind, behindTrend: 800 },
    ],
    [
      'warn',
      '4,980 events/s; the watermark is 30 s behind the clock: shard 3 holds it back',
      { watermarkLagMs: 30_000 },
    ],
    [
      'warn',
      '4,980 events/s, up to date, watermark 0.3 s behind the clock; 10 % of rows go to the error stream',
      { errorsPerSecond: 498 },
    ],
    ['ok', 'replaying at 4,980 events/s', { mode: 'replay', watermarkLagMs: null }],
    ['ended', 'ended: all read', { report: { ok: true, sentence: 'ended: all read', facts: [] } }],
    ['bad', 'failed', { report: { ok: false, sentence: 'failed', facts: [] } }],
    [
      'warn',
      'pump "sessions" is the bottleneck: 94 % busy, blocks "parse"; 4,980 events/s; shard 3 is 41 s behind the tip, clears in about 2 min',
      {
        status: { ...behind, bottleneck: 'pump "sessions" is the bottleneck: 94 % busy, blocks "parse"' },
        behindTrend: -340,
      },
    ],
    [
      'ok',
      '4,980 events/s, up to date, watermark 0.3 s behind the clock',
      { status: { ...status, bottleneck: 'pump "sessions" is the bottleneck: 94 % busy' } },
    ],
    [
      'warn',
      '4,980 events/s; shard 3 is 41 s behind the tip; shard 0 holds the watermark back',
      { status: { ...behind, shards: [shard(0, 0, 100), shard(3, 41_000, 900)] }, watermarkLagMs: 60_000 },
    ],
  ])('is %s: %s', (level, sentence, change) => {
    expect(describeSituation({ ...calm, ...change })).toEqual({ level, sentence })
  })

  it('writes durations that a person would', () => {
    expect([0, 299, 9_949, 9_950, 41_000, 119_499, 119_500, 7_200_000, 200_000_000].map(durationText)).toEqual([
      '0.0 s',
      '0.3 s',
      '9.9 s',
      '10 s',
      '41 s',
      '119 s',
      '2 min',
      '2 h',
      '2 days',
    ])
  })
})

describe('a status tracker', () => {
  it('gives rates over the last seconds, and lets them fall when reports stop', () => {
    const tracker = new StatusTracker('live')
    for (let at = 0; at <= 10_000; at += 250) tracker.take({ ...status, recordsIn: at * 5 }, at)
    expect(tracker.message(10_000, 10_000).recordsPerSecond).toBeCloseTo(5_000, 0)
    expect(tracker.message(20_000, 20_000).recordsPerSecond).toBeLessThan(1_800)
  })

  it('names the trend of a backlog from its own history', () => {
    const tracker = new StatusTracker('live')
    for (let second = 0; second <= 20; second++) {
      tracker.take({ ...behind, recordsIn: second * 1_000, behindMs: 60_000 - second * 1_000 }, second * 1_000)
      tracker.record(second * 1_000, second * 1_000)
    }
    expect(tracker.message(20_000, 20_000).sentence).toBe(
      '1,000 events/s; shard 3 is 40 s behind the tip, clears in about 40 s',
    )
  })

  it('keeps a bounded history and lists a bounded number of shards, the worst first', () => {
    const tracker = new StatusTracker('live')
    const shards = Array.from({ length: 500 }, (_, index) => shard(index, index === 400 ? 9_000 : 0, 0))
    for (let second = 0; second < 2_000; second++) {
      tracker.take({ ...status, shards }, second * 1_000)
      tracker.record(second * 1_000, second * 1_000)
    }
    const message = tracker.message(2_000_000, 2_000_000)
    expect(tracker.history).toHaveLength(HISTORY_SECONDS_MAX)
    expect(message.shards).toHaveLength(SHARDS_SHOWN_MAX)
    expect(message.shards[0]?.shardId).toBe('shardId-000000000400')
    expect(message.shardsHidden).toBe(500 - SHARDS_SHOWN_MAX)
  })
})
