/**
 * Questions to an endpoint of Kinesis whose answers can be compared: over HTTP/1.1 with the official client, small volumes.
 * An answer is plain data without numbers that the endpoint chooses; an error is its name.
 */
import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  DeregisterStreamConsumerCommand,
  DescribeLimitsCommand,
  DescribeStreamCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  EnableEnhancedMonitoringCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand,
  type KinesisClient,
  ListShardsCommand,
  ListStreamConsumersCommand,
  ListStreamsCommand,
  ListTagsForStreamCommand,
  MergeShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  RemoveTagsFromStreamCommand,
  type ShardFilter,
  type ShardIteratorType,
  SplitShardCommand,
  StartStreamEncryptionCommand,
  UpdateShardCountCommand,
  UpdateStreamModeCommand,
} from '@aws-sdk/client-kinesis'

export interface Probe {
  readonly question: string
  readonly ask: (sdk: KinesisClient, StreamName: string) => Promise<unknown>
}

const MiB = 1_048_576
const FIRST = 'shardId-000000000000'
const SECOND = 'shardId-000000000001'
const MIDDLE = '170141183460469231731687303715884105728'
/** An endpoint that changes a stream in the background is asked at most so often whether it is done. */
const POLLS_MAX = 500

/** `none`, or the name of the error that a call ended with. */
async function nameOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'none'
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

/** Resolves when a stream is ACTIVE. */
export async function untilActive(sdk: KinesisClient, StreamName: string): Promise<void> {
  for (let polls = 0; polls < POLLS_MAX; polls++) {
    const { StreamDescriptionSummary } = await sdk.send(new DescribeStreamSummaryCommand({ StreamName }))
    if (StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return
  }
  throw new Error(`stream ${StreamName} did not become ACTIVE`)
}

async function create(sdk: KinesisClient, StreamName: string, ShardCount: number): Promise<void> {
  await sdk.send(new CreateStreamCommand({ StreamName, ShardCount }))
  await untilActive(sdk, StreamName)
}

const put = (sdk: KinesisClient, StreamName: string, PartitionKey: string, more: object = {}) =>
  sdk.send(new PutRecordCommand({ StreamName, PartitionKey, Data: new Uint8Array(3), ...more }))

async function iterator(sdk: KinesisClient, StreamName: string, ShardId: string, type: string, more: object = {}) {
  const ShardIteratorType = type as ShardIteratorType
  const reply = await sdk.send(new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType, ...more }))
  return reply.ShardIterator
}

async function read(sdk: KinesisClient, StreamName: string, ShardId: string, type = 'TRIM_HORIZON', more: object = {}) {
  return sdk.send(new GetRecordsCommand({ ShardIterator: await iterator(sdk, StreamName, ShardId, type, more) }))
}

async function shards(sdk: KinesisClient, StreamName: string, ShardFilter?: ShardFilter) {
  const { Shards = [] } = await sdk.send(new ListShardsCommand({ StreamName, ShardFilter }))
  return Shards.map(shard => ({
    id: shard.ShardId,
    from: shard.HashKeyRange?.StartingHashKey,
    to: shard.HashKeyRange?.EndingHashKey,
    parents: [shard.ParentShardId, shard.AdjacentParentShardId].filter(id => id !== undefined),
    closed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
  }))
}

