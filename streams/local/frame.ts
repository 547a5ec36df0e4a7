/**
 * Records in a segment file.
 *
 *   segment = magic frame*
 *   magic   = "mrseg001"
 *   frame   = crc u32, size u32, payload (size bytes)          little-endian throughout
 *   payload = counter f64, arrivedAt f64, putAt f64, keyBytes u16, key (UTF-8), data
 *
 * The checksum is CRC-32 (as in zlib) of size and payload, so that a torn size is found as well.
 */
import { crc32 } from './crc32.ts'

export const SEGMENT_MAGIC = new TextEncoder().encode('mrseg001')
export const FRAME_HEADER_BYTES = 8
const FIXED_BYTES = 26
/** A larger size is no frame of ours: 10 MiB of data and the longest key lie well below. */
const PAYLOAD_BYTES_MAX = 11 * 1_024 * 1_024

const utf8 = new TextEncoder()
const text = new TextDecoder()

/** A record as it stands in a frame. `data` points into the buffer that was read. */
export interface Frame {
  readonly counter: number
  readonly arrivedAt: number
  readonly putAt: number
  readonly partitionKey: string
  readonly data: Uint8Array
  /** where the next frame begins */
  readonly end: number
}

/** Frames that wait to be written. */
export class FrameBuffer {
  #bytes = new Uint8Array(64 * 1_024)
  #view = new DataView(this.#bytes.buffer)
  #used = 0

  get sizeBytes(): number {
    return this.#used
  }

  append(counter: number, arrivedAt: number, putAt: number, key: string, data: Uint8Array): void {
    this.#reserve(FRAME_HEADER_BYTES + FIXED_BYTES + key.length * 3 + data.length)
    const start = this.#used
    const payload = start + FRAME_HEADER_BYTES
    this.#view.setFloat64(payload, counter, true)
    this.#view.setFloat64(payload + 8, arrivedAt, true)
    this.#view.setFloat64(payload + 16, putAt, true)
    const keyStart = payload + FIXED_BYTES
    const keyBytes = utf8.encodeInto(key, this.#bytes.subarray(keyStart)).written
    this.#view.setUint16(payload + 24, keyBytes, true)
    this.#bytes.set(data, keyStart + keyBytes)
    const end = keyStart + keyBytes + data.length
    this.#view.setUint32(start + 4, end - payload, true)
    this.#view.setUint32(start, crc32(this.#bytes.subarray(start + 4, end)), true)
    this.#used = end
  }

  /** The frames so far; the buffer starts anew. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#used)
    this.#bytes = new Uint8Array(Math.max(64 * 1_024, Math.min(this.#bytes.length, 1_024 * 1_024)))
    this.#view = new DataView(this.#bytes.buffer)
    this.#used = 0
    return taken
  }

  #reserve(sizeBytes: number): void {
    if (this.#used + sizeBytes <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#used + sizeBytes))
    bytes.set(this.#bytes.subarray(0, this.#used))
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

/**
 * The frame that begins at `at`.
 * @returns the frame; `short` with the bytes that it needs from `at` on when the buffer ends too early; `bad` when no sound
 *   frame begins there
 */
export function readFrame(bytes: Uint8Array, at: number): Frame | { readonly short: number } | 'bad' {
  const left = bytes.length - at
  if (left < FRAME_HEADER_BYTES) return { short: FRAME_HEADER_BYTES }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, left)
  const size = view.getUint32(4, true)
  if (size < FIXED_BYTES || size > PAYLOAD_BYTES_MAX) return 'bad'
  const end = FRAME_HEADER_BYTES + size
  if (left < end) return { short: end }
  if (view.getUint32(0, true) !== crc32(bytes.subarray(at + 4, at + end))) return 'bad'
  const keyBytes = view.getUint16(FRAME_HEADER_BYTES + 24, true)
  const keyStart = at + FRAME_HEADER_BYTES + FIXED_BYTES
  if (FIXED_BYTES + keyBytes > size) return 'bad'
  return {
    counter: view.getFloat64(FRAME_HEADER_BYTES, true),
    arrivedAt: view.getFloat64(FRAME_HEADER_BYTES + 8, true),
    putAt: view.getFloat64(FRAME_HEADER_BYTES + 16, true),
    partitionKey: text.decode(bytes.subarray(keyStart, keyStart + keyBytes)),
    data: bytes.subarray(keyStart + keyBytes, at + end),
    end: at + end,
  }
}
