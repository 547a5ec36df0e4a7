/** What is decided about leases, as plain data: taking, spreading by number, spreading by load; who lives, who has expired. */
import { describe, expect, it } from 'vitest'
import type { Fleet } from '../../../../processors/consumer/leases/assignment/assignment.ts'
import { planByCount } from '../../../../processors/consumer/leases/assignment/plan-by-count.ts'
import { type LoadLimits, planByLoad } from '../../../../processors/consumer/leases/assignment/plan-by-load.ts'
import { cpuSource } from '../../../../processors/consumer/leases/cpu-source.ts'
import { SHARD_END, TRIM_HORIZON } from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { type Lease, newLease } from '../../../../processors/consumer/leases/lease.ts'
import { LeaseObserver } from '../../../../processors/consumer/leases/lease-observer.ts'
import { LEASE_SETTINGS, leasePeriods } from '../../../../processors/consumer/leases/lease-settings.ts'
import type { WorkerMetrics } from '../../../../processors/consumer/leases/lease-table.ts'
import { memoryLeaseStore } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import { planTake, type TakeInput } from '../../../../processors/consumer/leases/plan-take.ts'
import { WorkerMetricsReporter } from '../../../../processors/consumer/leases/worker-metrics-reporter.ts'
import { WorkerObserver } from '../../../../processors/consumer/leases/worker-observer.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { SimClock } from '../../../support/sim-clock.ts'

const F = 10_000

function leasesOf(owners: Readonly<Record<string, number>>, throughputKBps: number | null = null): Lease[] {
  return Object.entries(owners).flatMap(([owner, count]) =>
    Array.from({ length: count }, (_, i) => ({
      ...newLease({ leaseKey: `${owner}-${i}`, checkpoint: TRIM_HORIZON }),
      leaseOwner: owner === 'nobody' ? null : owner,
      throughputKBps,
    })),
  )
}

const workersOf = (...ids: string[]): WorkerMetrics[] => ids.map(id => worker(id))
function worker(workerId: string, values: Record<string, number[]> = {}, range = 100): WorkerMetrics {
  const operatingRange = Object.fromEntries(Object.keys(values).map(name => [name, [range]]))
  return {
    workerId,
    lastUpdatedAtSeconds: 0,
    values,
    operatingRange,
    properties: {},
    supportCode: 1,
    supportCodeUpdatedAtSeconds: 0,
  }
}

function fleetOf(leases: readonly Lease[], workers: readonly WorkerMetrics[]): Fleet {
  return { leases, workers, doubtful: new Set(), free: leases.filter(lease => lease.leaseOwner === null) }
}

/** leases by owner after a plan */
function after(
  fleet: Fleet,
  moves: readonly { readonly lease: Lease; readonly owner: string }[],
): Record<string, number> {
  const owners = new Map(fleet.leases.map(lease => [lease.leaseKey, lease.leaseOwner]))
  for (const { lease, owner } of moves) owners.set(lease.leaseKey, owner)
  const counts: Record<string, number> = Object.fromEntries(fleet.workers.map(({ workerId }) => [workerId, 0]))
  for (const owner of owners.values()) if (owner !== null) counts[owner] = (counts[owner] ?? 0) + 1
  return counts
}

