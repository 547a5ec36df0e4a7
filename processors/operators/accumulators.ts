/**
 * Aggregates over the slots of a group table. All can be merged, so that a plan may be cut into partial stages; NULLs
 * are skipped except by COUNT(*). DOUBLE sums add in row order.
 */
import { assert } from '../../core/assert.ts'
import type { ColumnVector, Value } from '../../core/rows.ts'
import { isNullAt, typedValueAt } from '../../core/rows.ts'
import { type SqlType, sqlTypeText, storageOf } from '../../core/sql-type.ts'
import { isInteger, numberRange, scaleOf } from '../expressions/arithmetic.ts'
import { comparator } from '../expressions/comparison.ts'
import { decimalText, divideRounded, fitsPrecision, powerOfTen, rescale } from '../expressions/decimal.ts'
import { RowFailure } from '../expressions/failures.ts'
import type { AggregateName } from '../sql/plan-node.ts'
import { EdgeValueAccumulator } from './edge-accumulators.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface Accumulator {
  /** bytes held beyond a fixed amount for each slot */
  readonly ownedBytes: number
  /** Makes room: slots below `slots` that are new start empty. */
  reserve(slots: number): void
  /** Row `rows[i]` of `column` goes to slot `slots[i - from]`, for i in `[from, to)`. */
  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void
  /** Adds another accumulator's slot, of the same aggregate, as if its rows came now. */
  merge(slot: number, other: Accumulator, otherSlot: number): void
  /** A failure where the result does not fit its type. */
  result(slot: number): Value | RowFailure
  /** Forgets every slot. */
  clear(): void
  write(writer: StateWriter, slot: number): void
  read(reader: StateReader, slot: number): void
}

/** @param argument type of the argument, null for COUNT(*) */
export function accumulatorOf(name: AggregateName, argument: SqlType | null, type: SqlType): Accumulator {
  if (name === 'COUNT') return new CountAccumulator(type)
  assert(argument !== null, 'only COUNT goes without an argument')
  switch (name) {
    case 'SUM':
    case 'AVG':
      return storageOf(argument) === 'bigint' || isInteger(argument)
        ? new ExactSumAccumulator(name, argument, type)
        : new DoubleSumAccumulator(name, type)
    case 'FIRST_VALUE':
    case 'FIRST_VALUE IGNORE NULLS':
      return new EdgeValueAccumulator({ edge: 'first', ignoreNulls: name !== 'FIRST_VALUE', type: argument })
    case 'LAST_VALUE':
    case 'LAST_VALUE IGNORE NULLS':
      return new EdgeValueAccumulator({ edge: 'last', ignoreNulls: name !== 'LAST_VALUE', type: argument })
    case 'MIN':
    case 'MAX':
      return storageOf(argument) === 'number'
        ? new NumberExtremeAccumulator(name)
        : new ValueExtremeAccumulator(name, argument)
  }
}

function overflow(text: string, type: SqlType): RowFailure {
  return new RowFailure('NUMERIC_OVERFLOW', `${text} does not fit ${sqlTypeText(type)}`)
}

function grown(from: Float64Array, slots: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(Math.max(from.length * 2, slots))
  to.set(from)
  return to
}

/** A whole number as a value of an integer or DECIMAL type, given its scale. */
function exactValue(unscaled: bigint, scale: number, type: SqlType): Value | RowFailure {
  if (type.kind === 'DECIMAL') {
    const value = rescale(unscaled, scale, type.scale)
    return fitsPrecision(value, type.precision) ? value : overflow(decimalText(value, type.scale), type)
  }
  const whole = rescale(unscaled, scale, 0)
  if (type.kind === 'BIGINT') return BigInt.asIntN(64, whole) === whole ? whole : overflow(String(whole), type)
  const [least, greatest] = numberRange(type)
  const value = Number(whole)
  return value >= least && value <= greatest ? value : overflow(String(whole), type)
}

class CountAccumulator implements Accumulator {
  readonly ownedBytes = 0
  readonly #type: SqlType
  #counts = new Float64Array(16)
  #slots = 0

  constructor(type: SqlType) {
    this.#type = type
  }

  reserve(slots: number): void {
    if (slots > this.#counts.length) this.#counts = grown(this.#counts, slots)
    this.#slots = Math.max(this.#slots, slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    const counts = this.#counts
    if (column === null) for (let i = from; i < to; i++) counts[slots[i - from]!]!++
    else for (let i = from; i < to; i++) if (!isNullAt(column, rows[i]!)) counts[slots[i - from]!]!++
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof CountAccumulator, 'aggregates of one kind are merged')
    this.#counts[slot]! += other.#counts[otherSlot]!
  }

