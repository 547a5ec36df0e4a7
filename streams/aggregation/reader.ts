/** Reads a protobuf message field by field. A message that cannot be parsed sets `failed`, and nothing is read after that. */

const VARINT_BYTES_MAX = 10
/** Depth of nested groups that readers of the reference implementation follow. */
const GROUP_DEPTH_MAX = 100

export class FieldReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  /** the place of the next field; may be moved over fields that somebody else read */
  at: number
  /** the field just read: its tag (number and wire type), and for wire type 2 the span of its content */
  tag = 0
  start = 0
  stop = 0
  /** value of a field of wire type 0; 2^53 or more is not exact */
  value = 0
  failed = false

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes
    this.at = start
    this.#end = end
  }

  /** Moves to the next field; false at the end of the message or of what can be parsed. */
  next(): boolean {
    if (this.failed || this.at >= this.#end) return false
    const tag = this.#varint()
    // field numbers have 29 bits and start at 1
    if (this.failed || tag < 8 || tag > 0xffff_ffff) return this.#fail()
    this.tag = tag
    const wireType = tag % 8
    if (wireType === 0) this.value = this.#varint()
    else if (wireType === 2) {
      const sizeBytes = this.#varint()
      if (this.failed || sizeBytes > this.#end - this.at) return this.#fail()
      this.start = this.at
      this.stop = this.at + sizeBytes
      this.at = this.stop
    } else this.#skip(tag, 0)
    return !this.failed
  }

  #skip(tag: number, depth: number): void {
    const wireType = tag % 8
    if (wireType === 0) this.#varint()
    else if (wireType === 1) this.#move(8)
    else if (wireType === 2) this.#move(this.#varint())
    else if (wireType === 5) this.#move(4)
    else if (wireType === 3 && depth < GROUP_DEPTH_MAX) this.#skipGroup(Math.floor(tag / 8), depth)
    else this.failed = true
  }

  #skipGroup(field: number, depth: number): void {
    while (!this.failed) {
      const tag = this.#varint()
      if (this.failed || tag < 8 || tag > 0xffff_ffff) this.failed = true
      else if (tag % 8 === 4) {
        this.failed = Math.floor(tag / 8) !== field
        return
      } else this.#skip(tag, depth + 1)
    }
  }

  #move(sizeBytes: number): void {
    if (sizeBytes > this.#end - this.at) this.failed = true
    else this.at += sizeBytes
  }

  #varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      if (this.at >= this.#end) break
      const byte = this.#bytes[this.at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
    this.failed = true
    return 0
  }

  #fail(): boolean {
    this.failed = true
    return false
  }
}
