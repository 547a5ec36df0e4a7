/**
 * One column chunk: a dictionary page where that halves it, and data pages of version 2 (parquet-format, README and Encodings.md).
 * hyparquet-writer makes the page headers; the pages are ours, as its own encoder takes an object for each value.
 */
import type { ColumnChunk, Encoding, SchemaElement } from 'hyparquet'
import type { ByteWriter } from 'hyparquet-writer'
import { writePageHeader } from 'hyparquet-writer/src/datapage.js'
import type { PageCompressor, ParquetCompression } from './codec.ts'
import type { ChunkDictionary, ColumnBuffer } from './column-buffer.ts'
import { PageBytes } from './page-bytes.ts'

/** Widest index that a page of them takes; a dictionary has never so many entries, as a row group has fewer rows. */
const INDEX_BITS_MAX = 24

export interface ChunkOptions {
  readonly element: SchemaElement
  readonly compression: ParquetCompression
  /** null for UNCOMPRESSED */
  readonly compress: PageCompressor | null
  /** bytes of a page at most before compression, but for its last value */
  readonly pageBytes: number
  readonly dictionary: boolean
}

interface PageLocation {
  readonly offset: bigint
  readonly compressed_page_size: number
  readonly first_row_index: bigint
}

export interface WrittenChunk {
  readonly chunk: ColumnChunk
  readonly offsetIndex?: { readonly page_locations: PageLocation[] }
}

const levels = new PageBytes()
const page = new PageBytes()

/** Writes a chunk to `out`, a page a step; returns what the footer says of it. The rows are those of `buffer` since its clear. */
export function* writeChunk(
  out: ByteWriter,
  buffer: ColumnBuffer,
  options: ChunkOptions,
): Generator<void, WrittenChunk> {
  const { element, compress } = options
  const start = out.offset
  const encodings: Encoding[] = ['RLE']
  let uncompressed = 0
  const dictionary = options.dictionary ? worthwhile(buffer) : null
  let dictionaryOffset: bigint | undefined
  if (dictionary !== null) {
    dictionaryOffset = BigInt(out.offset)
    page.clear()
    dictionary.write(page)
    uncompressed += writePage(out, page.written(), compress, (uncompressed_page_size, compressed_page_size) => ({
      type: 'DICTIONARY_PAGE',
      uncompressed_page_size,
      compressed_page_size,
      dictionary_page_header: { num_values: dictionary.count, encoding: 'PLAIN' },
    }))
    encodings.push('PLAIN')
    yield
  }
  const encoding = dictionary === null ? 'PLAIN' : 'RLE_DICTIONARY'
  if (!encodings.includes(encoding)) encodings.push(encoding)
  const width = dictionary === null ? 0 : indexBits(dictionary)
  const nulls = buffer.nullCount === 0 ? null : buffer.nulls
  const dataOffset = BigInt(out.offset)
  const locations: PageLocation[] = []
  let row = 0
  let value = 0
  while (row < buffer.rows) {
    const end = pageEnd(buffer, row, value, dictionary === null ? null : width / 8, options.pageBytes)
    levels.clear()
    levels.levels(nulls, row, end.row)
    page.clear()
    if (dictionary === null) buffer.writePlain(page, value, end.value)
    else {
      page.byte(width)
      page.hybrid(dictionary.indexes, value, end.value, width)
    }
    const offset = out.offset
    const rows = end.row - row
    uncompressed += writePage(out, page.written(), compress, (uncompressedSize, compressedSize) => ({
      type: 'DATA_PAGE_V2',
      uncompressed_page_size: levels.length + uncompressedSize,
      compressed_page_size: levels.length + compressedSize,
      data_page_header_v2: {
        num_values: rows,
        num_nulls: rows - (end.value - value),
        num_rows: rows,
        encoding,
        definition_levels_byte_length: levels.length,
        repetition_levels_byte_length: 0,
        is_compressed: true,
      },
    }))
    locations.push({
      offset: BigInt(offset),
      compressed_page_size: out.offset - offset,
      first_row_index: BigInt(row),
    })
    row = end.row
    value = end.value
    yield
  }
  const chunk: ColumnChunk = {
    meta_data: {
      type: element.type ?? 'BYTE_ARRAY',
      encodings,
      path_in_schema: [element.name],
      codec: options.compression,
      num_values: BigInt(buffer.rows),
      total_compressed_size: BigInt(out.offset - start),
      total_uncompressed_size: BigInt(uncompressed),
      data_page_offset: dataOffset,
      ...(dictionaryOffset !== undefined && { dictionary_page_offset: dictionaryOffset }),
      statistics: { ...buffer.bounds(), null_count: BigInt(buffer.nullCount) },
      encoding_stats: [
        ...(dictionary === null
          ? []
          : [{ page_type: 'DICTIONARY_PAGE' as const, encoding: 'PLAIN' as const, count: 1 }]),
        { page_type: 'DATA_PAGE_V2', encoding, count: locations.length },
      ],
    },
    file_offset: BigInt(start),
  }
  return locations.length > 1 ? { chunk, offsetIndex: { page_locations: locations } } : { chunk }
}

/** A dictionary with its indexes must at least halve the plain values, as hyparquet-writer has it. */
function worthwhile(buffer: ColumnBuffer): ChunkDictionary | null {
  const dictionary = buffer.dictionary()
  if (dictionary === null) return null
  const bits = indexBits(dictionary)
  let plainBytes = 0
  for (let value = 0; value < buffer.count; value++) plainBytes += buffer.sizeOf(value)
  return bits > INDEX_BITS_MAX || 2 * (dictionary.sizeBytes + (buffer.count * bits) / 8) > plainBytes
    ? null
    : dictionary
}

function indexBits({ count }: ChunkDictionary): number {
  return 32 - Math.clz32(count - 1)
}

/** Where the page ends that begins with a row and a value: before the first row with which it would be too large. */
function pageEnd(
  buffer: ColumnBuffer,
  firstRow: number,
  firstValue: number,
  indexBytes: number | null,
  pageBytes: number,
): { row: number; value: number } {
  const { rows, nulls, nullCount } = buffer
  let sizeBytes = 0
  let value = firstValue
  for (let row = firstRow; row < rows; row++) {
    if (nullCount > 0 && nulls[row] === 1) continue
    sizeBytes += indexBytes ?? buffer.sizeOf(value)
    if (sizeBytes > pageBytes && value > firstValue) return { row, value }
    value++
  }
  return { row: rows, value }
}

type Header = Parameters<typeof writePageHeader>[1]

/** @returns the bytes of the page before compression, its header included */
function writePage(
  out: ByteWriter,
  bytes: Uint8Array,
  compress: PageCompressor | null,
  headerOf: (uncompressedSize: number, compressedSize: number) => Header,
): number {
  const compressed = compress === null ? bytes : compress(bytes)
  const header = headerOf(bytes.length, compressed.length)
  const start = out.offset
  writePageHeader(out, header)
  const headerSize = out.offset - start
  const isData = header.type === 'DATA_PAGE_V2'
  if (isData) out.appendBytes(levels.written())
  out.appendBytes(compressed)
  return headerSize + bytes.length + (isData ? levels.length : 0)
}
