/**
 * A Kinesis stream as a source that pushes (enhanced fan-out): each shard has a subscription, which lives for five minutes and is
 * renewed from where the last event said.
 *
 *   none ──(subscribe)──► open ──(event)──► open
 *    ▲                     │
 *    └──(end, exception, broken message, 60 s of silence)
 */
import {
  type Clock,
  hasCode,
  MillraceError,
  type ShardRead,
  type ShardReader,
  type StartPosition,
} from '../../core/index.ts'
import { readCborReply } from './cbor-reply.ts'
import { ClientSource } from './client-source.ts'
import { type EventMessage, EventStreamReader } from './event-stream.ts'
import { FanOutRegistration } from './fan-out-registration.ts'
import { JsonReplyReader } from './json-reply.ts'
import { KinesisClient, type KinesisClientOptions } from './kinesis-client.ts'
import { kinesisError } from './kinesis-error.ts'
import type { KinesisReply } from './reply.ts'
import { StreamTime } from './stream-time.ts'

/** SubscribeToShard: a second call for the same consumer and shard within 5 seconds of a successful one is refused. */
const SUBSCRIBE_INTERVAL_MS = 5_000
/** KCL gives a subscription up after so long without an event; the service sends one every few seconds. */
export const SILENCE_MS_MAX = 60_000

export interface FanOutSourceOptions extends KinesisClientOptions {
  readonly clock: Clock
  /** registered when it is not there; KCL takes the name of the application. One of the two */
  readonly consumerName?: string | undefined
  /** of a consumer that is there, also of another account's stream */
  readonly consumerArn?: string | undefined
}

type Body = AsyncIterable<Uint8Array> & { destroy(): void }

export class FanOutSource extends ClientSource {
  readonly #registration: FanOutRegistration
  readonly #clock: Clock
  readonly #time: StreamTime

  private constructor(client: KinesisClient, clock: Clock, registration: FanOutRegistration) {
    super(client)
    this.#clock = clock
    this.#time = new StreamTime(clock)
    this.#registration = registration
  }

  /** of the consumer that shards are subscribed to with now */
  get consumerArn(): string {
    return this.#registration.arn
  }

  /**
   * Waits until the consumer is active.
   * @throws MillraceError `config` when the SDK is not installed or an option is none; besides, as `activeConsumer`
   */
  static async open(options: FanOutSourceOptions, signal: AbortSignal): Promise<FanOutSource> {
    const { consumerName, consumerArn, clock } = options
    if ((consumerName === undefined) === (consumerArn === undefined))
      throw new MillraceError('config', 'enhanced fan-out needs a consumerName or a consumerArn, and not both')
    const client = await KinesisClient.open(options)
    try {
      const registration =
        consumerArn === undefined
          ? await FanOutRegistration.of(client, clock, consumerName ?? '', signal)
          : new FanOutRegistration({ client, clock, consumerName: null, arn: consumerArn, createdAt: null })
      return new FanOutSource(client, clock, registration)
    } catch (error) {
      client.close()
      throw error
    }
  }

  checkPermissions(signal: AbortSignal): Promise<void> {
    return this.client.checkPermissions(this.consumerArn, signal)
  }

