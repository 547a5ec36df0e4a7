/** Replies of Kinesis for tests, and what the AWS SDK makes of them. */
import { createRequire } from 'node:module'
import { GetRecordsCommand, KinesisClient } from '@aws-sdk/client-kinesis'
import type { ShardDescription } from '../../core/index.ts'
import { recordBytes } from '../../core/index.ts'
import type { KinesisReply } from '../../streams/kinesis/reply.ts'

/** What a reply says, in a form that can be compared. */
export interface Told {
  readonly data: readonly string[]
  readonly keys: readonly string[]
  readonly numbers: readonly string[]
  readonly arrivedAt: readonly number[]
  readonly next: string | null
  readonly behind: number
  readonly children: readonly ShardDescription[]
}

export function told(reply: KinesisReply): Told {
  const { records } = reply
  const each = <T>(valueOf: (index: number) => T): T[] => Array.from({ length: records.length }, (_, i) => valueOf(i))
  return {
    data: each(i => Buffer.from(recordBytes(records, i)).toString('base64')),
    keys: each(i => records.partitionKey(i)),
    numbers: each(i => records.sequenceNumber(i)),
    arrivedAt: each(i => records.arrivedAt[i] ?? Number.NaN),
    next: reply.nextIterator,
    behind: reply.millisBehindLatest,
    children: reply.childShards,
  }
}

const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a-key-that-nobody-checks' }

/** What the SDK reads out of a body, or throws. */
export async function toldBySdk(body: string | Uint8Array): Promise<Told> {
  const client = new KinesisClient({
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
    requestHandler: {
      handle: () =>
        Promise.resolve({
          response: {
            statusCode: 200,
            headers: { 'content-type': 'application/x-amz-json-1.1' },
            body: Buffer.from(body),
          },
        }),
    } as never,
  })
  const reply = await client.send(new GetRecordsCommand({ ShardIterator: 'i' }))
  client.destroy()
  const records = reply.Records ?? []
  return {
    data: records.map(record => Buffer.from(record.Data ?? []).toString('base64')),
    keys: records.map(record => record.PartitionKey ?? '?'),
    numbers: records.map(record => record.SequenceNumber ?? '?'),
    arrivedAt: records.map(record => record.ApproximateArrivalTimestamp?.getTime() ?? Number.NaN),
    next: reply.NextShardIterator ?? null,
    behind: reply.MillisBehindLatest ?? Number.NaN,
    children: (reply.ChildShards ?? []).map(child => ({
      shardId: child.ShardId ?? '',
      parentShardIds: child.ParentShards ?? [],
      startingHashKey: BigInt(child.HashKeyRange?.StartingHashKey ?? -1),
      endingHashKey: BigInt(child.HashKeyRange?.EndingHashKey ?? -1),
      closed: false,
    })),
  }
}

interface EventCodec {
  encode(message: { headers: Record<string, { type: string; value: unknown }>; body: Uint8Array }): Uint8Array
}

const ofSdk = createRequire(createRequire(import.meta.url).resolve('@aws-sdk/client-kinesis'))

/** The SDK's own encoder of event stream messages. */
export function eventCodec(): EventCodec {
  const { EventStreamCodec } = ofSdk('@smithy/core/event-streams') as {
    EventStreamCodec: new (toUtf8: (bytes: Uint8Array) => string, fromUtf8: (text: string) => Uint8Array) => EventCodec
  }
  return new EventStreamCodec(
    bytes => Buffer.from(bytes).toString(),
    text => Buffer.from(text),
  )
}

/** The SDK's own encoder of CBOR. */
export function cborOf(value: unknown): Uint8Array {
  const { cbor } = ofSdk('@smithy/core/cbor') as { cbor: { serialize(value: unknown): Uint8Array } }
  return cbor.serialize(value)
}

/** A body as the service writes it. */
export function replyBody(records: number, sizeBytes: (i: number) => number = i => i % 50): string {
  return JSON.stringify({
    MillisBehindLatest: 1_234,
    NextShardIterator: `${'AAAA'.repeat(50)}==`,
    Records: Array.from({ length: records }, (_, i) => ({
      ApproximateArrivalTimestamp: (1_768_478_400_123 + i) / 1_000,
      Data: Buffer.alloc(sizeBytes(i), i * 7 + 1).toString('base64'),
      PartitionKey: `key-${i % 5}`,
      SequenceNumber: (49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989n * 1_000n + BigInt(i)).toString(),
    })),
  })
}
