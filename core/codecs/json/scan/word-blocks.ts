/**
 * Reads a block of records together, field by field, for the scanner in JavaScript (tools/wasm/assembly/blocks.ts is the compiled
 * one): each loop does one thing with everything at hand, and no record waits for the one before. What is not as the layout has it
 * at first sight is read by WordReader, as any record alone would be.
 */
import { NO_ENTRY } from '../../scanned.ts'
import { KEPT, MISMATCH } from './scanner.ts'
import type { WordLayout } from './word-layout.ts'
import type { Opening } from './word-openings.ts'
import { EMPTY_AT, type WordColumn, type WordReader } from './word-reader.ts'
import type { WordTable } from './word-table.ts'

/** Records of a block. */
export const BLOCK_RECORDS = 64

/** Whether an opening stands at a position, as far as 16 bytes show it. */
function opens(words: DataView, at: number, opening: Opening['words'], masks: Opening['masks']): boolean {
  return (
    (((words.getInt32(at, true) ^ opening[0]) & masks[0]) |
      ((words.getInt32(at + 4, true) ^ opening[1]) & masks[1]) |
      ((words.getInt32(at + 8, true) ^ opening[2]) & masks[2]) |
      ((words.getInt32(at + 12, true) ^ opening[3]) & masks[3])) ===
    0
  )
}

/**
 * The position of the quote that ends a string of ASCII, or EMPTY_AT when something else comes first: an escape, a control character,
 * a byte from 0x80 on.
 */
function plainEnd(words: DataView, start: number): number {
  for (let at = start; ; at += 4) {
    const word = words.getInt32(at, true)
    const quote = word ^ 0x22222222
    const escape = word ^ 0x5c5c5c5c
    // The lowest bit set marks the first byte that is a quote, or nothing that goes on.
    const quotes = (quote - 0x01010101) & ~quote
    const stops = (quotes | ((escape - 0x01010101) & ~escape) | ((word - 0x20202020) & ~word) | word) & 0x80808080
    if (stops === 0) continue
    const lowest = stops & -stops
    return (quotes & lowest) === 0 ? EMPTY_AT : at + ((31 - Math.clz32(lowest)) >> 3)
  }
}

export class WordBlocks {
  readonly #reader: WordReader
  readonly #table: WordTable
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array
  /** by place in the block: the records that are left, and where each is read */
  readonly #rows = new Int32Array(BLOCK_RECORDS)
  readonly #places = new Int32Array(BLOCK_RECORDS)
  /** by record of the block: the layout that it has, where it was kept */
  readonly layouts = new Uint8Array(BLOCK_RECORDS)

  constructor(reader: WordReader, table: WordTable, starts: Uint32Array, ends: Uint32Array) {
    this.#reader = reader
    this.#table = table
    this.#starts = starts
    this.#ends = ends
  }

  /**
   * Reads the records `[from, to)`, at most BLOCK_RECORDS.
   * @param count layouts that are known
   * @param likely the layout to try first
   * @param status KEPT where a record is proven and its cells are written; MISMATCH says nothing
   * @returns the layout of most of them
   */
  scan(
    from: number,
    to: number,
    layouts: readonly WordLayout[],
    count: number,
    likely: number,
    status: Uint8Array,
  ): number {
    const rows = this.#rows
    let left = to - from
    for (let i = 0; i < left; i++) rows[i] = from + i
    status.fill(MISMATCH, from, to)
    let best = likely
    let most = 0
    for (let i = 0; i < count && left > 0; i++) {
      const number = i === 0 ? likely : i <= likely ? i - 1 : i
      const layout = layouts[number]
      if (layout === undefined) continue
      const before = left
      left = this.#try(layout, number, from, left, status)
      if (before - left <= most) continue
      most = before - left
      best = number
    }
    return best
  }

  /** Tries the records that are left; those that do not fit remain. Returns how many. */
  #try(layout: WordLayout, number: number, first: number, count: number, status: Uint8Array): number {
    const rows = this.#rows
    const places = this.#places
    const starts = this.#starts
    for (let i = 0; i < count; i++) places[i] = starts[rows[i]!]!
    for (let field = 0; field < layout.length; field++) {
      if (this.#field(layout, field, count) === count) return count
    }
    let left = 0
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if (!layout.ends(places[i]!, this.#ends[row]!)) {
        rows[left++] = row
        continue
      }
      layout.writeMissing(row)
      this.layouts[row - first] = number
      status[row] = KEPT
    }
    return left
  }

