/** Compression inside Parquet pages. */
import { snappyCompress } from 'hyparquet-writer/src/snappy.js'
import { gzip } from '../../compress.ts'

/** Firehose's ParquetSerDe.Compression. SNAPPY in pages is the raw block format, without any framing. */
export type ParquetCompression = 'UNCOMPRESSED' | 'GZIP' | 'SNAPPY'

export type PageCompressor = (page: Uint8Array) => Uint8Array

let snappy: Promise<PageCompressor> | null = null

/** What compresses pages; null for UNCOMPRESSED. Snappy is the native package where it is installed, else JavaScript. */
export async function pageCompressorOf(compression: ParquetCompression): Promise<PageCompressor | null> {
  switch (compression) {
    case 'UNCOMPRESSED':
      return null
    case 'GZIP':
      return gzip
    case 'SNAPPY':
      snappy ??= import('snappy').then(
        ({ compressSync }) =>
          (page: Uint8Array) =>
            compressSync(page),
        () => snappyCompress,
      )
      return snappy
  }
}
