/** Permissions that a policy lacks are named, each with what it is for; and nothing is changed by finding out. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { KinesisSource } from '../../streams/index.ts'
import { FanOutSource } from '../../streams/kinesis/fan-out-source.ts'
import { client, served } from './conformance.ts'

const { signal } = new AbortController()
const SHARD = 'shardId-000000000000'

let server: Awaited<ReturnType<typeof served>>
let sdk: ReturnType<typeof client>

beforeEach(async () => {
  server = await served()
  sdk = client(server.listener.url, 'http1')
  await server.streams.create('s', { shards: 2 })
})

afterEach(async () => {
  sdk.destroy()
  await server.close()
})

/** A client whose role may not do some actions. @param name of the exception */
function denying(actions: readonly string[], name = 'AccessDeniedException') {
  const calls: string[] = []
  return {
    calls,
    send(command: { readonly constructor: { readonly name: string } }, ...rest: never[]): Promise<unknown> {
      const action = command.constructor.name.replace('Command', '')
      calls.push(action)
      if (!actions.includes(action)) return sdk.send(command as never, ...rest) as Promise<unknown>
      const text = `User: arn:aws:iam::123456789012:user/x is not authorized to perform: kinesis:${action}`
      return Promise.reject(Object.assign(new Error(text), { name, $metadata: { httpStatusCode: 400 } }))
    },
    destroy() {},
  }
}

/** Waits for work that takes real turns for its replies, with simulated time going on meanwhile. */
async function goingOn<T>(work: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = (): void => {
    isSettled = true
  }
  work.then(settle, settle)
  while (!isSettled) await server.clock.advance(50)
  return work
}

const polling = (...actions: string[]) =>
  KinesisSource.open({ streamName: 's', client: denying(actions), clock: server.clock })

describe('a reader that polls', () => {
  test.each([
    [['ListShards'], 'kinesis:ListShards on the stream s; add it to'],
    [['GetShardIterator'], 'kinesis:GetShardIterator on the stream s; add it to'],
    [['GetRecords'], 'kinesis:GetRecords on the stream s; add it to'],
    [['ListShards', 'GetRecords'], 'kinesis:ListShards, kinesis:GetRecords on the stream s; add them to'],
  ])('without %j is told so before it reads', async (actions, text) => {
    const source = await polling(...actions)
    await expect(source.checkPermissions(signal)).rejects.toMatchObject({
      code: 'config',
      retry: 'never',
      message: expect.stringContaining(`the credentials do not allow ${text} the policy of the role`) as string,
    })
    await source.close()
  })

  test('with all that it needs is told nothing, and nothing was read for anybody', async () => {
    await server.streams.get('s').put({ data: Buffer.from('a'), partitionKey: 'k', explicitHashKey: 0n })
    const source = await polling()
    await source.checkPermissions(signal)
    const reader = await source.openShard(SHARD, { kind: 'trimHorizon' })
    expect((await reader.read(10, signal)).records.length).toBe(1)
    await source.close()
  })

  test('is not stopped by what else may go wrong: the real calls explain it', async () => {
    const source = await KinesisSource.open({
      streamName: 's',
      client: denying(['ListShards', 'GetShardIterator'], 'ProvisionedThroughputExceededException'),
      clock: server.clock,
    })
    await source.checkPermissions(signal)
    await source.close()
  })

  test.each([
    ['ListShards', (source: KinesisSource) => source.listShards(signal)],
    ['DescribeStreamSummary', (source: KinesisSource) => source.identity(signal)],
    [
      'GetRecords',
      async (source: KinesisSource) => (await source.openShard(SHARD, { kind: 'trimHorizon' })).read(1, signal),
    ],
  ])('hears of %s at the call itself, without the account in the text', async (action, call) => {
    const source = await polling(action)
    const error: unknown = await call(source).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      message: `the credentials do not allow kinesis:${action} on the stream s; add it to the policy of the role`,
    })
    expect(Reflect.has(error as object, 'cause')).toBe(false)
    await source.close()
  })

  test('is told of the permission on the key of an encrypted stream', async () => {
    const source = await KinesisSource.open({
      streamName: 's',
      client: denying(['GetRecords'], 'KMSAccessDeniedException'),
      clock: server.clock,
    })
    const reader = await source.openShard(SHARD, { kind: 'trimHorizon' })
    await expect(reader.read(1, signal)).rejects.toThrow(
      'the credentials do not allow kms:Decrypt on the KMS key of the stream, which kinesis:GetRecords on the stream s needs',
    )
    await source.close()
  })
})

describe('a reader with enhanced fan-out', () => {
  const open = (...actions: string[]) =>
    goingOn(
      FanOutSource.open({ streamName: 's', consumerName: 'c', client: denying(actions), clock: server.clock }, signal),
    )

  test.each([
    ['DescribeStreamSummary', 'on the stream s'],
    ['DescribeStreamConsumer', 'on the consumers of the stream s (stream/s/consumer/*)'],
    ['RegisterStreamConsumer', 'on the stream s'],
  ])('without %s is told so when it opens', async (action, resource) => {
    await expect(open(action)).rejects.toThrow(`the credentials do not allow kinesis:${action} ${resource}; add it to`)
  })

  test('without SubscribeToShard is told so, and no subscription is taken from anybody to find out', async () => {
    const denied = await open('SubscribeToShard', 'ListShards')
    await expect(denied.checkPermissions(signal)).rejects.toThrow(
      'the credentials do not allow kinesis:ListShards, kinesis:SubscribeToShard (on stream/s/consumer/*) on the stream s; add them to',
    )
    await denied.close()
    const allowed = await open()
    await server.streams.get('s').put({ data: Buffer.from('a'), partitionKey: 'k', explicitHashKey: 0n })
    const reader = await allowed.openShard(SHARD, { kind: 'trimHorizon' })
    const first = await goingOn(reader.read(10, signal))
    expect(first.records.length).toBe(1)
    await allowed.checkPermissions(signal)
    await server.streams.get('s').put({ data: Buffer.from('b'), partitionKey: 'k', explicitHashKey: 0n })
    let got = 0
    while (got === 0) got = (await goingOn(reader.read(10, signal))).records.length
    expect(got).toBe(1)
    await reader.close()
    await allowed.close()
  })
})

test('a stream that is not there is no missing permission', async () => {
  const source = await KinesisSource.open({ streamName: 'missing', client: denying([]), clock: server.clock })
  await source.checkPermissions(signal)
  await expect(source.listShards(signal)).rejects.toMatchObject({ code: 'not_found' })
  await source.close()
})
