/**
 * One row for each input row: a select list, or the values of a pump. Rows may get a new rowtime; one below the last
 * that left is late and goes to the error output, because no stream ever runs backwards.
 */
import { assert } from '../../core/assert.ts'
import type { TextSpan } from '../../core/errors.ts'
import type { ColumnVector, RowBatch } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { timestampText } from '../expressions/datetime-text.ts'
import { RowFailure, RowFailures } from '../expressions/failures.ts'
import type { SetKernel } from '../expressions/kernel.ts'
import { everyRow, type Selection } from '../expressions/selection.ts'
import { gatherColumn, gatherNumbers, gatherOrigin } from './gather.ts'
import type { Input, Operator } from './operator.ts'
import { type RowErrors, withoutFailures } from './row-errors.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface ProjectOptions {
  readonly name: string
  /** schema of the rows that leave */
  readonly schema: Schema
  /** one column for each of the schema, then the new rowtime, if any; a NULL that a column does not take is a failure */
  readonly values: SetKernel
  /** where the program sets the rowtime; null: rows keep theirs */
  readonly rowtime: TextSpan | null
  readonly output: Input
  readonly errors: RowErrors
}

export class Project implements Operator, Input {
  readonly name: string
  readonly inputs: readonly Input[] = [this]
  readonly #schema: Schema
  readonly #values: SetKernel
  readonly #rowtime: TextSpan | null
  readonly #output: Input
  readonly #errors: RowErrors
  /** the greatest rowtime that left, where rowtimes are set here */
  #clock = -Infinity

  constructor(options: ProjectOptions) {
    this.name = options.name
    this.#schema = options.schema
    this.#values = options.values
    this.#rowtime = options.rowtime
    this.#output = options.output
    this.#errors = options.errors
  }

  push(rows: RowBatch, selection: Selection): void {
    const failures = new RowFailures()
    const columns = this.#values({ batch: rows, failures }, selection)
    const rowtimes =
      this.#rowtime === null
        ? rows.rowtimes
        : this.#retimed(columns[columns.length - 1], this.#rowtime, selection, failures)
    const kept = withoutFailures(rows, selection, failures, this.#errors)
    if (kept.length === 0) return
    const output: RowBatch = {
      schema: this.#schema,
      length: kept.length,
      rowtimes: gatherNumbers(rowtimes, kept, rows.length),
      columns: this.#schema.columns.map((_, index) => gatherColumn(columns[index]!, kept, rows.length)),
      origin: gatherOrigin(rows.origin, kept, rows.length),
    }
    this.#output.push(output, everyRow(output.length))
  }

  advance(bound: number): void {
    if (this.#rowtime === null) this.#output.advance(bound)
    // Bounds of the input say nothing about rowtimes that the program sets; the rows that left do.
    else if (bound === Infinity) this.#output.advance(Infinity)
    else if (this.#clock > -Infinity) this.#output.advance(this.#clock)
  }

  work(): boolean {
    return false
  }

  *snapshot(writer: StateWriter): Generator<void> {
    writer.number(this.#clock)
    yield
  }

  restore(reader: StateReader): void {
    this.#clock = reader.number()
  }

  #retimed(
    column: ColumnVector | undefined,
    span: TextSpan,
    selection: Selection,
    failures: RowFailures,
  ): Float64Array {
    assert(column?.layout === 'number', 'a rowtime is a TIMESTAMP')
    for (let i = 0; i < selection.length; i++) {
      const row = selection.rows[i]!
      if (failures.get(row) !== undefined) continue
      const rowtime = column.values[row]!
      if (column.nulls[row] === 1) failures.add(row, new RowFailure('NULL_NOT_ALLOWED', 'NULL for ROWTIME'), span)
      else if (rowtime < this.#clock) {
        const message = `late row: its ROWTIME ${timestampText(rowtime, true)} is below ${timestampText(this.#clock, true)}, which this stream has reached`
        failures.add(row, new RowFailure('LATE_ROW', message), span)
      } else this.#clock = rowtime
    }
    return column.values
  }
}
