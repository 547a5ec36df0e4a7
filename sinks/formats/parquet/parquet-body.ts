/**
 * One Parquet file. Rows wait in columns until a row group is full; then each column chunk is encoded in a step of its own, so
 * that a step is a fraction of a row group's work and memory holds one row group and one encoded chunk.
 *
 * hyparquet-writer makes the bytes (data pages of version 2, statistics, dictionaries where they halve a column). Its
 * ParquetWriter encodes a row group in one go, so the loop over columns is ours, and the header, the indexes and the footer are
 * its own. It is pinned to one version, as `writeColumn` and the writer's fields are no promised interface.
 */
import type { ColumnChunk, SchemaElement } from 'hyparquet'
import { ByteWriter } from 'hyparquet-writer'
import { writeColumn } from 'hyparquet-writer/src/column.js'
import { ParquetWriter } from 'hyparquet-writer/src/parquet-writer.js'
import { type ColumnVector, MEBIBYTE, ROWS_PER_BATCH_MAX, type RowBatch } from '../../../core/index.ts'
import type { Body } from '../body.ts'
import type { PageCompressor, ParquetCompression } from './codec.ts'
import { type ColumnBuffer, columnBufferOf } from './column-buffer.ts'
import type { ParquetColumn } from './schema.ts'

/** Rows after which a row group is full: one column of so many rows is some ten milliseconds of encoding. */
export const ROW_GROUP_ROWS = 20_000
/** Bytes before encoding after which a row group is full, whatever its rows. */
export const ROW_GROUP_BYTES = 32 * MEBIBYTE
/** Firehose API model: ParquetSerDe.PageSizeBytes, default and least. */
export const PAGE_BYTES_DEFAULT = 1 * MEBIBYTE
export const PAGE_BYTES_MIN = 65_536
/** `created_by` of the file; readers look here for known defects of a writer. */
const CREATED_BY = 'millrace version 0.1.0 (build hyparquet-writer 0.17.0)'

export interface ParquetBodyOptions {
  readonly columns: readonly ParquetColumn[]
  /** the first column holds the rowtimes */
  readonly rowtime: boolean
  readonly compression: ParquetCompression
  /** null for UNCOMPRESSED */
  readonly compress: PageCompressor | null
  readonly pageBytes: number
  readonly dictionary: boolean
}

export class ParquetBody implements Body {
  readonly #options: ParquetBodyOptions
  readonly #buffers: readonly ColumnBuffer[]
  readonly #out = new ByteWriter(PAGE_BYTES_MIN)
  readonly #writer: ParquetWriter
  readonly #root: SchemaElement
  readonly #compressors: Partial<Record<ParquetCompression, PageCompressor>>
  #rows = 0
  #sizeBytes = 0

  constructor(options: ParquetBodyOptions) {
    this.#options = options
    const capacity = ROW_GROUP_ROWS + ROWS_PER_BATCH_MAX
    this.#buffers = options.columns.map(column => columnBufferOf(column.lane, capacity))
    this.#root = { name: 'schema', num_children: options.columns.length }
    this.#compressors = options.compress === null ? {} : { [options.compression]: options.compress }
    this.#writer = new ParquetWriter({
      writer: this.#out,
      schema: [this.#root, ...options.columns.map(column => column.element)],
      codec: options.compression,
      createdBy: CREATED_BY,
    })
  }

  add(rows: RowBatch): number {
    const columns: readonly ColumnVector[] = this.#options.rowtime
      ? [{ layout: 'number', values: rows.rowtimes, nulls: new Uint8Array(rows.length) }, ...rows.columns]
      : rows.columns
    let sizeBytes = 0
    this.#buffers.forEach((buffer, index) => {
      const column = columns[index]
      if (column !== undefined) sizeBytes += buffer.append(column, rows.length)
    })
    this.#rows += rows.length
    this.#sizeBytes += sizeBytes
    return sizeBytes
  }

  *drain(): Iterable<Uint8Array> {
    if (this.#rows >= ROW_GROUP_ROWS || this.#sizeBytes >= ROW_GROUP_BYTES) yield* this.#rowGroup()
  }

  *finish(): Iterable<Uint8Array> {
    if (this.#rows > 0) yield* this.#rowGroup()
    void this.#writer.finish()
    yield this.#take()
  }

  *#rowGroup(): Iterable<Uint8Array> {
    const { columns, compression, pageBytes, dictionary } = this.#options
    const start = this.#out.offset
    const chunks: ColumnChunk[] = []
    for (const [index, { element }] of columns.entries()) {
      const { values, nullCount } = this.#buffers[index]?.take() ?? { values: [], nullCount: 0 }
      const written = writeColumn({
        writer: this.#out,
        column: {
          columnName: element.name,
          element,
          schemaPath: [this.#root, element],
          codec: compression,
          compressors: this.#compressors,
          stats: true,
          pageSize: pageBytes,
          columnIndex: false,
          offsetIndex: true,
          ...(!dictionary && { encoding: 'PLAIN' as const }),
        },
        pageData: {
          values,
          definitionLevels: definitionLevels(values, nullCount),
          repetitionLevels: [],
          maxDefinitionLevel: 1,
        },
      })
      chunks.push(withoutNanBounds(written.chunk))
      this.#writer.pendingIndexes.push(written)
      yield this.#take()
    }
    this.#writer.row_groups.push({
      columns: chunks,
      total_byte_size: chunks.reduce((size, { meta_data }) => size + (meta_data?.total_uncompressed_size ?? 0n), 0n),
      num_rows: BigInt(this.#rows),
      total_compressed_size: BigInt(this.#out.offset - start),
    })
    this.#writer.num_rows += BigInt(this.#rows)
    this.#rows = 0
    this.#sizeBytes = 0
  }

  /** The bytes since the last take; offsets in the file go on. */
  #take(): Uint8Array {
    const bytes = this.#out.getBytes().slice()
    this.#out.index = 0
    return bytes
  }
}

/**
 * A column chunk with NaN has no least and greatest value: a reader may take bounds as a promise for every row (DuckDB does, and
 * then finds NaN where it looked for the one number beside it).
 */
function withoutNanBounds(chunk: ColumnChunk): ColumnChunk {
  const statistics = chunk.meta_data?.statistics
  if (statistics === undefined || !('nan_count' in statistics) || !statistics.nan_count) return chunk
  delete statistics.min_value
  delete statistics.max_value
  return chunk
}

/** 1 for a value, 0 for NULL. */
function definitionLevels(values: ArrayLike<unknown>, nullCount: number): number[] {
  const levels: number[] = []
  for (let row = 0; row < values.length; row++) levels.push(nullCount > 0 && values[row] === null ? 0 : 1)
  return levels
}
