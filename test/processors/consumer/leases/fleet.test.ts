/** Simulated fleets: balance, fail-over, and what must never happen, by seeds. */
import { describe, expect, it } from 'vitest'
import type { LeaseSettings } from '../../../../processors/consumer/leases/lease-settings.ts'
import { Fleet } from './fleet.ts'

const F = 10_000
const COUNT: Partial<LeaseSettings> = { leaseAssignmentStrategy: 'LEASE_COUNT_BASED' }
const TAKING: Partial<LeaseSettings> = {
  clientVersionConfig: 'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X_PHASE1',
  maxLeasesToStealAtOneTime: 8,
}

function spread(counts: ReadonlyMap<string, number>): number {
  const values = [...counts.values()]
  return Math.max(...values) - Math.min(...values)
}

describe('a fleet that counts leases', () => {
  it.each([
    1, 2, 3,
  ])('is balanced within one lease three lease times after it grew from 1 to 12 and back, seed %d', async seed => {
    const fleet = new Fleet({ seed, shards: 64, settings: COUNT })
    await fleet.add(1)
    await fleet.run(F)
    expect([...(await fleet.owners()).values()]).toEqual([64])
    await fleet.add(11)
    await fleet.run(3 * F)
    expect(spread(await fleet.owners())).toBeLessThanOrEqual(1)
    await fleet.run(3 * F)
    const [, , , ...others] = fleet.workers
    for (const worker of others) worker.kill()
    await fleet.run(3 * F)
    expect(
      spread(new Map([...(await fleet.owners())].filter(([id]) => fleet.workers.some(w => w.id === id && !w.dead)))),
    ).toBeLessThanOrEqual(1)
    expect(fleet.unownedMsMax).toBeLessThanOrEqual(2 * F)
    expect(fleet.broken).toEqual([])
    await fleet.stop()
  })

  it('moves nothing once it is balanced', async () => {
    const fleet = new Fleet({ seed: 4, shards: 10, settings: COUNT })
    await fleet.add(3)
    await fleet.run(6 * F)
    const moves = fleet.moves.length
    await fleet.run(60 * F)
    expect(fleet.moves.slice(moves)).toEqual([])
    await fleet.stop()
  })

  it.each([
    11, 12, 13, 14,
  ])('has no shard without a worker for two lease times when a follower is killed, seed %d', async seed => {
    const fleet = new Fleet({ seed, shards: 12, settings: COUNT })
    await fleet.add(4)
    await fleet.run(6 * F + fleet.random.below(F))
    fleet.unownedMsMax = 0
    // Worker 0 leads: it came first.
    fleet.workers[1 + fleet.random.below(3)]?.kill()
    await fleet.run(4 * F)
    expect(fleet.unownedMsMax).toBeGreaterThan(F / 2)
    expect(fleet.unownedMsMax).toBeLessThanOrEqual(2 * F)
    await fleet.stop()
  })

  it.each([
    2, 21, 22, 23, 24,
  ])('has no shard without a worker for two lease times when the leader is killed, seed %d', async seed => {
    const fleet = new Fleet({ seed, shards: 12, settings: COUNT })
    await fleet.add(4)
    await fleet.run(6 * F + fleet.random.below(F))
    fleet.unownedMsMax = 0
    fleet.workers[0]?.kill()
    await fleet.run(5 * F)
    expect(fleet.shardKeys.every(key => fleet.workers.some(worker => worker.holds(key)))).toBe(true)
    expect(fleet.unownedMsMax).toBeLessThanOrEqual(2 * F)
    await fleet.stop()
  })
})

