/** Lease, worker and coordinator rows in memory: for tests, for simulation, and for one process that needs no memory of the past. */
import {
  changed,
  holds,
  type Item,
  type ItemChange,
  type ItemCondition,
  type ItemOutcome,
  type ItemTable,
} from './item.ts'
import { itemLeaseStore } from './item-lease-store.ts'
import { keysByOwner } from './item-lease-table.ts'
import { LEASE_KEY } from './lease-item.ts'
import type { LeaseStore } from './lease-table.ts'

/** Rows in memory; several workers of one process may share it. */
export class MemoryItems implements ItemTable {
  readonly keyName: string
  readonly isShared: boolean
  readonly #items = new Map<string, Item>()

  constructor({
    keyName = LEASE_KEY,
    isShared = true,
  }: { readonly keyName?: string; readonly isShared?: boolean } = {}) {
    this.keyName = keyName
    this.isShared = isShared
  }

  get(key: string): Promise<Item | null> {
    return Promise.resolve(this.#items.get(key) ?? null)
  }

  change(change: ItemChange): Promise<ItemOutcome> {
    const before = this.#items.get(change.key) ?? null
    if (!holds(before, change.conditions)) return Promise.resolve({ done: false, item: before })
    const item = changed(before, this.keyName, change)
    this.#items.set(change.key, item)
    return Promise.resolve({ done: true, item })
  }

  delete(key: string, conditions: readonly ItemCondition[]): Promise<void> {
    const item = this.#items.get(key)
    if (item !== undefined && holds(item, conditions)) this.#items.delete(key)
    return Promise.resolve()
  }

  scan(): Promise<readonly Item[]> {
    return Promise.resolve([...this.#items.values()])
  }

  keysByOwner(owner: string): Promise<readonly string[]> {
    return Promise.resolve(keysByOwner(this.#items.values(), this.keyName, owner))
  }
}

/**
 * A store in memory.
 * @param items shared by the stores of several workers; default: new and empty
 */
export function memoryLeaseStore(items: ItemTable = new MemoryItems()): LeaseStore {
  return itemLeaseStore(items)
}
