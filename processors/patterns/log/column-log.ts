/** VARIABLE_COLUMN_LOG_PARSE and FIXED_COLUMN_LOG_PARSE: columns between delimiters, or at fixed places. */
import { PatternError } from '../../../core/patterns/pattern-error.ts'
import { parseColumnList } from './column-list.ts'
import { LOG_COLUMNS_MAX, type LogParser, numberedColumns } from './log-parser.ts'

/**
 * A text cut at a delimiter. Columns that a text does not have are NULL; what it has beyond them is left out.
 * @param columns their number, or a column list
 * @param escape what stands before a delimiter, a quote or another escape that is meant as a character, or null
 * @param quote one character, or two: what opens and what closes a field that may hold delimiters; or null
 * @throws PatternError for arguments that cannot be used
 */
export function variableColumnLogParser(
  columns: number | string,
  delimiter: string,
  escape: string | null,
  quote: string | null,
): LogParser {
  if (delimiter === '') throw new PatternError('the delimiter is empty')
  const quotes = Array.from(quote ?? '')
  if (quote !== null && quotes.length !== 1 && quotes.length !== 2)
    throw new PatternError('the quote is one character, or one that opens and one that closes')
  if (typeof columns === 'number' && !(Number.isInteger(columns) && columns >= 1 && columns <= LOG_COLUMNS_MAX))
    throw new PatternError(`the number of columns is from 1 to ${LOG_COLUMNS_MAX}, not ${columns}`)
  const list = typeof columns === 'number' ? numberedColumns(columns) : parseColumnList(columns)
  if (typeof columns === 'string' && parseColumnList(columns).some(column => column.start !== null))
    throw new PatternError('START belongs to FIXED_COLUMN_LOG_PARSE')
  const marks = {
    delimiter,
    escape: escape === '' ? null : escape,
    open: quotes[0] ?? null,
    close: quotes[1] ?? quotes[0] ?? null,
  }
  return {
    columns: list,
    parse: text => {
      const fields = split(text, marks, list.length)
      return list.map((_, index) => fields[index] ?? null)
    },
  }
}

interface Marks {
  readonly delimiter: string
  readonly escape: string | null
  readonly open: string | null
  readonly close: string | null
}

/** At most `most` fields. A quote counts at the beginning of a field only; one that is never closed is a character. */
function split(text: string, { delimiter, escape, open, close }: Marks, most: number): string[] {
  const fields: string[] = []
  for (let at = 0; fields.length < most; ) {
    let field = ''
    if (open !== null && close !== null && text.startsWith(open, at)) {
      const quoted = quotedField(text, at + open.length, escape, close)
      if (quoted !== null) {
        field = quoted.field
        at = quoted.end
      }
    }
    while (at < text.length && !text.startsWith(delimiter, at)) {
      if (escape !== null && text.startsWith(escape, at) && at + escape.length < text.length) at += escape.length
      const size = text.codePointAt(at)! > 0xffff ? 2 : 1
      field += text.slice(at, at + size)
      at += size
    }
    fields.push(field)
    if (at >= text.length) break
    at += delimiter.length
  }
  return fields
}

function quotedField(
  text: string,
  from: number,
  escape: string | null,
  close: string,
): { readonly field: string; readonly end: number } | null {
  let field = ''
  for (let at = from; at < text.length; at++) {
    if (escape !== null && escape !== close && text.startsWith(escape, at) && at + escape.length < text.length)
      at += escape.length
    else if (text.startsWith(close, at)) {
      // Two closing quotes are one that is meant as a character.
      if (!text.startsWith(close, at + close.length)) return { field, end: at + close.length }
      at += close.length
    }
    field += text[at]!
  }
  return null
}

/**
 * Columns at fixed places, counted in code points from 0. A column behind the end of the text is NULL; of one across it
 * there is what there is. Blanks around a field that is no text are left out.
 * @throws PatternError for a list that cannot be read, or a column without START
 */
export function fixedColumnLogParser(list: string): LogParser {
  const columns = parseColumnList(list)
  const places = columns.map(({ name, start, length, type }) => {
    if (start === null || length === null) throw new PatternError(`column ${name} needs START and FOR`)
    return { start, end: start + length, trimmed: type.kind !== 'CHAR' && type.kind !== 'VARCHAR' }
  })
  return {
    columns,
    parse: text => {
      const points = /[\ud800-\udfff]/.test(text) ? Array.from(text) : null
      const length = points === null ? text.length : points.length
      return places.map(({ start, end, trimmed }) => {
        if (start >= length) return null
        const field = points === null ? text.slice(start, end) : points.slice(start, end).join('')
        return trimmed ? field.trim() : field
      })
    },
  }
}
