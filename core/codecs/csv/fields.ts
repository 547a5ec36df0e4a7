/**
 * Fields of delimited text.
 *
 *   record ::= row { rowDelimiter row } [ rowDelimiter ]      a row without any character is none
 *   row    ::= field { columnDelimiter field }
 *   field  ::= '"' { any | '""' } '"' [ rest ] | any without delimiters
 *
 * Between quotes delimiters are text and two quotes are one; what follows a closing quote belongs to the field as it is.
 * Where rows end in a line feed, a carriage return before it is no part of the row.
 */

export interface CsvDelimiters {
  /** not empty */
  readonly row: string
  /** not empty */
  readonly column: string
}

/** Fields of one row. The instance is used again for every row: copy what must stay. */
export interface CsvRow {
  readonly fields: string[]
  /** index in the text of the quote that never closes, or -1 */
  unclosedAt: number
}

/**
 * Reads one row from `at` on.
 * @param fields at most so many fields are kept; the others are passed over
 * @returns the index after the row and its delimiter; after a quote that never closes, after the next row delimiter
 */
export function readRow(text: string, at: number, delimiters: CsvDelimiters, fieldsMax: number, row: CsvRow): number {
  const { row: rowDelimiter, column: columnDelimiter } = delimiters
  row.fields.length = 0
  row.unclosedAt = -1
  for (;;) {
    let field = ''
    let from = at
    if (text.charCodeAt(at) === 34) {
      const opened = at
      let closed = text.indexOf('"', at + 1)
      from = at + 1
      while (closed >= 0 && text.charCodeAt(closed + 1) === 34) {
        field += text.slice(from, closed + 1)
        from = closed + 2
        closed = text.indexOf('"', from)
      }
      if (closed < 0) {
        row.unclosedAt = opened
        const next = text.indexOf(rowDelimiter, opened)
        return next < 0 ? text.length : next + rowDelimiter.length
      }
      field += text.slice(from, closed)
      from = closed + 1
    }
    const end = fieldEnd(text, from, delimiters)
    const last = end === text.length || !text.startsWith(columnDelimiter, end)
    let stop = end
    if (last && end > from && rowDelimiter === '\n' && text.charCodeAt(end - 1) === 13) stop--
    if (row.fields.length < fieldsMax)
      row.fields.push(field === '' ? text.slice(from, stop) : field + text.slice(from, stop))
    if (last) return end === text.length ? end : end + rowDelimiter.length
    at = end + columnDelimiter.length
  }
}

/** The index of the next delimiter from `from` on, or the length of the text. */
function fieldEnd(text: string, from: number, { row, column }: CsvDelimiters): number {
  const first = column.charCodeAt(0)
  const other = row.charCodeAt(0)
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === first && (column.length === 1 || text.startsWith(column, at))) return at
    if (code === other && (row.length === 1 || text.startsWith(row, at))) return at
  }
  return text.length
}
