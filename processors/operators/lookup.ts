/**
 * Rows of a stream with the rows of a finite relation, at once and at their own rowtime. The relation stands still while a
 * batch is looked at; between two batches it may be replaced.
 */
import { lateColumn } from '../../core/late-columns.ts'
import { ownedRows } from '../../core/lent-arrays.ts'
import { ROWS_PER_BATCH_MAX, type RowBatch } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { RowFailures } from '../expressions/failures.ts'
import type { Kernel } from '../expressions/kernel.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import { asNumbers } from '../expressions/vectors.ts'
import { gatherColumn, gatherNumbers, gatherOrigin, gatherOrNull } from './gather.ts'
import type { Input, Operator } from './operator.ts'
import { type RowErrors, withoutFailures } from './row-errors.ts'
import { type CompiledJoinKey, rowKeys } from './row-store.ts'
import { NO_ROW, TableIndex } from './table-index.ts'

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

type Waiting = { rows: RowBatch; readonly selection: Selection } | { readonly bound: number }

/** Rows of one batch as they are looked up. */
interface Turn {
  rows: RowBatch
  readonly selection: Selection
  /** first row of the table for each selected row, by place */
  readonly firsts: Int32Array
  /** place of the row whose turn it is */
  at: number
  /** its next match */
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
    this.#index = new TableIndex([], options.tableSchema, options.tableKeys, options.errors)
  }

  /** Looks up these rows from now on. */
  replace(batches: readonly RowBatch[]): void {
    this.#index = new TableIndex(batches, this.#options.tableSchema, this.#options.tableKeys, this.#options.errors)
  }

  push(rows: RowBatch, selection: Selection): void {
    if (selection.length === 0) return
    const waiting = { rows, selection }
    this.#waiting.push(waiting)
    this.#run()
    // What is not done by now stays beyond this push.
    if (this.#turn?.rows === rows) this.#turn.rows = ownedRows(rows)
    else if (this.#waiting.includes(waiting)) waiting.rows = ownedRows(rows)
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
        const sound = withoutFailures(rows, selection, failures, errors)
        return this.#started(rows, sound, index.findIds(column, sound, only.padded))
      }
      failures.clear()
    }
    const keys = rowKeys(rows, selection, streamKeys, failures)
    const sound = withoutFailures(rows, selection, failures, errors)
    const firsts = Int32Array.from({ length: sound.length }, (_, i) => index.find(keys[sound.rows[i]!] ?? null))
    return this.#started(rows, sound, firsts)
  }

  #started(rows: RowBatch, selection: Selection, firsts: Int32Array): Turn | null {
    return selection.length === 0 ? null : { rows, selection, firsts, at: 0, match: firsts[0]!, met: false }
  }

  /** One batch of candidates, and what leaves of it. */
  #step(turn: Turn): void {
    const { outer, condition } = this.#options
    const { rows, selection, firsts } = turn
    const { next } = this.#index
    const streamRows = new Int32Array(ROWS_PER_BATCH_MAX)
    const tableRows = new Int32Array(ROWS_PER_BATCH_MAX)
    let { at, match } = turn
    let length = 0
    while (at < selection.length && length < ROWS_PER_BATCH_MAX) {
      const row = selection.rows[at]!
      while (match !== NO_ROW && length < ROWS_PER_BATCH_MAX) {
        streamRows[length] = row
        tableRows[length++] = match
        match = next[match]!
      }
      if (match !== NO_ROW) break
      // A row without match stands for itself; where a condition decides, it is there in case nothing passes.
      if (outer && (firsts[at] === NO_ROW || condition !== null)) {
        if (length === ROWS_PER_BATCH_MAX) break
        streamRows[length] = row
        tableRows[length++] = NO_ROW
      }
      at++
      match = at < selection.length ? firsts[at]! : NO_ROW
    }
    turn.at = at
    turn.match = match
    if (at === selection.length) this.#turn = null
    if (length > 0) this.#emit(turn, this.#joined(rows, streamRows, tableRows, length), streamRows, tableRows)
  }

  #emit(turn: Turn, batch: RowBatch, streamRows: Int32Array, tableRows: Int32Array): void {
    const { condition, output, errors } = this.#options
    const { length } = batch
    if (condition === null) {
      output.push(batch, everyRow(length))
      return
    }
    const kept = new Int32Array(length)
    let candidates = 0
    const asked = new Int32Array(length)
    for (let i = 0; i < length; i++) if (tableRows[i] !== NO_ROW) asked[candidates++] = i
    const failures = new RowFailures()
    const both = { rows: asked, length: candidates }
    const { values, nulls } = asNumbers(condition({ batch, failures }, both))
    withoutFailures(batch, both, failures, errors)
    let count = 0
    for (let i = 0; i < length; i++) {
      if (i > 0 && streamRows[i] !== streamRows[i - 1]) turn.met = false
      const passes =
        tableRows[i] === NO_ROW ? !turn.met : values[i] === 1 && nulls[i] === 0 && failures.get(i) === undefined
      if (passes) {
        kept[count++] = i
        turn.met = true
      }
    }
    // The next batch of candidates may go on with the same row.
    if (selectionRow(turn) !== streamRows[length - 1]) turn.met = false
    if (count > 0) output.push(batch, { rows: kept, length: count })
  }

  /** Columns that nobody reads are never made. */
  #joined(rows: RowBatch, streamRows: Int32Array, tableRows: Int32Array, length: number): RowBatch {
    const { streamFirst, schema } = this.#options
    const same = length === rows.length && isIdentity(streamRows, length)
    // Rows repeat, so their number does not say that they are all.
    const copies = { rows: streamRows, length }
    const own = same ? rows.columns : rows.columns.map(column => lateColumn(() => gatherColumn(column, copies, -1)))
    const { columns } = this.#index
    const isWhole = !tableRows.includes(NO_ROW)
    const matches = { rows: tableRows, length }
    const found = columns.map(column =>
      lateColumn(() => (isWhole ? gatherColumn(column, matches, -1) : gatherOrNull(column, matches))),
    )
    return {
      schema,
      length,
      rowtimes: same ? rows.rowtimes : gatherNumbers(rows.rowtimes, copies, -1),
      columns: streamFirst ? [...own, ...found] : [...found, ...own],
      origin: same ? rows.origin : gatherOrigin(rows.origin, copies, -1),
    }
  }
}

function isIdentity(rows: Int32Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (rows[i] !== i) return false
  return true
}

/** The row whose turn it is, or -1 after the last. */
function selectionRow(turn: Turn): number {
  return turn.at < turn.selection.length ? turn.selection.rows[turn.at]! : -1
}
