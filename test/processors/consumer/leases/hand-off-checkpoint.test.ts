/** A hand-off that begins between two writes of the old owner, the next of which is a checkpoint. */
import { expect, test } from 'vitest'
import { TRIM_HORIZON } from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { HeldLeases } from '../../../../processors/consumer/leases/held-leases.ts'
import { newLease } from '../../../../processors/consumer/leases/lease.ts'
import { memoryLeaseStore } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import { memoryEnv } from '../../../support/memory-env.ts'

test('a checkpoint after the hand-off began learns of it; the lease is renewed on and handed over, not lost', async () => {
  const { clock, random } = memoryEnv()
  const table = memoryLeaseStore().leases
  await table.create(newLease({ leaseKey: 's', checkpoint: TRIM_HORIZON }))
  const free = await table.get('s')
  if (free === null) throw new Error('it was made')
  const taken = await table.assign(free, 'a')
  if (!taken.written) throw new Error('it was free')
  const told: string[] = []
  const leases = new HeldLeases({
    table,
    clock,
    random,
    workerId: 'a',
    failoverMs: 10_000,
    listener: {
      leaseGained: () => told.push('gained'),
      leaseLost: (_held, reason) => told.push(`lost: ${reason}`),
      handOffRequested: held => told.push(`hand over to ${held.handOffTo}`),
    },
    completeGained: () => {},
  })
  const held = leases.add(taken.lease, clock.monotonicMs())
  if (held === null) throw new Error('nobody holds it')
  await table.startHandOff(taken.lease, 'b')
  const saved = await leases.checkpoint(held, {
    checkpoint: { sequenceNumber: '7', subsequenceNumber: 0 },
    pendingCheckpoint: null,
    pendingCheckpointState: null,
    ownerSwitchesSinceCheckpoint: 0,
  })
  expect(saved.handOffTo).toBe('b')
  expect(await leases.renew('s')).toBe(true)
  await leases.finishHandOff(saved)
  expect(told).toEqual(['gained', 'hand over to b', 'lost: handed_off'])
  expect(await table.get('s')).toMatchObject({
    leaseOwner: 'b',
    checkpointOwner: null,
    checkpoint: { sequenceNumber: '7' },
  })
})
