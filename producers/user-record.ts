/** What a caller puts, checked before anything waits for it. */
import { HASH_KEY_MAX, MillraceError, PARTITION_KEY_CHARACTERS_MAX, PUT_RECORDS_BYTES_MAX } from '../core/index.ts'

/** One record as the application hands it over. */
export interface UserRecordInput {
  /** 1 to 256 Unicode characters; records of one key go to one shard */
  readonly partitionKey: string
  /** not copied: it must stay as it is until the put settles */
  readonly data: Uint8Array
  /** decimal, 0 to 2^128 - 1; routes instead of the partition key's MD5 */
  readonly explicitHashKey?: string
}

/** What the check found out. */
export interface CheckedRecord {
  /** base 10 without leading zeros */
  readonly explicitHashKey: string | undefined
  readonly keyBytes: number
}

/**
 * Checks a user record.
 * @throws MillraceError `invalid_argument` with the field, what it is and what it may be
 */
export function checkUserRecord(record: UserRecordInput, dataBytesMax: number): CheckedRecord {
  const { partitionKey, data, explicitHashKey } = record
  if (typeof partitionKey !== 'string') throw invalid(`partition key is ${typeof partitionKey}; give a string`)
  const characters = partitionKey.length > PARTITION_KEY_CHARACTERS_MAX ? characterCount(partitionKey) : 0
  if (partitionKey === '' || characters > PARTITION_KEY_CHARACTERS_MAX)
    throw invalid(
      `partition key has ${characters} characters; give 1 to ${PARTITION_KEY_CHARACTERS_MAX} Unicode characters`,
    )
  if (!(data instanceof Uint8Array)) throw invalid('data is not a Uint8Array; encode the record to bytes first')
  if (data.length > dataBytesMax)
    throw invalid(
      `data has ${data.length} bytes, the limit is ${dataBytesMax}; split the record, or raise MaxUserRecordSize if the stream's own limit is higher`,
    )
  const keyBytes = Buffer.byteLength(partitionKey)
  if (data.length + keyBytes > PUT_RECORDS_BYTES_MAX)
    throw invalid(
      `data and partition key have ${data.length + keyBytes} bytes, one request holds ${PUT_RECORDS_BYTES_MAX}; split the record`,
    )
  return { explicitHashKey: explicitHashKey === undefined ? undefined : normalHashKey(explicitHashKey), keyBytes }
}

/** A hash key in base 10 without leading zeros, as KPL re-renders it. */
function normalHashKey(text: string): string {
  // 128 bits have 39 digits at most; a longer text can only be zeros in front, and nobody needs more than a few of those
  const value = /^\d{1,60}$/.test(text) ? BigInt(text) : -1n
  if (value < 0n || value > HASH_KEY_MAX)
    throw invalid(`explicit hash key ${JSON.stringify(text).slice(0, 80)} is not a decimal number from 0 to 2^128 - 1`)
  return value.toString()
}

function characterCount(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function invalid(message: string): MillraceError {
  return new MillraceError('invalid_argument', `put: ${message}`)
}
