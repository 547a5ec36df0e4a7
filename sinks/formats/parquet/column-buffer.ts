/**
 * The values of one column of one row group. Batches are copied in, so that nothing keeps the bytes of a fetched record alive,
 * and come out as what hyparquet-writer encodes: typed arrays, or plain arrays with null where there are nulls.
 */
import type { DecodedArray } from 'hyparquet'
import {
  assert,
  type ColumnVector,
  type Dictionary,
  type DictionaryColumn,
  NULL_ID,
  type SpanColumn,
  spanBytes,
} from '../../../core/index.ts'
import type { Lane } from './schema.ts'

const DAY_MS = 86_400_000
/** What a text counts besides its bytes: its length prefix in a plain page. */
const LENGTH_PREFIX_BYTES = 4

export interface ColumnValues {
  readonly values: DecodedArray
  readonly nullCount: number
}

export interface ColumnBuffer {
  /** Takes `length` rows over; returns their bytes before encoding. */
  append(column: ColumnVector, length: number): number
  /** The values so far, null for NULL; they are good until the next append, with which the buffer starts anew. */
  take(): ColumnValues
}

/** @param capacity rows at most between two takes */
export function columnBufferOf(lane: Lane, capacity: number): ColumnBuffer {
  switch (lane) {
    case 'int32':
      return new NumberBuffer(new Int32Array(capacity), whole)
    case 'day':
      return new NumberBuffer(new Int32Array(capacity), value => whole(Math.floor(value / DAY_MS)))
    case 'float':
      return new NumberBuffer(new Float32Array(capacity), value => value)
    case 'double':
      return new NumberBuffer(new Float64Array(capacity), value => value)
    case 'boolean':
      return new BooleanBuffer()
    case 'int64':
      return new BigintBuffer(capacity)
    case 'bytes':
      return new BytesBuffer()
  }
}

/** An Int32Array would wrap silently. */
function whole(value: number): number {
  assert(value === (value | 0), 'a value of an INTEGER, DATE or TIME column fits 32 bits')
  return value
}

class NumberBuffer implements ColumnBuffer {
  readonly #values: Int32Array | Float32Array | Float64Array
  readonly #nulls: Uint8Array
  readonly #convert: (value: number) => number
  #length = 0
  #nullCount = 0

  constructor(values: Int32Array | Float32Array | Float64Array, convert: (value: number) => number) {
    this.#values = values
    this.#nulls = new Uint8Array(values.length)
    this.#convert = convert
  }

