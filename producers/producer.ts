/**
 * Puts user records into a stream: many in one record, many records in one call, again when they fail, and never more in memory
 * than agreed.
 *
 *   put ─► intake ─► admission ─► aggregator ─► limiter ─► collector ─► courier ─► outcome
 *                      (room)         ▲                                    │ failed, and time is left
 *                                     └──────────────── rest ◄─────────────┘
 *
 * This file is the door: it joins the parts, lets records in, and closes. The pump moves what is inside, each stage decides in its
 * own file.
 */
import type { Writable } from 'node:stream'
import { type Clock, type Env, MillraceError } from '../core/index.ts'
import { isProducerId } from '../streams/aggregation.ts'
import { completeConfiguration, type ProducerConfiguration } from './configuration.ts'
import type { ProducerMetrics } from './counters.ts'
import { Courier } from './courier.ts'
import { Gate } from './gate.ts'
import { Intake } from './intake.ts'
import { Lanes } from './lanes.ts'
import { Ledger } from './ledger.ts'
import { MetricsFeed, type MetricsHook } from './metrics/feed.ts'
import type { ProducerMetricName } from './metrics/metric-names.ts'
import { type AdditionalDimension, type MetricDatum, MetricsRecorder } from './metrics/recorder.ts'
import type { Outcome } from './outcome.ts'
import type { PendingRecord, Resolve } from './pending.ts'
import { Pump } from './pump.ts'
import { PutBatch, type PutResult } from './put-batch.ts'
import { KINESIS_CAPABILITIES, type PutTarget } from './put-target.ts'
import { RecordLimit } from './record-limit.ts'
import { type RecordWritableOptions, recordWritable } from './record-writable.ts'
import { type SchemaEncoder, SchemaEncoding } from './schema-encoding.ts'
import { ShardMap } from './shard-map.ts'
import { Stages } from './stages.ts'
import type { UserRecordInput } from './user-record.ts'

/** Marks user records, so that a reader with a de-duplicator drops repeats. */
export interface MarkOptions {
  /** 1 to 64 characters of A-Z, a-z, 0-9, `_` and `-`; of one producer at a time. Default: a random one */
  readonly producerId?: string | undefined
  /** whole, from 0; must rise whenever a producer with the same id starts. Default 0 */
  readonly epoch?: number | undefined
}

export interface ProducerOptions {
  readonly target: PutTarget
  readonly env: Pick<Env, 'clock' | 'random'>
  readonly configuration?: Partial<ProducerConfiguration>
  /** with marks each user record is aggregated, even one alone, because there is no other place for a mark */
  readonly marks?: MarkOptions | undefined
  /** gets the metrics of each interval of MetricsUploadDelay, and the rest at close; a throw is not looked at */
  readonly onMetrics?: MetricsHook | undefined
  readonly additionalMetricDims?: readonly AdditionalDimension[] | undefined
  /** encodes the data of user records that carry a schema */
  readonly encodeSchema?: SchemaEncoder | undefined
}

export interface CloseSummary {
  /** puts that were rejected because the deadline passed */
  readonly abandoned: number
}

/**
 * A producer for one stream.
 *
 * Delivery is at least once: a record whose reply was lost is sent again, and may then be stored twice; marks let a reader drop
 * the repeat. Order is *not* promised, unless KeyOrder is set: several calls are under way at a time, and a record that failed
 * comes after records that were put later.
 */
export class Producer {
  readonly #target: PutTarget
  readonly #clock: Clock
  readonly #recorder: MetricsRecorder
  readonly #feed: MetricsFeed
  readonly #intake: Intake
  readonly #ledger: Ledger
  readonly #gate: Gate
  readonly #map: ShardMap | null
  readonly #encoding: SchemaEncoding | null
  readonly #recordLimit: RecordLimit
  readonly #stages: Stages
  readonly #courier: Courier
  readonly #pump: Pump
  #closing: Promise<CloseSummary> | null = null
  /** nothing enters any more, not even what was put before the close and is encoded still */
  #isClosed = false
  readonly #closeBegun = new AbortController()

