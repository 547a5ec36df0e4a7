/**
 * Packs user records of one predicted shard together: one container a shard, let go when it is full, when the earliest deadline
 * in it has come, or on flush. A reader drops a whole aggregate in which one user record lies outside its shard, therefore
 * records without a prediction travel alone.
 *
 * On the way out a container is sorted by deadline, and those with the latest deadlines stay behind until the rest is within the
 * limits. Where keys keep their order it is sorted by the order of the puts instead, and records that must wait for an earlier
 * one of their key stay behind.
 */
import { assert } from '../core/index.ts'
import { AggregateWriter } from '../streams/aggregation/writer.ts'
import { AggregateSize } from '../streams/aggregation.ts'
import { Bundle } from './bundle.ts'
import type { PlacedShard } from './hashed-key.ts'
import type { Lanes } from './lanes.ts'
import type { PendingRecord } from './pending.ts'

export interface AggregatorOptions {
  readonly countMax: number
  readonly sizeBytesMax: number
  /** null: no order is kept */
  readonly lanes: Lanes | null
  /** gets each bundle that leaves */
  readonly emit: (bundle: Bundle) => void
}

interface Container {
  readonly shard: PlacedShard | null
  records: PendingRecord[]
  size: AggregateSize
  dueAt: number
  /** records stand in the order in which they would be sorted */
  sorted: boolean
  /** its records wait for earlier ones of their keys; looked at again after `unblock` */
  blocked: boolean
}

/** The index of no shard. */
const UNPREDICTED = -1

export class Aggregator {
  readonly #options: AggregatorOptions
  /** by the index of their shard in the map; those without a prediction are at `UNPREDICTED` */
  readonly #containers = new Map<number, Container>()
  #dueAt = Number.POSITIVE_INFINITY

  constructor(options: AggregatorOptions) {
    this.#options = options
  }

  /** When the next container is due, monotonic milliseconds; Infinity when none is. */
  dueAt(): number {
    return this.#dueAt
  }

