/** Groups as rows: ranges of keys and results by columns. Where a result does not fit its type, row by row, and its row is an error. */
import type { TextSpan } from '../../core/errors.ts'
import type { Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { RowFailure } from '../expressions/failures.ts'
import type { ResultBuilder, ResultColumn } from './result-builder.ts'
import type { RowErrors } from './row-errors.ts'

/** Groups that leave, by number. */
export interface Groups {
  readonly size: number
  keysOf(group: number): Value[]
  resultsOf(group: number): (Value | RowFailure)[]
  /** Values of one key of the groups `[from, to)` into a column from its row `at` on. */
  writeKey(key: number, from: number, to: number, into: ResultColumn, at: number): void
  /** Results of one aggregate, as `writeKey`; false where one of them is a failure, after which the rows mean nothing. */
  writeResults(aggregate: number, from: number, to: number, into: ResultColumn, at: number): boolean
}

export interface GroupResultsOptions {
  /** keys and values of the window in some order, then the aggregates */
  readonly schema: Schema
  /** columns of the keys of the groups */
  readonly keys: readonly number[]
  /** columns of what all groups of a window share */
  readonly shared: readonly number[]
  /** place of each aggregate */
  readonly spans: readonly TextSpan[]
  readonly errors: RowErrors
}

export class GroupResults {
  readonly #options: GroupResultsOptions
  /** the first aggregate's column */
  readonly #results: number

  constructor(options: GroupResultsOptions) {
    this.#options = options
    this.#results = options.keys.length + options.shared.length
  }

  /**
   * Writes groups from `from` on, as many as there is room for.
   * @param shared values of the window, in the order of their columns
   * @returns the group that comes next
   */
  write(builder: ResultBuilder, groups: Groups, from: number, rowtime: number, shared: readonly Value[]): number {
    const { keys, shared: sharedColumns, spans } = this.#options
    const to = Math.min(groups.size, from + builder.room)
    const { columns, length: at } = builder
    let sound = true
    for (let a = 0; a < spans.length && sound; a++)
      sound = groups.writeResults(a, from, to, columns[this.#results + a]!, at)
    if (!sound) {
      for (let group = from; group < to; group++) this.#writeOne(builder, groups, group, rowtime, shared)
      return to
    }
    for (let k = 0; k < keys.length; k++) groups.writeKey(k, from, to, columns[keys[k]!]!, at)
    for (let s = 0; s < shared.length; s++) fill(columns[sharedColumns[s]!]!, shared[s]!, at, to - from)
    builder.keep(rowtime, to - from)
    return to
  }

  #writeOne(builder: ResultBuilder, groups: Groups, group: number, rowtime: number, shared: readonly Value[]): void {
    const { schema, keys, shared: sharedColumns, spans, errors } = this.#options
    const values: Value[] = Array.from({ length: this.#results }, () => null)
    groups.keysOf(group).forEach((value, k) => {
      values[keys[k]!] = value
    })
    shared.forEach((value, s) => {
      values[sharedColumns[s]!] = value
    })
    const results = groups.resultsOf(group)
    const failed = results.findIndex(result => result instanceof RowFailure)
    const failure = results[failed]
    if (failure instanceof RowFailure) {
      const { line, column } = spans[failed]!
      const keySchema = { columns: schema.columns.slice(0, values.length) }
      errors.reportValues(keySchema, values, rowtime, failure.name, `${line}:${column} ${failure.message}`)
    } else builder.add(rowtime, [...values, ...(results as Value[])])
  }
}

function fill(column: ResultColumn, value: Value, at: number, count: number): void {
  if (column.kind === 'number' && typeof value === 'number') {
    // A session is one group: `fill` of the arrays would cost more than all of this.
    const { values, nulls } = column
    for (let row = at; row < at + count; row++) {
      values[row] = value
      nulls[row] = 0
    }
  } else for (let row = at; row < at + count; row++) column.set(row, value)
}
