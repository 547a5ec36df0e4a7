/**
 * Calls Kinesis with the AWS SDK's own client: credentials, signing, regions, endpoints and retries are all its. Only the bodies
 * of replies that carry records are read here, below its deserializer, because there it costs several times a whole query.
 * The SDK is an optional peer and is imported when a stream is opened.
 */
import { Readable } from 'node:stream'
import { errorName, isDenied, MillraceError, type ShardDescription, type StartPosition } from '../../core/index.ts'
import type { IteratorStart } from '../stream.ts'
import { readCborReply } from './cbor-reply.ts'
import { JsonReplyReader } from './json-reply.ts'
import { kinesisDenied, kinesisError } from './kinesis-error.ts'
import { brokenReply, type KinesisReply, member } from './reply.ts'

/** A body at most: 10 MiB of data as base64, and keys and numbers of 10,000 records. */
export const REPLY_BYTES_MAX = 32 * 1_048_576
/** Kinesis API reference, ListShards: results of one call at most. */
const LIST_SHARDS_RESULTS = 1_000
/** Pages of ListShards that are followed; a stream of more shards than that is refused, not cut. */
const LIST_SHARDS_PAGES_MAX = 1_000
/** Of most streams, where shards may not be listed; and of none, as shards are numbered from 0. */
const FIRST_SHARD = 'shardId-000000000000'
const NO_SHARD = 'shardId-999999999999'

/** A reply below the deserializer of the SDK. */
interface HttpReply {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  body: unknown
}

type Handler = (args: unknown) => Promise<{ readonly response: unknown }>

/** The part of an SDK command that is used. */
interface Command {
  readonly middlewareStack: {
    add(
      middleware: (next: Handler) => Handler,
      options: { readonly step: 'deserialize'; readonly priority: 'low'; readonly name: string },
    ): void
  }
}

/** The part of the SDK's `KinesisClient` that is used. */
export interface KinesisClientLike {
  send(command: never, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>
  destroy(): void
}

type CommandClass = new (input: Readonly<Record<string, unknown>>) => Command

interface Commands {
  readonly GetRecordsCommand: CommandClass
  readonly GetShardIteratorCommand: CommandClass
  readonly ListShardsCommand: CommandClass
  readonly DescribeStreamSummaryCommand: CommandClass
  readonly DescribeStreamConsumerCommand: CommandClass
  readonly RegisterStreamConsumerCommand: CommandClass
  readonly SubscribeToShardCommand: CommandClass
}

export interface KinesisClientOptions {
  /** exactly one of the two */
  readonly streamName?: string | undefined
  readonly streamArn?: string | undefined
  /** default: from the SDK's own configuration */
  readonly region?: string | undefined
  /** for endpoints other than the region's own, such as an embedded stream's */
  readonly endpoint?: string | undefined
  /** instead of a client made here; the caller destroys it */
  readonly client?: KinesisClientLike | undefined
}

/** A reply with records, and when the service wrote it. */
export interface DatedReply extends KinesisReply {
  /** its Date header, epoch milliseconds; NaN where there is none */
  readonly dateMs: number
}

/** A position at which shards are open; the service knows when each was closed, and its list does not say. */
export type ShardsOpenAt = Exclude<StartPosition, { readonly kind: 'after' }>

/** What tells a stream from an earlier one of the same name. */
export interface StreamIdentity {
  readonly arn: string
  /** epoch seconds, as identifiers of streams have it */
  readonly creationEpoch: number
  /** epoch milliseconds */
  readonly createdAt: number
}

/** A consumer with a throughput of its own (enhanced fan-out). */
export interface RegisteredConsumer {
  readonly arn: string
  readonly status: string
}

export class KinesisClient {
  readonly streamName: string
  readonly #stream: Readonly<Record<string, string>>
  readonly #commands: Commands
  readonly #client: KinesisClientLike
  readonly #isOwn: boolean
  readonly #json = new JsonReplyReader()

  private constructor(options: KinesisClientOptions, commands: Commands, client: KinesisClientLike) {
    const { streamName, streamArn } = options
    this.streamName = streamName ?? streamArn?.slice(streamArn.lastIndexOf('/') + 1) ?? ''
    this.#stream = streamArn === undefined ? { StreamName: this.streamName } : { StreamARN: streamArn }
    this.#commands = commands
    this.#client = client
    this.#isOwn = options.client === undefined
  }

