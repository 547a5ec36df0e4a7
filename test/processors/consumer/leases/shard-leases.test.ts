/** Which leases there are: created at the start and at the end of shards, mended by the audit, deleted when nobody needs them. */
import { describe, expect, it } from 'vitest'
import { MillraceError, type ShardDescription } from '../../../../core/index.ts'
import {
  AT_TIMESTAMP,
  extendedSequenceNumber,
  LATEST,
  SHARD_END,
  TRIM_HORIZON,
} from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { firstHole } from '../../../../processors/consumer/leases/hash-ranges.ts'
import { HeldLeases } from '../../../../processors/consumer/leases/held-leases.ts'
import { type Lease, newLease } from '../../../../processors/consumer/leases/lease.ts'
import type { HeldLease } from '../../../../processors/consumer/leases/lease-coordinator.ts'
import { LEASE_SETTINGS } from '../../../../processors/consumer/leases/lease-settings.ts'
import { memoryLeaseStore } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import { childLeases, planMissingLeases } from '../../../../processors/consumer/leases/plan-leases.ts'
import { ShardEnd } from '../../../../processors/consumer/leases/shard-end.ts'
import { ShardSync } from '../../../../processors/consumer/leases/shard-sync.ts'
import {
  type ConsumedStream,
  type InitialPosition,
  leaseKeyOf,
  shardsOpenAt,
} from '../../../../processors/consumer/leases/stream-shards.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { SimClock } from '../../../support/sim-clock.ts'

const END = 2n ** 128n - 1n
const HALF = 2n ** 127n

function shard(
  name: string,
  parents: readonly string[] = [],
  options: Partial<ShardDescription> = {},
): ShardDescription {
  return { shardId: name, parentShardIds: parents, startingHashKey: 0n, endingHashKey: END, closed: false, ...options }
}
const closed = { closed: true }
const lower = { startingHashKey: 0n, endingHashKey: HALF - 1n }
const upper = { startingHashKey: HALF, endingHashKey: END }

/** 0 was split into 1 and 2, which were merged into 3; 3 was split into 4 and 5. */
const FAMILY = [
  shard('0', [], closed),
  shard('1', ['0'], { ...closed, ...lower }),
  shard('2', ['0'], { ...closed, ...upper }),
  shard('3', ['1', '2'], closed),
  shard('4', ['3'], lower),
  shard('5', ['3'], upper),
]

function streamOf(
  shards: readonly ShardDescription[],
  kind: InitialPosition['kind'] = 'trimHorizon',
  identifier: string | null = null,
): ConsumedStream {
  const initialPosition: InitialPosition = kind === 'atTimestamp' ? { kind, timestamp: 1 } : { kind }
  return {
    identifier,
    initialPosition,
    shards: { list: openAt => Promise.resolve(openAt === null ? shards : shardsOpenAt(shards, openAt)) },
  }
}

const planned = (stream: ConsumedStream, shards: readonly ShardDescription[], keys: readonly string[]): string[] =>
  planMissingLeases(stream, shards, new Set(keys)).map(lease => `${lease.leaseKey} ${lease.checkpoint?.sequenceNumber}`)

