/** ListShards: filters and pages. Source: Kinesis API reference, ListShards and ShardFilter. */
import { SHARD_ITERATOR_LIFE_MS } from '../../../core/index.ts'
import type { ShardRecord } from '../local-shard.ts'
import type { LocalStream } from '../local-stream.ts'
import { STREAM_RULES, streamNameIn } from './arn.ts'
import { type Service, streamNamed } from './service.ts'
import { ServiceError } from './service-error.ts'
import { shardJson } from './shard-json.ts'
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

const SHARD_ID: Rules[string] = { type: 'string', min: 1, max: 128, pattern: '[a-zA-Z0-9_.-]+' }
/** ListShards: MaxResults: default and largest */
const RESULTS_DEFAULT = 1_000
const RESULTS_MAX = 10_000
/** ListShards: "Tokens expire after 300 seconds". */
const TOKEN_LIFE_MS = SHARD_ITERATOR_LIFE_MS

const RULES: Rules = {
  ...STREAM_RULES,
  NextToken: { type: 'string', min: 1, max: 1_048_576 },
  ExclusiveStartShardId: SHARD_ID,
  MaxResults: { type: 'integer', min: 1, max: RESULTS_MAX },
  StreamCreationTimestamp: { type: 'timestamp' },
  ShardFilter: { type: 'structure' },
}

const FILTER_RULES: Rules = {
  Type: { type: 'string', required: true, oneOf: FILTER_TYPES },
  ShardId: SHARD_ID,
  Timestamp: { type: 'timestamp' },
}

interface Filter {
  readonly type: FilterType
  readonly shardId: string
  /** epoch milliseconds */
  readonly timestamp: number
}

interface Page {
  readonly streamName: string
  readonly createdAt: number
  readonly issuedAt: number
  /** the last shard of the page before; empty for the first page */
  readonly after: string
  readonly filter: Filter | null
}

export function listShards({ streams, clock }: Service, body: unknown): string {
  const input = new Input(body, RULES)
  const now = clock.now()
  const token = input.text('NextToken')
  const asked = token === undefined ? firstPage(input, now) : nextPage(input, token, now)
  const stream = streamNamed(streams, asked.streamName)
  if (token !== undefined && stream.description.createdAt !== asked.createdAt)
    throw new ServiceError('InvalidArgumentException', 'NextToken is of a stream that was deleted.')
  const limit = input.number('MaxResults') ?? RESULTS_DEFAULT
  const shards = filtered(stream, asked.filter, now).filter(({ shardId }) => shardId > asked.after)
  const shown = shards.slice(0, limit)
  const last = shown.at(-1)
  const page: Page = {
    ...asked,
    createdAt: stream.description.createdAt,
    issuedAt: now,
    after: last?.shardId ?? '',
  }
  const next = shards.length > limit ? `,"NextToken":"${encode(page)}"` : ''
  return `{"Shards":[${shown.map(record => shardJson(record, record)).join(',')}]${next}}`
}

function firstPage(input: Input, now: number): Page {
  const filter = filterIn(input)
  return {
    streamName: streamNameIn(input),
    createdAt: 0,
    issuedAt: now,
    after: input.text('ExclusiveStartShardId') ?? '',
    filter,
  }
}

function nextPage(input: Input, token: string, now: number): Page {
  for (const name of ['StreamName', 'StreamCreationTimestamp', 'ExclusiveStartShardId'])
    if (input.has(name))
      throw new ServiceError('InvalidArgumentException', `NextToken and ${name} cannot be provided together.`)
  const page = decode(token)
  if (now - page.issuedAt > TOKEN_LIFE_MS)
    throw new ServiceError('ExpiredNextTokenException', `NextToken is older than ${TOKEN_LIFE_MS / 1_000} seconds.`)
  return page
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

function encode(page: Page): string {
  return Buffer.from(JSON.stringify(page)).toString('base64url')
}

function decode(token: string): Page {
  try {
    const page: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    const { streamName, createdAt, issuedAt, after, filter } = page as Page
    const isOurs =
      typeof streamName === 'string' &&
      typeof createdAt === 'number' &&
      typeof issuedAt === 'number' &&
      typeof after === 'string' &&
      (filter === null || FILTER_TYPES.includes(filter.type))
    if (isOurs) return { streamName, createdAt, issuedAt, after, filter }
  } catch {
    // Said below, as for any other text that is no token.
  }
  throw new ServiceError('InvalidArgumentException', 'NextToken is invalid.')
}
