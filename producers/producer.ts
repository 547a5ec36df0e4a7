/**
 * Puts user records into a stream: many at a time, again when they fail, and never more in memory than agreed.
 *
 *   put ─► check ─► admission ─► collector ─► call ─► outcome
 *                      (room)        ▲                  │ failed, and time is left
 *                                    └───── rest ◄──────┘
 *
 * This file moves records along that line and sets the one alarm; each stage decides in its own file.
 */
import { assert, type Env, MillraceError } from '../core/index.ts'
import { Admission } from './admission.ts'
import { Alarm } from './alarm.ts'
import { Collector } from './collector.ts'
import { completeConfiguration, type ProducerConfiguration } from './configuration.ts'
import { Counters, type ProducerMetrics } from './counters.ts'
import { DeadlineHeap } from './deadline-heap.ts'
import { FlushWaits } from './flush-waits.ts'
import { type Outcome, PutError, type PutFailure } from './outcome.ts'
import { OutstandingList, PendingRecord } from './pending.ts'
import { type CallResult, callTarget } from './put-call.ts'
import type { PutStored, PutTarget } from './put-target.ts'
import { classOfCode, type Failure, judge } from './retrier.ts'
import { checkUserRecord, type UserRecordInput } from './user-record.ts'

export interface ProducerOptions {
  readonly target: PutTarget
  readonly env: Pick<Env, 'clock' | 'random'>
  readonly configuration?: Partial<ProducerConfiguration>
}

export interface CloseSummary {
  /** puts that were rejected because the deadline passed */
  readonly abandoned: number
}

/** How often one call is split to find entries that the service refuses; past it, all that are left count as refused. */
const SPLITS_MAX = 64

/**
 * A producer for one stream.
 *
 * Delivery is at least once: a record whose reply was lost is sent again, and may then be stored twice. Order is *not* promised,
 * not even among records of one partition key: several calls are under way at a time, and a record that failed comes after
 * records that were put later. `MaxConnections: 1` keeps the order as long as nothing fails.
 */
export class Producer {
  readonly #target: PutTarget
  readonly #env: Pick<Env, 'clock' | 'random'>
  readonly #settings: ProducerConfiguration
  readonly #counters = new Counters()
  readonly #outstanding = new OutstandingList()
  readonly #admission: Admission<PendingRecord>
  readonly #collector: Collector<PendingRecord>
  readonly #resting = new DeadlineHeap<PendingRecord>()
  readonly #calls = new Set<AbortController>()
  readonly #flushes = new FlushWaits()
  readonly #alarm: Alarm
  #readyWaits: (() => void)[] = []
  #order = 0
  /** puts up to this one do not wait for company */
  #hurryThrough = -1
  /** lower bound of the next expiration of a record that is not being sent */
  #nextExpiryAt = Number.POSITIVE_INFINITY
  #closing: Promise<CloseSummary> | null = null

