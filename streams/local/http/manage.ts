/** Making, changing and deleting streams. Source: Kinesis API reference; texts of errors as the service gives them. */
import { KIBIBYTE } from '../../../core/index.ts'
import { parseHashKey } from '../../hash-key.ts'
import { ACCOUNT, streamArn } from '../arn.ts'
import type { LocalStream } from '../local-stream.ts'
import { openShards, RETENTION_HOURS_MAX } from './describe.ts'
import { type Answer, type Call, streamNamed } from './service.ts'
import { ServiceError } from './service-error.ts'
import { NAME_RULE, STREAM_RULES, streamNameIn } from './stream-name.ts'
import { MAP_OF_TAGS, tagsIn } from './tags.ts'
import { Input, type Rule, type Rules } from './validate.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const RETENTION_HOURS_MIN = 24
/** CreateStream: streams ON_DEMAND begin with 4 shards. */
const ON_DEMAND_SHARDS = 4
/** UpdateShardCount: "Set this value to more than 10000 shards in a stream". */
const TARGET_SHARDS_MAX = 10_000
/** UpdateShardCount: "Scale more than ten times per rolling 24-hour period per stream"; kept by streams with limits. */
const SCALINGS_A_DAY = 10

const RECORD_SIZE: Rule = { type: 'integer', min: 1_024, max: 10_240 }
const MODE: Rules = { StreamMode: { type: 'string', required: true, oneOf: ['PROVISIONED', 'ON_DEMAND'] } }
const HOURS: Rules = { ...STREAM_RULES, RetentionPeriodHours: { type: 'integer', required: true } }
const METRICS = [
  'IncomingBytes',
  'IncomingRecords',
  'OutgoingBytes',
  'OutgoingRecords',
  'WriteProvisionedThroughputExceeded',
  'ReadProvisionedThroughputExceeded',
  'IteratorAgeMilliseconds',
]

/** When streams were scaled within the last day; for those with limits. */
const scalings = new WeakMap<LocalStream, number[]>()

export async function createStream({ service: { streams }, body }: Call): Promise<Answer> {
  const input = new Input(body, {
    StreamName: { ...NAME_RULE, required: true },
    ShardCount: { type: 'integer', min: 1 },
    StreamModeDetails: { type: 'structure' },
    MaxRecordSizeInKiB: RECORD_SIZE,
    Tags: MAP_OF_TAGS,
  })
  const onDemand = input.structure('StreamModeDetails', MODE)?.text('StreamMode') === 'ON_DEMAND'
  const recordKib = input.number('MaxRecordSizeInKiB')
  const streamName = input.text('StreamName') ?? ''
  if (streams.find(streamName) !== undefined)
    throw new ServiceError('ResourceInUseException', `Stream ${streamName} under account ${ACCOUNT} already exists.`)
  await streams.create(streamName, {
    shards: input.number('ShardCount') ?? (onDemand ? ON_DEMAND_SHARDS : 1),
    recordBytesMax: recordKib === undefined ? undefined : recordKib * KIBIBYTE,
    onDemand,
    tags: tagsIn(input.structure('Tags', {})),
  })
  return null
}

export async function deleteStream({ service: { streams }, body }: Call): Promise<Answer> {
  const input = new Input(body, { ...STREAM_RULES, EnforceConsumerDeletion: { type: 'boolean' } })
  const stream = streamNamed(streams, streamNameIn(input))
  // DeleteStream: "If this parameter is unset (null) or if you set it to false, and the stream has registered consumers, the
  // call to DeleteStream fails with a ResourceInUseException."
  if (stream.description.consumers.length > 0 && !input.flag('EnforceConsumerDeletion'))
    throw new ServiceError(
      'ResourceInUseException',
      `Stream ${stream.streamName} under account ${ACCOUNT} has registered consumers; deregister them, or set EnforceConsumerDeletion.`,
    )
  await streams.delete(stream.streamName)
  return null
}

