/**
 * A fleet of workers on one table, in simulated time. Each worker has a clock and a table of its own that can be stopped (a kill, a
 * paused process) and a network that loses replies, before or after the effect. Processors checkpoint what they have done.
 */
import { type Clock, MillraceError, type ShardDescription } from '../../../../core/index.ts'
import { extendedSequenceNumber, isSentinel } from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import type { Item, ItemChange, ItemOutcome, ItemTable } from '../../../../processors/consumer/leases/item.ts'
import { itemLeaseStore } from '../../../../processors/consumer/leases/item-lease-store.ts'
import { KclLeaseCoordinator } from '../../../../processors/consumer/leases/kcl-lease-coordinator.ts'
import type { HeldLease, LeaseListener } from '../../../../processors/consumer/leases/lease-coordinator.ts'
import type { LeaseMove } from '../../../../processors/consumer/leases/lease-move.ts'
import { LEASE_SETTINGS, type LeaseSettings } from '../../../../processors/consumer/leases/lease-settings.ts'
import { MemoryItems } from '../../../../processors/consumer/leases/memory-lease-store.ts'
import type { ConsumedStream } from '../../../../processors/consumer/leases/stream-shards.ts'
import { type SeededRandom, seededRandom } from '../../../support/seeded-random.ts'
import { SimClock } from '../../../support/sim-clock.ts'

/** Lets everything pass until it is shut; what waits at it then goes on when it is opened again. */
class Gate {
  #opened: Promise<void> | null = null
  #open: () => void = () => {}

  shut(): void {
    this.#opened = new Promise(resolve => {
      this.#open = resolve
    })
  }

  open(): void {
    this.#opened = null
    this.#open()
  }

  async pass(): Promise<void> {
    while (this.#opened !== null) await this.#opened
  }
}

export interface FleetFaults {
  /** chance that a call fails without effect / that its reply is lost after the effect */
  readonly lost: number
  readonly lostReply: number
  /** of a call, milliseconds at most */
  readonly latencyMs: number
}

const NO_FAULTS: FleetFaults = { lost: 0, lostReply: 0, latencyMs: 0 }

/** The table as one worker reaches it. */
class Reach implements ItemTable {
  readonly keyName: string
  readonly isShared: boolean
  readonly #fleet: Fleet
  readonly #workerId: string
  readonly #gate: Gate
  readonly #clock: Clock

  constructor(fleet: Fleet, workerId: string, gate: Gate, clock: Clock) {
    this.#fleet = fleet
    this.#workerId = workerId
    this.#gate = gate
    this.#clock = clock
    this.keyName = fleet.items.keyName
    this.isShared = true
  }

  get(key: string): Promise<Item | null> {
    return this.#call(() => this.#fleet.items.get(key))
  }

  change(change: ItemChange): Promise<ItemOutcome> {
    return this.#call(async () => {
      const outcome = await this.#fleet.items.change(change)
      const at = change.set['checkpoint']
      if (outcome.done && at !== undefined && 'S' in at && !isSentinel(at.S))
        this.#fleet.saved(change.key, BigInt(at.S))
      return outcome
    })
  }

  delete(key: string, conditions: ItemChange['conditions']): Promise<void> {
    return this.#call(() => this.#fleet.items.delete(key, conditions))
  }

  scan(): Promise<readonly Item[]> {
    if (this.#fleet.mayNotScan === this.#workerId)
      return Promise.reject(new MillraceError('throttled', 'too many scans', { retry: 'backoff' }))
    return this.#call(() => this.#fleet.items.scan())
  }

  keysByOwner(owner: string): Promise<readonly string[]> {
    return this.#call(() => this.#fleet.items.keysByOwner(owner))
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    const { faults, random } = this.#fleet
    this.#fleet.calls++
    await this.#gate.pass()
    if (faults.latencyMs > 0) await this.#clock.sleep(random.next() * faults.latencyMs)
    if (random.next() < faults.lost) throw new MillraceError('internal', 'the request was lost', { retry: 'backoff' })
    const result = await work()
    await this.#gate.pass()
    if (random.next() < faults.lostReply)
      throw new MillraceError('internal', 'the reply was lost', { retry: 'backoff' })
    return result
  }
}

interface Work {
  readonly held: HeldLease
  stopping: boolean
}

