/**
 * The books of the producer: who is inside, who waits for room, what was tried, how each put ended. Every put is entered here
 * once and settled here once.
 */
import { assert, MillraceError, StatisticSet, type Statistics } from '../core/index.ts'
import { Admission } from './admission.ts'
import type { ProducerConfiguration } from './configuration.ts'
import { Counters } from './counters.ts'
import { FlushWaits } from './flush-waits.ts'
import type { Lanes } from './lanes.ts'
import type { MetricsRecorder } from './metrics/recorder.ts'

import { ATTEMPTS_KEPT_MAX, type Attempt, PutError, type PutFailure } from './outcome.ts'
import { OutstandingList } from './outstanding-list.ts'
import type { PendingRecord, Stage } from './pending.ts'
import type { PutStored } from './put-target.ts'
import type { Failure } from './retrier.ts'

/** Codes of the last attempt of records that were given up without a reply; `Expired` is KPL's. */
const SYNTHETIC: Partial<Record<PutFailure, string>> = { expired: 'Expired', closed: 'Closed', timeout: 'Timeout' }

const PLACES: Readonly<Record<Stage, string>> = {
  in_line: 'waiting for room in the producer',
  packing: 'waiting for company',
  bundled: 'waiting in the limiter or for a free connection',
  resting: 'waiting for its repeat',
  settled: 'settled',
}

/** What the user records of a bundle had in common when they were settled as stored; valid until the next are. */
export interface SettledRecords {
  /** of the data of each */
  readonly bytes: Statistics
  /** of each, attempts before the last */
  readonly retries: Statistics
}

export class Ledger {
  readonly counters = new Counters()
  readonly admission: Admission<PendingRecord>
  readonly #settings: ProducerConfiguration
  readonly #metrics: MetricsRecorder
  readonly #lanes: Lanes | null
  readonly #outstanding = new OutstandingList()
  readonly #flushes = new FlushWaits()
  readonly #settled = { bytes: new StatisticSet(), retries: new StatisticSet() }
  /** lower bound of the next moment at which a record is to be given up */
  #nextExpiryAt = Number.POSITIVE_INFINITY

  constructor(settings: ProducerConfiguration, metrics: MetricsRecorder, lanes: Lanes | null) {
    this.#settings = settings
    this.#metrics = metrics
    this.#lanes = lanes
    this.admission = new Admission({
      recordsMax: settings.MaxOutstandingRecords,
      bytesMax: settings.MaxOutstandingBytes,
    })
  }

  /** Puts that have not settled. */
  get outstanding(): number {
    return this.#outstanding.size
  }

  get oldest(): PendingRecord | null {
    return this.#outstanding.first
  }

  get nextExpiryAt(): number {
    return this.#nextExpiryAt
  }

