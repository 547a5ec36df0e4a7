/**
 * POST /api/v1/sql with `{"sql":"SELECT ..."}`: one question about results in memory; needs the token. A question that cannot be
 * answered is answered with why, and where in its text.
 */
import { hasCode, MillraceError, renderSqlError, SqlError } from '../../core/index.ts'
import type { LiveRoute } from '../live/route.ts'
import type { TableCell } from './result-tables.ts'

/** Bytes of a question. */
const QUESTION_BYTES_MAX = 20_000

export interface QuestionAnswer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly TableCell[])[]
  /** there are more rows than one answer holds; that LIMIT left some out is not meant */
  readonly isCut: boolean
}

/**
 * @param ask reads, checks and answers a question until the signal; throws SqlError for what it may not hold, MillraceError past a
 * limit
 */
export function questionRoutes(
  ask: (sql: string, signal: AbortSignal) => Promise<QuestionAnswer>,
): readonly LiveRoute[] {
  return [
    {
      path: '/api/v1/sql',
      method: 'POST',
      needsToken: true,
      async handle(exchange) {
        const { request, closing } = exchange
        let body: Uint8Array
        try {
          body = await request.body(QUESTION_BYTES_MAX)
        } catch (error) {
          if (!hasCode(error, 'limit_exceeded')) throw error
          return exchange.refuse(413, `a question has at most ${QUESTION_BYTES_MAX} bytes`)
        }
        const sql = sqlOf(body)
        if (sql === null) return exchange.refuse(400, 'write {"sql":"SELECT ..."}')
        try {
          exchange.json(await ask(sql, AbortSignal.any([closing, request.signal])))
        } catch (error) {
          if (error instanceof SqlError) exchange.json({ problem: renderSqlError(error, sql, 'question') })
          else if (error instanceof MillraceError) exchange.json({ problem: error.message })
          else throw error
        }
      },
    },
  ]
}

function sqlOf(body: Uint8Array): string | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    const sql = typeof value === 'object' && value !== null && 'sql' in value ? value.sql : null
    return typeof sql === 'string' ? sql : null
  } catch {
    return null
  }
}
