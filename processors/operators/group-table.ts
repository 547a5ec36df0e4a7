/** The groups of one window: key values to dense slots in first-seen order, and the accumulators over those slots. */
import { type ColumnVector, ROWS_PER_BATCH_MAX, type Value } from '../../core/rows.ts'
import type { SqlType } from '../../core/sql-type.ts'
import type { RowFailure } from '../expressions/failures.ts'
import { StatisticsPass } from './accumulators/statistics.ts'
import type { Accumulator } from './accumulators.ts'
import { KeyNumbers } from './key-numbers.ts'
import type { ResultColumn } from './result-builder.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

const SLOT_BYTES = 24

// Scratch of one call, shared by all tables: a window operator holds many of them, and none outlives its call.
const SLOTS = new Int32Array(ROWS_PER_BATCH_MAX)

export class GroupTable {
  readonly #keys: KeyNumbers
  readonly #accumulators: readonly Accumulator[]
  readonly #statistics: StatisticsPass | null

  constructor(keyTypes: readonly SqlType[], accumulators: readonly Accumulator[]) {
    this.#keys = new KeyNumbers(keyTypes)
    this.#accumulators = accumulators
    this.#statistics = StatisticsPass.of(accumulators)
  }

  /** Number of groups. */
  get size(): number {
    return this.#keys.size
  }

  /** Estimated bytes of keys and accumulators. */
  get bytes(): number {
    let bytes = this.#keys.bytes + this.#keys.size * SLOT_BYTES * this.#accumulators.length
    for (const accumulator of this.#accumulators) bytes += accumulator.ownedBytes
    return bytes
  }

  /** Adds `rows[from, to)`; `keys` and `args` are the evaluated columns, null for COUNT(*). */
  add(
    keys: readonly ColumnVector[],
    args: readonly (ColumnVector | null)[],
    rows: Int32Array,
    from: number,
    to: number,
  ): void {
    this.#keys.read(keys, rows, from, to, SLOTS)
    const { size } = this.#keys
    const accumulators = this.#accumulators
    for (let k = 0; k < accumulators.length; k++) accumulators[k]!.reserve(size)
    const statistics = this.#statistics?.add(args, SLOTS, rows, from, to, size) === true ? this.#statistics : null
    for (let k = 0; k < accumulators.length; k++)
      if (statistics === null || !statistics.takes(k)) accumulators[k]!.add(SLOTS, args[k] ?? null, rows, from, to)
  }

  /** Adds the groups of another table of the same keys and aggregates, as if their rows came now. */
  merge(other: GroupTable): void {
    const slots = new Int32Array(ROWS_PER_BATCH_MAX)
    for (let from = 0; from < other.size; from += ROWS_PER_BATCH_MAX) {
      const length = Math.min(ROWS_PER_BATCH_MAX, other.size - from)
      this.#keys.readFrom(other.#keys, from, from + length, slots)
      this.#accumulators.forEach((accumulator, index) => {
        accumulator.reserve(this.size)
        for (let i = 0; i < length; i++) accumulator.merge(slots[i]!, other.#accumulators[index]!, from + i)
      })
    }
  }

  keysOf(slot: number): Value[] {
    return this.#keys.valuesOf(slot)
  }

  resultsOf(slot: number): (Value | RowFailure)[] {
    return this.#accumulators.map(accumulator => accumulator.result(slot))
  }

  /** Values of one key of the slots `[from, to)`, at most a batch, into a column from its row `at` on. */
  writeKey(key: number, from: number, to: number, into: ResultColumn, at: number): void {
    this.#keys.results(key, from, to, into, at)
  }

  /** Results of one aggregate, as `writeKey`; false where one of them is a failure, after which the rows mean nothing. */
  writeResults(aggregate: number, from: number, to: number, into: ResultColumn, at: number): boolean {
    return this.#accumulators[aggregate]!.results(from, to, into, at)
  }

  clear(): void {
    this.#keys.clear()
    for (const accumulator of this.#accumulators) accumulator.clear()
  }

  *write(writer: StateWriter): Generator<void> {
    writer.count(this.size)
    for (let slot = 0; slot < this.size; slot++) {
      for (const key of this.keysOf(slot)) writer.value(key)
      for (const accumulator of this.#accumulators) accumulator.write(writer, slot)
      if (writer.sliceFull) yield
    }
  }

  /** Reads what `write` wrote into an empty table: same groups, same slots. */
  read(reader: StateReader): void {
    const size = reader.count()
    for (let slot = 0; slot < size; slot++) {
      this.#keys.numberOf(Array.from({ length: this.#keys.width }, () => reader.value()))
      for (const accumulator of this.#accumulators) {
        accumulator.reserve(this.size)
        accumulator.read(reader, slot)
      }
    }
  }
}
