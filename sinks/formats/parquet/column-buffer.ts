/**
 * The values of one column of one row group. Batches are copied in, so that nothing keeps the bytes of a fetched record alive;
 * NULLs take no place among the values, as in a page.
 */
import {
  assert,
  type ColumnVector,
  type Dictionary,
  type DictionaryColumn,
  NULL_ID,
  ROWS_PER_BATCH_MAX,
  type SpanColumn,
} from '../../../core/index.ts'
import { type Bounds, bigintBounds, booleanBounds, byteBounds, numberBounds } from './bounds.ts'
import { ByteEntries } from './byte-entries.ts'
import type { PageBytes } from './page-bytes.ts'
import type { Lane } from './schema.ts'
import { dictionaryOf } from './word-dictionary.ts'

const DAY_MS = 86_400_000
/** What a text counts besides its bytes: its length prefix in a plain page. */
export const LENGTH_PREFIX_BYTES = 4

/** The different values of a chunk, plainly encoded, and for each value which of them it is. */
export interface ChunkDictionary {
  readonly count: number
  readonly indexes: Int32Array
  readonly write: (out: PageBytes) => void
  readonly sizeBytes: number
}

/** Appends rows until `clear`; everything else tells about the rows since then. */
export abstract class ColumnBuffer {
  rows = 0
  /** values that are not NULL */
  count = 0
  /** by row 1 for NULL */
  nulls = new Uint8Array(ROWS_PER_BATCH_MAX)

  /** Takes the rows `[from, to)` over; returns their bytes before encoding. */
  append(column: ColumnVector, from: number, to: number): number {
    const length = to - from
    this.#reserve(length)
    const sizeBytes = this.take(column, from, to)
    this.rows += length
    return sizeBytes
  }

  /** Takes one value as a record conversion makes it; null and undefined are NULL. Returns its bytes before encoding. */
  put(value: unknown): number {
    this.#reserve(1)
    const isNull = value === null || value === undefined
    this.nulls[this.rows++] = isNull ? 1 : 0
    return isNull ? 0 : this.takeValue(value)
  }

  #reserve(length: number): void {
    if (this.rows + length <= this.nulls.length) return
    const nulls = new Uint8Array(Math.max(this.nulls.length * 2, this.rows + length))
    nulls.set(this.nulls)
    this.nulls = nulls
  }

  clear(): void {
    this.rows = 0
    this.count = 0
  }

  get nullCount(): number {
    return this.rows - this.count
  }

  protected abstract take(column: ColumnVector, from: number, to: number): number
  protected abstract takeValue(value: unknown): number
  abstract bounds(): Bounds
  /** The dictionary where the values repeat enough that it may be worth while, else null. */
  abstract dictionary(): ChunkDictionary | null
  /** Bytes of one value in a plain page. */
  abstract sizeOf(value: number): number
  /** Values, or the different ones of them, and each one's bytes without a length. */
  abstract get entryCount(): number
  abstract entryAt(index: number): Uint8Array
  /** Plainly encoded values from `from` to before `to`. */
  abstract writePlain(out: PageBytes, from: number, to: number): void
}

/** @param fixedBytes size of the values of lane `fixed` */
export function columnBufferOf(lane: Lane, fixedBytes = 0): ColumnBuffer {
  switch (lane) {
    case 'int32':
    case 'day':
    case 'narrow':
    case 'float':
    case 'double':
      return new NumberBuffer(lane)
    case 'boolean':
      return new BooleanBuffer()
    case 'int64':
      return new BigintBuffer()
    case 'bytes':
    case 'fixed':
      return new BytesBuffer(lane === 'fixed' ? fixedBytes : 0)
  }
}

/** An Int32Array would wrap silently. */
function whole(value: number): number {
  assert(value === (value | 0), 'a value of an INTEGER, DATE or TIME column fits 32 bits')
  return value
}

function room<T extends Int32Array | Float32Array | Float64Array | Uint8Array>(
  values: T,
  count: number,
  make: (size: number) => T,
): T {
  if (count <= values.length) return values
  const grown = make(Math.max(values.length * 2, count))
  grown.set(values)
  return grown
}

