/**
 * The coercion table: values as a record carries them, written into a column of a SQL type. One writer per type; each writes
 * at a row index, so that a row that fails half-way is simply written over by the next.
 *
 * A value is what JSON.parse gives (CSV gives strings), or an ExactNumber or ExactContainer where the exact reader was at work.
 */
import { unreachable } from '../assert.ts'
import type { ColumnArrays } from '../lent-arrays.ts'
import type { ColumnVector } from '../rows.ts'
import { integerRange, type SqlType } from '../sql-type.ts'
import { BinaryWriter } from './binary-writer.ts'
import { type ColumnWriter, containerRefused, ExactNumber, type Written } from './cell.ts'
import { parseDate, parseTime, parseTimestamp } from './datetime-text.ts'
import { parseNumber, parseScaled } from './number-text.ts'
import type { ScannedColumn, ScanTarget } from './scanned.ts'
import { TextWriter } from './text-writer.ts'

/** Below this many cells a loop costs less than a view of them. */
const VIEW_CELLS_MIN = 24

abstract class NumberWriter implements ScanTarget {
  readonly wantsSpans = false
  protected values = new Float64Array(0)
  protected nulls = new Uint8Array(0)
  readonly #arrays: ColumnArrays

  constructor(arrays: ColumnArrays) {
    this.#arrays = arrays
  }

  reserve(capacity: number): void {
    if (capacity <= this.values.length) return
    const values = this.#arrays.numbers.take(capacity)
    const nulls = this.#arrays.bytes.take(capacity)
    values.set(this.values)
    nulls.set(this.nulls)
    this.values = values
    this.nulls = nulls
  }

  take(capacity: number): ColumnVector {
    const column: ColumnVector = { layout: 'number', values: this.values, nulls: this.nulls }
    const { numbers, bytes } = this.#arrays
    numbers.leave(this.values)
    bytes.leave(this.nulls)
    this.values = numbers.take(capacity)
    this.nulls = bytes.take(capacity)
    return column
  }

  copy(row: number, cells: ScannedColumn, from: number, count: number): void {
    if (count >= VIEW_CELLS_MIN) {
      this.values.set(cells.numbers.subarray(from, from + count), row)
      this.nulls.set(cells.nulls.subarray(from, from + count), row)
    } else
      for (let i = 0; i < count; i++) {
        this.values[row + i] = cells.numbers[from + i] ?? 0
        this.nulls[row + i] = cells.nulls[from + i] ?? 0
      }
  }

  clear(row: number, count: number): void {
    this.values.fill(0, row, row + count)
    this.nulls.fill(1, row, row + count)
  }

  write(row: number, value: unknown): Written {
    if (typeof value === 'number') {
      const written = this.number(row, value)
      // A number too large for a double: the error shows it as it was written.
      return written === 'refused' && !Number.isFinite(value) ? 'needs source' : written
    }
    if (value === null || value === undefined) return this.nothing(row)
    if (typeof value === 'string') return this.text(row, value)
    if (typeof value === 'boolean') return this.number(row, value ? 1 : 0)
    if (value instanceof ExactNumber) return this.number(row, Number(value.text))
    return containerRefused(value)
  }

  protected nothing(row: number): Written {
    this.values[row] = 0
    this.nulls[row] = 1
    return 'written'
  }

  protected put(row: number, value: number): Written {
    this.values[row] = value
    this.nulls[row] = 0
    return 'written'
  }

  protected text(row: number, text: string): Written {
    return this.number(row, parseNumber(text))
  }

  protected abstract number(row: number, value: number): Written
}

/** TINYINT, SMALLINT, INTEGER: whole numbers of the range. A fraction too small for a double to hold is not seen. */
class IntegerWriter extends NumberWriter {
  readonly #min: number
  readonly #max: number

  constructor(kind: 'TINYINT' | 'SMALLINT' | 'INTEGER', arrays: ColumnArrays) {
    super(arrays)
    const [min, max] = integerRange(kind)
    this.#min = Number(min)
    this.#max = Number(max)
  }

