/** Compression inside Parquet pages. */
import { gzip } from '../../compress.ts'
import { rawSnappy } from '../../containers/snappy.ts'
import { zstandard } from '../../containers/zstandard.ts'

/** Firehose's ParquetSerDe.Compression, and ZSTD, which it does not have. SNAPPY in pages is the raw block format, without any framing. */
export type ParquetCompression = 'UNCOMPRESSED' | 'GZIP' | 'SNAPPY' | 'ZSTD'

export type PageCompressor = (page: Uint8Array) => Uint8Array

/**
 * What compresses pages; null for UNCOMPRESSED. Snappy is the native package where it is installed, else JavaScript.
 * @throws MillraceError `config` for ZSTD where this version of Node has none
 */
export async function pageCompressorOf(compression: ParquetCompression): Promise<PageCompressor | null> {
  switch (compression) {
    case 'UNCOMPRESSED':
      return null
    case 'GZIP':
      return gzip
    case 'SNAPPY':
      return rawSnappy()
    case 'ZSTD':
      return zstandard('Parquet compression')
  }
}