export class SimWorker {
  readonly id: string
  readonly coordinator: KclLeaseCoordinator
  readonly #fleet: Fleet
  readonly #gate = new Gate()
  readonly #clock: Clock
  readonly #work = new Map<string, Work>()
  readonly lost: { readonly leaseKey: string; readonly reason: string }[] = []
  dead = false

  constructor(fleet: Fleet, id: string, settings: Partial<LeaseSettings>) {
    this.id = id
    this.#fleet = fleet
    const gate = this.#gate
    this.#clock = {
      now: () => fleet.clock.now(),
      monotonicMs: () => fleet.clock.monotonicMs(),
      sleep: async (ms, signal) => {
        await fleet.clock.sleep(ms, signal)
        await gate.pass()
      },
      every: (ms, callback) => fleet.clock.every(ms, callback),
    }
    this.coordinator = new KclLeaseCoordinator({
      store: itemLeaseStore(new Reach(fleet, id, gate, this.#clock)),
      clock: this.#clock,
      random: seededRandom(fleet.random.below(1e9)),
      workerId: id,
      settings: { ...LEASE_SETTINGS, ...settings },
      listener: this.#listener(),
      streams: () => [fleet.stream],
    })
  }

  holds(leaseKey: string): boolean {
    return !this.dead && this.#work.has(leaseKey)
  }

  get keys(): readonly string[] {
    return [...this.#work.keys()]
  }

  pause(): void {
    this.#gate.shut()
  }

  resume(): void {
    this.#gate.open()
  }

  kill(): void {
    this.dead = true
    this.#gate.shut()
  }

  #listener(): LeaseListener {
    return {
      leaseGained: held => {
        const key = held.lease.leaseKey
        if (this.#work.has(key)) this.#fleet.broken.push(`${this.id} gained ${key} twice`)
        const work = { held, stopping: false }
        this.#work.set(key, work)
        void this.#process(work)
      },
      leaseLost: (held, reason) => {
        this.lost.push({ leaseKey: held.lease.leaseKey, reason })
        this.#work.delete(held.lease.leaseKey)
      },
      handOffRequested: held => {
        const work = this.#work.get(held.lease.leaseKey)
        if (work !== undefined) work.stopping = true
      },
      leaseMoved: move => {
        this.#fleet.moves.push({ ...move, atMs: this.#fleet.clock.monotonicMs() })
      },
      metric: ({ name, value }) => {
        this.#fleet.metrics.set(name, (this.#fleet.metrics.get(name) ?? 0) + value)
      },
      failed: () => {
        this.#fleet.failures++
      },
    }
  }

  /** Counts up from the checkpoint, a step each half second, and saves each step. */
  async #process(work: Work): Promise<void> {
    const { coordinator } = this
    const key = work.held.lease.leaseKey
    const { checkpoint } = work.held.lease
    const from = checkpoint === null || isSentinel(checkpoint.sequenceNumber) ? '0' : checkpoint.sequenceNumber
    for (let at = BigInt(from) + 1n; ; at++) {
      await this.#clock.sleep(500)
      if (this.#work.get(key) !== work) return
      try {
        if (work.stopping) {
          const now = coordinator.held(key)
          if (now?.token === work.held.token) await coordinator.finishHandOff(now)
          return
        }
        coordinator.countBytes(key, this.#fleet.bytesOf(key))
        await coordinator.checkpoint(work.held, {
          checkpoint: extendedSequenceNumber(String(at)),
          pendingCheckpoint: null,
          pendingCheckpointState: null,
          ownerSwitchesSinceCheckpoint: 0,
        })
      } catch (error) {
        if (!(error instanceof MillraceError)) this.#fleet.broken.push(String(error))
        if (error instanceof MillraceError && error.code === 'lease_lost') return
        at--
      }
    }
  }
}

export interface FleetOptions {
  readonly seed: number
  readonly shards: number
  readonly settings?: Partial<LeaseSettings>
  readonly faults?: FleetFaults
  readonly bytesOf?: (leaseKey: string) => number
}

export class Fleet {
  readonly clock = new SimClock()
  readonly items = new MemoryItems()
  readonly random: SeededRandom
  readonly workers: SimWorker[] = []
  readonly moves: (LeaseMove & { readonly atMs: number })[] = []
  /** promises that were broken, in words */
  readonly broken: string[] = []
  readonly stream: ConsumedStream
  readonly bytesOf: (leaseKey: string) => number
  faults: FleetFaults
  /** the worker whose scans of the table fail */
  mayNotScan: string | null = null
  calls = 0
  failures = 0
  /** sums of all workers' values by name */
  readonly metrics = new Map<string, number>()
  readonly #settings: Partial<LeaseSettings>
  readonly #saved = new Map<string, bigint>()
  readonly #heldSince = new Map<string, number>()
  /** longest time that a shard had no live worker, once it had one */
  unownedMsMax = 0
  #shards: ShardDescription[]

  constructor(options: FleetOptions) {
    this.random = seededRandom(options.seed)
    this.faults = options.faults ?? NO_FAULTS
    this.#settings = options.settings ?? {}
    this.bytesOf = options.bytesOf ?? (() => 1_024)
    this.#shards = shardsOf(options.shards)
    this.stream = {
      identifier: null,
      initialPosition: { kind: 'trimHorizon' },
      shards: { list: () => Promise.resolve(this.#shards) },
    }
  }

  get shardKeys(): readonly string[] {
    return this.#shards.map(shard => shard.shardId)
  }

  async add(count: number, settings: Partial<LeaseSettings> = {}): Promise<readonly SimWorker[]> {
    const added = Array.from({ length: count }, () => {
      const worker = new SimWorker(this, `worker-${this.workers.length}`, { ...this.#settings, ...settings })
      this.workers.push(worker)
      return worker
    })
    for (const worker of added) {
      const start = async (): Promise<void> => {
        for (;;) {
          try {
            return await worker.coordinator.start()
          } catch {
            await this.clock.sleep(1_000)
          }
        }
      }
      void start()
    }
    await this.clock.drain()
    return added
  }

  /** Lets the fleet run, and watches how long shards are without a worker. */
  async run(ms: number, stepMs = 500): Promise<void> {
    for (let at = 0; at < ms; at += stepMs) {
      await this.clock.advance(stepMs)
      const now = this.clock.monotonicMs()
      for (const key of this.shardKeys) {
        if (this.workers.some(worker => worker.holds(key))) this.#heldSince.set(key, now)
        const last = this.#heldSince.get(key)
        if (last !== undefined) this.unownedMsMax = Math.max(this.unownedMsMax, now - last)
      }
    }
  }

  async runUntil(condition: () => boolean, msMax: number): Promise<number> {
    const from = this.clock.monotonicMs()
    while (!condition() && this.clock.monotonicMs() - from < msMax) await this.run(500)
    return this.clock.monotonicMs() - from
  }

  /** leases by the owner that the table names, for the workers that live */
  async owners(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map(this.workers.filter(worker => !worker.dead).map(worker => [worker.id, 0]))
    for (const lease of await itemLeaseStore(this.items).leases.list())
      if (lease.leaseOwner !== null) counts.set(lease.leaseOwner, (counts.get(lease.leaseOwner) ?? 0) + 1)
    return counts
  }

  /** What lies in the table from now on. */
  saved(key: string, at: bigint): void {
    const before = this.#saved.get(key) ?? 0n
    if (at < before) this.broken.push(`the checkpoint of ${key} went back from ${before} to ${at}`)
    if (at > before + 1n) this.broken.push(`${key} ${before + 1n} to ${at - 1n} were left out`)
    this.#saved.set(key, at)
  }

  progressOf(key: string): bigint {
    return this.#saved.get(key) ?? 0n
  }

  async stop(): Promise<void> {
    this.faults = NO_FAULTS
    for (const worker of this.workers) worker.resume()
    const stops = Promise.all(this.workers.map(worker => worker.coordinator.stop()))
    await this.clock.until(stops, 600_000)
  }
}

export function shardsOf(count: number): ShardDescription[] {
  const size = 2n ** 128n / BigInt(count)
  return Array.from({ length: count }, (_, i) => ({
    shardId: `shardId-${String(i).padStart(12, '0')}`,
    parentShardIds: [],
    startingHashKey: size * BigInt(i),
    endingHashKey: i === count - 1 ? 2n ** 128n - 1n : size * BigInt(i + 1) - 1n,
    closed: false,
  }))
}