describe('a plan by number', () => {
  it('spreads any fleet within one lease, moves no lease twice, and has nothing left to do then', () => {
    const random = seededRandom(3)
    for (let round = 0; round < 300; round++) {
      const ids = Array.from({ length: 1 + random.below(8) }, (_, i) => `w${i}`)
      const owners = Object.fromEntries([...ids, 'nobody'].map(id => [id, random.below(12)]))
      const fleet = fleetOf(leasesOf(owners), workersOf(...ids))
      const { moves, spillover } = planByCount(fleet, { maxLeasesForWorker: 1_000 })
      const counts = Object.values(after(fleet, moves))
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      expect(new Set(moves.map(({ lease }) => lease.leaseKey)).size).toBe(moves.length)
      expect(spillover).toBe(0)
      const moved = new Map(moves.map(({ lease, owner }) => [lease.leaseKey, owner]))
      const next = fleet.leases.map(lease => ({ ...lease, leaseOwner: moved.get(lease.leaseKey) ?? lease.leaseOwner }))
      expect(planByCount(fleetOf(next, fleet.workers), { maxLeasesForWorker: 1_000 }).moves).toEqual([])
    }
  })

  it('gives nobody more than he may have, and counts what is left', () => {
    const fleet = fleetOf(leasesOf({ a: 2, nobody: 7 }), workersOf('a', 'b'))
    const { moves, spillover } = planByCount(fleet, { maxLeasesForWorker: 3 })
    expect(after(fleet, moves)).toEqual({ a: 3, b: 3 })
    expect(spillover).toBe(3)
  })

  it('leaves leases alone that are handed off, and counts them for their new owner', () => {
    const leases = leasesOf({ a: 4 }).map((lease, i) =>
      i < 2 ? { ...lease, leaseOwner: 'b', checkpointOwner: 'a' } : lease,
    )
    expect(planByCount(fleetOf(leases, workersOf('a', 'b')), { maxLeasesForWorker: 99 }).moves).toEqual([])
  })

  it('gives nothing to a worker that may have died, and leaves what it has', () => {
    const leases = leasesOf({ a: 5, b: 1, c: 5, nobody: 2 })
    const fleet = { ...fleetOf(leases, workersOf('a', 'b', 'c')), doubtful: new Set(['b']) }
    const { moves } = planByCount(fleet, { maxLeasesForWorker: 99 })
    expect(moves.map(({ owner }) => owner)).toEqual(['a', 'c'])
  })

  it('counts leases that give work: complete ones wait where they are to be deleted', () => {
    const complete = (lease: Lease): Lease => ({ ...lease, checkpoint: SHARD_END })
    const leases = [...leasesOf({ a: 4 }).map(complete), ...leasesOf({ b: 2 }), ...leasesOf({ nobody: 2 })]
    const fleet = fleetOf(leases, workersOf('a', 'b'))
    expect(planByCount(fleet, { maxLeasesForWorker: 99 }).moves.map(({ owner }) => owner)).toEqual(['a', 'a'])
    expect(planByCount(fleet, { maxLeasesForWorker: 4 }).moves.map(({ owner }) => owner)).toEqual(['b', 'b'])
  })

  it('says why', () => {
    const { moves } = planByCount(fleetOf(leasesOf({ a: 3, nobody: 1 }), workersOf('a', 'b')), {
      maxLeasesForWorker: 99,
    })
    expect(moves.map(({ reason, why }) => `${reason}: ${why}`)).toEqual([
      'unowned: nobody owned it; b had the fewest (0)',
      'balanced: a had 3 leases, b 1',
    ])
  })
})

const LIMITS: LoadLimits = {
  maxLeasesForWorker: 1_000,
  maxThroughputKBps: Number.POSITIVE_INFINITY,
  thresholdPercent: 10,
  dampeningPercent: 60,
  allowOvershoot: true,
  alpha: 0.5,
}