  result(slot: number): Value | RowFailure {
    return exactValue(BigInt(this.#counts[slot]!), 0, this.#type)
  }

  clear(): void {
    this.#counts.fill(0, 0, this.#slots)
    this.#slots = 0
  }

  write(writer: StateWriter, slot: number): void {
    writer.number(this.#counts[slot]!)
  }

  read(reader: StateReader, slot: number): void {
    this.#counts[slot] = reader.number()
  }
}

/** Beyond this magnitude a running sum moves into its bigint part; a step of any INTEGER keeps it exact below 2^53. */
const CARRY_AT = 2 ** 52

/** SUM and AVG of integers and DECIMAL: exact at any size; only the result must fit its type. */
class ExactSumAccumulator implements Accumulator {
  readonly #average: boolean
  readonly #argument: SqlType
  readonly #type: SqlType
  #counts = new Float64Array(16)
  #sums = new Float64Array(16)
  /** the part of each sum that outgrew a double */
  readonly #carries = new Map<number, bigint>()
  #slots = 0

  constructor(name: 'SUM' | 'AVG', argument: SqlType, type: SqlType) {
    this.#average = name === 'AVG'
    this.#argument = argument
    this.#type = type
  }

  get ownedBytes(): number {
    return this.#carries.size * 64
  }

  reserve(slots: number): void {
    if (slots > this.#counts.length) {
      this.#counts = grown(this.#counts, slots)
      this.#sums = grown(this.#sums, slots)
    }
    this.#slots = Math.max(this.#slots, slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    if (column?.layout === 'number') {
      for (let i = from; i < to; i++) {
        const row = rows[i]!
        if (column.nulls[row] === 1) continue
        const slot = slots[i - from]!
        this.#counts[slot]!++
        const sum = this.#sums[slot]! + column.values[row]!
        this.#sums[slot] = sum
        if (sum > CARRY_AT || sum < -CARRY_AT) this.#carry(slot)
      }
    } else if (column?.layout === 'bigint') {
      for (let i = from; i < to; i++) {
        const row = rows[i]!
        if (column.nulls[row] === 1) continue
        const slot = slots[i - from]!
        this.#counts[slot]!++
        this.#addBigint(slot, column.values[row]!)
      }
    }
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof ExactSumAccumulator, 'aggregates of one kind are merged')
    this.#counts[slot]! += other.#counts[otherSlot]!
    this.#addBigint(slot, other.#total(otherSlot))
  }

  result(slot: number): Value | RowFailure {
    const count = this.#counts[slot]!
    if (count === 0) return null
    const total = this.#total(slot)
    const scale = scaleOf(this.#argument)
    if (!this.#average) return exactValue(total, scale, this.#type)
    const to = scaleOf(this.#type)
    // Integers truncate; DECIMAL rounds at the scale of the result.
    if (to === 0 && scale === 0) return exactValue(total / BigInt(count), 0, this.#type)
    const up = Math.max(to, scale)
    return exactValue(
      divideRounded(total * powerOfTen(up - scale), BigInt(count) * powerOfTen(up - to)),
      to,
      this.#type,
    )
  }

  clear(): void {
    this.#counts.fill(0, 0, this.#slots)
    this.#sums.fill(0, 0, this.#slots)
    this.#carries.clear()
    this.#slots = 0
  }

  write(writer: StateWriter, slot: number): void {
    writer.number(this.#counts[slot]!)
    writer.value(this.#total(slot))
  }

  read(reader: StateReader, slot: number): void {
    this.#counts[slot] = reader.number()
    const total = reader.value()
    assert(typeof total === 'bigint', 'a sum in a snapshot is a bigint')
    this.#sums[slot] = 0
    this.#carries.delete(slot)
    this.#addBigint(slot, total)
  }

  #total(slot: number): bigint {
    return (this.#carries.get(slot) ?? 0n) + BigInt(this.#sums[slot]!)
  }

  #addBigint(slot: number, value: bigint): void {
    const small = Number(value)
    if (small <= CARRY_AT && small >= -CARRY_AT) {
      // Both are at most 2^52, so that their sum is exact.
      this.#sums[slot]! += small
      const sum = this.#sums[slot]!
      if (sum > CARRY_AT || sum < -CARRY_AT) this.#carry(slot)
    } else this.#carries.set(slot, (this.#carries.get(slot) ?? 0n) + value)
  }

  #carry(slot: number): void {
    this.#carries.set(slot, (this.#carries.get(slot) ?? 0n) + BigInt(this.#sums[slot]!))
    this.#sums[slot] = 0
  }
}

/** SUM and AVG of REAL and DOUBLE, in row order. */
class DoubleSumAccumulator implements Accumulator {
  readonly ownedBytes = 0
  readonly #average: boolean
  readonly #type: SqlType
  #counts = new Float64Array(16)
  #sums = new Float64Array(16)
  #slots = 0

  constructor(name: 'SUM' | 'AVG', type: SqlType) {
    this.#average = name === 'AVG'
    this.#type = type
  }

  reserve(slots: number): void {
    if (slots > this.#counts.length) {
      this.#counts = grown(this.#counts, slots)
      this.#sums = grown(this.#sums, slots)
    }
    this.#slots = Math.max(this.#slots, slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    assert(column?.layout === 'number', 'a DOUBLE argument fills a number column')
    for (let i = from; i < to; i++) {
      const row = rows[i]!
      if (column.nulls[row] === 1) continue
      const slot = slots[i - from]!
      this.#counts[slot]!++
      this.#sums[slot]! += column.values[row]!
    }
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof DoubleSumAccumulator, 'aggregates of one kind are merged')
    this.#counts[slot]! += other.#counts[otherSlot]!
    this.#sums[slot]! += other.#sums[otherSlot]!
  }

  result(slot: number): Value | RowFailure {
    const count = this.#counts[slot]!
    if (count === 0) return null
    const value = this.#average ? this.#sums[slot]! / count : this.#sums[slot]!
    const rounded = this.#type.kind === 'REAL' ? Math.fround(value) : value
    return Number.isFinite(rounded) ? rounded : overflow(String(value), this.#type)
  }

  clear(): void {
    this.#counts.fill(0, 0, this.#slots)
    this.#sums.fill(0, 0, this.#slots)
    this.#slots = 0
  }

  write(writer: StateWriter, slot: number): void {
    writer.number(this.#counts[slot]!)
    writer.number(this.#sums[slot]!)
  }

  read(reader: StateReader, slot: number): void {
    this.#counts[slot] = reader.number()
    this.#sums[slot] = reader.number()
  }
}

class NumberExtremeAccumulator implements Accumulator {
  readonly ownedBytes = 0
  /** 1 for MAX, -1 for MIN */
  readonly #sign: number
  #values = new Float64Array(16)
  #seen = new Float64Array(16)
  #slots = 0

  constructor(name: 'MIN' | 'MAX') {
    this.#sign = name === 'MAX' ? 1 : -1
  }

  reserve(slots: number): void {
    if (slots > this.#values.length) {
      this.#values = grown(this.#values, slots)
      this.#seen = grown(this.#seen, slots)
    }
    this.#slots = Math.max(this.#slots, slots)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    assert(column?.layout === 'number', 'a number argument fills a number column')
    for (let i = from; i < to; i++) {
      const row = rows[i]!
      if (column.nulls[row] === 0) this.#take(slots[i - from]!, column.values[row]!)
    }
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof NumberExtremeAccumulator, 'aggregates of one kind are merged')
    if (other.#seen[otherSlot] === 1) this.#take(slot, other.#values[otherSlot]!)
  }

  result(slot: number): Value {
    return this.#seen[slot] === 1 ? this.#values[slot]! : null
  }

  clear(): void {
    this.#seen.fill(0, 0, this.#slots)
    this.#slots = 0
  }

  write(writer: StateWriter, slot: number): void {
    writer.value(this.result(slot))
  }

  read(reader: StateReader, slot: number): void {
    const value = reader.value()
    this.#seen[slot] = value === null ? 0 : 1
    this.#values[slot] = Number(value ?? 0)
  }

  #take(slot: number, value: number): void {
    if (this.#seen[slot] === 1 && (value - this.#values[slot]!) * this.#sign <= 0) return
    this.#values[slot] = value
    this.#seen[slot] = 1
  }
}

/** MIN and MAX of BIGINT, DECIMAL, texts and bytes. */
class ValueExtremeAccumulator implements Accumulator {
  readonly #sign: number
  readonly #type: SqlType
  readonly #compare: (a: Value, b: Value) => number
  readonly #values: Value[] = []
  #bytes = 0

  constructor(name: 'MIN' | 'MAX', type: SqlType) {
    this.#sign = name === 'MAX' ? 1 : -1
    this.#type = type
    this.#compare = comparator(type, type)
  }

  get ownedBytes(): number {
    return this.#bytes
  }

  reserve(slots: number): void {
    while (this.#values.length < slots) this.#values.push(null)
  }

  add(slots: Int32Array, column: ColumnVector | null, rows: Int32Array, from: number, to: number): void {
    assert(column !== null, 'MIN and MAX have an argument')
    for (let i = from; i < to; i++) {
      const value = typedValueAt(column, this.#type, rows[i]!)
      if (value !== null) this.#take(slots[i - from]!, value)
    }
  }

  merge(slot: number, other: Accumulator, otherSlot: number): void {
    assert(other instanceof ValueExtremeAccumulator, 'aggregates of one kind are merged')
    const value = other.#values[otherSlot] ?? null
    if (value !== null) this.#take(slot, value)
  }

  result(slot: number): Value {
    return this.#values[slot] ?? null
  }

  clear(): void {
    this.#values.length = 0
    this.#bytes = 0
  }

  write(writer: StateWriter, slot: number): void {
    writer.value(this.result(slot))
  }

  read(reader: StateReader, slot: number): void {
    const value = reader.value()
    if (value !== null) this.#take(slot, value)
  }

  #take(slot: number, value: Value): void {
    const held = this.#values[slot] ?? null
    if (held !== null && this.#compare(value, held) * this.#sign <= 0) return
    this.#values[slot] = value instanceof Uint8Array ? value.slice() : value
    this.#bytes += sizeOf(value) - sizeOf(held)
  }
}

function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length * 2
  return value instanceof Uint8Array ? value.length : 0
}
