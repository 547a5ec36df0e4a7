/**
 * Operator state as bytes. Little-endian; text is a size and UTF-8, or UTF-16 code units where UTF-8 would lose unpaired
 * surrogates. Values carry a tag, so that a reader that disagrees notices.
 */
import { ByteWriter } from '../../core/byte-writer.ts'
import type { Value } from '../../core/rows.ts'

const utf8 = new TextEncoder()
/** Bytes after which an operator pauses its snapshot. */
export const SNAPSHOT_SLICE_BYTES = 65_536

export const TAG = { null: 0, number: 1, bigint: 2, text: 3, bytes: 4 } as const

export class StateWriter {
  readonly #out = new ByteWriter(SNAPSHOT_SLICE_BYTES)
  readonly #scratch = new DataView(new ArrayBuffer(8))
  readonly #scratchBytes = new Uint8Array(this.#scratch.buffer)

  /** True when enough was written for the caller of the snapshot to take it. */
  get sliceFull(): boolean {
    return this.#out.length >= SNAPSHOT_SLICE_BYTES
  }

  /** What was written since the last take. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#out.take()
  }

  count(value: number): void {
    this.#scratch.setUint32(0, value, true)
    this.#out.bytes(this.#scratchBytes.subarray(0, 4))
  }

  number(value: number): void {
    this.#scratch.setFloat64(0, value, true)
    this.#out.bytes(this.#scratchBytes)
  }

  bytes(value: Uint8Array): void {
    this.count(value.length)
    this.#out.bytes(value)
  }

  text(value: string): void {
    const bytes = utf8.encode(value)
    if (!/[\ud800-\udfff]/.test(value) || new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) === value) {
      this.#out.byte(0)
      this.bytes(bytes)
      return
    }
    this.#out.byte(1)
    this.count(value.length * 2)
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      this.#out.byte(unit & 0xff)
      this.#out.byte(unit >> 8)
    }
  }

  value(value: Value): void {
    if (value === null) this.#out.byte(TAG.null)
    else if (typeof value === 'number') {
      this.#out.byte(TAG.number)
      this.number(value)
    } else if (typeof value === 'bigint') {
      this.#out.byte(TAG.bigint)
      this.text(value.toString())
    } else if (typeof value === 'string') {
      this.#out.byte(TAG.text)
      this.text(value)
    } else {
      this.#out.byte(TAG.bytes)
      this.bytes(value)
    }
  }
}
