/**
 * Groups of event windows over the rows of a stream. Every row moves the watermark, also one that the condition drops; a window
 * leaves when the watermark has come to its end, in the order of ends, once, with the ROWTIME at which it was known complete or its
 * end, whichever is later.
 *
 *   row ──► state (panes or sessions)          watermark ──► completions
 *                      └──────────── work(): the window that ends next, if complete ──► groups as rows
 */
import { assert } from '../../../core/assert.ts'
import type { TextSpan } from '../../../core/errors.ts'
import { RowBuilder } from '../../../core/row-builder.ts'
import type { RowBatch, Value } from '../../../core/rows.ts'
import type { Schema } from '../../../core/schema.ts'
import { RowFailure, RowFailures } from '../../expressions/failures.ts'
import type { Kernel } from '../../expressions/kernel.ts'
import { everyRow, type Selection } from '../../expressions/selection.ts'
import { asNumbers } from '../../expressions/vectors.ts'
import type { EventTimePlan } from '../../sql/event-time.ts'
import { type StateLimits, stateLimitError } from '../limits.ts'
import type { Input, Operator } from '../operator.ts'
import { type RowErrors, withoutFailures } from '../row-errors.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { type Completion, EventClock } from './event-clock.ts'
import type { LeavingWindow, WindowState } from './window-state.ts'

export interface EventAggregateOptions {
  readonly name: string
  /** keys, start, end and time of the window, aggregates */
  readonly schema: Schema
  readonly time: EventTimePlan
  readonly state: WindowState
  /** rows for which it is not TRUE are in no window */
  readonly condition: Kernel | null
  readonly keys: readonly Kernel[]
  /** null for COUNT(*) */
  readonly args: readonly (Kernel | null)[]
  /** place of each aggregate */
  readonly spans: readonly TextSpan[]
  readonly output: Input
  readonly errors: RowErrors
  readonly limits: StateLimits
}

/** Batches that leave in one slice of work. */
const BATCHES_PER_SLICE = 4