  /** Reads a field of all records that are left; returns how many have failed in it or before. */
  #field(layout: WordLayout, field: number, count: number): number {
    const column = layout.columns[field] ?? null
    switch (layout.likely[field]) {
      case 'string':
        return this.#strings(layout, field, count)
      case 'number':
        return this.#numbers(layout, field, count)
      case 'textCell':
        return column === null ? count : this.#texts(layout, field, column, count)
      case 'numberCell':
        return column === null ? count : this.#numberCells(layout, field, column, count)
      case 'datetimeCell':
        return column === null ? count : this.#datetimes(layout, field, column, count)
      default: {
        let failed = 0
        for (let i = 0; i < count; i++) if (!this.#single(layout, field, i)) failed++
        return failed
      }
    }
  }

  /** The field of one record from its literal on; false when it is not proven. */
  #single(layout: WordLayout, field: number, place: number): boolean {
    const row = this.#rows[place]!
    const next = layout.read(field, row, this.#starts[row]!, this.#places[place]!, this.#ends[row]!)
    this.#places[place] = next < 0 ? EMPTY_AT : next
    return next >= 0
  }

  #strings(layout: WordLayout, field: number, count: number): number {
    const { size, words: opening, masks } = layout.openings[field]!
    const { words } = this.#reader
    const places = this.#places
    let failed = 0
    for (let i = 0; i < count; i++) {
      const at = places[i]!
      if (opens(words, at, opening, masks) && (size <= 16 || layout.goesOn(at, field))) {
        const close = plainEnd(words, at + size)
        if (close !== EMPTY_AT) {
          places[i] = close + 1
          continue
        }
      }
      if (!this.#single(layout, field, i)) failed++
    }
    return failed
  }

  #texts(layout: WordLayout, field: number, column: WordColumn, count: number): number {
    const { size, words: opening, masks } = layout.openings[field]!
    const { words } = this.#reader
    const places = this.#places
    const rows = this.#rows
    const starts = this.#starts
    const { offsets, sizes, entries, spans } = column
    const { bytesMax } = column.spec
    const table = this.#table
    let failed = 0
    for (let i = 0; i < count; i++) {
      const at = places[i]!
      if (opens(words, at, opening, masks) && (size <= 16 || layout.goesOn(at, field))) {
        const text = at + size
        const close = plainEnd(words, text)
        if (close !== EMPTY_AT && close - text <= bytesMax) {
          const row = rows[i]!
          entries[row] = spans ? NO_ENTRY : table.intern(this.#reader.bytes, words, text, close - text)
          offsets[row] = text - starts[row]!
          sizes[row] = close - text
          places[i] = close + 1
          continue
        }
      }
      if (!this.#single(layout, field, i)) failed++
    }
    return failed
  }

  #numbers(layout: WordLayout, field: number, count: number): number {
    const { size, words: opening, masks } = layout.openings[field]!
    const reader = this.#reader
    const { words } = reader
    const places = this.#places
    let failed = 0
    for (let i = 0; i < count; i++) {
      const at = places[i]!
      if (opens(words, at, opening, masks) && (size <= 16 || layout.goesOn(at, field))) {
        const next = reader.skipNumber(at + size)
        if (next >= 0) {
          places[i] = next
          continue
        }
      }
      if (!this.#single(layout, field, i)) failed++
    }
    return failed
  }

  #numberCells(layout: WordLayout, field: number, column: WordColumn, count: number): number {
    const { size, words: opening, masks } = layout.openings[field]!
    const reader = this.#reader
    const { words } = reader
    const places = this.#places
    const rows = this.#rows
    let failed = 0
    for (let i = 0; i < count; i++) {
      const at = places[i]!
      if (opens(words, at, opening, masks) && (size <= 16 || layout.goesOn(at, field))) {
        const next = reader.numberCell(column, rows[i]!, at + size)
        if (next >= 0) {
          places[i] = next
          continue
        }
      }
      if (!this.#single(layout, field, i)) failed++
    }
    return failed
  }

  #datetimes(layout: WordLayout, field: number, column: WordColumn, count: number): number {
    const { size, words: opening, masks } = layout.openings[field]!
    const reader = this.#reader
    const { words } = reader
    const places = this.#places
    const rows = this.#rows
    let failed = 0
    for (let i = 0; i < count; i++) {
      const at = places[i]!
      if (opens(words, at, opening, masks) && (size <= 16 || layout.goesOn(at, field))) {
        const text = at + size
        const close = plainEnd(words, text)
        if (close !== EMPTY_AT && reader.datetimeCell(column, rows[i]!, text, close)) {
          places[i] = close + 1
          continue
        }
      }
      if (!this.#single(layout, field, i)) failed++
    }
    return failed
  }
}
