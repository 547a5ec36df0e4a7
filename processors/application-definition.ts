/** What a Kinesis Data Analytics SQL application is, whatever file it was described in. */
import type { InputSchema } from '../core/codecs/input-schema.ts'

export interface ApplicationInput {
  readonly namePrefix: string
  /** in-application streams that the input's shards are spread over; 1 to 64 */
  readonly parallelism: number
  /** `PREFIX_001` and so on, one for each of `parallelism` */
  readonly streamNames: readonly string[]
  readonly schema: InputSchema
  readonly kind: 'kinesis' | 'firehose'
  /** null where a template leaves it to the deployment */
  readonly resourceArn: string | null
  /** the Lambda function that pre-processes records, if there is one; null as above */
  readonly processor: { readonly resourceArn: string | null } | null
}

export interface ApplicationOutput {
  /** name of the in-application stream, case kept */
  readonly name: string
  readonly kind: 'kinesis' | 'firehose' | 'lambda'
  /** null where a template leaves it to the deployment */
  readonly resourceArn: string | null
  readonly format: 'JSON' | 'CSV'
}

export interface ReferenceTable {
  /** case kept */
  readonly name: string
  /** null where a template leaves it to the deployment */
  readonly bucketArn: string | null
  readonly fileKey: string | null
  readonly schema: InputSchema
}

export interface ApplicationDefinition {
  readonly name: string
  /** text of the SQL program */
  readonly code: string
  readonly inputs: readonly ApplicationInput[]
  readonly outputs: readonly ApplicationOutput[]
  readonly referenceTables: readonly ReferenceTable[]
  /** what the reader should know and need not repair: a sentence each */
  readonly notes: readonly string[]
}

/** API reference, InputParallelism: Count. */
export const INPUT_PARALLELISM_MAX = 64
/** API reference, Input, Output, ReferenceDataSource: length of NamePrefix, Name, TableName. */
export const STREAM_NAME_CHARACTERS_MAX = 32
/** API reference, CreateApplication: length of ApplicationName and ApplicationCode. */
export const APPLICATION_NAME_CHARACTERS_MAX = 128
export const APPLICATION_CODE_CHARACTERS_MAX = 102_400

/** Names of the in-application streams of an input: the prefix and a number of three digits. */
export function inputStreamNames(namePrefix: string, parallelism: number): readonly string[] {
  return Array.from({ length: parallelism }, (_unused, i) => `${namePrefix}_${String(i + 1).padStart(3, '0')}`)
}
