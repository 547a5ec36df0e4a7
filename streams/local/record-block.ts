/**
 * Records of one shard in memory, in columns: bytes lie together, so that a read is a view. A block only grows: what a reader
 * was given never changes, for growing copies into new arrays.
 */
import { assert, KIBIBYTE, type RecordBatch } from '../../core/index.ts'
import { sequenceNumberOf } from './sequence-counter.ts'

const BYTES_FIRST = 4 * KIBIBYTE
const RECORDS_FIRST = 64
/** A full block is closed; retention and the tail cache let go of whole blocks. */
export const BLOCK_RECORDS_MAX = 8_192
/** What a record costs beside its data: columns and an estimate of its key. */
const RECORD_OVERHEAD_BYTES = 80

export class RecordBlock {
  readonly #bytesMax: number
  #bytes = new Uint8Array(BYTES_FIRST)
  #used = 0
  #length = 0
  #offsets = new Int32Array(RECORDS_FIRST)
  #sizes = new Int32Array(RECORDS_FIRST)
  #counters = new Float64Array(RECORDS_FIRST)
  #arrivedAt = new Float64Array(RECORDS_FIRST)
  #putAt = new Float64Array(RECORDS_FIRST)
  readonly #keys: string[] = []
  #arrivedMax = Number.NEGATIVE_INFINITY

  /** @param bytesMax data bytes after which the block is full; a single larger record still fits */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get length(): number {
    return this.#length
  }

  get dataBytes(): number {
    return this.#used
  }

  /** an estimate of the memory it holds */
  get heldBytes(): number {
    return this.#bytes.length + this.#length * RECORD_OVERHEAD_BYTES
  }

  get firstCounter(): number {
    return this.counter(0)
  }

  get lastCounter(): number {
    return this.counter(this.#length - 1)
  }

  /** when the youngest record was put; put instants never go back within a shard */
  get lastPutAt(): number {
    return this.#putAt[this.#length - 1] ?? Number.NEGATIVE_INFINITY
  }

  /** the latest arrival time of all records */
  get arrivedMax(): number {
    return this.#arrivedMax
  }

  hasRoom(sizeBytes: number): boolean {
    return this.#length === 0 || (this.#length < BLOCK_RECORDS_MAX && this.#used + sizeBytes <= this.#bytesMax)
  }

  append(counter: number, arrivedAt: number, putAt: number, key: string, data: Uint8Array): void {
    this.#reserve(data.length)
    const row = this.#length++
    this.#bytes.set(data, this.#used)
    this.#offsets[row] = this.#used
    this.#sizes[row] = data.length
    this.#used += data.length
    this.#counters[row] = counter
    this.#arrivedAt[row] = arrivedAt
    this.#putAt[row] = putAt
    this.#keys.push(key)
    if (arrivedAt > this.#arrivedMax) this.#arrivedMax = arrivedAt
  }

  /** Forgets the records from `length` on; nobody may have read them. */
  truncate(length: number): void {
    this.#length = length
    this.#keys.length = length
    this.#used = length === 0 ? 0 : (this.#offsets[length - 1] ?? 0) + (this.#sizes[length - 1] ?? 0)
    this.#arrivedMax = this.#arrivedAt.subarray(0, length).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  }

  counter(index: number): number {
    return this.#counters[index] ?? Number.NaN
  }

  arrivedAt(index: number): number {
    return this.#arrivedAt[index] ?? Number.NaN
  }

  partitionKey(index: number): string {
    const key = this.#keys[index]
    assert(key !== undefined, 'a record index lies within its block')
    return key
  }

  /** data and key as GetRecords counts them; keys beyond ASCII count by their UTF-16 units, which is close enough for a bound */
  sizeBytes(index: number): number {
    return (this.#sizes[index] ?? 0) + this.partitionKey(index).length
  }

  dataSize(index: number): number {
    return this.#sizes[index] ?? 0
  }

  dataStart(index: number): number {
    return this.#offsets[index] ?? 0
  }

  /** the buffer that `dataStart` points into */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** the first record with a counter at or above `counter`; the length when there is none */
  indexOfCounter(counter: number): number {
    return firstAtOrAbove(this.#counters, this.#length, counter)
  }

  /** the first record that was put at or after an instant; the length when there is none */
  indexOfPutAt(putAt: number): number {
    return firstAtOrAbove(this.#putAt, this.#length, putAt)
  }

  /** the first record from `from` on that arrived at or after an instant; the length when there is none */
  indexOfArrival(arrivedAt: number, from = 0): number {
    let index = from
    while (index < this.#length && (this.#arrivedAt[index] ?? 0) < arrivedAt) index++
    return index
  }

  /** The records `[from, to)` as a batch over this block's own bytes. */
  batch(from: number, to: number, shardId: string): RecordBatch {
    const counters = this.#counters
    const keys = this.#keys
    const arrivedAt = this.#arrivedAt.subarray(from, to)
    const checked = (index: number): number => {
      assert(index >= 0 && index < to - from, 'a record index lies within its batch')
      return index + from
    }
    return {
      length: to - from,
      bytes: this.#bytes,
      offsets: this.#offsets.subarray(from, to),
      sizes: this.#sizes.subarray(from, to),
      arrivedAt,
      // A copy: the merge may raise rowtimes in place.
      rowtimes: arrivedAt.slice(),
      sequenceNumber: index => sequenceNumberOf(counters[checked(index)] ?? 0),
      subsequenceNumber: () => 0,
      partitionKey: index => keys[checked(index)] ?? '',
      shardId: () => shardId,
    }
  }

  #reserve(sizeBytes: number): void {
    if (this.#used + sizeBytes > this.#bytes.length) {
      const doubled = Math.min(this.#bytes.length * 2, this.#bytesMax)
      const bytes = new Uint8Array(Math.max(doubled, this.#used + sizeBytes))
      bytes.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = bytes
    }
    if (this.#length < this.#offsets.length) return
    const rows = this.#offsets.length * 2
    this.#offsets = moved(this.#offsets, new Int32Array(rows))
    this.#sizes = moved(this.#sizes, new Int32Array(rows))
    this.#counters = moved(this.#counters, new Float64Array(rows))
    this.#arrivedAt = moved(this.#arrivedAt, new Float64Array(rows))
    this.#putAt = moved(this.#putAt, new Float64Array(rows))
  }
}

function moved<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}

function firstAtOrAbove(column: Float64Array, length: number, value: number): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((column[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
