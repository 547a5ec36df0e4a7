/**
 * Puts into a Firehose delivery stream through the AWS SDK, which the caller passes in. A delivery stream has neither shards nor
 * keys: user records are never aggregated, the partition key is not sent, and the outcome's sequence number is Firehose's RecordId.
 */
import { MEBIBYTE } from '../core/index.ts'
import { KINESIS_CAPABILITIES, type PutOutcome, type PutTarget } from './put-target.ts'

interface PutRecordBatchOutputLike {
  readonly RequestResponses?:
    | readonly {
        readonly RecordId?: string | undefined
        readonly ErrorCode?: string | undefined
        readonly ErrorMessage?: string | undefined
      }[]
    | undefined
}

/** The part of the SDK's `Firehose` client that is used. */
export interface FirehoseLike {
  putRecordBatch(
    input: { DeliveryStreamName: string; Records: { Data: Uint8Array }[] },
    options: { abortSignal: AbortSignal },
  ): Promise<PutRecordBatchOutputLike>
}

export interface FirehoseTargetOptions {
  readonly client: FirehoseLike
  readonly DeliveryStreamName: string
}

/** Firehose API reference, PutRecordBatch: "up to 500 records in a single call... up to 4 MB for the entire request". */
const CALL_BYTES_MAX = 4 * MEBIBYTE

/** The target that puts into a delivery stream; records above 1,000 KiB are refused by the service. */
export function firehoseTarget({ client, DeliveryStreamName }: FirehoseTargetOptions): PutTarget {
  return {
    streamName: DeliveryStreamName,
    capabilities: { ...KINESIS_CAPABILITIES, aggregates: false },
    callBytesMax: CALL_BYTES_MAX,
    async putRecords(entries, signal) {
      const input = { DeliveryStreamName, Records: entries.map(({ data }) => ({ Data: data })) }
      const { RequestResponses: results = [] } = await client.putRecordBatch(input, { abortSignal: signal })
      return results.map(
        ({ RecordId, ErrorCode, ErrorMessage }): PutOutcome =>
          RecordId !== undefined && RecordId !== ''
            ? { shardId: '', sequenceNumber: RecordId }
            : { errorCode: ErrorCode ?? 'Unknown', errorMessage: ErrorMessage ?? '' },
      )
    },
  }
}
