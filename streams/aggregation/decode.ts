/**
 * One record into its user records, by the rules of the Kinesis Client Library:
 *
 *   no magic, no more than 16 bytes after it, wrong digest, unparsable   not an aggregate: the record is delivered as it is
 *   an index outside its table, an explicit hash key that is no number   the user records before it are delivered, the rest is lost
 *   a user record whose hash key is outside the shard's range            the whole aggregate is dropped
 *
 * The result is spans into the bytes that were given; no user record is copied.
 */
import { assert, HASH_KEY_MAX } from '../../core/index.ts'
import { type HashRange, hashKeyOfWords } from '../hash-key.ts'
import { type Md5Words, md5Words } from '../md5.ts'
import { isDigestRight } from './digests.ts'
import { DIGEST_BYTES, MAGIC, MAGIC_BYTES, TAG } from './format.ts'
import { FieldReader } from './reader.ts'

/** The user records of one aggregate: number i is `bytes[offsets[i], offsets[i] + sizes[i])`. Arrays may be longer than `length`. */
export interface Aggregate {
  readonly bytes: Uint8Array
  readonly offsets: Int32Array
  readonly sizes: Int32Array
  /** user records that can be delivered; their subsequence numbers are 0 to `length - 1` */
  readonly length: number
  /** user records after those, lost because an index pointed outside its table */
  readonly lost: number
  /** false: no user record has an explicit hash key */
  readonly hasExplicitHashKeys: boolean
  partitionKey(index: number): string
  /** null where the producer was given none */
  explicitHashKey(index: number): string | null
  /** the value of the first tag of that name; null where there is none, empty for a tag without a value */
  tag(index: number, key: string): string | null
}

/** Whether bytes begin like an aggregate; most records that are none are told apart here. */
export function looksAggregated(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
  return (
    end - start > MAGIC_BYTES + DIGEST_BYTES &&
    bytes[start] === MAGIC[0] &&
    bytes[start + 1] === MAGIC[1] &&
    bytes[start + 2] === MAGIC[2] &&
    bytes[start + 3] === MAGIC[3]
  )
}

/** The user records in `bytes[start, end)`, or null when that is no aggregate and is to be delivered as it is. */
export function decodeAggregate(bytes: Uint8Array, start = 0, end = bytes.length): Aggregate | null {
  return looksAggregated(bytes, start, end) && isDigestRight(bytes, { start, end })
    ? parseAggregate(bytes, start, end)
    : null
}

/** As `decodeAggregate`, for bytes that look aggregated and whose digest is known to be right. */
export function parseAggregate(bytes: Uint8Array, start: number, end: number): Aggregate | null {
  return new AggregateParser(bytes).parse(start + MAGIC_BYTES, end - DIGEST_BYTES)
}

/**
 * How many user records of an aggregate a reader of one shard delivers: 0 when any of them is outside the range; fewer than
 * `length` when an explicit hash key is no number, those before it.
 * @param range hash keys of the shard, both ends included; null where it is not known, which lets everything pass
 */
export function deliverableCount(aggregate: Aggregate, range: HashRange | null): number {
  const holdsAll = range === null || (range.startingHashKey <= 0n && range.endingHashKey >= HASH_KEY_MAX)
  if (holdsAll && !aggregate.hasExplicitHashKeys) return aggregate.length
  const judge = range === null ? null : new RangeJudge(range)
  for (let i = 0; i < aggregate.length; i++) {
    const explicit = aggregate.explicitHashKey(i)
    if (explicit !== null && !/^[+-]?\d{1,60}$/.test(explicit)) return i
    if (judge === null) continue
    const isInside =
      explicit === null ? judge.holdsKey(aggregate.partitionKey(i)) : judge.holds(BigInt(explicit.replace(/^\+/, '')))
    if (!isInside) return 0
  }
  return aggregate.length
}

/** Whether hash keys lie in a range. A reader asks this of every record, so most answers come from the first 32 bits alone. */
class RangeJudge {
  readonly #range: HashRange
  readonly #startWord: number
  readonly #endWord: number
  /** keys that were found inside; one outside ends everything */
  readonly #inside = new Set<string>()

  constructor(range: HashRange) {
    this.#range = range
    this.#startWord = Number(range.startingHashKey >> 96n)
    this.#endWord = Number(range.endingHashKey >> 96n)
  }

  holds(hashKey: bigint): boolean {
    return hashKey >= this.#range.startingHashKey && hashKey <= this.#range.endingHashKey
  }

