/**
 * The leases that this process holds. Writes to one lease follow each other (two at a time would fence each other out), every
 * write carries the token of its acquisition, and a lease that was not renewed for a fail-over time by this process's own clock
 * is lost even though nobody took it.
 *
 *   free ── add ──► held ── renewal sees checkpointOwner = me ──► handing off ── finishHandOff ──► lost (handed_off)
 *                    │                                               │
 *                    └── taken, expired, deleted, released, stopped ─┴──► lost
 */
import { assert, type Clock, MillraceError, type Random } from '../../../core/index.ts'
import { actualOwner, isComplete, type Lease } from './lease.ts'
import type { HeldLease, LeaseListener, LeaseLossReason } from './lease-coordinator.ts'
import type { CheckpointChange, LeaseMeta, LeaseTable, ShardStart, WriteOutcome } from './lease-table.ts'
import { Throughput } from './throughput.ts'

/** Writes that may wait for one lease; more come from a caller that does not await. */
const WRITES_WAITING_MAX = 1_000
/** Of a fail-over time: a checkpoint that is younger stands for a renewal, which comes each third. */
const CHECKPOINT_RENEWS = 1 / 6
/** KCL: a renewal is tried twice. */
const RENEW_TRIES = 2

export interface HeldLeasesOptions {
  readonly table: LeaseTable
  readonly clock: Clock
  readonly random: Random
  readonly workerId: string
  readonly failoverMs: number
  readonly listener: LeaseListener
  /** a lease whose shard is complete already: the listener hears nothing of it */
  readonly completeGained: (held: HeldLease) => void
}

interface Entry {
  readonly leaseKey: string
  /** whether the listener knows of it */
  readonly told: boolean
  readonly token: string
  readonly throughput: Throughput
  lease: Lease
  handOffTo: string | null
  /** when the last write that raised the counter was sent, by the monotonic clock */
  renewedAtMs: number
  /** when the last checkpoint that landed was sent */
  checkpointedAtMs: number
  /** when the row got a throughput last */
  measuredAtMs: number
  /** a write may have landed without a reply since the row was seen last */
  doubtful: boolean
  waiting: number
  last: Promise<unknown>
}

export class HeldLeases {
  readonly #options: HeldLeasesOptions
  readonly #entries = new Map<string, Entry>()

  constructor(options: HeldLeasesOptions) {
    this.#options = options
  }

