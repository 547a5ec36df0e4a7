/** The lease table over any table of rows. */
import type { Item, ItemTable } from './item.ts'
import { holds, textIn } from './item.ts'
import type { Lease } from './lease.ts'
import { isLeaseItem, leaseFromItem } from './lease-item.ts'
import * as operations from './lease-operations.ts'
import type { CheckpointChange, LeaseMeta, LeaseTable, RenewOptions, ShardStart, WriteOutcome } from './lease-table.ts'

export class ItemLeaseTable implements LeaseTable {
  readonly #items: ItemTable

  constructor(items: ItemTable) {
    this.#items = items
  }

  async create(lease: Lease): Promise<boolean> {
    return (await this.#items.change(operations.createOperation(lease).change)).done
  }

  async get(leaseKey: string): Promise<Lease | null> {
    return leaseOrNull(await this.#items.get(leaseKey))
  }

  async list(): Promise<readonly Lease[]> {
    const leases = (await this.#items.scan()).filter(isLeaseItem).map(leaseFromItem)
    return leases.sort((a, b) => (a.leaseKey < b.leaseKey ? -1 : a.leaseKey > b.leaseKey ? 1 : 0))
  }

  listByOwner(owner: string): Promise<readonly string[]> {
    return this.#items.keysByOwner(owner)
  }

  renew(lease: Lease, options: RenewOptions): Promise<WriteOutcome> {
    return this.#write(operations.renewOperation(lease, options))
  }

  take(lease: Lease, owner: string): Promise<WriteOutcome> {
    return this.#write(operations.takeOperation(lease, owner))
  }

  assign(lease: Lease, owner: string): Promise<WriteOutcome> {
    return this.#write(operations.assignOperation(lease, owner))
  }

  startHandOff(lease: Lease, owner: string): Promise<WriteOutcome> {
    return this.#write(operations.startHandOffOperation(lease, owner))
  }

  finishHandOff(lease: Lease): Promise<WriteOutcome> {
    return this.#write(operations.finishHandOffOperation(lease))
  }

  evict(lease: Lease): Promise<WriteOutcome> {
    return this.#write(operations.evictOperation(lease))
  }

  checkpoint(lease: Lease, change: CheckpointChange): Promise<WriteOutcome> {
    return this.#write(operations.checkpointOperation(lease, change))
  }

  restart(lease: Lease, start: ShardStart): Promise<WriteOutcome> {
    return this.#write(operations.restartOperation(lease, start))
  }

  async updateMeta(leaseKey: string, meta: LeaseMeta): Promise<WriteOutcome> {
    const operation = operations.updateMetaOperation(leaseKey, meta)
    if (operation !== null) return this.#write(operation)
    const lease = await this.get(leaseKey)
    return lease === null ? { written: false, found: null } : { written: true, lease }
  }

  delete(leaseKey: string): Promise<void> {
    return this.#items.delete(leaseKey, [])
  }

  async #write({ change, landed }: operations.LeaseOperation): Promise<WriteOutcome> {
    const { done, item } = await this.#items.change(change)
    const found = leaseOrNull(item)
    if (found !== null && (done || (landed.length > 0 && holds(item, landed)))) return { written: true, lease: found }
    return { written: false, found }
  }
}

function leaseOrNull(item: Item | null): Lease | null {
  return item === null || !isLeaseItem(item) ? null : leaseFromItem(item)
}

/** Keys of leases by owner, for tables that have no index. */
export function keysByOwner(items: Iterable<Item>, keyName: string, owner: string): readonly string[] {
  const keys: string[] = []
  for (const item of items) {
    const key = textIn(item, keyName)
    if (key !== null && textIn(item, 'leaseOwner') === owner) keys.push(key)
  }
  return keys.sort()
}