  /** Takes a record in; its `dueAt` is its deadline. */
  add(record: PendingRecord, shard: PlacedShard | null): void {
    record.stage = 'packing'
    record.bundle = null
    const { lanes, emit } = this.#options
    if (shard === null && lanes === null) {
      emit(bundleOf([record], null, 0))
      return
    }
    const container = this.#container(shard)
    this.#append(container, record)
    if (!container.blocked) {
      if (container.dueAt < this.#dueAt) this.#dueAt = container.dueAt
      if (this.#isFull(container)) this.#flush(container, Number.NEGATIVE_INFINITY)
    }
  }

  /** Lets go what is due. */
  advance(now: number): void {
    if (this.#dueAt > now) return
    for (const container of this.#containers.values()) this.#flush(container, now)
    this.#findDue()
  }

  /** Records have settled or come back: those that waited for them may go. */
  unblock(now: number): void {
    if (this.#options.lanes === null) return
    for (const container of this.#containers.values()) {
      if (!container.blocked) continue
      container.blocked = false
      this.#flush(container, now)
    }
    this.#findDue()
  }

  /** Makes everything due at `time` at the latest. */
  hasten(time: number): void {
    for (const container of this.#containers.values()) {
      for (const record of container.records) if (record.dueAt > time) record.dueAt = time
      container.dueAt = Math.min(container.dueAt, time)
      container.sorted = false
    }
    this.#findDue()
  }

  /** Takes everything out, in the order of the puts, to be added again by another map. */
  takeAll(): PendingRecord[] {
    const records: PendingRecord[] = []
    for (const container of this.#containers.values())
      for (const record of container.records) if (!record.settled) records.push(record)
    this.#containers.clear()
    this.#dueAt = Number.POSITIVE_INFINITY
    return records.sort((a, b) => a.order - b.order)
  }

  #container(shard: PlacedShard | null): Container {
    const index = shard === null ? UNPREDICTED : shard.index
    const known = this.#containers.get(index)
    if (known !== undefined) {
      assert(known.shard === shard, 'a container is of the map that is valid now')
      return known
    }
    const container: Container = {
      shard,
      records: [],
      size: this.#newSize(null),
      dueAt: Number.POSITIVE_INFINITY,
      sorted: true,
      blocked: false,
    }
    this.#containers.set(index, container)
    return container
  }

  #append(container: Container, record: PendingRecord): void {
    const last = container.records[container.records.length - 1]
    if (last !== undefined && container.sorted && this.#compare(last, record) > 0) container.sorted = false
    container.records.push(record)
    container.size.addKeyed(record)
    if (record.dueAt < container.dueAt) container.dueAt = record.dueAt
  }

  #countMax({ shard }: Container): number {
    return shard === null ? 1 : this.#options.countMax
  }

  #isFull(container: Container): boolean {
    return (
      container.records.length >= this.#countMax(container) ||
      container.size.estimatedBytes >= this.#options.sizeBytesMax
    )
  }

  /** Lets go while the container is full or due. */
  #flush(container: Container, now: number): void {
    while (container.records.length > 0 && !container.blocked && (container.dueAt <= now || this.#isFull(container))) {
      this.#tidy(container)
      if (container.records.length === 0) break
      const bundle =
        this.#options.lanes === null ? this.#plain(container) : this.#ordered(container, this.#options.lanes)
      if (bundle === null) container.blocked = true
      else this.#options.emit(bundle)
    }
    if (container.records.length === 0) this.#containers.delete(container.shard?.index ?? UNPREDICTED)
  }

  /** Drops records that were given up meanwhile, and sorts. */
  #tidy(container: Container): void {
    const settled = container.records.some(record => record.settled)
    if (container.sorted && !settled) return
    const records = container.records.filter(record => !record.settled)
    this.#refill(
      container,
      records.sort((a, b) => this.#compare(a, b)),
    )
  }

  /** The largest beginning that is within the limits. */
  #plain(container: Container): Bundle {
    const { records, size } = container
    const count = size.countWithin(this.#options.sizeBytesMax, this.#countMax(container))
    const taken = count === records.length ? records : records.slice(0, count)
    const bundle = bundleOf(taken, container.shard, size.aggregateBytes(count))
    if (count > 1 && size instanceof AggregateWriter) bundle.aggregate = size.finish(count)
    this.#refill(container, records.slice(count))
    return bundle
  }

  /** The records that no earlier one of their key holds back; null when all are held back. */
  #ordered(container: Container, lanes: Lanes): Bundle | null {
    const size = new AggregateSize()
    const countMax = this.#countMax(container)
    const taken = lanes.take(container.records, record => {
      if (size.count >= countMax) return false
      size.addKeyed(record)
      return size.count === 1 || size.aggregateBytes() <= this.#options.sizeBytesMax
    })
    if (taken.length === 0) return null
    const bundle = bundleOf(taken, container.shard, size.aggregateBytes(taken.length))
    this.#refill(
      container,
      container.records.filter(record => record.bundle !== bundle),
    )
    return bundle
  }

  #refill(container: Container, records: readonly PendingRecord[]): void {
    container.records = []
    container.size = this.#newSize(container.size)
    container.dueAt = Number.POSITIVE_INFINITY
    container.sorted = true
    for (const record of records) this.#append(container, record)
  }

  /** Where keys keep their order an aggregate is picked from its container, so that it cannot be written before. */
  #newSize(before: AggregateSize | null): AggregateSize {
    const { lanes, sizeBytesMax } = this.#options
    if (lanes !== null) return new AggregateSize()
    return new AggregateWriter(sizeBytesMax, before instanceof AggregateWriter ? before : null)
  }

  #compare(a: PendingRecord, b: PendingRecord): number {
    return this.#options.lanes === null ? a.dueAt - b.dueAt || a.order - b.order : a.order - b.order
  }

  #findDue(): void {
    this.#dueAt = Number.POSITIVE_INFINITY
    for (const container of this.#containers.values())
      if (!container.blocked && container.dueAt < this.#dueAt) this.#dueAt = container.dueAt
  }
}

function bundleOf(records: readonly PendingRecord[], shard: PlacedShard | null, aggregateBytes: number): Bundle {
  const [first] = records
  assert(first !== undefined, 'a bundle has at least one user record')
  if (records.length > 1) return new Bundle(records, shard, aggregateBytes)
  return new Bundle(records, shard, first.tags === undefined ? first.data.length : singleBytes(first))
}

/** Bytes of a marked record, which is an aggregate even when it is alone: there is no other place for the mark. Its key travels beside it once more. */
export function singleBytes(record: PendingRecord): number {
  const size = new AggregateSize()
  size.addKeyed(record)
  return size.aggregateBytes()
}
