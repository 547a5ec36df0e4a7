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
  /**
   * Why a record must not be decoded, such as one that cannot be uncompressed: its bytes are then those that were put, and
   * decoders send it to the error output with this sentence. Null for all others; missing where there is none in the batch.
   */
  refusal?(index: number): string | null
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

/** Bytes between two records of a run that are copied along rather than each record by itself: headers in an aggregate. */
const GAP_BYTES_MAX = 32

/** Records `[at, ...)` of a batch under construction, up to the next source: those of a batch from `from` on. */
interface Source {
  readonly at: number
  readonly from: number
  readonly texts: Pick<RecordBatch, 'sequenceNumber' | 'subsequenceNumber' | 'partitionKey' | 'shardId' | 'refusal'>
}

/** Records that were added one by one: no object for each but their own. */
class RecordTexts {
  readonly records: UserRecord[] = []

  sequenceNumber(index: number): string {
    return this.#at(index).sequenceNumber
  }

  subsequenceNumber(index: number): number {
    return this.#at(index).subsequenceNumber
  }

  partitionKey(index: number): string {
    return this.#at(index).partitionKey
  }

  shardId(index: number): string {
    return this.#at(index).shardId
  }

  #at(index: number): UserRecord {
    const record = this.records[index]
    assert(record !== undefined, 'a record index lies within its batch')
    return record
  }
}

/** Collects records into a batch by copying their bytes into one buffer. What is text stays where it is until somebody asks. */
export class RecordBatchBuilder {
  #bytes = Buffer.allocUnsafeSlow(4_096)
  #end = 0
  #length = 0
  #offsets = new Int32Array(64)
  #sizes = new Int32Array(64)
  #arrivedAt = new Float64Array(64)
  #rowtimes = new Float64Array(64)
  #sources: Source[] = []
  /** the last source, where it is one that takes more records */
  #open: RecordTexts | null = null
  #refuses = false

  get length(): number {
    return this.#length
  }

  get sizeBytes(): number {
    return this.#end
  }

  add(record: UserRecord): void {
    const { data } = record
    this.#reserve(1, data.length)
    if (this.#open === null) {
      this.#open = new RecordTexts()
      this.#sources.push({ at: this.#length, from: 0, texts: this.#open })
    }
    this.#open.records.push(record)
    const row = this.#length++
    this.#bytes.set(data, this.#end)
    this.#offsets[row] = this.#end
    this.#sizes[row] = data.length
    this.#end += data.length
    this.#arrivedAt[row] = record.arrivedAt
    this.#rowtimes[row] = record.rowtime
  }

  /**
   * Adds a run `[from, to)` of another batch; its bytes are copied at once where they lie nearly together. The other batch lives
   * as long as this one, for its texts.
   * @param rowtimes the rowtimes to give to the run, indexed as the batch is
   */
  addRun(batch: RecordBatch, from: number, to: number, rowtimes: Float64Array = batch.rowtimes): void {
    if (to <= from) return
    this.#open = null
    this.#sources.push({ at: this.#length, from, texts: batch })
    if (batch.refusal !== undefined) this.#refuses = true
    const row = this.#length
    if (isTogether(batch, from, to)) this.#copyStretch(batch, from, to)
    else this.#copyEach(batch, from, to)
    this.#sizes.set(batch.sizes.subarray(from, to), row)
    this.#arrivedAt.set(batch.arrivedAt.subarray(from, to), row)
    this.#rowtimes.set(rowtimes.subarray(from, to), row)
  }

