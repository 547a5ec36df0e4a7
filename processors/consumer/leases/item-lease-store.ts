/** Every row of an application in one table, in the layout of KCL 3.5. */
import type { ItemTable } from './item.ts'
import { ItemCoordinatorTable } from './item-coordinator-table.ts'
import { ItemLeaseTable } from './item-lease-table.ts'
import { ItemWorkerMetricsTable } from './item-worker-metrics.ts'
import type { LeaseStore } from './lease-table.ts'

export function itemLeaseStore(items: ItemTable): LeaseStore {
  return {
    leases: new ItemLeaseTable(items),
    workerMetrics: new ItemWorkerMetricsTable(items),
    coordinator: new ItemCoordinatorTable(items),
    close: () => Promise.resolve(),
  }
}