export async function splitShard({ service: { streams }, body }: Call): Promise<Answer> {
  const input = new Input(body, {
    ...STREAM_RULES,
    ShardToSplit: { ...NAME_RULE, required: true },
    NewStartingHashKey: { type: 'string', required: true, pattern: '0|([1-9]\\d{0,38})' },
  })
  const stream = streamNamed(streams, streamNameIn(input))
  await stream.split(input.text('ShardToSplit') ?? '', parseHashKey(input.text('NewStartingHashKey') ?? ''))
  return null
}

export async function mergeShards({ service: { streams }, body }: Call): Promise<Answer> {
  const input = new Input(body, {
    ...STREAM_RULES,
    ShardToMerge: { ...NAME_RULE, required: true },
    AdjacentShardToMerge: { ...NAME_RULE, required: true },
  })
  const stream = streamNamed(streams, streamNameIn(input))
  await stream.merge(input.text('ShardToMerge') ?? '', input.text('AdjacentShardToMerge') ?? '')
  return null
}

export async function updateShardCount({ service, body }: Call): Promise<Answer> {
  const input = new Input(body, {
    ...STREAM_RULES,
    TargetShardCount: { type: 'integer', required: true, min: 1 },
    ScalingType: { type: 'string', required: true, oneOf: ['UNIFORM_SCALING'] },
  })
  const stream = streamNamed(service.streams, streamNameIn(input))
  const target = input.number('TargetShardCount') ?? 1
  const current = openShards(stream)
  if (stream.description.onDemand)
    throw new ServiceError(
      'ValidationException',
      `Request is invalid. Stream ${stream.streamName} under account ${ACCOUNT} is in On-Demand mode.`,
    )
  const counts = `Current open shard count: ${current}, Target shard count: ${target}`
  const limit = (text: string): ServiceError => new ServiceError('LimitExceededException', `${text} ${counts}`)
  if (target > TARGET_SHARDS_MAX) throw limit(`UpdateShardCount cannot scale over ${TARGET_SHARDS_MAX} shards.`)
  if (target > current * 2) throw limit('UpdateShardCount cannot scale up over double your current open shard count.')
  if (target < current / 2) throw limit('UpdateShardCount cannot scale down below half your current open shard count.')
  if (stream.limits !== null) noteScaling(stream, service.clock.now())
  await stream.scale(target)
  return {
    StreamName: stream.streamName,
    StreamARN: streamArn(service.region, stream.streamName),
    CurrentShardCount: current,
    TargetShardCount: target,
  }
}

export function increaseRetention(call: Call): Promise<Answer> {
  return changeRetention(call, 'longer')
}

export function decreaseRetention(call: Call): Promise<Answer> {
  return changeRetention(call, 'shorter')
}

export async function updateStreamMode({ service: { streams }, body }: Call): Promise<Answer> {
  const input = new Input(body, {
    StreamARN: { ...(STREAM_RULES['StreamARN'] as Rule), required: true },
    StreamModeDetails: { type: 'structure', required: true },
  })
  const onDemand = input.structure('StreamModeDetails', MODE)?.text('StreamMode') === 'ON_DEMAND'
  await streamNamed(streams, streamNameIn(input)).change({ onDemand })
  return null
}

export async function updateMaxRecordSize({ service: { streams }, body }: Call): Promise<Answer> {
  const input = new Input(body, {
    StreamARN: STREAM_RULES['StreamARN'] as Rule,
    MaxRecordSizeInKiB: { ...RECORD_SIZE, required: true },
  })
  const recordBytesMax = (input.number('MaxRecordSizeInKiB') ?? 0) * KIBIBYTE
  await streamNamed(streams, streamNameIn(input)).change({ recordBytesMax })
  return null
}

export async function startStreamEncryption({ service: { streams }, body }: Call): Promise<Answer> {
  const input = encryptionInput(body)
  await streamNamed(streams, streamNameIn(input)).change({ encryptionKeyId: input.text('KeyId') ?? '' })
  return null
}

