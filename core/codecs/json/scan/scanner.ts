/** A scanner: reads records along layouts into columns of its own. Two are alike in all but speed (wasm-scanner.ts, word-scanner.ts). */
import type { RecordBatch } from '../../../record.ts'
import type { ScannedColumn } from '../../scanned.ts'
import type { Layout } from './layout.ts'
import type { ScanColumn } from './scan-column.ts'

/** Layouts that a scanner keeps at once. */
export const LAYOUTS_MAX = 8
/** Bytes of records that are scanned at once; a larger record goes the slow way. */
export const SCANNED_BYTES_MAX = 1_048_576
/** Bytes that loads may run over the end of the last record; they are zero. */
export const OVERRUN_BYTES = 64

/** `status` of a record: all cells are written. */
export const KEPT = 0
/** `status` of a record with a value that is not proven; it would not be along any other layout either. */
export const VALUE = 1
/** `status` of a record of no known layout. */
export const MISMATCH = 2

export interface Scanner {
  readonly kind: 'wasm' | 'javascript'
  /** by schema column; null where the column is not read */
  readonly columns: readonly (ScannedColumn | null)[]
  /** by record of the scan */
  readonly status: Uint8Array
  /** records kept, by layout; the owner sets them back */
  readonly hits: Uint32Array
  /** Replaces the layout with this number, from 0 to LAYOUTS_MAX - 1. */
  setLayout(index: number, layout: Layout): void
  /** Says for the next scans whether texts of a column get entries. */
  setSpans(column: number, spans: boolean): void
  /**
   * Takes the records of a batch from `first` on.
   * @param most from 1 to SCANNED_RECORDS_MAX
   * @returns how many: fewer where they are too large together, 0 where one alone is
   */
  load(batch: RecordBatch, first: number, most: number): number
  /**
   * Scans the loaded records `[from, to)` along the layouts below `layouts`.
   * @param stop true: end at the first record of no known layout
   * @returns the number of the record where it ended, or `to`
   */
  scan(from: number, to: number, layouts: number, stop: boolean): number
}

/** By schema column; null where the column is not read. */
export type ScanColumns = readonly (ScanColumn | null)[]