export class EventAggregate implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: EventAggregateOptions
  readonly #clock: EventClock
  readonly #builder: RowBuilder
  /** rising, as far as windows may end there */
  readonly #completions: Completion[] = []
  #leaving: LeavingWindow | null = null
  #nextGroup = 0
  /** of the window that leaves; rises */
  #rowtime = -Infinity
  /** what the output may be told once everything complete has left */
  #bound = -Infinity
  #told = -Infinity

  constructor(options: EventAggregateOptions) {
    this.name = options.name
    this.#options = options
    this.#clock = new EventClock(options.time)
    this.#builder = new RowBuilder(options.schema)
  }

  push(rows: RowBatch, selection: Selection): void {
    const { state, keys, args, errors, time } = this.#options
    const failures = new RowFailures()
    const evaluation = { batch: rows, failures }
    const chosen = this.#chosen(rows, selection)
    const keyColumns = keys.map(kernel => kernel(evaluation, chosen))
    const argColumns = args.map(kernel => (kernel === null ? null : kernel(evaluation, chosen)))
    const kept = withoutFailures(rows, chosen, failures, errors)
    const column = time.column === null ? null : rows.columns[time.column]
    assert(column === null || column?.layout === 'number', 'event time is a TIMESTAMP column')
    const times = column === null ? rows.rowtimes : column.values
    if (kept.length > 0) state.add(times, keyColumns, argColumns, kept.rows, kept.length)
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const rowtime = rows.rowtimes[row]!
      if (this.#clock.reach(rowtime)) this.#complete()
      if (this.#clock.row(times[row]!, rowtime)) this.#complete()
    }
    const { limits } = this.#options
    if (state.groups > limits.maxKeys) throw stateLimitError(this.name, 'maxKeys', limits.maxKeys)
    if (state.bytes > limits.maxBytes) throw stateLimitError(this.name, 'maxBytes', limits.maxBytes)
  }

  advance(bound: number): void {
    const isRisen = bound === Infinity ? this.#clock.end() : this.#clock.reach(bound)
    if (isRisen) this.#complete()
    this.#bound = Math.max(this.#bound, bound)
    if (!this.#isPending()) this.#tell()
  }

  work(): boolean {
    const { state } = this.#options
    let batches = 0
    while (batches < BATCHES_PER_SLICE) {
      this.#leaving ??= this.#next()
      if (this.#leaving === null) {
        this.#flush()
        this.#tell()
        return false
      }
      if (this.#nextGroup === this.#leaving.size) {
        state.release()
        this.#leaving = null
        this.#nextGroup = 0
        continue
      }
      this.#emit(this.#leaving, this.#nextGroup++)
      if (this.#builder.full) {
        this.#flush()
        batches++
      }
    }
    return true
  }

  *snapshot(writer: StateWriter): Generator<void> {
    assert(!this.#isPending(), 'a snapshot is taken when no output is pending')
    this.#clock.write(writer)
    writer.number(this.#rowtime)
    writer.number(this.#bound)
    yield* this.#options.state.write(writer)
  }

  restore(reader: StateReader): void {
    this.#clock.read(reader)
    this.#rowtime = reader.number()
    this.#bound = reader.number()
    this.#told = this.#bound
    this.#options.state.read(reader)
  }

  #chosen(rows: RowBatch, selection: Selection): Selection {
    const { condition, errors } = this.#options
    if (condition === null) return selection
    const failures = new RowFailures()
    const { values, nulls } = asNumbers(condition({ batch: rows, failures }, selection))
    const sound = withoutFailures(rows, selection, failures, errors)
    const chosen = new Int32Array(sound.length)
    let length = 0
    for (let i = 0; i < sound.length; i++) {
      const row = sound.rows[i]!
      if (values[row] === 1 && nulls[row] === 0) chosen[length++] = row
    }
    return { rows: chosen, length }
  }

  #complete(): void {
    if (this.#clock.bound >= this.#options.state.nextEnd) this.#completions.push(this.#clock.completion)
  }

  #isPending(): boolean {
    if (this.#leaving !== null || this.#builder.length > 0) return true
    return this.#options.state.nextEnd <= (this.#completions.at(-1)?.bound ?? -Infinity)
  }

  /** Takes the window that ends next if it is complete. */
  #next(): LeavingWindow | null {
    const { state } = this.#options
    const end = state.nextEnd
    const at = end === Infinity ? -1 : this.#completions.findIndex(({ bound }) => bound >= end)
    const completion = this.#completions[at]
    if (completion === undefined) {
      // Later windows end above every bound so far.
      this.#completions.length = 0
      return null
    }
    this.#completions.splice(0, at)
    this.#rowtime = Math.max(this.#rowtime, end, completion.floor, end + completion.shift)
    return state.take()
  }

  #emit(window: LeavingWindow, group: number): void {
    const { schema, errors, spans } = this.#options
    const { start, end } = window
    const values = [...window.keysOf(group), start, end, end - 1]
    const results = window.resultsOf(group)
    const failed = results.findIndex(result => result instanceof RowFailure)
    const failure = results[failed]
    if (failure instanceof RowFailure) {
      const { line, column } = spans[failed]!
      const keySchema = { columns: schema.columns.slice(0, values.length) }
      errors.reportValues(keySchema, values, this.#rowtime, failure.name, `${line}:${column} ${failure.message}`)
      return
    }
    this.#builder.add(this.#rowtime, [...values, ...(results as Value[])])
  }

  #flush(): void {
    if (this.#builder.length === 0) return
    const rows = this.#builder.take()
    this.#options.output.push(rows, everyRow(rows.length))
  }

  #tell(): void {
    if (this.#bound <= this.#told) return
    this.#told = this.#bound
    this.#options.output.advance(this.#bound)
  }
}