describe('a plan by load', () => {
  const plan = (fleet: Fleet, limits: Partial<LoadLimits> = {}, balances = true) =>
    planByLoad(fleet, { ...LIMITS, ...limits }, seededRandom(1), balances)

  it('gives free leases to the worker whose CPU has most room', () => {
    const fleet = fleetOf(leasesOf({ a: 3, b: 3, nobody: 1 }, 10), [worker('a', { C: [80] }), worker('b', { C: [20] })])
    expect(plan(fleet, {}, false).moves.map(({ owner }) => owner)).toEqual(['b'])
  })

  it('goes by the tightest of several metrics', () => {
    const workers = [worker('a', { C: [40], M: [95] }), worker('b', { C: [50], M: [50] })]
    const fleet = fleetOf(leasesOf({ a: 3, b: 3, nobody: 1 }, 10), workers)
    expect(plan(fleet, {}, false).moves.map(({ owner }) => owner)).toEqual(['b'])
  })

  it('counts the newest of a worker’s reports most', () => {
    const workers = [worker('a', { C: [0, 0, 80] }), worker('b', { C: [100, 100, 20] })]
    const fleet = fleetOf(leasesOf({ a: 1, b: 1, nobody: 1 }, 10), workers)
    // 40 and 60
    expect(plan(fleet, {}, false).moves.map(({ owner }) => owner)).toEqual(['a'])
  })

  it('moves 60 % of a surplus from who lies above the band, and nothing within it', () => {
    const uneven = fleetOf(leasesOf({ a: 60, b: 40 }, 1), [worker('a', { C: [60] }), worker('b', { C: [40] })])
    // 60 KiB/s x (60 - 50) / 60 x 60 % = 6: five leases fit below it
    expect(plan(uneven).moves.map(({ owner }) => owner)).toEqual(['b', 'b', 'b', 'b', 'b'])
    const even = fleetOf(leasesOf({ a: 54, b: 46 }, 1), [worker('a', { C: [54] }), worker('b', { C: [46] })])
    expect(plan(even).moves).toEqual([])
  })

  it('relieves a worker above its operating range though the fleet is within the band', () => {
    const workers = [worker('a', { C: [85] }, 80), worker('b', { C: [80] }, 100)]
    const fleet = fleetOf(leasesOf({ a: 100, b: 94 }, 1), workers)
    expect(plan(fleet).moves.length).toBeGreaterThan(0)
    expect(plan(fleet).moves.every(({ owner }) => owner === 'b')).toBe(true)
  })

  it('moves the smallest lease when every one is larger than the surplus, unless that is turned off', () => {
    const fleet = fleetOf(leasesOf({ a: 3, b: 1 }, 10), workersOf('a', 'b'))
    expect(plan(fleet).moves).toHaveLength(1)
    expect(plan(fleet, { allowOvershoot: false }).moves).toEqual([])
  })

  it('moves nothing that would lift the receiver above the average', () => {
    expect(plan(fleetOf(leasesOf({ a: 2, b: 1 }, 10), workersOf('a', 'b'))).moves).toEqual([])
  })

  it('ends: repeated plans of any fleet come to rest, and no lease returns to where it came from', () => {
    const random = seededRandom(8)
    for (let round = 0; round < 100; round++) {
      const ids = Array.from({ length: 2 + random.below(6) }, (_, i) => `w${i}`)
      let leases = leasesOf(Object.fromEntries([...ids, 'nobody'].map(id => [id, random.below(15)]))).map(lease => ({
        ...lease,
        throughputKBps: random.next() < 0.2 ? null : random.below(100),
      }))
      const been = new Map<string, Set<string | null>>()
      let runs = 0
      for (; runs < 60; runs++) {
        const { moves } = planByLoad(fleetOf(leases, workersOf(...ids)), LIMITS, random, true)
        if (moves.length === 0) break
        for (const { lease, owner, reason } of moves) {
          const places = been.get(lease.leaseKey) ?? new Set()
          if (reason === 'balanced') expect(places.has(owner), `${lease.leaseKey} returns to ${owner}`).toBe(false)
          been.set(lease.leaseKey, places.add(lease.leaseOwner))
        }
        const moved = new Map(moves.map(({ lease, owner }) => [lease.leaseKey, owner]))
        leases = leases.map(lease => ({ ...lease, leaseOwner: moved.get(lease.leaseKey) ?? lease.leaseOwner }))
      }
      expect(runs).toBeLessThan(60)
    }
  })

  it('keeps to the throughput and the number that a worker may have', () => {
    const fleet = fleetOf(leasesOf({ nobody: 10 }, 10), workersOf('a', 'b'))
    expect(plan(fleet, { maxThroughputKBps: 30 })).toMatchObject({ spillover: 4 })
    expect(plan(fleet, { maxLeasesForWorker: 2 })).toMatchObject({ spillover: 6 })
  })
})

