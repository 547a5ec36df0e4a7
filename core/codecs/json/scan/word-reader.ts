/**
 * Reads single values for the scanner in JavaScript, four bytes at a time where it pays; what is proven and what is not is the
 * same as in the compiled scanner (tools/wasm/assembly). Positions are in the copied records.
 */
import { isUtf8 } from 'node:buffer'
import { DAY_MS, daysOfDate } from '../../datetime-text.ts'
import { NO_ENTRY, type ScannedColumn, type ScannedRecords, type ScannedTexts } from '../../scanned.ts'
import { OPERATIONS, type ScanColumn } from './scan-column.ts'
import { MISMATCH, OVERRUN_BYTES, SCANNED_BYTES_MAX, VALUE } from './scanner.ts'
import { Unescaper } from './unescaper.ts'
import type { WordTable } from './word-table.ts'

const DIGITS_MAX = 15
const { text: TEXT, boolean: BOOLEAN, real: REAL, integer: INTEGER, bigint: BIGINT, decimal: DECIMAL } = OPERATIONS
const { timestamp: TIMESTAMP, date: DATE, time: TIME } = OPERATIONS
/** All powers of ten that are doubles exactly, so that one division or product rounds once, as reading the text does. */
const POWER_MAX = 22
const POWERS = Array.from({ length: POWER_MAX + 1 }, (_unused, exponent) => Number(`1e${exponent}`))
/** Whole doubles up to this are written the same way by the column writers, whatever form the number had. */
const SURE_MAX = 2 ** 49

/** A column as it is scanned; `numbers` and `integers` share their memory, and so does `halves`. */
export class WordColumn implements ScannedColumn {
  readonly operation: number
  readonly spec: ScanColumn
  readonly numbers: Float64Array
  readonly integers: BigInt64Array
  readonly halves: Int32Array
  readonly nulls: Uint8Array
  readonly texts: ScannedTexts | null
  readonly entries: Int32Array
  readonly offsets: Int32Array
  readonly sizes: Int32Array
  spans = false
  /** the bytes of the last date and its instant */
  date0 = 0
  date1 = 0
  date2 = 0
  instant = 0

  constructor(spec: ScanColumn, rows: number, table: WordTable, records: ScannedRecords) {
    this.operation = OPERATIONS[spec.operation]
    this.spec = spec
    const text = spec.operation === 'text'
    this.numbers = new Float64Array(text ? 0 : rows)
    this.integers = new BigInt64Array(this.numbers.buffer)
    this.halves = new Int32Array(this.numbers.buffer)
    this.nulls = new Uint8Array(text ? 0 : rows)
    this.entries = new Int32Array(text ? rows : 0)
    this.offsets = new Int32Array(text ? rows : 0)
    this.sizes = new Int32Array(text ? rows : 0)
    const { entries, offsets, sizes } = this
    this.texts = text ? { entries, offsets, sizes, table, records } : null
  }

  setNull(row: number): void {
    if (this.operation === TEXT) this.entries[row] = 0
    else {
      this.numbers[row] = 0
      this.nulls[row] = 1
    }
  }

  put(row: number, value: number): void {
    this.numbers[row] = value
    this.nulls[row] = 0
  }

  /** @param value a whole number below 2^53 in magnitude */
  putInteger(row: number, value: number): void {
    this.halves[row * 2] = value | 0
    this.halves[row * 2 + 1] = Math.floor(value / 4_294_967_296)
    this.nulls[row] = 0
  }
}

/** A position where no literal stands and no string ends: the bytes there are zero. */
export const EMPTY_AT = SCANNED_BYTES_MAX + OVERRUN_BYTES

/** What `WordReader.value` says instead of a position. */
const FAILED = -VALUE
const OTHER = -MISMATCH

export class WordReader {
  readonly bytes = new Uint8Array(EMPTY_AT + OVERRUN_BYTES)
  readonly words = new DataView(this.bytes.buffer)
  readonly #table: WordTable
  /** what the last string, number or time was, besides where it ends */
  #high = 0
  #magnitude = 0
  #fraction = 0
  #negative = false
  #exponential = false
  #timeEnd = 0
  /** where `#stringEnd` stopped */
  #stop = 0
  readonly #unescaped = new Unescaper()