  /** @throws MillraceError `config` for a setting out of range, and for marks where the target takes no aggregates */
  constructor(options: ProducerOptions) {
    const { target, env, encodeSchema: encode } = options
    const { clock } = env
    const capabilities = target.capabilities ?? KINESIS_CAPABILITIES
    const settings = completeConfiguration(options.configuration)
    const streamName = target.streamName ?? ''
    if (options.marks !== undefined && capabilities.routing === 'partition')
      throw new MillraceError(
        'config',
        'marks travel in aggregates, which a topic of Kafka does not get; use an idempotent or transactional kafka target',
      )
    if (options.marks !== undefined && capabilities.aggregates === false)
      throw new MillraceError(
        'config',
        'marks travel in aggregates, which the delivery stream of a firehoseTarget would deliver as they are; leave out marks, or put into a Kinesis stream (kinesisTarget) from which Firehose reads',
      )
    const mark = options.marks === undefined ? null : completeMark(options.marks, env)
    const recorder = new MetricsRecorder({
      level: settings.MetricsLevel,
      granularity: settings.MetricsGranularity,
      streamName,
      additionalDimensions: options.additionalMetricDims ?? [],
    })
    const lanes = settings.KeyOrder ? new Lanes() : null
    const ledger = new Ledger(settings, recorder, lanes)
    const map =
      settings.AggregationEnabled && target.listShards !== undefined
        ? new ShardMap(
            async (...args) => target.listShards?.(...args) ?? [],
            () => this.#pump.remap(),
          )
        : null
    const callBytesMax = target.callBytesMax ?? Number.POSITIVE_INFINITY
    const recordLimit = new RecordLimit(target, clock)
    const stages = new Stages({ settings, map, lanes, callBytesMax, recordLimit })
    const gate = new Gate(clock, () => ledger.admission.open)
    const feed = new MetricsFeed(recorder, clock, options.onMetrics, settings.MetricsUploadDelay)
    this.#courier = new Courier({
      target,
      env,
      settings,
      ledger,
      recorder,
      map,
      lanes,
      throttled: (bundle, now) => stages.throttled(bundle, now),
      rest: record => this.#pump.rest(record),
      ended: () => this.#pump.run(),
    })
    this.#pump = new Pump({ clock, settings, ledger, stages, map, feed, gate }, this.#courier)
    this.#intake = new Intake({
      capabilities,
      dataBytesMax: settings.MaxUserRecordSize,
      recordLimit,
      ttlMs: settings.RecordTtl,
      mark,
    })
    this.#encoding =
      encode === undefined
        ? null
        : new SchemaEncoding({ encode, streamName, recordsMax: settings.MaxOutstandingRecords })
    this.#target = target
    this.#clock = clock
    this.#recorder = recorder
    this.#ledger = ledger
    this.#map = map
    this.#stages = stages
    this.#gate = gate
    this.#feed = feed
    this.#recordLimit = recordLimit
    map?.refresh(clock)
    void recordLimit.read()
  }

  /**
   * Puts one user record. The promise settles exactly once, at the latest RecordTtl + RequestTimeout after the put (later only
   * where RecordTtl is Infinity; twice RecordTtl where the target repeats by itself). While the producer is full the record waits in
   * line first, on its own time; a caller with much to put awaits `ready()` before each put.
   * @throws MillraceError at once: `invalid_argument` for a record that no stream takes, `closed` after close
   * @returns rejects with `PutError` when the record is given up, with `limit_exceeded` when even the line is full, and with
   *   `invalid_argument` when its schema cannot be applied
   */
  put(record: UserRecordInput): Promise<Outcome> {
    if (this.#closing !== null) throw new MillraceError('closed', 'put: the producer is closed')
    if (typeof record !== 'object' || record === null)
      throw new MillraceError('invalid_argument', `put: ${String(record)} is no record; give { partitionKey, data }`)
    const { schema } = record
    if (schema === undefined) return this.#put(record)
    if (this.#encoding === null)
      throw new MillraceError(
        'invalid_argument',
        'put: the record has a schema and the producer no encoder; give encodeSchema, or encode the data first',
      )
    return this.#encoding.run(record, schema, async encoded => {
      if (this.#isClosed) throw new MillraceError('closed', 'put: the producer was closed while the record was encoded')
      return this.#put(encoded)
    })
  }

  /**
   * Puts user records one after the other, each as `put` does, with one promise for all: for many small records that is a good deal
   * cheaper. A caller with much to put awaits `ready()` before each call, and gives some hundred records a call, or 64 KiB: a call
   * does not wait in between.
   * @throws MillraceError `closed` at once after close
   * @returns resolves when all have settled, with a result for each in their order, and never rejects: look at every result, since one
   *   that is an Error was not stored. That is also said of a record that no stream takes; the others are put all the same
   */
  putMany(records: readonly UserRecordInput[]): Promise<readonly PutResult[]> {
    if (this.#closing !== null) throw new MillraceError('closed', 'putMany: the producer is closed')
    const batch = new PutBatch(records.length)
    const now = this.#now()
    const arrivedAt = Math.floor(now)
    for (let place = 0; place < records.length; place++) {
      const input = records[place]
      let record: PendingRecord | null = null
      try {
        if (typeof input !== 'object' || input === null || input.schema !== undefined) {
          this.#putApart(input as UserRecordInput, batch, place)
          continue
        }
        record = this.#intake.take(input, arrivedAt, batch)
        batch.enter(place, record.order)
        this.#enter(record, now)
      } catch (error) {
        if (error instanceof MillraceError) batch.fill(place, error)
        // what has entered settles by itself, and its failure here is ours
        else if (record !== null) throw error
        else batch.fill(place, unreadable(error))
      }
    }
    return batch.results
  }

  /** Puts one of a batch that goes its own way. */
  #putApart(input: UserRecordInput, batch: PutBatch, place: number): void {
    const fill = (result: PutResult): void => batch.fill(place, result)
    this.put(input).then(fill, fill)
  }

  #put(input: UserRecordInput): Promise<Outcome> {
    const promise = new Promise<Outcome>(lend)
    const now = this.#now()
    const record = this.#intake.take(input, Math.floor(now), lentResolve)
    try {
      this.#enter(record, now)
    } catch (error) {
      record.reject(error as MillraceError)
    }
    return promise
  }

  /** @throws MillraceError `limit_exceeded` when even the line is full */
  #enter(record: PendingRecord, now: number): void {
    const entered = this.#ledger.enter(record)
    this.#intake.admitted()
    this.#gate.entered(record.sizeBytes)
    if (entered === 'in') this.#pump.take(record, now)
    else this.#pump.arm()
  }

  /**
   * Resolves when the next put will not wait for room, or when the producer closes. Who awaits it before each put also leaves the
   * event loop its turns: every 64 KiB it resolves one turn later.
   */
  ready(): Promise<void> {
    return this.#gate.pass()
  }

  /**
   * Whether `ready()` is to be awaited before the next put. Who puts much asks first, since even an await that waits for nothing
   * takes its time: `if (producer.mustWait) await producer.ready()`.
   */
  get mustWait(): boolean {
    return this.#gate.holds
  }

  /**
   * Resolves when the map of shards has been read once, so that what is put from then on is aggregated, and the stream was asked for its
   * largest record; at once for a target that has neither.
   */
  async mapped(): Promise<void> {
    await this.#recordLimit.read()
    while (this.#map !== null && this.#map.refreshes === 0 && this.#closing === null) {
      this.#map.refresh(this.#clock)
      const wait = this.#map.state === 'updating' ? MAP_POLL_MS : Math.max(1, this.#map.retryAt - this.#now())
      await this.#clock.sleep(Math.min(wait, MAP_POLL_MS))
    }
  }

  /** Sends what waits without waiting for more; resolves when every put made before it has settled, stored or not. */
  flush(): Promise<void> {
    if (this.#encoding !== null && this.#encoding.size > 0) return this.#encoding.idle().then(() => this.flush())
    const { lastOrder } = this.#intake
    const flushed = this.#ledger.flushed(lastOrder)
    if (this.#ledger.outstanding > 0) this.#pump.hurry(lastOrder)
    return flushed
  }

  /**
   * Takes no more, flushes, and gives up what has not settled when the time is over: those puts are rejected with `closed` and
   * the calls under way are aborted. A second close returns the first one's promise.
   * @param timeoutMs milliseconds; by default as long as the records live
   */
  close(timeoutMs = Number.POSITIVE_INFINITY): Promise<CloseSummary> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  /**
   * Closes when the signal is aborted, for instance on SIGTERM; resolves when it has closed, however that came.
   * @param timeoutMs as for `close`; shorter than what the platform waits before it kills the process
   */
  async closeOn(signal: AbortSignal, timeoutMs: number): Promise<CloseSummary> {
    if (!signal.aborted && this.#closing === null)
      await new Promise<void>(resolve => {
        signal.addEventListener('abort', () => resolve(), { once: true, signal: this.#closeBegun.signal })
        this.#closeBegun.signal.addEventListener('abort', () => resolve(), { once: true })
      })
    return this.close(timeoutMs)
  }

  /** A Node stream of user records that puts into this producer. */
  writable(options: RecordWritableOptions = {}): Writable {
    return recordWritable(this, options)
  }

  /** What was counted so far, and what is inside now. */
  metrics(): ProducerMetrics {
    const { counters, admission, oldest } = this.#ledger
    return {
      ...counters.read(),
      outstandingRecords: admission.records,
      outstandingBytes: admission.bytes,
      waitingRecords: admission.waitingRecords,
      callsInFlight: this.#courier.calls,
      limitedRecords: this.#stages.limited,
      shardMapRefreshes: this.#map?.refreshes ?? 0,
      shardMap: this.#map?.state ?? 'none',
      oldestRecordMs: oldest === null ? 0 : this.#now() - oldest.arrivedAt,
    }
  }

  /**
   * KPL's metrics, by its names and dimensions: since the start, or of the last 1 to 60 seconds.
   * @throws MillraceError `invalid_argument` for another window
   */
  kplMetrics(name?: ProducerMetricName, windowSeconds?: number): MetricDatum[] {
    return this.#recorder.read(this.#now(), name, windowSeconds)
  }

  #now(): number {
    return this.#clock.monotonicMs()
  }

  async #close(timeoutMs: number): Promise<CloseSummary> {
    const flushed = this.flush()
    this.#closeBegun.abort()
    this.#gate.close()
    if (timeoutMs === Number.POSITIVE_INFINITY) {
      await flushed
    } else {
      const timer = new AbortController()
      await Promise.race([flushed, this.#clock.sleep(timeoutMs, timer.signal)])
      timer.abort()
    }
    const reason = `the producer was closed and its ${timeoutMs} ms were over`
    this.#isClosed = true
    const abandoned = this.#ledger.giveUpAll(reason, this.#now())
    this.#courier.abort()
    this.#map?.abort()
    this.#recordLimit.close()
    this.#pump.arm()
    this.#feed.close()
    await this.#target.close?.()
    return { abandoned }
  }
}

/** How often `mapped` looks. */
const MAP_POLL_MS = 5

/** An input that threw when it was looked at. */
function unreadable(cause: unknown): MillraceError {
  const text = cause instanceof Error ? cause.message : String(cause)
  return new MillraceError('invalid_argument', `put: the record cannot be read: ${text}`, { cause })
}

/** Of the promise that was made last: one function for all promises, where a closure for each would cost more. */
let lentResolve: Resolve = () => {}
function lend(resolve: Resolve): void {
  lentResolve = resolve
}

function completeMark(
  { producerId, epoch = 0 }: MarkOptions,
  { random }: Pick<Env, 'random'>,
): { producerId: string; epoch: number } {
  const id = producerId ?? Buffer.from(random.bytes(12)).toString('base64url')
  if (!isProducerId(id) || !Number.isSafeInteger(epoch) || epoch < 0)
    throw new MillraceError(
      'config',
      `marks have producerId ${JSON.stringify(id)} and epoch ${epoch}; give 1 to 64 characters of A-Z, a-z, 0-9, _ and -, and a whole number`,
    )
  return { producerId: id, epoch }
}
