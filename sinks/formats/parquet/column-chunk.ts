/**
 * One column chunk: a dictionary page where that halves it, and data pages of version 1 or 2 (parquet-format, README and Encodings.md).
 * hyparquet-writer makes the page headers; the pages are ours, as its own encoder takes an object for each value.
 */
import type { ColumnChunk, Encoding } from 'hyparquet'
import type { ByteWriter } from 'hyparquet-writer'
import { writePageHeader } from 'hyparquet-writer/src/datapage.js'
import type { ChunkValues } from './chunk-values.ts'
import type { PageCompressor, ParquetCompression } from './codec.ts'
import type { ChunkDictionary, ColumnBuffer } from './column-buffer.ts'
import { PageBytes } from './page-bytes.ts'

/** Widest index that a page of them takes. Dictionaries have fewer entries: those of so many would be more bytes than a row group has. */
const INDEX_BITS_MAX = 24

/**
 * Pages as ParquetSerDe.WriterVersion has them: `V1` is what every reader knows, with the old dictionary encoding; `V2` has the levels
 * outside of what is compressed.
 */
export type WriterVersion = 'V1' | 'V2'

export interface ChunkOptions {
  readonly writerVersion: WriterVersion
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

/** Writes a chunk to `out`, a page a step; returns what the footer says of it. */
export function* writeChunk(
  out: ByteWriter,
  values: ChunkValues,
  options: ChunkOptions,
): Generator<void, WrittenChunk> {
  const { buffer, element } = values
  const { compress, writerVersion } = options
  const start = out.offset
  const encodings: Encoding[] = ['RLE']
  let uncompressed = 0
  const dictionary = options.dictionary ? worthwhile(buffer) : null
  const dictionaryEncoding = writerVersion === 'V1' ? 'PLAIN_DICTIONARY' : 'PLAIN'
  let dictionaryOffset: bigint | undefined
  if (dictionary !== null) {
    dictionaryOffset = BigInt(out.offset)
    page.clear()
    dictionary.write(page)
    uncompressed += writePage(out, null, page.written(), compress, (uncompressed_page_size, compressed_page_size) => ({
      type: 'DICTIONARY_PAGE',
      uncompressed_page_size,
      compressed_page_size,
      dictionary_page_header: { num_values: dictionary.count, encoding: dictionaryEncoding },
    }))
    encodings.push(dictionaryEncoding)
    yield
  }
  const encoding = dictionary === null ? 'PLAIN' : writerVersion === 'V1' ? 'PLAIN_DICTIONARY' : 'RLE_DICTIONARY'
  if (!encodings.includes(encoding)) encodings.push(encoding)
  const width = dictionary === null ? 0 : indexBits(dictionary)
  const dataOffset = BigInt(out.offset)
  const locations: PageLocation[] = []
  const dataPage = writerVersion === 'V1' ? writePageOfV1 : writePageOfV2
  let at: PagePlace = { entry: 0, value: 0, row: 0 }
  while (at.entry < values.entries) {
    const end = pageEnd(values, at, dictionary === null ? null : width / 8, options.pageBytes)
    const offset = out.offset
    uncompressed += dataPage(out, values, at, end, { encoding, compress }, () => {
      if (dictionary === null) return buffer.writePlain(page, at.value, end.value)
      page.byte(width)
      page.hybrid(dictionary.indexes, at.value, end.value, width)
    })
    locations.push({
      offset: BigInt(offset),
      compressed_page_size: out.offset - offset,
      first_row_index: BigInt(at.row),
    })
    at = end
    yield
  }
  const chunk: ColumnChunk = {
    meta_data: {
      type: element.type ?? 'BYTE_ARRAY',
      encodings,
      path_in_schema: [...values.path],
      codec: options.compression,
      num_values: BigInt(values.entries),
      total_compressed_size: BigInt(out.offset - start),
      total_uncompressed_size: BigInt(uncompressed),
      data_page_offset: dataOffset,
      ...(dictionaryOffset !== undefined && { dictionary_page_offset: dictionaryOffset }),
      statistics: { ...buffer.bounds(), null_count: BigInt(values.entries - buffer.count) },
      encoding_stats: [
        ...(dictionary === null
          ? []
          : [{ page_type: 'DICTIONARY_PAGE' as const, encoding: dictionaryEncoding as Encoding, count: 1 }]),
        { page_type: writerVersion === 'V1' ? 'DATA_PAGE' : 'DATA_PAGE_V2', encoding, count: locations.length },
      ],
    },
    file_offset: BigInt(start),
  }
  return locations.length > 1 ? { chunk, offsetIndex: { page_locations: locations } } : { chunk }
}

/** Where a page begins or ends: before this entry, this value, this row. */
interface PagePlace {
  readonly entry: number
  readonly value: number
  readonly row: number
}

interface PageOptions {
  readonly encoding: Encoding
  readonly compress: PageCompressor | null
}

/** Levels with their lengths before the values, and all of it compressed. @returns as `writePage` */
function writePageOfV1(
  out: ByteWriter,
  values: ChunkValues,
  from: PagePlace,
  to: PagePlace,
  { encoding, compress }: PageOptions,
  writeValues: () => void,
): number {
  page.clear()
  if (values.repeats) {
    const place = page.open()
    values.writeRepetitions(page, from.entry, to.entry)
    page.close(place)
  }
  const place = page.open()
  values.writeDefinitions(page, from.entry, to.entry)
  page.close(place)
  writeValues()
  return writePage(out, null, page.written(), compress, (uncompressed_page_size, compressed_page_size) => ({
    type: 'DATA_PAGE',
    uncompressed_page_size,
    compressed_page_size,
    data_page_header: {
      num_values: to.entry - from.entry,
      encoding,
      definition_level_encoding: 'RLE',
      repetition_level_encoding: 'RLE',
    },
  }))
}

/** Levels as they are, before the compressed values. @returns as `writePage` */
function writePageOfV2(
  out: ByteWriter,
  values: ChunkValues,
  from: PagePlace,
  to: PagePlace,
  { encoding, compress }: PageOptions,
  writeValues: () => void,
): number {
  levels.clear()
  values.writeRepetitions(levels, from.entry, to.entry)
  const repetitionBytes = levels.length
  values.writeDefinitions(levels, from.entry, to.entry)
  page.clear()
  writeValues()
  const entries = to.entry - from.entry
  return writePage(out, levels.written(), page.written(), compress, (uncompressedSize, compressedSize) => ({
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: uncompressedSize,
    compressed_page_size: compressedSize,
    data_page_header_v2: {
      num_values: entries,
      num_nulls: entries - (to.value - from.value),
      num_rows: to.row - from.row,
      encoding,
      definition_levels_byte_length: levels.length - repetitionBytes,
      repetition_levels_byte_length: repetitionBytes,
      is_compressed: true,
    },
  }))
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

/** Where the page ends that begins there: before the first row with which it would be too large, but not before its second row. */
function pageEnd(values: ChunkValues, from: PagePlace, indexBytes: number | null, pageBytes: number): PagePlace {
  const { buffer, entries, entryBytes } = values
  let sizeBytes = 0
  let { value, row } = from
  let end: PagePlace | null = null
  for (let entry = from.entry; entry < entries; entry++) {
    if (values.beginsRow(entry)) {
      if (row > from.row) end = { entry, value, row }
      row++
    }
    sizeBytes += entryBytes
    if (!values.hasValue(entry)) {
      if (entryBytes > 0 && sizeBytes > pageBytes && end !== null) return end
      continue
    }
    sizeBytes += indexBytes ?? buffer.sizeOf(value)
    if (sizeBytes > pageBytes && end !== null) return end
    value++
  }
  return { entry: entries, value, row }
}

type Header = Parameters<typeof writePageHeader>[1]

/**
 * @param plain what comes before the compressed bytes, if anything; the header counts it
 * @returns the bytes of the page before compression, its header included
 */
function writePage(
  out: ByteWriter,
  plain: Uint8Array | null,
  bytes: Uint8Array,
  compress: PageCompressor | null,
  headerOf: (uncompressedSize: number, compressedSize: number) => Header,
): number {
  const compressed = compress === null ? bytes : compress(bytes)
  const plainSize = plain?.length ?? 0
  const start = out.offset
  writePageHeader(out, headerOf(plainSize + bytes.length, plainSize + compressed.length))
  const headerSize = out.offset - start
  if (plain !== null) out.appendBytes(plain)
  out.appendBytes(compressed)
  return headerSize + plainSize + bytes.length
}
