/** BINARY and VARBINARY columns: texts of the form X'0aff', and booleans as their lowest bit. */
import type { ColumnVector } from '../rows.ts'
import { type ColumnWriter, containerRefused, ExactNumber, type Written } from './cell.ts'

const HEX_FORM = /^[xX]'((?:[0-9a-fA-F]{2})*)'$/

export class BinaryWriter implements ColumnWriter {
  readonly #length: number
  readonly #padded: boolean
  #bytes = Buffer.alloc(0)
  #end = 0
  #offsets = new Int32Array(0)
  #sizes = new Int32Array(0)
  #nulls = new Uint8Array(0)

  /** @param length longest value in bytes; a BINARY value is filled up with zero bytes to it, a longer value is refused */
  constructor(kind: 'BINARY' | 'VARBINARY', length: number) {
    this.#length = length
    this.#padded = kind === 'BINARY'
  }

  reserve(capacity: number): void {
    if (capacity <= this.#offsets.length) return
    const [offsets, sizes, nulls] = [this.#offsets, this.#sizes, this.#nulls]
    this.#offsets = new Int32Array(capacity)
    this.#sizes = new Int32Array(capacity)
    this.#nulls = new Uint8Array(capacity)
    this.#offsets.set(offsets)
    this.#sizes.set(sizes)
    this.#nulls.set(nulls)
  }

  write(row: number, value: unknown): Written {
    if (value === null || value === undefined) {
      this.#nulls[row] = 1
      return 'written'
    }
    if (typeof value === 'boolean') {
      const size = this.#padded ? this.#length : 1
      const at = this.#begin(row, size)
      this.#bytes[at + size - 1] = value ? 1 : 0
      return 'written'
    }
    if (typeof value === 'string') {
      const hex = HEX_FORM.exec(value)?.[1]
      if (hex === undefined || hex.length > this.#length * 2) return 'refused'
      const at = this.#begin(row, this.#padded ? this.#length : hex.length / 2)
      this.#bytes.write(hex, at, 'hex')
      return 'written'
    }
    if (typeof value === 'number' || value instanceof ExactNumber) return 'refused'
    return containerRefused(value)
  }

  take(capacity: number): ColumnVector {
    const column: ColumnVector = {
      layout: 'span',
      bytes: this.#bytes,
      offsets: this.#offsets,
      sizes: this.#sizes,
      nulls: this.#nulls,
    }
    this.#bytes = Buffer.alloc(this.#end)
    this.#end = 0
    this.#offsets = new Int32Array(capacity)
    this.#sizes = new Int32Array(capacity)
    this.#nulls = new Uint8Array(capacity)
    return column
  }

  /** Room for a value of zero bytes; returns where it starts. */
  #begin(row: number, size: number): number {
    if (this.#end + size > this.#bytes.length) {
      const bytes = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#end + size, 1_024))
      bytes.set(this.#bytes.subarray(0, this.#end))
      this.#bytes = bytes
    }
    const at = this.#end
    this.#bytes.fill(0, at, at + size)
    this.#offsets[row] = at
    this.#sizes[row] = size
    this.#nulls[row] = 0
    this.#end += size
    return at
  }
}
