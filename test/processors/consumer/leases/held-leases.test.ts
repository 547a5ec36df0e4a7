/** The states of a lease that a process holds, each by name. */
import { beforeEach, describe, expect, it } from 'vitest'
import { MillraceError } from '../../../../core/index.ts'
import {
  extendedSequenceNumber,
  SHARD_END,
  TRIM_HORIZON,
} from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { HeldLeases } from '../../../../processors/consumer/leases/held-leases.ts'
import type { ItemChange } from '../../../../processors/consumer/leases/item.ts'
import { itemLeaseStore } from '../../../../processors/consumer/leases/item-lease-store.ts'
import { type Lease, newLease } from '../../../../processors/consumer/leases/lease.ts'
import type { HeldLease } from '../../../../processors/consumer/leases/lease-coordinator.ts'
import type { LeaseMove } from '../../../../processors/consumer/leases/lease-move.ts'
import type { CheckpointChange, LeaseTable } from '../../../../processors/consumer/leases/lease-table.ts'
import { MemoryItems } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { SimClock } from '../../../support/sim-clock.ts'

const F = 10_000
const KEY = 'shardId-000000000000'

/** Fails the next writes, before or after they are done. */
class FlakyItems extends MemoryItems {
  next: ('lost' | 'reply lost')[] = []
  writes = 0

  override async change(change: ItemChange) {
    this.writes++
    const fault = this.next.shift()
    const failure = new MillraceError('internal', `the ${fault} on the way`, { retry: 'backoff' })
    if (fault === 'lost') throw failure
    const outcome = await super.change(change)
    if (fault === 'reply lost') throw failure
    return outcome
  }
}

let clock: SimClock
let items: FlakyItems
let table: LeaseTable
/** the same rows without faults, as others have them */
let rival: LeaseTable
let held: HeldLeases
let told: string[]
let moves: LeaseMove[]

beforeEach(() => {
  clock = new SimClock()
  items = new FlakyItems()
  table = itemLeaseStore(items).leases
  rival = table
  told = []
  moves = []
  held = new HeldLeases({
    table,
    clock,
    random: seededRandom(1),
    workerId: 'A',
    failoverMs: F,
    completeGained: ({ lease }) => told.push(`complete ${lease.leaseKey}`),
    listener: {
      leaseGained: ({ lease }) => told.push(`gained ${lease.leaseKey}`),
      leaseLost: (_, reason) => told.push(`lost ${reason}`),
      handOffRequested: ({ handOffTo }) => told.push(`hand off to ${handOffTo}`),
      leaseMoved: move => moves.push(move),
    },
  })
})

async function gain(options: Partial<Lease> = {}): Promise<HeldLease> {
  const lease = { ...newLease({ leaseKey: KEY, checkpoint: TRIM_HORIZON }), ...options }
  await table.create(lease)
  const outcome = await table.take(lease, 'A')
  const gained = outcome.written ? held.add(outcome.lease, clock.monotonicMs()) : null
  if (gained === null) throw new Error('not gained')
  return gained
}

async function row(): Promise<Lease> {
  const lease = await table.get(KEY)
  if (lease === null) throw new Error('no row')
  return lease
}

const at = (number: number): CheckpointChange => ({
  checkpoint: extendedSequenceNumber(String(number)),
  pendingCheckpoint: null,
  pendingCheckpointState: null,
  ownerSwitchesSinceCheckpoint: 0,
})

