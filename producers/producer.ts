/**
 * Puts user records into a stream: many in one record, many records in one call, again when they fail, and never more in memory
 * than agreed.
 *
 *   put ─► check ─► admission ─► aggregator ─► limiter ─► collector ─► call ─► outcome
 *                     (room)         ▲                                  │ failed, and time is left
 *                                    └─────────────── rest ◄────────────┘
 *
 * This file joins the stages, makes the calls and sets the one alarm; each stage decides in its own file.
 */
import type { Writable } from 'node:stream'
import { assert, type Env, MillraceError } from '../core/index.ts'
import { isProducerId, MARK_TAG, markText } from '../streams/aggregation.ts'
import { Alarm } from './alarm.ts'
import { type Bundle, entryOf } from './bundle.ts'
import { CallMeter } from './call-meter.ts'
import { completeConfiguration, type ProducerConfiguration } from './configuration.ts'
import type { ProducerMetrics } from './counters.ts'
import { DeadlineHeap } from './deadline-heap.ts'
import { Lanes } from './lanes.ts'
import { Ledger } from './ledger.ts'
import { MetricsFeed, type MetricsHook } from './metrics/feed.ts'
import type { ProducerMetricName } from './metrics/metric-names.ts'
import { type AdditionalDimension, type MetricDatum, MetricsRecorder } from './metrics/recorder.ts'
import type { Outcome, PutError } from './outcome.ts'
import { PendingRecord } from './pending.ts'
import { placementOf } from './placement.ts'
import { type CallResult, callTarget } from './put-call.ts'
import {
  KINESIS_CAPABILITIES,
  type PutOutcome,
  type PutStored,
  type PutTarget,
  type TargetCapabilities,
} from './put-target.ts'
import { type RecordWritableOptions, recordWritable } from './record-writable.ts'
import { classOfCode, type Failure, judge } from './retrier.ts'
import { type SchemaEncoder, SchemaEncoding } from './schema-encoding.ts'
import { ShardMap } from './shard-map.ts'
import { Stages } from './stages.ts'
import { checkUserRecord, type UserRecordInput } from './user-record.ts'

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

/** A bundle on its way, with the user records in it that somebody still waits for when it leaves. */
interface Shipment {
  readonly bundle: Bundle
  readonly records: readonly PendingRecord[]
}

/** A shipment that was stored on a shard that the map does not know yet. */
interface Unplaced extends Shipment {
  readonly stored: PutStored
  readonly sentAt: number
  readonly endedAt: number
}

/** How often one call is split to find entries that the service refuses; past it, all that are left count as refused. */
const SPLITS_MAX = 64

/**
 * A producer for one stream.
 *
 * Delivery is at least once: a record whose reply was lost is sent again, and may then be stored twice; marks let a reader drop
 * the repeat. Order is *not* promised, unless KeyOrder is set: several calls are under way at a time, and a record that failed
 * comes after records that were put later.
 */
export class Producer {
  readonly #target: PutTarget
  readonly #capabilities: TargetCapabilities
  readonly #env: Pick<Env, 'clock' | 'random'>
  readonly #settings: ProducerConfiguration
  readonly #mark: { readonly producerId: string; readonly epoch: number } | null
  readonly #recorder: MetricsRecorder
  readonly #feed: MetricsFeed
  readonly #meter: CallMeter
  readonly #ledger: Ledger
  readonly #map: ShardMap | null
  readonly #lanes: Lanes | null
  readonly #encoding: SchemaEncoding | null
  readonly #stages: Stages
  readonly #resting = new DeadlineHeap<PendingRecord>()
  readonly #calls = new Set<AbortController>()
  readonly #alarm: Alarm
  #unplaced: Unplaced[] = []
  #readyWaits: (() => void)[] = []
  #order = 0
  #closing: Promise<CloseSummary> | null = null
  /** nothing enters any more, not even what was put before the close and is encoded still */
  #isClosed = false
  readonly #closeBegun = new AbortController()

