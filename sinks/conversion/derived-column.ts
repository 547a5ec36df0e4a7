/**
 * A column whose values are no cells of the scanner: timestamps and days by the rules of a deserializer, base64, and decimals of more
 * than 18 digits. They are made from the texts and numbers that the scanner found, by the same code that converts one record alone.
 */
import { DAY_MS, daysOfDate } from '../../core/codecs/datetime-text.ts'
import type { ScannedTexts } from '../../core/codecs/scanned.ts'
import { assert, type ColumnVector, ROWS_PER_BATCH_MAX } from '../../core/index.ts'
import { twosComplement } from '../formats/parquet/column-buffer.ts'
import { convertValue, Unfit, type ValueRules } from './convert-value.ts'
import { NumberText } from './exact-json.ts'
import type { HiveColumn } from './hive-type.ts'
import { decimalBytes } from './parquet-elements.ts'
import { openxTimestamp } from './timestamps.ts'

/** Numbers of so many characters are whole doubles, whatever digits they have. */
const NUMBER_TEXT_MAX = 15

const QUOTE = 34
const BLANK = 32
const MINUS = 45
const COLON = 58
const LETTER_T = 84
const LETTER_Z = 90

export class DerivedColumn {
  readonly #column: HiveColumn
  readonly #rules: ValueRules
  readonly #isTime: boolean
  readonly #isDay: boolean
  readonly #fixedBytes: number
  readonly #values = new Float64Array(ROWS_PER_BATCH_MAX)
  readonly #nulls = new Uint8Array(ROWS_PER_BATCH_MAX)
  readonly #offsets = new Int32Array(ROWS_PER_BATCH_MAX)
  readonly #sizes = new Int32Array(ROWS_PER_BATCH_MAX)
  #bytes = new Uint8Array(4_096)
  #end = 0

  constructor(column: HiveColumn, rules: ValueRules) {
    this.#column = column
    this.#rules = rules
    const { type } = column
    this.#isTime = type.kind === 'timestamp'
    this.#isDay = type.kind === 'date'
    this.#fixedBytes = type.kind === 'decimal' ? decimalBytes(type.precision) : 0
  }

  /** Starts anew with the next records. */
  begin(): void {
    this.#end = 0
  }

  /**
   * Makes the value of a record.
   * @param record where it is kept, below ROWS_PER_BATCH_MAX
   * @param cell where the scanner has it
   * @param start of the record in `bytes`
   * @returns false when the value does not fit; who converts the record alone knows why
   */
  take(record: number, texts: ScannedTexts, cell: number, bytes: Uint8Array, start: number): boolean {
    if (texts.entries[cell] === 0) {
      this.#nulls[record] = 1
      return true
    }
    this.#nulls[record] = 0
    const at = start + texts.offsets[cell]!
    const size = texts.sizes[cell]!
    const quoted = bytes[at - 1] === QUOTE
    if (this.#isTime || this.#isDay) {
      const fast = quoted ? this.#plainTime(bytes, at, size) : this.#epoch(bytes, at, size)
      if (!Number.isNaN(fast)) {
        this.#values[record] = fast
        return true
      }
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, size).toString('utf8')
    const value = quoted ? text : size <= NUMBER_TEXT_MAX ? Number(text) : new NumberText(text)
    try {
      this.#keep(record, convertValue(value, this.#column.type, this.#rules, this.#column.name))
      return true
    } catch (error) {
      if (error instanceof Unfit) return false
      throw error
    }
  }

  /** The values of records, in the order of rows. @param records which record each row is */
  rows(records: Int32Array, length: number): ColumnVector {
    const nulls = new Uint8Array(length)
    for (let row = 0; row < length; row++) nulls[row] = this.#nulls[records[row]!]!
    if (this.#isTime || this.#isDay) {
      const values = new Float64Array(length)
      for (let row = 0; row < length; row++) values[row] = this.#values[records[row]!]!
      return { layout: 'number', values, nulls }
    }
    const offsets = new Int32Array(length)
    const sizes = new Int32Array(length)
    for (let row = 0; row < length; row++) {
      offsets[row] = this.#offsets[records[row]!]!
      sizes[row] = this.#sizes[records[row]!]!
    }
    return { layout: 'span', bytes: this.#bytes, offsets, sizes, nulls }
  }

  #keep(record: number, value: unknown): void {
    if (this.#isTime || this.#isDay) {
      this.#values[record] = Number(value)
      return
    }
    const bytes = typeof value === 'bigint' ? twosComplement(value, this.#fixedBytes) : value
    assert(bytes instanceof Uint8Array, 'a value of bytes is bytes')
    if (this.#end + bytes.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + bytes.length))
      grown.set(this.#bytes.subarray(0, this.#end))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#end)
    this.#offsets[record] = this.#end
    this.#sizes[record] = bytes.length
    this.#end += bytes.length
  }

  /** Epoch milliseconds of a number of digits alone, as OpenX reads it; NaN for anything else. */
  #epoch(bytes: Uint8Array, at: number, size: number): number {
    if (!this.#isTime || !this.#rules.lax || size > NUMBER_TEXT_MAX) return Number.NaN
    let value = 0
    for (let i = at; i < at + size; i++) {
      const digit = bytes[i]! - 48
      if (digit < 0 || digit > 9) return Number.NaN
      value = value * 10 + digit
    }
    return openxTimestamp(value) ?? Number.NaN
  }

  /** `yyyy-MM-dd` as a day, `yyyy-MM-dd HH:mm:ss[.fraction]` and, for OpenX, the form with T and Z as an instant; NaN for anything else. */
  #plainTime(bytes: Uint8Array, at: number, size: number): number {
    if (size < 10 || bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return Number.NaN
    const days = daysOfDate(two(bytes, at) * 100 + two(bytes, at + 2), two(bytes, at + 5), two(bytes, at + 8))
    if (this.#isDay) return size === 10 ? days : Number.NaN
    if (this.#rules.formats || size < 19 || bytes[at + 13] !== COLON || bytes[at + 16] !== COLON) return Number.NaN
    let end = at + size
    if (bytes[at + 10] === LETTER_T) {
      if (!this.#rules.lax || bytes[--end] !== LETTER_Z) return Number.NaN
    } else if (bytes[at + 10] !== BLANK) return Number.NaN
    const hour = two(bytes, at + 11)
    const minute = two(bytes, at + 14)
    const second = two(bytes, at + 17)
    if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN
    let millis = 0
    if (end !== at + 19) {
      const digits = end - at - 20
      if (bytes[at + 19] !== 46 || digits < 1 || digits > 9) return Number.NaN
      for (let i = 0, unit = 100; i < digits; i++, unit /= 10) {
        const digit = bytes[at + 20 + i]! - 48
        if (digit < 0 || digit > 9) return Number.NaN
        if (i < 3) millis += digit * unit
      }
    }
    return days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1_000 + millis
  }
}

/** The number that two digits write, or NaN. */
function two(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}
