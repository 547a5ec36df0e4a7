/** Reads what a StateWriter wrote. A snapshot that ends early or says something else is refused, never guessed at. */
import { MillraceError } from '../../core/errors.ts'
import type { Value } from '../../core/rows.ts'
import { TAG } from './state-writer.ts'

// A byte order mark at the start of a text belongs to the text.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

export class StateReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length
  }

  count(): number {
    return this.#view.getUint32(this.#skip(4), true)
  }

  number(): number {
    return this.#view.getFloat64(this.#skip(8), true)
  }

  bytes(): Uint8Array {
    const size = this.count()
    const start = this.#skip(size)
    return this.#bytes.slice(start, start + size)
  }

  text(): string {
    const wide = this.#byte() === 1
    const size = this.count()
    const start = this.#skip(size)
    if (!wide) return utf8.decode(this.#bytes.subarray(start, start + size))
    let text = ''
    for (let i = start; i < start + size; i += 2) text += String.fromCharCode(this.#view.getUint16(i, true))
    return text
  }

  value(): Value {
    const tag = this.#byte()
    switch (tag) {
      case TAG.null:
        return null
      case TAG.number:
        return this.number()
      case TAG.bigint:
        return BigInt(this.text())
      case TAG.text:
        return this.text()
      case TAG.bytes:
        return this.bytes()
      default:
        throw new MillraceError('unreadable_input', `snapshot holds an unknown tag ${tag} at byte ${this.#at - 1}`)
    }
  }

  /** The error for a snapshot whose bytes can be read and do not fit together. */
  damaged(what: string): MillraceError {
    return new MillraceError('unreadable_input', `snapshot is damaged: it holds ${what}, before byte ${this.#at}`)
  }

  #byte(): number {
    return this.#view.getUint8(this.#skip(1))
  }

  #skip(size: number): number {
    const at = this.#at
    if (at + size > this.#bytes.length)
      throw new MillraceError('unreadable_input', `snapshot ends at byte ${this.#bytes.length}, before the state does`)
    this.#at = at + size
    return at
  }
}
