/** What a caller puts, checked before anything waits for it. */
import { HASH_KEY_MAX, MillraceError, PARTITION_KEY_CHARACTERS_MAX, PUT_RECORDS_BYTES_MAX } from '../core/index.ts'
import type { TargetCapabilities } from './put-target.ts'
import type { RecordSchema } from './schema-encoding.ts'

/** One record as the application hands it over. */
export interface UserRecordInput {
  /**
   * 1 to 256 Unicode characters; records of one key go to one shard. For Kafka any length, and empty for a record without a key,
   * which goes anywhere
   */
  readonly partitionKey: string
  /** not copied: it must stay as it is until the put settles */
  readonly data: Uint8Array
  /** decimal, 0 to 2^128 - 1; routes instead of the partition key's MD5 */
  readonly explicitHashKey?: string
  /** whole, from 0; routes instead of the key. Only for Kafka */
  readonly partition?: number
  /** only for targets that carry headers, such as Kafka */
  readonly headers?: Readonly<Record<string, Uint8Array | string>>
  /** the data is encoded with it before it is put; needs `encodeSchema` of the producer */
  readonly schema?: RecordSchema
}

/** What the check found out. */
export interface CheckedRecord {
  /** base 10 without leading zeros */
  readonly explicitHashKey: string | undefined
  /** UTF-8 bytes of the partition key, and of the headers */
  readonly keyBytes: number
}

/**
 * Checks a user record.
 * @throws MillraceError `invalid_argument` with the field, what it is and what it may be
 */
export function checkUserRecord(
  record: UserRecordInput,
  dataBytesMax: number,
  { routing, headers: carriesHeaders }: Pick<TargetCapabilities, 'routing' | 'headers'>,
): CheckedRecord {
  const { partitionKey, data, explicitHashKey, partition, headers } = record
  if (typeof partitionKey !== 'string') throw invalid(`partition key is ${typeof partitionKey}; give a string`)
  const characters = partitionKey.length > PARTITION_KEY_CHARACTERS_MAX ? characterCount(partitionKey) : 0
  if (routing === 'hash' && (partitionKey === '' || characters > PARTITION_KEY_CHARACTERS_MAX))
    throw invalid(
      `partition key has ${characters} characters; give 1 to ${PARTITION_KEY_CHARACTERS_MAX} Unicode characters`,
    )
  if (!(data instanceof Uint8Array)) throw invalid('data is not a Uint8Array; encode the record to bytes first')
  if (data.length > dataBytesMax)
    throw invalid(
      `data has ${data.length} bytes, the limit is ${dataBytesMax}; split the record, or raise MaxUserRecordSize if the stream's own limit is higher`,
    )
  if (routing === 'hash' && partition !== undefined)
    throw invalid('partition is for Kafka; a stream of Kinesis routes by partitionKey or explicitHashKey')
  if (routing === 'partition' && explicitHashKey !== undefined)
    throw invalid('explicitHashKey is for Kinesis; a topic of Kafka routes by partitionKey or partition')
  if (partition !== undefined && !(Number.isSafeInteger(partition) && partition >= 0))
    throw invalid(`partition is ${partition}; give a whole number from 0`)
  if (headers !== undefined && !carriesHeaders)
    throw invalid('headers cannot be carried by this target; put them into the data')
  const keyBytes = Buffer.byteLength(partitionKey) + (headers === undefined ? 0 : headerBytes(headers))
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

function headerBytes(headers: Readonly<Record<string, Uint8Array | string>>): number {
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  return bytes
}

function characterCount(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function invalid(message: string): MillraceError {
  return new MillraceError('invalid_argument', `put: ${message}`)
}
