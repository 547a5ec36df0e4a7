/** TOP_K_ITEMS_TUMBLING and COUNT_DISTINCT_ITEMS_TUMBLING: items of one column, results at the end of each window. */
import { assert } from '../../core/assert.ts'
import { isNullAt, type RowBatch, textAt, typedValueAt, type Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { type SqlType, storageOf } from '../../core/sql-type.ts'
import type { TumblingItems } from '../analytics/tumbling-items.ts'
import { textOf } from '../expressions/cast.ts'
import type { Selection } from '../expressions/selection.ts'
import type { Input, Operator } from './operator.ts'
import { PendingResults } from './pending-results.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface ItemWindowsOptions<Result> {
  readonly name: string
  readonly schema: Schema
  /** index and type of the column that holds the items */
  readonly column: number
  readonly type: SqlType
  readonly windows: TumblingItems<Result>
  /** rows of a window: how many, and each */
  readonly rowsOf: (result: Result) => { readonly count: number; readonly row: (index: number) => readonly Value[] }
  readonly output: Input
}

export class ItemWindows<Result> implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: ItemWindowsOptions<Result>
  readonly #pending: PendingResults

  constructor(options: ItemWindowsOptions<Result>) {
    this.name = options.name
    this.#options = options
    this.#pending = new PendingResults(options.schema, options.output)
  }

  push(rows: RowBatch, selection: Selection): void {
    const { column: index, type, windows } = this.#options
    const column = rows.columns[index]
    assert(column !== undefined, 'the column of the items is one of the input')
    const isText = storageOf(type) === 'text'
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      const rowtime = rows.rowtimes[row]!
      this.#close(rowtime)
      if (isNullAt(column, row)) continue
      windows.add(rowtime, isText ? textAt(column, row) : textOf(typedValueAt(column, type, row), type))
    }
  }

  advance(bound: number): void {
    this.#close(bound)
    this.#pending.advance(bound)
  }

  work(): boolean {
    return this.#pending.work()
  }

  *snapshot(writer: StateWriter): Generator<void> {
    assert(this.#pending.empty, 'a snapshot is taken when no output is pending')
    yield* this.#options.windows.snapshot(writer)
  }

  restore(reader: StateReader): void {
    this.#options.windows.restore(reader)
  }

  #close(bound: number): void {
    const closed = this.#options.windows.advance(bound)
    if (closed === null) return
    const { count, row } = this.#options.rowsOf(closed.result)
    this.#pending.add(closed.rowtime, count, row)
  }
}
