/**
 * The entry of a stream with a watermark. Rows behind the watermark and rows from senders whose clock runs ahead go to the
 * error output, each with its place; what is left may be in any order within the delay. Rows keep their ROWTIME.
 */
import { assert } from '../../../core/assert.ts'
import type { NumberColumn, RowBatch } from '../../../core/rows.ts'
import { timestampText } from '../../expressions/datetime-text.ts'
import type { Selection } from '../../expressions/selection.ts'
import type { WatermarkPlan } from '../../sql/event-time.ts'
import type { Input, Operator } from '../operator.ts'
import type { RowErrors } from '../row-errors.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { EventClock } from './event-clock.ts'

export interface WatermarkOptions {
  /** of the stream */
  readonly stream: string
  readonly plan: WatermarkPlan
  readonly output: Input
  readonly errors: RowErrors
}

export class Watermark implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: WatermarkOptions
  readonly #clock: EventClock

  constructor(options: WatermarkOptions) {
    const { column, delayMs, latenessMs, idleMs } = options.plan
    this.name = `watermark of "${options.stream}"`
    this.#options = options
    this.#clock = new EventClock({ column, delayMs: delayMs + latenessMs, idleMs })
  }

  push(rows: RowBatch, selection: Selection): void {
    const { plan, output } = this.#options
    const column = rows.columns[plan.column]
    assert(column?.layout === 'number', 'event time is a TIMESTAMP column')
    const { rows: chosen, length } = selection
    const ahead = plan.aheadMs ?? Infinity
    let kept: Int32Array | null = null
    let count = 0
    for (let i = 0; i < length; ) {
      const end = this.#clock.follow(column.values, column.nulls, rows.rowtimes, chosen, i, length, ahead, Infinity)
      if (i === 0 && end === length) {
        output.push(rows, selection)
        return
      }
      kept ??= new Int32Array(length)
      while (i < end) kept[count++] = chosen[i++]!
      if (i < length && this.#takes(rows, column, chosen[i]!)) kept[count++] = chosen[i]!
      i++
    }
    if (kept !== null && count > 0) output.push(rows, count === length ? selection : { rows: kept, length: count })
  }

  advance(bound: number): void {
    if (bound !== Infinity) this.#clock.reach(bound)
    this.#options.output.advance(bound)
  }

  work(): boolean {
    return false
  }

  /** Looks at one row with all care: counts it, or reports it. */
  #takes(rows: RowBatch, { values, nulls }: NumberColumn, row: number): boolean {
    const { plan, errors, stream } = this.#options
    const clock = this.#clock
    const rowtime = rows.rowtimes[row]!
    const eventTime = values[row]!
    clock.reach(rowtime)
    if (nulls[row] === 1) {
      errors.report(rows, row, 'NULL_NOT_ALLOWED', `NULL for the event time of stream "${stream}"`)
    } else if (plan.aheadMs !== null && eventTime > rowtime + plan.aheadMs) {
      const message = `event time ${timestampText(eventTime, true)} is ${eventTime - rowtime} ms after its arrival, more than the MAX_AHEAD of ${plan.aheadMs} ms of stream "${stream}"`
      errors.report(rows, row, 'CLOCK_SKEW', message)
    } else if (eventTime < clock.bound) {
      const message = `late row: its event time ${timestampText(eventTime, true)} is below ${timestampText(clock.bound, true)}, to which stream "${stream}" waits`
      errors.report(rows, row, 'LATE_ROW', message)
    } else {
      clock.row(eventTime, rowtime)
      return true
    }
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    this.#clock.write(writer)
    yield
  }

  restore(reader: StateReader): void {
    this.#clock.read(reader)
  }
}
