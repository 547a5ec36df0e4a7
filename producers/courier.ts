/**
 * Takes calls to the target and judges what comes back: each user record is stored, to be repeated after a rest, or given up.
 * When there is a call, and what is in it, others decide.
 */
import { assert, type Env, StatisticSet } from '../core/index.ts'
import { type Bundle, entryOf } from './bundle.ts'
import { CallMeter } from './call-meter.ts'
import type { ProducerConfiguration } from './configuration.ts'
import type { Lanes } from './lanes.ts'
import type { Ledger } from './ledger.ts'
import type { MetricsRecorder } from './metrics/recorder.ts'

import type { PendingRecord } from './pending.ts'
import { placementOf } from './placement.ts'
import { type CallResult, callTarget } from './put-call.ts'
import { KINESIS_CAPABILITIES, type PutOutcome, type PutStored, type PutTarget } from './put-target.ts'
import { classOfCode, type Failure, judge, reasonOf } from './retrier.ts'
import type { ShardMap } from './shard-map.ts'

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

export interface CourierOptions {
  readonly target: PutTarget
  readonly env: Pick<Env, 'clock' | 'random'>
  readonly settings: ProducerConfiguration
  readonly ledger: Ledger
  readonly recorder: MetricsRecorder
  /** null: nothing is predicted, and whatever was stored is where it belongs */
  readonly map: ShardMap | null
  readonly lanes: Lanes | null
  /** a record of that bundle was throttled */
  readonly throttled: (bundle: Bundle, now: number) => void
  /** gets each record that is to be repeated when it is due */
  readonly rest: (record: PendingRecord) => void
  /** a call has ended, with all that came of it: a connection is free */
  readonly ended: () => void
}

/** How often one call is split to find entries that the service refuses; past it, all that are left count as refused. */
const SPLITS_MAX = 64

export class Courier {
  readonly #options: CourierOptions
  readonly #meter: CallMeter
  readonly #calls = new Set<AbortController>()
  readonly #buffered = new StatisticSet()
  #unplaced: Unplaced[] = []

  constructor(options: CourierOptions) {
    this.#options = options
    this.#meter = new CallMeter(options.recorder)
  }

  /** Calls under way. */
  get calls(): number {
    return this.#calls.size
  }

