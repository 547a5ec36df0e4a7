/** The bytes of a page as they grow: numbers, levels and dictionary indexes (parquet-format, Encodings.md). */

/** Runs of so many equal values are written as a run; shorter ones are packed in groups of eight. */
const RUN_MIN = 8

export class PageBytes {
  #bytes = new Uint8Array(4_096)
  #view = new DataView(this.#bytes.buffer)
  #end = 0

  get length(): number {
    return this.#end
  }

  /** What was written since the last clear; good until then. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#end)
  }

  clear(): void {
    this.#end = 0
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#end++] = value
  }

  bytes(source: Uint8Array): void {
    this.#reserve(source.length)
    this.#bytes.set(source, this.#end)
    this.#end += source.length
  }

  /** Leaves room for a length, which `close` fills in. @returns where it is */
  open(): number {
    this.#reserve(4)
    this.#end += 4
    return this.#end - 4
  }

  /** Sets the length of all that was written since `open`. */
  close(place: number): void {
    this.#view.setUint32(place, this.#end - place - 4, true)
  }

  /** BYTE_ARRAY: 4 bytes of length and the bytes from `from` to before `to`. */
  sized(source: Uint8Array, from: number, to: number): void {
    const size = to - from
    this.#reserve(size + 4)
    this.#view.setUint32(this.#end, size, true)
    const start = this.#end + 4
    // Below some dozen bytes the call of `set` costs more than the loop.
    if (size <= 48) for (let i = 0; i < size; i++) this.#bytes[start + i] = source[from + i]!
    else this.#bytes.set(source.subarray(from, to), start)
    this.#end = start + size
  }

  /** Bits of the values from `from` to before `to`, eight a byte, the first one lowest. */
  bits(values: Uint8Array, from: number, to: number, flipped: number): void {
    this.#reserve(((to - from) >> 3) + 1)
    for (let at = from; at < to; at += 8) {
      let bits = 0
      const count = Math.min(8, to - at)
      for (let i = 0; i < count; i++) bits |= (values[at + i]! ^ flipped) << i
      this.#bytes[this.#end++] = bits
    }
  }

  /** Definition levels of a page: 1 for a value, 0 for NULL. */
  levels(nulls: Uint8Array | null, from: number, to: number): void {
    if (nulls === null) {
      this.varint((to - from) * 2)
      this.byte(1)
      return
    }
    this.varint((Math.ceil((to - from) / 8) << 1) | 1)
    this.bits(nulls, from, to, 1)
  }

  /** RLE and bit packing of the values from `from` to before `to`, each of `width` bits, up to 24. */
  hybrid(values: Int32Array | Uint8Array, from: number, to: number, width: number): void {
    let packedFrom = -1
    let at = from
    while (at < to) {
      const value = values[at]!
      let run = at + 1
      while (run < to && values[run] === value) run++
      if (run - at >= RUN_MIN) {
        if (packedFrom >= 0) this.#packed(values, packedFrom, at, width)
        packedFrom = -1
        this.varint((run - at) * 2)
        for (let bits = 0; bits < width; bits += 8) this.byte((value >> bits) & 0xff)
        at = run
      } else {
        if (packedFrom < 0) packedFrom = at
        at += 8
      }
    }
    if (packedFrom >= 0) this.#packed(values, packedFrom, to, width)
  }

  varint(value: number): void {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte((rest & 127) | 128)
    this.byte(rest)
  }

  /** Groups of eight; the last one is filled with zeros. */
  #packed(values: Int32Array | Uint8Array, from: number, to: number, width: number): void {
    const groups = Math.ceil((to - from) / 8)
    this.varint((groups << 1) | 1)
    this.#reserve(groups * width)
    const bytes = this.#bytes
    let end = this.#end
    let pending = 0
    let size = 0
    for (let at = from; at < to; at++) {
      pending |= values[at]! << size
      size += width
      while (size >= 8) {
        bytes[end++] = pending & 0xff
        pending >>>= 8
        size -= 8
      }
    }
    const full = this.#end + groups * width
    if (size > 0) bytes[end++] = pending
    bytes.fill(0, end, full)
    this.#end = full
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + size))
    bytes.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}
