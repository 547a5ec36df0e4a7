/** Streams as the service describes and lists them. Source: Kinesis API reference. */
import { KIBIBYTE } from '../../../core/index.ts'
import { streamArn } from '../arn.ts'
import type { LocalStream } from '../local-stream.ts'
import { STREAM_SHARDS_MAX, STREAMS_MAX } from '../local-streams.ts'
import { Instant } from './cbor.ts'
import { type Call, type Service, streamNamed } from './service.ts'
import { shardMembers } from './shard-members.ts'
import { NAME_RULE, STREAM_RULES, streamNameIn } from './stream-name.ts'
import { Input } from './validate.ts'

const HOUR_MS = 3_600_000
/** DescribeStream: "Limit: maximum number of shards to return in a single call; the default value is 100". */
const DESCRIBE_SHARDS_DEFAULT = 100
const DESCRIBE_SHARDS_MAX = 10_000
/** ListStreams: "The default value is 100"; at most 10,000. */
const LIST_STREAMS_DEFAULT = 100
const LIST_STREAMS_MAX = 10_000
/** Hours that a description can say; what is kept for ever says them. */
export const RETENTION_HOURS_MAX = 8_760

export function describeStream({ service, body }: Call): object {
  const input = new Input(body, {
    ...STREAM_RULES,
    Limit: { type: 'integer', min: 1, max: DESCRIBE_SHARDS_MAX },
    ExclusiveStartShardId: NAME_RULE,
  })
  const stream = streamNamed(service.streams, streamNameIn(input))
  const after = input.text('ExclusiveStartShardId') ?? ''
  const limit = input.number('Limit') ?? DESCRIBE_SHARDS_DEFAULT
  const shards = stream.status === 'CREATING' ? [] : stream.shardRecords.filter(({ shardId }) => shardId > after)
  return {
    StreamDescription: {
      ...summaryOf(stream, service),
      HasMoreShards: shards.length > limit,
      Shards: shards.slice(0, limit).map(record => shardMembers(record, record)),
    },
  }
}

export function describeStreamSummary({ service, body }: Call): object {
  const stream = streamNamed(service.streams, streamNameIn(new Input(body, STREAM_RULES)))
  return {
    StreamDescriptionSummary: {
      ...summaryOf(stream, service),
      OpenShardCount: openShards(stream),
      ConsumerCount: stream.description.consumers.length,
      MaxRecordSizeInKiB: Math.ceil(stream.description.recordBytesMax / KIBIBYTE),
    },
  }
}

export function describeLimits({ service: { streams }, body }: Call): object {
  new Input(body, {})
  const all = streams.list().map(name => streams.get(name))
  return {
    ShardLimit: STREAM_SHARDS_MAX * STREAMS_MAX,
    OpenShardCount: all.reduce((sum, stream) => sum + openShards(stream), 0),
    OnDemandStreamCount: all.filter(({ description }) => description.onDemand).length,
    OnDemandStreamCountLimit: STREAMS_MAX,
  }
}

export function listStreams({ service, body }: Call): object {
  const input = new Input(body, {
    Limit: { type: 'integer', min: 1, max: LIST_STREAMS_MAX },
    ExclusiveStartStreamName: NAME_RULE,
    NextToken: { type: 'string', min: 1, max: 1_048_576 },
  })
  // A page's token is the last name of the page before, as ExclusiveStartStreamName is.
  const after = input.text('NextToken') ?? input.text('ExclusiveStartStreamName')
  const limit = input.number('Limit') ?? LIST_STREAMS_DEFAULT
  const names = service.streams.list().filter(name => after === undefined || name > after)
  const shown = names.slice(0, limit)
  const HasMoreStreams = names.length > limit
  return {
    StreamNames: shown,
    HasMoreStreams,
    NextToken: HasMoreStreams ? shown.at(-1) : undefined,
    StreamSummaries: shown.map(name => {
      const { StreamName, StreamARN, StreamStatus, StreamModeDetails, StreamCreationTimestamp } = summaryOf(
        streamNamed(service.streams, name),
        service,
      )
      return { StreamName, StreamARN, StreamStatus, StreamModeDetails, StreamCreationTimestamp }
    }),
  }
}

export function openShards(stream: LocalStream): number {
  return stream.shardRecords.filter(({ closedAt }) => closedAt === null).length
}

function summaryOf(stream: LocalStream, { region }: Service) {
  const { streamName, createdAt, retentionMs, onDemand, encryptionKeyId, shardLevelMetrics } = stream.description
  return {
    StreamName: streamName,
    StreamARN: streamArn(region, streamName),
    StreamStatus: stream.status,
    StreamModeDetails: { StreamMode: onDemand ? 'ON_DEMAND' : 'PROVISIONED' },
    StreamCreationTimestamp: new Instant(createdAt),
    // The service counts whole hours.
    RetentionPeriodHours: Math.min(RETENTION_HOURS_MAX, Math.ceil(retentionMs / HOUR_MS)),
    EnhancedMonitoring: [{ ShardLevelMetrics: shardLevelMetrics }],
    EncryptionType: encryptionKeyId === null ? 'NONE' : 'KMS',
    KeyId: encryptionKeyId ?? undefined,
  }
}
