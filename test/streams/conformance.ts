/** One face over the ways to a stream: the SDK over HTTP/2 and HTTP/1.1, calls in CBOR, and the API in the process. */
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { nodeEnv } from '../../core/index.ts'
import { LocalStreams, type LocalStreamsOptions, serveStreams } from '../../streams/index.ts'
import { decodeCbor, encodeCbor, Instant } from '../../streams/local/http/cbor.ts'
import { SimClock } from '../support/memory-env.ts'
import { rawHttp1Bytes } from './raw-http.ts'

export const START_AT = Date.UTC(2026, 0, 1)

export interface Entry {
  readonly data: string
  readonly key: string
  readonly hashKey?: string
}

export interface Read {
  readonly data: readonly string[]
  readonly keys: readonly string[]
  readonly sequenceNumbers: readonly string[]
  readonly arrivedAt: readonly number[]
  readonly behind: number
  readonly next: string | null
}

export type From =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'LATEST' }
  | { readonly type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; readonly number: string }
  | { readonly type: 'AT_TIMESTAMP'; readonly at: number }

export interface Way {
  create(name: string, shards: number): Promise<void>
  put(name: string, entry: Entry): Promise<{ shardId: string; sequenceNumber: string }>
  putMany(name: string, entries: readonly Entry[]): Promise<readonly { shardId: string; sequenceNumber: string }[]>
  shards(name: string): Promise<readonly { shardId: string; starting: string; ending: string }[]>
  iterator(name: string, shardId: string, from: From): Promise<string>
  read(name: string, iterator: string, limit?: number): Promise<Read>
  /** lets time pass; where the clock is not ours, as little as tells two records apart */
  pass(ms: number): Promise<void>
  close(): Promise<void>
  /** null where time passes by itself */
  readonly clock: SimClock | null
}

const utf8 = new TextEncoder()

export function client(url: string, protocol: 'h2' | 'http1', more: { maxAttempts?: number } = {}): KinesisClient {
  return new KinesisClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a-key-that-nobody-checks' },
    maxAttempts: 1,
    ...more,
    ...(protocol === 'http1' ? { requestHandler: new NodeHttpHandler() } : {}),
  })
}

/** Streams with a simulated clock behind a real listener. */
export async function served(options: Partial<LocalStreamsOptions> = {}) {
  const clock = new SimClock(START_AT)
  const streams = await LocalStreams.open({ env: { ...nodeEnv, clock }, ...options })
  const listener = await serveStreams({ streams, env: { ...nodeEnv, clock } })
  return {
    clock,
    streams,
    listener,
    async close() {
      await listener.close()
      await streams.close()
    },
  }
}

export async function sdkWay(protocol: 'h2' | 'http1', directory?: string): Promise<Way> {
  const server = await served({ directory })
  const { clock, listener } = server
  const sdk = client(listener.url, protocol)
  return {
    ...callsOf(sdk),
    clock,
    pass: ms => clock.advance(ms),
    async close() {
      sdk.destroy()
      await server.close()
    },
  }
}

