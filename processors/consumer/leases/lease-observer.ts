/**
 * Which leases have an owner that lives, without clocks that agree: an observer remembers when it saw each counter first. A counter
 * that stands still for a fail-over time belongs to an owner that is dead or cut off. A new observer waits a full time first.
 */
import type { Lease } from './lease.ts'

interface Seen {
  readonly counter: number
  readonly sinceMs: number
}

export class LeaseObserver {
  #seen: ReadonlyMap<string, Seen> = new Map()

  /** Takes in what a list of all leases says. @param nowMs monotonic, before the list was asked for */
  observe(leases: readonly Lease[], nowMs: number): void {
    // Leases that are gone are forgotten with the old map.
    const seen = new Map<string, Seen>()
    for (const { leaseKey, leaseCounter } of leases) {
      const before = this.#seen.get(leaseKey)
      seen.set(leaseKey, before?.counter === leaseCounter ? before : { counter: leaseCounter, sinceMs: nowMs })
    }
    this.#seen = seen
  }

  /** How long the counter has stood still before this observer's eyes; 0 for a lease that it has not seen. */
  stoodMs({ leaseKey, leaseCounter }: Lease, nowMs: number): number {
    const seen = this.#seen.get(leaseKey)
    return seen === undefined || seen.counter !== leaseCounter ? 0 : nowMs - seen.sinceMs
  }

  /** True when nobody owns it, or its owner has not renewed it for longer than `failoverMs`. */
  isFree(lease: Lease, nowMs: number, failoverMs: number): boolean {
    return lease.leaseOwner === null || this.stoodMs(lease, nowMs) > failoverMs
  }

  forgetAll(): void {
    this.#seen = new Map()
  }
}
