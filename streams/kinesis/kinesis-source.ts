/**
 * A Kinesis stream as a source: each shard is polled with GetRecords at the pace that the service allows. Aggregates come as
 * they are; DeaggregatedSource unpacks them.
 */
import {
  type Clock,
  GET_RECORDS_RECORDS_MAX,
  hasCode,
  IteratorError,
  MEBIBYTE,
  MillraceError,
  type RecordBatch,
  type ShardRead,
  type ShardReader,
  type StartPosition,
} from '../../core/index.ts'
import { ClientSource } from './client-source.ts'
import { KinesisClient, type KinesisClientOptions } from './kinesis-client.ts'
import { StreamTime } from './stream-time.ts'

/** Kinesis API reference, GetRecords: 5 calls a second and shard. Milliseconds. */
export const CALL_INTERVAL_MS = 200
/** Kinesis API reference, GetRecords: 2 MB a second and shard; a larger reply is followed by silence. Bytes. */
const READ_BYTES_PER_SECOND = 2 * MEBIBYTE
/** KCL's idleTimeBetweenReadsInMillis: how long a shard at its tip is left alone. */
export const IDLE_MS = 1_500

export interface KinesisSourceOptions extends KinesisClientOptions {
  readonly clock: Clock
  /** KCL's idleTimeBetweenReadsInMillis, at least 200. Default 1,500 */
  readonly idleMs?: number | undefined
  /**
   * What one shard is read at most. Default `service`: 5 calls and 2 MiB a second, since the service refuses more. `none` is for
   * endpoints without limits, such as an embedded stream
   */
  readonly limits?: 'service' | 'none' | undefined
}

export class KinesisSource extends ClientSource {
  readonly #clock: Clock
  readonly #time: StreamTime
  readonly #idleMs: number
  readonly #isPaced: boolean

  private constructor(client: KinesisClient, options: KinesisSourceOptions) {
    super(client)
    this.#clock = options.clock
    this.#time = new StreamTime(options.clock)
    this.#idleMs = options.idleMs ?? IDLE_MS
    this.#isPaced = options.limits !== 'none'
  }

  /** @throws MillraceError `config` when the SDK is not installed, or an option is none */
  static async open(options: KinesisSourceOptions): Promise<KinesisSource> {
    if (options.idleMs !== undefined && !(options.idleMs >= CALL_INTERVAL_MS))
      throw new MillraceError(
        'config',
        `idleTimeBetweenReadsInMillis is ${options.idleMs}; Kinesis takes 5 reads a second, so give ${CALL_INTERVAL_MS} or more`,
      )
    return new KinesisSource(await KinesisClient.open(options), options)
  }

  checkPermissions(signal: AbortSignal): Promise<void> {
    return this.client.checkPermissions(null, signal)
  }

  /** The first read takes the iterator, so that a shard which nobody reads costs no call. */
  openShard(shardId: string, from: StartPosition): Promise<ShardReader> {
    const reader = new KinesisShardReader(this.client, this.#clock, this.#time, shardId, from, this.#isPaced)
    return Promise.resolve(reader)
  }

  async wait(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(this.#idleMs, signal)
    refuseAborted(signal)
  }
}

class KinesisShardReader implements ShardReader {
  readonly shardId: string
  readonly #client: KinesisClient
  readonly #clock: Clock
  readonly #time: StreamTime
  /** where a new iterator starts */
  #from: StartPosition
  #iterator: string | null = null
  readonly #isPaced: boolean
  #calledMs = Number.NEGATIVE_INFINITY
  /** before it the service would refuse a call */
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(
    client: KinesisClient,
    clock: Clock,
    time: StreamTime,
    shardId: string,
    from: StartPosition,
    isPaced: boolean,
  ) {
    this.#client = client
    this.#clock = clock
    this.#time = time
    this.shardId = shardId
    this.#from = from
    this.#isPaced = isPaced
  }

  async read(recordsMax: number, signal: AbortSignal): Promise<ShardRead> {
    refuseAborted(signal)
    if (this.#closed) throw new MillraceError('closed', `reader of ${this.shardId} is closed; open the shard again`)
    await this.#pace(signal)
    const hadIterator = this.#iterator !== null
    const askedMs = this.#clock.monotonicMs()
    const iterator = await this.#currentIterator(signal)
    const iteratorMs = hadIterator ? undefined : this.#clock.monotonicMs() - askedMs
    const requestedAt = this.#time.now()
    const limit = Math.min(recordsMax, GET_RECORDS_RECORDS_MAX)
    try {
      const reply = await this.#client.getRecords(iterator, this.shardId, limit, signal)
      this.#iterator = reply.nextIterator
      this.#learn(reply.records, reply.dateMs)
      this.#notBeforeMs = this.#calledMs + (reply.records.bytes.length / READ_BYTES_PER_SECOND) * 1_000
      return {
        records: reply.records,
        millisBehindLatest: reply.millisBehindLatest,
        requestedAt,
        ended: reply.nextIterator === null,
        childShards: reply.childShards,
        iteratorMs,
      }
    } catch (error) {
      // The next read takes a new iterator behind the last record, so that nothing is lost or read twice.
      if (hasCode(error, 'expired_iterator', 'invalid_argument')) this.#iterator = null
      throw error
    }
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  /** Keeps to the calls that the service allows. */
  async #pace(signal: AbortSignal): Promise<void> {
    const pauseMs = Math.max(this.#calledMs + CALL_INTERVAL_MS, this.#notBeforeMs) - this.#clock.monotonicMs()
    if (this.#isPaced && pauseMs > 0) await this.#clock.sleep(pauseMs, signal)
    refuseAborted(signal)
    this.#calledMs = this.#clock.monotonicMs()
  }

  async #currentIterator(signal: AbortSignal): Promise<string> {
    if (this.#iterator !== null) return this.#iterator
    const from = this.#from
    // What `latest` means is decided once: after an expiry it is the time at which it was asked for.
    if (from.kind === 'latest') this.#from = { kind: 'atTimestamp', timestamp: this.#time.now() }
    this.#iterator = await this.#client.getIterator(this.shardId, from, signal).catch((error: unknown) => {
      this.#from = from
      throw error instanceof MillraceError ? new IteratorError(error, error.cause) : error
    })
    return this.#iterator
  }

  #learn(records: RecordBatch, dateMs: number): void {
    this.#time.observe(dateMs)
    const last = records.length - 1
    if (last < 0) return
    this.#time.observe(records.arrivedAt[last] ?? Number.NaN)
    const position = { shardId: this.shardId, sequenceNumber: records.sequenceNumber(last), subsequenceNumber: 0 }
    this.#from = { kind: 'after', position }
  }
}

function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new MillraceError('aborted', 'reading was aborted by its caller')
}