describe('a held lease', () => {
  it('is renewed, with the throughput of the interval and then its average', async () => {
    await gain()
    held.countBytes(KEY, 40_960)
    await clock.advance(4_000)
    expect(await held.renew(KEY)).toBe(true)
    expect(await row()).toMatchObject({ leaseCounter: 2, throughputKBps: 10 })
    await clock.advance(4_000)
    await held.renew(KEY)
    expect((await row()).throughputKBps).toBe(5)
  })

  it('survives a renewal whose reply is lost, also twice in a row', async () => {
    await gain()
    items.next = ['reply lost', 'reply lost']
    await expect(held.renew(KEY)).rejects.toThrow('the reply lost on the way')
    expect(await held.renew(KEY)).toBe(true)
    expect(told).toEqual([`gained ${KEY}`])
  })

  it('survives a checkpoint after a renewal whose reply is lost', async () => {
    const gained = await gain()
    items.next = ['reply lost', 'lost']
    await expect(held.renew(KEY)).rejects.toThrow()
    await held.checkpoint(gained, at(5))
    expect(await row()).toMatchObject({ checkpoint: extendedSequenceNumber('5'), leaseCounter: 3 })
    expect(told).toEqual([`gained ${KEY}`])
  })

  it('does not take a counter that rose by one for its own write when it is in no doubt', async () => {
    await gain()
    const other = await row()
    await rival.renew(other, { throughputKBps: 1, handingOff: false })
    await rival.renew({ ...other, leaseCounter: 2 }, { throughputKBps: 1, handingOff: false })
    expect(await held.renew(KEY)).toBe(false)
    expect(told.at(-1)).toBe('lost taken')
  })

  it('need not be renewed where it has just been checkpointed, but once in a fail-over time, for its throughput', async () => {
    const gained = await gain()
    const due = () => held.due().map(({ lease }) => lease.leaseKey)
    expect(due()).toEqual([KEY])
    await held.renew(KEY)
    // a renewal alone does not put the next one off
    expect(due()).toEqual([KEY])
    await held.checkpoint(gained, at(1))
    await clock.advance(Math.floor(F / 6))
    expect(due()).toEqual([])
    await clock.advance(1)
    expect(due()).toEqual([KEY])
    for (let i = 2; i < 8; i++) {
      await held.checkpoint(gained, at(i))
      await clock.advance(Math.floor(F / 6))
    }
    expect(due()).toEqual([KEY])
    await held.renew(KEY)
    await held.checkpoint(gained, at(8))
    expect(due()).toEqual([])
  })

  it('is due where a checkpoint did not land', async () => {
    const gained = await gain()
    await held.renew(KEY)
    items.next = ['lost']
    await expect(held.checkpoint(gained, at(1))).rejects.toThrow()
    expect(held.due()).toHaveLength(1)
  })

  it('writes one thing after the other', async () => {
    const gained = await gain()
    const renewals = [held.renew(KEY), held.checkpoint(gained, at(1)), held.renew(KEY), held.checkpoint(gained, at(2))]
    await Promise.all(renewals)
    expect(await row()).toMatchObject({ leaseCounter: 5, checkpoint: extendedSequenceNumber('2') })
    expect(told).toEqual([`gained ${KEY}`])
  })

  it('goes on with the next write after one that failed', async () => {
    const gained = await gain()
    items.next = ['lost']
    const first = held.checkpoint(gained, at(1))
    const second = held.checkpoint(gained, at(2))
    await expect(first).rejects.toMatchObject({ code: 'internal', retry: 'backoff' })
    await second
    expect((await row()).checkpoint).toEqual(extendedSequenceNumber('2'))
  })

  it('refuses the write that is one too many to wait', async () => {
    const gained = await gain()
    const waiting = Array.from({ length: 1_000 }, () => held.renew(KEY))
    await expect(held.checkpoint(gained, at(1))).rejects.toMatchObject({ code: 'throttled', retry: 'backoff' })
    await Promise.all(waiting)
    await held.checkpoint(gained, at(1))
  })
})

describe('a lease is lost', () => {
  it('when another worker took it: a checkpoint says who has it', async () => {
    const gained = await gain()
    await rival.take(await row(), 'B')
    await expect(held.checkpoint(gained, at(7))).rejects.toMatchObject({
      code: 'lease_lost',
      message: `lease lost on ${KEY}: held by B (counter 2, expected 1); stop processing the shard`,
    })
    expect(told.at(-1)).toBe('lost taken')
    expect((await row()).checkpoint).toEqual(TRIM_HORIZON)
    expect(moves.at(-1)).toMatchObject({
      from: 'A',
      to: 'B',
      by: 'A',
      reason: 'lost',
      why: 'the row names B (counter 2, expected 1)',
    })
  })

  it('when its row is gone', async () => {
    await gain()
    await rival.delete(KEY)
    expect(await held.renew(KEY)).toBe(false)
    expect(told.at(-1)).toBe('lost deleted')
  })

  it('when it was not renewed for a fail-over time, though nobody took it, and is not renewed then', async () => {
    const gained = await gain()
    await clock.advance(F)
    expect(held.get(KEY)).not.toBeNull()
    await clock.advance(1)
    expect(held.get(KEY)).toBeNull()
    expect(await held.renew(KEY)).toBe(false)
    expect(told.at(-1)).toBe('lost expired')
    expect((await row()).leaseCounter).toBe(1)
    await expect(held.checkpoint(gained, at(1))).rejects.toMatchObject({ code: 'lease_lost' })
  })

  it('by the instant before the last write was sent, not by its reply', async () => {
    await gain()
    await clock.advance(9_000)
    const renewal = held.renew(KEY)
    await renewal
    await clock.advance(F)
    expect(held.get(KEY)).not.toBeNull()
    await clock.advance(1)
    expect(held.get(KEY)).toBeNull()
  })

  it('for good: a token of before is no good when the lease comes back', async () => {
    const old = await gain()
    await clock.advance(F + 1)
    held.dropExpired()
    const again = await table.take(await row(), 'A')
    const gained = again.written ? held.add(again.lease, clock.monotonicMs()) : null
    await expect(held.checkpoint(old, at(1))).rejects.toMatchObject({ code: 'lease_lost' })
    await expect(held.release(old)).rejects.toMatchObject({ code: 'lease_lost' })
    await expect(held.finishHandOff(old)).rejects.toMatchObject({ code: 'lease_lost' })
    if (gained === null) throw new Error('not gained')
    await held.checkpoint(gained, at(2))
    expect((await row()).checkpoint).toEqual(extendedSequenceNumber('2'))
  })

  it('when this worker gives it up: the row has no owner', async () => {
    await held.release(await gain())
    expect(await row()).toMatchObject({ leaseOwner: null, leaseCounter: 2 })
    expect(told.at(-1)).toBe('lost released')
  })

  it('when everything stops, without a write', async () => {
    await gain()
    const { writes } = items
    held.dropAll('stopped')
    expect(told.at(-1)).toBe('lost stopped')
    expect(items.writes).toBe(writes)
  })
})

