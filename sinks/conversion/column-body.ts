/** The Parquet object of a flat table: scanned rows go from columns to columns, converted ones value by value, in their order. */
import type { RowBatch } from '../../core/index.ts'
import { ParquetBody, type ParquetBodyOptions } from '../formats/parquet/parquet-body.ts'
import type { RecordBody } from '../pipeline/object-buffer.ts'
import type { StreamRecord } from '../pipeline/record.ts'
import { fixedBytes } from './derived-column.ts'
import { CONVERSION_GROUP_BYTES, CONVERSION_GROUP_ROWS } from './group-limits.ts'
import type { ConvertedRow } from './json-converter.ts'

/** A row of scanned rows, which are good until the next scan. */
export class ScannedRow {
  readonly rows: RowBatch
  readonly row: number

  constructor(rows: RowBatch, row: number) {
    this.rows = rows
    this.row = row
  }
}

export class ColumnBody implements RecordBody {
  readonly #body: ParquetBody
  /** bodies with rows that are not taken over yet */
  readonly #waiting: Set<ColumnBody>
  readonly #fixed: ReadonlyMap<string, number>
  /** the scanned rows `[from, to)` that wait */
  #rows: RowBatch | null = null
  #from = 0
  #to = 0
  #groupRows = 0
  #groupBytes = 0

  /** @param waiting is told when rows wait; who scans calls `settle` before the rows change */
  constructor(options: ParquetBodyOptions, waiting: Set<ColumnBody>) {
    this.#body = new ParquetBody(options)
    this.#waiting = waiting
    this.#fixed = new Map(
      options.columns.flatMap(({ element, lane }) =>
        lane === 'fixed' ? [[element.name, element.type_length ?? 0] as const] : [],
      ),
    )
  }

  get gatheredBytes(): number {
    return this.#groupBytes
  }

  get full(): boolean {
    return this.#groupRows >= CONVERSION_GROUP_ROWS || this.#groupBytes >= CONVERSION_GROUP_BYTES
  }

  add(record: StreamRecord): number {
    const { row } = record
    if (row instanceof ScannedRow) {
      if (row.rows !== this.#rows || row.row !== this.#to) {
        this.settle()
        this.#rows = row.rows
        this.#from = row.row
        this.#waiting.add(this)
      }
      this.#to = row.row + 1
    } else {
      this.settle()
      this.#addConverted(row as ConvertedRow)
    }
    // Whoever keeps the record keeps no columns alive.
    record.row = undefined
    this.#groupRows++
    this.#groupBytes += record.data.length
    return record.data.length
  }

  /** Takes the rows over that wait. */
  settle(): void {
    if (this.#rows === null) return
    this.#body.add(this.#rows, this.#from, this.#to)
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

  #addConverted(row: ConvertedRow): void {
    this.#body.addRow(column => {
      const value = row[column]
      const size = this.#fixed.get(column)
      return size !== undefined && typeof value === 'bigint' ? fixedBytes(value, size) : value
    })
  }
}
