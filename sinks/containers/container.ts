/** What each CompressionFormat is in the store: container, extension and Content-Encoding (Firehose, by probes of the service). */
import type { Random } from '../../core/index.ts'
import { type Compressor, GzipCompressor, NoCompressor } from '../compress.ts'
import { rawSnappy, SnappyCompressor } from './snappy.ts'
import { ZipCompressor } from './zip.ts'
import { zstandardCompressor } from './zstandard.ts'

/** Firehose's own values in its own spelling, and ZSTD, which it does not have. */
export type CompressionFormat = 'UNCOMPRESSED' | 'GZIP' | 'ZIP' | 'Snappy' | 'HADOOP_SNAPPY' | 'ZSTD'

export interface Container {
  /** Firehose writes `.snappy` for both Snappy containers, whatever its guide says. */
  readonly extension: string
  /** null for none */
  readonly contentEncoding: string | null
  readonly create: (random: Random) => Promise<Compressor>
}

export const CONTAINERS: Readonly<Record<CompressionFormat, Container>> = {
  UNCOMPRESSED: { extension: '', contentEncoding: null, create: async () => new NoCompressor() },
  GZIP: { extension: '.gz', contentEncoding: 'gzip', create: async () => new GzipCompressor() },
  ZIP: { extension: '.zip', contentEncoding: 'zip', create: async random => new ZipCompressor(random.uuid()) },
  Snappy: {
    extension: '.snappy',
    contentEncoding: 'snappy-java',
    create: async () => new SnappyCompressor(await rawSnappy(), 'xerial'),
  },
  HADOOP_SNAPPY: {
    extension: '.snappy',
    contentEncoding: 'hadoop-snappy',
    create: async () => new SnappyCompressor(await rawSnappy(), 'hadoop'),
  },
  ZSTD: { extension: '.zst', contentEncoding: 'zstd', create: async () => zstandardCompressor() },
}
