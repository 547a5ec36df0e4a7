/**
 * Key values by small dense codes, owned by operator state: a batch or its dictionary may go, the values stay.
 * Code 0 is NULL, so that NULL keys are equal.
 */
import type { ColumnVector, Value } from '../../core/rows.ts'
import { spanBytes, textAt } from '../../core/rows.ts'
import { type Storage } from '../../core/sql-type.ts'
import { grownInts } from './accumulators/slots.ts'
import type { ResultColumn } from './result-builder.ts'
import { TextCodes } from './text-codes.ts'

/** Rough bytes that a key value costs beside its own: a map entry, an array slot, a string header. */
const KEY_OVERHEAD_BYTES = 64
/** Texts that may outlive a `clear`, because windows of one stream mostly see the same ones again; and their characters. */
const TEXTS_KEPT_MAX = 16_384
const CHARACTERS_KEPT_MAX = 1_048_576

export class KeyCodes {
  /** for texts: codes are the ids of a dictionary */
  readonly #texts: TextCodes | null
  readonly #codes = new Map<Value, number>()
  readonly #values: Value[] = [null]
  /** by code: 1 where it is held since the last clear */
  #held = new Int32Array(64)
  #bytes = 0
  #characters = 0

  constructor(storage: Storage) {
    this.#texts = storage === 'text' ? new TextCodes() : null
  }

  /** Every code is below it, that of NULL included. */
  get size(): number {
    return this.#texts?.dictionary.size ?? this.#values.length
  }

  /** Estimated size of the values that are held. */
  get bytes(): number {
    return this.#bytes
  }

  valueOf(code: number): Value {
    if (code === 0) return null
    return this.#texts === null ? (this.#values[code] ?? null) : this.#texts.dictionary.textOf(code)
  }

  /** The code of one value, entered if new. */
  codeOf(value: Value): number {
    if (value === null) return 0
    if (this.#texts !== null) return this.#texts.codeOf(value as string)
    // Bytes have no identity of their own in a Map; one character a byte does.
    const key = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
    let code = this.#codes.get(key)
    if (code === undefined) {
      code = this.#values.length
      this.#codes.set(key, code)
      this.#values.push(value instanceof Uint8Array ? value.slice() : value)
    }
    return code
  }

  /** Says that the value of a code is part of the state, so that its bytes count until the next `clear`. */
  hold(code: number): void {
    if (code === 0 || this.#held[code] === 1) return
    if (code >= this.#held.length) this.#held = grownInts(this.#held, code + 1)
    this.#held[code] = 1
    if (this.#texts !== null) {
      this.#holdCharacters(1, this.#texts.dictionary.lengths[code]!)
      return
    }
    const value = this.valueOf(code)
    this.#bytes += KEY_OVERHEAD_BYTES + (value instanceof Uint8Array ? value.length * 2 : 8)
  }

  #holdCharacters(texts: number, characters: number): void {
    this.#bytes += KEY_OVERHEAD_BYTES * texts + characters * 2
    this.#characters += characters
  }

  /** Holds the codes at the first `count` places. */
  holdAt(codes: Int32Array, places: Int32Array, count: number): void {
    if (this.size > this.#held.length) this.#held = grownInts(this.#held, this.size)
    if (this.#texts === null) {
      for (let i = 0; i < count; i++) this.hold(codes[places[i]!]!)
      return
    }
    holdTexts(codes, places, count, this.#held, this.#texts.dictionary.lengths, HELD)
    this.#holdCharacters(HELD[0]!, HELD[1]!)
  }

  /** Codes of `rows[from, to)` into `into`, from its beginning. */
  read(column: ColumnVector, rows: Int32Array, from: number, to: number, into: Int32Array): void {
    if (column.layout === 'dictionary') {
      this.#texts?.translate(column.ids, column.dictionary, rows, from, to, into, 0)
    } else if (column.layout === 'span') {
      for (let i = from; i < to; i++) {
        const row = rows[i]!
        if (this.#texts !== null) into[i - from] = this.#texts.codeOf(textAt(column, row))
        else into[i - from] = this.codeOf(column.nulls[row] === 1 ? null : spanBytes(column, row))
      }
    } else {
      for (let i = from; i < to; i++) {
        const row = rows[i]!
        into[i - from] = column.nulls[row] === 1 ? 0 : this.codeOf(column.values[row]!)
      }
    }
  }

  /** Codes for those of another table, `codes[from, to)`, into `into`, from its beginning. */
  readFrom(other: KeyCodes, codes: Int32Array, from: number, to: number, into: Int32Array, all: Int32Array): void {
    if (this.#texts !== null && other.#texts !== null) {
      this.#texts.translate(codes, other.#texts.dictionary, all, from, to, into, 0)
    } else for (let i = from; i < to; i++) into[i - from] = this.codeOf(other.valueOf(codes[i]!))
  }

  /** Values of `codes[from, to)` into a column, from its row `at` on. */
  results(codes: Int32Array, from: number, to: number, into: ResultColumn, at: number, all: Int32Array): void {
    if (this.#texts !== null && into.kind === 'text') into.write(codes, this.#texts.dictionary, all, from, to, at)
    else for (let i = from; i < to; i++) into.set(at + i - from, this.valueOf(codes[i]!))
  }

  /** Holds nothing any more. Texts may keep their codes; other values lose them. */
  clear(): void {
    if (this.#texts === null) {
      this.#codes.clear()
      this.#held.fill(0, 0, Math.min(this.#held.length, this.#values.length))
      this.#values.length = 1
    } else {
      this.#held.fill(0, 0, Math.min(this.#held.length, this.size))
      // Somebody else's texts are not ours to keep.
      if (this.#texts.adopted || this.size > TEXTS_KEPT_MAX || this.#characters > CHARACTERS_KEPT_MAX)
        this.#texts.clear()
    }
    this.#bytes = 0
    this.#characters = 0
  }
}

/** Texts that `holdTexts` has found not held before, and their characters. */
const HELD = new Float64Array(2)

/** Holds the codes at the given places, without a branch, as nobody can guess which are held. NULL counts as nothing. */
function holdTexts(
  codes: Int32Array,
  places: Int32Array,
  count: number,
  held: Int32Array,
  lengths: Int32Array,
  sums: Float64Array,
): void {
  held[0] = 1
  let texts = 0
  let characters = 0
  for (let i = 0; i < count; i++) {
    const code = codes[places[i]!]!
    const fresh = 1 - held[code]!
    held[code] = 1
    texts += fresh
    characters += fresh * lengths[code]!
  }
  sums[0] = texts
  sums[1] = characters
}