  constructor(table: WordTable) {
    this.#table = table
  }

  /**
   * Reads the scalar at `at` and writes it, unless `column` is null.
   * @returns the position after it, or FAILED or OTHER
   */
  value(column: WordColumn | null, row: number, start: number, at: number, end: number): number {
    const first = this.bytes[at] ?? 0
    if (first === 34) {
      const close = this.#stringEnd(at + 1)
      if (close < 0) return this.#escapedString(column, row, start, at + 1, end)
      if (close >= end) return FAILED
      if (this.#high !== 0 && !isUtf8(this.bytes.subarray(at + 1, close))) return FAILED
      if (column !== null && !this.#string(column, row, start, at + 1, close)) return FAILED
      return close + 1
    }
    if ((first >= 48 && first <= 57) || first === 45) {
      if (column === null) return this.skipNumber(at)
      if (column.operation === TEXT) {
        const close = this.skipNumber(at)
        return close >= 0 && this.#text(column, row, start, at, close) ? close : FAILED
      }
      const close = this.#number(at)
      return close >= 0 && this.#writeNumber(column, row) ? close : FAILED
    }
    if (first === 116) {
      if (this.words.getInt32(at, true) !== 0x65757274) return FAILED
      return column === null || this.#boolean(column, row, 1) ? at + 4 : FAILED
    }
    if (first === 102) {
      if (this.words.getInt32(at, true) !== 0x736c6166 || this.bytes[at + 4] !== 101) return FAILED
      return column === null || this.#boolean(column, row, 0) ? at + 5 : FAILED
    }
    if (first === 110) {
      if (this.words.getInt32(at, true) !== 0x6c6c756e) return FAILED
      column?.setNull(row)
      return at + 4
    }
    return OTHER
  }

  /** The position of the closing quote, or FAILED when an escape or a control character comes before it. */
  #stringEnd(start: number): number {
    const { words } = this
    let high = 0
    for (let at = start; ; at += 4) {
      const word = words.getInt32(at, true)
      const quote = word ^ 0x22222222
      const escape = word ^ 0x5c5c5c5c
      // The lowest bit set marks the first byte that is a quote, a backslash or below a blank.
      const stops =
        (((quote - 0x01010101) & ~quote) | ((escape - 0x01010101) & ~escape) | ((word - 0x20202020) & ~word)) &
        0x80808080
      if (stops !== 0) {
        const before = (31 - Math.clz32(stops & -stops)) & ~7
        this.#high = high | (word & 0x80808080 & ((1 << before) - 1))
        const close = at + (before >> 3)
        this.#stop = close
        return this.bytes[close] === 34 ? close : FAILED
      }
      high |= word & 0x80808080
    }
  }

  /** Reads a string that holds escapes; the position after its closing quote, or FAILED. */
  #escapedString(column: WordColumn | null, row: number, start: number, at: number, end: number): number {
    if (this.#stop >= end || this.bytes[this.#stop] !== 92) return FAILED
    const unescaped = this.#unescaped
    const close = unescaped.read(this.bytes, at, end, column !== null)
    if (close < 0 || !isUtf8(this.bytes.subarray(at, close))) return FAILED
    if (column === null) return close + 1
    // Only an entry can say what the text is: its span in the record would show the escapes.
    if (column.operation !== TEXT || column.spans || unescaped.size > column.spec.bytesMax) return FAILED
    let { size } = unescaped
    if (column.spec.padded) while (size > 0 && unescaped.bytes[size - 1] === 32) size--
    const entry = this.#table.intern(unescaped.bytes, unescaped.words, 0, size)
    if (entry === NO_ENTRY) return FAILED
    column.entries[row] = entry
    column.offsets[row] = at - start
    column.sizes[row] = size
    return close + 1
  }

  /** Reads the number at `start` into a cell; the position after it, or below 0. */
  numberCell(column: WordColumn, row: number, start: number): number {
    const at = this.#number(start)
    return at >= 0 && this.#writeNumber(column, row) ? at : FAILED
  }

  #digitsEnd(start: number): number {
    const { words } = this
    for (let at = start; ; at += 4) {
      const digits = words.getInt32(at, true) ^ 0x30303030
      // The lowest bit set marks the first byte that is no digit.
      const ends = ((digits + 0x76767676) | digits) & 0x80808080
      if (ends !== 0) return at + ((31 - Math.clz32(ends & -ends)) >> 3)
    }
  }

