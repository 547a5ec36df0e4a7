/** The calls that manage streams, with the official client: what they change, and how they refuse. */
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
  DisableEnhancedMonitoringCommand,
  EnableEnhancedMonitoringCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand,
  type KinesisClient,
  ListShardsCommand,
  ListStreamConsumersCommand,
  ListTagsForResourceCommand,
  ListTagsForStreamCommand,
  MergeShardsCommand,
  PutRecordCommand,
  RegisterStreamConsumerCommand,
  RemoveTagsFromStreamCommand,
  SplitShardCommand,
  StartStreamEncryptionCommand,
  StopStreamEncryptionCommand,
  SubscribeToShardCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateMaxRecordSizeCommand,
  UpdateShardCountCommand,
  UpdateStreamModeCommand,
} from '@aws-sdk/client-kinesis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { evenHashRanges } from '../../streams/hash-key.ts'
import { SERVICE_LIMITS } from '../../streams/index.ts'
import { client, served } from './conformance.ts'

const StreamName = 's'
const StreamARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/s'
const SHARD = 'shardId-000000000000'
const HOUR_MS = 3_600_000

let server: Awaited<ReturnType<typeof served>>
let sdk: KinesisClient

async function start(stateDelayMs = 0) {
  server = await served({ stateDelayMs })
  sdk = client(server.listener.url, 'h2')
}

afterEach(async () => {
  sdk.destroy()
  await server.close()
})

/** `none`, or the name and the beginning of the message of the error. */
async function endOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'none'
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}

