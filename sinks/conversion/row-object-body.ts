/**
 * The Parquet object of a table with nested columns. Nested values need definition and repetition levels, so the rows wait as
 * objects and hyparquet-writer encodes a row group at once.
 */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { CREATED_BY } from '../formats/parquet/parquet-body.ts'
import type { RecordBody } from '../pipeline/object-buffer.ts'
import type { StreamRecord } from '../pipeline/record.ts'
import type { GlueTable } from './glue-table.ts'
import { CONVERSION_GROUP_BYTES, CONVERSION_GROUP_ROWS } from './group-limits.ts'
import type { ConvertedRow } from './json-converter.ts'
import { parquetElementsOf } from './parquet-elements.ts'

export interface RowObjectBodyOptions {
  readonly codec: 'UNCOMPRESSED' | 'GZIP' | 'SNAPPY'
  readonly pageBytes: number
  readonly compressors: Readonly<Record<string, (page: Uint8Array) => Uint8Array>>
}

export class RowObjectBody implements RecordBody {
  readonly #table: GlueTable
  readonly #pageBytes: number
  readonly #out = new ByteWriter(65_536)
  readonly #writer: ParquetWriter
  #rows: ConvertedRow[] = []
  #bytes = 0

  constructor(table: GlueTable, { codec, pageBytes, compressors }: RowObjectBodyOptions) {
    this.#table = table
    this.#pageBytes = pageBytes
    this.#writer = new ParquetWriter({
      writer: this.#out,
      schema: parquetElementsOf(table.columns),
      codec,
      compressors,
      createdBy: CREATED_BY,
    })
  }

  add(record: StreamRecord): number {
    this.#rows.push(record.row as ConvertedRow)
    record.row = undefined
    this.#bytes += record.data.length
    return record.data.length
  }

  get gatheredBytes(): number {
    return this.#bytes
  }

  get full(): boolean {
    return this.#rows.length >= CONVERSION_GROUP_ROWS || this.#bytes >= CONVERSION_GROUP_BYTES
  }

  *drain(): Iterable<Uint8Array> {
    if (this.full) yield this.#rowGroup()
  }

  *finish(): Iterable<Uint8Array> {
    if (this.#rows.length > 0) yield this.#rowGroup()
    void this.#writer.finish()
    yield this.#take()
  }

  #rowGroup(): Uint8Array {
    const rows = this.#rows
    this.#rows = []
    this.#bytes = 0
    void this.#writer.write({
      columnData: this.#table.columns.map(({ name }) => ({ name, data: rows.map(row => row[name]) })),
      rowGroupSize: rows.length,
      pageSize: this.#pageBytes,
    })
    return this.#take()
  }

  /** The bytes since the last take; offsets in the file go on. */
  #take(): Uint8Array {
    const bytes = this.#out.getBytes().slice()
    this.#out.index = 0
    return bytes
  }
}