describe('leases that are missing', () => {
  it.each([
    ['a line that nothing covers starts at its earliest shard', 'trimHorizon', [], ['0 TRIM_HORIZON']],
    ['at a time, it starts there at every level', 'atTimestamp', [], ['0 AT_TIMESTAMP']],
    ['from LATEST only the open shards count', 'latest', [], ['4 LATEST', '5 LATEST']],
    ['nothing is missing while an ancestor is read: its descendants come when it ends', 'trimHorizon', ['0'], []],
    ['also far down the line', 'latest', ['3'], []],
    ['the other parent of a merge is read in whole', 'latest', ['1'], ['2 TRIM_HORIZON']],
    ['only where it has no lease', 'latest', ['1', '2'], []],
    ['a sibling without a lease gets its line', 'trimHorizon', ['4'], ['0 TRIM_HORIZON']],
    ['nothing is missing when every open shard has one', 'trimHorizon', ['4', '5'], []],
  ] as const)('%s (%s, %j)', (_, kind, keys, expected) => {
    expect(planned(streamOf(FAMILY, kind), FAMILY, keys)).toEqual(expected)
  })

  it('start at the oldest shard that is still listed', () => {
    const listed = FAMILY.slice(3)
    expect(planned(streamOf(listed), listed, [])).toEqual(['3 TRIM_HORIZON'])
  })

  it('are not guessed from a list that contradicts itself, unless that is asked for', () => {
    const odd = [shard('0', [], lower), shard('1', ['0'], lower), shard('2', [], upper)]
    expect(() => planned(streamOf(odd), odd, [])).toThrow(/shards 1 have parents that are still open/)
    const leases = planMissingLeases(streamOf(odd), odd, new Set(), true)
    expect(leases.map(lease => lease.leaseKey)).toEqual(['0', '2'])
  })

  it('have keys, stream and shard of a multi-stream table', () => {
    const identifier = '123456789012:clicks:1700000000'
    const [lease] = planMissingLeases(streamOf(FAMILY, 'trimHorizon', identifier), FAMILY, new Set())
    expect(lease).toMatchObject({ leaseKey: `${identifier}:0`, streamIdentifier: identifier, shardId: '0' })
  })

  it('are found in a line of 5,000 shards', () => {
    const line = Array.from({ length: 5_000 }, (_, i) =>
      shard(String(i), i === 0 ? [] : [String(i - 1)], { closed: i < 4_999 }),
    )
    expect(planned(streamOf(line), line, [])).toEqual(['0 TRIM_HORIZON'])
  })
})

describe('the shards that were open at a position', () => {
  it.each([
    ['latest', ['4', '5']],
    ['trimHorizon', ['0']],
    ['atTimestamp', ['0', '1', '2', '3', '4', '5']],
  ] as const)('%s', (kind, expected) => {
    const position: InitialPosition = kind === 'atTimestamp' ? { kind, timestamp: 5 } : { kind }
    expect(shardsOpenAt(FAMILY, position).map(({ shardId }) => shardId)).toEqual(expected)
  })
})

describe('holes in the hash keys', () => {
  it.each([
    ['both halves', [lower, upper], null],
    ['both halves, the upper first', [upper, lower], null],
    ['a range within another', [{ startingHashKey: 0n, endingHashKey: END }, lower], null],
    ['the lower half', [lower], upper],
    ['the upper half', [upper], lower],
    ['nothing', [], { startingHashKey: 0n, endingHashKey: END }],
    [
      'all but one key',
      [lower, { startingHashKey: HALF + 1n, endingHashKey: END }],
      { startingHashKey: HALF, endingHashKey: HALF },
    ],
  ])('%s', (_, ranges, hole) => {
    expect(firstHole(ranges)).toEqual(hole)
  })
})

function syncWorld(shards: ShardDescription[], kind: InitialPosition['kind'] = 'trimHorizon') {
  const clock = new SimClock()
  const { leases } = memoryLeaseStore()
  const stream = streamOf(shards, kind)
  const sync = new ShardSync({
    table: leases,
    clock,
    listener: { leaseGained() {}, leaseLost() {}, handOffRequested() {} },
    settings: LEASE_SETTINGS,
    streams: () => [stream],
    signal: new AbortController().signal,
  })
  return { clock, leases, sync, stream }
}

