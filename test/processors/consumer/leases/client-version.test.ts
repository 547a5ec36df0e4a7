import { describe, expect, it, test } from 'vitest'
import {
  CLIENT_VERSION_KEY,
  type ClientVersion,
  type ClientVersionConfig,
  ClientVersionRow,
  mayFollow,
  startVersion,
} from '../../../../processors/consumer/leases/client-version.ts'
import { itemLeaseStore } from '../../../../processors/consumer/leases/item-lease-store.ts'
import { LEADER_KEY } from '../../../../processors/consumer/leases/leader-lock.ts'
import type { LeaseSettings } from '../../../../processors/consumer/leases/lease-settings.ts'
import { MemoryItems } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import { SimClock } from '../../../support/sim-clock.ts'
import { Fleet } from './fleet.ts'

const F = 10_000
const MINUTE = 60_000
const PHASE1 = 'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X_PHASE1'
const PHASE2 = 'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X'
const PHASE3 = 'CLIENT_VERSION_CONFIG_3X'

// The table above KCL 3.5's MigrationClientVersionStateInitializer.
test.each<[ClientVersionConfig, ClientVersion | null, ClientVersion]>([
  [PHASE1, null, 'INIT'],
  [PHASE2, null, 'UPGRADE_FROM_2X'],
  [PHASE3, null, '3X'],
  [PHASE1, '3X_WITH_ROLLBACK', '3X_WITH_ROLLBACK'],
  [PHASE2, '3X_WITH_ROLLBACK', '3X_WITH_ROLLBACK'],
  [PHASE3, '3X_WITH_ROLLBACK', '3X'],
  ...[PHASE1, PHASE2, PHASE3].flatMap(config =>
    (['2X', 'UPGRADE_FROM_2X', '3X'] as const).map(
      stored => [config, stored, stored] as [ClientVersionConfig, ClientVersion, ClientVersion],
    ),
  ),
])('a worker configured as %s that finds %s starts as %s', (config, stored, version) => {
  expect(startVersion(config, stored)).toBe(version)
})

test('a running worker follows the fleet up, back, and up again, and nothing else', () => {
  const versions = ['INIT', 'UPGRADE_FROM_2X', '2X', '3X_WITH_ROLLBACK', '3X'] as const
  const followed = versions.flatMap(from => versions.filter(to => mayFollow(from, to)).map(to => `${from} ${to}`))
  expect(followed).toEqual([
    'UPGRADE_FROM_2X 2X',
    'UPGRADE_FROM_2X 3X_WITH_ROLLBACK',
    '2X UPGRADE_FROM_2X',
    '3X_WITH_ROLLBACK 2X',
    '3X_WITH_ROLLBACK 3X',
  ])
})

describe('the row Migration3.0', () => {
  it('is written as the KCL writes it, with ten earlier versions at most', async () => {
    const items = new MemoryItems()
    const clock = new SimClock()
    const row = new ClientVersionRow(itemLeaseStore(items).coordinator, clock, 'w')
    expect(await row.enter(PHASE3)).toBe('3X')
    const mts = { N: String(clock.now()) }
    expect(await items.get(CLIENT_VERSION_KEY)).toEqual({
      leaseKey: { S: 'Migration3.0' },
      entityType: { S: 'CLIENT_VERSION_MIGRATION' },
      cv: { S: 'CLIENT_VERSION_3X' },
      mb: { S: 'w' },
      mts,
      h: { L: [{ M: { cv: { S: 'CLIENT_VERSION_INIT' }, mb: { S: 'w' }, mts } }] },
    })
    for (let i = 0; i < 6; i++) {
      expect(await row.move('3X', '2X')).toBe(true)
      expect(await row.move('3X', '2X')).toBe(false)
      expect(await row.move('2X', '3X')).toBe(true)
    }
    const h = (await items.get(CLIENT_VERSION_KEY))?.['h']
    if (h === undefined || !('L' in h)) throw new Error('the history is a list')
    expect(h.L.map(entry => ('M' in entry ? entry.M['cv'] : null))).toEqual(
      Array.from({ length: 10 }, (_, i) => ({ S: i % 2 === 0 ? 'CLIENT_VERSION_2X' : 'CLIENT_VERSION_3X' })),
    )
  })

  it('is not written in the first step, and one that says something unknown is refused by name', async () => {
    const items = new MemoryItems()
    const { coordinator } = itemLeaseStore(items)
    const row = new ClientVersionRow(coordinator, new SimClock(), 'w')
    expect(await row.enter(PHASE1)).toBe('INIT')
    expect(await items.get(CLIENT_VERSION_KEY)).toBeNull()
    await coordinator.create(CLIENT_VERSION_KEY, 'CLIENT_VERSION_MIGRATION', { cv: { S: 'CLIENT_VERSION_4X' } })
    await expect(row.enter(PHASE3)).rejects.toThrow(
      'says CLIENT_VERSION_4X, which no version of the KCL up to 3.5 writes',
    )
  })

  it('is read anew by a worker that another one was quicker than', async () => {
    const { coordinator } = itemLeaseStore(new MemoryItems())
    const [clock, other] = [new SimClock(), new ClientVersionRow(coordinator, new SimClock(), 'other')]
    let reads = 0
    const late = new ClientVersionRow(
      {
        ...coordinator,
        get: async key => {
          const row = await coordinator.get(key)
          if (reads++ === 0) await other.enter(PHASE2)
          return row
        },
        create: (...args) => coordinator.create(...args),
        update: (...args) => coordinator.update(...args),
      },
      clock,
      'late',
    )
    expect(await late.enter(PHASE3)).toBe('UPGRADE_FROM_2X')
    expect(await other.writtenBy()).toMatch(/^other at \d{4}-/)
  })
})