/** Values of 32 or 64 bits from columns of numbers, and DECIMAL of at most 9 digits, whose lower half is the value. */
class NumberBuffer extends ColumnBuffer {
  readonly #lane: 'int32' | 'day' | 'narrow' | 'float' | 'double'
  readonly #make: (size: number) => Int32Array | Float32Array | Float64Array
  #values: Int32Array | Float32Array | Float64Array

  constructor(lane: 'int32' | 'day' | 'narrow' | 'float' | 'double') {
    super()
    this.#lane = lane
    this.#make = size =>
      lane === 'double' ? new Float64Array(size) : lane === 'float' ? new Float32Array(size) : new Int32Array(size)
    this.#values = this.#make(ROWS_PER_BATCH_MAX)
  }

  protected take(column: ColumnVector, from: number, to: number): number {
    const length = to - from
    this.#values = room(this.#values, this.count + length, this.#make)
    const values = this.#values
    const lane = this.#lane
    const shift = this.rows - from
    let count = this.count
    if (lane === 'narrow') {
      assert(column.layout === 'bigint', 'a DECIMAL column has the bigint layout')
      const halves = new Int32Array(column.values.buffer, column.values.byteOffset, to * 2)
      for (let row = from; row < to; row++) {
        const isNull = column.nulls[row] === 1
        this.nulls[shift + row] = isNull ? 1 : 0
        if (!isNull) values[count++] = halves[row * 2]!
      }
    } else {
      assert(column.layout === 'number', 'a column of numbers has the number layout')
      const checked = lane === 'int32' || lane === 'day'
      for (let row = from; row < to; row++) {
        const isNull = column.nulls[row] === 1
        this.nulls[shift + row] = isNull ? 1 : 0
        if (isNull) continue
        const value = column.values[row]!
        values[count++] = checked ? whole(lane === 'day' ? Math.floor(value / DAY_MS) : value) : value
      }
    }
    this.count = count
    return length * values.BYTES_PER_ELEMENT
  }

  protected takeValue(value: unknown): number {
    assert(typeof value === 'number' || typeof value === 'bigint', 'a column of numbers takes numbers')
    this.#values = room(this.#values, this.count + 1, this.#make)
    const number = Number(value)
    // Days come as days here, unlike in a column.
    this.#values[this.count++] = this.#lane === 'float' || this.#lane === 'double' ? number : whole(number)
    return this.#values.BYTES_PER_ELEMENT
  }