  /** @throws MillraceError `config` for a setting out of range */
  constructor(options: ProducerOptions) {
    const { target, env } = options
    this.#target = target
    this.#capabilities = target.capabilities ?? KINESIS_CAPABILITIES
    this.#env = env
    this.#settings = completeConfiguration(options.configuration)
    if (options.marks !== undefined && this.#capabilities.routing === 'partition')
      throw new MillraceError(
        'config',
        'marks travel in aggregates, which a topic of Kafka does not get; use an idempotent or transactional kafka target',
      )
    this.#mark = options.marks === undefined ? null : completeMark(options.marks, env)
    this.#recorder = new MetricsRecorder({
      level: this.#settings.MetricsLevel,
      granularity: this.#settings.MetricsGranularity,
      streamName: target.streamName ?? '',
      additionalDimensions: options.additionalMetricDims ?? [],
    })
    this.#meter = new CallMeter(this.#recorder)
    this.#lanes = this.#settings.KeyOrder ? new Lanes() : null
    const { encodeSchema: encode } = options
    this.#encoding =
      encode === undefined
        ? null
        : new SchemaEncoding({
            encode,
            streamName: target.streamName ?? '',
            recordsMax: this.#settings.MaxOutstandingRecords,
          })
    this.#ledger = new Ledger(this.#settings, this.#recorder, this.#lanes)
    this.#alarm = new Alarm(env.clock, () => this.#pump())
    this.#map =
      this.#settings.AggregationEnabled && target.listShards !== undefined
        ? new ShardMap(
            async (...args) => target.listShards?.(...args) ?? [],
            () => this.#mapReady(),
          )
        : null
    const callBytesMax = target.callBytesMax ?? Number.POSITIVE_INFINITY
    this.#stages = new Stages({ settings: this.#settings, map: this.#map, lanes: this.#lanes, callBytesMax })
    this.#feed = new MetricsFeed(this.#recorder, env.clock, options.onMetrics, this.#settings.MetricsUploadDelay)
    this.#map?.refresh(env.clock)
  }

  /**
   * Puts one user record. The promise settles exactly once, at the latest RecordTtl + RequestTimeout after the put (later only
   * where RecordTtl is Infinity; twice RecordTtl where the target repeats by itself). While the producer is full the record waits in line first, on its own time; a caller with much
   * to put awaits `ready()` before each put.
   * @throws MillraceError at once: `invalid_argument` for a record that no stream takes, `closed` after close
   * @returns rejects with `PutError` when the record is given up, with `limit_exceeded` when even the line is full, and with
   *   `invalid_argument` when its schema cannot be applied
   */
  put(record: UserRecordInput): Promise<Outcome> {
    if (this.#closing !== null) throw new MillraceError('closed', 'put: the producer is closed')
    const { schema } = record
    if (schema === undefined) return this.#check(record)
    if (this.#encoding === null)
      throw new MillraceError(
        'invalid_argument',
        'put: the record has a schema and the producer no encoder; give encodeSchema, or encode the data first',
      )
    return this.#encoding.run(record, schema, async encoded => this.#check(encoded))
  }

  #check(record: UserRecordInput): Promise<Outcome> {
    if (this.#isClosed) throw new MillraceError('closed', 'put: the producer was closed while the record was encoded')
    const checked = checkUserRecord(record, this.#settings.MaxUserRecordSize, this.#capabilities)
    return new Promise((resolve, reject) => this.#enter(record, checked, resolve, reject))
  }

  /** Resolves when the next put will not wait for room, or when the producer closes. */
  async ready(): Promise<void> {
    while (!this.#ledger.admission.open && this.#closing === null)
      await new Promise<void>(resolve => this.#readyWaits.push(resolve))
  }

  /** Resolves when the map of shards has been read once, so that what is put from then on is aggregated; at once without a map. */
  async mapped(): Promise<void> {
    while (this.#map !== null && this.#map.refreshes === 0 && this.#closing === null) {
      this.#map.refresh(this.#env.clock)
      const wait = this.#map.state === 'updating' ? MAP_POLL_MS : Math.max(1, this.#map.retryAt - this.#now())
      await this.#env.clock.sleep(Math.min(wait, MAP_POLL_MS))
    }
  }

  /** Sends what waits without waiting for more; resolves when every put made before it has settled, stored or not. */
  flush(): Promise<void> {
    if (this.#encoding !== null && this.#encoding.size > 0) return this.#encoding.idle().then(() => this.flush())
    const flushed = this.#ledger.flushed(this.#order - 1)
    if (this.#ledger.outstanding > 0) {
      this.#stages.hurry(this.#order - 1, this.#now())
      this.#pump()
    }
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
      callsInFlight: this.#calls.size,
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
    return this.#env.clock.monotonicMs()
  }

  #enter(
    input: UserRecordInput,
    checked: { readonly explicitHashKey: string | undefined; readonly keyBytes: number },
    resolve: (outcome: Outcome) => void,
    reject: (error: PutError | MillraceError) => void,
  ): void {
    const now = this.#now()
    const order = this.#order
    const tags =
      this.#mark === null ? undefined : [{ key: MARK_TAG, value: markText({ ...this.#mark, counter: order }) }]
    const record = new PendingRecord(input, checked, tags, order, now, this.#settings.RecordTtl, resolve, reject)
    let entered: 'in' | 'line'
    try {
      entered = this.#ledger.enter(record)
    } catch (error) {
      reject(error as MillraceError)
      return
    }
    this.#order++
    if (entered === 'in') this.#stages.offer(record, now + this.#settings.RecordMaxBufferedTime, now)
    // a full call leaves from here; one that is only due leaves from the alarm, with what else is put in this turn
    if (this.#stages.callAt() === Number.NEGATIVE_INFINITY) this.#pump()
    else this.#arm()
  }

  async #close(timeoutMs: number): Promise<CloseSummary> {
    const flushed = this.flush()
    this.#closeBegun.abort()
    this.#wakeReady()
    if (timeoutMs === Number.POSITIVE_INFINITY) {
      await flushed
    } else {
      const timer = new AbortController()
      await Promise.race([flushed, this.#env.clock.sleep(timeoutMs, timer.signal)])
      timer.abort()
    }
    const reason = `the producer was closed and its ${timeoutMs} ms were over`
    this.#isClosed = true
    const abandoned = this.#ledger.giveUpAll(reason, this.#now())
    for (const call of this.#calls) call.abort()
    this.#map?.abort()
    this.#arm()
    this.#feed.close()
    await this.#target.close?.()
    return { abandoned }
  }

  /** Moves everything that can move now, and sets the timer for what comes next. */
  #pump(): void {
    const now = this.#now()
    this.#feed.sample(this.#ledger.outstanding, now)
    this.#ledger.expire(now)
    this.#map?.refresh(this.#env.clock)
    const { RecordMaxBufferedTime } = this.#settings
    for (
      let record = this.#resting.peek();
      record !== undefined && record.dueAt <= now;
      record = this.#resting.peek()
    ) {
      this.#resting.take()
      if (record.stage === 'resting') this.#stages.offer(record, now + RecordMaxBufferedTime / 2, now)
    }
    const { admission } = this.#ledger
    for (let record = admission.admit(); record !== undefined; record = admission.admit())
      this.#stages.offer(record, record.arrivedAt + RecordMaxBufferedTime, now)
    this.#stages.unblock(now)
    this.#stages.advance(now)
    while (this.#calls.size < this.#settings.MaxConnections && this.#stages.callAt() <= now) {
      const shipments = this.#load(this.#stages.takeCall(), now)
      if (shipments.length > 0) void this.#send(shipments)
    }
    if (admission.open) this.#wakeReady()
    this.#arm()
  }

  /** What of the bundles may leave. Those made for a shard that is closed by now are packed again. */
  #load(bundles: readonly Bundle[], now: number): Shipment[] {
    const shipments: Shipment[] = []
    let stale = false
    for (const bundle of bundles)
      if (this.#stages.isStale(bundle)) {
        stale = true
        this.#stages.unpack(bundle)
      } else shipments.push({ bundle, records: bundle.records })
    if (stale) this.#stages.advance(now)
    for (const { records } of shipments) for (const record of records) if (!record.settled) record.stage = 'sending'
    return shipments
  }

  /**
   * Sends one call, on one connection. A call that is refused as invalid is split, since one bad entry refuses them all: the
   * halves go one after the other, until the bad entries are alone or SPLITS_MAX is used up.
   */
  async #send(shipments: readonly Shipment[]): Promise<void> {
    let splits = 0
    const parts: (readonly Shipment[])[] = [shipments]
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const sentAt = this.#now()
      const live = this.#depart(part, sentAt)
      if (live.length === 0) continue
      const result = await this.#call(live, sentAt)
      const invalid = result.kind === 'failed' && result.failure.errorClass === 'invalid'
      if (invalid && live.length > 1 && splits++ < SPLITS_MAX) {
        const now = this.#now()
        for (const { records } of live)
          for (const record of records)
            if (!record.settled) this.#ledger.addAttempt(record, sentAt, now, result.failure)
        parts.push(live.slice(0, live.length >> 1), live.slice(live.length >> 1))
      } else this.#conclude(live, result, sentAt)
    }
    this.#pump()
  }

  /** Leaves out records that were given up meanwhile, and those whose time passed while other halves of their call were tried. */
  #depart(shipments: readonly Shipment[], now: number): Shipment[] {
    const live: Shipment[] = []
    for (const { bundle, records } of shipments) {
      const left = records.filter(record => this.#mayLeave(record, now))
      if (left.length > 0) live.push({ bundle, records: left })
    }
    return live
  }

  #mayLeave(record: PendingRecord, now: number): boolean {
    if (record.settled) return false
    if (record.expiresAt <= now) {
      const reason = `RecordTtl of ${this.#settings.RecordTtl} ms passed while it waited`
      this.#ledger.giveUp(record, 'expired', reason, now)
      return false
    }
    if (record.attempts.length > 0) this.#ledger.counters.retries++
    else {
      this.#ledger.counters.bufferingMs += now - record.arrivedAt
      this.#meter.left(record, now)
    }
    return true
  }

  async #call(shipments: readonly Shipment[], sentAt: number): Promise<CallResult> {
    const { counters } = this.#ledger
    counters.calls++
    counters.entries += shipments.length
    const call = new AbortController()
    this.#calls.add(call)
    const { clock } = this.#env
    const { routing, idempotent } = this.#capabilities
    const { AggregateCompression } = this.#settings
    const entries = shipments.map(({ records }) => entryOf(records, routing, AggregateCompression))
    const timeoutMs = idempotent ? this.#settings.RecordTtl : this.#settings.RequestTimeout
    const result = await callTarget(this.#target, entries, clock, timeoutMs, call)
    this.#calls.delete(call)
    const endedAt = clock.monotonicMs()
    counters.requestMs += endedAt - sentAt
    if (result.kind === 'failed') counters.callsFailed++
    this.#meter.called(shipments, sentAt, endedAt)
    return result
  }

  /** Settles the records of a call, or sends them to rest. */
  #conclude(shipments: readonly Shipment[], result: CallResult, sentAt: number): void {
    const now = this.#now()
    const draw = this.#env.random.next()
    for (let i = 0; i < shipments.length; i++) {
      const shipment = shipments[i]
      assert(shipment !== undefined, 'a shipment lies within its call')
      if (result.kind === 'failed') this.#failed(shipment, result.failure, sentAt, now, draw)
      else this.#answered(shipment, result.outcomes[i], sentAt, now, draw)
    }
  }

  #answered(shipment: Shipment, outcome: PutOutcome | undefined, sentAt: number, now: number, draw: number): void {
    assert(outcome !== undefined, 'an answered call has an outcome for each entry')
    if (!('errorCode' in outcome)) {
      this.#place({ ...shipment, stored: outcome, sentAt, endedAt: now }, now, draw)
      return
    }
    const { errorCode: code, errorMessage: message } = outcome
    const errorClass = classOfCode(code)
    if (errorClass === 'throttled') this.#stages.throttled(shipment.bundle, now)
    this.#failed(shipment, { errorClass, code, message }, sentAt, now, draw)
  }

  /** Decides whether what was stored counts as stored, or must wait for the map to tell. */
  #place(shipment: Unplaced, now: number, draw: number): void {
    const { bundle, records, stored, sentAt, endedAt } = shipment
    const placement = this.#map === null ? 'fits' : placementOf(bundle, records, stored.shardId, this.#map)
    if (placement === 'unknown') {
      for (const record of records) if (!record.settled) record.stage = 'unplaced'
      this.#unplaced.push(shipment)
      this.#map?.demand(sentAt, now)
      return
    }
    if (bundle.shard !== null && bundle.shard.shardId !== stored.shardId)
      this.#map?.invalidate(sentAt, bundle.shard.shardId)
    if (placement === 'outside') {
      const message = `predicted ${bundle.shard?.shardId ?? 'none'}, stored on ${stored.shardId}, where not all user records of the aggregate belong`
      this.#failed(shipment, { errorClass: 'misplaced', code: 'Wrong Shard', message }, sentAt, endedAt, draw)
      return
    }
    this.#meter.stored(bundle, records, stored.shardId, now)
    for (let i = 0; i < records.length; i++) {
      const record = records[i]
      // given up meanwhile, at the deadline of close
      if (record !== undefined && !record.settled) this.#ledger.stored(record, stored, i, sentAt, endedAt)
    }
  }

  #mapReady(): void {
    const now = this.#now()
    const unplaced = this.#unplaced
    this.#unplaced = []
    this.#stages.remap(now)
    for (const shipment of unplaced)
      if (shipment.records.some(record => !record.settled)) this.#place(shipment, now, this.#env.random.next())
    this.#pump()
  }

  #failed({ bundle, records }: Shipment, failure: Failure, sentAt: number, endedAt: number, draw: number): void {
    const now = this.#now()
    this.#meter.refused(bundle, now)
    for (const record of records) {
      // given up meanwhile, at the deadline of close
      if (record.settled) continue
      this.#ledger.addAttempt(record, sentAt, endedAt, failure)
      const left = record.expiresAt - now
      const verdict = judge(failure.errorClass, record.tries, left, draw, this.#settings)
      if (verdict.kind === 'give_up') {
        this.#ledger.giveUp(record, verdict.failure, `${failure.code}: ${failure.message}`, now)
        continue
      }
      this.#lanes?.giveBack(record)
      record.stage = 'resting'
      record.bundle = null
      record.dueAt = now + verdict.afterMs
      this.#resting.add(record)
    }
  }

  /** Sets the alarm for whatever comes first. An idle producer holds none, which would keep the process alive. */
  #arm(): void {
    if (this.#ledger.outstanding === 0) {
      this.#alarm.clear()
      return
    }
    const callAt = this.#calls.size < this.#settings.MaxConnections ? this.#stages.callAt() : Number.POSITIVE_INFINITY
    const restAt = this.#resting.peek()?.dueAt ?? Number.POSITIVE_INFINITY
    const mapAt = this.#map?.retryAt ?? Number.POSITIVE_INFINITY
    this.#alarm.set(Math.min(callAt, restAt, mapAt, this.#stages.movesAt(), this.#ledger.nextExpiryAt))
  }

  #wakeReady(): void {
    const waits = this.#readyWaits
    this.#readyWaits = []
    for (const wake of waits) wake()
  }
}

/** How often `mapped` looks. */
const MAP_POLL_MS = 5

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