describe('metrics of the lease side', () => {
  it('have the names of the KCL where a leader assigns', async () => {
    const fleet = new Fleet({ seed: 61, shards: 6, settings: COUNT })
    await fleet.add(2)
    // the first audit comes after a minute
    await fleet.run(7 * F)
    expect([...fleet.metrics.keys()]).toEqual(
      expect.arrayContaining([
        'CurrentLeases',
        'LostLeases',
        'RenewLease.Success',
        'RenewLease.Time',
        'IsLeader',
        'ListLeaseKeysForWorker.Success',
        'ListLeaseKeysForWorker.Time',
        'FetchNewLeases.Time',
        'NewLeasesDiscovered',
        'OwnerMismatch',
        'TotalLeases',
        'NumWorkers',
        'ExpiredLeases',
        'LeaseSpillover',
        'NumOfLeasesReassignment',
        'FailedAssignmentCount',
        'ParallelyAssignLeases.Time',
        'LeaseAndWorkerMetricsLoad.Time',
        'NumWorkersWithFailingWorkerMetric',
        'IncompleteExpiredLeasesAssignment',
        'NumStreamsToSync',
        'NumStreamsWithPartialLeases',
        'NumSkippedShardSyncTask',
        'SyncShards.Success',
        'CreateLease',
        'CreateLease_TRIM_HORIZON',
      ]),
    )
    expect(fleet.metrics.get('CreateLease_TRIM_HORIZON')).toBe(6)
    await fleet.stop()
  })

  it('have the names of the KCL where everybody takes', async () => {
    const fleet = new Fleet({ seed: 62, shards: 6, settings: TAKING })
    await fleet.add(2)
    await fleet.run(7 * F)
    expect([...fleet.metrics.keys()]).toEqual(
      expect.arrayContaining([
        'TotalLeases',
        'TakenLeases',
        'UntakenLeases',
        'ExpiredLeases',
        'NeededLeases',
        'LeasesToTake',
        'LeaseSpillover',
        'VeryOldLeases',
        'NumWorkers',
        'ListLeases.Success',
        'ListLeases.Time',
        'TakeLease.Success',
        'TakeLease.Time',
      ]),
    )
    await fleet.stop()
  })
})

describe('a leader whose runs fail', () => {
  it('gives the lead up after three in a row, and another worker goes on', async () => {
    const fleet = new Fleet({ seed: 51, shards: 6, settings: COUNT })
    await fleet.add(2)
    await fleet.run(4 * F)
    const leader = async () => (await fleet.items.get('Leader'))?.['ownerName']
    const [first, second] = fleet.workers
    expect([await leader(), fleet.metrics.get('ForceLeaderRelease')]).toEqual([{ S: first?.id }, undefined])
    fleet.mayNotScan = first?.id ?? ''
    // It keeps its leases: only what a leader does fails.
    const held = first?.keys
    await fleet.run(1.5 * F)
    expect([await leader(), fleet.metrics.get('ForceLeaderRelease')]).toEqual([{ S: second?.id }, 1])
    expect(first?.keys).toEqual(held)
    fleet.mayNotScan = null
    await fleet.add(1)
    await fleet.run(3 * F)
    expect(spread(await fleet.owners())).toBe(0)
    await fleet.stop()
  })

  it('keeps the lead through one that fails', async () => {
    const fleet = new Fleet({ seed: 52, shards: 6, settings: COUNT })
    await fleet.add(2)
    await fleet.run(4 * F)
    for (let i = 0; i < 3; i++) {
      fleet.mayNotScan = fleet.workers[0]?.id ?? ''
      await fleet.run(F / 2)
      fleet.mayNotScan = null
      await fleet.run(F)
    }
    expect((await fleet.items.get('Leader'))?.['ownerName']).toEqual({ S: fleet.workers[0]?.id })
    await fleet.stop()
  })
})