describe('a hand-off', () => {
  const begin = async (): Promise<void> => {
    await rival.startHandOff(await row(), 'B')
  }

  it('is learnt from the renewal that it refuses, and renewals go on', async () => {
    await gain()
    await begin()
    expect(await held.renew(KEY)).toBe(true)
    expect(await held.renew(KEY)).toBe(true)
    expect(told).toEqual([`gained ${KEY}`, 'hand off to B'])
    expect(await row()).toMatchObject({ leaseOwner: 'B', checkpointOwner: 'A', leaseCounter: 3 })
    expect(held.get(KEY)?.handOffTo).toBe('B')
  })

  it('is learnt though the renewal before it lost its reply', async () => {
    await gain()
    items.next = ['reply lost', 'lost']
    await expect(held.renew(KEY)).rejects.toThrow()
    await begin()
    expect(await held.renew(KEY)).toBe(true)
    expect(told).toEqual([`gained ${KEY}`, 'hand off to B'])
  })

  it('lets the old owner checkpoint, and gives the lease to the new one', async () => {
    const gained = await gain()
    await begin()
    await held.renew(KEY)
    await held.checkpoint(gained, at(8))
    await held.finishHandOff(gained)
    expect(await row()).toMatchObject({
      leaseOwner: 'B',
      checkpointOwner: null,
      checkpoint: extendedSequenceNumber('8'),
    })
    expect(told.at(-1)).toBe('lost handed_off')
    expect(moves.at(-1)).toMatchObject({ from: 'A', to: 'B', reason: 'hand_off_finished' })
    await expect(held.checkpoint(gained, at(9))).rejects.toMatchObject({ code: 'lease_lost' })
  })

  it('ends as written when the reply to its end was lost', async () => {
    const gained = await gain()
    await begin()
    await held.renew(KEY)
    items.next = ['reply lost']
    await expect(held.finishHandOff(gained)).rejects.toMatchObject({ retry: 'backoff' })
    await held.finishHandOff(gained)
    expect(told.at(-1)).toBe('lost handed_off')
    expect(await row()).toMatchObject({ leaseOwner: 'B', checkpointOwner: null })
  })

  it('that was forced to somebody else meanwhile is a loss', async () => {
    const gained = await gain()
    await begin()
    await held.renew(KEY)
    await rival.assign(await row(), 'C')
    await held.finishHandOff(gained)
    expect(told.at(-1)).toBe('lost taken')
  })

  it('that nobody knew of is learnt by a release, which leaves the new owner', async () => {
    const gained = await gain()
    await begin()
    await held.release(gained)
    expect(told).toEqual([`gained ${KEY}`, 'hand off to B', 'lost released'])
    expect(await row()).toMatchObject({ leaseOwner: 'B', checkpointOwner: null })
  })
})

it('a lease whose shard is complete is not told to the processor side, neither gained nor lost', async () => {
  await gain({ checkpoint: SHARD_END })
  held.dropAll('stopped')
  expect(told).toEqual([`complete ${KEY}`])
})
