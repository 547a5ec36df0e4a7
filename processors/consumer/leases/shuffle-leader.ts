/**
 * The leader in a fleet with workers of KCL 2.x: every worker computes the same one from the owners in the table, so no lock is
 * needed. Source: KCL 2.x, `DeterministicShuffleShardSyncLeaderDecider`.
 */
import type { Clock } from '../../../core/index.ts'
import { JavaRandom, javaShuffle } from './java-random.ts'
import type { Leader } from './leader.ts'
import type { Lease } from './lease.ts'
import type { LeaseTable } from './lease-table.ts'

/** KCL: seed of the shuffle. */
const SEED = 1_947
/** KCL: the leader is computed first after a minute, and then every five. */
const FIRST_AFTER_MS = 60_000
const EVERY_MS = 300_000

/** The owner that leads; null when nobody owns a lease. */
export function shuffledLeader(leases: readonly Lease[]): string | null {
  const owners = [...new Set(leases.map(lease => lease.leaseOwner))].filter(owner => owner !== null)
  // Java sorts texts by UTF-16 units, as sort() does.
  return javaShuffle(owners.sort(), new JavaRandom(SEED))[0] ?? null
}

export class ShuffleLeader implements Leader {
  readonly looksVacant = false
  readonly deposed = null
  readonly #table: LeaseTable
  readonly #clock: Clock
  readonly #workerId: string
  #leader: string | null = null
  #dueAtMs: number

  constructor(table: LeaseTable, clock: Clock, workerId: string) {
    this.#table = table
    this.#clock = clock
    this.#workerId = workerId
    this.#dueAtMs = clock.monotonicMs() + FIRST_AFTER_MS
  }

  async leads(): Promise<boolean> {
    const now = this.#clock.monotonicMs()
    if (now >= this.#dueAtMs) {
      this.#leader = shuffledLeader(await this.#table.list())
      this.#dueAtMs = now + EVERY_MS
    }
    return this.#leader === this.#workerId
  }

  resign(): Promise<void> {
    return Promise.resolve()
  }
}