describe('a plan to take, as in 2.x', () => {
  const input = (leases: readonly Lease[], options: Partial<TakeInput> = {}): TakeInput => ({
    leases,
    workerId: 'me',
    failoverMs: F,
    stoodMs: () => 0,
    maxLeasesForWorker: 1_000,
    maxToSteal: 1,
    takesVeryOld: true,
    random: seededRandom(1),
    ...options,
  })
  const reasons = (plan: ReturnType<typeof planTake>): string[] => plan.takes.map(({ reason }) => reason)

  it('takes free leases up to an equal share, rounded up', () => {
    expect(reasons(planTake(input(leasesOf({ a: 2, nobody: 5 }))))).toEqual(Array(4).fill('unowned'))
  })

  it('takes one when there are more workers than leases', () => {
    expect(planTake(input(leasesOf({ a: 1, b: 1, nobody: 1 })))).toMatchObject({
      needed: 1,
      takes: [{ reason: 'unowned' }],
    })
  })

  it('counts workers by leases that live', () => {
    const leases = leasesOf({ dead: 4, a: 2 })
    const plan = planTake(input(leases, { stoodMs: lease => (lease.leaseOwner === 'dead' ? F + 1 : 0) }))
    expect(plan).toMatchObject({ workers: 2, needed: 3, expired: 4 })
    expect(reasons(plan)).toEqual(['expired', 'expired', 'expired'])
  })

  it.each([
    [{ a: 2, me: 1 }, 1, 0, 'a has its share'],
    [{ a: 4, b: 2 }, 1, 1, 'a has two too many'],
    [{ a: 3, me: 0, b: 3 }, 1, 1, 'two are needed, and the fullest has one too many'],
    [{ a: 3, me: 1 }, 1, 0, 'one is needed, and the fullest has one too many'],
    [{ a: 8 }, 3, 3, 'as many at a time as it may'],
    [{ a: 8 }, 9, 4, 'not more than the surplus'],
  ])('from %j, %d at a time, steals %d: %s', (...[owners, maxToSteal, count]) => {
    const plan = planTake(input(leasesOf(owners as Record<string, number>), { maxToSteal }))
    expect(reasons(plan)).toEqual(Array(count).fill('balanced'))
  })

  it('takes leases that stood still for three fail-over times whatever its share is, unless that is turned off', () => {
    const leases = leasesOf({ me: 5, dead: 2 })
    const stoodMs = (lease: Lease): number => (lease.leaseOwner === 'dead' ? 3 * F + 1 : 0)
    expect(reasons(planTake(input(leases, { stoodMs })))).toEqual(['very_old', 'very_old'])
    expect(planTake(input(leasesOf({ me: 7, dead: 2 }), { stoodMs, takesVeryOld: false })).takes).toHaveLength(2)
    expect(
      planTake(input([...leasesOf({ me: 5, dead: 2 }), ...leasesOf({ b: 5 })], { stoodMs, takesVeryOld: false })).takes,
    ).toHaveLength(1)
  })

  it('keeps to the most that it may have', () => {
    const plan = planTake(input(leasesOf({ me: 2, nobody: 6 }), { maxLeasesForWorker: 3 }))
    expect(plan.takes).toHaveLength(1)
    expect(plan.spillover).toBe(5)
  })
})

describe('an observer of leases', () => {
  const at = (leaseCounter: number): Lease => ({
    ...newLease({ leaseKey: 'k', checkpoint: TRIM_HORIZON }),
    leaseCounter,
    leaseOwner: 'a',
  })

  it('calls a lease free when its counter stood still for longer than a fail-over time before its own eyes', () => {
    const observer = new LeaseObserver()
    observer.observe([at(7)], 1_000)
    expect(observer.isFree(at(7), 11_000, F)).toBe(false)
    expect(observer.isFree(at(7), 11_001, F)).toBe(true)
    observer.observe([at(8)], 11_001)
    expect(observer.isFree(at(8), 21_001, F)).toBe(false)
  })

  it('waits a full time for a lease that it has not seen, or whose counter is another by now', () => {
    const observer = new LeaseObserver()
    expect(observer.isFree(at(7), 1e9, F)).toBe(false)
    observer.observe([at(7)], 0)
    expect(observer.isFree(at(9), 1e9, F)).toBe(false)
  })

  it('calls a lease without an owner free at once', () => {
    expect(new LeaseObserver().isFree({ ...at(0), leaseOwner: null }, 0, F)).toBe(true)
  })
})

