/**
 * One Parquet file. Rows wait in columns until a row group is full; then its chunks are encoded a page a step, so that a step is a
 * fraction of a row group's work and memory holds one row group and one encoded page.
 *
 * hyparquet-writer makes the header, the page headers, the indexes and the footer; pages and statistics are made here from typed
 * arrays. It is pinned to one version, as the writer's fields are no promised interface.
 */
import type { ColumnChunk, SchemaElement } from 'hyparquet'
import { ByteWriter } from 'hyparquet-writer'
import { ParquetWriter } from 'hyparquet-writer/src/parquet-writer.js'
import { type ColumnVector, MEBIBYTE, type RowBatch } from '../../../core/index.ts'
import type { Body } from '../body.ts'
import { type BloomOptions, bloomFilterOf } from './bloom.ts'
import type { PageCompressor, ParquetCompression } from './codec.ts'
import { type ColumnBuffer, columnBufferOf } from './column-buffer.ts'
import { writeChunk } from './column-chunk.ts'
import type { ParquetColumn } from './schema.ts'

/** Rows after which a row group is full: what waits in memory for each open file. */
export const ROW_GROUP_ROWS = 20_000
/** Bytes before encoding after which a row group is full, whatever its rows. */
export const ROW_GROUP_BYTES = 32 * MEBIBYTE
/** Firehose API model: ParquetSerDe.PageSizeBytes, default and least. */
export const PAGE_BYTES_DEFAULT = 1 * MEBIBYTE
export const PAGE_BYTES_MIN = 65_536
/** Compressing a page is one step: gzip takes some 20 ms for so many bytes, and larger pages than that are not made. */
export const PAGE_BYTES_MAX = 1 * MEBIBYTE
/** `created_by` of the file; readers look here for known defects of a writer. */
export const CREATED_BY = 'millrace version 0.1.0 (build hyparquet-writer 0.17.0)'

export interface ParquetBodyOptions {
  readonly columns: readonly ParquetColumn[]
  /** the first column holds the rowtimes */
  readonly rowtime: boolean
  readonly compression: ParquetCompression
  /** null for UNCOMPRESSED */
  readonly compress: PageCompressor | null
  readonly pageBytes: number
  readonly dictionary: boolean
  /** Default: none */
  readonly bloom?: BloomOptions
}

export class ParquetBody implements Body {
  readonly #options: ParquetBodyOptions
  readonly #buffers: readonly ColumnBuffer[]
  readonly #out = new ByteWriter(PAGE_BYTES_MIN)
  readonly #writer: ParquetWriter
  readonly #root: SchemaElement
  #rows = 0
  #sizeBytes = 0

  constructor(options: ParquetBodyOptions) {
    this.#options = options
    this.#buffers = options.columns.map(column => columnBufferOf(column.lane))
    this.#root = { name: 'schema', num_children: options.columns.length }
    this.#writer = new ParquetWriter({
      writer: this.#out,
      schema: [this.#root, ...options.columns.map(column => column.element)],
      codec: options.compression,
      createdBy: CREATED_BY,
    })
  }

  /** Whether `drain` has a row group to write. */
  get full(): boolean {
    return this.#rows >= ROW_GROUP_ROWS || this.#sizeBytes >= ROW_GROUP_BYTES
  }

  /** Takes all rows over, or those from `from` to before `to`. */
  add(rows: RowBatch, from = 0, to = rows.length): number {
    const columns: readonly ColumnVector[] = this.#options.rowtime
      ? [{ layout: 'number', values: rows.rowtimes, nulls: new Uint8Array(rows.length) }, ...rows.columns]
      : rows.columns
    let sizeBytes = 0
    for (let index = 0; index < this.#buffers.length; index++) {
      const column = columns[index]
      if (column !== undefined) sizeBytes += this.#buffers[index]!.append(column, from, to)
    }
    this.#rows += to - from
    this.#sizeBytes += sizeBytes
    return sizeBytes
  }

  /** Takes one row over, a value for each column as a record conversion makes it. */
  addRow(valueOf: (column: string) => unknown): number {
    let sizeBytes = 0
    this.#buffers.forEach((buffer, index) => {
      sizeBytes += buffer.put(valueOf(this.#options.columns[index]!.element.name))
    })
    this.#rows++
    this.#sizeBytes += sizeBytes
    return sizeBytes
  }

  *drain(): Iterable<Uint8Array> {
    if (this.full) yield* this.rowGroup()
  }

  *finish(): Iterable<Uint8Array> {
    yield* this.rowGroup()
    void this.#writer.finish()
    yield this.#take()
  }

  /** Writes the rows since the last row group, if there are any, as one. */
  *rowGroup(): Iterable<Uint8Array> {
    if (this.#rows === 0) return
    const { columns, compression, compress, dictionary } = this.#options
    const pageBytes = Math.min(this.#options.pageBytes, PAGE_BYTES_MAX)
    const start = this.#out.offset
    const chunks: ColumnChunk[] = []
    for (const [index, { element }] of columns.entries()) {
      const buffer = this.#buffers[index]
      if (buffer === undefined) continue
      const steps = writeChunk(this.#out, buffer, { element, compression, compress, pageBytes, dictionary })
      let step = steps.next()
      for (; step.done !== true; step = steps.next()) yield this.#take()
      const filter = yield* this.#bloom(buffer, element.name)
      buffer.clear()
      chunks.push(step.value.chunk)
      this.#writer.pendingIndexes.push({ ...step.value, ...(filter !== null && { bloomFilter: filter }) })
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

  *#bloom(buffer: ColumnBuffer, column: string): Generator<Uint8Array, Uint32Array | null> {
    const { bloom } = this.#options
    if (bloom === undefined || !bloom.columns.includes(column)) return null
    const steps = bloomFilterOf(buffer, bloom.falsePositives)
    let step = steps.next()
    for (; step.done !== true; step = steps.next()) yield this.#take()
    return step.value
  }

  /** The bytes since the last take; offsets in the file go on. */
  #take(): Uint8Array {
    const bytes = this.#out.getBytes().slice()
    this.#out.index = 0
    return bytes
  }
}
