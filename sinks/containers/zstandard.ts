/** Zstandard as a row of frames, one a block; readers take them as one stream (RFC 8878, 3.1). */
import * as zlib from 'node:zlib'
import { MillraceError } from '../../core/index.ts'
import type { Compressor } from '../compress.ts'

type Compress = (bytes: Uint8Array) => Uint8Array

/**
 * Compresses bytes into one frame.
 * @param setting that asks for it, as it is told
 * @throws MillraceError `config` where this version of Node has no Zstandard
 */
export function zstandard(setting: string): Compress {
  const found: unknown = (zlib as { readonly zstdCompressSync?: unknown }).zstdCompressSync
  if (typeof found !== 'function')
    throw new MillraceError('config', `${setting} ZSTD: Node has it from 22.15 on; use GZIP, or a later Node`)
  return found as Compress
}

/** @throws as `zstandard` */
export function zstandardCompressor(): Compressor {
  const compress = zstandard('CompressionFormat')
  return {
    compress: block => new Uint8Array(compress(block)),
    finish: () => new Uint8Array(0),
  }
}