  /**
   * A lease that the table says is ours.
   * @param sentAtMs monotonic time before the write or read that said so
   */
  add(lease: Lease, sentAtMs: number): HeldLease | null {
    if (this.#entries.has(lease.leaseKey)) return null
    const { clock, random, workerId, listener, completeGained } = this.#options
    assert(actualOwner(lease) === workerId, 'only leases of this worker are held')
    const entry: Entry = {
      leaseKey: lease.leaseKey,
      told: !isComplete(lease),
      token: random.uuid(),
      throughput: new Throughput(clock.monotonicMs()),
      lease,
      handOffTo: lease.checkpointOwner === null ? null : lease.leaseOwner,
      renewedAtMs: sentAtMs,
      checkpointedAtMs: Number.NEGATIVE_INFINITY,
      measuredAtMs: Number.NEGATIVE_INFINITY,
      doubtful: false,
      waiting: 0,
      last: Promise.resolve(),
    }
    this.#entries.set(lease.leaseKey, entry)
    const held = heldOf(entry)
    if (entry.told) listener.leaseGained(held)
    else completeGained(held)
    if (held.handOffTo !== null) listener.handOffRequested(held)
    return held
  }

  /** Those that have not expired. */
  all(): readonly HeldLease[] {
    this.dropExpired()
    return [...this.#entries.values()].map(heldOf)
  }

  /**
   * Those that have to be renewed. A checkpoint raises the counter as a renewal does, so that one within the last sixth of a fail-over
   * time makes a renewal needless; once in such a time there is one all the same, for it tells the leader the throughput.
   */
  due(): readonly HeldLease[] {
    this.dropExpired()
    const { clock, failoverMs } = this.#options
    const now = clock.monotonicMs()
    return [...this.#entries.values()]
      .filter(
        ({ checkpointedAtMs, measuredAtMs }) =>
          now - checkpointedAtMs > failoverMs * CHECKPOINT_RENEWS || now - measuredAtMs > failoverMs,
      )
      .map(heldOf)
  }

  get(leaseKey: string): HeldLease | null {
    const entry = this.#entries.get(leaseKey)
    return entry === undefined || this.#isExpired(entry) ? null : heldOf(entry)
  }

  get count(): number {
    return this.#entries.size
  }

  countBytes(leaseKey: string, sizeBytes: number): void {
    this.#entries.get(leaseKey)?.throughput.add(sizeBytes)
  }

  /** A lease that this process could not renew in time is lost: others may have it by now. */
  dropExpired(): void {
    for (const entry of this.#entries.values()) if (this.#isExpired(entry)) this.#lose(entry, 'expired')
  }

  /** Loses every lease, without a word to the table. */
  dropAll(reason: LeaseLossReason): void {
    for (const entry of this.#entries.values()) this.#lose(entry, reason)
  }

  /** Raises the counter of one lease. False when it was lost; rejects when the table cannot be reached. */
  renew(leaseKey: string): Promise<boolean> {
    const found = this.#entries.get(leaseKey)
    if (found === undefined) return Promise.resolve(false)
    return this.#inTurn(found, async entry => {
      if (this.#isExpired(entry)) this.#lose(entry, 'expired')
      if (!this.#isHeld(entry)) return false
      const throughputKBps = entry.throughput.perRenewal(this.#options.clock.monotonicMs())
      const renewal = (lease: Lease): Promise<WriteOutcome> =>
        this.#options.table.renew(lease, { throughputKBps, handingOff: entry.handOffTo !== null })
      for (let attempt = 1; ; attempt++) {
        try {
          const sentAtMs = this.#options.clock.monotonicMs()
          const isOurs = await this.#write(entry, renewal, true)
          entry.measuredAtMs = sentAtMs
          return isOurs
        } catch (error) {
          if (attempt === RENEW_TRIES || !(error instanceof MillraceError) || error.retry === 'never') throw error
        }
      }
    })
  }

  /** Saves positions. Counts as a renewal: the counter rises. */
  checkpoint(held: HeldLease, change: CheckpointChange): Promise<HeldLease> {
    const write = async (lease: Lease): Promise<WriteOutcome> => {
      const sentAtMs = this.#options.clock.monotonicMs()
      const outcome = await this.#options.table.checkpoint(lease, change)
      const entry = this.#entries.get(lease.leaseKey)
      if (outcome.written && entry?.token === held.token) entry.checkpointedAtMs = sentAtMs
      return outcome
    }
    return this.#fenced(held, write, true)
  }

  updateMeta(held: HeldLease, meta: LeaseMeta): Promise<HeldLease> {
    return this.#fenced(held, lease => this.#options.table.updateMeta(lease.leaseKey, meta), false)
  }

  /** The lease goes to the worker that the leader named. */
  async finishHandOff(held: HeldLease): Promise<void> {
    await this.#giveAway(held, 'handed_off', lease => {
      // Without a hand-off under way there is nobody to give it to but everybody.
      return lease.checkpointOwner === null
        ? this.#options.table.evict(lease)
        : this.#options.table.finishHandOff(lease)
    })
  }

  async release(held: HeldLease): Promise<void> {
    await this.#giveAway(held, 'released', lease => this.#options.table.evict(lease))
  }

  /** The shard is another one now: its row begins anew, for whoever wants it. Lost as `released`. */
  async restart(held: HeldLease, start: ShardStart): Promise<void> {
    await this.#giveAway(held, 'released', lease => this.#options.table.restart(lease, start))
  }

  /** Deletes the row of a lease that is complete, or whose shard is not there any more. */
  async delete(held: HeldLease): Promise<void> {
    const entry = this.#entryOf(held)
    await this.#inTurn(entry, async () => {
      await this.#options.table.delete(held.lease.leaseKey)
      this.#lose(entry, 'deleted')
    })
  }

  async #giveAway(
    held: HeldLease,
    reason: LeaseLossReason,
    write: (lease: Lease) => Promise<WriteOutcome>,
  ): Promise<void> {
    const entry = this.#entryOf(held)
    await this.#inTurn(entry, async () => {
      if (!this.#isHeld(entry)) throw lost(entry, null)
      await this.#write(entry, write, false)
      if (this.#isHeld(entry)) this.#lose(entry, reason)
    })
  }

  async #fenced(held: HeldLease, write: (lease: Lease) => Promise<WriteOutcome>, renews: boolean): Promise<HeldLease> {
    const entry = this.#entryOf(held)
    return this.#inTurn(entry, async () => {
      if (!this.#isHeld(entry)) throw lost(entry, null)
      if (!(await this.#write(entry, write, renews))) throw lost(entry, await this.#options.table.get(entry.leaseKey))
      return heldOf(entry)
    })
  }

  /**
   * One write. A conflict is ours when the row still names this worker: the leader began a hand-off, or an earlier write landed
   * without a reply; then what the row says is learnt and the write is made anew. Any other conflict loses the lease.
   */
  async #write(entry: Entry, write: (lease: Lease) => Promise<WriteOutcome>, renews: boolean): Promise<boolean> {
    const { clock, table } = this.#options
    for (;;) {
      const sentAtMs = clock.monotonicMs()
      let outcome: WriteOutcome
      try {
        outcome = await write(entry.lease)
      } catch (error) {
        entry.doubtful = true
        throw error
      }
      if (outcome.written) {
        if (renews) entry.renewedAtMs = sentAtMs
        // A checkpoint does not mind a hand-off that began meanwhile; that it did must be learnt all the same, or the next renewal
        // finds a row that it cannot explain and takes the lease for lost.
        this.#learn(entry, outcome.lease)
        return true
      }
      const found = outcome.found ?? (await table.get(entry.leaseKey))
      if (!this.#isHeld(entry)) return false
      if (found === null || !this.#isOurs(entry, found)) {
        this.#lose(entry, found === null ? 'deleted' : 'taken', found)
        return false
      }
      this.#learn(entry, found)
    }
  }

  #isOurs(entry: Entry, found: Lease): boolean {
    if (actualOwner(found) !== this.#options.workerId) return false
    const handOffBegan = found.checkpointOwner !== entry.lease.checkpointOwner
    const rose = found.leaseCounter - entry.lease.leaseCounter
    return rose === 0 ? handOffBegan : rose === 1 && entry.doubtful
  }

  #learn(entry: Entry, found: Lease): void {
    entry.lease = found
    entry.doubtful = false
    if (found.checkpointOwner === null || entry.handOffTo === found.leaseOwner) return
    entry.handOffTo = found.leaseOwner
    this.#options.listener.handOffRequested(heldOf(entry))
  }

