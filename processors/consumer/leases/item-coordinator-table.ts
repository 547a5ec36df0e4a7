/** Coordinator rows over any table of rows: in the lease table by entityType, or in a table of their own. */
import { type AttributeValue, holds, type Item, type ItemCondition, type ItemTable, textIn } from './item.ts'
import { ENTITY_TYPE } from './lease-item.ts'
import type { CoordinatorEntity, CoordinatorRow, CoordinatorTable } from './lease-table.ts'

const ENTITIES: readonly CoordinatorEntity[] = ['LEADER', 'CLIENT_VERSION_MIGRATION', 'TABLE_MIGRATION', 'STREAM']

export class ItemCoordinatorTable implements CoordinatorTable {
  readonly #items: ItemTable

  constructor(items: ItemTable) {
    this.#items = items
  }

  async get(key: string): Promise<CoordinatorRow | null> {
    const item = await this.#items.get(key)
    return item === null ? null : this.#row(item)
  }

  async list(): Promise<readonly CoordinatorRow[]> {
    return (await this.#items.scan()).map(item => this.#row(item)).filter(row => row !== null)
  }

  async create(key: string, entityType: CoordinatorEntity, attributes: CoordinatorRow['attributes']): Promise<boolean> {
    const set = this.#items.isShared ? { ...attributes, [ENTITY_TYPE]: { S: entityType } } : attributes
    const conditions: ItemCondition[] = [{ attribute: this.#items.keyName, is: 'absent' }]
    return (await this.#items.change({ key, conditions, set, add: {}, remove: [] })).done
  }

  async update(
    key: string,
    attributes: Readonly<Record<string, AttributeValue | null>>,
    expected: Readonly<Record<string, AttributeValue | null>>,
  ): Promise<boolean> {
    const conditions: ItemCondition[] = [
      { attribute: this.#items.keyName, is: 'present' },
      ...Object.entries(expected).map(([attribute, value]) => wanted(attribute, value)),
    ]
    const set: Record<string, AttributeValue> = {}
    const remove: string[] = []
    for (const [name, value] of Object.entries(attributes))
      if (value === null) remove.push(name)
      else set[name] = value
    const { done, item } = await this.#items.change({ key, conditions, set, add: {}, remove })
    const own = Object.entries(attributes).map(([attribute, value]) => wanted(attribute, value))
    return done || (item !== null && holds(item, own))
  }

  delete(key: string): Promise<void> {
    return this.#items.delete(key, [])
  }

  #row(item: Item): CoordinatorRow | null {
    const { [this.#items.keyName]: _, [ENTITY_TYPE]: __, ...attributes } = item
    const type = textIn(item, ENTITY_TYPE)
    const entityType = ENTITIES.find(entity => entity === type) ?? null
    // Leases and worker metrics live in the same table when it is shared.
    if (this.#items.isShared && entityType === null) return null
    return { key: textIn(item, this.#items.keyName) ?? '', entityType, attributes }
  }
}

function wanted(attribute: string, value: AttributeValue | null): ItemCondition {
  return value === null ? { attribute, is: 'absent' } : { attribute, is: 'equal', value }
}
