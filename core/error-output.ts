/** What the data did wrong, as rows. The columns are those of KDA's error_stream (AWS SQL reference, "Error Handling"). */
import type { Position } from './record.ts'
import type { Schema } from './schema.ts'

/** Stored name of the error stream; it can be an output and never a source of a query. */
export const ERROR_STREAM = 'error_stream'

export const ERROR_STREAM_SCHEMA: Schema = {
  columns: [
    { name: 'ERROR_TIME', type: { kind: 'TIMESTAMP' }, nullable: true },
    { name: 'ERROR_LEVEL', type: { kind: 'VARCHAR', length: 10 }, nullable: true },
    { name: 'ERROR_NAME', type: { kind: 'VARCHAR', length: 32 }, nullable: true },
    { name: 'MESSAGE', type: { kind: 'VARCHAR', length: 4_096 }, nullable: true },
    { name: 'DATA_ROWTIME', type: { kind: 'TIMESTAMP' }, nullable: true },
    { name: 'DATA_ROW', type: { kind: 'VARCHAR', length: 49_152 }, nullable: true },
    { name: 'PUMP_NAME', type: { kind: 'VARCHAR', length: 128 }, nullable: true },
  ],
}

/** ERROR_NAME of a row error. AWS publishes no values; these are ours. */
export type RowErrorName =
  | 'PARSE_ERROR'
  | 'COERCION_ERROR'
  | 'CAST_ERROR'
  | 'DIVISION_BY_ZERO'
  | 'NUMERIC_OVERFLOW'
  | 'NULL_NOT_ALLOWED'
  | 'STRING_TOO_LONG'
  | 'LATE_ROW'
  | 'CLOCK_SKEW'
  | 'INVALID_ARGUMENT'
  | 'PROCESSING_FAILED'

/** One row that could not be used, with all that is needed to find and repair it. */
export interface ErrorRow {
  readonly name: RowErrorName
  /** what happened, with values; a SQL place as `line:column` and the stream position are added by the writer of the row */
  readonly message: string
  /** rowtime of the offending row, epoch milliseconds */
  readonly rowtime: number
  /** the record's bytes for input errors, the row as JSON for later ones */
  readonly data: Uint8Array
  /** null where the row came from no single record */
  readonly position: Position | null
  /** null while the row is still input */
  readonly pump: string | null
}

/** Takes error rows. Never throws and never drops: an implementation that is full makes its owner wait. */
export interface ErrorOutput {
  add(row: ErrorRow): void
}
