/**
 * The leader's lock of KCL 3.x: one row that the leader rewrites with a new version at every heartbeat. A lock whose version stands
 * still for its lease duration, by the observer's own clock, may be taken. Attempts never wait.
 *
 * The duration lies in the row, so each holder chooses its own: the KCL writes 120 s. Ours is one fail-over time by default, since a
 * fleet without a leader leaves the leases of its dead leader alone.
 * Source: KCL 3.x, `DynamoDBLockBasedLeaderDecider`, and the row of Amazon's DynamoDB lock client that it uses.
 */
import type { Clock, Random } from '../../../core/index.ts'
import { type AttributeValue, type Item, textIn } from './item.ts'
import type { Leader } from './leader.ts'
import type { CoordinatorTable } from './lease-table.ts'

export const LEADER_KEY = 'Leader'
/** Of a lock without a readable duration; KCL's own. */
const DURATION_MS_DEFAULT = 120_000

export interface LeaderLockOptions {
  readonly table: CoordinatorTable
  readonly clock: Clock
  readonly random: Random
  readonly workerId: string
  /** after which others may take the lock of a holder that is silent */
  readonly durationMs: number
  /** a holder writes the row when so much time has passed since it did last; well below the duration */
  readonly heartbeatMs: number
}

export class LeaderLock implements Leader {
  readonly #options: LeaderLockOptions
  /** of our own last write of the row; null while another holds it */
  #mine: { readonly version: string; readonly sentAtMs: number } | null = null
  /** of a write whose outcome is not known */
  #next: string | null = null
  /** an attempt under way: two at a time would take each other's write for their own */
  #asking: Promise<boolean> | null = null
  #deposed: { readonly workerId: string | null; readonly atMs: number } | null = null
  #other: { readonly version: string | null; readonly sinceMs: number; readonly durationMs: number } | null = null

  constructor(options: LeaderLockOptions) {
    this.#options = options
  }

  get looksVacant(): boolean {
    const other = this.#mine === null ? this.#other : null
    return other !== null && this.#options.clock.monotonicMs() - other.sinceMs > other.durationMs / 2
  }

  get deposed(): string | null {
    const { clock, durationMs } = this.#options
    return this.#deposed !== null && clock.monotonicMs() - this.#deposed.atMs <= durationMs
      ? this.#deposed.workerId
      : null
  }

  leads(): Promise<boolean> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #ask(): Promise<boolean> {
    const { clock, heartbeatMs, durationMs } = this.#options
    const now = clock.monotonicMs()
    if (this.#mine !== null && now - this.#mine.sentAtMs < heartbeatMs) return true
    const mine = this.#mine
    if (mine !== null) {
      // Until the duration is over nobody else can have taken it; then this worker must not act on it.
      if (now - mine.sentAtMs >= durationMs) this.#mine = null
      if (await this.#write({ recordVersionNumber: { S: mine.version } })) return true
      this.#mine = null
    }
    return this.#tryToTake()
  }

  async resign(): Promise<void> {
    await this.#asking?.catch(() => {})
    if (this.#mine === null) return
    const { version } = this.#mine
    this.#mine = null
    const { table, workerId } = this.#options
    await table.update(
      LEADER_KEY,
      { isReleased: { S: '1' } },
      { ownerName: { S: workerId }, recordVersionNumber: { S: version } },
    )
  }

  async #tryToTake(): Promise<boolean> {
    const { table, clock, random } = this.#options
    const now = clock.monotonicMs()
    const row = await table.get(LEADER_KEY)
    if (row === null) {
      this.#next ??= random.uuid()
      const isNew = await table.create(LEADER_KEY, 'LEADER', this.#attributes(this.#next))
      return this.#written(isNew, now)
    }
    const version = textIn(row.attributes, 'recordVersionNumber')
    // Of an earlier try whose reply was lost: nobody else knows that version.
    if (version !== null && version === this.#next) return this.#written(true, now)
    const expected = { recordVersionNumber: version === null ? null : { S: version } }
    if (textIn(row.attributes, 'isReleased') === '1') return this.#write(expected)
    const durationMs = Number(textIn(row.attributes, 'leaseDuration') ?? DURATION_MS_DEFAULT)
    if (this.#other === null || this.#other.version !== version) this.#other = { version, sinceMs: now, durationMs }
    if (now - this.#other.sinceMs <= durationMs || !(await this.#write(expected))) return false
    this.#deposed = { workerId: textIn(row.attributes, 'ownerName'), atMs: clock.monotonicMs() }
    return true
  }

  /** Makes the lock ours, or keeps it so. */
  async #write(expected: Readonly<Record<string, AttributeValue | null>>): Promise<boolean> {
    const { table, clock, random } = this.#options
    const sentAtMs = clock.monotonicMs()
    // A repeat after an error writes the same version, and so knows its own earlier try.
    this.#next ??= random.uuid()
    const isOurs = await table.update(LEADER_KEY, { ...this.#attributes(this.#next), isReleased: null }, expected)
    return this.#written(isOurs, sentAtMs)
  }

  #written(isOurs: boolean, sentAtMs: number): boolean {
    const version = this.#next
    this.#next = null
    if (!isOurs || version === null) return false
    this.#mine = { version, sentAtMs }
    this.#other = null
    return true
  }

  #attributes(version: string): Item {
    return {
      ownerName: { S: this.#options.workerId },
      leaseDuration: { S: String(this.#options.durationMs) },
      recordVersionNumber: { S: version },
    }
  }
}
