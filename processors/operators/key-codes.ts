/**
 * Key values by small dense codes, owned by operator state: a batch or its dictionary may go, the values stay.
 * Code 0 is NULL, so that NULL keys are equal.
 */
import { type Dictionary, NULL_ID } from '../../core/dictionary.ts'
import type { ColumnVector, Value } from '../../core/rows.ts'
import { spanBytes, textAt } from '../../core/rows.ts'
import { type Storage } from '../../core/sql-type.ts'

/** Rough bytes that a key value costs beside its own: a map entry, an array slot, a string header. */
const KEY_OVERHEAD_BYTES = 64

export class KeyCodes {
  readonly #storage: Storage
  readonly #codes = new Map<Value, number>()
  readonly #values: Value[] = [null]
  /** codes by id, for the dictionaries seen since the last clear */
  #translations = new Map<Dictionary, Int32Array>()
  #bytes = 0

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Number of codes, that of NULL included. */
  get size(): number {
    return this.#values.length
  }

  /** Estimated size of the values held. */
  get bytes(): number {
    return this.#bytes
  }

  valueOf(code: number): Value {
    return this.#values[code] ?? null
  }

  /** The code of one value, entered if new. */
  codeOf(value: Value): number {
    if (value === null) return 0
    // Bytes have no identity of their own in a Map; one character a byte does.
    const key = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
    let code = this.#codes.get(key)
    if (code === undefined) {
      code = this.#values.length
      this.#codes.set(key, code)
      this.#values.push(value instanceof Uint8Array ? value.slice() : value)
      this.#bytes += KEY_OVERHEAD_BYTES + (typeof key === 'string' ? key.length * 2 : 8)
    }
    return code
  }

  /** Codes of `rows[from, to)` into `into`, from its beginning. */
  read(column: ColumnVector, rows: Int32Array, from: number, to: number, into: Int32Array): void {
    switch (column.layout) {
      case 'dictionary':
        this.#readIds(column.ids, column.dictionary, rows, from, to, into)
        break
      case 'span': {
        const text = this.#storage === 'text'
        for (let i = from; i < to; i++) {
          const row = rows[i]!
          const value = text ? textAt(column, row) : column.nulls[row] === 1 ? null : spanBytes(column, row)
          into[i - from] = this.codeOf(value)
        }
        break
      }
      default:
        for (let i = from; i < to; i++) {
          const row = rows[i]!
          into[i - from] = column.nulls[row] === 1 ? 0 : this.codeOf(column.values[row]!)
        }
    }
  }

  /** Forgets every value. */
  clear(): void {
    this.#codes.clear()
    this.#values.length = 1
    this.#translations = new Map()
    this.#bytes = 0
  }

  #readIds(
    ids: Int32Array,
    dictionary: Dictionary,
    rows: Int32Array,
    from: number,
    to: number,
    into: Int32Array,
  ): void {
    let codes = this.#translations.get(dictionary)
    if (codes === undefined || codes.length < dictionary.size) {
      const grown = new Int32Array(dictionary.size + (codes === undefined ? 0 : dictionary.size))
      if (codes !== undefined) grown.set(codes)
      codes = grown
      this.#translations.set(dictionary, codes)
    }
    for (let i = from; i < to; i++) {
      const id = ids[rows[i]!]!
      if (id === NULL_ID) {
        into[i - from] = 0
        continue
      }
      // Code 0 is never the code of a text, so 0 says that the id was not met yet.
      let code = codes[id]!
      if (code === 0) codes[id] = code = this.codeOf(dictionary.textOf(id))
      into[i - from] = code
    }
  }
}