describe('a fleet that goes by load', () => {
  it.each([31, 33, 39])('spreads leases of unequal throughput, and then leaves them, seed %d', async seed => {
    const bytesOf = (key: string): number => 2_000 * (1 + (Number(key.slice(-3)) % 5))
    const fleet = new Fleet({ seed, shards: 40, bytesOf })
    await fleet.add(1)
    await fleet.run(6 * F)
    await fleet.add(3)
    await fleet.run(70 * F)
    const loads = fleet.workers.map(worker => worker.keys.reduce((sum, key) => sum + bytesOf(key), 0))
    const average = loads.reduce((sum, load) => sum + load, 0) / loads.length
    for (const load of loads) expect(Math.abs(load - average) / average).toBeLessThanOrEqual(0.1)
    // Throughput is measured, so a worker at the edge of the band may still give something; but nothing comes back.
    const moves = fleet.moves.length
    await fleet.run(30 * F)
    const late = fleet.moves.slice(moves).filter(({ reason }) => reason === 'balanced')
    expect(late.length).toBeLessThanOrEqual(3)
    expect(new Set(late.map(({ leaseKey }) => leaseKey)).size).toBe(late.length)
    expect(fleet.broken).toEqual([])
    await fleet.stop()
  })

  it('spreads leases without traffic by their number', async () => {
    const fleet = new Fleet({ seed: 34, shards: 12, bytesOf: () => 0 })
    await fleet.add(3)
    await fleet.run(12 * F)
    expect(spread(await fleet.owners())).toBeLessThanOrEqual(1)
    await fleet.stop()
  })
})

describe('a fleet of takers, as beside workers of 2.x', () => {
  it.each([41, 42])('is balanced within one lease, and then leaves leases where they are, seed %d', async seed => {
    const fleet = new Fleet({ seed, shards: 24, settings: TAKING })
    await fleet.add(5)
    await fleet.run(20 * F)
    expect(spread(await fleet.owners())).toBeLessThanOrEqual(1)
    const moves = fleet.moves.length
    await fleet.run(20 * F)
    expect(fleet.moves.slice(moves)).toEqual([])
    expect(fleet.broken).toEqual([])
    await fleet.stop()
  })
})

describe('under faults', () => {
  it.each(
    Array.from({ length: 9 }, (_, i) => 100 + i),
  )('checkpoints never go back and nothing is left out, and the backlog of a fleet whose faults end is taken up, seed %d', async seed => {
    const mode = seed % 3
    const fleet = new Fleet({
      seed,
      shards: 9,
      settings: mode === 0 ? COUNT : mode === 1 ? {} : TAKING,
      faults: { lost: 0.02, lostReply: 0.05, latencyMs: 300 },
    })
    await fleet.add(4)
    const { random } = fleet
    for (let round = 0; round < 12; round++) {
      await fleet.run(random.below(2 * F))
      const alive = fleet.workers.filter(worker => !worker.dead)
      const worker = random.pick(alive)
      if (random.next() < 0.3 && alive.length > 2) {
        worker.kill()
        await fleet.add(1)
      } else {
        worker.pause()
        await fleet.run(random.below(5 * F))
        worker.resume()
      }
    }
    expect(fleet.broken).toEqual([])
    fleet.faults = { lost: 0, lostReply: 0, latencyMs: 50 }
    await fleet.run(8 * F)
    const before = fleet.shardKeys.map(key => fleet.progressOf(key))
    await fleet.run(2 * F)
    fleet.shardKeys.forEach((key, i) => expect(fleet.progressOf(key), key).toBeGreaterThan((before[i] ?? 0n) + 20n))
    expect(fleet.broken).toEqual([])
    await fleet.stop()
  })

  it('a renewal whose reply is lost gives no lease up', async () => {
    const fleet = new Fleet({ seed: 7, shards: 6, settings: COUNT, faults: { lost: 0, lostReply: 0.05, latencyMs: 0 } })
    await fleet.add(2)
    await fleet.run(60 * F)
    expect(fleet.failures).toBeGreaterThan(0)
    expect(fleet.workers.flatMap(worker => worker.lost).filter(({ reason }) => reason !== 'handed_off')).toEqual([])
    await fleet.stop()
  })

  it('a worker that was paused for longer than the lease time hears that its leases are lost before it gains any anew', async () => {
    const fleet = new Fleet({ seed: 8, shards: 6, settings: COUNT })
    await fleet.add(2)
    await fleet.run(6 * F)
    const [, worker] = fleet.workers
    const held = worker?.keys ?? []
    worker?.pause()
    await fleet.run(4 * F)
    worker?.resume()
    await fleet.run(F)
    expect(worker?.lost.map(({ leaseKey }) => leaseKey).sort()).toEqual(held.toSorted())
    expect(fleet.broken).toEqual([])
    await fleet.stop()
  })
})
