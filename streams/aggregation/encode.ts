/** User records into one record, and how large it will be, known before anything is written. */
import { createHash } from 'node:crypto'
import { assert } from '../../core/index.ts'
import { AGGREGATE_OVERHEAD_BYTES, DIGEST_BYTES, MAGIC, MAGIC_BYTES, TAG, varintBytes } from './format.ts'

export interface AggregateTag {
  readonly key: string
  readonly value?: string | undefined
}

/** What goes into an aggregate. */
export interface AggregateItem {
  readonly partitionKey: string
  /** decimal; only one that the user gave. A hash key that was computed from the partition key does not belong here. */
  readonly explicitHashKey?: string | undefined
  readonly data: Uint8Array
  /** other readers skip them */
  readonly tags?: readonly AggregateTag[] | undefined
}

/** Grows with the items; sizes hold for the items so far, in their order. */
export class AggregateSize {
  readonly #partitionKeys = new Map<string, number>()
  readonly #hashKeys = new Map<string, number>()
  /** protobuf bytes of the first 1, 2, 3... items */
  readonly #protobufBytes: number[] = []
  #bytes = 0
  #estimatedBytes = 0

  get count(): number {
    return this.#protobufBytes.length
  }

  /** What KPL's flush trigger counts: about the size, a little more or less than the truth. */
  get estimatedBytes(): number {
    return this.#estimatedBytes
  }

