/** The service's rules for what is put, checked before anything is stored. */
import {
  KIBIBYTE,
  MillraceError,
  PARTITION_KEY_CHARACTERS_MAX,
  PUT_RECORDS_BYTES_MAX,
  PUT_RECORDS_ENTRIES_MAX,
} from '../core/index.ts'
import type { PutEntry } from './stream.ts'

/** Whether a partition key has 1 to 256 Unicode characters; a pair of surrogates is one. */
export function isPartitionKey(key: string): boolean {
  if (key.length <= PARTITION_KEY_CHARACTERS_MAX) return key.length > 0
  return key.length <= PARTITION_KEY_CHARACTERS_MAX * 2 && Array.from(key).length <= PARTITION_KEY_CHARACTERS_MAX
}

/** UTF-8 bytes of a key; what the service counts beside the data. */
export function keyBytes(key: string): number {
  return Buffer.byteLength(key)
}

/**
 * @param recordBytesMax the stream's MaxRecordSize: data and partition key together
 * @throws MillraceError `invalid_argument` or `limit_exceeded`
 */
export function checkEntry(entry: PutEntry, recordBytesMax: number): void {
  if (!isPartitionKey(entry.partitionKey))
    throw new MillraceError(
      'invalid_argument',
      `partition key of ${entry.partitionKey.length} characters refused; it must have 1 to ${PARTITION_KEY_CHARACTERS_MAX}`,
    )
  // Data alone decides nearly always; counting the key's bytes costs more than the comparison.
  const atMost = entry.data.length + entry.partitionKey.length * 3
  if (atMost > recordBytesMax && entry.data.length + keyBytes(entry.partitionKey) > recordBytesMax)
    throw new MillraceError(
      'limit_exceeded',
      `record of ${entry.data.length} bytes with its partition key is larger than the stream's limit of ${recordBytesMax / KIBIBYTE} KiB`,
    )
}

/** @throws MillraceError `invalid_argument` or `limit_exceeded` for the first entry or the whole that breaks a rule */
export function checkEntries(entries: readonly PutEntry[], recordBytesMax: number): void {
  if (entries.length === 0 || entries.length > PUT_RECORDS_ENTRIES_MAX)
    throw new MillraceError(
      'invalid_argument',
      `${entries.length} entries refused; a call takes 1 to ${PUT_RECORDS_ENTRIES_MAX}`,
    )
  let sizeBytes = 0
  for (const entry of entries) {
    checkEntry(entry, recordBytesMax)
    sizeBytes += entry.data.length + keyBytes(entry.partitionKey)
  }
  if (sizeBytes > PUT_RECORDS_BYTES_MAX)
    throw new MillraceError(
      'limit_exceeded',
      `entries of ${sizeBytes} bytes refused; a call takes ${PUT_RECORDS_BYTES_MAX} bytes, partition keys included`,
    )
}
