/** What goes into an aggregate: by its texts, and with keys that were seen before. */
import { varintBytes } from './format.ts'

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

/**
 * A key as the tables of aggregates hold it. It remembers its place in the table that it was last counted for and in the one that
 * it was last written into, so that a user record of a key that was seen before costs a comparison and no look-up.
 */
export class TableKey {
  readonly text: string
  /** UTF-8 bytes */
  readonly sizeBytes: number
  /** number of the `AggregateSize` that counted it last, and its index there */
  countedBy = 0
  countedAt = 0
  /** number of the aggregate that it was written into last, and its index there */
  writtenBy = 0
  writtenAt = 0

  constructor(text: string) {
    this.text = text
    this.sizeBytes = Buffer.byteLength(text)
  }
}

/** An item for who puts many records of few keys. Items of one aggregate that have a key in common share its `TableKey`. */
export interface KeyedItem {
  key: TableKey
  /** null: the user gave none */
  explicitKey: TableKey | null
  readonly data: Uint8Array
  readonly tags?: readonly AggregateTag[] | undefined
}

/** An item with keys of its own. */
export function keyed({ partitionKey, explicitHashKey, data, tags }: AggregateItem): KeyedItem {
  const explicitKey = explicitHashKey === undefined ? null : new TableKey(explicitHashKey)
  return { key: new TableKey(partitionKey), explicitKey, data, tags }
}

/** Bytes of a Record message. @param hashIndex below 0: it has no explicit hash key */
export function recordBytes({ data, tags }: KeyedItem, keyIndex: number, hashIndex: number): number {
  const dataBytes = data.length
  let sizeBytes = 1 + varintBytes(keyIndex) + 1 + varintBytes(dataBytes) + dataBytes
  if (hashIndex >= 0) sizeBytes += 1 + varintBytes(hashIndex)
  if (tags !== undefined)
    for (const tag of tags) {
      const bytes = tagBytes(tag)
      sizeBytes += 1 + varintBytes(bytes) + bytes
    }
  return sizeBytes
}

export function tagBytes({ key, value }: AggregateTag): number {
  const keyBytes = textFieldBytes(Buffer.byteLength(key))
  return keyBytes + (value === undefined ? 0 : textFieldBytes(Buffer.byteLength(value)))
}

/** Bytes of a text or bytes field with its tag. */
export function textFieldBytes(sizeBytes: number): number {
  return 1 + varintBytes(sizeBytes) + sizeBytes
}
