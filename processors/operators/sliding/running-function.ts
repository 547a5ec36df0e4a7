/** Functions over everything since the start: aggregates as groups have them, and those that count places or time. */

import { assert } from '../../../core/assert.ts'
import { type ColumnVector, isNullAt, typedValueAt, type Value } from '../../../core/rows.ts'
import type { SqlType } from '../../../core/sql-type.ts'
import { remaining } from '../../analytics/half-life.ts'
import type { RowFailure } from '../../expressions/failures.ts'
import { sizeOf } from '../accumulators/extremes.ts'
import { doubleValue } from '../accumulators/results.ts'
import { grown } from '../accumulators/slots.ts'
import { type Accumulator, accumulatorOf } from '../accumulators.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import type { FrameFunctionOptions } from './frame-function.ts'

export interface RunningFunction {
  /** bytes beyond a fixed amount for each partition */
  readonly ownedBytes: number
  reserve(partitions: number): void
  enter(partition: number, column: ColumnVector | null, row: number, rowtime: number): void
  /** As that of a frame function. */
  result(partition: number): Value | RowFailure | undefined
  write(writer: StateWriter, partition: number): void
  read(reader: StateReader, partition: number): void
}

/** @param argument type of the argument, null for COUNT(*) */
export function runningFunction(options: FrameFunctionOptions, argument: SqlType | null): RunningFunction {
  const { name, type, distinct } = options
  switch (name) {
    case 'NTH_VALUE':
    case 'LAG':
      assert(argument !== null, 'NTH_VALUE and LAG have an argument')
      return new RunningPlaces(options, argument)
    case 'EXP_AVG':
      return new RunningExpAvg(options.parameter)
    case 'FIRST_VALUE':
    case 'LAST_VALUE':
      return new RunningAggregate(accumulatorOf(options.ignoreNulls ? `${name} IGNORE NULLS` : name, argument, type))
    default:
      return new RunningAggregate(accumulatorOf(name, argument, type, distinct))
  }
}

class RunningAggregate implements RunningFunction {
  readonly #accumulator: Accumulator
  readonly #slots = new Int32Array(1)
  readonly #rows = new Int32Array(1)

  constructor(accumulator: Accumulator) {
    this.#accumulator = accumulator
  }

  get ownedBytes(): number {
    return this.#accumulator.ownedBytes
  }

  reserve(partitions: number): void {
    this.#accumulator.reserve(partitions)
  }

  enter(partition: number, column: ColumnVector | null, row: number): void {
    this.#slots[0] = partition
    this.#rows[0] = row
    this.#accumulator.add(this.#slots, column, this.#rows, 0, 1)
  }

  result(partition: number): Value | RowFailure {
    return this.#accumulator.result(partition)
  }

  write(writer: StateWriter, partition: number): void {
    this.#accumulator.write(writer, partition)
  }

  read(reader: StateReader, partition: number): void {
    this.#accumulator.read(reader, partition)
  }
}

/** NTH_VALUE and LAG: the first values that count, or the last ones, as many as are needed. */
class RunningPlaces implements RunningFunction {
  readonly #isLag: boolean
  readonly #fromLast: boolean
  readonly #ignoreNulls: boolean
  readonly #parameter: number
  readonly #type: SqlType
  /** of each partition, oldest first; for values from the last, a ring of `#parameter` (LAG: one more) */
  readonly #values: Value[][] = []
  /** rows that counted, by partition */
  #counts = new Float64Array(16)
  /** 1 where the last row counted */
  #current = new Float64Array(16)
  #bytes = 0

  constructor({ name, fromLast, ignoreNulls, parameter }: FrameFunctionOptions, type: SqlType) {
    this.#isLag = name === 'LAG'
    this.#fromLast = fromLast || this.#isLag
    this.#ignoreNulls = ignoreNulls
    this.#parameter = parameter
    this.#type = type
  }

  get ownedBytes(): number {
    return this.#bytes
  }

  get #held(): number {
    return this.#isLag ? this.#parameter + 1 : this.#parameter
  }

  reserve(partitions: number): void {
    while (this.#values.length < partitions) this.#values.push([])
    if (partitions <= this.#counts.length) return
    this.#counts = grown(this.#counts, partitions)
    this.#current = grown(this.#current, partitions)
  }

  enter(partition: number, column: ColumnVector | null, row: number): void {
    assert(column !== null, 'NTH_VALUE and LAG have an argument')
    const counts = !this.#ignoreNulls || !isNullAt(column, row)
    this.#current[partition] = counts ? 1 : 0
    if (!counts) return
    const count = this.#counts[partition]!++
    if (!this.#fromLast && count >= this.#parameter) return
    const value = typedValueAt(column, this.#type, row)
    const values = this.#values[partition]!
    const at = count % this.#held
    this.#bytes += sizeOf(value) - sizeOf(values[at] ?? null) + (at === values.length ? 16 : 0)
    values[at] = value instanceof Uint8Array ? value.slice() : value
  }

  result(partition: number): Value | undefined {
    const count = this.#counts[partition]!
    const values = this.#values[partition]!
    if (!this.#isLag) {
      if (count < this.#parameter) return null
      return values[this.#fromLast ? (count - this.#parameter) % this.#held : this.#parameter - 1] ?? null
    }
    const at = count - this.#parameter - this.#current[partition]!
    return at < 0 ? undefined : (values[at % this.#held] ?? null)
  }

  write(writer: StateWriter, partition: number): void {
    const values = this.#values[partition]!
    writer.number(this.#counts[partition]!)
    writer.number(this.#current[partition]!)
    writer.count(values.length)
    for (const value of values) writer.value(value)
  }

  read(reader: StateReader, partition: number): void {
    this.#counts[partition] = reader.number()
    this.#current[partition] = reader.number()
    const values = Array.from({ length: reader.count() }, () => reader.value())
    this.#values[partition] = values
    for (const value of values) this.#bytes += sizeOf(value) + 16
  }
}

class RunningExpAvg implements RunningFunction {
  readonly ownedBytes = 0
  readonly #halfLifeMs: number
  #sums = new Float64Array(16)
  #weights = new Float64Array(16)
  /** rowtime of the last value */
  #at = new Float64Array(16)

  constructor(halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs
  }

  reserve(partitions: number): void {
    if (partitions <= this.#sums.length) return
    this.#sums = grown(this.#sums, partitions)
    this.#weights = grown(this.#weights, partitions)
    this.#at = grown(this.#at, partitions)
  }

  enter(partition: number, column: ColumnVector | null, row: number, rowtime: number): void {
    assert(column?.layout === 'number', 'a DOUBLE argument fills a number column')
    if (column.nulls[row] === 1) return
    const decay = this.#weights[partition] === 0 ? 0 : remaining((rowtime - this.#at[partition]!) / this.#halfLifeMs)
    this.#sums[partition] = this.#sums[partition]! * decay + column.values[row]!
    this.#weights[partition] = this.#weights[partition]! * decay + 1
    this.#at[partition] = rowtime
  }

  result(partition: number): Value | RowFailure {
    const weight = this.#weights[partition]!
    return weight === 0 ? null : doubleValue(this.#sums[partition]! / weight, { kind: 'DOUBLE' })
  }

  write(writer: StateWriter, partition: number): void {
    writer.number(this.#sums[partition]!)
    writer.number(this.#weights[partition]!)
    writer.number(this.#at[partition]!)
  }

  read(reader: StateReader, partition: number): void {
    this.#sums[partition] = reader.number()
    this.#weights[partition] = reader.number()
    this.#at[partition] = reader.number()
  }
}