describe('shard sync', () => {
  it.each([
    ['trimHorizon', ['0'], TRIM_HORIZON],
    ['latest', ['4', '5'], LATEST],
    ['atTimestamp', ['0', '1', '2', '3', '4', '5'], AT_TIMESTAMP],
  ] as const)('begins a new table at %s', async (kind, keys, checkpoint) => {
    const { leases, sync, stream } = syncWorld(FAMILY, kind)
    await sync.begin(stream)
    const list = await leases.list()
    expect(list.map(lease => lease.leaseKey)).toEqual(keys)
    expect(
      list.every(
        lease => lease.checkpoint === checkpoint || lease.checkpoint?.sequenceNumber === checkpoint.sequenceNumber,
      ),
    ).toBe(true)
  })

  it('begins nothing by a list that leaves hash keys out, and says which', async () => {
    const { leases, sync, stream, clock } = syncWorld([shard('0', [], lower)])
    await expect(clock.until(sync.begin(stream))).rejects.toThrow(`leave hash keys ${HALF} to ${END} uncovered`)
    expect(clock.monotonicMs()).toBe(2_000)
    expect(await leases.list()).toEqual([])
  })

  it('takes what a service says was open at a time, and everything that is kept for a time before it', async () => {
    const asked: (string | null)[] = []
    const world = syncWorld(FAMILY, 'atTimestamp')
    const openAtTime = (shards: readonly ShardDescription[]): ConsumedStream => ({
      ...world.stream,
      shards: {
        list(openAt) {
          asked.push(openAt?.kind ?? null)
          return Promise.resolve(openAt === null ? FAMILY : shards)
        },
      },
    })
    await world.sync.begin(openAtTime(FAMILY.slice(1, 3)))
    expect((await world.leases.list()).map(lease => lease.leaseKey)).toEqual(['1', '2'])
    const early = syncWorld(FAMILY, 'atTimestamp')
    await early.sync.begin(openAtTime([]))
    expect(await early.leases.list()).toHaveLength(6)
    expect(asked).toEqual(['atTimestamp', 'atTimestamp', null])
  })

  it('repeats a list that is throttled, each 1.5 s', async () => {
    const { leases, sync, stream, clock } = syncWorld(FAMILY)
    let failures = 3
    const throttled: ConsumedStream = {
      ...stream,
      shards: {
        list: openAt =>
          failures-- > 0
            ? Promise.reject(new MillraceError('throttled', 'too fast', { retry: 'backoff' }))
            : stream.shards.list(openAt),
      },
    }
    await clock.until(sync.begin(throttled))
    expect(clock.monotonicMs()).toBe(4_500)
    expect(await leases.list()).toHaveLength(1)
  })

  it('mends a hole when three audits in a row have seen it', async () => {
    const { leases, sync } = syncWorld([shard('a', [], lower), shard('b', [], upper)])
    await leases.create(newLease({ leaseKey: 'a', checkpoint: TRIM_HORIZON, hashKeyRange: lower }))
    await sync.audit()
    await sync.audit()
    expect(await leases.list()).toHaveLength(1)
    await sync.audit()
    expect((await leases.list()).map(lease => lease.leaseKey)).toEqual(['a', 'b'])
  })

  it('forgets a hole that an audit does not see', async () => {
    const { leases, sync } = syncWorld([shard('a', [], lower), shard('b', [], upper)])
    await leases.create(newLease({ leaseKey: 'a', checkpoint: TRIM_HORIZON, hashKeyRange: lower }))
    await sync.audit()
    await sync.audit()
    await leases.create(newLease({ leaseKey: 'c', checkpoint: TRIM_HORIZON, hashKeyRange: upper }))
    await sync.audit()
    await leases.delete('c')
    await sync.audit()
    await sync.audit()
    expect(await leases.get('b')).toBeNull()
  })

  it('gives leases of old workers their hash keys', async () => {
    const { leases, sync } = syncWorld([shard('a', [], lower), shard('b', [], upper)])
    for (const leaseKey of ['a', 'b']) await leases.create(newLease({ leaseKey, checkpoint: TRIM_HORIZON }))
    await sync.audit()
    expect((await leases.list()).map(lease => lease.hashKeyRange)).toEqual([lower, upper])
  })

  it('begins at once when an audit finds no lease at all', async () => {
    const { leases, sync } = syncWorld(FAMILY)
    await sync.audit()
    expect(await leases.list()).toHaveLength(1)
  })
})