  /** The first read subscribes. A read waits for the next event, records or none. */
  openShard(shardId: string, from: StartPosition): Promise<ShardReader> {
    return Promise.resolve(new FanOutReader(this.client, this.#registration, this.#clock, this.#time, shardId, from))
  }

  /** At once: it is the read that waits. */
  wait(): Promise<void> {
    return Promise.resolve()
  }
}

/** One reader decodes for all subscriptions of a process. */
const json = new JsonReplyReader()

class FanOutReader implements ShardReader {
  readonly shardId: string
  readonly #client: KinesisClient
  readonly #registration: FanOutRegistration
  /** of the stream that the positions are of */
  readonly #createdAt: number | null
  readonly #clock: Clock
  readonly #time: StreamTime
  #from: StartPosition
  #subscription: Subscription | null = null
  #subscribedMs = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(
    client: KinesisClient,
    registration: FanOutRegistration,
    clock: Clock,
    time: StreamTime,
    shardId: string,
    from: StartPosition,
  ) {
    this.#client = client
    this.#registration = registration
    this.#createdAt = registration.createdAt
    this.#clock = clock
    this.#time = time
    this.shardId = shardId
    this.#from = from
  }

  /**
   * The next event, however long it takes; what ends a subscription on the way is repaired here. `recordsMax` means nothing: the
   * service decides what is in an event.
   */
  async read(_recordsMax: number, signal: AbortSignal): Promise<ShardRead> {
    for (;;) {
      refuseAborted(signal)
      if (this.#closed) throw new MillraceError('closed', `reader of ${this.shardId} is closed; open the shard again`)
      this.#subscription ??= await this.#subscribe(signal)
      let reply: KinesisReply | null
      try {
        reply = await this.#subscription.next(SILENCE_MS_MAX, signal)
      } catch (error) {
        if (!hasCode(error, 'aborted')) this.#drop()
        throw error
      }
      if (reply === null) this.#drop()
      else return this.#readOf(reply)
    }
  }

  close(): Promise<void> {
    this.#closed = true
    this.#drop()
    return Promise.resolve()
  }

  async #subscribe(signal: AbortSignal): Promise<Subscription> {
    const pauseMs = this.#subscribedMs + SUBSCRIBE_INTERVAL_MS - this.#clock.monotonicMs()
    if (pauseMs > 0) await this.#clock.sleep(pauseMs, signal)
    refuseAborted(signal)
    const from = this.#from
    // What `latest` means is decided once: a later subscription starts at the time at which it was asked for.
    if (from.kind === 'latest') this.#from = { kind: 'atTimestamp', timestamp: this.#time.now() }
    try {
      const body = await this.#body(from, signal)
      this.#subscribedMs = this.#clock.monotonicMs()
      return new Subscription(body, this.#clock, this.#client.streamName, this.shardId)
    } catch (error) {
      if (!hasCode(error, 'aborted')) this.#from = from
      throw error
    }
  }

  /** A consumer that was taken away is registered anew, and nothing is missed: the position is the reader's. */
  async #body(from: StartPosition, signal: AbortSignal): Promise<Body> {
    const { arn } = this.#registration
    this.#mustBeSame()
    try {
      return await this.#client.subscribe(arn, this.shardId, from, signal)
    } catch (error) {
      if (!hasCode(error, 'not_found')) throw error
      const renewed = await this.#registration.renew(arn, signal)
      this.#mustBeSame()
      if (renewed === arn) throw error
      return this.#client.subscribe(renewed, this.shardId, from, signal)
    }
  }

  /** @throws MillraceError `not_found` when the consumer is that of a later stream: its positions are others */
  #mustBeSame(): void {
    const { createdAt } = this.#registration
    if (this.#createdAt !== createdAt)
      throw new MillraceError(
        'not_found',
        `stream ${this.#client.streamName} was deleted and created again; open shard ${this.shardId} anew`,
      )
  }

  #readOf(reply: KinesisReply): ShardRead {
    const { records, millisBehindLatest, childShards } = reply
    const next = reply.continuationSequenceNumber
    const last = records.length - 1
    if (last >= 0) this.#time.observe(records.arrivedAt[last] ?? Number.NaN)
    const ended = next === null
    // Not the last record: an event without any moves on as well.
    if (!ended)
      this.#from = {
        kind: 'after',
        position: { shardId: this.shardId, sequenceNumber: next, subsequenceNumber: 0 },
      }
    else this.#drop()
    return { records, millisBehindLatest, requestedAt: this.#time.now(), ended, childShards }
  }

  #drop(): void {
    this.#subscription?.end()
    this.#subscription = null
  }
}

class Subscription {
  readonly #body: Body
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #clock: Clock
  readonly #streamName: string
  readonly #shardId: string
  readonly #reader = new EventStreamReader()
  #messages: EventMessage[] = []
  /** of a read that was given up: the next one takes it */
  #pending: Promise<IteratorResult<Uint8Array>> | null = null

  constructor(body: Body, clock: Clock, streamName: string, shardId: string) {
    this.#body = body
    this.#chunks = body[Symbol.asyncIterator]()
    this.#clock = clock
    this.#streamName = streamName
    this.#shardId = shardId
  }

  /**
   * The next event; null when the subscription ended, was silent for too long, or its connection broke: from where the last event
   * was, nothing is missing.
   * @throws MillraceError `not_found` and what else the service said, `internal` for a broken message, `aborted`
   */
  async next(silenceMsMax: number, signal: AbortSignal): Promise<KinesisReply | null> {
    for (;;) {
      for (let message = this.#messages.shift(); message !== undefined; message = this.#messages.shift()) {
        const reply = this.#replyOf(message, signal)
        if (reply !== null) return reply
      }
      this.#pending ??= this.#chunks.next()
      const timer = new AbortController()
      const stop = (): void => timer.abort()
      signal.addEventListener('abort', stop, { once: true })
      if (signal.aborted) stop()
      const silence = this.#clock.sleep(silenceMsMax, timer.signal).then(() => null)
      const chunk = await Promise.race([this.#pending, silence]).catch(() => null)
      signal.removeEventListener('abort', stop)
      timer.abort()
      refuseAborted(signal)
      if (chunk === null || chunk.done === true) return null
      this.#pending = null
      this.#messages = this.#reader.push(chunk.value)
    }
  }

  end(): void {
    this.#pending?.catch(() => {})
    this.#body.destroy()
  }

  #replyOf({ headers, payload }: EventMessage, signal: AbortSignal): KinesisReply | null {
    const kind = headers.get(':message-type')
    if (kind !== 'event') {
      const name = headers.get(':exception-type') ?? headers.get(':error-code') ?? 'InternalFailureException'
      throw kinesisError(Object.assign(new Error(name), { name }), 'SubscribeToShard', this.#streamName, signal)
    }
    if (headers.get(':event-type') !== 'SubscribeToShardEvent') return null
    return (headers.get(':content-type') ?? '').includes('cbor')
      ? readCborReply([payload], this.#shardId)
      : json.read([payload], this.#shardId)
  }
}

function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new MillraceError('aborted', 'reading was aborted by its caller')
}
