/** What the leader does with the leases of streams that are named no more. */
import { expect, test } from 'vitest'
import { TRIM_HORIZON } from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { FormerStreams } from '../../../../processors/consumer/leases/former-streams.ts'
import { newLease } from '../../../../processors/consumer/leases/lease.ts'
import type { LeaseListener, LeaseMetric } from '../../../../processors/consumer/leases/lease-coordinator.ts'
import { memoryLeaseStore } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import { memoryEnv } from '../../../support/memory-env.ts'

const HOUR = 3_600_000

test('a former stream that does not exist loses its leases at once, and is counted by itself; another one waits', async () => {
  const { clock } = memoryEnv()
  const { leases: table } = memoryLeaseStore()
  for (const streamIdentifier of ['1:there:1', '1:gone:1', '1:named:1'])
    await table.create({
      ...newLease({ leaseKey: `${streamIdentifier}:s`, checkpoint: TRIM_HORIZON }),
      streamIdentifier,
      shardId: 's',
    })
  const metrics: LeaseMetric[] = []
  const moves: string[] = []
  const forgotten: string[] = []
  const former = new FormerStreams({
    table,
    clock,
    shardSync: { bare: () => [], begin: async () => {} },
    listener: {
      metric: one => metrics.push(one),
      leaseMoved: ({ why }) => moves.push(why),
    } as Partial<LeaseListener> as LeaseListener,
    strategy: {
      leaseDeletionType: 'FORMER_STREAMS_AUTO_DETECTION_DEFERRED_DELETION',
      waitPeriodToDeleteFormerStreamsMillis: HOUR,
    },
    streams: () => [],
    isNamed: identifier => identifier === '1:named:1',
    isGone: identifier => identifier !== '1:there:1',
    forget: identifier => forgotten.push(identifier),
  })
  const counts = async () => {
    metrics.length = 0
    await former.run()
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
  }
  expect(await counts()).toEqual({
    'ActiveStreams.Count': 0,
    'StreamsPendingDeletion.Count': 1,
    'DeletedStreams.Count': 1,
    'NonExistingStreamDelete.Count': 1,
  })
  await clock.advance(HOUR)
  expect(await counts()).toMatchObject({ 'DeletedStreams.Count': 1, 'NonExistingStreamDelete.Count': 0 })
  expect((await table.list()).map(({ streamIdentifier }) => streamIdentifier)).toEqual(['1:named:1'])
  expect(forgotten).toEqual(['1:gone:1', '1:there:1'])
  expect(moves).toEqual([
    'stream 1:gone:1 is a former one, and does not exist',
    'stream 1:there:1 is a former one, and its waiting period is over',
  ])
})