function endWorld(seed = 1, shards: readonly ShardDescription[] = FAMILY, cleanupLeasesUponShardCompletion = true) {
  const clock = new SimClock()
  const random = seededRandom(seed)
  const { leases } = memoryLeaseStore()
  const told: string[] = []
  const listener = {
    leaseGained() {},
    leaseLost: ({ lease }: HeldLease, reason: string) => told.push(`${lease.leaseKey} ${reason}`),
    handOffRequested() {},
  }
  const held = new HeldLeases({
    table: leases,
    clock,
    random,
    workerId: 'A',
    failoverMs: 1e9,
    listener,
    completeGained() {},
  })
  const end = new ShardEnd({
    table: leases,
    held,
    clock,
    random,
    listener,
    settings: { ...LEASE_SETTINGS, cleanupLeasesUponShardCompletion },
    streams: () => [streamOf(shards)],
  })
  const own = async (shardId: string, options: Partial<Lease> = {}): Promise<HeldLease> => {
    const lease = { ...newLease({ leaseKey: shardId, checkpoint: TRIM_HORIZON }), ...options }
    await leases.create(lease)
    const taken = await leases.take(lease, 'A')
    const gained = taken.written ? held.add(taken.lease, 0) : null
    if (gained === null) throw new Error('not gained')
    return gained
  }
  return { clock, leases, held, end, own, told }
}

describe('the end of a shard', () => {
  const [, one, two, three] = FAMILY as [ShardDescription, ShardDescription, ShardDescription, ShardDescription]

  it('by a split makes the leases of both children, and notes them in its own', async () => {
    const { leases, end, own } = endWorld()
    expect(await end.end(await own('0'), [one, two])).toBe('done')
    expect((await leases.get('0'))?.childShardIds).toEqual(['1', '2'])
    expect(await leases.get('1')).toEqual({
      ...newLease({ leaseKey: '1', checkpoint: TRIM_HORIZON, parentShardIds: ['0'], hashKeyRange: lower }),
    })
  })

  it('leaves a child alone that has its lease', async () => {
    const { leases, end, own } = endWorld()
    await leases.create(newLease({ leaseKey: '1', checkpoint: extendedSequenceNumber('9') }))
    await end.end(await own('0'), [one, two])
    expect((await leases.get('1'))?.checkpoint).toEqual(extendedSequenceNumber('9'))
  })

  it('by a merge waits for the lease of the other parent', async () => {
    const { leases, end, own } = endWorld(3)
    const held = await own('1')
    expect(await end.end(held, [three])).toBe('retry')
    expect(await leases.get('3')).toBeNull()
    await leases.create(newLease({ leaseKey: '2', checkpoint: TRIM_HORIZON }))
    expect(await end.end(held, [three])).toBe('done')
    expect((await leases.get('3'))?.parentShardIds).toEqual(['1', '2'])
  })

  it('by a merge whose other parent never comes lets another worker try, one time in thirty', async () => {
    const { end, own, leases, told } = endWorld(5)
    const held = await own('1')
    let tries = 1
    while ((await end.end(held, [three])) === 'retry' && tries < 1_000) tries++
    expect(tries).toBeLessThan(300)
    expect(told).toEqual(['1 released'])
    expect((await leases.get('1'))?.leaseOwner).toBeNull()
  })

  it('with a single child that names one parent is no end: the lease is given up', async () => {
    const { end, own, leases } = endWorld()
    expect(await end.end(await own('0'), [one])).toBe('dropped')
    expect(await leases.get('1')).toBeNull()
  })

  it('without children is one when the stream is gone', async () => {
    const { end, own } = endWorld()
    expect(await end.end(await own('0'), [])).toBe('done')
  })

  it('has children of a multi-stream table beside it', () => {
    expect(childLeases({ identifier: '1:s:2' }, [one]).map(lease => lease.leaseKey)).toEqual([
      leaseKeyOf({ identifier: '1:s:2' }, '1'),
    ])
  })
})

