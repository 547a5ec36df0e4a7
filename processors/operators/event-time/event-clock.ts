/**
 * The watermark of a stream: from the rows that it holds to the bound below which no event time comes any more.
 *
 *   bound = greatest event time - delay          on every row
 *   bound grows with ROWTIME                     while no row has come for the idle time, where there is one
 *
 * The stream's own operator and every window over the stream run one of these over the same rows, so that all of them agree.
 */
import type { EventTimePlan } from '../../sql/event-time.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'

/**
 * The bound has risen to `bound`. A window that ends at `end`, at or below it, was complete at the instant
 * `max(floor, end + shift)` of ROWTIME: at a row for all windows alike, in idle time (and where event time is ROWTIME) at an instant
 * of its own, so that it does not show how often bounds came.
 */
export interface Completion {
  readonly bound: number
  readonly floor: number
  readonly shift: number
}

/** The bound and the last rowtime, in and out of `followRows`. */
const REACHED = new Float64Array(2)

export class EventClock {
  readonly #plan: EventTimePlan
  #bound = -Infinity
  /** of the last row */
  #rowtime = -Infinity
  /** the bound just after the last row */
  #base = -Infinity
  #floor = -Infinity
  #shift = 0

  constructor(plan: EventTimePlan) {
    this.#plan = plan
  }

  /** No row with a smaller event time counts. Epoch milliseconds. */
  get bound(): number {
    return this.#bound
  }

  /** How the bound came to where it is. */
  get completion(): Completion {
    return { bound: this.#bound, floor: this.#floor, shift: this.#shift }
  }

  /** ROWTIME has come to `rowtime`, finite. True: the bound has risen, as for the others. */
  reach(rowtime: number): boolean {
    const { column, idleMs } = this.#plan
    if (column === null) return this.#raise(rowtime, -Infinity, 0)
    if (idleMs === null || rowtime - this.#rowtime < idleMs || this.#rowtime === -Infinity) return false
    return this.#raise(this.#base + rowtime - this.#rowtime, this.#rowtime + idleMs, this.#rowtime - this.#base)
  }

  /** A row that counts. Call `reach` with its rowtime first. */
  row(eventTime: number, rowtime: number): boolean {
    const isRisen = this.#raise(eventTime - this.#plan.delayMs, rowtime, -Infinity)
    this.#rowtime = rowtime
    this.#base = this.#bound
    return isRisen
  }

  /**
   * Takes rows `rows[from, to)` as `reach` and `row` would, up to the first that needs a look: its event time is NULL, ahead of its
   * rowtime by more than `aheadMs` or below the bound, it comes after idle time, or the bound would come to `limit`.
   * @returns the place of that row, which is not taken, or `to`
   */
  follow(
    times: Float64Array,
    nulls: Uint8Array,
    rowtimes: Float64Array,
    rows: Int32Array,
    from: number,
    to: number,
    aheadMs: number,
    limit: number,
  ): number {
    const { delayMs, idleMs } = this.#plan
    REACHED[0] = this.#bound
    REACHED[1] = this.#rowtime
    // No comparison with NaN is true.
    const idle = idleMs ?? Number.NaN
    const end = followRows(times, nulls, rowtimes, rows, from, to, delayMs, idle, aheadMs, limit, REACHED)
    if (end === from) return end
    this.#bound = REACHED[0]!
    this.#rowtime = REACHED[1]!
    this.#base = this.#bound
    return end
  }

  /** The input has ended: every window is complete. */
  end(): boolean {
    return this.#plan.column === null
      ? this.#raise(Infinity, -Infinity, 0)
      : this.#raise(Infinity, this.#rowtime, -Infinity)
  }

  write(writer: StateWriter): void {
    writer.number(this.#bound)
    writer.number(this.#rowtime)
    writer.number(this.#base)
  }

  read(reader: StateReader): void {
    this.#bound = reader.number()
    this.#rowtime = reader.number()
    this.#base = reader.number()
  }

  #raise(bound: number, floor: number, shift: number): boolean {
    if (bound <= this.#bound) return false
    this.#bound = bound
    this.#floor = floor
    this.#shift = shift
    return true
  }
}

function followRows(
  times: Float64Array,
  nulls: Uint8Array,
  rowtimes: Float64Array,
  rows: Int32Array,
  from: number,
  to: number,
  delayMs: number,
  idleMs: number,
  aheadMs: number,
  limit: number,
  reached: Float64Array,
): number {
  let bound = reached[0]!
  let before = reached[1]!
  let i = from
  for (; i < to; i++) {
    const row = rows[i]!
    const time = times[row]!
    const rowtime = rowtimes[row]!
    if (nulls[row] === 1 || time < bound || time > rowtime + aheadMs || rowtime - before >= idleMs) break
    const next = time - delayMs
    if (next >= limit) break
    if (next > bound) bound = next
    before = rowtime
  }
  reached[0] = bound
  reached[1] = before
  return i
}
