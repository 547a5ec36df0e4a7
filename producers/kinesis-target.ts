/**
 * Puts into Kinesis through the AWS SDK. The SDK is the caller's: a client is passed in, and nothing here imports it.
 *
 * ```ts
 * import { Kinesis } from '@aws-sdk/client-kinesis'
 * const client = new Kinesis({ maxAttempts: 1 })   // the producer repeats, with better judgement than the client
 * const target = kinesisTarget({ client, StreamName: 'clicks' })
 * ```
 */
import { MillraceError } from '../core/index.ts'
import type { ListedShard, PutEntry, PutOutcome, PutTarget } from './put-target.ts'
import { marked, writeBodies } from './sdk-body.ts'

/** How the stream is named in requests; an ARN is needed where it is of another account. */
export interface StreamNameOrArn {
  readonly StreamName?: string | undefined
  readonly StreamARN?: string | undefined
}

interface PutRecordsOutputLike {
  readonly Records?:
    | readonly {
        readonly SequenceNumber?: string | undefined
        readonly ShardId?: string | undefined
        readonly ErrorCode?: string | undefined
        readonly ErrorMessage?: string | undefined
      }[]
    | undefined
}

interface ListShardsOutputLike {
  readonly NextToken?: string | undefined
  readonly Shards?:
    | readonly {
        readonly ShardId?: string | undefined
        readonly HashKeyRange?:
          | { readonly StartingHashKey?: string | undefined; readonly EndingHashKey?: string | undefined }
          | undefined
        readonly SequenceNumberRange?: { readonly EndingSequenceNumber?: string | undefined } | undefined
      }[]
    | undefined
}

interface PutRecordsEntryLike {
  Data: Uint8Array
  PartitionKey: string
  ExplicitHashKey?: string
}

interface StreamInput {
  StreamName?: string
  StreamARN?: string
}

/** The part of the SDK's `Kinesis` client that is used. A `KinesisClient` with its commands fits by `fromCommands`. */
export interface KinesisLike {
  putRecords(
    input: StreamInput & { Records: PutRecordsEntryLike[] },
    options: { abortSignal: AbortSignal },
  ): Promise<PutRecordsOutputLike>
  listShards(
    input: StreamInput & { NextToken?: string; MaxResults?: number; ShardFilter?: { Type: 'AT_LATEST' } },
    options: { abortSignal: AbortSignal },
  ): Promise<ListShardsOutputLike>
  /** where it is there, and allowed, the producer learns from it how large a record of the stream may be */
  describeStreamSummary?(
    input: StreamInput,
    options: { abortSignal: AbortSignal },
  ): Promise<{ readonly StreamDescriptionSummary?: { readonly MaxRecordSizeInKiB?: number | undefined } | undefined }>
  /** of the SDK; by it the bodies of the producer's calls are written here, which is faster */
  readonly middlewareStack?: unknown
}

export interface KinesisTargetOptions extends StreamNameOrArn {
  readonly client: KinesisLike
}

/** Kinesis API reference, ListShards. KPL asks for as many. */
const LIST_SHARDS_RESULTS = 1_000

/**
 * The target that puts into a Kinesis stream.
 * @throws MillraceError `config` unless exactly one of StreamName and StreamARN is given
 */
export function kinesisTarget({ client, StreamName, StreamARN }: KinesisTargetOptions): PutTarget {
  if ((StreamName === undefined) === (StreamARN === undefined))
    throw new MillraceError('config', 'kinesis target needs a StreamName or a StreamARN, and not both')
  const stream: StreamInput = StreamName === undefined ? { StreamARN: StreamARN ?? '' } : { StreamName }
  writeBodies(client)
  return {
    streamName: StreamName ?? StreamARN?.split('/').at(-1),
    async putRecords(entries, signal) {
      const input = marked({ ...stream, Records: entries.map(requestEntry) })
      const { Records: results = [] } = await client.putRecords(input, { abortSignal: signal })
      return results.map(
        ({ SequenceNumber, ShardId, ErrorCode, ErrorMessage }): PutOutcome =>
          SequenceNumber !== undefined && ShardId !== undefined
            ? { shardId: ShardId, sequenceNumber: SequenceNumber }
            : { errorCode: ErrorCode ?? 'Unknown', errorMessage: ErrorMessage ?? '' },
      )
    },
    async recordBytesMax(signal) {
      const output = await client.describeStreamSummary?.(stream, { abortSignal: signal })
      const sizeKiB = output?.StreamDescriptionSummary?.MaxRecordSizeInKiB
      return sizeKiB === undefined ? null : sizeKiB * 1_024
    },
    async listShards(withClosed, signal) {
      const shards: ListedShard[] = []
      let token: string | undefined
      do {
        const output = await client.listShards(
          token === undefined
            ? {
                ...stream,
                MaxResults: LIST_SHARDS_RESULTS,
                ...(withClosed ? {} : { ShardFilter: { Type: 'AT_LATEST' } }),
              }
            : { NextToken: token },
          { abortSignal: signal },
        )
        for (const { ShardId, HashKeyRange, SequenceNumberRange } of output.Shards ?? [])
          shards.push({
            shardId: ShardId ?? '',
            startingHashKey: BigInt(HashKeyRange?.StartingHashKey ?? '0'),
            endingHashKey: BigInt(HashKeyRange?.EndingHashKey ?? '0'),
            closed: SequenceNumberRange?.EndingSequenceNumber !== undefined,
          })
        token = output.NextToken
      } while (token !== undefined)
      return shards
    },
  }
}

function requestEntry({ data, partitionKey, explicitHashKey }: PutEntry): PutRecordsEntryLike {
  return {
    Data: data,
    PartitionKey: partitionKey,
    ...(explicitHashKey === undefined ? {} : { ExplicitHashKey: explicitHashKey }),
  }
}

/**
 * A `KinesisLike` from the SDK's smaller client and the two commands, for bundles in which the large one weighs too much:
 * `fromCommands(new KinesisClient({ maxAttempts: 1 }), { PutRecordsCommand, ListShardsCommand, DescribeStreamSummaryCommand })`.
 */
export function fromCommands<PutRecords, ListShards, DescribeStreamSummary = never>(
  client: {
    readonly middlewareStack?: unknown
    send(
      command: PutRecords | ListShards | DescribeStreamSummary,
      options: { abortSignal: AbortSignal },
    ): Promise<unknown>
  },
  commands: {
    readonly PutRecordsCommand: new (input: StreamInput & { Records: PutRecordsEntryLike[] }) => PutRecords
    readonly ListShardsCommand: new (input: Parameters<KinesisLike['listShards']>[0]) => ListShards
    /** left out, the producer does not ask how large a record of the stream may be */
    readonly DescribeStreamSummaryCommand?: new (
      input: StreamInput,
    ) => DescribeStreamSummary
  },
): KinesisLike {
  const { DescribeStreamSummaryCommand } = commands
  return {
    middlewareStack: client.middlewareStack,
    putRecords: async (input, options) =>
      (await client.send(new commands.PutRecordsCommand(input), options)) as PutRecordsOutputLike,
    ...(DescribeStreamSummaryCommand === undefined
      ? {}
      : {
          describeStreamSummary: async (input, options) =>
            (await client.send(new DescribeStreamSummaryCommand(input), options)) as object,
        }),
    listShards: async (input, options) =>
      (await client.send(new commands.ListShardsCommand(input), options)) as ListShardsOutputLike,
  }
}