  /** Runs when every earlier write of the lease has ended, whatever became of it. */
  #inTurn<T>(entry: Entry, work: (entry: Entry) => Promise<T>): Promise<T> {
    if (entry.waiting >= WRITES_WAITING_MAX)
      return Promise.reject(
        new MillraceError(
          'throttled',
          `${WRITES_WAITING_MAX} writes wait for lease ${entry.leaseKey}; make fewer at a time`,
          {
            retry: 'backoff',
          },
        ),
      )
    entry.waiting++
    const result = entry.last.then(() => work(entry))
    entry.last = result.then(
      () => entry.waiting--,
      () => entry.waiting--,
    )
    return result
  }

  #entryOf({ lease, token }: HeldLease): Entry {
    const entry = this.#entries.get(lease.leaseKey)
    if (entry === undefined || entry.token !== token) throw lost({ leaseKey: lease.leaseKey, lease }, null)
    return entry
  }

  #isHeld(entry: Entry): boolean {
    return this.#entries.get(entry.leaseKey) === entry
  }

  #isExpired(entry: Entry): boolean {
    return this.#options.clock.monotonicMs() - entry.renewedAtMs > this.#options.failoverMs
  }

  #lose(entry: Entry, reason: LeaseLossReason, found: Lease | null = null): void {
    if (!this.#isHeld(entry)) return
    this.#entries.delete(entry.leaseKey)
    const { listener, workerId } = this.#options
    listener.leaseMoved?.({
      leaseKey: entry.leaseKey,
      from: workerId,
      to: reason === 'handed_off' ? entry.handOffTo : (found?.leaseOwner ?? null),
      by: workerId,
      reason: reason === 'handed_off' ? 'hand_off_finished' : reason === 'released' ? 'released' : 'lost',
      why: lossText(reason, entry, found, this.#options.failoverMs),
    })
    if (entry.told) listener.leaseLost(heldOf(entry), reason)
  }
}

function heldOf({ lease, token, handOffTo }: Entry): HeldLease {
  return { lease, token, handOffTo }
}

function lost({ leaseKey, lease }: Pick<Entry, 'leaseKey' | 'lease'>, found: Lease | null): MillraceError {
  const holder =
    found === null
      ? 'it is not held any more'
      : `held by ${actualOwner(found) ?? 'nobody'} (counter ${found.leaseCounter}, expected ${lease.leaseCounter})`
  return new MillraceError('lease_lost', `lease lost on ${leaseKey}: ${holder}; stop processing the shard`)
}

function lossText(
  reason: LeaseLossReason,
  { lease, handOffTo }: Entry,
  found: Lease | null,
  failoverMs: number,
): string {
  switch (reason) {
    case 'taken':
      return `the row names ${(found && actualOwner(found)) ?? 'nobody'} (counter ${found?.leaseCounter}, expected ${lease.leaseCounter})`
    case 'expired':
      return `it was not renewed for ${failoverMs} ms; look for a blocked event loop or an unreachable table`
    case 'handed_off':
      return `its processor has stopped, and the leader named ${handOffTo ?? 'nobody'}`
    case 'released':
      return 'this worker gave it up'
    case 'deleted':
      return 'its row is gone'
    case 'stopped':
      return 'this worker stopped'
  }
}
