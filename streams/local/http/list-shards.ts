/** ListShards: filters and pages. Source: Kinesis API reference, ListShards and ShardFilter. */
import type { ShardRecord } from '../local-shard.ts'
import type { LocalStream } from '../local-stream.ts'
import { decodeToken, encodeToken, type PageToken } from './page-token.ts'
import { type Call, streamNamed } from './service.ts'
import { ServiceError } from './service-error.ts'
import { shardMembers } from './shard-members.ts'
import { NAME_RULE, STREAM_RULES, streamNameIn } from './stream-name.ts'
import { Input, type Rules } from './validate.ts'

const FILTER_TYPES = [
  'AFTER_SHARD_ID',
  'AT_TRIM_HORIZON',
  'FROM_TRIM_HORIZON',
  'AT_LATEST',
  'AT_TIMESTAMP',
  'FROM_TIMESTAMP',
] as const
type FilterType = (typeof FILTER_TYPES)[number]

/** ListShards: MaxResults: default and largest */
const RESULTS_DEFAULT = 1_000
const RESULTS_MAX = 10_000

const RULES: Rules = {
  ...STREAM_RULES,
  NextToken: { type: 'string', min: 1, max: 1_048_576 },
  ExclusiveStartShardId: NAME_RULE,
  MaxResults: { type: 'integer', min: 1, max: RESULTS_MAX },
  StreamCreationTimestamp: { type: 'timestamp' },
  ShardFilter: { type: 'structure' },
}

const FILTER_RULES: Rules = {
  Type: { type: 'string', required: true, oneOf: FILTER_TYPES },
  ShardId: NAME_RULE,
  Timestamp: { type: 'timestamp' },
}

interface Filter {
  readonly type: FilterType
  readonly shardId: string
  /** epoch milliseconds */
  readonly timestamp: number
}

export function listShards({ service: { streams, clock }, body }: Call): object {
  const input = new Input(body, RULES)
  const now = clock.now()
  const given = input.text('NextToken')
  const token = given === undefined ? null : nextPage(input, given, now)
  const filter = token === null ? filterIn(input) : (token.filter as Filter | null)
  const stream = streamNamed(streams, token?.streamName ?? streamNameIn(input))
  const { createdAt } = stream.description
  if (token !== null && token.createdAt !== createdAt)
    throw new ServiceError('InvalidArgumentException', 'NextToken is of a stream that was deleted.')
  const after = token?.after ?? input.text('ExclusiveStartShardId') ?? ''
  const limit = input.number('MaxResults') ?? RESULTS_DEFAULT
  const shards = filtered(stream, filter, now).filter(({ shardId }) => shardId > after)
  const shown = shards.slice(0, limit)
  const { streamName } = stream
  const last = shown.at(-1)?.shardId ?? ''
  const NextToken =
    shards.length > limit
      ? encodeToken({ of: 'shards', streamName, createdAt, issuedAt: now, after: last, filter })
      : undefined
  return { Shards: shown.map(record => shardMembers(record, record)), NextToken }
}

function nextPage(input: Input, given: string, now: number): PageToken {
  for (const name of ['StreamName', 'StreamCreationTimestamp', 'ExclusiveStartShardId'])
    if (input.has(name))
      throw new ServiceError('InvalidArgumentException', `NextToken and ${name} cannot be provided together.`)
  const token = decodeToken(given, 'shards', now)
  const filter = token.filter as Filter | null
  if (filter === null || FILTER_TYPES.includes(filter?.type)) return token
  throw new ServiceError('InvalidArgumentException', 'NextToken is invalid.')
}

function filterIn(input: Input): Filter | null {
  const members = input.structure('ShardFilter', FILTER_RULES)
  if (members === undefined) return null
  const type = FILTER_TYPES.find(one => one === members.text('Type')) ?? 'FROM_TRIM_HORIZON'
  const shardId = members.text('ShardId')
  const timestamp = members.number('Timestamp')
  if ((type === 'AFTER_SHARD_ID') !== (shardId !== undefined))
    throw new ServiceError(
      'InvalidArgumentException',
      `ShardId belongs to a filter of type AFTER_SHARD_ID, not ${type}.`,
    )
  if ((type === 'AT_TIMESTAMP' || type === 'FROM_TIMESTAMP') !== (timestamp !== undefined))
    throw new ServiceError(
      'InvalidArgumentException',
      `Timestamp belongs to filters of type AT_TIMESTAMP and FROM_TIMESTAMP, not ${type}.`,
    )
  return { type, shardId: shardId ?? '', timestamp: Math.round((timestamp ?? 0) * 1_000) }
}

function filtered(stream: LocalStream, filter: Filter | null, now: number): readonly ShardRecord[] {
  const shards = stream.shardRecords
  if (filter === null) return shards
  const horizon = Math.max(stream.trimmedBefore(now), stream.description.createdAt)
  const openAt = (instant: number) => (shard: ShardRecord) =>
    shard.openedAt <= instant && (shard.closedAt === null || shard.closedAt >= instant)
  switch (filter.type) {
    case 'AFTER_SHARD_ID':
      return shards.filter(({ shardId }) => shardId > filter.shardId)
    case 'AT_TRIM_HORIZON':
      return shards.filter(openAt(horizon))
    case 'FROM_TRIM_HORIZON':
      return shards
    case 'AT_LATEST':
      return shards.filter(({ closedAt }) => closedAt === null)
    case 'AT_TIMESTAMP':
      return shards.filter(openAt(filter.timestamp))
    case 'FROM_TIMESTAMP':
      return shards.filter(({ closedAt }) => closedAt === null || closedAt >= Math.max(horizon, filter.timestamp))
  }
}
