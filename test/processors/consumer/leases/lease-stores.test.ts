/** The case list over every lease store. */
import { MemoryItems, memoryLeaseStore } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import { leaseStoreCases } from './lease-table.cases.ts'

leaseStoreCases('memory', () => {
  const items = new MemoryItems()
  return Promise.resolve({
    store: memoryLeaseStore(items),
    other: memoryLeaseStore(items),
    raw: key => items.get(key),
    poke: async (key, set) => {
      await items.change({ key, conditions: [], set, add: {}, remove: [] })
    },
    close: () => Promise.resolve(),
  })
})
