/**
 * Sliding windows: each row leaves at once, with its rowtime and the values of its functions behind its columns. A row
 * whose arguments fail enters no window; one whose result does not fit its type stays in its windows and does not leave.
 */
import type { TextSpan } from '../../core/errors.ts'
import type { ColumnVector, RowBatch } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import { RowFailure, RowFailures } from '../expressions/failures.ts'
import type { Kernel } from '../expressions/kernel.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import { type VectorWriter, valueReader, vectorWriter } from '../expressions/vectors.ts'
import type { FramePlan } from '../sql/sliding-plan.ts'
import { gatherColumn, gatherNumbers, gatherOrigin } from './gather.ts'
import { type StateLimits, stateLimitError } from './limits.ts'
import type { Input, Operator } from './operator.ts'
import { type RowErrors, withoutFailures } from './row-errors.ts'
import { FrameWindow } from './sliding/frame-window.ts'
import { isRangeTotals, RangeTotals } from './sliding/range-totals.ts'
import { RunningWindow } from './sliding/running-window.ts'
import type { SlidingWindow, TakeColumn, TakeResult, WindowFunction } from './sliding/sliding-window.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface SlideValue {
  readonly kernel: Kernel
  readonly type: SqlType
}

export interface SlideFunction extends Omit<WindowFunction, 'index'> {
  /** index into the windows */
  readonly window: number
  /** LAG: the value where there is no row; null for NULL */
  readonly otherwise: Kernel | null
  readonly span: TextSpan
}

export interface SlideOptions {
  readonly name: string
  /** the columns of the input, then the functions */
  readonly schema: Schema
  readonly arguments: readonly SlideValue[]
  readonly windows: readonly { readonly partition: readonly SlideValue[]; readonly frame: FramePlan }[]
  readonly functions: readonly SlideFunction[]
  readonly output: Input
  readonly errors: RowErrors
  readonly limits: StateLimits
}

export class Slide implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: SlideOptions
  readonly #windows: readonly SlidingWindow[]

  constructor(options: SlideOptions) {
    this.name = options.name
    this.#options = options
    const functions = options.functions.map((each, index) => ({ ...each, index }))
    this.#windows = options.windows.map(({ partition, frame }, window) => {
      const of = {
        partition: partition.map(({ type }) => type),
        frame,
        arguments: options.arguments.map(({ type }) => type),
        functions: functions.filter(each => each.window === window),
      }
      if (frame.preceding === null) return new RunningWindow(of)
      return isRangeTotals(of) ? new RangeTotals(of, frame.preceding) : new FrameWindow(of, frame.preceding)
    })
  }

  push(rows: RowBatch, selection: Selection): void {
    const { functions, windows, errors, output, schema } = this.#options
    const failures = new RowFailures()
    const evaluation = { batch: rows, failures }
    const args = this.#options.arguments.map(({ kernel }) => kernel(evaluation, selection))
    const partitions = windows.map(({ partition }) => partition.map(({ kernel }) => kernel(evaluation, selection)))
    const defaults = functions.map(({ otherwise, type }) => {
      return otherwise === null ? null : valueReader(otherwise(evaluation, selection), storageOf(type))
    })
    const entering = withoutFailures(rows, selection, failures, errors)
    if (entering.length === 0) return
    const writers = functions.map((): VectorWriter | null => null)
    const results: ColumnVector[] = []
    const unfit = new RowFailures()
    const take: TakeResult = (index, row, value) => {
      if (value instanceof RowFailure) unfit.add(row, value, functions[index]!.span)
      else {
        const writer = (writers[index] ??= vectorWriter(storageOf(functions[index]!.type), rows.length))
        writer.set(row, value === undefined ? (defaults[index]?.(row) ?? null) : value)
      }
    }
    const takeColumn: TakeColumn = (index, column) => {
      results[index] = column
    }
    this.#windows.forEach((window, index) => window.push(rows, entering, partitions[index]!, args, take, takeColumn))
    this.#checkLimits()
    const kept = withoutFailures(rows, entering, unfit, errors)
    if (kept.length === 0) return
    writers.forEach((writer, index) => {
      if (writer !== null) results[index] = writer.finish()
    })
    const columns = [...rows.columns, ...results]
    const slid: RowBatch = {
      schema,
      length: kept.length,
      rowtimes: gatherNumbers(rows.rowtimes, kept, rows.length),
      columns: columns.map(column => gatherColumn(column, kept, rows.length)),
      origin: gatherOrigin(rows.origin, kept, rows.length),
    }
    output.push(slid, everyRow(slid.length))
  }

  advance(bound: number): void {
    for (const window of this.#windows) window.advance(bound)
    this.#options.output.advance(bound)
  }

  get stateBytes(): number {
    return this.#windows.reduce((bytes, window) => bytes + window.bytes, 0)
  }

  work(): boolean {
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    for (const window of this.#windows) yield* window.write(writer)
  }

  restore(reader: StateReader): void {
    for (const window of this.#windows) window.read(reader)
  }

  #checkLimits(): void {
    const { maxKeys, maxBytes } = this.#options.limits
    const keys = this.#windows.reduce((sum, window) => sum + window.keys, 0)
    if (keys > maxKeys) throw stateLimitError(this.name, 'maxKeys', maxKeys)
    if (this.stateBytes > maxBytes) throw stateLimitError(this.name, 'maxBytes', maxBytes)
  }
}
