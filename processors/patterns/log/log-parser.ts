/** What every log parsing function is once its constant arguments are read: named columns, and a text to their fields. */
import type { SqlType } from '../../../core/sql-type.ts'

export interface LogColumn {
  readonly name: string
  /** what the text of the field is converted to */
  readonly type: SqlType
  /** the date pattern that the text is written in, where it is not that of CAST */
  readonly format: string | null
}

export interface LogParser {
  readonly columns: readonly LogColumn[]
  /**
   * The texts of the columns; null for a field that the text does not have. Null in place of all of them where the text
   * does not match. Conversions to the types of the columns come later, for the fields that are asked for.
   */
  readonly parse: (text: string) => readonly (string | null)[] | null
}

/** Columns of a parser without a column list (AWS SQL reference, REGEX_LOG_PARSE). */
export const DEFAULT_TYPE: SqlType = { kind: 'VARCHAR', length: 1_024 }
/** Columns of one record. */
export const LOG_COLUMNS_MAX = 1_000

/** COLUMN1 to COLUMNn. */
export function numberedColumns(count: number): readonly LogColumn[] {
  return Array.from({ length: count }, (_, index) => ({ name: `COLUMN${index + 1}`, type: DEFAULT_TYPE, format: null }))
}