const summary = async () => (await sdk.send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary

describe('a stream that changes at once', () => {
  beforeEach(async () => {
    await start()
    await sdk.send(new CreateStreamCommand({ StreamName, ShardCount: 2, Tags: { born: 'yes' } }))
  })

  test('keeps records as long as its retention says, within 24 and 8,760 hours', async () => {
    const put = () => sdk.send(new PutRecordCommand({ StreamName, Data: new Uint8Array(1), PartitionKey: 'k' }))
    const { ShardId } = await put()
    const count = async () => {
      const { ShardIterator } = await sdk.send(
        new GetShardIteratorCommand({ StreamARN, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      )
      return (await sdk.send(new GetRecordsCommand({ ShardIterator }))).Records?.length
    }
    const increase = (RetentionPeriodHours: number) =>
      endOf(sdk.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours })))
    const decrease = (RetentionPeriodHours: number) =>
      endOf(sdk.send(new DecreaseStreamRetentionPeriodCommand({ StreamARN, RetentionPeriodHours })))
    expect(await increase(48)).toBe('none')
    expect((await summary())?.RetentionPeriodHours).toBe(48)
    await server.clock.advance(47 * HOUR_MS)
    expect(await count()).toBe(1)
    expect(await increase(47)).toMatch(
      /^InvalidArgumentException: Requested retention period \(47 hours\) for stream s can not be shorter/,
    )
    expect(await decrease(49)).toMatch(/^InvalidArgumentException: .* can not be longer/)
    expect(await increase(8_761)).toMatch(/^InvalidArgumentException: Maximum allowed retention period is 8760 hours/)
    expect(await decrease(23)).toMatch(/^InvalidArgumentException: Minimum allowed retention period is 24 hours/)
    expect(await decrease(24)).toBe('none')
    expect(await count()).toBe(0)
  })

  test('takes and gives back tags, under both names of the calls, up to 50', async () => {
    const list = async () => (await sdk.send(new ListTagsForStreamCommand({ StreamName }))).Tags
    await sdk.send(new AddTagsToStreamCommand({ StreamName, Tags: { b: '2', a: '1', __proto__x: 'ü' } }))
    await sdk.send(new TagResourceCommand({ ResourceARN: StreamARN, Tags: { a: 'new', c: '' } }))
    expect(await list()).toEqual([
      { Key: '__proto__x', Value: 'ü' },
      { Key: 'a', Value: 'new' },
      { Key: 'b', Value: '2' },
      { Key: 'born', Value: 'yes' },
      { Key: 'c', Value: '' },
    ])
    await sdk.send(new RemoveTagsFromStreamCommand({ StreamARN, TagKeys: ['b', 'none'] }))
    await sdk.send(new UntagResourceCommand({ ResourceARN: StreamARN, TagKeys: ['__proto__x'] }))
    const first = await sdk.send(new ListTagsForStreamCommand({ StreamName, Limit: 1 }))
    expect(first).toMatchObject({ Tags: [{ Key: 'a' }], HasMoreTags: true })
    const rest = await sdk.send(new ListTagsForStreamCommand({ StreamName, ExclusiveStartTagKey: 'a' }))
    expect(rest).toMatchObject({ Tags: [{ Key: 'born' }, { Key: 'c' }], HasMoreTags: false })
    expect((await sdk.send(new ListTagsForResourceCommand({ ResourceARN: StreamARN }))).Tags).toHaveLength(3)
    const add = (Tags: Record<string, string>) => endOf(sdk.send(new AddTagsToStreamCommand({ StreamName, Tags })))
    expect(await add(Object.fromEntries(Array.from({ length: 48 }, (_, i) => [`t${i}`, ''])))).toMatch(
      /^InvalidArgumentException: .* cannot have more than 50 tags/,
    )
    expect(await add({ 'a;b': '' })).toMatch(/^InvalidArgumentException: Some tags contain invalid characters/)
    expect(await add({ ['x'.repeat(129)]: '' })).toMatch(/^ValidationException/)
    expect(await add({ x: 'y'.repeat(257) })).toMatch(/^ValidationException/)
    expect(await list()).toHaveLength(3)
  })

  test.each([
    [2, 4],
    [4, 3],
    [3, 2],
    [2, 1],
    [5, 7],
    [7, 4],
    [16, 31],
    [31, 16],
  ])('scales from %i to %i shards of equal width, with parents that cover every child', async (from, to) => {
    const name = 'scaled'
    await server.streams.create(name, { shards: from })
    const stream = server.streams.get(name)
    const before = from
    const reply = await sdk.send(
      new UpdateShardCountCommand({ StreamName: name, TargetShardCount: to, ScalingType: 'UNIFORM_SCALING' }),
    )
    expect(reply).toMatchObject({ CurrentShardCount: before, TargetShardCount: to, StreamName: name })
    const shards = await stream.listShards()
    const open = shards
      .filter(({ closed }) => !closed)
      .toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1))
    expect(open.map(({ startingHashKey, endingHashKey }) => ({ startingHashKey, endingHashKey }))).toEqual(
      evenHashRanges(to),
    )
    // A split's children lie in their parent, a merge's parents lie in their child.
    for (const { parentShardIds, startingHashKey, endingHashKey } of shards.slice(from)) {
      const parents = shards.filter(({ shardId }) => parentShardIds.includes(shardId))
      expect(parents.every(({ closed }) => closed)).toBe(true)
      if (parents.length === 1) {
        expect(startingHashKey >= (parents[0]?.startingHashKey ?? 0n)).toBe(true)
        expect(endingHashKey <= (parents[0]?.endingHashKey ?? 0n)).toBe(true)
      } else {
        expect(parents).toHaveLength(2)
        const width = parents.reduce((sum, p) => sum + p.endingHashKey - p.startingHashKey + 1n, 0n)
        expect(width).toBe(endingHashKey - startingHashKey + 1n)
      }
    }
  })

  test('does not scale above double, below half, on demand, or eleven times a day under the limits of the service', async () => {
    const scale = (TargetShardCount: number, ScalingType: 'UNIFORM_SCALING' = 'UNIFORM_SCALING') =>
      endOf(sdk.send(new UpdateShardCountCommand({ StreamName, TargetShardCount, ScalingType })))
    expect(await scale(5)).toBe(
      'LimitExceededException: UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 2, Target shard count: 5',
    )
    expect(await scale(4)).toBe('none')
    expect(await scale(1)).toMatch(/^LimitExceededException: .* below half/)
    expect(await scale(0)).toMatch(/^ValidationException/)
    expect(await scale(4, 'OTHER' as 'UNIFORM_SCALING')).toMatch(/^ValidationException.*scalingType/)
    server.streams.get(StreamName).setLimits(SERVICE_LIMITS)
    for (let i = 0; i < 10; i++) expect(await scale(i % 2 === 0 ? 3 : 4)).toBe('none')
    expect(await scale(3)).toMatch(/^LimitExceededException: Number of UpdateShardCount operations/)
    await server.clock.advance(24 * HOUR_MS)
    expect(await scale(3)).toBe('none')
    await sdk.send(new UpdateStreamModeCommand({ StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } }))
    expect(await scale(3)).toMatch(/^ValidationException: .*On-Demand/)
  })

  test('changes mode, record size, metrics and encryption', async () => {
    await sdk.send(new UpdateStreamModeCommand({ StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } }))
    await sdk.send(new UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: 10_240 }))
    expect(await summary()).toMatchObject({
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      MaxRecordSizeInKiB: 10_240,
    })
    const great = new Uint8Array(10 * 1_048_576 - 1).fill(7)
    const { ShardId } = await sdk.send(new PutRecordCommand({ StreamName, Data: great, PartitionKey: 'k' }))
    const { ShardIterator } = await sdk.send(
      new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    )
    const { Records } = await sdk.send(new GetRecordsCommand({ ShardIterator }))
    expect(Buffer.from(Records?.[0]?.Data ?? []).equals(great)).toBe(true)
    for (const MaxRecordSizeInKiB of [1_023, 10_241])
      expect(await endOf(sdk.send(new UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB })))).toMatch(
        /^ValidationException/,
      )
    const enabled = await sdk.send(
      new EnableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ['IncomingBytes', 'OutgoingBytes'] }),
    )
    expect(enabled).toMatchObject({
      StreamARN,
      CurrentShardLevelMetrics: [],
      DesiredShardLevelMetrics: ['IncomingBytes', 'OutgoingBytes'],
    })
    const all = await sdk.send(new EnableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ['ALL'] }))
    expect(all.DesiredShardLevelMetrics).toHaveLength(7)
    await sdk.send(new DisableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ['IncomingBytes'] }))
    expect((await summary())?.EnhancedMonitoring?.[0]?.ShardLevelMetrics).toHaveLength(6)
    const key = { EncryptionType: 'KMS' as const, KeyId: 'alias/aws/kinesis' }
    await sdk.send(new StartStreamEncryptionCommand({ StreamName, ...key }))
    expect(await summary()).toMatchObject(key)
    const put = await sdk.send(new PutRecordCommand({ StreamName, Data: new Uint8Array(1), PartitionKey: 'k' }))
    expect(put.EncryptionType).toBe('KMS')
    expect((await sdk.send(new GetRecordsCommand({ ShardIterator, Limit: 1 }))).Records?.[0]?.EncryptionType).toBe(
      'KMS',
    )
    await sdk.send(new StopStreamEncryptionCommand({ StreamName, ...key }))
    expect((await summary())?.EncryptionType).toBe('NONE')
  })

  test('registers up to 20 consumers, and describes, lists, tags and deregisters them', async () => {
    const register = (ConsumerName: string) => sdk.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }))
    const { Consumer } = await register('c00')
    expect(Consumer).toMatchObject({
      ConsumerName: 'c00',
      ConsumerStatus: 'ACTIVE',
      ConsumerARN: `${StreamARN}/consumer/c00:1767225600`,
      ConsumerCreationTimestamp: new Date(1_767_225_600_000),
    })
    const ConsumerARN = Consumer?.ConsumerARN
    expect(await endOf(register('c00'))).toMatch(/^ResourceInUseException: Consumer c00 under stream s already exists/)
    expect(await endOf(register('no good'))).toMatch(/^ValidationException/)
    for (let i = 1; i < 20; i++) await register(`c${String(i).padStart(2, '0')}`)
    expect(await endOf(register('c20'))).toMatch(/^LimitExceededException/)
    expect((await summary())?.ConsumerCount).toBe(20)
    const byArn = await sdk.send(new DescribeStreamConsumerCommand({ ConsumerARN }))
    expect(byArn.ConsumerDescription).toMatchObject({ ConsumerName: 'c00', StreamARN })
    const byName = await sdk.send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: 'c07' }))
    expect(byName.ConsumerDescription).toMatchObject({ ConsumerName: 'c07' })
    expect(await endOf(sdk.send(new DescribeStreamConsumerCommand({ ConsumerName: 'c07' })))).toMatch(
      /^InvalidArgumentException/,
    )
    expect(await endOf(sdk.send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: 'x' })))).toMatch(
      /^ResourceNotFoundException/,
    )
    const names: (string | undefined)[] = []
    let NextToken: string | undefined
    do {
      const page = await sdk.send(new ListStreamConsumersCommand({ StreamARN, MaxResults: 8, NextToken }))
      names.push(...(page.Consumers ?? []).map(one => one.ConsumerName))
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    expect(names).toEqual(Array.from({ length: 20 }, (_, i) => `c${String(i).padStart(2, '0')}`))
    await sdk.send(new TagResourceCommand({ ResourceARN: ConsumerARN, Tags: { k: 'v' } }))
    expect((await sdk.send(new ListTagsForResourceCommand({ ResourceARN: ConsumerARN }))).Tags).toEqual([
      { Key: 'k', Value: 'v' },
    ])
    await sdk.send(new DeregisterStreamConsumerCommand({ ConsumerARN }))
    expect(await endOf(sdk.send(new DeregisterStreamConsumerCommand({ ConsumerARN })))).toMatch(
      /^ResourceNotFoundException/,
    )
    // One of the same name that comes later has another ARN.
    await server.clock.advance(5_000)
    await register('c00')
    expect(await endOf(sdk.send(new DescribeStreamConsumerCommand({ ConsumerARN })))).toMatch(
      /^ResourceNotFoundException/,
    )
    expect(await endOf(sdk.send(new DeleteStreamCommand({ StreamName })))).toMatch(/^ResourceInUseException/)
    await sdk.send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }))
    expect(await endOf(sdk.send(new ListStreamConsumersCommand({ StreamARN })))).toMatch(/^ResourceNotFoundException/)
  })

  test('counts shards and streams on demand of the account', async () => {
    await sdk.send(new CreateStreamCommand({ StreamName: 'd', StreamModeDetails: { StreamMode: 'ON_DEMAND' } }))
    expect(await sdk.send(new DescribeLimitsCommand({}))).toMatchObject({ OpenShardCount: 6, OnDemandStreamCount: 1 })
  })

  test('takes its ARN in place of its name in every call', async () => {
    const page = await sdk.send(new ListShardsCommand({ StreamARN }))
    expect(page.Shards).toHaveLength(2)
    await sdk.send(new SplitShardCommand({ StreamARN, ShardToSplit: SHARD, NewStartingHashKey: '10' }))
    await sdk.send(
      new MergeShardsCommand({
        StreamARN,
        ShardToMerge: 'shardId-000000000002',
        AdjacentShardToMerge: 'shardId-000000000003',
      }),
    )
    expect((await sdk.send(new DescribeStreamCommand({ StreamARN }))).StreamDescription?.Shards).toHaveLength(5)
    await sdk.send(new AddTagsToStreamCommand({ StreamARN, Tags: { a: 'b' } }))
    expect(await endOf(sdk.send(new DescribeStreamCommand({ StreamARN: `${StreamARN}x`, StreamName })))).toMatch(
      /^InvalidArgumentException/,
    )
    await sdk.send(new DeleteStreamCommand({ StreamARN }))
    expect(server.streams.list()).toEqual([])
  })
})

