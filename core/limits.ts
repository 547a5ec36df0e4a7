/** Limits of the service that the embedded stream and the clients keep. Each names its source. */

export const KIBIBYTE = 1_024
export const MEBIBYTE = 1_024 * 1_024

/** Kinesis API reference, PutRecords: "Each PutRecords request can support up to 500 records". */
export const PUT_RECORDS_ENTRIES_MAX = 500
/** Kinesis API reference, PutRecords: request size, partition keys included. */
export const PUT_RECORDS_BYTES_MAX = 10 * MEBIBYTE
/** Kinesis API reference, UpdateMaxRecordSize: default and largest MaxRecordSizeInKiB. */
export const RECORD_BYTES_DEFAULT = 1 * MEBIBYTE
export const RECORD_BYTES_MAX = 10 * MEBIBYTE
/** Kinesis API reference, PutRecord: PartitionKey length in Unicode characters. */
export const PARTITION_KEY_CHARACTERS_MAX = 256
/** Kinesis API reference, GetRecords: Limit and reply size. */
export const GET_RECORDS_RECORDS_MAX = 10_000
export const GET_RECORDS_BYTES_MAX = 10 * MEBIBYTE
/** Kinesis API reference, GetShardIterator: an iterator expires 5 minutes after it was returned. */
export const SHARD_ITERATOR_LIFE_MS = 300_000
/** Kinesis API reference, IncreaseStreamRetentionPeriod: default and bounds in hours. */
export const RETENTION_HOURS_DEFAULT = 24
export const RETENTION_HOURS_MAX = 8_760
/** Largest hash key, included: hash keys are unsigned 128-bit numbers. */
export const HASH_KEY_MAX = (1n << 128n) - 1n