export async function stopStreamEncryption({ service: { streams }, body }: Call): Promise<Answer> {
  await streamNamed(streams, streamNameIn(encryptionInput(body))).change({ encryptionKeyId: null })
  return null
}

export function enableEnhancedMonitoring(call: Call): Promise<Answer> {
  return changeMetrics(call, (current, named) => METRICS.filter(name => current.includes(name) || named.includes(name)))
}

export function disableEnhancedMonitoring(call: Call): Promise<Answer> {
  return changeMetrics(call, (current, named) => current.filter(name => !named.includes(name)))
}

async function changeRetention({ service: { streams }, body }: Call, to: 'longer' | 'shorter'): Promise<Answer> {
  const input = new Input(body, HOURS)
  const stream = streamNamed(streams, streamNameIn(input))
  const hours = input.number('RetentionPeriodHours') ?? 0
  const current = Math.ceil(stream.description.retentionMs / HOUR_MS)
  const refuse = (text: string): never => {
    throw new ServiceError('InvalidArgumentException', text)
  }
  if (hours < RETENTION_HOURS_MIN)
    refuse(
      `Minimum allowed retention period is ${RETENTION_HOURS_MIN} hours. Requested retention period (${hours} hours) is too short.`,
    )
  if (hours > RETENTION_HOURS_MAX)
    refuse(
      `Maximum allowed retention period is ${RETENTION_HOURS_MAX} hours. Requested retention period (${hours} hours) is too long.`,
    )
  if (to === 'longer' ? hours < current : hours > current)
    refuse(
      `Requested retention period (${hours} hours) for stream ${stream.streamName} can not be ${to === 'longer' ? 'shorter' : 'longer'} than existing retention period (${current} hours). Use ${to === 'longer' ? 'Decrease' : 'Increase'}RetentionPeriod API.`,
    )
  await stream.change({ retentionMs: hours * HOUR_MS })
  return null
}

function encryptionInput(body: unknown): Input {
  return new Input(body, {
    ...STREAM_RULES,
    EncryptionType: { type: 'string', required: true, oneOf: ['NONE', 'KMS'] },
    KeyId: { type: 'string', required: true, min: 1, max: 2_048 },
  })
}

async function changeMetrics(
  { service, body }: Call,
  change: (current: readonly string[], named: readonly string[]) => readonly string[],
): Promise<Answer> {
  const input = new Input(body, {
    ...STREAM_RULES,
    ShardLevelMetrics: { type: 'list', required: true, min: 1, max: METRICS.length + 1 },
  })
  const stream = streamNamed(service.streams, streamNameIn(input))
  const given = input.list('ShardLevelMetrics').map(String)
  const unknown = given.find(name => name !== 'ALL' && !METRICS.includes(name))
  if (unknown !== undefined)
    throw new ServiceError(
      'ValidationException',
      `1 validation error detected: Value '[${given.join(', ')}]' at 'shardLevelMetrics' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [${[...METRICS, 'ALL'].join(', ')}]]`,
    )
  const named = given.includes('ALL') ? METRICS : given
  const CurrentShardLevelMetrics = stream.description.shardLevelMetrics
  const DesiredShardLevelMetrics = change(CurrentShardLevelMetrics, named)
  await stream.label({ shardLevelMetrics: DesiredShardLevelMetrics })
  const { streamName: StreamName } = stream
  return {
    StreamName,
    StreamARN: streamArn(service.region, StreamName),
    CurrentShardLevelMetrics,
    DesiredShardLevelMetrics,
  }
}

function noteScaling(stream: LocalStream, now: number): void {
  const recent = (scalings.get(stream) ?? []).filter(at => at > now - DAY_MS)
  if (recent.length >= SCALINGS_A_DAY)
    throw new ServiceError(
      'LimitExceededException',
      `Number of UpdateShardCount operations exceeded the limit of ${SCALINGS_A_DAY} in a rolling 24 hour period for stream ${stream.streamName}.`,
    )
  scalings.set(stream, [...recent, now])
}