export const PROBES: readonly Probe[] = [
  {
    question: 'how three shards share the hash keys',
    async ask(sdk, name) {
      await create(sdk, name, 3)
      return shards(sdk, name)
    },
  },
  {
    question: 'which shard takes each partition key and explicit hash key',
    async ask(sdk, name) {
      await create(sdk, name, 4)
      const keys = ['a', 'ключ', '键', '😀', 'x'.repeat(256), ...Array.from({ length: 30 }, (_, i) => `user-${i}`)]
      const ids: (string | undefined)[] = []
      for (const key of keys) ids.push((await put(sdk, name, key)).ShardId)
      for (const ExplicitHashKey of ['0', MIDDLE, '340282366920938463463374607431768211455'])
        ids.push((await put(sdk, name, 'k', { ExplicitHashKey })).ShardId)
      return ids
    },
  },
  {
    question: 'what reads from each starting point give',
    async ask(sdk, name) {
      await create(sdk, name, 1)
      const numbers: (string | undefined)[] = []
      for (const key of ['a', 'b', 'c']) numbers.push((await put(sdk, name, key)).SequenceNumber)
      const from = async (type: string, more: object = {}) =>
        (await read(sdk, name, FIRST, type, more)).Records?.map(record => record.PartitionKey)
      return {
        rise: numbers.every((number, i) => i === 0 || BigInt(number ?? 0) > BigInt(numbers[i - 1] ?? 0)),
        horizon: await from('TRIM_HORIZON'),
        latest: await from('LATEST'),
        at: await from('AT_SEQUENCE_NUMBER', { StartingSequenceNumber: numbers[1] }),
        after: await from('AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber: numbers[1] }),
        time: await from('AT_TIMESTAMP', { Timestamp: new Date(0) }),
        behind: (await read(sdk, name, FIRST)).MillisBehindLatest,
      }
    },
  },
  {
    question: 'what the members of a put and a read are',
    async ask(sdk, name) {
      await create(sdk, name, 1)
      const { $metadata: _one, ...one } = await put(sdk, name, 'k')
      const Records = [{ Data: new Uint8Array([1, 2, 255]), PartitionKey: 'k' }]
      const { $metadata: _many, ...many } = await sdk.send(new PutRecordsCommand({ StreamName: name, Records }))
      const { Records: found = [] } = await read(sdk, name, FIRST)
      return {
        put: Object.keys(one).sort().join(' '),
        putMany: Object.keys(many).sort().join(' '),
        record: Object.keys(found[0] ?? {})
          .sort()
          .join(' '),
        data: [...(found[1]?.Data ?? [])],
      }
    },
  },
  {
    question: 'what a split and a merge leave, and how the ends of their parents read',
    async ask(sdk, name) {
      await create(sdk, name, 1)
      await put(sdk, name, 'before')
      await sdk.send(new SplitShardCommand({ StreamName: name, ShardToSplit: FIRST, NewStartingHashKey: MIDDLE }))
      await untilActive(sdk, name)
      const [left, right] = ['shardId-000000000001', 'shardId-000000000002']
      await sdk.send(new MergeShardsCommand({ StreamName: name, ShardToMerge: left, AdjacentShardToMerge: right }))
      await untilActive(sdk, name)
      const end = await read(sdk, name, FIRST)
      const merged = await read(sdk, name, left ?? '')
      return {
        shards: await shards(sdk, name),
        end: {
          records: end.Records?.length,
          next: end.NextShardIterator ?? null,
          children: end.ChildShards?.map(({ ShardId, ParentShards }) => ({ ShardId, ParentShards })),
        },
        merged: {
          next: merged.NextShardIterator ?? null,
          children: merged.ChildShards?.map(({ ShardId, ParentShards }) => ({ ShardId, ParentShards })),
        },
        latest: (await shards(sdk, name, { Type: 'AT_LATEST' })).map(({ id }) => id).join(' '),
        horizon: (await shards(sdk, name, { Type: 'AT_TRIM_HORIZON' })).map(({ id }) => id).join(' '),
        after: (await shards(sdk, name, { Type: 'AFTER_SHARD_ID', ShardId: SECOND })).map(({ id }) => id),
      }
    },
  },
  {
    question: 'which open shards scaling from 2 to 4 leaves',
    async ask(sdk, name) {
      await create(sdk, name, 2)
      const scaled = await sdk.send(
        new UpdateShardCountCommand({ StreamName: name, TargetShardCount: 4, ScalingType: 'UNIFORM_SCALING' }),
      )
      await untilActive(sdk, name)
      const open = (await shards(sdk, name)).filter(({ closed }) => !closed)
      return {
        counts: [scaled.CurrentShardCount, scaled.TargetShardCount],
        ranges: open.map(({ from, to }) => `${from}-${to}`).sort(),
        parents: open.map(({ parents }) => parents.length),
      }
    },
  },
  {
    question: 'how puts are refused',
    async ask(sdk, name) {
      await create(sdk, name, 1)
      const many = (count: number, size = 1) =>
        nameOf(
          sdk.send(
            new PutRecordsCommand({
              StreamName: name,
              Records: Array.from({ length: count }, () => ({ Data: new Uint8Array(size), PartitionKey: 'k' })),
            }),
          ),
        )
      return {
        emptyKey: await nameOf(put(sdk, name, '')),
        longKey: await nameOf(put(sdk, name, 'x'.repeat(257))),
        noStream: await nameOf(put(sdk, `${name}-none`, 'k')),
        noName: await nameOf(sdk.send(new PutRecordCommand({ PartitionKey: 'k', Data: new Uint8Array(1) } as never))),
        badName: await nameOf(put(sdk, 'no good', 'k')),
        largest: await nameOf(put(sdk, name, 'k', { Data: new Uint8Array(MiB - 1) })),
        tooLarge: await nameOf(put(sdk, name, 'k', { Data: new Uint8Array(MiB + 1) })),
        hashKey: await nameOf(put(sdk, name, 'k', { ExplicitHashKey: '01' })),
        hashKeyRange: await nameOf(put(sdk, name, 'k', { ExplicitHashKey: (1n << 128n).toString() })),
        none: await many(0),
        most: await many(500),
        tooMany: await many(501),
      }
    },
  },
  {
    question: 'how reads are refused',
    async ask(sdk, name) {
      await create(sdk, name, 1)
      const start = (type: string, more: object = {}, shard = FIRST) => nameOf(iterator(sdk, name, shard, type, more))
      const ShardIterator = await iterator(sdk, name, FIRST, 'LATEST')
      const get = (given: object) => nameOf(sdk.send(new GetRecordsCommand({ ShardIterator, ...given })))
      return {
        noShard: await start('LATEST', {}, 'shardId-000000000007'),
        badShard: await start('LATEST', {}, 'no good'),
        type: await start('NEVER'),
        noNumber: await start('AT_SEQUENCE_NUMBER'),
        wrongNumber: await start('AT_SEQUENCE_NUMBER', { StartingSequenceNumber: '1' }),
        noTime: await start('AT_TIMESTAMP'),
        future: await start('AT_TIMESTAMP', { Timestamp: new Date(Date.UTC(2999, 0, 1)) }),
        madeUp: await get({ ShardIterator: 'made up' }),
        limit0: await get({ Limit: 0 }),
        limitMost: await get({ Limit: 10_000 }),
        limitOver: await get({ Limit: 10_001 }),
      }
    },
  },
  {
    question: 'how making, splitting, merging and scaling are refused',
    async ask(sdk, name) {
      await create(sdk, name, 3)
      const make = (StreamName: string, ShardCount: number) =>
        nameOf(sdk.send(new CreateStreamCommand({ StreamName, ShardCount })))
      // A call that one endpoint takes and the other refuses leaves different streams; so each has a stream of its own.
      let fresh = 0
      const three = async (): Promise<string> => {
        const StreamName = `${name}-${fresh++}`
        await create(sdk, StreamName, 3)
        return StreamName
      }
      const split = async (ShardToSplit: string, NewStartingHashKey: string) =>
        nameOf(sdk.send(new SplitShardCommand({ StreamName: await three(), ShardToSplit, NewStartingHashKey })))
      const merge = async (ShardToMerge: string, AdjacentShardToMerge: string) =>
        nameOf(sdk.send(new MergeShardsCommand({ StreamName: await three(), ShardToMerge, AdjacentShardToMerge })))
      const scale = async (TargetShardCount: number) =>
        nameOf(
          sdk.send(
            new UpdateShardCountCommand({
              StreamName: await three(),
              TargetShardCount,
              ScalingType: 'UNIFORM_SCALING',
            }),
          ),
        )
      return {
        again: await make(name, 1),
        badName: await make('no good', 1),
        noShards: await make(`${name}-none`, 0),
        tooMany: await make(`${name}-many`, 100_000),
        splitEdge: await split(FIRST, '0'),
        splitOutside: await split(FIRST, '340282366920938463463374607431768211455'),
        splitUnknown: await split('shardId-000000000009', '5'),
        mergeApart: await merge(FIRST, 'shardId-000000000002'),
        mergeUnknown: await merge(FIRST, 'shardId-000000000009'),
        scaleOver: await scale(7),
        scaleUnder: await scale(1),
        scale0: await scale(0),
        deleteUnknown: await nameOf(sdk.send(new DeleteStreamCommand({ StreamName: `${name}-none` }))),
        describeUnknown: await nameOf(sdk.send(new DescribeStreamCommand({ StreamName: `${name}-none` }))),
        describeNothing: await nameOf(sdk.send(new DescribeStreamCommand({}))),
      }
    },
  },
  {
    question: 'how retention changes and is refused',
    async ask(sdk, name) {
      await create(sdk, name, 1)
      const longer = (RetentionPeriodHours: number) =>
        nameOf(sdk.send(new IncreaseStreamRetentionPeriodCommand({ StreamName: name, RetentionPeriodHours })))
      const shorter = (RetentionPeriodHours: number) =>
        nameOf(sdk.send(new DecreaseStreamRetentionPeriodCommand({ StreamName: name, RetentionPeriodHours })))
      const hours = async () => {
        await untilActive(sdk, name)
        const { StreamDescriptionSummary } = await sdk.send(new DescribeStreamSummaryCommand({ StreamName: name }))
        return StreamDescriptionSummary?.RetentionPeriodHours
      }
      return {
        increase: [await longer(48), await hours()],
        shorterByIncrease: await longer(30),
        longerByDecrease: await shorter(60),
        tooLong: await longer(8_761),
        tooShort: await shorter(23),
        decrease: [await shorter(24), await hours()],
      }
    },
  },
  {
    question: 'how tags are kept and refused',
    async ask(sdk, name) {
      await create(sdk, name, 1)
      const add = (Tags: Record<string, string>) =>
        nameOf(sdk.send(new AddTagsToStreamCommand({ StreamName: name, Tags })))
      const list = async () => (await sdk.send(new ListTagsForStreamCommand({ StreamName: name }))).Tags
      const added = await add({ b: '2', a: '1' })
      const changed = await add({ a: 'new' })
      const removed = await nameOf(
        sdk.send(new RemoveTagsFromStreamCommand({ StreamName: name, TagKeys: ['b', 'none'] })),
      )
      return {
        calls: [added, changed, removed],
        tags: await list(),
        tooMany: await add(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`t${i}`, '']))),
        longKey: await add({ ['x'.repeat(129)]: '' }),
        longValue: await add({ x: 'y'.repeat(257) }),
        noTags: await nameOf(sdk.send(new RemoveTagsFromStreamCommand({ StreamName: name, TagKeys: [] }))),
      }
    },
  },
  {
    question: 'how consumers are registered, found and refused',
    async ask(sdk, name) {
      await create(sdk, name, 1)
      const { StreamDescriptionSummary } = await sdk.send(new DescribeStreamSummaryCommand({ StreamName: name }))
      const StreamARN = StreamDescriptionSummary?.StreamARN
      const register = (ConsumerName: string) =>
        sdk.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }))
      const find = (ConsumerName: string) =>
        nameOf(sdk.send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName })))
      const { Consumer } = await register('first')
      await register('second')
      const found = await sdk.send(new DescribeStreamConsumerCommand({ ConsumerARN: Consumer?.ConsumerARN }))
      const listed = await sdk.send(new ListStreamConsumersCommand({ StreamARN }))
      return {
        arn: Consumer?.ConsumerARN?.replace(/^arn:aws:kinesis:[^:]*:\d{12}:stream\/[^/]+|\d+$/g, ''),
        again: await nameOf(register('first')),
        badName: await nameOf(register('no good')),
        unknown: await find('third'),
        found: found.ConsumerDescription?.ConsumerName,
        listed: listed.Consumers?.map(({ ConsumerName }) => ConsumerName).sort(),
        deregistered: await nameOf(
          sdk.send(new DeregisterStreamConsumerCommand({ StreamARN, ConsumerName: 'second' })),
        ),
      }
    },
  },
  {
    question: 'how lists are paged',
    async ask(sdk, name) {
      await create(sdk, name, 3)
      const first = await sdk.send(new ListShardsCommand({ StreamName: name, MaxResults: 2 }))
      const NextToken = first.NextToken
      const second = await sdk.send(new ListShardsCommand({ NextToken, MaxResults: 2 }))
      const described = await sdk.send(new DescribeStreamCommand({ StreamName: name, Limit: 2 }))
      const streams = await sdk.send(
        new ListStreamsCommand({ Limit: 1, ExclusiveStartStreamName: `${name.slice(0, -1)}` }),
      )
      return {
        pages: [first.Shards?.length, second.Shards?.length, second.NextToken ?? null],
        both: await nameOf(sdk.send(new ListShardsCommand({ NextToken, StreamName: name }))),
        madeUp: await nameOf(sdk.send(new ListShardsCommand({ NextToken: 'bm8' }))),
        described: [described.StreamDescription?.Shards?.length, described.StreamDescription?.HasMoreShards],
        streams: streams.StreamNames?.length,
      }
    },
  },
  {
    question: 'what descriptions say',
    async ask(sdk, name) {
      await create(sdk, name, 2)
      const StreamName = name
      await sdk.send(new EnableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ['IncomingBytes'] }))
      await sdk.send(
        new StartStreamEncryptionCommand({ StreamName, EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' }),
      )
      await untilActive(sdk, name)
      const { StreamDescriptionSummary } = await sdk.send(new DescribeStreamSummaryCommand({ StreamName }))
      const { StreamName: _name, StreamARN, StreamCreationTimestamp: _at, ...said } = StreamDescriptionSummary ?? {}
      await sdk.send(new UpdateStreamModeCommand({ StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } }))
      await untilActive(sdk, name)
      const later = await sdk.send(new DescribeStreamSummaryCommand({ StreamARN }))
      const limits = await sdk.send(new DescribeLimitsCommand({}))
      return {
        said,
        mode: later.StreamDescriptionSummary?.StreamModeDetails,
        limits: Object.keys(limits).sort(),
      }
    },
  },
]
