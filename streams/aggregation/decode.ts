/**
 * One record into its user records, by the rules of the Kinesis Client Library:
 *
 *   no magic, no more than 16 bytes after it, wrong digest, unparsable   not an aggregate: the record is delivered as it is
 *   an index outside its table, an explicit hash key that is no number   the user records before it are delivered, the rest is lost
 *   a user record whose hash key is outside the shard's range            the whole aggregate is dropped
 *
 * The result is spans into the bytes that were given; no user record is copied.
 */
import { createHash } from 'node:crypto'
import { assert } from '../../core/index.ts'
import { type HashRange, hashKeyOf } from '../hash-key.ts'
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
  if (!looksAggregated(bytes, start, end)) return null
  const messageEnd = end - DIGEST_BYTES
  const digest = createHash('md5')
    .update(bytes.subarray(start + MAGIC_BYTES, messageEnd))
    .digest()
  for (let i = 0; i < DIGEST_BYTES; i++) if (digest[i] !== bytes[messageEnd + i]) return null
  return new AggregateParser(bytes).parse(start + MAGIC_BYTES, messageEnd)
}

/**
 * How many user records of an aggregate a reader of one shard delivers: 0 when any of them is outside the range; fewer than
 * `length` when an explicit hash key is no number, those before it.
 * @param range hash keys of the shard, both ends included; null where it is not known, which lets everything pass
 */
export function deliverableCount(aggregate: Aggregate, range: HashRange | null): number {
  for (let i = 0; i < aggregate.length; i++) {
    const explicit = aggregate.explicitHashKey(i)
    if (explicit !== null && !/^[+-]?\d{1,60}$/.test(explicit)) return i
    if (range === null) continue
    const hashKey = explicit === null ? hashKeyOf(aggregate.partitionKey(i)) : BigInt(explicit.replace(/^\+/, ''))
    if (hashKey < range.startingHashKey || hashKey > range.endingHashKey) return 0
  }
  return aggregate.length
}

/** Numbers to which one can append; typed, so that an aggregate of many small records costs little. */
class NumberList {
  values = new Int32Array(32)
  length = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Int32Array(this.length * 2)
      grown.set(this.values)
      this.values = grown
    }
    this.values[this.length++] = value
  }
}

/** Texts by their spans, decoded once each and only when asked for. */
class TextTable {
  readonly #bytes: Uint8Array
  readonly #starts = new NumberList()
  readonly #stops = new NumberList()
  readonly #texts: (string | undefined)[] = []

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
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
  readonly #offsets = new NumberList()
  readonly #sizes = new NumberList()
  readonly #keyIndexes = new NumberList()
  /** -1: none */
  readonly #hashIndexes = new NumberList()
  /** spans of the Record messages, read again when somebody asks for tags */
  readonly #starts = new NumberList()
  readonly #stops = new NumberList()

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#partitionKeys = new TextTable(bytes)
    this.#hashKeys = new TextTable(bytes)
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
    this.#offsets.push(offset)
    this.#sizes.push(sizeBytes)
    this.#keyIndexes.push(keyIndex)
    this.#hashIndexes.push(hashIndex)
    this.#starts.push(start)
    this.#stops.push(stop)
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
