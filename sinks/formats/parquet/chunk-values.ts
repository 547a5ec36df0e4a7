/** What a chunk is made of: the values of one leaf of the schema in a row group, with their levels. */
import type { SchemaElement } from 'hyparquet'
import type { ColumnVector } from '../../../core/index.ts'
import type { ColumnBuffer } from './column-buffer.ts'
import type { PageBytes } from './page-bytes.ts'
import type { ParquetColumn } from './schema.ts'

export interface ChunkValues {
  readonly element: SchemaElement
  /** the names that lead to the leaf, its own included */
  readonly path: readonly string[]
  /** the values that are not NULL */
  readonly buffer: ColumnBuffer
  readonly rows: number
  /** values, and NULLs in place of them: as many as rows, where nothing repeats */
  readonly entries: number
  /** what an entry takes in a page besides its value */
  readonly entryBytes: number
  readonly repeats: boolean
  hasValue(entry: number): boolean
  /** Whether an entry is the first of its row. */
  beginsRow(entry: number): boolean
  /** Levels of the entries from `from` to before `to`. */
  writeRepetitions(out: PageBytes, from: number, to: number): void
  writeDefinitions(out: PageBytes, from: number, to: number): void
}

/** A column of a row group as it grows: rows go in, and come out by leaves. */
export interface GroupColumn {
  readonly leaves: readonly ChunkValues[]
  /**
   * Takes the rows `[from, to)` over, of a column of a batch or of values as a record conversion makes them.
   * @returns their bytes before encoding
   */
  append(rows: ColumnVector | readonly unknown[], from: number, to: number): number
  /** Takes one value over as a record conversion makes it; null and undefined are NULL. Returns its bytes before encoding. */
  put(value: unknown): number
  clear(): void
}

/** A column of plain values. */
export class FlatColumn implements GroupColumn, ChunkValues {
  readonly element: SchemaElement
  readonly path: readonly string[]
  readonly buffer: ColumnBuffer
  readonly leaves: readonly ChunkValues[] = [this]
  readonly entryBytes = 0
  readonly repeats = false

  constructor({ element }: ParquetColumn, buffer: ColumnBuffer) {
    this.element = element
    this.path = [element.name]
    this.buffer = buffer
  }

  get rows(): number {
    return this.buffer.rows
  }

  get entries(): number {
    return this.buffer.rows
  }

  append(rows: ColumnVector | readonly unknown[], from: number, to: number): number {
    if ('layout' in rows) return this.buffer.append(rows, from, to)
    let sizeBytes = 0
    for (let row = from; row < to; row++) sizeBytes += this.buffer.put(rows[row])
    return sizeBytes
  }

  put(value: unknown): number {
    return this.buffer.put(value)
  }

  clear(): void {
    this.buffer.clear()
  }

  hasValue(entry: number): boolean {
    return this.buffer.nulls[entry] === 0
  }

  beginsRow(): boolean {
    return true
  }

  writeRepetitions(): void {}

  writeDefinitions(out: PageBytes, from: number, to: number): void {
    out.levels(this.buffer.nullCount === 0 ? null : this.buffer.nulls, from, to)
  }
}