  /**
   * Enters a put.
   * @returns `in`: it may go on; `line`: `admission.admit` will hand it out
   * @throws MillraceError `limit_exceeded` when even the line is full
   */
  enter(record: PendingRecord): 'in' | 'line' {
    const entered = this.admission.enter(record)
    if (entered === 'full') {
      const { waitingRecords, waitingBytes } = this.admission
      const text = `put: ${waitingRecords} records (${waitingBytes} bytes) already wait for room; await ready() before put`
      throw new MillraceError('limit_exceeded', text, { retry: 'backoff' })
    }
    this.counters.recordsReceived++
    this.#metrics.received(record.arrivedAt)
    this.#outstanding.add(record)
    this.#lanes?.enter(record)
    const limitAt = this.#limitOf(record)
    if (limitAt < this.#nextExpiryAt) this.#nextExpiryAt = limitAt
    return entered
  }

  /** Resolves when all puts entered so far have settled. @param throughOrder order of the last of them */
  flushed(throughOrder: number): Promise<void> {
    return this.#outstanding.size === 0 ? Promise.resolve() : this.#flushes.add(throughOrder, this.#outstanding.size)
  }

  /** A record is in the stream, with these user records; those that were given up meanwhile are passed over. */
  stored(
    records: readonly PendingRecord[],
    { shardId, sequenceNumber }: PutStored,
    sentAt: number,
    endedAt: number,
  ): SettledRecords {
    const { bytes, retries } = this.#settled
    bytes.clear()
    retries.clear()
    const durationMs = whole(endedAt - sentAt)
    let sizeBytes = 0
    let only = NO_ATTEMPTS
    let onlyArrivedAt = Number.NaN
    for (let place = 0; place < records.length; place++) {
      const record = records[place]
      if (record === undefined || record.settled) continue
      const { failures, arrivedAt } = record
      // records of one millisecond share their only attempt
      if (failures === null && arrivedAt !== onlyArrivedAt) {
        only = Object.freeze([stored(sentAt - arrivedAt, durationMs)])
        onlyArrivedAt = arrivedAt
      }
      const attempts =
        failures === null ? only : keep(failures.attempts, stored(sentAt - failures.lastEndedAt, durationMs))
      bytes.add(record.dataBytes)
      retries.add(failures === null ? 0 : failures.count)
      sizeBytes += record.sizeBytes
      this.#letGo(record)
      record.resolve({ shardId, sequenceNumber, subsequenceNumber: place, attempts })
      // after the put, so that whoever awaits a flush has seen the outcomes of all puts
      if (this.#flushes.any) this.#flushes.settled(record.order)
    }
    this.admission.leave(bytes.count, sizeBytes)
    this.counters.recordsPut += bytes.count
    this.counters.bytesPut += bytes.sum
    return this.#settled
  }

  addFailure(record: PendingRecord, sentAt: number, endedAt: number, failure: Failure): void {
    record.failures ??= { attempts: [], count: 0, lastEndedAt: record.arrivedAt }
    const { failures } = record
    failures.count++
    keep(failures.attempts, {
      delayMs: whole(sentAt - failures.lastEndedAt),
      durationMs: whole(endedAt - sentAt),
      errorCode: failure.code,
      errorMessage: failure.message,
    })
    failures.lastEndedAt = endedAt
    const name = this.counters.error(failure.code)
    const shardId = record.bundle?.shard?.shardId ?? ''
    this.#metrics.add('AllErrors', 1, endedAt, shardId)
    this.#metrics.add('ErrorsByCode', 1, endedAt, shardId, 1, name)
  }

  /** Rejects a record; one that had no last reply gets KPL's synthetic last attempt. */
  giveUp(record: PendingRecord, failure: PutFailure, reason: string, now: number): void {
    const { tries } = record
    const code = SYNTHETIC[failure]
    if (code !== undefined) this.addFailure(record, now, now, { errorClass: 'internal', code, message: reason })
    const shardId = record.bundle?.shard?.shardId ?? ''
    if (failure === 'expired') {
      this.counters.recordsExpired++
      this.#metrics.add('UserRecordExpired', 1, now, shardId)
    }
    this.counters.recordsFailed++
    this.#metrics.add('UserRecordsPut', 0, now, shardId)
    this.#metrics.add('RetriesPerRecord', Math.max(0, tries - 1), now, shardId)
    if (record.stage === 'in_line') this.admission.giveUp(record)
    else this.admission.leave(1, record.sizeBytes)
    if (record.bundle !== null) record.bundle.live--
    this.#letGo(record)
    const text = `user record with partition key ${JSON.stringify(record.key.text)} was not stored after ${tries} attempts in ${Math.round(now - record.arrivedAt)} ms (${failure}): ${reason}`
    const input = this.#settings.ReturnUserRecordOnFailure ? record.input : null
    record.reject(new PutError(failure, text, record.failures?.attempts ?? [], input))
    this.#flushes.settled(record.order)
  }

  /** Rejects all that are left; returns how many. */
  giveUpAll(reason: string, now: number): number {
    let count = 0
    for (const record of this.#outstanding) {
      this.giveUp(record, 'closed', reason, now)
      count++
    }
    return count
  }

  /** Gives up records whose time is over. For those on their way the end of the attempt decides, unless the caller's own time-out has come. */
  expire(now: number): void {
    if (now < this.#nextExpiryAt) return
    this.#nextExpiryAt = Number.POSITIVE_INFINITY
    const { RecordTtl, UserRecordTimeoutInMillis: timeoutMs } = this.#settings
    for (const record of this.#outstanding) {
      if (this.#limitOf(record) > now) {
        this.#nextExpiryAt = this.#limitOf(record)
        return
      }
      if (record.expiresAt > now || (timeoutMs > 0 && timeoutMs < RecordTtl))
        this.giveUp(record, 'timeout', `UserRecordTimeoutInMillis of ${timeoutMs} ms passed`, now)
      else if (record.bundle?.stage !== 'sending')
        this.giveUp(record, 'expired', `RecordTtl of ${RecordTtl} ms passed while it was ${placeOf(record)}`, now)
    }
  }

  #limitOf(record: PendingRecord): number {
    const timeoutMs = this.#settings.UserRecordTimeoutInMillis
    return timeoutMs > 0 ? Math.min(record.expiresAt, record.arrivedAt + timeoutMs) : record.expiresAt
  }

  /** Strikes a record off the lists. Its promise is settled by the caller, who then tells the flushes. */
  #letGo(record: PendingRecord): void {
    assert(!record.settled, 'a put settles once')
    record.stage = 'settled'
    this.#outstanding.settled(record.sizeBytes)
    this.#lanes?.leave(record)
  }
}

function placeOf({ stage, bundle }: PendingRecord): string {
  return bundle?.stage === 'unplaced' ? 'stored on a shard that ListShards does not show' : PLACES[stage]
}

const NO_ATTEMPTS: readonly Attempt[] = []

function stored(delayMs: number, durationMs: number): Attempt {
  return { delayMs: whole(delayMs), durationMs, errorCode: null, errorMessage: null }
}

/** Whole milliseconds, not below 0: records arrive at whole ones. */
function whole(ms: number): number {
  return Math.max(0, Math.round(ms))
}

/** Adds an attempt; past the limit, one in the middle goes. */
function keep(attempts: Attempt[], attempt: Attempt): Attempt[] {
  if (attempts.length >= ATTEMPTS_KEPT_MAX) attempts.splice(ATTEMPTS_KEPT_MAX / 2, 1)
  attempts.push(attempt)
  return attempts
}