  /** @throws MillraceError `config` when the SDK is not installed, or unless exactly one of `streamName` and `streamArn` is given */
  static async open(options: KinesisClientOptions): Promise<KinesisClient> {
    if ((options.streamName === undefined) === (options.streamArn === undefined))
      throw new MillraceError('config', 'a Kinesis stream needs its name or its ARN, and not both')
    const sdk = await importSdk()
    const { region, endpoint } = options
    const client =
      options.client ??
      new sdk.KinesisClient({
        ...(region === undefined ? {} : { region }),
        ...(endpoint === undefined ? {} : { endpoint }),
      })
    return new KinesisClient(options, sdk as unknown as Commands, client)
  }

  /**
   * Every shard that still holds records or takes them.
   * @param openAt only those that were open at a position
   */
  async listShards(signal: AbortSignal, openAt?: ShardsOpenAt): Promise<readonly ShardDescription[]> {
    const shards: ShardDescription[] = []
    let token: string | undefined
    for (let page = 0; page < LIST_SHARDS_PAGES_MAX; page++) {
      const reply = (await this.#send(
        'ListShards',
        new this.#commands.ListShardsCommand({
          MaxResults: LIST_SHARDS_RESULTS,
          ...(token === undefined ? { ...this.#stream, ...filterOf(openAt) } : { NextToken: token }),
        }),
        signal,
      )) as ListShardsOutput
      for (const shard of reply.Shards ?? []) shards.push(shardOf(shard))
      token = reply.NextToken
      if (token === undefined) return shards
    }
    throw new MillraceError('limit_exceeded', `stream ${this.streamName} has more than ${shards.length} shards`)
  }

