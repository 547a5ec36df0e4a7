/** A layout, ready to try records in JavaScript. */
import type { Layout } from './layout.ts'
import { KEPT, MISMATCH } from './scanner.ts'
import { likelyOf, type Opening, openingOf } from './word-openings.ts'
import type { WordColumn, WordReader } from './word-reader.ts'

/** A literal as words; of the last one only the bytes in `mask` count. */
interface WordLiteral {
  readonly words: Int32Array
  readonly mask: number
  readonly size: number
}

function wordsOf(literal: Uint8Array): WordLiteral {
  const padded = new Uint8Array(Math.ceil(literal.length / 4) * 4)
  padded.set(literal)
  const view = new DataView(padded.buffer)
  const words = Int32Array.from({ length: padded.length / 4 }, (_unused, i) => view.getInt32(i * 4, true))
  const rest = literal.length & 3
  return { words, mask: rest === 0 ? -1 : (1 << (rest * 8)) - 1, size: literal.length }
}

export class WordLayout {
  /** fields */
  readonly length: number
  /** by field */
  readonly columns: readonly (WordColumn | null)[]
  readonly likely: readonly ReturnType<typeof likelyOf>[]
  readonly openings: readonly Opening[]
  readonly #reader: WordReader
  readonly #literals: readonly WordLiteral[]
  readonly #missing: readonly WordColumn[]
  readonly #tail: WordLiteral

  constructor(layout: Layout, reader: WordReader, columns: readonly (WordColumn | null)[]) {
    this.length = layout.fields.length
    this.columns = layout.fields.map(field => columns[field.column] ?? null)
    this.likely = layout.fields.map(({ value }, i) => likelyOf(value, this.columns[i] ?? null))
    this.openings = layout.fields.map(({ literal }, i) => openingOf(literal, this.likely[i]!))
    this.#reader = reader
    this.#literals = layout.fields.map(field => wordsOf(field.literal))
    this.#missing = layout.missing.map(column => columns[column] ?? null).filter(column => column !== null)
    this.#tail = wordsOf(layout.tail)
  }

  /** The status of the record `[start, end)`; KEPT when its cells are written. */
  attempt(row: number, start: number, end: number): number {
    let at = start
    for (let i = 0; i < this.length; i++) {
      at = this.read(i, row, start, at, end)
      if (at < 0) return -at
    }
    if (!this.ends(at, end)) return MISMATCH
    this.writeMissing(row)
    return KEPT
  }

  /** Reads a field from its literal on; the position after its value, or less than 0: what the status of the record is. */
  read(field: number, row: number, start: number, at: number, end: number): number {
    const literal = this.#literals[field]!
    if (!stands(this.#reader.words, at, literal)) return -MISMATCH
    return this.#reader.value(this.columns[field] ?? null, row, start, at + literal.size, end)
  }

  /** Whether what stands at a position goes on like the opening of a field of more than 16 bytes. */
  goesOn(at: number, field: number): boolean {
    const literal = this.#literals[field]!
    if (!stands(this.#reader.words, at, literal)) return false
    return this.openings[field]!.size === literal.size || this.#reader.bytes[at + literal.size] === 34
  }

  /** Whether a record that was read up to `at` ends as it must. */
  ends(at: number, end: number): boolean {
    return at + this.#tail.size === end && stands(this.#reader.words, at, this.#tail)
  }

  /** Writes NULL to the columns that the layout lacks. */
  writeMissing(row: number): void {
    for (const column of this.#missing) column.setNull(row)
  }
}

/** Whether the literal stands at a position; up to 3 bytes more are read. */
function stands(bytes: DataView, at: number, literal: WordLiteral): boolean {
  const { words } = literal
  const last = words.length - 1
  for (let i = 0; i < last; i++) if (bytes.getInt32(at + i * 4, true) !== words[i]) return false
  return last < 0 || ((bytes.getInt32(at + last * 4, true) ^ (words[last] ?? 0)) & literal.mask) === 0
}
