/** Names that a repeat of the same work gives again: a Random whose values are a function of a name and a counter. */
import { createHash } from 'node:crypto'
import type { Random } from '../../core/index.ts'

export class StableRandom implements Random {
  #name: string
  #drawn = 0

  constructor(name: string) {
    this.#name = name
  }

  /** Begins the values of another name. */
  begin(name: string): void {
    this.#name = name
    this.#drawn = 0
  }

  next(): number {
    return Buffer.from(this.#digest()).readUIntBE(0, 6) / 2 ** 48
  }

  bytes(sizeBytes: number): Uint8Array {
    const blocks: Uint8Array[] = []
    for (let size = 0; size < sizeBytes; size += 32) blocks.push(this.#digest())
    return new Uint8Array(Buffer.concat(blocks).subarray(0, sizeBytes))
  }

  /** Shaped as a version 5 UUID (RFC 9562), a digest of a name. */
  uuid(): string {
    const bytes = this.#digest()
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    const hex = Buffer.from(bytes).toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
  }

  #digest(): Uint8Array {
    return new Uint8Array(
      createHash('sha256')
        .update(`${this.#name}/${this.#drawn++}`)
        .digest(),
    )
  }
}
