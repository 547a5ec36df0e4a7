/**
 * Errors that the world causes. What data does is a row in the error output (error-output.ts), and a broken promise of
 * ours is an assertion (assert.ts); neither is thrown as a MillraceError.
 */

/** Callers branch on the code, never on the text. */
export type ErrorCode =
  | 'sql_syntax'
  | 'sql_bind'
  | 'sql_limit'
  | 'config'
  | 'usage'
  | 'unreadable_input'
  | 'unwritable_output'
  | 'corrupt_log'
  | 'address_in_use'
  | 'directory_in_use'
  | 'not_found'
  | 'already_exists'
  | 'invalid_argument'
  | 'throttled'
  | 'lease_lost'
  | 'connection_lost'
  | 'expired_iterator'
  | 'limit_exceeded'
  | 'state_limit'
  | 'preprocessor_failed'
  | 'closed'
  | 'aborted'
  | 'internal'

export interface MillraceErrorOptions {
  /** `backoff`: the same call may succeed later. Default `never`. */
  readonly retry?: 'never' | 'backoff'
  readonly cause?: unknown
}

/** Something that the world did. The text is lower case: what happened to what, then what the reader can do. */
export class MillraceError extends Error {
  override name = 'MillraceError'
  readonly code: ErrorCode
  readonly retry: 'never' | 'backoff'

  constructor(code: ErrorCode, message: string, options: MillraceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retry = options.retry ?? 'never'
  }
}

/** A half-open range `[start, end)` of UTF-16 offsets in a program text, with the 1-based line and column of its start. */
export interface TextSpan {
  readonly start: number
  readonly end: number
  readonly line: number
  readonly column: number
}

/** A program text that cannot be run, with the place and, where one is known, the fix. */
export class SqlError extends MillraceError {
  override name = 'SqlError'
  readonly span: TextSpan
  readonly hint: string | null

  constructor(
    code: 'sql_syntax' | 'sql_bind' | 'sql_limit',
    message: string,
    span: TextSpan,
    hint: string | null = null,
  ) {
    super(code, `${span.line}:${span.column} ${message}${hint === null ? '' : `; ${hint}`}`)
    this.span = span
    this.hint = hint
  }
}

/**
 * The error text with the offending line and a caret below it, for a terminal.
 * @param source the program text that the error's span points into
 */
export function renderSqlError(error: SqlError, source: string, file = ''): string {
  const lineStart = source.lastIndexOf('\n', error.span.start - 1) + 1
  const nextBreak = source.indexOf('\n', error.span.start)
  const text = source.slice(lineStart, nextBreak < 0 ? source.length : nextBreak).replace(/\r$/, '')
  const before = text.slice(0, error.span.start - lineStart).replace(/[^\t]/g, ' ')
  const width = Math.max(1, Math.min(error.span.end - error.span.start, text.length - (error.span.start - lineStart)))
  const gutter = String(error.span.line)
  return [
    `${file === '' ? '' : `${file}:`}${error.message}`,
    `  ${gutter} | ${text}`,
    `  ${' '.repeat(gutter.length)} | ${before}${'^'.repeat(width)}`,
  ].join('\n')
}

/** True when a value is a MillraceError with one of the codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is MillraceError {
  return error instanceof MillraceError && codes.includes(error.code)
}