  #copyStretch(batch: RecordBatch, from: number, to: number): void {
    const start = batch.offsets[from] ?? 0
    const end = (batch.offsets[to - 1] ?? 0) + (batch.sizes[to - 1] ?? 0)
    this.#reserve(to - from, end - start)
    this.#bytes.set(batch.bytes.subarray(start, end), this.#end)
    const shift = this.#end - start
    for (let i = from; i < to; i++) this.#offsets[this.#length++] = (batch.offsets[i] ?? 0) + shift
    this.#end += end - start
  }

  #copyEach(batch: RecordBatch, from: number, to: number): void {
    let sizeBytes = 0
    for (let i = from; i < to; i++) sizeBytes += batch.sizes[i] ?? 0
    this.#reserve(to - from, sizeBytes)
    for (let i = from; i < to; i++) {
      this.#bytes.set(recordBytes(batch, i), this.#end)
      this.#offsets[this.#length++] = this.#end
      this.#end += batch.sizes[i] ?? 0
    }
  }

  /** The records so far as a batch, possibly of length 0; the builder starts anew. */
  take(): RecordBatch {
    const sources = this.#sources
    let last = 0
    /** The source of a record; records are mostly asked for in their order. */
    const sourceOf = (index: number): Source => {
      const isIn = (at: number): boolean => {
        const next = sources[at + 1]
        return (sources[at]?.at ?? 0) <= index && (next === undefined || index < next.at)
      }
      if (!isIn(last)) {
        let low = 0
        let high = sources.length
        while (high - low > 1) {
          const middle = (low + high) >> 1
          if ((sources[middle]?.at ?? 0) <= index) low = middle
          else high = middle
        }
        last = low
      }
      const source = sources[last]
      assert(source !== undefined && index >= 0 && index < length, 'a record index lies within its batch')
      return source
    }
    const { length } = this
    const batch: RecordBatch = {
      length,
      bytes: this.#bytes.subarray(0, this.#end),
      offsets: this.#offsets,
      sizes: this.#sizes,
      arrivedAt: this.#arrivedAt,
      rowtimes: this.#rowtimes,
      sequenceNumber: index => {
        const { texts, from, at } = sourceOf(index)
        return texts.sequenceNumber(index - at + from)
      },
      subsequenceNumber: index => {
        const { texts, from, at } = sourceOf(index)
        return texts.subsequenceNumber(index - at + from)
      },
      partitionKey: index => {
        const { texts, from, at } = sourceOf(index)
        return texts.partitionKey(index - at + from)
      },
      shardId: index => {
        const { texts, from, at } = sourceOf(index)
        return texts.shardId(index - at + from)
      },
      ...(this.#refuses
        ? {
            refusal: (index: number) => {
              const { texts, from, at } = sourceOf(index)
              return texts.refusal?.(index - at + from) ?? null
            },
          }
        : {}),
    }
    const rows = Math.max(64, this.#length)
    this.#open = null
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(4_096, this.#end))
    this.#offsets = new Int32Array(rows)
    this.#sizes = new Int32Array(rows)
    this.#arrivedAt = new Float64Array(rows)
    this.#rowtimes = new Float64Array(rows)
    this.#sources = []
    this.#refuses = false
    this.#end = 0
    this.#length = 0
    return batch
  }

  #reserve(records: number, sizeBytes: number): void {
    if (this.#end + sizeBytes > this.#bytes.length) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#end + sizeBytes))
      bytes.set(this.#bytes.subarray(0, this.#end))
      this.#bytes = bytes
    }
    if (this.#length + records <= this.#offsets.length) return
    const rows = Math.max(this.#offsets.length * 2, this.#length + records)
    this.#offsets = copied(this.#offsets, new Int32Array(rows))
    this.#sizes = copied(this.#sizes, new Int32Array(rows))
    this.#arrivedAt = copied(this.#arrivedAt, new Float64Array(rows))
    this.#rowtimes = copied(this.#rowtimes, new Float64Array(rows))
  }
}

/** Whether records lie one after the other with so little between them that copying it, too, is cheapest. */
function isTogether(batch: RecordBatch, from: number, to: number): boolean {
  const { offsets, sizes } = batch
  let end = offsets[from] ?? 0
  for (let i = from; i < to; i++) {
    const offset = offsets[i] ?? 0
    if (offset < end || offset > end + GAP_BYTES_MAX) return false
    end = offset + (sizes[i] ?? 0)
  }
  return true
}

function copied<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
