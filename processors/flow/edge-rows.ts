/**
 * The last rows of one edge. Copying a row costs more than passing it on, so only a few a second are taken: enough to see
 * what goes by, and all of them where little does. Who watches an edge gets more, at a rate of its own.
 */
import type { EdgeListener, SampledRow } from '../../core/flow.ts'
import { type RowBatch, typedValueAt, type Value } from '../../core/rows.ts'
import type { Selection } from '../expressions/selection.ts'

/** Rows that an edge remembers. */
export const EDGE_ROWS_MAX = 20
/** Rows a second that an edge copies while nobody watches it. */
export const EDGE_ROWS_PER_SECOND = 20
/** Bytes of one binary or characters of one text value that a sample keeps. */
export const SAMPLE_VALUE_MAX = 1_024

/** Rows that may be taken in the second that began at `since`. */
class Allowance {
  readonly perSecond: number
  #since = Number.NEGATIVE_INFINITY
  #left = 0

  constructor(perSecond: number) {
    this.perSecond = perSecond
  }

  take(wanted: number, now: number): number {
    if (now - this.#since >= 1_000) {
      this.#since = now
      this.#left = this.perSecond
    }
    const taken = Math.min(wanted, this.#left)
    this.#left -= taken
    return taken
  }
}

export class EdgeRows {
  readonly #allowance = new Allowance(EDGE_ROWS_PER_SECOND)
  readonly #watchers = new Set<{ readonly allowance: Allowance; readonly listener: EdgeListener }>()
  readonly #last: SampledRow[] = []
  #count = 0

  /** Rows that passed. */
  get count(): number {
    return this.#count
  }

  get last(): readonly SampledRow[] {
    return this.#last
  }

  /** @param now monotonic milliseconds */
  pass(rows: RowBatch, selection: Selection, now: number): void {
    const { length } = selection
    this.#count += length
    const kept = this.#allowance.take(Math.min(length, EDGE_ROWS_MAX), now)
    for (let i = length - kept; i < length; i++) this.#last.push(sampledRow(rows, selection.rows[i]!))
    if (this.#last.length > EDGE_ROWS_MAX) this.#last.splice(0, this.#last.length - EDGE_ROWS_MAX)
    for (const { allowance, listener } of this.#watchers) {
      const wanted = allowance.take(length, now)
      const taken: SampledRow[] = []
      for (let i = length - wanted; i < length; i++) taken.push(sampledRow(rows, selection.rows[i]!))
      listener(taken, length - wanted)
    }
  }

  watch(rowsPerSecond: number, listener: EdgeListener): () => void {
    const watcher = { allowance: new Allowance(rowsPerSecond), listener }
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }
}

function sampledRow(rows: RowBatch, row: number): SampledRow {
  const values = rows.schema.columns.map(({ type }, index) => {
    const column = rows.columns[index]
    return column === undefined ? null : copied(typedValueAt(column, type, row))
  })
  return { rowtime: rows.rowtimes[row] ?? Number.NaN, values }
}

/** Batches lend their bytes; a sample outlives them. */
function copied(value: Value): Value {
  if (value instanceof Uint8Array) return value.slice(0, SAMPLE_VALUE_MAX)
  return typeof value === 'string' && value.length > SAMPLE_VALUE_MAX ? `${value.slice(0, SAMPLE_VALUE_MAX)}…` : value
}
