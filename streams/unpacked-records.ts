/**
 * The user records of a batch: aggregates are unpacked, compressed records uncompressed, all others stay as they are. Nothing is
 * copied as long as nothing is compressed: user records are spans into the records that carried them.
 */
import { assert, compareSequenceNumbers, MEBIBYTE, type Position, type RecordBatch } from '../core/index.ts'
import { type Aggregate, deliverableCount, looksAggregated, parseAggregate } from './aggregation/decode.ts'
import { withPlainAggregates } from './compression/plain-aggregates.ts'
import { mayBeCompressed, type Uncompressed, uncompress } from './compression/uncompress.ts'
import { eachCarrier, UserSpans } from './user-spans.ts'

/** Uncompressed bytes after which a batch ends; the rest comes with the next. One record may be larger. */
export const UNPACKED_BYTES_MAX = 16 * MEBIBYTE

/** User records for each record of the last batch: only a guess of room, so that arrays need not grow. */
let ratio = 1
const ROOM_MAX = 65_536

export interface UnpackOptions {
  /** false leaves compressed records as they are */
  readonly uncompressed: boolean
}

/** Takes user records out of one batch, a bounded batch at a time. */
export class UnpackedRecords {
  readonly #records: RecordBatch
  readonly #isUncompressing: boolean
  /** by carrier: those that were parsed with all care, and those of which somebody has asked more than their places */
  readonly #aggregates = new Map<number, Aggregate>()
  /** by carrier: 1 where it is an aggregate of the usual form */
  readonly #usual: Uint8Array
  #next = 0
  #mayBeCompressed = false
  #isPlain = true
  readonly #spans: UserSpans

  /** @param after the last user record that is not wanted; all records before it are left out as well */
  constructor(records: RecordBatch, after: Position | null, options: UnpackOptions) {
    this.#records = options.uncompressed ? withPlainAggregates(records) : records
    this.#isUncompressing = options.uncompressed
    this.#usual = new Uint8Array(records.length)
    this.#spans = new UserSpans(Math.min(ROOM_MAX, Math.ceil(records.length * ratio) + 16))
    this.#expand(after)
    ratio = this.#spans.length / Math.max(1, records.length)
  }

  get isEmpty(): boolean {
    return this.#next === this.#spans.length
  }

