/**
 * What Lambda gives a function for a batch of one shard of a Kinesis stream, and what it takes for an answer.
 * Source: AWS Lambda developer guide, "Using Lambda with Kinesis" and "Implementing stateful Kinesis processing".
 */
import { isSequenceNumber, MillraceError, type RecordBatch, RecordBatchBuilder } from '../../../core/index.ts'

export interface KinesisLambdaRecord {
  readonly kinesis: {
    readonly partitionKey: string
    readonly sequenceNumber: string
    /** base64 */
    readonly data: string
    /** seconds */
    readonly approximateArrivalTimestamp: number
  }
  readonly eventSource: string
  /** `shardId-000000000006:SEQUENCE` */
  readonly eventID: string
  /** of the stream, or of its consumer with enhanced fan-out */
  readonly eventSourceARN: string
}

export interface KinesisLambdaEvent {
  readonly Records: readonly KinesisLambdaRecord[]
  /** with a tumbling window only, as all that follows */
  readonly window?: { readonly start: string; readonly end: string } | undefined
  readonly state?: unknown
  readonly shardId?: string | undefined
  readonly eventSourceARN?: string | undefined
  readonly isFinalInvokeForWindow?: boolean | undefined
  readonly isWindowTerminatedEarly?: boolean | undefined
}

export interface KinesisLambdaResponse {
  /** empty: everything is done. Else the first record that is not: it and all behind it come again */
  batchItemFailures: { itemIdentifier: string }[]
  /** with a tumbling window only */
  state?: unknown
}

/** The part of Lambda's context that is used. */
export interface LambdaContextLike {
  getRemainingTimeInMillis(): number
}

export interface LambdaBatch {
  readonly streamName: string
  readonly streamArn: string
  readonly shardId: string
  readonly records: RecordBatch
}

/** @throws MillraceError `invalid_argument` for anything but an event of one shard of a Kinesis stream */
export function readKinesisEvent(event: KinesisLambdaEvent): LambdaBatch {
  const given: unknown = (event as { readonly Records?: unknown } | null)?.Records
  if (!Array.isArray(given)) throw refused('it has no Records')
  const places = new Set<string>()
  const builder = new RecordBatchBuilder()
  let rowtime = 0
  for (const record of event.Records) {
    if (record.eventSource !== 'aws:kinesis')
      throw refused(`it has a record of ${JSON.stringify(record.eventSource)}; map a Kinesis stream to the function`)
    const { kinesis } = record
    const shardId = shardOf(record)
    places.add(`${record.eventSourceARN} ${shardId}`)
    const arrivedAt = Math.round(kinesis.approximateArrivalTimestamp * 1_000)
    rowtime = Math.max(rowtime, arrivedAt)
    builder.add({
      data: Buffer.from(kinesis.data, 'base64'),
      arrivedAt,
      rowtime,
      sequenceNumber: kinesis.sequenceNumber,
      subsequenceNumber: 0,
      partitionKey: kinesis.partitionKey,
      shardId,
    })
  }
  if (places.size > 1)
    throw refused(`it has records of ${[...places].join(' and ')}, and Lambda gives those of one shard`)
  const [first] = event.Records
  const streamArn = first?.eventSourceARN ?? event.eventSourceARN
  const shardId = first === undefined ? event.shardId : shardOf(first)
  if (streamArn === undefined || shardId === undefined) throw refused('it names neither a stream nor a shard')
  return { streamName: streamNameOf(streamArn), streamArn, shardId, records: builder.take() }
}

function shardOf({ eventID, kinesis }: KinesisLambdaRecord): string {
  const [shardId = '', sequenceNumber] = eventID.split(':')
  if (shardId === '' || sequenceNumber !== kinesis.sequenceNumber || !isSequenceNumber(sequenceNumber))
    throw refused(`eventID ${JSON.stringify(eventID)} is not the shard and the sequence number of its record`)
  return shardId
}

/** `arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`, with `/consumer/...` behind it for enhanced fan-out */
function streamNameOf(arn: string): string {
  return /:stream\/([^/]+)/.exec(arn)?.[1] ?? arn
}

function refused(why: string): MillraceError {
  return new MillraceError('invalid_argument', `the event is not one of a Kinesis event source mapping: ${why}`)
}
