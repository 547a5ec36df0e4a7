import { expect, test } from 'vitest'
import { MillraceError } from '../../../../core/index.ts'
import { HeldLeases } from '../../../../processors/consumer/leases/held-leases.ts'
import { itemLeaseStore } from '../../../../processors/consumer/leases/item-lease-store.ts'
import type { LeaseListener } from '../../../../processors/consumer/leases/lease-coordinator.ts'
import { LeaseGaining } from '../../../../processors/consumer/leases/lease-gaining.ts'
import { LeaseObserver } from '../../../../processors/consumer/leases/lease-observer.ts'
import { LEASE_SETTINGS } from '../../../../processors/consumer/leases/lease-settings.ts'
import { MemoryItems } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import { Repeating } from '../../../../processors/consumer/leases/repeating.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { SimClock } from '../../../support/sim-clock.ts'

class FailingItems extends MemoryItems {
  fails = false
  override change(...args: Parameters<MemoryItems['change']>) {
    if (this.fails) return Promise.reject(new MillraceError('internal', 'no answer', { retry: 'backoff' }))
    return super.change(...args)
  }
}

test('a worker whose giving up of the lead fails goes on the other way all the same, and tells it', async () => {
  const clock = new SimClock()
  const random = seededRandom(1)
  const items = new FailingItems()
  const store = itemLeaseStore(items)
  const told: string[] = []
  const running = new Set<string>()
  const listener: LeaseListener = {
    leaseGained: () => {},
    leaseLost: () => {},
    handOffRequested: () => {},
    failed: (what, error) => told.push(`${what}: ${(error as Error).message}`),
  }
  const common = { clock, random, workerId: 'w' }
  const gaining = new LeaseGaining({
    ...common,
    store,
    settings: LEASE_SETTINGS,
    listener,
    held: new HeldLeases({
      ...common,
      table: store.leases,
      failoverMs: LEASE_SETTINGS.failoverTimeMillis,
      listener,
      completeGained: () => {},
    }),
    observer: new LeaseObserver(),
    loop: what => {
      running.add(what)
      const loop = new Repeating(() => Promise.resolve(), { clock, periodMs: 1_000, failed: () => {} })
      const stop = loop.stop.bind(loop)
      loop.stop = () => {
        running.delete(what)
        return stop()
      }
      return loop
    },
    gained: () => {},
    found: () => Promise.resolve(),
  })
  gaining.start()
  expect([...running]).toEqual(['assigning leases', 'finding assigned leases'])
  expect(await gaining.leads()).toBe(true)
  items.fails = true
  await gaining.switchTo(false)
  expect(told).toEqual(['giving up the lead: no answer'])
  expect([...running]).toEqual(['taking leases', 'finding assigned leases'])
  expect(gaining.isAssigned).toBe(false)
  items.fails = false
  await gaining.stop()
  await gaining.ended()
})
