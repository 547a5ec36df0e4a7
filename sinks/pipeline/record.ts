/** One record on its way through a delivery stream. */

/** Where a record came from, when a stream gave it. */
export interface RecordSource {
  /** which stream or topic, where a delivery stream reads several, or one that was made anew; part of the ids that records get */
  readonly stream?: string
  readonly shardId: string
  readonly partitionKey: string
  readonly sequenceNumber: string
  readonly subsequenceNumber: number
}

export interface StreamRecord {
  /** unique in this delivery stream, the same over all attempts; not the id that `putRecord` answered with */
  readonly recordId: string
  /** dense in this delivery stream, from 0, given after records were unpacked: what receipts count */
  number: number
  /** what is delivered: as put, then as each processor leaves it */
  readonly data: Uint8Array
  /** as received, before any processor: what error records keep */
  readonly rawData: Uint8Array
  /** approximate arrival, epoch milliseconds */
  readonly arrivedAt: number
  readonly source: RecordSource | null
  /** partition keys that the transform returned */
  readonly lambdaKeys: Readonly<Record<string, string>>
  /** partition keys that the query found; missing without one */
  queryKeys?: Readonly<Record<string, string>>
  /** what a conversion has made of it, for its own bodies */
  row?: unknown
}

const NO_KEYS: Readonly<Record<string, string>> = {}
/** Serial numbers of records have so many digits. */
const SERIAL_DIGITS = 20
const ROUND_DIGITS = 10

/**
 * A record as it was put. Its id is made when somebody asks for it: most records never tell theirs, and making it costs more than
 * all else that happens to them. So a copy is made by `changedRecord`, never by a spread, which would lose it.
 */
export class TakenRecord implements StreamRecord {
  readonly serial: number
  /** null where there are no rounds */
  readonly round: number | null
  number = 0
  readonly data: Uint8Array
  readonly arrivedAt: number
  readonly source: RecordSource | null
  readonly lambdaKeys = NO_KEYS
  queryKeys = NO_KEYS
  row: unknown = undefined

  constructor(serial: number, round: number | null, data: Uint8Array, arrivedAt: number, source: RecordSource | null) {
    this.serial = serial
    this.round = round
    this.data = data
    this.arrivedAt = arrivedAt
    this.source = source
  }

  get rawData(): Uint8Array {
    return this.data
  }

  /** Ids of a staged stream stay unique over restarts, which repeat no committed round. */
  get recordId(): string {
    const serial = String(this.serial).padStart(SERIAL_DIGITS, '0')
    return this.round === null ? serial : `${String(this.round).padStart(ROUND_DIGITS, '0')}-${serial}`
  }
}

/** A copy of a record with other members. */
export function changedRecord(record: StreamRecord, changes: Partial<StreamRecord>): StreamRecord {
  const { recordId, number, data, rawData, arrivedAt, source, lambdaKeys } = record
  return { recordId, number, data, rawData, arrivedAt, source, lambdaKeys, ...changes }
}

/**
 * The values of `!{firehose:error-output-type}` that this room writes (Firehose guide; decompression by probes). The last line has
 * those of destinations that Firehose does not have.
 */
export type ErrorOutputType =
  | 'processing-failed'
  | 'format-conversion-failed'
  | 'decompression-failed'
  | 'AmazonOpenSearchService-failed'
  | 'splunk-failed'
  | 'http-endpoint-failed'
  | `${'kinesis-stream' | 'kafka' | 'firehose' | 'sns' | 'sqs' | 'lambda' | 'cloudwatch'}-failed`

/** A record that could not be delivered as it was meant to be. */
export interface FailedRecord {
  readonly record: StreamRecord
  readonly type: ErrorOutputType
  /** such as `Lambda.MissingRecordId` */
  readonly code: string
  readonly message: string
  readonly attempts: number
  /** wall clock of the last attempt's end, epoch milliseconds */
  readonly endedAt: number
  readonly lambdaArn?: string
  readonly stage: string
  /** what else the destination's error records have, such as `esDocumentId` */
  readonly details?: Readonly<Record<string, string | null>>
}

/** What a processor makes of records: what goes on, and what does not. */
export interface Processed {
  readonly records: readonly StreamRecord[]
  readonly failed: readonly FailedRecord[]
}