  /** @throws MillraceError `config` for a setting out of range */
  constructor(options: ProducerOptions) {
    this.#target = options.target
    this.#env = options.env
    this.#settings = completeConfiguration(options.configuration)
    this.#alarm = new Alarm(options.env.clock, () => this.#pump())
    this.#admission = new Admission({
      recordsMax: this.#settings.MaxOutstandingRecords,
      bytesMax: this.#settings.MaxOutstandingBytes,
    })
    this.#collector = new Collector({
      countMax: this.#settings.CollectionMaxCount,
      sizeBytesMax: this.#settings.CollectionMaxSize,
    })
  }

  /**
   * Puts one user record. The promise settles exactly once, at the latest RecordTtl + RequestTimeout after the put (later only
   * where RecordTtl is Infinity). While the producer is full the record waits in line first, on its own time; a caller with much
   * to put awaits `ready()` before each put.
   * @throws MillraceError at once: `invalid_argument` for a record that no stream takes, `closed` after close
   * @returns rejects with `PutError` when the record is given up, and with `limit_exceeded` when even the line is full
   */
  put(record: UserRecordInput): Promise<Outcome> {
    if (this.#closing !== null) throw new MillraceError('closed', 'put: the producer is closed')
    const { entry, sizeBytes } = checkUserRecord(record, this.#settings.MaxUserRecordSize)
    const now = this.#env.clock.monotonicMs()
    return new Promise((resolve, reject) => {
      const pending = new PendingRecord(entry, sizeBytes, this.#order, now, this.#settings.RecordTtl, resolve, reject)
      const entered = this.#admission.enter(pending)
      if (entered === 'full') {
        const { waitingRecords, waitingBytes } = this.#admission
        const text = `put: ${waitingRecords} records (${waitingBytes} bytes) already wait for room; await ready() before put`
        reject(new MillraceError('limit_exceeded', text, { retry: 'backoff' }))
        return
      }
      this.#order++
      this.#counters.recordsReceived++
      this.#outstanding.add(pending)
      this.#nextExpiryAt = Math.min(this.#nextExpiryAt, pending.expiresAt)
      if (entered === 'in') this.#collect(pending, pending.arrivedAt + this.#settings.RecordMaxBufferedTime, now)
      const dueAt = this.#collector.dueAt()
      // a full call leaves from here; one that is only due leaves from the alarm, with what else is put in this turn
      if (dueAt === Number.NEGATIVE_INFINITY) this.#pump()
      else this.#arm()
    })
  }

  /** Resolves when the next put will not wait for room, or when the producer closes. */
  async ready(): Promise<void> {
    while (!this.#admission.open && this.#closing === null)
      await new Promise<void>(resolve => this.#readyWaits.push(resolve))
  }

  /** Sends what waits without waiting for more; resolves when every put made before it has settled, stored or not. */
  flush(): Promise<void> {
    if (this.#outstanding.size === 0) return Promise.resolve()
    this.#hurryThrough = this.#order - 1
    this.#collector.hasten(this.#env.clock.monotonicMs())
    const flushed = this.#flushes.add(this.#hurryThrough, this.#outstanding.size)
    this.#pump()
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

  /** What was counted so far, and what is inside now. */
  metrics(): ProducerMetrics {
    const counters = this.#counters
    const oldest = this.#outstanding.first
    return {
      recordsReceived: counters.recordsReceived,
      recordsPut: counters.recordsPut,
      bytesPut: counters.bytesPut,
      recordsFailed: counters.recordsFailed,
      recordsExpired: counters.recordsExpired,
      calls: counters.calls,
      callsFailed: counters.callsFailed,
      entries: counters.entries,
      retries: counters.retries,
      bufferingMs: counters.bufferingMs,
      requestMs: counters.requestMs,
      errorsByCode: new Map(counters.errorsByCode),
      outstandingRecords: this.#admission.records,
      outstandingBytes: this.#admission.bytes,
      waitingRecords: this.#admission.waitingRecords,
      callsInFlight: this.#calls.size,
      oldestRecordMs: oldest === null ? 0 : this.#env.clock.monotonicMs() - oldest.arrivedAt,
    }
  }

  async #close(timeoutMs: number): Promise<CloseSummary> {
    const flushed = this.flush()
    this.#wakeReady()
    if (timeoutMs === Number.POSITIVE_INFINITY) {
      await flushed
    } else {
      const timer = new AbortController()
      await Promise.race([flushed, this.#env.clock.sleep(timeoutMs, timer.signal)])
      timer.abort()
    }
    let abandoned = 0
    for (let record = this.#outstanding.first; record !== null; record = this.#outstanding.first) {
      abandoned++
      this.#giveUp(record, 'closed', `the producer was closed and its ${timeoutMs} ms were over`)
    }
    for (const call of this.#calls) call.abort()
    this.#arm()
    return { abandoned }
  }

  /** Moves everything that can move now, and sets the timer for what comes next. */
  #pump(): void {
    const now = this.#env.clock.monotonicMs()
    this.#expire(now)
    for (
      let record = this.#resting.peek();
      record !== undefined && record.dueAt <= now;
      record = this.#resting.peek()
    ) {
      this.#resting.take()
      if (record.stage === 'resting') this.#collect(record, now + this.#settings.RecordMaxBufferedTime / 2, now)
    }
    for (let record = this.#admission.admit(); record !== undefined; record = this.#admission.admit())
      this.#collect(record, record.arrivedAt + this.#settings.RecordMaxBufferedTime, now)
    while (this.#calls.size < this.#settings.MaxConnections && this.#collector.dueAt() <= now)
      void this.#send(this.#collector.take())
    if (this.#admission.open) this.#wakeReady()
    this.#arm()
  }

  #collect(record: PendingRecord, deadline: number, now: number): void {
    record.stage = 'collected'
    record.dueAt = record.order <= this.#hurryThrough ? now : Math.min(deadline, record.expiresAt)
    this.#collector.add(record)
  }

  /**
   * Sends one call, on one connection. A call that is refused as invalid is split, since one bad entry refuses them all: the
   * halves go one after the other, until the bad entries are alone or SPLITS_MAX is used up.
   */
  async #send(records: readonly PendingRecord[]): Promise<void> {
    for (const record of records) record.stage = 'sending'
    let splits = 0
    const parts: (readonly PendingRecord[])[] = [records]
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const sentAt = this.#env.clock.monotonicMs()
      const live = part.filter(record => this.#mayLeave(record, sentAt))
      if (live.length === 0) continue
      const result = await this.#call(live, sentAt)
      const invalid = result.kind === 'failed' && result.failure.errorClass === 'invalid'
      if (invalid && live.length > 1 && splits++ < SPLITS_MAX) {
        const now = this.#env.clock.monotonicMs()
        for (const record of live) if (!record.settled) this.#addAttempt(record, sentAt, now, result.failure)
        parts.push(live.slice(0, live.length >> 1), live.slice(live.length >> 1))
      } else this.#conclude(live, result, sentAt)
    }
    this.#pump()
  }

  /** False for a record that was given up meanwhile, or whose time passed while the other halves of its call were tried. */
  #mayLeave(record: PendingRecord, now: number): boolean {
    if (record.settled) return false
    if (record.expiresAt <= now) {
      this.#giveUp(record, 'expired', `RecordTtl of ${this.#settings.RecordTtl} ms passed while it waited`)
      return false
    }
    if (record.attempts.length > 0) this.#counters.retries++
    else this.#counters.bufferingMs += now - record.arrivedAt
    return true
  }

  async #call(records: readonly PendingRecord[], sentAt: number): Promise<CallResult> {
    this.#counters.calls++
    this.#counters.entries += records.length
    const call = new AbortController()
    this.#calls.add(call)
    const { clock } = this.#env
    const entries = records.map(record => record.entry)
    const result = await callTarget(this.#target, entries, clock, this.#settings.RequestTimeout, call)
    this.#calls.delete(call)
    this.#counters.requestMs += clock.monotonicMs() - sentAt
    if (result.kind === 'failed') this.#counters.callsFailed++
    return result
  }

  /** Settles the records of a call, or sends them to rest. */
  #conclude(records: readonly PendingRecord[], result: CallResult, sentAt: number): void {
    const now = this.#env.clock.monotonicMs()
    const draw = this.#env.random.next()
    for (let i = 0; i < records.length; i++) {
      const record = records[i]
      // given up meanwhile, at the deadline of close
      if (record === undefined || record.settled) continue
      if (result.kind === 'failed') {
        this.#failed(record, result.failure, sentAt, now, draw)
        continue
      }
      const outcome = result.outcomes[i]
      assert(outcome !== undefined, 'an answered call has an outcome for each entry')
      if ('errorCode' in outcome) {
        const { errorCode: code, errorMessage: message } = outcome
        this.#failed(record, { errorClass: classOfCode(code), code, message }, sentAt, now, draw)
      } else this.#stored(record, outcome, sentAt, now)
    }
  }

  #stored(record: PendingRecord, { shardId, sequenceNumber }: PutStored, sentAt: number, now: number): void {
    this.#addAttempt(record, sentAt, now, null)
    this.#counters.recordsPut++
    this.#counters.bytesPut += record.entry.data.length
    this.#settle(record)
    record.resolve({ shardId, sequenceNumber, attempts: record.attempts })
  }

  #failed(record: PendingRecord, failure: Failure, sentAt: number, now: number, draw: number): void {
    this.#addAttempt(record, sentAt, now, failure)
    const verdict = judge(failure.errorClass, record.attempts.length, record.expiresAt - now, draw, this.#settings)
    if (verdict.kind === 'give_up') {
      this.#giveUp(record, verdict.failure, `${failure.code}: ${failure.message}`)
      return
    }
    record.stage = 'resting'
    record.dueAt = now + verdict.afterMs
    this.#resting.add(record)
  }

  #addAttempt(record: PendingRecord, sentAt: number, endedAt: number, failure: Failure | null): void {
    record.attempts.push({
      delayMs: sentAt - record.lastEndedAt,
      durationMs: endedAt - sentAt,
      errorCode: failure?.code ?? null,
      errorMessage: failure?.message ?? null,
    })
    record.lastEndedAt = endedAt
    if (failure !== null) this.#counters.error(failure.code)
  }

  /** Rejects a record; `expired` and `closed` get KPL's synthetic last attempt. */
  #giveUp(record: PendingRecord, failure: PutFailure, reason: string): void {
    const tries = record.attempts.length
    const now = this.#env.clock.monotonicMs()
    if (failure === 'expired') this.#counters.recordsExpired++
    if (failure === 'expired' || failure === 'closed')
      this.#addAttempt(record, now, now, {
        errorClass: 'internal',
        code: failure === 'expired' ? 'Expired' : 'Closed',
        message: reason,
      })
    this.#counters.recordsFailed++
    if (record.stage === 'in_line') this.#admission.giveUp(record)
    if (record.stage === 'collected') this.#collector.drop(record)
    this.#settle(record)
    const text = `user record with partition key ${JSON.stringify(record.entry.partitionKey)} was not stored after ${tries} attempts in ${Math.round(now - record.arrivedAt)} ms (${failure}): ${reason}`
    record.reject(new PutError(failure, text, record.attempts))
  }

  /** Lets go of a record, before its promise is settled by the caller. */
  #settle(record: PendingRecord): void {
    assert(!record.settled, 'a put settles once')
    if (record.stage !== 'in_line') this.#admission.leave(record)
    record.stage = 'settled'
    this.#outstanding.remove(record)
    this.#flushes.settled(record.order)
  }

  /** Gives up records whose time is over and that are not on their way; for those, the end of the attempt decides. */
  #expire(now: number): void {
    if (now < this.#nextExpiryAt) return
    this.#nextExpiryAt = Number.POSITIVE_INFINITY
    for (let record = this.#outstanding.first; record !== null; ) {
      if (record.expiresAt > now) {
        this.#nextExpiryAt = record.expiresAt
        return
      }
      const next: PendingRecord | null = record.next
      if (record.stage !== 'sending')
        this.#giveUp(record, 'expired', `RecordTtl of ${this.#settings.RecordTtl} ms passed while it waited`)
      record = next
    }
  }

  /** Sets the alarm for whatever comes first. An idle producer holds none, which would keep the process alive. */
  #arm(): void {
    if (this.#outstanding.size === 0) {
      this.#alarm.clear()
      this.#nextExpiryAt = Number.POSITIVE_INFINITY
      return
    }
    const callAt = this.#calls.size < this.#settings.MaxConnections ? this.#collector.dueAt() : Number.POSITIVE_INFINITY
    const restAt = this.#resting.peek()?.dueAt ?? Number.POSITIVE_INFINITY
    this.#alarm.set(Math.min(callAt, restAt, this.#nextExpiryAt))
  }

  #wakeReady(): void {
    const waits = this.#readyWaits
    this.#readyWaits = []
    for (const wake of waits) wake()
  }
}
