/** User records into one record. */
import { createHash } from 'node:crypto'
import { assert } from '../../core/index.ts'
import { AGGREGATE_OVERHEAD_BYTES, DIGEST_BYTES, MAGIC, MAGIC_BYTES, TAG, varintBytes } from './format.ts'
import {
  type AggregateItem,
  type AggregateTag,
  type KeyedItem,
  keyed,
  recordBytes,
  type TableKey,
  tagBytes,
  textFieldBytes,
} from './item.ts'

/** Texts up to this length are written by a loop: calling into the system's library costs more than they do. */
const LOOP_CHARACTERS_MAX = 48

let aggregates = 0

/**
 * The aggregate of the items, in their order; tables are filled in the order of first use, without repeats.
 * @param items at least one. One item makes a valid aggregate too, though KPL sends it raw.
 */
export function encodeAggregate(items: readonly AggregateItem[]): Uint8Array {
  const partitionKeys = new Map<string, TableKey>()
  const hashKeys = new Map<string, TableKey>()
  const shared = (table: Map<string, TableKey>, key: TableKey): TableKey => {
    const known = table.get(key.text) ?? key
    table.set(key.text, known)
    return known
  }
  return encodeKeyed(
    items.map(item => {
      const { key, explicitKey, ...others } = keyed(item)
      return {
        ...others,
        key: shared(partitionKeys, key),
        explicitKey: explicitKey === null ? null : shared(hashKeys, explicitKey),
      }
    }),
  )
}

/** The same for items that share their keys. */
export function encodeKeyed(items: readonly KeyedItem[]): Uint8Array {
  assert(items.length > 0, 'an aggregate holds at least one user record')
  const number = ++aggregates
  const partitionKeys: TableKey[] = []
  const hashKeys: TableKey[] = []
  let protobufBytes = 0
  for (const item of items) {
    const { key, explicitKey } = item
    if (key.writtenBy !== number) protobufBytes += enlist(partitionKeys, key, number)
    let hashIndex = -1
    if (explicitKey !== null) {
      if (explicitKey.writtenBy !== number) protobufBytes += enlist(hashKeys, explicitKey, number)
      hashIndex = explicitKey.writtenAt
    }
    const sizeBytes = recordBytes(item, key.writtenAt, hashIndex)
    protobufBytes += 1 + varintBytes(sizeBytes) + sizeBytes
  }

  const out = Buffer.allocUnsafeSlow(protobufBytes + AGGREGATE_OVERHEAD_BYTES)
  let at = writeHead(out, partitionKeys, hashKeys)
  for (const item of items) at = writeRecord(out, at, item, item.key.writtenAt, item.explicitKey?.writtenAt ?? -1)
  seal(out, at)
  return out
}

/** Writes what stands before the user records; returns where they begin. */
export function writeHead(out: Buffer, partitionKeys: readonly TableKey[], hashKeys: readonly TableKey[]): number {
  let at = 0
  for (const byte of MAGIC) out[at++] = byte
  for (const key of partitionKeys) at = writeText(out, at, TAG.partitionKeyTable, key.text, key.sizeBytes)
  for (const key of hashKeys) at = writeText(out, at, TAG.explicitHashKeyTable, key.text, key.sizeBytes)
  return at
}

/** Writes a user record; returns where it ends. @param hashIndex below 0: it has no explicit hash key */
export function writeRecord(out: Buffer, start: number, item: KeyedItem, keyIndex: number, hashIndex: number): number {
  const { data, tags } = item
  let at = start
  out[at++] = TAG.records
  at = writeVarint(out, at, recordBytes(item, keyIndex, hashIndex))
  out[at++] = TAG.partitionKeyIndex
  at = writeVarint(out, at, keyIndex)
  if (hashIndex >= 0) {
    out[at++] = TAG.explicitHashKeyIndex
    at = writeVarint(out, at, hashIndex)
  }
  out[at++] = TAG.data
  at = writeVarint(out, at, data.length)
  out.set(data, at)
  at += data.length
  return tags === undefined ? at : writeTags(out, at, tags)
}

/** Writes the digest behind the protobuf, with which the aggregate ends. */
export function seal(out: Buffer, protobufEnd: number): void {
  assert(protobufEnd + DIGEST_BYTES === out.length, 'an aggregate is as long as it was computed to be')
  out.set(createHash('md5').update(out.subarray(MAGIC_BYTES, protobufEnd)).digest(), protobufEnd)
}

/** Puts a key at the end of its table; returns the bytes that it takes there. */
function enlist(table: TableKey[], key: TableKey, number: number): number {
  key.writtenBy = number
  key.writtenAt = table.length
  table.push(key)
  return textFieldBytes(key.sizeBytes)
}

function writeTags(out: Buffer, start: number, tags: readonly AggregateTag[]): number {
  let at = start
  for (const tag of tags) {
    out[at++] = TAG.tags
    at = writeVarint(out, at, tagBytes(tag))
    at = writeText(out, at, TAG.tagKey, tag.key, Buffer.byteLength(tag.key))
    if (tag.value !== undefined) at = writeText(out, at, TAG.tagValue, tag.value, Buffer.byteLength(tag.value))
  }
  return at
}

function writeText(out: Buffer, start: number, tag: number, text: string, sizeBytes: number): number {
  out[start] = tag
  const at = writeVarint(out, start + 1, sizeBytes)
  // as many bytes as characters: it is ASCII
  if (sizeBytes === text.length && sizeBytes <= LOOP_CHARACTERS_MAX)
    for (let i = 0; i < sizeBytes; i++) out[at + i] = text.charCodeAt(i)
  else out.write(text, at)
  return at + sizeBytes
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
