/**
 * Messages of `application/vnd.amazon.eventstream`. Source: Smithy specification, Amazon Event Stream.
 *
 *   message = total u32, headers u32, crc32(first 8 bytes) u32, header*, payload, crc32(all before) u32     big-endian
 *   header  = name size u8, name, 7 (text), value size u16, value
 */
import { crc32 } from '../crc32.ts'

const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4
const TEXT = 7

export function eventMessage(headers: Readonly<Record<string, string>>, payload: Uint8Array): Uint8Array {
  const encoded = Object.entries(headers).map(([name, value]) => {
    const bytes = Buffer.allocUnsafe(1 + name.length + 3 + Buffer.byteLength(value))
    let at = bytes.writeUInt8(name.length, 0)
    at += bytes.write(name, at, 'latin1')
    at = bytes.writeUInt8(TEXT, at)
    at = bytes.writeUInt16BE(bytes.length - at - 2, at)
    bytes.write(value, at)
    return bytes
  })
  const headerBytes = encoded.reduce((sum, { length }) => sum + length, 0)
  const message = Buffer.allocUnsafe(PRELUDE_BYTES + headerBytes + payload.length + CHECKSUM_BYTES)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(headerBytes, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  let at = PRELUDE_BYTES
  for (const header of encoded) {
    message.set(header, at)
    at += header.length
  }
  message.set(payload, at)
  const end = message.length - CHECKSUM_BYTES
  message.writeUInt32BE(crc32(message.subarray(0, end)), end)
  return message
}
