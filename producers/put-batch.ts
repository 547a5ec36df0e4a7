/** User records that were put together: one promise for all of them, a value for each. */
import { assert, type MillraceError } from '../core/index.ts'
import type { Outcome } from './outcome.ts'

/**
 * What became of one of them: stored, or the error with which its own `put` would have thrown or been rejected (a `PutError` for one that
 * was given up). `result instanceof Error` tells which.
 */
export type PutResult = Outcome | MillraceError

/** Orders from `fromOrder` on are the places from `fromPlace` on. */
interface Run {
  readonly fromOrder: number
  readonly fromPlace: number
}

export class PutBatch {
  /** resolves when all have settled, with the results in the order of the records; never rejects */
  readonly results: Promise<PutResult[]>
  readonly #results: PutResult[] = []
  readonly #filled: (results: PutResult[]) => void
  #left: number
  /** one, and one more behind each record that did not enter, since that has no order */
  readonly #runs: Run[] = []

  constructor(count: number) {
    let filled: (results: PutResult[]) => void = () => {}
    this.results = new Promise(resolve => {
      filled = resolve
    })
    this.#filled = filled
    this.#results.length = count
    this.#left = count
    if (count === 0) filled([])
  }

  /** The record at a place enters, with an order; places come in order. */
  enter(place: number, order: number): void {
    const last = this.#runs[this.#runs.length - 1]
    if (last === undefined || order - last.fromOrder !== place - last.fromPlace)
      this.#runs.push({ fromOrder: order, fromPlace: place })
  }

  /** The record with an order has settled. */
  settle(order: number, result: PutResult): void {
    // the last run that begins at or before the order; every second record may have been refused
    let low = 0
    for (let high = this.#runs.length - 1; low < high; ) {
      const middle = (low + high + 1) >> 1
      if ((this.#runs[middle]?.fromOrder ?? 0) <= order) low = middle
      else high = middle - 1
    }
    const run = this.#runs[low]
    assert(run !== undefined, 'a record that settles has entered')
    this.fill(run.fromPlace + order - run.fromOrder, result)
  }

  /** The record at a place has settled. */
  fill(place: number, result: PutResult): void {
    this.#results[place] = result
    this.#left--
    assert(this.#left >= 0, 'a record settles once')
    if (this.#left === 0) this.#filled(this.#results)
  }
}
