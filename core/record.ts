/** Records as fetched: bytes and spans, with what the stream said about each. */
import { assert } from './assert.ts'
import { compareSequenceNumbers } from './sequence-number.ts'

/** A place in a shard: just after the record (and the user record within it) that it names. */
export interface Position {
  readonly shardId: string
  readonly sequenceNumber: string
  /** index of the user record within an aggregated record; 0 for a plain record */
  readonly subsequenceNumber: number
}

/** Order of positions by sequence number, then subsequence number, then shard: the tie order of equal rowtimes. */
export function comparePositions(a: Position, b: Position): number {
  const bySequence = compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber)
  if (bySequence !== 0) return bySequence
  if (a.subsequenceNumber !== b.subsequenceNumber) return a.subsequenceNumber - b.subsequenceNumber
  return a.shardId < b.shardId ? -1 : a.shardId > b.shardId ? 1 : 0
}

/**
 * User records in one buffer: record i is `bytes[offsets[i], offsets[i] + sizes[i])`. Arrays may be longer than `length`.
 * The texts are behind functions so that a source may leave them unparsed until somebody asks.
 */
export interface RecordBatch {
  readonly length: number
  readonly bytes: Uint8Array
  readonly offsets: Int32Array
  readonly sizes: Int32Array
  /** approximate arrival time that the stream stamped, epoch milliseconds */
  readonly arrivedAt: Float64Array
  /** arrival made monotonic within its shard and, after the merge, over all shards; epoch milliseconds */
  readonly rowtimes: Float64Array
  sequenceNumber(index: number): string
  subsequenceNumber(index: number): number
  partitionKey(index: number): string
  shardId(index: number): string
}

/** One user record at the edge. */
export interface UserRecord {
  readonly data: Uint8Array
  readonly arrivedAt: number
  readonly rowtime: number
  readonly sequenceNumber: string
  readonly subsequenceNumber: number
  readonly partitionKey: string
  readonly shardId: string
}

/** The bytes of one record; a view, not a copy. */
export function recordBytes(batch: RecordBatch, index: number): Uint8Array {
  const offset = batch.offsets[index] ?? 0
  return batch.bytes.subarray(offset, offset + (batch.sizes[index] ?? 0))
}

/** The position of one record. */
export function positionAt(batch: RecordBatch, index: number): Position {
  return {
    shardId: batch.shardId(index),
    sequenceNumber: batch.sequenceNumber(index),
    subsequenceNumber: batch.subsequenceNumber(index),
  }
}

/** Collects records into a batch by copying their bytes into one buffer. */
export class RecordBatchBuilder {
  #bytes = new Uint8Array(4_096)
  #end = 0
  #length = 0
  #offsets = new Int32Array(64)
  #sizes = new Int32Array(64)
  #arrivedAt = new Float64Array(64)
  #rowtimes = new Float64Array(64)
  #subsequenceNumbers = new Int32Array(64)
  #sequenceNumbers: string[] = []
  #partitionKeys: string[] = []
  #shardIds: string[] = []

  get length(): number {
    return this.#length
  }

  get sizeBytes(): number {
    return this.#end
  }

  add(record: UserRecord): void {
    this.#reserve(1, record.data.length)
    const row = this.#length++
    this.#bytes.set(record.data, this.#end)
    this.#offsets[row] = this.#end
    this.#sizes[row] = record.data.length
    this.#end += record.data.length
    this.#arrivedAt[row] = record.arrivedAt
    this.#rowtimes[row] = record.rowtime
    this.#subsequenceNumbers[row] = record.subsequenceNumber
    this.#sequenceNumbers.push(record.sequenceNumber)
    this.#partitionKeys.push(record.partitionKey)
    this.#shardIds.push(record.shardId)
  }

