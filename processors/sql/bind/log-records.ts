/**
 * Log parsing functions give records. A record has no type of its own: the column that a select item names holds the
 * text, and what parses it is remembered with the column, so that only the fields that are asked for are computed (and
 * only they can fail). A field is read one level up, as in `t.r.COLUMN1`.
 */
import type { TextSpan } from '../../../core/errors.ts'
import { LENGTH_MAX } from '../../../core/sql-type.ts'
import { dropsUnmatched } from '../../patterns/log/log-functions.ts'
import type { LogColumn } from '../../patterns/log/log-parser.ts'
import type { Name } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { BOOLEAN, call, INTEGER, literal, textLiteral } from './build.ts'
import { fail, nameHint } from './errors.ts'

/** What a column of text becomes when its fields are read. */
export interface LogRecord {
  /** name of the log parsing function */
  readonly name: string
  /** its constant arguments behind the text */
  readonly args: readonly Expression[]
  readonly columns: readonly LogColumn[]
}

/**
 * What must hold for a row that has a record, or null where any text will do. A text that matches gives every field a value,
 * so that the first one tells. NULL is no text that matches.
 */
export function matchOf(text: Expression, record: LogRecord): Expression | null {
  if (!dropsUnmatched(record.name)) return null
  const { span } = text
  const operand = textOfField(text, record, 0, span)
  return { kind: 'is', what: 'NULL', negated: true, operand, type: BOOLEAN, span }
}

/** A field of a record, in its type. */
export function logField(text: Expression, record: LogRecord, field: Name, span: TextSpan): Expression {
  const index = record.columns.findIndex(column => column.name === field.text)
  const column = record.columns[index]
  if (column === undefined) {
    const names = record.columns.map(({ name }) => name)
    return fail(
      `${record.name} gives no column ${field.text}`,
      field.span,
      nameHint(field, names) ?? `it gives ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', ...' : ''}`,
    )
  }
  const written = textOfField(text, record, index, span)
  const { type, format } = column
  if (format !== null) return call(`CHAR_TO_${type.kind}`, [textLiteral(format, span), written], type, span)
  return { kind: 'cast', reason: 'explicit', operand: written, type, span }
}

function textOfField(text: Expression, record: LogRecord, index: number, span: TextSpan): Expression {
  const args = [text, textLiteral(record.name, span), literal(index, INTEGER, span), ...record.args]
  return call('LOG_FIELD', args, { kind: 'VARCHAR', length: LENGTH_MAX }, span)
}
