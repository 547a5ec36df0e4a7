import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../core/errors.ts'
import { recordBytes } from '../../core/record.ts'
import { ShardMerge, type ShardMergeOptions } from '../../processors/merge.ts'
import { type MemoryEnv, memoryEnv } from '../support/memory-env.ts'
import { type SimRecord, type SimShard, SimSource, type SimSourceOptions } from './merge-source.ts'

const START = Date.UTC(2020, 0, 1)

interface Seen {
  /** `rowtime:sequence.subsequence`, rowtime from the start of the test */
  readonly records: string[]
  /** simulated time at which each record came out, and at which the watermark passed a time */
  readonly gaveAt: Map<string, number>
  readonly watermarks: [at: number, watermark: number][]
  readonly arrivals: string[]
}

interface World {
  readonly env: MemoryEnv
  readonly source: SimSource
  readonly merge: ShardMerge
  readonly seen: Seen
  /** reads until the merge has ended or is closed */
  readonly reading: Promise<void>
}

function world(
  shards: readonly SimShard[],
  options: Partial<ShardMergeOptions> & {
    readonly source?: never
    readonly simulated?: Partial<SimSourceOptions>
    readonly env?: MemoryEnv
  } = {},
): World {
  const { simulated, env = memoryEnv({ startAt: START }), ...mergeOptions } = options
  const source = new SimSource({ clock: env.clock, shards, ...simulated })
  const merge = new ShardMerge({ source, clock: env.clock, random: env.random, ...mergeOptions } as ShardMergeOptions)
  const seen: Seen = { records: [], gaveAt: new Map(), watermarks: [], arrivals: [] }
  const read = async (): Promise<void> => {
    const { signal } = new AbortController()
    let last = Number.NEGATIVE_INFINITY
    for (;;) {
      const batch = await merge.read(signal)
      if (batch === null) return
      for (let i = 0; i < batch.length; i++) {
        const rowtime = batch.rowtimes[i] ?? 0
        if (rowtime < last) throw new Error('rowtime went back')
        last = rowtime
        const name = `${rowtime - START}:${batch.sequenceNumber(i)}.${batch.subsequenceNumber(i)}`
        seen.records.push(name)
        seen.arrivals.push(`${(batch.arrivedAt[i] ?? 0) - START}:${batch.sequenceNumber(i)}`)
        seen.gaveAt.set(name, env.clock.now() - START)
        expect(Buffer.from(recordBytes(batch, i)).toString()).toBe(
          `record ${batch.sequenceNumber(i)}.${batch.subsequenceNumber(i)}`,
        )
      }
      expect(merge.watermark).toBeGreaterThanOrEqual(last)
      last = merge.watermark
      seen.watermarks.push([env.clock.now() - START, merge.watermark - START])
    }
  }
  const reading = read().catch((error: unknown) => {
    if (!(error instanceof MillraceError) || error.code !== 'aborted') throw error
  })
  return { env, source, merge, seen, reading }
}

/** One record each `everyMs` from `from` on, below `to`, dealt out to the shards in turn. */
function dealt(shards: number, everyMs: number, from: number, to: number): SimRecord[][] {
  const records: SimRecord[][] = Array.from({ length: shards }, () => [])
  for (let at = from, sequence = 1; at < to; at += everyMs, sequence++)
    records[sequence % shards]?.push({ arrivedAt: START + at, sequence })
  return records
}

const ordered = (records: readonly SimRecord[]): string[] =>
  [...records]
    .sort((a, b) => a.arrivedAt - b.arrivedAt || a.sequence - b.sequence)
    .map(({ arrivedAt, sequence, subsequence = 0 }) => `${arrivedAt - START}:${sequence}.${subsequence}`)

/** When the watermark first passed a time, in simulated milliseconds. */
const passedAt = (seen: Seen, time: number): number =>
  seen.watermarks.find(([, watermark]) => watermark > time)?.[0] ?? Number.POSITIVE_INFINITY

const shard = (index: number, rest: Partial<SimShard>): SimShard => ({
  shardId: `shardId-00000000000${index}`,
  records: [],
  ...rest,
})

