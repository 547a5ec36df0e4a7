/**
 * Rows of a stream with the rows of a finite relation, at once and at their own rowtime. The relation stands still while a
 * batch is looked at; between two batches it may be replaced.
 */
import { ROWS_PER_BATCH_MAX, type RowBatch } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { storageOf } from '../../core/sql-type.ts'
import { RowFailures } from '../expressions/failures.ts'
import type { Kernel } from '../expressions/kernel.ts'
import type { Selection } from '../expressions/selection.ts'
import { asNumbers } from '../expressions/vectors.ts'
import { gatherColumn } from './gather.ts'
import type { Input, Operator } from './operator.ts'
import { type RowErrors, withoutFailures } from './row-errors.ts'
import { type CompiledJoinKey, rowKeys, takeColumn } from './row-store.ts'
import { TableIndex, type TableRows } from './table-index.ts'

export interface LookupOptions {
  readonly name: string
  /** rows without match leave with NULLs */
  readonly outer: boolean
  /** whether the stream stands first in the joined row */
  readonly streamFirst: boolean
  readonly streamKeys: readonly CompiledJoinKey[]
  readonly tableKeys: readonly CompiledJoinKey[]
  readonly tableSchema: Schema
  /** over the joined row; null where the keys say it all */
  readonly condition: Kernel | null
  readonly schema: Schema
  readonly output: Input
  readonly errors: RowErrors
}

type Waiting = { readonly rows: RowBatch; readonly selection: Selection } | { readonly bound: number }

/** Rows of one batch as they are looked up. */
interface Turn {
  readonly rows: RowBatch
  readonly selection: Selection
  readonly find: (row: number) => TableRows
  at: number
  /** next match of the row */
  match: number
  /** the row met one before this batch of candidates */
  met: boolean
}

const BATCHES_PER_SLICE = 4

