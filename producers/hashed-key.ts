/** Keys that were put lately, with what is computed from them once: their bytes, their hash, their shard. */

import { TableKey } from '../streams/aggregation/item.ts'
import { hashKeyOf } from '../streams/index.ts'
import { type Md5Words, md5Words } from '../streams/md5.ts'
import type { OpenShard } from './put-target.ts'

/** Keys that a cache keeps at least, if so many came, and half of those that it keeps at most; about 200 bytes each. */
export const KEYS_KEPT = 8_192
/** Longer texts, which only Kafka has as keys, are not kept. */
const KEPT_CHARACTERS_MAX = 256
/** A text that was cut out of another holds it in memory from this length on (V8). */
const CUT_CHARACTERS_MIN = 13

const words: Md5Words = [0, 0, 0, 0]

/** An open shard of the map that is valid now. */
export interface PlacedShard extends OpenShard {
  /** its place among them */
  readonly index: number
}

/** A partition key, or an explicit hash key in base 10. */
export class HashedKey extends TableKey {
  readonly isExplicit: boolean
  /** where the map of that number predicts it */
  shard: PlacedShard | null = null
  mapNumber = -1
  /** upper 32 bits of the hash key; below 0: not computed yet */
  #top = -1
  #decimal = ''

  constructor(text: string, isExplicit: boolean) {
    super(text)
    this.isExplicit = isExplicit
  }

  /** The upper 32 bits of the hash key. */
  get top(): number {
    if (this.#top < 0) this.#top = this.isExplicit ? Number(BigInt(this.text) >> 96n) : md5Words(this.text, words)[0]
    return this.#top
  }

  get hashKey(): bigint {
    return this.isExplicit ? BigInt(this.text) : hashKeyOf(this.text)
  }

  /** The hash key in base 10. */
  get decimal(): string {
    if (this.isExplicit) return this.text
    if (this.#decimal === '') this.#decimal = this.hashKey.toString()
    return this.#decimal
  }
}

/** Texts by which it was asked for keys, from `KEYS_KEPT` to twice as many: those that were not asked for longest go. */
export class KeyCache {
  readonly #make: (text: string) => HashedKey
  #recent = new Map<string, HashedKey>()
  #older = new Map<string, HashedKey>()

  /** @param make may throw, and nothing is kept then */
  constructor(make: (text: string) => HashedKey) {
    this.#make = make
  }

  get(text: string): HashedKey {
    return this.#recent.get(text) ?? this.#miss(text)
  }

  #miss(text: string): HashedKey {
    if (text.length > KEPT_CHARACTERS_MAX) return this.#make(text)
    const own = ownText(text)
    const key = this.#older.get(text) ?? this.#make(own)
    if (this.#recent.size >= KEYS_KEPT) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(own, key)
    return key
  }
}

/** The text in memory of its own, so that what is kept keeps nothing else. */
function ownText(text: string): string {
  if (text.length < CUT_CHARACTERS_MIN) return text
  const encoding = Buffer.byteLength(text) === text.length ? 'latin1' : 'utf16le'
  return Buffer.from(text, encoding).toString(encoding)
}
