/** Different texts or bytes of a row group, in one buffer, found by a hash of their bytes. */

/** Values after which it is looked whether finding equal ones is worth while, and the share of new ones above which it is not. */
const TRIAL_VALUES = 4_096
const TRIAL_SHARE = 0.8

export class ByteEntries {
  bytes = new Uint8Array(4_096)
  /** entry i is the bytes from `starts[i]` to before `starts[i + 1]` */
  starts = new Int32Array(257)
  length = 0
  /** values on trial so far, and how many of them were new */
  #tried = 0
  #fresh = 0
  #finds = true
  /** 1 + index of an entry, or 0; at most half of it is used */
  #slots = new Int32Array(512)

  /** Whether all entries differ. */
  get distinct(): boolean {
    return this.#finds
  }

  get sizeBytes(): number {
    return this.starts[this.length]!
  }

  clear(): void {
    this.length = 0
    this.#tried = 0
    this.#fresh = 0
    this.#finds = true
    this.#slots.fill(0)
  }

  /**
   * The index of an entry with the bytes from `from` to before `to` of a source; it is entered if it is new.
   * @param tried whether the value says something about how often values repeat
   */
  indexOf(source: Uint8Array, from: number, to: number, tried: boolean): number {
    if (tried && ++this.#tried === TRIAL_VALUES && this.#fresh > TRIAL_VALUES * TRIAL_SHARE) this.#finds = false
    if (!this.#finds) return this.#add(source, from, to)
    const mask = this.#slots.length - 1
    let slot = hashOf(source, from, to) & mask
    for (;;) {
      const index = this.#slots[slot]! - 1
      if (index < 0) break
      if (this.#equals(index, source, from, to)) return index
      slot = (slot + 1) & mask
    }
    const index = this.#add(source, from, to)
    if (tried) this.#fresh++
    this.#slots[slot] = index + 1
    if (this.length * 2 > this.#slots.length) this.#rehash()
    return index
  }

  #add(source: Uint8Array, from: number, to: number): number {
    const start = this.starts[this.length]!
    const end = start + to - from
    if (end > this.bytes.length) this.bytes = grown(this.bytes, new Uint8Array(Math.max(this.bytes.length * 2, end)))
    if (to - from <= 48) for (let i = from; i < to; i++) this.bytes[start + i - from] = source[i]!
    else this.bytes.set(source.subarray(from, to), start)
    if (this.length + 2 > this.starts.length) this.starts = grown(this.starts, new Int32Array(this.starts.length * 2))
    this.starts[this.length + 1] = end
    return this.length++
  }

  #equals(index: number, source: Uint8Array, from: number, to: number): boolean {
    const start = this.starts[index]!
    if (this.starts[index + 1]! - start !== to - from) return false
    for (let i = from; i < to; i++) if (this.bytes[start + i - from] !== source[i]) return false
    return true
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 4)
    const mask = this.#slots.length - 1
    for (let index = 0; index < this.length; index++) {
      let slot = hashOf(this.bytes, this.starts[index]!, this.starts[index + 1]!) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = index + 1
    }
  }
}

function grown<T extends Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}

/** FNV-1a with its high bits mixed into the low ones, which choose the slot. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c_9dc5
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193)
  return hash ^ (hash >>> 15)
}