/** The calls through a client of somebody's endpoint. @param created resolves when a stream that was asked for is there */
export function callsOf(
  sdk: KinesisClient,
  created: (StreamName: string) => Promise<void> = () => Promise.resolve(),
): Omit<Way, 'clock' | 'pass' | 'close'> {
  const entryOf = ({ data, key, hashKey }: Entry) => ({
    Data: utf8.encode(data),
    PartitionKey: key,
    ExplicitHashKey: hashKey,
  })
  return {
    async create(StreamName, ShardCount) {
      await sdk.send(new CreateStreamCommand({ StreamName, ShardCount }))
      await created(StreamName)
    },
    async put(StreamName, entry) {
      const { ShardId, SequenceNumber } = await sdk.send(new PutRecordCommand({ StreamName, ...entryOf(entry) }))
      return { shardId: ShardId ?? '', sequenceNumber: SequenceNumber ?? '' }
    },
    async putMany(StreamName, entries) {
      const reply = await sdk.send(new PutRecordsCommand({ StreamName, Records: entries.map(entryOf) }))
      if (reply.FailedRecordCount !== 0) throw new Error(`${reply.FailedRecordCount} records failed`)
      return (reply.Records ?? []).map(r => ({ shardId: r.ShardId ?? '', sequenceNumber: r.SequenceNumber ?? '' }))
    },
    async shards(StreamName) {
      const { Shards = [] } = await sdk.send(new ListShardsCommand({ StreamName }))
      return Shards.map(({ ShardId = '', HashKeyRange }) => ({
        shardId: ShardId,
        starting: HashKeyRange?.StartingHashKey ?? '',
        ending: HashKeyRange?.EndingHashKey ?? '',
      }))
    },
    async iterator(StreamName, ShardId, from) {
      const reply = await sdk.send(
        new GetShardIteratorCommand({
          StreamName,
          ShardId,
          ShardIteratorType: from.type,
          StartingSequenceNumber: 'number' in from ? from.number : undefined,
          Timestamp: 'at' in from ? new Date(from.at) : undefined,
        }),
      )
      return reply.ShardIterator ?? ''
    },
    async read(_name, ShardIterator, Limit) {
      const reply = await sdk.send(new GetRecordsCommand({ ShardIterator, Limit }))
      const records = reply.Records ?? []
      return {
        data: records.map(record => Buffer.from(record.Data ?? []).toString()),
        keys: records.map(record => record.PartitionKey ?? ''),
        sequenceNumbers: records.map(record => record.SequenceNumber ?? ''),
        arrivedAt: records.map(record => record.ApproximateArrivalTimestamp?.getTime() ?? Number.NaN),
        behind: reply.MillisBehindLatest ?? Number.NaN,
        next: reply.NextShardIterator ?? null,
      }
    },
  }
}

/** The calls in CBOR, as the Java SDK sends them (java-sdk.test.ts asks that one itself); the codec is ours. */
export async function cborWay(): Promise<Way> {
  const server = await served()
  const { clock, listener } = server
  const call = async (operation: string, body: object): Promise<CborReply> => {
    const headers = {
      host: `localhost:${listener.port}`,
      'content-type': 'application/x-amz-cbor-1.1',
      'x-amz-target': `Kinesis_20131202.${operation}`,
      authorization: 'AWS4-HMAC-SHA256 Credential=x',
    }
    const { status, bytes } = await rawHttp1Bytes(listener.port, headers, encodeCbor(body))
    const reply = (bytes.length === 0 ? {} : decodeCbor(bytes)) as CborReply
    if (status !== 200) throw new Error(`${reply.__type}: ${reply.message}`)
    return reply
  }
  const entryOf = ({ data, key, hashKey }: Entry) => ({
    Data: utf8.encode(data),
    PartitionKey: key,
    ExplicitHashKey: hashKey,
  })
  const placeOf = ({ ShardId = '', SequenceNumber = '' }: CborReply) => ({
    shardId: ShardId,
    sequenceNumber: SequenceNumber,
  })
  return {
    clock,
    pass: ms => clock.advance(ms),
    close: () => server.close(),
    async create(StreamName, ShardCount) {
      await call('CreateStream', { StreamName, ShardCount })
    },
    put: async (StreamName, entry) => placeOf(await call('PutRecord', { StreamName, ...entryOf(entry) })),
    async putMany(StreamName, entries) {
      const { FailedRecordCount, Records = [] } = await call('PutRecords', {
        StreamName,
        Records: entries.map(entryOf),
      })
      if (FailedRecordCount !== 0) throw new Error(`${FailedRecordCount} records failed`)
      return Records.map(placeOf)
    },
    async shards(StreamName) {
      const { Shards = [] } = await call('ListShards', { StreamName })
      return Shards.map(({ ShardId = '', HashKeyRange }) => ({
        shardId: ShardId,
        starting: HashKeyRange?.StartingHashKey ?? '',
        ending: HashKeyRange?.EndingHashKey ?? '',
      }))
    },
    async iterator(StreamName, ShardId, from) {
      const reply = await call('GetShardIterator', {
        StreamName,
        ShardId,
        ShardIteratorType: from.type,
        StartingSequenceNumber: 'number' in from ? from.number : undefined,
        Timestamp: 'at' in from ? new Instant(from.at) : undefined,
      })
      return reply.ShardIterator ?? ''
    },
    async read(_name, ShardIterator, Limit) {
      const reply = await call('GetRecords', { ShardIterator, Limit })
      const records = reply.Records ?? []
      return {
        data: records.map(record => Buffer.from(record.Data ?? []).toString()),
        keys: records.map(record => record.PartitionKey ?? ''),
        sequenceNumbers: records.map(record => record.SequenceNumber ?? ''),
        arrivedAt: records.map(record => (record.ApproximateArrivalTimestamp ?? Number.NaN) * 1_000),
        behind: reply.MillisBehindLatest ?? Number.NaN,
        next: reply.NextShardIterator ?? null,
      }
    },
  }
}

