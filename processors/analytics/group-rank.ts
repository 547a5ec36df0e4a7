/**
 * GROUP_RANK: rows of one rowtime wait until their group is complete, get their rank within it and leave. A group is
 * complete when a later rowtime is known, or when nothing has come for maxIdle milliseconds; the caller holds the clock
 * and asks with `idle`. Ties share a rank, and gaps follow.
 */
import { MillraceError } from '../../core/errors.ts'
import type { Value } from '../../core/rows.ts'
import { comparator } from '../expressions/comparison.ts'
import type { StateReader } from '../operators/state-reader.ts'
import type { StateWriter } from '../operators/state-writer.ts'
import { type GroupRankParameters, groupRankParameters } from './group-rank-parameters.ts'

export interface RankedRow {
  readonly values: readonly Value[]
  readonly rank: number
}

export interface RankedGroup {
  /** epoch milliseconds */
  readonly rowtime: number
  readonly rows: readonly RankedRow[]
}

/** Rows that wait at a time. */
export const GROUP_ROWS_MAX = 1_000_000

export class GroupRank {
  readonly #parameters: GroupRankParameters
  readonly #rowsMax: number
  /** ascending or descending, as asked for */
  readonly #compare: (a: Value, b: Value) => number
  #rows: (readonly Value[])[] = []
  #rowtime = -Infinity
  /** when the last row came, in the caller's milliseconds */
  #cameAt = -Infinity

  /** @throws MillraceError `invalid_argument`, see `groupRankParameters` */
  constructor(parameters: GroupRankParameters, rowsMax = GROUP_ROWS_MAX) {
    groupRankParameters(parameters)
    this.#parameters = parameters
    this.#rowsMax = rowsMax
    const compare = comparator(parameters.rankByType, parameters.rankByType)
    const direction = parameters.sortOrder.toLowerCase() === 'asc' ? 1 : -1
    this.#compare = (a, b) => {
      if (a === null || b === null) return direction * (Number(b === null) - Number(a === null))
      return direction * compare(a, b)
    }
  }

  /**
   * Takes a row. `advance` with its rowtime comes first, so that an earlier group has left.
   * @param now milliseconds of a clock that never goes back, the one that `idle` asks with
   * @throws MillraceError `state_limit` when too many rows have one rowtime
   */
  push(rowtime: number, values: readonly Value[], now: number): void {
    if (this.#rows.length >= this.#rowsMax)
      throw new MillraceError(
        'state_limit',
        `group of GROUP_RANK is over its limit of ${this.#rowsMax} rows of one ROWTIME; rank fewer rows, or set maxIdle`,
      )
    this.#rows.push(values)
    this.#rowtime = rowtime
    this.#cameAt = now
  }

  /** No later row has a smaller rowtime. Gives the waiting group when the bound is above its rowtime. */
  advance(bound: number): RankedGroup | null {
    return bound > this.#rowtime ? this.#complete() : null
  }

  /** When `idle` will find the group complete if nothing comes; null: never. */
  get idleAt(): number | null {
    const { maxIdle } = this.#parameters
    return maxIdle === 0 || this.#rows.length === 0 ? null : this.#cameAt + maxIdle
  }

  /** Gives the waiting group after maxIdle of silence. Rows of its rowtime that come later are a group of their own. */
  idle(now: number): RankedGroup | null {
    return this.idleAt !== null && now >= this.idleAt ? this.#complete() : null
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.number(this.#rowtime)
    writer.count(this.#rows.length)
    for (const row of this.#rows) {
      writer.count(row.length)
      for (const value of row) writer.value(value)
      if (writer.sliceFull) yield
    }
  }

  /** @param now silence begins anew: clocks of two processes have nothing in common */
  restore(reader: StateReader, now: number): void {
    this.#rowtime = reader.number()
    this.#cameAt = now
    this.#rows = []
    const count = reader.count()
    for (let i = 0; i < count; i++) {
      const columns = reader.count()
      const row: Value[] = []
      for (let j = 0; j < columns; j++) row.push(reader.value())
      this.#rows.push(row)
    }
  }

  #complete(): RankedGroup | null {
    if (this.#rows.length === 0) return null
    const { rankBy, outputMax } = this.#parameters
    const outputOrder = this.#parameters.outputOrder.toLowerCase()
    const rows = this.#rows
    this.#rows = []
    const key = (index: number): Value => rows[index]![rankBy] ?? null
    const order = rows.map((_, index) => index)
    order.sort((a, b) => this.#compare(key(a), key(b)) || a - b)
    const ranks = new Int32Array(rows.length)
    for (const [place, index] of order.entries()) {
      const before = order[place - 1]
      ranks[index] = before !== undefined && this.#compare(key(before), key(index)) === 0 ? ranks[before]! : place + 1
    }
    let leaving = order
    if (outputOrder === 'desc') leaving = order.toSorted((a, b) => ranks[b]! - ranks[a]! || a - b)
    else if (outputOrder !== 'asc') leaving = rows.map((_, index) => index)
    if (outputMax > 0) leaving = leaving.slice(0, outputMax)
    return { rowtime: this.#rowtime, rows: leaving.map(index => ({ values: rows[index]!, rank: ranks[index]! })) }
  }
}
