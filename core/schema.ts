/** Names and types of the columns of a row. ROWTIME is never listed: every row batch carries it beside its columns. */
import type { SqlType } from './sql-type.ts'

export interface Column {
  /** as stored: folded to upper case if the program wrote it plainly, kept if quoted or configured */
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
}

export interface Schema {
  readonly columns: readonly Column[]
}

/** The index of a column by its stored name, or -1. */
export function columnIndex(schema: Schema, name: string): number {
  return schema.columns.findIndex(column => column.name === name)
}