  /** @throws MillraceError `not_found`, `invalid_argument`, `throttled` */
  async getIterator(shardId: string, from: IteratorStart, signal: AbortSignal): Promise<string> {
    const reply = (await this.#send(
      'GetShardIterator',
      new this.#commands.GetShardIteratorCommand({ ...this.#stream, ShardId: shardId, ...startOf(from) }),
      signal,
    )) as { readonly ShardIterator?: string }
    if (reply.ShardIterator === undefined) throw brokenReply('ShardIterator is missing')
    return reply.ShardIterator
  }

  /** @throws MillraceError `expired_iterator`, `throttled`, `not_found`, `internal` */
  async getRecords(iterator: string, shardId: string, recordsMax: number, signal: AbortSignal): Promise<DatedReply> {
    const command = new this.#commands.GetRecordsCommand({ ShardIterator: iterator, Limit: recordsMax })
    let found: DatedReply | undefined
    command.middlewareStack.add(
      next => async args => {
        const result = await next(args)
        const reply = result.response as HttpReply
        // Errors are the SDK's to read: it knows which of them to repeat.
        if (reply.statusCode >= 300) return result
        const chunks = await bodyOf(reply.body)
        const isCbor = (reply.headers['content-type'] ?? '').includes('cbor')
        const records = isCbor ? readCborReply(chunks, shardId) : this.#json.read(chunks, shardId)
        found = { ...records, dateMs: Date.parse(reply.headers['date'] ?? '') }
        // The smallest body that the SDK takes for a reply: nothing is left for it to decode.
        reply.body = isCbor ? Uint8Array.of(0xa0) : Buffer.from('{}')
        return result
      },
      { step: 'deserialize', priority: 'low', name: 'millraceRecords' },
    )
    await this.#send('GetRecords', command, signal)
    if (found === undefined) throw brokenReply('it came with an error that the SDK took for none')
    return found
  }

  /** @throws MillraceError `not_found`, `throttled`, `config` */
  async describe(signal: AbortSignal): Promise<StreamIdentity> {
    const command = new this.#commands.DescribeStreamSummaryCommand(this.#stream)
    const reply = await this.#send('DescribeStreamSummary', command, signal)
    const summary = member(reply, 'StreamDescriptionSummary')
    const arn = member(summary, 'StreamARN')
    const createdAt = member(summary, 'StreamCreationTimestamp')
    if (typeof arn !== 'string' || !(createdAt instanceof Date))
      throw brokenReply('StreamARN or StreamCreationTimestamp is missing')
    return { arn, creationEpoch: Math.floor(createdAt.getTime() / 1_000), createdAt: createdAt.getTime() }
  }

  /** Null where no consumer of that name is registered. */
  async findConsumer(streamArn: string, name: string, signal: AbortSignal): Promise<RegisteredConsumer | null> {
    const command = new this.#commands.DescribeStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: name })
    const reply = await this.#sendUnless('ResourceNotFoundException', 'DescribeStreamConsumer', command, signal)
    return reply === null ? null : consumerOf(member(reply, 'ConsumerDescription'))
  }

  /** Whether a consumer is registered under an ARN, of whichever account. */
  async hasConsumer(consumerArn: string, signal: AbortSignal): Promise<boolean> {
    const command = new this.#commands.DescribeStreamConsumerCommand({ ConsumerARN: consumerArn })
    return (await this.#sendUnless('ResourceNotFoundException', 'DescribeStreamConsumer', command, signal)) !== null
  }

  /** Null where one of that name is there by now. @throws MillraceError `throttled` at the limits of the service */
  async registerConsumer(streamArn: string, name: string, signal: AbortSignal): Promise<RegisteredConsumer | null> {
    const command = new this.#commands.RegisterStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: name })
    const reply = await this.#sendUnless('ResourceInUseException', 'RegisterStreamConsumer', command, signal)
    return reply === null ? null : consumerOf(member(reply, 'Consumer'))
  }

  /**
   * The body of a subscription, as it comes: messages of an event stream. Whoever takes it reads it to its end or destroys it.
   * @throws MillraceError `throttled` also while another subscription of the shard is less than 5 seconds old, `not_found`
   */
  async subscribe(
    consumerArn: string,
    shardId: string,
    from: IteratorStart,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> & { destroy(): void }> {
    const { ShardIteratorType: Type, StartingSequenceNumber, Timestamp } = startOf(from)
    const command = new this.#commands.SubscribeToShardCommand({
      ConsumerARN: consumerArn,
      ShardId: shardId,
      StartingPosition: { Type, SequenceNumber: StartingSequenceNumber, Timestamp },
    })
    let body: Readable | undefined
    command.middlewareStack.add(
      next => async args => {
        const result = await next(args)
        const reply = result.response as HttpReply
        if (reply.statusCode >= 300) return result
        body = reply.body as Readable
        // A stream without an event: nothing is left for the SDK to read.
        reply.body = Readable.from([])
        return result
      },
      { step: 'deserialize', priority: 'low', name: 'millraceEvents' },
    )
    await this.#send('SubscribeToShard', command, signal)
    if (body === undefined) throw brokenReply('a subscription came with an error that the SDK took for none')
    return body
  }

  /**
   * Tries every action that reading needs, in a way that changes nothing: one error names all that are missing, instead of one after
   * the other while records wait. A shard that is not there is asked for, since permissions are looked at first; a subscription of one
   * that is there would end somebody else's.
   * @param consumerArn of enhanced fan-out; null: reads are polled
   * @throws MillraceError `config` that names each missing action
   */
  async checkPermissions(consumerArn: string | null, signal: AbortSignal): Promise<void> {
    const commands = this.#commands
    const [first] = await this.listShards(signal).catch(() => [])
    const ShardId = first?.shardId ?? FIRST_SHARD
    const position = { ShardIteratorType: 'LATEST' }
    const trials: readonly (readonly [string, () => Promise<boolean>])[] = [
      ['ListShards', () => this.#isDenied(new commands.ListShardsCommand({ ...this.#stream, MaxResults: 1 }), signal)],
      ...(consumerArn === null
        ? ([
            [
              'GetShardIterator',
              () =>
                this.#isDenied(new commands.GetShardIteratorCommand({ ...this.#stream, ShardId, ...position }), signal),
            ],
            ['GetRecords', () => this.#mayNotGetRecords(ShardId, signal)],
          ] as const)
        : ([
            [
              'SubscribeToShard',
              () =>
                this.#isDenied(
                  new commands.SubscribeToShardCommand({
                    ConsumerARN: consumerArn,
                    ShardId: NO_SHARD,
                    StartingPosition: { Type: 'LATEST' },
                  }),
                  signal,
                ),
            ],
          ] as const)),
    ]
    const results = await Promise.all(trials.map(async ([action, isDenied]) => ((await isDenied()) ? action : null)))
    const denied = results.filter(action => action !== null)
    if (denied.length > 0) throw kinesisDenied(denied, this.streamName)
  }

  async #mayNotGetRecords(shardId: string, signal: AbortSignal): Promise<boolean> {
    try {
      const iterator = await this.getIterator(shardId, { kind: 'latest' }, signal)
      return await this.#isDenied(new this.#commands.GetRecordsCommand({ ShardIterator: iterator, Limit: 1 }), signal)
    } catch {
      // Without an iterator it cannot be asked.
      return false
    }
  }

  close(): void {
    if (this.#isOwn) this.#client.destroy()
  }

  async #send(action: string, command: Command, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#client.send(command as never, { abortSignal: signal })
    } catch (error) {
      throw kinesisError(error, action, this.streamName, signal)
    }
  }

  /** Null for an exception of that name. */
  async #sendUnless(exception: string, action: string, command: Command, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#client.send(command as never, { abortSignal: signal })
    } catch (error) {
      if (errorName(error) === exception) return null
      throw kinesisError(error, action, this.streamName, signal)
    }
  }

  /** True when the credentials do not allow a call; whatever else comes of it is the real call's to explain. */
  async #isDenied(command: Command, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#client.send(command as never, { abortSignal: signal })
      return false
    } catch (error) {
      return isDenied(error)
    }
  }
}