  /** The position after the number at `start` by the grammar of JSON, or below 0. */
  skipNumber(start: number): number {
    const { bytes } = this
    let at = bytes[start] === 45 ? start + 1 : start
    const digits = at
    at = bytes[at] === 48 ? at + 1 : this.#digitsEnd(at)
    if (at === digits) return FAILED
    if (bytes[at] === 46) {
      const point = at + 1
      at = this.#digitsEnd(point)
      if (at === point) return FAILED
    }
    if (((bytes[at] ?? 0) | 32) === 101) {
      at++
      if (bytes[at] === 43 || bytes[at] === 45) at++
      const exponent = at
      at = this.#digitsEnd(at)
      if (at === exponent) return FAILED
    }
    return at
  }

  #number(start: number): number {
    const { bytes } = this
    this.#negative = bytes[start] === 45
    const digits = this.#negative ? start + 1 : start
    let at = digits
    let value = 0
    let digit = (bytes[at] ?? 0) - 48
    for (; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - 48) {
      value = value * 10 + digit
      at++
    }
    const whole = at - digits
    if (whole === 0 || whole > DIGITS_MAX || (whole > 1 && bytes[digits] === 48)) return FAILED
    this.#fraction = 0
    if (bytes[at] === 46) {
      const point = ++at
      digit = (bytes[at] ?? 0) - 48
      for (; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - 48) {
        value = value * 10 + digit
        at++
      }
      this.#fraction = at - point
      if (at === point || whole + this.#fraction > DIGITS_MAX) return FAILED
    }
    this.#magnitude = value
    this.#exponential = ((bytes[at] ?? 0) | 32) === 101
    return this.#exponential ? this.#exponent(at + 1) : at
  }

  /** Takes the exponent at `start` into the fraction. */
  #exponent(start: number): number {
    const { bytes } = this
    const sign = bytes[start]
    const digits = sign === 43 || sign === 45 ? start + 1 : start
    const at = this.#digitsEnd(digits)
    if (at === digits || at > digits + 4) return FAILED
    let value = 0
    for (let i = digits; i < at; i++) value = value * 10 + (bytes[i] ?? 0) - 48
    this.#fraction += sign === 45 ? value : -value
    return Math.abs(this.#fraction) <= POWER_MAX ? at : FAILED
  }

