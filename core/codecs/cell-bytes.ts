/**
 * Cells as ASCII or UTF-8 bytes, written one after the other into a buffer that grows: what the encoders of lines share.
 * Nothing here makes a text of a value that can be written as digits; the bytes are those that its text would have.
 */
import type { ByteWriter } from '../byte-writer.ts'
import { DAY_MS, TIMESTAMP_MAX, TIMESTAMP_MIN, writeDate } from './datetime-text.ts'
import { type EntryTable, WORD_SLACK_BYTES } from './entry-table.ts'
import { decimalText, doubleText, realText } from './number-text.ts'

/** Digits of 2^53. */
const DIGITS_MAX = 16
const BILLION = 1_000_000_000
const DATE_LENGTH = 10
const TIME_LENGTH = 12

const QUOTE = 34
const MINUS = 45
const POINT = 46
const ZERO = 48

/** Powers of ten as doubles, all exact. */
const POWERS = Float64Array.from({ length: 19 }, (_, exponent) => 10 ** exponent)
/** `00` to `99`, two bytes each. */
const PAIRS = Uint8Array.from({ length: 200 }, (_, i) => ZERO + (i % 2 === 0 ? Math.floor(i / 20) : (i >> 1) % 10))

export class CellBytes {
  #bytes = new Uint8Array(16_384)
  #view = new DataView(this.#bytes.buffer)
  #end = 0
  /** the day that was written last, and its text */
  #day = Number.NaN
  readonly #date = new Uint8Array(DATE_LENGTH)

