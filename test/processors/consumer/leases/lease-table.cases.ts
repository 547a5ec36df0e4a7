/**
 * What every lease table must do, whatever it is stored in. `LeaseTableUnderTest` also shows raw rows, so that the cases can look
 * at attributes and put some that no consumer of ours knows.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import {
  AT_TIMESTAMP,
  extendedSequenceNumber,
  SHARD_END,
  TRIM_HORIZON,
} from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import type { Item } from '../../../../processors/consumer/leases/item.ts'
import { type Lease, newLease } from '../../../../processors/consumer/leases/lease.ts'
import type {
  CheckpointChange,
  LeaseStore,
  WorkerMetrics,
  WriteOutcome,
} from '../../../../processors/consumer/leases/lease-table.ts'

export interface StoreUnderTest {
  readonly store: LeaseStore
  /** a second store on the same rows, as another worker has it */
  readonly other: LeaseStore
  /** the row as it lies there */
  raw(key: string): Promise<Item | null>
  /** writes attributes as somebody else would */
  poke(key: string, attributes: Item): Promise<void>
  close(): Promise<void>
}

const NUMBER = '49590338271490256608559692538361571095921575989136588898'
const HASH_KEY_MAX = 2n ** 128n - 1n

function written(outcome: WriteOutcome): Lease {
  if (!outcome.written) throw new Error(`the write was refused: ${JSON.stringify(outcome.found?.leaseOwner)}`)
  return outcome.lease
}

function refused(outcome: WriteOutcome): Lease | null {
  if (outcome.written) throw new Error('the write was not refused')
  return outcome.found
}

function position(sub = 0): CheckpointChange {
  return {
    checkpoint: extendedSequenceNumber(NUMBER, sub),
    pendingCheckpoint: null,
    pendingCheckpointState: null,
    ownerSwitchesSinceCheckpoint: 0,
  }
}