  /** The next user records; all that are left when nothing is compressed. */
  take(): RecordBatch {
    const from = this.#next
    if (!this.#mayBeCompressed) {
      this.#next = this.#spans.length
      return this.#isPlain && from === 0 ? this.#records : this.#view(from, this.#spans.length, null)
    }
    const found = new Map<number, Uncompressed>()
    let sizeBytes = 0
    let to = from
    for (; to < this.#spans.length && sizeBytes < UNPACKED_BYTES_MAX; to++) {
      const result = this.#uncompressed(to)
      if (result !== null) found.set(to, result)
      sizeBytes += result instanceof Uint8Array ? result.length : (this.#spans.sizes[to] ?? 0)
    }
    this.#next = to
    return this.#view(from, to, found.size === 0 ? null : found)
  }

  #uncompressed(index: number): Uncompressed {
    const offset = this.#spans.offsets[index] ?? 0
    const { bytes } = this.#records
    return mayBeCompressed(bytes[offset])
      ? uncompress(bytes.subarray(offset, offset + (this.#spans.sizes[index] ?? 0)))
      : null
  }

  #expand(after: Position | null): void {
    const first = this.#firstAfter(after)
    const { bytes } = this.#records
    eachCarrier(this.#records, first, (carrier, start, end, isAggregate) => {
      const isResumed =
        carrier === first && after !== null && this.#records.sequenceNumber(carrier) === after.sequenceNumber
      const from = isResumed ? after.subsequenceNumber + 1 : 0
      if (isAggregate && from === 0 && this.#spans.pushUsual(bytes, start, end, carrier) >= 0) {
        this.#usual[carrier] = 1
        this.#isPlain = false
        return
      }
      const aggregate = isAggregate ? parseAggregate(bytes, start, end) : null
      if (aggregate !== null) this.#aggregate(aggregate, carrier, from)
      else if (from === 0) this.#spans.push(start, end - start, carrier, 0)
      if (aggregate !== null || from > 0) this.#isPlain = false
    })
    if (!this.#isUncompressing) return
    const { offsets, length } = this.#spans
    for (let i = 0; i < length && !this.#mayBeCompressed; i++)
      this.#mayBeCompressed = mayBeCompressed(bytes[offsets[i] ?? 0])
  }

  /** The first record that holds anything after a position; the length when none does. */
  #firstAfter(after: Position | null): number {
    if (after === null) return 0
    let first = 0
    while (
      first < this.#records.length &&
      compareSequenceNumbers(this.#records.sequenceNumber(first), after.sequenceNumber) < 0
    )
      first++
    if (first > 0) this.#isPlain = false
    return first
  }

  /** An aggregate with a broken end gives what is whole in it, and then itself: what it held must not end in silence. */
  #aggregate(aggregate: Aggregate, carrier: number, from: number): void {
    this.#aggregates.set(carrier, aggregate)
    const count = deliverableCount(aggregate, null)
    this.#spans.pushAggregate(aggregate, from, count, carrier)
    if ((aggregate.lost > 0 || count < aggregate.length) && count >= from)
      this.#spans.push(this.#records.offsets[carrier] ?? 0, this.#records.sizes[carrier] ?? 0, carrier, count)
  }

  #aggregateOf(carrier: number): Aggregate | undefined {
    const known = this.#aggregates.get(carrier)
    if (known !== undefined || this.#usual[carrier] !== 1) return known
    const { bytes, offsets, sizes } = this.#records
    const start = offsets[carrier] ?? 0
    const aggregate = parseAggregate(bytes, start, start + (sizes[carrier] ?? 0))
    assert(aggregate !== null, 'an aggregate of the usual form can be parsed')
    this.#aggregates.set(carrier, aggregate)
    return aggregate
  }

  /** @param found what was compressed, by user record: then all bytes are copied together */
  #view(from: number, to: number, found: ReadonlyMap<number, Uncompressed> | null): RecordBatch {
    const records = this.#records
    const length = to - from
    const carriers = this.#spans.carriers.subarray(from, to)
    const inner = this.#spans.inner.subarray(from, to)
    const arrivedAt = new Float64Array(length)
    const rowtimes = new Float64Array(length)
    for (let i = 0; i < length; i++) {
      const carrier = carriers[i] ?? 0
      arrivedAt[i] = records.arrivedAt[carrier] ?? 0
      rowtimes[i] = records.rowtimes[carrier] ?? 0
    }
    const refusals = found === null ? [] : [...found].filter(entry => typeof entry[1] === 'string')
    const texts = new Map(refusals.map(([index, text]) => [index - from, String(text)] as const))
    return {
      length,
      ...(found === null
        ? {
            bytes: records.bytes,
            offsets: this.#spans.offsets.subarray(from, to),
            sizes: this.#spans.sizes.subarray(from, to),
          }
        : this.#joined(from, to, found)),
      arrivedAt,
      rowtimes,
      sequenceNumber: index => records.sequenceNumber(carriers[index] ?? 0),
      subsequenceNumber: index => inner[index] ?? 0,
      partitionKey: index => {
        const carrier = carriers[index] ?? 0
        const aggregate = this.#aggregateOf(carrier)
        const number = inner[index] ?? 0
        return aggregate === undefined || number >= aggregate.length
          ? records.partitionKey(carrier)
          : aggregate.partitionKey(number)
      },
      shardId: index => records.shardId(carriers[index] ?? 0),
      ...(texts.size === 0 ? {} : { refusal: (index: number) => texts.get(index) ?? null }),
    }
  }

  #joined(from: number, to: number, found: ReadonlyMap<number, Uncompressed>) {
    const offsets = new Int32Array(to - from)
    const sizes = new Int32Array(to - from)
    const pieces: Uint8Array[] = []
    let end = 0
    for (let i = from; i < to; i++) {
      const result = found.get(i)
      const offset = this.#spans.offsets[i] ?? 0
      const piece =
        result instanceof Uint8Array
          ? result
          : this.#records.bytes.subarray(offset, offset + (this.#spans.sizes[i] ?? 0))
      offsets[i - from] = end
      sizes[i - from] = piece.length
      end += piece.length
      pieces.push(piece)
    }
    return { bytes: Buffer.concat(pieces, end), offsets, sizes }
  }
}

/** Whether any record has to be looked into. */
export function isPacked(records: RecordBatch, isUncompressing: boolean): boolean {
  for (let i = 0; i < records.length; i++) {
    const offset = records.offsets[i] ?? 0
    if (isUncompressing && mayBeCompressed(records.bytes[offset])) return true
    if (looksAggregated(records.bytes, offset, offset + (records.sizes[i] ?? 0))) return true
  }
  return false
}
