/** Cells as ASCII or UTF-8 bytes, written one after the other into a buffer that grows: what the two encoders share. */
import type { ByteWriter } from '../byte-writer.ts'
import type { Dictionary } from '../dictionary.ts'
import type { SqlType } from '../sql-type.ts'
import {
  DAY_MS,
  TIMESTAMP_MAX,
  TIMESTAMP_MIN,
  TIMESTAMP_TEXT_LENGTH,
  writeDate,
  writeTime,
  writeTimestamp,
} from './datetime-text.ts'
import { decimalText, doubleText, realText } from './number-text.ts'

/** Whole numbers below this are written digit by digit: all have at most 15, which a double divides exactly. */
const SHORT_MAX = 1_000_000_000_000_000n

export class CellBytes {
  #bytes = Buffer.alloc(16_384)
  #end = 0

  /** Hands everything over and starts anew. */
  flush(out: ByteWriter): void {
    out.bytes(this.#bytes.subarray(0, this.#end))
    this.#end = 0
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#end++] = value
  }

  bytes(source: Uint8Array): void {
    this.#reserve(source.length)
    const bytes = this.#bytes
    let end = this.#end
    // Below some dozen bytes the call of `set` costs more than the loop.
    if (source.length <= 32) for (let i = 0; i < source.length; i++) bytes[end++] = source[i] ?? 0
    else {
      bytes.set(source, end)
      end += source.length
    }
    this.#end = end
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

  /**
   * A value of a number column as its type prints: shortest form of REAL and DOUBLE, `true` or `false`, dates and times.
   * @param quote byte around dates and times, or 0
   * @returns false, with nothing written, when the value has no text (not finite, or outside the years 0001 to 9999)
   */
  number(kind: SqlType['kind'], value: number, quote: number): boolean {
    if (kind === 'TIMESTAMP' || kind === 'DATE' || kind === 'TIME') return this.#datetime(kind, value, quote)
    if (kind === 'BOOLEAN') this.ascii(value === 0 ? 'false' : 'true')
    else if (!Number.isFinite(value)) return false
    else if (Number.isInteger(value) && value >= 0 && value < 1e15 && !Object.is(value, -0)) this.#digits(value)
    else this.ascii(kind === 'REAL' ? realText(value) : doubleText(value))
    return true
  }

  #datetime(kind: 'TIMESTAMP' | 'DATE' | 'TIME', value: number, quote: number): boolean {
    const [min, max] = kind === 'TIME' ? [0, DAY_MS - 1] : [TIMESTAMP_MIN, TIMESTAMP_MAX]
    if (!(value >= min && value <= max)) return false
    this.#reserve(TIMESTAMP_TEXT_LENGTH + 2)
    if (quote !== 0) this.#bytes[this.#end++] = quote
    if (kind === 'TIMESTAMP') writeTimestamp(this.#bytes, this.#end, value)
    else if (kind === 'DATE') writeDate(this.#bytes, this.#end, value)
    else writeTime(this.#bytes, this.#end, value)
    this.#end += kind === 'TIMESTAMP' ? TIMESTAMP_TEXT_LENGTH : kind === 'DATE' ? 10 : 12
    if (quote !== 0) this.#bytes[this.#end++] = quote
    return true
  }

  bigint(type: SqlType, value: bigint): void {
    if (type.kind === 'BIGINT' && value >= 0n && value < SHORT_MAX) this.#digits(Number(value))
    else this.ascii(type.kind === 'DECIMAL' ? decimalText(value, type.scale) : value.toString())
  }

  /** @param value a whole number from 0 to below SHORT_MAX */
  #digits(value: number): void {
    this.#reserve(16)
    const bytes = this.#bytes
    let rest = value
    let end = this.#end + 1
    for (let limit = 10; rest >= limit; limit *= 10) end++
    this.#end = end
    do {
      const next = Math.floor(rest / 10)
      bytes[--end] = 48 + rest - next * 10
      rest = next
    } while (rest > 0)
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#bytes.length) return
    const bytes = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#end + size))
    bytes.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = bytes
  }
}

/** Entries of dictionaries as they stand in the output, each made once. */
export class EntryCache {
  readonly #entries = new WeakMap<Dictionary, Uint8Array[]>()
  readonly #make: (text: string) => Uint8Array

  /** @param make the output bytes of one text */
  constructor(make: (text: string) => Uint8Array) {
    this.#make = make
  }

  /** The entries of a dictionary by id; holes are made by `at`. Ask once a batch. */
  of(dictionary: Dictionary): Uint8Array[] {
    let entries = this.#entries.get(dictionary)
    if (entries === undefined) {
      entries = []
      this.#entries.set(dictionary, entries)
    }
    return entries
  }

  at(entries: Uint8Array[], dictionary: Dictionary, id: number): Uint8Array {
    let entry = entries[id]
    if (entry === undefined) {
      entry = this.#make(dictionary.textOf(id))
      entries[id] = entry
    }
    return entry
  }
}