  holdsKey(partitionKey: string): boolean {
    if (this.#inside.has(partitionKey)) return true
    const [first] = md5Words(partitionKey, hashWords)
    const isInside =
      (first > this.#startWord && first < this.#endWord) ||
      (first >= this.#startWord && first <= this.#endWord && this.holds(hashKeyOfWords(hashWords)))
    if (isInside) this.#inside.add(partitionKey)
    return isInside
  }
}

const hashWords: Md5Words = [0, 0, 0, 0]

/** Spans to which one can append; typed, so that an aggregate of many small records costs little. */
class Spans {
  length = 0
  starts: Int32Array
  stops: Int32Array

  constructor(room: number) {
    this.starts = new Int32Array(room)
    this.stops = new Int32Array(room)
  }

  add(start: number, stop: number): void {
    if (this.length === this.starts.length) {
      const room = Math.max(16, this.length * 2)
      this.starts = grown(this.starts, room)
      this.stops = grown(this.stops, room)
    }
    const row = this.length++
    this.starts[row] = start
    this.stops[row] = stop
  }
}

/** User records and keys of the last aggregate: one producer packs alike, so that lists need not grow. Only a guess of room. */
const last = { records: 32, keys: 32 }
const ROOM_MAX = 16_384

/** Texts by their spans, decoded once each and only when asked for. */
class TextTable extends Spans {
  readonly #bytes: Uint8Array
  readonly #texts: (string | undefined)[] = []

  constructor(bytes: Uint8Array, room: number) {
    super(room)
    this.#bytes = bytes
  }

  at(index: number): string {
    const known = this.#texts[index]
    if (known !== undefined) return known
    assert(index < this.length, 'an index lies within its table')
    const text = textIn(this.#bytes, this.starts[index] ?? 0, this.stops[index] ?? 0)
    this.#texts[index] = text
    return text
  }
}

/** The user records of an aggregate in columns, which grow together. */
class RecordColumns {
  length = 0
  offsets: Int32Array
  sizes: Int32Array
  keyIndexes: Int32Array
  /** -1: none */
  hashIndexes: Int32Array

  constructor(room: number) {
    this.offsets = new Int32Array(room)
    this.sizes = new Int32Array(room)
    this.keyIndexes = new Int32Array(room)
    this.hashIndexes = new Int32Array(room)
  }

  push(offset: number, sizeBytes: number, keyIndex: number, hashIndex: number): void {
    if (this.length === this.offsets.length) this.#grow()
    const row = this.length++
    this.offsets[row] = offset
    this.sizes[row] = sizeBytes
    this.keyIndexes[row] = keyIndex
    this.hashIndexes[row] = hashIndex
  }

  #grow(): void {
    const room = Math.max(16, this.length * 2)
    this.offsets = grown(this.offsets, room)
    this.sizes = grown(this.sizes, room)
    this.keyIndexes = grown(this.keyIndexes, room)
    this.hashIndexes = grown(this.hashIndexes, room)
  }
}

class AggregateParser {
  readonly #bytes: Uint8Array
  readonly #partitionKeys: TextTable
  readonly #hashKeys: TextTable
  readonly #records = new RecordColumns(last.records)

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#partitionKeys = new TextTable(bytes, last.keys)
    this.#hashKeys = new TextTable(bytes, 4)
  }

  parse(start: number, end: number): Aggregate | null {
    const fields = new FieldReader(this.#bytes, start, end)
    for (;;) {
      fields.at = this.#usualRecords(this.#usualKeys(fields.at, end), end)
      if (!fields.next()) break
      if (fields.tag === TAG.partitionKeyTable) this.#partitionKeys.add(fields.start, fields.stop)
      else if (fields.tag === TAG.explicitHashKeyTable) this.#hashKeys.add(fields.start, fields.stop)
      else if (fields.tag === TAG.records && !this.#record(fields.start, fields.stop)) return null
    }
    return fields.failed ? null : this.#result(start, end)
  }

  /** Reads partition keys below 128 bytes as long as they follow each other; the place of what is next. */
  #usualKeys(from: number, end: number): number {
    const bytes = this.#bytes
    let at = from
    while (bytes[at] === TAG.partitionKeyTable) {
      const sizeBytes = bytes[at + 1] ?? 0x80
      const stop = at + 2 + sizeBytes
      if (sizeBytes > 0x7f || stop > end) break
      this.#partitionKeys.add(at + 2, stop)
      at = stop
    }
    return at
  }

  /**
   * Reads messages of the form in which producers write nearly all, as long as they follow each other: an index of a key, perhaps
   * another, the data, nothing else, and numbers of two bytes at most. The place of the first that is of another form.
   */
  #usualRecords(from: number, end: number): number {
    const bytes = this.#bytes
    let next = from
    // The digest lies behind the end, so that a number which is cut there can be looked at.
    while (bytes[next] === TAG.records && next < end) {
      let at = next + 1
      let sizeBytes = bytes[at++] ?? 0
      if (sizeBytes > 0x7f) {
        const high = bytes[at++] ?? 0x80
        if (high > 0x7f) break
        sizeBytes += (high << 7) - 0x80
      }
      const stop = at + sizeBytes
      if (stop > end || bytes[at++] !== TAG.partitionKeyIndex) break
      let keyIndex = bytes[at++] ?? 0
      if (keyIndex > 0x7f) {
        const high = bytes[at++] ?? 0x80
        if (high > 0x7f) break
        keyIndex += (high << 7) - 0x80
      }
      let hashIndex = -1
      if (bytes[at] === TAG.explicitHashKeyIndex) {
        hashIndex = bytes[at + 1] ?? 0
        at += 2
        if (hashIndex > 0x7f) {
          const high = bytes[at++] ?? 0x80
          if (high > 0x7f) break
          hashIndex += (high << 7) - 0x80
        }
      }
      if (bytes[at++] !== TAG.data) break
      let dataBytes = bytes[at++] ?? 0
      if (dataBytes > 0x7f) {
        const high = bytes[at++] ?? 0x80
        if (high > 0x7f) break
        dataBytes += (high << 7) - 0x80
      }
      if (at + dataBytes !== stop) break
      this.#records.push(at, dataBytes, keyIndex, hashIndex)
      next = stop
    }
    return next
  }

  /** False when the message cannot be parsed or lacks a required field. */
  #record(start: number, stop: number): boolean {
    const fields = new FieldReader(this.#bytes, start, stop)
    let keyIndex = -1
    let hashIndex = -1
    let offset = -1
    let sizeBytes = 0
    while (fields.next()) {
      if (fields.tag === TAG.partitionKeyIndex) keyIndex = tableIndex(fields.value)
      else if (fields.tag === TAG.explicitHashKeyIndex) hashIndex = tableIndex(fields.value)
      else if (fields.tag === TAG.data) {
        offset = fields.start
        sizeBytes = fields.stop - fields.start
      } else if (fields.tag === TAG.tags && !this.#isTag(fields.start, fields.stop)) return false
    }
    if (fields.failed || keyIndex < 0 || offset < 0) return false
    this.#records.push(offset, sizeBytes, keyIndex, hashIndex)
    return true
  }

  #isTag(start: number, stop: number): boolean {
    const fields = new FieldReader(this.#bytes, start, stop)
    let hasKey = false
    while (fields.next()) if (fields.tag === TAG.tagKey) hasKey = true
    return hasKey && !fields.failed
  }

  #result(start: number, end: number): Aggregate {
    const { offsets, sizes, keyIndexes, hashIndexes, length: total } = this.#records
    last.records = Math.min(total, ROOM_MAX)
    last.keys = Math.min(this.#partitionKeys.length, ROOM_MAX)
    let length = 0
    // tables may come after the records, so that indexes are judged only now
    while (
      length < total &&
      (keyIndexes[length] ?? 0) < this.#partitionKeys.length &&
      (hashIndexes[length] ?? 0) < this.#hashKeys.length
    )
      length++
    let messages: Spans | null = null
    return {
      bytes: this.#bytes,
      offsets,
      sizes,
      length,
      lost: total - length,
      hasExplicitHashKeys: this.#hashKeys.length > 0,
      partitionKey: index => this.#partitionKeys.at(within(keyIndexes, index, length)),
      explicitHashKey: index => {
        const hashIndex = within(hashIndexes, index, length)
        return hashIndex < 0 ? null : this.#hashKeys.at(hashIndex)
      },
      tag: (index, key) => {
        messages ??= this.#messages(start, end)
        return tagIn(this.#bytes, within(messages.starts, index, length), messages.stops[index] ?? 0, key)
      },
    }
  }

  /** The spans of the Record messages, which nobody needs but who asks for tags. */
  #messages(start: number, end: number): Spans {
    const messages = new Spans(this.#records.length)
    const fields = new FieldReader(this.#bytes, start, end)
    while (fields.next()) if (fields.tag === TAG.records) messages.add(fields.start, fields.stop)
    return messages
  }
}

/** The value of a tag of a Record message. */
function tagIn(bytes: Uint8Array, start: number, stop: number, key: string): string | null {
  const fields = new FieldReader(bytes, start, stop)
  while (fields.next()) {
    if (fields.tag !== TAG.tags) continue
    const parts = new FieldReader(bytes, fields.start, fields.stop)
    let name = ''
    let value = ''
    while (parts.next()) {
      if (parts.tag === TAG.tagKey) name = textIn(bytes, parts.start, parts.stop)
      else if (parts.tag === TAG.tagValue) value = textIn(bytes, parts.start, parts.stop)
    }
    if (name === key) return value
  }
  return null
}

/** An index as a table can have it; anything larger is outside of every table. */
function tableIndex(value: number): number {
  return Math.min(value, 0x7fff_ffff)
}

function within(values: Int32Array, index: number, length: number): number {
  assert(index >= 0 && index < length, 'a user record index lies within its aggregate')
  return values[index] ?? 0
}

function grown(values: Int32Array, room: number): Int32Array {
  const copy = new Int32Array(room)
  copy.set(values)
  return copy
}

function textIn(bytes: Uint8Array, start: number, stop: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString('utf8')
}