export class Lookup implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #options: LookupOptions
  #index: TableIndex
  readonly #waiting: Waiting[] = []
  #turn: Turn | null = null

  constructor(options: LookupOptions) {
    this.name = options.name
    this.#options = options
    this.#index = new TableIndex([], options.tableKeys, options.errors)
  }

  /** Looks up these rows from now on. */
  replace(batches: readonly RowBatch[]): void {
    this.#index = new TableIndex(batches, this.#options.tableKeys, this.#options.errors)
  }

  push(rows: RowBatch, selection: Selection): void {
    if (selection.length === 0) return
    this.#waiting.push({ rows, selection })
    this.#run()
  }

  advance(bound: number): void {
    this.#waiting.push({ bound })
    this.#run()
  }

  work(): boolean {
    return this.#run()
  }

  *snapshot(): Generator<void> {
    // What the table holds is the host's, and nothing waits.
  }

  restore(): void {
    // As above.
  }

  /** A slice of what waits. True: something was done, or there is more. */
  #run(): boolean {
    let did = false
    for (let batches = 0; batches < BATCHES_PER_SLICE; ) {
      if (this.#turn !== null) {
        this.#step(this.#turn)
        batches++
        did = true
        continue
      }
      const next = this.#waiting.shift()
      if (next === undefined) break
      did = true
      if ('bound' in next) this.#options.output.advance(next.bound)
      else this.#turn = this.#begin(next.rows, next.selection)
    }
    return did
  }

  #begin(rows: RowBatch, selection: Selection): Turn | null {
    const { streamKeys, errors } = this.#options
    const failures = new RowFailures()
    const [only] = streamKeys
    const index = this.#index
    if (streamKeys.length === 1 && only !== undefined) {
      const column = only.kernel({ batch: rows, failures }, selection)
      if (column.layout === 'dictionary') {
        const find = index.finder(column, only.padded)
        return this.#started(rows, withoutFailures(rows, selection, failures, errors), find)
      }
      failures.clear()
    }
    const keys = rowKeys(rows, selection, streamKeys, failures)
    const find = (row: number): TableRows => index.find(keys[row] ?? null)
    return this.#started(rows, withoutFailures(rows, selection, failures, errors), find)
  }

  #started(rows: RowBatch, selection: Selection, find: Turn['find']): Turn | null {
    return selection.length === 0 ? null : { rows, selection, find, at: 0, match: 0, met: false }
  }

  /** One batch of candidates, and what leaves of it. */
  #step(turn: Turn): void {
    const { outer, condition } = this.#options
    const { rows, selection, find } = turn
    const streamRows = new Int32Array(ROWS_PER_BATCH_MAX)
    const tableRows = new Int32Array(ROWS_PER_BATCH_MAX)
    const tables: (RowBatch | null)[] = []
    while (turn.at < selection.length && tables.length < ROWS_PER_BATCH_MAX) {
      const row = selection.rows[turn.at]!
      const matches = find(row)
      while (turn.match < matches.rows.length && tables.length < ROWS_PER_BATCH_MAX) {
        streamRows[tables.length] = row
        tableRows[tables.length] = matches.rows[turn.match]!
        tables.push(matches.batches[turn.match]!)
        turn.match++
      }
      if (turn.match < matches.rows.length) break
      // A row without match stands for itself; where a condition decides, it is there in case nothing passes.
      if (outer && (matches.rows.length === 0 || condition !== null)) {
        if (tables.length === ROWS_PER_BATCH_MAX) break
        streamRows[tables.length] = row
        tables.push(null)
      }
      turn.at++
      turn.match = 0
    }
    if (turn.at === selection.length) this.#turn = null
    if (tables.length > 0) this.#emit(turn, rows, streamRows, tables, tableRows)
  }

  #emit(
    turn: Turn,
    rows: RowBatch,
    streamRows: Int32Array,
    tables: readonly (RowBatch | null)[],
    tableRows: Int32Array,
  ): void {
    const { condition, output, errors } = this.#options
    const batch = this.#joined(rows, streamRows, tables, tableRows)
    const { length } = batch
    const kept = new Int32Array(length)
    for (let i = 0; i < length; i++) kept[i] = i
    if (condition === null) {
      output.push(batch, { rows: kept, length })
      return
    }
    let candidates = 0
    const asked = new Int32Array(length)
    for (let i = 0; i < length; i++) if (tables[i] !== null) asked[candidates++] = i
    const failures = new RowFailures()
    const both = { rows: asked, length: candidates }
    const { values, nulls } = asNumbers(condition({ batch, failures }, both))
    withoutFailures(batch, both, failures, errors)
    let count = 0
    for (let i = 0; i < length; i++) {
      if (i > 0 && streamRows[i] !== streamRows[i - 1]) turn.met = false
      const passes = tables[i] === null ? !turn.met : values[i] === 1 && nulls[i] === 0 && failures.get(i) === undefined
      if (passes) {
        kept[count++] = i
        turn.met = true
      }
    }
    // The next batch of candidates may go on with the same row.
    if (turn.match === 0 && selectionRow(turn) !== streamRows[length - 1]) turn.met = false
    if (count > 0) output.push(batch, { rows: kept, length: count })
  }

  #joined(
    rows: RowBatch,
    streamRows: Int32Array,
    tables: readonly (RowBatch | null)[],
    tableRows: Int32Array,
  ): RowBatch {
    const { streamFirst, tableSchema, schema } = this.#options
    const { length } = tables
    const same = length === rows.length && streamRows.every((row, i) => i >= length || row === i)
    // Rows repeat, so their number does not say that they are all.
    const copies = { rows: streamRows, length }
    const own = same ? rows.columns : rows.columns.map(column => gatherColumn(column, copies, -1))
    const found = tableSchema.columns.map(({ type }, index) =>
      takeColumn(tables, tableRows, length, index, storageOf(type)),
    )
    const { origin } = rows
    return {
      schema,
      length,
      rowtimes: Float64Array.from({ length }, (_, i) => rows.rowtimes[streamRows[i]!]!),
      columns: streamFirst ? [...own, ...found] : [...found, ...own],
      origin:
        origin === null
          ? null
          : { batch: origin.batch, records: Int32Array.from({ length }, (_, i) => origin.records[streamRows[i]!]!) },
    }
  }
}

/** The row whose turn it is, or -1 after the last. */
function selectionRow(turn: Turn): number {
  return turn.at < turn.selection.length ? turn.selection.rows[turn.at]! : -1
}
