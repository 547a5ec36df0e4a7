/** What a caller puts. */
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
