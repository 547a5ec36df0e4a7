/**
 * The layout of an aggregated record (proto2):
 *
 *   F3 89 9A C2 | AggregatedRecord | MD5 of the AggregatedRecord bytes alone
 *
 *   AggregatedRecord  1 partition_key_table string*   2 explicit_hash_key_table string*   3 records Record*
 *   Record            1 partition_key_index uint64    2 explicit_hash_key_index uint64?   3 data bytes   4 tags Tag*
 *   Tag               1 key string                    2 value string?
 *
 * Required fields are written even when they are 0 or empty: strict readers refuse a message without them.
 * Source: aggregation format document of the Kinesis Producer Library.
 */

export const MAGIC = [0xf3, 0x89, 0x9a, 0xc2] as const
export const MAGIC_BYTES = 4
export const DIGEST_BYTES = 16
/** What an aggregate needs around its protobuf. */
export const AGGREGATE_OVERHEAD_BYTES = MAGIC_BYTES + DIGEST_BYTES

/** Field number and wire type in one byte; all are length-delimited but the two indexes. */
export const TAG = {
  partitionKeyTable: 0x0a,
  explicitHashKeyTable: 0x12,
  records: 0x1a,
  partitionKeyIndex: 0x08,
  explicitHashKeyIndex: 0x10,
  data: 0x1a,
  tags: 0x22,
  tagKey: 0x0a,
  tagValue: 0x12,
} as const

/** Bytes of a base-128 number from 0 to 2^31 - 1. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}