  append(column: ColumnVector, length: number): number {
    assert(column.layout === 'number', 'a column of numbers has the number layout')
    assert(this.#length + length <= this.#values.length, 'a row group holds its rows')
    for (let row = 0; row < length; row++) {
      const isNull = column.nulls[row] === 1
      this.#values[this.#length + row] = isNull ? 0 : this.#convert(column.values[row] ?? 0)
      this.#nulls[this.#length + row] = isNull ? 1 : 0
      if (isNull) this.#nullCount++
    }
    this.#length += length
    return length * this.#values.BYTES_PER_ELEMENT
  }

  take(): ColumnValues {
    const values = this.#values.subarray(0, this.#length)
    const nullCount = this.#nullCount
    this.#length = 0
    this.#nullCount = 0
    return { values: nullCount === 0 ? values : withNulls(values, this.#nulls), nullCount }
  }
}

/** BIGINT and DECIMAL as they are, TIMESTAMP from its milliseconds. */
class BigintBuffer implements ColumnBuffer {
  readonly #values: BigInt64Array
  readonly #nulls: Uint8Array
  #length = 0
  #nullCount = 0

  constructor(capacity: number) {
    this.#values = new BigInt64Array(capacity)
    this.#nulls = new Uint8Array(capacity)
  }

  append(column: ColumnVector, length: number): number {
    assert(column.layout === 'number' || column.layout === 'bigint', 'a column of 64 bits has numbers or bigints')
    assert(this.#length + length <= this.#values.length, 'a row group holds its rows')
    for (let row = 0; row < length; row++) {
      const isNull = column.nulls[row] === 1
      const value = column.values[row] ?? 0n
      this.#values[this.#length + row] = isNull ? 0n : typeof value === 'bigint' ? value : BigInt(Math.floor(value))
      this.#nulls[this.#length + row] = isNull ? 1 : 0
      if (isNull) this.#nullCount++
    }
    this.#length += length
    return length * this.#values.BYTES_PER_ELEMENT
  }

  take(): ColumnValues {
    const values = this.#values.subarray(0, this.#length)
    const nullCount = this.#nullCount
    this.#length = 0
    this.#nullCount = 0
    return { values: nullCount === 0 ? values : withNulls(values, this.#nulls), nullCount }
  }
}

class BooleanBuffer implements ColumnBuffer {
  #values: (boolean | null)[] = []
  #nullCount = 0

  append(column: ColumnVector, length: number): number {
    assert(column.layout === 'number', 'a BOOLEAN column has the number layout')
    for (let row = 0; row < length; row++) {
      const isNull = column.nulls[row] === 1
      if (isNull) this.#nullCount++
      this.#values.push(isNull ? null : column.values[row] === 1)
    }
    return length
  }

  take(): ColumnValues {
    const taken = { values: this.#values, nullCount: this.#nullCount }
    this.#values = []
    this.#nullCount = 0
    return taken
  }
}

const utf8 = new TextEncoder()

/** Texts as UTF-8 and bytes as they are. Equal texts of one dictionary share their bytes, which the encoder's own dictionary uses. */
class BytesBuffer implements ColumnBuffer {
  #values: (Uint8Array | null)[] = []
  #nullCount = 0
  /** bytes of dictionary texts by id, for this row group */
  #encoded = new Map<Dictionary, (Uint8Array | undefined)[]>()

  append(column: ColumnVector, length: number): number {
    if (column.layout === 'dictionary') return this.#appendTexts(column, length)
    assert(column.layout === 'span', 'a column of texts or bytes has the dictionary or the span layout')
    return this.#appendSpans(column, length)
  }

  take(): ColumnValues {
    const taken = { values: this.#values, nullCount: this.#nullCount }
    this.#values = []
    this.#nullCount = 0
    this.#encoded = new Map()
    return taken
  }

  #appendTexts(column: DictionaryColumn, length: number): number {
    const { dictionary, ids } = column
    let known = this.#encoded.get(dictionary)
    if (known === undefined) {
      known = []
      this.#encoded.set(dictionary, known)
    }
    let sizeBytes = 0
    for (let row = 0; row < length; row++) {
      const id = ids[row] ?? NULL_ID
      if (id === NULL_ID) {
        this.#values.push(null)
        this.#nullCount++
        continue
      }
      const bytes = (known[id] ??= utf8.encode(dictionary.textOf(id)))
      this.#values.push(bytes)
      sizeBytes += bytes.length + LENGTH_PREFIX_BYTES
    }
    return sizeBytes
  }

  #appendSpans(column: SpanColumn, length: number): number {
    let sizeBytes = 0
    for (let row = 0; row < length; row++) if (column.nulls[row] !== 1) sizeBytes += column.sizes[row] ?? 0
    const copy = new Uint8Array(sizeBytes)
    let end = 0
    for (let row = 0; row < length; row++) {
      if (column.nulls[row] === 1) {
        this.#values.push(null)
        this.#nullCount++
        continue
      }
      const bytes = spanBytes(column, row)
      copy.set(bytes, end)
      this.#values.push(copy.subarray(end, end + bytes.length))
      end += bytes.length
    }
    return sizeBytes + length * LENGTH_PREFIX_BYTES
  }
}

function withNulls(
  values: Int32Array | Float32Array | Float64Array | BigInt64Array,
  nulls: Uint8Array,
): (number | bigint | null)[] {
  const result: (number | bigint | null)[] = []
  for (let row = 0; row < values.length; row++) result.push(nulls[row] === 1 ? null : (values[row] ?? null))
  return result
}
