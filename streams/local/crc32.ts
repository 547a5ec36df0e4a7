/** CRC-32 as zlib and gzip have it. Node has it natively from 20.15 on; before that the table does. */
import * as zlib from 'node:zlib'

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value >>> 0
})

/** The same by table; exported so that a test can hold the two against each other. */
export function crc32ByTable(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

export const crc32: (bytes: Uint8Array) => number =
  'crc32' in zlib && typeof zlib.crc32 === 'function' ? zlib.crc32 : crc32ByTable