describe('a fleet on its way from KCL 2.x', () => {
  const SETTINGS: Partial<LeaseSettings> = {
    leaseAssignmentStrategy: 'LEASE_COUNT_BASED',
    clientVersionConfig: PHASE2,
    maxLeasesToStealAtOneTime: 8,
    failoverTimeMillis: F,
  }
  const version = async (fleet: Fleet) => (await fleet.items.get(CLIENT_VERSION_KEY))?.['cv']

  it('goes up when everybody has reported for ten minutes, back when the tool says so, and up again', async () => {
    const fleet = new Fleet({ seed: 1, shards: 6, settings: SETTINGS })
    await fleet.add(1, { clientVersionConfig: PHASE1 })
    await fleet.run(MINUTE)
    await fleet.add(2)
    await fleet.run(20 * MINUTE)
    // The first one is of 2.x, reports nothing, and has leases.
    expect([...(await fleet.owners()).keys()].toSorted()).toEqual(['worker-0', 'worker-1', 'worker-2'])
    expect(await version(fleet)).toEqual({ S: 'CLIENT_VERSION_UPGRADE_FROM_2X' })
    expect(await fleet.items.get(LEADER_KEY)).toBeNull()
    expect(await fleet.items.get('worker-0')).toBeNull()
    expect(await fleet.items.get('worker-1')).not.toBeNull()

    fleet.workers[0]?.kill()
    await fleet.run(17 * MINUTE)
    expect(await version(fleet)).toEqual({ S: 'CLIENT_VERSION_3X_WITH_ROLLBACK' })
    const lock = await fleet.items.get(LEADER_KEY)
    expect(['worker-1', 'worker-2']).toContain(lock?.['ownerName'] && 'S' in lock['ownerName'] && lock['ownerName'].S)
    // By assignment now: one more gets its share from the leader.
    const movesBefore = fleet.moves.length
    await fleet.add(1)
    await fleet.run(6 * F)
    expect([...(await fleet.owners()).values()]).toEqual([2, 2, 2])
    expect(fleet.moves.slice(movesBefore).some(move => move.reason === 'hand_off_finished')).toBe(true)

    const tool = new ClientVersionRow(itemLeaseStore(fleet.items).coordinator, fleet.clock, 'KclMigrationTool')
    expect(await tool.move('3X_WITH_ROLLBACK', '2X')).toBe(true)
    await fleet.run(3 * MINUTE)
    expect((await fleet.items.get(LEADER_KEY))?.['isReleased']).toEqual({ S: '1' })
    fleet.workers[3]?.kill()
    await fleet.run(2 * MINUTE)
    expect([...(await fleet.owners()).keys()].toSorted()).toEqual(['worker-1', 'worker-2'])
    // Whoever is free takes for himself.
    expect(fleet.moves.at(-1)).toMatchObject({ from: 'worker-3', reason: 'expired', to: fleet.moves.at(-1)?.by })

    expect(await tool.move('2X', 'UPGRADE_FROM_2X')).toBe(true)
    await fleet.run(14 * MINUTE)
    expect(await version(fleet)).toEqual({ S: 'CLIENT_VERSION_3X_WITH_ROLLBACK' })
    // A worker of the last step ends the way; those that run follow.
    await fleet.add(1, { clientVersionConfig: PHASE3 })
    await fleet.run(3 * MINUTE)
    expect(await version(fleet)).toEqual({ S: 'CLIENT_VERSION_3X' })
    expect([...(await fleet.owners()).values()].toSorted((a, b) => a - b)).toEqual([2, 2, 2])
    expect(fleet.broken).toEqual([])
    await fleet.stop()
  })
})
