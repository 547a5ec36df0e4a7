/** Row errors of one pump on their way to the error output: with the row as JSON and the place in its stream. */
import { type ErrorRow, type RowErrorName } from '../../core/error-output.ts'
import { positionAt } from '../../core/record.ts'
import { type RowBatch, typedValueAt, type Value } from '../../core/rows.ts'
import type { Schema } from '../../core/schema.ts'
import { type SqlType } from '../../core/sql-type.ts'
import { dateText, timestampText, timeText } from '../expressions/datetime-text.ts'
import { decimalText } from '../expressions/decimal.ts'
import type { RowFailures } from '../expressions/failures.ts'
import type { Selection } from '../expressions/selection.ts'

const utf8 = new TextEncoder()

/** Where the operators of one pump report the rows that they could not use. */
export interface RowErrors {
  /** Reports one row of a batch. `message` begins with its SQL place. */
  report(rows: RowBatch, row: number, name: RowErrorName, message: string): void
  /** Reports a row that exists only as values: a group at its window's end. */
  reportValues(schema: Schema, values: readonly Value[], rowtime: number, name: RowErrorName, message: string): void
}

/** Error rows with the pump's name; `pump` is null for rows that no pump has taken yet. */
export class PumpErrors implements RowErrors {
  readonly #add: (row: ErrorRow) => void
  readonly #pump: string | null

  constructor(add: (row: ErrorRow) => void, pump: string | null) {
    this.#add = add
    this.#pump = pump
  }

  report(rows: RowBatch, row: number, name: RowErrorName, message: string): void {
    const values = rows.columns.map((column, index) => {
      const type = rows.schema.columns[index]?.type
      return type === undefined ? null : typedValueAt(column, type, row)
    })
    const record = rows.origin?.records[row]
    this.#add({
      name,
      message,
      rowtime: rows.rowtimes[row] ?? 0,
      data: utf8.encode(rowJson(rows.schema, values)),
      position: rows.origin === null || record === undefined ? null : positionAt(rows.origin.batch, record),
      pump: this.#pump,
    })
  }

  reportValues(schema: Schema, values: readonly Value[], rowtime: number, name: RowErrorName, message: string): void {
    const data = utf8.encode(rowJson(schema, values))
    this.#add({ name, message, rowtime, data, position: null, pump: this.#pump })
  }
}

/** Reports the failed rows of a selection and returns the others. */
export function withoutFailures(
  rows: RowBatch,
  selection: Selection,
  failures: RowFailures,
  errors: RowErrors,
): Selection {
  reportFailures(rows, selection, failures, errors)
  return failures.without(selection)
}

export function reportFailures(rows: RowBatch, selection: Selection, failures: RowFailures, errors: RowErrors): void {
  if (failures.size === 0) return
  for (const [row, failure] of failures.among(selection)) errors.report(rows, row, failure.name, failure.message)
}

/** A row as one JSON object with the names of its columns, in their order; values as outputs print them. */
export function rowJson(schema: Schema, values: readonly Value[]): string {
  const members = schema.columns.map(
    ({ name, type }, index) => `${JSON.stringify(name)}:${valueJson(values[index] ?? null, type)}`,
  )
  return `{${members.join(',')}}`
}

function valueJson(value: Value, type: SqlType): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'BOOLEAN':
      return value === 1 ? 'true' : 'false'
    case 'DATE':
      return JSON.stringify(dateText(value as number))
    case 'TIME':
      return JSON.stringify(timeText(value as number, true))
    case 'TIMESTAMP':
      return JSON.stringify(timestampText(value as number, true))
    case 'DECIMAL':
      return decimalText(value as bigint, type.scale)
    default:
      if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
      return typeof value === 'string' ? JSON.stringify(value) : String(value)
  }
}
