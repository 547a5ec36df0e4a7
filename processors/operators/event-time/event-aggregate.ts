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
import { ROWS_PER_BATCH_MAX, type RowBatch } from '../../../core/rows.ts'
import type { Schema } from '../../../core/schema.ts'
import { RowFailures } from '../../expressions/failures.ts'
import type { FilterKernel, Kernel } from '../../expressions/kernel.ts'
import type { Selection } from '../../expressions/selection.ts'
import type { EventTimePlan } from '../../sql/event-time.ts'
import { Departures } from '../departures.ts'
import { GroupResults } from '../group-results.ts'
import { type StateLimits, stateLimitError } from '../limits.ts'
import type { Input, Operator } from '../operator.ts'
import { type RowErrors, reportFailures, withoutFailures } from '../row-errors.ts'
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
  readonly condition: FilterKernel | null
  readonly keys: readonly Kernel[]
  /** null for COUNT(*) */
  readonly args: readonly (Kernel | null)[]
  /** place of each aggregate */
  readonly spans: readonly TextSpan[]
  readonly output: Input
  readonly errors: RowErrors
  readonly limits: StateLimits
}

const NO_NULLS = new Uint8Array(ROWS_PER_BATCH_MAX)

export class EventAggregate implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: EventAggregateOptions
  readonly #clock: EventClock
  readonly #departures: Departures
  readonly #results: GroupResults
  /** rising, as far as windows may end there */
  readonly #completions: Completion[] = []
  #leaving: LeavingWindow | null = null
  #nextGroup = 0
  /** of the window that leaves; rises */
  #rowtime = -Infinity

  constructor(options: EventAggregateOptions) {
    this.name = options.name
    this.#options = options
    this.#clock = new EventClock(options.time)
    this.#departures = new Departures(options.schema, options.output)
    const { length } = options.keys
    this.#results = new GroupResults({
      schema: options.schema,
      keys: options.keys.map((_, key) => key),
      shared: [length, length + 1, length + 2],
      spans: options.spans,
      errors: options.errors,
    })
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
    this.#follow(times, rows.rowtimes, selection)
    const { limits } = this.#options
    if (state.groups > limits.maxKeys) throw stateLimitError(this.name, 'maxKeys', limits.maxKeys)
    const { maxOpenWindows } = limits
    if (state.windows > maxOpenWindows) throw stateLimitError(this.name, 'maxOpenWindows', maxOpenWindows)
    if (state.bytes > limits.maxBytes) throw stateLimitError(this.name, 'maxBytes', limits.maxBytes)
  }

  advance(bound: number): void {
    const isRisen = bound === Infinity ? this.#clock.end() : this.#clock.reach(bound)
    if (isRisen) this.#complete()
    this.#departures.advance(bound)
    if (!this.#isPending()) this.#departures.tell()
  }

  get stateBytes(): number {
    return this.#options.state.bytes
  }

  work(): boolean {
    return this.#departures.work(() => this.#write())
  }

  *snapshot(writer: StateWriter): Generator<void> {
    assert(!this.#isPending(), 'a snapshot is taken when no output is pending')
    this.#clock.write(writer)
    writer.number(this.#rowtime)
    writer.number(this.#departures.bound)
    yield* this.#options.state.write(writer)
  }

  restore(reader: StateReader): void {
    this.#clock.read(reader)
    this.#rowtime = reader.number()
    this.#departures.restore(reader.number())
    this.#options.state.read(reader)
  }

  #chosen(rows: RowBatch, selection: Selection): Selection {
    const { condition, errors } = this.#options
    if (condition === null) return selection
    const failures = new RowFailures()
    const chosen = condition({ batch: rows, failures }, selection)
    reportFailures(rows, selection, failures, errors)
    return chosen
  }

  #complete(): void {
    if (this.#clock.bound >= this.#options.state.nextEnd) this.#completions.push(this.#clock.completion)
  }

  #isPending(): boolean {
    if (this.#leaving !== null || this.#departures.builder.length > 0) return true
    return this.#options.state.nextEnd <= (this.#completions.at(-1)?.bound ?? -Infinity)
  }

  /** Takes the window that ends next if it is complete. */
  #next(): LeavingWindow | null {
    const { state } = this.#options
    const end = state.nextEnd
    let at = 0
    while (at < this.#completions.length && this.#completions[at]!.bound < end) at++
    const completion = this.#completions[at]
    if (end === Infinity || completion === undefined) {
      // Later windows end above every bound so far.
      this.#completions.length = 0
      return null
    }
    if (at > 0) this.#completions.splice(0, at)
    this.#rowtime = Math.max(this.#rowtime, end, completion.floor, end + completion.shift)
    return state.take()
  }

  /** Puts groups of the next complete window into the batch that leaves. False: there is none. */
  #write(): boolean {
    const window = (this.#leaving ??= this.#next())
    if (window === null) return false
    const { start, end, groups } = window
    const shared = [start, end, end - 1]
    this.#nextGroup = this.#results.write(this.#departures.builder, groups, this.#nextGroup, this.#rowtime, shared)
    if (this.#nextGroup === groups.size) {
      this.#options.state.release()
      this.#leaving = null
      this.#nextGroup = 0
    }
    return true
  }

  /** Moves the watermark by all rows. */
  #follow(times: Float64Array, rowtimes: Float64Array, { rows, length }: Selection): void {
    const clock = this.#clock
    for (let i = 0; i < length; i++) {
      const limit = this.#options.state.nextEndAtLeast
      i = clock.follow(times, NO_NULLS, rowtimes, rows, i, length, Infinity, limit)
      if (i === length) return
      const row = rows[i]!
      if (clock.reach(rowtimes[row]!)) this.#complete()
      if (clock.row(times[row]!, rowtimes[row]!)) this.#complete()
    }
  }
}