describe('parents before children', () => {
  it.each([
    [TRIM_HORIZON, SHARD_END, false],
    [extendedSequenceNumber('5'), null, false],
    [SHARD_END, SHARD_END, true],
    [SHARD_END, null, true],
    [null, null, true],
  ])('a child of parents at %j and %j may start: %s', async (first, second, expected) => {
    const { leases, end } = endWorld()
    if (first !== null) await leases.create(newLease({ leaseKey: '1', checkpoint: first }))
    if (second !== null) await leases.create(newLease({ leaseKey: '2', checkpoint: second }))
    const child = newLease({ leaseKey: '3', checkpoint: TRIM_HORIZON, parentShardIds: ['1', '2'] })
    expect(await end.parentsFinished(child)).toBe(expected)
  })
})

describe('clean-up', () => {
  const done = { checkpoint: SHARD_END, childShardIds: ['1', '2'] }

  it('deletes a complete lease once every child has come on', async () => {
    const { leases, end, own, clock, told } = endWorld()
    end.queue(await own('0', done))
    await leases.create(newLease({ leaseKey: '1', checkpoint: extendedSequenceNumber('5') }))
    await end.cleanUp()
    expect(await leases.get('0')).not.toBeNull()
    await leases.create(newLease({ leaseKey: '2', checkpoint: TRIM_HORIZON }))
    await clock.advance(300_000)
    await end.cleanUp()
    expect(await leases.get('0')).not.toBeNull()
    await leases.delete('2')
    await leases.create(newLease({ leaseKey: '2', checkpoint: SHARD_END }))
    await end.cleanUp()
    expect(await leases.get('0'), 'before the interval is over').not.toBeNull()
    await clock.advance(300_000)
    await end.cleanUp()
    expect(await leases.get('0')).toBeNull()
    expect(told).toEqual([])
  })

  it('keeps it while a lease of its own parents is there', async () => {
    const { leases, end, own, clock } = endWorld()
    await leases.create(newLease({ leaseKey: '0', checkpoint: SHARD_END }))
    await leases.create(newLease({ leaseKey: '3', checkpoint: extendedSequenceNumber('5') }))
    end.queue(await own('1', { checkpoint: SHARD_END, childShardIds: ['3'], parentShardIds: ['0'] }))
    await end.cleanUp()
    expect(await leases.get('1')).not.toBeNull()
    await leases.delete('0')
    await clock.advance(300_000)
    await end.cleanUp()
    expect(await leases.get('1')).toBeNull()
  })

  it('keeps a lease that is not complete, and everything when it is turned off', async () => {
    const first = endWorld()
    first.end.queue(await first.own('0'))
    await first.end.cleanUp()
    expect(await first.leases.get('0')).not.toBeNull()
    const second = endWorld(1, FAMILY, false)
    for (const leaseKey of ['1', '2']) await second.leases.create(newLease({ leaseKey, checkpoint: SHARD_END }))
    second.end.queue(await second.own('0', done))
    await second.end.cleanUp()
    expect(await second.leases.get('0')).not.toBeNull()
  })

  it('finds the children of a lease that does not name them', async () => {
    const { leases, end, own } = endWorld()
    for (const leaseKey of ['1', '2'])
      await leases.create(newLease({ leaseKey, checkpoint: extendedSequenceNumber('5') }))
    end.queue(await own('0', { checkpoint: SHARD_END }))
    await end.cleanUp()
    expect(await leases.get('0')).toBeNull()
  })

  it('deletes a lease whose shard its stream does not list any more', async () => {
    const { leases, end, own } = endWorld()
    end.queue(await own('gone', { checkpoint: extendedSequenceNumber('5') }))
    await end.cleanUp()
    expect(await leases.get('gone')).toBeNull()
  })

  it('leaves a lease alone that was lost meanwhile', async () => {
    const { leases, end, own, held } = endWorld()
    for (const leaseKey of ['1', '2']) await leases.create(newLease({ leaseKey, checkpoint: SHARD_END }))
    end.queue(await own('0', done))
    held.dropAll('stopped')
    await end.cleanUp()
    expect(await leases.get('0')).not.toBeNull()
  })
})
