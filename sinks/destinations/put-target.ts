/**
 * Streams of Kinesis, topics of Kafka and real delivery streams of Firehose, by the targets that the producer puts into:
 * `kinesisTarget`, `streamTarget`, `kafkaTarget`, `firehoseTarget`. (Kinesis API reference, PutRecords; Firehose API reference,
 * PutRecordBatch: partial failure is told entry by entry, and only those entries are put again.)
 */
import { MEBIBYTE } from '../../core/index.ts'
import type { ErrorOutputType, StreamRecord } from '../pipeline/record.ts'
import { clientRefusal } from './client-refusal.ts'
import {
  type CallResult,
  CLIENT_TIMEOUT_MS,
  type DestinationCall,
  type RecordDestination,
  type RecordOutcome,
  type RetryRule,
} from './destination.ts'
import type { DestinationFactory, DestinationSetup } from './open-destination.ts'
import { stableRecordId } from './stable-id.ts'

/** What the producer's targets have; this room does not know that room. */
export interface PutTargetLike {
  readonly callBytesMax?: number | undefined
  readonly capabilities?: { readonly ordered: boolean } | undefined
  putRecords(
    entries: readonly { readonly data: Uint8Array; readonly partitionKey: string }[],
    signal: AbortSignal,
  ): Promise<
    readonly (
      | { readonly shardId: string; readonly sequenceNumber: string }
      | { readonly errorCode: string; readonly errorMessage: string }
    )[]
  >
  close?(): Promise<void>
}

export interface PutDestinationOptions {
  readonly target: PutTargetLike
  /** Default: the key that the record had in its source, else an id of its own, which spreads records over all shards. */
  readonly partitionKey?: (record: StreamRecord) => string
  /** of one record with its key; default as the service takes it: 1 MiB for Kinesis, 1,024,000 for Firehose, 1 MiB for Kafka */
  readonly recordBytesMax?: number
}

interface Kind {
  readonly name: 'KinesisStream' | 'Kafka' | 'Firehose'
  readonly errorType: ErrorOutputType
  readonly recordBytesMax: number
  readonly callBytesMax: number
}

/** PutRecords and PutRecordBatch: entries of a call. */
const ENTRIES_MAX = 500
const WAITS = { waitFirstMs: 100, waitMaxMs: 30_000 } as const
/** Codes of entries that would be refused again; `UnknownEnd` is of a target that has given up repeating. */
const NEVER = new Set(['ValidationException', 'InvalidArgumentException', 'RecordTooLarge', 'UnknownEnd'])

/** Into a stream of Kinesis. */
export function kinesisDestination(options: PutDestinationOptions): DestinationFactory {
  return put(
    {
      name: 'KinesisStream',
      errorType: 'kinesis-stream-failed',
      recordBytesMax: MEBIBYTE,
      callBytesMax: 10 * MEBIBYTE,
    },
    options,
  )
}

/** Into a topic of Kafka; one call at a time where its target is idempotent, which keeps the order. */
export function kafkaDestination(options: PutDestinationOptions): DestinationFactory {
  return put(
    { name: 'Kafka', errorType: 'kafka-failed', recordBytesMax: MEBIBYTE, callBytesMax: 10 * MEBIBYTE },
    options,
  )
}

/** Into a delivery stream of the service. */
export function firehoseDestination(options: PutDestinationOptions): DestinationFactory {
  return put(
    { name: 'Firehose', errorType: 'firehose-failed', recordBytesMax: 1_024_000, callBytesMax: 4 * MEBIBYTE },
    options,
  )
}

function put(kind: Kind, options: PutDestinationOptions): DestinationFactory {
  return setup => new PutDestination(kind, options, setup, setup.retryDurationSeconds)
}

class PutDestination implements RecordDestination {
  readonly name: Kind['name']
  readonly errorType: ErrorOutputType
  readonly callsMax: number
  readonly recordsMax = ENTRIES_MAX
  readonly bytesMax: number
  readonly recordBytesMax: number
  readonly successOf = 'records'
  readonly callTimeoutMs = CLIENT_TIMEOUT_MS
  readonly retry: RetryRule
  readonly #options: PutDestinationOptions
  readonly #setup: DestinationSetup

  constructor(kind: Kind, options: PutDestinationOptions, setup: DestinationSetup, durationSeconds: number) {
    this.name = kind.name
    this.errorType = kind.errorType
    this.bytesMax = options.target.callBytesMax ?? kind.callBytesMax
    this.recordBytesMax = options.recordBytesMax ?? kind.recordBytesMax
    this.callsMax = options.target.capabilities?.ordered === true ? 1 : 4
    this.retry = { ...WAITS, durationSeconds, countsFrom: 'first-failure' }
    this.#options = options
    this.#setup = setup
  }

  sizeOf(record: StreamRecord): number {
    return record.data.length + (this.name === 'Firehose' ? 0 : Buffer.byteLength(this.#keyOf(record)))
  }

  async call({ records }: DestinationCall, signal: AbortSignal): Promise<CallResult> {
    const { target } = this.#options
    try {
      const entries = records.map(record => ({ data: record.data, partitionKey: this.#keyOf(record) }))
      const results = await target.putRecords(entries, signal)
      if (results.length !== records.length) {
        const message = `${results.length} answers for ${records.length} records`
        return { outcomes: { code: `${this.name}.InvalidResponse`, message, retry: 'backoff' } }
      }
      return {
        outcomes: results.map((result): RecordOutcome => {
          if (!('errorCode' in result)) return null
          const { errorCode, errorMessage } = result
          const retry = NEVER.has(errorCode) ? 'never' : 'backoff'
          return { code: `${this.name}.${errorCode}`, message: errorMessage, retry }
        }),
      }
    } catch (error) {
      return clientRefusal(this.name, error)
    }
  }

  async close(): Promise<void> {
    await this.#options.target.close?.()
  }

  #keyOf(record: StreamRecord): string {
    return this.#options.partitionKey?.(record) ?? (record.source?.partitionKey || stableRecordId(record, this.#setup))
  }
}
