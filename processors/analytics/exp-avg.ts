/**
 * EXP_AVG(x, INTERVAL 'h'): the mean over a sliding frame in which a value of age a weighs 2^(-a/h); NULLs are skipped.
 * Nothing is ever subtracted: rows that leave are on one stack that holds its sums from each row on, rows that come are
 * on another with one running sum, and when the first is empty the second is turned over. Sums refer to the time of
 * their newest value, so that weights neither overflow nor vanish together.
 */

import { MillraceError } from '../../core/errors.ts'
import type { StateReader } from '../operators/state-reader.ts'
import type { StateWriter } from '../operators/state-writer.ts'
import { remaining } from './half-life.ts'

/** Rows in a frame. */
export const FRAME_ROWS_MAX = 1_000_000

/** Weights and weighted values, added up, as seen at `at`. */
interface Sums {
  readonly at: number
  readonly weight: number
  readonly value: number
}

const NOTHING: Sums = { at: -Infinity, weight: 0, value: 0 }

export class ExpAvg {
  readonly #halfLifeMs: number
  readonly #rowsMax: number
  /** times and values in order of arrival; NaN is NULL */
  #times: number[] = []
  #values: number[] = []
  /** rows that have left `#times` in front */
  #gone = 0
  /** `#tail[i]`: the sums of rows i to the turn */
  #tail: Sums[] = []
  #turn = 0
  #recent = NOTHING

  /**
   * @param halfLifeMs above 0
   * @throws MillraceError `invalid_argument`
   */
  constructor(halfLifeMs: number, rowsMax = FRAME_ROWS_MAX) {
    if (!(halfLifeMs > 0 && halfLifeMs < Infinity))
      throw new MillraceError(
        'invalid_argument',
        `half-life of EXP_AVG is ${halfLifeMs} ms; give an interval above 0, as INTERVAL '10' SECOND`,
      )
    this.#halfLifeMs = halfLifeMs
    this.#rowsMax = rowsMax
  }

  /** Rows in the frame, NULLs included. */
  get length(): number {
    return this.#times.length - this.#gone
  }

  /**
   * Takes a row, not before the last. @param rowtime milliseconds @param value null is skipped, but is a row of the frame
   * @throws MillraceError `state_limit`
   */
  add(rowtime: number, value: number | null): void {
    if (this.length >= this.#rowsMax)
      throw new MillraceError(
        'state_limit',
        `frame of EXP_AVG is over its limit of ${this.#rowsMax} rows; take a shorter frame`,
      )
    this.#times.push(rowtime)
    this.#values.push(value ?? NaN)
    this.#recent = this.#joined(this.#recent, sumsOf(rowtime, value ?? NaN))
  }

  /** Rows before this rowtime leave the frame. */
  dropBefore(rowtime: number): void {
    while (this.length > 0 && this.#times[this.#gone]! < rowtime) this.#drop()
  }

  /** The oldest rows leave, until at most `rows` are in the frame. */
  dropTo(rows: number): void {
    while (this.length > rows) this.#drop()
  }

  /** The mean; null when the frame has no values. */
  result(): number | null {
    const front = this.#gone < this.#turn ? this.#tail[this.#gone]! : NOTHING
    const { weight, value } = this.#joined(front, this.#recent)
    return weight === 0 ? null : value / weight
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.count(this.length)
    // Where the stacks meet decides how sums are rounded.
    writer.count(Math.max(0, this.#turn - this.#gone))
    for (let i = this.#gone; i < this.#times.length; i++) {
      writer.number(this.#times[i]!)
      writer.number(this.#values[i]!)
      if (writer.sliceFull) yield
    }
  }

  restore(reader: StateReader): void {
    const length = reader.count()
    const turn = reader.count()
    if (length > this.#rowsMax || turn > length)
      throw new MillraceError(
        'unreadable_input',
        `snapshot of EXP_AVG holds ${length} rows, more than its frame; start the application without it`,
      )
    this.#times = []
    this.#values = []
    this.#gone = 0
    for (let i = 0; i < length; i++) {
      this.#times.push(reader.number())
      this.#values.push(reader.number())
    }
    this.#turnOver(turn)
    for (let i = turn; i < length; i++)
      this.#recent = this.#joined(this.#recent, sumsOf(this.#times[i]!, this.#values[i]!))
  }

  #drop(): void {
    if (this.#gone >= this.#turn) {
      this.#times = this.#times.slice(this.#gone)
      this.#values = this.#values.slice(this.#gone)
      this.#gone = 0
      this.#turnOver(this.#times.length)
    }
    this.#gone++
  }

  /** Rows before `turn` get their sums from each on; nothing is recent. */
  #turnOver(turn: number): void {
    this.#turn = turn
    this.#recent = NOTHING
    this.#tail = Array.from({ length: turn }, () => NOTHING)
    let sums = NOTHING
    for (let i = turn - 1; i >= 0; i--) {
      sums = this.#joined(sumsOf(this.#times[i]!, this.#values[i]!), sums)
      this.#tail[i] = sums
    }
  }

  #joined(older: Sums, newer: Sums): Sums {
    if (older.weight === 0) return newer
    if (newer.weight === 0) return older
    const fade = remaining((newer.at - older.at) / this.#halfLifeMs)
    return { at: newer.at, weight: older.weight * fade + newer.weight, value: older.value * fade + newer.value }
  }
}

function sumsOf(at: number, value: number): Sums {
  return Number.isNaN(value) ? NOTHING : { at, weight: 1, value }
}
