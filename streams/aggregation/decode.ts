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

/** Numbers to which one can append; typed, so that an aggregate of many small records costs little. */
class NumberList {
  values: Int32Array
  length = 0

  constructor(room: number) {
    this.values = new Int32Array(room)
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Int32Array(Math.max(16, this.length * 2))
      grown.set(this.values)
      this.values = grown
    }
    this.values[this.length++] = value
  }
}

/** User records and keys of the last aggregate: one producer packs alike, so that lists need not grow. Only a guess of room. */
const last = { records: 32, keys: 32 }
const ROOM_MAX = 16_384

/** Texts by their spans, decoded once each and only when asked for. */
class TextTable {
  readonly #bytes: Uint8Array
  readonly #starts: NumberList
  readonly #stops: NumberList
  readonly #texts: (string | undefined)[] = []

  constructor(bytes: Uint8Array, room: number) {
    this.#bytes = bytes
    this.#starts = new NumberList(room)
    this.#stops = new NumberList(room)
  }

  get length(): number {
    return this.#starts.length
  }

  add(start: number, stop: number): void {
    this.#starts.push(start)
    this.#stops.push(stop)
  }

  at(index: number): string {
    const known = this.#texts[index]
    if (known !== undefined) return known
    assert(index < this.#starts.length, 'an index lies within its table')
    const text = textIn(this.#bytes, this.#starts.values[index] ?? 0, this.#stops.values[index] ?? 0)
    this.#texts[index] = text
    return text
  }
}

class AggregateParser {
  readonly #bytes: Uint8Array
  readonly #partitionKeys: TextTable
  readonly #hashKeys: TextTable
  readonly #offsets = new NumberList(last.records)
  readonly #sizes = new NumberList(last.records)
  readonly #keyIndexes = new NumberList(last.records)
  /** -1: none */
  readonly #hashIndexes = new NumberList(last.records)
  /** spans of the Record messages, read again when somebody asks for tags */
  readonly #starts = new NumberList(last.records)
  readonly #stops = new NumberList(last.records)

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#partitionKeys = new TextTable(bytes, last.keys)
    this.#hashKeys = new TextTable(bytes, 4)
  }

  parse(start: number, end: number): Aggregate | null {
    const fields = new FieldReader(this.#bytes, start, end)
    while (fields.next()) {
      if (fields.tag === TAG.partitionKeyTable) this.#partitionKeys.add(fields.start, fields.stop)
      else if (fields.tag === TAG.explicitHashKeyTable) this.#hashKeys.add(fields.start, fields.stop)
      else if (fields.tag === TAG.records && !this.#record(fields.start, fields.stop)) return null
    }
    return fields.failed ? null : this.#result()
  }

  /**
   * Reads a message of the form in which producers write nearly all: an index below 128, perhaps another, the data, nothing else.
   * False says only that it is of another form.
   */
  #usualRecord(start: number, stop: number): boolean {
    const bytes = this.#bytes
    let at = start
    const keyIndex = bytes[at + 1] ?? 0x80
    if (bytes[at] !== TAG.partitionKeyIndex || keyIndex > 0x7f) return false
    at += 2
    let hashIndex = -1
    if (bytes[at] === TAG.explicitHashKeyIndex) {
      hashIndex = bytes[at + 1] ?? 0x80
      if (hashIndex > 0x7f) return false
      at += 2
    }
    if (bytes[at++] !== TAG.data) return false
    const first = bytes[at++] ?? 0x80
    let sizeBytes = first
    if (first > 0x7f) {
      const second = bytes[at++] ?? 0x80
      sizeBytes = (first & 0x7f) + (second & 0x7f) * 0x80
      if (second > 0x7f) {
        const third = bytes[at++] ?? 0x80
        if (third > 0x7f) return false
        sizeBytes += third * 0x4000
      }
    }
    if (at + sizeBytes !== stop) return false
    this.#push(at, sizeBytes, keyIndex, hashIndex, start, stop)
    return true
  }

  #push(offset: number, sizeBytes: number, keyIndex: number, hashIndex: number, start: number, stop: number): void {
    this.#offsets.push(offset)
    this.#sizes.push(sizeBytes)
    this.#keyIndexes.push(keyIndex)
    this.#hashIndexes.push(hashIndex)
    this.#starts.push(start)
    this.#stops.push(stop)
  }

  /** False when the message cannot be parsed or lacks a required field. */
  #record(start: number, stop: number): boolean {
    if (this.#usualRecord(start, stop)) return true
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
    this.#push(offset, sizeBytes, keyIndex, hashIndex, start, stop)
    return true
  }

  #isTag(start: number, stop: number): boolean {
    const fields = new FieldReader(this.#bytes, start, stop)
    let hasKey = false
    while (fields.next()) if (fields.tag === TAG.tagKey) hasKey = true
    return hasKey && !fields.failed
  }

  #result(): Aggregate {
    const keyIndexes = this.#keyIndexes.values
    const hashIndexes = this.#hashIndexes.values
    const total = this.#offsets.length
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
    return {
      bytes: this.#bytes,
      offsets: this.#offsets.values,
      sizes: this.#sizes.values,
      length,
      lost: total - length,
      hasExplicitHashKeys: this.#hashKeys.length > 0,
      partitionKey: index => this.#partitionKeys.at(within(keyIndexes, index, length)),
      explicitHashKey: index => {
        const hashIndex = within(hashIndexes, index, length)
        return hashIndex < 0 ? null : this.#hashKeys.at(hashIndex)
      },
      tag: (index, key) => this.#tag(within(this.#starts.values, index, length), this.#stops.values[index] ?? 0, key),
    }
  }

  #tag(start: number, stop: number, key: string): string | null {
    const fields = new FieldReader(this.#bytes, start, stop)
    while (fields.next()) {
      if (fields.tag !== TAG.tags) continue
      const parts = new FieldReader(this.#bytes, fields.start, fields.stop)
      let name = ''
      let value = ''
      while (parts.next()) {
        if (parts.tag === TAG.tagKey) name = textIn(this.#bytes, parts.start, parts.stop)
        else if (parts.tag === TAG.tagValue) value = textIn(this.#bytes, parts.start, parts.stop)
      }
      if (name === key) return value
    }
    return null
  }
}

/** An index as a table can have it; anything larger is outside of every table. */
function tableIndex(value: number): number {
  return Math.min(value, 0x7fff_ffff)
}

function within(values: Int32Array, index: number, length: number): number {
  assert(index >= 0 && index < length, 'a user record index lies within its aggregate')
  return values[index] ?? 0
}

function textIn(bytes: Uint8Array, start: number, stop: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString('utf8')
}