  /** Ends the calls that are under way; their records count as not answered. */
  abort(): void {
    for (const call of this.#calls) call.abort()
  }

  /**
   * Sends one call, on one connection. A call that is refused as invalid is split, since one bad entry refuses them all: the
   * halves go one after the other, until the bad entries are alone or SPLITS_MAX is used up.
   */
  async send(bundles: readonly Bundle[]): Promise<void> {
    for (const bundle of bundles) bundle.stage = 'sending'
    let splits = 0
    const parts: (readonly Shipment[])[] = [bundles.map(bundle => ({ bundle, records: bundle.records }))]
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
            if (!record.settled) this.#options.ledger.addFailure(record, sentAt, now, result.failure)
        parts.push(live.slice(0, live.length >> 1), live.slice(live.length >> 1))
      } else this.#conclude(live, result, sentAt)
    }
    this.#options.ended()
  }

  /** The map is new: looks again at what lies on shards that it did not know. */
  judgeUnplaced(now: number): void {
    const unplaced = this.#unplaced
    this.#unplaced = []
    for (const shipment of unplaced)
      if (shipment.records.some(record => !record.settled)) this.#place(shipment, now, this.#options.env.random.next())
  }

  #now(): number {
    return this.#options.env.clock.monotonicMs()
  }

  #depart(shipments: readonly Shipment[], now: number): Shipment[] {
    const live: Shipment[] = []
    for (const shipment of shipments) {
      const records = this.#leaving(shipment, now)
      if (records.length > 0) live.push({ bundle: shipment.bundle, records })
    }
    return live
  }

  /** Leaves out records that were given up meanwhile, and those whose time passed while other halves of their call were tried. */
  #leaving({ bundle, records }: Shipment, now: number): readonly PendingRecord[] {
    const { counters } = this.#options.ledger
    const buffered = this.#buffered
    buffered.clear()
    let some: PendingRecord[] | null = null
    for (let i = 0; i < records.length; i++) {
      const record = records[i]
      if (record === undefined) continue
      if (record.settled || this.#isOver(record, now)) {
        some ??= records.slice(0, i)
        continue
      }
      some?.push(record)
      if (record.failures === null) buffered.add(now - record.arrivedAt)
      else counters.retries++
    }
    counters.bufferingMs += buffered.sum
    this.#meter.left(bundle, buffered)
    return some ?? records
  }

  #isOver(record: PendingRecord, now: number): boolean {
    if (record.expiresAt > now) return false
    const reason = `RecordTtl of ${this.#options.settings.RecordTtl} ms passed while it waited`
    this.#options.ledger.giveUp(record, 'expired', reason, now)
    return true
  }

  async #call(shipments: readonly Shipment[], sentAt: number): Promise<CallResult> {
    const { target, env, settings, ledger } = this.#options
    const { counters } = ledger
    counters.calls++
    counters.entries += shipments.length
    const call = new AbortController()
    this.#calls.add(call)
    const { routing, idempotent } = target.capabilities ?? KINESIS_CAPABILITIES
    const entries = shipments.map(({ bundle, records }) =>
      entryOf(bundle, records, routing, settings.AggregateCompression),
    )
    const timeoutMs = idempotent ? settings.RecordTtl : settings.RequestTimeout
    const result = await callTarget(target, entries, env.clock, timeoutMs, call)
    this.#calls.delete(call)
    const endedAt = this.#now()
    counters.requestMs += endedAt - sentAt
    if (result.kind === 'failed') counters.callsFailed++
    this.#meter.called(shipments, sentAt, endedAt)
    return result
  }

  /** Settles the records of a call, or sends them to rest. */
  #conclude(shipments: readonly Shipment[], result: CallResult, sentAt: number): void {
    const now = this.#now()
    const draw = this.#options.env.random.next()
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
    if (errorClass === 'throttled') this.#options.throttled(shipment.bundle, now)
    this.#failed(shipment, { errorClass, code, message }, sentAt, now, draw)
  }

  /** Decides whether what was stored counts as stored, or must wait for the map to tell. */
  #place(shipment: Unplaced, now: number, draw: number): void {
    const { map, ledger } = this.#options
    const { bundle, records, stored, sentAt, endedAt } = shipment
    const placement = map === null ? 'fits' : placementOf(bundle, records, stored.shardId, map)
    if (placement === 'unknown') {
      bundle.stage = 'unplaced'
      this.#unplaced.push(shipment)
      map?.demand(sentAt, now)
      return
    }
    if (bundle.shard !== null && bundle.shard.shardId !== stored.shardId) map?.invalidate(sentAt, bundle.shard.shardId)
    if (placement === 'outside') {
      const message = `predicted ${bundle.shard?.shardId ?? 'none'}, stored on ${stored.shardId}, where not all user records of the aggregate belong`
      this.#failed(shipment, { errorClass: 'misplaced', code: 'Wrong Shard', message }, sentAt, endedAt, draw)
      return
    }
    const settled = ledger.stored(records, stored, sentAt, endedAt)
    this.#meter.stored(bundle, records.length, settled, stored.shardId, now)
  }

  #failed({ bundle, records }: Shipment, failure: Failure, sentAt: number, endedAt: number, draw: number): void {
    const { ledger, lanes, settings, rest } = this.#options
    const now = this.#now()
    this.#meter.refused(bundle, now)
    for (const record of records) {
      // given up meanwhile, at the deadline of close
      if (record.settled) continue
      ledger.addFailure(record, sentAt, endedAt, failure)
      const left = record.expiresAt - now
      const tries = failure.errorClass === 'stale' ? record.triesWith(failure.code) : record.tries
      const verdict = judge(failure.errorClass, tries, left, draw, settings)
      if (verdict.kind === 'give_up') {
        ledger.giveUp(record, verdict.failure, reasonOf(failure), now)
        continue
      }
      lanes?.giveBack(record)
      record.stage = 'resting'
      record.bundle = null
      record.dueAt = Math.ceil(now + verdict.afterMs)
      rest(record)
    }
  }
}
