/** The operations of the service that manage and list: each from a request's body to a reply's. */
import { KIBIBYTE } from '../../../core/index.ts'
import { parseHashKey } from '../../hash-key.ts'
import type { IteratorStart } from '../../stream.ts'
import type { LocalStream } from '../local-stream.ts'
import { decodeIterator } from '../shard-iterator.ts'
import { ACCOUNT, arnOf, STREAM_RULES, streamNameIn } from './arn.ts'
import { GET_RECORDS_RULES, getRecords } from './get-records.ts'
import { listShards } from './list-shards.ts'
import { putRecord, putRecords } from './put.ts'
import { type Operation, type Service, streamNamed } from './service.ts'
import { ServiceError } from './service-error.ts'
import { shardJson } from './shard-json.ts'
import { Input, type Rules } from './validate.ts'

const HOUR_MS = 3_600_000
/** CreateStream: streams ON_DEMAND begin with 4 shards. */
const ON_DEMAND_SHARDS = 4
const DESCRIBE_SHARDS_MAX = 10_000

const ITERATOR_TYPES = [
  'AFTER_SEQUENCE_NUMBER',
  'AT_SEQUENCE_NUMBER',
  'AT_TIMESTAMP',
  'LATEST',
  'TRIM_HORIZON',
] as const
const SHARD_ID: Rules[string] = { type: 'string', min: 1, max: 128, pattern: '[a-zA-Z0-9_.-]+' }

const CREATE_RULES: Rules = {
  StreamName: { type: 'string', required: true, min: 1, max: 128, pattern: '[a-zA-Z0-9_.-]+' },
  ShardCount: { type: 'integer', min: 1 },
  StreamModeDetails: { type: 'structure' },
  MaxRecordSizeInKiB: { type: 'integer', min: 1_024, max: 10_240 },
}

const ITERATOR_RULES: Rules = {
  ...STREAM_RULES,
  ShardId: { ...SHARD_ID, required: true },
  ShardIteratorType: { type: 'string', required: true, oneOf: ITERATOR_TYPES },
  StartingSequenceNumber: { type: 'string', pattern: '0|([1-9]\\d{0,128})' },
  Timestamp: { type: 'timestamp' },
}

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['CreateStream', createStream],
  ['DeleteStream', deleteStream],
  ['DescribeStream', (service, body) => Promise.resolve(describeStream(service, body))],
  ['DescribeStreamSummary', (service, body) => Promise.resolve(describeStreamSummary(service, body))],
  ['GetRecords', readRecords],
  ['GetShardIterator', getShardIterator],
  ['ListShards', (service, body) => Promise.resolve(listShards(service, body))],
  ['ListStreams', (service, body) => Promise.resolve(listStreams(service, body))],
  ['MergeShards', mergeShards],
  ['PutRecord', ({ streams }, body) => putRecord(streams, body)],
  ['PutRecords', ({ streams }, body) => putRecords(streams, body)],
  ['SplitShard', splitShard],
])

async function createStream({ streams }: Service, body: unknown): Promise<string> {
  const input = new Input(body, CREATE_RULES)
  const mode = input.structure('StreamModeDetails', {
    StreamMode: { type: 'string', required: true, oneOf: ['PROVISIONED', 'ON_DEMAND'] },
  })
  const onDemand = mode?.text('StreamMode') === 'ON_DEMAND'
  const recordKib = input.number('MaxRecordSizeInKiB')
  const streamName = input.text('StreamName') ?? ''
  if (streams.find(streamName) !== undefined)
    throw new ServiceError('ResourceInUseException', `Stream ${streamName} under account ${ACCOUNT} already exists.`)
  await streams.create(streamName, {
    shards: input.number('ShardCount') ?? (onDemand ? ON_DEMAND_SHARDS : 1),
    recordBytesMax: recordKib === undefined ? undefined : recordKib * KIBIBYTE,
    onDemand,
  })
  return ''
}

async function deleteStream({ streams }: Service, body: unknown): Promise<string> {
  const stream = streamNamed(streams, streamNameIn(new Input(body, STREAM_RULES)))
  await streams.delete(stream.streamName)
  return ''
}

async function splitShard({ streams }: Service, body: unknown): Promise<string> {
  const input = new Input(body, {
    ...STREAM_RULES,
    ShardToSplit: { ...SHARD_ID, required: true },
    NewStartingHashKey: { type: 'string', required: true, pattern: '0|([1-9]\\d{0,38})' },
  })
  const stream = streamNamed(streams, streamNameIn(input))
  await stream.split(input.text('ShardToSplit') ?? '', parseHashKey(input.text('NewStartingHashKey') ?? ''))
  return ''
}

async function mergeShards({ streams }: Service, body: unknown): Promise<string> {
  const input = new Input(body, {
    ...STREAM_RULES,
    ShardToMerge: { ...SHARD_ID, required: true },
    AdjacentShardToMerge: { ...SHARD_ID, required: true },
  })
  const stream = streamNamed(streams, streamNameIn(input))
  await stream.merge(input.text('ShardToMerge') ?? '', input.text('AdjacentShardToMerge') ?? '')
  return ''
}

