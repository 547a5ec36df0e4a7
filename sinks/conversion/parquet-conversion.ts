/**
 * Record format conversion to Parquet for a delivery stream: JSON records become rows of a Glue table. Nested values need
 * definition and repetition levels, so the rows wait as objects and hyparquet-writer encodes a row group at once; flat result
 * rows of programs take the column path of formats/parquet instead.
 */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { MEBIBYTE } from '../../core/index.ts'
import type { ConversionPlan } from '../definition/conversion.ts'
import { pageCompressorOf } from '../formats/parquet/codec.ts'
import type { RecordBody } from '../pipeline/object-buffer.ts'
import type { FailedRecord, StreamRecord } from '../pipeline/record.ts'
import type { Conversion } from '../pipeline/stream-options.ts'
import type { GlueTable } from './glue-table.ts'
import { type ConvertedRow, JsonConverter } from './json-converter.ts'
import { parquetElementsOf } from './parquet-elements.ts'

/** Rows and bytes of JSON after which a row group is written: what an open file holds in memory, and one turn of the loop. */
export const CONVERSION_GROUP_ROWS = 20_000
export const CONVERSION_GROUP_BYTES = 16 * MEBIBYTE
const CREATED_BY = 'millrace version 0.1.0 (build hyparquet-writer 0.17.0)'

export class ParquetConversion implements Conversion {
  readonly #table: GlueTable
  readonly #plan: ConversionPlan
  readonly #converter: JsonConverter

  /** @throws MillraceError `config` for a timestamp format that cannot be read */
  constructor(table: GlueTable, plan: ConversionPlan) {
    this.#table = table
    this.#plan = plan
    this.#converter = new JsonConverter(table.columns, plan.deserializer)
  }

  convert(record: StreamRecord, now: number): StreamRecord | FailedRecord {
    const converted = this.#converter.convert(record, now)
    return 'failed' in converted ? converted.failed : { ...record, row: converted.row }
  }

  async newBody(): Promise<RecordBody> {
    const { compression, pageBytes } = this.#plan.parquet
    const compress = await pageCompressorOf(compression)
    return new ConvertedBody(this.#table, {
      codec: compression,
      pageBytes,
      compressors: compress === null ? {} : { [compression]: compress },
    })
  }
}

interface BodyOptions {
  readonly codec: 'UNCOMPRESSED' | 'GZIP' | 'SNAPPY'
  readonly pageBytes: number
  readonly compressors: Readonly<Record<string, (page: Uint8Array) => Uint8Array>>
}

class ConvertedBody implements RecordBody {
  readonly #table: GlueTable
  readonly #pageBytes: number
  readonly #out = new ByteWriter(65_536)
  readonly #writer: ParquetWriter
  #rows: ConvertedRow[] = []
  #bytes = 0

  constructor(table: GlueTable, { codec, pageBytes, compressors }: BodyOptions) {
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
    if (record.row !== undefined) this.#rows.push(record.row)
    this.#bytes += record.data.length
    return record.data.length
  }

  *drain(): Iterable<Uint8Array> {
    if (this.#rows.length >= CONVERSION_GROUP_ROWS || this.#bytes >= CONVERSION_GROUP_BYTES) yield this.#rowGroup()
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
