/**
 * The seam of destinations that are no store of objects: they take a call with some records and answer for each of them. When to
 * call is batch-output.ts's, when to repeat is deliver-batch.ts's; a destination knows its protocol alone.
 */
import type { ErrorOutputType, StreamRecord } from '../pipeline/record.ts'

/** How metrics call a destination: `DeliveryTo<name>.Records`. The first three are Firehose's. */
export type DestinationName =
  | 'HttpEndpoint'
  | 'AmazonOpenSearchService'
  | 'Splunk'
  | 'Redshift'
  | 'KinesisStream'
  | 'Kafka'
  | 'Firehose'
  | 'SNS'
  | 'SQS'
  | 'Lambda'
  | 'CloudWatch'

/** Why a record was not taken. */
export interface Refusal {
  /** as error records have it, such as `HttpEndpoint.RequestTimeout` */
  readonly code: string
  readonly message: string
  /** `never`: the same record would be refused again */
  readonly retry: 'backoff' | 'never'
}

/** null: delivered */
export type RecordOutcome = Refusal | null

export interface CallResult {
  /** one for each record, in the order of the call; or one for all of them */
  readonly outcomes: readonly RecordOutcome[] | RecordOutcome
  /** The call was refused for one of its records, or for its size: halves of what it did not deliver may fare better. */
  readonly split?: boolean
  /** of the time that the call took, what does not count for the retry duration, milliseconds */
  readonly uncountedMs?: number
}

/** The records of one call. */
export interface DestinationCall {
  /** a UUID that depends on the records alone: the same over repeats, and over restarts where a stream gave the records */
  readonly requestId: string
  readonly records: readonly StreamRecord[]
  /** 1 for the first */
  readonly attempt: number
}

/** When a call is repeated, and for how long. */
export interface RetryRule {
  /** 0: never */
  readonly durationSeconds: number
  /** whether the first attempt counts (OpenSearch, Redshift) or only what comes after its failure (HTTP, Splunk) */
  readonly countsFrom: 'first-attempt' | 'first-failure'
  /** waits double from the first to the longest, milliseconds */
  readonly waitFirstMs: number
  readonly waitMaxMs: number
}

/** Firehose guide, HTTP endpoint delivery: first wait 1 s, twice as long each time, 120 s at most, jitter of 15 %. */
export const HTTP_WAITS = { waitFirstMs: 1_000, waitMaxMs: 120_000 } as const
export const WAIT_JITTER = 0.15

/** Time that one call through a client of the program's may take: an SDK's own default is for ever. */
export const CLIENT_TIMEOUT_MS = 60_000

export interface RecordDestination {
  readonly name: DestinationName
  readonly errorType: ErrorOutputType
  /** calls that may be under way at a time; 1 keeps the order */
  readonly callsMax: number
  /** records and bytes, as `sizeOf` counts them, of one call */
  readonly recordsMax: number
  readonly bytesMax: number
  readonly retry: RetryRule
  /** whether the metric `Success` counts calls or records */
  readonly successOf: 'calls' | 'records'
  /** After so long a call has failed. Without it the destination bounds the time of its calls by itself. */
  readonly callTimeoutMs?: number
  /** of one record, where it is less than a call has */
  readonly recordBytesMax?: number
  /** bytes that a record takes in a call */
  sizeOf(record: StreamRecord): number
  /**
   * Calls once. What the other side and the network do is an outcome; a rejection ends the stream.
   * @param signal aborted when the stream has failed; the call must settle soon
   */
  call(call: DestinationCall, signal: AbortSignal): Promise<CallResult>
  /** what error records of this destination also have */
  details?(record: StreamRecord): Readonly<Record<string, string | null>>
  /** Lets go of connections, after everything was delivered. */
  close?(): Promise<void>
}