  /**
   * Adds a run `[from, to)` of another batch; its bytes are copied at once where they lie together.
   * @param rowtimes the rowtimes to give to the run, indexed as the batch is
   */
  addRun(batch: RecordBatch, from: number, to: number, rowtimes: Float64Array = batch.rowtimes): void {
    if (to <= from) return
    const start = batch.offsets[from] ?? 0
    const end = (batch.offsets[to - 1] ?? 0) + (batch.sizes[to - 1] ?? 0)
    let together = 0
    for (let i = from; i < to; i++) together += batch.sizes[i] ?? 0
    if (together !== end - start) {
      for (let i = from; i < to; i++)
        this.add({
          data: recordBytes(batch, i),
          arrivedAt: batch.arrivedAt[i] ?? 0,
          rowtime: rowtimes[i] ?? 0,
          sequenceNumber: batch.sequenceNumber(i),
          subsequenceNumber: batch.subsequenceNumber(i),
          partitionKey: batch.partitionKey(i),
          shardId: batch.shardId(i),
        })
      return
    }
    this.#reserve(to - from, end - start)
    this.#bytes.set(batch.bytes.subarray(start, end), this.#end)
    for (let i = from; i < to; i++) {
      const row = this.#length++
      this.#offsets[row] = (batch.offsets[i] ?? 0) - start + this.#end
      this.#sizes[row] = batch.sizes[i] ?? 0
      this.#arrivedAt[row] = batch.arrivedAt[i] ?? 0
      this.#rowtimes[row] = rowtimes[i] ?? 0
      this.#subsequenceNumbers[row] = batch.subsequenceNumber(i)
      this.#sequenceNumbers.push(batch.sequenceNumber(i))
      this.#partitionKeys.push(batch.partitionKey(i))
      this.#shardIds.push(batch.shardId(i))
    }
    this.#end += end - start
  }

  /** The records so far as a batch, possibly of length 0; the builder starts anew. */
  take(): RecordBatch {
    const subsequenceNumbers = this.#subsequenceNumbers
    const sequenceNumbers = this.#sequenceNumbers
    const partitionKeys = this.#partitionKeys
    const shardIds = this.#shardIds
    const batch: RecordBatch = {
      length: this.#length,
      bytes: this.#bytes.subarray(0, this.#end),
      offsets: this.#offsets,
      sizes: this.#sizes,
      arrivedAt: this.#arrivedAt,
      rowtimes: this.#rowtimes,
      sequenceNumber: index => at(sequenceNumbers, index),
      subsequenceNumber: index => subsequenceNumbers[index] ?? 0,
      partitionKey: index => at(partitionKeys, index),
      shardId: index => at(shardIds, index),
    }
    const rows = Math.max(64, this.#length)
    this.#bytes = new Uint8Array(Math.max(4_096, this.#end))
    this.#offsets = new Int32Array(rows)
    this.#sizes = new Int32Array(rows)
    this.#arrivedAt = new Float64Array(rows)
    this.#rowtimes = new Float64Array(rows)
    this.#subsequenceNumbers = new Int32Array(rows)
    this.#sequenceNumbers = []
    this.#partitionKeys = []
    this.#shardIds = []
    this.#end = 0
    this.#length = 0
    return batch
  }

  #reserve(records: number, sizeBytes: number): void {
    if (this.#end + sizeBytes > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + sizeBytes))
      bytes.set(this.#bytes.subarray(0, this.#end))
      this.#bytes = bytes
    }
    if (this.#length + records <= this.#offsets.length) return
    const rows = Math.max(this.#offsets.length * 2, this.#length + records)
    this.#offsets = copied(this.#offsets, new Int32Array(rows))
    this.#sizes = copied(this.#sizes, new Int32Array(rows))
    this.#arrivedAt = copied(this.#arrivedAt, new Float64Array(rows))
    this.#rowtimes = copied(this.#rowtimes, new Float64Array(rows))
    this.#subsequenceNumbers = copied(this.#subsequenceNumbers, new Int32Array(rows))
  }
}

function copied<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}

function at(texts: readonly string[], index: number): string {
  const text = texts[index]
  assert(text !== undefined, 'a record index lies within its batch')
  return text
}
