/** Cells that a scanner has proven, on their way into column writers: what scanners and writers say to each other. */
import type { ColumnWriter } from './cell.ts'

/** Records that a scanner reads at once at most. */
export const SCANNED_RECORDS_MAX = 1_024

/** `entries` of a text that has no entry: its span says what it is. */
export const NO_ENTRY = -1

/** The texts that a scanner knows by number, from 1 on. A change of generation makes all numbers new. */
export interface TextTable {
  readonly generation: number
  /** every entry is below it */
  readonly size: number
  textOf(entry: number): string
}

/** The records that were scanned: number i of the scan is number `first + i` of a record batch with these bytes and offsets. */
export interface ScannedRecords {
  bytes: Uint8Array
  offsets: Int32Array
  first: number
}

/** Texts of a column: entry 0 is NULL; the span of a text starts at `offsets[i]` of its record and is meaningless for NULL. */
export interface ScannedTexts {
  readonly entries: Int32Array
  readonly offsets: Int32Array
  readonly sizes: Int32Array
  readonly table: TextTable
  readonly records: ScannedRecords
}

/**
 * One column as scanned, by record; only rows whose record was kept mean something. The writer that reads it knows which of the
 * views holds its type: numbers as in a NumberColumn, or the same memory as integers, or texts.
 */
export interface ScannedColumn {
  readonly numbers: Float64Array
  readonly integers: BigInt64Array
  readonly nulls: Uint8Array
  readonly texts: ScannedTexts | null
}

/** A column writer that takes scanned cells in runs. */
export interface ScanTarget extends ColumnWriter {
  /** Texts come as spans now; entries would be made for nothing. */
  readonly wantsSpans: boolean
  /** Writes the cells `[from, from + count)` at `row` and after it; all lie below the capacity. */
  copy(row: number, cells: ScannedColumn, from: number, count: number): void
  /** Writes NULL at `row` and the `count - 1` rows after it. */
  clear(row: number, count: number): void
}

export function isScanTarget(writer: ColumnWriter): writer is ScanTarget {
  return 'copy' in writer
}