  bounds(): Bounds {
    const bounds = numberBounds(this.#values, this.count, this.#lane === 'float' || this.#lane === 'double')
    if (this.#lane !== 'narrow' || bounds.min_value === undefined || bounds.max_value === undefined) return bounds
    // To hyparquet-writer a number is the DECIMAL itself and a bigint what is stored of it.
    return { min_value: BigInt(Number(bounds.min_value)), max_value: BigInt(Number(bounds.max_value)) }
  }

  dictionary(): ChunkDictionary | null {
    return dictionaryOf(new Int32Array(this.#values.buffer), this.count, this.#lane === 'double' ? 2 : 1)
  }

  sizeOf(): number {
    return this.#values.BYTES_PER_ELEMENT
  }

  get entryCount(): number {
    return this.count
  }

  entryAt(index: number): Uint8Array {
    const size = this.#values.BYTES_PER_ELEMENT
    return new Uint8Array(this.#values.buffer, index * size, size)
  }

  writePlain(out: PageBytes, from: number, to: number): void {
    const size = this.#values.BYTES_PER_ELEMENT
    out.bytes(new Uint8Array(this.#values.buffer, from * size, (to - from) * size))
  }
}

const TWO_32 = 4_294_967_296

/** BIGINT and DECIMAL as they are, TIMESTAMP from its milliseconds: 64 bits by halves, the lower one first. */
class BigintBuffer extends ColumnBuffer {
  #halves = new Int32Array(ROWS_PER_BATCH_MAX * 2)

  protected take(column: ColumnVector, from: number, to: number): number {
    assert(column.layout === 'number' || column.layout === 'bigint', 'a column of 64 bits has numbers or bigints')
    const length = to - from
    const shift = this.rows - from
    this.#halves = room(this.#halves, (this.count + length) * 2, size => new Int32Array(size))
    const halves = this.#halves
    let end = this.count * 2
    const { nulls } = column
    const source =
      column.layout === 'bigint' ? new Int32Array(column.values.buffer, column.values.byteOffset, to * 2) : null
    for (let row = from; row < to; row++) {
      const isNull = nulls[row] === 1
      this.nulls[shift + row] = isNull ? 1 : 0
      if (isNull) continue
      if (source !== null) {
        halves[end++] = source[row * 2]!
        halves[end++] = source[row * 2 + 1]!
      } else {
        const value = Math.floor(column.values[row] as number)
        const high = Math.floor(value / TWO_32)
        halves[end++] = value - high * TWO_32
        halves[end++] = high
      }
    }
    this.count = end / 2
    return length * 8
  }

  protected takeValue(value: unknown): number {
    assert(typeof value === 'bigint', 'a column of 64 bits takes bigints')
    this.#halves = room(this.#halves, (this.count + 1) * 2, size => new Int32Array(size))
    this.#halves[this.count * 2] = Number(BigInt.asIntN(32, value))
    this.#halves[this.count * 2 + 1] = Number(BigInt.asIntN(32, value >> 32n))
    this.count++
    return 8
  }

  bounds(): Bounds {
    return bigintBounds(this.#halves, this.count)
  }

  dictionary(): ChunkDictionary | null {
    return dictionaryOf(this.#halves, this.count, 2)
  }

  sizeOf(): number {
    return 8
  }

  get entryCount(): number {
    return this.count
  }

  entryAt(index: number): Uint8Array {
    return new Uint8Array(this.#halves.buffer, index * 8, 8)
  }

  writePlain(out: PageBytes, from: number, to: number): void {
    out.bytes(new Uint8Array(this.#halves.buffer, from * 8, (to - from) * 8))
  }
}

class BooleanBuffer extends ColumnBuffer {
  #values = new Uint8Array(ROWS_PER_BATCH_MAX)

  protected take(column: ColumnVector, from: number, to: number): number {
    assert(column.layout === 'number', 'a BOOLEAN column has the number layout')
    const length = to - from
    const shift = this.rows - from
    this.#values = room(this.#values, this.count + length, size => new Uint8Array(size))
    for (let row = from; row < to; row++) {
      const isNull = column.nulls[row] === 1
      this.nulls[shift + row] = isNull ? 1 : 0
      if (!isNull) this.#values[this.count++] = column.values[row] === 1 ? 1 : 0
    }
    return length
  }

  protected takeValue(value: unknown): number {
    this.#values = room(this.#values, this.count + 1, size => new Uint8Array(size))
    this.#values[this.count++] = value === true ? 1 : 0
    return 1
  }

  bounds(): Bounds {
    return booleanBounds(this.#values, this.count)
  }

  dictionary(): null {
    return null
  }

  sizeOf(): number {
    return 0.125
  }

  get entryCount(): number {
    return 0
  }

  entryAt(): Uint8Array {
    return new Uint8Array(0)
  }

  writePlain(out: PageBytes, from: number, to: number): void {
    out.bits(this.#values, from, to, 0)
  }
}

/**
 * Texts as UTF-8 and bytes as they are: for each value which entry it is. Fixed ones have one size, which the schema tells, and are
 * signed numbers of it.
 */
class BytesBuffer extends ColumnBuffer {
  /** bytes of each value; 0 where they differ */
  readonly #fixedBytes: number
  readonly #prefixBytes: number
  readonly #entries = new ByteEntries()
  #indexes = new Int32Array(ROWS_PER_BATCH_MAX)
  /** entries of dictionary texts by id, 1 higher, for this row group */
  #known = new Map<Dictionary, Int32Array>()

  constructor(fixedBytes: number) {
    super()
    this.#fixedBytes = fixedBytes
    this.#prefixBytes = fixedBytes > 0 ? 0 : LENGTH_PREFIX_BYTES
  }

  protected take(column: ColumnVector, from: number, to: number): number {
    this.#indexes = room(this.#indexes, this.count + to - from, size => new Int32Array(size))
    if (column.layout === 'dictionary') return this.#takeTexts(column, from, to)
    assert(column.layout === 'span', 'a column of texts or bytes has the dictionary or the span layout')
    return this.#takeSpans(column, from, to)
  }

  protected takeValue(value: unknown): number {
    const bytes = this.#bytesOf(value)
    this.#indexes = room(this.#indexes, this.count + 1, size => new Int32Array(size))
    this.#indexes[this.count++] = this.#entries.indexOf(bytes, 0, bytes.length, true)
    return bytes.length + LENGTH_PREFIX_BYTES
  }

  #bytesOf(value: unknown): Uint8Array {
    if (typeof value === 'string') return Buffer.from(value)
    if (typeof value === 'bigint' && this.#fixedBytes > 0) return twosComplement(value, this.#fixedBytes)
    assert(value instanceof Uint8Array, 'a column of texts or bytes takes texts, bytes, or numbers of its size')
    return value
  }

  override clear(): void {
    super.clear()
    this.#entries.clear()
    this.#known = new Map()
  }

  bounds(): Bounds {
    return byteBounds(this.#entries, this.#fixedBytes > 0)
  }

  dictionary(): ChunkDictionary | null {
    const entries = this.#entries
    // Entries that may be equal are values that did not repeat.
    if (!entries.distinct || entries.length === 0) return null
    return {
      count: entries.length,
      indexes: this.#indexes,
      sizeBytes: entries.sizeBytes + entries.length * this.#prefixBytes,
      write: out => {
        for (let i = 0; i < entries.length; i++) this.#writeEntry(out, i)
      },
    }
  }

  sizeOf(value: number): number {
    const index = this.#indexes[value]!
    return this.#entries.starts[index + 1]! - this.#entries.starts[index]! + this.#prefixBytes
  }

  get entryCount(): number {
    return this.#entries.length
  }

  entryAt(index: number): Uint8Array {
    return this.#entries.bytes.subarray(this.#entries.starts[index], this.#entries.starts[index + 1])
  }

  writePlain(out: PageBytes, from: number, to: number): void {
    for (let value = from; value < to; value++) this.#writeEntry(out, this.#indexes[value]!)
  }

  #writeEntry(out: PageBytes, index: number): void {
    const { bytes, starts } = this.#entries
    if (this.#fixedBytes > 0) out.bytes(bytes.subarray(starts[index], starts[index + 1]))
    else out.sized(bytes, starts[index]!, starts[index + 1]!)
  }

  #takeTexts({ dictionary, ids }: DictionaryColumn, from: number, to: number): number {
    let known = this.#known.get(dictionary)
    if (known === undefined || known.length < dictionary.size) {
      const grown = new Int32Array(dictionary.size * 2)
      if (known !== undefined) grown.set(known)
      known = grown
      this.#known.set(dictionary, known)
    }
    const entries = this.#entries
    const shift = this.rows - from
    let sizeBytes = 0
    for (let row = from; row < to; row++) {
      const id = ids[row]!
      this.nulls[shift + row] = id === NULL_ID ? 1 : 0
      if (id === NULL_ID) continue
      let entry = known[id]! - 1
      if (entry < 0) {
        const bytes = Buffer.from(dictionary.textOf(id))
        entry = entries.indexOf(bytes, 0, bytes.length, false)
        known[id] = entry + 1
      }
      sizeBytes += entries.starts[entry + 1]! - entries.starts[entry]!
      this.#indexes[this.count++] = entry
      sizeBytes += LENGTH_PREFIX_BYTES
    }
    return sizeBytes
  }

  #takeSpans({ bytes, offsets, sizes, nulls }: SpanColumn, from: number, to: number): number {
    const shift = this.rows - from
    let sizeBytes = 0
    for (let row = from; row < to; row++) {
      const isNull = nulls[row] === 1
      this.nulls[shift + row] = isNull ? 1 : 0
      if (isNull) continue
      const start = offsets[row]!
      const size = sizes[row]!
      this.#indexes[this.count++] = this.#entries.indexOf(bytes, start, start + size, true)
      sizeBytes += size + LENGTH_PREFIX_BYTES
    }
    return sizeBytes
  }
}

/** A number in so many bytes, the highest first. */
export function twosComplement(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let rest = value
  for (let i = size - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}
