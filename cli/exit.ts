/** How every command ends: one clear message and an exit code that scripts can rely on. */
import { AssertionFailed, MillraceError, renderSqlError, SqlError } from '../core/index.ts'

/** 0 done, 1 failed (unreadable input, a lost service), 2 usage, 3 configuration or SQL. */
export const EXIT = { done: 0, failed: 1, usage: 2, config: 3 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A program text and the name to show for it, so that an SQL error can point into it. */
export interface SourceText {
  readonly file: string
  readonly text: string
}

/** An SQL error together with the text that it points into. */
export class SourceError extends Error {
  readonly error: SqlError
  readonly source: SourceText

  constructor(error: SqlError, source: SourceText) {
    super(error.message)
    this.error = error
    this.source = source
  }
}

/** Runs `work`; an SQL error in it leaves with the text that it points into. */
export function withSource<T>(source: SourceText, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof SqlError ? new SourceError(error, source) : error
  }
}

/** What to print and how to exit for anything that a command threw. Only a fault of our own shows a stack. */
export function explainFailure(error: unknown): { readonly message: string; readonly code: ExitCode } {
  if (error instanceof SourceError)
    return { message: renderSqlError(error.error, error.source.text, error.source.file), code: EXIT.config }
  if (error instanceof SqlError) return { message: error.message, code: EXIT.config }
  if (error instanceof MillraceError) {
    const code = error.code === 'usage' ? EXIT.usage : error.code === 'config' ? EXIT.config : EXIT.failed
    return { message: error.message, code }
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const what =
    error instanceof AssertionFailed ? 'a promise of millrace itself did not hold' : 'millrace failed unexpectedly'
  return { message: `${what}; please report this:\n${text}`, code: EXIT.failed }
}