/** Members that replies may have. */
interface CborReply {
  readonly __type?: string
  readonly message?: string
  readonly ShardId?: string
  readonly SequenceNumber?: string
  readonly PartitionKey?: string
  readonly Data?: Uint8Array
  /** seconds */
  readonly ApproximateArrivalTimestamp?: number
  readonly FailedRecordCount?: number
  readonly Records?: readonly CborReply[]
  readonly Shards?: readonly CborReply[]
  readonly HashKeyRange?: { readonly StartingHashKey: string; readonly EndingHashKey: string }
  readonly ShardIterator?: string
  readonly NextShardIterator?: string
  readonly MillisBehindLatest?: number
}

export async function processWay(directory?: string): Promise<Way> {
  const clock = new SimClock(START_AT)
  const streams = await LocalStreams.open({ env: { ...nodeEnv, clock }, directory })
  const entryOf = ({ data, key, hashKey }: Entry) => ({
    data: utf8.encode(data),
    partitionKey: key,
    explicitHashKey: hashKey === undefined ? undefined : BigInt(hashKey),
  })
  return {
    clock,
    pass: ms => clock.advance(ms),
    async create(name, shards) {
      await streams.create(name, { shards })
    },
    put: (name, entry) => streams.get(name).put(entryOf(entry)),
    async putMany(name, entries) {
      const outcomes = await streams.get(name).putMany(entries.map(entryOf))
      return outcomes.map(outcome => {
        if (!outcome.accepted) throw new Error(outcome.message)
        return outcome
      })
    },
    async shards(name) {
      const shards = await streams.get(name).listShards()
      return shards.map(({ shardId, startingHashKey, endingHashKey }) => ({
        shardId,
        starting: startingHashKey.toString(),
        ending: endingHashKey.toString(),
      }))
    },
    iterator(name, shardId, from) {
      const stream = streams.get(name)
      if (from.type === 'TRIM_HORIZON') return stream.getIterator(shardId, { kind: 'trimHorizon' })
      if (from.type === 'LATEST') return stream.getIterator(shardId, { kind: 'latest' })
      if (from.type === 'AT_TIMESTAMP') return stream.getIterator(shardId, { kind: 'atTimestamp', timestamp: from.at })
      const sequenceNumber = from.number
      if (from.type === 'AT_SEQUENCE_NUMBER') return stream.getIterator(shardId, { kind: 'at', sequenceNumber })
      return stream.getIterator(shardId, { kind: 'after', position: { shardId, sequenceNumber, subsequenceNumber: 0 } })
    },
    async read(name, iterator, limit) {
      const { records, millisBehindLatest, nextIterator } = await streams.get(name).getRecords(iterator, limit)
      const rows = Array.from({ length: records.length }, (_, i) => i)
      return {
        data: rows.map(i => {
          const at = records.offsets[i] ?? 0
          return Buffer.from(records.bytes.subarray(at, at + (records.sizes[i] ?? 0))).toString()
        }),
        keys: rows.map(i => records.partitionKey(i)),
        sequenceNumbers: rows.map(i => records.sequenceNumber(i)),
        arrivedAt: rows.map(i => records.arrivedAt[i] ?? Number.NaN),
        behind: millisBehindLatest,
        next: nextIterator,
      }
    },
    close: () => streams.close(),
  }
}