function describeStream({ streams, region }: Service, body: unknown): string {
  const input = new Input(body, {
    ...STREAM_RULES,
    Limit: { type: 'integer', min: 1, max: DESCRIBE_SHARDS_MAX },
    ExclusiveStartShardId: SHARD_ID,
  })
  const stream = streamNamed(streams, streamNameIn(input))
  const after = input.text('ExclusiveStartShardId') ?? ''
  const limit = input.number('Limit') ?? 100
  const shards = stream.shardRecords.filter(({ shardId }) => shardId > after)
  const shown = shards.slice(0, limit).map(record => shardJson(record, record))
  const head = JSON.stringify({ ...summaryOf(stream, region), HasMoreShards: shards.length > limit })
  return `{"StreamDescription":${head.slice(0, -1)},"Shards":[${shown.join(',')}]}}`
}

function describeStreamSummary({ streams, region }: Service, body: unknown): string {
  const stream = streamNamed(streams, streamNameIn(new Input(body, STREAM_RULES)))
  return JSON.stringify({
    StreamDescriptionSummary: {
      ...summaryOf(stream, region),
      OpenShardCount: stream.shardRecords.filter(({ closedAt }) => closedAt === null).length,
      ConsumerCount: 0,
      MaxRecordSizeInKiB: Math.floor(stream.description.recordBytesMax / KIBIBYTE),
    },
  })
}

function listStreams({ streams, region }: Service, body: unknown): string {
  const input = new Input(body, {
    Limit: { type: 'integer', min: 1, max: 10_000 },
    ExclusiveStartStreamName: { type: 'string', min: 1, max: 128, pattern: '[a-zA-Z0-9_.-]+' },
    NextToken: { type: 'string', min: 1, max: 1_048_576 },
  })
  // A page's token is the last name of the page before, as ExclusiveStartStreamName is.
  const after = input.text('NextToken') ?? input.text('ExclusiveStartStreamName')
  const limit = input.number('Limit') ?? 100
  const names = streams.list().filter(name => after === undefined || name > after)
  const shown = names.slice(0, limit)
  const HasMoreStreams = names.length > limit
  return JSON.stringify({
    StreamNames: shown,
    HasMoreStreams,
    NextToken: HasMoreStreams ? shown.at(-1) : undefined,
    StreamSummaries: shown.map(name => {
      const { StreamName, StreamARN, StreamStatus, StreamModeDetails, StreamCreationTimestamp } = summaryOf(
        streamNamed(streams, name),
        region,
      )
      return { StreamName, StreamARN, StreamStatus, StreamModeDetails, StreamCreationTimestamp }
    }),
  })
}

async function getShardIterator({ streams }: Service, body: unknown): Promise<string> {
  const input = new Input(body, ITERATOR_RULES)
  const stream = streamNamed(streams, streamNameIn(input))
  const shardId = input.text('ShardId') ?? ''
  const from = iteratorStart(input)
  if (!stream.shardRecords.some(record => record.shardId === shardId))
    throw new ServiceError(
      'ResourceNotFoundException',
      `Shard ${shardId} in stream ${stream.streamName} under account ${ACCOUNT} does not exist`,
    )
  return JSON.stringify({ ShardIterator: await stream.getIterator(shardId, from) })
}

function readRecords({ streams }: Service, body: unknown): Promise<Uint8Array> {
  const input = new Input(body, GET_RECORDS_RULES)
  const iterator = input.text('ShardIterator') ?? ''
  return getRecords(streamNamed(streams, decodeIterator(iterator).streamName), iterator, input.number('Limit'))
}

function iteratorStart(input: Input): IteratorStart {
  const type = input.text('ShardIteratorType')
  const sequenceNumber = input.text('StartingSequenceNumber')
  const timestamp = input.number('Timestamp')
  const refuse = (text: string): never => {
    throw new ServiceError('InvalidArgumentException', text)
  }
  const takesNumber = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER'
  if (takesNumber !== (sequenceNumber !== undefined))
    refuse(
      `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ${takesNumber ? 'no' : 'also a'} StartingSequenceNumber.`,
    )
  if ((type === 'AT_TIMESTAMP') !== (timestamp !== undefined))
    refuse(
      `Must specify timestamp parameter exactly for iterator type AT_TIMESTAMP. Request specified ${type} and ${timestamp === undefined ? 'no' : 'also a'} timestamp.`,
    )
  if (type === 'TRIM_HORIZON') return { kind: 'trimHorizon' }
  if (type === 'LATEST') return { kind: 'latest' }
  if (type === 'AT_TIMESTAMP') return { kind: 'atTimestamp', timestamp: Math.round((timestamp ?? 0) * 1_000) }
  if (type === 'AT_SEQUENCE_NUMBER') return { kind: 'at', sequenceNumber: sequenceNumber ?? '' }
  return { kind: 'after', position: { shardId: '', sequenceNumber: sequenceNumber ?? '', subsequenceNumber: 0 } }
}

function summaryOf(stream: LocalStream, region: string) {
  const { streamName, createdAt, retentionMs, onDemand } = stream.description
  return {
    StreamName: streamName,
    StreamARN: arnOf(region, streamName),
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: onDemand ? 'ON_DEMAND' : 'PROVISIONED' },
    StreamCreationTimestamp: createdAt / 1_000,
    // The service counts whole hours; what is kept for ever shows its longest retention.
    RetentionPeriodHours: Math.min(8_760, Math.ceil(retentionMs / HOUR_MS)),
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
  }
}
