/** Events of a Kinesis event source mapping, typed by the published types of Lambda's own shapes. */
import type { KinesisStreamEvent, KinesisStreamRecord, KinesisStreamTumblingWindowEvent } from 'aws-lambda'

export const SHARD = 'shardId-000000000006'
export const STREAM_ARN = 'arn:aws:kinesis:us-east-1:123456789012:stream/lambda-stream'

/** 56 digits, as the service has them. */
export const sequence = (i: number): string =>
  `495903382714902566085596925383615710959215759891365${String(10_000 + i)}`

export function recordOf(
  i: number,
  data: Uint8Array | string,
  more: Partial<KinesisStreamRecord> = {},
): KinesisStreamRecord {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: `key ${i % 3}`,
      sequenceNumber: sequence(i),
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: 1_607_497_475.25 + i,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${SHARD}:${sequence(i)}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::123456789012:role/lambda-kinesis-role',
    awsRegion: 'us-east-1',
    eventSourceARN: STREAM_ARN,
    ...more,
  }
}

export const eventOf = (...records: readonly KinesisStreamRecord[]): KinesisStreamEvent => ({ Records: [...records] })

export function windowEvent(
  records: readonly KinesisStreamRecord[],
  state: Record<string, unknown>,
  isFinal = false,
): KinesisStreamTumblingWindowEvent & { shardId: string; eventSourceARN: string } {
  return {
    Records: [...records],
    window: { start: '2020-12-09T07:04:00Z', end: '2020-12-09T07:06:00Z' },
    state,
    shardId: SHARD,
    eventSourceARN: STREAM_ARN,
    isFinalInvokeForWindow: isFinal,
    isWindowTerminatedEarly: false,
  }
}
