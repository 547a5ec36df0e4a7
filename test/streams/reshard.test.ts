/** Splits and merges: what readers of parents and children see. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis'
import { describe, expect, test } from 'vitest'
import { hasCode } from '../../core/index.ts'
import { type LocalStream, LocalStreams } from '../../streams/index.ts'
import { memoryEnv } from '../support/memory-env.ts'
import { client, served } from './conformance.ts'

const id = (index: number) => `shardId-${String(index).padStart(12, '0')}`
const never = new AbortController().signal
const utf8 = new TextEncoder()
const MIDDLE = 1n << 127n

async function readShard(stream: LocalStream, shardId: string) {
  const reader = await stream.openShard(shardId, { kind: 'trimHorizon' })
  const data: string[] = []
  for (;;) {
    const { records, ended, millisBehindLatest } = await reader.read(1_000, never)
    for (let i = 0; i < records.length; i++) data.push(records.partitionKey(i))
    if (ended || millisBehindLatest === 0) return { data, ended }
  }
}

describe.each([
  { where: 'in memory', directory: undefined },
  { where: 'in files', directory: 'data' },
])('a stream $where', ({ directory }) => {
  test('splits and merges: parents end, children go on, and nothing on its way is lost', async () => {
    const env = memoryEnv()
    const streams = await LocalStreams.open({ env, directory })
    const stream = await streams.create('s')
    const keys = Array.from({ length: 60 }, (_, i) => `key-${i}`)
    const put = (from: number, to: number) =>
      Promise.all(keys.slice(from, to).map(key => stream.put({ data: utf8.encode(key), partitionKey: key })))
    const first = put(0, 20)
    const split = stream.split(id(0), MIDDLE)
    await expect(stream.split(id(0), MIDDLE)).rejects.toSatisfy(e => hasCode(e, 'already_exists'))
    const second = put(20, 40)
    await Promise.all([first, split, second])
    await stream.merge(id(2), id(1))
    await put(40, 60)
    expect(await stream.listShards()).toMatchObject([
      { shardId: id(0), parentShardIds: [], closed: true },
      { shardId: id(1), parentShardIds: [id(0)], startingHashKey: 0n, endingHashKey: MIDDLE - 1n, closed: true },
      { shardId: id(2), parentShardIds: [id(0)], startingHashKey: MIDDLE, closed: true },
      { shardId: id(3), parentShardIds: [id(2), id(1)], startingHashKey: 0n, closed: false },
    ])
    const check = async (of: LocalStream) => {
      const read = await Promise.all([0, 1, 2, 3].map(i => readShard(of, id(i))))
      expect(read.map(({ ended }) => ended)).toEqual([true, true, true, false])
      expect(read.flatMap(({ data }) => data).sort()).toEqual([...keys].sort())
      expect(read[3]?.data).toEqual(keys.slice(40))
    }
    await check(stream)
    if (directory === undefined) return
    // An unclean end: nobody closed the streams.
    env.processes.restart()
    await check((await LocalStreams.open({ env, directory })).get('s'))
  })

  test('a closed parent goes when its last record is trimmed, and its children then have no parent', async () => {
    const env = memoryEnv()
    const streams = await LocalStreams.open({ env, directory })
    const stream = await streams.create('s')
    await stream.put({ data: utf8.encode('a'), partitionKey: 'k' })
    await stream.split(id(0), MIDDLE)
    await env.clock.advance(25 * 3_600_000)
    expect(await stream.listShards()).toMatchObject([
      { shardId: id(1), parentShardIds: [], closed: false },
      { shardId: id(2), parentShardIds: [], closed: false },
    ])
    expect(env.files.paths().filter(path => path.includes(id(0)))).toEqual([])
    if (directory === undefined) return
    env.processes.restart()
    expect(await (await LocalStreams.open({ env, directory })).get('s').listShards()).toHaveLength(2)
  })

  test('refuses what cannot be split or merged, by name', async () => {
    const streams = await LocalStreams.open({ env: memoryEnv(), directory })
    const stream = await streams.create('s', { shards: 3 })
    const [low] = await stream.listShards()
    for (const key of [0n, (low?.endingHashKey ?? 0n) + 1n, -1n])
      await expect(stream.split(id(0), key)).rejects.toSatisfy(e => hasCode(e, 'invalid_argument'))
    await expect(stream.merge(id(0), id(2))).rejects.toSatisfy(e => hasCode(e, 'invalid_argument'))
    await expect(stream.merge(id(0), id(0))).rejects.toSatisfy(e => hasCode(e, 'invalid_argument'))
    await expect(stream.split(id(9), 1n)).rejects.toSatisfy(e => hasCode(e, 'not_found'))
    await stream.split(id(0), 5n)
    await expect(stream.split(id(0), 3n)).rejects.toSatisfy(e => hasCode(e, 'invalid_argument'))
  })
})

test('over HTTP the end of a shard has no next iterator and names its children', async () => {
  const server = await served()
  const sdk = client(server.listener.url, 'h2')
  const StreamName = 's'
  const stream = await server.streams.create(StreamName, { shards: 1 })
  await stream.put({ data: utf8.encode('a'), partitionKey: 'k' })
  await server.clock.advance(1_000)
  await sdk.send(new SplitShardCommand({ StreamName, ShardToSplit: id(0), NewStartingHashKey: MIDDLE.toString() }))
  const { ShardIterator } = await sdk.send(
    new GetShardIteratorCommand({ StreamName, ShardId: id(0), ShardIteratorType: 'TRIM_HORIZON' }),
  )
  const reply = await sdk.send(new GetRecordsCommand({ ShardIterator }))
  expect(reply.Records?.length).toBe(1)
  expect(reply.NextShardIterator).toBeUndefined()
  expect(reply.ChildShards).toEqual([
    {
      ShardId: id(1),
      ParentShards: [id(0)],
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: (MIDDLE - 1n).toString() },
    },
    {
      ShardId: id(2),
      ParentShards: [id(0)],
      HashKeyRange: { StartingHashKey: MIDDLE.toString(), EndingHashKey: ((1n << 128n) - 1n).toString() },
    },
  ])
  await server.clock.advance(1_000)
  await sdk.send(new MergeShardsCommand({ StreamName, ShardToMerge: id(1), AdjacentShardToMerge: id(2) }))
  const listed = async (Type: 'AT_LATEST' | 'AT_TRIM_HORIZON' | 'FROM_TRIM_HORIZON') =>
    (await sdk.send(new ListShardsCommand({ StreamName, ShardFilter: { Type } }))).Shards?.map(shard => shard.ShardId)
  expect(await listed('AT_LATEST')).toEqual([id(3)])
  expect(await listed('AT_TRIM_HORIZON')).toEqual([id(0)])
  expect(await listed('FROM_TRIM_HORIZON')).toEqual([id(0), id(1), id(2), id(3)])
  const { Shards } = await sdk.send(new ListShardsCommand({ StreamName }))
  expect(Shards?.[0]?.SequenceNumberRange?.EndingSequenceNumber).toMatch(/^[1-9]\d{55}$/)
  expect(Shards?.[3]).toMatchObject({ ParentShardId: id(1), AdjacentParentShardId: id(2) })
  sdk.destroy()
  await server.close()
})
