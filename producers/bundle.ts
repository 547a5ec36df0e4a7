/** User records that travel as one record: raw when it is one, aggregated when they are more, or when they carry marks. */
import { gzipSync } from 'node:zlib'
import { assert } from '../core/index.ts'
import { encodeKeyed } from '../streams/aggregation/encode.ts'
import { uncompressedBytesMax } from '../streams/compression/uncompress.ts'
import type { AggregateCompression } from './configuration.ts'
import type { PendingRecord } from './pending.ts'
import type { OpenShard, PutEntry, TargetCapabilities } from './put-target.ts'

/** Nearly as small as level 6 on text, in half the time. */
const GZIP_LEVEL = 3

/** The partition key of every aggregate, as KPL sets it: a reader takes keys from the user records inside. */
const AGGREGATE_PARTITION_KEY = 'a'

export class Bundle {
  /** at least one, earliest deadline first */
  readonly records: readonly PendingRecord[]
  /** where all of them belong; null when there was no map to tell */
  readonly shard: OpenShard | null
  /** size of the data, aggregated or raw, as it was when the bundle was made */
  readonly dataBytes: number
  /** what it adds to a call: data and partition key */
  readonly sizeBytes: number
  readonly expiresAt: number
  readonly order: number
  dueAt: number
  /** all its records, encoded; null: not yet */
  aggregate: Uint8Array | null = null
  /** user records that have not been given up; that some were stored is not counted, since all of them are at a time */
  live: number
  /** waiting: in limiter or collector; unplaced: stored on a shard that the map does not know yet */
  stage: 'waiting' | 'sending' | 'unplaced' = 'waiting'

  constructor(records: readonly PendingRecord[], shard: OpenShard | null, dataBytes: number) {
    const first = firstOf(records)
    this.records = records
    this.shard = shard
    this.dataBytes = dataBytes
    const keyBytes = records.length > 1 ? AGGREGATE_PARTITION_KEY.length : first.sizeBytes - first.data.length
    this.sizeBytes = dataBytes + keyBytes
    this.order = first.order
    this.live = records.length
    let dueAt = first.dueAt
    let expiresAt = first.expiresAt
    for (const record of records) {
      record.bundle = this
      record.stage = 'bundled'
      if (record.dueAt < dueAt) dueAt = record.dueAt
      if (record.expiresAt < expiresAt) expiresAt = record.expiresAt
    }
    this.dueAt = dueAt
    this.expiresAt = expiresAt
  }

  /** True when nobody waits for it any more. */
  get dead(): boolean {
    return this.live === 0
  }
}

/**
 * The entry of a call that holds these user records of a bundle: all, or those that were not given up. For a target that routes by
 * hash a hash key is always set, as KPL does.
 */
export function entryOf(
  bundle: Bundle,
  records: readonly PendingRecord[],
  routing: TargetCapabilities['routing'],
  compression: AggregateCompression,
): PutEntry {
  const { key, data, tags, topicPlace, route } = firstOf(records)
  if (routing === 'partition') {
    assert(records.length === 1, 'what is routed by partition travels alone')
    return { data, partitionKey: key.text, ...topicPlace }
  }
  const explicitHashKey = route.decimal
  const encoded = records === bundle.records ? bundle.aggregate : null
  if (records.length > 1)
    return { data: aggregateOf(records, encoded, compression), partitionKey: AGGREGATE_PARTITION_KEY, explicitHashKey }
  if (tags === undefined) return { data, partitionKey: key.text, explicitHashKey }
  return { data: aggregateOf(records, encoded, compression), partitionKey: key.text, explicitHashKey }
}

function aggregateOf(
  records: readonly PendingRecord[],
  encoded: Uint8Array | null,
  compression: AggregateCompression,
): Uint8Array {
  const plain = encoded ?? encodeKeyed(records)
  if (compression === 'none') return plain
  const packed = gzipSync(plain, { level: GZIP_LEVEL })
  // what became too small is refused by readers, as a bomb would be
  const isReadable = plain.length <= uncompressedBytesMax(packed.length)
  return packed.length < plain.length && isReadable ? packed : plain
}

function firstOf(records: readonly PendingRecord[]): PendingRecord {
  const [first] = records
  assert(first !== undefined, 'a bundle has at least one user record')
  return first
}