  protected number(row: number, value: number): Written {
    if (!(value >= this.#min && value <= this.#max) || !Number.isInteger(value)) return 'refused'
    return this.put(row, value + 0) // -0 + 0 is 0: integers have no signed zero
  }
}

class DoubleWriter extends NumberWriter {
  protected number(row: number, value: number): Written {
    return Number.isFinite(value) ? this.put(row, value) : 'refused'
  }
}

class RealWriter extends NumberWriter {
  protected number(row: number, value: number): Written {
    const rounded = Math.fround(value)
    return Number.isFinite(rounded) ? this.put(row, rounded) : 'refused'
  }
}

/** Numbers are true unless 0; a text is true when it says so in any case, and false whatever else it says. */
class BooleanWriter extends NumberWriter {
  protected number(row: number, value: number): Written {
    return this.put(row, value === 0 ? 0 : 1)
  }

  protected override text(row: number, text: string): Written {
    return this.put(row, text.length === 4 && text.toLowerCase() === 'true' ? 1 : 0)
  }
}

/** DATE, TIME, TIMESTAMP: from texts only. */
class DatetimeWriter extends NumberWriter {
  readonly #parse: (text: string) => number

  constructor(kind: 'DATE' | 'TIME' | 'TIMESTAMP', arrays: ColumnArrays) {
    super(arrays)
    this.#parse = kind === 'DATE' ? parseDate : kind === 'TIME' ? parseTime : parseTimestamp
  }

  protected number(): Written {
    return 'refused'
  }

  protected override text(row: number, text: string): Written {
    const value = this.#parse(text)
    return Number.isNaN(value) ? 'refused' : this.put(row, value)
  }
}

/** Whole numbers below this lie so close in doubles that nothing but a vanishing fraction can be lost: 2^49. */
const SURE_MAX = 2 ** 49

/** BIGINT (scale 0, fractions refused) and DECIMAL (rounded half away from zero to its scale, as CAST does). */
class ScaledWriter implements ScanTarget {
  readonly wantsSpans = false
  readonly #scale: number
  readonly #factor: number
  readonly #min: bigint
  readonly #max: bigint
  readonly #sureMax: number
  readonly #rounds: boolean
  #values = new BigInt64Array(0)
  /** the same memory in halves: writing them makes no bigint; all hosts of Node are little-endian */
  #halves = new Int32Array(0)
  #nulls = new Uint8Array(0)
  readonly #arrays: ColumnArrays

  constructor(type: { kind: 'BIGINT' } | { kind: 'DECIMAL'; precision: number; scale: number }, arrays: ColumnArrays) {
    this.#arrays = arrays
    const decimal = type.kind === 'DECIMAL'
    this.#rounds = decimal
    this.#scale = decimal ? type.scale : 0
    this.#factor = 10 ** this.#scale
    const [min, max] = decimal
      ? [1n - 10n ** BigInt(type.precision), 10n ** BigInt(type.precision) - 1n]
      : integerRange('BIGINT')
    this.#min = min
    this.#max = max
    this.#sureMax = Math.min(SURE_MAX, Number(max))
  }

  reserve(capacity: number): void {
    if (capacity <= this.#values.length) return
    const values = this.#arrays.bigints.take(capacity)
    const nulls = this.#arrays.bytes.take(capacity)
    values.set(this.#values)
    nulls.set(this.#nulls)
    this.#values = values
    this.#halves = new Int32Array(values.buffer)
    this.#nulls = nulls
  }

  take(capacity: number): ColumnVector {
    const column: ColumnVector = { layout: 'bigint', values: this.#values, nulls: this.#nulls }
    const { bigints, bytes } = this.#arrays
    bigints.leave(this.#values)
    bytes.leave(this.#nulls)
    this.#values = bigints.take(capacity)
    this.#halves = new Int32Array(this.#values.buffer)
    this.#nulls = bytes.take(capacity)
    return column
  }

  copy(row: number, cells: ScannedColumn, from: number, count: number): void {
    this.#values.set(cells.integers.subarray(from, from + count), row)
    this.#nulls.set(cells.nulls.subarray(from, from + count), row)
  }

  clear(row: number, count: number): void {
    this.#values.fill(0n, row, row + count)
    this.#nulls.fill(1, row, row + count)
  }

  write(row: number, value: unknown): Written {
    if (typeof value === 'number') {
      // Two doubles of the same text differ by less than half a unit of the last place kept, so a product that divides
      // back to the same double is the number that was written.
      const scaled = this.#scale === 0 ? value : Math.round(value * this.#factor)
      if (Math.abs(scaled) > this.#sureMax) return 'needs source'
      if (this.#scale === 0 ? Number.isInteger(value) : scaled / this.#factor === value) return this.#put(row, scaled)
      return 'needs source'
    }
    if (value === null || value === undefined) {
      this.#values[row] = 0n
      this.#nulls[row] = 1
      return 'written'
    }
    if (typeof value === 'string') return this.#exact(row, value)
    if (typeof value === 'boolean') return value ? this.#exact(row, '1') : this.#put(row, 0)
    if (value instanceof ExactNumber) return this.#exact(row, value.text)
    return containerRefused(value)
  }

  #put(row: number, scaled: number): Written {
    this.#halves[row * 2] = scaled | 0
    this.#halves[row * 2 + 1] = Math.floor(scaled / 4_294_967_296)
    this.#nulls[row] = 0
    return 'written'
  }

  #exact(row: number, text: string): Written {
    const scaled = parseScaled(text, this.#scale)
    if (scaled === null || !(scaled.exact || this.#rounds)) return 'refused'
    if (scaled.value < this.#min || scaled.value > this.#max) return 'refused'
    this.#values[row] = scaled.value
    this.#nulls[row] = 0
    return 'written'
  }
}

/**
 * The writer for a column of a type.
 * @param passed true: texts become spans as long as the records hold them as they are
 */
export function columnWriterOf(type: SqlType, arrays: ColumnArrays, passed: boolean = false): ColumnWriter {
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
      return new IntegerWriter(type.kind, arrays)
    case 'BIGINT':
      return new ScaledWriter({ kind: 'BIGINT' }, arrays)
    case 'DECIMAL':
      return new ScaledWriter(type, arrays)
    case 'REAL':
      return new RealWriter(arrays)
    case 'DOUBLE':
      return new DoubleWriter(arrays)
    case 'BOOLEAN':
      return new BooleanWriter(arrays)
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
      return new DatetimeWriter(type.kind, arrays)
    case 'CHAR':
    case 'VARCHAR':
      return new TextWriter(type.kind, type.length, arrays, passed)
    case 'BINARY':
    case 'VARBINARY':
      return new BinaryWriter(type.kind, type.length)
    case 'INTERVAL':
    case 'NULL':
      return unreachable(type as never, 'columnWriterOf: no column has this type')
    default:
      return unreachable(type, 'columnWriterOf')
  }
}