  /** Hands everything over and starts anew. */
  flush(out: ByteWriter): void {
    out.bytes(this.#bytes.subarray(0, this.#end))
    this.#end = 0
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#end++] = value
  }

  /** An entry of a table. */
  entry(table: EntryTable, index: number): void {
    const from = table.starts[index]!
    const size = table.starts[index + 1]! - from
    this.#reserve(size + WORD_SLACK_BYTES)
    const target = this.#view
    const source = table.view
    const end = this.#end
    for (let i = 0; i < size; i += 4) target.setInt32(end + i, source.getInt32(from + i, true), true)
    this.#end = end + size
  }

  /**
   * The bytes from `from` on, up to the first control character, quote or `stop`, or to before `to`.
   * @param stop another byte that has a meaning in the output
   * @returns where it stopped
   */
  plain(source: DataView, from: number, to: number, stop: number): number {
    this.#reserve(to - from)
    const target = this.#view
    const stops = stop * 0x0101_0101
    let end = this.#end
    let at = from
    // Four bytes at a time: whether one is below 32, or 0 when the byte looked for is taken from it (xor).
    for (; at + 4 <= to; at += 4, end += 4) {
      const word = source.getInt32(at, true)
      const quotes = word ^ 0x2222_2222
      const others = word ^ stops
      const found =
        ((word - 0x2020_2020) & ~word) | ((quotes - 0x0101_0101) & ~quotes) | ((others - 0x0101_0101) & ~others)
      if ((found & 0x8080_8080) !== 0) break
      target.setInt32(end, word, true)
    }
    for (; at < to; at++, end++) {
      const byte = source.getUint8(at)
      if (byte < 32 || byte === QUOTE || byte === stop) break
      target.setUint8(end, byte)
    }
    this.#end = end
    return at
  }

  /** Takes back what was written since the end was `end`. */
  back(end: number): void {
    this.#end = end
  }

  get end(): number {
    return this.#end
  }

  /** A text of ASCII characters only. */
  ascii(text: string): void {
    this.#reserve(text.length)
    const bytes = this.#bytes
    let end = this.#end
    for (let i = 0; i < text.length; i++) bytes[end++] = text.charCodeAt(i)
    this.#end = end
  }

  base64(source: Uint8Array): void {
    this.ascii(Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('base64'))
  }

  /** A finite DOUBLE as `doubleText` has it. */
  double(value: number): void {
    const size = Math.abs(value)
    if (size < 1e15 && this.#short(value, size, 1e15, false)) return
    this.ascii(doubleText(value))
  }

  /** A finite REAL as `realText` has it. */
  real(value: number): void {
    const size = Math.abs(value)
    if (size < 1e6 && this.#short(value, size, 1e6, true)) return
    this.ascii(realText(value))
  }

  /**
   * A number that is a whole number over 1, 10, 100 or 1,000, with digits so few that no other number of as few digits is the
   * same double (15 digits) or the same 32-bit float (6): so it is the shortest text that reads back.
   * @param size the absolute value
   * @param limit of the number without its point
   * @returns false, with nothing written, when it is no such number
   */
  #short(value: number, size: number, limit: number, single: boolean): boolean {
    for (let decimals = 0; decimals <= 3; decimals++) {
      const power = POWERS[decimals]!
      const unscaled = Math.floor(size * power + 0.5)
      if (unscaled >= limit) return false
      // One rounding: the quotient is the double that the text would be read as.
      const quotient = unscaled / power
      if ((single ? Math.fround(quotient) : quotient) !== size) continue
      if (value < 0) this.byte(MINUS)
      else if (value === 0 && Object.is(value, -0)) return false
      this.#scaled(unscaled, decimals)
      return true
    }
    return false
  }

  /**
   * A value of 64 bits by its halves, as its text or, with a scale, as `decimalText` has it.
   * @param low any 32 bits
   * @param high signed
   * @param scale 0 for BIGINT
   */
  halves(low: number, high: number, scale: number): void {
    // Beyond 2^53 the sum is rounded, so only the halves say whether it is.
    if (high < -0x20_0000 || high >= 0x20_0000) {
      const value = (BigInt(high) << 32n) | BigInt(low >>> 0)
      this.ascii(scale === 0 ? value.toString() : decimalText(value, scale))
      return
    }
    const value = high * 4_294_967_296 + (low >>> 0)
    if (value < 0) this.byte(MINUS)
    this.#scaled(Math.abs(value), scale)
  }

  /**
   * `yyyy-MM-dd HH:mm:ss.SSS` of a timestamp.
   * @param quote byte around it, or 0
   * @returns false, with nothing written, for what has no such text (not finite, or outside the years 0001 to 9999)
   */
  timestamp(value: number, quote: number): boolean {
    if (!(value >= TIMESTAMP_MIN && value <= TIMESTAMP_MAX)) return false
    this.#reserve(DATE_LENGTH + TIME_LENGTH + 3)
    if (quote !== 0) this.#bytes[this.#end++] = quote
    const day = Math.floor(value / DAY_MS)
    this.#dateOf(day)
    this.#bytes[this.#end++] = 32
    this.#timeOf(Math.floor(value - day * DAY_MS))
    if (quote !== 0) this.#bytes[this.#end++] = quote
    return true
  }

  /** `yyyy-MM-dd` of a DATE; as `timestamp`. */
  date(value: number, quote: number): boolean {
    if (!(value >= TIMESTAMP_MIN && value <= TIMESTAMP_MAX)) return false
    this.#reserve(DATE_LENGTH + 2)
    if (quote !== 0) this.#bytes[this.#end++] = quote
    this.#dateOf(Math.floor(value / DAY_MS))
    if (quote !== 0) this.#bytes[this.#end++] = quote
    return true
  }

  /** `HH:mm:ss.SSS` of a TIME; as `timestamp`. */
  time(value: number, quote: number): boolean {
    if (!(value >= 0 && value < DAY_MS)) return false
    this.#reserve(TIME_LENGTH + 2)
    if (quote !== 0) this.#bytes[this.#end++] = quote
    this.#timeOf(Math.floor(value))
    if (quote !== 0) this.#bytes[this.#end++] = quote
    return true
  }

  /** Rows lie close in time: the text of a day is copied until another comes. */
  #dateOf(day: number): void {
    const date = this.#date
    if (day !== this.#day) {
      writeDate(date, 0, day * DAY_MS)
      this.#day = day
    }
    const bytes = this.#bytes
    const end = this.#end
    for (let i = 0; i < DATE_LENGTH; i++) bytes[end + i] = date[i]!
    this.#end = end + DATE_LENGTH
  }

  /** @param dayMs a whole number of milliseconds of the day: 32 bits */
  #timeOf(dayMs: number): void {
    const bytes = this.#bytes
    const end = this.#end
    const seconds = (dayMs / 1_000) | 0
    const ms = (dayMs | 0) - seconds * 1_000
    const minutes = (seconds / 60) | 0
    const hours = (minutes / 60) | 0
    this.#pair(end, hours)
    bytes[end + 2] = 58
    this.#pair(end + 3, minutes - hours * 60)
    bytes[end + 5] = 58
    this.#pair(end + 6, seconds - minutes * 60)
    bytes[end + 8] = POINT
    const hundreds = (ms / 100) | 0
    bytes[end + 9] = ZERO + hundreds
    this.#pair(end + 10, ms - hundreds * 100)
    this.#end = end + TIME_LENGTH
  }