describe('a stream whose states last two seconds', () => {
  beforeEach(() => start(2_000))

  const status = async () => (await summary())?.StreamStatus

  test('is CREATING, ACTIVE, UPDATING and DELETING, and takes in each state what the service takes', async () => {
    await sdk.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }))
    const put = () => endOf(sdk.send(new PutRecordCommand({ StreamName, Data: new Uint8Array(1), PartitionKey: 'k' })))
    const split = (ShardToSplit = SHARD) =>
      endOf(sdk.send(new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey: '10' })))
    const openCount = async () => (await summary())?.OpenShardCount
    expect(await status()).toBe('CREATING')
    expect(await put()).toMatch(/^ResourceNotFoundException/)
    expect(await split()).toMatch(/^ResourceInUseException: .*instead in state CREATING/)
    expect(await endOf(sdk.send(new DeleteStreamCommand({ StreamName })))).toMatch(/^ResourceInUseException/)
    await server.clock.advance(2_000)
    expect([await status(), await put()]).toEqual(['ACTIVE', 'none'])
    expect(await split('shardId-000000000009')).toMatch(/^ResourceNotFoundException/)
    expect(await split()).toBe('none')
    expect([await status(), await openCount(), await put()]).toEqual(['UPDATING', 1, 'none'])
    expect(await split()).toMatch(/^ResourceInUseException: .*instead in state UPDATING/)
    await server.clock.advance(2_000)
    expect([await status(), await openCount()]).toEqual(['ACTIVE', 2])
    await sdk.send(new DeleteStreamCommand({ StreamName }))
    expect([await status(), await put()]).toEqual(['DELETING', 'none'])
    expect(await endOf(sdk.send(new DeleteStreamCommand({ StreamName })))).toMatch(/^ResourceInUseException/)
    await server.clock.advance(2_000)
    expect(await endOf(status())).toMatch(/^ResourceNotFoundException/)
  })

  test('makes and takes away consumers in time too', async () => {
    await sdk.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }))
    expect(await endOf(sdk.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'c' })))).toMatch(
      /^ResourceInUseException/,
    )
    await server.clock.advance(2_000)
    const { Consumer } = await sdk.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'c' }))
    expect(Consumer?.ConsumerStatus).toBe('CREATING')
    const ConsumerARN = Consumer?.ConsumerARN
    const subscribe = () =>
      endOf(
        sdk.send(
          new SubscribeToShardCommand({ ConsumerARN, ShardId: SHARD, StartingPosition: { Type: 'TRIM_HORIZON' } }),
        ),
      )
    expect(await subscribe()).toMatch(/^ResourceInUseException: .*instead in state CREATING/)
    await server.clock.advance(2_000)
    expect(await subscribe()).toBe('none')
    await sdk.send(new DeregisterStreamConsumerCommand({ ConsumerARN }))
    const state = async () =>
      (await sdk.send(new DescribeStreamConsumerCommand({ ConsumerARN }))).ConsumerDescription?.ConsumerStatus
    expect(await state()).toBe('DELETING')
    await server.clock.advance(2_000)
    expect(await endOf(state())).toMatch(/^ResourceNotFoundException/)
  })
})
