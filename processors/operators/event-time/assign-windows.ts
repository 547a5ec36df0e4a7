/** Each row once for every hopping or cumulating window that it lies in, by the end of the window. Stateless; rows keep their ROWTIME. */
import { assert } from '../../../core/assert.ts'
import { type NumberColumn, ROWS_PER_BATCH_MAX, type RowBatch } from '../../../core/rows.ts'
import type { Schema } from '../../../core/schema.ts'
import { everyRow, type Selection } from '../../expressions/selection.ts'
import type { EventTimePlan, EventWindow } from '../../sql/event-time.ts'
import { gatherColumn, gatherNumbers, gatherOrigin } from '../gather.ts'
import type { Input } from '../operator.ts'
import { startOf } from './window-state.ts'

export interface AssignWindowsOptions {
  /** schema of the input, then start, end and time of the window */
  readonly schema: Schema
  readonly time: EventTimePlan
  readonly window: Exclude<EventWindow, { kind: 'session' }>
  readonly output: Input
}

export class AssignWindows implements Input {
  readonly #options: AssignWindowsOptions

  constructor(options: AssignWindowsOptions) {
    this.#options = options
  }

  push(rows: RowBatch, selection: Selection): void {
    const { time, window } = this.#options
    const column = time.column === null ? null : rows.columns[time.column]
    assert(column === null || column?.layout === 'number', 'event time is a TIMESTAMP column')
    const times = column === null ? rows.rowtimes : column.values
    const paneMs = window.kind === 'hop' ? window.slideMs : window.stepMs
    let chosen = new Int32Array(ROWS_PER_BATCH_MAX)
    let starts = new Float64Array(ROWS_PER_BATCH_MAX)
    let ends = new Float64Array(ROWS_PER_BATCH_MAX)
    let length = 0
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const pane = startOf(times[row]!, paneMs)
      const whole = startOf(pane, window.sizeMs)
      const lastEnd = (window.kind === 'hop' ? pane : whole) + window.sizeMs
      for (let end = pane + paneMs; end <= lastEnd; end += paneMs) {
        chosen[length] = row
        starts[length] = window.kind === 'hop' ? end - window.sizeMs : whole
        ends[length] = end
        if (++length < ROWS_PER_BATCH_MAX) continue
        this.#pass(rows, { rows: chosen, length }, starts, ends)
        chosen = new Int32Array(ROWS_PER_BATCH_MAX)
        starts = new Float64Array(ROWS_PER_BATCH_MAX)
        ends = new Float64Array(ROWS_PER_BATCH_MAX)
        length = 0
      }
    }
    if (length > 0) this.#pass(rows, { rows: chosen, length }, starts, ends)
  }

  advance(bound: number): void {
    this.#options.output.advance(bound)
  }

  #pass(rows: RowBatch, copies: Selection, starts: Float64Array, ends: Float64Array): void {
    // Rows repeat, so their number says nothing about which they are: no length of a batch makes them all of it.
    const all = -1
    const { length } = copies
    const nulls = new Uint8Array(length)
    const added = [starts, ends, ends.map(end => end - 1)]
    const columns = added.map((values): NumberColumn => ({ layout: 'number', values, nulls }))
    const batch: RowBatch = {
      schema: this.#options.schema,
      length,
      rowtimes: gatherNumbers(rows.rowtimes, copies, all),
      columns: [...rows.columns.map(column => gatherColumn(column, copies, all)), ...columns],
      origin: gatherOrigin(rows.origin, copies, all),
    }
    this.#options.output.push(batch, everyRow(length))
  }
}
