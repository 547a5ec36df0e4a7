/** Lease, worker and coordinator rows in a file of this machine. */
import { FileItems, type FileItemsEnv } from './file-items.ts'
import { itemLeaseStore } from './item-lease-store.ts'
import type { LeaseStore } from './lease-table.ts'

/**
 * @param directory made when it is missing; the rows lie in its `leases.json`
 * @param workerName shown to another worker that finds the file locked
 */
export function fileLeaseStore(env: FileItemsEnv, directory: string, workerName: string): LeaseStore {
  return itemLeaseStore(new FileItems(env, directory, workerName))
}