  #pair(at: number, value: number): void {
    this.#bytes[at] = PAIRS[value * 2]!
    this.#bytes[at + 1] = PAIRS[value * 2 + 1]!
  }

  /** @param unscaled a whole number from 0 to 2^53, the value times 10^scale */
  #scaled(unscaled: number, scale: number): void {
    if (scale === 0) {
      this.#digits(unscaled)
      return
    }
    const power = POWERS[scale]!
    const whole = Math.floor(unscaled / power)
    this.#digits(whole)
    this.#reserve(scale + 1)
    this.#bytes[this.#end] = POINT
    this.#end += scale + 1
    let rest = unscaled - whole * power
    let end = this.#end
    for (let left = scale; left > 0; left -= 9, end -= 9) {
      const next = Math.floor(rest / BILLION)
      this.#padded32(end, (rest - next * BILLION) | 0, Math.min(9, left))
      rest = next
    }
  }

  /** @param value a whole number from 0 to 2^53 */
  #digits(value: number): void {
    this.#reserve(DIGITS_MAX)
    // Nine digits fit 32 bits, where division is cheap.
    if (value < BILLION) {
      this.#digits32(value | 0)
      return
    }
    const high = Math.floor(value / BILLION)
    this.#digits32(high)
    this.#padded32(this.#end + 9, (value - high * BILLION) | 0, 9)
    this.#end += 9
  }

  /** @param value a whole number from 0 to below a billion */
  #digits32(value: number): void {
    let count = 1
    if (value >= 100_000) count = value >= 10_000_000 ? (value >= 100_000_000 ? 9 : 8) : value >= 1_000_000 ? 7 : 6
    else if (value >= 1_000) count = value >= 10_000 ? 5 : 4
    else if (value >= 10) count = value >= 100 ? 3 : 2
    this.#end += count
    this.#padded32(this.#end, value, count)
  }

  /** The last `count` digits of a whole number of 32 bits, before `end`, with zeros before them where it is shorter. */
  #padded32(end: number, value: number, count: number): void {
    const bytes = this.#bytes
    let at = end
    let rest = value
    for (let left = count; left >= 2; left -= 2) {
      const next = (rest / 100) | 0
      const pair = (rest - next * 100) * 2
      bytes[--at] = PAIRS[pair + 1]!
      bytes[--at] = PAIRS[pair]!
      rest = next
    }
    if ((count & 1) === 1) bytes[at - 1] = ZERO + (rest % 10)
  }

  #reserve(size: number): void {
    if (this.#end + size > this.#bytes.length) this.#grow(size)
  }

  #grow(size: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + size))
    bytes.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}