/** @param open a store without rows, one for each case */
export function leaseStoreCases(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the lease store in ${name}`, () => {
    let under: StoreUnderTest
    let store: LeaseStore
    let other: LeaseStore
    beforeEach(async () => {
      under = await open()
      ;({ store, other } = under)
      return () => under.close()
    })

    const shard = newLease({
      leaseKey: 'shardId-000000000003',
      checkpoint: TRIM_HORIZON,
      parentShardIds: ['shardId-000000000000', 'shardId-000000000001'],
      hashKeyRange: { startingHashKey: 0n, endingHashKey: HASH_KEY_MAX },
    })
    const fresh = async (options: Partial<Lease> = {}): Promise<Lease> => {
      const lease = { ...shard, ...options }
      expect(await store.leases.create(lease)).toBe(true)
      return lease
    }
    const ownedByA = async (): Promise<Lease> => written(await store.leases.take(await fresh(), 'A'))
    const handingOffToB = async (): Promise<Lease> => written(await store.leases.startHandOff(await ownedByA(), 'B'))

    describe('create', () => {
      it('gives back every attribute', async () => {
        const full: Lease = {
          ...shard,
          leaseKey: '123456789012:clicks:1700000000:shardId-000000000003',
          leaseOwner: 'A',
          leaseCounter: 41,
          ownerSwitchesSinceCheckpoint: 2,
          checkpoint: extendedSequenceNumber(NUMBER, 7),
          pendingCheckpoint: extendedSequenceNumber(NUMBER, 9),
          pendingCheckpointState: Uint8Array.of(0, 1, 255),
          childShardIds: ['shardId-000000000004', 'shardId-000000000005'],
          throughputKBps: 12.345678,
          checkpointOwner: 'B',
          streamIdentifier: '123456789012:clicks:1700000000',
          shardId: 'shardId-000000000003',
        }
        expect(await store.leases.create(full)).toBe(true)
        expect(await other.leases.get(full.leaseKey)).toEqual(full)
        expect(await other.leases.list()).toEqual([full])
      })

      it('needs a free key, and leaves the row that has it', async () => {
        const owned = await ownedByA()
        expect(await other.leases.create({ ...shard, checkpoint: AT_TIMESTAMP })).toBe(false)
        expect(await store.leases.get(shard.leaseKey)).toEqual(owned)
      })

      it('says that the row is there when it landed before and its reply was lost, and leaves what became of it', async () => {
        const lease = await fresh()
        const taken = written(await other.leases.take(lease, 'B'))
        expect(await store.leases.create(shard)).toBe(false)
        expect(await store.leases.get(shard.leaseKey)).toEqual(taken)
      })

      it('leaves out what is empty: owner, parents, children, hash keys, pending checkpoint', async () => {
        await fresh({ parentShardIds: [], hashKeyRange: null })
        const row = await under.raw(shard.leaseKey)
        expect(Object.keys(row ?? {}).sort()).toEqual([
          'checkpoint',
          'checkpointSubSequenceNumber',
          'entityType',
          'leaseCounter',
          'leaseKey',
          'ownerSwitchesSinceCheckpoint',
        ])
      })
    })

    describe('renew', () => {
      it('raises the counter and writes the throughput with 6 decimals', async () => {
        const lease = await ownedByA()
        const renewed = written(await store.leases.renew(lease, { throughputKBps: 1 / 3, handingOff: false }))
        expect(renewed).toEqual({ ...lease, leaseCounter: lease.leaseCounter + 1, throughputKBps: 0.333333 })
        expect(await under.raw(shard.leaseKey)).toMatchObject({
          throughputKBps: { N: '0.333333' },
          leaseCounter: { N: '2' },
        })
      })

      it('leaves the throughput when none is given', async () => {
        const lease = written(await store.leases.renew(await ownedByA(), { throughputKBps: 5, handingOff: false }))
        const again = written(await store.leases.renew(lease, { throughputKBps: null, handingOff: false }))
        expect(again.throughputKBps).toBe(5)
      })

      it('is refused once another took the lease, and shows its row', async () => {
        const lease = await ownedByA()
        const taken = written(await other.leases.take(lease, 'B'))
        expect(refused(await store.leases.renew(lease, { throughputKBps: 1, handingOff: false }))).toEqual(taken)
      })

      it('is refused when a hand-off began, though the counter is the same, and shows it', async () => {
        const lease = await ownedByA()
        const moving = written(await other.leases.startHandOff(lease, 'B'))
        expect(moving.leaseCounter).toBe(lease.leaseCounter)
        expect(refused(await store.leases.renew(lease, { throughputKBps: 1, handingOff: false }))).toEqual(moving)
      })

      it('goes on during a hand-off that the owner knows of', async () => {
        const lease = await handingOffToB()
        const renewed = written(await store.leases.renew(lease, { throughputKBps: 1, handingOff: true }))
        expect(renewed).toMatchObject({ leaseOwner: 'B', checkpointOwner: 'A', leaseCounter: lease.leaseCounter + 1 })
      })

      it('counts as written when the same renewal landed before and its reply was lost', async () => {
        const lease = await ownedByA()
        const first = written(await store.leases.renew(lease, { throughputKBps: 1, handingOff: false }))
        expect(written(await store.leases.renew(lease, { throughputKBps: 2, handingOff: false }))).toEqual(first)
      })

      it('is refused when the counter is two further: that was not this renewal', async () => {
        const lease = await ownedByA()
        const first = written(await store.leases.renew(lease, { throughputKBps: 1, handingOff: false }))
        await store.leases.renew(first, { throughputKBps: 1, handingOff: false })
        expect(refused(await store.leases.renew(lease, { throughputKBps: 1, handingOff: false }))?.leaseCounter).toBe(3)
      })

      it('is refused without a row', async () => {
        const lease = await ownedByA()
        await other.leases.delete(lease.leaseKey)
        expect(refused(await store.leases.renew(lease, { throughputKBps: 1, handingOff: false }))).toBeNull()
        expect(await under.raw(lease.leaseKey)).toBeNull()
      })
    })

    describe('take', () => {
      it('sets the owner and raises the counter; the first owner is no switch', async () => {
        const lease = await fresh()
        expect(written(await store.leases.take(lease, 'A'))).toEqual({ ...lease, leaseOwner: 'A', leaseCounter: 1 })
      })

      it('counts a switch from one owner to another, and ends a hand-off', async () => {
        const lease = await handingOffToB()
        expect(written(await store.leases.take(lease, 'C'))).toMatchObject({
          leaseOwner: 'C',
          checkpointOwner: null,
          leaseCounter: lease.leaseCounter + 1,
          ownerSwitchesSinceCheckpoint: 1,
        })
      })

      it('counts no switch when its own owner takes it', async () => {
        expect(written(await store.leases.take(await ownedByA(), 'A')).ownerSwitchesSinceCheckpoint).toBe(0)
      })

      it('is refused when the owner renewed meanwhile', async () => {
        const lease = await ownedByA()
        const renewed = written(await store.leases.renew(lease, { throughputKBps: 1, handingOff: false }))
        expect(refused(await other.leases.take(lease, 'B'))).toEqual(renewed)
      })

      it('has one winner of many', async () => {
        const lease = await fresh()
        const outcomes = await Promise.all(
          Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? store : other).leases.take(lease, `worker-${i}`)),
        )
        expect(outcomes.filter(outcome => outcome.written)).toHaveLength(1)
      })

      it('counts as written when the same take landed before and its reply was lost', async () => {
        const lease = await fresh()
        const first = written(await store.leases.take(lease, 'A'))
        expect(written(await store.leases.take(lease, 'A'))).toEqual(first)
        expect(refused(await other.leases.take(lease, 'B'))).toEqual(first)
      })
    })

    describe('assign', () => {
      it('sets the owner though the old one renewed meanwhile', async () => {
        const lease = await ownedByA()
        await store.leases.renew(lease, { throughputKBps: 1, handingOff: false })
        expect(written(await other.leases.assign(lease, 'B'))).toMatchObject({
          leaseOwner: 'B',
          leaseCounter: 3,
          ownerSwitchesSinceCheckpoint: 1,
        })
      })

      it('is refused when another owns it by now', async () => {
        const lease = await fresh()
        const taken = written(await other.leases.take(lease, 'A'))
        expect(refused(await store.leases.assign(lease, 'B'))).toEqual(taken)
      })

      it('is refused when a hand-off began', async () => {
        const lease = await ownedByA()
        const moving = written(await other.leases.startHandOff(lease, 'B'))
        expect(refused(await store.leases.assign(lease, 'C'))).toEqual(moving)
      })

      it('is refused without a row, and makes none', async () => {
        expect(refused(await store.leases.assign(shard, 'B'))).toBeNull()
        expect(await under.raw(shard.leaseKey)).toBeNull()
      })

      it('counts as written when it landed before and its reply was lost, and adds nothing twice', async () => {
        const lease = await ownedByA()
        const first = written(await store.leases.assign(lease, 'B'))
        expect(written(await store.leases.assign(lease, 'B'))).toEqual(first)
      })
    })

    describe('start of a hand-off', () => {
      it('names the new owner, keeps the old one as checkpointOwner, and leaves the counter', async () => {
        const lease = await ownedByA()
        expect(written(await other.leases.startHandOff(lease, 'B'))).toEqual({
          ...lease,
          leaseOwner: 'B',
          checkpointOwner: 'A',
        })
      })

      it('is refused when the owner changed', async () => {
        const lease = await ownedByA()
        const taken = written(await other.leases.take(lease, 'C'))
        expect(refused(await store.leases.startHandOff(lease, 'B'))).toEqual(taken)
      })

      it('is refused while another hand-off is under way', async () => {
        const lease = await ownedByA()
        const moving = written(await other.leases.startHandOff(lease, 'C'))
        expect(refused(await store.leases.startHandOff(lease, 'B'))).toEqual(moving)
      })

      it('is refused without a row', async () => {
        expect(refused(await store.leases.startHandOff({ ...shard, leaseOwner: 'A' }, 'B'))).toBeNull()
      })

      it('counts as written when it landed before and its reply was lost', async () => {
        const lease = await ownedByA()
        const first = written(await store.leases.startHandOff(lease, 'B'))
        expect(written(await store.leases.startHandOff(lease, 'B'))).toEqual(first)
      })
    })

    describe('end of a hand-off', () => {
      it('leaves the new owner alone, raises the counter, and counts no switch', async () => {
        const lease = await handingOffToB()
        expect(written(await store.leases.finishHandOff(lease))).toEqual({
          ...lease,
          checkpointOwner: null,
          leaseCounter: lease.leaseCounter + 1,
        })
      })

      it('is refused when the leader forced it to somebody else', async () => {
        const lease = await handingOffToB()
        const forced = written(await other.leases.assign(lease, 'C'))
        expect(refused(await store.leases.finishHandOff(lease))).toEqual(forced)
      })

      it('counts as written when it landed before and its reply was lost', async () => {
        const lease = await handingOffToB()
        const first = written(await store.leases.finishHandOff(lease))
        expect(written(await store.leases.finishHandOff(lease))).toEqual(first)
      })
    })

    describe('evict', () => {
      it('leaves a lease without an owner, and without the attribute', async () => {
        const lease = await ownedByA()
        expect(written(await store.leases.evict(lease))).toEqual({ ...lease, leaseOwner: null, leaseCounter: 2 })
        expect(await under.raw(lease.leaseKey)).not.toHaveProperty('leaseOwner')
      })

      it('during a hand-off leaves the new owner', async () => {
        const lease = await handingOffToB()
        expect(written(await store.leases.evict(lease))).toMatchObject({ leaseOwner: 'B', checkpointOwner: null })
      })

      it('compares no counter', async () => {
        const lease = await ownedByA()
        await store.leases.renew(lease, { throughputKBps: 1, handingOff: false })
        expect(written(await store.leases.evict(lease))).toMatchObject({ leaseOwner: null, leaseCounter: 3 })
      })

      it('is refused when another owns it by now', async () => {
        const lease = await ownedByA()
        const taken = written(await other.leases.take(lease, 'B'))
        expect(refused(await store.leases.evict(lease))).toEqual(taken)
      })

      it('is refused when a hand-off began that the owner does not know of', async () => {
        const lease = await ownedByA()
        const moving = written(await other.leases.startHandOff(lease, 'B'))
        expect(refused(await store.leases.evict(lease))).toEqual(moving)
      })

      it('counts as written when it landed before and its reply was lost', async () => {
        const lease = await ownedByA()
        const first = written(await store.leases.evict(lease))
        expect(written(await store.leases.evict(lease))).toEqual(first)
      })
    })

    describe('checkpoint', () => {
      it('writes position and subsequence number, raises the counter, forgets owner switches', async () => {
        const lease = written(await other.leases.take(await ownedByA(), 'B'))
        expect(lease.ownerSwitchesSinceCheckpoint).toBe(1)
        expect(written(await store.leases.checkpoint(lease, position(5)))).toEqual({
          ...lease,
          leaseCounter: 3,
          ownerSwitchesSinceCheckpoint: 0,
          checkpoint: extendedSequenceNumber(NUMBER, 5),
        })
      })

      it('writes a pending checkpoint with the bytes of the application, and the next one removes them', async () => {
        const lease = await ownedByA()
        const pending = written(
          await store.leases.checkpoint(lease, {
            checkpoint: TRIM_HORIZON,
            pendingCheckpoint: extendedSequenceNumber(NUMBER, 2),
            pendingCheckpointState: Uint8Array.of(1, 2, 3),
            ownerSwitchesSinceCheckpoint: 0,
          }),
        )
        expect(pending).toMatchObject({
          checkpoint: TRIM_HORIZON,
          pendingCheckpoint: extendedSequenceNumber(NUMBER, 2),
          pendingCheckpointState: Uint8Array.of(1, 2, 3),
        })
        const promoted = written(await store.leases.checkpoint(pending, position(2)))
        expect(promoted).toMatchObject({ pendingCheckpoint: null, pendingCheckpointState: null })
        expect(Object.keys((await under.raw(lease.leaseKey)) ?? {}).filter(key => key.startsWith('pending'))).toEqual(
          [],
        )
      })

      it('writes SHARD_END with the children that the lease knows', async () => {
        const lease = { ...(await ownedByA()), childShardIds: ['shardId-000000000007'] }
        await store.leases.checkpoint(lease, { ...position(), checkpoint: SHARD_END })
        expect(await other.leases.get(lease.leaseKey)).toMatchObject({
          checkpoint: SHARD_END,
          childShardIds: ['shardId-000000000007'],
        })
      })

      it('is refused once another took the lease', async () => {
        const lease = await ownedByA()
        const taken = written(await other.leases.take(lease, 'B'))
        expect(refused(await store.leases.checkpoint(lease, position()))).toEqual(taken)
        expect((await store.leases.get(lease.leaseKey))?.checkpoint).toEqual(TRIM_HORIZON)
      })

      it('is allowed to the old owner during a hand-off, and to nobody after it', async () => {
        const lease = await handingOffToB()
        const saved = written(await store.leases.checkpoint(lease, position()))
        expect(saved).toMatchObject({ leaseOwner: 'B', checkpointOwner: 'A' })
        await store.leases.finishHandOff(saved)
        refused(await store.leases.checkpoint(saved, position(9)))
      })

      it('counts as written when it landed before and its reply was lost', async () => {
        const lease = await ownedByA()
        const first = written(await store.leases.checkpoint(lease, position(1)))
        expect(written(await store.leases.checkpoint(lease, position(1)))).toEqual(first)
      })

      it('does not take another position, or a renewal, for its own earlier try', async () => {
        const lease = await ownedByA()
        await store.leases.checkpoint(lease, position(1))
        refused(await store.leases.checkpoint(lease, position(2)))
        const now = await store.leases.get(lease.leaseKey)
        if (now === null) throw new Error('no row')
        await store.leases.renew(now, { throughputKBps: 1, handingOff: false })
        refused(await store.leases.checkpoint(now, position(2)))
      })
    })

    describe('restart', () => {
      const start = {
        checkpoint: TRIM_HORIZON,
        parentShardIds: ['shardId-000000000002'],
        hashKeyRange: { startingHashKey: 5n, endingHashKey: 9n },
      }
      const ended = async (): Promise<Lease> =>
        written(
          await store.leases.checkpoint(
            { ...(await handingOffToB()), childShardIds: ['shardId-000000000008'] },
            {
              checkpoint: SHARD_END,
              pendingCheckpoint: extendedSequenceNumber(NUMBER),
              pendingCheckpointState: Uint8Array.of(1),
              ownerSwitchesSinceCheckpoint: 3,
            },
          ),
        )

      it('leaves nothing of the old shard, and no owner', async () => {
        const lease = await ended()
        const { leaseKey, leaseCounter, throughputKBps } = lease
        const anew = { ...newLease({ leaseKey, ...start }), leaseCounter: leaseCounter + 1, throughputKBps }
        expect(written(await store.leases.restart(lease, start))).toEqual(anew)
        expect(await other.leases.get(leaseKey)).toEqual(anew)
      })

      it('leaves out parents where there are none', async () => {
        const lease = await ended()
        await store.leases.restart(lease, { ...start, parentShardIds: [] })
        expect(await under.raw(lease.leaseKey)).not.toHaveProperty('parentShardId')
      })

      it('is refused once its owner renewed or checkpointed', async () => {
        const lease = await ended()
        const now = written(await other.leases.checkpoint(lease, position(1)))
        expect(refused(await store.leases.restart(lease, start))).toEqual(now)
      })

      it('is refused without a row', async () => {
        expect(refused(await store.leases.restart(shard, start))).toBeNull()
      })

      it('counts as written when it landed before and its reply was lost', async () => {
        const lease = await ended()
        const first = written(await store.leases.restart(lease, start))
        expect(written(await store.leases.restart(lease, start))).toEqual(first)
      })

      it('loses the lease to the worker that held it, which can write nothing more', async () => {
        const lease = await ended()
        await other.leases.restart(lease, start)
        refused(await store.leases.checkpoint(lease, position(1)))
        refused(await store.leases.renew(lease, { throughputKBps: 1, handingOff: true }))
      })
    })

    describe('meta update', () => {
      it('writes children and hash keys whoever owns the lease, and leaves the counter', async () => {
        const lease = await ownedByA()
        await other.leases.renew(lease, { throughputKBps: 1, handingOff: false })
        const hashKeyRange = { startingHashKey: 5n, endingHashKey: 2n ** 127n }
        const meta = { childShardIds: ['shardId-000000000008', 'shardId-000000000009'], hashKeyRange }
        expect(written(await store.leases.updateMeta(lease.leaseKey, meta))).toMatchObject({ ...meta, leaseCounter: 2 })
      })

      it('counts as written when it landed before and its reply was lost, for it compares no counter', async () => {
        const lease = await ownedByA()
        const meta = { childShardIds: ['shardId-000000000008'] }
        const first = written(await store.leases.updateMeta(lease.leaseKey, meta))
        expect(written(await store.leases.updateMeta(lease.leaseKey, meta))).toEqual(first)
      })

      it('with nothing to write gives the row', async () => {
        const lease = await ownedByA()
        expect(written(await store.leases.updateMeta(lease.leaseKey, {}))).toEqual(lease)
        expect(written(await store.leases.updateMeta(lease.leaseKey, { childShardIds: [] }))).toEqual(lease)
      })

      it('is refused without a row', async () => {
        expect(refused(await store.leases.updateMeta('none', { childShardIds: ['a'] }))).toBeNull()
        expect(refused(await store.leases.updateMeta('none', {}))).toBeNull()
      })
    })

    it('deletes a lease, and one that is not there, as after a delete whose reply was lost', async () => {
      const lease = await ownedByA()
      await store.leases.delete(lease.leaseKey)
      await store.leases.delete(lease.leaseKey)
      expect(await other.leases.get(lease.leaseKey)).toBeNull()
    })

    it('keeps attributes that it does not know through every write', async () => {
      let lease = await fresh()
      await under.poke(lease.leaseKey, {
        zone: { S: 'eu' },
        extra: { M: { a: { L: [{ N: '1' }, { B: Uint8Array.of(7) }] } } },
      })
      lease = written(await store.leases.take(lease, 'A'))
      lease = written(await store.leases.renew(lease, { throughputKBps: 1, handingOff: false }))
      lease = written(await store.leases.checkpoint(lease, position()))
      lease = written(await store.leases.updateMeta(lease.leaseKey, { childShardIds: ['x'] }))
      lease = written(await store.leases.startHandOff(lease, 'B'))
      lease = written(await store.leases.finishHandOff(lease))
      lease = written(await store.leases.assign(lease, 'C'))
      lease = written(await store.leases.evict(lease))
      lease = written(
        await store.leases.restart(lease, { checkpoint: TRIM_HORIZON, parentShardIds: [], hashKeyRange: null }),
      )
      expect(await under.raw(lease.leaseKey)).toMatchObject({
        zone: { S: 'eu' },
        extra: { M: { a: { L: [{ N: '1' }, { B: Uint8Array.of(7) }] } } },
      })
    })

    it('reads rows of 2.x: no owner, no parents, no children, no hash keys, no entityType', async () => {
      await under.poke('shardId-000000000000', {
        leaseCounter: { N: '12' },
        ownerSwitchesSinceCheckpoint: { N: '3' },
        checkpoint: { S: 'LATEST' },
        checkpointSubSequenceNumber: { N: '0' },
      })
      expect(await store.leases.list()).toEqual([
        {
          ...newLease({ leaseKey: 'shardId-000000000000', checkpoint: extendedSequenceNumber('LATEST') }),
          leaseCounter: 12,
          ownerSwitchesSinceCheckpoint: 3,
        },
      ])
    })

    it('finds the keys of leases by owner', async () => {
      for (const leaseKey of ['s-2', 's-0', 's-1'])
        await store.leases.take(await fresh({ leaseKey }), leaseKey === 's-1' ? 'B' : 'A')
      expect((await other.leases.listByOwner('A')).toSorted()).toEqual(['s-0', 's-2'])
      expect(await other.leases.listByOwner('nobody')).toEqual([])
    })

    it('lists more leases than a page holds, sorted by key', async () => {
      const state = new Uint8Array(200_000).fill(7)
      for (let i = 9; i >= 0; i--)
        await fresh({ leaseKey: `s-${i}`, pendingCheckpoint: TRIM_HORIZON, pendingCheckpointState: state })
      expect((await store.leases.list()).map(lease => lease.leaseKey)).toEqual(
        Array.from({ length: 10 }, (_, i) => `s-${i}`),
      )
    })

    describe('other rows', () => {
      const metrics: WorkerMetrics = {
        workerId: 'worker-A',
        lastUpdatedAtSeconds: 1_700_000_000,
        values: { C: [12.5, 13], T: [-1] },
        operatingRange: { C: [100] },
        properties: { zone: 'eu' },
        supportCode: 1,
        supportCodeUpdatedAtSeconds: 1_700_000_001,
      }

      it('are no leases', async () => {
        const lease = await ownedByA()
        await store.workerMetrics.put(metrics)
        await store.coordinator.create('Leader', 'LEADER', { ownerName: { S: 'A' } })
        expect(await other.leases.list()).toEqual([lease])
        expect(await other.leases.get('Leader')).toBeNull()
        expect(await other.leases.get('worker-A')).toBeNull()
      })

      it('of worker metrics are given back, replaced by the next ones, and keep what is unknown', async () => {
        await store.workerMetrics.put(metrics)
        await store.workerMetrics.put({
          ...metrics,
          workerId: 'worker-B',
          supportCode: null,
          supportCodeUpdatedAtSeconds: null,
        })
        const next = { ...metrics, lastUpdatedAtSeconds: 1_700_000_030, values: { C: [12.5, 13, 0] } }
        await other.workerMetrics.put(next)
        expect(await store.workerMetrics.list()).toEqual([
          next,
          { ...metrics, workerId: 'worker-B', supportCode: null, supportCodeUpdatedAtSeconds: null },
        ])
      })

      it('of worker metrics are deleted unless their worker wrote since', async () => {
        await store.workerMetrics.put(metrics)
        await other.workerMetrics.put({ ...metrics, lastUpdatedAtSeconds: 1_700_000_030 })
        await store.workerMetrics.delete(metrics)
        expect(await store.workerMetrics.list()).toHaveLength(1)
        await store.workerMetrics.delete({ ...metrics, lastUpdatedAtSeconds: 1_700_000_030 })
        expect(await store.workerMetrics.list()).toEqual([])
      })

      it('of the coordinator are made once', async () => {
        expect(await store.coordinator.create('Leader', 'LEADER', { ownerName: { S: 'A' } })).toBe(true)
        expect(await other.coordinator.create('Leader', 'LEADER', { ownerName: { S: 'B' } })).toBe(false)
        expect((await store.coordinator.get('Leader'))?.attributes).toEqual({ ownerName: { S: 'A' } })
        expect((await store.coordinator.list()).map(row => row.key)).toEqual(['Leader'])
      })

      it('of the coordinator change only while they are as expected, and keep the rest', async () => {
        await store.coordinator.create('Leader', 'LEADER', {
          ownerName: { S: 'A' },
          version: { S: '1' },
          data: { B: Uint8Array.of(9) },
        })
        const change = { ownerName: { S: 'B' }, version: { S: '2' } }
        expect(await other.coordinator.update('Leader', change, { version: { S: '0' } })).toBe(false)
        expect(await other.coordinator.update('Leader', change, { version: { S: '1' }, isReleased: { S: '1' } })).toBe(
          false,
        )
        expect(await other.coordinator.update('Leader', change, { version: { S: '1' }, isReleased: null })).toBe(true)
        expect((await store.coordinator.get('Leader'))?.attributes).toEqual({
          ...change,
          data: { B: Uint8Array.of(9) },
        })
      })

      it('of the coordinator count as changed when the same change landed before and its reply was lost', async () => {
        await store.coordinator.create('Leader', 'LEADER', { version: { S: '1' } })
        expect(await store.coordinator.update('Leader', { version: { S: '2' } }, { version: { S: '1' } })).toBe(true)
        expect(await store.coordinator.update('Leader', { version: { S: '2' } }, { version: { S: '1' } })).toBe(true)
        expect(await other.coordinator.update('Leader', { version: { S: '3' } }, { version: { S: '1' } })).toBe(false)
      })

      it('of the coordinator are not made by a change, and are deleted', async () => {
        expect(await store.coordinator.update('Leader', { version: { S: '2' } }, {})).toBe(false)
        expect(await store.coordinator.get('Leader')).toBeNull()
        await store.coordinator.create('Leader', 'LEADER', { version: { S: '1' } })
        await store.coordinator.delete('Leader')
        expect(await store.coordinator.get('Leader')).toBeNull()
      })
    })
  })
}
