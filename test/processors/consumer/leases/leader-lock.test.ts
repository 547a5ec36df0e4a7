/** The leader's lock, as Amazon's lock client keeps it in the row `Leader`. */
import { beforeEach, describe, expect, it } from 'vitest'
import { MillraceError } from '../../../../core/index.ts'
import type { ItemChange } from '../../../../processors/consumer/leases/item.ts'
import { itemLeaseStore } from '../../../../processors/consumer/leases/item-lease-store.ts'
import { LeaderLock } from '../../../../processors/consumer/leases/leader-lock.ts'
import { MemoryItems } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { SimClock } from '../../../support/sim-clock.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

class FlakyItems extends MemoryItems {
  loseReply = false
  override async change(change: ItemChange) {
    const outcome = await super.change(change)
    if (!this.loseReply) return outcome
    this.loseReply = false
    throw new MillraceError('internal', 'the reply was lost', { retry: 'backoff' })
  }
}

let clock: SimClock
let items: FlakyItems
const random = seededRandom(1)
const lockOf = (workerId: string, durationMs = 120_000): LeaderLock =>
  new LeaderLock({
    table: itemLeaseStore(items).coordinator,
    clock,
    random,
    workerId,
    durationMs,
    heartbeatMs: durationMs / 4,
  })

beforeEach(() => {
  clock = new SimClock()
  items = new FlakyItems()
})

describe("the leader's lock", () => {
  it('is written with the attributes that Java reads', async () => {
    expect(await lockOf('A').leads()).toBe(true)
    expect(await items.get('Leader')).toEqual({
      leaseKey: { S: 'Leader' },
      entityType: { S: 'LEADER' },
      ownerName: { S: 'A' },
      leaseDuration: { S: '120000' },
      recordVersionNumber: { S: expect.stringMatching(UUID) },
    })
  })

  it('has one holder, who writes a new version with every heartbeat', async () => {
    const [a, b] = [lockOf('A'), lockOf('B')]
    expect([await a.leads(), await b.leads()]).toEqual([true, false])
    const versions = new Set<unknown>()
    for (let i = 0; i < 20; i++) {
      await clock.advance(30_000)
      expect([await a.leads(), await b.leads()]).toEqual([true, false])
      versions.add((await items.get('Leader'))?.['recordVersionNumber'])
    }
    expect(versions.size).toBe(20)
  })

  it('is kept by a worker that asks for it twice at a time, as its assignment and its audit do', async () => {
    const a = lockOf('A')
    const version = async () => (await items.get('Leader'))?.['recordVersionNumber']
    for (let i = 0; i < 3; i++) {
      expect(await Promise.all([a.leads(), a.leads()])).toEqual([true, true])
      expect(await version()).toEqual({ S: expect.stringMatching(UUID) as string })
      await clock.advance(30_000)
    }
    // once the second heartbeat knew no version any more, and the third was refused
    expect(await a.leads()).toBe(true)
  })

  it('is not written between heartbeats', async () => {
    const a = lockOf('A')
    await a.leads()
    const before = await items.get('Leader')
    await clock.advance(29_999)
    expect(await a.leads()).toBe(true)
    expect(await items.get('Leader')).toEqual(before)
  })

  it('is taken when its version stood still for the duration in the row, by the own clock of who takes it', async () => {
    await lockOf('A', 120_000).leads()
    await clock.advance(1_000_000)
    const b = lockOf('B', 10_000)
    expect(await b.leads(), 'a new observer waits first').toBe(false)
    await clock.advance(120_000)
    expect(await b.leads()).toBe(false)
    await clock.advance(1)
    expect(await b.leads()).toBe(true)
    expect(await items.get('Leader')).toMatchObject({ ownerName: { S: 'B' }, leaseDuration: { S: '10000' } })
  })

  it('is not led by a holder whose lock was taken', async () => {
    const [a, b] = [lockOf('A'), lockOf('B')]
    await a.leads()
    await b.leads()
    await clock.advance(120_001)
    expect(await b.leads()).toBe(true)
    expect(await a.leads()).toBe(false)
  })

  it('is given up and taken at once, and the mark of that goes', async () => {
    const [a, b] = [lockOf('A'), lockOf('B')]
    await a.leads()
    await b.leads()
    await a.resign()
    expect(await items.get('Leader')).toMatchObject({ isReleased: { S: '1' }, ownerName: { S: 'A' } })
    expect(await b.leads()).toBe(true)
    expect(await items.get('Leader')).not.toHaveProperty('isReleased')
    expect(await a.leads()).toBe(false)
  })

  it('is not given up by somebody who lost it', async () => {
    const [a, b] = [lockOf('A'), lockOf('B')]
    await a.leads()
    await b.leads()
    await clock.advance(120_001)
    await b.leads()
    await a.resign()
    expect(await items.get('Leader')).not.toHaveProperty('isReleased')
  })

  it('is held by the worker that made it though the reply was lost', async () => {
    const [a, b] = [lockOf('A'), lockOf('B')]
    items.loseReply = true
    await expect(a.leads()).rejects.toThrow('the reply was lost')
    expect([await b.leads(), await a.leads()]).toEqual([false, true])
    await clock.advance(30_000)
    expect([await a.leads(), await b.leads()]).toEqual([true, false])
  })

  it('names the one that was silent for a lease time to whoever takes over, and for as long', async () => {
    const [a, b] = [lockOf('A'), lockOf('B')]
    await a.leads()
    await b.leads()
    await clock.advance(120_001)
    expect([await b.leads(), b.deposed, a.deposed]).toEqual([true, 'A', null])
    await clock.advance(120_000)
    expect(b.deposed).toBe('A')
    await clock.advance(1)
    expect(b.deposed).toBeNull()
  })

  it('is kept after a heartbeat whose reply was lost', async () => {
    const a = lockOf('A')
    await a.leads()
    await clock.advance(30_000)
    items.loseReply = true
    await expect(a.leads()).rejects.toThrow('the reply was lost')
    expect(await a.leads()).toBe(true)
  })

  it('keeps data that another client put beside it', async () => {
    const a = lockOf('A')
    await a.leads()
    await items.change({ key: 'Leader', conditions: [], set: { data: { B: Uint8Array.of(1) } }, add: {}, remove: [] })
    await clock.advance(30_000)
    await a.leads()
    expect(await items.get('Leader')).toMatchObject({ data: { B: Uint8Array.of(1) } })
  })

  it('looks vacant to a follower once half of its duration has passed without a heartbeat', async () => {
    const [a, b] = [lockOf('A'), lockOf('B')]
    await a.leads()
    await b.leads()
    await clock.advance(60_000)
    expect(b.looksVacant).toBe(false)
    await clock.advance(1)
    expect([a.looksVacant, b.looksVacant]).toEqual([false, true])
  })
})