describe('an observer of workers', () => {
  const world = () => {
    const clock = new SimClock()
    const { workerMetrics: table } = memoryLeaseStore()
    const observer = new WorkerObserver({ table, clock, staleAfterMs: 60_000, freshMs: F, deleteAfterMs: 86_400_000 })
    const put = (workerId: string, aheadSeconds = 0, values: Record<string, number[]> = {}) =>
      table.put({ ...worker(workerId, values), lastUpdatedAtSeconds: Math.floor(clock.now() / 1_000) + aheadSeconds })
    const alive = async () => (await observer.observe()).map(row => row.workerId)
    return { clock, table, observer, put, alive }
  }

  it('is proven by a young row or by one that changes, and not by an old one that a new leader finds', async () => {
    const { clock, observer, put, alive } = world()
    await put('young', -9)
    await put('old', -20)
    expect(await alive()).toEqual(['old', 'young'])
    expect([observer.isProven('young'), observer.isProven('old')]).toEqual([true, false])
    await clock.advance(15_000)
    await alive()
    // its next row is not due yet
    expect([observer.isProven('young'), observer.isProven('old')]).toEqual([true, false])
    await put('old')
    await alive()
    expect(observer.isProven('old')).toBe(true)
  })

  it('leaves out a worker that has not reported for two periods, and deletes its row after a day', async () => {
    const { clock, table, put, alive } = world()
    await put('a')
    expect(await alive()).toEqual(['a'])
    await clock.advance(60_001)
    expect(await alive()).toEqual([])
    expect(await table.list()).toHaveLength(1)
    await clock.advance(86_400_000)
    expect(await alive()).toEqual([])
    expect(await table.list()).toEqual([])
  })

  it('believes a worker with a wrong clock once it has seen it report', async () => {
    const { clock, put, alive } = world()
    await put('a', -3_600)
    expect(await alive()).toEqual([])
    await clock.advance(30_000)
    await put('a', -3_600)
    expect(await alive()).toEqual(['a'])
    await clock.advance(60_001)
    expect(await alive()).toEqual([])
  })

  it('leaves out a worker whose newest figure says that it could not be captured', async () => {
    const { observer, put, alive } = world()
    await put('a', 0, { C: [10, -1] })
    await put('b', 0, { C: [-1, 10] })
    expect(await alive()).toEqual(['b'])
    expect(observer.failing).toBe(1)
  })

  it('leaves out a worker that let a lease expire until it reports anew', async () => {
    const { clock, observer, put, alive } = world()
    await put('a')
    await alive()
    observer.suspect(['a', 'unknown'])
    await clock.advance(1_000)
    expect(await alive()).toEqual([])
    await put('a')
    expect(await alive()).toEqual(['a'])
  })
})

describe('reports of a worker', () => {
  it('are averages of what was captured, the last ten of them, and -1 where capturing failed', async () => {
    const clock = new SimClock()
    const { workerMetrics: table } = memoryLeaseStore()
    let next: number | null = 0
    const source = {
      name: 'C',
      maxUtilisation: 80,
      capture() {
        if (next === null) throw new Error('no figure')
        return next
      },
    }
    const listener = { leaseGained() {}, leaseLost() {}, handOffRequested() {} }
    const reporter = new WorkerMetricsReporter({
      table,
      clock,
      workerId: 'a',
      sources: [source],
      reportsMax: 10,
      listener,
    })
    for (const value of [10, 20, 120]) {
      next = value
      reporter.capture()
    }
    await reporter.report()
    next = null
    reporter.capture()
    await reporter.report()
    expect(await table.list()).toEqual([
      {
        workerId: 'a',
        lastUpdatedAtSeconds: Math.floor(clock.now() / 1_000),
        values: { C: [43.33, -1] },
        operatingRange: { C: [80] },
        properties: {},
        supportCode: 1,
        supportCodeUpdatedAtSeconds: Math.floor(clock.now() / 1_000),
      },
    ])
    for (let i = 0; i < 12; i++) await reporter.report()
    expect((await table.list())[0]?.values).toEqual({ C: Array(10).fill(0) })
  })

  it('say how much of one core the process used', async () => {
    const clock = new SimClock()
    let used = 5_000_000
    const source = cpuSource({ clock, usedMicros: () => used })
    expect(source.capture()).toBe(0)
    await clock.advance(1_000)
    used += 250_000
    expect(source.capture()).toBe(25)
    await clock.advance(2_000)
    used += 2_000_000
    expect(source.capture()).toBe(100)
    expect(source.capture()).toBe(0)
  })

  it('are taken from the real process', () => {
    const source = cpuSource({ clock: new SimClock() })
    expect(source).toMatchObject({ name: 'C', maxUtilisation: 80 })
    expect(source.capture()).toBe(0)
  })
})

it.each([
  [
    10_000,
    null,
    { renewMs: 3_308, takeMs: 20_050, watchMs: 3_333, leadMs: 1_666, assignMs: 20_000, discoverMs: 3_333 },
  ],
  [
    30_000,
    12_000,
    { renewMs: 9_975, takeMs: 60_050, watchMs: 10_000, leadMs: 5_000, assignMs: 12_000, discoverMs: 5_975 },
  ],
])('the periods of a fail-over time of %d ms follow the KCL', (failoverTimeMillis, leaseAssignmentIntervalMillis, periods) => {
  expect(leasePeriods({ ...LEASE_SETTINGS, failoverTimeMillis, leaseAssignmentIntervalMillis })).toEqual(periods)
})
