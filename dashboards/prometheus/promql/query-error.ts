/** What is wrong with a query, with its place in the text. */
import { MillraceError } from '../../../core/index.ts'

/** Columns of a query that a message shows around the place. */
const SHOWN_BEFORE = 60
const SHOWN_AFTER = 30

/**
 * `bad_data`: the text is no query of the subset. `execution`: it cannot be evaluated over these series. These are the error types of
 * the Prometheus HTTP API.
 */
export class QueryError extends MillraceError {
  override name = 'QueryError'
  readonly type: 'bad_data' | 'execution'

  constructor(type: 'bad_data' | 'execution', message: string) {
    super(type === 'bad_data' ? 'invalid_argument' : 'limit_exceeded', message)
    this.type = type
  }
}

/** An error of the text itself: `line:column: sentence`, the line, and a caret below the place. `at` is a UTF-16 offset. */
export function errorAt(query: string, at: number, sentence: string): QueryError {
  const before = query.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  const lineEnd = query.indexOf('\n', at)
  const line = query.slice(lineStart, lineEnd === -1 ? query.length : lineEnd)
  const column = at - lineStart
  const from = Math.max(0, column - SHOWN_BEFORE)
  const shown = line.slice(from, column + SHOWN_AFTER).replaceAll('\t', ' ')
  const place = `${before.split('\n').length}:${column + 1}`
  return new QueryError('bad_data', `${place}: parse error: ${sentence}\n  ${shown}\n  ${' '.repeat(column - from)}^`)
}