describe('the merge of shards', () => {
  it('lets time pass a shard that is silent from the start', async () => {
    const records = dealt(3, 10, 0, 5_000)
    const { env, merge, seen, reading } = world([...records.map((r, i) => shard(i, { records: r })), shard(3, {})])
    await env.clock.advance(5_500)
    expect(seen.records).toEqual(ordered(records.flat()))
    // a slow minute would be one window late; the bound is slack, one wait and one read behind
    expect(passedAt(seen, 3_000)).toBeLessThan(3_000 + 250 + 50 + 10)
    await merge.close()
    await reading
  })

  it('lets time pass when a shard falls silent in mid-run, and when all do', async () => {
    const [a = [], b = []] = dealt(2, 10, 0, 4_000)
    const shards = [
      shard(0, { records: a }),
      shard(1, { records: b.filter(({ arrivedAt }) => arrivedAt < START + 2_000) }),
    ]
    const { env, merge, seen, reading } = world(shards)
    await env.clock.advance(10_000)
    expect(seen.records).toEqual(ordered(shards.flatMap(({ records }) => records)))
    expect(passedAt(seen, 3_000)).toBeLessThan(3_310)
    expect(passedAt(seen, 9_000)).toBeLessThan(9_310)
    await merge.close()
    await reading
  })

  it('waits for a shard that is behind, reads it without end, and stops the others at their share', async () => {
    const records = dealt(4, 5, 0, 20_000)
    const lag = (now: number): number => (now < START + 15_000 ? 600_000 : 0)
    const shards = records.map((r, i) => shard(i, { records: r, ...(i === 2 ? { lag } : {}) }))
    const { env, source, merge, seen, reading } = world(shards, { prefetchBytesMax: 40_000 })
    await env.clock.advance(14_000)
    expect(seen.records).toEqual([])
    expect(merge.watermark).toBe(Number.NEGATIVE_INFINITY)
    expect(merge.metrics.holder).toBe('shardId-000000000002')
    expect(merge.metrics.behindLatestMs['shardId-000000000002']).toBe(600_000)
    expect(merge.metrics.queuedBytes).toBeLessThan(80_000)
    expect(source.read['shardId-000000000000']).toBeLessThan(500)
    await env.clock.advance(7_000)
    expect(seen.records).toEqual(ordered(records.flat()))
    expect(merge.metrics.raised).toBe(0)
    await merge.close()
    await reading
  })

  it('makes arrival times that go back monotonic within their shard and counts them', async () => {
    const back: SimRecord[] = [
      { arrivedAt: START + 100, sequence: 1 },
      { arrivedAt: START + 40, sequence: 3, visibleAt: START + 110 },
      { arrivedAt: START + 90, sequence: 4, visibleAt: START + 120 },
      { arrivedAt: START + 130, sequence: 6 },
    ]
    const other: SimRecord[] = [
      { arrivedAt: START + 95, sequence: 2 },
      { arrivedAt: START + 105, sequence: 5 },
    ]
    const { env, merge, seen, reading } = world([shard(0, { records: back }), shard(1, { records: other })])
    await env.clock.advance(1_000)
    expect(seen.records).toEqual(['95:2.0', '100:1.0', '100:3.0', '100:4.0', '105:5.0', '130:6.0'])
    expect(seen.arrivals[2]).toBe('40:3')
    expect(merge.metrics.raised).toBe(2)
    await merge.close()
    await reading
  })

  it('raises a record that comes below the watermark, and loses none', async () => {
    const late: SimRecord[] = [{ arrivedAt: START + 100, sequence: 2, visibleAt: START + 2_000 }]
    const { env, merge, seen, reading } = world([
      shard(0, { records: dealt(1, 10, 0, 3_000)[0] ?? [] }),
      shard(1, { records: late }),
    ])
    await env.clock.advance(4_000)
    const raised = seen.records.find(name => name.endsWith(':2.0') && !name.startsWith('10:'))
    expect(seen.records).toHaveLength(301)
    expect(Number(raised?.split(':')[0])).toBeGreaterThan(1_600)
    expect(merge.metrics.raised).toBe(1)
    await merge.close()
    await reading
  })

  it('holds the watermark while a shard fails, repeats with pauses, and goes on', async () => {
    const records = dealt(2, 10, 0, 5_000)
    const fails = (now: number): boolean => now > START + 1_000 && now < START + 4_000
    const { env, merge, seen, reading } = world([
      shard(0, { records: records[0] ?? [] }),
      shard(1, { records: records[1] ?? [], fails }),
    ])
    await env.clock.advance(3_900)
    expect(merge.watermark).toBeLessThanOrEqual(START + 1_000)
    expect(merge.metrics.readFailures).toBeGreaterThan(3)
    expect(merge.metrics.readFailures).toBeLessThan(12)
    await env.clock.advance(6_000)
    expect(seen.records).toEqual(ordered(records.flat()))
    expect(merge.metrics.raised).toBe(0)
    await merge.close()
    await reading
  })

  it('orders ties by sequence number, subsequence number and shard, whatever is read first', async () => {
    const at = START + 10
    const shards = [
      shard(0, { records: [2, 9, 10].map(sequence => ({ arrivedAt: at, sequence })) }),
      shard(1, {
        records: [
          { arrivedAt: at, sequence: 3, subsequence: 0 },
          { arrivedAt: at, sequence: 3, subsequence: 1 },
          { arrivedAt: at, sequence: 11 },
        ],
      }),
      shard(2, {
        records: [{ arrivedAt: at, sequence: 3, subsequence: 1 }],
        lag: now => (now < START + 500 ? 400 : 0),
      }),
    ]
    const { env, merge, seen, reading } = world(shards)
    await env.clock.advance(2_000)
    expect(seen.records).toEqual(['10:2.0', '10:3.0', '10:3.1', '10:3.1', '10:9.0', '10:10.0', '10:11.0'])
    await merge.close()
    await reading
  })

  it('opens children when all their parents have ended and goes on from the greatest rowtime of those', async () => {
    const parent = (index: number, sequence: number): SimShard =>
      shard(index, {
        records:
          dealt(1, 20, 0, 1_000)[0]?.map(r => ({
            ...r,
            arrivedAt: r.arrivedAt + index,
            sequence: r.sequence * 10 + sequence,
          })) ?? [],
        closedAt: START + 1_000 + 500 * index,
      })
    const child = shard(2, {
      parentShardIds: ['shardId-000000000000', 'shardId-000000000001'],
      listedAt: START + 1_000,
      // its first arrival lies below what its parents have reached
      records: [
        { arrivedAt: START + 900, sequence: 5_000, visibleAt: START + 1_600 },
        { arrivedAt: START + 1_700, sequence: 5_001 },
      ],
      closedAt: START + 2_000,
    })
    const { env, source, seen, reading } = world([parent(0, 1), parent(1, 2), child], { idleSlackMs: 10_000 })
    await env.clock.advance(1_400)
    expect(source.opened).toEqual(['shardId-000000000000', 'shardId-000000000001'])
    await env.clock.advance(3_000)
    await reading
    expect(seen.records.at(-2)).toBe('981:5000.0')
    expect(seen.records.at(-1)).toBe('1700:5001.0')
    expect(seen.records).toHaveLength(102)
    expect(seen.watermarks.at(-1)?.[1]).toBe(Number.POSITIVE_INFINITY)
  })

  it('ends when every shard has ended, and gives an error that no repeat helps to its reader', async () => {
    const records = dealt(2, 10, 0, 500)
    const sealed = world(records.map((r, i) => shard(i, { records: r, closedAt: START + 500 })))
    await sealed.env.clock.advance(1_000)
    await sealed.reading
    expect(sealed.seen.records).toEqual(ordered(records.flat()))
    expect(await sealed.merge.read(new AbortController().signal)).toBeNull()
    expect(sealed.merge.position.shards['shardId-000000000001']).toMatchObject({ ended: true, sequenceNumber: '49' })

    const env = memoryEnv({ startAt: START })
    const source = new SimSource({ clock: env.clock, shards: [] })
    source.listShards = () => Promise.reject(new MillraceError('not_found', 'stream gone is not there'))
    const merge = new ShardMerge({ source, clock: env.clock, random: env.random })
    await expect(merge.read(new AbortController().signal)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('starts at the latest records without the closed shards, and at a timestamp with them', async () => {
    const shards = [
      shard(0, {
        records: [
          { arrivedAt: START - 500, sequence: 1 },
          { arrivedAt: START - 300, sequence: 2 },
        ],
        closedAt: START - 100,
      }),
      shard(1, {
        parentShardIds: ['shardId-000000000000'],
        records: [
          { arrivedAt: START - 50, sequence: 3 },
          { arrivedAt: START + 50, sequence: 4 },
        ],
      }),
    ]
    for (const [from, expected] of [
      [{ kind: 'latest' }, ['50:4.0']],
      [{ kind: 'atTimestamp', timestamp: START - 400 }, ['-300:2.0', '-50:3.0', '50:4.0']],
      [{ kind: 'trimHorizon' }, ['-500:1.0', '-300:2.0', '-50:3.0', '50:4.0']],
    ] as const) {
      const { env, merge, seen, reading } = world(shards, { from })
      await env.clock.advance(1_000)
      expect(seen.records).toEqual(expected)
      await merge.close()
      await reading
    }
  })

  it('stamps the present when rowtime is processing time, and ticks on a silent stream', async () => {
    const { env, merge, seen, reading } = world(
      [
        shard(0, {
          records: [
            { arrivedAt: START + 100, sequence: 1 },
            { arrivedAt: START + 5, sequence: 2, visibleAt: START + 300 },
          ],
        }),
        shard(1, {}),
      ],
      {
        rowtime: 'processing',
      },
    )
    await env.clock.advance(5_000)
    expect(seen.records.map(name => name.split(':')[1])).toEqual(['1.0', '2.0'])
    for (const [name, at] of seen.gaveAt) expect(Number(name.split(':')[0])).toBe(at)
    expect(merge.watermark).toBeGreaterThanOrEqual(START + 4_000)
    await merge.close()
    await reading
  })
})

describe('any schedule of shards', () => {
  /** Random shards with a split on the way, random delays of sight, failures, lags and sizes; sequence numbers from one counter. */
  function scheduled(seed: number): {
    readonly shards: SimShard[]
    readonly all: SimRecord[]
    readonly env: MemoryEnv
  } {
    const env = memoryEnv({ seed, startAt: START })
    const { random } = env
    const count = 1 + random.below(5)
    const splitAt = START + 1_500
    const records: SimRecord[][] = Array.from({ length: count + 2 }, () => [])
    const all: SimRecord[] = []
    let at = START
    for (let sequence = 1; at < START + 3_000; sequence++) {
      // bursts of ties and gaps
      at += random.below(3) === 0 ? 0 : random.below(random.below(20) === 0 ? 400 : 12)
      let index = random.below(count)
      if (index === 0 && at >= splitAt) index = count + random.below(2)
      const record = { arrivedAt: at, sequence, visibleAt: at + random.below(150) }
      all.push(record)
      // what is seen in a shard is a prefix of it
      const last = records[index]?.at(-1)
      records[index]?.push({ ...record, visibleAt: Math.max(record.visibleAt, last?.visibleAt ?? 0) })
    }
    const shards = records.map((r, index): SimShard => {
      const badFrom = START + random.below(3_000)
      const badTo = badFrom + random.below(1_500)
      const kind = random.below(4)
      return {
        shardId: `shardId-00000000000${index}`,
        records: r,
        recordsPerReadMax: 1 + random.below(60),
        closedAt: index === 0 ? splitAt + 200 : START + 4_000,
        ...(index >= count ? { parentShardIds: ['shardId-000000000000'], listedAt: splitAt } : {}),
        ...(kind === 0 ? { fails: (now: number) => now >= badFrom && now < badTo } : {}),
        ...(kind === 1 ? { lag: (now: number) => (now >= badFrom && now < badTo ? 600 : 0) } : {}),
      }
    })
    return { shards, all, env }
  }

  it('gives the order and the rowtimes of the run over one shard', async () => {
    for (let seed = 1; seed <= 150; seed++) {
      const { shards, all, env } = scheduled(seed)
      const { seen, reading, merge } = world(shards, {
        env,
        recordsPerBatchMax: 1 + env.random.below(40),
        prefetchBytesMax: 500 + env.random.below(20_000),
        simulated: { readMs: () => 1 + env.random.below(30) },
      })
      await env.clock.until(reading, 60_000)
      expect([seed, seen.records]).toEqual([seed, ordered(all)])
      expect([seed, merge.metrics.raised]).toEqual([seed, 0])
    }
  })

  it('goes on from a position as if it had not been stopped', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { shards, all, env } = scheduled(seed)
      const source = new SimSource({ clock: env.clock, shards })
      const seen: string[] = []
      let position: ShardMerge['position'] | undefined
      let last = Number.NEGATIVE_INFINITY
      for (let isEnded = false; !isEnded; ) {
        const merge = new ShardMerge({
          source,
          clock: env.clock,
          random: env.random,
          recordsPerBatchMax: 1 + env.random.below(60),
          ...(position === undefined ? {} : { position }),
        })
        const { signal } = new AbortController()
        const work = async (): Promise<void> => {
          for (let left = env.random.below(8); left >= 0 && !isEnded; left--) {
            const batch = await merge.read(signal)
            isEnded = batch === null
            for (let i = 0; i < (batch?.length ?? 0); i++) {
              seen.push(`${(batch?.rowtimes[i] ?? 0) - START}:${batch?.sequenceNumber(i)}.0`)
              expect(batch?.rowtimes[i]).toBeGreaterThanOrEqual(last)
            }
            last = merge.watermark
          }
          position = JSON.parse(JSON.stringify(merge.position)) as ShardMerge['position']
          await merge.close()
        }
        await env.clock.until(work(), 60_000)
      }
      expect([seed, seen]).toEqual([seed, ordered(all)])
    }
  })
})
