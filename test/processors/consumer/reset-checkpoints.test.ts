/** Checkpoints that are set from outside: what is written, and what is refused before anything is. */
import { expect, test } from 'vitest'
import { LATEST, SHARD_END, TRIM_HORIZON } from '../../../processors/consumer/leases/extended-sequence-number.ts'
import { newLease } from '../../../processors/consumer/leases/lease.ts'
import { memoryLeaseStore } from '../../../processors/consumer/leases/memory-lease-store.ts'
import { resetCheckpoints } from '../../../processors/consumer/reset-checkpoints.ts'

const at = (sequenceNumber: string, subsequenceNumber = 0) => ({ sequenceNumber, subsequenceNumber })

async function table() {
  const { leases } = memoryLeaseStore()
  await leases.create(newLease({ leaseKey: 'a', checkpoint: SHARD_END }))
  await leases.create({ ...newLease({ leaseKey: 'b', checkpoint: at('17', 3) }), pendingCheckpoint: at('18') })
  await leases.create(newLease({ leaseKey: 'c', checkpoint: LATEST }))
  return leases
}

const checkpoints = async (leases: Awaited<ReturnType<typeof table>>) =>
  (await leases.list()).map(lease => [lease.checkpoint?.sequenceNumber, lease.checkpoint?.subsequenceNumber])

test('every lease, those of finished shards included, starts at TRIM_HORIZON; pending checkpoints go', async () => {
  const leases = await table()
  const done = await resetCheckpoints(leases, { to: TRIM_HORIZON, only: [], force: false })
  expect(done[1]).toEqual({ leaseKey: 'b', from: '17:3', to: 'TRIM_HORIZON' })
  expect(await checkpoints(leases)).toEqual([
    ['TRIM_HORIZON', 0],
    ['TRIM_HORIZON', 0],
    ['TRIM_HORIZON', 0],
  ])
  expect((await leases.get('b'))?.pendingCheckpoint).toBeNull()
})

test('LATEST leaves finished shards finished', async () => {
  const leases = await table()
  await resetCheckpoints(leases, { to: LATEST, only: [], force: false })
  expect((await checkpoints(leases)).map(([number]) => number)).toEqual(['SHARD_END', 'LATEST', 'LATEST'])
})

test('a position of one shard is exact', async () => {
  const leases = await table()
  await resetCheckpoints(leases, { to: at('9', 2), only: ['b'], force: false })
  expect((await checkpoints(leases))[1]).toEqual(['9', 2])
})

test('refuses a number for several shards, SHARD_END, and shards that are not there', async () => {
  const leases = await table()
  const before = await checkpoints(leases)
  const reset = (to: ReturnType<typeof at>, ...only: readonly string[]) =>
    resetCheckpoints(leases, { to, only, force: true })
  await expect(reset(at('9'))).rejects.toThrow('belongs to one shard, and 3 are chosen')
  await expect(reset(SHARD_END)).rejects.toThrow('give another position')
  await expect(reset(LATEST, 'd')).rejects.toThrow('no lease of d')
  expect(await checkpoints(leases)).toEqual(before)
})

test('a lease with an owner is refused unless forced; its owner then cannot renew it', async () => {
  const leases = await table()
  const free = await leases.get('b')
  if (free === null) throw new Error('b is there')
  const taken = await leases.take(free, 'worker-1')
  const before = await checkpoints(leases)
  await expect(resetCheckpoints(leases, { to: TRIM_HORIZON, only: [], force: false })).rejects.toThrow('b: worker-1')
  expect(await checkpoints(leases)).toEqual(before)
  await resetCheckpoints(leases, { to: TRIM_HORIZON, only: [], force: true })
  if (!taken.written) throw new Error('it was free')
  const renewed = await leases.renew(taken.lease, { throughputKBps: null, handingOff: false })
  expect(renewed.written).toBe(false)
})
