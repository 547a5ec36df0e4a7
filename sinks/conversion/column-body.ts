/** The Parquet object of a conversion: scanned rows go from columns to columns, converted ones value by value, in their order. */
import { ParquetBody, type ParquetBodyOptions } from '../formats/parquet/parquet-body.ts'
import type { RecordBody } from '../pipeline/object-buffer.ts'
import type { StreamRecord } from '../pipeline/record.ts'
import { CONVERSION_GROUP_BYTES, CONVERSION_GROUP_ROWS } from './group-limits.ts'
import type { ConvertedRow } from './json-converter.ts'
import type { ScannedRows } from './record-scan.ts'

/** A row of scanned rows, which are good until the next scan. */
export class ScannedRow {
  readonly rows: ScannedRows
  readonly row: number

  constructor(rows: ScannedRows, row: number) {
    this.rows = rows
    this.row = row
  }
}

export class ColumnBody implements RecordBody {
  readonly #body: ParquetBody
  /** bodies with rows that are not taken over yet */
  readonly #waiting: Set<ColumnBody>
  readonly #again: (record: StreamRecord) => readonly ConvertedRow[] | null
  /** the scanned rows `[from, to)` that wait */
  #rows: ScannedRows | null = null
  #from = 0
  #to = 0
  #groupRows = 0
  #groupBytes = 0

  /**
   * @param waiting is told when rows wait; who scans calls `settle` before the rows change
   * @param again converts a record whose scanned row is not good any more; null while it is good
   */
  constructor(
    options: ParquetBodyOptions,
    waiting: Set<ColumnBody>,
    again: (record: StreamRecord) => readonly ConvertedRow[] | null,
  ) {
    this.#body = new ParquetBody(options)
    this.#waiting = waiting
    this.#again = again
  }

  get gatheredBytes(): number {
    return this.#groupBytes
  }

  get full(): boolean {
    return this.#groupRows >= CONVERSION_GROUP_ROWS || this.#groupBytes >= CONVERSION_GROUP_BYTES || this.#body.full
  }

  add(record: StreamRecord): number {
    const { row } = record
    // While the first record of an object waited for its store, another stream with this conversion may have scanned.
    const converted = row instanceof ScannedRow ? this.#again(record) : (row as readonly ConvertedRow[])
    if (converted === null && row instanceof ScannedRow) {
      if (row.rows !== this.#rows || row.row !== this.#to) {
        this.settle()
        this.#rows = row.rows
        this.#from = row.row
        this.#waiting.add(this)
      }
      this.#to = row.row + 1
      this.#groupRows++
    } else {
      this.settle()
      for (const each of converted ?? []) this.#body.addRow(column => each[column])
      this.#groupRows += converted?.length ?? 0
    }
    // Whoever keeps the record keeps no columns alive.
    record.row = undefined
    this.#groupBytes += record.data.length
    return record.data.length
  }

  /** Takes the rows over that wait. */
  settle(): void {
    if (this.#rows === null) return
    this.#body.add(this.#rows.rows, this.#from, this.#to, this.#rows.nested)
    this.#rows = null
    this.#to = -1
    this.#waiting.delete(this)
  }

  *drain(): Iterable<Uint8Array> {
    if (!this.full) return
    this.settle()
    this.#groupRows = 0
    this.#groupBytes = 0
    yield* this.#body.rowGroup()
  }

  *finish(): Iterable<Uint8Array> {
    this.settle()
    yield* this.#body.finish()
  }
}
