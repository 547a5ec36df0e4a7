/**
 * One Parquet file. Rows wait in columns until a row group is full; then its chunks are encoded a page a step, so that a step is a
 * fraction of a row group's work and memory holds one row group and one encoded page.
 *
 * hyparquet-writer makes the page headers, the indexes and the footer; pages and statistics are made here from typed
 * arrays. It is pinned to one version, as the writer's fields are no promised interface.
 */
import type { ColumnChunk, RowGroup } from 'hyparquet'
import { ByteWriter } from 'hyparquet-writer'
import { writeBlooms } from 'hyparquet-writer/src/bloom.js'
import { writeIndexes } from 'hyparquet-writer/src/indexes.js'
import { writeMetadata } from 'hyparquet-writer/src/metadata.js'
import { type ColumnVector, MEBIBYTE, type RowBatch } from '../../../core/index.ts'
import type { Body } from '../body.ts'
import { type BloomOptions, bloomFilterOf } from './bloom.ts'
import { type ChunkValues, FlatColumn, type GroupColumn } from './chunk-values.ts'
import type { PageCompressor, ParquetCompression } from './codec.ts'
import { columnBufferOf } from './column-buffer.ts'
import { type WriterVersion, type WrittenChunk, writeChunk } from './column-chunk.ts'
import { NestedColumn } from './nested-column.ts'
import { elementsOf, isGroup, nameOf, type ParquetNode } from './schema.ts'

/** Rows after which a row group is full: what waits in memory for each open file, but for those that the caller adds in one go. */
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
  readonly columns: readonly ParquetNode[]
  /** the first column holds the rowtimes */
  readonly rowtime: boolean
  readonly compression: ParquetCompression
  /** null for UNCOMPRESSED */
  readonly compress: PageCompressor | null
  readonly pageBytes: number
  readonly dictionary: boolean
  /** Default `V1` */
  readonly writerVersion?: WriterVersion
  /** For columns that do not nest. Default: none */
  readonly bloom?: BloomOptions
}

/** "PAR1", before and behind everything. */
const MAGIC = 0x3152_4150

export class ParquetBody implements Body {
  readonly #options: ParquetBodyOptions
  readonly #columns: readonly GroupColumn[]
  readonly #names: readonly string[]
  readonly #out = new ByteWriter(PAGE_BYTES_MIN)
  readonly #groups: RowGroup[] = []
  /** what comes behind the row groups */
  readonly #indexes: (WrittenChunk & { readonly bloomFilter?: Uint32Array })[] = []
  #allRows = 0
  #rows = 0
  #sizeBytes = 0

  constructor(options: ParquetBodyOptions) {
    this.#options = options
    this.#columns = options.columns.map(node =>
      isGroup(node)
        ? new NestedColumn(node)
        : new FlatColumn(node, columnBufferOf(node.lane, node.element.type_length)),
    )
    this.#names = options.columns.map(nameOf)
    this.#out.appendUint32(MAGIC)
  }

  /** Whether `drain` has a row group to write. */
  get full(): boolean {
    return this.#rows >= ROW_GROUP_ROWS || this.#sizeBytes >= ROW_GROUP_BYTES
  }

  /**
   * Takes all rows over, or those from `from` to before `to`.
   * @param nested by column the values of those that nest, as a record conversion makes them
   */
  add(
    rows: RowBatch,
    from = 0,
    to = rows.length,
    nested: readonly (readonly unknown[] | null)[] | null = null,
  ): number {
    const columns: readonly ColumnVector[] = this.#options.rowtime
      ? [{ layout: 'number', values: rows.rowtimes, nulls: new Uint8Array(rows.length) }, ...rows.columns]
      : rows.columns
    let sizeBytes = 0
    for (let index = 0; index < this.#columns.length; index++) {
      const values = nested?.[index] ?? columns[index]
      if (values !== undefined) sizeBytes += this.#columns[index]!.append(values, from, to)
    }
    this.#rows += to - from
    this.#sizeBytes += sizeBytes
    return sizeBytes
  }

  /** Takes one row over, a value for each column as a record conversion makes it. */
  addRow(valueOf: (column: string) => unknown): number {
    let sizeBytes = 0
    for (let index = 0; index < this.#columns.length; index++)
      sizeBytes += this.#columns[index]!.put(valueOf(this.#names[index]!))
    this.#rows++
    this.#sizeBytes += sizeBytes
    return sizeBytes
  }

  *drain(): Iterable<Uint8Array> {
    if (this.full) yield* this.rowGroup()
  }

  *finish(): Iterable<Uint8Array> {
    yield* this.rowGroup()
    const { columns, writerVersion = 'V1' } = this.#options
    writeIndexes(this.#out, this.#indexes)
    writeBlooms(this.#out, this.#indexes)
    writeMetadata(this.#out, {
      version: writerVersion === 'V1' ? 1 : 2,
      created_by: CREATED_BY,
      schema: [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(elementsOf)],
      num_rows: BigInt(this.#allRows),
      row_groups: this.#groups,
      // Not written: the writer counts it.
      metadata_length: 0,
    })
    this.#out.appendUint32(MAGIC)
    yield this.#take()
  }

  /** Writes the rows since the last row group, if there are any, as one. */
  *rowGroup(): Iterable<Uint8Array> {
    if (this.#rows === 0) return
    const { compression, compress, dictionary, writerVersion = 'V1' } = this.#options
    const pageBytes = Math.min(this.#options.pageBytes, PAGE_BYTES_MAX)
    const start = this.#out.offset
    const chunks: ColumnChunk[] = []
    for (const column of this.#columns) {
      for (const leaf of column.leaves) {
        const steps = writeChunk(this.#out, leaf, { writerVersion, compression, compress, pageBytes, dictionary })
        let step = steps.next()
        for (; step.done !== true; step = steps.next()) yield this.#take()
        const filter = yield* this.#bloom(leaf)
        chunks.push(step.value.chunk)
        this.#indexes.push({ ...step.value, ...(filter !== null && { bloomFilter: filter }) })
      }
      column.clear()
    }
    this.#groups.push({
      columns: chunks,
      total_byte_size: chunks.reduce((size, { meta_data }) => size + (meta_data?.total_uncompressed_size ?? 0n), 0n),
      num_rows: BigInt(this.#rows),
      total_compressed_size: BigInt(this.#out.offset - start),
    })
    this.#allRows += this.#rows
    this.#rows = 0
    this.#sizeBytes = 0
  }

  *#bloom({ path: [column = '', ...below], buffer }: ChunkValues): Generator<Uint8Array, Uint32Array | null> {
    const { bloom } = this.#options
    if (bloom === undefined || below.length > 0 || !bloom.columns.includes(column)) return null
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