async function importSdk() {
  try {
    return await import('@aws-sdk/client-kinesis')
  } catch (error) {
    throw new MillraceError(
      'config',
      'reading from Kinesis needs the package @aws-sdk/client-kinesis; install it beside millrace',
      { cause: error },
    )
  }
}

/** The pieces of a body, within the limit. */
async function bodyOf(body: unknown): Promise<readonly Uint8Array[]> {
  if (body instanceof Uint8Array) return [body]
  if (typeof body === 'string') return [Buffer.from(body)]
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length
    if (sizeBytes > REPLY_BYTES_MAX) throw brokenReply(`it has more than ${REPLY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return chunks
}

function consumerOf(value: unknown): RegisteredConsumer {
  const arn = member(value, 'ConsumerARN')
  const status = member(value, 'ConsumerStatus')
  if (typeof arn !== 'string' || typeof status !== 'string')
    throw brokenReply('a consumer has no ConsumerARN or no ConsumerStatus')
  return { arn, status }
}

interface ListShardsOutput {
  readonly NextToken?: string
  readonly Shards?: readonly ListedShard[]
}

interface ListedShard {
  readonly ShardId?: string
  readonly ParentShardId?: string
  readonly AdjacentParentShardId?: string
  readonly HashKeyRange?: { readonly StartingHashKey?: string; readonly EndingHashKey?: string }
  readonly SequenceNumberRange?: { readonly EndingSequenceNumber?: string }
}

function shardOf(shard: ListedShard): ShardDescription {
  const { StartingHashKey, EndingHashKey } = shard.HashKeyRange ?? {}
  if (shard.ShardId === undefined || StartingHashKey === undefined || EndingHashKey === undefined)
    throw brokenReply('a listed shard has no ShardId or no HashKeyRange')
  return {
    shardId: shard.ShardId,
    parentShardIds: [shard.ParentShardId, shard.AdjacentParentShardId].filter(parent => parent !== undefined),
    startingHashKey: BigInt(StartingHashKey),
    endingHashKey: BigInt(EndingHashKey),
    closed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
  }
}

function filterOf(openAt: ShardsOpenAt | undefined): Readonly<Record<string, unknown>> {
  if (openAt === undefined) return {}
  switch (openAt.kind) {
    case 'latest':
      return { ShardFilter: { Type: 'AT_LATEST' } }
    case 'trimHorizon':
      return { ShardFilter: { Type: 'AT_TRIM_HORIZON' } }
    case 'atTimestamp':
      return { ShardFilter: { Type: 'AT_TIMESTAMP', Timestamp: new Date(openAt.timestamp) } }
  }
}

function startOf(from: IteratorStart): Readonly<Record<string, unknown>> {
  switch (from.kind) {
    case 'trimHorizon':
      return { ShardIteratorType: 'TRIM_HORIZON' }
    case 'latest':
      return { ShardIteratorType: 'LATEST' }
    case 'atTimestamp':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(from.timestamp) }
    case 'at':
      return { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: from.sequenceNumber }
    case 'after': {
      const { sequenceNumber, subsequenceNumber } = from.position
      return {
        // Below 0: the record itself comes again, for a reader that was half-way through it.
        ShardIteratorType: subsequenceNumber < 0 ? 'AT_SEQUENCE_NUMBER' : 'AFTER_SEQUENCE_NUMBER',
        StartingSequenceNumber: sequenceNumber,
      }
    }
  }
}
