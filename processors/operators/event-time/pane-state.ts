/**
 * Hopping, tumbling and cumulating windows as merges of panes. A pane is a slide (or a step) of event time with a group table of
 * its own; every row is added to one pane, whatever the number of windows it lies in. Panes are found by their start, and only
 * those with rows exist, so that a jump of the clock costs nothing.
 *
 *   hop         the panes of one size, merged anew at each end       [p0 p1 p2]  ->  [p1 p2 p3]
 *   cumulate    a running prefix: each end adds one pane             [p0]  ->  [p0 p1]  ->  [p0 p1 p2]  ->  nothing
 */
import { assert } from '../../../core/assert.ts'
import { type ColumnVector, ROWS_PER_BATCH_MAX } from '../../../core/rows.ts'
import type { EventWindow } from '../../sql/event-time.ts'
import type { GroupTable } from '../group-table.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { type LeavingWindow, startOf, type WindowState } from './window-state.ts'

/** What an empty group table costs. */
const PANE_BYTES = 4_096
/** Panes of one batch that take their rows at once, whatever lies between; the rest goes run by run. */
const PASSES_MAX = 4

// Scratch of one call.
const INSIDE = new Int32Array(ROWS_PER_BATCH_MAX)
const OTHERS = [new Int32Array(ROWS_PER_BATCH_MAX), new Int32Array(ROWS_PER_BATCH_MAX)] as const

export class PaneState implements WindowState {
  readonly #paneMs: number
  readonly #sizeMs: number
  readonly #cumulates: boolean
  readonly #newTable: () => GroupTable
  readonly #panes = new Map<number, GroupTable>()
  /** starts of the panes, rising */
  readonly #starts: number[] = []
  readonly #spare: GroupTable[] = []
  /** end of the last window that left */
  #lastEnd = -Infinity
  /** cumulate: what left last and will grow; hop: the merged panes of the window that leaves */
  readonly #merged: GroupTable
  /** cumulate: start of the windows whose rows are in `#merged`, or null where none is open */
  #prefixStart: number | null = null
  #groups = 0
  #bytes = 0

  constructor(window: Exclude<EventWindow, { kind: 'session' }>, newTable: () => GroupTable) {
    this.#paneMs = window.kind === 'hop' ? window.slideMs : window.stepMs
    this.#sizeMs = window.sizeMs
    this.#cumulates = window.kind === 'cumulate'
    this.#newTable = newTable
    this.#merged = newTable()
  }

  get groups(): number {
    return this.#groups + (this.#cumulates ? this.#merged.size : 0)
  }

  get windows(): number {
    return this.#starts.length
  }

  get bytes(): number {
    return this.#bytes + this.#starts.length * PANE_BYTES + this.#merged.bytes
  }

  get nextEndAtLeast(): number {
    return this.nextEnd
  }