  /** Size of the aggregate of the first `count` items, exactly. One item alone is sent raw and is then smaller. */
  aggregateBytes(count = this.count): number {
    return AGGREGATE_OVERHEAD_BYTES + (this.#protobufBytes[count - 1] ?? 0)
  }

  /** How many of the first items make an aggregate of that size at most; at least 1, whatever its size. */
  countWithin(sizeBytesMax: number, countMax: number): number {
    let count = Math.min(this.count, countMax)
    while (count > 1 && this.aggregateBytes(count) > sizeBytesMax) count--
    return count
  }

  /** @param keyBytes UTF-8 bytes of the partition key, where the caller knows them */
  add(item: AggregateItem, keyBytes = Buffer.byteLength(item.partitionKey)): void {
    const { partitionKey, explicitHashKey, data } = item
    let estimated = data.length + 3 + 2
    let keyIndex = this.#partitionKeys.get(partitionKey)
    if (keyIndex === undefined) {
      keyIndex = this.#partitionKeys.size
      this.#partitionKeys.set(partitionKey, keyIndex)
      this.#bytes += 1 + varintBytes(keyBytes) + keyBytes
      estimated += keyBytes + 3
    }
    let hashIndex = -1
    if (explicitHashKey !== undefined) {
      hashIndex = this.#hashKeys.get(explicitHashKey) ?? -1
      estimated += 2
      if (hashIndex < 0) {
        hashIndex = this.#hashKeys.size
        this.#hashKeys.set(explicitHashKey, hashIndex)
        this.#bytes += 1 + varintBytes(explicitHashKey.length) + explicitHashKey.length
        estimated += explicitHashKey.length + 3
      }
    }
    const sizeBytes = recordBytes(item, keyIndex, hashIndex)
    this.#bytes += 1 + varintBytes(sizeBytes) + sizeBytes
    this.#protobufBytes.push(this.#bytes)
    this.#estimatedBytes += estimated
  }
}

/**
 * The aggregate of the items, in their order; tables are filled in the order of first use, without repeats.
 * @param items at least one. One item makes a valid aggregate too, though KPL sends it raw.
 */
export function encodeAggregate(items: readonly AggregateItem[]): Uint8Array {
  assert(items.length > 0, 'an aggregate holds at least one user record')
  const partitionKeys = new Map<string, number>()
  const hashKeys = new Map<string, number>()
  const keyIndexes = new Int32Array(items.length)
  const hashIndexes = new Int32Array(items.length)
  const sizes = new Int32Array(items.length)
  let protobufBytes = 0
  for (let i = 0; i < items.length; i++) {
    const item = itemAt(items, i)
    const keyIndex = indexIn(partitionKeys, item.partitionKey)
    const hashIndex = item.explicitHashKey === undefined ? -1 : indexIn(hashKeys, item.explicitHashKey)
    const sizeBytes = recordBytes(item, keyIndex, hashIndex)
    keyIndexes[i] = keyIndex
    hashIndexes[i] = hashIndex
    sizes[i] = sizeBytes
    protobufBytes += 1 + varintBytes(sizeBytes) + sizeBytes
  }
  for (const key of partitionKeys.keys()) protobufBytes += textFieldBytes(key)
  for (const key of hashKeys.keys()) protobufBytes += textFieldBytes(key)

  const out = Buffer.allocUnsafeSlow(protobufBytes + AGGREGATE_OVERHEAD_BYTES)
  let at = 0
  for (const byte of MAGIC) out[at++] = byte
  for (const key of partitionKeys.keys()) at = writeText(out, at, TAG.partitionKeyTable, key)
  for (const key of hashKeys.keys()) at = writeText(out, at, TAG.explicitHashKeyTable, key)
  for (let i = 0; i < items.length; i++) {
    const item = itemAt(items, i)
    out[at++] = TAG.records
    at = writeVarint(out, at, sizes[i] ?? 0)
    out[at++] = TAG.partitionKeyIndex
    at = writeVarint(out, at, keyIndexes[i] ?? 0)
    if (item.explicitHashKey !== undefined) {
      out[at++] = TAG.explicitHashKeyIndex
      at = writeVarint(out, at, hashIndexes[i] ?? 0)
    }
    out[at++] = TAG.data
    at = writeVarint(out, at, item.data.length)
    out.set(item.data, at)
    at += item.data.length
    if (item.tags !== undefined) at = writeTags(out, at, item.tags)
  }
  assert(at === MAGIC_BYTES + protobufBytes, 'an aggregate is as long as it was computed to be')
  out.set(createHash('md5').update(out.subarray(MAGIC_BYTES, at)).digest(), at)
  assert(at + DIGEST_BYTES === out.length, 'an aggregate ends with its digest')
  return out
}

function itemAt(items: readonly AggregateItem[], i: number): AggregateItem {
  const item = items[i]
  assert(item !== undefined, 'an item lies within its list')
  return item
}

function indexIn(table: Map<string, number>, key: string): number {
  const known = table.get(key)
  if (known !== undefined) return known
  table.set(key, table.size)
  return table.size - 1
}

/** Bytes of a Record message. */
function recordBytes(item: AggregateItem, keyIndex: number, hashIndex: number): number {
  const dataBytes = item.data.length
  let sizeBytes = 1 + varintBytes(keyIndex) + 1 + varintBytes(dataBytes) + dataBytes
  if (hashIndex >= 0) sizeBytes += 1 + varintBytes(hashIndex)
  if (item.tags !== undefined)
    for (const tag of item.tags) {
      const bytes = tagBytes(tag)
      sizeBytes += 1 + varintBytes(bytes) + bytes
    }
  return sizeBytes
}

function tagBytes({ key, value }: AggregateTag): number {
  return textFieldBytes(key) + (value === undefined ? 0 : textFieldBytes(value))
}

function textFieldBytes(text: string): number {
  const bytes = Buffer.byteLength(text)
  return 1 + varintBytes(bytes) + bytes
}

function writeTags(out: Buffer, start: number, tags: readonly AggregateTag[]): number {
  let at = start
  for (const tag of tags) {
    out[at++] = TAG.tags
    at = writeVarint(out, at, tagBytes(tag))
    at = writeText(out, at, TAG.tagKey, tag.key)
    if (tag.value !== undefined) at = writeText(out, at, TAG.tagValue, tag.value)
  }
  return at
}

function writeText(out: Buffer, start: number, tag: number, text: string): number {
  out[start] = tag
  const at = writeVarint(out, start + 1, Buffer.byteLength(text))
  return at + out.write(text, at)
}

function writeVarint(out: Buffer, start: number, value: number): number {
  let at = start
  let left = value
  while (left >= 0x80) {
    out[at++] = (left & 0x7f) | 0x80
    left >>>= 7
  }
  out[at++] = left
  return at
}
