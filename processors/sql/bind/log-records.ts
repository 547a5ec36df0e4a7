/**
 * Log parsing functions give records. A record has no type of its own: the column that a select item names holds the
 * text, and what parses it is remembered with the column, so that only the fields that are asked for are computed (and
 * only they can fail). A field is read one level up, as in `t.r.COLUMN1`.
 */
import type { TextSpan } from '../../../core/errors.ts'
import { LENGTH_MAX } from '../../../core/sql-type.ts'
import type { LogColumn } from '../../patterns/log/log-parser.ts'
import type { Name } from '../ast.ts'
import type { Expression } from '../expression.ts'
import { call, INTEGER, literal, textLiteral } from './build.ts'
import { fail, nameHint } from './errors.ts'

/** What a column of text becomes when its fields are read. */
export interface LogRecord {
  /** name of the log parsing function */
  readonly name: string
  /** its constant arguments behind the text */
  readonly args: readonly Expression[]
  readonly columns: readonly LogColumn[]
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
  const args = [text, textLiteral(record.name, span), literal(index, INTEGER, span), ...record.args]
  const written = call('LOG_FIELD', args, { kind: 'VARCHAR', length: LENGTH_MAX }, span)
  const { type, format } = column
  if (format !== null) return call(`CHAR_TO_${type.kind}`, [textLiteral(format, span), written], type, span)
  return { kind: 'cast', reason: 'explicit', operand: written, type, span }
}
