/** Rows that a migration moves while they are listed are in the list, wherever they were when it began. */
import { expect, test } from 'vitest'
import {
  MovingCoordinatorTable,
  MovingWorkerMetrics,
} from '../../../../processors/consumer/leases/dynamodb/moving-tables.ts'
import type { CoordinatorTable, WorkerMetricsTable } from '../../../../processors/consumer/leases/lease-table.ts'

/** Two tables with one row in the first, which moves to the second when either of them has been listed. */
function movingRow<Row>(row: Row): { readonly legacy: () => Promise<Row[]>; readonly shared: () => Promise<Row[]> } {
  let isMoved = false
  const list = (isShared: boolean) => async (): Promise<Row[]> => {
    const rows = isShared === isMoved ? [row] : []
    isMoved = true
    return rows
  }
  return { legacy: list(false), shared: list(true) }
}

test.each(['three_tables', 'metrics_moved'] as const)('a coordinator row, in the layout %s', async layout => {
  const { legacy, shared } = movingRow({ key: 'k', entityType: 'STREAM', attributes: {} })
  const table = new MovingCoordinatorTable(
    { list: shared } as unknown as CoordinatorTable,
    { list: legacy } as unknown as CoordinatorTable,
    { now: async () => layout, forget() {} },
  )
  expect((await table.list()).map(({ key }) => key)).toEqual(['k'])
})

test.each(['three_tables', 'metrics_moved'] as const)('the metrics of a worker, in the layout %s', async layout => {
  const { legacy, shared } = movingRow({ workerId: 'w' })
  const table = new MovingWorkerMetrics(
    { list: shared } as unknown as WorkerMetricsTable,
    { list: legacy } as unknown as WorkerMetricsTable,
    async () => layout,
  )
  expect((await table.list()).map(({ workerId }) => workerId)).toEqual(['w'])
})
