/**
 * Moves everything that can move: from rest and from the line into the stages, through them, and out in calls while there are free
 * connections. Whatever happens runs it, and it sets the one alarm for what comes next.
 */
import type { Clock } from '../core/index.ts'
import { Alarm } from './alarm.ts'
import type { Bundle } from './bundle.ts'
import type { ProducerConfiguration } from './configuration.ts'
import type { Courier } from './courier.ts'
import { DeadlineHeap } from './deadline-heap.ts'
import type { Gate } from './gate.ts'
import type { Ledger } from './ledger.ts'
import type { MetricsFeed } from './metrics/feed.ts'
import type { PendingRecord } from './pending.ts'
import type { ShardMap } from './shard-map.ts'
import type { Stages } from './stages.ts'

export interface PumpOptions {
  readonly clock: Clock
  readonly settings: ProducerConfiguration
  readonly ledger: Ledger
  readonly stages: Stages
  readonly map: ShardMap | null
  readonly feed: MetricsFeed
  /** opened where there is room again */
  readonly gate: Gate
}

export class Pump {
  readonly #options: PumpOptions
  readonly #courier: Courier
  readonly #alarm: Alarm
  readonly #resting = new DeadlineHeap<PendingRecord>()

  constructor(options: PumpOptions, courier: Courier) {
    this.#options = options
    this.#courier = courier
    this.#alarm = new Alarm(options.clock, () => this.run())
  }

  /** A record was put and there is room for it. */
  take(record: PendingRecord, now: number): void {
    const { stages, ledger, settings } = this.#options
    const moved = stages.offer(record, now + settings.RecordMaxBufferedTime, now)
    if (!moved) this.#alarm.set(Math.min(record.dueAt, ledger.nextExpiryAt))
    // a full call leaves from here; one that is only due leaves from the alarm, with what else is put in this turn
    else if (stages.callAt() === Number.NEGATIVE_INFINITY) this.run()
    else this.arm()
  }

  /** A record waits for its repeat, until it is due. */
  rest(record: PendingRecord): void {
    this.#resting.add(record)
  }

  /** Sends everything up to an order without waiting for more. */
  hurry(throughOrder: number): void {
    this.#options.stages.hurry(throughOrder, this.#now())
    this.run()
  }

  /** The map of shards is new. */
  remap(): void {
    const now = this.#now()
    this.#options.stages.remap(now)
    this.#courier.judgeUnplaced(now)
    this.run()
  }

  run(): void {
    const { clock, ledger, stages, map, feed, gate, settings } = this.#options
    const now = this.#now()
    feed.sample(ledger.outstanding, now)
    ledger.expire(now)
    map?.refresh(clock)
    this.#wakeResting(now)
    const { admission } = ledger
    for (let record = admission.admit(); record !== undefined; record = admission.admit())
      stages.offer(record, record.arrivedAt + settings.RecordMaxBufferedTime, now)
    stages.unblock(now)
    stages.advance(now)
    while (this.#courier.calls < settings.MaxConnections && stages.callAt() <= now) {
      const bundles = this.#load(stages.takeCall(), now)
      if (bundles.length > 0) void this.#courier.send(bundles)
    }
    gate.wake()
    this.arm()
  }

  /** Sets the alarm for whatever comes first. An idle producer holds none, which would keep the process alive. */
  arm(): void {
    const { ledger, stages, map, settings } = this.#options
    if (ledger.outstanding === 0) {
      this.#alarm.clear()
      return
    }
    const callAt = this.#courier.calls < settings.MaxConnections ? stages.callAt() : Number.POSITIVE_INFINITY
    const restAt = this.#resting.peek()?.dueAt ?? Number.POSITIVE_INFINITY
    const mapAt = map?.retryAt ?? Number.POSITIVE_INFINITY
    this.#alarm.set(Math.min(callAt, restAt, mapAt, stages.movesAt(), ledger.nextExpiryAt))
  }

  #now(): number {
    return this.#options.clock.monotonicMs()
  }

  #wakeResting(now: number): void {
    const deadline = now + this.#options.settings.RecordMaxBufferedTime / 2
    for (let next = this.#resting.peek(); next !== undefined && next.dueAt <= now; next = this.#resting.peek()) {
      this.#resting.take()
      if (next.stage === 'resting') this.#options.stages.offer(next, deadline, now)
    }
  }

  /** What of the bundles may leave. Those made for a shard that is closed by now are packed again. */
  #load(bundles: readonly Bundle[], now: number): readonly Bundle[] {
    const { stages } = this.#options
    const fresh = bundles.filter(bundle => !stages.isStale(bundle))
    if (fresh.length === bundles.length) return bundles
    for (const bundle of bundles) if (stages.isStale(bundle)) stages.unpack(bundle)
    stages.advance(now)
    return fresh
  }
}
