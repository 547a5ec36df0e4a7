/** A user record between put and settlement, and the list of all of them. */
import type { Attempt, Outcome, PutError } from './outcome.ts'
import type { PutEntry } from './put-target.ts'

/**
 * Where a user record is:
 *
 *   in_line ──► collected ──► sending ──► settled (stored, or given up)
 *                   ▲            │
 *                   └── resting ◄┘  a failed attempt that will be repeated
 *
 * From `in_line`, `collected` and `resting` it can also expire, and from everywhere be given up at the deadline of close.
 */
export type Stage = 'in_line' | 'collected' | 'sending' | 'resting' | 'settled'

export class PendingRecord {
  readonly entry: PutEntry
  readonly sizeBytes: number
  /** rising with each put */
  readonly order: number
  /** monotonic milliseconds, as all instants here */
  readonly arrivedAt: number
  readonly expiresAt: number
  /** when it should leave the collector, or its rest after a failure */
  dueAt = 0
  stage: Stage = 'in_line'
  /** end of the last attempt, or arrival */
  lastEndedAt: number
  readonly attempts: Attempt[] = []
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: PutError) => void
  previous: PendingRecord | null = null
  next: PendingRecord | null = null

  constructor(
    entry: PutEntry,
    sizeBytes: number,
    order: number,
    arrivedAt: number,
    ttlMs: number,
    resolve: (outcome: Outcome) => void,
    reject: (error: PutError) => void,
  ) {
    this.entry = entry
    this.sizeBytes = sizeBytes
    this.order = order
    this.arrivedAt = arrivedAt
    this.lastEndedAt = arrivedAt
    this.expiresAt = arrivedAt + ttlMs
    this.resolve = resolve
    this.reject = reject
  }

  get settled(): boolean {
    return this.stage === 'settled'
  }
}

/** All that have not settled, in the order of their puts, which is also the order in which they expire. */
export class OutstandingList {
  #first: PendingRecord | null = null
  #last: PendingRecord | null = null
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): PendingRecord | null {
    return this.#first
  }

  add(record: PendingRecord): void {
    record.previous = this.#last
    if (this.#last === null) this.#first = record
    else this.#last.next = record
    this.#last = record
    this.#size++
  }

  remove(record: PendingRecord): void {
    if (record.previous === null) this.#first = record.next
    else record.previous.next = record.next
    if (record.next === null) this.#last = record.previous
    else record.next.previous = record.previous
    record.previous = null
    record.next = null
    this.#size--
  }
}