  /** The number that was just read, as a double. */
  #real(): number {
    const fraction = this.#fraction
    const magnitude = this.#magnitude
    const value =
      fraction === 0
        ? magnitude
        : fraction > 0
          ? magnitude / (POWERS[fraction] ?? 1)
          : magnitude * (POWERS[-fraction] ?? 1)
    return this.#negative ? -value : value
  }

  #writeNumber(column: WordColumn, row: number): boolean {
    const { operation, spec } = column
    const magnitude = this.#magnitude
    if (operation <= INTEGER) {
      let value = this.#real()
      if (operation === REAL) value = Math.fround(value)
      else if (operation === INTEGER) {
        if (value < spec.min || value > spec.max || !Number.isInteger(value)) return false
        value += 0 // integers have no signed zero
      }
      column.put(row, value)
      return true
    }
    if (operation === BIGINT) {
      if (this.#exponential) {
        const value = this.#real()
        if (!Number.isInteger(value) || Math.abs(value) > SURE_MAX) return false
        column.putInteger(row, value)
        return true
      }
      if (this.#fraction !== 0) return false
      column.putInteger(row, this.#negative ? -magnitude : magnitude)
      return true
    }
    if (operation === DECIMAL) {
      const shift = spec.scale - this.#fraction
      if (this.#exponential || shift < 0 || shift > DIGITS_MAX) return false
      const scaled = magnitude * (POWERS[shift] ?? 1)
      if (scaled > spec.max || scaled > Number.MAX_SAFE_INTEGER) return false
      column.putInteger(row, this.#negative ? -scaled : scaled)
      return true
    }
    return false
  }

  #boolean(column: WordColumn, row: number, value: number): boolean {
    if (column.operation !== BOOLEAN) return false
    column.put(row, value)
    return true
  }

  #string(column: WordColumn, row: number, start: number, at: number, close: number): boolean {
    const { operation } = column
    if (operation === TEXT) return this.#text(column, row, start, at, close)
    return operation >= TIMESTAMP && this.datetimeCell(column, row, at, close)
  }

  #text(column: WordColumn, row: number, start: number, at: number, close: number): boolean {
    let size = close - at
    if (size > column.spec.bytesMax) return false
    if (column.spec.padded) while (size > 0 && this.bytes[at + size - 1] === 32) size--
    column.entries[row] = column.spans ? NO_ENTRY : this.#table.intern(this.bytes, this.words, at, size)
    column.offsets[row] = at - start
    column.sizes[row] = size
    return true
  }

  #two(at: number): number {
    const tens = (this.bytes[at] ?? 0) - 48
    const ones = (this.bytes[at + 1] ?? 0) - 48
    return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 100
  }

  /** Reads the text `[at, close)` into a cell of a date or time; false when it is not proven. */
  datetimeCell(column: WordColumn, row: number, at: number, close: number): boolean {
    const { operation } = column
    if (operation === TIME) {
      const time = this.#time(at)
      if (time < 0 || this.#timeEnd !== close) return false
      column.put(row, time)
      return true
    }
    const { bytes, words } = this
    if (close - at < 10) return false
    const date0 = words.getInt32(at, true)
    const date1 = words.getInt32(at + 4, true)
    const date2 = words.getUint16(at + 8, true)
    if (date0 !== column.date0 || date1 !== column.date1 || date2 !== column.date2) {
      const century = this.#two(at)
      const year = this.#two(at + 2)
      if (century > 99 || year > 99 || bytes[at + 4] !== 45 || bytes[at + 7] !== 45) return false
      const days = daysOfDate(century * 100 + year, this.#two(at + 5), this.#two(at + 8))
      if (Number.isNaN(days)) return false
      column.date0 = date0
      column.date1 = date1
      column.date2 = date2
      column.instant = days * DAY_MS
    }
    let { instant } = column
    if (close - at > 10) {
      const separator = bytes[at + 10]
      if (operation === DATE || (separator !== 32 && separator !== 84)) return false
      const time = this.#time(at + 11)
      if (time < 0) return false
      const after = separator === 84 && bytes[this.#timeEnd] === 90 ? this.#timeEnd + 1 : this.#timeEnd
      if (after !== close) return false
      instant += time
    }
    column.put(row, instant)
    return true
  }

  /** Milliseconds of the day, or -1. */
  #time(start: number): number {
    const { bytes } = this
    const hour = this.#two(start)
    const minute = this.#two(start + 3)
    const second = this.#two(start + 6)
    if (hour > 23 || minute > 59 || second > 59 || bytes[start + 2] !== 58 || bytes[start + 5] !== 58) return -1
    let ms = ((hour * 60 + minute) * 60 + second) * 1_000
    this.#timeEnd = start + 8
    if (bytes[start + 8] !== 46) return ms
    const point = start + 9
    this.#timeEnd = this.#digitsEnd(point)
    const digits = this.#timeEnd - point
    if (digits === 0 || digits > 9) return -1
    for (let i = 0, unit = 100; i < 3 && i < digits; i++, unit /= 10) ms += ((bytes[point + i] ?? 0) - 48) * unit
    return ms
  }
}