  get nextEnd(): number {
    if (this.#prefixStart !== null) return this.#lastEnd + this.#paneMs
    const first = this.#starts[0]
    return first === undefined ? Infinity : Math.max(this.#lastEnd, first) + this.#paneMs
  }

  add(
    times: Float64Array,
    keys: readonly ColumnVector[],
    args: readonly (ColumnVector | null)[],
    rows: Int32Array,
    length: number,
  ): void {
    const size = this.#paneMs
    let left = rows
    let count = length
    // Rows out of order go back and forth between two panes; each pane takes its own at once, in their order.
    for (let pass = 0; pass < PASSES_MAX && count > 0; pass++) {
      const start = startOf(times[left[0]!]!, size)
      const run = runOf(times, left, 0, count, start, start + size)
      if (run === count) {
        this.#addTo(start, keys, args, left, 0, count)
        return
      }
      const others = left === OTHERS[0] ? OTHERS[1] : OTHERS[0]
      const inside = part(times, left, count, start, start + size, INSIDE, others)
      this.#addTo(start, keys, args, INSIDE, 0, inside)
      count -= inside
      left = others
    }
    for (let from = 0; from < count; ) {
      const start = startOf(times[left[from]!]!, size)
      const to = runOf(times, left, from, count, start, start + size)
      this.#addTo(start, keys, args, left, from, to)
      from = to
    }
  }

  take(): LeavingWindow {
    const end = this.nextEnd
    assert(end !== Infinity, 'a window is taken where there is one')
    this.#lastEnd = end
    if (this.#cumulates) return this.#takePrefix(end)
    const start = end - this.#sizeMs
    const inside: GroupTable[] = []
    for (const pane of this.#starts) {
      if (pane >= end) break
      inside.push(this.#panes.get(pane)!)
    }
    const [only] = inside
    if (inside.length === 1 && only !== undefined) return { start, end, groups: only }
    for (const pane of inside) this.#merged.merge(pane)
    return { start, end, groups: this.#merged }
  }

  release(): void {
    if (this.#cumulates) {
      const start = this.#prefixStart
      if (start !== null && this.#lastEnd === start + this.#sizeMs) {
        this.#prefixStart = null
        this.#merged.clear()
      }
      return
    }
    this.#merged.clear()
    while (this.#starts.length > 0 && this.#starts[0]! + this.#sizeMs <= this.#lastEnd) this.#dropFirst()
  }

  *write(writer: StateWriter): Generator<void> {
    writer.number(this.#lastEnd)
    writer.value(this.#prefixStart)
    yield* this.#merged.write(writer)
    writer.count(this.#starts.length)
    for (const start of this.#starts) {
      writer.number(start)
      yield* this.#panes.get(start)!.write(writer)
    }
  }

  read(reader: StateReader): void {
    this.#lastEnd = reader.number()
    const prefixStart = reader.value()
    this.#prefixStart = prefixStart === null ? null : Number(prefixStart)
    this.#merged.read(reader)
    for (let left = reader.count(); left > 0; left--) {
      const table = this.#pane(reader.number())
      table.read(reader)
      this.#groups += table.size
      this.#bytes += table.bytes
    }
  }

  #addTo(
    start: number,
    keys: readonly ColumnVector[],
    args: readonly (ColumnVector | null)[],
    rows: Int32Array,
    from: number,
    to: number,
  ): void {
    const table = this.#pane(start)
    const [groups, bytes] = [table.size, table.bytes]
    table.add(keys, args, rows, from, to)
    this.#groups += table.size - groups
    this.#bytes += table.bytes - bytes
  }

  #takePrefix(end: number): LeavingWindow {
    const pane = end - this.#paneMs
    this.#prefixStart ??= startOf(pane, this.#sizeMs)
    if (this.#starts[0] === pane) {
      this.#merged.merge(this.#panes.get(pane)!)
      this.#dropFirst()
    }
    return { start: this.#prefixStart, end, groups: this.#merged }
  }

  #pane(start: number): GroupTable {
    const known = this.#panes.get(start)
    if (known !== undefined) return known
    const table = this.#spare.pop() ?? this.#newTable()
    this.#panes.set(start, table)
    // Panes come nearly in order.
    let at = this.#starts.length
    while (at > 0 && this.#starts[at - 1]! > start) at--
    this.#starts.splice(at, 0, start)
    return table
  }

  #dropFirst(): void {
    const start = this.#starts.shift()!
    const table = this.#panes.get(start)!
    this.#panes.delete(start)
    this.#groups -= table.size
    this.#bytes -= table.bytes
    table.clear()
    // A clock that jumps leaves many panes at once; a few are enough to start anew.
    if (this.#spare.length < 4) this.#spare.push(table)
  }
}

/** The end of the run of rows from `from` on whose times lie in `[start, end)`. */
function runOf(times: Float64Array, rows: Int32Array, from: number, to: number, start: number, end: number): number {
  let i = from
  while (i < to) {
    const time = times[rows[i]!]!
    if (time < start || time >= end) break
    i++
  }
  return i
}

/** Parts rows into those whose times lie in `[start, end)` and the others; returns the number of the first. */
function part(
  times: Float64Array,
  rows: Int32Array,
  count: number,
  start: number,
  end: number,
  inside: Int32Array,
  others: Int32Array,
): number {
  let ins = 0
  let outs = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    const time = times[row]!
    if (time >= start && time < end) inside[ins++] = row
    else others[outs++] = row
  }
  return ins
}
