/** How large an aggregate will be, known before anything is written. */
import { assert } from '../../core/index.ts'
import { AGGREGATE_OVERHEAD_BYTES, varintBytes } from './format.ts'
import { type AggregateItem, type KeyedItem, keyed, recordBytes, type TableKey, textFieldBytes } from './item.ts'

let sizes = 0

/** One table of an aggregate that is being counted. */
export class CountedTable {
  readonly #owner: number
  readonly #indexes = new Map<string, number>()
  /** by their indexes */
  readonly keys: TableKey[] = []

  constructor(owner: number) {
    this.#owner = owner
  }

  get size(): number {
    return this.keys.length
  }

  /** The key of that text that the table has, or has from now on; it knows its index. */
  place(key: TableKey): TableKey {
    let index = this.#indexes.get(key.text)
    if (index === undefined) {
      index = this.keys.length
      this.#indexes.set(key.text, index)
      this.keys.push(key)
    }
    const placed = this.keys[index]
    assert(placed !== undefined, 'a key of a table has its place there')
    placed.countedBy = this.#owner
    placed.countedAt = index
    return placed
  }
}

/** Grows with the items; sizes hold for the items so far, in their order. */
export class AggregateSize {
  readonly #number = ++sizes
  protected readonly partitionKeys = new CountedTable(this.#number)
  /** made when the first explicit hash key comes */
  protected hashKeys: CountedTable | null = null
  /** protobuf bytes of the first 1, 2, 3... items */
  readonly #protobufBytes: number[] = []
  #bytes = 0
  #estimatedBytes = 0

  get count(): number {
    return this.#protobufBytes.length
  }

  /** What KPL's flush trigger counts: about the size, a little more or less than the truth. */
  get estimatedBytes(): number {
    return this.#estimatedBytes
  }

  /** Size of the aggregate of the first `count` items, exactly. One item alone is sent raw and is then smaller. */
  aggregateBytes(count = this.count): number {
    return AGGREGATE_OVERHEAD_BYTES + (this.#protobufBytes[count - 1] ?? 0)
  }

  /** How many of the first items make an aggregate of that size at most; at least 1, whatever its size. */
  countWithin(sizeBytesMax: number, countMax: number): number {
    let count = Math.min(this.count, countMax)
    while (count > 1 && this.aggregateBytes(count) > sizeBytesMax) count--
    return count
  }

  add(item: AggregateItem): void {
    this.addKeyed(keyed(item))
  }

  /** Adds an item, and gives it the `TableKey` that the items before it have for its key. */
  addKeyed(item: KeyedItem): void {
    let estimated = item.data.length + 3 + 2
    let { key, explicitKey } = item
    if (key.countedBy !== this.#number) {
      const before = this.partitionKeys.size
      item.key = key = this.partitionKeys.place(key)
      if (key.countedAt === before) {
        this.#bytes += textFieldBytes(key.sizeBytes)
        estimated += key.sizeBytes + 3
      }
    }
    if (explicitKey !== null) {
      estimated += 2
      if (explicitKey.countedBy !== this.#number) {
        this.hashKeys ??= new CountedTable(this.#number)
        const before = this.hashKeys.size
        item.explicitKey = explicitKey = this.hashKeys.place(explicitKey)
        if (explicitKey.countedAt === before) {
          this.#bytes += textFieldBytes(explicitKey.sizeBytes)
          estimated += explicitKey.sizeBytes + 3
        }
      }
    }
    const sizeBytes = recordBytes(item, key.countedAt, explicitKey === null ? -1 : explicitKey.countedAt)
    this.#bytes += 1 + varintBytes(sizeBytes) + sizeBytes
    this.#protobufBytes.push(this.#bytes)
    this.#estimatedBytes += estimated
  }
}
