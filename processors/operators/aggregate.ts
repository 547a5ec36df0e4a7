/**
 * Tumbling groups: one window is open at a time, because its key never runs backwards. A window closes in the middle of
 * a batch when its end lies there; its groups then wait to leave, in first-seen order, with the window's end as rowtime.
 *
 *   no window --row--> open --row of another window, or clock at the end--> closed, waits for work() --> gone
 */
import { assert } from '../../core/assert.ts'
import type { TextSpan } from '../../core/errors.ts'
import { type ColumnVector, isNullAt, type RowBatch, typedValueAt, type Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import type { SqlType } from '../../core/sql-type.ts'
import { RowFailure, RowFailures } from '../expressions/failures.ts'
import type { Kernel } from '../expressions/kernel.ts'
import type { Selection } from '../expressions/selection.ts'
import type { AggregateName, WindowPlan } from '../sql/plan-node.ts'
import { accumulatorOf } from './accumulators.ts'
import { Departures } from './departures.ts'
import { GroupResults } from './group-results.ts'
import { GroupTable } from './group-table.ts'
import { type StateLimits, stateLimitError } from './limits.ts'
import type { Input, Operator } from './operator.ts'
import { type RowErrors, withoutFailures } from './row-errors.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'
import { includesEnd, windowEnd } from './window-end.ts'

export interface CompiledKey {
  readonly kernel: Kernel
  readonly type: SqlType
  readonly span: TextSpan
}

export interface CompiledAggregate {
  readonly name: AggregateName
  /** default false */
  readonly distinct?: boolean
  /** null for COUNT(*) */
  readonly argument: { readonly kernel: Kernel; readonly type: SqlType } | null
  readonly type: SqlType
  readonly span: TextSpan
}

export interface AggregateOptions {
  readonly name: string
  /** keys, then aggregates */
  readonly schema: Schema
  readonly keys: readonly CompiledKey[]
  readonly window: WindowPlan
  readonly aggregates: readonly CompiledAggregate[]
  readonly output: Input
  readonly errors: RowErrors
  readonly limits: StateLimits
}

/** A window whose groups have yet to leave. */
interface ClosedWindow {
  readonly rowtime: number
  readonly value: Value
  readonly groups: GroupTable
}

export class Aggregate implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: AggregateOptions
  readonly #windowKey: CompiledKey
  /** the keys beside the window's: within one window that one is the same for every row */
  readonly #groupKeys: readonly number[]
  readonly #departures: Departures
  readonly #results: GroupResults
  readonly #closed: ClosedWindow[] = []
  /** first group of the first closed window that has not left */
  #nextGroup = 0
  #spare: GroupTable | null = null
  #groups: GroupTable
  /** value of the open window's key */
  #open: Value = null
  #isOpen = false
  /** where the open window ends; Infinity while only a change of its key can tell */
  #end = Infinity
  /** the greatest rowtime or finite bound seen */
  #clock = -Infinity

  constructor(options: AggregateOptions) {
    this.name = options.name
    this.#options = options
    const key = options.keys[options.window.key]
    assert(key !== undefined, 'the window of an aggregate is one of its keys')
    this.#windowKey = key
    this.#groupKeys = options.keys.map((_, index) => index).filter(index => index !== options.window.key)
    const { schema, output, aggregates, errors, window } = options
    this.#departures = new Departures(schema, output)
    const spans = aggregates.map(({ span }) => span)
    this.#results = new GroupResults({ schema, keys: this.#groupKeys, shared: [window.key], spans, errors })
    this.#groups = this.#newTable()
  }

  push(rows: RowBatch, selection: Selection): void {
    const { keys, aggregates, errors, window } = this.#options
    const failures = new RowFailures()
    const evaluation = { batch: rows, failures }
    const keyColumns = keys.map(key => key.kernel(evaluation, selection))
    const args = aggregates.map(({ argument }) => (argument === null ? null : argument.kernel(evaluation, selection)))
    const windowColumn = keyColumns[window.key]!
    const noWindow = new RowFailure('NULL_NOT_ALLOWED', 'NULL for the term that ends the window')
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      if (isNullAt(windowColumn, row)) failures.add(row, noWindow, this.#windowKey.span)
    }
    const kept = withoutFailures(rows, selection, failures, errors)
    const groupColumns = this.#groupKeys.map(index => keyColumns[index]!)
    const read = windowReader(windowColumn, this.#windowKey.type)
    let from = 0
    while (from < kept.length) {
      const value = read(kept.rows[from]!)
      let to = from + 1
      while (to < kept.length && read(kept.rows[to]!) === value) to++
      this.#enter(value, rows.rowtimes[kept.rows[from]!]!)
      this.#clock = rows.rowtimes[kept.rows[to - 1]!]!
      this.#groups.add(groupColumns, args, kept.rows, from, to)
      this.#checkLimits()
      from = to
    }
  }

  advance(bound: number): void {
    if (this.#isOpen) {
      const past = includesEnd(this.#options.window.end) ? bound > this.#end : bound >= this.#end
      if (past || bound === Infinity) this.#close(this.#clock)
    }
    if (bound !== Infinity) this.#clock = Math.max(this.#clock, bound)
    // A result of the open window leaves at its end, which may lie below the bound when it includes its end.
    this.#departures.advance(this.#isOpen ? Math.min(bound, this.#end) : bound)
    if (this.#closed.length === 0) this.#departures.tell()
  }

  get stateBytes(): number {
    return this.#groups.bytes
  }

  work(): boolean {
    return this.#departures.work(() => this.#write())
  }

  *snapshot(writer: StateWriter): Generator<void> {
    assert(this.#closed.length === 0, 'a snapshot is taken when no output is pending')
    writer.number(this.#clock)
    writer.number(this.#departures.bound)
    writer.number(this.#isOpen ? 1 : 0)
    writer.value(this.#open)
    writer.number(this.#end)
    yield* this.#groups.write(writer)
  }

  restore(reader: StateReader): void {
    this.#clock = reader.number()
    const bound = reader.number()
    this.#isOpen = reader.number() === 1
    this.#open = reader.value()
    this.#end = reader.number()
    this.#groups.read(reader)
    this.#departures.restore(bound)
  }

  /** Makes the window of `value` the open one. `rowtime` is that of its first row here. */
  #enter(value: Value, rowtime: number): void {
    if (this.#isOpen && this.#open !== value) this.#close(rowtime)
    if (this.#isOpen) return
    this.#isOpen = true
    this.#open = value
    const { end } = this.#options.window
    this.#end = end.kind === 'change' ? Infinity : (windowEnd(end, value as number, rowtime) ?? Infinity)
  }

  /** @param closedAt the time of what closed the window, which is its end where the key does not tell one */
  #close(closedAt: number): void {
    const rowtime = this.#end === Infinity ? closedAt : this.#end
    this.#closed.push({ rowtime, value: this.#open, groups: this.#groups })
    this.#groups = this.#spare ?? this.#newTable()
    this.#spare = null
    this.#isOpen = false
    this.#open = null
    this.#end = Infinity
  }

  /** Puts groups of the first closed window into the batch that leaves. False: there is none. */
  #write(): boolean {
    const [closed] = this.#closed
    if (closed === undefined) return false
    const { groups, rowtime, value } = closed
    this.#nextGroup = this.#results.write(this.#departures.builder, groups, this.#nextGroup, rowtime, [value])
    if (this.#nextGroup === groups.size) {
      this.#closed.shift()
      this.#nextGroup = 0
      groups.clear()
      this.#spare = groups
    }
    return true
  }

  #checkLimits(): void {
    const { limits } = this.#options
    if (this.#groups.size > limits.maxKeys) throw stateLimitError(this.name, 'maxKeys', limits.maxKeys)
    if (this.#groups.bytes > limits.maxBytes) throw stateLimitError(this.name, 'maxBytes', limits.maxBytes)
  }

  #newTable(): GroupTable {
    const { keys, aggregates } = this.#options
    return new GroupTable(
      this.#groupKeys.map(index => keys[index]!.type),
      aggregates.map(each => accumulatorOf(each.name, each.argument?.type ?? null, each.type, each.distinct)),
    )
  }
}

/** Values of the window's key that are not NULL, comparable by identity. */
function windowReader(column: ColumnVector, type: SqlType): (row: number) => Value {
  if (column.layout === 'number') {
    const { values } = column
    return row => values[row]!
  }
  return row => typedValueAt(column, type, row)
}
